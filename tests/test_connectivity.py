"""Recurrent weights: their statistics, how they are stored, and J r."""

from __future__ import annotations

import tracemalloc

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.connectivity import KINDS, DenseWeights, SparseWeights, product, recurrent_weights
from neurosim.reservoir import Reservoir

N, GAIN, P, K = 600, 1.5, 0.1, 60
SHARE = 1 - np.exp(-P)
"""Of all connections that exist in a sparse network."""
BY_ROWS = ("sparse", "fixed_in_degree")


@numba.njit
def compiled_product(weights, r, out):
    product(weights, r, out)


def times(weights, r):
    """J r by the compiled piece."""
    out = np.full_like(r, np.nan)
    compiled_product(weights, r, out)
    return out


@pytest.fixture(scope="module", params=KINDS)
def drawn(request):
    """One J of each kind in float64, and its existing weights."""
    J = recurrent_weights(
        request.param, N, GAIN, np.random.default_rng(5), probability=P, in_degree=K, dtype="f8"
    )
    return request.param, J, J.weight.ravel()


def test_mean_and_variance_of_existing_weights(drawn):
    kind, _, weights = drawn
    inputs = {"sparse": P * N, "dense": N, "fixed_in_degree": K}[kind]
    variance = GAIN**2 / inputs
    n = len(weights)
    # five standard errors of the mean and of the variance of n normal numbers
    assert abs(weights.mean()) < 5 * np.sqrt(variance / n)
    assert weights.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / n))


def test_number_of_connections(drawn):
    kind, J, _ = drawn
    if kind == "sparse":  # P N^2 places drawn with replacement, of which the distinct ones count
        spread = N * np.sqrt(np.exp(-P) - (1 + P) * np.exp(-2 * P))
        assert abs(J.synapses - SHARE * N * N) < 5 * spread
        inputs = np.diff(J.start)
        assert inputs.var() == pytest.approx(N * SHARE * (1 - SHARE), rel=5 * np.sqrt(2 / N))
    elif kind == "fixed_in_degree":
        np.testing.assert_array_equal(np.diff(J.start), K)
    else:
        assert J.synapses == N * N


@pytest.mark.parametrize("drawn", BY_ROWS, indirect=True)
def test_no_connection_is_drawn_twice(drawn):
    _, J, _ = drawn
    pairs = np.repeat(np.arange(N), np.diff(J.start)) * N + J.source.astype(np.int64)
    assert len(np.unique(pairs)) == J.synapses
    assert J.source.max() < N
    assert np.count_nonzero(J.to_dense()) == J.synapses


@pytest.mark.parametrize("drawn", BY_ROWS, indirect=True)
def test_every_unit_is_heard_about_equally(drawn):
    _, J, _ = drawn
    heard = np.bincount(J.source, minlength=N)
    mean = J.synapses / N
    assert abs(heard[: N // 2].mean() - mean) < 5 * np.sqrt(mean / (N // 2))
    assert heard.var() == pytest.approx(mean * (1 - mean / N), rel=5 * np.sqrt(2 / N))


def test_spectral_radius(drawn):
    kind, J, _ = drawn
    expected = GAIN * np.sqrt(SHARE / P) if kind == "sparse" else GAIN
    radius = np.abs(np.linalg.eigvals(J.to_dense())).max()
    assert radius == pytest.approx(expected, rel=0.08)


def test_column_numbers_are_no_wider_than_needed():
    def one_input(n_units):
        return recurrent_weights(
            "fixed_in_degree", n_units, 1.0, np.random.default_rng(0), in_degree=1
        )

    small, large = one_input(65_535), one_input(65_536)
    assert small.source.dtype == np.uint16
    assert large.source.dtype == np.uint32
    # a wrapped column number would leave the upper half unheard
    assert small.source.max() > 60_000
    assert large.source.max() > 60_000
    r = np.random.default_rng(1).random(65_536, np.float32)
    np.testing.assert_array_equal(times(large, r), large.weight * r[large.source])


@pytest.mark.parametrize("n_units, index_bytes", [(65_535, 2), (65_536, 4)])
def test_memory_told_in_advance(n_units, index_bytes):
    reservoir = Reservoir(n_units=n_units, connectivity="fixed_in_degree", in_degree=1)
    assert reservoir.bytes_needed() == n_units * (4 + index_bytes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_memory_told_in_advance_is_what_is_taken(kind, dtype):
    reservoir = Reservoir(n_units=1000, connectivity=kind, in_degree=200, dtype=dtype)
    tracemalloc.start()
    try:
        reservoir.build(1, 0, np.random.default_rng(2))
        _, taken = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reservoir.bytes_needed() == pytest.approx(taken, rel=0.1)


@st.composite
def weights_and_rates(draw):
    """Sparse or dense weights of a small network, with empty rows, and rates."""
    n = draw(st.integers(1, 40))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    dense = rng.standard_normal((n, n)).astype(dtype)
    if draw(st.booleans()):
        return DenseWeights(dense), rng.standard_normal(n).astype(dtype)
    there = rng.random((n, n)) < draw(st.floats(0, 1))
    there[rng.random(n) < draw(st.floats(0, 1))] = False  # units that hear nobody
    start = np.concatenate([[0], np.cumsum(there.sum(1))]).astype(np.int64)
    weights = SparseWeights(start, np.nonzero(there)[1].astype(np.uint16), dense[there])
    np.testing.assert_array_equal(weights.to_dense(), np.where(there, dense, 0))
    return weights, rng.standard_normal(n).astype(dtype)


@settings(max_examples=60, deadline=None)
@given(weights_and_rates())
def test_product_against_numpy(case):
    weights, r = case
    J = weights.to_dense().astype(np.float64)
    out = times(weights, r)
    assert out.dtype == r.dtype
    bound = 40 * np.finfo(r.dtype).eps * (np.abs(J) @ np.abs(r.astype(np.float64)))
    assert np.all(np.abs(out - J @ r.astype(np.float64)) <= bound)


@pytest.mark.parametrize("kind", KINDS)
def test_same_generator_same_weights(kind):
    def draw(seed):
        return recurrent_weights(kind, 80, 1.2, np.random.default_rng(seed), in_degree=8)

    one, same, other = draw(7), draw(7), draw(8)
    for a, b in zip(one, same, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one.to_dense(), other.to_dense())


def test_no_connections_at_all():
    J = recurrent_weights("sparse", 20, 1.5, np.random.default_rng(0), probability=1e-12)
    assert J.synapses == 0
    np.testing.assert_array_equal(times(J, np.ones(20, np.float32)), 0)
