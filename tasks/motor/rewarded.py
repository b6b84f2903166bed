"""Reaching for reward: after practice, success or failure is all that is told.

As in Pekny, Izawa & Shadmehr 2015 (J Neurosci 35:4015) reaches to one target end in a success zone
or not, and success pays with a probability that changes from block to block. The zone can move
away from the target that is shown, so that there is something to learn from reward alone (Izawa &
Shadmehr 2011, PLoS Comput Biol 7:e1002012).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from neurosim.errors import InputError, check_between, check_integer
from neurosim.plants import BinaryReward
from neurosim.rules import Rmhl, Rule, Supertrex
from neurosim.task import Label, Trial
from tasks.motor.reaching import Reaching


@dataclass(frozen=True)
class RewardedReaching(Reaching):
    """Center-out reaching to a success zone, for binary reward.

    Parameters
    ----------
    reward
        Zone, practice and probability. The zone is around the end of the wanted movement, and
        asked for when that ends.
    shift
        Angle in degrees by which, after practice, zone and wanted movement are turned around the
        centre, counter-clockwise, while the network is shown the same target as before.
    shift_trials
        Over how many trials the shift grows evenly.

    Other parameters are those of :class:`Reaching`; there is one target unless more are asked for.

    Examples
    --------
    >>> task = RewardedReaching(reward=BinaryReward(0.05, practice=2), shift=10.0, shift_trials=5)
    >>> [task.trial(index, 1.0).labels["zone_angle"].value for index in (1, 2, 6, 9)]
    [0.0, 2.0, 10.0, 10.0]
    """

    name: str = "rewarded-reaching"
    n_targets: int = 1
    reward: BinaryReward = field(default_factory=lambda: BinaryReward(0.05, practice=80))
    shift: float = 0.0
    shift_trials: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_between(self, "shift", self.shift, -180, 180)
        check_integer(self, "shift_trials", self.shift_trials, minimum=1)

    def trial(self, index: int, dt: float) -> Trial:
        """The trial of this number: as in :class:`Reaching`.

        It has the labels ``zone_angle`` (degrees from the target that is shown) and
        ``reward_probability`` besides, and the event ``outcome``.
        """
        trial = super().trial(index, dt)
        after = index - self.reward.practice + 1
        angle = self.shift * min(1.0, max(0, after) / self.shift_trials)
        cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        turn = np.array([[cosine, sine], [-sine, cosine]])
        center = np.asarray(self.center)
        return replace(
            trial,
            target=center + (trial.target - center) @ turn,
            labels={
                **trial.labels,
                "zone_angle": Label(angle, "success zone from the target shown", "degree"),
                "reward_probability": Label(
                    self.reward.pays_with(index), "probability that success pays"
                ),
            },
            events={**trial.events, "outcome": trial.events["end"]},
        )


def rewarded_rule(rule: str, *, error_filter: float = 0.2) -> Rule:
    """A learning rule with constants that suit rewarded reaching and ``RESERVOIR``.

    What the rule is told is in units in which failure is 1. The reward signal is proportional to
    the surprise, and at most 1: the fourth root of the other motor tasks would make all surprises
    nearly alike. SUPERTREX transfers what mostly succeeds: while the mean of what is told is below
    0.3.

    Parameters
    ----------
    rule
        ``"rmhl"`` or ``"supertrex"``.
    error_filter
        Coefficient, per trial, of the mean of past outcomes.

    Raises
    ------
    InputError
        Another rule.

    Examples
    --------
    >>> rewarded_rule("rmhl").phi_exponent
    1.0
    """
    if rule not in ("rmhl", "supertrex"):
        raise InputError(
            f"rule '{rule}' cannot learn from reward alone; expected 'rmhl' or 'supertrex'"
        )
    explore = Rmhl(
        learning_rate=0.002,
        psi_scale=0.02,
        phi_exponent=1.0,
        phi_max=1.0,
        error_filter=error_filter,
    )
    if rule == "rmhl":
        return explore
    return Supertrex(exploratory=explore, gate_threshold=0.3, mastery_gain=1.0, transfer=1.0)
