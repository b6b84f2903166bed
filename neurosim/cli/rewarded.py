"""``neurosim run rewarded-reaching``: train a network to reach by success and failure alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from neurosim.cli.output import numbers


def rewarded(
    rule: Annotated[str, typer.Option(help="rmhl or supertrex.")] = "rmhl",
    radius: Annotated[float, typer.Option(help="Of the success zone; the target is 0.5 away.")] = (
        0.05
    ),
    practice: Annotated[
        int, typer.Option(help="Training trials before, with the error told.", min=0)
    ] = 60,
    probability: Annotated[
        str, typer.Option(help="That success pays; comma-separated: block by block.")
    ] = "1",
    block: Annotated[int, typer.Option(help="Trials of a block.", min=1)] = 50,
    shift: Annotated[
        float, typer.Option(help="By which the zone moves around the centre, degrees.")
    ] = 0.0,
    shift_trials: Annotated[
        int, typer.Option(help="Over how many trials it does, after practice.", min=1)
    ] = 60,
    perturb: Annotated[
        list[str] | None,
        typer.Option(help="NAME[:ARG[:ARG]][@WHEN], as dopamine:0.8@trial=60..; may be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all random draws.", min=0)] = 0,
    units: Annotated[int, typer.Option(help="Units of the reservoir.", min=1)] = 400,
    trials: Annotated[int, typer.Option(help="Training trials, practice included.", min=0)] = 260,
    test_trials: Annotated[int, typer.Option(help="Test trials.", min=0)] = 4,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Any parameter of rule or network.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Result, NetCDF.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Figure: png, pdf or svg.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Reach to one target; after practice, success or failure is all that the network is told.

    Without --out, --figure and --json, the result and its figure are written to
    rewarded-reaching-RULE-seedN.nc and .png. A run that is interrupted goes on where it stopped
    when the same command is given again.

    For example:

      neurosim run rewarded-reaching --shift 8

      neurosim run rewarded-reaching --radius 0.1 --probability 0.9,0.3 --block 60 --trials 420

      neurosim run rewarded-reaching --rule supertrex --shift 8 --perturb dopamine:0.8@trial=60..
    """
    from neurosim.cli.simulating import Outputs, carry_out, check_length
    from neurosim.overrides import check_known, parse, replaced
    from neurosim.perturbations import parse as perturbation
    from neurosim.plants import BinaryReward
    from neurosim.recording import Recording
    from neurosim.simulate import Simulation
    from neurosim.task import Schedule
    from tasks.motor.reaching_presets import RESERVOIR
    from tasks.motor.rewarded import RewardedReaching, rewarded_rule

    values = parse(set_ or [])
    task = RewardedReaching(
        reward=BinaryReward(radius, practice, numbers("--probability", probability), block),
        shift=shift,
        shift_trials=shift_trials,
        delay=(0.0, 0.0),
        baseline=50.0,
    )
    made_rule = rewarded_rule(rule)
    reservoir = replace(RESERVOIR, n_units=units)
    schedule = Schedule(train_trials=trials, test_trials=test_trials)
    check_known(values, made_rule, reservoir, schedule)
    reservoir, schedule = replaced(reservoir, values), replaced(schedule, values)
    check_length(task, reservoir, schedule)
    stem = f"rewarded-reaching-{rule}-seed{seed}"
    outputs = Outputs.named(stem, out, figure, as_json=as_json, force=force)
    simulation = Simulation(
        task,
        replaced(made_rule, values),
        reservoir,
        seed=seed,
        schedule=schedule,
        recording=Recording(),
        perturbations=[perturbation.parse(text) for text in perturb or []],
    )
    carry_out(simulation, outputs, as_json=as_json, quiet=quiet)
