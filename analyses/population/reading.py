"""A population from a file: rates by trial or condition, cut around an event where one is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analyses.reports import rates_of
from neurosim.errors import InputError, suggest

if TYPE_CHECKING:
    import xarray as xr


def population(
    path: str | Path, *, event: str | None = None, condition: str | None = None
) -> xr.DataArray:
    """Rates of a recorded or simulated file, in the form of :mod:`analyses.population.form`.

    Parameters
    ----------
    path
        Any file of :func:`neurosim.io.load` that holds rates or spikes of trials, or averages.
    event
        Time of trials from which times count; rates are cut to the longest span that all trials in
        which it happened have. None: as the file has it.
    condition
        Column of trials that is their condition; None: the one of that name.

    Raises
    ------
    InputError
        As :func:`neurosim.io.load` and :func:`analyses.reports.rates_of`; no such event, or no time
        around it that all trials have.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "reach.npz"
    >>> np.savez(file, rates=np.ones((2, 5, 3)), time_ms=10 * np.arange(5), units="spikes/s")
    >>> population(file).dims
    ('condition', 'time', 'unit')
    """
    from neurosim.io import load

    recording = load(path, condition=condition)
    if event is not None:
        recording = _around(recording, event, path)
    return rates_of(recording)


def _around(recording: xr.Dataset, event: str, path: str | Path) -> xr.Dataset:
    """Cut around an event of each trial, as far as all trials reach."""
    from neurosim.io.events import align, event_names

    known = [name for name in event_names(recording) if name in recording.variables]
    if event not in known:
        raise InputError(f"{path}: {suggest(event, known, what='event')}")
    happened = recording[event].to_numpy().astype(float)
    happened = happened[np.isfinite(happened)]
    if not happened.size:
        raise InputError(f"{path}: event '{event}' happened in no trial")
    if "time" in recording:
        times = recording["time"].to_numpy()
        # trials are cut at the sample nearest to the event, up to half a step away
        slack = (times[1] - times[0]) / 2
    else:
        times, slack = recording["spike_time"].to_numpy(), 0.0
    start = float(times.min() - happened.min() + slack)
    stop = float(times.max() - happened.max() - slack)
    if stop <= start:
        raise InputError(f"{path}: no time around '{event}' is within all trials")
    if "time" not in recording:  # a whole number of bins of 10 ms
        start, stop = 10 * np.ceil(start / 10), 10 * np.floor(stop / 10)
    return align(recording, event, (start, stop))
