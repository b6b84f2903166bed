"""What every perturbation is: how strong, when, and what it writes into a trial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim._loop import Modulation, unmodulated
from neurosim.errors import InputError, check_between, check_choice, check_integer

if TYPE_CHECKING:
    from neurosim.plants import Plant
    from neurosim.simulate import Simulation
    from neurosim.task import Schedule

Stream = Callable[..., np.random.Generator]
"""``stream()``: what a perturbation draws once a run; ``stream(index)``: what it draws in a trial.

Both follow from the run's seed, the kind of perturbation and how many of that kind came before,
and from nothing else: a run that goes on from a checkpoint has the same noise, and a lesion hits
the same units whatever else is done."""


@dataclass(frozen=True)
class When:
    """In which trials a perturbation acts; all of them by default.

    Parameters
    ----------
    phase
        ``"train"`` or ``"test"``; None: both.
    first_trial, last_trial
        Both included, counted from 0 through training and test; ``last_trial`` None: to the end.
    ramp
        Trials, or parts of one, over which the strength rises evenly, step by step, from its
        begin to the full.

    Examples
    --------
    >>> from neurosim import Schedule
    >>> list(When("train", first_trial=7).trials(Schedule(train_trials=10, test_trials=5)))
    [7, 8, 9]
    >>> When(ramp=0.5).level(0, range(2), 4)
    array([0.5, 1. , 1. , 1. ])
    """

    phase: str | None = None
    first_trial: int = 0
    last_trial: int | None = None
    ramp: float = 0.0

    def __post_init__(self) -> None:
        if self.phase is not None:
            check_choice(self, "phase", self.phase, ("train", "test"))
        check_integer(self, "first_trial", self.first_trial, minimum=0)
        if self.last_trial is not None:
            check_integer(self, "last_trial", self.last_trial, minimum=self.first_trial)
        check_between(self, "ramp", self.ramp, 0, 1e9)

    def trials(self, schedule: Schedule) -> range:
        """Numbers of the trials in which it acts; empty where there are none."""
        first, last = self.first_trial, schedule.trials - 1
        if self.last_trial is not None:
            last = min(last, self.last_trial)
        if self.phase == "train":
            last = min(last, schedule.train_trials - 1)
        elif self.phase == "test":
            first = max(first, schedule.train_trials)
        return range(first, last + 1)

    def level(self, index: int, trials: range, n_steps: int) -> NDArray[np.float64]:
        """Share of the full strength, (T,), at each step of a trial; 1 after the ramp."""
        done = (index - trials.start) * n_steps + np.arange(1, n_steps + 1)
        return np.minimum(1.0, done / max(1.0, self.ramp * n_steps))

    def __str__(self) -> str:
        parts = [self.phase] if self.phase else []
        if self.last_trial is not None and self.last_trial == self.first_trial:
            parts.append(f"trial={self.first_trial}")
        elif self.first_trial or self.last_trial is not None:
            last = "" if self.last_trial is None else self.last_trial
            parts.append(f"trial={self.first_trial}..{last}")
        if self.ramp:
            parts.append(f"ramp={shown(self.ramp)}")
        return "@" + ",".join(parts) if parts else ""


@dataclass(frozen=True)
class Perturbation:
    """What is done to a run, as a value; strength 0 is health, in which nothing is done.

    A kind of perturbation is a frozen dataclass of this form with an :meth:`apply`, in a file of
    its own, and a line in ``KINDS``.

    Attributes
    ----------
    name
        As on the command line and in messages.
    arguments
        Parameters that the command line takes without their names, in order.
    stage
        Those of a later stage act on what the earlier ones made of a trial.
    needs_training
        Acts on learning only.
    """

    name: ClassVar[str]
    arguments: ClassVar[tuple[str, ...]] = ("strength",)
    stage: ClassVar[int] = 0
    needs_training: ClassVar[bool] = False

    strength: float = 1.0
    when: When = field(default=When(), kw_only=True)

    def __post_init__(self) -> None:
        check_between(self, "strength", self.strength, 0, 1)

    @property
    def claims(self) -> frozenset[str]:
        """What it decides alone; no other may claim the same in the same trial."""
        return frozenset()

    def check(self, run: Simulation) -> None:
        """Refuse a run in which it makes no sense.

        Raises
        ------
        InputError
            With the reason.
        """

    def retarget(
        self, target: NDArray[np.float64], strength: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The target of a trial, (T, axes), as it becomes; ``strength`` (T,) at each step."""
        return target

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Write what else it changes into a trial.

        Parameters
        ----------
        trial
            To be changed.
        strength
            (T,) at each of its steps. What changes for a whole trial goes by the last one, so that
            a ramp over n trials is climbed in n steps.
        stream
            Source of its draws.
        """

    def __str__(self) -> str:
        """As written on the command line."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "when"}
        default = {f.name: f.default for f in fields(self) if f.default is not MISSING}
        ordered = list(self.arguments)
        while len(ordered) > 1 and given[ordered[-1]] == default[ordered[-1]]:
            ordered.pop()
        named = [n for n in given if n not in self.arguments and given[n] != default[n]]
        words = [shown(given[n]) for n in ordered] + [f"{n}={shown(given[n])}" for n in named]
        return ":".join([self.name, *words]) + str(self.when)


@dataclass(frozen=True)
class OfPathway(Perturbation):
    """A perturbation of one pathway from the reservoir to the readout."""

    pathway: str = "exploratory"

    def check(self, run: Simulation) -> None:
        """Refuse a pathway that the rule does not have."""
        check_pathway(self, self.pathway, run)


def check_pathway(owner: Perturbation, pathway: str, run: Simulation) -> None:
    """Refuse a pathway that the rule does not have.

    Raises
    ------
    InputError
        With the pathways it has.
    """
    has = run.rule.pathways
    if pathway not in has:
        raise InputError(
            f"{owner}: rule '{run.rule.name}' has no pathway '{pathway}', it has {', '.join(has)}"
        )


class PerturbedTrial:
    """What perturbations make of a trial before it begins; each writes what it changes.

    Attributes
    ----------
    run, index
        The run, and the number of the trial in it.
    steps
        (T,) numbers of its steps, counted in the run.
    delay
        Steps by which the readout is fed back late.
    silent
        (N,) which units are silent.
    lost
        (P, K, N) which readout weights do not exist.
    plant
        What moves.
    kicks
        What is added to the state x, (N,), before a step of the trial.
    """

    def __init__(self, run: Simulation, index: int) -> None:
        n_steps, n_units = run.trial_steps, run.reservoir.n_units
        self.run = run
        self.index = index
        self.steps = index * n_steps + np.arange(n_steps)
        self.delay = 0
        self.silent = np.zeros(n_units, bool)
        self.lost = np.zeros((len(run.rule.pathways), run.task.plant.n_outputs, n_units), bool)
        self.plant: Plant = run.task.plant
        self.kicks: dict[int, NDArray[np.float64]] = {}

    @cached_property
    def cut(self) -> NDArray[np.bool_]:
        """Which recurrent connections do not exist, in the order of their weights."""
        return np.zeros(self.run.network.recurrent.synapses, bool)

    @cached_property
    def modulation(self) -> Modulation:
        """What is done at each step."""
        n_pathways, n_outputs = len(self.run.rule.pathways), self.run.task.plant.n_outputs
        return unmodulated(len(self.steps), n_pathways, n_outputs)

    def pathway(self, name: str) -> int:
        """Number of a pathway."""
        return self.run.rule.pathways.index(name)

    @property
    def is_modulated(self) -> bool:
        """Whether anything is done at single steps."""
        return "modulation" in vars(self)

    @property
    def is_cut(self) -> bool:
        """Whether any recurrent connections are lesioned."""
        return "cut" in vars(self)


def shown(value: Any) -> str:
    """A value as it is written on the command line."""
    if isinstance(value, tuple):
        return ",".join(map(shown, value))
    if isinstance(value, float) and isfinite(value) and value == int(value):
        return str(int(value))
    return str(value)
