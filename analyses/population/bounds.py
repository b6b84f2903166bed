r"""Between what a number lies: its interval, and the ceiling and floor it is to be judged by.

A statistic takes rates by condition, of one population or of two, and returns a number. Its
interval is for another sample of units (or of conditions): value -+ 1.96 standard deviations of the
statistic over bootstrap resamples (Efron & Tibshirani 1993, ch. 13). Percentiles of the resamples
are not used. A population in which units were drawn twice has in effect fewer units, and most of
these statistics depend on the number of units: of a reaching recording, nearly all resamples have a
lower R2 of jPCA than the recording itself, while their spread is that of new samples of units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.intervals import Estimate, percentiles, resample
from analyses.population.form import of_conditions, of_trials
from neurosim.errors import InputError, check_choice, check_integer

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from analyses.population.surrogates import Surrogates

Statistic = Callable[..., Any]
"""Takes the rates of one population or more, returns a number or an array of fixed shape."""


def interval(
    statistic: Statistic,
    *populations: xr.DataArray,
    rng: np.random.Generator,
    over: str = "unit",
    n_resamples: int = 200,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate:
    """A statistic with its interval at 95 %.

    Parameters
    ----------
    statistic
        Of as many populations as are given.
    *populations
        (condition, time, unit); trials are averaged.
    rng
        Source of the resamples.
    over
        What is drawn again: ``unit``, in each population on its own, or ``condition``, the same
        ones in all. Conditions are not for statistics that hold some out, or compare each two of
        them: one drawn twice would be on both sides.
    n_resamples
        Number of resamples.
    limits
        Lowest and highest value that the statistic can have; the interval is cut there.

    Raises
    ------
    InputError
        As the statistic; a single unit or condition to draw from; a statistic that is NaN.

    Examples
    --------
    >>> from analyses.population.dimensionality import participation_ratio
    >>> from analyses.population.form import labelled
    >>> rates = labelled(np.random.default_rng(0).standard_normal((8, 20, 30)), np.arange(20))
    >>> [round(float(part), 1) for part in interval(
    ...     participation_ratio, rates, rng=np.random.default_rng(1), n_resamples=50
    ... )]
    [24.9, 21.5, 28.4]
    """
    check_choice("interval", "over", over, ("unit", "condition"))
    check_integer("interval", "n_resamples", n_resamples, minimum=2)
    rates = [of_conditions(each, "interval") for each in populations]
    value = np.asarray(statistic(*rates), float)[()]
    if over == "condition":
        index = np.arange(rates[0].sizes["condition"])
        drawn = resample(
            lambda rows: statistic(*(each.isel(condition=rows) for each in rates)),
            index, rng=rng, n_resamples=n_resamples,
        )  # fmt: skip
    else:
        for each in rates:
            if each.sizes["unit"] < 2:
                raise InputError("interval: expected at least two units to draw from, given 1")
        drawn = np.array(
            [statistic(*(_again(each, rng) for each in rates)) for _ in range(n_resamples)],
            float,
        )
    return around(value, drawn, limits)


def around(
    value: Any, drawn: NDArray[np.float64], limits: tuple[float, float] = (-np.inf, np.inf)
) -> Estimate:
    """A value -+ 1.96 standard deviations of its resamples, cut at the limits.

    Raises
    ------
    InputError
        A value or resample that is NaN.

    Examples
    --------
    >>> around(0.9, np.array([0.8, 0.9, 1.0]), limits=(0, 1)).high
    np.float64(1.0)
    """
    missing = int(np.isnan(drawn).reshape(len(drawn), -1).any(axis=1).sum())
    if missing or np.isnan(value).any():
        raise InputError(
            f"interval: the statistic is not a number in {missing} of {len(drawn)} resamples"
        )
    reach = 1.96 * drawn.std(axis=0, ddof=1)
    low, high = (np.clip(value + side * reach, *limits)[()] for side in (-1, 1))
    return Estimate(value, low, high)


def split(rates: xr.DataArray, rng: np.random.Generator, parts: int = 2) -> list[xr.DataArray]:
    """Parts of a recording, each averaged by condition.

    Parameters
    ----------
    rates
        (trial, time, unit): the trials of each condition are dealt to the parts at random.
        (condition, time, unit): the units are.
    rng
        Source of the split.
    parts
        Their number.

    Raises
    ------
    InputError
        Fewer trials of a condition, or fewer units, than parts.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> halves = split(labelled(np.ones((2, 3, 5)), [0, 10, 20]), np.random.default_rng(0))
    >>> [half.sizes["unit"] for half in halves]
    [3, 2]
    """
    check_integer("split", "parts", parts, minimum=2)
    by_trial = "trial" in rates.dims
    rates = of_trials(rates, "split") if by_trial else of_conditions(rates, "split")
    dealt = "trial" if by_trial else "unit"
    of_group = (
        np.unique(rates["condition"].to_numpy(), return_inverse=True)[1]
        if by_trial
        else np.zeros(rates.sizes["unit"], int)
    )
    of_part = np.empty(len(of_group), int)
    for group in np.unique(of_group):
        members = rng.permutation(np.flatnonzero(of_group == group))
        if len(members) < parts:
            one = f" of condition {rates['condition'].values[members[0]]}" if by_trial else ""
            raise InputError(
                f"split: expected at least {parts} {dealt}s{one}, given {len(members)}"
            )
        of_part[members] = np.arange(len(members)) % parts
    return [
        of_conditions(rates.isel({dealt: np.flatnonzero(of_part == part)}), "split")
        for part in range(parts)
    ]


def ceiling(
    measure: Statistic, rates: xr.DataArray, *, rng: np.random.Generator, n_splits: int = 50
) -> Estimate:
    """How similar a recording is to itself: a measure between its halves.

    Each half has half the trials (or units), so that the ceiling is a low one: a model can pass it.

    Parameters
    ----------
    measure
        Of two populations.
    rates
        (trial, time, unit), or (condition, time, unit); see :func:`split`.
    rng
        Source of the splits.
    n_splits
        Number of splits.

    Returns
    -------
    Estimate
        Median over splits, and the middle 95 % of them.

    Raises
    ------
    InputError
        As :func:`split` and the measure.

    Examples
    --------
    >>> from analyses.population.cka import cka
    >>> from analyses.population.form import labelled
    >>> rng = np.random.default_rng(0)
    >>> signal = rng.standard_normal((6, 20, 3)) @ rng.standard_normal((3, 40))
    >>> float(ceiling(cka, labelled(signal, np.arange(20)), rng=rng).value.round(2))
    0.85
    """
    check_integer("ceiling", "n_splits", n_splits, minimum=2)
    drawn = np.array([measure(*split(rates, rng)) for _ in range(n_splits)], float)
    return Estimate(np.median(drawn, axis=0), *percentiles(drawn))


def floor(
    measure: Statistic,
    a: xr.DataArray,
    surrogates: Surrogates,
    *,
    rng: np.random.Generator,
    n: int = 100,
) -> Estimate:
    """How similar a population is to one that has only simpler features of the other.

    Parameters
    ----------
    measure
        Of two populations.
    a
        (condition, time, unit); trials are averaged.
    surrogates
        Of the other population; see :mod:`analyses.population.surrogates`.
    rng
        Source of the surrogates.
    n
        Number of surrogates.

    Returns
    -------
    Estimate
        Median over surrogates, and the middle 95 % of them.

    Raises
    ------
    InputError
        As the measure.

    Examples
    --------
    >>> from analyses.population.cka import cka
    >>> from analyses.population.form import labelled
    >>> from analyses.population.surrogates import Shuffled
    >>> rng = np.random.default_rng(0)
    >>> rates = labelled(rng.standard_normal((6, 20, 30)), np.arange(20))
    >>> float(floor(cka, rates, Shuffled(rates, along="condition"), rng=rng).value.round(2))
    0.25
    """
    check_integer("floor", "n", n, minimum=2)
    a = of_conditions(a, "floor")
    other = surrogates.rates
    drawn = np.array(
        [measure(a, other.copy(data=surrogates.draw(rng, 1)[0])) for _ in range(n)], float
    )
    return Estimate(np.median(drawn, axis=0), *percentiles(drawn))


def plot_bounds(
    ax: Axes,
    names: list[str],
    values: list[Estimate],
    ceilings: list[Estimate] | None = None,
    floors: list[Estimate] | None = None,
) -> None:
    """Draw numbers with their intervals over bands from floor to ceiling.

    Parameters
    ----------
    ax
        Axes to draw on.
    names
        Of the numbers.
    values, ceilings, floors
        One for each name, in the same order.
    """
    from analyses.figures.style import COLORS

    y = np.arange(len(names))[::-1]
    for bounds, color, label in ((ceilings, COLORS[2], "ceiling"), (floors, "0.5", "floor")):
        if bounds is not None:
            low, high = np.array([[each.low, each.high] for each in bounds], float).T
            ax.barh(y, high - low, left=low, height=0.6, color=color, alpha=0.3, lw=0, label=label)
    value, low, high = np.array([tuple(each) for each in values], float).T
    ends = np.abs([value - low, high - value])
    ax.errorbar(value, y, xerr=ends, fmt="o", ms=4, color=COLORS[0])
    ax.set_yticks(y, names)
    if ceilings is not None or floors is not None:
        ax.legend()


def _again(rates: xr.DataArray, rng: np.random.Generator) -> xr.DataArray:
    """As many units, drawn with replacement."""
    n_units = rates.sizes["unit"]
    return rates.isel(unit=rng.integers(n_units, size=n_units))
