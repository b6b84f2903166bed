"""Read the category out of states, by lines drawn between whole objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError


def folds_of(
    category: NDArray[np.integer], n_folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """A fold for each object, every category spread over all of them.

    Parameters
    ----------
    category
        (n_objects,).
    n_folds
        At least 2.
    rng
        Deals the objects of a category out.

    Returns
    -------
    ndarray
        (n_objects,) from 0 to ``n_folds`` - 1.

    Raises
    ------
    InputError
        A category has fewer objects than there are folds.

    Examples
    --------
    >>> folds = folds_of(np.array([0, 0, 0, 1, 1, 1]), 3, np.random.default_rng(0))
    >>> sorted(folds[:3]), sorted(folds[3:])
    ([np.int64(0), np.int64(1), np.int64(2)], [np.int64(0), np.int64(1), np.int64(2)])
    """
    counts = np.bincount(category)
    scarce = counts[counts > 0].min()
    if scarce < n_folds:
        raise InputError(
            f"folds: expected at least {n_folds} objects of every category, given {scarce} of one"
        )
    fold = np.empty(len(category), np.int64)
    for one in np.flatnonzero(counts):
        members = np.flatnonzero(category == one)
        fold[rng.permutation(members)] = np.arange(len(members)) % n_folds
    return fold


@dataclass(frozen=True, eq=False)
class Readout:
    """Linear one-vs-all classifiers, one for each fold, that never saw an object of their own fold.

    Support-vector machines (scikit-learn's LinearSVC, C = 1) on states divided by the root of their
    mean squared length over whole objects, so that C means the same for any kind of feature.

    Attributes
    ----------
    weights
        (n_folds, n_categories, n_units).
    offset
        (n_folds, n_categories).
    """

    weights: NDArray[np.float32]
    offset: NDArray[np.float32]

    @classmethod
    def fit(
        cls, whole: NDArray[np.float32], category: NDArray[np.integer], fold: NDArray[np.integer]
    ) -> Readout:
        """Learn from whole objects only.

        Parameters
        ----------
        whole
            (n_objects, n_units) states of whole objects.
        category, fold
            (n_objects,) from 0, each value present.

        Examples
        --------
        >>> whole = np.array([[1, 0], [0.9, 0], [0, 1], [0, 0.9]], np.float32)
        >>> readout = Readout.fit(whole, np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
        >>> readout.predict(whole, np.array([0, 1, 0, 1]))
        array([0, 0, 1, 1])
        """
        from sklearn.svm import LinearSVC

        size = float(np.sqrt(np.mean(np.sum(np.square(whole, dtype=float), axis=1)))) or 1.0
        n_categories = int(category.max()) + 1
        weights = np.empty((int(fold.max()) + 1, n_categories, whole.shape[1]), np.float32)
        offset = np.empty(weights.shape[:2], np.float32)
        for k in range(len(weights)):
            seen = fold != k
            machine = LinearSVC(random_state=0, max_iter=10_000)
            machine.fit(whole[seen] / np.float32(size), category[seen])
            w, b = machine.coef_ / size, machine.intercept_
            if n_categories == 2:  # one line for both
                w, b = np.concatenate([-w, w]), np.concatenate([-b, b])
            weights[k], offset[k] = w, b
        return cls(weights, offset)

    def predict(
        self, states: NDArray[np.floating], fold: NDArray[np.integer]
    ) -> NDArray[np.integer]:
        """Category of each state.

        Parameters
        ----------
        states
            (n_images, n_units).
        fold
            (n_images,) fold of the object of each image.
        """
        found = np.empty(len(states), np.int64)
        for k in range(len(self.weights)):
            own = np.flatnonzero(fold == k)
            found[own] = np.argmax(states[own] @ self.weights[k].T + self.offset[k], axis=1)
        return found
