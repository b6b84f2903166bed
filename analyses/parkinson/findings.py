"""What has been found in people and animals, and the same in the model: tests of direction.

Each test was stated before the seeds that it is reported on were run: an effect, a number for each
network, whose mean is expected to be above 0. It comes out where the 95 % bootstrap interval of the
mean over networks lies above 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyses.intervals import Estimate, bootstrap
from analyses.parkinson.drawing import SILENCED_AT
from analyses.parkinson.patients import DEPLETION
from analyses.variability import by_reward

Records = Mapping[str, Any]
"""What the experiments found in one network: ``after``, ``before`` by condition and strength,
``variability``, ``surprise``, ``vigour``."""

KEPT = 0.9
"""A movement is intact where at least this share of what learning gained is left."""

CLOSE = 0.25
"""Two groups match where they differ by no more than this share."""

HIGH, LOW = 0.9, 0.3
"""Probabilities of reward that are compared."""

P = f"{DEPLETION:g}"


@dataclass(frozen=True)
class Finding:
    """One test of direction.

    Attributes
    ----------
    row
        Number of the finding; several tests may belong to one.
    finding, source
        What was found, and by whom.
    effect
        What is measured in each network, and is expected to be above 0.
    measure
        The same as a function of what was found in one network.
    needed
        Whether the finding stands or falls by this test; others are reported beside it.
    """

    row: int
    finding: str
    source: str
    effect: str
    measure: Callable[[Records], float]
    needed: bool = True

    def values(self, networks: Sequence[Records]) -> NDArray[np.float64]:
        """The effect in each network."""
        return np.array([self.measure(records) for records in networks], float)

    def estimate(self, networks: Sequence[Records]) -> Estimate:
        """Mean over networks, with its interval from the same draws whenever it is asked for."""
        return bootstrap(np.mean, self.values(networks), rng=np.random.default_rng(0))


def kept(records: Records, error: float) -> float:
    """Share of what learning gained that an error leaves."""
    after = records["after"]
    healthy = after["execution"]["healthy 0"]
    return float((after["untrained"] - error) / (after["untrained"] - healthy))


def _execution(records: Records, key: str) -> float:
    return float(records["after"]["execution"][key])


def _mastery(records: Records, key: str) -> float:
    return float(records["before"][key]["mastery"])


def _loss(records: Records, trial: int) -> float:
    """Share of what learning had gained that is lost when z2 is silenced in a trial."""
    after = records["after"]
    gained = after["untrained"] - after["learning"][trial]
    return float((after["silenced_at"][str(trial)] - after["learning"][trial]) / gained)


def _spread(records: Records, group: str, probability: float) -> float:
    """Standard deviation of the change of aim from trial to trial at a probability of reward."""
    found = records["variability"][group]
    chosen = np.array(found["probability"])[1:] == probability
    return float(np.std(np.diff(found["aim"])[chosen], ddof=1))


def _after_outcome(records: Records, group: str) -> NDArray[np.float64]:
    """Variability after failure and after success."""
    found = records["variability"][group]
    rng = np.random.default_rng(0)
    history = by_reward(found["aim"], found["reward"], rng=rng, n_resamples=2)
    return np.asarray(history.variability.value)


def _contrast(records: Records, group: str) -> float:
    failed, succeeded = _after_outcome(records, group)
    return float(failed - succeeded)


def _surprise(records: Records, which: str, group: str) -> float:
    return float(records["surprise"][which][group])


def _vigour(records: Records, what: str) -> float:
    found = records["vigour"][what]
    return float(found["0"] - found[P])


def _share(records: Records, key: str, signal: str, band: str) -> float:
    """Share of the broad-band power of hand or exploratory output in a band."""
    power = records["after"]["hand"][key]
    return float(power[f"{signal} {band}"] / power[f"{signal} broad"])


TURNER = "Desmurget & Turner 2010; Piron et al. 2016"
TUTOR = "Turner & Desmurget 2010; Sage et al. 2003"
PEKNY = "Pekny, Izawa & Shadmehr 2015"
FRANK = "Frank, Seeberger & O'Reilly 2004"
BETA = "Brown 2003; Kühn et al. 2006"
LMAN = "Andalman & Fee 2009; Ölveczky et al. 2005"
EARLY, LATE = SILENCED_AT[0], SILENCED_AT[-1]

FINDINGS = (
    Finding(
        1,
        "blocking basal-ganglia output leaves learned movements intact",
        TURNER,
        f"share of learning kept when silenced afterwards, minus {KEPT}",
        lambda r: kept(r, _execution(r, f"pallidotomy {P}")) - KEPT,
    ),
    Finding(
        2,
        "... but new learning suffers",
        TUTOR,
        "error of mastery after learning: silenced minus healthy",
        lambda r: _mastery(r, f"pallidotomy {P}") - _mastery(r, "healthy 0"),
    ),
    Finding(
        2,
        "... but new learning suffers",
        TUTOR,
        "error in the third trial after a change of target: silenced minus healthy",
        lambda r: r["after"]["target"]["silenced"][-1] - r["after"]["target"]["healthy"][-1],
    ),
    Finding(
        3,
        "disease impairs movement more than removing the output",
        TUTOR,
        "error of a learned movement: off minus pallidotomy",
        lambda r: _execution(r, f"off {P}") - _execution(r, f"pallidotomy {P}"),
    ),
    Finding(
        3,
        "pallidotomy and stimulation improve movement ...",
        TUTOR,
        "error of a learned movement: off minus stimulation",
        lambda r: _execution(r, f"off {P}") - _execution(r, f"stimulation {P}"),
    ),
    Finding(
        3,
        "... but not learning (the order reverses)",
        TUTOR,
        "error of mastery after learning: pallidotomy minus off",
        lambda r: _mastery(r, f"pallidotomy {P}") - _mastery(r, f"off {P}"),
    ),
    Finding(
        3,
        "... but not learning (the order reverses)",
        TUTOR,
        "error of mastery after learning: stimulation minus off",
        lambda r: _mastery(r, f"stimulation {P}") - _mastery(r, f"off {P}"),
    ),
    Finding(
        4,
        "healthy: more variable when reward is less likely",
        PEKNY,
        "sd of the change of aim in degrees: probability 0.3 minus 0.9",
        lambda r: _spread(r, "healthy", LOW) - _spread(r, "healthy", HIGH),
    ),
    Finding(
        4,
        "healthy: most variable after failure",
        PEKNY,
        "sd of the change of aim in degrees: after failure minus after success",
        lambda r: _contrast(r, "healthy"),
    ),
    Finding(
        4,
        "patients do not raise variability after failure",
        PEKNY,
        "after failure minus after success: healthy minus off",
        lambda r: _contrast(r, "healthy") - _contrast(r, "off"),
    ),
    Finding(
        4,
        "patients match healthy people after success",
        PEKNY,
        f"{CLOSE} of the healthy sd of the change of aim after success, minus the difference",
        lambda r: float(
            CLOSE * _after_outcome(r, "healthy")[1]
            - abs(_after_outcome(r, "healthy") - _after_outcome(r, "off"))[1]
        ),
    ),
    Finding(
        5,
        "on medication: learn better from positive outcomes",
        FRANK,
        "successes where success is the surprise: levodopa minus off",
        lambda r: _surprise(r, "positive", "levodopa") - _surprise(r, "positive", "off"),
    ),
    Finding(
        5,
        "off medication: learn better from negative outcomes",
        FRANK,
        "successes where failure is the surprise: off minus levodopa",
        lambda r: _surprise(r, "negative", "off") - _surprise(r, "negative", "levodopa"),
    ),
    Finding(
        6,
        "hypometria: small movements",
        "textbook",
        "amplitude of reaches in distances: healthy minus off",
        lambda r: _vigour(r, "amplitude"),
    ),
    Finding(
        6,
        "bradykinesia: slow movements",
        "textbook",
        "peak speed of reaches in distances per s: healthy minus off",
        lambda r: _vigour(r, "peak_speed"),
    ),
    Finding(
        6,
        "tremor of 4-6 Hz",
        "textbook",
        "power of the hand from 4 to 6 Hz: off minus healthy",
        lambda r: (
            r["after"]["hand"][f"off {P}"]["hand tremor"]
            - r["after"]["hand"]["healthy 0"]["hand tremor"]
        ),
    ),
    Finding(
        7,
        "beta excess off medication",
        BETA,
        "share of the exploratory output's power in 13-30 Hz: off minus healthy",
        lambda r: (
            _share(r, f"off {P}", "output", "beta") - _share(r, "healthy 0", "output", "beta")
        ),
    ),
    Finding(
        7,
        "beta excess off medication, less on it",
        BETA,
        "share of the exploratory output's power in 13-30 Hz: off minus levodopa",
        lambda r: (
            _share(r, f"off {P}", "output", "beta") - _share(r, f"levodopa {P}", "output", "beta")
        ),
    ),
    Finding(
        8,
        "songbird: early in learning the loss of LMAN loses the improvement",
        LMAN,
        f"share of learning lost when silenced: trial {EARLY} minus trial {LATE}",
        lambda r: _loss(r, EARLY) - _loss(r, LATE),
    ),
    Finding(
        8,
        "songbird: LMAN adds variability",
        LMAN,
        "sd of the change of aim in degrees: healthy minus off, all trials",
        lambda r: float(
            np.std(np.diff(r["variability"]["healthy"]["aim"]), ddof=1)
            - np.std(np.diff(r["variability"]["off"]["aim"]), ddof=1)
        ),
        needed=False,
    ),
)
"""In the order of the table; rows are numbered as the findings."""
