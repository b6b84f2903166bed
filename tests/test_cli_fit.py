"""``neurosim fit`` and ``neurosim reproduce reaching``, as a person uses them."""

from __future__ import annotations

import csv
import json
import sys

import numpy as np
import pytest

from analyses.fit import Range
from analyses.reaching import reach_times
from analyses.reaching_model import KINDS, Reacher
from commands import refused
from neurosim.cli.fit import _space
from neurosim.errors import InputError

pytest.importorskip("optuna", reason="needs the extra fit")

TINY = ("--units", 20, "--networks", 1, "--trials", 3, "--parameters", "gain,tau")


@pytest.fixture
def recording(tmp_path):
    """States that turn at 1.5 Hz, in 8 conditions without names, of 16 units."""
    rng = np.random.default_rng(0)
    time = np.arange(-50, 551, 10)
    start = rng.standard_normal((8, 3)) + 1j * rng.standard_normal((8, 3))
    turn = np.exp(3j * np.pi * np.outer(time / 1000, [1, 0.6, 0.3]))
    z = start[:, np.newaxis] * turn
    rates = np.concatenate([z.real, z.imag], axis=2) @ rng.standard_normal((6, 16))
    path = tmp_path / "reach.npz"
    np.savez(path, rates=rates, time_ms=time, units="1")
    return path


def test_a_search_is_kept_and_goes_on(neurosim, recording, tmp_path):
    status, out, err = neurosim("fit", recording, *TINY)
    assert (status, err) == (0, "")
    assert "3 sets tried" in out and "time_constant" in out and "rotation frequency" in out
    assert (tmp_path / "fit-reach.db").is_file()
    words = (*TINY, "--trials", 5, "--json", "--figure", "profiles.png")
    found = json.loads(neurosim("fit", recording, *words)[1])
    assert found["trials"] == 5
    assert set(found["best"]) == {"gain", "time_constant"}
    assert found["misfit"] >= 0 and found["held_out_misfit"] >= 0
    assert [line["measure"] for line in found["measures"]] == [
        "jPCA R2", "jPCA R2, rotation", "rotation frequency",
    ]  # fmt: skip
    profile = found["profiles"]["gain"]
    assert profile["low"] <= found["best"]["gain"] <= profile["high"]
    assert len(profile["edges"]) == len(profile["misfit"]) + 1
    assert (tmp_path / "profiles.png").read_bytes()[:4] == b"\x89PNG"


def test_networks_drawn_anew(neurosim, recording):
    words = (*TINY, "--rule", "force", "--shown-until", "go", "--train-trials", 8, "--fresh", 2)
    status, out, err = neurosim("fit", recording, *words)
    assert (status, err) == (0, "")
    assert "of 2 networks that were drawn anew lie within" in out and "path error" in out
    found = json.loads(neurosim("fit", recording, *words, "--json")[1])
    # with a rule that learns, the path error is matched unless measures are named
    assert [line["measure"] for line in found["measures"]][-1] == "path error"
    drawn = found["fresh"]
    assert drawn["seeds"] == [1, 2]  # one network a set, of seed 0
    assert 0 <= drawn["inside"] <= 2
    last = drawn["measures"][-1]
    assert (last["low"], last["high"], len(last["networks"])) == (0, 10, 2)
    other = json.loads(neurosim("fit", recording, *words, "--json", "--measures", "jpca")[1])
    assert "path error" not in [line["measure"] for line in other["measures"]]


@pytest.mark.parametrize("rule", ["force", "supertrex"])
def test_parameters_of_rules_that_learn(neurosim, recording, rule):
    name = "alpha=0.1:10" if rule == "force" else "learning_rate"
    found = json.loads(
        neurosim(
            "fit", recording, "--units", 20, "--networks", 1, "--trials", 2, "--rule", rule,
            "--train-trials", 8, "--parameters", name, "--json", "--measures", "tangling,cka",
            "--storage", "my.db",
        )[1]
    )  # fmt: skip
    assert list(found["best"]) == [name.partition("=")[0]]
    assert found["storage"] == "my.db"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--measures", "jpac"), "unknown measure 'jpac': did you mean 'jpca'"),
        (("--parameters", "gian"), "unknown parameter 'gian': did you mean 'gain'"),
        (("--parameters", "learning_rate"), "unknown parameter 'learning_rate'"),
        (("--parameters", "gain,gain=1:2"), "'gain' is given twice"),
        (("--parameters", "gain=1"), "expected gain=LOW:HIGH, given 'gain=1'"),
        (("--parameters", "gain=2:1"), "gain must range from lower to higher"),
        (("--parameters", "initial_state"), "give a range for initial_state"),
        (("--rule", "forse"), "did you mean 'force'"),
        (("--shown-until", "gone"), "shown_until must be one of 'end', 'go'"),
        (("--sampler", "cma"), "did you mean 'cmaes'"),
        (("--window", "100:900"), "window must lie within the times, -50 to 550 ms"),
        (("--storage", "none/fit.db"), "no folder none"),
        (("--figure", "profiles.bmp"), "expected a name ending in .png"),
    ],
)
def test_mistakes_are_one_line(neurosim, recording, tmp_path, words, message):
    assert message in refused(neurosim("fit", recording, *TINY, *words))
    assert not list(tmp_path.glob("*.db"))


def test_without_optuna_one_line_says_what_to_install(neurosim, recording, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert "pip install 'neurosim[fit]'" in refused(neurosim("fit", recording, *TINY))


def test_ranges_are_read():
    reacher = Reacher("force")
    space = _space("tau, gain=1:1.5,noise=0:0.1", reacher)
    assert space["time_constant"].log
    assert space["gain"] == Range(1.0, 1.5, False)
    assert space["noise"] == Range(0.0, 0.1, False)  # a scale from 0 on is no logarithm's


def test_a_reacher_reaches_to_each_target_once():
    """Conditions come in the order of targets, whatever the order of trials; times from go."""
    reacher = Reacher("force", n_targets=4, n_units=100, train_trials=30)
    assert reacher.schedule.train_trials == 32
    result = reacher.run({"gain": 1.5}, seed=1)
    rates = reacher.population(result)
    assert rates["condition"].values.tolist() == [0, 1, 2, 3]
    assert (rates["time"].values[0], rates["time"].values[-1]) == reacher.span
    # by hand: the trial of target 2 in the test, 600 ms from its start to the go signal
    at = np.flatnonzero((result["condition"] == 2) & (result["phase"] == "test"))[0]
    begin = int(at * result.attrs["trial_ms"] / 10) + 60
    np.testing.assert_allclose(
        rates.sel(condition=2, time=slice(0, 200)), result["rates"].values[begin : begin + 21]
    )
    # the hand's error goes with its condition
    errors = reach_times(result)["path_error_percent"].values
    assert rates["path_error"].sel(condition=2) == errors[at]
    again, other = reacher({"gain": 1.5}, seed=1), reacher({"gain": 1.4}, seed=1)
    np.testing.assert_array_equal(rates, again)
    assert not np.array_equal(rates, other)


def test_a_recording_at_other_times():
    import xarray as xr

    times = xr.DataArray(np.zeros(200), coords={"time": 10.0 * np.arange(200)}, dims="time")
    with pytest.raises(InputError, match="trials last from -600 to 950 ms around the go signal"):
        Reacher().like(times.expand_dims(condition=8))
    finer = times.assign_coords(time=1.0 * np.arange(200)).expand_dims(condition=8)
    with pytest.raises(InputError, match=r"kept every 10 ms, those of the recording every 1 ms"):
        Reacher().like(finer)


def test_reproduce_reaching(neurosim, recording, tmp_path):
    (tmp_path / "data").mkdir()
    recording.rename(tmp_path / "data" / "psth.npz")
    words = ("--data", "data", "--units", 20, "--train-trials", 8, "--seeds", 1, "--draws", 2)
    status, out, _ = neurosim("reproduce", "reaching", *words, "--workers", 1, "--json")
    assert status == 0
    rows = json.loads(out)["rows"]
    assert len(rows) == 70
    networks = [*KINDS, "force, off at go", "fitted", "fitted, untrained"]
    assert [row["network"] for row in rows[:7]] == networks
    assert all(row["least"] <= row["model"] <= row["largest"] for row in rows)
    with open(tmp_path / "reaching" / "table.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 70
    assert (tmp_path / "reaching" / "table.png").read_bytes()[:4] == b"\x89PNG"
    assert "psth.npz" in refused(neurosim("reproduce", "reaching", "--data", "reaching"))
