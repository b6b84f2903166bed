"""One layer of rectified linear units on small images: the trained one and its random control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.vision.features.base import batch_size, batches, check_images, resize

GREY = 0.5
"""The grey of the screen, to which the layer is adapted: it answers to contrasts against it."""


@dataclass(frozen=True, eq=False)
class ReluLayer:
    """features = max(0, (x - GREY) W + b), with x the pixels of the image reduced to ``reduced``.

    Attributes
    ----------
    name
        Of the front-end it belongs to.
    shape
        Height and width of the images.
    reduced
        Height and width at which the layer sees them.
    weights
        W, (pixels, units).
    bias
        b, (units,).

    Examples
    --------
    >>> layer = ReluLayer("mlp", (2, 2), (1, 1), np.array([[1.0, -1.0]]), np.array([0.25, 0.0]))
    >>> layer.features([[[0, 1], [1, 1]]])
    array([[0.5, 0. ]], dtype=float32)
    """

    name: str
    shape: tuple[int, int]
    reduced: tuple[int, int]
    weights: NDArray[np.floating]
    bias: NDArray[np.floating]

    @property
    def n_features(self) -> int:
        """Units of the layer."""
        return len(self.bias)

    def features(self, images: ArrayLike, *, progress: bool = False) -> NDArray[np.float32]:
        """Rates of the units, (n_images, n_units) float32.

        Raises
        ------
        InputError
            The images are not usable, or of another size.
        """
        array = check_images(self.name, images, self.shape)
        W, b = np.asarray(self.weights, np.float32), np.asarray(self.bias, np.float32)
        rates = np.empty((len(array), self.n_features), np.float32)
        for part in batches(len(array), batch_size(array[0].size), self.name, progress):
            x = resize(array[part], *self.reduced) - np.float32(GREY)
            np.matmul(x.reshape(len(x), -1), W, out=rates[part])
            rates[part] += b
        return np.maximum(rates, 0, out=rates)


def reduced_size(shape: tuple[int, int], longest: int) -> tuple[int, int]:
    """Size of an image whose longer side is reduced to ``longest``; small ones stay as they are.

    Examples
    --------
    >>> reduced_size((256, 128), 32)
    (32, 16)
    >>> reduced_size((8, 8), 32)
    (8, 8)
    """
    scale = min(1.0, longest / max(shape))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
