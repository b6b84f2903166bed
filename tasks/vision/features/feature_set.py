"""Features of whole and occluded objects, wherever they come from, and partial patterns of them.

A set with whole objects only can still be asked to complete: :func:`partial_patterns` hides a
random part of each pattern. Nothing is known of a hidden feature, which is not the same as a
feature that is off: a silent rectified unit says something. Hidden features are therefore told by
a mask of their own, ``known``, from which ``bipolar`` gives them the state 0 that favours neither
sign. As raw numbers, for read-outs that have no such state, they are the threshold: the border
between on and off, and for rectified units (threshold 0) no input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_between, check_integer
from tasks.vision.features.base import check_finite


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """Features of whole and occluded objects, checked.

    Attributes
    ----------
    whole
        (n_objects, n_features) float32.
    category
        (n_objects,) index into ``categories``.
    categories
        Names.
    occluded
        (n_trials, n_features) float32; (0, n_features) where there are none.
    object
        (n_trials,) index into ``whole``.
    visibility
        (n_trials,) percent of the object, or of its features, that shows, as asked for.
    threshold
        A feature above it becomes +1 in a bipolar pattern.
    names
        (n_objects,) of the objects.
    known
        (n_trials, n_features), which features of ``occluded`` are known; None: all.
    achieved
        (n_trials,) percent that did show, or None where it is ``visibility``.
    screen
        (n_features,) float32, features of the empty screen, or None.
    mask
        (n_masks, n_features) float32, features of backward masks, or None.

    Examples
    --------
    >>> none = np.zeros((0, 3), np.float32), np.zeros(0, int), np.zeros(0)
    >>> FeatureSet(np.eye(2, 3, dtype=np.float32), np.array([0, 1]), ("cat", "dog"), *none,
    ...            threshold=0.0, names=("tom", "rex")).n_features
    3
    """

    whole: NDArray[np.float32]
    category: NDArray[np.integer]
    categories: tuple[str, ...]
    occluded: NDArray[np.float32]
    object: NDArray[np.integer]
    visibility: NDArray[np.floating]
    threshold: float
    names: tuple[str, ...]
    known: NDArray[np.bool_] | None = None
    achieved: NDArray[np.floating] | None = None
    screen: NDArray[np.float32] | None = None
    mask: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__.keys() - {"categories", "threshold", "names"}:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.asarray(getattr(self, name)))
        self._check_shapes()
        self._check_values()

    def _check_shapes(self) -> None:
        for name in ("whole", "occluded", "mask"):
            value = getattr(self, name)
            if value is not None and value.ndim != 2:
                raise InputError(
                    f"FeatureSet: {name} must have one row an image, given shape {value.shape}"
                )
        n_objects, n_features = self.whole.shape
        n_trials = len(self.occluded)
        shapes: dict[str, tuple[int, ...]] = {
            "category": (n_objects,),
            "names": (n_objects,),
            "occluded": (n_trials, n_features),
            "object": (n_trials,),
            "visibility": (n_trials,),
            "known": (n_trials, n_features),
            "achieved": (n_trials,),
            "screen": (n_features,),
            "mask": (0 if self.mask is None else len(self.mask), n_features),
        }
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value is not None and np.shape(value) != shape:
                raise InputError(
                    f"FeatureSet: {name} must have shape {shape}, given {np.shape(value)}"
                )
        if n_features == 0:
            raise InputError("FeatureSet: whole must have at least 1 feature, given none")

    def _check_values(self) -> None:
        for name in ("whole", "occluded", "visibility", "achieved", "screen", "mask"):
            if getattr(self, name) is not None:
                check_finite("FeatureSet", name, getattr(self, name))
        if self.known is not None and self.known.dtype != bool:
            raise InputError(f"FeatureSet: known must be booleans, given {self.known.dtype}")
        self._check_index("category", len(self.categories))
        self._check_index("object", len(self.whole))
        if len(np.unique(self.category)) < 2:
            raise InputError("FeatureSet: objects must be of at least 2 categories, given one only")
        for name in ("visibility", "achieved"):
            self._check_percent(name)
        check_between(self, "threshold", self.threshold, -np.inf, np.inf)

    def _check_index(self, name: str, count: int) -> None:
        index = getattr(self, name)
        if index.dtype.kind not in "iu":
            raise InputError(f"FeatureSet: {name} must be whole numbers, given {index.dtype}")
        if index.size and not (0 <= index.min() and index.max() < count):
            raise InputError(
                f"FeatureSet: {name} must be from 0 to {count - 1}, "
                f"given {index.min()} to {index.max()}"
            )

    def _check_percent(self, name: str) -> None:
        percent = getattr(self, name)
        if percent is None or not percent.size or (percent.min() >= 0 and percent.max() <= 100):
            return
        outside = np.count_nonzero((percent < 0) | (percent > 100))
        raise InputError(
            f"FeatureSet: {name} must be from 0 to 100 percent, given {percent.min():g} to "
            f"{percent.max():g} ({outside} of {percent.size} outside)"
        )

    @property
    def n_features(self) -> int:
        """Features of one image."""
        return self.whole.shape[1]

    @property
    def visible(self) -> NDArray[np.floating]:
        """(n_trials,) percent that did show."""
        return self.visibility if self.achieved is None else self.achieved

    def trials(
        self, chosen: NDArray[np.bool_], *, visibility: NDArray[np.floating] | None = None
    ) -> FeatureSet:
        """The same objects with some of the trials.

        Parameters
        ----------
        chosen
            (n_trials,), which to keep.
        visibility
            (n_trials,) percent for which they are to count; ``visible`` stays what it was.

        Examples
        --------
        >>> whole = np.eye(2, 3)
        >>> some = FeatureSet(whole, [0, 1], ("cat", "dog"), whole, [0, 1], [9.0, 41.0],
        ...                   threshold=0.0, names=("tom", "rex"))
        >>> one = some.trials(np.array([False, True]), visibility=np.array([10.0, 40.0]))
        >>> one.object, one.visibility, one.visible
        (array([1]), array([40.]), array([41.]))
        """
        return replace(
            self,
            occluded=self.occluded[chosen],
            object=self.object[chosen],
            visibility=(self.visibility if visibility is None else visibility)[chosen],
            known=None if self.known is None else self.known[chosen],
            achieved=self.visible[chosen],
        )


def partial_patterns(
    feature_set: FeatureSet,
    objects: NDArray[np.integer],
    visibility: Sequence[float],
    n_each: int,
    rng: np.random.Generator,
) -> FeatureSet:
    """Partial patterns of whole objects, of which a random part of the features is known.

    Parameters
    ----------
    feature_set
        Its occluded objects, if it has any, are replaced.
    objects
        (n,) index of those to be shown in part.
    visibility
        Percents of the features that are known; rounded to whole features.
    n_each
        Patterns of each object and visibility, each with its own random part.
    rng
        Chooses the features.

    Returns
    -------
    FeatureSet
        The same whole objects, with trials visibility by visibility. Hidden features are False in
        ``known`` and the threshold in ``occluded``, for the reason given above.

    Raises
    ------
    InputError
        No such object, a visibility that is not from 0 to 100, or ``n_each`` not a whole number of
        at least 1.

    Examples
    --------
    >>> none = np.zeros((0, 4)), np.zeros(0, int), np.zeros(0)
    >>> whole = FeatureSet(np.ones((2, 4)), [0, 1], ("cat", "dog"), *none,
    ...                    threshold=0.0, names=("tom", "rex"))
    >>> partial = partial_patterns(whole, [0, 1], (25, 50), 2, np.random.default_rng(1))
    >>> partial.object
    array([0, 0, 1, 1, 0, 0, 1, 1])
    >>> partial.known.sum(axis=1)
    array([1, 1, 1, 1, 2, 2, 2, 2])
    """
    for percent in visibility:
        check_between("partial_patterns", "visibility", percent, 0, 100)
    check_integer("partial_patterns", "n_each", n_each, minimum=1)
    asked = np.repeat(np.asarray(visibility, float), len(objects) * n_each)
    index = np.tile(np.repeat(np.asarray(objects, np.int64), n_each), len(visibility))
    n_objects, n_features = feature_set.whole.shape
    if index.size and not (0 <= index.min() and index.max() < n_objects):
        raise InputError(
            f"partial_patterns: objects must be from 0 to {n_objects - 1}, "
            f"given {index.min()} to {index.max()}"
        )
    n_known = np.rint(n_features * asked / 100)
    known = rng.permuted(np.arange(n_features) < n_known[:, np.newaxis], axis=1)
    hidden = np.float32(feature_set.threshold)
    return replace(
        feature_set,
        occluded=np.where(known, feature_set.whole[index], hidden),
        object=index,
        visibility=asked,
        known=known,
        achieved=100 * n_known / n_features,
    )
