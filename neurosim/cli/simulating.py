"""A simulation on the command line: what is written, going on after a stop, and what is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from neurosim.cli.app import DIVERGED, INTERRUPTED
from neurosim.cli.output import ANIMATIONS, FIGURES, check_outputs, draw, print_summary, summary

if TYPE_CHECKING:
    import xarray as xr

    from neurosim.simulate import Simulation
    from neurosim.spiking import SpikingSimulation
    from neurosim.task import Schedule, Task


class Outputs(NamedTuple):
    """Files that a run writes.

    Attributes
    ----------
    stem
        Of their names where none is given.
    out, figure, animate
        Result, figure and animation; None for none.
    """

    stem: str
    out: Path | None
    figure: Path | None
    animate: Path | None

    @classmethod
    def named(
        cls,
        stem: str,
        out: Path | None,
        figure: Path | None,
        animate: Path | None = None,
        *,
        as_json: bool,
        force: bool,
    ) -> Outputs:
        """As they were named; where nothing was, and no JSON asked for, result and figure.

        Raises
        ------
        InputError
            A file that cannot be written.
        """
        if out is None and figure is None and animate is None and not as_json:
            out, figure = Path(f"{stem}.nc"), Path(f"{stem}.png")
        check_outputs({out: (".nc",), figure: FIGURES, animate: ANIMATIONS}, force=force)
        return cls(stem, out, figure, animate)


LONGEST = 10**10
"""Steps of a run, at most; at 100,000 a second, which small networks do, 28 hours."""


def check_length(
    task: Task, reservoir: Any, schedule: Schedule, recorded: int = 0, interval: float = 10.0
) -> None:
    """Refuse runs of absurd length before anything is laid out for them.

    Parameters
    ----------
    task, reservoir, schedule
        Of the run.
    recorded, interval
        Units whose rates are recorded, and ms between samples.

    Raises
    ------
    InputError
        With the number of steps, and how long and how much memory they take at least.
    """
    from neurosim.errors import InputError
    from neurosim.recording import Recording
    from neurosim.sweeps.cost import in_words

    if recorded > reservoir.n_units:
        raise InputError(
            f"--record-rates: units must be below n_units = {reservoir.n_units}, "
            f"given {recorded - 1}"
        )
    steps = task.n_steps(reservoir.dt) * schedule.trials
    if steps > LONGEST:
        told = min(steps, 10**300)  # floats end at 10^308
        size = Recording(interval=interval).bytes_needed(told, reservoir.dt, 1, 1, 1, 0)
        raise InputError(
            f"{schedule.trials:,} trials of {told / schedule.trials:.3g} steps: expected at most "
            f"{LONGEST:.0e} steps in all, given {told:.3g}, which take {in_words(told / 1e5)} and "
            f"{size / 2**30:,.3g} GiB of memory, or more"
        )


def carry_out(
    simulation: Simulation | SpikingSimulation,
    outputs: Outputs,
    *,
    attrs: dict[str, str] | None = None,
    goes_on: bool = True,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run, write and tell; a run that was interrupted goes on from its checkpoint.

    Parameters
    ----------
    simulation
        To be run to its end.
    outputs
        What is written.
    attrs
        Attributes of the result besides its own.
    goes_on
        Whether it can go on from a checkpoint.
    as_json, quiet
        How it is told.
    """
    from neurosim.recording import save

    shown = not quiet and sys.stderr.isatty()
    checkpoint = None
    if goes_on:
        checkpoint = _checkpoint((outputs.out or Path(outputs.stem)).with_suffix(""), simulation)
    result = _run(simulation, checkpoint, progress=shown)
    result.attrs |= {"command": " ".join(["neurosim", *sys.argv[1:]])} | (attrs or {})
    if outputs.out is not None:
        save(result, outputs.out)
    draw(result, outputs.figure, outputs.animate, progress=shown)
    if checkpoint:
        checkpoint.unlink(missing_ok=True)
    written = [str(path) for path in outputs[1:] if path is not None]
    if as_json:
        typer.echo(json.dumps(summary(result) | {"written": written}))
    elif not quiet:
        print_summary(result)
        for name in written:
            typer.echo(f"wrote {name}")
    if simulation.diverged:
        typer.echo(
            f"neurosim: diverged: error or weights were not finite at step "
            f"{simulation.diverged_step:,} of {simulation.steps:,}; what was recorded until then "
            "is kept",
            err=True,
        )
        raise typer.Exit(DIVERGED)


def _checkpoint(stem: Path, simulation: Simulation) -> Path | None:
    """A name that only the same run finds again; none where no file can be written."""
    from neurosim.checkpoint import identity
    from neurosim.errors import InputError
    from neurosim.files import check_output
    from neurosim.provenance import fingerprint

    path = stem.with_name(f"{stem.name}-{fingerprint(identity(simulation))}.checkpoint")
    try:
        return check_output(path, force=True)
    except InputError:
        return None


def _run(
    simulation: Simulation | SpikingSimulation, checkpoint: Path | None, *, progress: bool
) -> xr.Dataset:
    """Run, or say how to go on after an interruption."""
    if checkpoint and checkpoint.exists():
        typer.echo(f"going on from {checkpoint}", err=True)
    try:
        return simulation.run(progress=progress, checkpoint=checkpoint)
    except KeyboardInterrupt:
        kept = f", kept in {checkpoint}; give the same command again to go on"
        typer.echo(
            f"interrupted in trial {simulation.index} of {simulation.schedule.trials}"
            + (kept if checkpoint else "; nothing could be kept"),
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
