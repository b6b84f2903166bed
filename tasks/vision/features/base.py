"""What every feed-forward front-end offers, and what several of them share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError

BATCH_PIXELS = 1 << 17
"""Pixels handled at once: two images of 256 x 256, 128 of 32 x 32."""

ROUNDING = 1e-5
"""Pixels may be outside [0, 1] by this much, as sums in single precision leave them."""


class Fitted(Protocol):
    """A front-end that has seen the whole images."""

    @property
    def n_features(self) -> int:
        """Features of one image."""

    def features(self, images: ArrayLike, *, progress: bool = False) -> NDArray[np.float32]:
        """Features of images, whole or occluded, (n_images, n_features)."""


class FrontEnd(Protocol):
    """Parameters of a front-end; :meth:`fit` sees whole images only.

    Attributes
    ----------
    name
        As the command line has it.
    references
        Keys of the papers it is from.
    learns_categories
        Whether the labels matter; it should then be tried on other objects than it was fitted to.
    threshold
        A feature above it becomes +1 in a bipolar pattern, else -1.
    """

    name: ClassVar[str]
    references: ClassVar[tuple[str, ...]]
    learns_categories: ClassVar[bool]

    @property
    def threshold(self) -> float:
        """Border between -1 and +1."""

    def fit(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        rng: np.random.Generator,
        *,
        progress: bool = False,
    ) -> Fitted:
        """Learn what there is to learn from whole images (n, height, width) and labels (n,)."""


def bipolar(
    features: ArrayLike, threshold: float = 0.0, known: ArrayLike | None = None
) -> NDArray[np.float32]:
    """Features as states of a bipolar network.

    Parameters
    ----------
    features
        Of any shape, finite.
    threshold
        A feature above it becomes +1, any other -1.
    known
        Which features are known, of the same shape; all by default. The others become 0, the state
        that favours neither sign.

    Returns
    -------
    ndarray
        float32 of the same shape: -1, 0 and +1.

    Raises
    ------
    InputError
        Features are NaN or infinite, or the shapes differ.

    Examples
    --------
    >>> bipolar([0.0, 0.2, 3.0], threshold=0.1)
    array([-1.,  1.,  1.], dtype=float32)
    >>> bipolar([0.0, 0.2, 3.0], known=[True, False, True])
    array([-1.,  0.,  1.], dtype=float32)
    """
    values = np.asarray(features)
    check_finite("bipolar", "features", values)
    states = np.where(values > threshold, np.float32(1), np.float32(-1))
    if known is not None:
        mask = np.asarray(known)
        if mask.dtype != bool or mask.shape != values.shape:
            raise InputError(
                f"bipolar: known must be booleans of shape {values.shape}, "
                f"given {mask.dtype} of shape {mask.shape}"
            )
        states[~mask] = 0
    return states


def check_finite(owner: str, name: str, values: NDArray) -> None:
    """Refuse numbers that are NaN or infinite, and say how many there are.

    Raises
    ------
    InputError
        Also for what is no real number.

    Examples
    --------
    >>> check_finite("FeatureSet", "whole", np.zeros((2, 3)))
    """
    if values.dtype.kind not in "fiub":
        raise InputError(f"{owner}: {name} must be real numbers, given {values.dtype}")
    bad = int(values.size - np.count_nonzero(np.isfinite(values)))
    if bad:
        raise InputError(
            f"{owner}: {name} must be finite, {bad} of {values.size} are NaN or infinite"
        )


def check_images(
    owner: str, images: ArrayLike, shape: tuple[int, int] | None = None
) -> NDArray[np.float32]:
    """Images as an array, once they are found usable.

    Parameters
    ----------
    owner
        Named in the message.
    images
        (n, height, width) in [0, 1].
    shape
        Height and width they must have, those of the images a front-end was fitted to.

    Returns
    -------
    ndarray
        (n, height, width) float32.

    Raises
    ------
    InputError
        Not grey images, none at all, values outside [0, 1], or another size.

    Examples
    --------
    >>> check_images("Pixels", np.zeros((2, 8, 8))).dtype
    dtype('float32')
    """
    try:
        array = np.asarray(images)
    except ValueError:  # images of mixed sizes in a list
        raise InputError(f"{owner}: images must all be of one size, given a mixture") from None
    if array.ndim != 3 or 0 in array.shape:
        raise InputError(
            f"{owner}: images must be grey, of shape (n, height, width), given {array.shape}"
        )
    check_finite(owner, "images", array)
    low, high = float(array.min()), float(array.max())
    if low < -ROUNDING or high > 1 + ROUNDING:
        raise InputError(f"{owner}: pixels must be from 0 to 1, given {low:g} to {high:g}")
    if shape is not None and array.shape[1:] != shape:
        raise InputError(
            f"{owner}: images must be {shape[0]} x {shape[1]}, as those it was fitted to, "
            f"given {array.shape[1]} x {array.shape[2]}"
        )
    return np.ascontiguousarray(array, dtype=np.float32)


def check_labels(owner: str, labels: ArrayLike, n_images: int) -> NDArray[np.int64]:
    """Class numbers as an array, once there is one for each image.

    Raises
    ------
    InputError
        They are no whole numbers, or not as many as the images.

    Examples
    --------
    >>> check_labels("Pixels", [0, 1, 1], 3)
    array([0, 1, 1])
    """
    array = np.asarray(labels)
    if array.dtype.kind not in "iu" or array.shape != (n_images,):
        raise InputError(
            f"{owner}: labels must be {n_images} whole numbers, one for each image, "
            f"given {array.dtype} of shape {array.shape}"
        )
    return array.astype(np.int64)


def resize(images: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Enlarge or reduce images by linear interpolation; reducing averages, so nothing aliases.

    Parameters
    ----------
    images
        (n, height, width).
    height, width
        Wanted.

    Returns
    -------
    ndarray
        (n, height, width) float32; the images themselves where they have that size.

    Examples
    --------
    >>> resize(np.array([[[0, 1], [0, 1]]], np.float32), 2, 4)[0, 0]
    array([0.  , 0.25, 0.75, 1.  ], dtype=float32)
    """
    if images.shape[1:] == (height, width):
        return images
    from PIL import Image

    resized = np.empty((len(images), height, width), np.float32)
    for source, target in zip(images, resized, strict=True):
        image = Image.fromarray(source).resize((width, height), Image.Resampling.BILINEAR)
        target[:] = np.asarray(image)
    return resized


def batches(n_images: int, size: int, what: str, progress: bool) -> Iterator[slice]:
    """Slices of ``size`` images, with a progress bar that counts images.

    Examples
    --------
    >>> list(batches(5, 3, "pixels", progress=False))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    from tqdm.auto import tqdm

    with tqdm(total=n_images, desc=what, unit="image", disable=not progress) as bar:
        for start in range(0, n_images, size):
            stop = min(start + size, n_images)
            yield slice(start, stop)
            bar.update(stop - start)


def batch_size(pixels: int) -> int:
    """Images of ``pixels`` pixels that are handled at once.

    Examples
    --------
    >>> batch_size(32 * 32)
    128
    """
    return max(1, BATCH_PIXELS // pixels)


def one_line(error: Exception) -> str:
    """What a library said went wrong, for the end of a message.

    Examples
    --------
    >>> one_line(ValueError("bad  header"))
    'bad header'
    """
    return " ".join(str(error).split())[:200] or type(error).__name__
