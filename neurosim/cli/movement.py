"""``neurosim run`` of the motor tasks: train a network to draw."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from neurosim.cli.spiking import spiking_parts


def movement(
    context: typer.Context,
    rule: Annotated[
        str, typer.Option(help="supertrex, rmhl, force or ridge.", show_default=True)
    ] = "supertrex",
    preset: Annotated[
        str, typer.Option(help="Constants of the rule: robust, paper or replication.")
    ] = "robust",
    seed: Annotated[int, typer.Option(help="Of all random draws.", min=0)] = 0,
    network: Annotated[
        str, typer.Option(help="rate, or of spiking neurons: lif, izhikevich or theta.")
    ] = "rate",
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
    perturb: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME[:ARG[:ARG]][@WHEN], as silence:exploratory@test; may be repeated; "
            "see `neurosim list perturbations`."
        ),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            help="What the network is told of the movement: phase, hand, joints, or several, "
            "comma-separated; --set test_feedback=free then tests it unforced."
        ),
    ] = None,
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

      neurosim run butterfly-arm --perturb dopamine:0.6@trial=5.. --perturb tremor:0.5@test

      neurosim run butterfly --state phase --set test_feedback=free

      neurosim run butterfly --network lif --rule force --state phase --json
    """
    from neurosim.cli.simulating import Outputs, carry_out, check_length
    from neurosim.errors import InputError
    from neurosim.overrides import check_known, parse, replaced
    from neurosim.perturbations import parse as perturbation
    from neurosim.recording import Recording
    from neurosim.reservoir import Reservoir
    from neurosim.simulate import Simulation
    from neurosim.task import Schedule
    from tasks.motor import motor_task, preset_rule, trace_task
    from tasks.motor.presets import check_names, effort_reference

    task = str(context.info_name)  # the name under which this was called
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
    perturbations = [perturbation.parse(text) for text in perturb or []]
    if state is not None:
        states = tuple(word.strip() for word in state.split(","))
        made_task = dataclasses.replace(made_task, state=states)
    made_rule = preset_rule(rule, made_task, preset)
    reservoir: Any = Reservoir(n_units=units, dtype=dtype)
    schedule = Schedule(train_trials=trials, test_trials=test_trials)
    made = Simulation
    if network != "rate":
        parts = spiking_parts(context, network, made_task, made_rule)
        made_task, made_rule, reservoir, schedule, made = parts
    plant, effort = made_task.plant, made_task.effort
    check_known(values, made_rule, reservoir, schedule, plant, *([effort] if effort else []))
    reservoir, schedule = replaced(reservoir, values), replaced(schedule, values)
    check_length(made_task, reservoir, schedule, record_rates, interval)
    recording = Recording(
        Recording().signals + (("rates",) if record_rates else ()),
        interval,
        units=tuple(range(record_rates)),
        trial_weights=trial_weights,
    )
    stem = "-".join([task, *([] if network == "rate" else [network]), rule, f"seed{seed}"])
    outputs = Outputs.named(stem, out, figure, animate, as_json=as_json, force=force)

    simulation = made(
        dataclasses.replace(
            made_task,
            plant=replaced(plant, values),
            effort=replaced(effort, values) if effort else None,
        ),
        replaced(made_rule, values),
        reservoir,
        seed=seed,
        schedule=schedule,
        recording=recording,
        perturbations=perturbations,
    )
    carry_out(
        simulation,
        outputs,
        # the other rules are the same in every preset
        attrs={"preset": preset} if rule == "supertrex" else None,
        goes_on=network == "rate",
        as_json=as_json,
        quiet=quiet,
    )
