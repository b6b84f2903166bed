"""``neurosim run reaching``: train a network to reach to targets after a delay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurosim.cli.output import numbers, parts

if TYPE_CHECKING:
    from tasks.motor.reaching import Reaching


def reaching(
    rule: Annotated[str, typer.Option(help="supertrex, rmhl, force or ridge.")] = "supertrex",
    plant: Annotated[str, typer.Option(help="direct, arm, human-arm or macaque-arm.")] = "direct",
    segments: Annotated[
        int | None, typer.Option(help="arm: its segments, 2 to 50; default 2.")
    ] = None,
    targets: Annotated[
        int, typer.Option(help="On a circle, the first to the right.", min=1, max=1000)
    ] = 8,
    distances: Annotated[
        str | None,
        typer.Option(
            help="Of the targets, comma-separated; default 0.5, or in m what suits a real arm."
        ),
    ] = None,
    barriers: Annotated[
        str,
        typer.Option(help="none, left, right, comma-separated: the side on which one is passed."),
    ] = "none",
    height: Annotated[
        float, typer.Option(help="Of the bow around a barrier, in distances of the target.")
    ] = 0.5,
    baseline: Annotated[float, typer.Option(help="From the start to the cue, ms.")] = 200.0,
    delay: Annotated[
        str, typer.Option(help="From cue to go, ms; shortest and longest as 200:800.")
    ] = "400",
    delay_distribution: Annotated[
        str, typer.Option(help="uniform, or exponential from the shortest delay on.")
    ] = "uniform",
    delay_constant: Annotated[
        float, typer.Option(help="exponential: its time constant, ms.")
    ] = 200.0,
    inputs: Annotated[
        str, typer.Option(help="one-hot: one a condition; position: x and y of the target.")
    ] = "one-hot",
    shown_until: Annotated[
        str, typer.Option(help="The target is shown until: end (of the trial) or go.")
    ] = "end",
    task_seed: Annotated[int, typer.Option(help="Of order and delays.", min=0)] = 0,
    reaction: Annotated[float, typer.Option(help="From go to movement, ms.")] = 150.0,
    duration: Annotated[float, typer.Option(help="Of the wanted movement, ms.")] = 500.0,
    hold: Annotated[float, typer.Option(help="At the target, ms.")] = 300.0,
    perturb: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME[:ARG[:ARG]][@WHEN], as lesion:units:0.2@test; may be repeated; "
            "see `neurosim list perturbations`."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the network and its noise.", min=0)] = 0,
    units: Annotated[int, typer.Option(help="Units of the reservoir.", min=1)] = 400,
    trials: Annotated[int, typer.Option(help="Training trials.", min=0)] = 240,
    test_trials: Annotated[int, typer.Option(help="Test trials.", min=0)] = 16,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Any parameter, as name=value; see `neurosim list parameters --task reaching`.",
        ),
    ] = None,
    record_rates: Annotated[
        int, typer.Option(help="Record the rates of this many units.", min=0)
    ] = 0,
    interval: Annotated[float, typer.Option(help="Between recorded samples, ms.")] = 10.0,
    out: Annotated[Path | None, typer.Option(help="Result, NetCDF.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Figure: png, pdf or svg.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Train a reservoir on delayed center-out reaching, test it, and show its reaches.

    The hand rests, sees a target, waits for the go signal, reaches and holds. Without --out,
    --figure and --json, the result and its figure are written to reaching-RULE-seedN.nc and .png;
    otherwise only what is named is written. A run that is interrupted goes on where it stopped when
    the same command is given again.

    For example:

      neurosim run reaching

      neurosim run reaching --rule force --shown-until go --record-rates 400 --out reach.nc

      neurosim run reaching --plant arm --delay 200:800 --trials 480 --figure arm.png

      neurosim run reaching --targets 4 --distances 0.3,0.6 --barriers none,left,right --json

      neurosim run reaching --rule force --perturb lesion:units:0.2@test --set gain=1.5
    """
    from neurosim.cli.simulating import Outputs, carry_out, check_length
    from neurosim.overrides import check_known, parse, replaced
    from neurosim.perturbations import parse as perturbation
    from neurosim.recording import Recording
    from neurosim.simulate import Simulation
    from neurosim.task import Schedule
    from tasks.motor.reaching_presets import RESERVOIR, reaching_rule, reaching_task

    values = parse(set_ or [])
    given = {} if distances is None else {"distances": numbers("--distances", distances)}
    task: Reaching = reaching_task(
        plant,
        n_segments=segments,
        n_targets=targets,
        barriers=tuple(parts(barriers)),
        height=height,
        baseline=baseline,
        delay=_delay(delay),
        delay_distribution=delay_distribution,
        delay_constant=delay_constant,
        inputs=inputs,
        shown_until=shown_until,
        seed=task_seed,
        reaction=reaction,
        duration=duration,
        hold=hold,
        **given,
    )
    made_rule = reaching_rule(rule, task)
    reservoir = replace(RESERVOIR, n_units=units)
    schedule = Schedule(train_trials=trials, test_trials=test_trials)
    check_known(values, made_rule, reservoir, schedule, task.plant)
    reservoir, schedule = replaced(reservoir, values), replaced(schedule, values)
    check_length(task, reservoir, schedule, record_rates, interval)
    body = "" if plant == "direct" else f"-{plant}"
    outputs = Outputs.named(
        f"reaching{body}-{rule}-seed{seed}", out, figure, as_json=as_json, force=force
    )
    simulation = Simulation(
        replace(task, plant=replaced(task.plant, values)),
        replaced(made_rule, values),
        reservoir,
        seed=seed,
        schedule=schedule,
        recording=Recording(
            Recording().signals + (("rates",) if record_rates else ()),
            interval,
            units=tuple(range(record_rates)),
        ),
        perturbations=[perturbation.parse(text) for text in perturb or []],
    )
    carry_out(simulation, outputs, as_json=as_json, quiet=quiet)


def _delay(text: str) -> tuple[float, float]:
    """``"400"`` or ``"200:800"``."""
    from neurosim.errors import InputError

    try:
        ends = [float(part) for part in text.split(":")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2):
        raise InputError(f"--delay: expected a time in ms, or two as 200:800, given '{text}'")
    return ends[0], ends[-1]
