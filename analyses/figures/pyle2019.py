"""The figures of Pyle & Rosenbaum 2019: learning by three rules, and what state information does.

``learning``
    Tasks 1 to 3 by FORCE, RMHL and SUPERTREX with the constants of the authors' scripts: the
    deviation over seeds beside the published one, the distance from the target trial by trial, and
    one network's drawing.
``state``
    SUPERTREX on tasks 1 and 2 with and without the phase of the movement as an input. In the tests
    nothing is forced: the network is fed back its own readout. Of each network: the deviation, how
    long the hand stays within 0.5 of the target, and after a push to the state how long until it is
    back within 0.1 of where it would have been. No numbers are published for this.

The disrupted learning of the paper is in :mod:`analyses.figures.parkinson`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analyses.figures import pyle2019_figure, sankar2021
from analyses.figures.running import chosen, run_jobs
from analyses.figures.style import save_both
from analyses.figures.table import write_csv
from analyses.intervals import bootstrap
from analyses.stability import held, return_to
from neurosim.errors import InputError, check_integer
from neurosim.perturbations import Kick, When
from neurosim.recording import SATISFACTORY, Recording
from neurosim.simulate import Simulation
from neurosim.task import Schedule
from tasks.motor import motor_task, preset_rule

FIGURES = ("learning", "state")
TASKS = ("1", "2", "3")

ROWS = ("1-force", "1-rmhl", "1-supertrex", "2-rmhl", "2-supertrex", "3-rmhl", "3-supertrex")
"""Of the first table of :mod:`analyses.figures.sankar2021`."""

STATE_TASKS = {"1": "butterfly", "2": "butterfly-arm"}
BOUND, BACK = SATISFACTORY, 0.1
"""Distance from the target that counts as held, and from the undisturbed hand as back."""

KICK = 0.1
"""Standard deviation of the push to each unit's state."""

TESTS = 3
"""Test trials without forcing."""


@dataclass(frozen=True)
class Drawing:
    """The last test trial of one network."""

    job: sankar2021.Job


@dataclass(frozen=True)
class FreeRun:
    """A network tested without forcing, with or without state information."""

    task: str
    state: bool
    seed: int


def work(job: Any) -> dict[str, Any]:
    """Run a job of any kind."""
    if isinstance(job, Drawing):
        return drawing(job)
    return free_run(job) if isinstance(job, FreeRun) else sankar2021.run_job(job)


def drawing(job: Drawing) -> dict[str, Any]:
    """The hand in the last test trial, every 20 ms."""
    made = sankar2021.simulation(replace(job.job, test_trials=1))
    run = Simulation(
        made.task,
        made.rule,
        seed=made.seed,
        schedule=made.schedule,
        recording=Recording(("hand",), 20.0),
    )
    hand = run.run().hand.to_numpy()
    return {"hand": hand[-round(run.trial_steps * run.reservoir.dt / 20) :].round(4).tolist()}


def free_run(job: FreeRun) -> dict[str, Any]:
    """Learn, go on without forcing, and again with a push at the begin of the test."""
    task = replace(motor_task(job.task), state=("phase",) if job.state else ())
    run = Simulation(
        task,
        preset_rule("supertrex", task, "paper"),
        seed=job.seed,
        schedule=Schedule(10, TESTS, test_feedback="free"),
        recording=Recording(("hand",), 20.0),
    )
    while run.learning:
        run.advance()
    kicked = run.branch(Kick(KICK, when=When("test", first_trial=10, last_trial=10))).run()
    result = run.run()
    trial_ms = result.attrs["trial_ms"]
    alone = held(result, BOUND)
    return {
        "deviation": float(result.attrs["deviation"]),
        "held_s": alone.duration / 1e3,
        "exceeded": alone.exceeded,
        "back_s": return_to(result, kicked, at=10 * trial_ms, bound=BACK).time / 1e3,
        "hand": result.hand.to_numpy()[-round(trial_ms / 20) :].round(4).tolist(),
    }


def seconds(job: Any) -> float:
    """What a job takes on one core."""
    if isinstance(job, Drawing):
        return sankar2021.seconds(replace(job.job, test_trials=1))
    if isinstance(job, FreeRun):  # the tests are run twice
        as_row = sankar2021.Job(job.task, "supertrex", "paper", None, None, job.seed)
        return sankar2021.seconds(replace(as_row, test_trials=2 * TESTS))
    return sankar2021.seconds(job)


def reproduce(
    figures: str | None = None,
    tasks: str | None = None,
    *,
    seeds: int = 11,
    out: Path = Path("pyle2019"),
    **how: Any,
) -> list[dict[str, Any]]:
    """Run what the figures need; write a table and a figure (PNG and PDF) of each.

    Parameters
    ----------
    figures
        Comma-separated, of :data:`FIGURES`; None for all.
    tasks
        Comma-separated, of 1, 2 and 3; None for all that a figure has.
    seeds
        Seeds 0 to seeds - 1, at least two.
    out, **how
        As for :func:`analyses.figures.running.run_jobs`.

    Returns
    -------
    list of dict
        The lines of the tables: a measure of a row with its mean, interval and published value.

    Raises
    ------
    InputError
        Unknown figures or tasks, figures that have none of the tasks, or a single seed.
    """
    check_integer("pyle2019", "seeds", seeds, minimum=2)
    wanted = chosen(figures, FIGURES, "figure")
    shown = chosen(tasks, TASKS, "task")
    learning = {
        name: sankar2021.jobs_of(sankar2021.row_named(name), "paper", seeds, 10, 5)
        for name in ROWS
        if name.split("-")[0] in shown
    }
    free = {
        (task, state): [FreeRun(name, state, seed) for seed in range(seeds)]
        for task, name in STATE_TASKS.items()
        for state in (False, True)
        if task in shown
    }
    if "state" in wanted and not free:
        raise InputError(f"pyle2019: the figure 'state' is of tasks 1 and 2, given '{tasks}'")
    jobs: list[Any] = []
    if "learning" in wanted:
        jobs += [Drawing(some[0]) for some in learning.values()]
        jobs += [job for some in learning.values() for job in some]
    if "state" in wanted:
        jobs += [job for some in free.values() for job in some]
    records = run_jobs(work, {job: seconds(job) for job in jobs}, out, **how)
    lines = []
    for name in wanted:
        if name == "learning":
            of_rows = {row: [records[job] for job in some] for row, some in learning.items()}
            hands = {row: records[Drawing(some[0])]["hand"] for row, some in learning.items()}
            table = [_learned(row, some) for row, some in of_rows.items()]
            figure = pyle2019_figure.learning(of_rows, hands, table)
        else:
            of_free = {key: [records[job] for job in some] for key, some in free.items()}
            table = [_stable(*key, measure, some) for key, some in of_free.items()
                     for measure in ("deviation", "held_s", "back_s")]  # fmt: skip
            figure = pyle2019_figure.state(of_free)
        write_csv(out / f"{name}.csv", table)
        save_both(figure, out / name)
        lines += table
    return lines


def _learned(row: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Deviation of a row beside the published one."""
    line = sankar2021.summarize(sankar2021.row_named(row), "paper", records)
    return _line(row, "deviation", [r["deviation"] for r in records if not r["diverged"]]) | {
        "published": line["published_mean"],
        "published_sd": line["published_sd"],
    }


def _stable(task: str, state: bool, measure: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """A measure of free running; medians, since a time that never ends is infinite."""
    row = f"{task}-supertrex, {'phase' if state else 'no state'}"
    return _line(row, measure, [r[measure] for r in records]) | {
        "published": None,
        "published_sd": None,
    }


def _line(row: str, measure: str, values: list[float]) -> dict[str, Any]:
    estimate = bootstrap(np.median, np.array(values, float), rng=np.random.default_rng(0))
    finite = np.array(values)[np.isfinite(values)]
    return {
        "row": row,
        "measure": measure,
        "seeds": len(values),
        "mean": float(finite.mean()) if len(finite) == len(values) else None,
        "sd": float(finite.std(ddof=1)) if len(finite) == len(values) else None,
        "median": float(estimate.value),
        "low": float(estimate.low),
        "high": float(estimate.high),
    }
