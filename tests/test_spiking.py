"""Spiking reservoirs: single neurons, filters, learning, and what a run keeps and refuses."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from neurosim import Force, InputError, Recording, Schedule
from neurosim.perturbations import Freeze, Kick, Lesion, Silence, When
from tasks.motor import motor_task

pytest.importorskip("brian2")

from neurosim.spiking import NETWORKS, Izhikevich, Lif, SpikingSimulation, Theta, train
from neurosim.spiking._network import BrianNetwork
from neurosim.spiking.curves import firing_rates
from neurosim.spiking.lif import FIGURE_2

TINY = Lif(n_units=60, dt_neuron=0.1)
TASK = motor_task("butterfly", period=60.0)
SHORT = Schedule(2, 1, test_feedback="free")


def small(rule=None, network=TINY, **options):
    options = {"schedule": SHORT, "seed": 3, "code": "numpy"} | options
    return train(options.pop("task", TASK), rule or Force(alpha=80.0), network, **options)


def assert_same(one, other):
    for name in ("spike_time", "spike_unit", "hand", "readout_weights"):
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=name)


# single neurons


def test_lif_fires_as_fast_as_theory_says():
    model, currents = Lif(dt_neuron=0.01), np.array([-60.0, -40.5, -39.5, -36.0, -25.0, 0.0])
    found = firing_rates(model, currents, duration=500.0, code="numpy")
    assert np.array_equal(found[:2], [0, 0])
    np.testing.assert_allclose(found, model.firing_rate(currents), rtol=5e-3)


def test_theta_fires_at_the_root_of_the_current():
    currents = np.array([-50.0, 0.0, 25.0, 100.0, 900.0, 6400.0])
    found = firing_rates(Theta(), currents, duration=600.0, code="numpy")
    np.testing.assert_allclose(found, np.sqrt(np.maximum(currents, 0)), rtol=2e-3)


@pytest.mark.parametrize("tau", [5.0, 20.0])
def test_the_scale_of_theta_changes_no_spike(tau):
    found = firing_rates(Theta(tau=tau, dt_neuron=0.02), [400.0], duration=300.0, code="numpy")
    np.testing.assert_allclose(found, [20.0], rtol=2e-3)


def test_izhikevich_without_adaptation_is_a_quadratic_neuron():
    model = Izhikevich(
        spike_adaptation=0.0, recovery_coupling=0.0, v_threshold=-20.0, dt_neuron=0.005, dt=0.2
    )
    currents = np.array([1100.0, 1500.0, 4000.0])
    middle = (model.v_rest + model.v_threshold) / 2
    width = np.sqrt((currents - model.rheobase) / model.k)
    turn = np.arctan((model.v_peak - middle) / width) - np.arctan((model.v_reset - middle) / width)
    expected = 1000 * model.k * width / (model.capacitance * turn)
    found = firing_rates(model, currents, duration=300.0, settle=100.0, code="numpy")
    np.testing.assert_allclose(found, expected, rtol=5e-3)


def test_izhikevich_starts_to_fire_at_its_rheobase():
    model = Izhikevich()
    assert model.rheobase == pytest.approx(1000)
    found = firing_rates(model, [950.0, 1050.0], duration=800.0, settle=600.0, code="numpy")
    assert found[0] == 0 < found[1]


# filters, weights


def test_a_spike_passes_the_double_exponential():
    """Two neurons, one synapse: r and s are the sums over spikes of the filter's response."""
    model = Lif(n_units=2, dt=0.1, dt_neuron=0.01, bias=-20.0)
    traces = []
    network = BrianNetwork(
        model,
        np.array([0]),
        np.array([1]),
        {"v": np.array([-50.0, -1000.0])},
        lambda: traces.append([network.array("r")[0], network.array("s")[1]]),
        "numpy",
    )
    network.connect(np.array([7.0]), np.zeros(0, np.int64))
    network.run(30.0)
    times, units = network.recorded()
    assert set(units) == {0}
    t = np.arange(300) * 0.1
    since = t[:, np.newaxis] - times
    rise, decay = model.rise_time, model.decay_time
    response = (np.exp(-since / decay) - np.exp(-since / rise)) / (decay - rise)
    expected = np.where(since > 0, response, 0).sum(axis=1)
    np.testing.assert_allclose(np.array(traces)[:, 0], expected, atol=0.01 * expected.max())
    np.testing.assert_allclose(np.array(traces)[:, 1], 7 * expected, atol=0.07 * expected.max())


def test_weights_have_the_published_statistics():
    n, model = 400, dataclasses.replace(FIGURE_2, n_units=400)
    built = model.build(2, 1, np.random.default_rng(0))
    dense = np.zeros((n, n))
    dense[built.recurrent.target, built.recurrent.source] = built.recurrent.weight
    assert np.count_nonzero(dense) / n**2 == pytest.approx(0.1, rel=0.03)
    np.testing.assert_allclose(dense.sum(axis=1), 0, atol=1e-9)
    spread = 1000 * 0.04 / (0.1 * np.sqrt(n))  # of kHz
    assert built.recurrent.weight.std() == pytest.approx(spread, rel=0.03)
    assert np.abs(built.feedback).max() == pytest.approx(10, rel=0.01)
    assert built.inputs.shape == (n, 1)


def test_the_bias_is_the_rheobase_in_every_published_network():
    for kind in NETWORKS.values():
        assert kind().bias == pytest.approx(kind().rheobase)


# runs


def test_the_same_seed_gives_the_same_spikes():
    first = small()
    assert_same(first, small())
    assert not np.array_equal(first.spike_time, small(seed=4).spike_time)


def test_the_form_of_the_result():
    recording = Recording(("hand", "rates"), interval=10.0, units=(0, 5))
    result = small(recording=recording)
    assert result.attrs["kind"] == "movement"
    assert (result.attrs["network"], result.attrs["brian2_code"]) == ("lif", "numpy")
    assert result.rates.attrs["units"] == "Hz"
    assert result.spike_time.dims == result.spike_unit.dims == ("spike",)
    assert np.all(np.diff(result.spike_time) >= 0)
    assert 0 <= result.spike_time.min() and result.spike_time.max() < 180
    assert json.loads(result.attrs["parameters"])["reservoir"]["gain"] == TINY.gain
    assert result.attrs["simulate_s"] > 0 and result.attrs["learn_s"] > 0
    assert "nicola2017" in result.attrs["references"].split()
    late = result.spike_unit[result.spike_time >= 120]
    assert result.attrs["mean_rate_hz"] == pytest.approx(late.size / 60 / 0.06)


def test_recorded_rates_are_the_filtered_spikes():
    result = small(recording=Recording(("rates",), interval=10.0, units=(7,)))
    own = result.spike_time.values[result.spike_unit.values == 7]
    since = result.time.values[:, np.newaxis] - own
    response = (np.exp(-since / 20) - np.exp(-since / 2)) / 18
    expected = 1000 * np.where(since > 0, response, 0).sum(axis=1)
    np.testing.assert_allclose(result.rates.values[:, 0], expected, atol=2.5)


def test_a_trial_that_starts_anew_has_the_same_spikes():
    task = dataclasses.replace(TASK, periodic=False)
    frozen = [Freeze(pathway="output")]
    result = small(task=task, schedule=Schedule(2, 0), perturbations=frozen)
    times, units = result.spike_time.values, result.spike_unit.values
    first = times < 60
    np.testing.assert_allclose(times[first], times[~first] - 60, atol=1e-6)
    np.testing.assert_array_equal(units[first], units[~first])


def test_lesioned_units_fire_no_spikes():
    result = small(perturbations=[Lesion(0.5, when=When("test"))])
    times, units = result.spike_time.values, result.spike_unit.values
    assert len(np.unique(units[times < 120])) > 50
    assert len(np.unique(units[times >= 120])) <= 30


def test_lost_connections_carry_nothing():
    result = small(perturbations=[Lesion(1.0, "connections"), Silence(pathway="output")])
    lonely = small(network=dataclasses.replace(TINY, gain=0.0), perturbations=[
        Silence(pathway="output")])  # fmt: skip
    assert_same(result[["spike_time", "spike_unit", "hand"]].assign(readout_weights=0),
                lonely[["spike_time", "spike_unit", "hand"]].assign(readout_weights=0))  # fmt: skip


def test_a_silenced_readout_does_not_move():
    result = small(perturbations=[Silence(pathway="output", when=When("test"))])
    assert np.all(result.hand.values[result.time.values >= 120] == 0)


def test_a_frozen_trial_learns_nothing():
    frozen = [Freeze(pathway="output", when=When(last_trial=0))]
    result = small(perturbations=frozen)
    before = (result.time < 60).values
    assert np.all(result.weight_norm.values[before] == 0)
    assert result.weight_norm.values[-1] > 0


def test_delayed_feedback_changes_the_spikes():
    from neurosim.perturbations import FeedbackDelay

    assert small().sizes["spike"] != small(perturbations=[FeedbackDelay(delay=5.0)]).sizes["spike"]


# refusals


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Lif(n_units=0), "Lif: n_units must be a whole number of at least 1, given 0"),
        (lambda: Lif(dt=0.12), "Lif: dt must be a multiple of dt_neuron = 0.05 ms, given 0.12 ms"),
        (
            lambda: Lif(dt=2.0, dt_neuron=2.0),
            "Lif: dt_neuron must be at most half of rise_time = 2.0 ms, given 2.0 ms",
        ),
        (
            lambda: Lif(v_reset=-30.0),
            "Lif: v_reset must be below v_threshold = -40.0 mV, given -30.0 mV",
        ),
        (
            lambda: Izhikevich(v_peak=-30.0),
            "Izhikevich: v_reset and v_threshold must be below v_peak = -30.0 mV, "
            "given -65.0 and -19.2 mV",
        ),
        (lambda: Theta(tau=0.0), "Theta: tau must be a number above 0, given 0.0"),
        (lambda: Theta(feedback="of"), "one of 'on', 'off', given 'of'"),
        (lambda: firing_rates(Lif(), [[1.0]]), "currents must be finite numbers, (C,), given"),
        (
            lambda: small(code="c"),
            "Brian2: target must be one of 'auto', 'cython', 'numpy', given 'c'",
        ),
        (
            lambda: small(perturbations=[Kick(0.1, 5.0)]),
            "kick:0.1:5: pushes the state of rate units, which spiking neurons have not; "
            "expected another perturbation, or a rate network",
        ),
        (
            lambda: SpikingSimulation(TASK, Force(), TINY).run(checkpoint="a.checkpoint"),
            "a spiking run keeps no checkpoint",
        ),
        (
            lambda: SpikingSimulation(TASK, Force(), TINY).branch(Silence()),
            "a spiking run cannot branch",
        ),
    ],
)
def test_mistakes_are_told_in_one_line(make, message):
    with pytest.raises(InputError) as told:
        make()
    assert message in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ImportError("none"), r"need brian2 \(none\); pip install 'neurosim\[spiking\]'"),
        (AttributeError("no ptp"), r"does not work with the installed NumPy \(no ptp\); pip"),
    ],
)
def test_a_brian2_that_cannot_be_imported_is_told(monkeypatch, error, message):
    import builtins

    from neurosim.spiking import _brian

    real = builtins.__import__

    def broken(name, *others, **more):
        if name == "brian2":
            raise error
        return real(name, *others, **more)

    _brian.require_brian2.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(builtins, "__import__", broken)
        with pytest.raises(InputError, match=message):
            SpikingSimulation(TASK, Force(), TINY)
    _brian.require_brian2.cache_clear()
