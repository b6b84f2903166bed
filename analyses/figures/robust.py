"""Why the ``robust`` preset is what it is: SUPERTREX on three segments, one change at a time.

Each variant is the ``robust`` preset with the changes named, run on task 2' and task 3. Seeds start
at 101, so that none of those reported in the replication's table (0 to 21) is used here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analyses.figures.sankar2021 import KEPT, Job, jobs_of, row_named, simulation
from analyses.figures.table import write_csv
from neurosim.ensembles import run_all
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
    *, seeds: int = 4, workers: int = 2, out: Path = Path("robust"), progress: bool = False
) -> list[dict[str, Any]]:
    """Run every variant and write ``table.csv``.

    Parameters
    ----------
    seeds
        Seeds 101 to 100 + seeds.
    workers, out, progress
        As for :func:`analyses.figures.sankar2021.reproduce`.

    Returns
    -------
    list of dict
        A line for each variant and row: mean, largest and single deviations.
    """
    jobs = {
        (variant, name): [
            Variant(**vars(replace(job, seed=FIRST_SEED + k)), changes=changes)
            for k, job in enumerate(jobs_of(row_named(name), "robust", seeds, 10, 5))
        ]
        for variant, changes in VARIANTS.items()
        for name in ROWS
    }
    every = [job for some in jobs.values() for job in some]
    records = run_all(
        run_variant, every, out / "runs", workers=workers, progress=progress, desc="robust"
    )
    found = dict(zip(every, records, strict=True))
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
    return lines
