"""NWB files that the tests write with pynwb are read as they are; results are written and read."""

from __future__ import annotations

import builtins
import json
from datetime import UTC, datetime

import numpy as np
import pytest
import xarray as xr

from analyses.population.psth import binned
from neurosim.errors import InputError
from neurosim.io import align, describe, load, write_nwb
from neurosim.io.form import of_rates

pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed (extra nwb)")

SPIKES = ([0.105, 0.31, 0.62], [0.11, 0.905], [])
"""s, of three units."""


def session(path, *, lfp_rate=1000.0, hand_rate=1000.0, trials=True, spikes=SPIKES, uneven=False):
    """A recording as a laboratory writes it."""
    from pynwb import NWBHDF5IO, NWBFile, TimeSeries
    from pynwb.behavior import Position, SpatialSeries

    file = NWBFile("reaching", "1", datetime(2020, 1, 1, tzinfo=UTC))
    if spikes:
        file.add_unit_column("quality", "of the sorting")
        for each in spikes:
            file.add_unit(spike_times=each, quality="good")
    if trials:
        file.add_trial_column("go_time", "go signal")
        file.add_trial_column("target", "target")
        for k, target in enumerate(["left", "right", "left"]):
            file.add_trial(
                start_time=0.3 * k, stop_time=0.3 * k + 0.3, go_time=0.3 * k + 0.1, target=target
            )
    lfp = np.arange(2000.0).reshape(1000, 2)
    if lfp_rate:
        file.add_acquisition(
            TimeSeries(name="lfp", data=lfp, unit="volts", conversion=1e-6, rate=lfp_rate)
        )
    if hand_rate:
        clock = {"timestamps": np.arange(1000) ** 1.01} if uneven else {"rate": hand_rate}
        hand = SpatialSeries(name="hand", data=lfp, unit="meters", reference_frame="table", **clock)
        module = file.create_processing_module("behavior", "movement")
        module.add(Position(spatial_series=hand))
    with NWBHDF5IO(str(path), "w") as opened:
        opened.write(file)
    return path


def test_spikes_trials_and_series(tmp_path):
    found = load(session(tmp_path / "a.nwb"))
    np.testing.assert_allclose(found["spike_time"], [105, 310, 620, 110, 905])
    assert found["spike_unit"].values.tolist() == [0, 0, 0, 1, 1]
    assert found.sizes["unit"] == 3  # the third is silent
    assert found["target"].values.tolist() == ["left", "right", "left"]
    np.testing.assert_allclose(found["go_time"], [100, 400, 700])
    assert found["channel"].values.tolist() == ["lfp[0]", "lfp[1]", "hand[0]", "hand[1]"]
    np.testing.assert_allclose(found["signals"][3], [6e-6, 7e-6, 6, 7])
    assert found["channel_unit"].values.tolist() == ["volts"] * 2 + ["meters"] * 2
    told = describe(found)
    assert told["events"] == {"start_time": 3, "stop_time": 3, "go_time": 3}
    assert told["columns"] == ["target"]
    assert [each["name"] for each in told["series"]] == ["lfp", "hand"]
    json.dumps(told)


def test_aligned_and_binned_by_condition(tmp_path):
    found = load(session(tmp_path / "a.nwb", lfp_rate=None, hand_rate=None), condition="target")
    cut = align(found, "go_time", (-100, 100))
    assert cut["condition"].values.tolist() == ["left", "right", "left"]
    rates = binned(cut, window=(-100, 100), width=100)
    expected = np.zeros((3, 2, 3))
    expected[0, 1, 0] = expected[0, 1, 1] = expected[1, 0, 0] = expected[2, 0, 0] = 10
    np.testing.assert_array_equal(rates, expected)


def test_series_of_different_times(tmp_path):
    path = session(tmp_path / "a.nwb", hand_rate=100.0)
    found = load(path)
    assert "signals" not in found and "spike_time" in found
    assert describe(load(path, series=["hand"]))["interval_ms"] == 10
    with pytest.raises(InputError, match=r"have different times \(lfp 1000 Hz, hand 100 Hz\)"):
        load(path, series=["lfp", "hand"])
    with pytest.raises(InputError, match="unknown series 'lpf': did you mean 'lfp'"):
        load(path, series=["lpf"])
    uneven = load(session(tmp_path / "b.nwb", lfp_rate=None, uneven=True))
    assert describe(uneven)["interval_ms"] is None


def test_files_that_hold_nothing_or_are_damaged(tmp_path):
    path = session(tmp_path / "a.nwb", lfp_rate=None, hand_rate=None, spikes=())
    with pytest.raises(InputError, match="neither units with spike times nor continuous series"):
        load(path)
    raw = session(tmp_path / "b.nwb").read_bytes()
    (tmp_path / "c.nwb").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(InputError, match=r"truncated|cannot be read|not what") as raised:
        load(tmp_path / "c.nwb")
    assert "\n" not in str(raised.value)


def test_the_package_that_is_missing(tmp_path, monkeypatch):
    path = session(tmp_path / "a.nwb")
    real = builtins.__import__

    def without(name, *rest):
        if name.partition(".")[0] == "pynwb":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    for act in (lambda: load(path), lambda: write_nwb(xr.Dataset(), path)):
        with pytest.raises(InputError, match=r"need pynwb.*pip install 'neurosim\[nwb\]'"):
            act()


@pytest.fixture
def movement():
    """A simulated movement of three trials, as it is recorded."""
    rng = np.random.default_rng(0)
    time = 10.0 * np.arange(30)
    return xr.Dataset(
        {
            "rates": (("time", "unit"), rng.random((30, 4), np.float32), {"units": "1"}),
            "hand": (("time", "axis"), rng.random((30, 2)), {"units": "m"}),
            "target": (("time", "axis"), rng.random((30, 2)), {"units": "m"}),
            "error": ("time", rng.random(30), {"units": "1", "long_name": "error"}),
            "trial_distance": ("trial", [0.3, 0.2, 0.1], {"units": "m"}),
            "go": ("trial", [20.0, 30.0, 40.0], {"units": "ms"}),
        },
        coords={
            "time": ("time", time, {"units": "ms"}),
            "trial": np.arange(3),
            "phase": ("trial", ["train", "train", "test"]),
            "unit": np.arange(4),
        },
        attrs={
            "title": "butterfly, learned by force", "trial_ms": 100.0, "task": "butterfly",
            "rule": "force", "seed": 3, "parameters": '{"gain": 1.5}', "command": "neurosim run",
            "source": "neurosim", "neurosim_version": "0.1.0",
        },
    )  # fmt: skip


def test_a_result_is_read_back(tmp_path, movement):
    write_nwb(movement, tmp_path / "a.nwb")
    found = load(tmp_path / "a.nwb")
    np.testing.assert_array_equal(found["rates"], movement["rates"])
    np.testing.assert_allclose(found["time"], movement["time"])
    assert found["phase"].values.tolist() == ["train", "train", "test"]
    np.testing.assert_allclose(found["go_time"], [20, 130, 240])
    np.testing.assert_allclose(found["signals"].sel(channel="hand[1]"), movement["hand"][:, 1])
    cut = align(found, "start_time", (0, 90))
    np.testing.assert_array_equal(cut["rates"].values.reshape(30, 4), movement["rates"].values)
    with pynwb.NWBHDF5IO(str(tmp_path / "a.nwb"), "r") as opened:
        stored = opened.read()
        assert json.loads(stored.notes)["parameters"] == '{"gain": 1.5}'
        assert stored.source_script == "neurosim run"
        assert stored.experiment_description == "simulation; no animal or person was recorded"
        assert stored.subject.subject_id == "model"


def test_rates_cut_into_trials_are_written_one_after_another(tmp_path):
    x = np.random.default_rng(1).random((3, 5, 2))
    rates = of_rates(
        "a", x, ("trial", "time", "unit"), 10.0 * np.arange(5) - 20, condition=["a", "b", "a"],
        units="spikes/s",
    ).assign_coords(go=("trial", [0.0, 10.0, 5.0], {"units": "ms"}))  # fmt: skip
    write_nwb(rates, tmp_path / "a.nwb")
    found = load(tmp_path / "a.nwb")
    assert found["rates"].attrs["units"] == "spikes/s"
    np.testing.assert_allclose(found["go_time"], [20, 80, 125])
    cut = align(found, "start_time", (0, 40))
    np.testing.assert_array_equal(cut["rates"], x)
    assert cut["condition"].values.tolist() == ["a", "b", "a"]
    with pynwb.NWBHDF5IO(str(tmp_path / "a.nwb"), "r") as opened:  # not said to be a simulation
        stored = opened.read()
        assert stored.experiment_description == "recording; converted from another form"
        assert stored.subject is None


def test_what_cannot_be_written_leaves_nothing(tmp_path, movement):
    for dataset, message in (
        (movement[["trial_distance"]], "expected something recorded over time"),
        (movement.isel(time=[0, 1, 5]), "evenly spaced"),
        (movement.assign_coords(time=np.arange(30)), "time must have the attribute units = 'ms'"),
    ):
        with pytest.raises(InputError, match=message):
            write_nwb(dataset, tmp_path / "a.nwb")
    assert list(tmp_path.iterdir()) == []


def test_nwbinspector_finds_nothing_critical(tmp_path, movement):
    inspector = pytest.importorskip("nwbinspector", reason="nwbinspector is not installed")
    write_nwb(movement, tmp_path / "a.nwb")
    found = list(inspector.inspect_nwbfile(nwbfile_path=str(tmp_path / "a.nwb")))
    worst = [
        each.message for each in found if each.importance.name in ("CRITICAL", "ERROR",
                                                                    "PYNWB_VALIDATION")
    ]  # fmt: skip
    assert worst == []


def test_spikes_of_a_network_are_its_units(tmp_path):
    """All neurons, in order, with their times; those that never fired without."""
    result = xr.Dataset(
        {
            "spike_time": ("spike", [5.0, 7.5, 30.0]),
            "spike_unit": ("spike", [2, 0, 2]),
            "hand": (("time", "axis"), np.zeros((4, 2))),
            "readout_weights": ("neuron", np.zeros(3)),
        },
        {"time": ("time", np.arange(4) * 10.0, {"units": "ms"}), "axis": ["x", "y"]},
        {"kind": "movement", "steps": 200, "parameters": '{"reservoir": {"dt": 0.2}}'},
    )
    path = tmp_path / "spikes.nwb"
    write_nwb(result, path)
    found = load(path)
    np.testing.assert_allclose(found.spike_time, [7.5, 5.0, 30.0])
    np.testing.assert_array_equal(found.spike_unit, [0, 2, 2])
    assert found.sizes["unit"] == 3
