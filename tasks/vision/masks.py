r"""Backward masks: pictures with the amplitude spectrum of a set of pictures and random phases.

With F the discrete Fourier transform over both axes of a picture, of the pictures x_1 ... x_n,

    A = (|F x_1| + ... + |F x_n|) / n
    mask = F^-1 (A exp(i phi)),   phi(-k) = -phi(k),   phi(0) = 0

so that a mask is real, has exactly the set's average amplitude at every spatial frequency, and its
mean luminance. The phases are those of white noise: uniform, and Hermitian by themselves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_integer


def phase_scrambled(
    images: ArrayLike, n_masks: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Masks that a screen can show: :func:`random_phases`, clipped to 0 ... 1.

    Where pictures are dark or of high contrast some pixels do leave that range, and clipping then
    changes the spectrum a little.

    Parameters
    ----------
    images
        (n, height, width), 0 to 1.
    n_masks
        How many.
    rng
        Source of the phases.

    Returns
    -------
    ndarray
        (n_masks, height, width) float32, 0 to 1.

    Raises
    ------
    InputError
        As for :func:`average_amplitude`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> masks = phase_scrambled(rng.random((4, 8, 8)), 100, rng)
    >>> masks.shape, masks.dtype, round(float(masks.mean()), 1)
    ((100, 8, 8), dtype('float32'), 0.5)
    """
    masks = random_phases(average_amplitude(images), n_masks, rng)
    return np.clip(masks, 0, 1).astype(np.float32)


def average_amplitude(images: ArrayLike) -> NDArray[np.float64]:
    """The average over pictures of their amplitude spectra.

    Parameters
    ----------
    images
        (n, height, width).

    Returns
    -------
    ndarray
        (height, width), in the order of :func:`numpy.fft.fft2`.

    Raises
    ------
    InputError
        Not three axes, no pictures, or values that are not finite.

    Examples
    --------
    >>> average_amplitude([[[1, 1], [1, 1]], [[1, 0], [1, 0]]])
    array([[3., 1.],
           [0., 0.]])
    """
    pictures = np.asarray(images, np.float64)
    if pictures.ndim != 3 or 0 in pictures.shape:
        raise InputError(f"masks: expected pictures (n, height, width), given {pictures.shape}")
    if not np.isfinite(pictures).all():
        raise InputError("masks: pictures must be finite")
    total = np.zeros(pictures.shape[1:])
    for picture in pictures:
        total += np.abs(np.fft.fft2(picture))
    return total / len(pictures)


def random_phases(
    amplitude: ArrayLike, n_masks: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Real pictures of a given amplitude spectrum; their values may leave 0 ... 1.

    Parameters
    ----------
    amplitude
        (height, width), as :func:`average_amplitude` gives it: that of -k equals that of k.
    n_masks
        How many.
    rng
        Source of the phases.

    Returns
    -------
    ndarray
        (n_masks, height, width).

    Raises
    ------
    InputError
        ``n_masks`` is not a whole number of at least 1.

    Examples
    --------
    >>> amplitude = average_amplitude(np.random.default_rng(0).random((3, 6, 5)))
    >>> mask = random_phases(amplitude, 1, np.random.default_rng(1))[0]
    >>> bool(np.allclose(np.abs(np.fft.fft2(mask)), amplitude))
    True
    """
    check_integer("random_phases", "n_masks", n_masks, minimum=1)
    spectrum = np.asarray(amplitude, np.float64)
    height, width = spectrum.shape
    half = spectrum[:, : width // 2 + 1]  # the rest of the transform of a real picture follows
    masks = np.empty((n_masks, height, width))
    for mask in masks:
        noise = np.fft.rfft2(rng.standard_normal((height, width)))
        noise[0, 0] = 1
        mask[:] = np.fft.irfft2(half * noise / np.abs(noise), s=(height, width))
    return masks
