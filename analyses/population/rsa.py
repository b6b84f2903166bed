r"""Representational similarity: whether two populations find the same conditions alike.

Kriegeskorte et al. 2008 (Front. Syst. Neurosci. 2:4). Each population has a matrix of
dissimilarities between conditions, over all its times and units; two populations are compared by
Spearman's correlation of what is above the diagonals. The noise ceiling (Nili et al. 2014, PLoS
Comput. Biol. 10:e1003553) is the mean correlation of each recording with the mean of all (upper, as
it is part of that mean), and with the mean of all others (lower), in ranks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyses.population.form import of_conditions, of_pair
from neurosim.errors import InputError, check_choice

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

METRICS = ("euclidean", "correlation")


class NoiseCeiling(NamedTuple):
    """Between these lies the best that any model can reach on average."""

    lower: float
    upper: float


def dissimilarity(rates: xr.DataArray, metric: str = "euclidean") -> xr.DataArray:
    """How different each two conditions are.

    Parameters
    ----------
    rates
        (condition, time, unit); trials are averaged.
    metric
        ``euclidean``, in the units of the rates, or ``correlation``, 1 - r over times and units.

    Returns
    -------
    xarray.DataArray
        (condition, other), symmetric.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_conditions`; fewer than three conditions, another
        metric, or a condition of which no correlation can be told.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> dissimilarity(labelled([[[0.0]], [[1.0]], [[4.0]]], [0])).values
    array([[0., 1., 4.],
           [1., 0., 3.],
           [4., 3., 0.]])
    """
    import xarray as xr
    from scipy.spatial.distance import squareform

    rates = of_conditions(rates, "rsa", at_least=3)
    return xr.DataArray(
        squareform(_pairs(rates, metric)),
        dims=("condition", "other"),
        coords={"condition": rates["condition"], "other": rates["condition"].values},
        attrs={"metric": metric},
    )


def rsa(a: xr.DataArray, *others: xr.DataArray, metric: str = "euclidean") -> float:
    """Spearman's correlation of dissimilarities, the mean over the other populations.

    Parameters
    ----------
    a
        (condition, time, unit); trials are averaged.
    *others
        One population or more, of the same conditions and times.
    metric
        See :func:`dissimilarity`.

    Raises
    ------
    InputError
        As :func:`dissimilarity` and :func:`analyses.population.form.of_pair`; conditions that are
        all equally different.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> x = np.random.default_rng(0).standard_normal((6, 10, 5))
    >>> round(rsa(labelled(x, np.arange(10)), labelled(2 * x, np.arange(10))), 6)
    1.0
    """
    if not others:
        raise InputError("rsa: expected at least two populations, given 1")
    own = _ranks(of_conditions(a, "rsa", at_least=3), metric)
    return float(np.mean([own @ _ranks(of_pair(a, each, "rsa")[1], metric) for each in others]))


def noise_ceiling(*recordings: xr.DataArray, metric: str = "euclidean") -> NoiseCeiling:
    """What :func:`rsa` with these recordings can reach at best.

    Parameters
    ----------
    *recordings
        Animals, sessions, or parts of one session (:func:`analyses.population.bounds.split`), of
        the same conditions and times; at least two.
    metric
        See :func:`dissimilarity`.

    Raises
    ------
    InputError
        As :func:`rsa`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rng = np.random.default_rng(0)
    >>> signal = 2 * rng.standard_normal((6, 10, 5))
    >>> some = [
    ...     labelled(signal + rng.standard_normal(signal.shape), np.arange(10)) for _ in range(4)
    ... ]
    >>> [round(bound, 2) for bound in noise_ceiling(*some)]
    [0.69, 0.83]
    """
    if len(recordings) < 2:
        raise InputError(
            f"noise_ceiling: expected at least two recordings, given {len(recordings)}"
        )
    checked = [of_pair(recordings[0], each, "noise_ceiling", at_least=3)[1] for each in recordings]
    ranks = np.array([_ranks(each, metric) for each in checked])
    total = ranks.sum(axis=0)
    upper = [r @ _unit(total) for r in ranks]
    lower = [r @ _unit(total - r) for r in ranks]
    return NoiseCeiling(float(np.mean(lower)), float(np.mean(upper)))


def plot_dissimilarity(ax: Axes, found: xr.DataArray, **style: Any) -> None:
    """Draw the dissimilarity of each two conditions as an image.

    Parameters
    ----------
    ax
        Axes to draw on.
    found
        From :func:`dissimilarity`.
    **style
        For the image.
    """
    look: dict[str, Any] = {"cmap": "viridis"} | style
    ax.imshow(found, **look)
    ticks = np.arange(found.sizes["condition"])
    names = [str(name) for name in found["condition"].values]
    ax.set_xticks(ticks, names, rotation=90)
    ax.set_yticks(ticks, names)


def _pairs(rates: xr.DataArray, metric: str) -> NDArray[np.float64]:
    """Dissimilarity of each two conditions, (pairs,)."""
    from scipy.spatial.distance import pdist

    check_choice("rsa", "metric", metric, METRICS)
    x = rates.values.reshape(rates.shape[0], -1)
    if metric == "correlation" and not np.ptp(x, axis=1).all():
        name = rates["condition"].values[np.ptp(x, axis=1) == 0][0]
        raise InputError(f"rsa: condition {name} is the same at all times in all units")
    distances: NDArray[np.float64] = pdist(x, metric)
    return distances


def _ranks(rates: xr.DataArray, metric: str) -> NDArray[np.float64]:
    """Ranks of the pairs, centred and of length 1: their products are Spearman's correlations."""
    from scipy.stats import rankdata

    pairs = _pairs(rates, metric)
    if np.ptp(pairs) <= 1e-12 * np.abs(pairs).max():
        raise InputError("rsa: all conditions are equally different; there is nothing to compare")
    ranks = rankdata(pairs)
    return _unit(ranks - ranks.mean())


def _unit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = x / np.linalg.norm(x)
    return unit
