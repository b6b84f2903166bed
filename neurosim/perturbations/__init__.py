"""What is done to a network: disease, treatment, lesion, and a world that changes.

A perturbation is a frozen value with a strength, from 0 (health: nothing happens, to the bit) to 1,
and a schedule. Several of them compose:

>>> from neurosim import Direct, Reservoir, Rmhl, Schedule, train
>>> from neurosim.perturbations import Depletion, Silence, When
>>> from tasks.motor import motor_task
>>> result = train(
...     motor_task("butterfly", period=100.0), Rmhl(), Reservoir(n_units=50),
...     schedule=Schedule(train_trials=3, test_trials=1),
...     perturbations=[Depletion(0.6, when=When(first_trial=1)), Silence(when=When("test"))],
... )
>>> result.attrs["perturbations"]
'dopamine:0.6@trial=1..; silence:exploratory@test'

``neurosim.perturbations.parse.parse`` reads the same from text. What acts at single steps is
written into arrays that the one compiled loop reads, of length 0 where nothing acts; what changes
network, plant or task does so at the begin of a trial.
"""

from __future__ import annotations

from neurosim.perturbations._base import Perturbation, PerturbedTrial, When
from neurosim.perturbations._course import Course
from neurosim.perturbations.change import ArmChange, TargetChange
from neurosim.perturbations.dopamine import Depletion, Levodopa, RewardNoise
from neurosim.perturbations.feedback import FeedbackDelay, FeedbackNoise
from neurosim.perturbations.freeze import Freeze
from neurosim.perturbations.kick import Kick
from neurosim.perturbations.lesion import Lesion
from neurosim.perturbations.oscillation import Beta, OutputNoise, Tremor
from neurosim.perturbations.recorded_output import RecordedOutput
from neurosim.perturbations.silence import Silence, Stimulation

KINDS: dict[str, type[Perturbation]] = {
    kind.name: kind
    for kind in (
        Depletion,
        Levodopa,
        RewardNoise,
        Tremor,
        Beta,
        OutputNoise,
        RecordedOutput,
        Silence,
        Stimulation,
        Lesion,
        Freeze,
        TargetChange,
        ArmChange,
        FeedbackDelay,
        FeedbackNoise,
        Kick,
    )
}
"""All perturbations by their names on the command line."""

__all__ = [
    "KINDS",
    "ArmChange",
    "Beta",
    "Course",
    "Depletion",
    "FeedbackDelay",
    "FeedbackNoise",
    "Freeze",
    "Kick",
    "Lesion",
    "Levodopa",
    "OutputNoise",
    "Perturbation",
    "PerturbedTrial",
    "RecordedOutput",
    "RewardNoise",
    "Silence",
    "Stimulation",
    "TargetChange",
    "Tremor",
    "When",
]
