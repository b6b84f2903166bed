"""A network's delayed reaches: paths, speeds, and how they were learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.figures import style
from analyses.figures.movement import title
from analyses.figures.style import COLORS, PAGE
from analyses.kinematics import speed
from analyses.reaching import plot_reaches, reach_times, root_mean_square
from analyses.sampling import by_trial

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEFORE = 200.0
"""From so many ms before the go signal on speeds are shown."""


def figure(result: xr.Dataset) -> Figure:
    """Draw a run, page-wide.

    Parameters
    ----------
    result
        Of :meth:`neurosim.simulate.Simulation.run` with :class:`tasks.motor.reaching.Reaching`,
        with at least one complete trial.

    Returns
    -------
    matplotlib.figure.Figure
        Its axes are labelled ``paths``, ``speed`` and ``errors``. Paths and speeds are those of the
        test trials; of the last eighth of the training trials where there is no complete test
        trial. Close it after use.
    """
    fig = style.pyplot().figure(figsize=(PAGE, 2.7), layout="constrained")
    axes = fig.subplot_mosaic([["paths", "speed", "errors"]], width_ratios=(1, 1, 1.1))
    reaches = reach_times(result)
    chosen = np.flatnonzero(reaches["phase"].values == "test")
    if not len(chosen):
        n = reaches.sizes["trial"]
        chosen = np.arange(n - max(n // 8, 1), n)
    plot_reaches(axes["paths"], result, trials=chosen)
    _targets(axes["paths"], result, chosen)
    plot_speeds(axes["speed"], result, chosen)
    _errors(axes["errors"], reaches)
    for letter, ax in zip("abc", axes.values(), strict=True):
        ax.annotate(letter, (0, 1), (-26, 6), xycoords="axes fraction",
                    textcoords="offset points", fontsize=10, fontweight="bold")  # fmt: skip
    fig.suptitle(_title(result, reaches), fontsize=9)
    return fig


def save_figure(result: xr.Dataset, path: str | Path) -> None:
    """Draw a run into a file, whole or not at all.

    Parameters
    ----------
    result
        As for :func:`figure`; one without a complete trial is drawn as any movement.
    path
        Its ending says the format: png, pdf or svg.
    """
    from analyses.figures import movement

    whole = len(result["time"]) and float(result["time"][-1]) >= 0.9 * result.attrs["trial_ms"]
    fig = figure(result) if whole else movement.figure(result)
    try:
        style.save_figure(fig, path)
    finally:
        style.pyplot().close(fig)


def plot_speeds(ax: Axes, result: xr.Dataset, trials: NDArray[np.intp]) -> None:
    """Draw the speed of the hand from the go signal on, over that of the wanted movement.

    Parameters
    ----------
    ax
        Axes to draw on.
    result
        As for :func:`figure`.
    trials
        Numbers of the trials, complete ones.
    """
    hand, wanted = by_trial(result, "hand"), by_trial(result, "target")
    measured, bell = (speed(each.isel(trial=trials)) for each in (hand, wanted))
    go = result["go_time"].values[trials]
    for index, (at, color) in enumerate(zip(go, _colors(result, trials), strict=True)):
        time = hand["time"].values - at
        shown = time >= -BEFORE
        own = bell.isel(trial=index).values
        ax.plot(time[shown], own[shown], color="0.8", lw=3, zorder=1)
        own = measured.isel(trial=index).values
        ax.plot(time[shown], own[shown], color=color, lw=0.8, zorder=2)
    ax.axvline(0, color="0.4", lw=0.8, ls=":")
    unit = hand.attrs.get("units", "1")
    ax.set(xlabel="time from go (ms)", ylabel="speed (1/s)" if unit == "1" else f"speed ({unit}/s)")
    ax.set_ylim(0, None)


def _colors(result: xr.Dataset, trials: NDArray[np.intp]) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps["hsv"](angle / 360) for angle in result["target_angle"].values[trials]]


def _targets(ax: Axes, result: xr.Dataset, trials: NDArray[np.intp]) -> None:
    """Targets, and barriers of the largest size that is not touched."""
    from matplotlib.patches import Circle

    task = json.loads(result.attrs["parameters"])["task"]
    center = np.array(task["center"])
    distances = result["target_distance"].values[trials]
    angles = np.radians(result["target_angle"].values[trials])
    ways = distances[:, np.newaxis] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ax.plot(*(center + ways).T, "o", ms=8, mfc="none", mec="0.5", mew=0.6)
    for way, distance, side in zip(ways, distances, result["barrier"].values[trials], strict=True):
        if side != "none":
            radius = 0.45 * task["height"] * distance
            ax.add_patch(Circle(center + way / 2, radius, color="0.92", lw=0, zorder=0))


def _errors(ax: Axes, reaches: xr.Dataset) -> None:
    """Error of each trial, in training and in test, and of a hand that stays."""
    from matplotlib.ticker import LogLocator, NullFormatter

    errors = reaches["path_error_percent"].values
    numbers, test = reaches["trial"].values, reaches["phase"].values == "test"
    for chosen, color, name in ((~test, COLORS[0], "training"), (test, COLORS[1], "test")):
        if chosen.any():
            ax.plot(numbers[chosen], errors[chosen], "o", ms=2.5, mew=0, color=color, label=name)
    still = root_mean_square(reaches["still_error_percent"])
    ax.axhline(still, color="0.4", lw=0.8, ls=":", label="hand that stays")
    ax.set(xlabel="trial", ylabel="path error (% of distance)", yscale="log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, handlelength=1, columnspacing=1)


def _title(result: xr.Dataset, reaches: xr.Dataset) -> str:
    told = title(result).rpartition(":")
    tested = reaches["path_error_percent"].values[reaches["phase"].values == "test"]
    if result.attrs["diverged"] or not len(tested):
        return "".join(told)
    return f"{told[0]}: path error {root_mean_square(tested):.3g} % of the targets' distance"
