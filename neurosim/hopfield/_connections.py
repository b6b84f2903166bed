"""How units are connected, and how connections are shuffled and cut.

Networks with a weight matrix keep it by its structure (:class:`Factored`) as long as it has one,
else entry by entry (:class:`Full`). Networks of units and memories keep their patterns
(:class:`Memories`): entry (m, i) is the connection of unit i with memory m, in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError

Array = NDArray[Any]


def _kept(mask: ArrayLike, shape: tuple[int, ...]) -> Array:
    """The mask, checked."""
    array = np.asarray(mask)
    if array.dtype != bool or array.shape != shape:
        raise InputError(
            f"masked: mask must be true or false, {shape}, given {array.dtype} {array.shape}"
        )
    return array


@dataclass(frozen=True, eq=False)
class Full:
    """W entry by entry, but for a common factor.

    Attributes
    ----------
    entries
        (units, units); W = scale * entries, W_ij the weight from unit j to unit i.
    scale
        As in the equation.
    """

    entries: Array
    scale: float = 1.0
    own: ClassVar[float] = 0.0

    def field(self, states: Array, out: Array) -> None:
        """W s / scale of all images, 2 N^2 operations each."""
        np.matmul(states, self.entries.T, out=out)

    def matrix(self) -> Array:
        """W."""
        W: Array = self.entries * self.entries.dtype.type(self.scale)
        return W

    @cached_property
    def columns(self) -> Array:
        """W / scale, transposed in memory: row j is what unit j adds to the field."""
        return np.ascontiguousarray(self.entries.T)

    def shuffled(self, rng: np.random.Generator) -> Full:
        """All entries of W in random places."""
        shape = self.entries.shape
        return Full(rng.permutation(self.entries.ravel()).reshape(shape), self.scale)

    def masked(self, mask: ArrayLike) -> Full:
        """W where the mask is true, else 0."""
        return Full(self.entries * _kept(mask, self.entries.shape), self.scale)


@dataclass(frozen=True, eq=False)
class Factored:
    """W = scale (V^T V + own I), symmetric.

    The field is computed without ``scale`` and ``own``: with bipolar V and states it is then a
    whole number, exact in single precision too, and the same in whatever batch it is computed.

    Attributes
    ----------
    V
        (rank, units).
    scale, own
        As in the equation.
    """

    V: Array
    scale: float
    own: float

    def field(self, states: Array, out: Array) -> None:
        """V^T V s of all images, 4 N rank operations each."""
        np.matmul(states @ self.V.T, self.V, out=out)

    def matrix(self) -> Array:
        """W, formed."""
        return self._full().matrix()

    def _full(self) -> Full:
        return Full(self.columns, self.scale)

    @cached_property
    def columns(self) -> Array:
        """W / scale = V^T V + own I."""
        W: Array = self.V.T @ self.V
        W[np.diag_indices_from(W)] += self.V.dtype.type(self.own)
        return W

    def shuffled(self, rng: np.random.Generator) -> Full:
        """All entries of W in random places."""
        return self._full().shuffled(rng)

    def masked(self, mask: ArrayLike) -> Full:
        """W where the mask is true, else 0."""
        return self._full().masked(mask)


@dataclass(frozen=True, eq=False)
class Memories:
    """Stored patterns as connections between units and memories.

    Attributes
    ----------
    X
        (patterns, units).
    """

    X: Array
    scale: ClassVar[float] = 1.0
    own: ClassVar[float] = 0.0

    def shuffled(self, rng: np.random.Generator) -> Memories:
        """The entries of each pattern in random places, other ones for each pattern."""
        return Memories(rng.permuted(self.X, axis=1))

    def masked(self, mask: ArrayLike) -> Memories:
        """X where the mask is true, else 0."""
        return Memories(self.X * _kept(mask, self.X.shape))
