"""How long an object is on the screen, what a mask does, and how long completion takes.

RNNh on the default front-end. The image is an input while it is on the screen; then there is
nothing, or a phase-scrambled mask. Set beside the 21 people of Tang et al. 2018.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analyses.figures.style import COLORS, PAGE, pyplot, save_both
from analyses.figures.table import write_csv
from analyses.figures.tang2018_published import HUMAN

SOA = (25, 50, 75, 100, 150)
INPUT = 0.1
"""Strength of the image, and of the mask, while on the screen."""

STEPS = 64
VISIBILITY = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0)


@dataclass(frozen=True)
class Job:
    """One seed.

    Attributes
    ----------
    seed
        Of everything.
    """

    seed: int


def run_times(job: Job) -> dict[str, Any]:
    """Accuracy at the end by mask and SOA, and steps to converge by visibility."""
    from tasks.vision import Completion, Experiment, Pictures, digits, steps_of
    from tasks.vision.features import Mlp

    source = Pictures(digits(), Mlp(), seed=job.seed, name="digits")
    design = Completion(clamp=INPUT, steps=STEPS, image_off=1, mask_at=1)
    experiment = Experiment.of(source, design, seed=job.seed)
    ends: dict[str, list[float]] = {"no mask": [], "mask": []}
    for soa in SOA:
        off = steps_of(soa)
        for name, mask_at in (("no mask", None), ("mask", off)):
            changed = replace(design, image_off=off, mask_at=mask_at)
            result = replace(experiment, design=changed).run("rnnh")
            right = result.predicted.values[:, -1] == result.category.values
            ends[name].append(float(right.mean()))
    free = Completion(visibility=VISIBILITY, steps=4 * STEPS)
    result = Experiment.of(source, free, seed=job.seed).run("rnnh")
    took = result.steps_to_converge.values
    asked = result.visibility.values
    return {
        "end": ends,
        "steps": [[int(t) for t in took[(asked == v) & (took >= 0)]] for v in VISIBILITY],
    }


def write(records: list[dict[str, Any]], out: Path) -> None:
    """Write ``time`` (.csv, .png, .pdf).

    Parameters
    ----------
    records
        Of :func:`run_times`, one a seed.
    out
        Folder.
    """
    lines: list[dict[str, Any]] = []
    for name in ("no mask", "mask"):
        ends = np.array([record["end"][name] for record in records])
        for i, soa in enumerate(SOA):
            lines.append(
                {
                    "quantity": "accuracy at the end",
                    "condition": f"{name}, {soa} ms",
                    "people": HUMAN[name][soa],
                    "ours": float(ends[:, i].mean()),
                    "least": float(ends[:, i].min()),
                    "largest": float(ends[:, i].max()),
                }
            )
    for i, percent in enumerate(VISIBILITY):
        medians = [float(np.median(record["steps"][i])) for record in records]
        lines.append(
            {
                "quantity": "steps to converge (median)",
                "condition": f"{percent:g} % visible",
                "people": None,
                "ours": float(np.mean(medians)),
                "least": min(medians),
                "largest": max(medians),
            }
        )
    write_csv(out / "time.csv", lines)
    save_both(_figure(lines, records), out / "time")


def _figure(lines: list[dict[str, Any]], records: list[dict[str, Any]]) -> Any:
    fig, (ax, steps) = pyplot().subplots(1, 2, figsize=(PAGE * 0.75, 2.5), layout="constrained")
    for name, color in (("no mask", COLORS[0]), ("mask", COLORS[1])):
        mine = [s for s in lines if s["condition"].startswith(f"{name},")]
        ours = np.array([[s["least"], s["ours"], s["largest"]] for s in mine]).T
        ends = np.abs(ours[[0, 2]] - ours[1])
        ax.errorbar(SOA, ours[1], ends, marker="o", ms=3.5, color=color, label=f"RNNh, {name}")
        ax.plot(SOA, [s["people"] for s in mine], "--", color=color, label=f"people, {name}")
    ax.set(xlabel="SOA (ms)", ylabel="accuracy", ylim=(0, 1), xlim=(0, None))
    ax.legend(ncols=2, columnspacing=0.8, handlelength=1.5)
    pooled = [
        np.concatenate([record["steps"][i] for record in records]) for i in range(len(VISIBILITY))
    ]
    low, middle, high = np.array([np.percentile(t, [25, 50, 75]) for t in pooled]).T
    steps.plot(VISIBILITY, middle, marker="o", ms=3.5, color=COLORS[0])
    steps.fill_between(VISIBILITY, low, high, color=COLORS[0], alpha=0.2, lw=0)
    steps.set(xlabel="visible part of the object (%)", ylabel="steps to converge", ylim=(0, None))
    return fig
