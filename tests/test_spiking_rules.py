"""Learning rules on spiking reservoirs: what they learn, and that it goes on by itself."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from neurosim import Force, Rmhl, Schedule, Supertrex
from neurosim.plants import Direct
from tasks.motor import Drawing, motor_task, preset_rule
from tasks.motor.targets import butterfly

pytest.importorskip("brian2")

from neurosim.spiking import NETWORKS, Izhikevich, Lif, train


def sine(period=1000.0):
    wave = np.sin(2 * np.pi * 5e-3 * np.arange(2000) * period / 2000)
    return Drawing("sine", Direct(("x",)), period=period, curve=wave[:, np.newaxis])


def learn(network, task, seed, trials):
    rule = dataclasses.replace(network.tuned(Force()), every=5)
    schedule = Schedule(trials, 1, test_feedback="free")
    return train(task, rule, network, seed=seed, schedule=schedule, code="numpy")


def test_force_learns_a_sine_that_goes_on_by_itself():
    result = learn(Lif(n_units=600, dt_neuron=0.1), sine(), 2, trials=3)
    assert result.attrs["test_correlation"] > 0.95
    assert result.trial_distance[-1] < 0.2
    assert 20 < result.attrs["mean_rate_hz"] < 60
    tested = (result.time >= 3000).values
    x, target = result.hand.values[tested, 0], result.target.values[tested, 0]
    assert np.corrcoef(x, target)[0, 1] == pytest.approx(result.attrs["test_correlation"])


def test_force_learns_the_butterfly_when_told_the_phase():
    """x(t) of the butterfly in 1 s; cos and sin of the phase are inputs."""
    task = Drawing(
        "x", Direct(("x",)), period=1000.0, curve=butterfly(2000)[:, :1], state=("phase",)
    )
    result = learn(Lif(n_units=400, dt_neuron=0.1), task, 2, trials=2)
    assert result.attrs["test_correlation"] > 0.95


@pytest.mark.parametrize("kind", NETWORKS.values(), ids=lambda kind: kind.name)
def test_every_model_follows_its_target_in_training(kind):
    network = kind(n_units=200)
    result = train(
        sine(200.0), network.tuned(Force()), network, seed=3, schedule=Schedule(1, 0), code="numpy"
    )
    late = (result.time > 100).values
    error = result.hand.values[late, 0] - result.target.values[late, 0]
    assert np.sqrt(np.mean(error**2)) < 0.3
    assert result.sizes["spike"] > 100


def short(rule):
    task, schedule = motor_task("butterfly", period=60.0), Schedule(2, 1, test_feedback="free")
    return train(task, rule, Lif(n_units=60, dt_neuron=0.1), schedule=schedule, code="numpy")


@pytest.mark.parametrize("rule", [Rmhl(), Supertrex()], ids=lambda rule: rule.name)
def test_other_rules_change_their_weights(rule):
    result = short(rule)
    assert set(result.pathway.values) == set(rule.pathways)
    assert np.abs(result.readout_weights.values).max() > 0


def test_rules_are_tuned_to_spikes():
    assert Lif(n_units=1000).tuned(Rmhl(psi_scale=0.1)) == Rmhl(0.0005, psi_scale=0.1)
    tuned = Lif().tuned(Supertrex(mastery_gain=0.9))
    assert tuned == Supertrex(exploratory=Rmhl(0.00025), mastery_gain=0.9)
    assert Lif().tuned(Force()) == Force(alpha=80.0, every=12)
    assert Izhikevich().tuned(Force()) == Force(alpha=200.0, every=4)


def test_a_run_that_diverges_says_where():
    result = short(Rmhl(learning_rate=1e300, psi_first=1.0))
    assert result.attrs["diverged"] == 1
    assert 0 <= result.attrs["diverged_step"] < 900
    assert result.sizes["time"] <= 18


def test_supertrex_learns_in_spikes():
    """From reward, and its mastery pathway goes on alone, unforced."""
    task = dataclasses.replace(
        motor_task("butterfly", period=500.0), state=("phase",), test_feedback="free"
    )
    network = Lif(n_units=500)
    rule = network.tuned(preset_rule("supertrex", task))
    result = train(task, rule, network, seed=6, schedule=Schedule(14, 1))
    hand, target = (result[name].to_numpy()[-50:] for name in ("hand", "target"))
    for axis in range(2):
        assert np.corrcoef(hand[:, axis], target[:, axis])[0, 1] > 0.9
