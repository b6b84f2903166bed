r"""Dopamine: lost, replaced, noisy.

Dopamine stands for the reward signal phi(ebar - e) of RMHL and for what scales exploration psi
(see rules/rmhl.py). With gains g, 1 in health, and a noise xi the rule works with

    phi' = g_better phi + xi   where e <= ebar (better than expected)
    phi' = g_worse phi + xi    where e > ebar  (worse)
    psi' = g_explore psi

Depletion of strength d: each gain it affects times 1 - d. Levodopa of dose s, in units of the
depletion it makes up for, where 1 - g is lost of a gain:

    g_better, g_explore <- 1 - max(0, (1 - g) - s)
    g_worse             <- 1 - |(1 - g) - s|

A dose beyond what is lost is an overdose: better than enough dopamine cannot be signalled, but the
surplus fills the dips that signal worse-than-expected outcomes (Frank, Seeberger & O'Reilly 2004,
Science 306:1940). That dose and depletion cancel one to one is an assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_choice, check_non_negative
from neurosim.perturbations._base import Perturbation, PerturbedTrial, Stream
from neurosim.reservoir import BETTER, EXPLORATION, NOISE, WORSE

if TYPE_CHECKING:
    from neurosim.simulate import Simulation

GAINS = {
    "all": (BETTER, WORSE, EXPLORATION),
    "better": (BETTER,),
    "worse": (WORSE,),
    "exploration": (EXPLORATION,),
}


@dataclass(frozen=True)
class _OfReward(Perturbation):
    """Acts on the reward signal, which not every rule has."""

    needs_training = True

    def check(self, run: Simulation) -> None:
        """Refuse a rule that is not driven by reward."""
        if "exploratory" not in run.rule.pathways:
            raise InputError(
                f"{self}: rule '{run.rule.name}' does not learn from reward; "
                "expected 'supertrex' or 'rmhl'"
            )


@dataclass(frozen=True)
class Depletion(_OfReward):
    """Dopamine depletion: weaker reward signal and less exploration.

    Parameters
    ----------
    strength
        d, the share that is lost.
    affects
        ``"all"``, or one of the gains alone: ``"better"`` and ``"worse"`` (of the reward signal for
        outcomes better and worse than expected) or ``"exploration"``.

    Examples
    --------
    >>> print(Depletion(0.6), Depletion(0.6, "better"))
    dopamine:0.6 dopamine:0.6:better
    """

    name: ClassVar[str] = "dopamine"
    arguments: ClassVar[tuple[str, ...]] = ("strength", "affects")

    affects: str = "all"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "affects", self.affects, GAINS)

    @property
    def claims(self) -> frozenset[str]:
        """Each gain may be lowered once."""
        names = GAINS if self.affects == "all" else (self.affects,)
        return frozenset(f"the gain of dopamine ({name})" for name in names if name != "all")

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Lower the gains."""
        for gain in GAINS[self.affects]:
            trial.modulation.dopamine[:, gain] = 1 - strength


@dataclass(frozen=True)
class Levodopa(_OfReward):
    """Levodopa: makes up for lost dopamine; beyond that, weakens learning from bad outcomes.

    Parameters
    ----------
    strength
        s, the dose, in units of the depletion it makes up for.

    Examples
    --------
    >>> print(Levodopa(0.6))
    levodopa:0.6
    """

    name: ClassVar[str] = "levodopa"
    stage: ClassVar[int] = 1

    @property
    def claims(self) -> frozenset[str]:
        """One dose at a time."""
        return frozenset({"the dose of levodopa"})

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Restore the gains."""
        gains = trial.modulation.dopamine
        for gain in GAINS["all"]:
            left = (1 - gains[:, gain]) - strength
            gains[:, gain] = 1 - (abs(left) if gain == WORSE else np.maximum(0, left))


@dataclass(frozen=True)
class RewardNoise(_OfReward):
    """Noise on the reward signal: normally distributed, drawn afresh in each step.

    Parameters
    ----------
    amplitude
        Standard deviation of xi at strength 1, in units of phi, which is the fourth root of a
        difference of errors: 0.1 to 0.5 in the motor tasks.

    Examples
    --------
    >>> print(RewardNoise(0.5))
    reward-noise:0.5
    """

    name: ClassVar[str] = "reward-noise"

    amplitude: float = 0.25

    def __post_init__(self) -> None:
        super().__post_init__()
        check_non_negative(self, "amplitude", self.amplitude)

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Add to the signal."""
        draws = stream(trial.index).standard_normal(len(strength))
        trial.modulation.dopamine[:, NOISE] += strength * self.amplitude * draws
