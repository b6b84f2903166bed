"""The command line: parses, calls the library, prints."""

from __future__ import annotations

import dataclasses
import json
import sys
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import xarray as xr

    from neurosim.simulate import Simulation

DIVERGED = 3
"""Exit status of a run that diverged."""

INTERRUPTED = 130
"""Exit status after Ctrl-C."""

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

    For example:

      neurosim run butterfly-arm

      neurosim run butterfly-arm --segments 3 --seed 4 --figure arm.png --animate arm.gif

      neurosim run butterfly --rule force --units 500 --json

      neurosim run trace --target drawing.csv --set gain=1.3 --trials 5
    """
    from neurosim.errors import InputError
    from neurosim.files import check_ending, check_output
    from neurosim.overrides import check_known, parse, replaced
    from neurosim.recording import Recording, save
    from neurosim.reservoir import Reservoir
    from neurosim.simulate import Simulation
    from neurosim.task import Schedule
    from tasks.motor import motor_task, preset_rule, trace_task
    from tasks.motor.presets import check_names, effort_reference

    check_names(task, rule, preset)
    values = parse(set_ or [])
    if task == "trace":
        made_task = trace_task(
            target,
            columns=tuple(part.strip() for part in columns.split(",")) if columns else None,
            channel=channel,
            start=start,
            stop=stop,
            fit=not keep_scale,
            n_segments=segments,
            period=period,
            periodic=not once,
        )
    else:
        for name, given in (("--target", target), ("--columns", columns), ("--channel", channel)):
            if given is not None:
                raise InputError(f"{name} goes with task 'trace', not '{task}'")
        made_task = motor_task(
            task, n_segments=segments, period=period, effort_reference=effort_reference(preset)
        )
    made_rule = preset_rule(rule, made_task, preset)
    reservoir = Reservoir(n_units=units, dtype=dtype)
    schedule = Schedule(train_trials=trials, test_trials=test_trials)
    plant, effort = made_task.plant, made_task.effort
    check_known(values, made_rule, reservoir, schedule, plant, *([effort] if effort else []))
    recording = Recording(
        Recording().signals + (("rates",) if record_rates else ()),
        interval,
        units=tuple(range(record_rates)),
        trial_weights=trial_weights,
    )
    stem = f"{task}-{rule}-seed{seed}"
    if out is None and figure is None and animate is None and not as_json:
        out, figure = Path(f"{stem}.nc"), Path(f"{stem}.png")
    outputs = {out: (".nc",), figure: (".png", ".pdf", ".svg"), animate: (".gif",)}
    for path, endings in outputs.items():
        if path is not None:
            check_ending(path, endings)
            check_output(path, force=force)

    simulation = Simulation(
        dataclasses.replace(
            made_task,
            plant=replaced(plant, values),
            effort=replaced(effort, values) if effort else None,
        ),
        replaced(made_rule, values),
        replaced(reservoir, values),
        seed=seed,
        schedule=replaced(schedule, values),
        recording=recording,
    )
    shown = not quiet and sys.stderr.isatty()
    checkpoint = _checkpoint((out or Path(stem)).with_suffix(""), simulation)
    result = _run(simulation, checkpoint, progress=shown)
    result.attrs["command"] = " ".join(["neurosim", *sys.argv[1:]])
    if rule == "supertrex":  # the other rules are the same in every preset
        result.attrs["preset"] = preset
    if out is not None:
        save(result, out)
    _draw(result, figure, animate, progress=shown)
    if checkpoint:
        checkpoint.unlink(missing_ok=True)
    written = [str(path) for path in outputs if path is not None]
    if as_json:
        typer.echo(json.dumps(summary(result) | {"written": written}))
    elif not quiet:
        _print_summary(result)
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


def _run(simulation: Simulation, checkpoint: Path | None, *, progress: bool) -> xr.Dataset:
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


def _draw(result: xr.Dataset, figure: Path | None, animate: Path | None, *, progress: bool) -> None:
    if figure is not None:
        from analyses.figures import movement

        movement.save_figure(result, figure)
    if animate is not None:
        from analyses.figures import animation

        animation.animate(result, animate, progress=progress)


def summary(result: xr.Dataset) -> dict[str, Any]:
    """What --json prints of a result: plain numbers, null where there is none."""
    attrs = result.attrs

    def numbers(phase: str) -> list[float | None]:
        values = result.trial_distance.values[result.phase.values == phase]
        return [float(v) if isfinite(v) else None for v in values]

    parameters = json.loads(attrs["parameters"])
    return {
        "task": attrs["task"],
        "rule": attrs["rule"],
        "preset": attrs.get("preset"),
        "seed": int(attrs["seed"]),
        "units": parameters["reservoir"]["n_units"],
        "dtype": parameters["reservoir"]["dtype"],
        "deviation": float(attrs["deviation"]) if isfinite(attrs["deviation"]) else None,
        "satisfactory": bool(attrs["satisfactory"]),
        "diverged": bool(attrs["diverged"]),
        "diverged_step": int(attrs["diverged_step"]) if attrs["diverged"] else None,
        "train_distance": numbers("train"),
        "test_distance": numbers("test"),
        "steps": int(attrs["steps"]),
        "steps_per_second": float(attrs["steps_per_second"]),
        "compile_s": float(attrs["compile_s"]),
        "wall_s": float(attrs["wall_s"]),
        "version": attrs["neurosim_version"],
    }


def _print_summary(result: xr.Dataset) -> None:
    from rich.console import Console
    from rich.table import Table

    values = summary(result)
    table = Table(show_header=False, box=None, pad_edge=False)
    preset = f" ({values['preset']})" if values["preset"] else ""
    deviation = values["deviation"]
    if values["diverged"]:
        verdict = f"diverged at step {values['diverged_step']:,}"
    elif deviation is None:
        verdict = "no test trials"
    else:
        verdict = f"{deviation:.4g} ({'' if values['satisfactory'] else 'not '}satisfactory)"

    def by_trial(name: str) -> str:
        return " ".join("-" if d is None else f"{d:.3g}" for d in values[name])

    for name, text in (
        ("task", f"{values['task']}, learned by {values['rule']}{preset}"),
        ("network", f"{values['units']:,} units, {values['dtype']}, seed {values['seed']}"),
        ("deviation", verdict),
        ("distance in training", by_trial("train_distance")),
        ("distance in test", by_trial("test_distance")),
        (
            "speed",
            f"{values['steps']:,} steps, {values['steps_per_second']:,.0f} steps/s, "
            f"{values['wall_s']:.1f} s of which {values['compile_s']:.1f} s to compile or load",
        ),
        ("version", values["version"]),
    ):
        table.add_row(f"[bold]{name}[/bold]", text)
    Console(highlight=False).print(table)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A result, NetCDF.")],
    figure: Annotated[
        Path | None, typer.Option(help="Figure: png, pdf or svg; default: beside the file.")
    ] = None,
    animate: Annotated[Path | None, typer.Option(help="Animation of the drawing, gif.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the summary of a result and draw it again, without running.

    For example:

      neurosim show butterfly-arm-supertrex-seed0.nc --figure again.pdf

      neurosim show butterfly-arm-supertrex-seed0.nc --json
    """
    from neurosim.files import check_ending, check_output
    from neurosim.recording import load

    result = load(file)
    if figure is None and animate is None and not as_json:
        figure, force = file.with_suffix(".png"), True  # the result's own picture, drawn again
    for path, endings in ((figure, (".png", ".pdf", ".svg")), (animate, (".gif",))):
        if path is not None:
            check_ending(path, endings)
            check_output(path, force=force)
    _draw(result, figure, animate, progress=sys.stderr.isatty())
    if as_json:
        typer.echo(json.dumps(summary(result)))
        return
    _print_summary(result)
    for path in (figure, animate):
        if path is not None:
            typer.echo(f"wrote {path}")


@app.command("list")
def list_(
    what: Annotated[
        str, typer.Argument(help="tasks, rules, presets, parameters or studies.")
    ] = "tasks",
    rule: Annotated[str, typer.Option(help="parameters: of which rule.")] = "supertrex",
    task: Annotated[str, typer.Option(help="parameters: for which task.")] = "butterfly-arm",
    preset: Annotated[str, typer.Option(help="parameters: of which preset.")] = "robust",
) -> None:
    """List what there is to run, or every parameter that --set can change.

    For example:

      neurosim list rules

      neurosim list parameters --rule rmhl --task butterfly
    """
    from neurosim.listing import lines

    for line in lines(what, rule=rule, task=task, preset=preset):
        typer.echo(line)


@app.command()
def reproduce(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="sankar2021 or robust.")],
    rows: Annotated[
        str | None,
        typer.Option(help="Comma-separated: 2'-supertrex, 2', supertrex, segments, ..."),
    ] = None,
    presets: Annotated[
        str | None, typer.Option(help="Comma-separated: paper, replication, robust; default: all.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Seeds a row; default 11 (robust: 4).", min=1)
    ] = None,
    workers: Annotated[int, typer.Option(help="Parallel processes.", min=1)] = 2,
    out: Annotated[Path | None, typer.Option(help="Folder; default: the paper's name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Run a published table again and print ours beside theirs.

    sankar2021: the tables of the replication of SUPERTREX; the first one is about 200 runs of 40 s.
    robust: how the deviation depends on the constants of the preset of that name, 64 runs.

    Finished runs are kept in the folder; when the same command is given again, only what is missing
    is run.

    For example:

      neurosim reproduce sankar2021

      neurosim reproduce sankar2021 --rows "2'-supertrex,3-supertrex" --presets robust --seeds 3

      neurosim reproduce robust --out docs/robust
    """
    from importlib import import_module

    from analyses.figures import STUDIES
    from neurosim.errors import InputError, suggest
    from neurosim.files import check_folder

    if study not in STUDIES:
        raise suggest(study, tuple(STUDIES), what="study")
    options: dict[str, Any] = {"workers": workers, "progress": not quiet and sys.stderr.isatty()}
    if seeds is not None:
        options["seeds"] = seeds
    if study == "sankar2021":
        options |= {"rows": rows, "presets": presets}
    elif rows or presets:
        raise InputError(f"--rows and --presets go with sankar2021, not '{study}'")
    folder = check_folder(out or Path(study))
    module = import_module(f"analyses.figures.{study}")
    try:
        table = module.reproduce(out=folder, **options)
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted; finished runs are kept in {folder}, give the same command again to "
            "go on",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        typer.echo(json.dumps({"study": study, "rows": _without_nan(table), "out": str(folder)}))
    elif not quiet:
        _print_table(table)
        typer.echo(f"wrote the table to {folder}")


def _without_nan(table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in line.items()}
        for line in table
    ]


def _print_table(table: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(*(name.replace("_", " ") for name in table[0]), box=None, pad_edge=False)
    for line in table:
        shown.add_row(*map(_cell, line.values()))
    Console(highlight=False, width=max(120, Console().width)).print(shown)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def main() -> None:
    """Entry point: every mistake of the caller is one line on standard error and exit status 2."""
    from neurosim.errors import InputError

    try:
        status = app(standalone_mode=False)
    except InputError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except MemoryError as error:
        _fail(f"not enough memory ({error})")
    except OSError as error:
        _fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except Exception as error:
        message = getattr(error, "format_message", None)  # the parser's own usage errors
        if message is None:
            raise
        _fail(message())
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str) -> None:
    sys.stderr.write(f"neurosim: {' '.join(message.split())}\n")
    sys.exit(2)
