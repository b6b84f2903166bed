"""Surrogates keep what they say they keep, and no more."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.population.form import labelled
from analyses.population.maximum_entropy import MaximumEntropy
from analyses.population.surrogates import DIMS, Shuffled
from neurosim.errors import InputError

OTHERS = {0: (1, 2), 1: (0, 2), 2: (0, 1)}


def rates(conditions=4, times=6, units=5, seed=0) -> xr.DataArray:
    """Smooth in time, with units of different strength that share signals."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((conditions, times, units)).cumsum(axis=1)
    x = x @ (rng.standard_normal((units, units)) * np.linspace(0.2, 2, units))
    return labelled(x + 3 * rng.standard_normal(units), 10.0 * np.arange(times))


def covariance(rest, axis):
    flat = np.moveaxis(rest, axis, 0).reshape(rest.shape[axis], -1)
    return flat @ flat.T


def main_effects(x):
    """Mean of each entry of each dimension, as a sum: the additive fit."""
    total = x.mean()
    return total + sum(x.mean(axis=o, keepdims=True) - total for o in OTHERS.values())


SHAPES = st.tuples(st.integers(2, 6), st.integers(2, 9), st.integers(2, 12))


@settings(max_examples=40, deadline=None)
@given(shape=SHAPES, seed=st.integers(0, 2**32))
def test_expected_covariances_are_those_of_the_rates(shape, seed):
    x = rates(*shape, seed=seed)
    found = MaximumEntropy(x)
    np.testing.assert_allclose(found.mean, main_effects(x.values), atol=1e-9)
    rest = x.values - found.mean
    for axis, vectors in enumerate(found.eigenvectors):
        expected = vectors * found.variances.sum(axis=OTHERS[axis]) @ vectors.T
        wanted = covariance(rest, axis)
        np.testing.assert_allclose(expected, wanted, atol=1e-7 * np.trace(wanted))


@settings(max_examples=20, deadline=None)
@given(shape=SHAPES, seed=st.integers(0, 2**32))
def test_it_is_the_distribution_of_the_largest_entropy(shape, seed):
    """1 / v is a sum over dimensions, and so stationary; others that fit have less entropy."""
    found = MaximumEntropy(rates(*shape, seed=seed))
    precision = 1 / found.variances
    np.testing.assert_allclose(precision, main_effects(precision), rtol=1e-6)
    a, b, c = found.eigenvalues
    total = a.sum()
    product = np.einsum("i,j,k->ijk", a, b, c) / total**2  # has the same sums
    assert np.log(found.variances).sum() >= np.log(product).sum() - 1e-9


def test_samples_have_the_covariances():
    x = rates()
    found = MaximumEntropy(x)
    drawn = found.draw(np.random.default_rng(1), 6000)
    assert drawn.shape == (6000, 4, 6, 5)
    scale = np.sqrt(found.variances.mean() / 6000)
    np.testing.assert_allclose(drawn.mean(axis=0), found.mean, atol=20 * scale)
    rest = x.values - found.mean
    for axis in range(3):
        flat = np.moveaxis(drawn - found.mean, axis + 1, 1).reshape(6000, rest.shape[axis], -1)
        each = flat @ flat.transpose(0, 2, 1)
        error = each.std(axis=0) / np.sqrt(6000)
        off = np.abs(each.mean(axis=0) - covariance(rest, axis))
        assert (off < 5 * error).all()
        assert error.max() < 0.05 * np.trace(covariance(rest, axis))  # close enough to tell


def test_samples_have_nothing_else():
    """A pattern across all three dimensions together, which the covariances do not hold."""
    x = rates()
    found = MaximumEntropy(x)
    drawn = found.draw(np.random.default_rng(2), 2000) - found.mean
    rest = x.values - found.mean
    products = np.einsum("nctk,ctk->n", drawn, rest)
    assert abs(products.mean()) < 4 * products.std() / np.sqrt(2000)


@pytest.mark.parametrize(
    "keep", [("time",), ("unit",), ("condition",), ("time", "unit"), ("condition", "time")]
)
def test_only_what_is_kept_is_kept(keep):
    x = rates()
    found = MaximumEntropy(x, keep=keep)
    rest = x.values - found.mean
    for axis, dim in enumerate(DIMS):
        vectors = found.eigenvectors[axis]
        expected = vectors * found.variances.sum(axis=OTHERS[axis]) @ vectors.T
        wanted = covariance(rest, axis)
        if dim in keep:
            np.testing.assert_allclose(expected, wanted, atol=1e-7 * np.trace(wanted))
            means = [np.mean(y, axis=OTHERS[axis]) for y in (found.mean, x.values)]
            np.testing.assert_allclose(*means, atol=1e-9)
        else:
            even = np.trace(wanted) / len(wanted)
            np.testing.assert_allclose(expected, even * np.eye(len(wanted)), atol=1e-6 * even)


def test_one_dimension_alone_has_its_answer_in_closed_form():
    x = rates()
    found = MaximumEntropy(x, keep=("time",))
    np.testing.assert_allclose(
        found.variances, np.broadcast_to(found.eigenvalues[1][:, np.newaxis] / 20, (4, 6, 5))
    )


def test_directions_without_variance_stay_without():
    x = rates()
    x = x - x.mean("condition")
    x["time"].attrs["units"] = "ms"
    found = MaximumEntropy(x)
    assert found.variances.shape[0] == 3
    drawn = found.draw(np.random.default_rng(0), 5)
    np.testing.assert_allclose(drawn.mean(axis=1), 0, atol=1e-10)


def test_eigenvalues_over_many_orders():
    """Very smooth rates: the smallest eigenvalues are a billionth of the largest."""
    time = np.linspace(0, 1, 40)
    x = np.exp(-((time - np.linspace(0, 1, 12)[:, np.newaxis]) ** 2) / 0.08).T
    x = np.random.default_rng(0).standard_normal((6, 1, 12)) * x
    found = MaximumEntropy(labelled(x, np.arange(40)))
    assert found.eigenvalues[1].min() < 1e-8 * found.eigenvalues[1].max()
    for axis, others in OTHERS.items():
        np.testing.assert_allclose(
            found.variances.sum(axis=others), found.eigenvalues[axis], rtol=1e-8
        )


def test_shuffled_conditions_keep_each_units_time_courses():
    x = rates()
    drawn = Shuffled(x, "condition").draw(np.random.default_rng(0), 20)
    order = []
    for one in drawn:
        for k in range(5):
            courses = {tuple(course) for course in one[..., k]}
            assert courses == {tuple(course) for course in x.values[..., k]}
        order.append(np.argmax((one == x.values[:1]).all(axis=1), axis=0))
    assert len({tuple(o) for o in order}) > 10  # differently each time
    assert any(len(set(o)) > 1 for o in order)  # and in each unit


def test_shuffled_units_keep_each_conditions_time_courses():
    x = rates()
    drawn = Shuffled(x, "unit").draw(np.random.default_rng(0), 20)
    for one in drawn:
        for c in range(4):
            courses = {tuple(course) for course in one[c].T}
            assert courses == {tuple(course) for course in x.values[c].T}
    moved = np.argmax((drawn[0] == x.values[..., :1]).all(axis=1), axis=1)
    assert len(set(moved)) > 1


def test_shuffled_times_are_the_same_in_all_conditions():
    x = rates()
    one = Shuffled(x, "time").draw(np.random.default_rng(0), 1)[0]
    orders = set()
    for k in range(5):
        order = [int(np.flatnonzero(x.values[0, :, k] == value)[0]) for value in one[0, :, k]]
        np.testing.assert_array_equal(one[..., k], x.values[:, order, k])
        orders.add(tuple(order))
    assert len(orders) > 1


@pytest.mark.parametrize("make", [MaximumEntropy, lambda x: Shuffled(x, "unit")])
def test_the_same_seed_gives_the_same(make):
    surrogates = make(rates())
    first, again = (surrogates.draw(np.random.default_rng(7), 3) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = surrogates.draw(np.random.default_rng(8), 3)
    assert not np.array_equal(first, other)


def test_trials_are_averaged_first():
    x = rates(6).values
    names = list("aabbcc")
    trials = labelled(x, 10.0 * np.arange(6), condition=names, trials=True)
    averaged = labelled(x.reshape(3, 2, 6, 5).mean(axis=1), 10.0 * np.arange(6))
    np.testing.assert_allclose(
        MaximumEntropy(trials).variances, MaximumEntropy(averaged).variances, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaximumEntropy(rates(), keep=()), "at least one dimension, given none"),
        (
            lambda: MaximumEntropy(rates(), keep=("neuron",)),
            "keep must be one of 'condition', 'time', 'unit', given 'neuron'",
        ),
        (
            lambda: MaximumEntropy(labelled(np.ones((2, 3, 4)), [0, 1, 2])),
            "the rates hold nothing beside their means",
        ),
        (lambda: Shuffled(rates(), "trial"), "along must be one of 'condition', 'time', 'unit'"),
        (
            lambda: Shuffled(rates(), "time").draw(np.random.default_rng(0), 0),
            "n must be a whole number of at least 1, given 0",
        ),
    ],
)
def test_what_cannot_be_drawn(make, message):
    with pytest.raises(InputError, match=message):
        make()
