"""Which objects are stored, which are shown, and what a front-end makes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_between, check_choice, check_integer
from neurosim.provenance import describe
from tasks.vision.features import FeatureSet, Fitted, FrontEnd, partial_patterns
from tasks.vision.images import ImageSet
from tasks.vision.masks import phase_scrambled
from tasks.vision.occluders import Bars, Bubbles, Deletion, Occluder, occluded
from tasks.vision.readout import folds_of

OCCLUDERS: dict[str, Callable[[float], Occluder]] = {
    "bubbles": lambda percent: Bubbles(visibility=percent),
    "deletion": lambda percent: Deletion(percent),
    "bars": lambda percent: Bars(percent),
}
"""What hides an object so that a given percent of it shows, by name."""


N_MASKS = 50
"""Different backward masks; trials share them."""


class Source(Protocol):
    """Objects that can be shown in part."""

    @property
    def name(self) -> str:
        """Of the objects."""

    @property
    def seen_by(self) -> str:
        """Name of what makes features of them."""

    @property
    def references(self) -> tuple[str, ...]:
        """Papers behind it, as keys of the package's bibliography."""

    def told(self) -> dict[str, Any]:
        """Everything that determines what is seen, as plain data."""

    def example(
        self, shown: int, visibility: tuple[float, ...], rng: np.random.Generator
    ) -> NDArray[np.float32] | None:
        """An object whole and as each visibility shows it, (1 + n, height, width), if it can be."""

    @property
    def category(self) -> NDArray[np.integer]:
        """(n_objects,) category of each object that may be stored or shown."""

    def show(
        self,
        shown: NDArray[np.integer],
        visibility: tuple[float, ...],
        repeats: int,
        rng: np.random.Generator,
        *,
        masked: bool = False,
        progress: bool = False,
    ) -> FeatureSet:
        """Features of all whole objects, and of some of them seen in part."""


def choose(
    category: NDArray[np.integer],
    stored: int,
    protocol: str,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Objects to show and objects to store, as many of each category as of any other.

    Parameters
    ----------
    category
        (n_objects,).
    stored
        How many to store, and to show.
    protocol
        ``familiar``: what is shown is stored. ``novel``: other objects are.
    rng
        Draws the objects. Both protocols show the same ones.

    Returns
    -------
    shown, stored
        (stored,) indices, ascending.

    Raises
    ------
    InputError
        Not enough objects.

    Examples
    --------
    >>> shown, stored = choose(np.repeat([0, 1], 10), 4, "novel", np.random.default_rng(0))
    >>> set(shown) & set(stored), np.bincount(np.repeat([0, 1], 10)[stored])
    (set(), array([2, 2]))
    """
    kinds = np.unique(category)
    each, rest = divmod(stored, len(kinds))
    sets = 1 if protocol == "familiar" else 2
    shown, memories = [], []
    for i, kind in enumerate(kinds):
        members = rng.permutation(np.flatnonzero(category == kind))
        count = each + (i < rest)
        if sets * count > len(members):
            enough = len(kinds) * (np.bincount(category).min() // sets)
            raise InputError(
                f"stored: expected at most {enough} with the protocol '{protocol}' and these "
                f"objects, given {stored}"
            )
        shown.append(members[:count])
        memories.append(members[(sets - 1) * count : sets * count])
    return np.sort(np.concatenate(shown)), np.sort(np.concatenate(memories))


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of objects, seen through a front-end.

    A front-end that learns categories learns them from one half of the objects, drawn with its
    own seed; stored, shown and read out are then objects of the other half only.

    Parameters
    ----------
    images
        Whole objects.
    front_end
        Parameters of the front-end.
    occluder
        A name in :data:`OCCLUDERS`.
    screen
        Grey level of the screen, and of what hides the objects.
    seed
        Of the halves, and of what the front-end learns.
    name
        Of the set of pictures.
    progress
        Show a progress bar while the front-end learns.
    """

    images: ImageSet
    front_end: FrontEnd
    occluder: str = "bubbles"
    screen: float = 0.5
    seed: int = 0
    name: str = "pictures"
    progress: bool = False

    def __post_init__(self) -> None:
        check_choice(self, "occluder", self.occluder, OCCLUDERS)
        check_between(self, "screen", self.screen, 0, 1)
        check_integer(self, "seed", self.seed, minimum=0)

    @property
    def seen_by(self) -> str:
        """Name of the front-end."""
        return self.front_end.name

    @property
    def references(self) -> tuple[str, ...]:
        """Of the front-end."""
        return self.front_end.references

    def told(self) -> dict[str, Any]:
        """What determines the features; pictures by their hash."""
        return {
            "pictures": self.name,
            "images": describe(self.images.images),
            "front_end": describe(self.front_end),
            "occluder": self.occluder,
            "screen": self.screen,
            "seed": self.seed,
        }

    def example(
        self, shown: int, visibility: tuple[float, ...], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """An object whole and as each visibility shows it, (1 + n, height, width)."""
        parts = [
            block.images[0]
            for percent in visibility
            for block in occluded(
                self.objects,
                [shown],
                OCCLUDERS[self.occluder](percent),
                rng,
                background=self.screen,
            )
        ]
        return np.array([self.objects.images[shown], *parts])

    @cached_property
    def objects(self) -> ImageSet:
        """The pictures that may be stored or shown."""
        return self._halves[1]

    @property
    def category(self) -> NDArray[np.integer]:
        """(n_objects,) category of each of them."""
        return self.objects.category

    @cached_property
    def _halves(self) -> tuple[ImageSet, ImageSet]:
        """For the front-end, and for everything else."""
        if not self.front_end.learns_categories:
            return self.images, self.images
        rng = np.random.default_rng(self.seed)
        half = folds_of(self.images.category, 2, rng) == 0
        return self.images.subset(half), self.images.subset(~half)

    @cached_property
    def _fitted(self) -> Fitted:
        images = self._halves[0]
        rng = np.random.default_rng(self.seed)
        return self.front_end.fit(images.images, images.category, rng, progress=self.progress)

    def show(
        self,
        shown: NDArray[np.integer],
        visibility: tuple[float, ...],
        repeats: int,
        rng: np.random.Generator,
        *,
        masked: bool = False,
        progress: bool = False,
    ) -> FeatureSet:
        """See all objects whole, and some of them in part.

        Parameters
        ----------
        shown
            Objects to be seen in part.
        visibility
            Percent of them that shows.
        repeats
            Trials of each object and visibility.
        rng
            Of the occluders and masks.
        masked
            See backward masks as well.
        progress
            Show progress bars.

        Returns
        -------
        FeatureSet
            Trials lie visibility by visibility.
        """
        objects = self.objects
        which = np.repeat(shown, repeats)
        pictures, achieved = [], []
        for percent in visibility:
            for block in occluded(
                objects, which, OCCLUDERS[self.occluder](percent), rng, background=self.screen
            ):
                pictures.append(block.images)
                achieved.append(block.visibility)
        masks = phase_scrambled(objects.images, N_MASKS, rng) if masked else None
        empty = np.full((1, *objects.images.shape[1:]), self.screen, np.float32)
        see = partial(self._fitted.features, progress=progress)
        return FeatureSet(
            whole=see(objects.images),
            category=objects.category,
            categories=objects.categories,
            occluded=see(_quantized(np.concatenate(pictures))),
            object=np.tile(which, len(visibility)),
            visibility=np.repeat(np.asarray(visibility, float), len(which)),
            achieved=np.concatenate(achieved),
            threshold=self.front_end.threshold,
            names=objects.names,
            screen=see(_quantized(empty))[0],
            mask=None if masks is None else see(_quantized(masks)),
        )


@dataclass(frozen=True, eq=False)
class Features:
    """Features from a file; what is seen in part is in the file, or a random part of the features.

    Parameters
    ----------
    features
        As read from the file.
    name
        Of the file.
    seen_by
        What made the features.
    """

    features: FeatureSet
    name: str = "features"
    seen_by: str = "file"
    references: ClassVar[tuple[str, ...]] = ()

    def told(self) -> dict[str, Any]:
        """What determines the features: their hash."""
        return {"pictures": self.name, "features": describe(self.features.whole)}

    def example(self, shown: int, visibility: tuple[float, ...], rng: np.random.Generator) -> None:
        """There are no pictures."""

    @property
    def category(self) -> NDArray[np.integer]:
        """(n_objects,) category of each object."""
        return self.features.category

    def show(
        self,
        shown: NDArray[np.integer],
        visibility: tuple[float, ...],
        repeats: int,
        rng: np.random.Generator,
        *,
        masked: bool = False,
        progress: bool = False,
    ) -> FeatureSet:
        """The trials of the file with these objects, or parts of their patterns.

        Trials of a file count for the nearest visibility that was asked for; ``repeats`` does not
        matter to them. See :meth:`Pictures.show`.
        """
        given = self.features
        if masked and given.mask is None:
            raise InputError(f"{self.name}: has no features of masks (variable 'mask')")
        if len(given.object):
            asked = np.sort(np.asarray(visibility, float))
            nearest = np.abs(given.visibility[:, np.newaxis] - asked).argmin(axis=1)
            chosen = np.isin(given.object, shown)
            return given.trials(chosen, visibility=asked[nearest])
        return partial_patterns(given, shown, visibility, repeats, rng)


def _quantized(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """As a screen of 256 grey levels shows them: what is fainter is not there."""
    levels = np.float32(255)
    return np.asarray(np.round(images * levels) / levels, np.float32)
