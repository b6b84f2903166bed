"""Tuning and encoding that are known, and held-out R2 against leaving out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.population.encoding import encoding, kinematics, plot_encoding
from analyses.population.form import labelled
from analyses.population.tuning import direction_tuning, plot_tuning
from neurosim.errors import InputError

EIGHT = 2 * np.pi * np.arange(8) / 8


def cosine_units(directions=EIGHT, *, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    preferred = np.array([0.3, -2.5, 3.0])
    r = 20 + np.array([3.0, 8.0, 0.5]) * np.cos(np.subtract.outer(directions, preferred))
    x = np.repeat(r[:, np.newaxis], 4, axis=1) + noise * rng.standard_normal((len(r), 4, 3))
    return labelled(x, 10.0 * np.arange(4), unit=["u1", "u2", "u3"])


def test_known_tuning_is_found():
    found = direction_tuning(cosine_units(), EIGHT)
    np.testing.assert_allclose(found.baseline, 20)
    np.testing.assert_allclose(found.depth, [3, 8, 0.5])
    np.testing.assert_allclose(found.preferred_direction, [0.3, -2.5, 3.0])
    np.testing.assert_allclose(found.r2, 1)


def test_r2_of_left_out_rows_by_leaving_them_out():
    rng = np.random.default_rng(1)
    directions = rng.uniform(-np.pi, np.pi, 30)
    rates = cosine_units(directions, noise=6)
    found = direction_tuning(rates, directions)
    r = rates.values.mean(axis=1)
    X = np.column_stack([np.ones(30), np.cos(directions), np.sin(directions)])
    error, spread = np.zeros(3), np.zeros(3)
    for i in range(30):
        rest = np.arange(30) != i
        b = np.linalg.lstsq(X[rest], r[rest], rcond=None)[0]
        error += (r[i] - X[i] @ b) ** 2
        spread += (r[i] - r[rest].mean(axis=0)) ** 2
    np.testing.assert_allclose(found.r2, 1 - error / spread)


def test_untuned_units_predict_nothing():
    rng = np.random.default_rng(0)
    rates = labelled(rng.standard_normal((40, 1, 200)), [0])
    found = direction_tuning(rates, rng.uniform(0, 2 * np.pi, 40))
    assert -0.2 < float(found.r2.mean()) < 0.0  # fitting noise costs


@settings(max_examples=20, deadline=None)
@given(turn=st.floats(-10, 10))
def test_turning_the_targets_turns_the_preferred_directions(turn):
    rates = cosine_units(noise=1)
    one, other = (direction_tuning(rates, EIGHT + by) for by in (0, turn))
    turned = np.exp(1j * (other.preferred_direction.values - one.preferred_direction.values))
    np.testing.assert_allclose(turned, np.exp(1j * turn), atol=1e-9)
    np.testing.assert_allclose(other.r2, one.r2, atol=1e-9)


def test_trials_in_single_precision_and_a_window():
    rates = cosine_units(np.tile(EIGHT, 2))
    trials = labelled(
        rates.values, rates["time"], condition=np.tile(np.arange(8), 2), trials=True
    ).astype(np.float32)
    trials["time"].attrs["units"] = "ms"
    trials[:, 2:] = 0
    found = direction_tuning(trials, np.tile(EIGHT, 2), window=(0, 10))
    np.testing.assert_allclose(found.depth, [3, 8, 0.5], rtol=1e-4)


@pytest.mark.parametrize(
    ("directions", "message"),
    [
        (EIGHT[:7], "a finite direction for each of 8 conditions, given 7"),
        (np.r_[EIGHT[:7], np.nan], "a finite direction for each of 8 conditions, given 7"),
        (np.array([0, np.pi] * 4), "3 different directions, given 8 and 2"),
        (np.array([0, 2 * np.pi] * 4), "3 different directions, given 8 and 1"),
        (np.array([0, 1] + [2] * 6), "the rest do not tell the tuning without the one condition"),
    ],
)
def test_directions_that_do_not_do(directions, message):
    with pytest.raises(InputError, match=message):
        direction_tuning(cosine_units(), directions)


def test_units_that_never_vary_are_named():
    rates = cosine_units()
    rates[..., 1:] = 4.0
    with pytest.raises(InputError, match="2 units never vary, leave them out; the first is u2"):
        direction_tuning(rates, EIGHT)


def hand(trials=6, times=40, seed=0):
    """Smooth movements in two axes, in cm."""
    rng = np.random.default_rng(seed)
    s = np.linspace(0, np.pi, times)
    bases = np.stack([1 - np.cos(s), np.sin(2 * s), np.sin(s) ** 2])
    return xr.DataArray(
        np.einsum("rba,bt->rta", rng.standard_normal((trials, 3, 2)), bases),
        dims=("condition", "time", "axis"),
        coords={"time": ("time", 10.0 * np.arange(times), {"units": "ms"}), "axis": ["x", "y"]},
    )


def test_kinematics():
    found = kinematics(hand())
    assert found["variable"].values.tolist() == [
        "x", "y", "velocity_x", "velocity_y", "speed", "direction_x", "direction_y",
    ]  # fmt: skip
    np.testing.assert_allclose(found.sel(variable="y"), hand().sel(axis="y"))
    vx, vy, speed = (found.sel(variable=v) for v in ("velocity_x", "velocity_y", "speed"))
    np.testing.assert_allclose(vx[:, 7], (hand()[:, 8, 0] - hand()[:, 6, 0]) / 0.02)
    np.testing.assert_allclose(speed, np.hypot(vx, vy))
    np.testing.assert_allclose(found.sel(variable="direction_y") * speed, vy, atol=1e-12)
    still = kinematics(hand().copy(data=np.ones((6, 40, 2))))
    np.testing.assert_array_equal(still.sel(variable=["speed", "direction_x"]), 0)


def encoded(lag_samples=0, noise=0.0, seed=3):
    movement = kinematics(hand())
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((7, 5))
    r = 5 + np.roll(movement.values, -lag_samples, axis=1) @ weights
    r = r + noise * rng.standard_normal(r.shape)
    return labelled(r, movement["time"], units="spikes/s"), movement, weights


def test_known_weights_are_found_at_the_lag():
    rates, movement, weights = encoded(lag_samples=3)
    found = encoding(rates, movement, lag=30)
    np.testing.assert_allclose(found.coefficient, weights, atol=1e-8)
    np.testing.assert_allclose(found.baseline, 5, atol=1e-8)
    np.testing.assert_allclose(found.r2, 1)
    assert found["variable"].values.tolist() == movement["variable"].values.tolist()
    assert float(encoding(rates, movement, lag=-30).r2.max()) < 0.999


def test_held_out_r2_against_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    selection = pytest.importorskip("sklearn.model_selection")
    rates, movement, _ = encoded(noise=20)
    found = encoding(rates, movement, folds=3)
    X, Y = (each.values.reshape(-1, each.shape[2]) for each in (movement, rates))
    fold = np.repeat(np.arange(6) % 3, 40)
    predicted = selection.cross_val_predict(
        linear_model.LinearRegression(), X, Y, cv=selection.PredefinedSplit(fold)
    )
    means = np.array([Y[fold != k].mean(axis=0) for k in range(3)])[fold]
    expected = 1 - ((Y - predicted) ** 2).sum(axis=0) / ((Y - means) ** 2).sum(axis=0)
    np.testing.assert_allclose(found.r2, expected)


def test_trials_are_encoded_like_conditions():
    rates, movement, _ = encoded(noise=5)
    trials = labelled(rates.values, rates["time"], condition=[0, 0, 1, 1, 2, 2], trials=True)
    moved = movement.rename(condition="trial").assign_coords(
        condition=("trial", [0, 0, 1, 1, 2, 2])
    )
    np.testing.assert_allclose(encoding(trials, moved).r2, encoding(rates, movement).r2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r, m: (r[:4], m), r"must be of the same, given 4 conditions at 40 times .* and 6"),
        (lambda r, m: (r[:, :30], m), r"at 30 times \(0 to 290 ms\) and 6 conditions at 40 times"),
        (lambda r, m: (r, m.rename(variable="axis")), "expected movement .* time, variable"),
        (lambda r, m: (r, m.where(m.time != 50)), "rates hold 42 NaN or infinite values"),
        (lambda r, m: (r.copy(data=np.ones(r.shape)), m), "encoding: 5 units never vary"),
    ],
)
def test_what_cannot_be_encoded(change, message):
    rates, movement, _ = encoded()
    with pytest.raises(InputError, match=message) as raised:
        encoding(*change(rates, movement))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lag": 15}, "lag must be a multiple of 10 ms, given 15 ms"),
        ({"lag": 390}, "lag must leave at least 2 of 40 times, given 390 ms"),
        ({"folds": 7}, "at least 7 to hold out in 7 folds, given 6"),
    ],
)
def test_options_that_do_not_do(options, message):
    rates, movement, _ = encoded()
    with pytest.raises(InputError, match=message):
        encoding(rates, movement, **options)


def test_kinematics_refuses():
    with pytest.raises(InputError, match="expected positions"):
        kinematics(hand().rename(axis="unit"))
    with pytest.raises(InputError, match="at least 3 times, given 2"):
        kinematics(hand()[:, :2])


def test_plots_show_the_fit():
    from analyses.figures.style import pyplot

    _, (left, right) = pyplot().subplots(1, 2)
    found = direction_tuning(cosine_units(), EIGHT)
    plot_tuning(left, found, "u2")
    points, curve = left.lines
    np.testing.assert_allclose(points.get_ydata(), found.response.sel(unit="u2"))
    assert max(curve.get_ydata()) == pytest.approx(28, abs=0.01)
    with pytest.raises(InputError, match="unknown unit 'u7'"):
        plot_tuning(left, found, "u7")
    rates, movement, _ = encoded(noise=1)
    plot_encoding(right, encoding(rates, movement))
    assert sum(bar.get_height() for bar in right.patches) == 5
    pyplot().close("all")
