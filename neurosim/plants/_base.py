"""What every plant offers to the loop."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class State(NamedTuple):
    """A quantity that a plant remembers, and a result shows.

    Attributes
    ----------
    name
        Of the variable in a result.
    dim, parts
        Name of its dimension, and what is counted there.
    long_name, unit
        For labels.
    """

    name: str
    dim: str
    parts: tuple[str, ...]
    long_name: str
    unit: str


class Plant(Protocol):
    """What turns the readout into a movement."""

    @property
    def n_outputs(self) -> int:
        """Number of outputs that drive it."""
        ...

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the coordinates of its end point."""
        ...

    @property
    def output_quantity(self) -> str:
        """What an output is, for labels."""
        ...

    @property
    def output_unit(self) -> str:
        """Its unit, for labels."""
        ...

    @property
    def invertible(self) -> bool:
        """Whether the wanted readout follows from the wanted movement."""
        ...

    @property
    def states(self) -> tuple[State, ...]:
        """What its kernel remembers from step to step, in the order of the field ``state``."""
        ...

    def kernel(self, dt: float) -> Any:
        """The compiled piece, for steps of ``dt`` in ms.

        Its field ``state``, (n,) float64, is the plant's memory, (0,) for a plant without, as it is
        at the start. The run sets it back to that at the trials that the task resets.
        """
        ...


def move(plant, z, hand):  # type: ignore[no-untyped-def]
    """Write the position of the end point into ``hand`` (compiled code only)."""
    raise TypeError("move() is resolved by compiled code")


def numbers(values: object) -> NDArray[np.float64]:
    """A sequence of finite numbers, (n,); empty if it is anything else."""
    try:
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        return np.empty(0)
    return numbers if numbers.ndim == 1 and np.all(np.isfinite(numbers)) else np.empty(0)
