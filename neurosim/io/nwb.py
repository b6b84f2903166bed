"""NWB, Neurodata Without Borders 2, read by pynwb (extra ``nwb``).

Spike times of ``units``, the table ``trials``, and every continuous series of ``acquisition`` and
of the processing modules become the form of :mod:`neurosim.io.form`, times in ms from the start of
the session. Columns of trials whose names end in ``_time`` are times of events. A series ``rates``
(time, unit), as :func:`neurosim.io.write_nwb` writes it, becomes the rates of the units.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, suggest
from neurosim.io.form import of_rates, of_signals, of_spikes
from neurosim.io.reading import check_hdf5, reason
from neurosim.memory import check_memory

if TYPE_CHECKING:
    import xarray as xr

LARGEST = 2**30
"""Bytes of all series together above which none is read unless it is named."""


def require_pynwb() -> None:
    """Find out before the work whether pynwb is there.

    Raises
    ------
    InputError
        With the extra that installs it.
    """
    try:
        import pynwb  # noqa: F401
    except ImportError:
        raise InputError(
            "NWB files need pynwb, which is not installed: pip install 'neurosim[nwb]'"
        ) from None


def read(path: Path, series: Sequence[str] | None = None) -> xr.Dataset:
    """Spikes, trials and continuous series; see :func:`neurosim.io.load`.

    Parameters
    ----------
    path
        Of the ``.nwb`` file.
    series
        Names of the continuous series wanted. None: all, where they have the same times and are
        not more than 1 GiB; the attribute ``series`` (JSON) lists those there are.

    Raises
    ------
    InputError
        pynwb is missing, the file cannot be read, a series is not in it, those wanted have
        different times, or it holds nothing of this kind.

    Examples
    --------
    See :func:`neurosim.io.write_nwb`.
    """
    require_pynwb()
    from pynwb import NWBHDF5IO

    check_hdf5(path)
    try:
        with warnings.catch_warnings(), NWBHDF5IO(str(path), "r", load_namespaces=True) as opened:
            # files bring the schema they were written with; pynwb reads older ones by its own
            warnings.filterwarnings("ignore", "Ignoring the following cached namespace")
            return _of(path, opened.read(), series)
    except InputError:
        raise
    except Exception as error:  # pynwb and h5py raise almost anything for damaged files
        raise InputError(f"{path}: cannot be read as NWB ({reason(error)})") from None


def _of(path: Path, stored: Any, series: Sequence[str] | None) -> xr.Dataset:
    import xarray as xr

    present = _series(stored)
    chosen = _chosen(path, present, series)
    found = xr.Dataset()
    if stored.units is not None and "spike_times" in stored.units.colnames:
        found = _spikes(path, stored.units)
    if chosen:
        found = found.merge(_sampled(path, {name: present[name] for name in chosen}))
    if not present and "spike_time" not in found:
        raise InputError(f"{path}: holds neither units with spike times nor continuous series")
    if stored.trials is not None:
        found = found.assign_coords(_trials(stored.trials))
    found.attrs |= {
        "series": json.dumps([_told(name, each) for name, each in present.items()]),
        "session": stored.session_description,
    }
    return found


def _series(stored: Any) -> dict[str, Any]:
    """Continuous series of numbers over time by name; the path where two have the same name."""
    from pynwb import TimeSeries
    from pynwb.image import ImageSeries

    homes = [stored.acquisition, *(m.data_interfaces for m in stored.processing.values())]
    found: list[Any] = []
    for home in homes:
        for each in home.values():
            if isinstance(each, TimeSeries):
                found.append(each)
            else:  # containers of series: Position, LFP, BehavioralTimeSeries, ...
                found += [part for part in each.children if isinstance(part, TimeSeries)]
    usable = [
        each
        for each in found
        if not isinstance(each, ImageSeries)
        and np.ndim(each.data) in (1, 2)
        and np.dtype(each.data.dtype).kind in "biuf"
    ]
    names = [each.name for each in usable]
    return {
        name if names.count(name) == 1 else f"{each.parent.name}/{name}": each
        for name, each in zip(names, usable, strict=True)
    }


def _chosen(path: Path, present: dict[str, Any], series: Sequence[str] | None) -> list[str]:
    """Names of the series to read."""
    if series is None:
        size = sum(8 * int(np.prod(each.data.shape)) for each in present.values())
        return list(present) if size <= LARGEST and len(_clocks(present)) == 1 else []
    for name in series:
        if name not in present:
            raise InputError(f"{path}: {suggest(name, present, what='series')}")
    wanted = {name: present[name] for name in series}
    if len(_clocks(wanted)) > 1:
        told = ", ".join(f"{name} {_sampling(each)}" for name, each in wanted.items())
        raise InputError(f"{path}: the series wanted have different times ({told}); choose one")
    return list(wanted)


def _clocks(series: dict[str, Any]) -> set[tuple[Any, ...]]:
    """Series of the same times have the same clock."""
    clocks: set[tuple[Any, ...]] = set()
    for each in series.values():
        if each.rate is None:
            times = _held(each.timestamps)
            clocks.add((len(times), times.tobytes()))
        else:
            clocks.add((len(each.data), float(each.rate), float(each.starting_time or 0.0)))
    return clocks


def _times(each: Any) -> NDArray[np.float64]:
    if each.rate is None:
        return _held(each.timestamps).astype(float) * 1000
    return (np.arange(len(each.data)) / each.rate + (each.starting_time or 0.0)) * 1000


def _sampled(path: Path, series: dict[str, Any]) -> xr.Dataset:
    """Rates and signals of series that have the same times."""
    import xarray as xr

    size = sum(8 * int(np.prod(each.data.shape)) for each in series.values())
    check_memory(size, f"{path}: reading {', '.join(series)}")
    time = _times(next(iter(series.values())))
    found = xr.Dataset()
    columns, names, units = [], [], []
    for name, each in series.items():
        values = np.asarray(each.data[:])
        if each.conversion != 1.0 or each.offset:
            values = values * each.conversion + each.offset
        if getattr(each, "channel_conversion", None) is not None:
            values = values * np.asarray(each.channel_conversion[:])
        if name == "rates" and values.ndim == 2:
            stated = str(each.unit)
            found = of_rates(path, values, ("time", "unit"), time, units=stated)
            continue
        values = values.reshape(len(values), -1)
        columns.append(values.astype(float))
        n = values.shape[1]
        names += [name] if n == 1 else [f"{name}[{k}]" for k in range(n)]
        units += [str(each.unit)] * n
    if columns:
        signals = of_signals(path, np.hstack(columns), time, channel=names, units=units)
        found = found.merge(signals, combine_attrs="no_conflicts")
    return found


def _spikes(path: Path, units: Any) -> xr.Dataset:
    """All spikes, sorted by unit as they are stored."""
    ends = _held(units["spike_times"].data).astype(np.int64)
    times = _held(units["spike_times"].target.data).astype(float) * 1000
    if len(ends) and (ends[-1] != len(times) or (np.diff(ends, prepend=0) < 0).any()):
        raise InputError(f"{path}: the index of spike times does not fit {len(times)} spikes")
    counts = np.diff(ends, prepend=0)
    names = _held(units.id.data)
    for column in ("unit_name", "name", "label"):
        if column in units.colnames:
            names = _held(units[column].data).astype(str)
            break
    return of_spikes(path, times, np.repeat(np.arange(len(ends)), counts), units=names)


def _trials(trials: Any) -> dict[str, Any]:
    """Columns of one value a trial; times in ms."""
    from hdmf.common import VectorIndex

    found: dict[str, Any] = {}
    for name in trials.colnames:
        column = trials[name]
        if isinstance(column, VectorIndex):
            continue
        values = _held(column.data)
        if values.ndim != 1 or values.dtype.names:  # references to series, arrays a trial
            continue
        if values.dtype == object:
            values = np.array([v.decode() if isinstance(v, bytes) else v for v in values])
        if values.dtype.kind not in "biufU":
            continue
        if name.endswith("_time") and values.dtype.kind in "iuf":
            found[name] = ("trial", values * 1000.0, {"units": "ms"})
        else:
            found[name] = ("trial", values)
    return found


def _held(data: Any) -> NDArray[Any]:
    """All of a dataset, if it fits in memory."""
    try:
        check_memory(8 * math.prod(np.shape(data)), "a column")
    except InputError as error:
        raise MemoryError(error) from None  # told with the name of the file
    return np.asarray(data[:])


def _told(name: str, each: Any) -> dict[str, Any]:
    return {
        "name": name,
        "shape": [int(size) for size in each.data.shape],
        "unit": str(each.unit),
        "interval_ms": None if each.rate is None else 1000 / float(each.rate),
    }


def _sampling(each: Any) -> str:
    return f"{each.rate:g} Hz" if each.rate is not None else f"{len(each.data)} uneven times"
