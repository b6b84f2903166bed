"""Each attractor network against its equations, and what is proved of it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference_hopfield as oracle
from neurosim.hopfield import Dense, Hebb, Modern, PseudoInverse, Saturating

KINDS = {
    "hebb": Hebb("synchronous"),
    "asynchronous": Hebb(),
    "pinv": PseudoInverse(),
    "rnnh": Saturating(),
    "rnnh other": Saturating(tau=3.0, h=0.4),
    "modern": Modern(2.0),
    "dense 2": Dense(degree=2),
    "dense 3": Dense(degree=3),
    "dense 6": Dense(degree=6),
}


def bipolar(count, n_units, seed=0):
    return np.random.default_rng(seed).choice([-1.0, 1.0], (count, n_units))


def quietly(kind, patterns):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return kind.store(patterns)


def expected_step(kind, patterns, s, drive, order):
    """The oracle's update."""
    if isinstance(kind, Hebb | PseudoInverse):
        W = (oracle.hebb_weights if isinstance(kind, Hebb) else oracle.projection)(patterns)
        if kind == Hebb():
            return oracle.sign_sweep(W, s, order, drive)
        return oracle.sign_step(W, s, drive)
    if isinstance(kind, Saturating):
        return oracle.saturating_step(
            *oracle.saturating_weights(patterns, kind.tau, kind.h), s, drive
        )
    if isinstance(kind, Modern):
        beta = kind.inverse_temperature / np.sqrt(len(s))
        return oracle.modern_step(patterns, beta, s, drive)
    return oracle.dense_step(patterns, kind.degree, s, drive)


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=15, deadline=None)
@given(
    n_units=st.integers(2, 23),
    n_patterns=st.integers(2, 8),
    driven=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_a_step_is_the_equation(name, n_units, n_patterns, driven, seed):
    kind, patterns = KINDS[name], bipolar(n_patterns, n_units, seed)
    rng = np.random.default_rng(seed)
    states = bipolar(4, n_units, seed + 1)
    if name.startswith(("rnnh", "modern")):
        states *= rng.random(states.shape)
    drive = 0.3 * rng.standard_normal(states.shape) * driven
    order = np.random.default_rng(seed).permutation(n_units)
    after = quietly(kind, patterns).step(
        states, drive if driven else None, rng=np.random.default_rng(seed)
    )
    for s, i, new in zip(states, drive, after, strict=True):
        np.testing.assert_allclose(new, expected_step(kind, patterns, s, i, order), atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(n_units=st.integers(2, 20), n_patterns=st.integers(2, 8), seed=st.integers(0, 2**32))
def test_energies_are_the_equations(n_units, n_patterns, seed):
    patterns, s = bipolar(n_patterns, n_units, seed), bipolar(1, n_units, seed + 1)
    drive = np.random.default_rng(seed).standard_normal(n_units)
    for kind, W in (
        (Hebb(), oracle.hebb_weights(patterns)),
        (PseudoInverse(), oracle.projection(patterns)),
    ):
        energy = quietly(kind, patterns).energy(s, drive)
        assert energy == pytest.approx(oracle.sign_energy(W, s[0], drive))
    energy = quietly(Modern(), patterns).energy(s / 2, drive)
    beta = 1 / np.sqrt(n_units)
    assert energy == pytest.approx(oracle.modern_energy(patterns, beta, s[0] / 2, drive))
    energy = quietly(Dense(degree=4), patterns).energy(s, drive)
    assert energy == pytest.approx(oracle.dense_energy(patterns, 4, s[0]) - drive @ s[0])
    W, b = oracle.saturating_weights(patterns, 10.0, 0.15)
    a = s[0] / 2
    energy = quietly(Saturating(), patterns).energy(a[np.newaxis], drive)
    assert energy == pytest.approx(a @ a / 2 - a @ W @ a / 2 - (b + drive) @ a)


@pytest.mark.parametrize("name", ["asynchronous", "pinv", "rnnh", "modern"])
@settings(max_examples=25, deadline=None)
@given(
    n_units=st.integers(2, 40),
    n_patterns=st.integers(2, 12),
    seed=st.integers(0, 2**32),
    strength=st.floats(0, 2),
)
def test_energy_never_rises(name, n_units, n_patterns, seed, strength):
    network = quietly(KINDS[name], bipolar(n_patterns, n_units, seed))
    rng = np.random.default_rng(seed)
    states = bipolar(6, n_units, seed + 1)
    drive = strength * rng.standard_normal(states.shape)
    energy = network.energy(states, drive)
    for _ in range(12):
        states = network.step(states, drive, rng=rng)
        before, energy = energy, network.energy(states, drive)
        assert (energy <= before + 1e-9 * (1 + np.abs(before))).all()


@settings(max_examples=30, deadline=None)
@given(n_units=st.integers(2, 60), n_patterns=st.integers(1, 20), seed=st.integers(0, 2**32))
def test_asynchronous_updates_come_to_rest_in_single_precision_too(n_units, n_patterns, seed):
    """Also with many units whose field is 0, as small even numbers give."""
    network = quietly(Hebb(), bipolar(n_patterns, n_units, seed).astype("float32"))
    start = bipolar(5, n_units, seed + 1)
    run = network.run(start, 200, rng=np.random.default_rng(seed))
    assert run.converged.all()
    again = network.run(run.states, 3, rng=np.random.default_rng(seed + 2))
    np.testing.assert_array_equal(again.states, run.states)
    assert (again.steps_to_converge == 0).all()


# ------------------------------------------------------------------ capacity


def kept(network, patterns):
    """Mean overlap of the patterns with where they end."""
    run = network.run(patterns, 60, rng=np.random.default_rng(1))
    return float(np.mean(run.states * patterns))


@pytest.mark.parametrize(
    "load, low, high", [(0.05, 0.999, 1), (0.11, 0.96, 1), (0.138, 0.85, 0.99), (0.2, 0, 0.75)]
)
def test_hebb_holds_about_0_138_n_patterns(load, low, high):
    """Overlap 0.97 at the theory's critical load, falling to about a third beyond it."""
    n_units = 700
    patterns = bipolar(round(load * n_units), n_units)
    assert low <= kept(quietly(Hebb(), patterns), patterns) <= high


@pytest.mark.parametrize("load", [0.138, 0.5, 0.95])
def test_the_pseudo_inverse_holds_up_to_n(load):
    patterns = bipolar(round(load * 300), 300)
    run = PseudoInverse().store(patterns).run(patterns, 3)
    np.testing.assert_array_equal(run.states, patterns)
    assert (run.steps_to_converge == 0).all()


def test_higher_degrees_hold_more():
    """300 patterns in 100 units: three times as many as units."""
    patterns = bipolar(300, 100)
    overlap = {n: kept(quietly(Dense(degree=n), patterns), patterns) for n in (2, 3, 5)}
    assert overlap[2] < 0.5
    assert overlap[3] > 0.9
    assert overlap[5] == 1


def test_degree_2_is_hebb():
    patterns, states = bipolar(5, 64), bipolar(40, 64, seed=1)
    np.testing.assert_array_equal(
        Dense(degree=2).store(patterns).step(states),
        Hebb("synchronous").store(patterns).step(states),
    )


# ------------------------------------------------------------------ modern Hopfield network


def test_one_update_retrieves():
    patterns = bipolar(200, 100)  # far beyond what Hebb's rule holds
    network = Modern(inverse_temperature=10.0).store(patterns)
    flipped = patterns * np.where(np.arange(100) < 20, -1, 1)
    np.testing.assert_allclose(network.step(flipped), patterns, atol=1e-3)
    run = network.run(flipped, 5)
    assert (run.steps_to_converge <= 2).all() and run.converged.all()


@settings(max_examples=60, deadline=None)
@given(
    n_units=st.integers(2, 30),
    n_patterns=st.integers(2, 10),
    seed=st.integers(0, 2**32),
    temperature=st.floats(0.5, 200),
    away=st.floats(0, 0.3),
)
def test_retrieval_error_is_within_ramsauers_bound(n_units, n_patterns, seed, temperature, away):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_patterns, n_units))
    network = Modern(temperature).store(X)
    states = X + away * rng.standard_normal(X.shape)
    error = np.linalg.norm(network.step(states) - X, axis=1)
    overlaps = X @ X.T
    delta = np.diag(overlaps) - np.max(overlaps - np.diag(np.full(n_patterns, np.inf)), axis=1)
    M = np.linalg.norm(X, axis=1).max()
    exponent = -network.beta * (delta - 2 * M * np.linalg.norm(states - X, axis=1))
    bound = 2 * (n_patterns - 1) * M * np.exp(np.minimum(exponent, 50))
    assert (error <= bound + 1e-12).all()


def test_the_bound_is_worth_something():
    """Well separated patterns are retrieved to 1e-6, as the bound says."""
    X = bipolar(10, 200)
    network = Modern(inverse_temperature=3.0).store(X)
    delta = 200 - np.max(X @ X.T - np.diag(np.full(10, 1e9)), axis=1)
    bound = 2 * 9 * np.sqrt(200) * np.exp(-network.beta * delta)
    assert bound.max() < 1e-6
    assert (np.linalg.norm(network.step(X) - X, axis=1) <= bound + 1e-12).all()


def test_a_small_beta_averages():
    X = np.random.default_rng(0).standard_normal((7, 20))
    np.testing.assert_allclose(Modern(1e-9).store(X).step(X)[0], X.mean(axis=0), atol=1e-7)


def test_large_overlaps_do_not_overflow():
    X = (1e3 * bipolar(5, 4000)).astype("float32")
    network = Modern(100.0).store(X)
    np.testing.assert_array_equal(network.step(X), X)
    assert np.isfinite(network.energy(X)).all()


# ------------------------------------------------------------------ linear saturating network


@pytest.mark.parametrize("tau, h", [(10.0, 0.15), (2.0, 0.5)])
def test_saturating_weights_are_the_continuous_systems(tau, h):
    patterns = bipolar(9, 40)
    network = Saturating(tau, h).store(patterns)
    W, b = oracle.saturating_weights(patterns, tau, h)
    np.testing.assert_allclose(network.connections.matrix(), W, atol=1e-12)
    np.testing.assert_allclose(network.bias, b, atol=1e-12)
    assert network.connections.V.shape == (8, 40)


def test_the_low_rank_step_is_the_dense_one():
    patterns, states = bipolar(30, 200), np.random.default_rng(2).uniform(-1, 1, (50, 200))
    network = Saturating().store(patterns)
    dense = network.masked(np.ones((200, 200), bool))
    for _ in range(10):
        np.testing.assert_allclose(network.step(states), dense.step(states), rtol=0, atol=1e-13)
        states = network.step(states)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_patterns_are_fixed_points_in_any_order(dtype):
    patterns = bipolar(20, 150).astype(dtype)
    for stored in (patterns, patterns[::-1]):
        run = Saturating().store(stored).run(patterns, 3)
        np.testing.assert_array_equal(run.states, patterns)
        assert (run.steps_to_converge == 0).all()


def test_patterns_are_found_from_a_part():
    patterns = bipolar(10, 400)
    part = patterns * (np.random.default_rng(1).random(patterns.shape) < 0.2)
    run = Saturating().store(patterns).run(part, 100)
    assert run.converged.all()
    assert np.mean(run.states * patterns) > 0.99


# ------------------------------------------------------------------ real features


@pytest.fixture(scope="module")
def real_patterns(real_data):
    """(325, 4096) fc7 features of whole objects, +1 where above 0."""
    with np.load(real_data / "occlusion_psychophysics" / "fc7_whole.npz") as file:
        return np.where(file["fc7"] > 0, np.float32(1), np.float32(-1))


def test_all_real_patterns_are_fixed_points(real_patterns):
    network = Saturating().store(real_patterns)
    assert network.connections.V.shape == (324, 4096)
    run = network.run(real_patterns, 3)
    np.testing.assert_array_equal(run.states, real_patterns)
    assert (run.steps_to_converge == 0).all()
