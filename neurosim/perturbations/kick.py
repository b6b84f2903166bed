"""Push the state of the network off its course once, to see whether it comes back.

x_i <- x_i + s xi_i,  xi_i ~ Normal(0, 1), before the step at the given time
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_non_negative
from neurosim.perturbations._base import Perturbation, PerturbedTrial, Stream

if TYPE_CHECKING:
    from neurosim.simulate import Simulation


@dataclass(frozen=True)
class Kick(Perturbation):
    """Kick: a random push to the state of all units, once a trial.

    Parameters
    ----------
    strength
        s, the standard deviation of the push in units of x, of which a chaotic reservoir has about
        one.
    time
        From the begin of the trial, in ms.

    Examples
    --------
    >>> from neurosim.perturbations import When
    >>> print(Kick(0.1, 500.0, when=When(first_trial=12, last_trial=12)))
    kick:0.1:500@trial=12
    """

    name: ClassVar[str] = "kick"
    arguments: ClassVar[tuple[str, ...]] = ("strength", "time")

    time: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_non_negative(self, "time", self.time)

    def check(self, run: Simulation) -> None:
        """Refuse a time after the end of the trial."""
        if self._step(run) >= run.trial_steps:
            raise InputError(
                f"{self}: time must be within a trial of "
                f"{run.trial_steps * run.reservoir.dt:g} ms, given {self.time:g} ms"
            )

    def _step(self, run: Simulation) -> int:
        return round(self.time / run.reservoir.dt)

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Note the push."""
        step = self._step(trial.run)
        push = strength[step] * stream(trial.index).standard_normal(len(trial.silent))
        trial.kicks[step] = trial.kicks.get(step, 0.0) + push
