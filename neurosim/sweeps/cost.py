"""How long the runs of a study will take, before they are begun."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from neurosim.errors import InputError
from neurosim.sweeps.run import Build, Plan, run_of
from neurosim.sweeps.study import Run, Study

SAMPLES = 5
"""Points that are tried."""

TRIED_S = 0.1
"""How long each is tried."""


def mean_seconds(plan: Plan) -> float:
    """Time of a missing run on one process, by those done before, or by trying a few.

    Parameters
    ----------
    plan
        With runs missing.

    Returns
    -------
    float
        In s; NaN where none of those tried can run.
    """
    runs = list(plan.missing.values())
    some = [runs[place] for place in _spread(len(runs))]
    records = [plan.store.record(address) for address in sorted(plan.done)[:1000]]
    done = [record["numbers"] for record in records if record]
    if not done:
        return _tried(some)
    seconds_a_step = sum(one["wall_s"] for one in done) / sum(one["steps"] for one in done)
    return seconds_a_step * float(np.mean([run.steps for run in some]))


def mean_seconds_of(study: Study, build: Build) -> float:
    """Time of a run of a study that is too large to be laid out.

    Parameters
    ----------
    study, build
        As for :func:`neurosim.sweeps.run_study`.

    Returns
    -------
    float
        As for :func:`mean_seconds`.

    Raises
    ------
    InputError
        A point that is tried cannot be built.
    """
    return _tried([run_of(build, study.point(number)) for number in _spread(study.size)])


def in_words(seconds: float) -> str:
    """A duration for a person.

    Examples
    --------
    >>> [in_words(s) for s in (4, 80, 300, 9000, 864_000, 1e9, float("nan"))]
    ['4 s', '80 s', '5 minutes', '2.5 hours', '10 days', '32 years', 'unknown']
    """
    if not np.isfinite(seconds):
        return "unknown"
    units = (("years", 31_557_600), ("days", 86_400), ("hours", 3600), ("minutes", 60), ("s", 1))
    unit, length = next(((u, n) for u, n in units if seconds >= 1.5 * n), ("s", 1))
    count = seconds / length
    return f"{count:,.0f} {unit}" if count >= 10 or unit == "s" else f"{count:.2g} {unit}"


def _spread(count: int) -> list[int]:
    """A few numbers, evenly from the first to the last."""
    return sorted({place * (count - 1) // (SAMPLES - 1) for place in range(SAMPLES)})


def _tried(runs: Sequence[Run]) -> float:
    found = []
    for run in runs:
        try:
            simulation = run.simulation()
        except InputError:  # it will fail at once
            continue
        simulation.compile()
        begun = time.perf_counter()
        while not simulation.finished and time.perf_counter() < begun + TRIED_S:
            simulation.advance()
        seconds = time.perf_counter() - begun
        found.append(seconds / max(1, simulation.step) * simulation.steps)
    return float(np.mean(found)) if found else float("nan")
