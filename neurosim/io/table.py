"""Tables in text files, of spikes, rates or signals: the names of their columns say which.

========= =========================================================================================
spikes    ``spike_time_ms`` or ``spike_time_s``, ``unit`` and, for trials, ``trial``, ``condition``
rates     ``rate``, ``unit``, ``time_ms`` or ``time_s``, and ``condition``, or ``trial`` with it
signals   ``time_ms`` or ``time_s``, and a column of numbers for each channel
========= =========================================================================================

A line is a spike, a rate of one unit at one time, or a time. Names end in their unit in brackets
where it is known: ``rate (spikes/s)``, ``force (N)``. Columns are separated by commas, semicolons
or tabs. Trials without a spike are not in a table of spikes; averages over trials would miss them,
so such recordings are better kept as NPZ.
"""

from __future__ import annotations

import math
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.io.form import of_rates, of_signals, of_spikes
from neurosim.io.named import MS
from neurosim.io.reading import check_file
from neurosim.memory import check_memory

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

MISSING = 1_000_000
"""Rates up to which the first one that is missing is searched for and told."""


def read(path: Path) -> xr.Dataset:
    r"""A table of one of these kinds; see :func:`neurosim.io.load`.

    Raises
    ------
    InputError
        The file cannot be read, columns are missing, or rates are not given at all times.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "grip.csv"
    >>> _ = path.write_text("time_ms,force (N)\n0,0.1\n2,0.3\n")
    >>> read(path)["channel_unit"].values.tolist()
    ['N']
    """
    table, units = _table(path)
    if any(name.startswith("spike_time_") for name in table):
        return _spikes(path, table)
    if "rate" in table:
        return _rates(path, table, units)
    return _signals(path, table, units)


def _table(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table, and the units that names of columns state."""
    import pandas as pd

    try:
        check_memory(check_file(path).stat().st_size, f"{path}: reading it")
        with path.open(encoding="utf-8-sig") as opened:
            header = opened.readline()
        separator = max(",;\t", key=header.count)
        table = pd.read_csv(path, sep=separator, encoding="utf-8-sig", na_values=["n/a"])
    except InputError:
        raise
    except Exception as error:  # the parser raises many kinds for what is no table
        text = textwrap.shorten(str(error) or type(error).__name__, 100)
        raise InputError(f"{path}: cannot be read as a table ({text})") from None
    units, names = {}, []
    for column in table.columns:
        name = str(column).strip("# ")
        with_unit = re.fullmatch(r"(.*?)\s*\(([^()]*)\)", name)
        name, unit = with_unit.groups() if with_unit else (name, "")
        names.append(name)
        if unit:
            units[name] = unit
    if len(set(names)) < len(names):
        raise InputError(f"{path}: two columns have the same name ({', '.join(names)})")
    if not len(table):
        raise InputError(f"{path}: has no lines below its names")
    return table.set_axis(names, axis=1), units


def _column(path: Path, table: pd.DataFrame, name: str) -> NDArray[Any]:
    if name not in table:
        raise InputError(f"{path}: has no column {name!r}, given {', '.join(table.columns)}")
    column = table[name]
    if column.isna().any():
        line = int(column.isna().to_numpy().argmax()) + 2
        raise InputError(f"{path}: line {line}: {name} is missing")
    return column.to_numpy()


def _times(path: Path, table: pd.DataFrame, stem: str) -> NDArray[np.float64]:
    unit = next((unit for unit in MS if f"{stem}_{unit}" in table), None)
    if unit is None:
        raise InputError(
            f"{path}: expected a column {stem}_ms or {stem}_s, given {', '.join(table.columns)}"
        )
    values = _column(path, table, f"{stem}_{unit}")
    if values.dtype.kind not in "uif":
        raise InputError(f"{path}: {stem}_{unit} must hold numbers")
    return values * MS[unit]


def _spikes(path: Path, table: pd.DataFrame) -> xr.Dataset:
    times = _times(path, table, "spike_time")
    units, unit = np.unique(_column(path, table, "unit").astype(str), return_inverse=True)
    units = _numeric(units)
    if "trial" not in table:
        return of_spikes(path, times, unit, units=units)
    labels, first, trial = np.unique(
        _column(path, table, "trial"), return_index=True, return_inverse=True
    )
    condition = np.full(len(labels), "all")
    if "condition" in table:
        given = _column(path, table, "condition")
        _same_condition(path, given, first, trial)
        condition = given[first]
    found = of_spikes(path, times, unit, units=units, trial=trial, condition=_unobject(condition))
    return found.assign_coords(trial=_unobject(labels))


def _rates(path: Path, table: pd.DataFrame, units: dict[str, str]) -> xr.Dataset:
    by_trial = "trial" in table
    first = "trial" if by_trial else "condition"
    keys = {
        first: _column(path, table, first),
        "time": _times(path, table, "time"),
        "unit": _column(path, table, "unit"),
    }
    labels, index, start = {}, {}, {}
    for dim, column in keys.items():
        labels[dim], start[dim], index[dim] = np.unique(
            column, return_index=True, return_inverse=True
        )
    shape = tuple(len(each) for each in labels.values())
    if (size := math.prod(shape)) > 2 * len(table) + MISSING:
        raise InputError(
            f"{path}: expected one rate for each {first}, time and unit, given {len(table):,} for "
            f"{' x '.join(f'{n:,}' for n in shape)}"
        )
    cell = np.ravel_multi_index(tuple(index.values()), shape)
    counts = np.bincount(cell, minlength=size)
    if (counts != 1).any():
        at = np.unravel_index(int((counts != 1).argmax()), shape)
        where = ", ".join(
            f"{dim} {each[i]}" for (dim, each), i in zip(labels.items(), at, strict=True)
        )
        raise InputError(
            f"{path}: expected one rate for each {first}, time and unit, given "
            f"{counts[counts != 1][0]} for {where}"
        )
    rate = table["rate"].to_numpy()
    if rate.dtype.kind not in "uif":
        raise InputError(f"{path}: rate must hold numbers")
    values = np.empty(len(rate))
    values[cell] = rate
    condition = None
    if by_trial:
        given = _column(path, table, "condition")
        _same_condition(path, given, start[first], index[first])
        condition = _unobject(given[start[first]])
    return of_rates(
        path,
        values.reshape(shape),
        (first, "time", "unit"),
        labels["time"],
        names={first: _unobject(labels[first]), "unit": _unobject(labels["unit"])},
        condition=condition,
        units=units.get("rate"),
    )


def _signals(path: Path, table: pd.DataFrame, units: dict[str, str]) -> xr.Dataset:
    times = _times(path, table, "time")
    names = [name for name in table if name not in ("time_ms", "time_s")]
    for name in names:
        if table[name].dtype.kind not in "biuf":
            raise InputError(f"{path}: column {name!r} must hold numbers")
    if not names:
        raise InputError(f"{path}: has times, but no column of a channel")
    return of_signals(
        path,
        table[names].to_numpy(float),
        times,
        channel=names,
        units=[units.get(name, "") for name in names],
    )


def _same_condition(
    path: Path, given: NDArray[Any], first: NDArray[np.intp], trial: NDArray[np.intp]
) -> None:
    different = given != given[first][trial]
    if different.any():
        raise InputError(f"{path}: line {int(different.argmax()) + 2}: a trial has two conditions")


def _numeric(names: NDArray[Any]) -> NDArray[Any]:
    """Names as numbers, where all of them are."""
    return names.astype(np.int64) if np.char.isdigit(names).all() else names


def _unobject(values: NDArray[Any]) -> NDArray[Any]:
    """Text of a table as NumPy's text, which NetCDF takes."""
    return values if values.dtype.kind in "biuf" else values.astype(str)
