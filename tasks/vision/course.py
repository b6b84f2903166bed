"""Occluded objects on their way through a network, read out at every step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.hopfield import Input, Network
from tasks.vision.readout import Readout

BLOCK = 1024
"""Trials whose distances are computed together."""


@dataclass(frozen=True, eq=False)
class Course:
    """What was read out on the way.

    Attributes
    ----------
    predicted
        (n_trials, steps + 1) category, from the start on.
    steps_to_converge
        (n_trials,) step from which nothing changed any more; -1 where something still did.
    distance_steps
        (n,) steps at which distances were measured: 0, 1, 2, 4, ... and the last.
    distance_own, distance_other
        (n_trials, n) root mean square difference a unit from the pattern of the whole object, and
        from the nearest pattern of an object of another category.
    """

    predicted: NDArray[np.integer]
    steps_to_converge: NDArray[np.int64]
    distance_steps: NDArray[np.int64]
    distance_own: NDArray[np.float32]
    distance_other: NDArray[np.float32]

    def at(self, step: NDArray[np.integer]) -> NDArray[np.integer]:
        """Category of each trial at a step of its own, (n_trials,)."""
        return self.predicted[np.arange(len(step)), step]


@dataclass(frozen=True, eq=False)
class Trials:
    """Occluded objects, and what is needed to judge the states they lead to.

    Attributes
    ----------
    states
        (n_trials, n_units) to start from.
    whole
        (n_objects, n_units) patterns of whole objects.
    category
        (n_objects,).
    object, fold
        (n_trials,) what was shown, and its fold of the read-out.
    readout
        Trained on ``whole``.
    masks
        (n_trials, n_units) backward mask of each trial, or None.
    """

    states: NDArray[np.float32]
    whole: NDArray[np.float32]
    category: NDArray[np.integer]
    object: NDArray[np.integer]
    fold: NDArray[np.integer]
    readout: Readout
    masks: NDArray[np.float32] | None = None

    def follow(
        self,
        network: Network | None,
        steps: int,
        *,
        input: Input | None = None,
        rng: np.random.Generator,
        progress: bool = False,
    ) -> Course:
        """Run all trials and read out every step.

        Parameters
        ----------
        network
            Without one, nothing follows the start.
        steps
            Number of them.
        input
            That lasts; None: what is usual for the network.
        rng
            For networks whose units are updated in random order.
        progress
            Show a progress bar.
        """
        if network is None:
            predicted = self.readout.predict(self.states, self.fold)[:, np.newaxis]
            own, other = self.distances(self.states)
            still = np.zeros(len(predicted), np.int64)
            return Course(predicted, still, still[:1], own[:, np.newaxis], other[:, np.newaxis])
        course = network.trajectory(
            self.states, steps, input=input, masks=self.masks, rng=rng, progress=progress
        )
        predicted = np.empty((len(self.states), steps + 1), np.int16)
        measured, distances = [], []
        for step, states in course:
            took = course.steps_to_converge
            moved = np.flatnonzero((took < 0) | (took >= step))
            if step:
                predicted[:, step] = predicted[:, step - 1]
            predicted[moved, step] = self.readout.predict(states[moved], self.fold[moved])
            if step == steps or step & (step - 1) == 0:
                measured.append(step)
                distances.append(self.distances(states))
        own, other = np.array(distances).transpose(1, 2, 0)
        return Course(predicted, course.steps_to_converge, np.array(measured), own, other)

    def distances(
        self, states: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Root mean square difference a unit from the own whole pattern, and the nearest other.

        Parameters
        ----------
        states
            (n_trials, n_units).

        Returns
        -------
        own, other
            (n_trials,).
        """
        own = np.empty(len(states), np.float32)
        other = np.empty_like(own)
        length = np.sum(self.whole**2, axis=1)
        for first in range(0, len(states), BLOCK):
            rows = slice(first, first + BLOCK)
            part, shown = states[rows], self.object[rows]
            square = np.sum(part**2, axis=1)[:, np.newaxis] - 2 * part @ self.whole.T + length
            square = np.sqrt(np.maximum(square, 0) / self.whole.shape[1])
            own[rows] = square[np.arange(len(part)), shown]
            same = self.category == self.category[shown][:, np.newaxis]
            other[rows] = np.where(same, np.inf, square).min(axis=1)
        return own, other


def best_steps(
    correct: NDArray[np.bool_], fold: NDArray[np.integer], n_folds: int
) -> NDArray[np.int64]:
    """For each fold, the step that is best in the trials of all others.

    Parameters
    ----------
    correct
        (n_trials, steps + 1).
    fold
        (n_trials,).
    n_folds
        Number of folds.

    Returns
    -------
    ndarray
        (n_folds,) steps of at least 1, the first of equals; 0 where there is no other.

    Examples
    --------
    >>> correct = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 0]], bool)
    >>> best_steps(correct, np.array([0, 1, 1]), 2)
    array([1, 2])
    """
    if correct.shape[1] == 1:
        return np.zeros(n_folds, np.int64)
    return np.array(
        [1 + np.argmax(correct[fold != k, 1:].mean(axis=0)) for k in range(n_folds)], np.int64
    )
