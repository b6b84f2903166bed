"""Pixels: no features at all, the base line of Tang et al. 2018."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import check_between
from tasks.vision.features.base import check_images, check_labels


@dataclass(frozen=True)
class Pixels:
    """The images themselves, row by row.

    Parameters
    ----------
    threshold
        Brighter pixels become +1 in a bipolar pattern.

    Examples
    --------
    >>> images = np.linspace(0, 1, 18, dtype=np.float32).reshape(2, 3, 3)
    >>> fitted = Pixels().fit(images, [0, 1], np.random.default_rng(1))
    >>> fitted.features(images).shape
    (2, 9)
    """

    name: ClassVar[str] = "pixels"
    references: ClassVar[tuple[str, ...]] = ("tang2018",)
    learns_categories: ClassVar[bool] = False

    threshold: float = 0.3

    def __post_init__(self) -> None:
        check_between(self, "threshold", self.threshold, 0, 1)

    def fit(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        rng: np.random.Generator,
        *,
        progress: bool = False,
    ) -> FittedPixels:
        """Note the size of the images; there is nothing to learn.

        Raises
        ------
        InputError
            Images or labels are not usable.
        """
        whole = check_images("Pixels", images)
        check_labels("Pixels", labels, len(whole))
        return FittedPixels((whole.shape[1], whole.shape[2]))


@dataclass(frozen=True)
class FittedPixels:
    """Pixels of images of one size.

    Attributes
    ----------
    shape
        Height and width.
    """

    shape: tuple[int, int]

    @property
    def n_features(self) -> int:
        """One feature a pixel."""
        return self.shape[0] * self.shape[1]

    def features(self, images: ArrayLike, *, progress: bool = False) -> NDArray[np.float32]:
        """Pixels, (n_images, height * width) float32.

        Raises
        ------
        InputError
            The images are not usable, or of another size.
        """
        array = check_images("Pixels", images, self.shape)
        return array.reshape(len(array), -1)
