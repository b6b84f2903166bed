"""Learning curves made with known rates, retention by hand, and readouts of known shares."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from analyses.figures.style import pyplot
from analyses.learning import (
    LearningCurve,
    consolidation_index,
    learning_curve,
    plot_consolidation,
    plot_learning,
    retention,
)
from neurosim.errors import InputError


def curve(rate, start=1.0, end=0.1, trials=20) -> np.ndarray:
    return end + (start - end) * np.exp(-rate * np.arange(trials))


def fitted(error, seed=0, n_resamples=50) -> LearningCurve:
    return learning_curve(error, rng=np.random.default_rng(seed), n_resamples=n_resamples)


@settings(max_examples=25, deadline=None)
@given(
    rate=st.floats(0.03, 3),
    end=st.floats(0, 0.5),
    unit=st.floats(1e-3, 1e3),
)
def test_a_curve_without_noise_is_found_again(rate, end, unit):
    found = fitted(unit * curve(rate, end=end), n_resamples=1)
    assert float(found.rate.value) == pytest.approx(rate, rel=0.01)
    assert float(found.start.value) == pytest.approx(unit, rel=1e-3)
    assert float(found.asymptote.value) == pytest.approx(unit * end, rel=0.05, abs=0.02 * unit)
    np.testing.assert_allclose(found.predict([0, 1]), unit * curve(rate, end=end)[:2], rtol=1e-3)


def test_the_fit_is_that_of_least_squares():
    error = np.abs(curve(0.4) + 0.05 * np.random.default_rng(3).standard_normal(20))
    n = np.arange(20)
    (a, b, k), _ = curve_fit(lambda n, a, b, k: a + b * np.exp(-k * n), n, error, (0.1, 1, 0.3))
    found = fitted(error)
    assert float(found.rate.value) == pytest.approx(k, rel=1e-3)
    assert float(found.asymptote.value) == pytest.approx(a, rel=1e-3)
    assert float(found.start.value) == pytest.approx(a + b, rel=1e-3)


def test_the_interval_holds_the_rate_as_often_as_stated():
    inside = 0
    for seed in range(30):
        noise = 0.05 * np.random.default_rng(seed).standard_normal(15)
        rate = fitted(np.abs(curve(0.5, end=0.3, trials=15) + noise), seed, 100).rate
        inside += rate.low <= 0.5 <= rate.high
    assert inside >= 25


def test_errors_that_do_not_fall_have_rate_zero():
    for error in (np.full(10, 0.4), np.linspace(0.1, 1, 10)):
        found = fitted(error)
        assert found.rate.value == 0
        assert found.start.value == found.asymptote.value == pytest.approx(error.mean())


def test_a_fall_to_zero_never_has_a_negative_asymptote():
    found = fitted(np.linspace(1, 0, 10))
    assert found.asymptote.value >= 0
    assert found.rate.value > 0.1


def test_runs_are_what_is_drawn():
    rng = np.random.default_rng(0)
    runs = np.stack([curve(0.4) * factor for factor in rng.uniform(0.5, 1.5, 8)])
    found = fitted(runs)
    assert float(found.rate.value) == pytest.approx(0.4, rel=0.01)
    np.testing.assert_allclose(found.rate.low, found.rate.high, rtol=0.01)  # only sizes differ
    assert found.start.high - found.start.low > 0.1
    assert fitted(runs).start == found.start


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ([1.0, 0.5, 0.2], r"of at least 4 trials, given \(3,\)"),
        ([1.0, 0.5, np.nan, 0.1], "finite and not negative, 1 are not"),
        ([1.0, 0.5, -0.2, 0.1], "finite and not negative, 1 are not"),
        (np.ones((2, 2, 5)), r"given \(2, 2, 5\)"),
    ],
)
def test_curves_that_cannot_be_fitted(error, message):
    with pytest.raises(InputError, match=message):
        fitted(error)


def test_retention_by_hand():
    error = np.array([[0.9, 0.4, 0.2, 0.3, 0.5], [0.8, 0.6, 0.4, 0.4, 0.4]])
    test = np.array([False, False, False, True, True])
    np.testing.assert_allclose(retention(error, test), [0.2, 0.0])
    np.testing.assert_allclose(retention(error, test, last=2), [0.1, -0.1])
    assert retention(error[0], test) == pytest.approx(0.2)
    for test, last, message in (
        ([False] * 5, 1, "given 0 and 5"),
        ([False, True, True, True, True], 2, "at least 2 of training, given 4 and 1"),
        ([True, False], 1, "one phase for each of 5 trials"),
    ):
        with pytest.raises(InputError, match=message):
            retention(error, test, last=last)


def result(z1, z2, *, trial_ms=100.0, interval=10.0, test_trials=1, names=None) -> xr.Dataset:
    """Readouts (time, output) of both pathways; the last trials are test trials."""
    both = np.stack([z1, z2], axis=1).astype("f4")
    trials = round(len(both) * interval / trial_ms)
    return xr.Dataset(
        {"pathway_readout": (("time", "pathway", "output"), both)},
        coords={
            "time": interval * np.arange(len(both)),
            "pathway": names or ["mastery", "exploratory"],
            "phase": ("trial", ["train"] * (trials - test_trials) + ["test"] * test_trials),
        },
        attrs={"trial_ms": trial_ms},
    )


def readout(trials=5, outputs=2, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((10 * trials, outputs))


def test_known_shares_by_trial():
    z = readout()
    share = np.repeat([0.0, 0.25, 0.9, 1.2, 1.0], 10)[:, np.newaxis]
    found = consolidation_index(result(share * z, (1 - share) * z))
    np.testing.assert_allclose(found, [0, 0.25, 0.9, 1.2], atol=1e-6)
    assert found["trial"].values.tolist() == [0, 1, 2, 3]  # the test trial is left out
    assert found["time"].values.tolist() == [50, 150, 250, 350]


def test_windows_within_trials():
    z = readout()
    share = np.linspace(0, 1, 50)[:, np.newaxis]
    found = consolidation_index(result(share * z, (1 - share) * z), window=20.0)
    assert found.sizes["time"] == 20
    assert found["trial"].values.tolist() == np.repeat([0, 1, 2, 3], 5).tolist()
    np.testing.assert_allclose(found, np.linspace(0, 1, 50)[:40:2] + 0.01, atol=0.011)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), gain=st.floats(1e-2, 1e2))
def test_shares_sum_to_one_and_do_not_depend_on_units(seed, gain):
    z1, z2 = readout(seed=seed), readout(seed=seed + 1)
    mastery = consolidation_index(result(z1, z2))
    other = consolidation_index(result(z2, z1))
    np.testing.assert_allclose(mastery + other, 1, atol=1e-5)
    scaled = consolidation_index(result(gain * z1, gain * z2))
    np.testing.assert_allclose(scaled, mastery, rtol=1e-4, atol=1e-5)
    for n in range(4):
        a, b = z1[10 * n : 10 * n + 10].ravel(), z2[10 * n : 10 * n + 10].ravel()
        slope = (a @ (a + b)) / ((a + b) @ (a + b))
        assert float(mastery[n]) == pytest.approx(slope, rel=1e-4, abs=1e-5)


def test_exploration_noise_hardly_moves_it():
    z = np.tile(np.sin(np.arange(1000.0))[:, np.newaxis], 2)
    noise = 0.05 * np.random.default_rng(0).uniform(-1, 1, z.shape)
    found = consolidation_index(result(z, noise, trial_ms=1000.0, test_trials=0))
    np.testing.assert_allclose(found, 1, atol=0.01)


@pytest.mark.parametrize(
    ("given", "window", "message"),
    [
        (xr.Dataset(), None, "'pathway_readout' recorded"),
        (result(readout(), readout(), names=["exploratory", "other"]), None, "given exploratory"),
        (result(readout(), readout(), test_trials=5), None, "no samples of training"),
        (result(readout(), readout()), 25.0, "given 25 ms sampled every 10 ms"),
        (result(readout(), readout()), 500.0, "at least one window of 500 ms .* given 400 ms"),
        (result(readout(), -readout()), None, "a window has no output"),
        (result(readout() * np.nan, readout()), None, "50 that are not|40 that are not"),
    ],
)
def test_results_without_an_index(given, window, message):
    with pytest.raises(InputError, match=message):
        consolidation_index(given, window)


def test_the_figures():
    plt = pyplot()
    fig, (left, right) = plt.subplots(1, 2)
    error = np.stack([curve(0.4), curve(0.5)])
    plot_learning(left, error, fitted(error))
    points, line = left.lines
    np.testing.assert_allclose(points.get_ydata(), error.mean(axis=0))
    assert line.get_ydata()[0] == pytest.approx(1, rel=0.01)
    z = readout()
    plot_consolidation(right, consolidation_index(result(z, 0 * z)))
    assert right.lines[0].get_xdata().tolist() == [0.05, 0.15, 0.25, 0.35]
    plt.close(fig)
