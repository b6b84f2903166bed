"""Recurrence learned by gradient through unrolled steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference_hopfield as oracle
from neurosim.errors import InputError
from neurosim.hopfield import Input, Learned
from neurosim.hopfield._gradient import loss_and_gradient

N = 12


def pairs(count=40, dtype=float, seed=0):
    """Features of wholes from three prototypes, and of parts of them."""
    rng = np.random.default_rng(seed)
    whole = rng.random((3, N))[rng.integers(3, size=count)]
    return (whole * (rng.random(whole.shape) < 0.5)).astype(dtype), whole.astype(dtype)


@settings(max_examples=20, deadline=None)
@given(
    n_units=st.integers(1, 7),
    n_pairs=st.integers(1, 5),
    time_steps=st.integers(2, 6),
    seed=st.integers(0, 2**32),
)
def test_loss_and_gradient_against_finite_differences(n_units, n_pairs, time_steps, seed):
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n_units, n_units)) / n_units
    f, y = rng.random((2, n_pairs, n_units))
    loss, gradient = loss_and_gradient(W, f, y, time_steps)
    assert loss == pytest.approx(oracle.recurrent_loss(W, f, y, time_steps))
    numerical = np.empty_like(W)
    for place in np.ndindex(*W.shape):
        step = np.zeros_like(W)
        step[place] = 1e-6
        rise = [oracle.recurrent_loss(W + sign * step, f, y, time_steps) for sign in (1, -1)]
        numerical[place] = (rise[0] - rise[1]) / 2e-6
    # 1e-6 across the corner of a rectifier spoils the difference, not the gradient
    np.testing.assert_allclose(gradient, numerical, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_learning_brings_parts_nearer_to_their_wholes(dtype):
    f, y = pairs(dtype=dtype)
    network = Learned(learning_rate=0.002, epochs=150, batch_size=16).fit(
        f, y, rng=np.random.default_rng(1)
    )
    assert network.losses.shape == (150,)
    assert network.losses[-1] < 0.5 * network.losses[0]
    unseen, wholes = pairs(seed=0, dtype=dtype)
    errors = [np.mean((states - wholes) ** 2) for _, states in network.trajectory(unseen, steps=4)]
    assert max(errors[1:]) < 0.5 * errors[0]
    assert network.connections.entries.dtype == dtype


def test_a_step_is_the_equation():
    f, y = pairs()
    network = Learned(epochs=2).fit(f, y, rng=np.random.default_rng(1))
    run = network.run(f, 3, record=[0, 1, 2, 3])
    for image, expected in enumerate(f):
        h = expected
        for t in range(4):
            np.testing.assert_allclose(run.recorded[t, image], h, atol=1e-4)
            h = oracle.rectified_step(network.connections.matrix(), h, expected)


def test_features_can_be_taken_away():
    f, y = pairs()
    network = Learned(epochs=2).fit(f, y, rng=np.random.default_rng(1))
    end = network.run(f, 200, input=Input(off_at=3))
    np.testing.assert_allclose(end.states, 0, atol=1e-4)
    assert end.converged.all() and end.steps_to_converge.min() >= 3


def test_the_same_seed_learns_the_same():
    f, y = pairs()
    first, second, other = (
        Learned(epochs=2).fit(f, y, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.connections.entries, second.connections.entries)
    assert (first.connections.entries != other.connections.entries).any()


def test_learning_that_diverges_stops_in_one_line():
    f, y = pairs()
    with pytest.raises(
        InputError, match=r"diverged in epoch .*use a learning_rate below 5"
    ) as told:
        Learned(learning_rate=5.0, epochs=50).fit(f, y, rng=np.random.default_rng(1))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "made, message",
    [
        (lambda f, y: Learned(time_steps=1), "time_steps must be a whole number of at least 2"),
        (lambda f, y: Learned(learning_rate=0), "learning_rate must be a number above 0"),
        (lambda f, y: Learned(epochs=0), "epochs must be a whole number of at least 1"),
        (lambda f, y: Learned(batch_size=0), "batch_size must be a whole number of at least 1"),
        (
            lambda f, y: Learned().fit(f, y[:-1], rng=np.random.default_rng()),
            r"partial and whole must be pairs, given \(40, 12\) and \(39, 12\)",
        ),
        (
            lambda f, y: Learned().fit(f * np.nan, y, rng=np.random.default_rng()),
            "partial must be finite, given 480 NaN or infinite values",
        ),
        (
            lambda f, y: Learned().fit(f, y[0], rng=np.random.default_rng()),
            "whole must be",
        ),
        (
            lambda f, y: Learned(epochs=1).fit(f, y, rng=np.random.default_rng()).energy(f),
            "W need not be symmetric, so that there is no energy",
        ),
    ],
)
def test_mistakes(made, message):
    with pytest.raises(InputError, match=f"Learned: {message}"):
        made(*pairs())
