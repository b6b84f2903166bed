"""Spikes after a run: statistics by elephant, NWB, the figure, and the command."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from neurosim import Force, InputError, Schedule
from neurosim.perturbations import Freeze, When
from tasks.motor import motor_task

pytest.importorskip("brian2")
pytest.importorskip("elephant")

from analyses import spikes
from neurosim.spiking import Lif, train

END, TRIAL = 20_000.0, 10_000.0


def result_of(trains):
    """A result of two trials, the first of them training, with given spikes by neuron."""
    times = np.concatenate(trains)
    units = np.repeat(np.arange(len(trains)), [len(each) for each in trains])
    order = np.argsort(times, kind="stable")
    return xr.Dataset(
        {
            "spike_time": ("spike", times[order], {"units": "ms"}),
            "spike_unit": ("spike", units[order]),
            "readout_weights": ("neuron", np.zeros(len(trains))),
        },
        {"phase": ("trial", ["train", "test"])},
        {"trial_ms": TRIAL, "steps": 100_000, "parameters": '{"reservoir": {"dt": 0.2}}'},
    )


def poisson(rng, rate_hz, end=END):
    return np.sort(rng.uniform(0, end, rng.poisson(rate_hz * end / 1000)))


@pytest.fixture(scope="module")
def run():
    return train(
        motor_task("butterfly", period=60.0),
        Force(alpha=80.0),
        Lif(n_units=60, dt_neuron=0.1),
        seed=3,
        schedule=Schedule(3, 1, test_feedback="free"),
        perturbations=[Freeze(pathway="output", when=When(last_trial=0))],
        code="numpy",
    )


def test_a_poisson_neuron_and_a_clock():
    rng = np.random.default_rng(0)
    clock = np.arange(5.0, END, 25.0)
    found = spikes.statistics(result_of([poisson(rng, 50.0), clock, np.zeros(0)]), "all")
    np.testing.assert_allclose(found.rate, [50, 40, 0], rtol=0.05)
    np.testing.assert_allclose(found.cv[:2], [1, 0], atol=0.06)
    np.testing.assert_allclose(found.fano[:2], [1, 0], atol=0.25)
    assert np.isnan(found.cv[2]) and np.isnan(found.fano[2])


def test_identical_trains_are_synchronous():
    rng = np.random.default_rng(1)
    one = poisson(rng, 10.0)
    same = spikes.statistics(result_of([one, one, one]), "all").synchrony
    apart = spikes.statistics(result_of([poisson(rng, 10.0) for _ in range(3)]), "all").synchrony
    assert same == pytest.approx(1.0, abs=0.03)  # the first and last bins are cut
    assert apart < 0.6
    assert np.isnan(spikes.statistics(result_of([one, np.zeros(0)]), "all").synchrony)


def test_phases_are_told_apart():
    early, late = np.arange(10.0, TRIAL, 100.0), np.arange(TRIAL + 10.0, END, 50.0)
    found = [spikes.statistics(result_of([early, late]), phase).rate for phase in spikes.PHASES]
    np.testing.assert_allclose(found, [[5, 10], [10, 0], [0, 20]], rtol=1e-9)


def test_trials_for_histograms():
    found = spikes.by_trial(result_of([[5.0, 10_007.0], [19_999.0]]))
    np.testing.assert_allclose(found.spike_time, [5, 7, 9_999])
    np.testing.assert_array_equal(found.spike_trial, [0, 1, 1])
    np.testing.assert_array_equal(found.spike_unit, [0, 0, 1])
    assert found.condition.values.tolist() == ["train", "test"]


def test_a_run_has_statistics(run):
    found = spikes.statistics(run, "train", units=20, window=30.0)
    assert found.sizes == {"neuron": 20}
    assert 5 < float(found.rate.mean()) < 200
    assert [len(t) for t in spikes.spike_trains(run, "all", [4])] == [
        np.count_nonzero(run.spike_unit == 4)
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: spikes.statistics(run, "late"), "phase must be one of 'all', 'train', 'test'"),
        (lambda run: spikes.statistics(run, units=0), "units must be a whole number of at least 1"),
        (lambda run: spikes.spike_trains(run, "all", [60]), "units must be from 0 to 59, given"),
        (lambda run: spikes.statistics(run.drop_vars("spike_time")), "given one of rates"),
        (
            lambda run: spikes.statistics(
                result_of([[5.0]]).assign_coords(phase=("trial", ["train"] * 2))
            ),
            "the run has no test phase",
        ),
    ],
)
def test_mistakes_are_told(run, call, message):
    with pytest.raises(InputError) as told:
        call(run)
    assert message in str(told.value)


def test_spikes_go_to_nwb_and_back(run, tmp_path):
    from datetime import UTC, datetime

    from pynwb import NWBHDF5IO, NWBFile

    from neurosim.io import load
    from neurosim.spiking.nwb import add_units

    file = NWBFile("a network", "one", datetime.now(UTC))
    add_units(file, run)
    path = tmp_path / "spikes.nwb"
    with NWBHDF5IO(str(path), "w") as opened:
        opened.write(file)
    back = load(path)
    assert back.sizes["unit"] == 60
    order = np.lexsort((run.spike_time, run.spike_unit))
    np.testing.assert_allclose(back.spike_time, run.spike_time.values[order], atol=1e-9)
    np.testing.assert_array_equal(back.spike_unit, run.spike_unit.values[order])
    with pytest.raises(InputError, match="given one of rates"):
        add_units(file, run.drop_vars("spike_time"))


def test_a_result_is_kept_whole(run, tmp_path):
    from neurosim import load, save
    from neurosim.io import load as load_recording

    save(run, tmp_path / "run.nc")
    xr.testing.assert_identical(load(tmp_path / "run.nc"), run)
    assert load_recording(tmp_path / "run.nc").sizes["spike"] == run.sizes["spike"]


def test_the_figure_shows_spikes_and_output(run, tmp_path):
    from analyses.figures import spikes as figures
    from analyses.figures import style

    fig = figures.figure(run, neurons=20, window=50.0)
    titles = [ax.get_title() for ax in fig.axes if ax.get_title()]
    assert titles == ["before learning", "during learning", "test, free running"]
    dots = next(line for line in fig.axes[0].lines if line.get_marker() == "|")
    expected = np.count_nonzero((run.spike_time < 50) & (run.spike_unit < 20))
    assert len(dots.get_xdata()) == expected > 0
    style.pyplot().close(fig)
    figures.save_figure(run, tmp_path / "run.png")
    assert (tmp_path / "run.png").stat().st_size > 10_000
    with pytest.raises(InputError, match="expected a spiking run in which the hand was recorded"):
        figures.figure(run.drop_vars("hand"))


SMALL = (
    *("--network", "lif", "--rule", "force", "--units", 60, "--trials", 1, "--test-trials", 1),
    *("--period", 60, "--set", "dt_neuron=0.1"),
)


def test_the_command_runs_a_spiking_network(neurosim, tmp_path):
    status, out, err = neurosim("run", "butterfly", *SMALL, "--json", "--out", "a.nc",
                                "--figure", "a.png")  # fmt: skip
    assert status == 0, err
    told = json.loads(out)
    assert {"test_correlation", "mean_rate_hz", "simulate_s", "learn_s"} < set(told)
    assert (told["network"], told["rule"], told["units"]) == ("lif", "force", 60)
    assert told["written"] == ["a.nc", "a.png"]


def test_the_command_s_defaults_are_those_of_spikes():
    """What is not given on the command line comes from the model."""
    from types import SimpleNamespace
    from typing import Any

    from neurosim.cli.spiking import spiking_parts

    def parts(**given):
        context: Any = SimpleNamespace(
            params={"units": 7, "trials": 8, "test_trials": 9, "period": 50.0} | given,
            get_parameter_source=lambda name: SimpleNamespace(
                name="COMMANDLINE" if name in given else "DEFAULT"
            ),
        )
        return spiking_parts(context, "izhikevich", motor_task("butterfly"), Force())

    made = parts()
    assert (made.reservoir.n_units, made.task.period) == (2000, 1000.0)
    assert made.schedule == Schedule(5, 2, test_feedback="free")
    assert made.rule == Force(alpha=200.0, every=4)
    assert parts(units=7, period=50.0).task.period == 50.0
    assert parts(trials=8).schedule.train_trials == 8


def test_the_command_says_what_does_not_go_with_spikes(neurosim):
    for words, message in (
        (("--network", "lff"), "unknown network 'lff': did you mean 'lif'?"),
        (("--network", "lif", "--dtype", "float32"), "spiking networks compute in float64"),
    ):
        status, _, err = neurosim("run", "butterfly", *words)
        assert status != 0
        assert message in err
