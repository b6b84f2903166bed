"""Drawings and distances by trial of Pyle & Rosenbaum 2019, and free running with state."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyses.figures import style
from analyses.figures.style import COLORS, PAGE
from analyses.intervals import bootstrap
from tasks.motor.targets import butterfly

COLOR = {"force": COLORS[2], "rmhl": COLORS[1], "supertrex": COLORS[0]}
TASK = {"1": "task 1: the hand itself", "2": "task 2: an arm", "3": "task 3: effort"}


def learning(
    records: dict[str, list[dict[str, Any]]],
    hands: dict[str, list[list[float]]],
    table: list[dict[str, Any]],
) -> Any:
    """Drawings of one network, and the distance from the target trial by trial.

    Parameters
    ----------
    records, hands
        Runs, and the hand of one of them in its last test trial, by row.
    table
        Mean and published deviation by row.
    """
    plt = style.pyplot()
    fig = plt.figure(figsize=(PAGE, 3.9), layout="constrained")
    drawings, curves_ = fig.subfigures(2, 1, height_ratios=(1, 2.4))
    places = iter(drawings.subplots(1, len(records), squeeze=False)[0])
    tasks = [task for task in TASK if any(row.startswith(task) for row in records)]
    panels = iter(curves_.subplots(1, len(tasks), sharey=True, squeeze=False)[0])
    for column, task in enumerate(tasks):
        rows = [row for row in records if row.startswith(task)]
        ax = next(panels)
        for row in rows:
            rule = row.split("-")[1]
            drawn = next(places)
            drawn.plot(*butterfly(500).T, color="0.8", lw=0.8)
            drawn.plot(*np.array(hands[row]).T, color=COLOR[rule], lw=0.7)
            drawn.set(aspect="equal", xlim=(-1.3, 1.3), ylim=(-1.3, 1.3))
            drawn.set_title(f"{task}, {rule.upper()}", color=COLOR[rule])
            drawn.axis("off")
            curves = np.array([r["trial_distance"] for r in records[row]], float)
            x = np.arange(1, curves.shape[1] + 1)
            mean, low, high = bootstrap(
                lambda some: np.nanmean(some, axis=0), curves, rng=np.random.default_rng(0)
            )
            ax.plot(x, mean, color=COLOR[rule], label=rule.upper())
            ax.fill_between(x, low, high, color=COLOR[rule], alpha=0.2, lw=0)
            published = next(line["published"] for line in table if line["row"] == row)
            ax.plot([x[-1] + 0.7], [published], "D", mfc="none", color=COLOR[rule], ms=4)
        ax.axvspan(10.5, x[-1] + 0.5, color="0.93", lw=0)
        ax.set(yscale="log", xlabel="trial (grey: test)", title=TASK[task], ylim=(2e-3, 3))
        if column == 0:
            ax.set_ylabel("distance from target")
            ax.plot([], [], "D", mfc="none", color="k", ms=4, label="published")
            ax.legend()
    return fig


def state(records: dict[tuple[str, bool], list[dict[str, Any]]]) -> Any:
    """Drawings without forcing, and how long and how well the movement goes on.

    Parameters
    ----------
    records
        By task and whether the network is told the phase.
    """
    plt = style.pyplot()
    fig = plt.figure(figsize=(PAGE, 3.9), layout="constrained")
    drawings, measures = fig.subfigures(2, 1, height_ratios=(1, 1.4))
    places = drawings.subplots(1, len(records))
    panels = measures.subplots(1, 3)
    labels = [f"{task} {'with' if told else 'no'}\nstate" for task, told in records]
    for k, ((task, told), some) in enumerate(records.items()):
        ax = places[k]
        ax.plot(*butterfly(500).T, color="0.8", lw=0.8)
        color = COLORS[0 if told else 1]
        ax.plot(*np.array(some[0]["hand"]).T, color=color, lw=0.7)
        ax.plot(*some[0]["hand"][-1], "o", color=color, ms=3)  # all there is of a hand that rests
        ax.set(aspect="equal")
        ax.set_title(f"task {task}, {'with' if told else 'without'} state")
        ax.axis("off")
    for k, (name, label) in enumerate(
        (
            ("deviation", "deviation, unforced"),
            ("held_s", "within 0.5 of the target for (s)"),
            ("back_s", "back after a push in (s)"),
        )
    ):
        ax = panels[k]
        for x, ((_, told), some) in enumerate(records.items()):
            values = np.array([r[name] for r in some], float)
            shown = np.where(np.isfinite(values), values, 35.0)
            jitter = np.linspace(-0.2, 0.2, len(values))
            ax.plot(x + jitter, shown, "o", ms=3, color=COLORS[0 if told else 1], alpha=0.7, mew=0)
        ax.set_xticks(range(len(labels)), labels)
        ax.set_ylabel(label)
        if name == "deviation":
            ax.set_yscale("log")
        else:
            ax.axhline(30.0, color="0.8", lw=0.6)
        if name == "back_s":
            ax.set_yticks((0, 10, 20, 30, 35), ("0", "10", "20", "30", "never"))
    return fig
