"""What a network is asked to do, and for how many trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_choice, check_integer
from neurosim.plants import Effort, Plant

FEEDBACKS = ("free", "target", "replay")
SENSES = ("hand", "joints")


class Label(NamedTuple):
    """What a trial is in some respect: its condition, say.

    Attributes
    ----------
    value
        A number or a word.
    long_name, unit
        For labels.
    """

    value: float | str
    long_name: str
    unit: str = "1"


@dataclass(frozen=True)
class Trial:
    """One trial of a task.

    Attributes
    ----------
    target
        (T, axes) wanted position of the hand at each step.
    inputs
        (T, M) external input u, or None.
    labels
        What the trial is, by the name of the coordinate of a result's trials.
    events
        When what happens in it, by name, in ms from the start of the trial: the coordinate
        NAME_time of a result's trials.

    All trials of a task have the same labels and events.
    """

    target: NDArray[np.float64]
    inputs: NDArray[np.float64] | None = None
    labels: Mapping[str, Label] = field(default_factory=dict)
    events: Mapping[str, float] = field(default_factory=dict)


class Task(Protocol):
    """What a network is asked to do; any object of this form will do.

    It may have ``senses``, any of :data:`SENSES`: what the network is told of the plant's state as
    it was a step ago, as inputs besides those that the task gives. ``"hand"``: the coordinates of
    the hand; ``"joints"``: the joint angles of an arm, and their velocities if it has inertia.

    It may have a ``reward``, a :class:`neurosim.plants.BinaryReward`, which the rule is told of in
    place of the error; its trials then have an event ``outcome``.
    """

    @property
    def name(self) -> str:
        """For results and messages."""
        ...

    @property
    def plant(self) -> Plant:
        """What moves."""
        ...

    @property
    def effort(self) -> Effort | None:
        """What moving costs, if anything."""
        ...

    @property
    def n_inputs(self) -> int:
        """Number of external inputs that the trials give."""
        ...

    @property
    def test_feedback(self) -> str:
        """Default of :class:`Schedule` ``test_feedback``."""
        ...

    @property
    def unit(self) -> str:
        """Unit of positions, for labels."""
        ...

    @property
    def reset(self) -> bool:
        """Whether each trial starts from the network's initial state, or the state runs on."""
        ...

    def n_steps(self, dt: float) -> int:
        """Steps of one trial."""
        ...

    def trial(self, index: int, dt: float) -> Trial:
        """The trial of this number, counted from 0 through training and test."""
        ...


@dataclass(frozen=True)
class Schedule:
    """How many trials, and what is fed back.

    Parameters
    ----------
    train_trials, test_trials
        Trials with learning and noise, then without.
    train_feedback, test_feedback
        ``"free"``: the network's own last readout. ``"target"``: the wanted readout (teacher
        forcing). ``"replay"`` (tests only): what the same network put out at the same phase of the
        last training trials, the last ``test_trials`` of them in turn. ``""``: what the rule
        (training) or the task (test) asks for.
    """

    train_trials: int = 10
    test_trials: int = 5
    train_feedback: str = ""
    test_feedback: str = ""

    def __post_init__(self) -> None:
        check_integer(self, "train_trials", self.train_trials, minimum=0)
        check_integer(self, "test_trials", self.test_trials, minimum=0)
        check_choice(self, "train_feedback", self.train_feedback, ("", "free", "target"))
        check_choice(self, "test_feedback", self.test_feedback, ("", *FEEDBACKS))
        if self.trials == 0:
            raise InputError("Schedule: train_trials + test_trials must be at least 1, given 0")

    @property
    def trials(self) -> int:
        """All trials."""
        return self.train_trials + self.test_trials
