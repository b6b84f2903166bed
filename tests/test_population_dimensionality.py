"""Dimensions that are known, and intervals, ceilings and floors that hold what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.population import dimensionality as D
from analyses.population.bounds import ceiling, floor, interval, plot_bounds, split
from analyses.population.cka import cka
from analyses.population.form import labelled
from analyses.population.surrogates import Shuffled
from neurosim.errors import InputError


def rates(conditions=4, times=20, units=10, rank=None, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((conditions, times, rank or units))
    if rank:
        x = x @ rng.standard_normal((rank, units))
    return labelled(x, np.arange(times))


def with_variances(*variances):
    """Rates whose components have exactly these variances."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((40, len(variances)))
    scores = np.linalg.qr(x - x.mean(axis=0))[0] * np.sqrt(variances)
    rotation = np.linalg.qr(rng.standard_normal((len(variances),) * 2))[0]
    return labelled((scores @ rotation).reshape(4, 10, -1) + 3, np.arange(10))


def test_pca_against_scikit_learn():
    decomposition = pytest.importorskip("sklearn.decomposition")
    given_rates = rates(rank=7)
    found = D.pca(given_rates, 4)
    other = decomposition.PCA(4).fit(given_rates.values.reshape(-1, 10))
    np.testing.assert_allclose(
        found["variance_explained"], other.explained_variance_ratio_, rtol=1e-10
    )
    np.testing.assert_allclose(abs(found["loading"]), abs(other.components_), atol=1e-10)
    np.testing.assert_allclose(found["mean"], other.mean_)


@settings(max_examples=20, deadline=None)
@given(
    conditions=st.integers(1, 4),
    times=st.integers(2, 12),
    units=st.integers(1, 30),
    seed=st.integers(0, 2**32),
)
def test_all_components_give_the_rates_back(conditions, times, units, seed):
    given_rates = rates(conditions, times, units, seed=seed)
    found = D.pca(given_rates)
    back = found["score"].values @ found["loading"].values + found["mean"].values
    np.testing.assert_allclose(back, given_rates, atol=1e-10)
    assert float(found["variance_explained"].sum()) == pytest.approx(1)
    loading = found["loading"].values
    assert (loading[np.arange(len(loading)), np.abs(loading).argmax(axis=1)] > 0).all()
    ratio = D.participation_ratio(given_rates)
    assert 1 - 1e-9 <= ratio <= min(units, conditions * times - 1) + 1e-9


@pytest.mark.parametrize(
    ("variances", "ratio"),
    [((1, 1, 1, 1), 4), ((5, 0, 0, 0), 1), ((2, 1, 1, 0), 16 / 6), ((3, 1), 16 / 10)],
)
def test_participation_ratio_of_known_variances(variances, ratio):
    assert D.participation_ratio(with_variances(*variances)) == pytest.approx(ratio)


def test_components_for_a_share():
    known = with_variances(6, 3, 1)
    np.testing.assert_allclose(D.cumulative_variance(known, 5), [0.6, 0.9, 1, 1, 1])
    assert [D.components_for(known, share) for share in (0.5, 0.6, 0.61, 0.9, 1)] == [1, 1, 2, 2, 3]


def test_what_has_no_components():
    with pytest.raises(
        InputError, match=r"at most 10 components \(10 units, 80 samples\), given 11"
    ):
        D.pca(rates(), 11)
    with pytest.raises(InputError, match=r"at most 3 components \(10 units, 4 samples\)"):
        D.pca(rates(2, 2), 4)
    with pytest.raises(InputError, match="n_components must be a whole number of at least 1"):
        D.pca(rates(), 0)
    with pytest.raises(InputError, match="the rates do not vary"):
        D.participation_ratio(labelled(np.full((2, 3, 4), 0.1), [0, 1, 2]))
    with pytest.raises(InputError, match="share must be above 0 and at most 1, given 0"):
        D.components_for(rates(), 0)


def test_interval_holds_what_other_samples_of_units_give():
    """Populations of 40 units from one law: about 95 in 100 intervals hold the law's own value."""
    rng = np.random.default_rng(4)
    latent = rng.standard_normal((5, 20, 12)) * 0.8 ** np.arange(12)

    def sample():
        return labelled(latent @ rng.standard_normal((12, 40)), np.arange(20))

    truth = np.mean([D.participation_ratio(sample()) for _ in range(200)])
    found = [interval(D.participation_ratio, sample(), rng=rng, n_resamples=40) for _ in range(60)]
    held = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.85 <= held <= 1
    assert np.mean([one.high - one.low for one in found]) < 0.5 * truth  # and is not just wide


def test_interval_of_two_populations_and_of_arrays():
    a, b = rates(rank=3), rates(rank=3, seed=5)
    one = interval(cka, a, b, rng=np.random.default_rng(0), n_resamples=30)
    again = interval(cka, a, b, rng=np.random.default_rng(0), n_resamples=30)
    assert one == again
    assert one.low < one.value == cka(a, b) < one.high
    shares = interval(
        D.cumulative_variance, a, rng=np.random.default_rng(0), n_resamples=20, limits=(0, 1)
    )
    assert shares.value.shape == shares.low.shape == (10,)
    assert shares.high.max() == 1


def test_interval_over_conditions_draws_the_same_in_both():
    a = rates(conditions=8)
    both = interval(
        lambda x, y: float(np.abs(x.values - y.values).max()), a, a,
        rng=np.random.default_rng(0), over="condition", n_resamples=10,
    )  # fmt: skip
    assert both == (0, 0, 0)


def test_intervals_that_cannot_be():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="at least two units to draw from, given 1"):
        interval(D.participation_ratio, rates(units=1), rng=rng)
    with pytest.raises(InputError, match="not a number in 20 of 20 resamples"):
        interval(lambda x: np.nan, rates(), rng=rng, n_resamples=20)
    with pytest.raises(InputError, match="over must be one of 'unit', 'condition', given 'trial'"):
        interval(D.participation_ratio, rates(), rng=rng, over="trial")
    with pytest.raises(InputError, match="expected at least two rows to draw from, given 1"):
        interval(D.participation_ratio, rates(1), rng=rng, over="condition")


def test_split_deals_units_or_trials():
    parts = split(rates(units=11), np.random.default_rng(0), parts=3)
    assert sorted(np.concatenate([part["unit"].values for part in parts])) == list(range(11))
    assert sorted(part.sizes["unit"] for part in parts) == [3, 4, 4]

    x = np.arange(8.0)[:, np.newaxis, np.newaxis]
    names = ["a"] * 5 + ["b"] * 3
    halves = split(labelled(x, [0], condition=names, trials=True), np.random.default_rng(1))
    sums = [half.values.ravel() for half in halves]
    np.testing.assert_allclose(3 * sums[0][0] + 2 * sums[1][0], 0 + 1 + 2 + 3 + 4)
    np.testing.assert_allclose(2 * sums[0][1] + sums[1][1], 5 + 6 + 7)

    with pytest.raises(InputError, match="split: expected at least 2 trials of condition b, given"):
        single = labelled(x[:4], [0], condition=["a", "a", "a", "b"], trials=True)
        split(single, np.random.default_rng(0))
    with pytest.raises(InputError, match="split: expected at least 4 units, given 3"):
        split(rates(units=3), np.random.default_rng(0), parts=4)


def test_ceiling_is_above_floor_where_units_share_a_signal():
    rng = np.random.default_rng(2)
    shared = rates(rank=2, units=40)
    high = ceiling(cka, shared, rng=rng, n_splits=20)
    low = floor(cka, shared, Shuffled(shared, along="condition"), rng=rng, n=20)
    assert low.high < high.low
    assert high.low <= high.value <= high.high <= 1


def test_more_trials_raise_the_ceiling():
    def recorded(n_trials):
        rng = np.random.default_rng(0)
        signal = np.repeat(rng.standard_normal((4, 10, 6)), n_trials, axis=0)
        noise = 2 * rng.standard_normal(signal.shape)
        names = np.repeat(np.arange(4), n_trials)
        return labelled(signal + noise, np.arange(10), condition=names, trials=True)

    few, many = (
        ceiling(cka, recorded(n), rng=np.random.default_rng(1), n_splits=10) for n in (4, 40)
    )
    assert many.low > few.high


def test_plots_show_the_numbers():
    from analyses.figures.style import pyplot

    _, (left, right) = pyplot().subplots(1, 2)
    rng = np.random.default_rng(0)
    found = interval(D.cumulative_variance, rates(), rng=rng, n_resamples=5)
    D.plot_variance(left, found)
    np.testing.assert_allclose(left.lines[0].get_ydata(), found.value)
    one = interval(D.participation_ratio, rates(), rng=rng, n_resamples=5)
    plot_bounds(right, ["model", "data"], [one, one], [one, one], [one, one])
    assert [text.get_text() for text in right.get_yticklabels()] == ["model", "data"]
    assert right.get_legend() is not None
    pyplot().close("all")
