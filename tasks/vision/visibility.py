r"""What hides an object, in part or whole, and how much of it then shows.

Every occluder gives the transparency m of each pixel, 1 where the picture shows through and 0 where
it is hidden, and

    picture = (image - background) m + background                          Tang et al. 2018

The visibility of an object is the percent of its own pixels that show. A pixel shows where
m >= :data:`SHOWN`, within 2.005 sigma of the centre of a bubble. That is how the published trials
count: every visibility of an object is a whole number of pixels out of one area, and the two most
frequent numbers are those of one whole disc of that radius (2,469) and of two (4,938). The sum of m
over the object, another definition at hand, would be about half as large.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_between

SHOWN = 0.134
"""Least transparency at which a pixel counts as visible."""

REFERENCE_SIZE = 256
"""Lengths of occluders are in pixels of a picture whose longer side is this, and scale with it."""


class Occluder(ABC):
    """What hides objects; one transparency map for each trial."""

    @abstractmethod
    def transparency(
        self, silhouettes: NDArray[np.bool_], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Draw what shows in each trial.

        Parameters
        ----------
        silhouettes
            (n_trials, height, width), the own pixels of each trial's object.
        rng
            Source of all draws.

        Returns
        -------
        ndarray
            (n_trials, height, width) float32, 0 (hidden) to 1.
        """

    def of_trials(self, trials: slice, n_trials: int) -> Occluder:
        """The occluder of some of ``n_trials``; the same one, unless each trial has its own."""
        return self


def occlude(
    images: ArrayLike, transparency: NDArray[np.float32], background: float = 0.5
) -> NDArray[np.float32]:
    """Pictures with parts of them hidden, (image - background) m + background.

    Parameters
    ----------
    images
        (n, height, width), 0 to 1.
    transparency
        m, (n, height, width), as an occluder gives it.
    background
        Grey level of what hides the picture.

    Raises
    ------
    InputError
        Shapes that differ, or a background outside 0 to 1.

    Examples
    --------
    >>> occlude([[[1.0, 0.0]]], np.array([[[0.5, 1.0]]], np.float32))
    array([[[0.75, 0.  ]]], dtype=float32)
    """
    check_between("occlude", "background", background, 0, 1)
    pictures = np.asarray(images, np.float32)
    if pictures.shape != transparency.shape:
        raise InputError(
            f"occlude: images {pictures.shape} and transparency {transparency.shape} differ"
        )
    grey = np.float32(background)
    shown = pictures - grey
    shown *= transparency
    shown += grey
    return shown


def visibility(
    transparency: NDArray[np.floating], silhouettes: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Percent of the objects' own pixels whose transparency is at least :data:`SHOWN`.

    Parameters
    ----------
    transparency
        (n, height, width).
    silhouettes
        (n, height, width) bool.

    Returns
    -------
    ndarray
        (n,).

    Raises
    ------
    InputError
        Shapes that differ, or an object without pixels.

    Examples
    --------
    >>> visibility(np.array([[[0.9, 0.2, 0.1, 1.0]]]), np.array([[[True, True, True, False]]]))
    array([66.66666667])
    """
    if transparency.shape != silhouettes.shape:
        raise InputError(
            f"visibility: transparency {transparency.shape} and silhouettes {silhouettes.shape} "
            "differ"
        )
    shown = np.count_nonzero((transparency >= SHOWN) & silhouettes, axis=(1, 2))
    return np.asarray(100 * shown / areas(silhouettes), np.float64)


def scaled(length: float, silhouettes: NDArray[np.bool_]) -> float:
    """A length in pixels of these pictures."""
    return float(length * max(silhouettes.shape[1:]) / REFERENCE_SIZE)


def areas(silhouettes: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n,) own pixels of each object.

    Raises
    ------
    InputError
        An object has none.
    """
    own = np.asarray(np.count_nonzero(silhouettes, axis=(1, 2)), np.int64)
    if not own.all():
        raise InputError(f"occluders: the object of trial {own.argmin()} has no pixels")
    return own


def wanted_pixels(silhouettes: NDArray[np.bool_], percent: float) -> NDArray[np.float64]:
    """(n,) how many pixels of each object are to be visible; see :func:`areas`."""
    return np.asarray(areas(silhouettes) * (percent / 100), np.float64)
