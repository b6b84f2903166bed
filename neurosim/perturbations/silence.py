"""Take a pathway out: silence it (pallidotomy, inactivation) or stimulate it (DBS).

    z_p' = (1 - s) z_p + s u(t)

z_p being what the pathway puts out, pathological oscillation and noise included (see
oscillation.py), and u what replaces it: nothing; pulses of 130 Hz; or noise that jams it. The rule
learns from z_p', so that a silenced exploratory pathway neither learns nor tutors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_choice, check_non_negative, check_positive
from neurosim.perturbations._base import OfPathway, PerturbedTrial, Stream

if TYPE_CHECKING:
    from neurosim.simulate import Simulation


@dataclass(frozen=True)
class Silence(OfPathway):
    """Silence the output of a pathway: pallidotomy, inactivation of its nucleus.

    Parameters
    ----------
    strength
        s, the share of the output that is lost.
    pathway
        Which output.

    Examples
    --------
    >>> from neurosim.perturbations import When
    >>> print(Silence(when=When("test")), Silence(0.5, "mastery"))
    silence:exploratory@test silence:mastery:0.5
    """

    name: ClassVar[str] = "silence"
    arguments: ClassVar[tuple[str, ...]] = ("pathway", "strength")
    stage: ClassVar[int] = 1

    @property
    def claims(self) -> frozenset[str]:
        """What comes out of the pathway."""
        return frozenset({f"the output of the {self.pathway} pathway"})

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Lower the gain of the output."""
        p = trial.pathway(self.pathway)
        trial.modulation.gain[:, p] *= 1 - strength
        trial.modulation.added[:, p] *= (1 - strength)[:, np.newaxis]


@dataclass(frozen=True)
class Stimulation(Silence):
    """Deep brain stimulation: replaces the output of a pathway by pulses or jams it by noise.

    Pulses are balanced, one step up and the next down, so that they drive nothing on average.

    Parameters
    ----------
    strength
        s, the share of the output that is replaced.
    pathway
        Which output.
    drive
        ``"pulses"`` or ``"jamming"``.
    frequency
        Of the pulses, in Hz.
    amplitude
        Of the pulses, or standard deviation of the noise, in units of the output.

    Examples
    --------
    >>> print(Stimulation(0.8), Stimulation(drive="jamming"))
    stimulation:0.8 stimulation:1:jamming
    """

    name: ClassVar[str] = "stimulation"
    arguments: ClassVar[tuple[str, ...]] = ("strength", "drive", "frequency")

    drive: str = "pulses"
    frequency: float = 130.0
    amplitude: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "drive", self.drive, ("pulses", "jamming"))
        check_positive(self, "frequency", self.frequency)
        check_non_negative(self, "amplitude", self.amplitude)

    def check(self, run: Simulation) -> None:
        """Refuse pulses that follow each other too fast for the step of the network."""
        super().check(run)
        fastest = 500 / run.reservoir.dt
        if self.frequency > fastest:
            raise InputError(
                f"{self}: frequency must be at most {fastest:g} Hz, two steps of "
                f"{run.reservoir.dt} ms a pulse, given {self.frequency:g}"
            )

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Replace the output."""
        super().apply(trial, strength, stream)
        added = trial.modulation.added[:, trial.pathway(self.pathway)]
        if self.drive == "pulses":
            step = np.arange(trial.steps[0] - 2, trial.steps[-1] + 1)
            cycle = np.floor(step * self.frequency * 1e-3 * trial.run.reservoir.dt)
            begins = np.diff(cycle)
            drive = (begins[1:] - begins[:-1])[:, np.newaxis]
        else:
            drive = stream(trial.index).standard_normal(added.shape)
        added += strength[:, np.newaxis] * self.amplitude * drive
