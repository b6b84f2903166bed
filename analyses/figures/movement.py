"""One run at a glance: what was drawn, how the joints moved, how the error fell, what was learned.

Everything is drawn from the result alone, so that a saved file draws again without running.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.figures import style
from analyses.figures.style import COLORS, PAGE
from neurosim.plants import Arm

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POSTURES = 5
"""Postures of the arm that are drawn, evenly spaced over the trial."""

MOST_LINES = len(COLORS)
"""More outputs than this are drawn as an image."""

TARGET: dict[str, Any] = {"color": "0.78", "lw": 3.0, "solid_capstyle": "round"}


@dataclass(frozen=True)
class Run:
    """What the panels need to know of a result.

    Attributes
    ----------
    result
        The result.
    parameters
        Of the run, from its attributes.
    trial
        (samples,) trial of each sample, counted from 0.
    n_train
        Number of training trials; the others are test trials.
    trial_s, end_s
        Length of a trial, and of what was done of the run, in s.
    arm
        What moved, or None where that was no arm.
    """

    result: xr.Dataset
    parameters: dict[str, Any]
    trial: NDArray[np.int64]
    n_train: int
    trial_s: float
    end_s: float
    arm: Arm | None

    @classmethod
    def of(cls, result: xr.Dataset) -> Run:
        """From a result as it is after a run, or read from a file."""
        parameters = json.loads(result.attrs["parameters"])
        trial_ms = float(result.attrs["trial_ms"])
        plant = parameters["task"].get("plant") or {}
        arm = None
        if plant.get("kind") == "Arm":
            arm = Arm(tuple(plant["lengths"]), tuple(plant["pivot"]), tuple(plant["posture"]))
        return cls(
            result,
            parameters,
            np.floor(result["time"].values / trial_ms + 1e-9).astype(np.int64),
            int(np.sum(result["phase"].values == "train")),
            trial_ms / 1e3,
            float(result.attrs["steps"]) * parameters["reservoir"]["dt"] / 1e3,
            arm,
        )

    @property
    def joins(self) -> bool:
        """Whether each trial goes on where the one before ended."""
        return bool(self.parameters["task"].get("periodic", True))

    @property
    def last(self) -> int:
        """The last trial of which there are samples; -1 if there are none."""
        return int(self.trial[-1]) if len(self.trial) else -1

    @property
    def length_s(self) -> float:
        """Of the last trial, in s; shorter than the others where the run stopped within it."""
        return min(self.trial_s, max(self.end_s - self.last * self.trial_s, 1e-6))

    def phase(self, trial: int) -> str:
        """``"training"`` or ``"test"``."""
        return "training" if trial < self.n_train else "test"

    def shown(self) -> NDArray[np.bool_]:
        """(samples,) whether the drawing shows them: the test phase, or else the last trial."""
        tested = self.trial >= self.n_train
        return tested if tested.any() else self.trial == self.last

    def within(self, trial: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Which samples belong to a trial, and their times from its start, in s."""
        chosen = self.trial == trial
        return chosen, self.result["time"].values[chosen] / 1e3 - trial * self.trial_s

    def joints(self, chosen: NDArray[Any]) -> NDArray[np.floating] | None:
        """(samples, segments + 1, 2) positions from pivot to hand, or None without an arm."""
        if self.arm is None or "readout" not in self.result:
            return None
        with np.errstate(invalid="ignore"):
            return self.arm.joints(self.result["readout"].values[chosen])


def figure(result: xr.Dataset) -> Figure:
    """Draw a run, page-wide.

    What was not recorded is left out: the movement and its coordinates need ``hand``, the joint
    angles (of an arm) and its postures ``readout``, and so on. The distance of each trial from the
    target is always there.

    Parameters
    ----------
    result
        See :func:`neurosim.recording.result`. A run that diverged or was interrupted is drawn as
        far as it came.

    Returns
    -------
    matplotlib.figure.Figure
        Its axes are labelled ``movement`` (hand in the plane in the test phase, over the target),
        ``coordinates`` and ``outputs`` (over time in the last trial), ``rates`` (if recorded),
        ``distance`` and ``weights`` (over the whole run). Close it after use.
    """
    plt = style.pyplot()
    run = Run.of(result)
    panels = {
        "movement": _movement,
        "coordinates": _coordinates,
        "outputs": _outputs,
        "rates": _rates,
        "distance": _distance,
        "weights": _weights,
    }
    layout, heights = _layout(run)
    fig = plt.figure(figsize=(PAGE, 0.35 + sum(heights)), layout="constrained")
    fig.get_layout_engine().set(w_pad=0.06, h_pad=0.05)
    axes = fig.subplot_mosaic(layout, height_ratios=heights, width_ratios=(1, 1.2))
    for letter, name in zip("abcdef", [name for name in panels if name in axes], strict=False):
        panels[name](axes[name], run)
        axes[name].annotate(
            letter,
            (0, 1),
            (-30, 6),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=10,
            fontweight="bold",
        )
    stacked = [axes[name] for name in ("coordinates", "outputs", "rates") if name in axes]
    for ax in stacked[:-1]:
        ax.tick_params(labelbottom=False)
    if stacked:
        stacked[-1].set_xlabel(f"time in the last {run.phase(run.last)} trial (s)")
    fig.suptitle(title(result), fontsize=9)
    return fig


def save_figure(result: xr.Dataset, path: str | Path) -> None:
    """Draw a run into a file, whole or not at all.

    Parameters
    ----------
    result
        As for :func:`figure`.
    path
        Its ending says the format: png, pdf or svg.
    """
    fig = figure(result)
    try:
        style.save_figure(fig, path)
    finally:
        style.pyplot().close(fig)


def title(result: xr.Dataset) -> str:
    """Task, rule, preset, seed and outcome of a run, in one line."""
    attrs = result.attrs
    run = Run.of(result)
    task = attrs["task"]
    if run.arm is not None:
        task += f" with {run.arm.n_outputs} segment{'s' if run.arm.n_outputs > 1 else ''}"
    preset = f" ({attrs['preset']})" if attrs.get("preset") else ""
    if attrs["diverged"]:
        outcome = f"diverged at step {attrs['diverged_step']:,}"
    elif np.isfinite(attrs["deviation"]):
        outcome = f"deviation {attrs['deviation']:.3g}"
    else:
        outcome = "not tested"
    return f"{task}, {attrs['rule']}{preset}, seed {attrs['seed']}: {outcome}"


def _layout(run: Run) -> tuple[list[list[str]], list[float]]:
    """Which panels there are, as rows of a mosaic, and the rows' inches."""
    result, sampled = run.result, run.last >= 0
    hand = sampled and "hand" in result
    beside = ["coordinates"] if hand else []
    if sampled and run.arm is not None and "readout" in result:  # else the outputs are the hand
        beside.append("outputs")
    if sampled and "rates" in result:
        beside.append("rates")
    plane = hand and result.sizes["axis"] == 2
    rows = [["movement" if plane else name, name] for name in beside]
    heights = [max(1.5, 3.1 / len(beside)) if plane else 1.7] * len(beside)
    weights = sampled and "weight_norm" in result
    rows.append(["distance", "weights" if weights else "distance"])
    return rows, [*heights, 1.9]


def label(variable: xr.DataArray, name: str = "") -> str:
    """Name and unit for an axis, from the variable's attributes."""
    name = name or str(variable.attrs.get("long_name", variable.name)).split(",")[0]
    unit = {"1": "", "pi rad": "π rad"}.get(units := variable.attrs.get("units", "1"), units)
    return textwrap.fill(f"{name} ({unit})" if unit else name, 22)


def limits(inner: NDArray[Any], *more: NDArray[Any]) -> tuple[float, float]:
    """Around ``inner`` and as much of ``more`` as lies within its own width of it."""
    low, high = float(np.nanmin(inner)), float(np.nanmax(inner))
    width = (high - low) or 1.0
    seen = np.concatenate([np.ravel(values) for values in (inner, *more)])
    seen = np.clip(seen[np.isfinite(seen)], low - width, high + width)
    return float(seen.min() - 0.06 * width), float(seen.max() + 0.06 * width)


def _legend_above(ax: Axes) -> None:
    """One row above the axes, where it hides nothing."""
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=len(labels),
        borderaxespad=0.1,
        columnspacing=1.2,
        handlelength=1.3,
        handletextpad=0.4,
    )


def _time_limits(ax: Axes, end: float) -> None:
    ax.set_xlim(0, end)
    if end < 0.1:  # labels with many digits
        ax.locator_params(axis="x", nbins=4)


def _marker(values: NDArray[Any]) -> str:
    """Few samples, or few different points, are shown one by one."""
    finite = values[np.isfinite(values).all(axis=tuple(range(1, values.ndim)))]
    return "." if len(np.unique(finite, axis=0)) < 40 else ""


def _path(run: Run, values: NDArray[Any], chosen: NDArray[np.bool_]) -> NDArray[np.floating]:
    """Chosen samples of ``values``, with a gap between trials that do not go on from each other."""
    path = np.asarray(values[chosen], float)
    if run.joins:
        return path
    starts = np.flatnonzero(np.diff(run.trial[chosen])) + 1
    return np.insert(path, starts, np.nan, axis=0)


def arm_style(run: Run, scale: float = 1.0) -> dict[str, Any]:
    """How an arm is drawn; many joints are small ones."""
    joint = 2.2 if run.result.sizes["output"] <= MOST_LINES else 1.2
    return {"color": "0.45", "lw": 0.8 * scale, "marker": "o", "ms": joint * scale, "mew": 0}


def closed(run: Run, curve: NDArray[np.floating]) -> NDArray[np.floating]:
    """With the first point again at the end, where trials join and the last one is whole."""
    whole = run.joins and run.length_s > 0.999 * run.trial_s
    return np.concatenate([curve, curve[:1]]) if whole else curve


def _movement(ax: Axes, run: Run) -> None:
    shown = run.shown()
    target = _path(run, run.result["target"].values, shown)
    hand = _path(run, run.result["hand"].values, shown)
    target = closed(run, target)
    ax.plot(*target.T, label="target", **TARGET)
    joints = run.joints(run.trial == run.last)
    fixed = target
    if joints is not None and run.arm is not None:
        some = joints[np.linspace(0, len(joints), POSTURES, endpoint=False).astype(int)]
        for k, posture in enumerate(some):
            ax.plot(*posture.T, alpha=0.5, label="" if k else "arm", **arm_style(run))
        ax.plot(*run.arm.pivot, "^", color="0.2", ms=6, clip_on=False, zorder=3)
        fixed = np.concatenate([target, hand, some.reshape(-1, 2)])
    ax.plot(*hand.T, color=COLORS[0], lw=0.9, marker=_marker(hand), label="hand", zorder=4)
    x, y = (limits(fixed[:, k], hand[:, k]) for k in range(2))
    ax.dataLim.set_points(np.column_stack((x, y)))
    ax.margins(0)
    x_name, y_name = (str(name) for name in run.result["axis"].values)
    ax.set_xlabel(label(run.result["hand"], x_name))
    ax.set_ylabel(label(run.result["hand"], y_name))
    ax.set_aspect("equal", adjustable="datalim")
    _legend_above(ax)


def _coordinates(ax: Axes, run: Run) -> None:
    chosen, time = run.within(run.last)
    target, hand = (run.result[name].values[chosen] for name in ("target", "hand"))
    few = _marker(time[np.isfinite(hand).all(axis=1)])
    for k in range(target.shape[1]):
        ax.plot(time, target[:, k], label="" if k else "target", **TARGET)
    for k, name in enumerate(run.result["axis"].values):
        ax.plot(time, hand[:, k], color=COLORS[k], marker=few, label=str(name))
    _time_limits(ax, run.length_s)
    ax.set_ylim(*limits(target, hand))
    ax.set_ylabel(label(run.result["hand"]))
    _legend_above(ax)


def _outputs(ax: Axes, run: Run) -> None:
    count = run.result.sizes["output"]
    _many(ax, run, run.result["readout"], "joint", [str(k + 1) for k in range(count)])


def _rates(ax: Axes, run: Run) -> None:
    _many(ax, run, run.result["rates"], "unit", [str(unit) for unit in run.result["unit"].values])


def _many(ax: Axes, run: Run, variable: xr.DataArray, noun: str, names: list[str]) -> None:
    """A variable of many channels in the last trial: a few as lines, more as an image."""
    chosen, time = run.within(run.last)
    values = variable.values[chosen]
    few = _marker(time[np.isfinite(values).all(axis=1)])
    _time_limits(ax, run.length_s)
    if len(names) <= MOST_LINES:
        for k, name in enumerate(names):
            ax.plot(time, values[:, k], color=COLORS[k], marker=few,
                    label=name if k else f"{noun} {name}")  # fmt: skip
        ax.set_ylabel(label(variable))
        _legend_above(ax)
        return
    finite = np.abs(values[np.isfinite(values)])
    most = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    step = time[1] - time[0] if len(time) > 1 else run.trial_s
    image = ax.imshow(
        values.T,
        extent=(time[0], time[-1] + step, 0.5, len(names) + 0.5),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap="RdBu_r",
        vmin=-most,
        vmax=most,
    )
    _time_limits(ax, run.length_s)
    places = np.unique(np.linspace(0, len(names) - 1, 5).round().astype(int))
    ax.set_yticks(places + 1, [names[place] for place in places])
    ax.set_ylabel(noun)
    bar = ax.figure.colorbar(image, cax=ax.inset_axes((1.02, 0, 0.025, 1)))
    bar.set_label(label(variable))
    bar.outline.set_visible(False)


def _whole_run(ax: Axes, run: Run) -> None:
    """Time axis of the whole run, its test phase shaded, and where it diverged."""
    border = run.n_train * run.trial_s
    end = max(run.end_s, 1e-6)
    _time_limits(ax, end)
    ax.set_xlabel("time (s)")
    if border < end:
        ax.axvspan(border, end, color="0.93", lw=0, zorder=0)
    at: dict[str, Any] = {
        "transform": ax.get_xaxis_transform(),
        "va": "top",
        "fontsize": 7,
        "color": "0.35",
    }
    for name, low, high in (("training", 0.0, min(border, end)), ("test", border, end)):
        if high <= low:
            continue
        if high - low > 0.2 * end:
            ax.text((low + high) / 2, 0.98, name, ha="center", **at)
        else:  # too narrow to stand in the middle
            edge, side = (low, "left") if low == 0 else (high, "right")
            ax.text(edge, 0.98, name, ha=side, **at)
    if run.result.attrs["diverged"]:
        ax.axvline(end, color=COLORS[1], lw=1.5, clip_on=False, label="diverged")


def _distance(ax: Axes, run: Run) -> None:
    means = run.result["trial_distance"]
    centres = (np.arange(len(means)) + 0.5) * run.trial_s
    seen = [means.values]
    if "distance" in run.result and run.last >= 0:
        time = run.result["time"].values / 1e3
        distance = run.result["distance"].values
        few = _marker(time[np.isfinite(distance)])
        ax.plot(time, distance, color=COLORS[0], marker=few, label="running mean")
        # It starts from 0; limits are chosen without its first rise.
        rest = distance[time > 0.1 * run.trial_s]
        seen.append(rest if rest.size else distance)
    ax.plot(centres, means, "o", color=COLORS[1], ms=4, mec="white", mew=0.6, label="mean of trial",
            zorder=3)  # fmt: skip
    _whole_run(ax, run)
    _log_limits(ax, np.concatenate(seen))
    ax.set_ylabel(label(means, "distance from target"))
    _legend_above(ax)


def _log_limits(ax: Axes, values: NDArray[Any]) -> None:
    """Logarithmic axis around positive values, with room above for the names of the phases."""
    from matplotlib.ticker import LogLocator, NullFormatter

    values = values[np.isfinite(values) & (values > 0)]
    ax.set_yscale("log")
    if not values.size:
        values = np.array([0.1, 1.0])
    low, high = float(values.min()) / 1.3, float(values.max()) * 1.3
    ax.set_ylim(low, high * (high / low) ** 0.15)
    if high < 1e3 * low:  # too few decades to mark only those
        between = (1, 2, 5) if high > 8 * low else (1, 1.5, 2, 3, 4, 5, 7)
        ax.yaxis.set_major_locator(LogLocator(subs=between))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(NullFormatter())


def _weights(ax: Axes, run: Run) -> None:
    norms = run.result["weight_norm"]
    time = run.result["time"].values / 1e3
    finite = np.where(np.isfinite(norms.values), norms.values, np.nan)
    few = _marker(time[np.isfinite(finite).all(axis=1)])
    for k, name in enumerate(run.result["pathway"].values):
        ax.plot(time, finite[:, k], color=COLORS[k], marker=few, label=str(name))
    _whole_run(ax, run)
    if run.result.attrs["diverged"]:
        _log_limits(ax, finite)
    else:
        ax.set_ylim(0, 1.15 * (np.nanmax(finite) or 1.0))
    ax.set_ylabel(label(norms))
    _legend_above(ax)
