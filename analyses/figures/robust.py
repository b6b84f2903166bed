"""Why the ``robust`` preset is what it is: SUPERTREX on three segments, one change at a time.

Each variant is the ``robust`` preset with the changes named, run on task 2' and task 3. Seeds start
at 101, so that none of those reported in the replication's table (0 to 21) is used here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analyses.figures.running import chosen, run_jobs
from analyses.figures.sankar2021 import KEPT, Job, jobs_of, row_named, seconds, simulation
from analyses.figures.style import COLORS, PAGE, pyplot, save_both
from analyses.figures.table import write_csv
from neurosim.overrides import replaced
from neurosim.recording import SATISFACTORY
from neurosim.simulate import Simulation

FIRST_SEED = 101
ROWS = ("2'-supertrex", "3-supertrex")
VARIANTS: dict[str, tuple[tuple[str, str], ...]] = {
    "robust": (),
    "transfer 0": (("transfer", "0"),),
    "transfer 0.03": (("transfer", "0.03"),),
    "transfer 0.3": (("transfer", "0.3"),),
    "transfer 1": (("transfer", "1"),),
    "no saturation": (("phi_max", "1e9"),),
    "half the learning rate": (("learning_rate", "0.000625"),),
    "twice the learning rate": (("learning_rate", "0.0025"),),
    "threshold 1.5e-3": (("gate_threshold", "1.5e-3"),),
}
"""Changes to the preset, by name."""


@dataclass(frozen=True)
class Variant(Job):
    """One run of a row with some parameters changed."""

    changes: tuple[tuple[str, str], ...] = ()


def run_variant(job: Variant) -> dict[str, Any]:
    """Run a variant; what is kept of it."""
    made = simulation(job)
    run = Simulation(
        made.task,
        replaced(made.rule, dict(job.changes)),
        seed=job.seed,
        schedule=made.schedule,
        recording=made.recording,
    )
    result = run.run()
    kept = {name: result.attrs[name] for name in KEPT}
    kept["deviation"] = None if run.diverged else kept["deviation"]
    kept["train_distance"] = [float(d) for d in result.trial_distance if np.isfinite(d)]
    return kept


def reproduce(
    variants: str | None = None,
    rows: str | None = None,
    *,
    seeds: int = 4,
    out: Path = Path("robust"),
    **how: Any,
) -> list[dict[str, Any]]:
    """Run every variant and write ``table.csv`` and ``figure`` (.png, .pdf).

    Parameters
    ----------
    variants, rows
        Comma-separated, of :data:`VARIANTS` and :data:`ROWS`; None for all.
    seeds
        Seeds 101 to 100 + seeds.
    out, **how
        As for :func:`analyses.figures.running.run_jobs`.

    Returns
    -------
    list of dict
        A line for each variant and row: mean, largest and single deviations.

    Raises
    ------
    InputError
        Unknown variants or rows.
    """
    jobs = {
        (variant, name): [
            Variant(**vars(replace(job, seed=FIRST_SEED + k)), changes=VARIANTS[variant])
            for k, job in enumerate(jobs_of(row_named(name), "robust", seeds, 10, 5))
        ]
        for variant in chosen(variants, VARIANTS, "variant")
        for name in chosen(rows, ROWS, "row")
    }
    every = {job: seconds(job) for some in jobs.values() for job in some}
    found = run_jobs(run_variant, every, out, **how)
    lines = []
    for (variant, name), some in jobs.items():
        values = np.array([found[j]["deviation"] for j in some if not found[j]["diverged"]], float)
        lines.append(
            {
                "variant": variant,
                "row": name,
                "seeds": f"{FIRST_SEED}-{FIRST_SEED + seeds - 1}",
                "mean": float(values.mean()) if len(values) else np.nan,
                "largest": float(values.max()) if len(values) else np.nan,
                "satisfactory": int(np.sum(values < SATISFACTORY)),
                "diverged": seeds - len(values),
                "deviations": " ".join(f"{v:.3g}" for v in values),
            }
        )
    write_csv(out / "table.csv", lines)
    save_both(figure(lines), out / "figure")
    return lines


def figure(lines: list[dict[str, Any]]) -> Any:
    """Every seed's deviation and their mean by variant, a panel for each row.

    Parameters
    ----------
    lines
        Of the table.

    Returns
    -------
    matplotlib.figure.Figure
        Close it after use.
    """
    rows = list(dict.fromkeys(line["row"] for line in lines))
    fig, panels = pyplot().subplots(
        1, len(rows), figsize=(PAGE, 2.6), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for ax, row in zip(panels[0], rows, strict=True):
        mine = [line for line in lines if line["row"] == row]
        for place, line in enumerate(mine):
            values = [float(value) for value in line["deviations"].split()]
            ax.plot(values, [place] * len(values), "o", ms=3.5, alpha=0.6, mew=0, color=COLORS[0])
            ax.plot(line["mean"], place, "|", ms=9, mew=2, color=COLORS[0])
        ax.axvline(SATISFACTORY, color="0.6", lw=0.8, ls="--")
        ax.set(xscale="log", xlabel="deviation from target: seeds, mean |", title=row)
        ax.set_yticks(range(len(mine)), [line["variant"] for line in mine])
    panels[0][0].invert_yaxis()
    return fig
