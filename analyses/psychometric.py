r"""How accuracy rises with visibility or time: a psychometric function and its fit.

    psi(x) = gamma + (1 - gamma - lambda) (1 - exp(-(x / alpha)^beta))

gamma is the accuracy of guessing (1 / number of categories), lambda what is missing of 1 at the
highest x, alpha the threshold, at which 1 - 1/e = 63 % of the rise is done, beta the slope
(Weibull's function: Wichmann & Hill 2001, Percept. Psychophys. 63:1293, equation 1). x starts at 0:
visibility in percent, or stimulus onset asynchrony in ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyses.intervals import Estimate, bootstrap
from neurosim.errors import InputError, check_between, check_positive

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SLOPES = (0.1, 10.0)
"""Limits of beta in a fit; steeper than that is a step between two of the trials' x."""


@dataclass(frozen=True)
class Psychometric:
    """A psychometric function.

    Parameters
    ----------
    chance_level
        gamma, accuracy of guessing.
    threshold
        alpha, in units of x.
    slope
        beta.
    lapse_rate
        lambda, at most 1 - gamma. Where x is visibility it also holds what remains unseen at the
        highest visibility, so it is not bound to the few percent of true lapses.

    Examples
    --------
    >>> seen = Psychometric(chance_level=0.2, threshold=10.0, slope=1.0, lapse_rate=0.2)
    >>> seen.predict([0, 10, 1000]).round(3)
    array([0.2  , 0.579, 0.8  ])
    """

    chance_level: float
    threshold: float
    slope: float
    lapse_rate: float

    def __post_init__(self) -> None:
        check_between(self, "chance_level", self.chance_level, 0, 1)
        check_positive(self, "threshold", self.threshold)
        check_positive(self, "slope", self.slope)
        check_between(self, "lapse_rate", self.lapse_rate, 0, 1 - self.chance_level)

    def predict(self, x: ArrayLike) -> NDArray[np.float64]:
        """Accuracy at each x of any shape."""
        rise = -np.expm1(-((np.asarray(x, float) / self.threshold) ** self.slope))
        return self.chance_level + (1 - self.chance_level - self.lapse_rate) * rise


def fit_psychometric(x: ArrayLike, correct: ArrayLike, *, chance_level: float) -> Psychometric:
    """The function under which trials are most likely.

    The binomial likelihood can have several summits. It is climbed (L-BFGS-B, with its derivatives)
    from the best points of a grid, one for each of several slopes. The threshold is sought between
    a tenth of the smallest and ten times the largest x, the slope within :data:`SLOPES`: a fitted
    value on such a limit says that these trials do not determine it.

    Parameters
    ----------
    x
        Of each trial, at least 0.
    correct
        Whether it was right, 0 or 1.
    chance_level
        gamma, which is not fitted.

    Raises
    ------
    InputError
        Fewer than three different x, negative or missing ones, or answers other than 0 and 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(0, 40, 4000)
    >>> true = Psychometric(chance_level=0.2, threshold=10.0, slope=1.5, lapse_rate=0.1)
    >>> fit = fit_psychometric(x, rng.random(4000) < true.predict(x), chance_level=0.2)
    >>> round(fit.threshold, 1), round(fit.slope, 1), round(fit.lapse_rate, 2)
    (10.1, 1.6, 0.1)
    """
    from scipy.optimize import minimize

    check_between("fit_psychometric", "chance_level", chance_level, 0, 1)
    levels, right, n = _counts(x, correct)
    smallest = levels[levels > 0][0]
    limits = (
        (np.log(smallest / 10), np.log(levels[-1] * 10)),
        (np.log(SLOPES[0]), np.log(SLOPES[1])),
        (0.0, 1 - chance_level),
    )
    arguments = (levels, right, n, chance_level)
    found = [
        minimize(_surprise, start, arguments, "L-BFGS-B", jac=True, bounds=limits)
        for start in _starts(*arguments)
    ]
    best = min(found, key=lambda one: one.fun).x
    return Psychometric(
        chance_level, float(np.exp(best[0])), float(np.exp(best[1])), float(best[2])
    )


def psychometric_intervals(
    x: ArrayLike,
    correct: ArrayLike,
    *,
    chance_level: float,
    rng: np.random.Generator,
    over: ArrayLike | None = None,
    n_resamples: int = 200,
) -> dict[str, Estimate]:
    """Threshold, slope and lapse rate of the fit with bootstrap intervals.

    Parameters
    ----------
    x, correct, chance_level
        As for :func:`fit_psychometric`.
    rng, over, n_resamples
        As for :func:`analyses.intervals.bootstrap`; give the people as ``over``.

    Raises
    ------
    InputError
        As for both.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = np.tile([25.0, 50.0, 100.0, 150.0], 200)
    >>> true = Psychometric(chance_level=0.2, threshold=60.0, slope=1.5, lapse_rate=0.1)
    >>> right = rng.random(800) < true.predict(x)
    >>> found = psychometric_intervals(x, right, chance_level=0.2, rng=rng, n_resamples=50)
    >>> bool(found["threshold"].low < 60 < found["threshold"].high)
    True
    """
    names = ("threshold", "slope", "lapse_rate")

    def fitted(some_x: NDArray[Any], some_correct: NDArray[Any]) -> NDArray[np.float64]:
        fit = fit_psychometric(some_x, some_correct, chance_level=chance_level)
        return np.array([getattr(fit, name) for name in names])

    found = bootstrap(fitted, x, correct, rng=rng, over=over, n_resamples=n_resamples)
    ends = np.array(found)
    return {name: Estimate(*ends[:, k]) for k, name in enumerate(names)}


def plot_psychometric(ax: Axes, fit: Psychometric, x: ArrayLike, **style: Any) -> None:
    """Draw a function over the range of ``x``; ``style`` goes to matplotlib's ``plot``."""
    fine = np.linspace(0, np.max(np.asarray(x, float)), 200)
    ax.plot(fine, fit.predict(fine), **style)


def _starts(
    x: NDArray[Any], right: NDArray[Any], n: NDArray[Any], gamma: float
) -> list[NDArray[np.float64]]:
    """Points to climb from: for each slope, the best threshold and lapse rate of a grid."""
    first = np.linspace(0, len(x), min(len(x), 60), endpoint=False).astype(int)
    total = np.add.reduceat(n, first)  # neighbouring x together: enough to see the summits
    middle, share = np.add.reduceat(x * n, first) / total, np.add.reduceat(right, first) / total
    alpha = np.geomspace(max(middle[middle > 0][0], x[-1] / 100), x[-1], 30)[:, None, None]
    lapse = ((1 - gamma) * np.array([0.02, 0.3, 0.5, 0.7, 0.9]))[:, None]
    starts = []
    for beta in (0.4, 0.8, 1.6, 3.2, 6.4):
        psi = gamma + (1 - gamma - lapse) * -np.expm1(-((middle / alpha) ** beta))
        psi = np.clip(psi, 1e-9, 1 - 1e-9)
        likelihood = (total * (share * np.log(psi) + (1 - share) * np.log1p(-psi))).sum(axis=2)
        i, j = np.unravel_index(likelihood.argmax(), likelihood.shape)
        starts.append(np.array([np.log(alpha[i, 0, 0]), np.log(beta), lapse[j, 0]]))
    return starts


def _surprise(
    point: NDArray[np.float64],
    x: NDArray[np.float64],
    right: NDArray[np.float64],
    n: NDArray[np.float64],
    gamma: float,
) -> tuple[float, NDArray[np.float64]]:
    """Minus the log likelihood a trial and its gradient by log alpha, log beta and lambda."""
    log_alpha, log_beta, lapse = point
    beta = np.exp(log_beta)
    with np.errstate(divide="ignore", over="ignore"):
        log_u = beta * (np.log(x) - log_alpha)  # u = (x / alpha)^beta
        u = np.exp(log_u)
    rise = -np.expm1(-u)
    psi = np.clip(gamma + (1 - gamma - lapse) * rise, 1e-9, 1 - 1e-9)
    total = n.sum()
    by_psi = (right / psi - (n - right) / (1 - psi)) / total
    steep = (1 - gamma - lapse) * np.exp(np.minimum(log_u, 700) - u)  # d psi / d log u
    gradient = (
        (by_psi * steep * -beta).sum(),
        (by_psi * steep * np.where(x > 0, log_u, 0.0)).sum(),
        (by_psi * -rise).sum(),
    )
    likelihood = (right * np.log(psi) + (n - right) * np.log1p(-psi)).sum() / total
    return -float(likelihood), -np.array(gradient)


def _counts(x: ArrayLike, correct: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Different x in order, with the right answers and the trials at each."""
    x, correct = np.asarray(x, float).ravel(), np.asarray(correct, float).ravel()
    if x.shape != correct.shape:
        raise InputError(
            f"fit_psychometric: x and correct must have the same length, given {x.size} and "
            f"{correct.size}"
        )
    if not np.all(np.isfinite(x) & (x >= 0)):
        raise InputError("fit_psychometric: x must be finite and at least 0")
    if not np.all((correct == 0) | (correct == 1)):
        raise InputError("fit_psychometric: correct must be 0 or 1 for each trial")
    levels, of_trial = np.unique(x, return_inverse=True)
    if len(levels) < 3:
        raise InputError(f"fit_psychometric: expected at least 3 different x, given {len(levels)}")
    return levels, np.bincount(of_trial, weights=correct), np.bincount(of_trial)
