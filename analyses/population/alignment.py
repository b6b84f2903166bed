r"""Two populations on the same times and conditions, so that they can be set beside each other.

Times. Both are sampled on one lattice: that of the coarser of the two, of the second where they are
equal. A sample stands for the interval around it, as long as the sampling interval, and a new one
is the mean over its interval: where the old ones are finer that is binning, where they are as fine
but shifted it is linear interpolation. Nothing is extrapolated: intervals that a recording does not
fill are left out.

Conditions. Those of the same name belong together. Where no names tell, they are paired so that the
dissimilarities D of one population's conditions are most like those of the other,

    max over permutations p of sum_ij D_a[i, j] D_b[p_i, p_j],

D in ranks about their mean: the quadratic assignment problem, solved approximately (Vogelstein et
al. 2015, PLoS ONE 10:e0121002) and then improved by exchanges. Such a pairing makes anything look
alike to some degree; what it is worth shows only beside surrogates that were paired the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyses.population.form import of_conditions, sampling_interval
from analyses.population.rsa import dissimilarity
from neurosim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

PAIRINGS = ("names", "order", "best")


def common_lattice(a: xr.DataArray, b: xr.DataArray, owner: str) -> tuple[float, float]:
    """A time and the interval of the lattice on which two recordings are sampled, in ms.

    Raises
    ------
    InputError
        Times that are not evenly spaced.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> fine, coarse = (labelled(np.ones((1, 5, 1)), step * np.arange(5)) for step in (2, 10))
    >>> common_lattice(fine, coarse, "example")
    (0.0, 10.0)
    """
    intervals = [sampling_interval(each, owner) for each in (a, b)]
    coarser = a if intervals[0] > intervals[1] * (1 + 1e-6) else b
    return float(coarser["time"].values[0]), max(intervals)


def resampled(rates: xr.DataArray, start: float, dt: float, owner: str) -> xr.DataArray:
    """Rates at the times start + k dt whose intervals they fill.

    Parameters
    ----------
    rates
        In the form of :mod:`analyses.population.form`, by condition or by trial.
    start, dt
        A time and the interval of the lattice, in ms; dt not below the recording's own.
    owner
        Who asks, for the message.

    Raises
    ------
    InputError
        Times that are not evenly spaced, or no interval that is filled.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rates = labelled(np.arange(9.0)[np.newaxis, :, np.newaxis], 5 * np.arange(9))
    >>> found = resampled(rates, 0.0, 10.0, "example")
    >>> found["time"].values, found.values.ravel()
    (array([10., 20., 30.]), array([2., 4., 6.]))
    """
    import xarray as xr

    own = sampling_interval(rates, owner)
    old = rates["time"].to_numpy().astype(float)
    first, last = old[0] - own / 2 + dt / 2, old[-1] + own / 2 - dt / 2
    steps = np.arange(
        np.ceil((first - start) / dt - 1e-6), np.floor((last - start) / dt + 1e-6) + 1
    )
    if not steps.size:
        raise InputError(
            f"{owner}: no interval of {dt:g} ms lies within the times, {old[0]:g} to {old[-1]:g} ms"
        )
    new = start + steps * dt
    # the share of each new interval that lies within each old one, (new, old)
    ends = np.minimum(new[:, np.newaxis] + dt / 2, old + own / 2)
    overlap = ends - np.maximum(new[:, np.newaxis] - dt / 2, old - own / 2)
    weights = np.where(overlap > 1e-6 * own, overlap, 0)
    weights /= weights.sum(axis=1, keepdims=True)
    kept = {
        str(name): each
        for name, each in rates.coords.items()
        if each.dims in ((rates.dims[0],), ("unit",))
    }
    # in the type of the rates, as trials may be many
    values = weights.astype(rates.dtype) @ rates.values
    coords = kept | {"time": ("time", new, {"units": "ms"})}
    return xr.DataArray(values, dims=rates.dims, coords=coords, attrs=rates.attrs)


def common_names(a: xr.DataArray, b: xr.DataArray) -> list[str]:
    """Conditions that both name, in the order of the first; numbers count as no names.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> x = np.ones((2, 1, 1))
    >>> common_names(labelled(x, [0], condition=["left", "up"]),
    ...              labelled(x, [0], condition=["up", "down"]))
    ['up']
    >>> common_names(labelled(x, [0]), labelled(x, [0]))
    []
    """
    one, other = (list(dict.fromkeys(each["condition"].values.tolist())) for each in (a, b))
    return [name for name in one if isinstance(name, str) and name in other]


def best_pairing(a: xr.DataArray, b: xr.DataArray, rng: np.random.Generator) -> NDArray[np.intp]:
    """Which condition of b goes with each condition of a, (conditions,), by dissimilarities.

    Parameters
    ----------
    a, b
        (condition, time, unit), as many conditions of both, at least three.
    rng
        Of the exchanges that improve the pairing.

    Raises
    ------
    InputError
        As :func:`analyses.population.rsa.dissimilarity`; other numbers of conditions.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((6, 10, 5))
    >>> order = np.array([3, 0, 5, 1, 4, 2])
    >>> pairing = best_pairing(labelled(x[order], range(10)), labelled(x, range(10)), rng)
    >>> np.array_equal(pairing, order)
    True
    """
    from scipy.optimize import quadratic_assignment

    a, b = (of_conditions(each, "best_pairing", at_least=3) for each in (a, b))
    n = a.sizes["condition"]
    if b.sizes["condition"] != n:
        raise InputError(
            f"best_pairing: both need as many conditions, given {n} and {b.sizes['condition']}"
        )
    A, B = (_ranks(dissimilarity(each).values) for each in (a, b))
    found = quadratic_assignment(A, B, method="faq", options={"maximize": True, "rng": rng})
    found = quadratic_assignment(
        A, B, method="2opt",
        options={
            "maximize": True, "rng": rng,
            "partial_guess": np.column_stack([np.arange(n), found.col_ind]),
        },
    )  # fmt: skip
    pairing: NDArray[np.intp] = found.col_ind
    return pairing


def _ranks(D: NDArray[np.float64]) -> NDArray[np.float64]:
    """Dissimilarities in ranks about their mean, the diagonal 0."""
    from scipy.spatial.distance import squareform
    from scipy.stats import rankdata

    ranks = rankdata(squareform(D, checks=False))
    matrix: NDArray[np.float64] = squareform(ranks - ranks.mean())
    return matrix
