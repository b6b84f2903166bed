"""The tables of Sankar, Thou, Rougier & Leblois 2021 (ReScience C, doi 10.5281/zenodo.4596425).

Mean and standard deviation over 11 seeds of the deviation from the target in the test phase, and
how many seeds were satisfactory (deviation below 0.5). The first table's rows are run with the
constants of the authors' scripts (preset ``paper``), of the replication with its two changes
(``replication``) and of this package's setting (``robust``); ``segments`` rows are arms of 3 to 50
segments with the replication's changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analyses.figures import sankar2021_figure
from analyses.figures.running import chosen, run_jobs
from analyses.figures.style import save_both
from analyses.figures.table import write_csv
from neurosim.errors import InputError, suggest
from neurosim.recording import SATISFACTORY, Recording
from neurosim.reservoir import Reservoir
from neurosim.simulate import Simulation
from tasks.motor import motor_task, preset_rule
from tasks.motor.drawing import EFFORT_COSTS
from tasks.motor.presets import effort_reference


class Published(NamedTuple):
    """Mean and standard deviation of the deviation; satisfactory and undiverged seeds of 11."""

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
TABLES = {"table": TABLE_1, "segments": SEGMENTS}
FIGURES = tuple(TABLES)
ROWS = {row.name: row for row in TABLE_1 + SEGMENTS}
KEPT = (
    "task", "rule", "seed", "deviation", "diverged", "diverged_step", "steps", "steps_per_second",
    "wall_s", "neurosim_version", "neurosim_commit", "parameters",
)  # fmt: skip
"""Attributes of a result that are kept of each run."""

ROBUST_SEEDS = 11
"""First seed for the preset ``robust``: an earlier form of it was seen to fail on seed 1."""

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
    kept = {name: result.attrs[name] for name in KEPT}
    kept["deviation"] = None if run.diverged else kept["deviation"]
    kept["trial_distance"] = [None if np.isnan(d) else float(d) for d in result.trial_distance]
    return kept | {"preset": job.preset}


def chosen_rows(names: str) -> list[Row]:
    """Rows by comma-separated names, of a task (``2'`` or ``2p``), a rule or ``segments``.

    Raises
    ------
    InputError
        A name that is no row.
    """
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


def row_named(name: str) -> Row:
    """One row by its full name."""
    return ROWS[name]


def jobs_of(row: Row, preset: str, seeds: int, trials: int, test_trials: int) -> list[Job]:
    """A row's runs; where presets do not differ, their jobs are equal and are run once."""
    costs = EFFORT_COSTS[row.variant] if row.variant in EFFORT_COSTS else None
    if row.rule != "supertrex" or row.variant == "1":
        preset = "paper"  # no preset changes these: see tasks/motor/presets.py
    first = ROBUST_SEEDS if preset == "robust" else 0
    return [
        Job(row.task, row.rule, preset, row.segments, costs, seed, trials, test_trials)
        for seed in range(first, first + seeds)
    ]


def summarize(row: Row, preset: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """One line of the table: ours beside theirs.

    ``reached``: our mean is at most two published standard errors (sd / sqrt(seeds); none for the
    segments, whose sd is not published) above the published mean, and no smaller share of the seeds
    is satisfactory. ``z``: the difference of the means in standard errors of that difference, ours
    and theirs, which is what says whether the two differ beyond chance.
    """
    deviations = np.array([r["deviation"] for r in records if not r["diverged"]], float)
    satisfactory = int(np.sum(deviations < SATISFACTORY))
    ours = {
        "row": row.name,
        "preset": preset,
        "seeds": len(records),
        "mean": float(deviations.mean()) if len(deviations) else np.nan,
        "sd": float(deviations.std(ddof=1)) if len(deviations) > 1 else np.nan,
        "median": float(np.median(deviations)) if len(deviations) else np.nan,
        "satisfactory": satisfactory,
        "diverged": sum(r["diverged"] for r in records),
    }
    theirs = row.published.get(preset)
    if theirs is None:
        return ours | dict.fromkeys(("published_mean", "published_sd", "published_satisfactory",
                                     "published_diverged", "z", "reached"))  # fmt: skip
    allowed = theirs.mean + 2 * np.nan_to_num(theirs.sd) / np.sqrt(theirs.finished)
    least = theirs.finished if theirs.satisfactory is None else theirs.satisfactory
    errors = ours["sd"] / max(len(deviations), 1) ** 0.5, theirs.sd / theirs.finished**0.5
    return ours | {
        "published_mean": theirs.mean,
        "published_sd": theirs.sd,
        "published_satisfactory": least,
        "published_diverged": 11 - theirs.finished,
        "z": float((ours["mean"] - theirs.mean) / np.hypot(*errors)),
        "reached": bool(ours["mean"] <= allowed and satisfactory / len(records) >= least / 11),
    }


def seconds(job: Job) -> float:
    """What a job takes on one core, measured with another on a second core."""
    period = motor_task(job.task, n_segments=job.segments).period
    return 2.0 + 45e-6 * (job.trials + job.test_trials) * period / Reservoir().dt


def reproduce(
    figures: str | None = None,
    rows: str | None = None,
    presets: str | None = None,
    *,
    seeds: int = 11,
    out: Path = Path("sankar2021"),
    trials: int = 10,
    test_trials: int = 5,
    **how: Any,
) -> list[dict[str, Any]]:
    """Run rows of the tables and write table, single runs and figure of each.

    Parameters
    ----------
    figures
        Comma-separated, of :data:`FIGURES`: ``table``, the first table, is written to ``table`` and
        ``runs.csv``, ``segments`` to ``segments`` and ``segments_runs.csv``. None for those that
        the rows belong to, without rows for ``table``.
    rows
        Comma-separated: rows by name (``2'-supertrex``), all of a task (``2'``), all of a rule, or
        ``segments``; None for all of the figures.
    presets
        Comma-separated; None for all that a row has.
    seeds
        Seeds 0 to seeds - 1, for the preset ``robust`` 11 to 10 + seeds.
    out, **how
        As for :func:`analyses.figures.running.run_jobs`.
    trials, test_trials
        Of each run.

    Returns
    -------
    list of dict
        The lines of the tables.

    Raises
    ------
    InputError
        Unknown figures, rows or presets.
    """
    wanted = chosen(presets, PRESETS, "preset")
    shown = chosen(figures or (None if rows else "table"), FIGURES, "figure")
    parts = [
        (row, preset)
        for row in (chosen_rows(rows) if rows else ROWS.values())
        if any(row in TABLES[name] for name in shown)
        for preset in wanted
        if preset in row.published
        or (preset == "robust" and row.rule == "supertrex" and row not in SEGMENTS)
    ]
    if not parts:
        raise InputError(
            f"sankar2021: none of the rows '{rows}' is in '{figures or 'table'}' with the presets "
            f"'{','.join(wanted)}'"
        )
    jobs = {
        (row, preset): jobs_of(row, preset, seeds, trials, test_trials) for row, preset in parts
    }
    every = {job: seconds(job) for some in jobs.values() for job in some}
    records = run_jobs(run_job, every, out, **how)
    lines = []
    for name, table in TABLES.items():
        mine = [(row, preset) for row, preset in parts if row in table]
        if not mine:
            continue
        found = [summarize(*key, [records[job] for job in jobs[key]]) for key in mine]
        runs = [
            {"row": row.name, "preset": preset, "seed": job.seed}
            | {k: records[job][k] for k in ("deviation", "diverged", "steps", "neurosim_version")}
            for row, preset in mine
            for job in jobs[row, preset]
        ]
        write_csv(out / f"{name}.csv", found)
        write_csv(out / ("runs.csv" if name == "table" else f"{name}_runs.csv"), runs)
        draw = sankar2021_figure.rows if name == "table" else sankar2021_figure.segments
        save_both(draw(found, runs), out / name)
        lines += found
    return lines
