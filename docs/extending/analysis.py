r"""Dimensions through learning: the participation ratio of each trial; an example of an analysis.

With the eigenvalues lambda_i of the covariance of the units' rates within one trial,

    PR = (sum lambda)^2 / sum lambda^2        (Gao & Ganguli 2015, Curr. Opin. Neurobiol. 32:148)

from 1, where all units follow one time course, to the number of units. Trials of one network are
no sample of networks: an interval takes several of them (:func:`analyses.intervals.bootstrap`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def dimensions(rates: xr.DataArray) -> xr.DataArray:
    """Participation ratio of each trial.

    Parameters
    ----------
    rates
        (trial, time, unit), as ``neurosim.io.load`` gives them of a result or a recording.

    Returns
    -------
    xarray.DataArray
        (trial,), without unit, with the coordinates that ``rates`` have on their trials.

    Raises
    ------
    InputError
        Other dimensions, or a trial in which the rates are not finite or do not vary.
    """
    import xarray as xr

    if rates.dims != ("trial", "time", "unit"):
        raise InputError(
            f"dimensions: rates must have the dimensions trial, time, unit, given {rates.dims}"
        )
    x = rates.values - rates.values.mean(axis=1, keepdims=True)
    still = np.flatnonzero(~(np.square(x).sum(axis=(1, 2)) > 0))  # also NaN
    if len(still):
        raise InputError(
            f"dimensions: rates must be finite and vary in each trial, in trial {still[0]} "
            "they are not or do not"
        )
    variance = np.linalg.svd(x, compute_uv=False) ** 2
    ratio = variance.sum(axis=1) ** 2 / (variance**2).sum(axis=1)
    on_trials = {name: c for name, c in rates.coords.items() if c.dims == ("trial",)}
    return xr.DataArray(
        ratio,
        dims="trial",
        coords=on_trials,
        attrs={"long_name": "participation ratio", "units": "1"},
    )


def plot_dimensions(ax: Axes, ratio: xr.DataArray, **style: Any) -> None:
    """Draw the participation ratio by trial.

    Parameters
    ----------
    ax
        Where.
    ratio
        Of :func:`dimensions`.
    **style
        As of ``Axes.plot``.
    """
    ax.plot(ratio["trial"], ratio, **style)
    ax.set(xlabel="trial", ylabel=ratio.attrs["long_name"])
