r"""Linear centred kernel alignment of two populations.

Kornblith et al. 2019 (ICML 97:3519). For centred populations A and B (samples by units)

    CKA = |A^T B|^2 / (|A^T A| |B^T B|),

1 for populations equal up to rotation and scale. With few samples for the number of units it is
above 0 for populations that have nothing in common. The unbiased variant replaces each inner
product of the matrices K = A A^T and L = B B^T by the estimator of Song et al. 2012 (J. Mach.
Learn. Res. 13:1393, eq. 5), in which K and L have no diagonal:

    HSIC_1 = [tr(K L) + 1'K1 1'L1 / ((n - 1)(n - 2)) - 2/(n - 2) 1'K L 1] / (n (n - 3)).

It takes samples as independent; the times of one condition are not, and so some bias stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyses.population.form import of_pair
from neurosim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


def cka(a: xr.DataArray, b: xr.DataArray, *, unbiased: bool = False) -> float:
    """Alignment of two populations, from 0 to 1; below 0 by chance where it is unbiased.

    Parameters
    ----------
    a, b
        (condition, time, unit) of the same conditions and times; trials are averaged. Their numbers
        of units may differ. What is common to all conditions counts; see
        :func:`analyses.population.preprocessing.without_condition_mean`.
    unbiased
        Estimate without the bias of few samples; needs at least 4.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_pair`; rates that do not vary; too few samples.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rng = np.random.default_rng(0)
    >>> a, b = (labelled(rng.standard_normal((2, 20, 50)), np.arange(20)) for _ in range(2))
    >>> round(cka(a, b), 2), round(cka(a, b, unbiased=True), 2)
    (0.55, -0.03)
    """
    a, b = of_pair(a, b, "cka")
    A, B = (each.values.reshape(-1, each.shape[2]) for each in (a, b))
    A, B = A - A.mean(axis=0), B - B.mean(axis=0)
    if unbiased and len(A) < 4:
        raise InputError(f"cka: unbiased needs at least 4 samples, given {len(A)}")
    inner = _hsic if unbiased else _product
    own = inner(A, A), inner(B, B)
    if min(own) <= 0:
        which = "first" if own[0] <= 0 else "second"
        raise InputError(f"cka: the rates of the {which} population hold no structure to compare")
    return float(inner(A, B) / np.sqrt(own[0] * own[1]))


def _product(A: NDArray[np.float64], B: NDArray[np.float64]) -> float:
    """|A^T B|^2."""
    return float(np.square(A.T @ B).sum())


def _hsic(A: NDArray[np.float64], B: NDArray[np.float64]) -> float:
    """HSIC_1 above, from the units, of which there are mostly fewer than samples."""
    n = len(A)
    diagonal_K, diagonal_L = (np.square(X).sum(axis=1) for X in (A, B))
    # the rows of A and B add up to 0, and so those of K and L with their diagonals
    K1, L1 = -diagonal_K, -diagonal_L
    trace = _product(A, B) - diagonal_K @ diagonal_L
    sums = K1.sum() * L1.sum() / ((n - 1) * (n - 2))
    return float((trace + sums - 2 / (n - 2) * (K1 @ L1)) / (n * (n - 3)))
