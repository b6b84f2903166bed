r"""When a hand starts and stops in delayed reaching, and how near it comes.

With v the speed of the hand and v_p its peak after the go signal, the movement begins where v last
rose above a share of v_p before the peak, and ends where it first falls below it after the peak,

    reaction time = begin - go,   movement time = end - begin

both between two samples by linear interpolation. A minimum-jerk reach of duration T spends 0.087 T
below a tenth of its peak at either end, so that its movement time by that share is 0.827 T.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyses.kinematics import speed
from analyses.sampling import by_trial
from neurosim.errors import InputError, check_between

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

NEEDED = ("go_time", "target_distance")
"""Coordinates of the trials of a reaching result."""


def reach_times(result: xr.Dataset, *, threshold: float = 0.1) -> xr.Dataset:
    """Reaction time, movement time and errors of each reach.

    Parameters
    ----------
    result
        Of a run of :class:`tasks.motor.reaching.Reaching` that recorded the hand.
    threshold
        Share of the peak speed, between 0 and 1.

    Returns
    -------
    xarray.Dataset
        By ``trial``, with the trials' coordinates (``condition``, ``phase``, ...):
        ``reaction_time`` and ``movement_time`` in ms (NaN where the hand does not come half as far
        as the target, or does not start or stop within the trial; a hand that starts before go has
        a negative reaction time), ``peak_speed`` (per s), ``endpoint_error``, the distance from the
        target at the end of the trial, and ``path_error``, the root mean square of the distance
        from the wanted path over the trial, also as ``path_error_percent`` of the target's
        distance; ``still_error_percent`` is what it were of a hand that does not leave the centre.

    Raises
    ------
    InputError
        The hand was not recorded, the trials are not reaches, or a threshold out of range.

    Examples
    --------
    >>> from neurosim import Force, train
    >>> from neurosim.task import Schedule
    >>> from tasks.motor.reaching_presets import RESERVOIR, reaching_task
    >>> task = reaching_task(n_targets=2)
    >>> result = train(task, Force(), RESERVOIR, schedule=Schedule(10, 2))
    >>> reaches = reach_times(result)
    >>> bool((reaches.path_error[-2:] < 0.05).all())
    True
    """
    import xarray as xr

    check_between("reach_times", "threshold", threshold, 0, 1)
    missing = [name for name in NEEDED if name not in result.coords]
    if missing:
        raise InputError(
            f"reach_times: expected a result of delayed reaching, given one whose trials have no "
            f"{' and no '.join(missing)}"
        )
    hand, wanted = by_trial(result, "hand"), by_trial(result, "target")
    profile = speed(hand).transpose("trial", "time")
    done = result.isel(trial=slice(hand.sizes["trial"]))
    go = done["go_time"].to_numpy()
    position, way = (each.transpose("trial", "time", "axis").to_numpy() for each in (hand, wanted))
    away = done["target_distance"].to_numpy()
    measured = [
        _measure(*parts, threshold, hand["time"].to_numpy())
        for parts in zip(position, profile.to_numpy(), go, away, strict=True)
    ]
    distance = np.linalg.norm(position - way, axis=2)
    path_error = np.sqrt((distance**2).mean(axis=1))
    still = np.sqrt((np.linalg.norm(way - way[:, :1], axis=2) ** 2).mean(axis=1))
    unit = hand.attrs.get("units", "1")
    reaction, movement, peak = np.array(measured).reshape(-1, 3).T
    columns: dict[str, tuple[Any, str, str]] = {
        "reaction_time": (reaction, "reaction time", "ms"),
        "movement_time": (movement, "movement time", "ms"),
        "peak_speed": (peak, "peak speed", f"{unit}/s"),
        "endpoint_error": (distance[:, -1], "distance from target at the end", unit),
        "path_error": (path_error, "distance from wanted path", unit),
        "path_error_percent": (100 * path_error / away, "distance from wanted path", "percent"),
        "still_error_percent": (100 * still / away, "of a hand that stays", "percent"),
    }
    return xr.Dataset(
        {
            name: ("trial", values, {"long_name": long_name, "units": units})
            for name, (values, long_name, units) in columns.items()
        },
        coords={name: value for name, value in done.coords.items() if value.dims == ("trial",)},
        attrs={"threshold": threshold},
    )


def root_mean_square(values: ArrayLike) -> float:
    """Of errors, over trials.

    Examples
    --------
    >>> root_mean_square([3.0, 4.0, 5.0, 0.0])
    3.5355339059327378
    """
    return float(np.sqrt(np.mean(np.square(values))))


def plot_reaches(
    ax: Axes, result: xr.Dataset, phase: str = "test", *, trials: ArrayLike | None = None
) -> None:
    """Draw the paths of the hand, coloured by the direction of the target, and the wanted paths.

    Parameters
    ----------
    ax
        Axes to draw on.
    result
        As for :func:`reach_times`.
    phase
        Of which trials: ``"train"`` or ``"test"``.
    trials
        Their numbers, in place of a phase; complete ones.

    Raises
    ------
    InputError
        No trial of that phase is complete.
    """
    from matplotlib import colormaps

    hand, wanted = by_trial(result, "hand"), by_trial(result, "target")
    chosen = np.flatnonzero(hand["phase"].to_numpy() == phase) if trials is None else trials
    chosen = np.asarray(chosen, int)
    if not len(chosen):
        raise InputError(f"plot_reaches: expected complete trials of phase '{phase}', given none")
    angles = result["target_angle"].to_numpy()
    for index in chosen:
        path, way = hand.isel(trial=index), wanted.isel(trial=index)
        ax.plot(way.sel(axis="x"), way.sel(axis="y"), color="0.8", lw=3, zorder=1)
        color = colormaps["hsv"](angles[index] / 360)
        ax.plot(path.sel(axis="x"), path.sel(axis="y"), color=color, lw=0.8, zorder=2)
    unit = hand.attrs.get("units", "1")
    ax.set_aspect("equal")
    ax.set_xlabel("x" if unit == "1" else f"x ({unit})")
    ax.set_ylabel("y" if unit == "1" else f"y ({unit})")


class _Reach(NamedTuple):
    reaction_time: float
    movement_time: float
    peak_speed: float


def _measure(
    position: NDArray[np.float64],
    profile: NDArray[np.float64],
    go: float,
    target_distance: float,
    threshold: float,
    times: NDArray[np.float64],
) -> _Reach:
    """Of one trial: position (time, axis), speed (time), times in ms from its start."""
    first = int(np.searchsorted(times, go - 1e-6))
    if first >= len(times):
        return _Reach(np.nan, np.nan, np.nan)
    top = first + int(profile[first:].argmax())
    peak = float(profile[top])
    way = np.linalg.norm(position[first:] - position[first], axis=1).max()
    slow = profile < threshold * peak
    before, after = np.flatnonzero(slow[:top]), top + np.flatnonzero(slow[top:])
    if way < 0.5 * target_distance or not len(before) or not len(after):
        return _Reach(np.nan, np.nan, peak)
    begin = _crossing(profile, times, before[-1], threshold * peak)
    end = _crossing(profile, times, after[0] - 1, threshold * peak)
    return _Reach(begin - go, end - begin, peak)


def _crossing(
    profile: NDArray[np.float64], times: NDArray[np.float64], at: int, level: float
) -> float:
    """Time at which the speed crosses a level between sample ``at`` and the next."""
    share = (level - profile[at]) / (profile[at + 1] - profile[at])
    return float(times[at] + share * (times[at + 1] - times[at]))
