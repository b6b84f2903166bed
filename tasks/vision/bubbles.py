"""Bubbles: Gaussian windows through which an object is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_between, check_integer, check_positive
from tasks.vision.visibility import SHOWN, Occluder, scaled, wanted_pixels


@dataclass(frozen=True, eq=False)
class Bubbles(Occluder):
    r"""The picture shows through Gaussian windows; all else is background.

        m = max_k exp(-d_k^2 / (2 sigma^2)),   d_k the distance from centre k in pixels

    Centres are uniform over the pixels of the picture. With a given visibility, bubbles are drawn
    one after the other until one would show too much of the object; that one is put, at random, at
    one of the places where the object's visibility comes nearest to the one asked for, or left out
    if that is nearer still. All bubbles are of one size, as in the experiment, where the number was
    fixed for each person and visibility was what it came to.

    Parameters
    ----------
    number
        Bubbles in each picture.
    visibility
        Percent of the object's own pixels that show.
    centres
        (n_trials, k, 2) row and column of each bubble, in pixels from 0; NaN for none. One of
        ``number``, ``visibility`` and ``centres`` is given.
    sigma
        Standard deviation of the windows, in pixels of a picture of 256 x 256.

    Raises
    ------
    InputError
        None or several of the three are given, or values out of range.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> own = np.ones((2, 64, 64), bool)
    >>> Bubbles(number=4).transparency(own, rng).shape
    (2, 64, 64)
    >>> from tasks.vision.visibility import visibility
    >>> visibility(Bubbles(visibility=25).transparency(own, rng), own)
    array([25., 25.])
    """

    number: int | None = None
    visibility: float | None = None
    centres: NDArray[np.floating] | None = None
    sigma: float = 14.0

    def __post_init__(self) -> None:
        check_positive(self, "sigma", self.sigma)
        given = [
            name for name in ("number", "visibility", "centres") if getattr(self, name) is not None
        ]
        if len(given) != 1:
            raise InputError(
                "Bubbles: expected one of number, visibility and centres, "
                f"given {' and '.join(given) or 'none'}"
            )
        if self.number is not None:
            check_integer(self, "number", self.number, minimum=0)
        if self.visibility is not None:
            check_between(self, "visibility", self.visibility, 0, 100)
        if self.centres is not None:
            shape = np.shape(self.centres)
            if len(shape) != 3 or shape[2] != 2:
                raise InputError(
                    f"Bubbles: centres must be of shape (n_trials, bubbles, 2), given {shape}"
                )

    def transparency(
        self, silhouettes: NDArray[np.bool_], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Maps of each trial; see :meth:`Occluder.transparency`.

        Raises
        ------
        InputError
            An object without pixels, or not as many trials as centres.
        """
        sigma = scaled(self.sigma, silhouettes)
        maps = np.zeros(silhouettes.shape, np.float32)
        for trial, centres in zip(maps, self._centres(silhouettes, sigma, rng), strict=True):
            _add_bubbles(trial, centres, sigma)
        return maps

    def _centres(
        self, silhouettes: NDArray[np.bool_], sigma: float, rng: np.random.Generator
    ) -> Iterator[NDArray[Any]]:
        """(bubbles, 2) row and column of the bubbles of each trial."""
        n, height, width = silhouettes.shape
        if self.centres is not None:
            for some in _of_all(self.centres, n):
                yield some[~np.isnan(some).any(axis=1)]
        elif self.visibility is not None:
            placer = _Placer(height, width, sigma)
            wanted = wanted_pixels(silhouettes, self.visibility)
            for own, pixels in zip(silhouettes, wanted, strict=True):
                yield placer.centres(own, pixels, rng)
        elif self.number is not None:
            for _ in range(n):
                yield _drawn(height, width, self.number, rng)

    def of_trials(self, trials: slice, n_trials: int) -> Bubbles:
        """The bubbles of some of ``n_trials``.

        Raises
        ------
        InputError
            Not as many trials as centres.
        """
        if self.centres is None:
            return self
        return replace(self, centres=_of_all(self.centres, n_trials)[trials])


class _Placer:
    """Places bubbles in pictures of one size until an object is visible as wanted."""

    def __init__(self, height: int, width: int, sigma: float) -> None:
        from scipy.fft import next_fast_len, rfft2

        # The farthest pixel that shows around a centre.
        reach = int(sigma * np.sqrt(-2 * np.log(SHOWN)))
        offsets = np.arange(-reach, reach + 1) ** 2
        self.disc = np.exp(-(offsets[:, np.newaxis] + offsets) / (2 * sigma**2)) >= SHOWN
        self.reach = reach
        self.size = (height, width)
        # Transforms of pictures with margins of zeros: discs do not reach around the edges.
        self.padded = tuple(next_fast_len(side + 2 * reach, real=True) for side in self.size)
        self.disc_transform = rfft2(self.disc.astype(np.float32), self.padded)

    def centres(
        self, own: NDArray[np.bool_], wanted: float, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """(bubbles, 2) row and column; ``wanted`` is the number of pixels to be visible."""
        hidden = own.copy()
        missing = wanted
        centres = []
        while missing > 0.5:  # else nothing comes nearer
            centre = _drawn(*self.size, 1, rng)
            window, disc = self._window(*centre[0])
            shown = np.count_nonzero(hidden[window] & disc)
            if shown > missing:
                centres.append(self._best(hidden, missing, rng))
                break
            hidden[window] &= ~disc
            missing -= shown
            centres.append(centre)
        return np.concatenate([np.empty((0, 2), np.int64), *centres])

    def _window(self, row: int, column: int) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
        """The part of the picture that a bubble can show, and which of its pixels it does."""
        picture, disc = [], []
        for at, side in zip((row, column), self.size, strict=True):
            first, last = max(0, at - self.reach), min(side, at + self.reach + 1)
            picture.append(slice(first, last))
            disc.append(slice(first - at + self.reach, last - at + self.reach))
        return (picture[0], picture[1]), self.disc[disc[0], disc[1]]

    def _best(
        self, hidden: NDArray[np.bool_], missing: float, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """One of the places that show nearest to what is missing; none if that is farther off."""
        from scipy.fft import irfft2, rfft2

        transform = rfft2(hidden.astype(np.float32), self.padded) * self.disc_transform
        height, width = self.size
        shown = np.rint(irfft2(transform, self.padded))[
            self.reach : self.reach + height, self.reach : self.reach + width
        ]
        off = np.abs(shown - missing)
        if off.min() >= missing:
            return np.empty((0, 2), np.int64)
        places = np.flatnonzero(off == off.min())
        return np.array([divmod(int(rng.choice(places)), width)])


def _of_all(centres: NDArray[np.floating], n_trials: int) -> NDArray[np.floating]:
    """The centres, if they are those of so many trials."""
    if len(centres) != n_trials:
        raise InputError(
            f"Bubbles: centres are those of {len(centres)} trials, expected {n_trials}"
        )
    return centres


def _drawn(height: int, width: int, number: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(number, 2) row and column of pixels, uniform over the picture."""
    return np.stack(np.divmod(rng.integers(height * width, size=number), width), axis=1)


def _add_bubbles(trial: NDArray[np.float32], centres: NDArray[Any], sigma: float) -> None:
    """The transparency of one picture; each Gaussian is the product of one down and one across."""
    down, across = (
        np.exp(-((np.arange(side) - at[:, np.newaxis]) ** 2) / (2 * sigma**2)).astype(np.float32)
        for side, at in zip(trial.shape, centres.T, strict=True)
    )
    bubble = np.empty_like(trial)
    for k in range(len(centres)):
        np.multiply(down[k][:, np.newaxis], across[k], out=bubble)
        np.maximum(trial, bubble, out=trial)
