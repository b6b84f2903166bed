r"""How movements differ from trial to trial, and how that depends on what was rewarded before.

With a_n the aim (the direction or end of movement n) and R_n whether it was rewarded:

    variability(h) = sd of a_{n+1} - a_n        over trials n whose last outcomes R_n, R_{n-1}, ...
    change(h)      = mean of |a_{n+1} - a_n|    are the history h

Differences of successive trials leave out slow drift, as in Pekny, Izawa & Shadmehr 2015 (J.
Neurosci. 35:4015): healthy people vary more after a trial that was not rewarded, patients with
Parkinson's disease do not.

A difference holds the motor noise of both trials. Where the zone of success is what decides, trials
with large noise fail more often and are followed by larger differences, so that failure seems to
raise variability a little where nothing was learned: compare conditions, not one with zero.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyses.intervals import Estimate, bootstrap, percentiles, resample
from neurosim.errors import InputError, check_integer

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


class RewardHistory(NamedTuple):
    """Variability after each history of reward, from :func:`by_reward`.

    Attributes
    ----------
    history
        Outcomes, the latest last: "01" is a failure and then a success.
    variability, change
        After each, in units of the aim.
    contrast
        Variability after failure minus after success of the latest trial, whatever came before.
    trials
        Number of trials of each history, of all people together.
    """

    history: tuple[str, ...]
    variability: Estimate
    change: Estimate
    contrast: Estimate
    trials: NDArray[np.int64]


def variability(positions: xr.DataArray) -> xr.DataArray:
    r"""Spread over trials, by all other dimensions.

    The root of the mean squared distance from the mean over trials (with n - 1 in place of n),

        sqrt(sum_trials |x - mean(x)|^2 / (n - 1))

    Parameters
    ----------
    positions
        (trial, axis) ends of movements, (trial, time, axis) their courses, or (trial) angles.

    Raises
    ------
    InputError
        No dimension ``trial``, fewer than two trials, or a position that is not finite.

    Examples
    --------
    >>> import xarray as xr
    >>> ends = xr.DataArray([[0.0, 0.0], [0.0, 2.0], [0.0, 4.0]], dims=("trial", "axis"))
    >>> float(variability(ends))
    2.0
    """
    if "trial" not in positions.dims or positions.sizes["trial"] < 2:
        raise InputError(
            f"variability: expected at least two trials in a dimension 'trial', "
            f"given {dict(positions.sizes)}"
        )
    if not np.isfinite(positions).all():
        raise InputError("variability: expected positions that are finite")
    variance = positions.astype(float).var("trial", ddof=1)
    return (variance.sum("axis") if "axis" in variance.dims else variance) ** 0.5


def by_reward(
    aim: ArrayLike,
    rewarded: ArrayLike,
    *,
    rng: np.random.Generator,
    history: int = 1,
    n_resamples: int = 2000,
) -> RewardHistory:
    """Variability and change of aim after rewarded and unrewarded trials.

    Parameters
    ----------
    aim
        (trial) of one person or network, or (person, trial), in the order of the experiment.
    rewarded
        Whether each was; the same shape.
    rng
        Source of the bootstrap: over people, or for one alone over the trials of each history.
    history
        How many outcomes, the latest included, make up a history.
    n_resamples
        Of the bootstrap.

    Raises
    ------
    InputError
        Different shapes, aims that are not finite, outcomes other than true and false, or a person
        with fewer than two trials of a history.

    Examples
    --------
    A person who stays with what was rewarded, and otherwise tries something else:

    >>> rng = np.random.default_rng(0)
    >>> rewarded = rng.random(400) < 0.5
    >>> explored = np.where(rewarded, 0.5, 2.0) * rng.standard_normal(400)
    >>> aim = np.cumsum(np.roll(explored, 1))
    >>> found = by_reward(aim, rewarded, rng=rng)
    >>> found.history
    ('0', '1')
    >>> found.variability.value.round(1)
    array([2. , 0.5])
    >>> bool(found.contrast.low > 0)
    True
    """
    check_integer("by_reward", "history", history, minimum=1)
    a, R = _trials(aim, rewarded)
    if a.shape[1] < history + 2:
        raise InputError(
            f"by_reward: a history of {history} needs at least {history + 2} trials, "
            f"given {a.shape[1]}"
        )
    names = tuple("".join(outcomes) for outcomes in product("01", repeat=history))
    following = np.diff(a)[:, history - 1 :]
    windows = np.lib.stride_tricks.sliding_window_view(R[:, :-1], history, axis=1)
    codes = windows @ (2 ** np.arange(history)[::-1])
    trials = np.array([(codes == code).sum() for code in range(2**history)])
    for person in range(len(a)):
        for code, name in enumerate(names):
            count = int((codes[person] == code).sum())
            if count < 2:
                whose = f" of person {person}" if len(a) > 1 else ""
                raise InputError(
                    f"by_reward: expected at least two trials after the outcomes {name!r}"
                    f"{whose}, given {count}; use more trials or a shorter history"
                )
    latest = codes % 2  # the last outcome alone
    options: dict[str, Any] = {"rng": rng, "n_resamples": n_resamples}
    after = [[d[c == k] for d, c in zip(following, codes, strict=True)] for k in range(len(names))]
    last = [[d[c == k] for d, c in zip(following, latest, strict=True)] for k in range(2)]
    return RewardHistory(
        names,
        _over(after, _sd, **options),
        _over(after, _size, **options),
        _difference(last[0], last[1], **options),
        trials,
    )


def plot_by_reward(ax: Axes, found: RewardHistory, **style: Any) -> None:
    """Draw variability after each history, with its interval; ``style`` goes to ``errorbar``."""
    value, low, high = (np.asarray(part) for part in found.variability)
    ax.errorbar(found.history, value, (value - low, high - value), **({"fmt": "o"} | style))
    ax.set_xlabel("outcomes before (1: rewarded)")
    ax.set_ylabel("variability of the change of aim")


def _trials(aim: ArrayLike, rewarded: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Both as (person, trial)."""
    a, R = np.asarray(aim, float), np.asarray(rewarded)
    if a.shape != R.shape or a.ndim not in (1, 2):
        raise InputError(
            "by_reward: expected aim and rewarded of one shape, (trial) or (person, trial), "
            f"given {a.shape} and {R.shape}"
        )
    if not np.isfinite(a).all():
        raise InputError("by_reward: expected aims that are finite")
    if not np.isin(R, (0, 1)).all():
        raise InputError("by_reward: expected outcomes 0 and 1, or false and true")
    return np.atleast_2d(a), np.atleast_2d(R.astype(np.int64))


def _sd(change: NDArray[np.float64]) -> float:
    return float(np.std(change, ddof=1))


def _size(change: NDArray[np.float64]) -> float:
    return float(np.abs(change).mean())


def _over(after: list[list[NDArray[np.float64]]], statistic: Any, **options: Any) -> Estimate:
    """A statistic of each history: after[history][person] holds the changes of aim."""
    if len(after[0]) > 1:
        table = np.array([[statistic(d) for d in people] for people in after]).T
        return bootstrap(lambda rows: rows.mean(axis=0), table, **options)
    each = [bootstrap(statistic, people[0], **options) for people in after]
    return Estimate(*(np.array(part) for part in zip(*each, strict=True)))


def _difference(
    failed: list[NDArray[np.float64]], succeeded: list[NDArray[np.float64]], **options: Any
) -> Estimate:
    """sd after failure minus after success: of each person, or of the trials of one."""
    if len(failed) > 1:
        each = [_sd(f) - _sd(s) for f, s in zip(failed, succeeded, strict=True)]
        return bootstrap(np.mean, each, **options)
    drawn = resample(_sd, failed[0], **options) - resample(_sd, succeeded[0], **options)
    return Estimate(np.float64(_sd(failed[0]) - _sd(succeeded[0])), *percentiles(drawn))
