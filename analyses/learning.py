r"""How fast errors fall, what is kept, and which pathway carries the movement.

    e_n = a + b exp(-k n)                      error of trial n = 0, 1, ...; a, b >= 0
    retention = mean error in test - mean error at the end of training
    c   = <z1, z> / <z, z>                     consolidation index: z1 readout of the mastery
                                               pathway, z of both; products summed over the outputs
                                               and the samples of a window

k is the learning rate per trial; b exp(-k n) halves every ln(2) / k trials. c is the coefficient of
a regression of z1 on z, and the shares of the two pathways sum up to 1. It is 0 where the
exploratory pathway carries the movement, 1 where the mastery pathway does, and above 1 where the
exploratory pathway pulls against it. What z1 has at right angles to z does not count. In test
trials the exploratory pathway is silent, c = 1 whatever was learned; only training says something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyses.intervals import Estimate, bootstrap, percentiles, resample
from analyses.sampling import UNIFORM, as_signal, sampling_interval
from neurosim.errors import InputError, check_integer, check_positive

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

FASTEST = 10.0
"""Highest learning rate that is told from a higher one: one trial leaves e^-10 of the error."""

RATES = 100
"""Rates that are tried before the best of them is refined."""


class LearningCurve(NamedTuple):
    """An exponential through errors over trials, from :func:`learning_curve`.

    Attributes
    ----------
    rate
        k, per trial; 0 where the error does not fall.
    start, asymptote
        a + b, the error of the first trial, and a, that after endless training.
    """

    rate: Estimate
    start: Estimate
    asymptote: Estimate

    def predict(self, trial: ArrayLike) -> NDArray[np.float64]:
        """Error at trials counted from 0."""
        a, b = self.asymptote.value, self.start.value - self.asymptote.value
        return np.asarray(a + b * np.exp(-self.rate.value * np.asarray(trial, float)))


def learning_curve(
    error: ArrayLike, *, rng: np.random.Generator, n_resamples: int = 1000
) -> LearningCurve:
    """Fit an exponential to errors of successive trials.

    Parameters
    ----------
    error
        (trial) of one run, or (run, trial), not negative: distances from the target, say, of the
        training trials. Of several runs the mean curve is fitted.
    rng
        Source of the bootstrap: over runs; of one run, over the residuals of its fit, which takes
        them as alike in all trials (Efron & Tibshirani 1993, ch. 9).
    n_resamples
        Of the bootstrap.

    Raises
    ------
    InputError
        Fewer than four trials, or errors that are negative or not finite.

    Examples
    --------
    >>> trials = np.arange(20)
    >>> noise = 0.01 * np.random.default_rng(0).standard_normal(20)
    >>> found = learning_curve(
    ...     0.1 + 0.8 * np.exp(-0.3 * trials) + noise, rng=np.random.default_rng(0), n_resamples=200
    ... )
    >>> [float(part.round(2)) for part in found.rate]
    [0.29, 0.28, 0.31]
    """
    e = _errors(error, "learning_curve", fewest=4)
    options: dict[str, Any] = {"rng": rng, "n_resamples": n_resamples}
    if len(e) > 1:
        found = bootstrap(lambda runs: _fit(runs.mean(axis=0)), e, **options)
    else:
        value = _fit(e[0])
        k, start, a = value
        n = e.shape[1]
        fitted = a + (start - a) * np.exp(-k * np.arange(n))
        rest = (e[0] - fitted) * np.sqrt(n / (n - 3))  # three parameters took that much away
        drawn = resample(lambda rest: _fit(fitted + rest), rest, **options)
        found = Estimate(value, *percentiles(drawn))
    parts = [Estimate(*(part[i] for part in map(np.asarray, found))) for i in range(3)]
    return LearningCurve(*parts)


def retention(error: ArrayLike, test: ArrayLike, *, last: int = 1) -> NDArray[np.float64]:
    """Error in test trials minus error at the end of training: 0 where all is kept.

    Parameters
    ----------
    error
        (trial) of one run, or (run, trial); a result's ``trial_distance``.
    test
        (trial) whether it is one of the test trials: ``result.phase == "test"``.
    last
        Number of training trials, the last ones, that make up the end of training.

    Returns
    -------
    array
        () or (run). Their interval over runs: ``bootstrap(np.mean, ...)``.

    Raises
    ------
    InputError
        No test trials, fewer training trials than ``last``, or errors negative or not finite.

    Examples
    --------
    >>> error = [0.9, 0.5, 0.2, 0.25, 0.35]
    >>> test = [False, False, False, True, True]
    >>> float(retention(error, test).round(3))
    0.1
    """
    check_integer("retention", "last", last, minimum=1)
    e, tested = _errors(error, "retention", fewest=2), np.asarray(test, bool)
    if tested.shape != e.shape[1:]:
        raise InputError(
            f"retention: expected one phase for each of {e.shape[1]} trials, given {tested.shape}"
        )
    if not tested.any() or (~tested).sum() < last:
        raise InputError(
            f"retention: expected test trials and at least {last} of training, "
            f"given {tested.sum()} and {(~tested).sum()}"
        )
    kept = e[:, tested].mean(axis=1) - e[:, ~tested][:, -last:].mean(axis=1)
    return kept if np.ndim(error) == 2 else kept[0]


def consolidation_index(result: xr.Dataset, window: float | None = None) -> xr.DataArray:
    """Share of the readout that the mastery pathway carries, over the course of training.

    Parameters
    ----------
    result
        Of a run with SUPERTREX, with ``pathway_readout`` (time, pathway, output) recorded.
    window
        Length in ms of the windows; a trial by default. The last one, if shorter, is left out.

    Returns
    -------
    xarray.DataArray
        (time) the index c of each window of training, at its middle in ms, with ``trial`` as a
        coordinate: that in which the window begins.

    Raises
    ------
    InputError
        No such readouts, no mastery pathway (says which there are), not one window of training, or
        a window without any output.

    Examples
    --------
    >>> import xarray as xr
    >>> z1 = np.repeat([0.0, 0.3, 0.9], 4)
    >>> both = np.stack([z1, 1 - z1], axis=1)[..., np.newaxis]
    >>> result = xr.Dataset(
    ...     {"pathway_readout": (("time", "pathway", "output"), both)},
    ...     coords={"time": 10.0 * np.arange(12), "pathway": ["mastery", "exploratory"],
    ...             "phase": ("trial", ["train"] * 3)},
    ...     attrs={"trial_ms": 40.0},
    ... )
    >>> consolidation_index(result).values
    array([0. , 0.3, 0.9])
    """
    import xarray as xr

    if "pathway_readout" not in result or "trial_ms" not in result.attrs:
        raise InputError(
            "consolidation_index: expected the result of a simulation with 'pathway_readout' "
            "recorded over time"
        )
    names = [str(name) for name in result["pathway"].to_numpy()]
    if "mastery" not in names or len(names) < 2:
        raise InputError(
            f"consolidation_index: expected a mastery pathway and another, given {', '.join(names)}"
        )
    trial_ms = float(result.attrs["trial_ms"])
    trained = int((result["phase"] == "train").sum())
    times = result["time"].to_numpy()
    in_training = times < trained * trial_ms * (1 - 1e-12)
    readout = result["pathway_readout"].isel(time=in_training)
    if readout.sizes["time"] < 2:
        raise InputError("consolidation_index: no samples of training were recorded")
    readout = as_signal(readout, owner="consolidation_index")
    interval = 1e3 * sampling_interval(readout)
    if window is None:
        window = trial_ms
    check_positive("consolidation_index", "window", window)
    length = round(window / interval)
    if length < 1 or abs(length * interval - window) > UNIFORM * interval:
        raise InputError(
            f"consolidation_index: expected windows with a whole number of samples, "
            f"given {window:g} ms sampled every {interval:g} ms"
        )
    if length > len(readout):
        raise InputError(
            f"consolidation_index: expected at least one window of {window:g} ms of training, "
            f"given {len(readout) * interval:g} ms"
        )
    z1, z = readout.sel(pathway="mastery"), readout.sum("pathway")
    sums = xr.Dataset({"carried": (z1 * z).sum("output"), "all": (z * z).sum("output")})
    sums = sums.coarsen(time=length, boundary="trim").sum()
    if not (sums["all"] > 0).all():
        raise InputError("consolidation_index: a window has no output, so nothing carries it")
    starts = readout["time"].to_numpy()[::length][: sums.sizes["time"]]
    return (
        (sums["carried"] / sums["all"])
        .assign_coords(
            time=("time", starts + window / 2, {"units": "ms"}),
            trial=("time", np.floor(starts / trial_ms + 1e-9).astype(int)),
        )
        .assign_attrs(long_name="share of the mastery pathway", units="1")
    )


def plot_learning(ax: Axes, error: ArrayLike, fit: LearningCurve, **style: Any) -> None:
    """Draw the error of each trial, the mean over runs, and the fitted curve.

    Parameters
    ----------
    ax
        Axes to draw on.
    error
        (trial) or (run, trial), that was fitted.
    fit
        From :func:`learning_curve`.
    **style
        For the points.
    """
    means = _errors(error, "plot_learning", fewest=1).mean(axis=0)
    dots: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 3}
    (points,) = ax.plot(means, **(dots | style))
    fine = np.linspace(0, len(means) - 1, 200)
    ax.plot(fine, fit.predict(fine), color=points.get_color(), lw=0.8)
    ax.set_xlabel("trial")
    ax.set_ylabel("error")


def plot_consolidation(ax: Axes, index: xr.DataArray, **style: Any) -> None:
    """Draw the index of :func:`consolidation_index` over time; ``style`` is for the line."""
    ax.plot(index["time"] / 1e3, index, **style)
    for level in (0, 1):
        ax.axhline(level, color="0.6", lw=0.6, ls=":", zorder=0)
    ax.set_xlabel("time (s)")
    ax.set_ylabel("share of the mastery pathway")


def _errors(error: ArrayLike, owner: str, fewest: int) -> NDArray[np.float64]:
    """As (run, trial)."""
    e = np.asarray(error, float)
    if e.ndim not in (1, 2) or e.shape[-1] < fewest or not e.size:
        raise InputError(
            f"{owner}: expected errors (trial) or (run, trial) of at least {fewest} trials, "
            f"given {e.shape}"
        )
    if not np.isfinite(e).all() or (e < 0).any():
        bad = int((~np.isfinite(e) | (e < 0)).sum())
        raise InputError(
            f"{owner}: expected errors that are finite and not negative, {bad} are not"
        )
    return np.atleast_2d(e)


def _fit(e: NDArray[np.float64]) -> NDArray[np.float64]:
    """k, a + b and a of the least squares, the two linear ones solved for each k."""
    from scipy.optimize import minimize_scalar

    n = np.arange(len(e))
    k = np.geomspace(0.1 / len(e), FASTEST, RATES)
    misfit = _linear(np.exp(-np.outer(k, n)), e)[0]
    best = int(misfit.argmin())
    refined = minimize_scalar(
        lambda log_k: _linear(np.exp(-np.exp(log_k) * n)[np.newaxis], e)[0][0],
        bounds=np.log(k[[max(best - 1, 0), min(best + 1, RATES - 1)]]),
        method="bounded",
    )
    rate = float(np.exp(refined.x))
    _, a, b = (part[0] for part in _linear(np.exp(-rate * n)[np.newaxis], e))
    return np.array([rate if b > 0 else 0.0, a + b, a])


def _linear(
    decay: NDArray[np.float64], e: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Squared misfit, a and b of e = a + b decay, for each row of ``decay`` (rates, trials)."""
    d = decay - decay.mean(axis=1, keepdims=True)
    b = np.maximum(d @ e / (d * d).sum(axis=1), 0)
    a = e.mean() - b * decay.mean(axis=1)
    below = a < 0
    b = np.where(below, np.maximum(decay @ e, 0) / (decay * decay).sum(axis=1), b)
    a = np.where(below, 0.0, a)
    rest = e - a[:, np.newaxis] - b[:, np.newaxis] * decay
    return (rest * rest).sum(axis=1), a, b
