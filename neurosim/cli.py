"""The command line: parses, calls the library, prints."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import xarray as xr

    from neurosim.simulate import Simulation

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Simulate reservoir models of the brain that learn movements.\n\n"
    "Start with `neurosim run butterfly-arm`; see `neurosim list` for what there is.",
)


@app.callback(invoke_without_command=True)
def _main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from neurosim.provenance import package_version

        typer.echo(package_version())
        raise typer.Exit


@app.command()
def run(
    task: Annotated[
        str, typer.Argument(help="butterfly, butterfly-arm, butterfly-arm-effort or trace.")
    ],
    rule: Annotated[
        str, typer.Option(help="supertrex, rmhl, force or ridge.", show_default=True)
    ] = "supertrex",
    preset: Annotated[
        str, typer.Option(help="Constants of the rule: robust, paper or replication.")
    ] = "robust",
    seed: Annotated[int, typer.Option(help="Of all random draws.", min=0)] = 0,
    units: Annotated[int, typer.Option(help="Units of the reservoir.", min=1)] = 1000,
    segments: Annotated[
        int | None, typer.Option(help="Segments of the arm, 2 to 50; default: the paper's.")
    ] = None,
    trials: Annotated[int, typer.Option(help="Training trials.", min=0)] = 10,
    test_trials: Annotated[int, typer.Option(help="Test trials.", min=0)] = 5,
    period: Annotated[
        float | None, typer.Option(help="Length of a trial in ms; default 10,000.")
    ] = None,
    dtype: Annotated[str, typer.Option(help="float32 or float64.")] = "float32",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any parameter, as name=value; see `neurosim list parameters`."),
    ] = None,
    target: Annotated[
        Path | None, typer.Option(help="trace: a CSV, NPZ, NetCDF or BrainVision (.vhdr) file.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="trace: names of the columns to draw, as x,y.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="trace: channel of a BrainVision file.")
    ] = None,
    start: Annotated[float | None, typer.Option(help="trace: begin of the part used, ms.")] = None,
    stop: Annotated[float | None, typer.Option(help="trace: end of the part used, ms.")] = None,
    once: Annotated[
        bool,
        typer.Option("--once", help="trace: the curve does not close; each trial starts anew."),
    ] = False,
    keep_scale: Annotated[
        bool, typer.Option("--keep-scale", help="trace: do not fit the curve into [-1, 1].")
    ] = False,
    record_rates: Annotated[
        int, typer.Option(help="Record the rates of this many units.", min=0)
    ] = 0,
    interval: Annotated[float, typer.Option(help="Between recorded samples, ms.")] = 10.0,
    trial_weights: Annotated[
        bool, typer.Option("--trial-weights", help="Keep the weights at the end of each trial.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Result, NetCDF.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Figure: png, pdf or svg.")] = None,
    animate: Annotated[Path | None, typer.Option(help="Animation of the drawing, gif.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Train a reservoir on a task, test it, and show what it learned.

    Without --out, --figure and --json, the result and its figure are written to
    TASK-RULE-seedN.nc and .png; otherwise only what is named is written. A run that is interrupted
    goes on where it stopped when the same command is given again.

    Examples:

      neurosim run butterfly-arm

      neurosim run butterfly-arm --segments 3 --seed 4 --figure arm.png --animate arm.gif

      neurosim run butterfly --rule force --units 500 --json

      neurosim run trace --target drawing.csv --set gain=1.3 --trials 5
    """
    from neurosim.files import check_output
    from neurosim.overrides import check_known, parse, replaced
    from neurosim.recording import Recording, save
    from neurosim.reservoir import Reservoir
    from neurosim.simulate import Schedule, Simulation
    from tasks.motor import motor_task, preset_rule
    from tasks.motor.presets import check_names, effort_reference
    from tasks.motor.targets import fitted_trace

    check_names(task, rule, preset)
    values = parse(set_ or [])
    curve = None
    if target is not None:
        names = tuple(part.strip() for part in columns.split(",")) if columns else None
        curve = fitted_trace(
            target, columns=names, channel=channel, start=start, stop=stop, keep_scale=keep_scale
        )
    made_task = motor_task(
        task,
        n_segments=segments,
        period=period,
        effort_reference=effort_reference(preset),
        curve=curve,
        periodic=not once,
    )
    made_rule = preset_rule(rule, made_task, preset)
    reservoir = Reservoir(n_units=units, dtype=dtype)
    schedule = Schedule(train_trials=trials, test_trials=test_trials)
    check_known(values, made_rule, reservoir, schedule)
    signals = Recording().signals + (("rates",) if record_rates else ())
    recording = Recording(
        signals, interval, units=tuple(range(record_rates)), trial_weights=trial_weights
    )
    stem = f"{task}-{rule}-seed{seed}"
    if out is None and figure is None and animate is None and not as_json:
        out, figure = Path(f"{stem}.nc"), Path(f"{stem}.png")
    for path in (out, figure, animate):
        if path is not None:
            check_output(path, force=force)
    for path, endings in ((figure, (".png", ".pdf", ".svg")), (animate, (".gif",))):
        check_ending(path, endings)
    if (
        animate is not None
        and not hasattr(made_task.plant, "joints")
        and len(made_task.plant.axes) < 2
    ):
        from neurosim.errors import InputError

        raise InputError("--animate: a one-dimensional target has nothing to animate")

    simulation = Simulation(
        made_task,
        replaced(made_rule, values),
        replaced(reservoir, values),
        seed=seed,
        schedule=replaced(schedule, values),
        recording=recording,
    )
    result = _run(simulation, stem, progress=not quiet and sys.stderr.isatty())
    result.attrs["preset"] = preset
    result.attrs["command"] = " ".join(["neurosim", *sys.argv[1:]])
    if out is not None:
        save(result, out)
    if figure is not None or animate is not None:
        from analyses.figures import movement

        if figure is not None:
            movement.save_figure(result, figure)
        if animate is not None:
            movement.animate(result, animate, progress=not quiet and sys.stderr.isatty())
    written = [str(path) for path in (out, figure, animate) if path is not None]
    if as_json:
        typer.echo(json.dumps(summary(result) | {"written": written}))
    elif not quiet:
        _print_summary(result)
        for path in written:
            typer.echo(f"wrote {path}")
    if simulation.diverged:
        typer.echo(
            f"diverged: error or weights not finite at step {simulation.diverged_step:,} of "
            f"{simulation.steps:,}; what was recorded until then is kept",
            err=True,
        )
        raise typer.Exit(3)
