"""What a network consists of, and the controls that take something away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from neurosim.errors import check_between
from neurosim.hopfield._kernels import Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Stored:
    """Parameters, connections and units of a network that has stored its patterns.

    Attributes
    ----------
    kind
        Parameters it was made with.
    connections
        Weights, or memories.
    alive
        (units,) 1, and 0 for units that are lesioned.
    """

    kind: Any
    connections: Any
    alive: Array

    @property
    def n_units(self) -> int:
        """Number of units, lesioned ones counted."""
        return len(self.alive)

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """Type of the states."""
        return self.alive.dtype

    @property
    def _name(self) -> str:
        return type(self.kind).__name__

    def shuffled(self, rng: np.random.Generator) -> Self:
        """The same network with its weights in random places.

        Networks with a weight matrix: all its entries are permuted (and the matrix is then formed
        in full, units^2 numbers). Networks of memories: the entries of each stored pattern are.
        """
        return replace(self, connections=self.connections.shuffled(rng))

    def masked(self, mask: ArrayLike) -> Self:
        """The same network without some connections.

        Parameters
        ----------
        mask
            Of bool, true where a connection is kept: (units, units), from unit j (column) to i
            (row), for networks with a weight matrix; (patterns, units) for those of memories.
        """
        return replace(self, connections=self.connections.masked(mask))

    def lesioned(self, fraction: float, rng: np.random.Generator) -> Self:
        """The same network without a random fraction of all units, which are 0 for good."""
        check_between(self._name, "fraction", fraction, 0, 1)
        alive = self.alive.copy()
        alive[rng.choice(self.n_units, round(fraction * self.n_units), replace=False)] = 0
        return replace(self, alive=alive)
