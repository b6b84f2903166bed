"""Rates in the one form are taken as they are; anything else is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analyses.population import form
from analyses.population.form import labelled
from analyses.population.preprocessing import soft_normalised, without_condition_mean
from neurosim.errors import InputError


def rates(conditions=3, times=4, units=5, **more) -> xr.DataArray:
    values = np.random.default_rng(0).standard_normal((conditions, times, units))
    return labelled(values, 10.0 * np.arange(times), **more)


def trials() -> xr.DataArray:
    return rates(6, condition=list("bababb"), trials=True)


def test_order_of_dimensions_does_not_matter():
    expected = rates()
    found = form.of_conditions(expected.transpose("unit", "condition", "time"), "x")
    xr.testing.assert_identical(found, expected)


def test_trials_are_averaged_by_condition_with_names_sorted():
    given = trials()
    found = form.of_conditions(given, "x")
    assert found["condition"].values.tolist() == ["a", "b"]
    np.testing.assert_allclose(found.sel(condition="a"), given.values[[1, 3]].mean(axis=0))
    np.testing.assert_allclose(found.sel(condition="b"), given.values[[0, 2, 4, 5]].mean(axis=0))
    assert found.attrs == given.attrs


def test_single_precision_is_averaged_in_double():
    given = trials().astype(np.float32)
    assert form.of_trials(given, "x").dtype == np.float32
    found = form.of_conditions(given, "x")
    assert found.dtype == np.float64
    exact = given.values[[1, 3]].astype(float).mean(axis=0)
    np.testing.assert_array_equal(found.sel(condition="a"), exact)


def test_names_are_counted_where_there_are_none():
    bare = xr.DataArray(
        np.zeros((2, 3, 4)),
        dims=("condition", "time", "unit"),
        coords={"time": ("time", [0, 1, 2], {"units": "ms"})},
    )
    found = form.of_conditions(bare, "x")
    assert found["unit"].values.tolist() == [0, 1, 2, 3]
    assert found["condition"].values.tolist() == [0, 1]


def with_gap() -> xr.DataArray:
    gap = rates(condition=["left", "up", "right"])
    gap[1, 2, 3] = np.nan
    return gap


def without_units() -> xr.DataArray:
    bare = rates()
    del bare["time"].attrs["units"]
    return bare


def in_seconds() -> xr.DataArray:
    other = rates()
    other["time"].attrs["units"] = "s"
    return other


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda: np.zeros((2, 3, 4)), r"must be an xarray.DataArray, given ndarray"),
        (lambda: rates()[0], r"expected rates \(condition, time, unit\), given \(time, unit\)"),
        (lambda: rates().rename(unit="neuron"), r"given \(condition, time, neuron\)"),
        (lambda: rates(units=0), "hold no units"),
        (lambda: rates(conditions=0), "hold no conditions"),
        (lambda: rates(times=0), "hold no times"),
        (with_gap, "1 NaN or infinite values, the first at condition up, 20 ms, unit 3"),
        (without_units, "time must have the attribute units = 'ms', given none"),
        (in_seconds, "units = 'ms', given 's'"),
        (lambda: rates().drop_vars("time"), "must have a coordinate 'time', in ms"),
        (lambda: rates()[:, ::-1], "time must be rising numbers"),
        (lambda: rates().astype(str), "rates must be numbers, given <U"),
        (lambda: trials().drop_vars("condition"), "trials must have a coordinate 'condition'"),
    ],
)
def test_another_form_is_refused(given, message):
    with pytest.raises(InputError, match=f"^jpca: .*{message}") as raised:
        form.of_conditions(given(), "jpca")
    assert "\n" not in str(raised.value)


def test_too_few_conditions():
    with pytest.raises(InputError, match="x: expected at least 4 conditions, given 3"):
        form.of_conditions(rates(), "x", at_least=4)


@pytest.mark.parametrize(
    ("values", "more", "message"),
    [
        (np.zeros((2, 3)), {}, r"expected an array \(condition, time, unit\), given 2 dimensions"),
        (np.zeros((2, 3, 4)), {"time": [0]}, "time must have one entry for each of 3, given 1"),
        (np.zeros((2, 3, 4)), {"condition": "abc"}, "condition must have one entry for each of 2"),
        (np.zeros((2, 3, 4)), {"unit": [1]}, "unit must have one entry for each of 4, given 1"),
        (np.zeros((2, 3, 4)), {"trials": True}, "trials need a condition each"),
    ],
)
def test_lengths_that_do_not_fit(values, more, message):
    with pytest.raises(InputError, match=message):
        labelled(values, **({"time": [0, 1, 2]} | more))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda a: a[:2], "the same conditions, given 3 and 2"),
        (lambda a: a[[0, 2, 1]], "the same conditions in the same order, given '1' and '2'"),
        (lambda a: a[:, :3], r"the same times, given 4 \(0 to 30 ms\) and 3 \(0 to 20 ms\)"),
        (
            lambda a: a.assign_coords(time=("time", np.arange(4.0), {"units": "ms"})),
            r"the same times, given 4 \(0 to 30 ms\) and 4 \(0 to 3 ms\)",
        ),
    ],
)
def test_two_populations_must_match(other, message):
    a = rates()
    with pytest.raises(InputError, match=f"cka: both need {message}"):
        form.of_pair(a, other(a), "cka")
    form.of_pair(a, a[..., :2], "cka")  # units may differ


def test_uneven_sampling():
    uneven = rates().assign_coords(time=("time", [0.0, 10, 20, 35], {"units": "ms"}))
    with pytest.raises(InputError, match="evenly spaced, given steps from 10 to 15 ms"):
        form.sampling_interval(uneven, "x")
    with pytest.raises(InputError, match="at least 5 times, given 4"):
        form.sampling_interval(rates(), "x", at_least=5)
    assert form.sampling_interval(rates(), "x") == 10


def test_window():
    given = rates(times=10)
    assert form.in_window(given, (20, 50), "x")["time"].values.tolist() == [20, 30, 40, 50]
    assert form.in_window(given, None, "x") is given
    for window in ((-10, 50), (50, 50), (60, 20), (0, 91)):
        with pytest.raises(InputError, match="within the times, 0 to 90 ms, given"):
            form.in_window(given, window, "x")


@given(n=st.integers(2, 40), folds=st.integers(2, 10))
def test_each_condition_is_held_out_once(n, folds):
    if n < folds:
        with pytest.raises(InputError, match=f"at least {folds} to hold out in {folds} folds"):
            form.held_out(n, folds, "x")
        return
    found = np.array(form.held_out(n, folds, "x"))
    np.testing.assert_array_equal(found.sum(axis=0), 1)
    assert np.ptp(found.sum(axis=1)) <= 1


def test_one_fold_is_refused():
    with pytest.raises(InputError, match="x: folds must be a whole number of at least 2"):
        form.held_out(4, 1, "x")


def test_soft_normalisation_by_its_equation():
    given = rates()
    for softening, used in ((None, 5.0), (0.0, 0.0), (2.0, 2.0)):
        found = soft_normalised(given, softening).values
        for k in range(given.sizes["unit"]):
            one = given.values[..., k]
            np.testing.assert_allclose(found[..., k], one / (one.max() - one.min() + used))
    normalised = soft_normalised(given.assign_attrs(units="1"))
    np.testing.assert_allclose(np.ptp(normalised.values, axis=(0, 1)), 1)


def test_a_silent_unit_stays_silent():
    given = rates(units=2)
    given[..., 1] = 7.0
    np.testing.assert_array_equal(soft_normalised(given, 0.0)[..., 1], 0)


def test_normalisation_refuses():
    with pytest.raises(InputError, match="the rates do not vary"):
        soft_normalised(labelled(np.ones((2, 3, 4)), [0, 1, 2]))
    with pytest.raises(InputError, match="softening must be a number of at least 0, given -1"):
        soft_normalised(rates(), -1)


def test_condition_mean_is_removed_at_each_time():
    found = without_condition_mean(rates())
    np.testing.assert_allclose(found.mean("condition"), 0, atol=1e-15)
    np.testing.assert_allclose(found.diff("condition"), rates().diff("condition"), atol=1e-15)
    with pytest.raises(InputError, match="at least 2 conditions, given 1"):
        without_condition_mean(rates(1))
