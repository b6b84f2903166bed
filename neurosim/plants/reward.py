r"""Success or failure, told once a trial in place of the error: binary reward.

At the outcome of a trial, and at no other step, the rule is told

    e = 1 - R,   R = 1 if |y - f| <= radius and the trial pays, 0 otherwise

so that with coefficient a the mean ebar of a reward-modulated rule runs over trials, and 1 - ebar
is the expected reward. A trial pays with a probability that is set by block, drawn beforehand. In
practice before, the rule is told e = (|y - f| / radius)^2 at each step, which is 1 at the edge of
the success zone: in the same unit, failure is 1.

So that a trial has one outcome to be credited with, exploration is drawn once a trial and held
through it. The reward-modulated rules then are their own trial-by-trial form: zbar is the mean of
the readout at the outcomes of past trials, and W changes by kappa phi (z - zbar) r^T once a trial.
SUPERTREX's mastery pathway is tutored along the whole movement, while ebar is low enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim._compile import implements
from neurosim.errors import InputError, check_between, check_integer, check_positive
from neurosim.plants.effort import EffortKernel, NoEffort, effort

UNTOLD = -1.0
"""In place of an error: nothing is told in this step."""


@dataclass(frozen=True)
class BinaryReward:
    """Reward for a hand that is close to where it should be when the movement ends.

    Parameters
    ----------
    radius
        Of the success zone, in the unit of positions.
    practice
        Trials before, in which the rule is told the error at each step, as otherwise.
    probability
        That success pays, block by block; after the last block it begins again.
    block
        Trials of a block.

    Examples
    --------
    >>> reward = BinaryReward(0.05, practice=10, probability=(1.0, 0.4), block=50)
    >>> [reward.pays_with(trial) for trial in (0, 10, 60, 110)]
    [1.0, 1.0, 0.4, 1.0]
    """

    radius: float
    practice: int = 0
    probability: tuple[float, ...] = (1.0,)
    block: int = 50

    def __post_init__(self) -> None:
        check_positive(self, "radius", self.radius)
        check_integer(self, "practice", self.practice, minimum=0)
        check_integer(self, "block", self.block, minimum=1)
        if not self.probability:
            raise InputError("BinaryReward: probability must hold at least one value, given none")
        for probability in self.probability:
            check_between(self, "probability", probability, 0, 1)

    def alone(self, index: int) -> bool:
        """Whether reward is all that the rule is told in a trial."""
        return index >= self.practice

    def pays_with(self, index: int) -> float:
        """Probability that success pays in a trial; 1 in practice."""
        if not self.alone(index):
            return 1.0
        return self.probability[(index - self.practice) // self.block % len(self.probability)]

    def kernel(
        self, outcomes: Sequence[int], trial_steps: int, rng: np.random.Generator
    ) -> RewardKernel:
        """The compiled piece.

        Parameters
        ----------
        outcomes
            Step of the outcome in each trial of the run.
        trial_steps
            Steps of a trial.
        rng
            Which trials pay is drawn from this.
        """
        n_trials = len(outcomes)
        chances = [self.pays_with(index) for index in range(n_trials)]
        return RewardKernel(
            radius=float(self.radius),
            practice=int(self.practice),
            trial_steps=trial_steps,
            outcome=np.array(outcomes, np.int64),
            pays=rng.random(n_trials) < chances,
            success=np.full(n_trials, np.nan),
            reward=np.full(n_trials, np.nan),
        )


class RewardKernel(NamedTuple):
    """What is asked at the outcome of each trial, and what came of it; arrays by trial."""

    radius: float
    practice: int
    trial_steps: int
    outcome: NDArray[np.int64]
    pays: NDArray[np.bool_]
    success: NDArray[np.float64]
    reward: NDArray[np.float64]


def told(kind, error, step):  # type: ignore[no-untyped-def]
    """The error that the rule is told of, ``UNTOLD`` if none (compiled code only)."""
    raise TypeError("told() is resolved by compiled code")


@implements(told, NoEffort)
def _(kind, error, step):  # type: ignore[no-untyped-def]
    return error


@implements(told, EffortKernel)
def _(kind, error, step):  # type: ignore[no-untyped-def]
    return error


@implements(effort, RewardKernel)
def _(kind, signals):  # type: ignore[no-untyped-def]
    return 0.0


@implements(told, RewardKernel)
def _(kind, error, step):  # type: ignore[no-untyped-def]
    index = step // kind.trial_steps
    if step - index * kind.trial_steps == kind.outcome[index]:
        success = error <= kind.radius**2
        kind.success[index] = success
        kind.reward[index] = success and kind.pays[index]
        if index >= kind.practice:
            return 1.0 - kind.reward[index]
    return error / kind.radius**2 if index < kind.practice else UNTOLD
