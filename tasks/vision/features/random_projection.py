"""Random projection: a layer as in the small network, but never trained; the control.

    features = max(0, (x - 1/2) W),  W_ij ~ N(0, 2 / n_pixels)

x are the pixels of the image reduced to ``longest_side``, 1/2 is the grey of the screen. The
variance keeps the mean square of the rates at that of the contrasts (He et al. 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from neurosim.errors import check_integer, check_non_negative
from tasks.vision.features.base import check_images, check_labels
from tasks.vision.features.relu import ReluLayer, reduced_size


@dataclass(frozen=True)
class RandomProjection:
    """A fixed random projection and rectification.

    Parameters
    ----------
    n_units
        Features of an image.
    longest_side
        Larger images are reduced to it, in pixels.
    threshold
        Higher rates become +1 in a bipolar pattern.

    Examples
    --------
    >>> images = np.linspace(0, 1, 32, dtype=np.float32).reshape(2, 4, 4)
    >>> fitted = RandomProjection(n_units=100).fit(images, [0, 1], np.random.default_rng(1))
    >>> fitted.features(images).shape
    (2, 100)
    """

    name: ClassVar[str] = "random"
    references: ClassVar[tuple[str, ...]] = ("he2015",)
    learns_categories: ClassVar[bool] = False

    n_units: int = 2048
    longest_side: int = 32
    threshold: float = 0.0

    def __post_init__(self) -> None:
        check_integer(self, "n_units", self.n_units, minimum=1)
        check_integer(self, "longest_side", self.longest_side, minimum=1)
        check_non_negative(self, "threshold", self.threshold)

    def fit(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        rng: np.random.Generator,
        *,
        progress: bool = False,
    ) -> ReluLayer:
        """Draw the weights; of the images only the size counts.

        Raises
        ------
        InputError
            Images or labels are not usable.
        """
        whole = check_images("RandomProjection", images)
        check_labels("RandomProjection", labels, len(whole))
        shape = (whole.shape[1], whole.shape[2])
        reduced = reduced_size(shape, self.longest_side)
        n_pixels = reduced[0] * reduced[1]
        W = rng.standard_normal((n_pixels, self.n_units), np.float32) * np.sqrt(2 / n_pixels)
        bias = np.zeros(self.n_units, np.float32)
        return ReluLayer("RandomProjection", shape, reduced, W.astype(np.float32), bias)
