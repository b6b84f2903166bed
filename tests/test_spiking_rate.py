"""The rate reservoir in Brian2 against the compiled loop: an independent simulator agrees."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from neurosim import Force, InputError, Reservoir, Schedule, Simulation
from neurosim.perturbations import Silence
from tasks.motor import motor_task

pytest.importorskip("brian2")

from neurosim.spiking.rate import trajectories

NETWORK = Reservoir(n_units=100, noise=0.0, dtype="float64")
TOLERANCE = 1e-9
"""Of the states, which are of order 1, over 200 ms of a chaotic network (gain 1.5, tau 10 ms)."""


def fresh(network=NETWORK, schedule=None, period=200.0, state=(), **options):
    task = dataclasses.replace(motor_task("butterfly", period=period), state=state)
    schedule = schedule or Schedule(1, 1, test_feedback="free")
    return Simulation(task, Force(), network, seed=5, schedule=schedule, **options)


def trained(**options):
    """At the begin of its test."""
    run = fresh(**options)
    while run.learning:
        run.advance()
    return run


@pytest.mark.parametrize("connectivity", ["sparse", "dense"])
def test_a_trained_network_runs_the_same_in_both(connectivity):
    run = trained(network=dataclasses.replace(NETWORK, connectivity=connectivity))
    ours, theirs = trajectories(run, 1000, code="numpy")
    assert ours.shape == theirs.shape == (1000, 100)
    assert 0.3 < ours.std() < 3  # it moves
    assert np.abs(np.diff(ours, axis=0)).max() > 1e-3
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu", "logistic", "linear"])
def test_every_nonlinearity_and_inputs(nonlinearity):
    network = dataclasses.replace(NETWORK, nonlinearity=nonlinearity, gain=0.9)
    run = trained(network=network, state=("phase",))
    ours, theirs = trajectories(run, 300, code="numpy")
    np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=TOLERANCE)


def test_without_feedback():
    ours, theirs = trajectories(
        fresh(dataclasses.replace(NETWORK, feedback="off")), 300, code="numpy"
    )
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=TOLERANCE)


def test_the_loop_s_part_is_what_a_run_does_and_the_run_stays_where_it_is():
    run = trained()
    before = run.network.x.copy()
    ours, _ = trajectories(run, 1000, code="numpy")
    np.testing.assert_array_equal(run.network.x, before)
    while not run.finished:
        run.advance()
    np.testing.assert_allclose(run.network.x, ours[-1], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fresh(Reservoir(n_units=20)), "float64 without noise, given float32"),
        (lambda: fresh(schedule=Schedule(1, 1, "target")), "a trial with free feedback"),
        (
            lambda: fresh(perturbations=[Silence(pathway="output")]),
            "without perturbations and without senses",
        ),
        (lambda: fresh(period=20.0), "n_steps must be at most 100, the steps of a trial, given"),
    ],
)
def test_what_cannot_be_compared_is_refused(make, message):
    with pytest.raises(InputError) as told:
        trajectories(make(), 200, code="numpy")
    assert message in str(told.value)
