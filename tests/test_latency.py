"""Latencies that are known, decoders against scikit-learn, and nothing found where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analyses.intervals import Estimate
from analyses.latency import _scores, decode, delay, latency, plot_decoding
from neurosim.errors import InputError

TIMES = np.arange(-50.0, 200.0, 10.0)


def activity(
    starts_at: float, *, strength=3.0, trials=25, units=6, categories=3, seed=0
) -> xr.DataArray:
    """Noise, to which each category adds its own pattern from a time on."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(categories), trials)
    patterns = np.linalg.qr(rng.standard_normal((units, categories)))[0].T
    x = rng.standard_normal((len(labels), len(TIMES), units))
    x += strength * patterns[labels][:, np.newaxis] * (TIMES >= starts_at)[:, np.newaxis]
    return xr.DataArray(
        x,
        dims=("trial", "time", "unit"),
        coords={"time": TIMES, "category": ("trial", [f"c{k}" for k in labels])},
    )


def decoded(data: xr.DataArray, seed=0, **options) -> xr.Dataset:
    return decode(data, rng=np.random.default_rng(seed), **({"n_permutations": 100} | options))


def from_curves(correct: np.ndarray, **attributes) -> xr.Dataset:
    """A decoding made by hand."""
    trials, times = correct.shape
    return xr.Dataset(
        {"correct": (("trial", "time"), correct)},
        coords={"time": 10.0 * np.arange(times), "category": ("trial", ["a", "b"] * (trials // 2))},
        attrs={"threshold": 0.7, "onset": 0.0} | attributes,
    )


@pytest.mark.parametrize("starts_at", [0.0, 30.0, 110.0])
def test_known_latency_is_found(starts_at):
    found = latency(decoded(activity(starts_at)), rng=np.random.default_rng(1), n_resamples=100)
    assert found.value == starts_at
    assert found.low <= starts_at <= found.high <= starts_at + 20


def test_latency_counts_from_onset():
    found = decoded(activity(60.0), onset=20.0)
    assert latency(found, rng=np.random.default_rng(1), n_resamples=20).value == 40


def test_one_category_against_the_rest():
    """Only c1 has a pattern: that is decodable, and the others cannot be told from each other."""
    data = activity(50.0, strength=0)
    own = (data.category == "c1").to_numpy()
    data[own] += 4 * (TIMES >= 50)[:, np.newaxis] * np.eye(6)[0]
    found = decoded(data, category="c1")
    assert found.chance_level == 0.5
    assert latency(found, rng=np.random.default_rng(0), n_resamples=20).value == 50
    others = decoded(data[~own])
    assert np.isnan(latency(others, rng=np.random.default_rng(0), n_resamples=20).value)


def test_no_latency_where_nothing_is_decodable():
    nothing = latency(decoded(activity(0.0, strength=0)), rng=np.random.default_rng(0))
    assert np.isnan(nothing).all()
    something = decoded(activity(0.0))
    assert np.isnan(delay(something, decoded(activity(0.0, strength=0)), paired=True,
                          rng=np.random.default_rng(0))).all()  # fmt: skip


def test_noise_exceeds_the_threshold_anywhere_as_often_as_allowed():
    """20 % of 50 sets of noise: 10 expected, 3 to 18 with three standard deviations."""
    false = 0
    for seed in range(50):
        data = activity(0.0, strength=0, trials=8, categories=2, units=3, seed=seed)
        found = decoded(data, seed, n_permutations=40, folds=2, significance=0.2)
        false += bool((found.accuracy > found.threshold)[TIMES >= 0].any())
    assert 3 <= false <= 18


@pytest.mark.parametrize("units", [4, 60])
@pytest.mark.parametrize("trials", [(20, 20), (30, 8)])
def test_two_categories_against_sklearn(units, trials):
    """Fisher's discriminant with equal priors and the same ridge, on trials not trained on."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    rng = np.random.default_rng(units)
    y = np.repeat([0, 1], trials)
    x = rng.standard_normal((len(y), units)) + 0.5 * y[:, np.newaxis]
    train = rng.random(len(y)) < 0.7
    scores = _scores(x, train, np.eye(2)[y], 2, ridge=0.5)[:, 0]

    z = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    rho = 0.5 * (z[train] ** 2).sum() / min(train.sum(), units)
    middle = np.array([z[train & (y == k)].mean(axis=0) for k in (0, 1)])[y]
    within = (z - middle)[train].T @ (z - middle)[train] + rho * np.eye(units)

    class Known:
        covariance_ = within

        def fit(self, _):
            return self

    oracle = LinearDiscriminantAnalysis("lsqr", priors=[0.5, 0.5], covariance_estimator=Known())
    oracle.fit(z[train], y[train])
    margin = oracle.decision_function(z)
    np.testing.assert_allclose(scores[:, 1], -scores[:, 0], atol=1e-9)
    np.testing.assert_allclose(
        scores[:, 1] / np.abs(scores[:, 1]).max(), margin / np.abs(margin).max(), atol=1e-9
    )


def test_shuffled_labels_are_scored_as_if_they_were_alone():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 5))
    y = rng.integers(0, 3, (30, 7))
    train = np.arange(30) < 20
    together = _scores(x, train, np.eye(3)[y].reshape(30, -1), 3, 1.0)
    for k in range(7):
        alone = _scores(x, train, np.eye(3)[y[:, k]], 3, 1.0)
        np.testing.assert_allclose(together[:, k], alone[:, 0], atol=1e-12)


def test_pictures_of_an_object_do_not_tell_its_category():
    """Objects that are told apart easily, categories that mean nothing."""
    rng = np.random.default_rng(3)
    objects = np.repeat(np.arange(24), 5)
    own = rng.standard_normal((24, 30))[objects]
    data = xr.DataArray(
        (5 * own + rng.standard_normal((120, 30)))[:, np.newaxis],
        dims=("trial", "step", "unit"),
        coords={"step": [0], "category": ("trial", np.where(objects % 2, "a", "b"))},
    )
    assert decoded(data, ridge=0.01).accuracy[0] > 0.95
    known = decoded(data.assign_coords(object=("trial", objects)), ridge=0.01)
    assert known.accuracy[0] < known.threshold


def test_accuracy_is_the_mean_over_categories():
    found = decoded(activity(50.0)[10:60])
    shares = [found.correct[found.category == c].mean("trial") for c in ("c0", "c1", "c2")]
    np.testing.assert_allclose(found.accuracy, np.mean(shares, axis=0), rtol=1e-12)


def test_same_seed_same_decoding():
    xr.testing.assert_identical(decoded(activity(50.0)), decoded(activity(50.0)))
    assert not decoded(activity(50.0), 1).identical(decoded(activity(50.0)))


def test_a_blip_is_no_latency():
    correct = np.zeros((20, 30), bool)
    correct[:, 3:6] = correct[:, 12:] = True
    found = from_curves(correct)
    rng = np.random.default_rng(0)
    assert latency(found, consecutive=3, rng=rng).value == 30
    assert latency(found, consecutive=4, rng=rng).value == 120
    assert latency(found, consecutive=18, rng=rng).value == 120
    assert np.isnan(latency(found, consecutive=19, rng=rng).value)


def test_delay_is_found_with_its_interval():
    whole, occluded = activity(30.0, seed=1), activity(100.0, seed=2)
    rng = np.random.default_rng(0)
    found = delay(decoded(whole), decoded(occluded), paired=True, rng=rng, n_resamples=100)
    assert found.value == 70
    assert 40 <= found.low <= 70 <= found.high <= 100
    fewer = delay(decoded(whole), decoded(occluded[5:]), paired=False, rng=rng, n_resamples=100)
    assert fewer.value == 70


def test_trials_that_go_together_are_drawn_together():
    """Both curves rise when enough of the good trials were drawn: the difference is always 50."""
    rng = np.random.default_rng(0)
    starts = rng.integers(2, 12, 40)
    one, late = (from_curves(np.arange(30) >= starts[:, np.newaxis] + s) for s in (0, 5))
    paired = delay(one, late, paired=True, rng=rng, n_resamples=200)
    assert paired == (50, 50, 50)
    apart = delay(one, late, paired=False, rng=rng, n_resamples=200)
    assert apart.low < 50 < apart.high


def test_interval_without_an_end():
    """Three quarters right against a threshold of 0.7: a good part of the resamples has none."""
    correct = np.zeros((40, 20), bool)
    correct[:30, 8:] = True
    found = latency(from_curves(correct), rng=np.random.default_rng(0))
    assert found.value == 80 and found.low == 80 and found.high == np.inf
    always = from_curves(np.ones((40, 20), bool))
    lag = delay(always, from_curves(correct), paired=True, rng=np.random.default_rng(0))
    assert lag.value == 80 and lag.high == np.inf


def test_the_drawing_shows_curve_threshold_and_latency():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    found = decoded(activity(60.0), onset=20.0)
    plot_decoding(ax, found, Estimate(40.0, 30.0, np.inf))
    curve, threshold, interval, value = ax.lines
    np.testing.assert_array_equal(curve.get_ydata(), found.accuracy)
    assert threshold.get_ydata()[0] == found.threshold
    np.testing.assert_allclose(interval.get_xdata(), [50, TIMES[-1]])
    assert value.get_xdata() == [60]


GOOD = activity(50.0, trials=6)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda x: x.T, {}, "dimensions must be (trial, time, unit), given ('unit'"),
        (lambda x: x.drop_vars("time"), {}, "time must have a coordinate of rising numbers"),
        (lambda x: x[:, ::-1], {}, "time must have a coordinate of rising numbers"),
        (lambda x: x.drop_vars("category"), {}, "must have a coordinate 'category'"),
        (lambda x: x.where(x < 2.5), {}, "NaN or infinite values"),
        (lambda x: x[:6], {}, "at least two categories, given only 'c0'"),
        (lambda x: x[2:], {}, "at least 5 trials or objects of each category for 5 folds, given 4"),
        (
            lambda x: x.assign_coords(object=("trial", [1] * 18)),
            {},
            "trials of one object must all have the same category",
        ),
        (lambda x: x, {"category": "c7"}, "unknown category 'c7'"),
        (lambda x: x, {"onset": 500.0}, "no time is at or after onset 500.0, last is 190.0"),
        (lambda x: x, {"folds": 1}, "folds must be a whole number of at least 2"),
        (lambda x: x, {"n_permutations": 0}, "n_permutations must be a whole number"),
        (lambda x: x, {"ridge": 0}, "ridge must be a number above 0"),
        (lambda x: x, {"significance": 5}, "significance must be a number from 0 to 1"),
    ],
)
def test_bad_activity(change, options, message):
    with pytest.raises(InputError) as raised:
        decode(change(GOOD), rng=np.random.default_rng(0), **options)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_bad_latency():
    found = from_curves(np.ones((20, 5), bool))
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="consecutive must be at most 5, the times after onset"):
        latency(found, consecutive=6, rng=rng)
    with pytest.raises(InputError, match="consecutive must be a whole number of at least 1"):
        latency(found, consecutive=0, rng=rng)
    with pytest.raises(InputError, match="given 20 whole and 18 occluded"):
        delay(found, found.isel(trial=slice(18)), paired=True, rng=rng, consecutive=2)
