"""Intervals against scipy, against slow versions and by how often they hold the true value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyses.intervals import bootstrap, percentiles, proportion
from neurosim.errors import InputError


@settings(max_examples=100, deadline=None)
@given(n=st.integers(1, 2000), share=st.floats(0, 1), level=st.floats(0.5, 0.999))
def test_proportion_against_scipy(n, share, level):
    k = round(share * n)
    value, low, high = proportion(k, n, confidence_level=level)
    exact = stats.binomtest(k, n).proportion_ci(level, method="wilson")
    assert value == k / n
    np.testing.assert_allclose([low, high], exact, rtol=1e-9, atol=1e-12)
    assert 0 <= low <= value <= high <= 1


def test_proportion_of_arrays_is_that_of_each():
    k, n = np.array([[0, 3], [10, 7]]), np.array([10, 12])
    whole = proportion(k, n)
    for i, j in np.ndindex(2, 2):
        for part, one in zip(whole, proportion(k[i, j], n[j]), strict=True):
            assert part[i, j] == one


@pytest.mark.parametrize(
    ("k", "n", "message"),
    [
        (3, 2, "given 3 of 2"),
        (-1, 2, "given -1 of 2"),
        ([1, 0], [2, 0], "given 0 of 0"),
        (0.5, 2, "must be whole numbers"),
        (np.nan, 2, "must be whole numbers"),
    ],
)
def test_impossible_counts(k, n, message):
    with pytest.raises(InputError, match=message) as raised:
        proportion(k, n)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("level", [0, 1, 1.5, np.nan, "most"])
def test_impossible_confidence(level):
    rng = np.random.default_rng(0)
    for call in (
        lambda: proportion(1, 2, confidence_level=level),
        lambda: bootstrap(np.mean, np.arange(3), rng=rng, confidence_level=level),
    ):
        with pytest.raises(InputError, match="interval: confidence_level must be"):
            call()


def test_bootstrap_of_a_mean_against_scipy():
    x = np.random.default_rng(1).exponential(2.0, 60)
    ours = bootstrap(np.mean, x, rng=np.random.default_rng(2), n_resamples=20_000)
    theirs = stats.bootstrap(
        (x,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(3)
    ).confidence_interval
    assert ours.value == x.mean()
    width = theirs.high - theirs.low
    np.testing.assert_allclose(ours[1:], theirs, atol=0.03 * width)


def test_rows_of_all_samples_stay_together():
    x = np.arange(50.0)
    difference = bootstrap(lambda a, b: np.max(a - b), x, x, rng=np.random.default_rng(0))
    assert difference == (0, 0, 0)


def test_groups_are_drawn_whole():
    """Whatever is drawn, a group's rows are all there and as often as each other."""
    over = np.array(["b", "a", "b", "c", "a", "b"])
    rows = np.arange(6)

    def whole(drawn):
        counts = np.bincount(drawn, minlength=6)
        for group in "abc":
            assert len(set(counts[over == group])) == 1
        assert sum(counts[[0, 1, 3]]) == 3  # one row of each group: three groups drawn
        return counts.sum()

    sizes = bootstrap(whole, rows, over=over, rng=np.random.default_rng(0), n_resamples=300)
    assert sizes == (6, 3, 9)  # three times c, three times b


def test_arrays_are_estimated_at_once():
    x = np.random.default_rng(0).standard_normal((40, 3))
    together = bootstrap(lambda a: a.mean(axis=0), x, rng=np.random.default_rng(5))
    for column in range(3):
        alone = bootstrap(np.mean, x[:, column], rng=np.random.default_rng(5))
        np.testing.assert_allclose([part[column] for part in together], alone, rtol=1e-12)


def test_same_seed_same_interval():
    x = np.random.default_rng(0).standard_normal(30)
    first, again = (bootstrap(np.std, x, rng=np.random.default_rng(7)) for _ in range(2))
    assert first == again
    assert first != bootstrap(np.std, x, rng=np.random.default_rng(8))


def coverage(over_people: bool) -> float:
    """How often the interval of the mean of 20 people x 30 trials holds the mean of all people."""
    rng = np.random.default_rng(11)
    people = np.repeat(np.arange(20), 30)
    held = []
    for _ in range(100):
        x = rng.standard_normal(20)[people] + rng.standard_normal(600)
        over = people if over_people else None
        _, low, high = bootstrap(np.mean, x, over=over, rng=rng, n_resamples=100)
        held.append(low <= 0 <= high)
    return float(np.mean(held))


def test_people_must_be_drawn_where_people_differ():
    """Near the nominal 0.95 over people (0.88 at the least: 3 sd of 100 draws and a small-sample
    shortfall); trials taken as independent claim far too much."""
    assert 0.88 <= coverage(over_people=True) <= 1.0
    assert coverage(over_people=False) < 0.6


def test_infinity_is_beyond_all_numbers():
    x = np.r_[np.arange(30.0), np.full(30, np.inf)]
    median = bootstrap(lambda a: np.sort(a)[len(a) // 3], x, rng=np.random.default_rng(0))
    assert median.value == 20
    assert np.isfinite(median.low)
    assert percentiles(x, 0.5)[1] == np.inf


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((np.arange(3), np.arange(4)), {}, "must have the same length, given 3 and 4"),
        ((np.arange(3),), {"over": [0, 1]}, "must have the same length, given 2 and 3"),
        ((np.arange(1),), {}, "at least two rows to draw from, given 1"),
        ((np.arange(3),), {"over": [1, 1, 1]}, "at least two groups to draw from, given 1"),
        ((np.array(1.0),), {}, "at least one axis"),
        ((), {}, "at least one axis"),
        ((np.array([1.0, np.nan, 2.0]),), {}, "not a number in"),
        ((np.arange(3),), {"n_resamples": 0}, "n_resamples must be a whole number of at least 1"),
    ],
)
def test_bad_samples(arguments, options, message):
    with pytest.raises(InputError, match=message) as raised:
        bootstrap(lambda *a: np.mean(a[0]), *arguments, rng=np.random.default_rng(0), **options)
    assert "\n" not in str(raised.value)
