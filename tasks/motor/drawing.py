"""Draw a curve with a plant, again and again: the motor tasks of Pyle & Rosenbaum 2019.

======================  ===============================================================
``butterfly``           task 1: the readout is the hand
``butterfly-arm``       task 2: planar arm, two segments (2': three; up to 50)
``butterfly-arm-effort``  task 3: three segments, moving the inner joints costs effort
                        (3': the second joint costs less)
``trace``               a curve of one's own, by the readout (one or two dimensions) or by an arm
======================  ===============================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_choice, check_positive, suggest
from neurosim.plants import Arm, Direct, Effort, Plant, arm_of
from neurosim.task import Trial
from tasks.motor.targets import butterfly, resample

NAMES = ("butterfly", "butterfly-arm", "butterfly-arm-effort", "trace")
EFFORT_COSTS = {"3": (0.1, 0.05, 0.0), "3'": (0.1, 0.01, 0.0)}
"""c_k of task 3 and of its variant."""


@dataclass(frozen=True)
class Drawing:
    """Follow a curve with the hand, once a trial.

    Parameters
    ----------
    name
        Of the task.
    plant, effort
        What draws, and what moving costs.
    period
        Length of a trial in ms.
    curve
        (n, axes) points, evenly spaced in time over one trial; None for the butterfly.
    periodic
        Whether the curve closes. If not, each trial starts from the network's initial state.
    test_feedback
        ``"target"`` for a direct plant, ``"replay"`` for an arm, as in the paper.
    unit
        Of positions.
    """

    name: str
    plant: Plant
    effort: Effort | None = None
    period: float = 10_000.0
    curve: NDArray[np.float64] | None = None
    periodic: bool = True
    test_feedback: str = "target"
    unit: str = "1"
    n_inputs: int = 0

    def __post_init__(self) -> None:
        check_positive(self, "period", self.period)

    @property
    def reset(self) -> bool:
        """One-shot movements start from the same state."""
        return not self.periodic

    def n_steps(self, dt: float) -> int:
        """Steps of one trial.

        Raises
        ------
        InputError
            The period is not a multiple of ``dt``, or shorter than 10 steps.
        """
        steps = round(self.period / dt)
        if abs(steps * dt - self.period) > 1e-6 * self.period or steps < 10:
            raise InputError(
                f"{self.name}: period must be a multiple of dt = {dt} ms and at least 10 steps, "
                f"given {self.period} ms"
            )
        return steps

    def trial(self, index: int, dt: float) -> Trial:
        """The same curve in every trial."""
        n_steps = self.n_steps(dt)
        if self.curve is None:
            return Trial(_butterfly(n_steps))
        return Trial(resample(self.curve, n_steps, periodic=self.periodic))


@lru_cache(maxsize=4)
def _butterfly(n_steps: int) -> NDArray[np.float64]:
    return butterfly(n_steps)


def default_period(n_segments: int) -> float:
    """Period in ms at which the replication tested arms of this many segments."""
    if n_segments < 20:
        return 10_000.0
    if n_segments < 30:
        return 15_000.0
    return 20_000.0 if n_segments < 50 else 30_000.0


def motor_task(
    name: str,
    *,
    n_segments: int | None = None,
    period: float | None = None,
    costs: tuple[float, ...] | None = None,
    effort_reference: str = "output",
    curve: NDArray[np.float64] | None = None,
    periodic: bool = True,
    unit: str = "1",
) -> Drawing:
    """A motor task by name.

    Parameters
    ----------
    name
        One of :data:`NAMES`.
    n_segments
        Of the arm: 2 for ``butterfly-arm``, 3 for ``butterfly-arm-effort``; for ``trace``, the
        default is to draw without an arm.
    period
        Of one trial in ms; 10,000, and longer for arms from 20 segments on.
    costs, effort_reference
        Of ``butterfly-arm-effort``: c_k, and the reading of the effort (see
        :class:`neurosim.plants.Effort`).
    curve, periodic, unit
        Of ``trace``: (n, 1) or (n, 2) points.

    Raises
    ------
    InputError
        Unknown name, or options that do not go with the task.

    Examples
    --------
    >>> motor_task("butterfly-arm", n_segments=3).plant.lengths
    (1.8, 1.2, 0.6)
    """
    if name not in NAMES:
        raise suggest(name, NAMES, what="task")
    if (curve is None) == (name == "trace"):
        raise InputError(
            "task 'trace' needs a target to draw"
            if curve is None
            else f"a target of one's own goes with task 'trace', not '{name}'"
        )
    if name == "butterfly":
        if n_segments is not None:
            raise InputError("task 'butterfly' has no arm, given segments; use 'butterfly-arm'")
        return Drawing(name, Direct(), period=period or 10_000.0)
    if name == "butterfly-arm-effort":
        n_segments = n_segments or 3
        costs = costs or (*EFFORT_COSTS["3"], *(0.0,) * (n_segments - 3))[:n_segments]
        effort = Effort(tuple(costs), effort_reference)
    else:
        effort = None
    if name == "trace":
        n_axes = curve.shape[1] if curve is not None else 0
        if n_segments is None:
            axes = ("x", "y") if n_axes == 2 else ("value",)
            return Drawing(
                name,
                Direct(axes),
                period=period or 10_000.0,
                curve=curve,
                periodic=periodic,
                unit=unit,
            )
        if n_axes != 2:
            raise InputError(
                f"an arm draws in two dimensions, given a target of {n_axes}; leave out segments"
            )
    arm = arm_of(2 if n_segments is None else n_segments)
    if curve is not None:
        _check_reach(arm, curve)
    return Drawing(
        name,
        arm,
        effort,
        period=period or default_period(arm.n_outputs),
        curve=curve,
        periodic=periodic,
        test_feedback="replay",
        unit=unit,
    )


def _check_reach(arm: Arm, curve: NDArray[np.float64]) -> None:
    distance = np.hypot(*(curve - np.asarray(arm.pivot)).T)
    reach = sum(arm.lengths)
    if distance.max() > reach:
        raise InputError(
            f"the target lies up to {distance.max():.3g} from the shoulder at {arm.pivot}, "
            f"the arm reaches {reach:.3g}; scale the target"
        )
