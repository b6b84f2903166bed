r"""Canonical correlations of two populations, in conditions that the fit has not seen.

Canonical correlation analysis finds directions a_i, b_i in the two populations along which they
vary together most (Hotelling 1936; for populations Sussillo et al. 2015, Nat. Neurosci. 18:1025).
With many units it finds such directions in anything. Here each population is reduced to its first
principal components, in which, with scores U S V^T, the canonical directions are the singular
vectors of U_a^T U_b; and the correlations are of conditions that were left out of components,
directions and means alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.population.form import held_out, of_pair
from neurosim.errors import InputError, check_integer

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def cca(
    a: xr.DataArray,
    b: xr.DataArray,
    *,
    n_components: int = 6,
    folds: int = 5,
    remove_condition_mean: bool = True,
) -> xr.Dataset:
    """Held-out canonical correlations.

    Parameters
    ----------
    a, b
        (condition, time, unit) of the same conditions and times; trials are averaged.
    n_components
        Principal components of each population.
    folds
        Of the cross-validation over conditions.
    remove_condition_mean
        Take off the mean over conditions at each time, so that a time course which all conditions
        share does not count. It is that of the conditions fitted to: one of all conditions would
        tell what was left out.

    Returns
    -------
    xarray.Dataset
        ``correlation`` (component), of all held-out samples about the mean of those fitted to;
        ``a`` and ``b`` (condition, time, component), the held-out variates.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_pair`; fewer conditions than folds; more components
        than the units or samples allow.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rng = np.random.default_rng(0)
    >>> shared = rng.standard_normal((10, 30, 2))
    >>> a, b = (labelled(shared @ rng.standard_normal((2, 20)), np.arange(30)) for _ in range(2))
    >>> cca(a, b, n_components=2).correlation.values.round(3)
    array([1., 1.])
    """
    import xarray as xr

    a, b = of_pair(a, b, "cca", at_least=2)
    check_integer("cca", "n_components", n_components, minimum=1)
    n_conditions, n_times = a.shape[:2]
    variates = np.empty((2, n_conditions, n_times, n_components))
    for test in held_out(n_conditions, folds, "cca"):
        centred = [centre(each.values, test, remove_condition_mean) for each in (a, b)]
        bases = [basis(x[~test], n_components, "cca") for x in centred]
        left, _, right = np.linalg.svd(bases[0][0].T @ bases[1][0])
        for k, rotation in enumerate((left, right.T)):
            variates[k, test] = centred[k][test] @ (bases[k][1] @ rotation)
    products = (variates[0] * variates[1]).sum(axis=(0, 1))
    lengths = np.sqrt((variates**2).sum(axis=(1, 2)).prod(axis=0))
    dims = ("condition", "time", "component")
    return xr.Dataset(
        {
            "correlation": ("component", products / lengths),
            "a": (dims, variates[0]),
            "b": (dims, variates[1]),
        },
        coords={
            "condition": a["condition"],
            "time": a["time"],
            "component": np.arange(1, n_components + 1),
        },
    )


def canonical_correlation(
    a: xr.DataArray, b: xr.DataArray, *, n_components: int = 6, folds: int = 5
) -> float:
    """Mean of the held-out canonical correlations: one number for two populations.

    Parameters
    ----------
    a, b, n_components, folds
        As for :func:`cca`.

    Raises
    ------
    InputError
        As :func:`cca`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rng = np.random.default_rng(0)
    >>> a, b = (labelled(rng.standard_normal((10, 50, 20)), np.arange(50)) for _ in range(2))
    >>> abs(canonical_correlation(a, b)) < 0.1
    True
    """
    return float(cca(a, b, n_components=n_components, folds=folds)["correlation"].mean())


def plot_correlations(ax: Axes, found: xr.Dataset, **style: Any) -> None:
    """Draw the held-out correlation of each pair of directions.

    Parameters
    ----------
    ax
        Axes to draw on.
    found
        From :func:`cca`.
    **style
        For the line.
    """
    look: dict[str, Any] = {"marker": "o", "ms": 3} | style
    ax.plot(found["component"], found["correlation"], **look)
    ax.axhline(0, color="0.7", lw=0.6)
    ax.set(xlabel="canonical direction", ylabel="correlation, held out", ylim=(None, 1))


def centre(
    x: NDArray[np.float64], test: NDArray[np.bool_], remove_condition_mean: bool
) -> NDArray[np.float64]:
    """All conditions less a mean of those that are not held out."""
    return x - x[~test].mean(axis=0 if remove_condition_mean else (0, 1))


def basis(
    x: NDArray[np.float64], n: int, owner: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Orthonormal scores (sample, n) of centred rates, and what takes rates there, (unit, n).

    Raises
    ------
    InputError
        Fewer dimensions than n.
    """
    flat = x.reshape(-1, x.shape[2])
    U, s, V_t = np.linalg.svd(flat, full_matrices=False)
    rank = int((s > 1e-9 * s[0]).sum()) if s[0] > 0 else 0
    if n > rank:
        raise InputError(
            f"{owner}: expected at most {rank} components, the dimensions of the conditions fitted "
            f"to, given {n}"
        )
    return U[:, :n], V_t[:n].T / s[:n]
