r"""Curves to follow: the butterfly, and curves of a person's own from a file.

The butterfly of Pyle & Rosenbaum 2019, at the phase theta = 2 pi t / T of step t = 0 ... T - 1, so
that step T would be step 0 again and trials join without a repeated point:

    rho = (9 - sin(theta) + 2 sin(3 theta) + 2 sin(5 theta) - sin(7 theta)
           + 3 cos(2 theta) - 2 cos(4 theta)) / 14.4734
    x = rho cos(theta),  y = rho sin(theta)

A file becomes a target in three steps, each of them a function here: :func:`load_trace` reads and
checks it, :func:`scale_to` fits a drawing in pixels or newtons to the workspace, :func:`resample`
gives it one point for each step of a trial.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_integer, check_positive, suggest
from neurosim.io.reading import check_file, content, read_netcdf, read_npz, reason

MINIMUM_POINTS = 4
"""Fewer points do not make a curve."""

MS_PER_UNIT = {"ms": 1.0, "milliseconds": 1.0, "s": 1e3, "seconds": 1e3}
TIME_UNITS = {"t": "s", "time": "s", "time_s": "s", "time_ms": "ms"}
"""Names of time columns, and their unit unless the file says otherwise."""

EVEN = 1e-2
"""Points off an even spacing by less than this part of it count as evenly spaced."""

BEYOND = 1e100
"""Larger numbers are damage, and their squares would overflow."""


def butterfly(n_steps: int) -> NDArray[np.float64]:
    """The butterfly, once around.

    Parameters
    ----------
    n_steps
        T, steps of one period.

    Returns
    -------
    ndarray
        (T, 2): x and y, without unit, at most 1.003 from the origin.

    Raises
    ------
    InputError
        ``n_steps`` is not a whole number of at least 4.

    Examples
    --------
    >>> curve = butterfly(1000)
    >>> curve.shape
    (1000, 2)
    >>> float(np.hypot(*curve.T).max().round(3))
    1.003
    """
    check_integer("butterfly", "n_steps", n_steps, minimum=MINIMUM_POINTS)
    theta = 2 * np.pi * np.arange(n_steps) / n_steps
    rho = (
        9
        - np.sin(theta)
        + 2 * np.sin(3 * theta)
        + 2 * np.sin(5 * theta)
        - np.sin(7 * theta)
        + 3 * np.cos(2 * theta)
        - 2 * np.cos(4 * theta)
    ) / 14.4734
    return np.column_stack((rho * np.cos(theta), rho * np.sin(theta)))


@dataclass(frozen=True, eq=False)
class Trace:
    """A curve from a file, checked, its points evenly spaced in time.

    Attributes
    ----------
    values
        (n, 1) or (n, 2) float64, in ``unit``.
    time_ms
        (n,) time of each point in ms, or None where the file has none.
    names
        Of the one or two coordinates.
    source
        The file.
    unit
        Of the values; ``"1"`` where the file does not say.
    """

    values: NDArray[np.float64]
    time_ms: NDArray[np.float64] | None
    names: tuple[str, ...]
    source: str
    unit: str = "1"


class Scaled(NamedTuple):
    """A curve moved and scaled; ``values * scale + offset`` is the original.

    Attributes
    ----------
    values
        (n, d) in the workspace.
    offset
        (d,) centre of the original, in its unit.
    scale
        Units of the original in one unit of the workspace.
    """

    values: NDArray[np.float64]
    offset: NDArray[np.float64]
    scale: float


def scale_to(values: ArrayLike, radius: float = 1.0) -> Scaled:
    """Fit a curve to the workspace: centred on the origin, nowhere farther from it than ``radius``.

    The centre is that of the bounding box. Both axes are scaled alike, so that shapes stay; y is
    not turned over, as pixels that count downwards would need.

    Parameters
    ----------
    values
        (n, 1) or (n, 2) points, in any unit.
    radius
        Wanted distance of the farthest point; the arms of the paper reach at least 1 all around.

    Returns
    -------
    Scaled
        The curve, and the offset and scale that undo it.

    Raises
    ------
    InputError
        ``values`` is no usable curve, or ``radius`` not above 0.

    Examples
    --------
    >>> square = [[0, 0], [200, 0], [200, 200], [0, 200]]
    >>> fitted = scale_to(square)
    >>> fitted.values[0].round(3), fitted.offset
    (array([-0.707, -0.707]), array([100., 100.]))
    >>> bool(np.allclose(fitted.values * fitted.scale + fitted.offset, square))
    True
    """
    check_positive("scale_to", "radius", radius)
    points = _checked(values, "target")
    offset = points.min(axis=0) / 2 + points.max(axis=0) / 2
    scale = float(np.hypot.reduce(points - offset, axis=1).max()) / radius
    return Scaled((points - offset) / scale, offset, scale)


def resample(values: ArrayLike, n_steps: int, *, periodic: bool) -> NDArray[np.float64]:
    """Points of a curve at each step of a trial.

    A cubic spline through the points, which are taken as evenly spaced in time over the trial.
    Where there are more points than steps, they are smoothed first (Gaussian with a standard
    deviation of half a step, less what the points already have), so that what is faster than the
    steps can show does not fold into slow movement.

    Parameters
    ----------
    values
        (n, 1) or (n, 2) points.
    n_steps
        T, steps of a trial.
    periodic
        True: the curve closes, from its last point on to its first; a last point that repeats the
        first is left out. False: the first and last step are the first and last point.

    Returns
    -------
    ndarray
        (T, 1) or (T, 2).

    Raises
    ------
    InputError
        ``values`` is no usable curve, or ``n_steps`` not a whole number of at least 4.

    Examples
    --------
    >>> resample([[0.0], [1.0], [2.0], [3.0]], 7, periodic=False).ravel()
    array([0. , 0.5, 1. , 1.5, 2. , 2.5, 3. ])
    >>> bool(np.allclose(resample(butterfly(500), 1000, periodic=True), butterfly(1000), atol=1e-4))
    True
    """
    from scipy.interpolate import CubicSpline

    check_integer("resample", "n_steps", n_steps, minimum=MINIMUM_POINTS)
    points = _checked(values, "target")
    if periodic:
        if (points[0] == points[-1]).all():
            points = points[:-1]
        points = _smoothed(points, len(points) / n_steps, mode="wrap")
        spline = CubicSpline(
            np.arange(len(points) + 1), np.vstack((points, points[:1])), bc_type="periodic"
        )
        return np.asarray(spline(np.arange(n_steps) * (len(points) / n_steps)))
    points = _smoothed(
        points, (len(points) - 1) / (n_steps - 1), mode="reflect", reflect_type="odd"
    )
    return np.asarray(
        CubicSpline(np.arange(len(points)), points)(np.linspace(0, len(points) - 1, n_steps))
    )


def _smoothed(
    points: NDArray[np.float64], points_per_step: float, **pad: str
) -> NDArray[np.float64]:
    """Anti-aliasing; odd reflection, (end + d) and (end - d), leaves the ends where they are."""
    from scipy.ndimage import gaussian_filter1d

    if points_per_step <= 1:
        return points
    sigma = 0.5 * np.sqrt(points_per_step**2 - 1)
    margin = int(4 * sigma) + 1
    padded = np.pad(points, ((margin, margin), (0, 0)), **pad)  # type: ignore[call-overload]
    smooth = gaussian_filter1d(padded, sigma, axis=0, truncate=4.0)[margin:-margin]
    return np.asarray(smooth)


def load_trace(
    path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    channel: str | None = None,
    start: float | None = None,
    stop: float | None = None,
) -> Trace:
    r"""Read a curve of one or two dimensions; its ending says which format it is.

    ========== ====================================================================================
    ``.csv``   numbers separated by commas, semicolons or tabs, with or without a line of names
    ``.npz``   arrays ``x`` and ``y``, or one array (n,) or (n, 2)
    ``.nc``    NetCDF: variables ``x`` and ``y``, or one variable (n,), or one with an axis of 2
    ``.vhdr``  BrainVision recording: one channel
    ========== ====================================================================================

    A column, array or coordinate ``time_ms`` is time in ms; ``t``, ``time`` or ``time_s`` is in s
    (in NetCDF, the attribute ``units`` says). Points that are not evenly spaced in time are
    interpolated, linearly, to as many that are.

    Parameters
    ----------
    path
        Of the file.
    columns
        One or two names of columns, arrays or variables, where the file has others too. Columns
        without names are ``"x"`` and ``"y"`` if there are two, otherwise ``"1"``, ``"2"``, ...
    channel
        Of a recording.
    start, stop
        Part of the file, ``start <= time < stop``, in ms; needs a file with time.

    Returns
    -------
    Trace
        At least 4 points.

    Raises
    ------
    InputError
        The file cannot be read, is not what its ending says, or does not hold one usable curve.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "drawing.csv"
    >>> _ = path.write_text("time_ms,x,y\n0,0,0\n10,1,0\n20,1,1\n30,0,1\n")
    >>> trace = load_trace(path)
    >>> trace.names, trace.values.shape, trace.time_ms
    (('x', 'y'), (4, 2), array([ 0., 10., 20., 30.]))
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in _READERS:
        expected = ", ".join(_READERS)
        raise InputError(
            f"{path}: expected a file ending in {expected}, given {ending or 'none'!r}"
        )
    if (columns if ending == ".vhdr" else channel) is not None:
        raise InputError(f"{path}: channel is for .vhdr recordings, columns for all other files")
    check_file(path)
    try:
        table = _READERS[ending](path, channel)
    except InputError:
        raise
    except Exception as error:  # parsers of foreign bytes raise almost anything
        raise InputError(f"{path}: cannot be read as {ending} ({reason(error)})") from None

    columns = (columns,) if isinstance(columns, str) else columns
    names, values, unit = _curve(path, table, columns)
    if not len(values):
        raise InputError(f"{path}: too short, expected at least {MINIMUM_POINTS} points, given 0")
    time_ms = _time(path, table, len(values))
    if time_ms is None:
        if start is not None or stop is not None:
            raise InputError(f"{path}: start and stop (in ms) need a file with time, it has none")
        return Trace(_checked(values, str(path)), None, names, str(path), unit)
    first, last = np.searchsorted(
        time_ms, [-np.inf if start is None else start, np.inf if stop is None else stop]
    )
    if first >= last:
        raise InputError(
            f"{path}: no points from start = {start} to stop = {stop} ms, "
            f"the file goes from {time_ms[0]:g} to {time_ms[-1]:g} ms"
        )
    values = _checked(values[first:last], str(path), first_row=int(first) + 1)
    values, time_ms = _even(values, time_ms[first:last])
    return Trace(values, time_ms, names, str(path), unit)


class _Table(NamedTuple):
    """What a file holds: arrays and their units by name, time among them if the file has it."""

    arrays: Mapping[str, NDArray[Any]]
    units: Mapping[str, str]


def _read_csv(path: Path, channel: str | None) -> _Table:
    lines = content(path).decode("utf-8-sig").splitlines()
    delimiter = max(",;\t", key=lines[0].count) if lines else ","
    numbered = enumerate(csv.reader(lines, delimiter=delimiter), start=1)
    rows = [(line, row) for line, row in numbered if any(row)]
    if not rows:
        raise InputError(f"{path}: is empty")
    width = len(rows[0][1])
    if any(map(_is_number, rows[0][1])):
        names = ["x", "y"] if width == 2 else [str(i + 1) for i in range(width)]
    else:
        names = [cell.strip("# ") for cell in rows.pop(0)[1]]  # numpy.savetxt starts with "# "
    if len(set(names)) < width:
        raise InputError(f"{path}: two columns have the same name ({_listed(names)})")
    for line, row in rows:
        if len(row) != width:
            raise InputError(f"{path}: line {line} has {len(row)} values, expected {width}")
        for name, cell in zip(names, row, strict=True):
            if not _is_number(cell):
                raise InputError(
                    f"{path}: line {line}, column {name!r}: expected a number, given {cell!r}"
                )
    numbers = np.array([row for _, row in rows], np.float64).reshape(len(rows), width)
    return _Table(dict(zip(names, numbers.T, strict=True)), {})


def _read_npz(path: Path, channel: str | None) -> _Table:
    return _Table(read_npz(path), {})


def _read_netcdf(path: Path, channel: str | None) -> _Table:
    import h5py
    import xarray as xr

    from neurosim.memory import check_memory

    if h5py.is_hdf5(path):
        data = read_netcdf(path, decode_times=False)
    else:  # NetCDF-3
        check_memory(path.stat().st_size, f"{path}: reading it")
        data = xr.load_dataset(path, decode_times=False)
    arrays, units = {}, {}
    for name, variable in data.variables.items():
        if name in data.coords and str(name).lower() not in TIME_UNITS:
            continue
        if variable.ndim == 2 and variable.shape[0] <= 2:  # (axis, time)
            variable = variable.T
        arrays[str(name)] = variable.values
        if "units" in variable.attrs:
            units[str(name)] = str(variable.attrs["units"])
    return _Table(arrays, units)


def _read_brainvision(path: Path, channel: str | None) -> _Table:
    from neurosim.io.brainvision import read_brainvision

    data = read_brainvision(path, None if channel is None else [channel])
    names = data["channel"].values.tolist()
    if len(names) > 1:
        raise InputError(f"{path}: choose one channel (known: {_listed(names)})")
    return _Table(
        {names[0]: data.values[:, 0], "time_ms": data["time"].values},
        {names[0]: data["unit"].item()},
    )


_READERS = {
    ".csv": _read_csv,
    ".npz": _read_npz,
    ".nc": _read_netcdf,
    ".vhdr": _read_brainvision,
}


def _curve(
    path: Path, table: _Table, columns: Sequence[str] | None
) -> tuple[tuple[str, ...], NDArray[np.float64], str]:
    """Names, values and unit of the wanted columns, or of those that are meant."""
    if columns is None:
        columns = [name for name, array in table.arrays.items() if _usable(name, array)]
        xy = [name for name in columns if name.lower() in ("x", "y")]
        columns = xy if len(xy) == 2 else columns
    for name in columns:
        if name not in table.arrays:
            raise InputError(f"{path}: {suggest(name, table.arrays, what='column')}")
        array = table.arrays[name]
        if not _usable("", array):
            raise InputError(
                f"{path}: {name!r} must hold numbers, (n,) or (n, 2), "
                f"given {array.dtype} of shape {array.shape}"
            )
    parts = [table.arrays[name] for name in columns]
    width = sum(1 if part.ndim == 1 else part.shape[1] for part in parts)
    if width not in (1, 2):
        raise InputError(
            f"{path}: expected one or two columns of numbers, found {width}; "
            f"choose with columns (known: {_listed(table.arrays)})"
        )
    if len({len(part) for part in parts}) > 1:
        lengths = " and ".join(str(len(part)) for part in parts)
        raise InputError(f"{path}: {_listed(columns)} differ in length: {lengths} points")
    names = tuple(columns) if len(columns) == width else ("x", "y")
    units = {table.units.get(name, "1") for name in columns}
    return names, np.column_stack(parts).astype(np.float64), units.pop() if len(units) == 1 else "1"


def _time(path: Path, table: _Table, n_points: int) -> NDArray[np.float64] | None:
    """(n,) time of each point in ms, where the file has it."""
    name = next((name for name in table.arrays if name.lower() in TIME_UNITS), None)
    if name is None:
        return None
    unit = table.units.get(name, TIME_UNITS[name.lower()])
    if unit not in MS_PER_UNIT:
        raise InputError(f"{path}: {name!r} must be in {' or '.join(MS_PER_UNIT)}, given {unit!r}")
    time = table.arrays[name]
    if time.shape != (n_points,) or time.dtype.kind not in "iuf":
        raise InputError(
            f"{path}: {name!r} must hold one number for each of {n_points} points, "
            f"given {time.dtype} of shape {time.shape}"
        )
    time = _finite(time, f"{path}: {name!r}", first_row=1)
    late = np.diff(time) <= 0
    if late.any():
        raise InputError(
            f"{path}: {name!r} must increase, it does not after row {late.argmax() + 1}"
        )
    return time * MS_PER_UNIT[unit]


def _even(
    values: NDArray[np.float64], time_ms: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same curve at evenly spaced times."""
    even = np.linspace(time_ms[0], time_ms[-1], len(time_ms))
    if np.abs(time_ms - even).max() <= EVEN * (even[1] - even[0]):
        return values, time_ms
    return np.column_stack([np.interp(even, time_ms, axis) for axis in values.T]), even


def _checked(values: ArrayLike, source: str, first_row: int = 1) -> NDArray[np.float64]:
    """A curve as (n, 1) or (n, 2) float64, if it is one."""
    try:
        points = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{source}: expected numbers of shape (n, 1) or (n, 2)") from None
    if points.ndim != 2 or points.shape[1] not in (1, 2):
        raise InputError(f"{source}: expected the shape (n, 1) or (n, 2), given {points.shape}")
    if len(points) < MINIMUM_POINTS:
        raise InputError(
            f"{source}: too short, expected at least {MINIMUM_POINTS} points, given {len(points)}"
        )
    points = _finite(points, source, first_row)
    if (points == points[0]).all():
        raise InputError(
            f"{source}: does not move, all {len(points)} points are {points[0].tolist()}"
        )
    return points


def _finite(numbers: NDArray[Any], source: str, first_row: int) -> NDArray[np.float64]:
    numbers = numbers.astype(np.float64)
    good = np.abs(numbers.reshape(len(numbers), -1)) < BEYOND  # False for NaN too
    rows = ~good.all(axis=1)
    if rows.any():
        raise InputError(
            f"{source}: {rows.sum()} of {len(rows)} points are NaN, infinite or beyond {BEYOND:g}, "
            f"the first in row {rows.argmax() + first_row}"
        )
    return numbers


def _usable(name: str, array: NDArray[Any]) -> bool:
    """Whether a named array can be a coordinate, or two."""
    shaped = array.ndim == 1 or (array.ndim == 2 and array.shape[1] in (1, 2))
    return shaped and array.dtype.kind in "iuf" and name.lower() not in TIME_UNITS


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _listed(names: Iterable[str]) -> str:
    return " ".join(", ".join(names).split())
