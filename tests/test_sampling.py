"""Signals are checked once: what is not uniform, finite and in ms is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analyses.sampling import as_signal, by_trial, filtered, sampling_interval
from neurosim.errors import InputError

TIMES = np.arange(10) * 5.0


def labelled(values, times=TIMES, **attrs) -> xr.DataArray:
    return xr.DataArray(values, {"time": ("time", times, attrs)}, "time")


def test_arrays_and_labelled_signals_are_the_same():
    values = np.arange(20.0).reshape(10, 2)
    plain = as_signal(values, 5.0)
    named = as_signal(xr.DataArray(values.T.astype("f4"), {"time": TIMES}, dims=("axis", "time")))
    assert plain.dims == named.dims == ("time", "axis")
    assert named.dtype == float
    np.testing.assert_array_equal(plain, named)
    np.testing.assert_array_equal(plain["time"], named["time"])
    assert sampling_interval(named) == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("values", "interval", "message"),
    [
        (np.zeros(5), None, "either a coordinate 'time' or the interval .*, given neither"),
        (labelled(np.zeros(10)), 5.0, "given both"),
        (np.zeros((5, 2, 2)), 5.0, r"\(time\) or \(time, axis\), given 3 axes"),
        (xr.DataArray(np.zeros(3), dims="trial"), None, "a dimension 'time', given trial"),
        (np.zeros(1), 5.0, "at least two samples, given 1"),
        (np.zeros(5), -1.0, "interval must be a number above 0, given -1"),
        (labelled(np.zeros(10), units="s"), None, "time in ms, given s"),
        (labelled(np.zeros(10), TIMES[::-1]), None, "rising times, given steps of -5 ms"),
        (
            labelled(np.zeros(10), np.r_[TIMES[:6], TIMES[6:] + 2]),
            None,
            "uniform sampling, given steps of 5 ms but 7 ms after 25 ms",
        ),
        (
            labelled(np.where((TIMES >= 10) & (TIMES < 25), np.nan, 1.0)),
            None,
            "given 3 that are not, from 10 to 20 ms; fill or cut the gap first",
        ),
        (np.array([0.0, np.inf, 0.0]), 5.0, "given 1 that are not, from 5 to 5 ms"),
    ],
)
def test_refused(values, interval, message):
    with pytest.raises(InputError, match=message) as caught:
        as_signal(values, interval, owner="thing")
    assert str(caught.value).startswith("thing: ")
    assert "\n" not in str(caught.value)


def test_the_filter_has_no_delay_and_half_amplitude_at_its_ends():
    times = np.arange(4000.0)
    for frequency, left in ((2.0, 0.0), (13.0, 0.5), (20.0, 1.0), (30.0, 0.5), (120.0, 0.0)):
        wave = np.sin(2 * np.pi * frequency * times / 1e3)
        found = filtered(wave, 1.0, low=13, high=30).to_numpy()[1000:3000]
        assert found @ wave[1000:3000] / 1000 == pytest.approx(left, abs=0.02)


def test_a_low_pass_filter_keeps_a_ramp():
    ramp = np.linspace(3.0, 5.0, 500)
    np.testing.assert_allclose(filtered(ramp, 10.0, high=8), ramp, atol=1e-6)


@pytest.mark.parametrize(
    ("band", "message"),
    [
        ({"low": 30, "high": 13}, "a band with low < high, given 30 to 13 Hz"),
        ({"low": 40, "high": 60}, "at most 50 Hz, half the sampling frequency, given 40 to 60 Hz"),
        ({"high": 50}, "high must be below 50 Hz"),
        ({"low": 4, "high": 4.5}, "a band of 0.5 Hz needs more than 200 samples, given 200"),
    ],
)
def test_bands_that_cannot_be_filtered(band, message):
    with pytest.raises(InputError, match=message):
        filtered(np.zeros(200), 10.0, **band)


def result(samples=95, trial_ms=200.0) -> xr.Dataset:
    """Ten samples of 20 ms a trial; the tenth trial is not finished."""
    values = np.arange(2.0 * samples).reshape(samples, 2)
    return xr.Dataset(
        {"hand": (("time", "axis"), values)},
        coords={
            "time": 20.0 * np.arange(samples),
            "axis": ["x", "y"],
            "phase": ("trial", ["train"] * 7 + ["test"] * 3),
        },
        attrs={"trial_ms": trial_ms},
    )


def test_trials_are_cut_where_they_begin():
    whole = result()
    cut = by_trial(whole)
    assert cut.dims == ("trial", "time", "axis")
    assert cut.shape == (9, 10, 2)
    for trial in range(9):
        expected = whole["hand"].sel(time=slice(200.0 * trial, 200.0 * trial + 199))
        np.testing.assert_array_equal(cut.sel(trial=trial), expected)
    assert cut["time"].values.tolist() == (20.0 * np.arange(10)).tolist()
    assert cut["phase"].values.tolist() == ["train"] * 7 + ["test"] * 2
    assert cut["axis"].values.tolist() == ["x", "y"]


@pytest.mark.parametrize(
    ("given", "name", "message"),
    [
        (result(), "rates", "the result of a simulation with 'rates' recorded"),
        (result().drop_attrs(), "hand", "the result of a simulation with 'hand' recorded"),
        (result(trial_ms=190.0), "hand", "given 190 ms sampled every 20 ms"),
        (result(samples=9), "hand", "no trial is complete, 9 of 10 samples"),
    ],
)
def test_trials_that_cannot_be_cut(given, name, message):
    with pytest.raises(InputError, match=message):
        by_trial(given, name)
