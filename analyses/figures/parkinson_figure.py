"""One figure of health, depletion and treatment: paths, doses, consolidation, variability."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyses.figures import style
from analyses.figures.style import COLORS, PAGE
from analyses.intervals import bootstrap
from analyses.parkinson.drawing import SILENCED_AT
from analyses.parkinson.findings import HIGH, LOW, Records
from analyses.parkinson.patients import CONDITIONS, DEPLETION
from analyses.variability import by_reward
from tasks.motor.targets import butterfly

COLOR = dict(zip(CONDITIONS, ("k", COLORS[1], COLORS[0], COLORS[2], COLORS[3]), strict=True))
MEASURES = {
    "learning": "mastery, taught under it",
    "retention": "mastery, 3 trials on",
    "execution": "first trial under it",
}


def draw(networks: list[Records], lines: list[dict[str, Any]]) -> Any:
    """The figure.

    Parameters
    ----------
    networks
        From :func:`analyses.figures.parkinson.experiments`.
    lines
        The table of tests of direction.
    """
    plt = style.pyplot()
    fig = plt.figure(figsize=(PAGE, 8.4), layout="constrained")
    paths, curves, others, tests = fig.subfigures(4, 1, height_ratios=(0.8, 1.2, 1.2, 1.7))
    for ax, name in zip(paths.subplots(1, len(CONDITIONS)), CONDITIONS, strict=True):
        _path(ax, networks[0], name)
    for ax, what in zip(curves.subplots(1, len(MEASURES), sharey=True), MEASURES, strict=True):
        _doses(ax, networks, what)
    consolidation, variability, surprise = others.subplots(1, 3)
    _consolidation(consolidation, networks)
    _variability(variability, networks)
    _surprise(surprise, networks)
    _findings(tests.subplots(), lines)
    return fig


def _path(ax: Any, network: Records, name: str) -> None:
    target = butterfly(500)
    ax.plot(*target.T, color="0.8", lw=0.8)
    ax.plot(*np.array(network["after"]["paths"][name]).T, color=COLOR[name], lw=0.7)
    ax.set(aspect="equal", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4))
    ax.set_title(name, color=COLOR[name])
    ax.axis("off")


def _doses(ax: Any, networks: list[Records], what: str) -> None:
    def of(record: Records, key: str) -> float:
        return float(
            record["before"][key]["mastery"] if what == "learning" else record["after"][what][key]
        )

    keys = [key.split() for key in networks[0]["after"]["execution"]]
    for name in CONDITIONS:
        depletions = [d for n, d in keys if n == name]
        table = np.array([[of(r, f"{name} {d}") for d in depletions] for r in networks])
        mean, low, high = map(np.asarray, bootstrap(_mean, table, rng=np.random.default_rng(0)))
        if len(depletions) == 1:
            ax.axhline(mean[0], color=COLOR[name], ls="--" if name == "healthy" else ":")
            ax.axhspan(low[0], high[0], color=COLOR[name], alpha=0.15, lw=0)
        else:
            x = np.array(depletions, float)
            ax.errorbar(
                x, mean, (mean - low, high - mean), color=COLOR[name], fmt="o-", ms=3, capsize=0
            )
    ax.axhline(networks[0]["after"]["untrained"], color="0.7", lw=0.6)
    ax.set(
        title=f"{what}: {MEASURES[what]}", yscale="log", xlabel="dopamine lost", xlim=(0.1, 1.05)
    )
    if what == "learning":
        ax.set_ylabel("error")
        ax.text(0.12, networks[0]["after"]["untrained"], "at rest", fontsize=6, va="bottom")


def _consolidation(ax: Any, networks: list[Records]) -> None:
    rows = []
    for record in networks:
        after = record["after"]
        gained = np.array([after["untrained"] - after["learning"][t] for t in SILENCED_AT])
        error = np.array([after["silenced_at"][str(t)] for t in SILENCED_AT])
        rows.append((after["untrained"] - error) / gained)
    mean, low, high = bootstrap(_mean, np.array(rows), rng=np.random.default_rng(0))
    ax.errorbar(SILENCED_AT, mean, (mean - low, high - mean), color="k", fmt="o-", ms=3)
    ax.set(
        title="silenced for one trial of learning", xlabel="trial", ylabel="share of learning kept"
    )


def _variability(ax: Any, networks: list[Records]) -> None:
    for group in ("healthy", "off"):
        found = [r["variability"][group] for r in networks]
        history = by_reward(
            [f["aim"] for f in found],
            [f["reward"] for f in found],
            rng=np.random.default_rng(0),
            history=2,
        )
        value, low, high = map(np.asarray, history.variability)
        ax.errorbar(
            history.history, value, (value - low, high - value), color=COLOR[group], fmt="o-", ms=3,
            label=group,
        )  # fmt: skip
    ax.set(
        title=f"reaches for reward ({HIGH:g}, {LOW:g})",
        xlabel="last two outcomes (1: rewarded)",
        ylabel="sd of change of aim (°)",
        ylim=(0, None),
    )
    ax.legend()


def _surprise(ax: Any, networks: list[Records]) -> None:
    for k, which in enumerate(("positive", "negative")):
        for j, group in enumerate(("healthy", "off", "levodopa")):
            values = np.array([r["surprise"][which][group] for r in networks])
            mean, low, high = bootstrap(np.mean, values, rng=np.random.default_rng(0))
            x = 4 * k + j
            ax.bar(x, mean, color=COLOR[group], width=0.8, label=group if k == 0 else None)
            ax.plot([x, x], [low, high], color="0.5")
    ax.set(xticks=(1, 5), xticklabels=("success", "failure"), ylim=(0.7, 1), ylabel="successes")
    ax.set_title("what is the surprise")
    ax.legend(loc="upper center", ncols=3, columnspacing=0.8, handlelength=0.8)


def _findings(ax: Any, lines: list[dict[str, Any]]) -> None:
    """Standardised effects: mean over networks in standard deviations between them."""
    for k, line in enumerate(reversed(lines)):
        scale = line["standardised"] / line["mean"] if line["mean"] else np.nan
        low, mean, high = (line[name] * scale for name in ("low", "mean", "high"))
        color = COLORS[2] if line["comes_out"] else COLORS[1]
        ax.plot([low, high], [k, k], color=color)
        ax.plot([mean], [k], "o", color=color, ms=3)
    labels = [f"{line['finding']}   {line['row']}" for line in reversed(lines)]
    ax.set_yticks(range(len(lines)), labels, fontsize=6)
    ax.axvline(0, color="0.5", lw=0.6)
    ax.set_xscale("symlog", linthresh=1)
    ax.set_xlabel(f"effect in sd between networks, 95 % interval (dopamine lost: {DEPLETION:g})")


def _mean(rows: Any) -> Any:
    return rows.mean(axis=0)
