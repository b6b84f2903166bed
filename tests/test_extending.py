"""The worked examples of docs/extending: what they compute, and that their pages run."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analyses.figures.movement import figure
from neurosim import InputError, Recording, Reservoir, Schedule, Simulation, save, train
from neurosim.perturbations import When
from neurosim.plants import Direct
from neurosim.rules import Force, Rule
from pages import run
from tasks.motor import Drawing, motor_task

HERE = Path(__file__).parents[1] / "docs" / "extending"
NET = Reservoir(n_units=60, dt=1.0, noise=0.0, dtype="float64")


@pytest.fixture(scope="module", autouse=True)
def examples():
    """The folder of the examples, as if it were a person's own."""
    sys.path.insert(0, str(HERE))
    yield
    sys.path.remove(str(HERE))


def example(name):
    return importlib.import_module(name)


@pytest.mark.parametrize("page", ["rule", "task", "plant", "analysis", "perturbation"])
def test_pages_run(page, neurosim):
    names = run(HERE / f"{page}.md")
    result = names["result"]
    assert not result.diverged
    figure(result)  # what draws and saves the package's own results takes these too
    save(result, "result.nc")
    assert neurosim("show", "result.nc", "--json")[0] == 0
    if page == "plant":  # which of two masses RMHL learns to move
        assert result.trial_distance[-1] < 0.75 * result.trial_distance.max()
        slow = names["slow"].trial_distance
        assert names["slow"].diverged or slow[-1] > 0.95 * slow.max()


# ---------------------------------------------------------------------------------------- rule


def rates_and_readouts(run, targets):
    """Rates and readouts of a run with NLMS, straight from the equations."""
    rule, net = run.rule, run.network
    J, Q, x = net.recurrent.to_dense(), net.feedback, net.x.copy()
    leak = NET.dt / NET.time_constant
    W, r, readouts = np.zeros((2, NET.n_units)), np.tanh(x), []
    for f in targets:  # teacher forcing: the wanted readout of this step is fed back
        x = x + leak * (-x + J @ r + Q @ f)
        r = np.tanh(x)
        z = W @ r
        readouts.append(z)
        W = W + rule.learning_rate * np.outer(f - z, r) / (rule.floor + r @ r)
    return W, np.array(readouts)


def test_rule_is_its_equation():
    Nlms = example("rule").Nlms
    task, rule = motor_task("butterfly", period=100.0), Nlms(0.3, 0.1)
    assert isinstance(rule, Rule)
    every = Recording(("readout",), interval=NET.dt)
    run = Simulation(task, rule, NET, seed=3, schedule=Schedule(2, 0), recording=every)
    W, readouts = rates_and_readouts(run, np.tile(task.trial(0, NET.dt).target, (2, 1)))
    result = run.run()
    np.testing.assert_allclose(result.readout_weights[0], W, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(result.readout, readouts, rtol=1e-5, atol=1e-6)  # kept in float32


def test_rule_learns():
    Nlms, task = example("rule").Nlms, motor_task("butterfly", period=1000.0)
    net = Reservoir(n_units=200, dt=1.0, dtype="float64")
    result = train(task, Nlms(), net, seed=1, schedule=Schedule(20, 1))
    test = result.isel(time=result.time >= 20_000)
    error = np.sqrt(((test.hand - test.target) ** 2).sum("axis").mean())
    still = np.sqrt((test.target**2).sum("axis").mean())
    assert error < 0.2 * still


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"learning_rate": 2.5}, "Nlms: learning_rate must be a number from 0 to 2, given 2.5"),
        ({"floor": -1}, "Nlms: floor must be a number of at least 0, given -1"),
    ],
)
def test_rule_refuses(given, message):
    with pytest.raises(InputError) as raised:
        example("rule").Nlms(**given)
    assert str(raised.value) == message


# ---------------------------------------------------------------------------------------- task


def test_task_trials():
    task = example("task").Cycling(frequency=1.0, duration=1000.0)
    forward, backward = task.trial(0, 1.0), task.trial(5, 1.0)
    np.testing.assert_allclose(forward.target[[0, 250, 500]], [[0, -1], [1, 0], [0, 1]], atol=1e-12)
    np.testing.assert_allclose(backward.target, forward.target * [-1, 1], atol=1e-12)
    np.testing.assert_array_equal(forward.inputs[7], [1, 0])
    np.testing.assert_array_equal(backward.inputs[7], [0, 1])


def test_task_is_learned_in_both_directions():
    net = Reservoir(n_units=200, gain=1.2, time_constant=50.0, dt=1.0)
    result = train(example("task").Cycling(), Force(), net, seed=1, schedule=Schedule(10, 2))
    assert list(result.direction[-2:].values) == ["forward", "backward"]
    test = result.isel(time=result.time >= 10_000)
    assert float(np.abs(test.hand - test.target).max()) < 0.2  # of a radius of 1


def test_task_refuses():
    Cycling = example("task").Cycling
    with pytest.raises(InputError, match=r"^Cycling: plant must move in two dimensions, given 1$"):
        Cycling(Direct(("x",)))
    with pytest.raises(InputError, match=r"^Cycling: frequency must be a number above 0, given 0$"):
        Cycling(frequency=0)


# ---------------------------------------------------------------------------------------- plant


@pytest.fixture(scope="module")
def pulled(examples):
    """A run whose readout is all feedback and chance, with a slow and swinging plant."""
    from neurosim import Rmhl

    plant = example("plant").SpringMass(frequency=5.0, damping_ratio=0.3)
    task = Drawing("butterfly", plant, period=200.0, test_feedback="free")
    every = Recording(("readout", "hand", "plant_state"), interval=NET.dt)
    return plant, train(task, Rmhl(), NET, seed=2, schedule=Schedule(2, 0), recording=every)


def swing(plant, t):
    """Position and speed at t s after a pull to 1 from rest, in closed form, zeta < 1."""
    w, zeta = 2 * np.pi * plant.frequency, plant.damping_ratio
    wd, decay = w * np.sqrt(1 - zeta**2), np.exp(-zeta * w * t)
    x = 1 - decay * (np.cos(wd * t) + zeta * w / wd * np.sin(wd * t))
    return x, decay * w**2 / wd * np.sin(wd * t)


def test_plant_is_the_analytic_solution():
    plant = example("plant").SpringMass(frequency=5.0, damping_ratio=0.3)
    kernel, h = plant.kernel(2.0), 2e-3
    state = np.zeros(2)
    for step in range(1, 200):
        state = kernel.Phi @ state + kernel.Gamma
        np.testing.assert_allclose(state, swing(plant, step * h), rtol=1e-9, atol=1e-9)


def test_plant_moves_in_the_loop_as_by_itself(pulled):
    plant, result = pulled
    kernel, s = plant.kernel(NET.dt), np.zeros((2, 2))
    assert float(np.abs(result.hand).max()) > 1e-3
    for at in range(result.sizes["time"]):
        s = np.outer(kernel.Gamma, result.readout[at]) + kernel.Phi @ s
        np.testing.assert_allclose(result.hand[at], s[0], rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(result.mass_velocity[at], s[1], rtol=1e-4, atol=1e-5)


def test_plant_refuses():
    with pytest.raises(InputError, match=r"^SpringMass: frequency must be a number above 0"):
        example("plant").SpringMass(frequency=0)


# ------------------------------------------------------------------------------------- analysis


def test_analysis_of_known_dimensions():
    dimensions = example("analysis").dimensions
    t = 2 * np.pi * np.arange(100) / 100
    one = np.outer(np.sin(t), [1.0, 2.0, -1.0])
    two = np.column_stack([np.sin(t), np.cos(t), 0 * t])
    three = np.column_stack([np.sin(t), np.cos(t), np.sin(2 * t)])
    rates = xr.DataArray(
        [one, two, three], dims=("trial", "time", "unit"), coords={"phase": ("trial", list("abc"))}
    )
    found = dimensions(rates)
    np.testing.assert_allclose(found, [1, 2, 3], rtol=1e-9)
    assert list(found.phase.values) == ["a", "b", "c"]


def test_analysis_against_eigenvalues():
    rng = np.random.default_rng(0)
    rates = xr.DataArray(rng.standard_normal((2, 40, 7)), dims=("trial", "time", "unit"))
    slow = []
    for trial in rates.values:
        eigenvalues = np.linalg.eigvalsh(np.cov(trial.T))
        slow.append(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())
    np.testing.assert_allclose(example("analysis").dimensions(rates), slow, rtol=1e-9)


def test_analysis_refuses():
    dimensions = example("analysis").dimensions
    rates = xr.DataArray(np.ones((2, 5, 3)), dims=("trial", "time", "unit"))
    rates[0] = np.random.default_rng(0).standard_normal((5, 3))
    with pytest.raises(InputError, match="in trial 1 they are not or do not"):
        dimensions(rates)
    with pytest.raises(InputError, match="must have the dimensions trial, time, unit"):
        dimensions(rates.rename(trial="condition"))
    rates[1, 0, 0] = np.nan
    with pytest.raises(InputError, match="in trial 1"):
        dimensions(rates)


# --------------------------------------------------------------------------------- perturbation


def test_perturbation_lowers_the_output():
    Fatigue = example("perturbation").Fatigue
    net = Reservoir(n_units=200, gain=1.2, time_constant=50.0, dt=1.0)
    task, schedule = motor_task("butterfly", period=500.0), Schedule(1, 1)
    every = Recording(("readout",), interval=1.0)
    tired = Fatigue(0.8, 100.0, when=When("test"))
    given = {"seed": 1, "schedule": schedule, "recording": every}
    well = train(task, Force(), net, **given)
    ill = train(task, Force(), net, perturbations=[tired], **given)
    np.testing.assert_array_equal(well.readout[:500], ill.readout[:500])
    gain = 1 - 0.8 * (1 - np.exp(-np.arange(500) / 100.0))  # the test is teacher-forced
    np.testing.assert_allclose(ill.readout[500:], well.readout[500:] * gain[:, None], rtol=1e-4)
    assert ill.attrs["perturbations"] == "fatigue:0.8:100@test"


def test_perturbation_refuses():
    with pytest.raises(InputError, match=r"^Fatigue: time_constant must be a number above 0"):
        example("perturbation").Fatigue(time_constant=0)
