"""Disturb what is fed back to the network: late, or noisy.

fed_t = z_(t-1-d) + s A xi_t
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
class _OfFeedback(Perturbation):
    """Acts on the feedback, which not every network has."""

    def check(self, run: Simulation) -> None:
        """Refuse a network without feedback."""
        if run.reservoir.feedback == "off":
            raise InputError(f"{self}: the network has no feedback, given feedback = 'off'")


@dataclass(frozen=True)
class FeedbackDelay(_OfFeedback):
    """Delay of the feedback: the network hears its readout late.

    Parameters
    ----------
    strength
        Share of the delay; with a ramp it grows from trial to trial.
    delay
        In ms, beyond the one step that feedback always takes; shorter than a trial.

    Examples
    --------
    >>> from neurosim.perturbations import When
    >>> print(FeedbackDelay(delay=20.0, when=When(first_trial=10)))
    delay:20@trial=10..
    """

    name: ClassVar[str] = "delay"
    arguments: ClassVar[tuple[str, ...]] = ("delay",)

    delay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_non_negative(self, "delay", self.delay)

    @property
    def claims(self) -> frozenset[str]:
        """How late the feedback is."""
        return frozenset({"the delay of the feedback"})

    def check(self, run: Simulation) -> None:
        """Refuse trials in which what is fed back is given, and delays of a trial or more."""
        super().check(run)
        given = {run.feedback_of(i) for i in self.when.trials(run.schedule)} - {"free"}
        if given:
            raise InputError(
                f"{self}: delays the network's own readout, but in some of these trials the "
                f"feedback is given ('{given.pop()}'); expected feedback 'free'"
            )
        if round(self.delay / run.reservoir.dt) >= run.trial_steps:
            raise InputError(
                f"{self}: delay must be shorter than a trial of "
                f"{run.trial_steps * run.reservoir.dt:g} ms, given {self.delay:g} ms"
            )

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Set the delay for the whole trial."""
        trial.delay = round(float(strength[-1]) * self.delay / trial.run.reservoir.dt)


@dataclass(frozen=True)
class FeedbackNoise(_OfFeedback):
    """Noise on the feedback, normally distributed, drawn afresh in each step.

    Parameters
    ----------
    amplitude
        A, the standard deviation at strength 1, in units of the output.

    Examples
    --------
    >>> print(FeedbackNoise(0.5))
    feedback-noise:0.5
    """

    name: ClassVar[str] = "feedback-noise"

    amplitude: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        check_non_negative(self, "amplitude", self.amplitude)

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Add the noise."""
        fed = trial.modulation.fed
        draws = stream(trial.index).standard_normal(fed.shape)
        fed += strength[:, np.newaxis] * self.amplitude * draws
