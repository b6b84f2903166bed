"""``neurosim sweep``: a run for each combination of parameters, conditions and seeds."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.app import INTERRUPTED, app

if TYPE_CHECKING:
    import xarray as xr

    from neurosim.sweeps import Plan, StudyFile

FAILED = 4
"""Exit status where some runs failed."""

MOST = 10_000
"""Points that are run without --yes."""

SHOWN = 40
"""Rows of the table that are printed."""


@app.command()
def sweep(
    study: Annotated[Path, typer.Argument(help="Study file, TOML.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the runs; default: the file's name.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes on this machine; default: one a processor.", min=1),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Run on a Dask cluster: its address, as tcp://host:8786.")
    ] = None,
    slurm: Annotated[
        bool, typer.Option("--slurm", help="Run on SLURM jobs, by the file's table [slurm].")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Run those that failed again.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the points, what is done, and how long it takes."),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help=f"Run more than {MOST:,} points without asking.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Run a study: every combination of parameters, conditions and seeds.

    Each run is kept in the folder as it finishes, by its parameters: the same command goes on after
    an interruption, and after a change of the file runs only what is new. A run that fails is kept
    with its error and stops no other. Open the folder with neurosim.open_study.

    A study file:

      seeds = 5

      fixed = { task = "butterfly-arm", rule = "supertrex", units = 500 }

      sweep.gain = [1.2, 1.5, 1.8]

      sweep.learning_rate = { start = 1e-4, stop = 1e-2, num = 5, log = true }

      conditions.healthy = []

      conditions.depleted = ["dopamine:0.6@trial=5.."]

    For example:

      neurosim sweep gain.toml --dry-run

      neurosim sweep gain.toml --workers 4

      neurosim sweep gain.toml --scheduler tcp://node7:8786

      neurosim sweep gain.toml --slurm --retry --json
    """
    from neurosim.errors import InputError
    from neurosim.sweeps import Plan, open_study, read_study
    from tasks.motor.points import motor_run

    if slurm and scheduler:
        raise InputError("--scheduler and --slurm are two clusters; give one")
    if workers and (slurm or scheduler):
        raise InputError("--workers are processes on this machine; a cluster has its own")
    file = read_study(study)
    folder = out or Path(study.stem)
    shown = not quiet and sys.stderr.isatty()
    workers = workers or _processors()
    if file.study.size > MOST and not yes:
        raise InputError(_too_many(file, study, workers))
    plan = Plan(file.study, motor_run, folder, retry=retry, progress=shown)
    if dry_run:
        _print_plan(plan, workers if not (slurm or scheduler) else 1)
        return
    if not quiet:
        typer.echo(_counts(plan), err=True)
    try:
        with _executor(file, workers, scheduler, slurm and bool(plan.missing)) as executor:
            plan.run(executor, progress=shown)
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted; finished runs are kept in {folder}, give the same command again to go "
            "on",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    data = open_study(folder)
    if as_json:
        counts = _states(data)
        typer.echo(
            json.dumps({"study": str(study), "out": str(folder), **counts, "rows": rows(data)})
        )
    elif not quiet:
        _print_rows(rows(data))
        typer.echo(f"kept in {folder}")
    if data.failed.any():
        first = next(error for error in data.error.values.flat if error)
        typer.echo(
            f"neurosim: {int(data.failed.sum())} of {data.failed.size} points failed, the first: "
            f"{first}; --retry runs them again",
            err=True,
        )
        raise typer.Exit(FAILED)


def rows(data: xr.Dataset) -> list[dict[str, Any]]:
    """A line for each combination of parameters and condition, over its seeds.

    Parameters
    ----------
    data
        Of :func:`neurosim.sweeps.open_study`.

    Returns
    -------
    list of dict
        The parameters, ``condition``, ``runs`` (done), ``failed``, ``deviation`` (mean) with its
        standard deviation ``sd``, and ``satisfactory``, the share of the runs.
    """
    dims = [str(dim) for dim in data.deviation.dims if dim != "seed"]
    done, spread = data.steps.notnull().sum("seed"), data.deviation.std("seed", ddof=1)
    table = {
        "runs": done,
        "failed": data.failed.sum("seed"),
        "deviation": data.deviation.mean("seed"),
        "sd": spread.where(data.deviation.notnull().sum("seed") > 1),
        "satisfactory": data.satisfactory.mean("seed"),
    }
    stacked = {name: values.stack(row=dims) for name, values in table.items()}
    found = []
    for place, key in enumerate(stacked["runs"].row.values):
        line = dict(zip(dims, key, strict=True))
        line |= {name: values.values[place].item() for name, values in stacked.items()}
        found.append({name: _plain(value) for name, value in line.items()})
    return found


def _plain(value: Any) -> Any:
    """For JSON: NumPy's scalars as Python's, NaN as None."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not isfinite(value) else value


def _processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _executor(
    file: StudyFile, workers: int, scheduler: str | None, slurm: bool
) -> AbstractContextManager[Executor]:
    from neurosim.ensembles import Processes
    from neurosim.sweeps import cluster

    if scheduler:
        return cluster.scheduler(scheduler)
    return cluster.slurm(file.slurm) if slurm else Processes(workers)


def _too_many(file: StudyFile, path: Path, workers: int) -> str:
    from neurosim.sweeps.cost import in_words, mean_seconds_of
    from tasks.motor.points import motor_run

    size = file.study.size
    seconds = mean_seconds_of(file.study, motor_run) * size / workers
    return (
        f"{path}: {size:,} points, more than {MOST:,}; they take about {in_words(seconds)} on "
        f"{_processes(workers)}; give --yes to run them, or sweep fewer"
    )


def _processes(count: int) -> str:
    return f"{count} process" + "es" * (count != 1)


def _counts(plan: Plan) -> str:
    runs = len(set(plan.addresses))
    shared = f" ({runs:,} different runs)" if runs < len(plan.addresses) else ""
    failed = len(plan.failed | set(plan.refused))
    return (
        f"{len(plan.addresses):,} points{shared}: {len(plan.done):,} done, {failed:,} failed, "
        f"{len(plan.missing):,} to run"
    )


def _states(data: xr.Dataset) -> dict[str, int]:
    done, failed = int(data.steps.notnull().sum()), int(data.failed.sum())
    size = data.failed.size
    return {"points": size, "done": done, "failed": failed, "missing": size - done - failed}


def _print_plan(plan: Plan, workers: int) -> None:
    from neurosim.sweeps.cost import in_words, mean_seconds

    states = dict.fromkeys(plan.done, "done") | dict.fromkeys(plan.missing, "to run")
    states |= dict.fromkeys({*plan.failed, *plan.refused}, "failed")
    for address, point in zip(plan.addresses, plan.study.points(), strict=True):
        why = f": {plan.refused[address]}" if address in plan.refused else ""
        typer.echo(f"{states[address]:<7} {address} {point}{why}")
    line = _counts(plan)
    if plan.missing:
        seconds = mean_seconds(plan) * len(plan.missing) / min(workers, len(plan.missing))
        line += f", about {in_words(seconds)} on {_processes(workers)}"
    typer.echo(line)


def _print_rows(lines: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*(name.replace("_", " ") for name in lines[0]), box=None, pad_edge=False)
    for line in lines[:SHOWN]:
        table.add_row(*map(_cell, line.values()))
    Console(highlight=False, width=max(100, Console().width)).print(table)
    if len(lines) > SHOWN:
        typer.echo(f"... and {len(lines) - SHOWN:,} more rows; --json has all")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
