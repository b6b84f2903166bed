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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyses.intervals import Estimate, percentiles
from analyses.population.alignment import (
    PAIRINGS,
    best_pairing,
    common_lattice,
    common_names,
    resampled,
)
from analyses.population.bounds import around, split
from analyses.population.cca import canonical_correlation
from analyses.population.cka import cka
from analyses.population.decoding import decoded_share
from analyses.population.dimensionality import participation_ratio
from analyses.population.form import in_window, of_conditions, of_rows
from analyses.population.jpca import jpca
from analyses.population.maximum_entropy import MaximumEntropy
from analyses.population.preprocessing import soft_normalised, without_condition_mean
from analyses.population.procrustes import procrustes
from analyses.population.rsa import rsa
from analyses.population.surrogates import Shuffled, Surrogates
from analyses.population.tangling import tangling
from neurosim.errors import InputError, check_choice, check_integer

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

FOLDS = 5
"""Of measures in held-out conditions, where there are as many conditions."""

TANGLED = 0.9
"""Quantile of tangling over states, as published."""


class Measure(NamedTuple):
    """What is measured, in what unit, and between which values it lies."""

    name: str
    unit: str
    low: float
    high: float


OF_ONE = (
    Measure("participation ratio", "1", 1.0, np.inf),
    Measure("jPCA R2", "1", -np.inf, 1.0),
    Measure("jPCA R2, rotation", "1", -np.inf, 1.0),
    Measure("rotation frequency", "Hz", 0.0, np.inf),
    Measure("tangling", "1/s^2", 0.0, np.inf),
)
OF_BOTH = (
    Measure("canonical correlation", "1", -1.0, 1.0),
    Measure("Procrustes", "1", 0.0, 1.0),
    Measure("CKA", "1", 0.0, 1.0),
    Measure("RSA", "1", -1.0, 1.0),
    Measure("decoding", "1", -np.inf, 1.0),
)


ESTIMATES = ("recording", "model", "untrained", "ceiling", "maximum_entropy", "shuffled")
BOUNDS = ESTIMATES[3:]
"""Numbers of a line of the table, and which of them are there to judge the others by."""


class Row(NamedTuple):
    """A line of the table.

    Attributes
    ----------
    measure
        What is measured.
    units
        Number of units of which all but the ceiling is taken.
    model
        Of the model, or of model and recording.
    recording
        Of the recording; None for measures of both.
    ceiling, ceiling_units
        Median and middle 95 % over halvings, and the number of units of a half.
    maximum_entropy, shuffled
        Median and middle 95 % over surrogates.
    untrained
        As ``model``, of an untrained network; None where none was given.
    """

    measure: Measure
    units: int
    model: Estimate
    recording: Estimate | None
    ceiling: Estimate
    ceiling_units: int
    maximum_entropy: Estimate
    shuffled: Estimate
    untrained: Estimate | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two populations side by side.

    Attributes
    ----------
    rows
        The table.
    model, recording
        (condition, time, unit) on the same lattice of times, all units, conditions paired where
        that needs no choice.
    window
        First and last time compared, in ms.
    interval
        Of the common times, in ms.
    conditions
        Number of conditions compared.
    pairing
        ``names``, ``order`` or ``best``.
    n_components
        Of jPCA.
    """

    rows: tuple[Row, ...]
    model: xr.DataArray
    recording: xr.DataArray
    window: tuple[float, float]
    interval: float
    conditions: int
    pairing: str
    n_components: int

    def lines(self) -> list[dict[str, Any]]:
        """The table as plain data: a value, and the ends of its interval, None where absent."""
        found = []
        for row in self.rows:
            line: dict[str, Any] = {
                "measure": row.measure.name,
                "unit": row.measure.unit,
                "units": row.units,
                "ceiling_units": row.ceiling_units,
            }
            for name in ESTIMATES:
                each = getattr(row, name)
                values = (None,) * 3 if each is None else map(float, each)
                line |= dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
            found.append(line)
        return found


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
    window = _window(window, [*networks, whole], start, dt)
    data = of_conditions(whole, "compare: recording")
    pairing = _pairing(pairing, [*networks, data], n_components)
    if pairing == "names":
        names = common_names(networks[0], data)
        networks = [_named(each, names, "untrained") for each in networks]
        data = _named(data, names, "recording")
        if by_trial:
            whole = whole.isel(trial=np.isin(whole["condition"].values, names))
    n_conditions = min(each.sizes["condition"] for each in [*networks, data])
    n_units = min(each.sizes["unit"] for each in [*networks, data])
    n_half = n_units if by_trial else min(n_units, data.sizes["unit"] // 2)
    _check_enough(n_conditions, n_units, n_half, n_components, by_trial)
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


def own_measures(
    rates: xr.DataArray, window: tuple[float, float] | None = None, n_components: int = 6
) -> NDArray[np.float64]:
    """The measures of one population, in the order of :data:`OF_ONE`.

    Parameters
    ----------
    rates
        (condition, time, unit), not yet normalised; trials are averaged.
    window
        First and last time, in ms; None for all. Ranges are taken over all times.
    n_components
        Of jPCA.

    Raises
    ------
    InputError
        As :func:`analyses.population.jpca.jpca` and :func:`analyses.population.tangling.tangling`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> x = np.random.default_rng(0).standard_normal((8, 20, 12)).cumsum(axis=1)
    >>> own_measures(labelled(x, 10 * np.arange(20), units="1")).shape
    (5,)
    """
    rates = of_conditions(rates, "own_measures")
    found = jpca(rates, window=window, n_components=n_components)
    Q = tangling(rates, window=window, n_components=min(8, rates.sizes["unit"]))
    return np.array(
        [
            participation_ratio(in_window(soft_normalised(rates), window, "own_measures")),
            found["r2"],
            found["r2_skew"],
            found["frequency"].values[0],
            np.quantile(Q, TANGLED),
        ]
    )


def similarities(
    a: xr.DataArray, b: xr.DataArray, window: tuple[float, float] | None = None
) -> NDArray[np.float64]:
    """The measures of two populations, in the order of :data:`OF_BOTH`.

    Parameters
    ----------
    a, b
        (condition, time, unit), not yet normalised; of the same conditions, and the same times
        within the window. ``b`` is decoded from ``a``. Canonical correlations are of the first 6
        principal components and decoding of the first 10, but of at most a third of the units: of
        units drawn with replacement, hardly less than half are different.
    window
        First and last time, in ms; None for all. Ranges are taken over all times.

    Raises
    ------
    InputError
        As the measures.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> x = np.random.default_rng(0).standard_normal((8, 20, 12)).cumsum(axis=1)
    >>> rates = labelled(x, 10 * np.arange(20), units="1")
    >>> similarities(rates, rates).round(3)[1:4]
    array([1., 1., 1.])
    """
    return _alike(_prepared(a, window), _prepared(b, window))


def plot_row(ax: Axes, row: Row) -> None:
    """Draw a line of the table: numbers with their intervals, ceiling and floors as bars.

    Parameters
    ----------
    ax
        Axes to draw on.
    row
        From :func:`compare`.
    """
    from analyses.figures.style import COLORS

    colors = dict(zip(ESTIMATES, ("k", COLORS[0], COLORS[1], COLORS[2], "0.6", "0.6"), strict=True))
    for y, name in enumerate(reversed(ESTIMATES)):
        each = getattr(row, name)
        if each is None:
            continue
        value, low, high = map(float, each)
        if name in BOUNDS:
            ax.barh(y, high - low, left=low, height=0.5, color=colors[name], alpha=0.5, lw=0)
            ax.plot([value, value], [y - 0.25, y + 0.25], color=colors[name])
        else:
            ends = [[value - low], [high - value]]
            ax.errorbar([value], [y], xerr=ends, fmt="o", ms=4, color=colors[name])
    names = [name.replace("_", " ") for name in reversed(ESTIMATES)]
    ax.use_sticky_edges = False  # bars keep a margin
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(-0.6, len(names) - 0.4), title=row.measure.name)
    ax.set_xlabel("" if row.measure.unit == "1" else row.measure.unit.replace("^2", "$^2$"))


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


def _window(
    window: tuple[float, float] | None, populations: list[xr.DataArray], start: float, dt: float
) -> tuple[float, float]:
    """The window in times of the lattice that all have."""
    first = max(float(each["time"].values[0]) for each in populations)
    last = min(float(each["time"].values[-1]) for each in populations)
    if last < first:
        spans = " and ".join(
            f"{each['time'].values[0]:g} to {each['time'].values[-1]:g} ms" for each in populations
        )
        raise InputError(f"compare: the times do not overlap, given {spans}")
    if window is None:
        window = first, last
    elif not first - 1e-6 <= window[0] < window[1] <= last + 1e-6:
        raise InputError(
            f"compare: window must lie within the times that both have, {first:g} to {last:g} ms, "
            f"given {window[0]:g} to {window[1]:g} ms"
        )
    low = start + np.ceil((window[0] - start) / dt - 1e-6) * dt
    high = start + np.floor((window[1] - start) / dt + 1e-6) * dt
    if high - low < 1.5 * dt:
        raise InputError(
            f"compare: expected at least 3 common times, {dt:g} ms apart, given "
            f"{window[0]:g} to {window[1]:g} ms"
        )
    return float(low), float(high)


def _pairing(pairing: str | None, populations: list[xr.DataArray], needed: int) -> str:
    """How conditions are paired, checked."""
    model, data = populations[0], populations[-1]
    names = common_names(model, data)
    if pairing is None:
        return "names" if len(names) >= max(needed, FOLDS) else "best"
    check_choice("compare", "pairing", pairing, PAIRINGS)
    if pairing == "names" and not names:
        shown = " and ".join(
            ", ".join(map(str, each["condition"].values[:3])) + ", ..." for each in (model, data)
        )
        raise InputError(f"compare: no condition has the same name in both, given {shown}")
    counts = [each.sizes["condition"] for each in populations]
    if pairing == "order" and len(set(counts)) > 1:
        raise InputError(
            "compare: pairing 'order' needs as many conditions of each, given "
            + " and ".join(map(str, counts))
        )
    return pairing


def _named(rates: xr.DataArray, names: list[str], which: str) -> xr.DataArray:
    given = rates["condition"].values.tolist()
    missing = [name for name in names if name not in given]
    if missing:
        raise InputError(f"compare: {which} has no condition '{missing[0]}'")
    return rates.isel(condition=[given.index(name) for name in names])


def _check_enough(
    n_conditions: int, n_units: int, n_half: int, n_components: int, by_trial: bool
) -> None:
    """Refuse too few before anything is drawn."""
    needed = max(n_components, FOLDS)
    if n_conditions < needed:
        raise InputError(
            f"compare: expected at least {needed} conditions in common (principal components of "
            f"jPCA, folds), given {n_conditions}"
        )
    if n_units < n_components or n_half < n_components:
        halves = "" if by_trial else ", and twice as many of a recording without trials"
        raise InputError(
            f"compare: expected at least {n_components} units, as many as principal components"
            f"{halves}; given {n_units} in common"
        )


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
        _prepared(_subset(each, s.n_conditions, s.n_half, s.rng, again), s.window)
        for each in (a, b)
    )
    if s.pairing == "best":
        b = b.isel(condition=best_pairing(a, b, s.rng))
    return _alike(a, b.assign_coords(condition=a["condition"].values))


def _prepared(rates: xr.DataArray, window: tuple[float, float] | None) -> xr.DataArray:
    return without_condition_mean(in_window(soft_normalised(rates), window, "similarities"))


def _alike(a: xr.DataArray, b: xr.DataArray) -> NDArray[np.float64]:
    folds = min(FOLDS, a.sizes["condition"])
    most = max(min(each.sizes["unit"] for each in (a, b)) // 3, 1)
    return np.array(
        [
            canonical_correlation(a, b, n_components=min(6, most), folds=folds),
            procrustes(a, b),
            cka(a, b),
            rsa(a, b),
            decoded_share(a, b, n_components=min(10, most), folds=folds),
        ]
    )


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
