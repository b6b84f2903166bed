"""Deviations of Sankar et al. 2021 drawn: rows of the first table, and by number of segments."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyses.figures.style import COLORS, PAGE, pyplot
from analyses.intervals import proportion
from neurosim.recording import SATISFACTORY

Line = dict[str, Any]
PRESETS = ("paper", "replication", "robust")
PUBLISHED: Any = {"marker": "D", "ms": 4, "mfc": "none", "color": "black", "mew": 0.8}


def rows(lines: list[Line], runs: list[Line]) -> Any:
    """Each seed's deviation by row and preset, with the mean, and the published one.

    Parameters
    ----------
    lines, runs
        Of ``table.csv`` and ``runs.csv``, see :func:`analyses.figures.sankar2021.reproduce`.

    Returns
    -------
    matplotlib.figure.Figure
        Close it after use.
    """
    names = list(dict.fromkeys(line["row"] for line in lines))
    shown = [p for p in PRESETS if any(line["preset"] == p for line in lines)]
    fig, ax = pyplot().subplots(figsize=(PAGE, 0.6 + 0.42 * len(names)), layout="constrained")
    for k, preset in enumerate(shown):
        shift = (k - (len(shown) - 1) / 2) * 0.25
        for i, name in enumerate(names):
            line = next((x for x in lines if (x["row"], x["preset"]) == (name, preset)), None)
            if line is None:
                continue
            values = _deviations(runs, name, preset)
            ax.plot(values, np.full(len(values), i + shift), "o", ms=3, alpha=0.6, mew=0,
                    color=COLORS[k])  # fmt: skip
            ax.plot(line["mean"], i + shift, "|", ms=9, mew=2, color=COLORS[k])
            if line["published_mean"] is not None:
                ax.plot(line["published_mean"], i + shift, **PUBLISHED)
            if line["diverged"]:
                ax.text(1.0, i + shift, f" {line['diverged']} div.", fontsize=6, va="center",
                        color=COLORS[k], transform=ax.get_yaxis_transform())  # fmt: skip
    for k, preset in enumerate(shown):
        ax.plot([], [], "o", ms=4, color=COLORS[k], label=f"{preset}: seeds, mean |")
    ax.plot([], [], ls="", **PUBLISHED, label="published mean")
    ax.axvline(SATISFACTORY, color="0.6", lw=0.8, ls="--")
    ax.set_xscale("log")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlabel("deviation from target (satisfactory left of the dashed line)")
    fig.legend(loc="outside upper center", ncols=len(shown) + 1)
    return fig


def segments(lines: list[Line], runs: list[Line]) -> Any:
    """Deviation, and share of satisfactory runs, by number of segments.

    Parameters
    ----------
    lines, runs
        Of ``segments.csv`` and ``segments_runs.csv``, see
        :func:`analyses.figures.sankar2021.reproduce`.

    Returns
    -------
    matplotlib.figure.Figure
        Close it after use.
    """
    fig, (deviation, share) = pyplot().subplots(
        1, 2, figsize=(PAGE, 2.6), sharex=True, layout="constrained"
    )
    counts = [int(line["row"].rpartition("-")[2]) for line in lines]
    for count, line in zip(counts, lines, strict=True):
        values = _deviations(runs, line["row"], line["preset"])
        deviation.plot(np.full(len(values), count), values, "o", ms=3, alpha=0.5, mew=0,
                       color=COLORS[0])  # fmt: skip
        if line["diverged"]:
            deviation.annotate(
                f"{line['diverged']} div.", (count, 1), xycoords=("data", "axes fraction"),
                ha="center", va="top", fontsize=6, color=COLORS[0],
            )  # fmt: skip
    deviation.plot(counts, [line["mean"] for line in lines], "o-", color=COLORS[0], ms=4,
                   label="mean; dots: seeds")  # fmt: skip
    published = [line["published_mean"] for line in lines]
    deviation.plot(counts, published, ls=":", lw=0.8, **PUBLISHED, label="published mean")
    deviation.axhline(SATISFACTORY, color="0.6", lw=0.8, ls="--")
    deviation.set(yscale="log", ylabel="deviation from target")
    deviation.legend()
    seeds = [line["seeds"] for line in lines]
    value, low, high = proportion([line["satisfactory"] for line in lines], seeds)
    ends = np.abs(np.array([low, high]) - value)
    share.errorbar(counts, value, ends, fmt="o-", ms=4, color=COLORS[0],
                   label="ours, 95 % interval")  # fmt: skip
    theirs = [line["published_satisfactory"] / 11 for line in lines]
    share.plot(counts, theirs, ls=":", lw=0.8, **PUBLISHED, label="published, of 11")
    share.set(xscale="log", ylabel="share of satisfactory runs", ylim=(-0.03, 1.03))
    share.legend(loc="lower left")
    shown = [count for count in counts if count in (3, 5, 10, 20, 50)]
    for ax in (deviation, share):
        ax.set_xlabel("segments of the arm")
        ax.set_xticks(shown, map(str, shown))
        ax.minorticks_off()
    return fig


def _deviations(runs: list[Line], name: str, preset: str) -> list[float]:
    return [
        run["deviation"]
        for run in runs
        if (run["row"], run["preset"]) == (name, preset) and run["deviation"] is not None
    ]
