"""The labelled form of all recordings and results, whatever file they come from.

An ``xarray.Dataset`` with one or more of

    rates        (condition, time, unit), (trial, time, unit), or (time, unit) of a session
    spike_time   (spike) in ms, with spike_unit (spike), the number of the unit from 0, and
                 spike_trial (spike), the number of the trial, where times count from its start
    signals      (time, channel), the coordinate ``channel_unit`` says in what

``time`` is in ms and has the attribute ``units``; ``rates`` have the attribute ``units``. What is
known of trials lies along ``trial``: ``condition``, and columns of any name; those in ms are times
of events. Events without trials are ``event_time`` (event), in ms, and ``event_name`` (event).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

NOT_STATED = "1"
"""Units of rates whose file does not say."""

MOST = 10_000_000
"""Units and trials; a larger number of one is damage, and memory is taken for all below it."""


def of_rates(
    owner: object,
    values: ArrayLike,
    dims: Sequence[str],
    time: ArrayLike,
    *,
    names: dict[str, ArrayLike] | None = None,
    condition: ArrayLike | None = None,
    units: str | None = None,
) -> xr.Dataset:
    """Rates in the labelled form.

    Parameters
    ----------
    owner
        The file, for messages.
    values
        One axis for each of ``dims``.
    dims
        ``time``, ``unit`` and ``condition`` or ``trial`` in the order of the axes, or the first two
        alone.
    time
        (times,), in ms.
    names
        Of conditions, trials or units, by dimension; counted from 0 by default.
    condition
        Of each trial.
    units
        Of the rates; None where the file does not say.

    Raises
    ------
    InputError
        Rates that are no numbers, lengths that do not fit each other, times that do not rise.

    Examples
    --------
    >>> found = of_rates("a.npz", np.ones((3, 2, 1)), ("time", "unit", "condition"), [0, 10, 20])
    >>> found["rates"].dims, found["rates"].attrs["units"]
    (('condition', 'time', 'unit'), '1')
    """
    import xarray as xr

    array = numbers(owner, "rates", values)
    if array.ndim != len(dims):
        raise InputError(
            f"{owner}: rates must be ({', '.join(dims)}), given {array.ndim} dimensions"
        )
    sizes = dict(zip(dims, array.shape, strict=True))
    labels = {dim: np.arange(sizes[dim]) for dim in dims if dim != "time"}
    labels |= {dim: np.asarray(given) for dim, given in (names or {}).items()}
    found: dict[str, Any] = {dim: (dim, each) for dim, each in labels.items()}
    found["time"] = ("time", rising(owner, time), {"units": "ms"})
    if condition is not None:
        found["condition"] = ("trial", np.asarray(condition))
    for name, (dim, each, *_) in found.items():
        if each.shape != (sizes.get(dim),):
            raise InputError(
                f"{owner}: {name} must have one entry for each {dim} of the rates, "
                f"{sizes.get(dim, 'which have none')}, given {each.size}"
            )
    order = [dim for dim in ("condition", "trial", "time", "unit") if dim in dims]
    rates = xr.DataArray(array, dims=tuple(dims), coords=found, attrs={"units": units or "1"})
    return xr.Dataset({"rates": rates.transpose(*order)}, attrs={"units_stated": int(bool(units))})


def of_spikes(
    owner: object,
    time: ArrayLike,
    unit: ArrayLike,
    *,
    units: ArrayLike | None = None,
    trial: ArrayLike | None = None,
    condition: ArrayLike | None = None,
) -> xr.Dataset:
    """Spikes in the labelled form, one flat list.

    Parameters
    ----------
    owner
        The file, for messages.
    time
        (spikes,), in ms.
    unit, trial
        (spikes,), numbers from 0; without ``trial``, times count from the start of the session.
    units
        Names of the units; those that fire, counted from 0, by default.
    condition
        Of each trial; trials without spikes have one too.

    Raises
    ------
    InputError
        Lengths that do not fit, times that are not finite, units or trials beyond those there are.

    Examples
    --------
    >>> of_spikes("a.csv", [3.0, 8.0], [0, 1]).sizes
    Frozen({'spike': 2, 'unit': 2})
    """
    import xarray as xr

    times = numbers(owner, "spike times", time).astype(float)
    if not np.isfinite(times).all():
        raise InputError(f"{owner}: {(~np.isfinite(times)).sum()} spike times are not finite")
    indices = {"unit": _indices(owner, "unit", unit, len(times))}
    coords = {"unit": _counted(indices["unit"]) if units is None else np.asarray(units)}
    found: dict[str, Any] = {"spike_time": ("spike", times, {"units": "ms"})}
    if trial is not None:
        indices["trial"] = _indices(owner, "trial", trial, len(times))
        if condition is None:
            coords["trial"] = _counted(indices["trial"])
        else:
            coords["trial"] = np.arange(np.size(condition))
    for name, index in indices.items():
        if index.size and index.max() >= len(coords[name]):
            raise InputError(
                f"{owner}: {name}s of spikes must be from 0 to {len(coords[name]) - 1}, "
                f"given {index.max()}"
            )
        found[f"spike_{name}"] = ("spike", index)
    dataset = xr.Dataset(found, coords=coords)
    if condition is not None:
        if trial is None:
            raise InputError(f"{owner}: conditions of trials need the trial of each spike")
        dataset = dataset.assign_coords(condition=("trial", np.asarray(condition)))
    return dataset


def of_signals(
    owner: object,
    values: ArrayLike,
    time: ArrayLike,
    *,
    channel: ArrayLike | None = None,
    units: Sequence[str] | None = None,
) -> xr.Dataset:
    """Signals over time in the labelled form.

    Parameters
    ----------
    owner
        The file, for messages.
    values
        (times, channels).
    time
        (times,), in ms.
    channel
        Names; counted from 0 by default.
    units
        Of each channel; empty where the file does not say.

    Raises
    ------
    InputError
        Signals that are no numbers, lengths that do not fit, times that do not rise.

    Examples
    --------
    >>> of_signals("a.csv", [[0.0], [1.0]], [0, 2], channel=["grip"], units=["N"]).signals.shape
    (2, 1)
    """
    import xarray as xr

    array = numbers(owner, "signals", values)
    if array.ndim != 2:
        raise InputError(f"{owner}: signals must be (time, channel), given {array.ndim} dimensions")
    times = rising(owner, time)
    n = array.shape[1]
    coords = {
        "time": times,
        "channel": np.arange(n) if channel is None else np.asarray(channel),
        "channel_unit": np.asarray([""] * n if units is None else list(units), dtype=str),
    }
    for name, length in zip(coords, (len(array), n, n), strict=True):
        if coords[name].shape != (length,):
            raise InputError(
                f"{owner}: {name} must have one entry for each of {length}, "
                f"given {coords[name].size}"
            )
    return xr.Dataset(
        {"signals": (("time", "channel"), array)},
        coords={
            "time": ("time", times, {"units": "ms"}),
            "channel": coords["channel"],
            "channel_unit": ("channel", coords["channel_unit"]),
        },
    )


def rising(owner: object, time: ArrayLike) -> NDArray[np.float64]:
    """Times as numbers that are finite and rise.

    Raises
    ------
    InputError
        Where they are not.

    Examples
    --------
    >>> rising("a.npz", [0, 10, 10])
    Traceback (most recent call last):
    neurosim.errors.InputError: a.npz: time must rise, given 10 ms and then 10 ms
    """
    times = numbers(owner, "time", time).astype(float).ravel()
    if not np.isfinite(times).all():
        raise InputError(f"{owner}: {(~np.isfinite(times)).sum()} times are not finite")
    falls = np.flatnonzero(np.diff(times) <= 0)
    if falls.size:
        at = falls[0]
        raise InputError(
            f"{owner}: time must rise, given {times[at]:g} ms and then {times[at + 1]:g} ms"
        )
    return times


def numbers(owner: object, what: str, values: ArrayLike) -> NDArray[Any]:
    """An array of real numbers.

    Raises
    ------
    InputError
        Where it holds anything else.

    Examples
    --------
    >>> numbers("a.npz", "rates", [1, 2])
    array([1, 2])
    """
    array = as_array(owner, what, values)
    if array.dtype.kind not in "buif":
        raise InputError(f"{owner}: {what} must be numbers, given {array.dtype}")
    return array


def as_array(owner: object, what: str, values: ArrayLike) -> NDArray[Any]:
    """An array of anything.

    Raises
    ------
    InputError
        Lists of lists that differ in length.

    Examples
    --------
    >>> as_array("a.mat", "unit", [[1, 2], [3]])
    Traceback (most recent call last):
    neurosim.errors.InputError: a.mat: unit must be an array, given parts that differ in length
    """
    try:
        return np.asarray(values)
    except ValueError:
        raise InputError(
            f"{owner}: {what} must be an array, given parts that differ in length"
        ) from None


def with_units(dataset: xr.Dataset, owner: object, units: str | None) -> xr.Dataset:
    """Rates with the units that the file states, or that the caller knows.

    Raises
    ------
    InputError
        Units that are not those of the file, or no rates.

    Warns
    -----
    UserWarning
        Neither states any: rates then count as relative, without units.

    Examples
    --------
    >>> rates = of_rates("a.npz", np.ones((1, 2, 1)), ("condition", "time", "unit"), [0, 10])
    >>> with_units(rates, "a.npz", "spikes/s")["rates"].attrs["units"]
    'spikes/s'
    """
    if "rates" not in dataset:
        if units is not None:
            raise InputError(f"{owner}: units are of rates, and the file holds none")
        return dataset
    stated = dataset.attrs.pop("units_stated", 1)
    given = dataset["rates"].attrs.get("units") if stated else None
    if given is None and units is None:
        warnings.warn(
            f"{owner}: states no units of its rates, which are taken as relative", stacklevel=3
        )
    if given is not None and units not in (None, given):
        raise InputError(f"{owner}: rates are in {given}, not in {units}")
    dataset["rates"].attrs["units"] = given or units or NOT_STATED
    return dataset


def _indices(owner: object, what: str, values: ArrayLike, length: int) -> NDArray[np.int64]:
    array = numbers(owner, f"{what}s of spikes", values)
    if array.shape != (length,):
        raise InputError(f"{owner}: {length} spike times, but {array.size} {what}s of spikes")
    if array.size and not (np.all(array == np.round(array)) and array.min() >= 0):
        raise InputError(f"{owner}: {what}s of spikes must be whole numbers from 0")
    if array.size and array.max() >= MOST:
        raise InputError(
            f"{owner}: {what}s of spikes must be below {MOST:,}, given {array.max():,}"
        )
    return array.astype(np.int64)


def _counted(index: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.arange(index.max() + 1 if index.size else 0)
