r"""From readout to movement.

Direct output: hand = z.

Planar arm of n segments of lengths l_k on a pivot (Pyle & Rosenbaum 2019): the outputs are relative
joint angles in units of pi, and 0 points up,

    x = x_0 + sum_k l_k sin(pi (z_1 + ... + z_k))
    y = y_0 + sum_k l_k cos(pi (z_1 + ... + z_k))
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim._compile import implements
from neurosim.errors import (
    InputError,
    check_between,
    check_choice,
    check_integer,
    check_non_negative,
)


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

    def kernel(self) -> Any:
        """The compiled piece."""
        ...


def _numbers(values: object) -> NDArray[np.float64]:
    """A sequence of finite numbers, (n,); empty if it is anything else."""
    try:
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        return np.empty(0)
    return numbers if numbers.ndim == 1 and np.all(np.isfinite(numbers)) else np.empty(0)


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

    def __post_init__(self) -> None:
        if not self.axes:
            raise InputError("Direct: axes must name at least one coordinate, given none")

    @property
    def n_outputs(self) -> int:
        """One an axis."""
        return len(self.axes)

    def kernel(self) -> DirectKernel:
        """The compiled piece."""
        return DirectKernel()

    def hand(self, z: ArrayLike) -> NDArray[np.floating]:
        """Position of the end point for outputs ``z`` (..., outputs)."""
        return np.asarray(z, float)


@dataclass(frozen=True)
class Arm:
    """Planar arm; outputs are relative joint angles in units of pi.

    Parameters
    ----------
    lengths
        Of the segments from the pivot outward, in units of the workspace.
    pivot
        (x, y) of the shoulder.

    Examples
    --------
    >>> Arm((1.8, 1.8)).hand([0.0, 0.0])
    array([0. , 1.6])
    """

    lengths: tuple[float, ...] = (1.8, 1.8)
    pivot: tuple[float, float] = (0.0, -2.0)
    axes = ("x", "y")
    output_quantity = "joint angle"
    output_unit = "pi rad"
    invertible = False

    def __post_init__(self) -> None:
        lengths, pivot = _numbers(self.lengths), _numbers(self.pivot)
        if not len(lengths) or not np.all(lengths > 0):
            raise InputError(f"Arm: lengths must be positive numbers, given {self.lengths!r}")
        if len(pivot) != 2:
            raise InputError(f"Arm: pivot must be two finite numbers, given {self.pivot!r}")

    @property
    def n_outputs(self) -> int:
        """One a joint."""
        return len(self.lengths)

    def kernel(self) -> ArmKernel:
        """The compiled piece."""
        return ArmKernel(np.array(self.lengths, float), *map(float, self.pivot))

    def joints(self, z: ArrayLike) -> NDArray[np.floating]:
        """Positions of pivot, joints and end point, (..., n + 1, 2), for outputs (..., n)."""
        angle = np.pi * np.cumsum(np.asarray(z, float), axis=-1)
        steps = np.stack([np.sin(angle), np.cos(angle)], -1) * np.asarray(self.lengths)[:, None]
        start = np.broadcast_to(np.asarray(self.pivot, float), (*steps.shape[:-2], 1, 2))
        return np.concatenate([start, start + np.cumsum(steps, axis=-2)], axis=-2)

    def hand(self, z: ArrayLike) -> NDArray[np.floating]:
        """Position of the end point, (..., 2), for outputs ``z`` (..., n)."""
        return self.joints(z)[..., -1, :]


MOST_SEGMENTS = 50
"""The longest published arm."""


def arm_of(n_segments: int) -> Arm:
    """The published arms: 1.8 1.8; 1.8 1.2 0.6; from four on, surplus segments of length 0.1.

    Raises
    ------
    InputError
        Fewer than two segments, or more than 50.
    """
    check_integer("arm", "segments", n_segments, minimum=2)
    if n_segments > MOST_SEGMENTS:
        raise InputError(
            f"arm: segments must be at most {MOST_SEGMENTS}, given {n_segments}; for other arms "
            "set their lengths"
        )
    if n_segments == 2:
        return Arm((1.8, 1.8))
    return Arm((1.8, 1.2, 0.6) + (0.1,) * (n_segments - 3))


class DirectKernel(NamedTuple):
    """Hand = z."""


class ArmKernel(NamedTuple):
    """Lengths (n,) and pivot of an arm."""

    lengths: NDArray[np.float64]
    pivot_x: float
    pivot_y: float


def move(plant, z, hand):  # type: ignore[no-untyped-def]
    """Write the position of the end point into ``hand`` (compiled code only)."""
    raise TypeError("move() is resolved by compiled code")


@implements(move, DirectKernel)
def _(plant, z, hand):  # type: ignore[no-untyped-def]
    for k in range(z.shape[0]):
        hand[k] = z[k]


@implements(move, ArmKernel)
def _(plant, z, hand):  # type: ignore[no-untyped-def]
    x, y, angle = plant.pivot_x, plant.pivot_y, 0.0
    for k in range(z.shape[0]):
        angle += z[k]
        x += plant.lengths[k] * sin(pi * angle)
        y += plant.lengths[k] * cos(pi * angle)
    hand[0] = x
    hand[1] = y


@dataclass(frozen=True)
class Effort:
    """Cost of moving joints, added to the instantaneous error: sum_k c_k |z_k - zbar_k|.

    Parameters
    ----------
    costs
        c_k, one an output.
    reference
        What zbar is the running mean of. ``"output"``: the whole output z, so that the cost is c_k
        times how fast joint k moves, as the paper's words say. ``"exploratory"``: the exploratory
        output alone, as in the authors' scripts; whatever the mastery pathway produces then counts
        as effort, and with the exploratory pathway silent the cost is c_k |z_k|.
    filter
        Coefficient of the running mean, per step.
    """

    costs: tuple[float, ...]
    reference: str = "output"
    filter: float = 0.2

    def __post_init__(self) -> None:
        for cost in self.costs:
            check_non_negative(self, "costs", cost)
        check_choice(self, "reference", self.reference, ("output", "exploratory"))
        check_between(self, "filter", self.filter, 0, 1)

    def kernel(self) -> EffortKernel:
        """The compiled piece."""
        return EffortKernel(
            np.array(self.costs, float),
            np.zeros(len(self.costs)),
            float(self.filter),
            self.reference == "exploratory",
        )


class NoEffort(NamedTuple):
    """Moving is free."""


class EffortKernel(NamedTuple):
    """Costs c, running mean zbar, its coefficient, and what it follows."""

    c: NDArray[np.float64]
    zbar: NDArray[np.float64]
    b: float
    exploratory: bool


def effort(kind, signals):  # type: ignore[no-untyped-def]
    """The cost of this step (compiled code only)."""
    raise TypeError("effort() is resolved by compiled code")


@implements(effort, NoEffort)
def _(kind, signals):  # type: ignore[no-untyped-def]
    return 0.0


@implements(effort, EffortKernel)
def _(kind, signals):  # type: ignore[no-untyped-def]
    followed = signals.parts[-1] if kind.exploratory else signals.z
    total = 0.0
    for k in range(kind.c.shape[0]):
        total += kind.c[k] * abs(signals.z[k] - kind.zbar[k])
        kind.zbar[k] += kind.b * (followed[k] - kind.zbar[k])
    return total
