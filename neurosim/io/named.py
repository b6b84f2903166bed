"""Named arrays of NPZ and MATLAB files.

Rates
    ``rates``, three axes (trials or conditions, times, units), or (times, units, conditions) as in
    much published code: that one is time which is as long as the times. ``dims``, names of the
    axes, says so where two are as long. ``condition`` names the conditions, or those of the trials,
    which are trials where a condition comes twice; ``unit`` names the units.
Spikes
    ``spike_time_ms`` or ``spike_time_s``, ``spike_unit`` and, for trials, ``spike_trial``, one
    number a spike, units and trials counted from 0; ``condition`` of each trial, ``unit`` names.
Signals
    ``signals`` (times, channels), with ``sampling_frequency`` in Hz or times; ``channel`` names.

Times are ``time_ms`` or ``time_s``. ``units`` says in what rates or signals are. Other columns of
trials are arrays ``trial_<name>``; those that end in ``_ms`` or ``_s`` are times of events. Of
MATLAB files, a structure array ``Data`` with the fields ``A`` (times, units) and ``times`` (ms), an
entry a condition, is read as well: the form of the data published with jPCA.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.io.form import as_array, numbers, of_rates, of_signals, of_spikes
from neurosim.io.reading import read_npz

if TYPE_CHECKING:
    import xarray as xr

MS = {"ms": 1.0, "s": 1000.0}
KINDS = ("rates", "spike_time_ms", "spike_time_s", "signals")


def read(path: Path) -> xr.Dataset:
    """Rates, spikes or signals of a ``.npz`` or ``.mat`` file; see :func:`neurosim.io.load`.

    Raises
    ------
    InputError
        The file cannot be read, or holds none of the names above.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "grip.npz"
    >>> np.savez(path, signals=[[0.0], [1.0]], sampling_frequency=1000, channel=["grip"], units="N")
    >>> read(path)["signals"].sizes
    Frozen({'time': 2, 'channel': 1})
    """
    if path.suffix.lower() == ".mat":
        from neurosim.io.matlab import read_matlab

        arrays = read_matlab(path)
        if isinstance(arrays.get("Data"), dict) and "A" in arrays["Data"]:
            return _published(path, arrays["Data"])
        arrays = {name: _plain(name, value) for name, value in arrays.items()}
    else:
        arrays = read_npz(path)
    if "rates" in arrays:
        found = _rates(path, arrays)
    elif "signals" in arrays:
        found = _signals(path, arrays)
    elif "spike_time_ms" in arrays or "spike_time_s" in arrays:
        found = _spikes(path, arrays)
    else:
        known = ", ".join(sorted(arrays)) or "none"
        raise InputError(f"{path}: expected an array {', '.join(KINDS)}, found {known}")
    return _with_columns(path, found, arrays)


def _plain(name: str, value: Any) -> Any:
    """A value of MATLAB: rows and columns of names and numbers become lists."""
    if isinstance(value, np.ndarray) and value.ndim == 2 and 1 in value.shape:
        keep = name in ("rates", "signals")
        return value if keep else value.ravel()
    return value


def _published(path: Path, data: Mapping[str, Any]) -> xr.Dataset:
    """The structure ``Data`` of the published jPCA code."""
    if "times" not in data:
        raise InputError(f"{path}: Data needs the field 'times', in ms, given {', '.join(data)}")
    parts, times = (
        [
            numbers(path, f"{name} of Data", each)
            for each in (data[name] if isinstance(data[name], list) else [data[name]])
        ]
        for name in ("A", "times")
    )
    times = [each.ravel() for each in times]
    if not parts or len(parts) != len(times):
        raise InputError(f"{path}: Data has {len(parts)} A and {len(times)} times, expected equal")
    for k, (part, time) in enumerate(zip(parts, times, strict=True)):
        if np.shape(part) != np.shape(parts[0]) or not np.array_equal(time, times[0]):
            raise InputError(
                f"{path}: all conditions of Data must have the same times and units, "
                f"given {np.shape(parts[0])} in condition 0 and {np.shape(part)} in condition {k}"
            )
    return of_rates(path, np.stack(parts), ("condition", "time", "unit"), times[0])


def _rates(path: Path, arrays: dict[str, Any]) -> xr.Dataset:
    values = numbers(path, "rates", arrays["rates"])
    time = _time(path, arrays, "time")
    if time is None:
        raise InputError(f"{path}: rates need times in ms or s, as time_ms or time_s")
    if values.ndim == 2 and path.suffix.lower() == ".mat":
        values = values[..., np.newaxis]  # MATLAB drops a last axis of length 1
    dims = _dims(path, arrays, values, len(time))
    condition = _names(path, arrays, "condition")
    return of_rates(
        path,
        values,
        dims,
        time,
        names={
            name: given
            for name in ("unit", "condition")
            if (given := _names(path, arrays, name)) is not None and name in dims
        },
        condition=condition if "trial" in dims else None,
        units=_text(path, arrays, "units"),
    )


def _dims(
    path: Path, arrays: dict[str, Any], values: NDArray[Any], n_times: int
) -> tuple[str, ...]:
    """Which axis of the rates is which."""
    shape = f"({', '.join(map(str, values.shape))})"
    condition = _names(path, arrays, "condition")
    repeated = condition is not None and len(np.unique(condition)) < len(condition)
    if (given := _names(path, arrays, "dims")) is not None:
        dims = [part.strip() for name in given for part in str(name).split(",")]
        allowed = ({"condition", "time", "unit"}, {"trial", "time", "unit"}, {"time", "unit"})
        if set(dims) not in allowed or len(dims) != values.ndim:
            raise InputError(
                f"{path}: dims must name the axes of rates {shape} as time, unit and condition or "
                f"trial, given {', '.join(dims)}"
            )
        return tuple(dims)
    first = "trial" if repeated else "condition"
    if values.ndim == 2:
        return ("time", "unit")
    if values.ndim != 3:
        raise InputError(f"{path}: rates must have 2 or 3 axes, given {shape}")
    fits = [axis for axis in (0, 1) if values.shape[axis] == n_times]
    if len(fits) != 1:
        ask = "two axes" if fits else "neither the first nor the second axis"
        raise InputError(
            f"{path}: {ask} of rates {shape} can be the {n_times} times; say which is which with "
            "an array dims, as time,unit,condition"
        )
    return ("time", "unit", first) if fits == [0] else (first, "time", "unit")


def _spikes(path: Path, arrays: dict[str, Any]) -> xr.Dataset:
    time = _time(path, arrays, "spike_time")
    if "spike_unit" not in arrays:
        raise InputError(f"{path}: spikes need spike_unit, the number of the unit of each")
    return of_spikes(
        path,
        [] if time is None else time,
        numbers(path, "spike_unit", arrays["spike_unit"]).ravel(),
        units=_names(path, arrays, "unit"),
        trial=(
            numbers(path, "spike_trial", arrays["spike_trial"]).ravel()
            if "spike_trial" in arrays
            else None
        ),
        condition=_names(path, arrays, "condition"),
    )


def _signals(path: Path, arrays: dict[str, Any]) -> xr.Dataset:
    values = numbers(path, "signals", arrays["signals"])
    if values.ndim == 1:
        values = values[:, np.newaxis]
    if values.ndim != 2:
        raise InputError(f"{path}: signals must be (time, channel), given {values.ndim} dimensions")
    time = _time(path, arrays, "time")
    if "sampling_frequency" in arrays:
        given_rate = numbers(path, "sampling_frequency", arrays["sampling_frequency"])
        rate = float(given_rate.flat[0]) if given_rate.size == 1 else np.nan
        if not 0 < rate < np.inf:
            raise InputError(f"{path}: sampling_frequency must be above 0, given {rate:g}")
        from_rate = np.arange(len(values)) * 1000 / rate
        if time is None:
            time = from_rate
        elif len(time) > 1 and abs((time[-1] - time[0]) / (len(time) - 1) * rate / 1000 - 1) > 1e-3:
            given = 1000 * (len(time) - 1) / (time[-1] - time[0])
            raise InputError(
                f"{path}: sampling_frequency is {rate:g} Hz, but times are at {given:g} Hz"
            )
    if time is None:
        raise InputError(f"{path}: signals need time_ms, time_s or sampling_frequency")
    units = _names(path, arrays, "units")
    if units is not None and units.size == 1:
        units = np.repeat(units, values.shape[1])
    return of_signals(
        path,
        values,
        time,
        channel=_names(path, arrays, "channel"),
        units=None if units is None else units.tolist(),
    )


def _with_columns(path: Path, found: xr.Dataset, arrays: dict[str, Any]) -> xr.Dataset:
    """Columns of trials, arrays ``trial_<name>``."""
    for key, value in arrays.items():
        if not key.startswith("trial_"):
            continue
        name, column = key.removeprefix("trial_"), _column(path, key, value)
        stem, _, unit = name.rpartition("_")
        length = found.sizes.get("trial", len(column))
        if len(column) != length:
            raise InputError(
                f"{path}: {key} must have one entry for each of {length} trials, "
                f"given {len(column)}"
            )
        if unit in MS and stem:
            times = numbers(path, key, column) * MS[unit]
            found = found.assign_coords({stem: ("trial", times, {"units": "ms"})})
        else:
            found = found.assign_coords({name: ("trial", column)})
    return found


def _time(path: Path, arrays: dict[str, Any], name: str) -> NDArray[np.float64] | None:
    given = [unit for unit in MS if f"{name}_{unit}" in arrays]
    if len(given) == 2:
        raise InputError(f"{path}: give {name}_ms or {name}_s, not both")
    if not given:
        return None
    values = numbers(path, f"{name}_{given[0]}", arrays[f"{name}_{given[0]}"])
    return np.ravel(values) * MS[given[0]]


def _names(path: Path, arrays: dict[str, Any], name: str) -> NDArray[Any] | None:
    return _column(path, name, arrays[name]) if name in arrays else None


def _column(path: Path, name: str, value: Any) -> NDArray[Any]:
    """Numbers or texts."""
    column = as_array(path, name, value).ravel()
    if column.dtype.kind == "S":
        column = np.char.decode(column, "utf-8", "replace")
    if column.dtype.kind not in "biufU":
        raise InputError(f"{path}: {name} must be numbers or texts, given {column.dtype}")
    return column


def _text(path: Path, arrays: dict[str, Any], name: str) -> str | None:
    names = _names(path, arrays, name)
    return None if names is None or not names.size else str(names[0])
