"""``neurosim run ... --network lif``: what a spiking run has in place of a rate network."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from neurosim.rules import Rule
    from neurosim.spiking import SpikingReservoir, SpikingSimulation
    from neurosim.task import Schedule
    from tasks.motor import Drawing

PERIOD = 1000.0
"""Length of a trial in ms where none is given: spiking networks forget within a second."""

TRIALS, TEST_TRIALS = 5, 2
"""Where none are given; 5 s are what Nicola & Clopath 2017 train for."""


class Parts(NamedTuple):
    """What a run is made of."""

    task: Drawing
    rule: Rule
    reservoir: SpikingReservoir
    schedule: Schedule
    simulation: type[SpikingSimulation]


def spiking_parts(context: typer.Context, network: str, task: Drawing, rule: Rule) -> Parts:
    """The parts of a spiking run, from the options of a rate network's.

    Options that were not given take a spiking network's defaults: the units of the published
    network, 5 training and 2 test trials of 1,000 ms, and tests that go on unforced.

    Raises
    ------
    InputError
        Unknown network, brian2 missing, or a precision given.
    """
    from neurosim.errors import InputError, suggest
    from neurosim.spiking import NETWORKS, SpikingSimulation
    from neurosim.spiking._brian import require_brian2
    from neurosim.task import Schedule

    if network not in NETWORKS:
        raise suggest(network, ("rate", *NETWORKS), what="network")
    require_brian2()
    if _given(context, "dtype"):
        raise InputError("--dtype: spiking networks compute in float64; leave it out")

    def chosen(name: str, default: Any) -> Any:
        return context.params[name] if _given(context, name) else default

    if task.source is None:
        task = dataclasses.replace(task, period=chosen("period", PERIOD))
    reservoir = NETWORKS[network]()
    reservoir = dataclasses.replace(reservoir, n_units=chosen("units", reservoir.n_units))
    schedule = Schedule(
        chosen("trials", TRIALS),
        chosen("test_trials", TEST_TRIALS),
        test_feedback="free" if task.plant.invertible else "",
    )
    return Parts(task, reservoir.tuned(rule), reservoir, schedule, SpikingSimulation)


def _given(context: typer.Context, name: str) -> bool:
    source: Any = context.get_parameter_source(name)  # an enum of the click that typer goes by
    return source.name == "COMMANDLINE"
