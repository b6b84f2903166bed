r"""A simulated and a recorded population side by side: one table, each number with its bounds.

Both are put on the same times and conditions (:mod:`analyses.population.alignment`), and as many
units are drawn of each as the smaller one has. Two kinds of measure:

*Of one population*: participation ratio (Gao & Ganguli 2015), R2 of the two fits of jPCA and the
frequency of its first plane (Churchland et al. 2012), and tangling, the 90th percentile over states
(Russo et al. 2018). The model's number stands beside the recording's.

*Of both*: canonical correlation and decoding in held-out conditions, Procrustes, CKA and RSA.
All are of soft-normalised rates less their mean over conditions, so that a time course which all
conditions share does not count.

Where units or conditions are chosen, numbers are the mean over random choices. Intervals are value
-+ 1.96 standard deviations over units drawn again with replacement (:mod:`.bounds`), and of the
choices of conditions. Each number is to be judged by

ceiling
    The recording's halves: the measure of each half, or between the two. Trials are halved where
    there are any, and units otherwise: then halves have half the units, and measures of both
    populations are taken of as many units of each, so that the ceiling is one for them.
floor
    Surrogates of the recording in place of the recording: tensor maximum entropy (means and
    covariances across times, units and conditions stay; Elsayed & Cunningham 2017), and shuffled
    (each unit's conditions are dealt anew). An untrained network in place of the model.

Pairing conditions by dissimilarities, where no names tell which belong together, is done anew for
surrogates and the untrained network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyses.intervals import Estimate, percentiles
from analyses.population.alignment import best_pairing, common_lattice, common_names, resampled
from analyses.population.bounds import around, split
from analyses.population.comparison import BOUNDS, ESTIMATES, Comparison, Row, plot_row
from analyses.population.form import of_conditions, of_rows
from analyses.population.matching import check_enough, common_window, of_names, pairing_of
from analyses.population.maximum_entropy import MaximumEntropy
from analyses.population.measures import (
    OF_BOTH,
    OF_ONE,
    Measure,
    alike,
    own_measures,
    prepared,
    similarities,
)
from analyses.population.surrogates import Shuffled, Surrogates
from neurosim.errors import check_integer

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "BOUNDS",
    "ESTIMATES",
    "OF_BOTH",
    "OF_ONE",
    "Comparison",
    "Measure",
    "Row",
    "compare",
    "own_measures",
    "plot_row",
    "similarities",
]


def compare(
    model: xr.DataArray,
    recording: xr.DataArray,
    *,
    rng: np.random.Generator,
    window: tuple[float, float] | None = None,
    untrained: xr.DataArray | None = None,
    pairing: str | None = None,
    n_components: int = 6,
    n: int = 100,
    progress: bool = False,
) -> Comparison:
    """Set a simulated population beside a recorded one.

    Parameters
    ----------
    model, recording
        (condition, time, unit), or (trial, time, unit) with conditions, not yet normalised. Times
        of both count from the same event.
    rng
        Source of all choices, resamples and surrogates.
    window
        First and last time compared, in ms; None for all that both have. Ranges for the
        normalisation are taken over all times of each.
    untrained
        The same network before training, in the same form.
    pairing
        Which conditions belong together: ``names``, those of the same name; ``order``, as they
        stand; ``best``, by their dissimilarities. None: names where they are text and enough of
        them are the same, and best otherwise. With ``best`` random subsets are taken of the
        population that has more conditions.
    n_components
        Of jPCA.
    n
        Number of choices, resamples, halvings and surrogates of each kind.
    progress
        Show a progress bar.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_conditions`; too few conditions or units, times that
        do not overlap or are not evenly spaced, a window beyond them, names that do not match.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rng = np.random.default_rng(0)
    >>> time, angle = 10 * np.arange(31), 2 * np.pi * np.arange(8)[:, np.newaxis, np.newaxis] / 8
    >>> def rotating(units, frequency):
    ...     phase = rng.uniform(0, 2 * np.pi, units)
    ...     turn = 2 * np.pi * frequency * time[:, np.newaxis] / 1000
    ...     tuned = np.cos(angle + turn + phase) + np.cos(angle) * rng.standard_normal(units)
    ...     clean = tuned + np.cos(2 * angle + turn) * rng.standard_normal(units)
    ...     return labelled(clean + 0.1 * rng.standard_normal(clean.shape), time, units="1")
    >>> found = compare(rotating(60, 2.0), rotating(30, 2.0), rng=rng, pairing="order", n=5)
    >>> len(found.rows), found.conditions, found.rows[0].units
    (10, 8, 30)
    """
    from tqdm import tqdm

    check_integer("compare", "n", n, minimum=2)
    check_integer("compare", "n_components", n_components, minimum=2)
    by_trial = hasattr(recording, "dims") and "trial" in recording.dims
    whole = of_rows(recording, "compare: recording")
    start, dt = common_lattice(of_rows(model, "compare: model"), whole, "compare")
    networks = [
        of_conditions(resampled(of_rows(each, name), start, dt, name), name)
        for each, name in ((model, "compare: model"), (untrained, "compare: untrained"))
        if each is not None
    ]
    whole = resampled(whole, start, dt, "compare: recording")
    window = common_window(window, [*networks, whole], start, dt)
    data = of_conditions(whole, "compare: recording")
    pairing = pairing_of(pairing, [*networks, data], n_components)
    if pairing == "names":
        names = common_names(networks[0], data)
        networks = [of_names(each, names, "untrained") for each in networks]
        data = of_names(data, names, "recording")
        if by_trial:
            whole = whole.isel(trial=np.isin(whole["condition"].values, names))
    n_conditions = min(each.sizes["condition"] for each in [*networks, data])
    n_units = min(each.sizes["unit"] for each in [*networks, data])
    n_half = n_units if by_trial else min(n_units, data.sizes["unit"] // 2)
    check_enough(n_conditions, n_units, n_half, n_components, by_trial)
    setting = _Setting(n_conditions, n_units, n_half, pairing, window, n_components, n, rng)

    with tqdm(total=4 + len(networks), desc="compare", disable=not progress) as bar:

        def done(estimates: list[Estimate]) -> list[Estimate]:
            bar.update()
            return estimates

        of_data = done(_estimates(setting, _of_one, OF_ONE, data))
        of_networks = [
            done(
                _estimates(setting, _of_one, OF_ONE, each)
                + _estimates(setting, _of_both, OF_BOTH, each, data)
            )
            for each in networks
        ]
        ceilings = done(_ceilings(setting, whole if by_trial else data))
        maximum_entropy, shuffled = (
            done(_floors(setting, networks[0], surrogates))
            for surrogates in (MaximumEntropy(data), Shuffled(data, along="condition"))
        )
    rows = tuple(
        Row(
            measure,
            n_units if measure in OF_ONE else n_half,
            of_networks[0][k],
            of_data[k] if measure in OF_ONE else None,
            ceilings[k],
            n_half,
            maximum_entropy[k],
            shuffled[k],
            of_networks[1][k] if untrained is not None else None,
        )
        for k, measure in enumerate(OF_ONE + OF_BOTH)
    )
    return Comparison(rows, networks[0], data, window, dt, n_conditions, pairing, n_components)


class _Setting(NamedTuple):
    """What all draws have in common."""

    n_conditions: int
    n_units: int  # of measures of one population
    n_half: int  # of measures of two
    pairing: str
    window: tuple[float, float]
    n_components: int
    n: int
    rng: np.random.Generator


def _subset(
    rates: xr.DataArray, n_conditions: int, n_units: int, rng: np.random.Generator, again: bool
) -> xr.DataArray:
    """Random conditions and units, where there are more; units with replacement for ``again``."""
    conditions, units = rates.sizes["condition"], rates.sizes["unit"]
    if n_conditions < conditions:
        chosen = np.sort(rng.choice(conditions, n_conditions, replace=False))
        rates = rates.isel(condition=chosen)
    if again or n_units < units:
        rates = rates.isel(unit=rng.choice(units, n_units, replace=again))
    return rates


def _of_one(s: _Setting, again: bool, rates: xr.DataArray) -> NDArray[np.float64]:
    return own_measures(
        _subset(rates, s.n_conditions, s.n_units, s.rng, again), s.window, s.n_components
    )


def _of_both(s: _Setting, again: bool, a: xr.DataArray, b: xr.DataArray) -> NDArray[np.float64]:
    a, b = (
        prepared(_subset(each, s.n_conditions, s.n_half, s.rng, again), s.window) for each in (a, b)
    )
    if s.pairing == "best":
        b = b.isel(condition=best_pairing(a, b, s.rng))
    return alike(a, b.assign_coords(condition=a["condition"].values))


def _estimates(
    s: _Setting,
    measure: Callable[..., NDArray[np.float64]],
    measures: tuple[Measure, ...],
    *populations: xr.DataArray,
) -> list[Estimate]:
    """Mean over random choices, with the interval from units drawn again."""
    wanted = s.n_units if measure is _of_one else s.n_half
    choice = any(
        each.sizes["unit"] > wanted or each.sizes["condition"] > s.n_conditions
        for each in populations
    )
    value = np.mean([measure(s, False, *populations) for _ in range(s.n if choice else 1)], axis=0)
    drawn = np.array([measure(s, True, *populations) for _ in range(s.n)])
    return [around(value[k], drawn[:, k], (each.low, each.high)) for k, each in enumerate(measures)]


def _ceilings(s: _Setting, recording: xr.DataArray) -> list[Estimate]:
    """Of the halves of a recording, and between them."""
    drawn = []
    for _ in range(s.n):
        a, b = split(recording, s.rng)
        chosen = {
            "condition": np.sort(s.rng.choice(b.sizes["condition"], s.n_conditions, replace=False)),
            "unit": s.rng.choice(b.sizes["unit"], s.n_half, replace=False),
        }
        a, b = a.isel(chosen), b.isel(chosen)
        own = [own_measures(half, s.window, s.n_components) for half in (a, b)]
        drawn.append(np.concatenate([np.mean(own, axis=0), similarities(a, b, s.window)]))
    return _middle(np.array(drawn))


def _floors(s: _Setting, model: xr.DataArray, surrogates: Surrogates) -> list[Estimate]:
    """Of surrogates of a recording, and between the model and them."""
    drawn = []
    for _ in range(s.n):
        other = surrogates.rates.copy(data=surrogates.draw(s.rng, 1)[0])
        drawn.append(np.concatenate([_of_one(s, False, other), _of_both(s, False, model, other)]))
    return _middle(np.array(drawn))


def _middle(drawn: NDArray[np.float64]) -> list[Estimate]:
    """Median and middle 95 % of each column."""
    ends = np.transpose([np.median(drawn, axis=0), *percentiles(drawn)])
    return [Estimate(*column) for column in ends]
