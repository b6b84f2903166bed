"""Occluders: bubbles, deletion and bars, and pictures behind them by the block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_between, check_integer, check_positive
from tasks.vision.bubbles import Bubbles
from tasks.vision.images import ImageSet
from tasks.vision.visibility import Occluder, occlude, scaled, visibility, wanted_pixels

__all__ = [
    "Bars",
    "Bubbles",
    "Deletion",
    "Occluded",
    "Occluder",
    "occlude",
    "occluded",
    "visibility",
]


@dataclass(frozen=True)
class Deletion(Occluder):
    """A contiguous part of the object is gone: all that lies beyond a straight line.

    The line's direction is random, and it stands where the object's visibility is the one asked
    for. Nothing that hides the part is to be seen: people do worse without a visible occluder
    (Johnson & Olshausen 2005, Vision Res. 45:3262), as with :class:`Bubbles`.

    Parameters
    ----------
    visibility
        Percent of the object's own pixels that show, to within the pixels that lie on the line.

    Raises
    ------
    InputError
        ``visibility`` is not from 0 to 100.

    Examples
    --------
    >>> own = np.ones((1, 8, 8), bool)
    >>> Deletion(visibility=50).transparency(own, np.random.default_rng(0)).sum()
    np.float32(32.0)
    """

    visibility: float

    def __post_init__(self) -> None:
        check_between(self, "visibility", self.visibility, 0, 100)

    def transparency(
        self, silhouettes: NDArray[np.bool_], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Maps of each trial; see :meth:`Occluder.transparency`.

        Raises
        ------
        InputError
            An object without pixels.
        """
        wanted = wanted_pixels(silhouettes, self.visibility)
        angles = rng.uniform(0, 2 * np.pi, len(silhouettes))
        maps = np.empty(silhouettes.shape, np.float32)
        for trial, own, some, angle in zip(maps, silhouettes, wanted, angles, strict=True):
            trial[:] = _least(_along(angle, own.shape), own, some)
        return maps


@dataclass(frozen=True)
class Bars(Occluder):
    """Parallel bars, evenly spaced, at a random place across the object.

    Their period is width / (1 - visibility / 100), which would show what is asked for of a large
    surface. An object shows more or less between them: all bars of a picture are made narrower or
    wider until it shows as much as was asked for.

    Parameters
    ----------
    visibility
        Percent of the object's own pixels that show, to within the pixels on the bars' edges.
    width
        Of the bars, in pixels of a picture of 256 x 256.
    orientation
        Of the bars, in degrees counter-clockwise: 0 lie, 90 stand.

    Raises
    ------
    InputError
        Values out of range.

    Examples
    --------
    >>> own = np.ones((1, 4, 8), bool)
    >>> bars = Bars(visibility=50, width=64, orientation=90)
    >>> bars.transparency(own, np.random.default_rng(0))[0, 0]
    array([1., 0., 0., 1., 1., 0., 0., 1.], dtype=float32)
    """

    visibility: float
    width: float = 32.0
    orientation: float = 45.0

    def __post_init__(self) -> None:
        check_between(self, "visibility", self.visibility, 0, 100)
        check_positive(self, "width", self.width)
        check_between(self, "orientation", self.orientation, -360, 360)

    def transparency(
        self, silhouettes: NDArray[np.bool_], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Maps of each trial; see :meth:`Occluder.transparency`.

        Raises
        ------
        InputError
            An object without pixels.
        """
        wanted = wanted_pixels(silhouettes, self.visibility)
        hidden = 1 - self.visibility / 100
        if hidden == 0:
            return np.ones(silhouettes.shape, np.float32)
        period = scaled(self.width, silhouettes) / hidden
        across = _along(np.deg2rad(self.orientation + 90), silhouettes.shape[1:])
        offsets = rng.uniform(0, period, len(silhouettes))
        maps = np.empty(silhouettes.shape, np.float32)
        for trial, own, some, offset in zip(maps, silhouettes, wanted, offsets, strict=True):
            from_gap = np.abs((across - offset) % period - period / 2)
            trial[:] = _least(from_gap, own, some)
        return maps


class Occluded(NamedTuple):
    """Trials of :func:`occluded`.

    Attributes
    ----------
    trials
        Which they are.
    images
        (trials, height, width) float32, the occluded pictures.
    visibility
        (trials,) percent of the object's own pixels that show.
    """

    trials: slice
    images: NDArray[np.float32]
    visibility: NDArray[np.float64]


def occluded(
    pictures: ImageSet,
    which: ArrayLike,
    occluder: Occluder,
    rng: np.random.Generator,
    *,
    background: float | None = None,
    block: int = 64,
) -> Iterator[Occluded]:
    """Occluded pictures of many trials, a block at a time, so that memory is bounded.

    The same seed gives the same pictures for blocks of any size.

    Parameters
    ----------
    pictures
        Whole objects.
    which
        (n_trials,) the object of each trial, a place in ``pictures``.
    occluder
        What hides them.
    rng
        Source of all draws.
    background
        Grey level of what hides them; None: that of ``pictures``.
    block
        Trials at a time. A block needs 20 bytes for each pixel of each trial.

    Yields
    ------
    Occluded
        The blocks, in the order of the trials.

    Raises
    ------
    InputError
        As for :func:`occlude` and the occluder; ``which`` not places in ``pictures``.

    Examples
    --------
    >>> from tasks.vision.images import digits
    >>> trials = np.tile(np.arange(100), 3)
    >>> rng = np.random.default_rng(0)
    >>> blocks = occluded(digits(), trials, Bubbles(visibility=20), rng, block=256)
    >>> [(some.images.shape, round(float(some.visibility.mean()))) for some in blocks]
    [((256, 32, 32), 20), ((44, 32, 32), 20)]
    """
    check_integer("occluded", "block", block, minimum=1)
    which = np.asarray(which)
    n = len(pictures)
    if which.ndim != 1 or which.dtype.kind not in "iu" or ((which < 0) | (which >= n)).any():
        raise InputError(f"occluded: which must be places in {n} pictures, whole numbers from 0")
    grey = pictures.background if background is None else background
    for start in range(0, len(which), block):
        trials = slice(start, min(start + block, len(which)))
        own = pictures.silhouettes[which[trials]]
        maps = occluder.of_trials(trials, len(which)).transparency(own, rng)
        yield Occluded(
            trials,
            occlude(pictures.images[which[trials]], maps, grey),
            visibility(maps, own),
        )


def _along(angle: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Position of each pixel along a direction, counter-clockwise from rightwards."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return columns * np.cos(angle) - rows * np.sin(angle)


def _least(values: NDArray[np.float64], own: NDArray[np.bool_], wanted: float) -> NDArray[np.bool_]:
    """Pixels up to the value at which the number of the object's own is nearest to the wanted."""
    rounded = values.round(9)  # pixels on one line are equal
    levels, pixels = np.unique(rounded[own], return_counts=True)
    shown = np.concatenate([[0], np.cumsum(pixels)])
    last = int(np.abs(shown - wanted).argmin())
    return rounded <= (levels[last - 1] if last else -np.inf)
