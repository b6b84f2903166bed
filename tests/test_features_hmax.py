"""HMAX against loops written from its equations, and against the published constants."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from neurosim.errors import InputError
from tasks.vision.features import Hmax, bipolar
from tasks.vision.features.hmax import UNIFORM
from tasks.vision.features.hmax_layers import BANDS, FILTERS, c1, gabor, nearest

TABLE = """
7 & 9    2.8 & 3.6    3.5 & 4.6    8
11 & 13  4.5 & 5.4    5.6 & 6.8    10
15 & 17  6.3 & 7.3    7.9 & 9.1    12
19 & 21  8.2 & 9.2    10.3 & 11.5  14
23 & 25  10.2 & 11.3  12.7 & 14.1  16
27 & 29  12.3 & 13.4  15.4 & 16.8  18
31 & 33  14.6 & 15.8  18.2 & 19.7  20
35 & 37  17.0 & 18.2  21.2 & 22.8  22
"""
"""Serre et al. 2007, Table 1: filter sizes, sigma, lambda, side of the C1 square."""

ROWS = [
    [float(word) for word in row.replace("&", " ").split()] for row in TABLE.strip().split("\n")
]


def slow_gabor(size, sigma, wavelength, degrees):
    """Pixel by pixel from the formula."""
    theta, half = math.radians(degrees), size // 2
    G = np.zeros((size, size))
    for y in range(-half, half + 1):
        for x in range(-half, half + 1):
            if math.sqrt(x * x + y * y) <= size / 2:
                x0 = x * math.cos(theta) + y * math.sin(theta)
                y0 = -x * math.sin(theta) + y * math.cos(theta)
                envelope = math.exp(-(x0**2 + 0.3**2 * y0**2) / (2 * sigma**2))
                G[y + half, x + half] = envelope * math.cos(2 * math.pi * x0 / wavelength)
    G -= G.sum() / size**2
    return G / math.sqrt((G**2).sum())


def slow_c1(image, row):
    """One band: (cells down, cells across, 4) from (height, width)."""
    height, width = image.shape
    step = int(row[6]) // 2
    down, across = height // step - 1, width // step - 1
    cells = np.zeros((down, across, 4))
    for size, sigma, wavelength in zip(map(int, row[:2]), row[2:4], row[4:6], strict=True):
        padded = np.pad(image, size // 2, mode="symmetric")
        for o, degrees in enumerate((0, 45, 90, 135)):
            G = slow_gabor(size, sigma, wavelength, degrees)
            S1 = np.zeros((height, width))
            for y in range(height):
                for x in range(width):
                    window = padded[y : y + size, x : x + size]
                    norm = max(math.sqrt((window**2).sum()), 1 / 255)
                    S1[y, x] = abs((window * G).sum()) / norm
            for i in range(down):
                for j in range(across):
                    square = S1[i * step : (i + 2) * step, j * step : (j + 2) * step]
                    cells[i, j, o] = max(cells[i, j, o], square.max())
    return cells


def slow_distance(maps, patch):
    """The squared distance of a patch to the nearest place of any map."""
    size = len(patch)
    return min(
        ((cells[i : i + size, j : j + size] - patch) ** 2).sum()
        for cells in maps
        for i in range(cells.shape[0] - size + 1)
        for j in range(cells.shape[1] - size + 1)
    )


def pictures(n, height, width, seed=0):
    """Bars and noise on grey."""
    rng = np.random.default_rng(seed)
    images = np.full((n, height, width), 0.5)
    for image in images:
        for _ in range(4):
            y, x = rng.integers(height), rng.integers(width)
            image[y : y + rng.integers(3, 12), x : x + rng.integers(3, 12)] = rng.random()
    return np.clip(images + 0.05 * rng.standard_normal(images.shape), 0, 1).astype(np.float32)


def fit(front_end, images, seed=1):
    with warnings.catch_warnings(action="ignore"):
        return front_end.fit(images, np.zeros(len(images), int), np.random.default_rng(seed))


def test_bands_are_the_published_ones():
    assert len(BANDS) == len(ROWS) == 8
    for band, row in zip(BANDS, ROWS, strict=True):
        assert band.sizes == (row[0], row[1])
        assert 2 * band.step == row[6]
        assert FILTERS[band.sizes[0]] == (row[2], row[4])
        assert FILTERS[band.sizes[1]] == (row[3], row[5])


@pytest.mark.parametrize("size", FILTERS)
@pytest.mark.parametrize("degrees", [0, 45, 90, 135])
def test_gabor_against_the_formula(size, degrees):
    G = gabor(size, degrees)
    np.testing.assert_allclose(G, slow_gabor(size, *FILTERS[size], degrees), rtol=0, atol=1e-14)
    assert G.sum() == pytest.approx(0, abs=1e-12)
    assert np.linalg.norm(G) == pytest.approx(1)
    np.testing.assert_allclose(G, G[::-1, ::-1], atol=1e-14)  # even


def test_orientation_is_the_direction_across_the_bars():
    stripes = np.cos(2 * np.pi * np.arange(21) / FILTERS[21][1] - np.pi * 10)  # along x
    responses = [abs((gabor(21, theta) * stripes).sum()) for theta in (0, 45, 90, 135)]
    assert np.argmax(responses) == 0
    np.testing.assert_allclose(gabor(21, 90), gabor(21, 0).T, atol=1e-14)


def test_no_filter_of_that_size():
    with pytest.raises(InputError, match="unknown filter size 8"):
        gabor(8, 0)


@pytest.mark.parametrize("band", [0, 1, 2])
def test_c1_against_loops(band):
    images = pictures(2, 26, 31)
    (cells,) = c1(images, BANDS[band : band + 1])
    assert cells.dtype == np.float32
    for image, map_ in zip(images, cells, strict=True):
        expected = slow_c1(image.astype(float), ROWS[band])
        np.testing.assert_allclose(map_, expected, atol=2e-6)
        assert expected.max() > 0.05
        assert expected.max() <= 1


def test_c1_of_bands_together_is_that_of_each_alone():
    images = pictures(1, 60, 50)
    for together, band in zip(c1(images), BANDS, strict=True):
        np.testing.assert_allclose(together, c1(images, (band,))[0], atol=2e-6)


@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
def test_c1_of_a_uniform_image_is_zero(grey):
    for cells in c1(np.full((1, 48, 48), grey, np.float32)):
        assert np.abs(cells).max() < 1e-5


def test_c1_does_not_depend_on_brightness():
    image = pictures(1, 40, 40)
    for bright, dark in zip(c1(image), c1(image / 4), strict=True):
        np.testing.assert_allclose(bright, dark, atol=1e-5)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_nearest_against_loops(size):
    rng = np.random.default_rng(size)
    cells = rng.random((3, 6, 7, 4)).astype(np.float32)
    patches = rng.random((5, size, size, 4)).astype(np.float32)
    patches[0] = cells[1, 1 : 1 + size, 2 : 2 + size]
    distances = nearest(cells, patches)
    expected = [[slow_distance([map_.astype(float)], patch) for patch in patches] for map_ in cells]
    np.testing.assert_allclose(distances, expected, rtol=1e-5, atol=1e-5)
    assert distances[1, 0] == pytest.approx(0, abs=1e-5)


def test_features_against_loops():
    images = pictures(3, 33, 36)
    fitted = fit(Hmax(n_patches=4, patch_sizes=(2, 4), sharpness=0.7), images)
    assert [band.sizes[0] for band in fitted.bands] == [7, 11, 15, 19, 23, 27, 31]
    assert [P.shape for P in fitted.patches] == [(4, 2, 2, 4), (4, 4, 4, 4)]
    features = fitted.features(images[:1])
    assert features.dtype == np.float32
    maps = [slow_c1(images[0].astype(float), row) for row in ROWS[: len(fitted.bands)]]
    expected = []
    for P in fitted.patches:
        usable = [cells for cells in maps if min(cells.shape[:2]) >= P.shape[1]]
        expected += [math.exp(-0.7 * slow_distance(usable, patch)) for patch in P]
    np.testing.assert_allclose(features[0], expected, rtol=1e-4)
    assert np.ptp(expected) > 0.01


def test_patches_are_cut_from_whole_images_and_match_there():
    images = pictures(4, 48, 48)
    fitted = fit(Hmax(n_patches=6, patch_sizes=(4,), sharpness=100.0), images)
    np.testing.assert_allclose(fitted.features(images).max(axis=0), 1, atol=1e-3)
    maps = c1(images, fitted.bands)
    for patch in fitted.patches[0]:
        assert min(nearest(cells, patch[np.newaxis]).min() for cells in maps) < 1e-5


def test_no_patch_of_a_uniform_ground_is_cut():
    images = np.full((5, 96, 96), 0.5, np.float32)
    images[:, 40:52, 44:50] = 1
    fitted = fit(Hmax(n_patches=40, patch_sizes=(2, 4)), images)
    for P in fitted.patches:
        assert (P.reshape(40, -1).max(axis=1) > UNIFORM).all()


def test_each_feature_is_on_for_half_of_the_whole_images():
    front_end = Hmax(n_patches=30, patch_sizes=(3, 5))
    images = pictures(41, 48, 48)
    features = fit(front_end, images).features(images)
    assert features.min() >= 0
    assert features.max() <= 1
    on = (bipolar(features, front_end.threshold) > 0).mean(axis=0)
    np.testing.assert_allclose(on, 0.5, atol=0.05)


def test_uniform_images_give_no_nan():
    images = np.full((3, 32, 32), 0.5, np.float32)
    features = fit(Hmax(n_patches=3, patch_sizes=(4,)), images).features(images)
    assert np.isfinite(features).all()


def test_the_same_seed_gives_the_same_features():
    images = pictures(3, 40, 40)
    front_end = Hmax(n_patches=5, patch_sizes=(4,))
    first, same, other = (fit(front_end, images, seed).features(images) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_batches_do_not_matter(monkeypatch):
    images = pictures(5, 40, 40)
    fitted = fit(Hmax(n_patches=5, patch_sizes=(4,)), images)
    at_once = fitted.features(images)
    monkeypatch.setattr("tasks.vision.features.base.BATCH_PIXELS", 40 * 40 * 2)
    np.testing.assert_allclose(fitted.features(images), at_once, rtol=1e-3, atol=1e-6)


def test_small_images_leave_bands_and_patches_out_and_say_so():
    images = pictures(2, 32, 32)
    with pytest.warns(
        UserWarning, match=r"32 x 32 hold 3 of 8 bands and patches of 4 C1 cells of 4"
    ):
        fitted = Hmax(n_patches=3).fit(images, [0, 1], np.random.default_rng(1))
    assert fitted.n_features == 3
    assert fitted.features(images).shape == (2, 3)


@pytest.mark.filterwarnings("error")
def test_large_images_hold_everything():
    images = pictures(1, 192, 192)
    fitted = Hmax(n_patches=1).fit(images, [0], np.random.default_rng(1))
    assert fitted.n_features == 4
    assert fitted.bands == BANDS


@pytest.mark.parametrize(("height", "width"), [(8, 8), (19, 100), (5, 64)])
def test_images_too_small(height, width):
    images = np.zeros((2, height, width))
    with pytest.raises(InputError, match=f"{height} x {width} are too small for patches of 4 x 4"):
        Hmax().fit(images, [0, 1], np.random.default_rng(1))


def test_other_images_must_have_the_same_size():
    fitted = fit(Hmax(n_patches=1, patch_sizes=(4,)), pictures(2, 32, 32))
    with pytest.raises(InputError, match="must be 32 x 32, as those it was fitted to"):
        fitted.features(pictures(2, 32, 40))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_patches": 0}, "Hmax: n_patches must be a whole number of at least 1, given 0"),
        ({"patch_sizes": ()}, r"patch_sizes must be a tuple of sizes, given \(\)"),
        ({"patch_sizes": [4, 8]}, r"patch_sizes must be a tuple of sizes, given \[4, 8\]"),
        ({"patch_sizes": (4, 2.5)}, "patch_sizes must be a whole number of at least 1, given 2.5"),
        ({"sharpness": 0}, "sharpness must be a number above 0, given 0"),
        ({"threshold": 0}, "threshold must be a number above 0, given 0"),
        ({"threshold": 1.0}, "threshold must be below 1, given 1.0"),
    ],
)
def test_parameters(parameters, message):
    with pytest.raises(InputError, match=message):
        Hmax(**parameters)
