"""Backward masks have the set's average amplitude spectrum and random phases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.errors import InputError
from tasks.vision.masks import average_amplitude, phase_scrambled, random_phases


def noise(n, height, width, seed=0):
    """Smooth pictures of low contrast around a middle grey."""
    rng = np.random.default_rng(seed)
    waves = rng.standard_normal((n, height, width)).cumsum(axis=1).cumsum(axis=2)
    return 0.5 + 0.05 * (waves - waves.mean()) / waves.std()


def test_average_against_the_definition():
    images = noise(3, 4, 5)
    for k in range(4):
        for j in range(5):
            phase = k * np.arange(4)[:, None] / 4 + j * np.arange(5) / 5
            terms = [abs((x * np.exp(-2j * np.pi * phase)).sum()) for x in images]
            assert average_amplitude(images)[k, j] == pytest.approx(np.mean(terms))


@settings(max_examples=30, deadline=None)
@given(height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 2**32))
def test_masks_have_the_average_amplitude_and_luminance(height, width, seed):
    images = noise(3, height, width, seed) if height * width > 1 else np.full((3, 1, 1), 0.5)
    amplitude = average_amplitude(images)
    masks = random_phases(amplitude, 2, np.random.default_rng(seed))
    np.testing.assert_allclose(np.abs(np.fft.fft2(masks)), [amplitude] * 2, atol=1e-9)
    np.testing.assert_allclose(masks.mean(axis=(1, 2)), images.mean(), rtol=1e-9)


def test_phases_are_uniform_and_differ():
    amplitude = average_amplitude(noise(2, 8, 8))
    masks = random_phases(amplitude, 2000, np.random.default_rng(0))
    phases = np.angle(np.fft.fft2(masks))[:, 1, 2]
    assert abs(np.exp(1j * phases).mean()) < 0.06
    assert abs(np.exp(2j * phases).mean()) < 0.06
    assert abs(np.corrcoef(masks[0].ravel(), masks[1].ravel())[0, 1]) < 1


def test_pictures_of_low_contrast_are_not_clipped():
    images = noise(4, 16, 16)
    masks = phase_scrambled(images, 5, np.random.default_rng(0))
    assert masks.dtype == np.float32 and 0 < masks.min() and masks.max() < 1
    np.testing.assert_allclose(
        np.abs(np.fft.fft2(masks)), [average_amplitude(images)] * 5, atol=1e-4
    )
    same = phase_scrambled(images, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(masks, same)


def test_pictures_of_high_contrast_are_clipped():
    images = (np.random.default_rng(0).random((4, 16, 16)) < 0.1).astype(float)
    masks = phase_scrambled(images, 5, np.random.default_rng(0))
    assert masks.min() == 0 and masks.max() <= 1


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((4, 4)), r"expected pictures \(n, height, width\), given \(4, 4\)"),
        (np.zeros((0, 4, 4)), r"given \(0, 4, 4\)"),
        (np.full((1, 4, 4), np.nan), "pictures must be finite"),
    ],
)
def test_no_pictures(images, message):
    with pytest.raises(InputError, match=message):
        phase_scrambled(images, 1, np.random.default_rng(0))


def test_no_masks():
    with pytest.raises(InputError, match="n_masks must be a whole number of at least 1, given 0"):
        phase_scrambled(np.ones((1, 4, 4)), 0, np.random.default_rng(0))
