r"""The most random populations that keep a recording's means and covariances across dimensions.

Tensor maximum entropy, Elsayed & Cunningham 2017, Nat. Neurosci. 20:1310. A recording X is an array
of conditions, times and units. What is kept along each dimension is the mean of each entry, and the
covariance summed over the other two. With the rest R = X - means, for times

    S_T[t, t'] = sum over conditions and units of R[c, t, k] R[c, t', k].

Of all distributions with these expected covariances the one of the largest entropy is Gaussian. In
the eigenvectors of S_C, S_T and S_N its elements are independent, with variances

    v[i, j, k] = 1 / (a_i + b_j + c_k),

and a, b, c are such that v sums to the eigenvalues along each dimension. They minimise the convex
function (the dual of the problem)

    f(a, b, c) = sum a_i lambda_i + sum b_j mu_j + sum c_k nu_k - sum log(a_i + b_j + c_k),

which Newton's method does here: the published code minimises the squared difference of the
eigenvalues instead, which has the same minimum. Eigenvalues that are 0 leave their directions out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyses.population.form import of_conditions
from analyses.population.surrogates import DIMS
from neurosim.errors import InputError, check_choice, check_integer

if TYPE_CHECKING:
    import xarray as xr

RANK = 1e-10
"""Eigenvalues below this share of the largest one count as 0."""


class MaximumEntropy:
    """Surrogates with a recording's means and covariances, and nothing else of it.

    Parameters
    ----------
    rates
        (condition, time, unit); trials are averaged.
    keep
        Dimensions whose means and covariances are kept.

    Attributes
    ----------
    rates
        As given, averaged.
    mean
        (condition, time, unit), the means that are kept.
    eigenvalues, eigenvectors
        Of the covariance along each dimension, (rank,) and (length, rank); for a dimension that is
        not kept, one share of the variance for each entry, and the identity.
    variances
        v above, (rank, rank, rank).

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_conditions`; no or unknown dimensions; rates of which
        the means leave nothing.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> x = np.random.default_rng(0).standard_normal((4, 12, 5)).cumsum(axis=1)
    >>> surrogates = MaximumEntropy(labelled(x, np.arange(12)))
    >>> surrogates.draw(np.random.default_rng(1), 3).shape
    (3, 4, 12, 5)
    >>> np.allclose(surrogates.variances.sum(axis=(0, 2)), surrogates.eigenvalues[1])
    True
    """

    def __init__(self, rates: xr.DataArray, keep: Sequence[str] = DIMS) -> None:
        if not keep:
            raise InputError("MaximumEntropy: keep must name at least one dimension, given none")
        for dim in keep:
            check_choice(self, "keep", dim, DIMS)
        self.rates = of_conditions(rates, "MaximumEntropy")
        x = self.rates.values
        kept = [dim in keep for dim in DIMS]
        self.mean = _means(x, kept)
        rest = x - self.mean
        if np.square(rest).sum() <= RANK**2 * np.square(x).sum():
            raise InputError("MaximumEntropy: the rates hold nothing beside their means")
        pairs = [_spectrum(rest, axis) if kept[axis] else _flat(rest, axis) for axis in range(3)]
        self.eigenvalues = [values for values, _ in pairs]
        self.eigenvectors = [vectors for _, vectors in pairs]
        self.variances = _variances(self.eigenvalues)

    def draw(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Draw (n, condition, time, unit)."""
        check_integer(self, "n", n, minimum=1)
        drawn = rng.standard_normal((n, *self.variances.shape)) * np.sqrt(self.variances)
        of_conditions, of_times, of_units = self.eigenvectors
        drawn = of_times @ (drawn @ of_units.T)  # (n, rank of conditions, time, unit)
        drawn = of_conditions @ drawn.reshape(n, len(of_conditions.T), -1)
        return drawn.reshape(n, *self.mean.shape) + self.mean


def _means(x: NDArray[np.float64], kept: Sequence[bool]) -> NDArray[np.float64]:
    """Mean of each entry along the dimensions that are kept, as a sum over dimensions."""
    rest = x
    for axis in range(3):
        if kept[axis]:
            others = tuple(other for other in range(3) if other != axis)
            rest = rest - rest.mean(axis=others, keepdims=True)
    return x - rest


def _spectrum(
    rest: NDArray[np.float64], axis: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalues that are not 0 and their eigenvectors, of the covariance along one dimension."""
    flat = np.moveaxis(rest, axis, 0).reshape(rest.shape[axis], -1)
    values, vectors = np.linalg.eigh(flat @ flat.T)
    used = values > RANK * values[-1]
    return values[used], vectors[:, used]


def _flat(rest: NDArray[np.float64], axis: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same variance for each entry along a dimension that is not kept."""
    length = rest.shape[axis]
    return np.full(length, np.square(rest).sum() / length), np.eye(length)


def _variances(eigenvalues: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """1 / (a_i + b_j + c_k) that sums to the eigenvalues along each dimension.

    Newton's method, with a_i in units of 1 / lambda_i, as eigenvalues span many orders. A constant
    can be moved from one of a, b, c to another: the least-squares step leaves that alone.
    """
    total = eigenvalues[0].sum()
    sizes = [len(values) for values in eigenvalues]
    ends = np.cumsum(sizes)[:-1]
    target = np.concatenate([values / values.sum() * total for values in eigenvalues])
    n = np.prod(sizes)
    scale = 1 / target
    # the three are alike at the start, each its dimension's answer were it alone, over 3
    x = np.concatenate([np.full(size, n / size / 3) for size in sizes])

    def precision(x: NDArray[np.float64]) -> NDArray[np.float64]:
        a, b, c = np.split(scale * x, ends)
        return a[:, np.newaxis, np.newaxis] + b[:, np.newaxis] + c

    def objective(x: NDArray[np.float64]) -> float:
        p = precision(x)
        return float(x.sum() - np.log(p).sum()) if p.min() > 0 else np.inf

    for _ in range(200):
        v = 1 / precision(x)
        sums = np.concatenate([v.sum(axis=others) for others in ((1, 2), (0, 2), (0, 1))])
        gradient = 1 - scale * sums
        if np.abs(gradient).max() < 1e-9:
            return v
        step = -np.linalg.lstsq(_hessian(v) * np.outer(scale, scale), gradient, rcond=1e-13)[0]
        length, decrease = 1.0, gradient @ step
        f = objective(x)
        # close to the minimum f changes by less than its rounding
        slack = 1e-13 * (abs(f) + n)
        while objective(x + length * step) > f + 1e-4 * length * decrease + slack:
            length /= 2
        x = x + length * step
    raise InputError(
        "MaximumEntropy: no distribution was found that keeps the covariances, the largest "
        f"relative difference is {np.abs(gradient).max():.2g}"
    )


def _hessian(v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Second derivatives of f, (a, b, c) by (a, b, c)."""
    w = v**2
    ab, ac, bc = w.sum(axis=2), w.sum(axis=1), w.sum(axis=0)
    return np.block(
        [
            [np.diag(ab.sum(axis=1)), ab, ac],
            [ab.T, np.diag(ab.sum(axis=0)), bc],
            [ac.T, bc.T, np.diag(ac.sum(axis=0))],
        ]
    )
