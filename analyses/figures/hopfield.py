"""How many random patterns attractor networks hold, by rule and by number of units.

For each rule, number of units and number of patterns: the share that is retrieved, from the stored
patterns themselves and with 10 % of their units flipped (:mod:`analyses.capacity`). The capacity is
the number of patterns of which half are retrieved. What is published about it is about infinitely
many units; ours is what so many units do.

Where the rule says so, published numbers are

- Hebb: 0.138 N with few wrong units (Amit, Gutfreund & Sompolinsky 1985).
- Pseudo-inverse: N linearly independent patterns (Personnaz, Guyon & Dreyfus 1986).
- Polynomial of degree n, Hebb being n = 2: N^(n-1) / (2 (2n - 3)!! log N) without errors (Krotov &
  Hopfield 2016).
- Exponential, of two-state units: exp(a N) without errors for all a < log(2) / 2, and for all
  a < I(1 - 2 r) / 2 with a share r of the units flipped, 2 I(m) = (1 + m) log(1 + m) + (1 - m)
  log(1 - m) (Demircigil et al. 2017). Ramsauer et al. 2020 show for the softmax network, which runs
  here with the same beta = 1, that its capacity is exponential in N too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyses.capacity import capacity, flipped, retrieved
from analyses.figures import hopfield_figure
from analyses.figures.running import run_jobs
from analyses.figures.style import save_both
from analyses.figures.table import write_csv
from analyses.intervals import bootstrap, percentiles, resample
from neurosim.errors import InputError, check_integer
from neurosim.hopfield import Dense, Hebb, Modern, PseudoInverse

FLIPPED = 0.1
STARTS = {"stored": 0.0, "10 % flipped": FLIPPED}
"""Share of the units that are flipped, by where a pattern is started from."""

CRITERIA = ("within", "errorless")
TESTED = 50
"""Patterns that are tried of those stored, at most."""

AMIT = "Amit 1985"
KROTOV = "Krotov 2016"
DEMIRCIGIL = "Demircigil 2017"


class Law(NamedTuple):
    """What is published: the number of patterns that ``units`` hold, and by whom."""

    patterns: Callable[[int], float]
    source: str


@dataclass(frozen=True)
class Rule:
    """One kind of network, and what is tried of it.

    Attributes
    ----------
    kind
        The kind, for a number of units.
    sizes
        Numbers of units.
    loads
        Numbers of patterns, for a number of units.
    published
        Laws by start and criterion.
    against
        What the logarithm of the capacity is a line of: ``"log N"``, ``"N"`` or ``"sqrt N"``.
    seconds
        One job takes on one core, by size.
    extensive
        Whether the capacity is a number of patterns for each unit.
    steps
        At most so many updates.
    """

    kind: Callable[[int], Any]
    sizes: tuple[int, ...]
    loads: Callable[[int], tuple[int, ...]]
    published: dict[tuple[str, str], Law]
    against: str
    seconds: tuple[float, ...]
    extensive: bool = False
    steps: int = 20


def information(m: float) -> float:
    """I(m) of the module's docstring.

    Examples
    --------
    >>> information(1.0) == log(2)
    True
    """
    return 0.5 * sum((1 + a) * log(1 + a) for a in (m, -m) if a > -1)


def _times(factors: tuple[float, ...], power: int) -> Callable[[int], tuple[int, ...]]:
    """Loads that are multiples of a power of the number of units."""
    return lambda units: tuple(sorted({max(1, round(f * units**power)) for f in factors}))


def _multiplied(by: float, most: int) -> Callable[[int], tuple[int, ...]]:
    """Loads from 1, each ``by`` times the one before, to a quarter of all patterns there are."""

    def loads(units: int) -> tuple[int, ...]:
        count = round(log(min(most, 2 ** (units - 2))) / log(by))
        return tuple(sorted({round(by**k) for k in range(count + 1)}))

    return loads


def _exponential(rate: float) -> Law:
    return Law(lambda units: exp(rate * units), DEMIRCIGIL)


def _without_errors(degree: int) -> dict[tuple[str, str], Law]:
    return {("stored", "errorless"): Law(Dense(degree).capacity, KROTOV)}


RULES: dict[str, Rule] = {
    "hebb": Rule(
        lambda units: Hebb(),
        (100, 200, 500, 1000, 2000),
        _times((0.02, 0.05, 0.08, 0.1, 0.12, 0.13, 0.14, 0.15, 0.16, 0.18, 0.2, 0.25, 0.3), 1),
        {("stored", "within"): Law(lambda units: 0.138 * units, AMIT)} | _without_errors(2),
        "log N",
        (0.2, 0.2, 0.3, 0.8, 3.5),
        extensive=True,
        steps=100,
    ),
    "pseudo-inverse": Rule(
        lambda units: PseudoInverse(),
        (100, 200, 500, 1000),
        _times((0.1, 0.2, 0.3, 0.35, 0.4, 0.425, 0.45, 0.475, 0.5, 0.6, 0.8, 1.0), 1),
        {("stored", "errorless"): Law(float, "Personnaz 1986")},
        "log N",
        (0.1, 0.1, 0.3, 1.5),
        extensive=True,
    ),
    "dense, degree 3": Rule(
        lambda units: Dense(3),
        (20, 50, 100, 200),
        _times((0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12, 0.15), 2),
        _without_errors(3),
        "log N",
        (0.1, 0.4, 1.5, 7.0),
    ),
    "dense, degree 4": Rule(
        lambda units: Dense(4),
        (20, 30, 40, 60),
        _times((0.003, 0.005, 0.007, 0.009, 0.011, 0.014, 0.017, 0.02, 0.025), 3),
        _without_errors(4),
        "log N",
        (0.2, 0.5, 1.3, 4.5),
    ),
    "modern, beta 1": Rule(
        lambda units: Modern(sqrt(units)),
        (10, 15, 20, 25, 30),
        _multiplied(2.0, 2**18),
        {
            ("stored", "errorless"): _exponential(log(2) / 2),
            ("10 % flipped", "errorless"): _exponential(information(1 - 2 * FLIPPED) / 2),
        },
        "N",
        (0.3, 0.5, 3.0, 3.0, 3.0),
    ),
    "modern, default": Rule(
        lambda units: Modern(),
        (20, 50, 100, 200),
        _multiplied(sqrt(2), 2**16),
        {},
        "sqrt N",
        (0.5, 1.0, 1.5, 2.5),
    ),
}
"""What is tried, by name. The default's beta is 1 / sqrt(N)."""


@dataclass(frozen=True)
class Job:
    """Networks of one size under all loads.

    Attributes
    ----------
    rule
        One of :data:`RULES`.
    units
        N.
    loads
        Numbers of patterns.
    seed
        Of the patterns, flipped units and orders of updates.
    """

    rule: str
    units: int
    loads: tuple[int, ...]
    seed: int


def run_loads(job: Job) -> dict[str, Any]:
    """Shares of the patterns that are retrieved, by start, criterion and load."""
    rng = np.random.default_rng(job.seed)
    rule = RULES[job.rule]
    found: dict[str, dict[str, list[float]]] = {
        start: {criterion: [] for criterion in CRITERIA} for start in STARTS
    }
    for load in job.loads:
        patterns = 2 * rng.integers(0, 2, (load, job.units)).astype(np.float32) - 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of loads beyond the capacity
            network = rule.kind(job.units).store(patterns)
        some = patterns[:TESTED]
        for start, share in STARTS.items():
            shares = retrieved(network, some, flipped(some, share, rng), steps=rule.steps, rng=rng)
            for criterion in CRITERIA:
                found[start][criterion].append(getattr(shares, criterion))
    return found


def jobs(*, seeds: int, largest: int | None = None) -> dict[Job, float]:
    """All runs, with the seconds that each takes on one core.

    Raises
    ------
    InputError
        Fewer than two seeds, or no network as small as asked for.
    """
    check_integer("hopfield", "seeds", seeds, minimum=2)
    found = {
        Job(name, units, rule.loads(units), seed): seconds
        for name, rule in RULES.items()
        for units, seconds in zip(rule.sizes, rule.seconds, strict=True)
        for seed in range(seeds)
        if largest is None or units <= largest
    }
    if not found:
        smallest = min(min(rule.sizes) for rule in RULES.values())
        raise InputError(f"hopfield: largest must be at least {smallest}, given {largest}")
    return found


def reproduce(
    *,
    seeds: int = 11,
    largest: int | None = None,
    out: Path = Path("hopfield"),
    **how: Any,
) -> list[dict[str, Any]]:
    """Run all; write ``capacity.csv``, ``curves.csv`` and ``figure`` (.png, .pdf).

    Parameters
    ----------
    seeds
        Seeds 0 to seeds - 1.
    largest
        Networks of at most so many units; None for all.
    out, **how
        As for :func:`analyses.figures.running.run_jobs`.

    Returns
    -------
    list of dict
        The lines of ``capacity.csv``: of a ``network`` from a ``start`` by a ``criterion``, as
        ``quantity`` the number of ``patterns`` by ``units``, its growth (slope of its logarithm),
        and its limit for each of infinitely many units; ``ours`` with its 95 % bootstrap interval
        over seeds, ``published`` and its ``source``. Infinite: more than ``most_tried``.

    Raises
    ------
    InputError
        As :func:`jobs`.
    """
    records = run_jobs(run_loads, jobs(seeds=seeds, largest=largest), out, **how)
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for job, record in records.items():
        found.setdefault((job.rule, job.units), []).append(record)
    curves = [line for (name, units), some in found.items() for line in _curves(name, units, some)]
    lines = [
        line
        for name in RULES
        for start in STARTS
        for criterion in CRITERIA
        for line in _capacities(name, start, criterion, found)
    ]
    write_csv(out / "curves.csv", curves)
    write_csv(out / "capacity.csv", lines)
    save_both(hopfield_figure.draw(curves, lines), out / "figure")
    return lines


def _shares(records: list[dict[str, Any]], start: str, criterion: str) -> NDArray[np.float64]:
    """(seeds, loads)."""
    return np.array([record[start][criterion] for record in records])


def _mean(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(shares.mean(axis=0))


def _curves(name: str, units: int, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean shares over seeds by load, with intervals."""
    lines = []
    for start in STARTS:
        errorless = _mean(_shares(records, start, "errorless"))
        estimate = bootstrap(_mean, _shares(records, start, "within"), rng=np.random.default_rng(0))
        within, low, high = map(np.asarray, estimate)
        for k, load in enumerate(RULES[name].loads(units)):
            lines.append(
                {
                    "network": name,
                    "units": units,
                    "start": start,
                    "patterns": load,
                    "within": float(within[k]),
                    "low": float(low[k]),
                    "high": float(high[k]),
                    "errorless": float(errorless[k]),
                }
            )
    return lines


def _capacities(
    name: str, start: str, criterion: str, found: dict[tuple[str, int], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Capacities of one rule by size, how they grow, and their limit."""
    rule = RULES[name]
    sizes = [units for units in rule.sizes if (name, units) in found]
    if not sizes:
        return []
    law = rule.published.get((start, criterion))

    def of_each(*shares: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array(
            [capacity(rule.loads(n), _mean(s)) for n, s in zip(sizes, shares, strict=True)]
        )

    def line(
        quantity: str, units: int | None, estimate: Any, published: float | None
    ) -> dict[str, Any]:
        value, low, high = map(float, estimate)
        return {
            "network": name,
            "start": start,
            "criterion": criterion,
            "quantity": quantity,
            "units": units,
            "ours": value,
            "low": low,
            "high": high,
            "most_tried": None if units is None else rule.loads(units)[-1],
            "published": published,
            "source": law.source if law and published is not None else "",
        }

    shares = [_shares(found[name, units], start, criterion) for units in sizes]
    value = of_each(*shares)
    drawn = resample(of_each, *shares, rng=np.random.default_rng(0), n_resamples=1000)
    ends = np.array(percentiles(drawn))
    lines = [
        line("patterns", units, (value[k], *ends[:, k]), law.patterns(units) if law else None)
        for k, units in enumerate(sizes)
    ]
    growth = _slope(sizes, value, rule.against)
    if np.isfinite(growth):
        low, high = percentiles(np.array([_slope(sizes, each, rule.against) for each in drawn]))
        theirs = np.array([law.patterns(units) for units in sizes]) if law else None
        published = None if theirs is None else _slope(sizes, theirs, rule.against)
        lines.append(line(f"growth, {rule.against}", None, (growth, low, high), published))
    if rule.extensive and criterion == "within" and np.isfinite(value).all() and len(sizes) > 2:
        low, high = percentiles(np.array([_limit(sizes, each) for each in drawn]))
        published = law.patterns(1) if law else None
        lines.append(line("patterns / N", None, (_limit(sizes, value), low, high), published))
    return lines


def _limit(sizes: list[int], patterns: NDArray[np.float64]) -> float:
    """Patterns for each unit of infinitely many, by a line through them in 1 / sqrt N."""
    N = np.array(sizes, float)
    return float(np.polyfit(N**-0.5, patterns / N, 1)[1])


AGAINST: dict[str, Callable[[Any], Any]] = {"log N": np.log, "N": np.asarray, "sqrt N": np.sqrt}


def _slope(sizes: list[int], patterns: NDArray[np.float64], against: str) -> float:
    """Of log patterns, by least squares over sizes with a finite capacity; infinite below two."""
    finite = np.isfinite(patterns) & (patterns > 0)
    if finite.sum() < 2:
        return inf
    x = AGAINST[against](np.array(sizes, float))
    return float(np.polyfit(x[finite], np.log(patterns[finite]), 1)[0])
