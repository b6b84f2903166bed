"""How much of what is stored comes back, by load, and how many patterns networks hold, by size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyses.figures import style
from analyses.figures.style import COLORS, PAGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Line = dict[str, Any]

PANELS: dict[str, tuple[str, Any]] = {
    "hebb": ("patterns / N", lambda patterns, units: patterns / units),
    "pseudo-inverse": ("patterns / N", lambda patterns, units: patterns / units),
    "dense, degree 3": ("patterns / N$^2$", lambda patterns, units: patterns / units**2),
    "modern, beta 1": ("log(patterns) / N", lambda patterns, units: np.log(patterns) / units),
}
"""Networks whose curves are drawn, by the load that is the same for all sizes."""

PUBLISHED = {"hebb": (0.138, "0.138"), "pseudo-inverse": (1.0, "1"),
             "modern, beta 1": (np.log(2) / 2, "log(2) / 2")}  # fmt: skip
LOOK = {"stored": "-", "10 % flipped": "--"}


def draw(curves: list[Line], lines: list[Line]) -> Figure:
    """Shares by load in four panels, and capacities by size in two, page-wide.

    Parameters
    ----------
    curves, lines
        Of ``curves.csv`` and ``capacity.csv``, see :func:`analyses.figures.hopfield.reproduce`.

    Returns
    -------
    matplotlib.figure.Figure
        Close it after use.
    """
    plt = style.pyplot()
    fig = plt.figure(figsize=(PAGE, 5.2), layout="constrained")
    top, bottom = fig.subfigures(2, 1, height_ratios=(1, 1.5))
    for ax, name in zip(top.subplots(1, len(PANELS), sharey=True), PANELS, strict=True):
        _curves(ax, name, [line for line in curves if line["network"] == name])
    top.axes[0].set_ylabel("share retrieved")
    panels = bottom.subplots(1, 2, sharey=True)
    for ax, (start, criterion), title in zip(
        panels,
        (("stored", "errorless"), ("10 % flipped", "within")),
        ("from the stored patterns, errorless", "from 10 % flipped, at most 5 % wrong"),
        strict=True,
    ):
        wanted = (start, criterion, "patterns")
        _growth(ax, [s for s in lines if (s["start"], s["criterion"], s["quantity"]) == wanted])
        ax.set_title(title)
    panels[0].set_ylabel("patterns of which half are retrieved")
    panels[1].plot([], [], "^", mfc="none", ms=4, color="0.4", label="all that were tried")
    panels[1].plot([], [], color="0.4", lw=0.8, ls=":", label="published (left)")
    panels[1].legend(loc="upper right")
    return fig


def _curves(ax: Axes, name: str, curves: list[Line]) -> None:
    """A shade for each size; the dashed lines are from flipped units."""
    label, scaled = PANELS[name]
    sizes = sorted({line["units"] for line in curves})
    for units, shade in zip(sizes, np.linspace(0.3, 1, len(sizes)), strict=True):
        for start, look in LOOK.items():
            some = [s for s in curves if (s["units"], s["start"]) == (units, start)]
            x = scaled(np.array([s["patterns"] for s in some], float), units)
            color = COLORS[0] if start == "stored" else COLORS[1]
            within = [s["within"] for s in some]
            ax.plot(x, within, color=color, alpha=shade, ls=look,
                    label=start if units == sizes[-1] else None)  # fmt: skip
            ax.fill_between(x, [s["low"] for s in some], [s["high"] for s in some], color=color,
                            alpha=0.15 * shade, lw=0)  # fmt: skip
    if name in PUBLISHED:
        place, text = PUBLISHED[name]
        ax.axvline(place, color="0.4", lw=0.8, ls=":")
        ax.annotate(text, (place, 1.04), ha="right" if name == "pseudo-inverse" else "center",
                    va="bottom", fontsize=6, color="0.4", annotation_clip=False)  # fmt: skip
    if sizes:
        ax.set_title(f"{name}\nN = {sizes[0]} (light) to {sizes[-1]}", pad=12)
    ax.set(xlabel=label, ylim=(-0.03, 1.03))
    ax.set_xlim(left=0)
    if name == "modern, beta 1" and sizes:
        ax.legend(loc="lower left", handlelength=1.6)


def _growth(ax: Axes, lines: list[Line]) -> None:
    """Patterns by size, each network in a colour, beside what is published."""
    for name, color in zip(dict.fromkeys(s["network"] for s in lines), COLORS, strict=False):
        mine = [s for s in lines if s["network"] == name]
        units = np.array([s["units"] for s in mine], float)
        ours, low, high, most = (
            np.array([s[key] for s in mine], float) for key in ("ours", "low", "high", "most_tried")
        )
        told = np.isfinite(ours) & (ours > 0)
        highest = np.minimum(high, most)[told]
        ends = np.array([ours[told] - low[told], highest - ours[told]])
        ax.errorbar(units[told], ours[told], ends, fmt="o-", ms=3, color=color, label=name)
        ax.plot(units[~told], most[~told], "^", mfc="none", ms=4, color=color)
        if mine[0]["published"] is not None:
            ax.plot(units, [s["published"] for s in mine], color=color, lw=0.8, ls=":")
    ax.set(xscale="log", yscale="log", xlabel="units N", xlim=(8, 3000))
    ax.set_xticks([10, 100, 1000], ["10", "100", "1000"])
