"""THE loop: network, rule and plant, step by step, compiled once for each combination of pieces.

A step, in the order of Pyle & Rosenbaum 2019: state, rates, outputs, error, filters, exploration of
the next step, weights. Nothing here knows which rule, plant or nonlinearity it runs; those are
generic functions that the compiler resolves by the type of the tuple they are given.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim._compile import cached_loop
from neurosim.connectivity import product
from neurosim.nonlinearity import activate
from neurosim.plants import effort, move, told
from neurosim.reservoir import HEALTHY
from neurosim.rules._base import learn, prune, readout, weight_norms

SLOW = 0.0002
"""Coefficient, per step, of the running mean m of the error, whose root is the distance d."""


class Modulation(NamedTuple):
    """What perturbations do at each step of a trial; arrays of length 0 where they do nothing.

    Attributes
    ----------
    gain, added
        (T, P) and (T, P, K): the output z_p of a pathway becomes gain z_p + added.
    fed
        (T, K) added to what is fed back.
    dopamine
        (T, 4) see :class:`neurosim.reservoir.Signals`.
    plasticity
        (T, P) gain of the weight change of each pathway.
    """

    gain: NDArray[np.float64]
    added: NDArray[np.float64]
    fed: NDArray[np.float64]
    dopamine: NDArray[np.float64]
    plasticity: NDArray[np.float64]


def unmodulated(n_steps: int, n_pathways: int, n_outputs: int) -> Modulation:
    """A modulation that changes nothing, over a number of steps."""
    return Modulation(
        gain=np.ones((n_steps, n_pathways)),
        added=np.zeros((n_steps, n_pathways, n_outputs)),
        fed=np.zeros((n_steps, n_outputs)),
        dopamine=np.tile(HEALTHY, (n_steps, 1)),
        plasticity=np.ones((n_steps, n_pathways)),
    )


class TrialArrays(NamedTuple):
    """One trial of T steps.

    Attributes
    ----------
    target
        (T, axes) wanted position of the hand.
    wanted
        (T, K) wanted readout, (T, 0) where there is none.
    inputs
        (T, M) external input u. Where the network is told the state of the plant the loop writes
        the last columns, with what was so a step ago: ``n_hand`` coordinates of the hand, then
        ``n_joints`` numbers that are the plant's memory or, where it has none, the readout.
    forced
        (T, K) what is fed back at each step in place of the last readout; (0, K) for free feedback.
    delay
        Steps by which the readout is fed back late, fewer than T.
    history
        (T, K) the readout in the trial before.
    lost
        (L, 3) pathway, output and unit of readout weights that do not exist any more.
    modulation
        What perturbations do at each step.
    output
        (T, K) the readout, written by the loop.
    distance_sum
        (1,) sum of the distance d over the steps done.
    """

    target: NDArray[np.float64]
    wanted: NDArray[np.float64]
    inputs: NDArray[np.floating]
    n_hand: int
    n_joints: int
    forced: NDArray[np.floating]
    delay: int
    history: NDArray[np.floating]
    lost: NDArray[np.int64]
    modulation: Modulation
    output: NDArray[np.floating]
    distance_sum: NDArray[np.float64]


class Block(NamedTuple):
    """A stretch of steps inside a trial.

    Attributes
    ----------
    first
        Its first step, counted in the trial; ``step``: counted in the run.
    n_steps
        Number of steps.
    unit_noise
        (n_steps, N) draws from U(0, 1) for the noise of the rates; (0, N) for none.
    eta
        (n_steps, K) draws from U(-1, 1) for exploration; not read unless learning.
    learning
        Whether the rule explores and changes its weights.
    """

    first: int
    step: int
    n_steps: int
    unit_noise: NDArray[np.floating]
    eta: NDArray[np.floating]
    learning: bool


class Tape(NamedTuple):
    """Where samples are written, one every ``every`` steps; an array of length 0 is not written.

    Shapes: readout (S, K), pathway_readout (S, P, K), hand (S, axes), error, distance (S,),
    weight_norm (S, P), rates (S, len(units)), plant_state (S, states).
    """

    every: int
    units: NDArray[np.int64]
    readout: NDArray[np.floating]
    pathway_readout: NDArray[np.floating]
    hand: NDArray[np.floating]
    error: NDArray[np.floating]
    distance: NDArray[np.floating]
    weight_norm: NDArray[np.floating]
    rates: NDArray[np.floating]
    plant_state: NDArray[np.floating]


def loop(  # type: ignore[no-untyped-def]
    network, signals, rule, plant, cost, trial, block, tape
):
    """Run a block of steps; returns how many were done, fewer than asked where a step diverged."""
    x, drive, r, z = network.x, network.drive, signals.r, signals.z
    n_units, n_fed = network.feedback.shape
    n_inputs = network.inputs.shape[1]
    n_axes = trial.target.shape[1]
    fed = np.zeros(n_fed, x.dtype)
    forced = trial.forced.shape[0] > 0
    inputs, n_hand, n_joints = trial.inputs, trial.n_hand, trial.n_joints
    joints = n_inputs - n_joints
    delay, history, lost = trial.delay, trial.history, trial.lost
    silent, parts, hand = network.silent, signals.parts, signals.hand
    change = trial.modulation
    modulated = change.gain.shape[0] > 0
    remembers = plant.state.shape[0] > 0
    noisy = block.unit_noise.shape[0] > 0
    one, two = x.dtype.type(1), x.dtype.type(2)

    for j in range(silent.shape[0]):
        r[silent[j]] = 0
    if lost.shape[0]:
        prune(rule, lost)

    for t in range(block.n_steps):
        now = block.first + t
        if modulated:
            for k in range(signals.dopamine.shape[0]):
                signals.dopamine[k] = change.dopamine[now, k]
            for k in range(signals.plasticity.shape[0]):
                signals.plasticity[k] = change.plasticity[now, k]
        for k in range(n_fed):
            fed[k] = trial.forced[now, k] if forced else z[k]
        if delay > 0:
            source = now - 1 - delay
            for k in range(n_fed):
                fed[k] = trial.output[source, k] if source >= 0 else history[source, k]
        if modulated:
            for k in range(n_fed):
                fed[k] += change.fed[now, k]
        for k in range(n_hand):
            inputs[now, joints - n_hand + k] = hand[k]
        for k in range(n_joints):
            inputs[now, joints + k] = plant.state[k] if remembers else z[k]

        # x <- x + dt/tau (-x + J r + Q z + V u)
        product(network.recurrent, r, drive)
        for i in range(n_units):
            total = drive[i]
            for k in range(n_fed):
                total += network.feedback[i, k] * fed[k]
            for k in range(n_inputs):
                total += network.inputs[i, k] * inputs[now, k]
            x[i] += network.leak * (total - x[i])
        # r = f(x) + eps
        activate(network.nonlinearity, x, r)
        if noisy:
            draws = block.unit_noise[t]
            for i in range(n_units):
                r[i] += network.noise * (two * draws[i] - one)
        for j in range(silent.shape[0]):
            r[silent[j]] = 0

        # z = sum of the pathways' outputs
        readout(rule, signals, block.eta[t], block.learning)
        if modulated:
            for p in range(parts.shape[0]):
                for k in range(z.shape[0]):
                    parts[p, k] = change.gain[now, p] * parts[p, k] + change.added[now, p, k]
        for k in range(z.shape[0]):
            total = parts[0, k]
            for p in range(1, parts.shape[0]):
                total += parts[p, k]
            z[k] = total
            trial.output[now, k] = total

        move(plant, z, signals.hand)
        error = 0.0
        for k in range(n_axes):
            error += (signals.hand[k] - trial.target[now, k]) ** 2
        error += effort(cost, signals)
        if not error < inf:  # also NaN; isfinite() may be lost to the reordering of sums
            return t
        signals.mean_square[0] += SLOW * (error - signals.mean_square[0])
        distance = sqrt(signals.mean_square[0])
        trial.distance_sum[0] += distance

        known = told(cost, error, block.step + t)
        learn(rule, signals, known, trial.wanted[now], block.step + t, block.learning)
        if lost.shape[0]:
            prune(rule, lost)

        if (block.step + t) % tape.every == 0:
            s = (block.step + t) // tape.every
            if tape.readout.shape[0]:
                tape.readout[s] = z
            if tape.pathway_readout.shape[0]:
                tape.pathway_readout[s] = parts
            if tape.hand.shape[0]:
                tape.hand[s] = signals.hand
            if tape.error.shape[0]:
                tape.error[s] = error
            if tape.distance.shape[0]:
                tape.distance[s] = distance
            if tape.weight_norm.shape[0]:
                weight_norms(rule, tape.weight_norm[s])
            if tape.rates.shape[0]:
                for j in range(tape.units.shape[0]):
                    tape.rates[s, j] = r[tape.units[j]]
            if tape.plant_state.shape[0]:
                tape.plant_state[s] = plant.state
    return block.n_steps


def compiled_loop(*pieces: Any) -> Any:
    """The loop, ready to be called with the given pieces."""
    return cached_loop(loop, frozenset(type(piece) for piece in pieces))
