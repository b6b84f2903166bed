"""Events of trials and sessions, and recordings cut around them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, suggest

if TYPE_CHECKING:
    import xarray as xr

SAMPLED = ("rates", "signals")
"""Variables whose gaps, NaN, leave a trial out."""


def event_names(dataset: xr.Dataset) -> list[str]:
    """Names of the events that recordings can be aligned to.

    Examples
    --------
    >>> import xarray as xr
    >>> times = {"go_time": ("trial", [300.0, 350.0], {"units": "ms"})}
    >>> event_names(xr.Dataset(times))
    ['go_time']
    """
    names = [
        str(name)
        for name, each in dataset.variables.items()
        if each.dims == ("trial",) and each.attrs.get("units") == "ms"
    ]
    if "event_name" in dataset:
        names += [str(name) for name in np.unique(dataset["event_name"].values)]
    return names


def condition_names(dataset: xr.Dataset) -> list[str]:
    """Names of the columns of trials that can be their condition.

    Examples
    --------
    >>> import xarray as xr
    >>> condition_names(xr.Dataset({"target": ("trial", ["left", "right"])}))
    ['target']
    """
    return [
        str(name)
        for name, each in dataset.variables.items()
        if each.dims == ("trial",) and each.attrs.get("units") != "ms" and name != "trial"
    ]


def with_condition(dataset: xr.Dataset, column: str, owner: object = "condition") -> xr.Dataset:
    """Trials told apart by a column of theirs.

    Parameters
    ----------
    dataset
        With trials.
    column
        Its name.
    owner
        The file, for messages.

    Raises
    ------
    InputError
        No such column; those there are are listed.

    Examples
    --------
    >>> import xarray as xr
    >>> trials = xr.Dataset({"target": ("trial", ["left", "right"])})
    >>> with_condition(trials, "target")["condition"].values.tolist()
    ['left', 'right']
    """
    known = condition_names(dataset)
    if column not in known:
        raise InputError(f"{owner}: {suggest(column, known, what='column of trials')}")
    values = dataset[column].to_numpy()
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputError(
            f"{owner}: column {column!r} is NaN or infinite in "
            f"{(~np.isfinite(values)).sum()} of {len(values)} trials"
        )
    return dataset.assign_coords(condition=("trial", values))


def align(
    dataset: xr.Dataset, event: str | Sequence[str], window: tuple[float, float]
) -> xr.Dataset:
    """Cut a recording around an event, each occurrence a trial; times then count from the event.

    Samples are not interpolated: time 0 is the sample nearest to the event. Trials whose window is
    not within the recording, that hold NaN, or in which the event did not happen are left out, with
    a warning that counts them. Of spikes alone the ends of the recording are not known: there, left
    out is what lies wholly before the first or after the last of all spikes and events.

    Parameters
    ----------
    dataset
        In the form of :mod:`neurosim.io.form`, of a session or cut into trials.
    event
        Its name, see :func:`event_names`. Of events without trials several may be named: their name
        is the trials' condition.
    window
        From so many ms after the event to so many, both included in rates and signals; negative
        before it.

    Returns
    -------
    xarray.Dataset
        The same variables by trial, with the attributes ``window`` and ``event``; columns of trials
        stay, those in ms count from the event too.

    Raises
    ------
    InputError
        No such event (those there are are listed), an empty window, averages over trials, uneven
        sampling, or no trial that is left.

    Examples
    --------
    >>> from neurosim.io.form import of_spikes
    >>> session = of_spikes("example", [90.0, 110.0, 205.0], [0, 0, 0])
    >>> session["go_time"] = ("trial", [100.0, 200.0], {"units": "ms"})
    >>> cut = align(session, "go_time", (-20, 20))
    >>> cut["spike_time"].values.tolist(), cut["spike_trial"].values.tolist()
    ([-10.0, 10.0, 5.0], [0, 0, 1])
    """
    import xarray as xr

    start, stop = (float(end) for end in window)
    if not (np.isfinite([start, stop]).all() and start < stop):
        raise InputError(f"align: window must go from lower to higher ms, given {start:g}:{stop:g}")
    if "rates" in dataset and "condition" in dataset["rates"].dims:
        raise InputError("align: rates are averages over trials, which cannot be aligned again")
    times, rows, names = _occurrences(dataset, event)
    by_trial = "spike_trial" in dataset or any(
        "trial" in each.dims and "time" in each.dims for each in dataset.values()
    )
    kept = np.isfinite(times)
    left_out = {"the event did not happen": int((~kept).sum())}
    sampled = {name: each for name, each in dataset.items() if "time" in each.dims}
    cuts: dict[Any, Any] = {}
    if sampled:
        dt, first = _sampling(dataset)
        offsets = np.arange(np.ceil(start / dt - 1e-6), np.floor(stop / dt + 1e-6) + 1)
        if not len(offsets):
            raise InputError(
                f"align: no sample lies from {start:g} to {stop:g} ms, they are {dt:g} ms apart"
            )
        nearest = np.round((np.where(kept, times, 0.0) - first) / dt)
        index = (nearest[:, np.newaxis] + offsets).astype(np.int64)
        inside = (index[:, 0] >= 0) & (index[:, -1] < dataset.sizes["time"])
        left_out["the window is not within the recording"] = int((kept & ~inside).sum())
        kept &= inside
        index = np.where(inside[:, np.newaxis], index, 0)
        for name, each in sampled.items():
            values = each.transpose(*(["trial"] if "trial" in each.dims else []), "time", ...)
            array = values.to_numpy()
            cut = array[rows[:, np.newaxis], index] if "trial" in each.dims else array[index]
            cuts[name] = values.dims[-(cut.ndim - 2) :] if cut.ndim > 2 else (), cut, each.attrs
            if name in SAMPLED and cut.dtype.kind == "f":
                gap = np.isnan(cut).reshape(len(cut), -1).any(axis=1)
                left_out["NaN in the window"] = int((kept & gap).sum())
                kept &= ~gap
    elif not by_trial:
        low, high = _span(dataset)
        inside = (times + stop >= low) & (times + start <= high)
        left_out["the window is not within the recording"] = int((kept & ~inside).sum())
        kept &= inside
    _tell(event, kept, left_out)

    name = event if isinstance(event, str) else ", ".join(event)
    found = xr.Dataset(attrs=dict(dataset.attrs) | {"window": [start, stop], "event": name})
    chosen = np.flatnonzero(kept)
    if sampled:
        found = found.assign_coords(time=("time", offsets * dt, {"units": "ms"}))
        for name, (dims, cut, attrs) in cuts.items():
            found[name] = (("trial", "time", *dims), cut[chosen], attrs)
    if "spike_time" in dataset:
        for what, of_spikes in _cut_spikes(dataset, times, rows, chosen, start, stop).items():
            found[f"spike_{what}"] = ("spike", of_spikes)
        found["spike_time"].attrs["units"] = "ms"
    for name, variable in dataset.variables.items():
        if variable.dims in (("unit",), ("channel",), ("axis",)):
            found = found.assign_coords({name: variable})
        elif variable.dims == ("trial",) and names is None:
            column = variable.to_numpy()[rows[chosen]]
            if variable.attrs.get("units") == "ms":
                column = column - times[chosen]
            found = found.assign_coords({name: ("trial", column, variable.attrs)})
    if names is not None:
        found = found.assign_coords(condition=("trial", names[chosen]))
    elif "condition" not in found.coords:
        found = found.assign_coords(condition=("trial", np.full(len(chosen), "all")))
    return found


def _occurrences(
    dataset: xr.Dataset, event: str | Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[Any] | None]:
    """Time and trial of each occurrence, and its name where events have no trials."""
    known = event_names(dataset)
    wanted = [event] if isinstance(event, str) else list(event)
    for name in wanted:
        if name not in known:
            raise InputError(f"align: {suggest(name, known, what='event')}")
    of_trials = [name for name in wanted if name in dataset.variables]
    if of_trials and len(wanted) > 1:
        raise InputError(f"align: expected one event of trials, given {', '.join(wanted)}")
    if of_trials:
        times = dataset[wanted[0]].to_numpy().astype(float)
        return times, np.arange(len(times)), None
    chosen = np.isin(dataset["event_name"].to_numpy().astype(str), wanted)
    times = dataset["event_time"].to_numpy().astype(float)[chosen]
    return times, np.arange(len(times)), dataset["event_name"].to_numpy().astype(str)[chosen]


def _sampling(dataset: xr.Dataset) -> tuple[float, float]:
    """Interval of the samples, and the first time, in ms."""
    times = dataset["time"].to_numpy().astype(float)
    steps = np.diff(times)
    if not len(steps) or not np.allclose(steps, steps.mean(), rtol=1e-3, atol=0):
        given = f"steps from {steps.min():g} to {steps.max():g} ms" if len(steps) else "one sample"
        raise InputError(f"align: times must be evenly spaced, given {given}")
    return float((times[-1] - times[0]) / len(steps)), float(times[0])


def _span(dataset: xr.Dataset) -> tuple[float, float]:
    """First and last time known of a session of spikes."""
    known = [dataset["spike_time"].to_numpy()] if "spike_time" in dataset else []
    known += [dataset[name].to_numpy() for name in event_names(dataset) if name in dataset]
    every = np.concatenate([np.ravel(each) for each in known]) if known else np.empty(0)
    every = every[np.isfinite(every)]
    return (float(every.min()), float(every.max())) if every.size else (0.0, 0.0)


def _cut_spikes(
    dataset: xr.Dataset,
    times: NDArray[np.float64],
    rows: NDArray[np.intp],
    chosen: NDArray[np.intp],
    start: float,
    stop: float,
) -> dict[str, NDArray[Any]]:
    """Time, trial and unit of the spikes from ``start`` on and before ``stop``."""
    spike, unit = dataset["spike_time"].to_numpy(), dataset["spike_unit"].to_numpy()
    if "spike_trial" in dataset:
        trial = dataset["spike_trial"].to_numpy()
        place = np.full(dataset.sizes["trial"], -1)
        place[rows[chosen]] = np.arange(len(chosen))
        shifted = spike - np.where(np.isfinite(times), times, 0.0)[trial]
        inside = (place[trial] >= 0) & (shifted >= start) & (shifted < stop)
        return {
            "time": shifted[inside], "trial": place[trial[inside]], "unit": unit[inside],
        }  # fmt: skip
    order = np.argsort(spike, kind="stable")
    spike, unit = spike[order], unit[order]
    low = np.searchsorted(spike, times[chosen] + start)
    counts = np.searchsorted(spike, times[chosen] + stop) - low
    trial = np.repeat(np.arange(len(chosen)), counts)
    # the spikes of a trial are neighbours in the sorted list
    index = np.arange(len(trial)) + np.repeat(low - np.cumsum(counts) + counts, counts)
    return {"time": spike[index] - times[chosen][trial], "trial": trial, "unit": unit[index]}


def _tell(event: str | Sequence[str], kept: NDArray[np.bool_], left_out: dict[str, int]) -> None:
    """Say how many trials are left out, and why."""
    reasons = ", ".join(f"{why}: {n}" for why, n in left_out.items() if n)
    name = event if isinstance(event, str) else ",".join(event)
    if not kept.any():
        raise InputError(
            f"align: no trial is left of {len(kept)} around {name}"
            + f" ({reasons})" * bool(reasons)
        )
    if reasons:
        missing = len(kept) - int(kept.sum())
        warnings.warn(
            f"{missing} of {len(kept)} trials around {name} are left out ({reasons})", stacklevel=3
        )
