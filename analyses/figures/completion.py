"""One experiment at a glance: what was shown, what was told, and where the network went."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analyses import completion
from analyses.figures import style
from analyses.figures.style import COLORS, PAGE

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

LINES: dict[str, tuple[str, dict[str, Any]]] = {
    "raw": ("features (raw)", {"color": "0.45", "ls": "--", "marker": "o"}),
    "bipolar": ("start (bipolar)", {"color": COLORS[5], "ls": "--", "marker": "s"}),
    "recurrent": ("recurrent", {"color": COLORS[0], "ls": "-", "marker": "o"}),
    "shuffled": ("shuffled weights", {"color": COLORS[1], "ls": ":", "marker": "v"}),
}
"""Label and look of each read-out."""


def save_figure(result: xr.Dataset, path: str | Path) -> None:
    """Draw a result and write it.

    Parameters
    ----------
    result
        Of :func:`tasks.vision.complete`, or read from a file.
    path
        png, pdf or svg.
    """
    plt = style.pyplot()
    shown = "example" in result
    fig = plt.figure(figsize=(PAGE, 4.6 if shown else 3.2), layout="constrained")
    rows = fig.subfigures(2, 1, height_ratios=[1, 2.6]) if shown else [None, fig]
    if shown:
        draw_examples(rows[0], result)
    panels = rows[1].subplots(1, 3 if result.attrs["network"] != "none" else 1, squeeze=False)[0]
    draw_accuracy(panels[0], result)
    if len(panels) > 1:
        draw_steps(panels[1], result)
        draw_distances(panels[2], result)
    design = f"{result.attrs['pictures']}, {result.attrs['features']}, {result.attrs['network']}"
    fig.suptitle(f"{design}: {result.attrs['protocol']} objects", fontsize=8)
    style.save_figure(fig, path)
    plt.close(fig)


def draw_examples(part: Any, result: xr.Dataset) -> None:
    """One object whole, and as it was shown at every visibility."""
    pictures = result.example.values
    panels = part.subplots(1, len(pictures))
    titles = ["whole", *(f"{percent:g} %" for percent in completion.visibilities(result))]
    for ax, picture, title in zip(panels, pictures, titles, strict=True):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        ax.set_title(title)
        ax.set_axis_off()


def draw_accuracy(ax: Axes, result: xr.Dataset) -> None:
    """Accuracy by visibility of every read-out, with 95 % intervals over objects."""
    percent = completion.visibilities(result)
    for name, (label, look) in LINES.items():
        if name not in result:
            continue
        value, low, high = completion.accuracy(result, name)
        ends = np.abs(np.array([low, high]) - value)
        ax.errorbar(percent, value, ends, label=label, ms=3.5, elinewidth=0.8, **look)
    _chance(ax, result)
    ax.set(xlabel="visible part of the object (%)", ylabel="accuracy", ylim=(0, 1), xlim=(0, None))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, columnspacing=1.0)


def draw_steps(ax: Axes, result: xr.Dataset) -> None:
    """Accuracy by step of the network, a line for each visibility."""
    correct = completion.by_step(result)
    best = float(np.median(result.best_step))
    shades = np.linspace(0.35, 1, len(correct))
    for line, percent, shade in zip(correct, completion.visibilities(result), shades, strict=True):
        ax.plot(np.arange(len(line)), line, color=COLORS[0], alpha=shade)
        ax.annotate(
            f"{percent:g} %", (len(line) - 1, line[-1]), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=7, annotation_clip=False,
        )  # fmt: skip
    ax.axvline(best, color="0.7", lw=0.8, zorder=0)
    ax.annotate(
        "best", (best, 0.98), xytext=(3, 0), textcoords="offset points", va="top", fontsize=7
    )
    _chance(ax, result)
    ax.set_xscale("symlog", linthresh=2, linscale=0.5)
    steps = [step for step in (0, 1, 2, 4, 16, 64, 256, 1024) if step < correct.shape[1]]
    ax.set_xticks(steps, [str(step) for step in steps])
    ax.minorticks_off()
    ax.set(xlabel="step of the network", ylabel="accuracy", ylim=(0, 1))
    ax.set_xlim(0, correct.shape[1] - 1)


def draw_distances(ax: Axes, result: xr.Dataset) -> None:
    """How far states are from the whole object, and from the nearest one of another category."""
    step = result.distance_step.values
    for name, label, color in (
        ("distance_own", "the whole object", COLORS[2]),
        ("distance_other", "nearest other category", COLORS[3]),
    ):
        low, middle, high = np.percentile(result[name].values, [25, 50, 75], axis=0)
        ax.plot(step, middle, color=color, label=label)
        ax.fill_between(step, low, high, color=color, alpha=0.2, lw=0)
    ax.set_xscale("symlog", linthresh=2, linscale=0.5)
    ticks = [s for s in (0, 1, 2, 4, 16, 64, 256, 1024) if s <= step[-1]]
    ax.set_xticks(ticks, [str(s) for s in ticks])
    ax.minorticks_off()
    ax.set(xlabel="step of the network", ylabel="distance (rms a unit)", ylim=(0, None))
    ax.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, columnspacing=1.0,
        title="distance from (median, quartiles)", title_fontsize=7,
    )  # fmt: skip


def _chance(ax: Axes, result: xr.Dataset) -> None:
    ax.axhline(1 / len(result.attrs["categories"]), color="0.6", ls=":", lw=0.8, zorder=0)
    ax.annotate(
        "chance", (1, 1 / len(result.attrs["categories"])), xycoords=("axes fraction", "data"),
        ha="right", va="bottom", fontsize=7, color="0.4",
    )  # fmt: skip
