"""Rate functions against NumPy."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.nonlinearity import NONLINEARITIES, FastTanh, activate, nonlinearity, rates

NUMPY = {
    "tanh": np.tanh,
    "relu": lambda x: np.where(x > 0, x, 0),
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "linear": lambda x: x,
}


@numba.njit
def compiled_activate(kind, x, r):
    activate(kind, x, r)


def activated(kind, x):
    """f(x) by the compiled piece."""
    r = np.full_like(x, 7)
    compiled_activate(kind, x, r)
    return r


GRID = np.linspace(-50, 50, 200_001, dtype=np.float32)


def test_all_are_tried():
    assert NUMPY.keys() == NONLINEARITIES.keys()


@pytest.mark.parametrize("name", NUMPY)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_against_numpy(name, dtype):
    x = np.concatenate([np.linspace(-30, 30, 4001), np.geomspace(1e-30, 30, 500)]).astype(dtype)
    kind = nonlinearity(name, np.dtype(dtype))
    r = activated(kind, x)
    assert r.dtype == x.dtype
    exact = NUMPY[name](x.astype(float))
    tolerance = 4e-7 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(r, exact, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(rates(kind, x), exact, rtol=tolerance, atol=tolerance)


def test_float32_takes_the_fast_tanh_and_float64_does_not():
    assert isinstance(nonlinearity("tanh", np.dtype("float32")), FastTanh)
    assert not isinstance(nonlinearity("tanh", np.dtype("float64")), FastTanh)


def test_fast_tanh_is_within_its_bound():
    r = activated(FastTanh(), GRID)
    assert np.all(np.isfinite(r))
    assert np.abs(r - np.tanh(GRID.astype(float))).max() < 4e-7
    assert np.abs(r).max() <= 1


def test_fast_tanh_is_odd_and_rises():
    r = activated(FastTanh(), GRID)
    np.testing.assert_array_equal(activated(FastTanh(), -GRID), -r)
    assert r[len(r) // 2] == 0
    # no step down by more than one unit in the last place of 1
    assert np.diff(r).min() >= -np.finfo(np.float32).eps


@settings(deadline=None)
@given(st.floats(-(2**-10), 2**-10, width=32))
def test_fast_tanh_keeps_small_values(x):
    value = activated(FastTanh(), np.array([x], np.float32))[0]
    assert value == pytest.approx(np.tanh(float(x)), rel=5e-7, abs=1e-37)


@pytest.mark.parametrize("name", NUMPY)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_undefined_stays_undefined(name, dtype):
    """A state that is not a number must be seen, not turned into a rate."""
    x = np.array([0.5, np.nan, 1.5, np.nan], dtype)
    r = activated(nonlinearity(name, np.dtype(dtype)), x)
    np.testing.assert_array_equal(np.isnan(r), np.isnan(x))


def test_infinite_states_saturate():
    x = np.array([np.inf, -np.inf], np.float32)
    np.testing.assert_array_equal(activated(FastTanh(), x), [1, -1])
