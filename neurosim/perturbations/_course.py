"""The perturbations of a run: checked against it and each other, applied trial by trial."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.perturbations._base import Perturbation, PerturbedTrial

if TYPE_CHECKING:
    from neurosim.simulate import Simulation

STREAM = 3
"""The first key of the seeds of all perturbations; network, units and outputs have 0, 1 and 2."""


class _Scheduled(NamedTuple):
    """A perturbation, its trials, and the key of its random streams."""

    perturbation: Perturbation
    trials: range
    key: tuple[int, ...]


class Course:
    """What perturbations do in the course of a run; those of strength 0 do nothing.

    Parameters
    ----------
    perturbations
        In any order.
    run
        With task, rule, network and schedule in place.

    Raises
    ------
    InputError
        A perturbation does not fit the run, its schedule lies outside of it, or two of them claim
        the same in the same trial.
    """

    def __init__(self, perturbations: tuple[Perturbation, ...], run: Simulation) -> None:
        self.run = run
        active: list[_Scheduled] = []
        met: Counter[str] = Counter()
        for one in perturbations:
            if not isinstance(one, Perturbation):
                raise InputError(f"perturbations: expected perturbations, given {one!r}")
            trials = _trials(one, run)
            one.check(run)
            if one.strength:
                key = (STREAM, crc32(one.name.encode()), met[one.name])
                active.append(_Scheduled(one, trials, key))
            met[one.name] += bool(one.strength)
        _check_claims(active)
        self.active = sorted(active, key=lambda scheduled: scheduled.perturbation.stage)

    def trial(self, index: int) -> PerturbedTrial:
        """What they make of a trial."""
        made = PerturbedTrial(self.run, index)
        for one, trials, key in self.active:
            if index in trials:

                def stream(*trial: int, key: tuple[int, ...] = key) -> np.random.Generator:
                    seed = np.random.SeedSequence(self.run.seed, spawn_key=(*key, *trial))
                    return np.random.default_rng(seed)

                level = one.when.level(index, trials, self.run.trial_steps)
                one.apply(made, one.strength * level, stream)
        return made

    def target(self, index: int, target: NDArray[np.float64]) -> NDArray[np.float64]:
        """What they make of the target of a trial, (T, axes)."""
        for one, trials, _ in self.active:
            if index in trials:
                level = one.when.level(index, trials, len(target))
                target = one.retarget(target, one.strength * level)
        return target

    def first_trial(self, perturbation: Perturbation) -> int:
        """The first trial in which a perturbation acts."""
        return perturbation.when.trials(self.run.schedule).start


def _trials(one: Perturbation, run: Simulation) -> range:
    """The trials of a perturbation, all of which the run has."""
    schedule, when = run.schedule, one.when
    trials = when.trials(schedule)
    whole = f"the run has trials 0 to {schedule.trials - 1}"
    if schedule.train_trials and schedule.test_trials:
        whole += f", test from {schedule.train_trials}"
    if not trials or max(when.first_trial, when.last_trial or 0) >= schedule.trials:
        raise InputError(f"{one}: its schedule lies outside the run; {whole}")
    if one.needs_training and trials.start >= schedule.train_trials:
        raise InputError(f"{one}: acts on learning, which tests have none of; {whole}")
    return trials


def _check_claims(active: list[_Scheduled]) -> None:
    for (a, trials, _), (b, others, _) in combinations(active, 2):
        both = range(max(trials.start, others.start), min(trials.stop, others.stop))
        if both and (shared := a.claims & b.claims):
            last = f" to {both[-1]}" if len(both) > 1 else ""
            raise InputError(
                f"{a} and {b} conflict: both set {min(shared)} in trial {both[0]}{last}; "
                "expected one of them, or schedules that do not overlap"
            )
