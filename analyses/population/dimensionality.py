r"""How many dimensions a population uses: principal components and the participation ratio.

With the eigenvalues lambda_i of the covariance of units, over all conditions and times,

    share of variance of component i = lambda_i / sum lambda
    participation ratio              = (sum lambda)^2 / sum lambda^2

(Gao & Ganguli 2015, Curr. Opin. Neurobiol. 32:148): 1 where one component holds all variance, the
number of units where all hold the same. Both depend on the number of units, so populations are
compared at the same number. Noise that is left in the rates adds dimensions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.intervals import Estimate
from analyses.population.form import of_conditions
from neurosim.errors import InputError, check_integer

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def pca(rates: xr.DataArray, n_components: int | None = None) -> xr.Dataset:
    """Principal components of a population.

    Parameters
    ----------
    rates
        (condition, time, unit); trials are averaged. Normalise first what is to be normalised; see
        :mod:`analyses.population.preprocessing`.
    n_components
        Number of components; None for all.

    Returns
    -------
    xarray.Dataset
        ``score`` (condition, time, component), in the units of the rates; ``loading`` (component,
        unit), of length 1; ``variance_explained`` (component), as shares; ``mean`` (unit).

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_conditions`; more components than the units or the
        samples allow; rates that do not vary.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rates = labelled(np.random.default_rng(0).standard_normal((4, 10, 6)), np.arange(10))
    >>> found = pca(rates, n_components=2)
    >>> dict(found.score.sizes)
    {'condition': 4, 'time': 10, 'component': 2}
    >>> found.variance_explained.values.round(2)
    array([0.29, 0.22])
    """
    import xarray as xr

    rates = of_conditions(rates, "pca")
    x = rates.values
    if n_components is not None:
        check_integer("pca", "n_components", n_components, minimum=1)
        highest = min(x.shape[2], x.shape[0] * x.shape[1] - 1)
        if n_components > highest:
            raise InputError(
                f"pca: expected at most {highest} components ({x.shape[2]} units, "
                f"{x.shape[0] * x.shape[1]} samples), given {n_components}"
            )
    score, loading, variance = principal_components(x, n_components or x.shape[2])
    return xr.Dataset(
        {
            "score": (("condition", "time", "component"), score, dict(rates.attrs)),
            "loading": (("component", "unit"), loading),
            "variance_explained": ("component", variance[: len(loading)] / variance.sum()),
            "mean": ("unit", x.mean(axis=(0, 1)), dict(rates.attrs)),
        },
        coords={
            "condition": rates["condition"],
            "time": rates["time"],
            "unit": rates["unit"],
            "component": np.arange(1, len(loading) + 1),
        },
    )


def participation_ratio(rates: xr.DataArray) -> float:
    """Effective number of dimensions.

    Parameters
    ----------
    rates
        (condition, time, unit); trials are averaged.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_conditions`; rates that do not vary.

    Examples
    --------
    Two units that have nothing in common, the same variance, and a third that copies one of them:

    >>> from analyses.population.form import labelled
    >>> x, y = [1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0]
    >>> participation_ratio(labelled([np.transpose([x, y])], np.arange(4)))
    2.0
    >>> round(participation_ratio(labelled([np.transpose([x, y, y])], np.arange(4))), 3)
    1.8
    """
    variance = _variances(of_conditions(rates, "participation_ratio").values)
    return float(variance.sum() ** 2 / (variance**2).sum())


def cumulative_variance(rates: xr.DataArray, n_components: int = 10) -> NDArray[np.float64]:
    """Share of variance that the first component holds, the first two, and so on.

    Parameters
    ----------
    rates
        (condition, time, unit); trials are averaged.
    n_components
        Number of components; where there are fewer, the rest hold nothing more.

    Returns
    -------
    array
        (n_components,)

    Raises
    ------
    InputError
        As :func:`participation_ratio`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> cumulative_variance(labelled([[[2.0, 1], [-2, 1], [2, -1], [-2, -1]]], range(4)), 3)
    array([0.8, 1. , 1. ])
    """
    check_integer("cumulative_variance", "n_components", n_components, minimum=1)
    variance = _variances(of_conditions(rates, "cumulative_variance").values)
    held = np.cumsum(variance) / variance.sum()
    return np.pad(held, (0, n_components), mode="edge")[:n_components]


def components_for(rates: xr.DataArray, share: float) -> int:
    """Number of components that together hold a share of the variance.

    Raises
    ------
    InputError
        As :func:`participation_ratio`; a share that is not above 0 and at most 1.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rates = labelled([[[1.0, 3.0], [-1.0, 3.0], [1.0, -3.0], [-1.0, -3.0]]], range(4))
    >>> components_for(rates, 0.8), components_for(rates, 0.95)
    (1, 2)
    """
    if not 0 < share <= 1:
        raise InputError(f"components_for: share must be above 0 and at most 1, given {share}")
    variance = _variances(of_conditions(rates, "components_for").values)
    held = np.cumsum(variance) / variance.sum()
    return int(np.searchsorted(held, share - 1e-12)) + 1


def plot_variance(ax: Axes, found: Estimate, **style: Any) -> None:
    """Draw the variance that the first components hold together, with a band for its interval.

    Parameters
    ----------
    ax
        Axes to draw on.
    found
        Of :func:`cumulative_variance`, from :func:`analyses.population.bounds.interval`.
    **style
        For the line.
    """
    value, low, high = (np.atleast_1d(part) for part in found)
    components = np.arange(1, len(value) + 1)
    (line,) = ax.plot(components, value, **style)
    ax.fill_between(components, low, high, color=line.get_color(), alpha=0.2, lw=0)
    ax.set(xlabel="components", ylabel="share of variance", ylim=(0, 1.02))


def principal_components(
    x: NDArray[np.float64], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Scores (..., condition, time, n), loadings (..., n, unit) and all variances, largest first.

    The largest loading of each component is positive, so that the same rates give the same signs.
    """
    flat = _centred(x)
    _, s, loading = np.linalg.svd(flat, full_matrices=False)
    loading = loading[..., :n, :]
    at = np.abs(loading).argmax(axis=-1, keepdims=True)
    loading = loading * np.sign(np.take_along_axis(loading, at, axis=-1))
    score = flat @ np.swapaxes(loading, -1, -2)
    return score.reshape(*x.shape[:-1], loading.shape[-2]), loading, s**2


def _variances(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.square(np.linalg.svd(_centred(x), compute_uv=False), dtype=float)


def _centred(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples less their mean, (..., condition and time, unit)."""
    flat = x.reshape(*x.shape[:-3], -1, x.shape[-1])
    rounding = 1e-12 * np.abs(flat).max(axis=(-2, -1))
    if not (np.ptp(flat, axis=-2).max(axis=-1) > rounding).all():
        raise InputError("principal components: the rates do not vary")
    return flat - flat.mean(axis=-2, keepdims=True)
