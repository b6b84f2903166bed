"""The one labelled form of a population's rates, and the checks that everything here makes.

Rates are an ``xarray.DataArray`` with the dimensions (condition, time, unit), averaged over trials,
or (trial, time, unit) with a coordinate ``condition`` on the trials. ``time`` is in ms and says so
in its attribute ``units``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_integer

if TYPE_CHECKING:
    import xarray as xr


def labelled(
    values: ArrayLike,
    time: ArrayLike,
    *,
    condition: ArrayLike | None = None,
    unit: ArrayLike | None = None,
    trials: bool = False,
    units: str = "spikes/s",
) -> xr.DataArray:
    """Rates in the form that the analyses take.

    Parameters
    ----------
    values
        (conditions, times, units), or (trials, times, units) with ``trials``.
    time
        (times,), in ms.
    condition, unit
        Names of conditions (one for each trial with ``trials``) and of units; counted from 0 by
        default.
    trials
        Whether the first axis is of trials.
    units
        Of the rates.

    Raises
    ------
    InputError
        Lengths that do not fit each other, or trials without conditions.

    Examples
    --------
    >>> rates = labelled(np.ones((2, 3, 4)), time=[0, 10, 20], condition=["left", "right"])
    >>> dict(rates.sizes)
    {'condition': 2, 'time': 3, 'unit': 4}
    """
    import xarray as xr

    values = np.asarray(values)
    first = "trial" if trials else "condition"
    if values.ndim != 3:
        raise InputError(
            f"rates: expected an array ({first}, time, unit), given {values.ndim} dimensions"
        )
    if trials and condition is None:
        raise InputError("rates: trials need a condition each, given none")
    times = np.asarray(time)
    names = np.arange(values.shape[0]) if condition is None else np.asarray(condition)
    unit_names = np.arange(values.shape[2]) if unit is None else np.asarray(unit)
    coordinates = ("condition", names), ("time", times), ("unit", unit_names)
    for length, (name, coordinate) in zip(values.shape, coordinates, strict=True):
        if coordinate.shape != (length,):
            raise InputError(
                f"rates: {name} must have one entry for each of {length}, given {coordinate.size}"
            )
    return xr.DataArray(
        values,
        dims=(first, "time", "unit"),
        coords={
            "condition": (first, names),
            "time": ("time", times, {"units": "ms"}),
            "unit": unit_names,
        },
        attrs={"units": units},
    )


def of_conditions(rates: xr.DataArray, owner: str, *, at_least: int = 1) -> xr.DataArray:
    """Rates by condition, checked: (condition, time, unit) in float64; trials are averaged.

    Parameters
    ----------
    rates
        In the form of this file; the order of dimensions does not matter.
    owner
        Who asks, for the message.
    at_least
        Number of conditions that are needed.

    Raises
    ------
    InputError
        Another form, no units, no time in ms, NaN or infinite values, or too few conditions.

    Examples
    --------
    >>> rates = labelled(
    ...     [[[1.0]], [[3.0]], [[5.0]]], time=[0], condition=["a", "b", "b"], trials=True
    ... )
    >>> of_conditions(rates, "example").values.ravel()
    array([1., 4.])
    """
    import xarray as xr

    if isinstance(rates, xr.DataArray) and "trial" in rates.dims:
        trials = of_trials(rates, owner)
        names, index = np.unique(trials["condition"].to_numpy(), return_inverse=True)
        rates = labelled(
            [trials.values[index == k].mean(axis=0, dtype=float) for k in range(len(names))],
            trials["time"],
            condition=names,
            unit=trials["unit"],
        ).assign_attrs(trials.attrs)
    rates = _checked(rates, owner, "condition")
    if rates.dtype == np.float32:
        rates = rates.astype(np.float64)
    if rates.sizes["condition"] < at_least:
        raise InputError(
            f"{owner}: expected at least {at_least} conditions, given {rates.sizes['condition']}"
        )
    return rates


def of_trials(rates: xr.DataArray, owner: str) -> xr.DataArray:
    """Rates by trial, checked: (trial, time, unit) with a coordinate ``condition``.

    float32 stays as it is, as trials may be many.

    Raises
    ------
    InputError
        As :func:`of_conditions`, or trials without a condition.

    Examples
    --------
    >>> rates = labelled(np.ones((2, 3, 4)), [0, 10, 20], condition=["a", "a"], trials=True)
    >>> of_trials(rates, "example").dims
    ('trial', 'time', 'unit')
    """
    rates = _checked(rates, owner, "trial")
    if "condition" not in rates.coords or rates["condition"].dims != ("trial",):
        raise InputError(f"{owner}: trials must have a coordinate 'condition'")
    return rates


def of_rows(rates: xr.DataArray, owner: str) -> xr.DataArray:
    """Rates by trial or by condition, as they are given, checked.

    Raises
    ------
    InputError
        As :func:`of_conditions` and :func:`of_trials`.

    Examples
    --------
    >>> of_rows(labelled(np.ones((2, 3, 4)), [0, 10, 20]), "example").dims
    ('condition', 'time', 'unit')
    """
    by_trial = hasattr(rates, "dims") and "trial" in rates.dims
    return of_trials(rates, owner) if by_trial else of_conditions(rates, owner)


def of_pair(
    a: xr.DataArray, b: xr.DataArray, owner: str, *, at_least: int = 1
) -> tuple[xr.DataArray, xr.DataArray]:
    """Two populations in the same conditions at the same times, checked; units may differ.

    Raises
    ------
    InputError
        As :func:`of_conditions`; conditions or times that are not the same.

    Examples
    --------
    >>> a = labelled(np.ones((2, 2, 4)), [0, 10])
    >>> b = labelled(np.ones((2, 2, 4)), [0, 20])
    >>> of_pair(a, b, "")
    Traceback (most recent call last):
    neurosim.errors.InputError: : both need the same times, given 2 (0 to 10 ms) and 2 (0 to 20 ms)
    """
    a, b = (of_conditions(each, owner, at_least=at_least) for each in (a, b))
    one, other = (each["condition"].values.astype(str) for each in (a, b))
    if len(one) != len(other):
        raise InputError(
            f"{owner}: both need the same conditions, given {len(one)} and {len(other)}"
        )
    different = np.flatnonzero(one != other)
    if different.size:
        k = different[0]
        raise InputError(
            f"{owner}: both need the same conditions in the same order, given '{one[k]}' and "
            f"'{other[k]}'"
        )
    if not same_times(a, b):
        shown = " and ".join(
            f"{len(each)} ({each[0]:g} to {each[-1]:g} ms)"
            for each in (a.time.values, b.time.values)
        )
        raise InputError(f"{owner}: both need the same times, given {shown}")
    return a, b


def same_times(a: xr.DataArray, b: xr.DataArray) -> bool:
    """Whether two recordings have the same times, but for rounding.

    Examples
    --------
    >>> same_times(labelled(np.ones((1, 2, 1)), [0, 10]), labelled(np.ones((3, 2, 1)), [0, 10.0]))
    True
    """
    one, other = (each["time"].values.astype(float) for each in (a, b))
    return len(one) == len(other) and np.allclose(one, other, rtol=0, atol=1e-6)


def sampling_interval(rates: xr.DataArray, owner: str, *, at_least: int = 2) -> float:
    """Time from one sample to the next, in ms.

    Raises
    ------
    InputError
        Times that are not evenly spaced, or fewer than ``at_least``.

    Examples
    --------
    >>> sampling_interval(labelled(np.ones((1, 3, 1)), [0, 10, 20]), "example")
    10.0
    """
    times = rates["time"].to_numpy().astype(float)
    if len(times) < at_least:
        raise InputError(f"{owner}: expected at least {at_least} times, given {len(times)}")
    steps = np.diff(times)
    if not np.allclose(steps, steps.mean(), rtol=1e-3, atol=0):
        raise InputError(
            f"{owner}: times must be evenly spaced, given steps from {steps.min():g} to "
            f"{steps.max():g} ms"
        )
    return float((times[-1] - times[0]) / (len(times) - 1))


def in_window(rates: xr.DataArray, window: tuple[float, float] | None, owner: str) -> xr.DataArray:
    """Rates at the times from the first to the last of ``window``, both included; None for all.

    Raises
    ------
    InputError
        A window that is not within the times.

    Examples
    --------
    >>> in_window(labelled(np.ones((1, 3, 1)), [0, 10, 20]), (5, 20), "example")["time"].values
    array([10, 20])
    """
    if window is None:
        return rates
    start, stop = window
    times = rates["time"].to_numpy().astype(float)
    slack = 1e-6
    if not times[0] - slack <= start < stop <= times[-1] + slack:
        raise InputError(
            f"{owner}: window must lie within the times, {times[0]:g} to {times[-1]:g} ms, "
            f"given {start:g} to {stop:g} ms"
        )
    return rates.isel(time=(times >= start - slack) & (times <= stop + slack))


def held_out(n: int, folds: int, owner: str) -> list[NDArray[np.bool_]]:
    """Which of n conditions (or trials) each fold of a cross-validation holds out, (n,) each.

    Every one in so many is held out: of targets around a circle, none has all its neighbours left
    out, and the same data always give the same answer.

    Raises
    ------
    InputError
        Fewer than two folds, or fewer conditions than folds.

    Examples
    --------
    >>> [fold.astype(int).tolist() for fold in held_out(5, 2, "example")]
    [[1, 0, 1, 0, 1], [0, 1, 0, 1, 0]]
    """
    check_integer(owner, "folds", folds, minimum=2)
    if n < folds:
        raise InputError(
            f"{owner}: expected at least {folds} to hold out in {folds} folds, given {n}"
        )
    return [np.arange(n) % folds == fold for fold in range(folds)]


def _checked(rates: xr.DataArray, owner: str, first: str) -> xr.DataArray:
    import xarray as xr

    if not isinstance(rates, xr.DataArray):
        raise InputError(
            f"{owner}: rates must be an xarray.DataArray, given {type(rates).__name__}"
        )
    dims = (first, "time", "unit")
    if set(rates.dims) != set(dims) or rates.ndim != 3:
        given = ", ".join(map(str, rates.dims))
        raise InputError(f"{owner}: expected rates ({', '.join(dims)}), given ({given})")
    if rates.dims != dims:
        rates = rates.transpose(*dims)
    for dim in dims:
        if rates.sizes[dim] == 0:
            raise InputError(f"{owner}: rates hold no {dim}s")
        if dim not in rates.coords and dim != "time":
            rates = rates.assign_coords({dim: np.arange(rates.sizes[dim])})
    check_time(rates, owner)
    if rates.dtype.kind not in "buif":
        raise InputError(f"{owner}: rates must be numbers, given {rates.dtype}")
    if rates.dtype not in (np.float32, np.float64):
        rates = rates.astype(np.float64)
    bad = ~np.isfinite(rates.values)
    if bad.any():
        i, t, k = np.argwhere(bad)[0]
        raise InputError(
            f"{owner}: rates hold {bad.sum()} NaN or infinite values, the first at "
            f"{first} {rates[first].values[i]}, {rates['time'].values[t]:g} ms, "
            f"unit {rates['unit'].values[k]}"
        )
    return rates


def check_time(rates: xr.DataArray, owner: str) -> None:
    """Refuse anything whose time is not rising numbers in ms.

    Raises
    ------
    InputError
        With what is missing.
    """
    if "time" not in rates.coords:
        raise InputError(f"{owner}: rates must have a coordinate 'time', in ms")
    time = rates["time"]
    if time.attrs.get("units") != "ms":
        given = repr(time.attrs["units"]) if "units" in time.attrs else "none"
        raise InputError(f"{owner}: time must have the attribute units = 'ms', given {given}")
    if time.dtype.kind not in "uif" or not np.all(np.diff(time.to_numpy().astype(float)) > 0):
        raise InputError(f"{owner}: time must be rising numbers")
