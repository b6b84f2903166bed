r"""Fatigue: a pathway that tires within each trial; an example of a perturbation of one's own.

    z_p' = (1 - s (1 - exp(-t / tau))) z_p,   t from the begin of the trial

with strength s and the time constant tau. The rule learns from z_p', as with the other
perturbations of outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import check_positive
from neurosim.perturbations import Perturbation, PerturbedTrial


@dataclass(frozen=True)
class Fatigue(Perturbation):
    """Fatigue of the last pathway of the rule.

    Parameters
    ----------
    strength
        s, the share of the output that is lost in the end.
    time_constant
        tau, in ms.
    """

    name: ClassVar[str] = "fatigue"
    arguments: ClassVar[tuple[str, ...]] = ("strength", "time_constant")

    time_constant: float = 500.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "time_constant", self.time_constant)

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: object) -> None:
        """Lower the gain of the pathway's output, step by step."""
        t = trial.run.reservoir.dt * np.arange(len(trial.steps))
        trial.modulation.gain[:, -1] *= 1 - strength * (1 - np.exp(-t / self.time_constant))
