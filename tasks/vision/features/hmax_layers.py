r"""The layers of HMAX: simple cells S1 and S2, complex cells C1.

Riesenhuber & Poggio 1999, with the constants of Serre, Wolf, Bileschi, Riesenhuber & Poggio 2007,
their Table 1.

S1: Gabor filters G of 16 sizes RF = 7, 9 ... 37 and 4 orientations theta = 0, 45, 90, 135 degrees,

    G(x, y) = exp(-(x0^2 + gamma^2 y0^2) / (2 sigma^2)) cos(2 pi x0 / lambda)
    x0 = x cos(theta) + y sin(theta),  y0 = -x sin(theta) + y cos(theta),  gamma = 0.3

cut to a circle of diameter RF, made zero-mean and of norm 1. A response is |image * G| divided by
the norm of the image within the filter's square, from 0 to 1. Images are reflected at their
borders. (The authors' program sets responses near the border to 0 instead, which would leave little
of small images.)

C1: the maximum over the two sizes of a band and over squares of N pixels, every N / 2 pixels;
N = 8, 10 ... 22 for bands 1 to 8. Only whole squares count.

S2 asks for the squared distance ||X - P||^2 of patches X of C1, n x n places by 4 orientations, to
a stored patch P.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from neurosim.errors import suggest

ORIENTATIONS = (0.0, 45.0, 90.0, 135.0)
"""theta, in degrees."""

ASPECT_RATIO = 0.3
"""gamma."""

FILTERS = {
    7: (2.8, 3.5),
    9: (3.6, 4.6),
    11: (4.5, 5.6),
    13: (5.4, 6.8),
    15: (6.3, 7.9),
    17: (7.3, 9.1),
    19: (8.2, 10.3),
    21: (9.2, 11.5),
    23: (10.2, 12.7),
    25: (11.3, 14.1),
    27: (12.3, 15.4),
    29: (13.4, 16.8),
    31: (14.6, 18.2),
    33: (15.8, 19.7),
    35: (17.0, 21.2),
    37: (18.2, 22.8),
}
"""RF: (sigma, lambda), in pixels."""

FAINTEST = 1 / 255
"""A filter's square whose norm is less, one grey level in one pixel, counts as black."""


class Band(NamedTuple):
    """Two filter sizes and the pooling that belongs to them, in pixels.

    Attributes
    ----------
    sizes
        Sides of the filters.
    step
        Distance of neighbouring C1 cells, half the side of the square they pool.
    """

    sizes: tuple[int, int]
    step: int

    def c1_shape(self, height: int, width: int) -> tuple[int, int]:
        """C1 cells down and across of an image; 0 or less where it is too small."""
        if max(self.sizes) > min(height, width):
            return 0, 0
        return height // self.step - 1, width // self.step - 1


BANDS = tuple(Band((7 + 4 * i, 9 + 4 * i), 4 + i) for i in range(8))
"""Bands 1 to 8."""


def gabor(size: int, orientation: float) -> NDArray[np.float64]:
    """An S1 filter.

    Parameters
    ----------
    size
        RF, side in pixels, one of those in ``FILTERS``.
    orientation
        theta in degrees, the direction across the bars.

    Returns
    -------
    ndarray
        (size, size), y down and x across, zero-mean, of norm 1.

    Raises
    ------
    InputError
        There is no filter of that size.

    Examples
    --------
    >>> gabor(7, 0).shape
    (7, 7)
    """
    if size not in FILTERS:
        raise suggest(size, map(str, FILTERS), "filter size")
    sigma, wavelength = FILTERS[size]
    theta = np.deg2rad(orientation)
    y, x = np.mgrid[:size, :size] - size // 2
    x0 = x * np.cos(theta) + y * np.sin(theta)
    y0 = -x * np.sin(theta) + y * np.cos(theta)
    G = np.exp(-(x0**2 + ASPECT_RATIO**2 * y0**2) / (2 * sigma**2))
    G *= np.cos(2 * np.pi * x0 / wavelength)
    G[np.hypot(x, y) > size / 2] = 0
    G -= G.mean()
    return G / np.linalg.norm(G)


def c1(images: NDArray[np.float32], bands: Sequence[Band] = BANDS) -> list[NDArray[np.float32]]:
    """C1 responses, from 0 to 1.

    Parameters
    ----------
    images
        (n, height, width) float32.
    bands
        Those wanted.

    Returns
    -------
    list of ndarray
        For each band (n, cells down, cells across, 4 orientations) float32.

    Examples
    --------
    >>> [cells.shape for cells in c1(np.zeros((1, 40, 64), np.float32), BANDS[:2])]
    [(1, 9, 15, 4), (1, 7, 11, 4)]
    """
    n, height, width = images.shape
    margin = max(max(band.sizes) for band in bands) // 2
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin)), mode="symmetric")
    grid = tuple(scipy.fft.next_fast_len(side, real=True) for side in padded.shape[1:])
    spectrum = scipy.fft.rfft2(padded, grid, workers=-1)[:, np.newaxis]
    energy = np.square(images, dtype=np.float64)
    maps = []
    for band in bands:
        responses = np.zeros((n, len(ORIENTATIONS), height, width), np.float32)
        for size in band.sizes:
            norm = np.sqrt(size**2 * np.maximum(_box_mean(energy, size), 0))
            scale = (1 / np.maximum(norm, FAINTEST)).astype(np.float32)[:, np.newaxis]
            S1 = scipy.fft.irfft2(spectrum * _filters(size, grid), grid, workers=-1)
            S1 = S1[:, :, margin : margin + height, margin : margin + width]
            np.maximum(responses, np.abs(S1) * scale, out=responses)
        maps.append(_pooled(responses, band.step))
    return maps


def _box_mean(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Mean over squares of ``size`` pixels around each pixel, images reflected."""
    mean: NDArray[np.float64] = uniform_filter(values, size, axes=(1, 2), mode="reflect")
    return mean


@cache
def _filters(size: int, grid: tuple[int, int]) -> NDArray[np.complex64]:
    """Spectra of the four filters of one size, centred on the first pixel of the grid.

    They are even, so that convolution and correlation are the same.
    """
    centred = np.zeros((len(ORIENTATIONS), *grid), np.float32)
    centred[:, :size, :size] = [gabor(size, theta) for theta in ORIENTATIONS]
    centred = np.roll(centred, (-(size // 2), -(size // 2)), axis=(1, 2))
    spectra: NDArray[np.complex64] = scipy.fft.rfft2(centred)
    return spectra


def _pooled(responses: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """Maxima over squares of 2 x step pixels, every step pixels; orientations last."""
    n, n_orientations, height, width = responses.shape
    down, across = height // step, width // step
    blocks = responses[:, :, : down * step, : across * step]
    blocks = blocks.reshape(n, n_orientations, down, step, across * step).max(axis=3)
    blocks = blocks.reshape(n, n_orientations, down, across, step).max(axis=4)
    squares = np.maximum(blocks[:, :, 1:], blocks[:, :, :-1])
    squares = np.maximum(squares[..., 1:], squares[..., :-1])
    return np.ascontiguousarray(squares.transpose(0, 2, 3, 1))


def nearest(cells: NDArray[np.float32], patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared distance of each patch to the most similar place of each C1 map.

    ||X - P||^2 = ||X||^2 - 2 X.P + ||P||^2, the products of all places X and patches P at once.

    Parameters
    ----------
    cells
        (n, cells down, cells across, 4).
    patches
        (n_patches, size, size, 4).

    Returns
    -------
    ndarray
        (n, n_patches) float32; rounding may leave it slightly below 0.

    Examples
    --------
    >>> cells = np.arange(64, dtype=np.float32).reshape(1, 4, 4, 4)
    >>> nearest(cells, cells[:, 1:3, 2:4])
    array([[0.]], dtype=float32)
    """
    size = patches.shape[1]
    P = patches.reshape(len(patches), -1)
    axes: Any = (1, 2)  # for which NumPy 2.3 states no type
    windows = sliding_window_view(cells, (size, size), axis=axes).transpose(0, 1, 2, 4, 5, 3)
    X = windows.reshape(-1, P.shape[1])
    D = X @ (-2 * P.T)
    D += np.einsum("ij,ij->i", X, X)[:, np.newaxis]
    closest: NDArray[np.float32] = D.reshape(len(cells), -1, len(P)).min(axis=1)
    return closest + np.einsum("ij,ij->i", P, P)
