"""Networks that learn to draw a butterfly with an arm, and are perturbed before or after.

The network has 1,000 units and SUPERTREX with the robust constants; a trial lasts 5 s. It is told
the phase of the movement and fed back its own output throughout, so that it goes on by itself. A
movement is learned in 10 trials. Errors are the mean distance of hand from target over a trial;
what the mastery pathway knows alone shows in a trial with the exploratory output silenced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyses.parkinson.patients import AMPLITUDE, DEPLETION, OUTPUTS, condition
from neurosim.perturbations import Perturbation, Silence, TargetChange, When
from neurosim.recording import Recording
from neurosim.reservoir import Reservoir
from neurosim.simulate import Simulation
from neurosim.task import Schedule
from tasks.motor import motor_task, preset_rule

LEARNING = 10
"""Trials in which the movement is learned."""

LATER = 3
"""Trials that follow under a condition."""

SILENCED_AT = (1, 2, 3, 5, 8)
"""Trials of learning in which the exploratory pathway is silenced for one trial."""

ROTATION = 30.0
"""Of the changed target, in degrees."""

AMPLITUDES = (0.02, 0.05, 0.1)
"""Of pathological output, to see whether conclusions hang on it."""

SAMPLE = 5.0
"""Interval of the recorded hand, in ms."""


@dataclass(frozen=True)
class Network:
    """What is simulated.

    Attributes
    ----------
    seed
        Of all draws.
    n_units, period
        Of the network, and of a trial in ms.
    """

    seed: int
    n_units: int = 1000
    period: float = 5000.0

    def run(self, *perturbations: Perturbation) -> Simulation:
        """A run that learns, goes on for some trials, and ends with one trial more."""
        task = replace(motor_task("butterfly-arm", period=self.period), state=("phase",))
        return Simulation(
            task,
            preset_rule("supertrex", task, "robust"),
            Reservoir(n_units=self.n_units),
            seed=self.seed,
            schedule=Schedule(train_trials=LEARNING + LATER + 1, test_trials=0),
            recording=Recording(("hand", "pathway_readout"), SAMPLE),
            perturbations=perturbations,
        )


@dataclass(frozen=True)
class After:
    """A network that learned in health, under all conditions afterwards.

    Attributes
    ----------
    network
        Which one.
    depletions
        At which the conditions are tried.
    """

    network: Network
    depletions: tuple[float, ...]


@dataclass(frozen=True)
class Before:
    """A network that learns under a condition from the beginning.

    Attributes
    ----------
    network
        Which one.
    name
        The condition; or a kind of pathological output, alone.
    strength
        The depletion; or the amplitude of the output.
    """

    network: Network
    name: str
    strength: float


def learn_under(job: Before) -> dict[str, Any]:
    """Learn under a condition, then show what mastery knows.

    Returns
    -------
    dict
        ``errors`` of the trials of learning; ``mastery``, the error of the mastery pathway alone
        after them.
    """
    when = When(last_trial=LEARNING - 1)
    if job.name in OUTPUTS:
        given: tuple[Perturbation, ...] = (OUTPUTS[job.name](1.0, job.strength, when),)
    else:
        given = condition(job.name, job.strength, when)
    run = job.network.run(*given, Silence(when=When(first_trial=LEARNING)))
    errors = _errors(run, LEARNING + 1)
    return {"errors": errors[:LEARNING], "mastery": errors[LEARNING]}


def perturb_after(job: After) -> dict[str, Any]:
    """Learn in health, then go on under each condition in turn.

    Returns
    -------
    dict
        ``untrained``, the error of a hand at rest; ``learning``, errors by trial; ``silenced_at``,
        those of single trials of learning with the exploratory pathway silenced; by condition and
        depletion ``execution``, the error in the first trial under it, and ``retention``, that of
        mastery alone after some; ``hand``, power by band in the first trial; ``paths`` of the hand
        in it; ``target``,
        errors after a change of target, with and without the exploratory pathway; ``outputs``,
        errors by kind and amplitude of pathological output.
    """
    run = job.network.run()
    silenced = {}
    while run.index < LEARNING:
        if run.position == 0 and run.index in SILENCED_AT:
            trial = run.index
            when = When(first_trial=trial, last_trial=trial)
            silenced[str(trial)] = _errors(run.branch(Silence(when=when)), trial + 1)[trial]
        run.advance()
    known = Silence(when=When(first_trial=LEARNING + LATER))
    when = When(first_trial=LEARNING, last_trial=LEARNING + LATER - 1)
    found: dict[str, Any] = {
        "untrained": _at_rest(run),
        "learning": _errors(run, LEARNING),
        "silenced_at": silenced,
        "execution": {},
        "retention": {},
        "hand": {},
        "paths": {},
    }
    conditions = [("healthy", 0.0), ("pallidotomy", DEPLETION)]
    conditions += [(n, d) for n in ("off", "levodopa", "stimulation") for d in job.depletions]
    for name, depletion in conditions:
        key = f"{name} {depletion:g}"
        branch = run.branch(known, *condition(name, depletion, when))
        errors = _errors(branch, LEARNING + LATER + 1)
        found["execution"][key] = errors[LEARNING]
        found["retention"][key] = errors[-1]
        found["hand"][key] = _spectrum(branch, LEARNING)
        if depletion in (0.0, DEPLETION):
            found["paths"][name] = _path(branch, LEARNING)
    turned = TargetChange(rotation=ROTATION, when=When(first_trial=LEARNING))
    found["target"] = {
        name: _errors(run.branch(turned, *given), LEARNING + LATER)[LEARNING:]
        for name, given in (("healthy", ()), ("silenced", (Silence(when=when),)))
    }
    found["outputs"] = {
        f"{kind} {amplitude:g}": _errors(run.branch(make(1.0, amplitude, when)), LEARNING + 1)[
            LEARNING
        ]
        for kind, make in OUTPUTS.items()
        for amplitude in AMPLITUDES
    }
    return found


def jobs(seed: int, depletions: tuple[float, ...], **network: Any) -> list[After | Before]:
    """Everything that one network goes through."""
    make = partial(Before, Network(seed, **network))
    before = [make("healthy", 0.0), make("pallidotomy", DEPLETION)]
    before += [make(n, d) for n in ("off", "levodopa", "stimulation") for d in depletions]
    before += [make("beta", a) for a in AMPLITUDES]
    before += [make(kind, AMPLITUDE) for kind in ("tremor", "noise")]
    return [After(Network(seed, **network), depletions), *before]


def work(job: After | Before) -> dict[str, Any]:
    """Run a job."""
    return perturb_after(job) if isinstance(job, After) else learn_under(job)


def _errors(run: Simulation, n_trials: int) -> list[float]:
    """Mean distance of hand from target of the first trials, which are run if they were not."""
    while run.index < n_trials and not run.finished:
        run.advance()
    hand = _by_trial(run, run.tape.hand)[:n_trials]
    dt, every = run.reservoir.dt, run.tape.every
    target = np.stack(
        [run.course.target(i, run.task.trial(i, dt).target)[::every] for i in range(len(hand))]
    )
    distance = np.linalg.norm(hand - target, axis=2).mean(axis=1)
    missing = [float("nan")] * (n_trials - len(hand))  # of a run that diverged
    return [*map(float, distance), *missing]


def _by_trial(run: Simulation, signal: NDArray[Any]) -> NDArray[np.float64]:
    """(trial, time, ...) of the trials done."""
    samples = run.trial_steps // run.tape.every
    done = np.asarray(signal[: run.index * samples], float)
    return done.reshape(run.index, samples, *signal.shape[1:])


def _path(run: Simulation, trial: int) -> list[list[float]]:
    """The hand in a trial, every 20 ms."""
    path = _by_trial(run, run.tape.hand)[trial][:: round(20 / SAMPLE)]
    return [[*map(float, point)] for point in path.round(4)]


def _at_rest(run: Simulation) -> float:
    """Mean distance from the target of a hand whose joints are at 0."""
    arm: Any = run.task.plant
    hand = np.asarray(arm.hand([0.0] * arm.n_outputs))
    target = run.task.trial(0, run.reservoir.dt).target
    return float(np.linalg.norm(hand - target, axis=1).mean())


def _spectrum(run: Simulation, trial: int) -> dict[str, float]:
    """Power of hand and exploratory output in the bands of tremor and beta, in a trial."""
    import xarray as xr

    from analyses.spectra import BETA, BROAD, TREMOR, band_power, power_spectrum

    found = {}
    for name, signal in (("hand", run.tape.hand), ("output", run.tape.pathway_readout[:, -1])):
        values = _by_trial(run, signal)[trial]
        labelled = xr.DataArray(
            values,
            {"time": np.arange(len(values)) * SAMPLE},
            ("time", "axis"),
            attrs={"units": "1"},
        )
        labelled["time"].attrs["units"] = "ms"
        spectrum = power_spectrum(labelled, resolution=0.5).sum("axis")
        for band, ends in (("tremor", TREMOR), ("beta", BETA), ("broad", BROAD)):
            found[f"{name} {band}"] = float(band_power(spectrum, *ends))
    return found
