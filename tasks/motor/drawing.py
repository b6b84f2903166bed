"""Draw a curve with a plant, again and again: the motor tasks of Pyle & Rosenbaum 2019."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_choice, check_positive, suggest
from neurosim.plants import Arm, Direct, Effort, Plant, arm_of
from neurosim.task import SENSES, Trial
from tasks.motor.targets import butterfly, load_trace, resample, scale_to

TASKS = {
    "butterfly": "task 1: the readout is the hand",
    "butterfly-arm": "task 2: planar arm of two segments (2': three; up to 50)",
    "butterfly-arm-effort": "task 3: arm of three segments, moving the inner joints costs effort",
    "trace": "a curve of your own from a file, drawn by the readout (1-D or 2-D) or by an arm",
}
EFFORT_COSTS = {"3": (0.1, 0.05, 0.0), "3'": (0.1, 0.01, 0.0)}
"""c_k of task 3 and of its variant."""

STATES = ("phase", *SENSES)
"""What the network can be told of the state of the movement."""


@dataclass(frozen=True)
class CurveFile:
    """Where a curve came from, and how it was fitted: file value = value * scale + offset.

    Attributes
    ----------
    path
        The file.
    names
        Of the coordinates.
    file_unit
        Of the values in the file.
    offset, scale
        In the file's unit.
    """

    path: str
    names: tuple[str, ...]
    file_unit: str
    offset: tuple[float, ...]
    scale: float


@dataclass(frozen=True, eq=False)
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
    state
        What the network is told of the state of the movement, any of :data:`STATES`: ``"phase"``,
        two inputs cos(2 pi t / T) and sin(2 pi t / T); ``"hand"`` and ``"joints"``, of the plant
        (see :class:`neurosim.task.Task`). With it a learned movement can go on in tests without
        being forced (``test_feedback`` ``"free"``).
    source
        File of the curve.
    """

    name: str
    plant: Plant
    effort: Effort | None = None
    period: float = 10_000.0
    curve: NDArray[np.float64] | None = None
    periodic: bool = True
    test_feedback: str = "target"
    unit: str = "1"
    state: tuple[str, ...] = ()
    source: CurveFile | None = None

    def __post_init__(self) -> None:
        check_positive(self, "period", self.period)
        for state in self.state:
            check_choice(self, "state", state, STATES)

    @property
    def reset(self) -> bool:
        """One-shot movements start from the same state."""
        return not self.periodic

    @property
    def n_inputs(self) -> int:
        """Two for the phase."""
        return 2 * ("phase" in self.state)

    @property
    def senses(self) -> tuple[str, ...]:
        """What of the plant's state is an input."""
        return tuple(state for state in self.state if state in SENSES)

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
        inputs = None
        if "phase" in self.state:
            phase = 2 * np.pi * np.arange(n_steps) / n_steps
            inputs = np.column_stack([np.cos(phase), np.sin(phase)])
        if self.curve is None:
            return Trial(_butterfly(n_steps), inputs)
        return Trial(resample(self.curve, n_steps, periodic=self.periodic), inputs)


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
) -> Drawing:
    """A butterfly task by name.

    Parameters
    ----------
    name
        One of :data:`TASKS` but ``trace``, for which there is :func:`trace_task`.
    n_segments
        Of the arm; 2 for ``butterfly-arm``, 3 for ``butterfly-arm-effort``.
    period
        Of one trial in ms; 10,000, and longer for arms from 20 segments on.
    costs, effort_reference
        Of ``butterfly-arm-effort``: c_k, and the reading of the effort (see
        :class:`neurosim.plants.Effort`).

    Raises
    ------
    InputError
        Unknown name, or options that do not go with the task.

    Examples
    --------
    >>> motor_task("butterfly-arm", n_segments=3).plant.lengths
    (1.8, 1.2, 0.6)
    """
    if name not in TASKS:
        raise suggest(name, tuple(TASKS), what="task")
    if name == "trace":
        raise InputError("task 'trace' needs a target to draw; give a file by --target")
    if name == "butterfly":
        if n_segments is not None:
            raise InputError("task 'butterfly' has no arm, given segments; use 'butterfly-arm'")
        return Drawing(name, Direct(), period=10_000.0 if period is None else period)
    with_effort = name == "butterfly-arm-effort"
    arm = arm_of(n_segments if n_segments is not None else 3 if with_effort else 2)
    n = arm.n_outputs
    effort = None
    if with_effort:
        effort = Effort((*EFFORT_COSTS["3"], *(0.0,) * n)[:n] if costs is None else costs,
                        effort_reference)  # fmt: skip
    return Drawing(
        name,
        arm,
        effort,
        period=default_period(n) if period is None else period,
        test_feedback="replay",
    )


def trace_task(
    file: str | Path | None,
    *,
    columns: tuple[str, ...] | None = None,
    channel: str | None = None,
    start: float | None = None,
    stop: float | None = None,
    fit: bool = True,
    n_segments: int | None = None,
    period: float | None = None,
    periodic: bool = True,
) -> Drawing:
    """Draw a curve from a file.

    Parameters
    ----------
    file, columns, channel, start, stop
        As for :func:`tasks.motor.targets.load_trace`.
    fit
        Centre the curve and scale it into [-1, 1], which suits the feedback weights of the
        reservoir and the reach of the arms; False: take its numbers as they are.
    n_segments
        Draw with an arm of this many segments; None: the readout is the hand.
    period
        Of one trial in ms; None: as long as the file says, or 10,000.
    periodic
        Whether the curve closes; if not, each trial starts from the same state.

    Raises
    ------
    InputError
        No file, no usable curve in it, or a curve that the arm cannot draw.
    """
    if file is None:
        raise InputError("task 'trace' needs a target to draw; give a file by --target")
    trace = load_trace(file, columns=columns, channel=channel, start=start, stop=stop)
    curve, n_axes = trace.values, trace.values.shape[1]
    offset, scale = np.zeros(n_axes), 1.0
    if fit:
        curve, offset, scale = scale_to(trace.values)
    if period is None:
        period = 10_000.0
        if trace.time_ms is not None:
            step = (trace.time_ms[-1] - trace.time_ms[0]) / (len(curve) - 1)
            period = float(np.ceil(step * (len(curve) - (not periodic))))
    plant: Plant = Direct(("x", "y") if n_axes == 2 else (trace.names[0],))
    if n_segments is not None:
        if n_axes != 2:
            raise InputError(
                f"an arm draws in two dimensions, given a target of {n_axes}; leave out segments"
            )
        arm = arm_of(n_segments)
        _check_reach(arm, curve)
        plant = arm
    source = CurveFile(trace.source, trace.names, trace.unit, tuple(map(float, offset)), scale)
    return Drawing(
        "trace",
        plant,
        period=period,
        curve=curve,
        periodic=periodic,
        test_feedback="target" if plant.invertible else "replay",
        unit="1" if fit else trace.unit,
        source=source,
    )


def _check_reach(arm: Arm, curve: NDArray[np.float64]) -> None:
    distance = np.hypot(*(curve - np.asarray(arm.pivot)).T)
    reach = sum(arm.lengths)
    if distance.max() > reach:
        raise InputError(
            f"the target lies up to {distance.max():.3g} from the shoulder at {arm.pivot}, "
            f"the arm reaches {reach:.3g}; scale the target"
        )
