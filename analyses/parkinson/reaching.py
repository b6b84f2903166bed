"""Networks that reach: for reward alone, and before they have learned it well.

Three experiments of their own networks of 400 units:

- ``variability``: reaches to one target in a wide success zone that pays with probability 0.9 and
  0.3 in turn, as in Pekny, Izawa & Shadmehr 2015 (J Neurosci 35:4015). RMHL.
- ``surprise``: the success zone moves by 8 degrees, at once, so that success is the surprise, or
  slowly, so that failure is. The two are the counterpart of learning from positive and negative
  outcomes in Frank, Seeberger & O'Reilly 2004 (Science 306:1940). RMHL, and a slower mean of the
  reward, so that expectations outlast single outcomes. Dopamine depletion weakens
  what better-than-expected outcomes teach; levodopa makes up for it and weakens what
  worse-than-expected ones teach.
- ``vigour``: SUPERTREX learns delayed reaches to eight targets, six to each.

All constants were chosen on seeds 1 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analyses.parkinson.patients import DEPLETION, condition
from analyses.rewarded import aims
from neurosim.errors import check_choice
from neurosim.perturbations import Depletion, Levodopa, OutputNoise, Perturbation, When
from neurosim.plants import BinaryReward
from neurosim.recording import Recording
from neurosim.simulate import Simulation
from neurosim.task import Schedule
from tasks.motor.reaching_presets import RESERVOIR, reaching_rule, reaching_task
from tasks.motor.rewarded import RewardedReaching, rewarded_rule

EXPERIMENTS = ("variability", "surprise", "vigour")

PRACTICE = 60
"""Trials with the error before reward is all that is told."""

PROBABILITIES = (0.9, 0.3)
BLOCK = 60
BLOCKS = 6
MOTOR_NOISE = 0.02
"""Standard deviation of noise on the output in ``variability``: 2.3 degrees at a reach's end."""

SHIFT = 8.0
SLOWLY = 100
SURPRISES = {"positive": 1, "negative": SLOWLY}
"""Trials over which the zone moves."""

SHIFTED = 200
"""Trials of ``surprise``."""

VIGOUR = 48
"""Training trials of ``vigour``; 16 test trials follow."""


@dataclass(frozen=True)
class Reach:
    """One experiment with one network.

    Attributes
    ----------
    experiment
        One of :data:`EXPERIMENTS`.
    seed
        Of all draws.
    depletions
        At which ``vigour`` is tried; elsewhere the patient's.
    """

    experiment: str
    seed: int
    depletions: tuple[float, ...] = (DEPLETION,)

    def __post_init__(self) -> None:
        check_choice(self, "experiment", self.experiment, EXPERIMENTS)


def work(job: Reach) -> dict[str, Any]:
    """Run an experiment; see the functions for what it finds."""
    return {"variability": variability, "surprise": surprise, "vigour": vigour}[job.experiment](job)


def variability(job: Reach) -> dict[str, Any]:
    """Directions of reaches under changing reward, healthy and depleted.

    Returns
    -------
    dict
        For ``healthy`` and ``off``: ``aim`` (degrees), ``reward`` and ``probability`` by trial.
    """
    reward = BinaryReward(0.1, practice=PRACTICE, probability=PROBABILITIES, block=BLOCK)
    run = _practised(job.seed, reward, 0.2, BLOCK * BLOCKS)
    when = When(first_trial=PRACTICE)
    noise = OutputNoise(1.0, amplitude=MOTOR_NOISE, when=when)
    groups: dict[str, tuple[Perturbation, ...]] = {
        "healthy": (noise,),
        "off": (noise, Depletion(DEPLETION, when=when)),
    }
    found = {}
    for name, given in groups.items():
        result = run.branch(*given).run()
        found[name] = {
            "aim": [*map(float, aims(result)[PRACTICE:])],
            "reward": [*map(int, result.reward.to_numpy()[PRACTICE:])],
            "probability": [*map(float, result.reward_probability.to_numpy()[PRACTICE:])],
        }
    return found


def surprise(job: Reach) -> dict[str, Any]:
    """Success while the zone moves, where reward is the surprise and where its absence is.

    Returns
    -------
    dict
        For ``positive`` and ``negative``, by ``healthy``, ``off`` and ``levodopa``: the share of
        successes.
    """
    when = When(first_trial=PRACTICE)
    off = Depletion(DEPLETION, "better", when=when)
    groups: dict[str, tuple[Perturbation, ...]] = {
        "healthy": (),
        "off": (off,),
        "levodopa": (off, Levodopa(DEPLETION, when=when)),
    }
    found: dict[str, Any] = {}
    for name, trials in SURPRISES.items():
        reward = BinaryReward(0.05, practice=PRACTICE)
        run = _practised(job.seed, reward, 0.05, SHIFTED, shift=SHIFT, shift_trials=trials)
        found[name] = {
            group: float(run.branch(*given).run().success[PRACTICE:].mean())
            for group, given in groups.items()
        }
    return found


def vigour(job: Reach) -> dict[str, Any]:
    """Size and speed of reaches in test trials, after little learning, by depletion.

    Returns
    -------
    dict
        ``amplitude`` (of the distance of the targets), ``peak_speed`` (distances per s) and
        ``error`` (of the distance) by depletion.
    """
    task = reaching_task(delay=(200.0, 200.0))
    found: dict[str, Any] = {"amplitude": {}, "peak_speed": {}, "error": {}}
    for depletion in (0.0, *job.depletions):
        given = condition("off", depletion, When("train")) if depletion else ()
        run = Simulation(
            task,
            reaching_rule("supertrex", task),
            RESERVOIR,
            seed=job.seed,
            schedule=Schedule(VIGOUR, 16),
            recording=Recording(("hand",), 10.0),
            perturbations=given,
        )
        result = run.run()
        n_samples = round(result.attrs["trial_ms"] / 10)
        shape = (-1, n_samples, 2)
        hand = result.hand.to_numpy().reshape(shape)[VIGOUR:]
        target = result.target.to_numpy().reshape(shape)[VIGOUR:]
        first = int(result.go_time[0] / 10)
        last = int(result.end_time[0] / 10) + 5
        reach = hand[:, first:last]
        speed = np.linalg.norm(np.gradient(reach, 0.01, axis=1), axis=2)
        distance = task.distances[0]
        key = f"{depletion:g}"
        far = np.linalg.norm(reach - reach[:, :1], axis=2).max(axis=1)
        found["amplitude"][key] = float(far.mean() / distance)
        found["peak_speed"][key] = float(speed.max(axis=1).mean() / distance)
        error = np.linalg.norm(hand - target, axis=2).mean()
        found["error"][key] = float(error / distance)
    return found


def _practised(
    seed: int, reward: BinaryReward, error_filter: float, trials: int, **shift: Any
) -> Simulation:
    """A network that has practised with the error, with trials for reward still to come."""
    task = RewardedReaching(reward=reward, delay=(0.0, 0.0), baseline=50.0, **shift)
    run = Simulation(
        task,
        rewarded_rule("rmhl", error_filter=error_filter),
        RESERVOIR,
        seed=seed,
        schedule=Schedule(PRACTICE + trials, 0),
        recording=Recording(("hand",), 10.0),
    )
    while run.index < PRACTICE:
        run.advance()
    return run
