"""Direct output: hand = z."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim._compile import implements
from neurosim.errors import InputError
from neurosim.plants._base import State, move


@dataclass(frozen=True)
class Direct:
    """The readout is the movement.

    Parameters
    ----------
    axes
        Names of the coordinates, one an output.
    """

    axes: tuple[str, ...] = ("x", "y")
    output_quantity = "output"
    output_unit = "1"
    invertible = True
    states: ClassVar[tuple[State, ...]] = ()

    def __post_init__(self) -> None:
        if not self.axes:
            raise InputError("Direct: axes must name at least one coordinate, given none")

    @property
    def n_outputs(self) -> int:
        """One an axis."""
        return len(self.axes)

    def kernel(self, dt: float = 0.2) -> DirectKernel:
        """The compiled piece, the same for every step."""
        return DirectKernel(np.zeros(0))

    def hand(self, z: ArrayLike) -> NDArray[np.floating]:
        """Position of the end point for outputs ``z`` (..., outputs)."""
        return np.asarray(z, float)


class DirectKernel(NamedTuple):
    """Hand = z; no memory."""

    state: NDArray[np.float64]


@implements(move, DirectKernel)
def _(plant, z, hand):  # type: ignore[no-untyped-def]
    for k in range(z.shape[0]):
        hand[k] = z[k]
