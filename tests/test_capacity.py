"""Shares of patterns that are retrieved, and capacities, against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.capacity import capacity, flipped, retrieved
from neurosim.errors import InputError
from neurosim.hopfield import Hebb, Modern, PseudoInverse


def signs(n_patterns, n_units, seed=0):
    return np.random.default_rng(seed).choice([-1.0, 1.0], (n_patterns, n_units))


# ---------------------------------------------------------------------- flipped units


@given(st.floats(0, 1), st.integers(1, 60))
def test_so_many_units_are_flipped(share, n_units):
    patterns = signs(20, n_units)
    turned = (flipped(patterns, share, np.random.default_rng(1)) != patterns).sum(axis=1)
    assert set(turned) <= {int(np.floor(share * n_units + d)) for d in (-1e-6, 0, 1 - 1e-6, 1)}
    assert (np.abs(turned - share * n_units) < 1 + 1e-6).all()


def test_the_mean_share_is_what_is_asked_for():
    patterns = np.ones((4000, 15))
    turned = (flipped(patterns, 0.1, np.random.default_rng(0)) < 0).sum(axis=1)
    assert set(turned) == {1, 2}
    assert turned.mean() == pytest.approx(1.5, abs=0.03)
    assert (patterns == 1).all()  # what was given is left as it is


def test_a_share_beyond_all():
    with pytest.raises(InputError, match="share must be a number from 0 to 1, given"):
        flipped(np.ones((1, 4)), 1.5, np.random.default_rng(0))


# ---------------------------------------------------------------------- what is retrieved


def by_hand(patterns, start, steps):
    """Hebb's rule, all units at once, pattern by pattern and unit by unit."""
    n_patterns, n_units = patterns.shape
    within = errorless = 0
    for wanted, first in zip(patterns, start, strict=True):
        state = first.copy()
        for _ in range(steps):
            new = state.copy()
            for i in range(n_units):
                u = sum(
                    patterns[m, i] * patterns[m, j] * state[j]
                    for m in range(n_patterns)
                    for j in range(n_units)
                    if j != i
                )
                new[i] = state[i] if u == 0 else np.sign(u)
            state = new
        wrong = sum(state[i] != wanted[i] for i in range(n_units))
        within += wrong <= 0.05 * n_units
        errorless += wrong == 0
    return within / n_patterns, errorless / n_patterns


@pytest.mark.filterwarnings("ignore:Hebb")
def test_against_networks_by_hand():
    patterns = signs(7, 40, seed=5)
    start = flipped(patterns, 0.1, np.random.default_rng(5))
    network = Hebb("synchronous").store(patterns)
    found = retrieved(network, patterns, start, steps=4)
    assert tuple(found) == by_hand(patterns, start, 4)
    assert 0 < found.errorless < found.within < 1  # so that all three can be wrong


def test_graded_states_count_by_their_sign():
    patterns = signs(3, 40)
    network = Modern(40.0).store(patterns)
    assert tuple(retrieved(network, patterns, patterns)) == (1.0, 1.0)
    wide = Modern(1e-6).store(patterns)  # everything is the mean of all patterns
    mean = patterns.mean(axis=0)
    wrong = (mean * patterns <= 0).sum(axis=1)
    expected = float((wrong <= 2).mean()), float((wrong == 0).mean())
    assert tuple(retrieved(wide, patterns, patterns)) == expected


def test_single_units_are_corrected_where_less_than_half_the_units_are_patterns():
    """W is a projection: a flipped unit comes back where W_ii, on average P / N, is below 1/2."""
    n_units = 200
    for load, low, high in ((0.4, 0.99, 1.0), (0.6, 0.0, 0.01)):
        patterns = signs(round(load * n_units), n_units, seed=1)
        network = PseudoInverse().store(patterns)
        start = flipped(patterns, 1 / n_units, np.random.default_rng(0))
        assert low <= retrieved(network, patterns, start, steps=1).errorless <= high


# ---------------------------------------------------------------------- capacity


@given(st.integers(1, 40), st.floats(1.05, 4), st.floats(0.02, 0.5))
def test_capacity_of_a_line_in_log_load(first, ratio, slope):
    loads = first * ratio ** np.arange(8)
    shares = 1 - slope * np.arange(8)
    expected = first * ratio ** (0.5 / slope)
    found = capacity(loads, shares)
    if expected > loads[-1] * (1 + 1e-9):
        assert found == np.inf
    elif expected < loads[-1] * (1 - 1e-9):
        assert found == pytest.approx(expected)


def test_ends_of_what_was_tried():
    assert capacity([5, 10], [0.4, 0.2]) == 0
    assert capacity([5, 10], [0.4, 0.5]) == np.inf
    assert capacity([5, 10, 20, 40], [1, 0.4, 0.6, 0.5 - 0.1]) == pytest.approx(20 * 2**0.5)


@pytest.mark.parametrize(
    "loads, shares", [([10, 10], [1, 0]), ([0, 1], [1, 0]), ([1, 2], [1]), ([3, 2], [1, 0])]
)
def test_loads_that_do_not_rise(loads, shares):
    with pytest.raises(InputError, match="expected loads that rise from above 0"):
        capacity(loads, shares)
