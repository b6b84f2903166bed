"""Spikes to rates, against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.population import psth as P
from analyses.population.form import labelled
from neurosim.errors import InputError

N_TRIALS, N_UNITS = 6, 3


def some_spikes(seed=0, n=400):
    rng = np.random.default_rng(seed)
    return P.spikes(
        rng.uniform(-20, 120, n),
        rng.integers(N_TRIALS, size=n),
        rng.integers(N_UNITS, size=n),
        condition=["a", "b", "a", "b", "b", "a"],
        units=["u1", "u2", "u3"],
    )


def counted(spikes, start, stop, width):
    """Rates by going through the spikes one by one."""
    n_bins = round((stop - start) / width)
    rates = np.zeros((N_TRIALS, n_bins, N_UNITS))
    columns = (spikes[f"spike_{name}"].values for name in ("time", "trial", "unit"))
    for time, trial, unit in zip(*columns, strict=True):
        for k in range(n_bins):
            if start + k * width <= time < start + (k + 1) * width:
                rates[trial, k, unit] += 1000 / width
    return rates


@settings(max_examples=20, deadline=None)
@given(
    start=st.sampled_from([-30.0, 0.0, 50.0]),
    width=st.sampled_from([1.0, 5.0, 12.5]),
    n_bins=st.integers(1, 12),
    n=st.integers(0, 200),
    seed=st.integers(0, 2**32),
)
def test_bins_against_counting(start, width, n_bins, n, seed):
    spikes = some_spikes(seed, n)
    found = P.binned(spikes, window=(start, start + n_bins * width), width=width)
    assert found.dims == ("trial", "time", "unit")
    np.testing.assert_allclose(
        found, counted(spikes, start, start + n_bins * width, width), rtol=1e-6
    )
    np.testing.assert_allclose(found["time"], start + width * (np.arange(n_bins) + 0.5))
    assert found["time"].attrs["units"] == "ms"
    assert found["unit"].values.tolist() == ["u1", "u2", "u3"]


def test_a_bin_has_its_start_and_not_its_end():
    spikes = P.spikes([0.0, 10.0, 20.0], [0, 0, 0], [0, 0, 0], condition=["a"], units=1)
    assert P.binned(spikes, window=(0, 20)).values.ravel().tolist() == [100, 100]


def test_trials_and_units_without_spikes_are_kept():
    spikes = P.spikes([5.0], [1], [2], condition=["a", "a", "b"], units=4)
    found = P.binned(spikes, window=(0, 10))
    assert found.shape == (3, 1, 4)
    assert found.values.sum() == found[1, 0, 2] == 100


@pytest.mark.parametrize("deviation", [3.0, 10.0, 40.0])
def test_smoothing_by_its_definition(deviation):
    rates = P.binned(some_spikes(), window=(0, 120), width=4)
    found = P.smoothed(rates, deviation)
    times = rates["time"].values
    reach = int(4 * deviation / 4 + 0.5) * 4 + 1e-9
    for i, at in enumerate(times):
        weight = np.exp(-((times - at) ** 2) / (2 * deviation**2)) * (abs(times - at) <= reach)
        expected = np.einsum("t,rtu->ru", weight / weight.sum(), rates.values)
        np.testing.assert_allclose(found[:, i], expected, rtol=1e-4, atol=1e-4)


def test_a_constant_rate_stays_constant_to_the_edges():
    rates = labelled(np.full((2, 30, 1), 7.0), np.arange(30), condition=[0, 0], trials=True)
    np.testing.assert_allclose(P.smoothed(rates, 5.0), 7.0, rtol=1e-12)


def test_mean_and_standard_error():
    rates = P.binned(some_spikes(), window=(0, 100))
    found = P.psth(rates)
    assert found["trials"].values.tolist() == [3, 3]
    for name, rows in (("a", [0, 2, 5]), ("b", [1, 3, 4])):
        x = rates.values[rows].astype(float)
        one = found.sel(condition=name)
        np.testing.assert_allclose(one["rate"], x.mean(axis=0), rtol=1e-6)
        error = x.std(axis=0, ddof=1) / np.sqrt(3)
        np.testing.assert_allclose(one["standard_error"], error, rtol=1e-5, atol=1e-5)
    assert found["rate"].attrs["units"] == "spikes/s"


def test_standard_error_is_the_spread_of_means():
    """Of many recordings with the same rate the means differ by the standard error."""
    rng = np.random.default_rng(3)
    x = rng.poisson(4.0, (200 * 20, 1, 1)).astype(float)
    found = P.psth(labelled(x, [0.0], condition=np.repeat(np.arange(200), 20), trials=True))
    spread = found["rate"].values.std(ddof=1)
    assert np.sqrt((found["standard_error"] ** 2).mean()) == pytest.approx(spread, rel=0.15)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trial": [0, 6]}, "trial must be from 0 to 5, given 6"),
        ({"unit": [-1, 0]}, "unit must be from 0 to 2, given -1"),
        ({"unit": [0]}, r"time and unit must be lists of the same length, given \(2,\) and \(1,\)"),
        ({"trial": [0.5, 1.0]}, "trial must be whole numbers, given float64"),
        ({"time": [np.nan, 1.0]}, "1 times are NaN or infinite"),
    ],
)
def test_spikes_that_cannot_be(change, message):
    lists = {"time": [1.0, 2.0], "trial": [0, 1], "unit": [0, 1]} | change
    with pytest.raises(InputError, match=f"^spikes: {message}"):
        P.spikes(**lists, condition=list("abcdef"), units=3)


def test_what_cannot_be_binned():
    with pytest.raises(InputError, match="whole number of bins of 10 ms, given 0 to 95 ms"):
        P.binned(some_spikes(), window=(0, 95))
    with pytest.raises(InputError, match="given 10 to 0 ms"):
        P.binned(some_spikes(), window=(10, 0))
    with pytest.raises(InputError, match="width must be a number above 0, given 0"):
        P.binned(some_spikes(), window=(0, 10), width=0)
    with pytest.raises(InputError, match="must have spike_unit, given spike_time, spike_trial"):
        P.binned(some_spikes().drop_vars("spike_unit"), window=(0, 10))
    nothing = P.spikes([], np.zeros(0, int), np.zeros(0, int), condition=["a"], units=0)
    with pytest.raises(InputError, match="hold 1 trials with conditions, 0 units"):
        P.binned(nothing, window=(0, 10))


def test_what_cannot_be_averaged():
    single = labelled(np.zeros((3, 2, 1)), [0, 1], condition=["a", "a", "b"], trials=True)
    with pytest.raises(InputError, match="at least two trials of each condition, given 1 of b"):
        P.psth(single)
    with pytest.raises(InputError, match=r"expected rates \(trial, time, unit\)"):
        P.psth(labelled(np.zeros((3, 2, 1)), [0, 1]))
    with pytest.raises(InputError, match="deviation must be a number above 0"):
        P.smoothed(single, 0)


def test_plot_shows_every_condition():
    from analyses.figures.style import pyplot

    _, ax = pyplot().subplots()
    found = P.psth(P.binned(some_spikes(), window=(0, 100)))
    P.plot_psth(ax, found, "u2")
    assert [line.get_label() for line in ax.lines] == ["a", "b"]
    np.testing.assert_allclose(ax.lines[1].get_ydata(), found["rate"].sel(condition="b", unit="u2"))
    assert ax.get_ylabel() == "rate (spikes/s)"
    with pytest.raises(InputError, match=r"unknown unit 'u9'.*known: u1, u2, u3"):
        P.plot_psth(ax, found, "u9")
    pyplot().close("all")
