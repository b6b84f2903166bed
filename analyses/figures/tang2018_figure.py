"""The figure of :mod:`analyses.figures.tang2018`: people beside models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyses.agreement import plot_agreement
from analyses.figures.style import COLORS, PAGE, pyplot
from analyses.figures.tang2018_completion import MISSING, STEPS
from analyses.figures.tang2018_published import (
    BY_OBJECT,
    BY_STEP,
    CHANCE,
    COMPARED,
    GIVEN_BOTH,
    HUMAN,
    STEP_BY_STEP,
    WITHIN_CATEGORY,
    Line,
)
from analyses.intervals import Estimate, proportion
from analyses.psychometric import fit_psychometric, plot_psychometric
from analyses.psychophysics import plot_points

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MASK_COLORS = {"no mask": COLORS[0], "mask": COLORS[1]}
NAMES = {"RNNh_t1": "RNNh t=1", "RNNh_t14": "RNNh t=14", "RNN5_t4": "RNN5 t=4"}
PUBLISHED: Any = {"ls": "", "marker": "D", "ms": 5, "mfc": "none", "color": "black", "mew": 0.6}
MISSING_COLORS = dict(zip(MISSING, (COLORS[3], COLORS[2]), strict=True))


def figure(
    test: pd.DataFrame,
    lines: list[Line],
    curves: pd.DataFrame,
    completed: pd.DataFrame,
) -> Figure:
    """People, released models and our RNNh, page-wide.

    Parameters
    ----------
    test
        From :func:`analyses.figures.tang2018.trials_with_models`.
    lines
        Of the table.
    curves
        From :func:`analyses.figures.tang2018.by_visibility`.
    completed
        From :func:`analyses.figures.tang2018.completion`.

    Returns
    -------
    matplotlib.figure.Figure
        Close it after use.
    """
    import pandas as pd

    plt = pyplot()
    table = pd.DataFrame(lines)
    fig, axes = plt.subplots(4, 3, figsize=(PAGE, 8.8), layout="constrained")
    for letter, ax in zip("ABCDEFGHIJKL", axes.flat, strict=True):
        ax.annotate(
            letter, (0, 1), (-30, 8), "axes fraction", "offset points", weight="bold", size=9
        )
    for ax, kind in zip(axes[0, :2], HUMAN, strict=True):
        _people_by_visibility(ax, test, curves, kind)
    _people_by_soa(axes[0, 2], test, table)
    _models_by_visibility(axes[1, 0], curves)
    _models_by_step(axes[1, 1], table)
    _agreement(axes[1, 2], table)
    _masking_index(axes[2, 0], table)
    _agreement_by_step(axes[2, 1], table)
    _agreement_by_picture(axes[2, 2], table)
    _reaction_times(axes[3, 0], table)
    _completed(axes[3, 1], completed)
    _steps(axes[3, 2], completed)
    for ax in (*axes[0], *axes[1, :2]):
        ax.axhline(CHANCE, color="0.6", lw=0.6, ls=":", zorder=0)
        ax.set_ylim(0, 1)
        ax.set_ylabel("accuracy")
    return fig


def _people_by_visibility(ax: Axes, test: pd.DataFrame, curves: pd.DataFrame, kind: str) -> None:
    """Accuracy in bins with fitted functions, a colour for each SOA, the darker the longer."""
    import matplotlib as mpl

    own = curves[(curves["who"] == "people") & (curves["mask"] == kind)]
    soas = sorted(own["soa"].unique(), reverse=True)
    for soa, color in zip(soas, mpl.colormaps["viridis"](np.linspace(0, 0.9, 5)), strict=False):
        some = own[own["soa"] == soa]
        trials = test[(test["mask"] == (kind == "mask")) & (test["soa"] == soa)]
        fit = fit_psychometric(trials["visibility"], trials["correct"], chance_level=CHANCE)
        plot_points(ax, some["mean_visibility"], some, color=color, label=f"{soa} ms")
        plot_psychometric(ax, fit, [40], color=color)
    ax.set_title(f"people, {kind}")
    ax.set_xlabel("visibility (%)")
    ax.set_xlim(0, 40)
    if kind == "no mask":
        ax.legend(title="SOA (A, B)", ncols=2, loc="lower right",
                  handlelength=1, columnspacing=0.8, borderaxespad=0.2)  # fmt: skip


def _people_by_soa(ax: Axes, test: pd.DataFrame, table: pd.DataFrame) -> None:
    own = table[(table["quantity"] == "human accuracy")]
    for kind, published in HUMAN.items():
        some = own[own["condition"].isin([f"{kind}, {soa} ms" for soa in published])]
        trials = test[test["mask"] == (kind == "mask")]
        fit = fit_psychometric(trials["soa"], trials["correct"], chance_level=CHANCE)
        color = MASK_COLORS[kind]
        plot_points(ax, list(published), some, value="ours", color=color, label=kind)
        plot_psychometric(ax, fit, [150], color=color)
        ax.plot(list(published), list(published.values()), **PUBLISHED,
                label="published" if kind == "mask" else None)  # fmt: skip
    ax.set_title("people, all visibilities")
    ax.set_xlabel("SOA (ms)")
    ax.legend(loc="lower right")


def _models_by_visibility(ax: Axes, curves: pd.DataFrame) -> None:
    people = curves[
        (curves["who"] == "people") & (curves["mask"] == "no mask") & (curves["soa"] == 150)
    ]
    plot_points(ax, people["mean_visibility"], people, color="black", fmt="s-")
    _label(ax, 37, 0.8, "people, 150 ms", "black")
    for name, color, y in (
        ("RNN5_t4", COLORS[0], 0.89),
        ("RNNh_t14", COLORS[1], 0.72),
        ("fc7", COLORS[2], 0.63),
        ("HMAX", COLORS[3], 0.28),
        ("pixels", COLORS[4], 0.12),
    ):
        some = curves[curves["who"] == name]
        plot_points(ax, some["mean_visibility"], some, color=color, fmt="o-")
        _label(ax, 37, y, NAMES.get(name, name), color)
    ax.set_title("models and people")
    ax.set_xlabel("visibility (%)")
    ax.set_xlim(0, 68)
    ax.set_xticks([0, 10, 20, 30, 40])


def _models_by_step(ax: Axes, table: pd.DataFrame) -> None:
    own = table[table["quantity"] == "model accuracy"].set_index("condition")
    own = own.assign(family=own.index.str.split("_t").str[0])
    for family, color, x, y in (("RNN5", COLORS[0], 1.2, 0.83), ("RNNh", COLORS[1], 20, 0.66)):
        some = own[(own["family"] == family) & ~own.index.str.endswith("weights")]
        steps = [int(name.split("_t")[1]) for name in some.index]
        plot_points(ax, steps, some, value="ours", color=color, fmt="o-")
        ax.plot(steps, some["published"].astype(float), **PUBLISHED)
        _label(ax, x, y, family, color)
    shuffled = own.loc[["RNNh_t15_shuffled_weights"]]
    plot_points(ax, [15], shuffled, value="ours", color=COLORS[4])
    ax.plot(15, shuffled["published"].astype(float), **PUBLISHED, label="published")
    _label(ax, 0.4, 0.26, "RNNh, shuffled weights", COLORS[4])
    ax.axhline(own.loc["fc7", "ours"], color=COLORS[2], ls="--")
    _label(ax, 60, 0.45, "fc7", COLORS[2])
    ax.set_xscale("symlog", linthresh=1)
    ax.set_xlim(-0.2, 150)
    ax.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    ax.set_title("released models, all trials")
    ax.set_xlabel("time step")
    ax.legend(loc="upper right", handletextpad=0.2)


def _agreement(ax: Axes, table: pd.DataFrame) -> None:
    for quantity, label, color, shift in (
        (BY_OBJECT, "all objects", COLORS[0], -0.12),
        (WITHIN_CATEGORY, "within category", COLORS[1], 0.12),
    ):
        own = table[table["quantity"] == quantity].set_index("condition")
        found = {
            name: Estimate(*values)
            for name, *values in own[["ours", "low", "high"]].astype(float).itertuples()
        }
        models = {NAMES.get(name, name): found[name] for name in COMPARED}
        plot_agreement(ax, models, found["people: ceiling"], shift=shift, color=color, label=label)
    ax.axvline(0, color="0.6", lw=0.6, ls=":", zorder=0)
    ax.set_xlim(-0.65, 1)
    ax.set_title("models with people, by object")
    ax.set_xlabel("correlation (bands: ceiling)")
    ax.set_ylim(len(COMPARED) - 0.5, -2.2)  # room for the legend
    ax.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.2)


def _masking_index(ax: Axes, table: pd.DataFrame) -> None:
    own = table[(table["quantity"] == "masking index") & (table["condition"] != "all SOAs")]
    soas = [int(condition.split()[0]) for condition in own["condition"]]
    plot_points(ax, soas, own, value="ours", color=COLORS[1], fmt="o-")
    ax.axhline(0, color="0.6", lw=0.6, ls=":")
    ax.set_ylim(-0.05, 0.65)
    ax.set_title("people, effect of the mask")
    ax.set_xlabel("SOA (ms)")
    ax.set_ylabel("masking index")


def _agreement_by_step(ax: Axes, table: pd.DataFrame) -> None:
    own = table[table["quantity"] == STEP_BY_STEP].set_index("condition")
    for family, color, x, y in (("RNN5", COLORS[0], 0.3, 0.38), ("RNNh", COLORS[1], 12, 0.42)):
        names = [name for name in BY_STEP if name.startswith(family)]
        steps = [int(name.split("_t")[1]) for name in names]
        plot_points(ax, steps, own.loc[names], value="ours", color=color, fmt="o-")
        _label(ax, x, y, family, color)
    within = table[table["quantity"] == WITHIN_CATEGORY].set_index("condition")
    ax.axhline(within.loc["fc7", "ours"], color=COLORS[2], ls="--")
    _label(ax, 40, 0.21, "fc7", COLORS[2])
    best = within.loc["people: ceiling"]
    ax.axhspan(float(best["low"]), float(best["high"]), color="0.85", lw=0)
    _label(ax, 0.1, 0.765, "people: ceiling", "0.35")
    ax.set_xscale("symlog", linthresh=1)
    ax.set_xlim(-0.2, 150)
    ax.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    ax.set_ylim(0, 0.85)
    ax.set_title("the same, within category")
    ax.set_xlabel("time step")
    ax.set_ylabel("correlation by object")


def _agreement_by_picture(ax: Axes, table: pd.DataFrame) -> None:
    own = table[table["quantity"] == GIVEN_BOTH].set_index("condition")
    found = {
        name: Estimate(value, min(low, value), max(high, value))
        for name, value, low, high in own[["ours", "low", "high"]].astype(float).itertuples()
    }
    models = {NAMES.get(name, name): found[name] for name in COMPARED}
    again = next(found[name] for name in found if name.startswith("people"))
    plot_agreement(ax, models, again, color=COLORS[0])
    ax.axvline(0, color="0.6", lw=0.6, ls=":", zorder=0)
    ax.set_title("models with people, by picture")
    ax.set_xlabel("kappa (band: people again)")


def _reaction_times(ax: Axes, table: pd.DataFrame) -> None:
    own = table[table["quantity"] == "reaction time (ms)"]
    for kind, color in MASK_COLORS.items():
        some = own[own["condition"].str.startswith(f"{kind},")]
        soas = [int(condition.split()[-2]) for condition in some["condition"]]
        plot_points(ax, soas, some, value="ours", color=color, fmt="o-", label=kind)
    ax.set_title("people, correct trials")
    ax.set_xlabel("SOA (ms)")
    ax.set_ylabel("reaction time (ms, median)")
    ax.legend()


def _completed(ax: Axes, completed: pd.DataFrame) -> None:
    for missing, color in MISSING_COLORS.items():
        for step, look in ((0, {"ls": ":", "mfc": "white"}), (STEPS, {"ls": "-"})):
            some = completed[(completed["missing"] == missing) & (completed["step"] == step)]
            right = np.rint(some["category"] * some["n"])
            _, low, high = proportion(right, some["n"])
            plot_points(ax, 100 * some["kept"], some.assign(low=low, high=high),
                        value="category", color=color, fmt="o", **look)  # fmt: skip
    ax.axhline(CHANCE, color="0.6", lw=0.6, ls=":", zorder=0)
    ax.set_ylim(0, 1.03)
    _kept_axis(ax)
    ax.set_title("our RNNh on fc7 patterns")
    ax.set_ylabel("category read out rightly")
    for label, line, face in (("at the start", ":", "white"), ("at the end", "-", "black")):
        ax.plot([], [], marker="o", ms=3, ls=line, mfc=face, color="black", label=label)
    ax.legend(loc="upper left", bbox_to_anchor=(0, 0.88), handlelength=2.4, borderaxespad=0.2)


def _steps(ax: Axes, completed: pd.DataFrame) -> None:
    last = completed[completed["step"] == STEPS]
    for missing, color in MISSING_COLORS.items():
        some = last[last["missing"] == missing]
        look: Any = {"color": color, "label": missing}
        plot_points(
            ax, 100 * some["kept"],
            some.assign(low=some["steps_low_quartile"], high=some["steps_high_quartile"]),
            value="steps_to_converge", fmt="o-", **look,
        )  # fmt: skip
    ax.set_yscale("log")
    ax.set_yticks([3, 10, 30, 100], ["3", "10", "30", "100"])
    ax.minorticks_off()
    _kept_axis(ax)
    ax.set_title("our RNNh on fc7 patterns")
    ax.set_ylabel("steps to converge")
    ax.legend(title="other features (K, L)", loc="lower left")


def _kept_axis(ax: Axes) -> None:
    ax.set_xscale("log")
    ticks = [2, 5, 10, 20, 50]
    ax.set_xticks(ticks, map(str, ticks))
    ax.set_xticks([], minor=True)
    ax.set_xlabel("features kept (%)")


def _label(ax: Axes, x: float, y: float, text: str, color: str) -> None:
    ax.text(x, y, text, color=color, fontsize=7, va="center")
