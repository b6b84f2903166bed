"""Intervals of what is measured: proportions in closed form, all else by the bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_integer, check_positive

Values = np.float64 | NDArray[np.float64]
"""A number, or an array of them."""


class Estimate(NamedTuple):
    """A value with the two ends of its interval, each a number or an array of the same shape."""

    value: Values
    low: Values
    high: Values


def proportion(successes: ArrayLike, n: ArrayLike, *, confidence_level: float = 0.95) -> Estimate:
    r"""Proportions with Wilson's score interval.

    The interval holds every p that a score test does not reject (Wilson 1927, J. Am. Stat. Assoc.
    22:209), and so stays within 0 and 1:

        p = (k + z^2 / 2 -+ z sqrt(k (n - k) / n + z^2 / 4)) / (n + z^2)

    It takes trials as independent: where people differ, :func:`bootstrap` over people is wider.

    Parameters
    ----------
    successes, n
        k of n, whole numbers of any shapes that broadcast.
    confidence_level
        Share of repetitions in which such an interval holds the true value.

    Raises
    ------
    InputError
        Counts that are not whole, no trials, or more successes than trials.

    Examples
    --------
    >>> value, low, high = proportion([9, 63], [10, 70])
    >>> value.round(3), low.round(3), high.round(3)
    (array([0.9, 0.9]), array([0.596, 0.808]), array([0.982, 0.951]))
    """
    from scipy.special import ndtri

    _check_confidence(confidence_level)
    k, n = np.broadcast_arrays(np.asarray(successes, float), np.asarray(n, float))
    if not (np.all(k % 1 == 0) and np.all(n % 1 == 0)):
        raise InputError("proportion: counts must be whole numbers")
    if np.any(n < 1) or np.any(k < 0) or np.any(k > n):
        at = np.flatnonzero((n < 1) | (k < 0) | (k > n))[0]
        raise InputError(
            "proportion: expected 0 <= successes <= n and n of at least 1, "
            f"given {k.flat[at]:.0f} of {n.flat[at]:.0f}"
        )
    z = ndtri((1 + confidence_level) / 2)
    half = z * np.sqrt(k * (n - k) / n + z**2 / 4)
    low, high = ((k + z**2 / 2 + side * half) / (n + z**2) for side in (-1, 1))
    # at k = 0 and k = n the ends are exactly 0 and 1
    return Estimate(k / n, np.where(k == 0, 0.0, low)[()], np.where(k == n, 1.0, high)[()])


def bootstrap(
    statistic: Callable[..., Any],
    *samples: ArrayLike,
    rng: np.random.Generator,
    over: ArrayLike | None = None,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
) -> Estimate:
    """A statistic with its percentile interval from samples drawn again.

    Rows (entries along the first axis) are drawn with replacement, the same rows of every sample,
    so that what belongs to one trial stays together (Efron & Tibshirani 1993, ch. 13). With
    ``over``, what is drawn are whole groups with all their rows: the spread between groups, people
    say, is then what the interval shows. Rows are not drawn once more within a group, which would
    count their spread twice (Davison & Hinkley 1997, section 3.8).

    Parameters
    ----------
    statistic
        Takes arrays like the samples, returns a number or an array of fixed shape. Infinity is
        allowed, and stands beyond all numbers.
    *samples
        Arrays of the same length.
    rng
        Source of the draws.
    over
        The group of each row; None where every row is a draw of its own.
    n_resamples
        Number of draws.
    confidence_level
        Share of the resampled statistics between the ends.

    Raises
    ------
    InputError
        Samples of different lengths, fewer than two rows or groups, or a statistic that is NaN.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> times = rng.exponential(100.0, 200)
    >>> median = bootstrap(np.median, times, rng=rng)
    >>> [float(part.round(1)) for part in median]
    [80.8, 68.2, 95.5]
    """
    _check_confidence(confidence_level)
    drawn = resample(statistic, *samples, rng=rng, over=over, n_resamples=n_resamples)
    value = np.asarray(statistic(*map(np.asarray, samples)), float)[()]
    missing = np.isnan(drawn).reshape(n_resamples, -1).any(axis=1).sum()
    if missing or np.isnan(value).any():
        raise InputError(
            f"bootstrap: the statistic is not a number in {missing} of {n_resamples} resamples"
        )
    return Estimate(value, *percentiles(drawn, confidence_level))


def resample(
    statistic: Callable[..., Any],
    *samples: ArrayLike,
    rng: np.random.Generator,
    over: ArrayLike | None = None,
    n_resamples: int = 2000,
) -> NDArray[np.float64]:
    """A statistic of each resample of :func:`bootstrap`, whose parameters these are.

    Returns
    -------
    array
        (n_resamples, ...), the shape of the statistic after the first axis.

    Raises
    ------
    InputError
        As there, but for statistics that are NaN.

    Examples
    --------
    >>> resample(np.mean, [4.0, 4.0], rng=np.random.default_rng(0), n_resamples=3)
    array([4., 4., 4.])
    """
    check_integer("bootstrap", "n_resamples", n_resamples, minimum=1)
    arrays = [np.asarray(sample) for sample in samples]
    n_rows = _same_length(*arrays, *(() if over is None else (np.asarray(over),)))
    groups = None if over is None else _rows_of_groups(over)
    n_draws = n_rows if groups is None else len(groups)
    if n_draws < 2:
        what = "rows" if groups is None else "groups"
        raise InputError(f"bootstrap: expected at least two {what} to draw from, given {n_draws}")
    drawn = []
    for _ in range(n_resamples):
        chosen = rng.integers(n_draws, size=n_draws)
        rows = chosen if groups is None else np.concatenate([groups[g] for g in chosen])
        drawn.append(statistic(*(array[rows] for array in arrays)))
    return np.asarray(drawn, float)


def percentiles(
    drawn: NDArray[np.float64], confidence_level: float = 0.95
) -> tuple[Values, Values]:
    """Both ends of the middle ``confidence_level`` of resampled statistics, along the first axis.

    The ends are values that were drawn, the outer ones where the limit falls between two, so that
    infinity needs no arithmetic.

    Examples
    --------
    >>> low, high = percentiles(np.arange(101.0), 0.9)
    >>> float(low), float(high)
    (5.0, 95.0)
    """
    ordered = np.sort(drawn, axis=0)
    below = round((1 - confidence_level) / 2 * (len(drawn) - 1), 9)  # 5, where rounding says 4.9..
    return ordered[int(below)], ordered[len(drawn) - 1 - int(below)]


def _check_confidence(level: float) -> None:
    check_positive("interval", "confidence_level", level)
    if level >= 1:
        raise InputError(f"interval: confidence_level must be below 1, given {level}")


def _same_length(*arrays: NDArray[Any]) -> int:
    if not arrays or any(array.ndim == 0 for array in arrays):
        raise InputError("bootstrap: expected samples with at least one axis")
    lengths = sorted({len(array) for array in arrays})
    if len(lengths) > 1:
        raise InputError(
            "bootstrap: samples and groups must have the same length, given "
            + " and ".join(map(str, lengths))
        )
    return lengths[0]


def _rows_of_groups(over: ArrayLike) -> list[NDArray[np.intp]]:
    groups = np.unique(np.asarray(over), return_inverse=True)[1]
    return np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
