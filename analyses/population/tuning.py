r"""Tuning of single units to direction: a cosine.

Georgopoulos et al. 1982, J Neurosci 2:1527:

    r(theta) = b0 + b1 cos(theta - theta_preferred)

is linear in cos theta and sin theta, and fitted by least squares to the mean rate in a window. How
well it predicts is told by leaving out each row (trial or condition) in turn: with the leverages h
of the fit and n rows,

    R2 = 1 - sum (e_i / (1 - h_i))^2 / sum (n / (n - 1) (r_i - mean r))^2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from analyses.population.form import in_window, of_rows
from neurosim.errors import InputError, suggest

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def direction_tuning(
    rates: xr.DataArray, direction: ArrayLike, *, window: tuple[float, float] | None = None
) -> xr.Dataset:
    """Cosine tuning of each unit.

    Parameters
    ----------
    rates
        (trial, time, unit) or (condition, time, unit).
    direction
        Of the movement in each trial or condition, in radians.
    window
        First and last time of the mean rate, in ms; None for all.

    Returns
    -------
    xarray.Dataset
        By ``unit``: ``baseline`` b0, ``depth`` b1 of at least 0, ``preferred_direction`` in radians
        from -pi to pi, ``r2`` of left-out rows. ``response`` (row, unit), the mean rates, with the
        coordinate ``direction``.

    Raises
    ------
    InputError
        Other than one finite direction a row, fewer than three different directions or four rows, a
        direction without which the others do not tell the tuning, units that never vary, or as
        :func:`analyses.population.form.of_rows`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> direction = 2 * np.pi * np.arange(8) / 8
    >>> rates = 10 + 5 * np.cos(direction - np.pi / 4)
    >>> found = direction_tuning(labelled(rates[:, np.newaxis, np.newaxis], [0]), direction)
    >>> [float(found[name][0].round(3)) for name in ("baseline", "depth", "r2")]
    [10.0, 5.0, 1.0]
    >>> float(np.degrees(found.preferred_direction[0]).round(3))
    45.0
    """
    import xarray as xr

    rates = of_rows(rates, "direction_tuning")
    theta = np.asarray(direction, float)
    n = rates.shape[0]
    if theta.shape != (n,) or not np.isfinite(theta).all():
        raise InputError(
            f"direction_tuning: expected a finite direction for each of {n} {rates.dims[0]}s, "
            f"given {np.isfinite(theta).sum()}"
        )
    different = len(np.unique(np.round(np.exp(1j * theta), 9)))
    if n < 4 or different < 3:
        raise InputError(
            "direction_tuning: expected at least 4 rows and 3 different directions, given "
            f"{n} and {different}"
        )
    r = in_window(rates, window, "direction_tuning").values.mean(axis=1, dtype=float)
    check_varies(r, rates, "direction_tuning")
    X = np.column_stack([np.ones(n), np.cos(theta), np.sin(theta)])
    b = np.linalg.lstsq(X, r, rcond=None)[0]
    leverage = np.einsum("ij,ji->i", X, np.linalg.pinv(X))
    if leverage.max() > 1 - 1e-9:
        raise InputError(
            f"direction_tuning: the rest do not tell the tuning without the one "
            f"{rates.dims[0]} in direction {theta[leverage.argmax()]:.3g}"
        )
    left_out = (r - X @ b) / (1 - leverage)[:, np.newaxis]
    without = n / (n - 1) * (r - r.mean(axis=0))
    units = dict(rates.attrs)
    return xr.Dataset(
        {
            "baseline": ("unit", b[0], units),
            "depth": ("unit", np.hypot(b[1], b[2]), units),
            "preferred_direction": ("unit", np.arctan2(b[2], b[1]), {"units": "rad"}),
            "r2": ("unit", 1 - (left_out**2).sum(axis=0) / (without**2).sum(axis=0)),
            "response": (("row", "unit"), r, units),
        },
        coords={"unit": rates["unit"], "direction": ("row", theta, {"units": "rad"})},
    )


def plot_tuning(ax: Axes, found: xr.Dataset, unit: Any, **style: Any) -> None:
    """Draw a unit's mean rates against direction, and its cosine.

    Parameters
    ----------
    ax
        Axes to draw on.
    found
        From :func:`direction_tuning`.
    unit
        Its name.
    **style
        For the points and the line.

    Raises
    ------
    InputError
        No such unit; those there are are listed.
    """
    if unit not in found["unit"].values:
        raise suggest(unit, map(str, found["unit"].values), what="unit")
    one = found.sel(unit=unit)
    (points,) = ax.plot(np.degrees(one["direction"]) % 360, one["response"], "o", ms=3, **style)
    theta = np.linspace(0, 2 * np.pi, 181)
    cosine = np.cos(theta - float(one["preferred_direction"]))
    curve = float(one["baseline"]) + float(one["depth"]) * cosine
    ax.plot(np.degrees(theta), curve, **({"color": points.get_color()} | style))
    ax.set(xlabel="direction (degrees)", ylabel=f"rate ({one['depth'].attrs.get('units', '')})")
    ax.set_xticks([0, 90, 180, 270, 360])


def check_varies(r: Any, rates: xr.DataArray, owner: str) -> None:
    """Refuse units that never vary, of which no share of variance can be told.

    Raises
    ------
    InputError
        With their number and the name of the first.
    """
    still = np.flatnonzero(np.ptp(r.reshape(-1, r.shape[-1]), axis=0) == 0)
    if still.size:
        raise InputError(
            f"{owner}: {still.size} units never vary, leave them out; the first is "
            f"{rates['unit'].values[still[0]]}"
        )
