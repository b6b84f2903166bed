r"""Whether a learned movement goes on by itself: kicked, or left alone without forcing.

With the position y of the hand, its target f, and y' the hand of the same run without the kick:

    held    time from the begin of the test until |y - f| exceeds a bound
    return  time from the kick until |y - y'| is within a bound for good

Test trials have no noise, so that a run and its undisturbed twin differ by the kick alone. Both
bounds are in the unit of positions. A movement that comes back late in its phase has not returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_integer, check_non_negative, check_positive

if TYPE_CHECKING:
    import xarray as xr

    from neurosim.simulate import Simulation


class Held(NamedTuple):
    """How long a movement was kept up, from :func:`held`.

    Attributes
    ----------
    duration
        In ms.
    exceeded
        Whether the bound was exceeded then; otherwise the test ended before.
    """

    duration: float
    exceeded: bool


def held(result: xr.Dataset, bound: float) -> Held:
    """The longest run before the error exceeds a bound, from the begin of the test phase.

    Parameters
    ----------
    result
        Of a run with ``hand`` recorded and test trials, best with ``test_feedback="free"``.
    bound
        On the distance between hand and target, in the unit of positions.

    Raises
    ------
    InputError
        No hand, no samples of a test, or a bound that is not above 0.

    Examples
    --------
    >>> import xarray as xr
    >>> hand = np.array([0.0, 0.0, 0.1, 0.2, 0.6, 0.1])[:, np.newaxis]
    >>> result = xr.Dataset(
    ...     {"hand": (("time", "axis"), hand), "target": (("time", "axis"), 0 * hand)},
    ...     coords={"time": 10.0 * np.arange(6), "phase": ("trial", ["train", "test"])},
    ...     attrs={"trial_ms": 20.0},
    ... )
    >>> held(result, 0.5)
    Held(duration=20.0, exceeded=True)
    >>> held(result, 1.0)
    Held(duration=40.0, exceeded=False)
    """
    check_positive("held", "bound", bound)
    hand, times = _hand(result, "held")
    begin = float((result["phase"] == "train").sum()) * float(result.attrs["trial_ms"])
    tested = times >= begin * (1 - 1e-12)
    if not tested.any():
        raise InputError("held: expected samples of test trials, the result has none")
    distance = np.linalg.norm(hand - result["target"].to_numpy(), axis=1)[tested]
    beyond = np.flatnonzero(~(distance <= bound))
    if beyond.size:
        return Held(float(times[tested][beyond[0]] - begin), True)
    interval = float(times[1] - times[0]) if len(times) > 1 else 0.0
    return Held(float(times[-1] + interval - begin), False)


class Return(NamedTuple):
    """How a kick is got over, from :func:`return_to`.

    Attributes
    ----------
    time
        From the kick until the hand is back for good, in ms: 0 if it never left, infinite if it
        was not back when the run ended.
    peak
        Largest distance from where it would have been.
    """

    time: float
    peak: float


def return_to(undisturbed: xr.Dataset, kicked: xr.Dataset, *, at: float, bound: float) -> Return:
    """How long and how far a kick drives the hand off its course.

    Parameters
    ----------
    undisturbed, kicked
        Of the same run without and with the kick, with ``hand`` recorded.
    at
        When the kick was given, in ms from the begin of the run.
    bound
        Distance from the undisturbed hand that counts as back.

    Raises
    ------
    InputError
        No hand, times that differ, a kick after the end, or a bound that is not above 0.

    Examples
    --------
    >>> import xarray as xr
    >>> y = xr.Dataset(
    ...     {"hand": (("time", "axis"), np.zeros((6, 1)))}, coords={"time": 10.0 * np.arange(6)}
    ... )
    >>> push = xr.DataArray([0.0, 0.0, 0.4, 0.2, 0.05, 0.02], dims="time")
    >>> kicked = y.assign(hand=y.hand + push)
    >>> return_to(y, kicked, at=20.0, bound=0.1)
    Return(time=20.0, peak=0.4)
    """
    check_positive("return_to", "bound", bound)
    check_non_negative("return_to", "at", at)
    (one, times), (other, others) = (_hand(r, "return_to") for r in (undisturbed, kicked))
    if one.shape != other.shape or not np.array_equal(times, others):
        raise InputError(
            f"return_to: expected two runs recorded at the same times, "
            f"given {len(times)} and {len(others)} samples"
        )
    after = times >= at * (1 - 1e-12)
    if not after.any():
        raise InputError(
            f"return_to: the kick must be before the end at {times[-1]:g} ms, given {at:g} ms"
        )
    distance = np.linalg.norm(other - one, axis=1)[after]
    away = np.flatnonzero(~(distance <= bound))
    peak = float(distance.max())
    if not away.size:
        return Return(0.0, peak)
    if away[-1] == len(distance) - 1:
        return Return(np.inf, peak)
    return Return(float(times[after][away[-1] + 1] - at), peak)


def stability(
    run: Simulation,
    strengths: Sequence[float],
    *,
    bound: float,
    trials: Sequence[int] | None = None,
    time: float = 0.0,
) -> xr.Dataset:
    """Kick the state of a trained network in its test trials, and measure how it comes back.

    The network is trained once; each kick is a branch of that run.

    Parameters
    ----------
    run
        Which is not changed. Not begun, it is trained first; its training may be done already.
    strengths
        Of the kicks (see :class:`neurosim.perturbations.Kick`).
    bound
        Distance from the undisturbed hand that counts as back, and from the target that counts as
        held, in the unit of positions.
    trials
        Test trials in which a kick is given, one a branch, each with draws of its own; the first of
        them if None.
    time
        Of the kick, from the begin of its trial, in ms.

    Returns
    -------
    xarray.Dataset
        ``return_time`` (ms) and ``peak`` by strength and trial, ``held`` (ms) and ``exceeded`` of
        the undisturbed run.

    Raises
    ------
    InputError
        A run without test trials or without its hand recorded, a trial that is no test trial, or
        values out of range.

    Examples
    --------
    >>> from neurosim import Force, Reservoir, Schedule, Simulation
    >>> from tasks.motor.drawing import Drawing
    >>> from neurosim.plants import Direct
    >>> task = Drawing("small", Direct(), period=100.0, state=("phase",), test_feedback="free")
    >>> run = Simulation(task, Force(), Reservoir(n_units=50), schedule=Schedule(1, 2))
    >>> stability(run, [0.0, 0.1], bound=0.1).return_time.dims
    ('strength', 'trial')
    """
    import xarray as xr

    from neurosim.perturbations import Kick, When

    check_positive("stability", "bound", bound)
    first, n_trials = run.schedule.train_trials, run.schedule.trials
    if first == n_trials:
        raise InputError("stability: expected a run with test trials, given none")
    if "hand" not in run.recording.signals:
        raise InputError("stability: expected a run with 'hand' recorded")
    chosen = [first] if trials is None else list(trials)
    for trial in chosen:
        check_integer("stability", "trials", trial, minimum=first)
    trunk = run.branch()
    while trunk.learning and not trunk.diverged:
        trunk.advance()
    if trunk.diverged:
        raise InputError(f"stability: the run diverged in training, at step {trunk.diverged_step}")
    undisturbed = trunk.branch().run()
    trial_ms = float(undisturbed.attrs["trial_ms"])
    found = np.empty((len(strengths), len(chosen), 2))
    for i, strength in enumerate(strengths):
        for k, trial in enumerate(chosen):
            when = When(first_trial=trial, last_trial=trial)
            kicked = trunk.branch(Kick(strength, time, when=when)).run()
            at = trial * trial_ms + time
            found[i, k] = return_to(undisturbed, kicked, at=at, bound=bound)
    alone = held(undisturbed, bound)
    unit = run.task.unit
    return xr.Dataset(
        {
            "return_time": (
                ("strength", "trial"),
                found[..., 0],
                {"long_name": "time from the kick to the return", "units": "ms"},
            ),
            "peak": (
                ("strength", "trial"),
                found[..., 1],
                {"long_name": "largest distance from the undisturbed hand", "units": unit},
            ),
            "held": ((), alone.duration, {"long_name": "time within the bound", "units": "ms"}),
            "exceeded": ((), alone.exceeded, {"long_name": "whether the bound was exceeded"}),
        },
        coords={"strength": ("strength", np.asarray(strengths, float)), "trial": chosen},
        attrs={"bound": bound, "kick_ms": time},
    )


def _hand(result: xr.Dataset, owner: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions (time, axis) and times in ms."""
    if "hand" not in result:
        raise InputError(f"{owner}: expected a result with 'hand' recorded")
    hand = result["hand"].transpose("time", ...).to_numpy().astype(float)
    return hand, result["time"].to_numpy().astype(float)
