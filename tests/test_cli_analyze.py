"""``neurosim inspect``, ``analyze`` and ``export``, as a person uses them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from commands import refused


@pytest.fixture
def rotation(tmp_path):
    """A population that turns at 2 Hz, averaged by condition."""
    time = np.arange(0, 300, 10)
    phase = 2 * np.pi * np.arange(8) / 8
    angle = 4 * np.pi * time[:, np.newaxis] / 1000 + phase
    rates = 20 * np.cos(phase[:, np.newaxis, np.newaxis] + angle)
    np.savez(tmp_path / "turn.npz", rates=rates, time_ms=time, units="spikes/s")
    return tmp_path / "turn.npz"


@pytest.fixture
def spikes(tmp_path):
    """Sixty trials of two targets; from 100 ms after the go signal on, four units tell them."""
    rng = np.random.default_rng(0)
    target = np.repeat(["left", "right"], 30)
    go = rng.uniform(50, 150, 60).round()
    rows = []
    for trial in range(60):
        for unit in range(6):
            fires = (unit < 2) == (target[trial] == "left") and unit < 4
            late = rng.uniform(100, 300, rng.poisson(30 if fires else 4)) + go[trial]
            early = rng.uniform(-50, 100, rng.poisson(3)) + go[trial]
            rows += [(time, trial, unit) for time in (*early, *late)]
    time, trial, unit = np.array(rows).T
    np.savez(
        tmp_path / "spikes.npz", spike_time_ms=time, spike_trial=trial.astype(int),
        spike_unit=unit.astype(int), condition=target, trial_go_ms=go,
    )  # fmt: skip
    return tmp_path / "spikes.npz"


@pytest.fixture
def grip(tmp_path):
    """A beta rhythm at 20 Hz in one of two channels."""
    time = np.arange(8000)
    noise = np.random.default_rng(0).standard_normal((8000, 2))
    noise[:, 0] += np.sin(2 * np.pi * 20 * time / 1000)
    np.savez(
        tmp_path / "grip.npz", signals=noise, sampling_frequency=1000, channel=["lfp", "grip"],
        units=["µV", "N"],
    )  # fmt: skip
    return tmp_path / "grip.npz"


def answer(call):
    status, out, err = call
    assert status == 0, err
    return json.loads(out)


def test_inspect(neurosim, rotation, spikes, grip):
    found = answer(neurosim("inspect", rotation, "--json"))
    assert found["kind"] == "rates by condition"
    assert found["sizes"] == {"condition": 8, "time": 30, "unit": 8}
    assert found["rate_units"] == "spikes/s"
    found = answer(neurosim("inspect", spikes, "--json"))
    assert found["conditions"] == {"left": 30, "right": 30}
    assert found["events"] == {"go": 60}
    text = neurosim("inspect", grip)[1]
    assert "every 1 ms (1000 Hz)" in text and "lfp (µV), grip (N)" in text
    assert "there is no such file" in refused(neurosim("inspect", "gone.npz"))


def test_jpca_of_a_rotation(neurosim, rotation, tmp_path):
    found = answer(
        neurosim(
            "analyze", "jpca", rotation, "--components", 2, "--surrogates", 19,
            "--figure", "turn.png", "--json",
        )
    )  # fmt: skip
    assert found["frequency_hz"] == pytest.approx(2, rel=1e-3)
    assert found["r2_skew"] > 0.999
    low, high = found["frequency_hz_interval"]
    assert low <= found["frequency_hz"] <= high
    assert 0 < found["p_skew"] <= 1
    assert found["surrogates"] == 19
    assert (tmp_path / "turn.png").stat().st_size > 5000


def test_the_same_seed_gives_the_same_numbers(neurosim, rotation):
    words = ("analyze", "jpca", rotation, "--components", 2, "--surrogates", 9, "--json")
    assert neurosim(*words, "--seed", 4)[1] == neurosim(*words, "--seed", 4)[1]


def test_jpca_of_the_reaching_recording(neurosim, real_data):
    path = real_data / "motor_cortex_reaching" / "psth.npz"
    if not path.is_file():
        pytest.skip(f"no recording of reaches, {path.name}")
    words = ("analyze", "jpca", path, "--window", "100:300", "--surrogates", 99, "--json")
    status, out, err = neurosim(*words)
    assert status == 0
    assert "states no units of its rates" in err
    found = json.loads(out)
    assert found["r2"] == pytest.approx(0.60, abs=0.005)
    assert found["r2_skew"] == pytest.approx(0.55, abs=0.005)
    assert found["frequency_hz"] == pytest.approx(1.4, abs=0.05)
    assert found["p_skew"] == 0.01  # none of 99 surrogates turns as much


def test_spikes_as_they_count_from_their_trials(neurosim, spikes):
    with np.load(spikes) as stored:
        times = stored["spike_time_ms"]
    found = answer(
        neurosim("analyze", "psth", spikes, "--around", "0:400", "--smooth", 0, "--json")
    )
    inside = ((times >= 0) & (times < 400)).sum()
    mean = np.mean([row["mean_rate"] for row in found["rows"]])
    assert mean == pytest.approx(inside / 0.4 / 60 / 6, rel=1e-6)


@pytest.mark.parametrize("what", ["psth", "dimensionality", "tangling"])
def test_tables_and_figures(neurosim, rotation, tmp_path, what):
    more = ("--components", 2) if what == "tangling" else ()
    status, out, err = neurosim("analyze", what, rotation, *more, "--figure", "a.pdf")
    assert status == 0, err
    assert "wrote a.pdf" in out
    assert (tmp_path / "a.pdf").stat().st_size > 1000
    found = answer(neurosim("analyze", what, rotation, *more, "--window", "0:200", "--json"))
    assert found["analysis"] == what and found["window_ms"] == [0, 200] and found["rows"]


def test_two_dimensions_of_a_rotation(neurosim, rotation):
    found = answer(neurosim("analyze", "dimensionality", rotation, "--json"))
    assert found["participation_ratio"] <= 2 + 1e-9
    assert found["components_for_95"] == 2


def test_psth_of_spikes_around_an_event(neurosim, spikes):
    found = answer(
        neurosim("analyze", "psth", spikes, "--event", "go", "--around", "-40:300", "--json")
    )
    assert [row["trials"] for row in found["rows"]] == [30, 30]
    assert all(row["peak_ms"] > 100 for row in found["rows"])
    assert found["units_of_rates"] == "spikes/s"


def test_latency_of_spikes(neurosim, spikes, tmp_path):
    found = answer(
        neurosim(
            "analyze", "latency", spikes, "--event", "go", "--around", "-40:300", "--smooth", 0,
            "--bin", 20, "--permutations", 99, "--figure", "when.png", "--json",
        )
    )  # fmt: skip
    assert 100 <= found["latency_ms"] <= 150
    assert found["highest_accuracy"] > 0.9
    assert (tmp_path / "when.png").is_file()


def reaches(delays, rng):
    """Trials of a hand that waits 150 ms after go, and moves by minimum jerk for 400 ms."""
    from tasks.motor.reaching import minimum_jerk

    time = 10.0 * np.arange(120)
    go = 200.0 + np.asarray(delays)
    way = minimum_jerk((time - go[:, np.newaxis] - 150) / 400)
    return go, way[..., np.newaxis] * rng.standard_normal((len(go), 1, 2))


def test_onset_of_a_simulated_movement(neurosim, tmp_path):
    """The trials of testing, each from its own go signal; one without movement is counted."""
    go, hand = reaches([0, 100, 200, 50, 150, 300], np.random.default_rng(0))
    hand[:2] = 0
    hand[5] = 0
    xr.Dataset(
        {"hand": (("time", "axis"), hand.reshape(-1, 2), {"units": "m"})},
        coords={
            "time": ("time", 10.0 * np.arange(720), {"units": "ms"}),
            "phase": ("trial", ["train"] * 2 + ["test"] * 4),
            "go_time": ("trial", go, {"units": "ms"}),
            "condition": ("trial", list("aababb")),
        },
        attrs={"trial_ms": 1200.0, "task": "reaching"},
    ).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    found = answer(neurosim("analyze", "onset", "a.nc", "--json", "--figure", "a.png"))
    assert found["latency_ms"] == pytest.approx(150 + 0.0866 * 400, abs=1)
    low, high = found["latency_ms_interval"]
    assert low <= found["latency_ms"] <= high < 190
    assert (found["n_trials"], found["n_without_onset"], found["event"]) == (3, 1, "go_time")
    assert [(row["condition"], row["trials"]) for row in found["rows"]] == [("a", 1), ("b", 2)]
    assert (tmp_path / "a.png").is_file()
    half = answer(neurosim("analyze", "onset", "a.nc", "--threshold", 0.5, "--json"))
    assert half["latency_ms"] > found["latency_ms"] + 40
    line = answer(neurosim("analyze", "onset", "a.nc", "--method", "extrapolation", "--json"))
    assert line["latency_ms"] == pytest.approx(found["latency_ms"], abs=30)
    early = ("analyze", "onset", "a.nc", "--window", "0:100")
    told = refused(neurosim(*early))
    assert "at least two trials with an onset, given 0 of 4" in told and "without movement" in told


def test_onset_of_a_recorded_session(neurosim, tmp_path):
    """Two coordinates of a hand with noise that a low-pass filter takes away."""
    rng = np.random.default_rng(1)
    go, hand = reaches([0, 100, 200, 50, 150, 300], rng)
    session = hand.reshape(-1, 2) + 0.002 * rng.standard_normal((720, 2))
    starts = 1200.0 * np.arange(6)
    np.savez(
        tmp_path / "a.npz", signals=np.c_[session, rng.standard_normal(720)],
        sampling_frequency=100, channel=["x", "y", "lfp"], units=["m", "m", "V"],
        trial_go_ms=starts + go, condition=list("ababab"),
    )  # fmt: skip
    words = ("analyze", "onset", "a.npz", "--channel", "x,y")
    around = ("--event", "go", "--around", "-100:650", "--json")
    found = answer(neurosim(*words, *around, "--cutoff", 12))
    assert found["latency_ms"] == pytest.approx(185, abs=25)
    assert found["n_trials"] == 6
    assert "expected channels in one unit" in refused(neurosim(*words[:3], *around))
    told = refused(neurosim(*words))
    assert "cut them with --event and --around" in told and "events: go" in told
    assert "unknown event 'goo'" in refused(neurosim(*words, "--event", "goo", "--around", "0:9"))
    assert "--around goes with --event" in refused(neurosim(*words, "--around", "0:100"))
    assert "at most 50 Hz" in refused(neurosim(*words, *around, "--cutoff", 80))


def test_onset_needs_something_that_moves(neurosim, rotation):
    assert "expected a hand or signals" in refused(neurosim("analyze", "onset", rotation))


def test_spectrum_of_channels(neurosim, grip, tmp_path):
    found = answer(neurosim("analyze", "spectrum", grip, "--json", "--figure", "power.svg"))
    lfp, force = found["rows"]
    assert lfp["beta_peak_hz"] == 20 and lfp["unit"] == "µV"
    assert lfp["beta"] > 0.6 > 0.3 > force["beta"]
    assert (tmp_path / "power.svg").is_file()
    found = answer(neurosim("analyze", "spectrum", grip, "--channel", "grip", "--json"))
    assert [row["channel"] for row in found["rows"]] == ["grip"]


def test_spectrum_of_the_grip_force_recording(neurosim, real_data):
    path = real_data / "parkinson_lfp_gripforce"
    if not path.is_dir():
        pytest.skip("no recording of grip force")
    words = ("analyze", "spectrum", path, "--channel", "LFP_RIGHT_0", "--json")
    (row,) = answer(neurosim(*words))["rows"]
    assert 13 <= row["beta_peak_hz"] <= 30
    assert "known: LFP_RIGHT_0" in refused(neurosim(*words[:3], "--channel", "LFP"))


def test_trials_of_testing_count(neurosim, tmp_path):
    """A movement: units stand still in training, and turn in testing."""
    rates = np.zeros((4, 30, 3))
    rates[2:] = np.random.default_rng(0).standard_normal((2, 30, 3))
    xr.Dataset(
        {"rates": (("time", "unit"), rates.reshape(-1, 3), {"units": "1"})},
        coords={
            "time": ("time", 10.0 * np.arange(120), {"units": "ms"}),
            "phase": ("trial", ["train", "train", "test", "test"]),
        },
        attrs={"trial_ms": 300.0, "task": "butterfly"},
    ).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    found = answer(neurosim("analyze", "psth", "a.nc", "--json"))
    assert found["rows"][0]["trials"] == 2
    assert found["rows"][0]["mean_rate"] == pytest.approx(rates[2:].mean())


def test_bad_input(neurosim, rotation, spikes, grip, tmp_path):
    def told(*words):
        return refused(neurosim("analyze", *words))

    assert "did you mean 'jpca'" in told("jcpa", rotation)
    assert "expected two times in ms" in told("jpca", rotation, "--window", "100")
    assert "expected two times in ms" in told("jpca", rotation, "--window", "300:100")
    assert "window must lie within the times, 0 to 290 ms" in told(
        "jpca", rotation, "--components", 2, "--window", "100:900"
    )
    assert "at least as many conditions as principal components, 9, given 8" in told(
        "jpca", rotation, "--components", 9
    )
    assert "expected single trials" in told("latency", rotation)
    assert "holds neither rates nor spikes" in told("psth", grip)
    assert "no signals were read" in told("spectrum", rotation)
    assert "need an event around which they are cut" in told("psth", spikes)
    assert "(events: go)" in told("psth", spikes)
    assert "unknown event 'cue' (known: go)" in told("psth", spikes, "--event", "cue",
                                                     "--around", "0:100")  # fmt: skip
    assert "--event needs the times around it" in told("psth", spikes, "--event", "go")
    assert "--around goes with --event" in told("psth", rotation, "--around", "0:100")
    assert "known: condition" in told("psth", spikes, "--condition", "hand")
    assert "--bin is for spikes" in told("psth", rotation, "--bin", 5)
    assert "--smooth is for trials" in told("psth", rotation, "--smooth", 5)
    assert "ending in .png" in told("psth", rotation, "--figure", "a.doc")
    assert "unknown channel 'lpf': did you mean 'lfp'" in told("spectrum", grip, "--channel", "lpf")
    (tmp_path / "a.png").write_text("mine")
    assert "exists already" in told("psth", rotation, "--figure", "a.png")
    assert (tmp_path / "a.png").read_text() == "mine"


def test_nan_in_rates_is_said_with_its_place(neurosim, tmp_path):
    rates = np.ones((8, 30, 8))
    rates[2, 3, 4] = np.nan
    np.savez(tmp_path / "a.npz", rates=rates, time_ms=10 * np.arange(30), units="Hz")
    assert "the first at condition 2, 30 ms, unit 4" in refused(
        neurosim("analyze", "jpca", "a.npz")
    )
    assert answer(neurosim("inspect", "a.npz", "--json"))["missing"] == {"rates": 1}


def test_export(neurosim, tmp_path):
    pytest.importorskip("pynwb", reason="pynwb is not installed (extra nwb)")
    rates = np.random.default_rng(0).standard_normal((120, 10))
    xr.Dataset(
        {"rates": (("time", "unit"), rates, {"units": "1"})},
        coords={
            "time": ("time", 10.0 * np.arange(120), {"units": "ms"}),
            "phase": ("trial", ["train", "test", "test"]),
        },
        attrs={"trial_ms": 400.0, "task": "butterfly", "source": "neurosim"},
    ).to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    assert "wrote b.nwb" in neurosim("export", "b.nc", "b.nwb")[1]
    assert "exists already" in refused(neurosim("export", "b.nc", "b.nwb"))
    assert "name ending in .nwb" in refused(neurosim("export", "b.nc", "b.mat"))
    words = ("analyze", "dimensionality")
    whole = answer(neurosim(*words, "b.nc", "--json"))
    again = answer(
        neurosim(*words, "b.nwb", "--event", "start_time", "--around", "0:390", "--json")
    )
    assert again["participation_ratio"] == pytest.approx(whole["participation_ratio"], rel=1e-6)
