r"""The measures by which populations are compared, of one of them and of two.

*Of one*: participation ratio (Gao & Ganguli 2015), R2 of the two fits of jPCA and the frequency of
its first plane (Churchland et al. 2012), and tangling, the 90th percentile over states (Russo et
al. 2018).

*Of two*: canonical correlation and decoding in held-out conditions, Procrustes, CKA and RSA. All
are of soft-normalised rates less their mean over conditions, so that a time course which all
conditions share does not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyses.population.cca import canonical_correlation
from analyses.population.cka import cka
from analyses.population.decoding import decoded_share
from analyses.population.dimensionality import participation_ratio
from analyses.population.form import in_window, of_conditions
from analyses.population.jpca import jpca
from analyses.population.preprocessing import soft_normalised, without_condition_mean
from analyses.population.procrustes import procrustes
from analyses.population.rsa import rsa
from analyses.population.tangling import tangling

if TYPE_CHECKING:
    import xarray as xr

FOLDS = 5
"""Of measures in held-out conditions, where there are as many conditions."""

TANGLED = 0.9
"""Quantile of tangling over states, as published."""


class Measure(NamedTuple):
    """What is measured, in what unit, and between which values it lies."""

    name: str
    unit: str
    low: float
    high: float


OF_ONE = (
    Measure("participation ratio", "1", 1.0, np.inf),
    Measure("jPCA R2", "1", -np.inf, 1.0),
    Measure("jPCA R2, rotation", "1", -np.inf, 1.0),
    Measure("rotation frequency", "Hz", 0.0, np.inf),
    Measure("tangling", "1/s^2", 0.0, np.inf),
)
OF_BOTH = (
    Measure("canonical correlation", "1", -1.0, 1.0),
    Measure("Procrustes", "1", 0.0, 1.0),
    Measure("CKA", "1", 0.0, 1.0),
    Measure("RSA", "1", -1.0, 1.0),
    Measure("decoding", "1", -np.inf, 1.0),
)


def own_measures(
    rates: xr.DataArray, window: tuple[float, float] | None = None, n_components: int = 6
) -> NDArray[np.float64]:
    """The measures of one population, in the order of :data:`OF_ONE`.

    Parameters
    ----------
    rates
        (condition, time, unit), not yet normalised; trials are averaged.
    window
        First and last time, in ms; None for all. Ranges are taken over all times.
    n_components
        Of jPCA.

    Raises
    ------
    InputError
        As :func:`analyses.population.jpca.jpca` and :func:`analyses.population.tangling.tangling`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> x = np.random.default_rng(0).standard_normal((8, 20, 12)).cumsum(axis=1)
    >>> own_measures(labelled(x, 10 * np.arange(20), units="1")).shape
    (5,)
    """
    rates = of_conditions(rates, "own_measures")
    found = jpca(rates, window=window, n_components=n_components)
    Q = tangling(rates, window=window, n_components=min(8, rates.sizes["unit"]))
    return np.array(
        [
            participation_ratio(in_window(soft_normalised(rates), window, "own_measures")),
            found["r2"],
            found["r2_skew"],
            found["frequency"].values[0],
            np.quantile(Q, TANGLED),
        ]
    )


def similarities(
    a: xr.DataArray, b: xr.DataArray, window: tuple[float, float] | None = None
) -> NDArray[np.float64]:
    """The measures of two populations, in the order of :data:`OF_BOTH`.

    Parameters
    ----------
    a, b
        (condition, time, unit), not yet normalised; of the same conditions, and the same times
        within the window. ``b`` is decoded from ``a``. Canonical correlations are of the first 6
        principal components and decoding of the first 10, but of at most a third of the units: of
        units drawn with replacement, hardly less than half are different.
    window
        First and last time, in ms; None for all. Ranges are taken over all times.

    Raises
    ------
    InputError
        As the measures.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> x = np.random.default_rng(0).standard_normal((8, 20, 12)).cumsum(axis=1)
    >>> rates = labelled(x, 10 * np.arange(20), units="1")
    >>> similarities(rates, rates).round(3)[1:4]
    array([1., 1., 1.])
    """
    return alike(prepared(a, window), prepared(b, window))


def prepared(rates: xr.DataArray, window: tuple[float, float] | None) -> xr.DataArray:
    """Rates as measures of two take them: normalised, in the window, less their condition mean."""
    return without_condition_mean(in_window(soft_normalised(rates), window, "similarities"))


def alike(a: xr.DataArray, b: xr.DataArray) -> NDArray[np.float64]:
    """The measures of two populations that are prepared already; see :func:`similarities`."""
    folds = min(FOLDS, a.sizes["condition"])
    most = max(min(each.sizes["unit"] for each in (a, b)) // 3, 1)
    return np.array(
        [
            canonical_correlation(a, b, n_components=min(6, most), folds=folds),
            procrustes(a, b),
            cka(a, b),
            rsa(a, b),
            decoded_share(a, b, n_components=min(10, most), folds=folds),
        ]
    )
