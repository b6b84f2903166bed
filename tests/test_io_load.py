"""Every format becomes the same labelled form, or is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from neurosim.errors import InputError
from neurosim.io import describe, load

TIME = 10.0 * np.arange(7) - 20
RATES = np.random.default_rng(0).standard_normal((4, 7, 3))
"""4 conditions, 7 times, 3 units."""


def refusal(path, **options) -> str:
    with pytest.raises(InputError) as raised:
        load(path, **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def check(found, units="spikes/s"):
    assert found["rates"].dims == ("condition", "time", "unit")
    np.testing.assert_allclose(found["rates"], RATES, rtol=1e-6)
    np.testing.assert_allclose(found["time"], TIME)
    assert found["time"].attrs["units"] == "ms"
    assert found["rates"].attrs["units"] == units


@pytest.mark.parametrize("order", [("condition", "time", "unit"), ("time", "unit", "condition")])
def test_npz_in_both_orders(tmp_path, order):
    axes = [("condition", "time", "unit").index(dim) for dim in order]
    path = save(
        tmp_path / "a.npz", rates=RATES.transpose(axes), time_s=TIME / 1000, units="spikes/s"
    )
    check(load(path))


def test_npz_of_trials_where_conditions_come_twice(tmp_path):
    names = ["left", "right", "left", "right"]
    path = save(
        tmp_path / "a.npz", rates=RATES, time_ms=TIME, condition=names, units="Hz",
        trial_go_time_ms=[1, 2, 3, 4], trial_correct=[True, True, False, True],
    )  # fmt: skip
    found = load(path)
    assert found["rates"].dims == ("trial", "time", "unit")
    assert found["condition"].values.tolist() == names
    assert describe(found)["conditions"] == {"left": 2, "right": 2}
    assert describe(found)["events"] == {"go_time": 4}
    by_answer = load(path, condition="correct")["condition"].values
    assert by_answer.tolist() == [True, True, False, True]
    assert "did you mean 'correct'" in refusal(path, condition="corect")


def test_two_axes_as_long_as_the_times_need_names(tmp_path):
    square = np.random.default_rng(1).standard_normal((7, 7, 3))
    path = save(tmp_path / "a.npz", rates=square, time_ms=TIME, units="Hz")
    assert "two axes of rates (7, 7, 3) can be the 7 times" in refusal(path)
    path = save(tmp_path / "b.npz", rates=square, time_ms=TIME, dims="unit,time,condition")
    with pytest.warns(UserWarning, match="no units"):
        found = load(path)
    np.testing.assert_array_equal(found["rates"].values, square.transpose(2, 1, 0))


def test_units_are_asked_for_and_checked(tmp_path):
    path = save(tmp_path / "a.npz", rates=RATES, time_ms=TIME)
    with pytest.warns(UserWarning, match="states no units of its rates, which are taken as relat"):
        check(load(path), units="1")
    check(load(path, units="spikes/s"))
    stated = save(tmp_path / "b.npz", rates=RATES, time_ms=TIME, units="Hz")
    assert "rates are in Hz, not in spikes/s" in refusal(stated, units="spikes/s")


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_matlab_in_both_versions(tmp_path, version):
    path = tmp_path / "a.mat"
    arrays = {"rates": RATES.transpose(1, 2, 0), "time_ms": TIME}
    if version == "5":
        savemat(path, arrays | {"units": "spikes/s"})
    else:
        import h5py

        with h5py.File(path, "w", userblock_size=512) as stored:
            for name, array in arrays.items():
                stored[name] = np.atleast_2d(array).T  # MATLAB stores columns first
                stored[name].attrs["MATLAB_class"] = np.bytes_("double")
            stored["units"] = np.array([[ord(c)] for c in "spikes/s"], np.uint16)
            stored["units"].attrs["MATLAB_class"] = np.bytes_("char")
        with path.open("r+b") as raw:
            raw.write(b"MATLAB 7.3 MAT-file")
    check(load(path))


def test_the_structure_published_with_jpca(tmp_path):
    data = np.empty(4, dtype=[("A", object), ("times", object)])
    for k, rates in enumerate(RATES):
        data[k] = rates, TIME[:, np.newaxis]
    savemat(tmp_path / "a.mat", {"Data": data})
    check(load(tmp_path / "a.mat", units="spikes/s"))
    data[2] = RATES[2, :5], TIME[:5, np.newaxis]
    savemat(tmp_path / "b.mat", {"Data": data})
    assert "same times and units, given (7, 3) in condition 0 and (5, 3) in condition 2" in refusal(
        tmp_path / "b.mat"
    )


def test_table_of_rates_in_any_order(tmp_path):
    lines = [
        f"c{c};{t:g};{u};{float(RATES[c, k, u])!r}"
        for c in range(4) for k, t in enumerate(TIME) for u in range(3)
    ]  # fmt: skip
    np.random.default_rng(2).shuffle(lines)
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["condition;time_ms;unit;rate (spikes/s)", *lines]))
    check(load(path))
    path.write_text("\n".join(["condition;time_ms;unit;rate (spikes/s)", *lines[1:]]))
    assert "expected one rate for each condition, time and unit, given 0 for" in refusal(path)


def test_table_of_spikes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "spike_time_s,unit,trial,condition\n0.01,7,2,left\n0.02,9,5,right\n0.03,7,5,right\n"
    )
    found = load(path)
    assert found["spike_time"].values.tolist() == [10, 20, 30]
    assert found["spike_unit"].values.tolist() == [0, 1, 0]
    assert found["unit"].values.tolist() == [7, 9]
    assert found["condition"].values.tolist() == ["left", "right"]
    path.write_text(path.read_text() + "0.04,7,5,left\n")
    assert "line 5: a trial has two conditions" in refusal(path)


def test_table_of_signals(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time_ms\tgrip (N)\tlfp\n0\t1\t2\n2\t3\t4\n")
    found = load(path, channels=["lfp"])
    assert found["signals"].values.tolist() == [[2], [4]]
    assert load(path)["channel_unit"].values.tolist() == ["N", ""]
    assert "did you mean 'grip'? (known: grip, lfp)" in refusal(path, channels=["gripp"])


def test_spikes_of_a_session_as_npz(tmp_path):
    found = load(save(tmp_path / "a.npz", spike_time_s=[0.5, 1.5], spike_unit=[1, 0]))
    assert describe(found)["kind"] == "spikes of a session"
    assert describe(found)["end_ms"] == 1500


def test_the_form_saved_as_netcdf(tmp_path):
    found = load(save(tmp_path / "a.npz", rates=RATES, time_ms=TIME, units="spikes/s"))
    found.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    check(load(tmp_path / "a.nc"))


def test_a_movement_is_cut_into_trials(tmp_path):
    time = 10.0 * np.arange(12)
    whole = xr.Dataset(
        {"rates": (("time", "unit"), np.arange(24.0).reshape(12, 2), {"units": "1"})},
        coords={"time": ("time", time, {"units": "ms"}), "phase": ("trial", ["train", "test"])},
        attrs={"trial_ms": 50.0, "task": "butterfly", "source": "neurosim"},
    )
    whole.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    found = load(tmp_path / "a.nc")
    assert found["rates"].dims == ("trial", "time", "unit")
    np.testing.assert_array_equal(found["rates"][1, :, 0], [10, 12, 14, 16, 18])
    assert found["time"].values.tolist() == [0, 10, 20, 30, 40]
    assert found["phase"].values.tolist() == ["train", "test"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"weights": [1.0]}, "expected an array rates, spike_time_ms, spike_time_s, signals, foun"),
        ({"rates": RATES}, "rates need times in ms or s, as time_ms or time_s"),
        ({"rates": RATES, "time_ms": TIME[:6]}, "neither the first nor the second axis"),
        ({"rates": RATES, "time_ms": TIME[::-1]}, "time must rise, given 40 ms and then 30 ms"),
        ({"rates": RATES, "time_ms": np.append(TIME[:6], np.nan)}, "1 times are not finite"),
        ({"rates": RATES, "time_ms": TIME, "time_s": TIME}, "give time_ms or time_s, not both"),
        ({"rates": RATES.astype(str), "time_ms": TIME}, "rates must be numbers"),
        ({"rates": RATES, "time_ms": TIME, "unit": ["a"]}, "unit must have one entry for each"),
        ({"rates": RATES, "time_ms": TIME, "condition": ["a", "b"]}, "condition must have one"),
        ({"rates": RATES, "time_ms": TIME, "dims": "time,neuron,x"}, "dims must name the axes"),
        ({"spike_time_ms": [1.0]}, "spikes need spike_unit"),
        ({"spike_time_ms": [1.0], "spike_unit": [0, 1]}, "1 spike times, but 2 units of spikes"),
        ({"spike_time_ms": [1.0], "spike_unit": [0.5]}, "must be whole numbers from 0"),
        ({"spike_time_ms": [np.nan], "spike_unit": [0]}, "1 spike times are not finite"),
        ({"spike_time_ms": [1.0], "spike_unit": [3], "unit": ["a"]}, "from 0 to 0, given 3"),
        ({"signals": [1.0, 2.0]}, "signals need time_ms, time_s or sampling_frequency"),
        (
            {"signals": [1.0, 2.0], "time_ms": [0, 2], "sampling_frequency": 1000},
            "sampling_frequency is 1000 Hz, but times are at 500 Hz",
        ),
        (
            {"spike_time_ms": [1.0], "spike_unit": [0], "spike_trial": [0],
             "condition": ["a", "b"], "trial_go_ms": [1.0]},
            "trial_go_ms must have one entry for each of 2 trials, given 1",
        ),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit(tmp_path, arrays, message):
    assert message in refusal(save(tmp_path / "a.npz", **arrays))


def test_not_what_the_ending_says(tmp_path):
    made = save(tmp_path / "a.npz", rates=RATES, time_ms=TIME)
    for ending, expected in (("nwb", "NWB"), ("mat", "MATLAB"), ("csv", "CSV"), ("nc", "NetCDF")):
        path = tmp_path / f"a.{ending}"
        path.write_bytes(made.read_bytes())
        message = refusal(path)
        assert message.endswith(f"is not what its ending says: {expected} expected, it holds NPZ")
    path = tmp_path / "b.npz"
    path.write_text("time_ms,grip\n0,1\n")
    assert "NPZ expected, it holds text" in refusal(path)
    path.write_bytes(b"")
    assert "is empty" in refusal(path)


def test_files_that_are_none(tmp_path):
    assert "there is no such file" in refusal(tmp_path / "gone.npz")
    (tmp_path / "a.docx").write_text("a report")
    assert "expected a file ending in .nwb, .mat, .npz" in refusal(tmp_path / "a.docx")
    xr.Dataset({"accuracy": ("trial", [1.0])}).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert "expected a variable rates, spike_time, signals or hand" in refusal(tmp_path / "a.nc")
    no_ms = xr.Dataset({"signals": (("time", "channel"), RATES[0])}, coords={"time": TIME})
    no_ms.to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    assert "times of signals must have the attribute units = 'ms'" in refusal(tmp_path / "b.nc")
    no_ms.rename(time="t").to_netcdf(tmp_path / "c.nc", engine="h5netcdf")
    assert "signals must be (trial, time, channel) or (time, channel), given (t, channel)" in (
        refusal(tmp_path / "c.nc")
    )
    path = save(tmp_path / "a.npz", rates=RATES, time_ms=TIME, units="Hz")
    assert "series are of NWB files, this is NPZ" in refusal(path, series=["lfp"])
    assert "holds no channels to choose from" in refusal(path, channels=["lfp"])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_bytes_are_read_or_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    kind = data.draw(st.sampled_from(["npz", "mat", "nc", "csv"]))
    path = folder / f"a.{kind}"
    if kind == "npz":
        save(path, rates=RATES, time_ms=TIME, units="Hz")
    elif kind == "mat":
        savemat(path, {"rates": RATES, "time_ms": TIME, "units": "Hz"})
    elif kind == "nc":
        time = ("time", TIME, {"units": "ms"})
        made = xr.Dataset({"signals": (("time", "channel"), RATES[0])}, coords={"time": time})
        made.to_netcdf(path, engine="h5netcdf")
    else:
        path.write_text("time_ms,grip (N)\n0,1\n2,3\n")
    raw = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        raw = raw[: data.draw(st.integers(0, len(raw) - 1))]
    else:
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + 4] = data.draw(st.binary(min_size=1, max_size=8))
    path.write_bytes(bytes(raw))
    try:
        load(path)
    except InputError as error:
        assert "\n" not in str(error)


def test_the_reaching_recording(real_data):
    path = real_data / "motor_cortex_reaching" / "psth.npz"
    if not path.is_file():
        pytest.skip(f"no recording of reaches, {path.name}")
    with pytest.warns(UserWarning, match="no units"):
        found = load(path)
    assert dict(found["rates"].sizes) == {"condition": 10, "time": 61, "unit": 50}
    with np.load(path) as stored:
        np.testing.assert_array_equal(found["rates"][3, :, 7], stored["rates"][:, 7, 3])
    told = describe(found)
    assert (told["start_ms"], told["end_ms"], told["interval_ms"]) == (-50, 550, 10)
