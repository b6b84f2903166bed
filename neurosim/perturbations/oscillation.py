r"""Pathological output of a pathway: an oscillation or noise, added to what it puts out.

    z_p' = z_p + s A sin(2 pi f t + theta(t)),   d theta = sqrt(2 pi B) dW
    z_p' = z_p + s A xi(t)

with strength s, t from the begin of the run, W a Wiener process and xi normally distributed,
afresh in each step. With bandwidth B = 0 the oscillation is regular; otherwise its spectrum is a
Lorentzian around f, B Hz wide at half its height. All outputs of the pathway oscillate together, as
a synchronised nucleus would have it.

The rule learns from z_p', as it came out: what reaches the muscles, is followed by reward and
tutors other pathways is the disturbed signal. In SUPERTREX's test phase, in which the exploratory
pathway has no output of its own, the disturbance still moves the hand.

Frequency bands are those of clinical use (tremor 4-6 Hz; beta 13-30 Hz: Brown 2003, Mov Disord
18:357). The amplitude of 0.05, in units of the output, is an assumption: 9 degrees of a joint, or a
twentieth of the butterfly's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import check_between, check_non_negative
from neurosim.perturbations._base import OfPathway, PerturbedTrial, Stream


@dataclass(frozen=True)
class _Oscillation(OfPathway):
    """An oscillation on a pathway's output."""

    arguments: ClassVar[tuple[str, ...]] = ("strength", "frequency", "pathway")
    band: ClassVar[tuple[float, float]]

    frequency: float = 0.0
    amplitude: float = 0.05
    bandwidth: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_between(self, "frequency", self.frequency, *self.band)
        check_non_negative(self, "amplitude", self.amplitude)
        check_non_negative(self, "bandwidth", self.bandwidth)

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Add the oscillation."""
        phase = 2 * np.pi * self.frequency * 1e-3 * trial.run.reservoir.dt * trial.steps
        if self.bandwidth:
            phase = phase + self._wander(trial, stream)
        wave = strength * self.amplitude * np.sin(phase)
        trial.modulation.added[:, trial.pathway(self.pathway)] += wave[:, np.newaxis]

    def _wander(self, trial: PerturbedTrial, stream: Stream) -> NDArray[np.float64]:
        """theta at each step, (T,), which goes on from trial to trial."""
        n_steps = len(trial.steps)
        first = self.when.trials(trial.run.schedule).start
        drawn = [stream(i).standard_normal(n_steps) for i in range(first, trial.index + 1)]
        per_step = np.sqrt(2 * np.pi * self.bandwidth * 1e-3 * trial.run.reservoir.dt)
        return per_step * (sum(map(np.sum, drawn[:-1])) + np.cumsum(drawn[-1]))


@dataclass(frozen=True)
class Tremor(_Oscillation):
    """Tremor: an oscillation of 4-6 Hz on the output of a pathway.

    Parameters
    ----------
    pathway
        Which output.
    frequency
        f, in Hz, from 4 to 6.
    amplitude
        A, in units of the output.
    bandwidth
        B, in Hz.

    Examples
    --------
    >>> print(Tremor(0.5), Tremor(0.5, frequency=4.5, amplitude=0.1))
    tremor:0.5 tremor:0.5:4.5:amplitude=0.1
    """

    name: ClassVar[str] = "tremor"
    band: ClassVar[tuple[float, float]] = (4.0, 6.0)

    frequency: float = 5.0


@dataclass(frozen=True)
class Beta(_Oscillation):
    """Beta excess: an oscillation of 13-30 Hz on the output of a pathway.

    Parameters
    ----------
    pathway
        Which output.
    frequency
        f, in Hz, from 13 to 30.
    amplitude
        A, in units of the output.
    bandwidth
        B, in Hz.

    Examples
    --------
    >>> print(Beta(0.5, frequency=18.5, bandwidth=3.0))
    beta:0.5:18.5:bandwidth=3
    """

    name: ClassVar[str] = "beta"
    band: ClassVar[tuple[float, float]] = (13.0, 30.0)

    frequency: float = 20.0


@dataclass(frozen=True)
class OutputNoise(OfPathway):
    """Noise on the output of a pathway, drawn afresh in each step.

    Parameters
    ----------
    pathway
        Which output.
    amplitude
        A, the standard deviation at strength 1, in units of the output.

    Examples
    --------
    >>> print(OutputNoise(0.5, "mastery"))
    noise:0.5:mastery
    """

    name: ClassVar[str] = "noise"
    arguments: ClassVar[tuple[str, ...]] = ("strength", "pathway")

    amplitude: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        check_non_negative(self, "amplitude", self.amplitude)

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Add the noise."""
        added = trial.modulation.added[:, trial.pathway(self.pathway)]
        draws = stream(trial.index).standard_normal(added.shape)
        added += strength[:, np.newaxis] * self.amplitude * draws
