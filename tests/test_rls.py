"""Recursive least squares against its definition and against ridge regression."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from neurosim.rules.rls import rls, update


@numba.njit
def run(memory, R, gates, W, F):
    """W += c (f - W r) k^T with every row of R; returns c of the last."""
    c = 0.0
    for t in range(R.shape[0]):
        c = update(memory, R[t], gates[t])
        for i in range(W.shape[0]):
            error = F[t, i]
            for j in range(W.shape[1]):
                error -= W[i, j] * R[t, j]
            for j in range(W.shape[1]):
                W[i, j] += c * error * memory.k[j]
    return c


def rates(n_samples, n_units, seed, dtype="float64"):
    """Correlated rates in (-1, 1), as a reservoir has: few directions carry most of it."""
    rng = np.random.default_rng(seed)
    spread = rng.standard_normal((n_units, n_units)) * 0.9 ** np.arange(n_units)
    return np.tanh(rng.standard_normal((n_samples, n_units)) @ spread.T).astype(dtype)


def learned(R, alpha, gates=None, F=None):
    """Memory and weights after all rows of R."""
    n_samples, n_units = R.shape
    memory = rls(n_units, alpha)
    F = np.zeros((n_samples, 0)) if F is None else F
    W = np.zeros((F.shape[1], n_units))
    run(memory, R, np.ones(n_samples) if gates is None else gates, W, F)
    return memory, W


SIZES = st.one_of(st.integers(1, 5), st.integers(6, 33))


@settings(max_examples=25, deadline=None)
@given(
    n_units=SIZES,
    n_samples=st.integers(1, 100),
    alpha=st.floats(0.1, 100),
    seed=st.integers(0, 2**32),
    gated=st.booleans(),
)
def test_many_updates_against_the_slow_version(n_units, n_samples, alpha, seed, gated):
    R = rates(n_samples, n_units, seed)
    rng = np.random.default_rng(seed + 1)
    gates = rng.choice([0.0, 0.3, 1.0], n_samples) if gated else np.ones(n_samples)
    memory = rls(n_units, alpha)
    P = np.eye(n_units) / alpha
    for r, g in zip(R, gates, strict=True):
        c = run(memory, r[np.newaxis], np.array([g]), np.zeros((0, n_units)), np.zeros((1, 0)))
        k, c_slow = reference.rls_update(P, r, g)
        np.testing.assert_allclose(memory.k, k, rtol=1e-9, atol=1e-9 / alpha)
        assert c == pytest.approx(c_slow, rel=1e-9)
    np.testing.assert_allclose(memory.inverse_correlation(), P, rtol=1e-9, atol=1e-9 / alpha)


@pytest.mark.parametrize("n_units", [1, 2, 3, 4, 5, 37, 64])
def test_p_is_the_inverse_of_the_ridge_matrix(n_units):
    R = rates(500, n_units, seed=n_units)
    memory, _ = learned(R, alpha=10.0)
    closed = np.linalg.inv(10.0 * np.eye(n_units) + R.T @ R)
    np.testing.assert_allclose(memory.inverse_correlation(), closed, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("n_units", [3, 42])
def test_weights_are_the_ridge_solution(n_units):
    R = rates(400, n_units, seed=9)
    F = np.random.default_rng(4).standard_normal((400, 2))
    _, W = learned(R, alpha=2.0, F=F)
    np.testing.assert_allclose(W, reference.ridge_solution(R, F, 2.0), rtol=1e-7, atol=1e-9)
    assert np.linalg.norm(W) > 0.01


@settings(max_examples=20, deadline=None)
@given(n_units=SIZES, gate=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_any_gate_keeps_p_positive_definite_and_never_grows_it(n_units, gate, seed):
    R = rates(50, n_units, seed)
    memory, _ = learned(R, alpha=1.0, gates=np.full(50, gate))
    P = memory.inverse_correlation()
    np.testing.assert_array_equal(P, P.T)
    eigenvalues = np.linalg.eigvalsh(P)
    assert eigenvalues.min() > 0
    assert eigenvalues.max() <= 1 + 1e-12


def test_a_closed_gate_leaves_p_as_it_is():
    R = rates(60, 21, seed=3)
    memory, _ = learned(R[:30], alpha=5.0)
    before = memory.inverse_correlation()
    run(memory, R[30:], np.zeros(30), np.zeros((0, 21)), np.zeros((30, 0)))
    np.testing.assert_allclose(memory.inverse_correlation(), before, rtol=1e-14, atol=0)
    # k is still P r of the rates just given
    np.testing.assert_allclose(memory.k, before @ R[-1], rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_positive_definite_after_thousands_of_updates(dtype):
    """P is in double precision also where the rates are not."""
    R = rates(6000, 100, seed=1, dtype=dtype)
    memory, _ = learned(R, alpha=10.0)
    P = memory.inverse_correlation()
    assert P.dtype == np.float64
    np.testing.assert_array_equal(P, P.T)
    exact = np.linalg.inv(10.0 * np.eye(100) + R.astype(float).T @ R.astype(float))
    eigenvalues = np.linalg.eigvalsh(P)
    assert eigenvalues.min() > 0
    np.testing.assert_allclose(eigenvalues, np.linalg.eigvalsh(exact), rtol=1e-6)


def test_float32_rates_learn_the_ridge_solution():
    R = rates(2000, 80, seed=2, dtype="float32")
    F = R.astype(float) @ np.random.default_rng(6).standard_normal((80, 1))
    _, W = learned(R, alpha=10.0, F=F)
    np.testing.assert_allclose(
        W, reference.ridge_solution(R.astype(float), F, 10.0), rtol=1e-6, atol=1e-8
    )
