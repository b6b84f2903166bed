r"""Linear encoding: how much of each unit's rate position, velocity and speed explain.

    r_k(t - lag) = b_0k + sum over v of b_vk s_v(t)

for variables s of the movement, which the rates lead by ``lag``. R2 is of trials (or conditions)
that the coefficients were not fitted to. ``direction`` is the velocity over the speed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.population.form import held_out, of_rows, same_times, sampling_interval
from analyses.population.tuning import check_varies
from neurosim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def kinematics(position: xr.DataArray) -> xr.DataArray:
    """Position, velocity, speed and direction of a movement.

    Parameters
    ----------
    position
        (trial or condition, time, axis), with the names of the axes as coordinate ``axis``; time in
        ms, evenly spaced.

    Returns
    -------
    xarray.DataArray
        (trial or condition, time, variable): ``x``, ``y``, ``velocity_x``, ``velocity_y``,
        ``speed``, ``direction_x``, ``direction_y`` for axes x and y; per second. Direction is 0 at
        rest.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_rows`; fewer than three or uneven times.

    Examples
    --------
    >>> import xarray as xr
    >>> hand = xr.DataArray(
    ...     [[[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]], dims=("condition", "time", "axis"),
    ...     coords={"time": ("time", [0, 100, 200], {"units": "ms"}), "axis": ["x", "y"]},
    ... )
    >>> kinematics(hand).sel(variable=["speed", "direction_x"]).values[0, 1]
    array([50. ,  0.6])
    """
    import xarray as xr

    if not isinstance(position, xr.DataArray) or "axis" not in position.dims:
        raise InputError("kinematics: expected positions (trial or condition, time, axis)")
    rows = of_rows(position.rename(axis="unit"), "kinematics")
    names = rows["unit"].values
    dt = sampling_interval(rows, "kinematics", at_least=3) / 1000
    x = rows.values.astype(float)
    velocity = np.gradient(x, dt, axis=1)
    speed = np.linalg.norm(velocity, axis=2, keepdims=True)
    direction = np.divide(velocity, speed, out=np.zeros_like(velocity), where=speed > 0)
    variables = [*names, *(f"velocity_{name}" for name in names), "speed"]
    variables += [f"direction_{name}" for name in names]
    return xr.DataArray(
        np.concatenate([x, velocity, speed, direction], axis=2),
        dims=(*rows.dims[:2], "variable"),
        coords={name: each for name, each in rows.coords.items() if "unit" not in each.dims}
        | {"variable": [str(name) for name in variables]},
    )


def encoding(
    rates: xr.DataArray, movement: xr.DataArray, *, lag: float = 0.0, folds: int = 5
) -> xr.Dataset:
    """Fit each unit's rate by variables of the movement.

    Parameters
    ----------
    rates
        (trial, time, unit) or (condition, time, unit).
    movement
        (trial or condition, time, variable), of the same trials or conditions and times; some of
        :func:`kinematics`, say.
    lag
        By which the rates lead the movement, in ms; a multiple of the sampling interval.
    folds
        Of the cross-validation over trials or conditions.

    Returns
    -------
    xarray.Dataset
        ``coefficient`` (variable, unit), fitted to all, and ``baseline`` (unit); ``r2`` (unit) of
        what was held out.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_rows`; different shapes or times; a lag that is not a
        multiple of the interval or too long; units that never vary; fewer rows than folds.

    Examples
    --------
    >>> import xarray as xr
    >>> from analyses.population.form import labelled
    >>> time = np.arange(0, 200, 10)
    >>> speed = np.sin(np.pi * time / 200) * np.arange(1, 7)[:, np.newaxis]
    >>> movement = xr.DataArray(
    ...     speed[..., np.newaxis], dims=("condition", "time", "variable"),
    ...     coords={"time": ("time", time, {"units": "ms"}), "variable": ["speed"]},
    ... )
    >>> found = encoding(labelled(10 + 2 * speed[..., np.newaxis], time), movement)
    >>> float(found.coefficient[0, 0].round(3)), float(found.r2[0].round(3))
    (2.0, 1.0)
    """
    import xarray as xr

    rates, movement, r, s = _aligned(rates, movement, lag)
    check_varies(r, rates, "encoding")
    error, spread = np.zeros((2, r.shape[2]))
    for test in held_out(len(r), folds, "encoding"):
        b = _fit(s[~test], r[~test])
        error += ((r[test] - (s[test] @ b[1:] + b[0])) ** 2).sum(axis=(0, 1))
        spread += ((r[test] - r[~test].mean(axis=(0, 1))) ** 2).sum(axis=(0, 1))
    b = _fit(s, r)
    return xr.Dataset(
        {
            "coefficient": (("variable", "unit"), b[1:]),
            "baseline": ("unit", b[0], dict(rates.attrs)),
            "r2": ("unit", 1 - error / spread),
        },
        coords={"unit": rates["unit"], "variable": movement["unit"].values},
        attrs={"lag": float(lag)},
    )


def plot_encoding(ax: Axes, found: xr.Dataset, **style: Any) -> None:
    """Draw how many units have which held-out R2.

    Parameters
    ----------
    ax
        Axes to draw on.
    found
        From :func:`encoding` or :func:`analyses.population.tuning.direction_tuning`.
    **style
        For the histogram.
    """
    look: dict[str, Any] = {"bins": np.linspace(-0.2, 1, 25)} | style
    ax.hist(np.maximum(found["r2"], -0.2), **look)
    ax.set(xlabel="$R^2$, held out (below -0.2: at -0.2)", ylabel="units")


def _aligned(
    rates: xr.DataArray, movement: xr.DataArray, lag: float
) -> tuple[xr.DataArray, xr.DataArray, NDArray[np.float64], NDArray[np.float64]]:
    """Both checked, and their values at the times that have a partner."""
    if "variable" not in movement.dims:
        raise InputError(
            "encoding: expected movement (trial or condition, time, variable), given "
            f"({', '.join(map(str, movement.dims))})"
        )
    rates = of_rows(rates, "encoding")
    movement = of_rows(movement.rename(variable="unit"), "encoding")
    same = rates.dims[0] == movement.dims[0] and len(rates) == len(movement)
    if not (same and same_times(rates, movement)):
        shown = " and ".join(
            f"{each.sizes[each.dims[0]]} {each.dims[0]}s at {each.sizes['time']} times "
            f"({each['time'].values[0]:g} to {each['time'].values[-1]:g} ms)"
            for each in (rates, movement)
        )
        raise InputError(f"encoding: rates and movement must be of the same, given {shown}")
    dt = sampling_interval(rates, "encoding")
    shift = round(lag / dt)
    if abs(shift * dt - lag) > 1e-3 * dt:
        raise InputError(f"encoding: lag must be a multiple of {dt:g} ms, given {lag:g} ms")
    n = rates.sizes["time"] - abs(shift)
    if n < 2:
        raise InputError(
            f"encoding: lag must leave at least 2 of {rates.sizes['time']} times, given {lag:g} ms"
        )
    r = rates.values.astype(float)[:, max(-shift, 0) :][:, :n]
    s = movement.values.astype(float)[:, max(shift, 0) :][:, :n]
    return rates, movement, r, s


def _fit(s: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
    """Baseline and coefficients, (1 + variable, unit)."""
    X = s.reshape(-1, s.shape[2])
    X = np.column_stack([np.ones(len(X)), X])
    return np.asarray(np.linalg.lstsq(X, r.reshape(len(X), -1), rcond=None)[0], float)
