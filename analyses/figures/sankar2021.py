"""The tables of Sankar, Thou, Rougier & Leblois 2021 (ReScience C, doi 10.5281/zenodo.4596425).

Mean and standard deviation over 11 seeds of the deviation from the target in the test phase, and how
many seeds were satisfactory (deviation below 0.5). The first table's rows are run with the constants
of the authors' scripts (preset ``paper``), of the replication with its two changes
(``replication``) and of this package's setting (``robust``); ``segments`` rows are arms of 3 to 50
segments with the replication's changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neurosim.ensembles import run_all
from neurosim.errors import InputError, suggest
from neurosim.recording import SATISFACTORY, Recording
from neurosim.simulate import Simulation
from tasks.motor import motor_task, preset_rule
from tasks.motor.drawing import EFFORT_COSTS
from tasks.motor.presets import effort_reference


class Published(NamedTuple):
    """Mean and standard deviation of the deviation, satisfactory seeds, seeds that did not diverge."""

    mean: float
    sd: float
    satisfactory: int | None
    finished: int = 11


@dataclass(frozen=True)
class Row:
    """A row of a table: a task, a rule, and what was published for each preset."""

    name: str
    task: str
    rule: str
    segments: int | None
    variant: str
    published: dict[str, Published]

    def __hash__(self) -> int:
        return hash(self.name)


def _row(name: str, task: str, segments: int | None, **published: Published) -> Row:
    label, rule = name.split("-")
    return Row(name, task, rule, segments, label, published)


P = Published
TABLE_1 = (
    _row("1-force", "butterfly", None,
         paper=P(0.0034, 0.0013, 11), replication=P(0.0035, 0.0019, 11)),
    _row("1-rmhl", "butterfly", None,
         paper=P(0.168, 0.024, 11), replication=P(0.201, 0.059, 11)),
    _row("1-supertrex", "butterfly", None,
         paper=P(0.0056, 0.0021, 11), replication=P(0.0041, 0.0017, 11)),
    _row("2-rmhl", "butterfly-arm", 2,
         paper=P(0.759, 0.196, 0), replication=P(0.697, 0.120, 0)),
    _row("2-supertrex", "butterfly-arm", 2,
         paper=P(0.0106, 0.0051, 11), replication=P(0.0099, 0.0030, 11)),
    _row("2'-rmhl", "butterfly-arm", 3,
         paper=P(0.847, 0.235, 0), replication=P(0.839, 0.167, 0)),
    _row("2'-supertrex", "butterfly-arm", 3,
         paper=P(0.016, 0.008, None, 2), replication=P(0.067, 0.109, 11)),
    _row("3-rmhl", "butterfly-arm-effort", 3,
         paper=P(0.850, 0.239, 1), replication=P(0.849, 0.199, 0)),
    _row("3-supertrex", "butterfly-arm-effort", 3,
         paper=P(0.881, 0.647, 5), replication=P(0.140, 0.240, 10)),
    _row("3'-supertrex", "butterfly-arm-effort", 3,
         paper=P(0.576, 0.320, 5), replication=P(0.071, 0.048, 11)),
)  # fmt: skip
SEGMENTS = tuple(
    Row(f"segments-{n}", "butterfly-arm", "supertrex", n, f"{n} segments",
        {"replication": P(mean, np.nan, satisfactory)})
    for n, mean, satisfactory in (
        (3, 0.057, 11), (4, 0.242, 8), (5, 0.141, 11), (6, 0.181, 9), (7, 0.173, 11),
        (8, 0.253, 10), (9, 0.331, 9), (10, 0.417, 7), (15, 0.550, 5), (20, 0.366, 9),
        (30, 0.549, 7), (40, 0.372, 9), (50, 0.375, 9),
    )
)  # fmt: skip
ROWS = {row.name: row for row in TABLE_1 + SEGMENTS}
PRESETS = ("paper", "replication", "robust")


@dataclass(frozen=True)
class Job:
    """One run of a row."""

    task: str
    rule: str
    preset: str
    segments: int | None
    costs: tuple[float, ...] | None
    seed: int
    trials: int = 10
    test_trials: int = 5


def simulation(job: Job) -> Simulation:
    """The run of a job, ready to start."""
    from neurosim.task import Schedule

    task = motor_task(
        job.task,
        n_segments=job.segments,
        costs=job.costs,
        effort_reference=effort_reference(job.preset),
    )
    return Simulation(
        task,
        preset_rule(job.rule, task, job.preset),
        seed=job.seed,
        schedule=Schedule(job.trials, job.test_trials),
        recording=Recording(signals=()),
    )


def run_job(job: Job) -> dict[str, Any]:
    """Run a job; what is kept of it."""
    run = simulation(job)
    result = run.run()
    names = ("task", "rule", "seed", "deviation", "diverged", "diverged_step", "steps",
             "steps_per_second", "wall_s", "neurosim_version", "neurosim_commit", "parameters")  # fmt: skip
    kept = {name: result.attrs[name] for name in names}
    kept["deviation"] = None if run.diverged else kept["deviation"]
    kept["trial_distance"] = [None if np.isnan(d) else float(d) for d in result.trial_distance]
    return kept | {"preset": job.preset}


def chosen_rows(names: str | None) -> list[Row]:
    """Rows by comma-separated names, of a task (``2'`` or ``2p``), a rule or ``segments``.

    Raises
    ------
    InputError
        A name that is no row.
    """
    if not names:
        return list(TABLE_1)
    found: list[Row] = []
    for name in (part.strip().replace("p-", "'-") for part in names.split(",")):
        name = f"{name[:-1]}'" if name in ("2p", "3p") else name
        match = [
            row
            for row in ROWS.values()
            if name in (row.name, row.variant)
            or (name == "segments" and row in SEGMENTS)
            or (name == row.rule and row in TABLE_1)
        ]
        if not match:
            raise suggest(name, tuple(ROWS), what="row")
        found += [row for row in match if row not in found]
    return found


def jobs_of(row: Row, preset: str, seeds: int, trials: int, test_trials: int) -> list[Job]:
    """A row's runs; where presets do not differ, their jobs are equal and are run once."""
    costs = EFFORT_COSTS[row.variant] if row.variant in EFFORT_COSTS else None
    if row.rule != "supertrex" or row.variant == "1":
        preset = "paper"  # no preset changes these: see tasks/motor/presets.py
    return [
        Job(row.task, row.rule, preset, row.segments, costs, seed, trials, test_trials)
        for seed in range(seeds)
    ]
