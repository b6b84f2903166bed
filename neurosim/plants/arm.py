r"""Planar arm of n segments of lengths l_k on a pivot (Pyle & Rosenbaum 2019).

The outputs are relative joint angles in units of pi, counted from a posture p, and an angle of 0
points up. With a_k = p_k + z_k (in the paper p = 0),

    x = x_0 + sum_k l_k sin(pi (a_1 + ... + a_k))
    y = y_0 + sum_k l_k cos(pi (a_1 + ... + a_k))

Joints are where they are told to be: see torque_arm.py for an arm that has to be moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim._compile import implements
from neurosim.errors import InputError, check_integer
from neurosim.plants._base import State, move, numbers


@dataclass(frozen=True)
class Arm:
    """Planar arm; outputs are relative joint angles in units of pi.

    Parameters
    ----------
    lengths
        Of the segments from the pivot outward, in units of the workspace.
    pivot
        (x, y) of the shoulder.
    posture
        p, relative joint angles where all outputs are 0, in units of pi; empty for 0.

    Examples
    --------
    >>> Arm((1.8, 1.8)).hand([0.0, 0.0])
    array([0. , 1.6])
    >>> Arm((1.0, 1.0), (0.0, 0.0), posture=(0.0, 0.5)).hand([0.0, 0.0])
    array([1., 1.])
    """

    lengths: tuple[float, ...] = (1.8, 1.8)
    pivot: tuple[float, float] = (0.0, -2.0)
    posture: tuple[float, ...] = ()
    axes = ("x", "y")
    output_quantity = "joint angle"
    output_unit = "pi rad"
    invertible = False
    states: ClassVar[tuple[State, ...]] = ()

    def __post_init__(self) -> None:
        lengths, pivot = numbers(self.lengths), numbers(self.pivot)
        if not len(lengths) or not np.all(lengths > 0):
            raise InputError(f"Arm: lengths must be positive numbers, given {self.lengths!r}")
        if len(pivot) != 2:
            raise InputError(f"Arm: pivot must be two finite numbers, given {self.pivot!r}")
        if self.posture != () and len(numbers(self.posture)) != len(lengths):
            raise InputError(
                f"Arm: posture must be empty or {len(lengths)} finite numbers, one a joint, "
                f"given {self.posture!r}"
            )

    @property
    def n_outputs(self) -> int:
        """One a joint."""
        return len(self.lengths)

    def kernel(self, dt: float = 0.2) -> ArmKernel:
        """The compiled piece, the same for every step."""
        return ArmKernel(
            np.zeros(0), np.array(self.lengths, float), self._posture(), *map(float, self.pivot)
        )

    def _posture(self) -> NDArray[np.float64]:
        return np.array(self.posture or (0.0,) * len(self.lengths), float)

    def joints(self, z: ArrayLike) -> NDArray[np.floating]:
        """Positions of pivot, joints and end point, (..., n + 1, 2), for outputs (..., n)."""
        angle = np.pi * np.cumsum(np.asarray(z, float) + self._posture(), axis=-1)
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


class ArmKernel(NamedTuple):
    """Lengths (n,), posture (n,) and pivot of an arm; no memory."""

    state: NDArray[np.float64]
    lengths: NDArray[np.float64]
    posture: NDArray[np.float64]
    pivot_x: float
    pivot_y: float


@implements(move, ArmKernel)
def _(plant, z, hand):  # type: ignore[no-untyped-def]
    x, y, angle = plant.pivot_x, plant.pivot_y, 0.0
    for k in range(z.shape[0]):
        angle += plant.posture[k] + z[k]
        x += plant.lengths[k] * sin(pi * angle)
        y += plant.lengths[k] * cos(pi * angle)
    hand[0] = x
    hand[1] = y
