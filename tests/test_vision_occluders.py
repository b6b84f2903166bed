"""Occluders against their definitions pixel by pixel, and the visibility that they reach."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.errors import InputError
from tasks.vision.images import ImageSet
from tasks.vision.occluders import Bars, Bubbles, Deletion, occlude, occluded, visibility

SIGMA_32 = 14 * 32 / 256


def slow_bubbles(centres, height, width, sigma):
    """The maximum over bubbles at each pixel."""
    m = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            for row, column in centres:
                d2 = (y - row) ** 2 + (x - column) ** 2
                m[y, x] = max(m[y, x], np.exp(-d2 / (2 * sigma**2)))
    return m


def blob(rng, size=32):
    """A random object: a disc with a bay, somewhere."""
    y, x = np.mgrid[:size, :size]
    row, column = rng.uniform(0.3 * size, 0.7 * size, 2)
    distance = np.hypot(y - row, x - column)
    return (distance < rng.uniform(0.2, 0.5) * size) & ~((y < row) & (np.abs(x - column) < 2))


def objects(n=3, size=32, seed=0):
    rng = np.random.default_rng(seed)
    own = np.stack([blob(rng, size) for _ in range(n)])
    images = np.where(own, rng.random((n, size, size)), 0.25).astype(np.float32)
    names = tuple(map(str, range(n)))
    return ImageSet(images, np.arange(n) % 2, ("a", "b"), names, own, 0.25)


@pytest.mark.parametrize(("height", "width"), [(12, 12), (7, 16)])
def test_bubbles_against_the_equation(height, width):
    centres = np.array([[[2.0, 3.0], [6.0, 11.0], [np.nan] * 2], [[np.nan] * 2] * 3])
    own = np.ones((2, height, width), bool)
    maps = Bubbles(centres=centres, sigma=40.0).transparency(own, np.random.default_rng(0))
    sigma = 40 * max(height, width) / 256
    np.testing.assert_allclose(maps[0], slow_bubbles(centres[0, :2], height, width, sigma), 1e-5)
    assert maps.dtype == np.float32 and not maps[1].any()


def test_sigma_is_in_pixels_of_a_picture_of_256():
    centres = np.full((1, 1, 2), 128.0)
    own = np.ones((1, 256, 256), bool)
    row = Bubbles(centres=centres).transparency(own, np.random.default_rng(0))[0, 128]
    assert row[128] == 1
    assert row[128 + 14] == row[128 - 14] == pytest.approx(np.exp(-0.5))


def test_centres_are_uniform_over_the_picture():
    own = np.ones((4000, 4, 8), bool)
    maps = Bubbles(number=1, sigma=1e-3).transparency(own, np.random.default_rng(1))
    counts = maps.sum(axis=0).ravel()
    assert counts.sum() == 4000
    assert ((counts - 125) ** 2 / 125).sum() < 61  # chi-squared of 31 degrees, p = 0.001


@pytest.mark.parametrize("number", [0, 1, 5])
def test_as_many_bubbles_as_asked_for(number):
    own = np.ones((50, 64, 64), bool)
    maps = Bubbles(number=number, sigma=1e-3).transparency(own, np.random.default_rng(2))
    assert maps.sum(axis=(1, 2)).max() == number
    assert maps.sum() >= 0.95 * 50 * number  # two in one place are one


def test_visibility_counts_own_pixels_that_show():
    rng = np.random.default_rng(0)
    transparency = rng.random((5, 6, 7)).astype(np.float32)
    own = rng.random((5, 6, 7)) < 0.5
    for m, s, percent in zip(transparency, own, visibility(transparency, own), strict=True):
        shown = sum(m[p] >= 0.134 for p in zip(*np.nonzero(s), strict=True))
        assert percent == pytest.approx(100 * shown / s.sum())


def test_a_whole_bubble_shows_2469_pixels():
    own = np.ones((1, 256, 256), bool)
    m = Bubbles(centres=np.full((1, 1, 2), 100.0)).transparency(own, np.random.default_rng(0))
    assert visibility(m, own)[0] * 256**2 / 100 == pytest.approx(2469)


@settings(max_examples=40, deadline=None)
@given(percent=st.floats(0, 100), seed=st.integers(0, 2**32))
def test_bubbles_reach_the_visibility_to_a_pixel(percent, seed):
    rng = np.random.default_rng(seed)
    own = np.stack([blob(rng) for _ in range(3)])
    reached = visibility(Bubbles(visibility=percent).transparency(own, rng), own)
    wanted = percent / 100 * own.sum(axis=(1, 2))
    assert (np.abs(reached / 100 * own.sum(axis=(1, 2)) - wanted) <= 1).all()


def test_bubbles_of_a_given_visibility_are_of_one_size():
    """Around every maximum the map falls off as sigma says."""
    rng = np.random.default_rng(3)
    own = np.stack([blob(rng) for _ in range(20)])
    for m in Bubbles(visibility=5).transparency(own, rng):
        centres = np.argwhere(m == 1)
        np.testing.assert_allclose(m, slow_bubbles(centres, 32, 32, SIGMA_32), atol=1e-6)


def test_no_bubble_where_none_is_nearest():
    own = np.zeros((1, 32, 32), bool)
    own[0, 10, 10] = True
    rng = np.random.default_rng(0)
    assert not Bubbles(visibility=0).transparency(own, rng).any()
    assert not Bubbles(visibility=40).transparency(own, rng).any()
    assert visibility(Bubbles(visibility=60).transparency(own, rng), own)[0] == 100


@settings(max_examples=40, deadline=None)
@given(percent=st.floats(0, 100), seed=st.integers(0, 2**32))
def test_deletion_leaves_one_side_of_a_line(percent, seed):
    rng = np.random.default_rng(seed)
    own = blob(rng)[np.newaxis]
    m = Deletion(percent).transparency(own, rng)
    assert abs(visibility(m, own)[0] - percent) * own.sum() / 100 < 1.01
    assert np.isin(m, (0, 1)).all()
    # what shows and what does not can be told apart by a line: no pixel is a mean of two others
    kept, gone = np.argwhere(m[0] == 1), np.argwhere(m[0] == 0)
    if len(kept) and len(gone):
        across = kept.mean(axis=0) - gone.mean(axis=0)
        angles = np.arctan2(*across) + np.linspace(-1.6, 1.6, 2001)
        normals = np.stack([np.sin(angles), np.cos(angles)])
        assert ((kept @ normals).min(axis=0) > (gone @ normals).max(axis=0) - 0.05).any()


def test_directions_of_deletion_differ():
    own = np.ones((40, 16, 16), bool)
    maps = Deletion(50).transparency(own, np.random.default_rng(0))
    corners = {tuple(m[[0, 0, -1, -1], [0, -1, 0, -1]]) for m in maps}
    assert len(corners) >= 4


@pytest.mark.parametrize(
    ("orientation", "along"),
    [(0, (0, 1)), (90, (1, 0)), (45, (-1, 1)), (135, (1, 1)), (-45, (1, 1))],
)
def test_bars_run_along_their_orientation(orientation, along):
    own = np.ones((1, 64, 64), bool)
    m = Bars(50, width=32, orientation=orientation).transparency(own, np.random.default_rng(1))[0]
    down, right = along
    inner = m[1:-1, 1:-1]
    np.testing.assert_array_equal(inner, np.roll(m, (-down, -right), (0, 1))[1:-1, 1:-1])
    assert 0 < inner.mean() < 1
    turned = Bars(50, width=32, orientation=orientation).transparency(
        np.rot90(own, axes=(1, 2)), np.random.default_rng(1)
    )
    np.testing.assert_array_equal(turned[0], m)


def test_bars_are_as_wide_and_as_far_apart_as_asked_for():
    own = np.ones((1, 256, 256), bool)
    row = Bars(75, width=16, orientation=90).transparency(own, np.random.default_rng(0))[0, 0]
    edges = np.flatnonzero(np.diff(row))
    widths = np.diff(edges)
    assert set(widths) <= {15, 16, 17, 47, 48, 49}
    assert (np.diff(edges[::2]) == 64).all()


@pytest.mark.parametrize("percent", [0, 3, 25, 60, 99, 100])
@pytest.mark.parametrize("orientation", [0, 30, 45])
def test_bars_reach_the_visibility_to_an_edge(percent, orientation):
    rng = np.random.default_rng(5)
    own = np.stack([blob(rng, 64) for _ in range(10)])
    m = Bars(percent, width=24, orientation=orientation).transparency(own, rng)
    off = np.abs(visibility(m, own) - percent) / 100 * own.sum(axis=(1, 2))
    longest = own.sum(axis=2).max()
    assert (off <= 2 * longest).all()  # both edges of the middle bars at most
    assert off.mean() < longest


def test_occlude_is_the_equation():
    rng = np.random.default_rng(0)
    images, m = rng.random((2, 3, 4, 5))
    shown = occlude(images, m.astype(np.float32), 0.3)
    np.testing.assert_allclose(shown, (images - 0.3) * m + 0.3, atol=1e-6)
    assert shown.dtype == np.float32
    assert shown.min() >= 0 and shown.max() <= 1


@pytest.mark.parametrize(
    "occluder",
    [
        Bubbles(number=3),
        Bubbles(visibility=20),
        Bubbles(centres=np.random.default_rng(0).uniform(0, 32, (11, 2, 2))),
        Deletion(30),
        Bars(30),
    ],
    ids=["number", "visibility", "centres", "deletion", "bars"],
)
def test_blocks_are_the_whole(occluder):
    pictures = objects()
    which = np.arange(11) % 3
    own = pictures.silhouettes[which]
    m = occluder.transparency(own, np.random.default_rng(7))
    whole = occlude(pictures.images[which], m, 0.25)
    for block in (1, 4, 100):
        parts = list(occluded(pictures, which, occluder, np.random.default_rng(7), block=block))
        np.testing.assert_array_equal(np.concatenate([part.images for part in parts]), whole)
        np.testing.assert_array_equal(
            np.concatenate([part.visibility for part in parts]), visibility(m, own)
        )
        assert [part.trials.start for part in parts] == list(range(0, 11, block))


def test_background_of_the_set_or_another():
    pictures, rng = objects(), np.random.default_rng(0)
    (part,) = occluded(pictures, [0, 1], Bubbles(number=0), rng)
    assert (part.images == np.float32(0.25)).all()
    (part,) = occluded(pictures, [0, 1], Bubbles(number=0), rng, background=0.5)
    assert (part.images == 0.5).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Bubbles(visibility=120), "visibility must be a number from 0 to 100, given 120"),
        (
            lambda: Bubbles(visibility=np.nan),
            "visibility must be a number from 0 to 100, given nan",
        ),
        (lambda: Bubbles(), "one of number, visibility and centres, given none"),
        (lambda: Bubbles(number=3, visibility=5), "given number and visibility"),
        (lambda: Bubbles(number=2.5), "number must be a whole number of at least 0, given 2.5"),
        (lambda: Bubbles(number=3, sigma=0), "sigma must be a number above 0, given 0"),
        (lambda: Bubbles(centres=np.ones((3, 2))), r"\(n_trials, bubbles, 2\), given \(3, 2\)"),
        (lambda: Deletion(-1), "Deletion: visibility must be a number from 0 to 100, given -1"),
        (lambda: Bars(101), "Bars: visibility must be a number from 0 to 100, given 101"),
        (lambda: Bars(50, width=0), "width must be a number above 0"),
        (lambda: Bars(50, orientation=np.inf), "orientation must be a number from -360 to 360"),
    ],
)
def test_occluders_that_are_none(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("occluder", [Bubbles(visibility=10), Deletion(10), Bars(10)])
def test_an_object_without_pixels(occluder):
    own = np.ones((3, 4, 4), bool)
    own[1] = False
    with pytest.raises(InputError, match="the object of trial 1 has no pixels"):
        occluder.transparency(own, np.random.default_rng(0))


def test_centres_of_other_trials():
    bubbles, rng = Bubbles(centres=np.ones((5, 1, 2))), np.random.default_rng(0)
    with pytest.raises(InputError, match="centres are those of 5 trials, expected 3"):
        bubbles.transparency(np.ones((3, 4, 4), bool), rng)
    with pytest.raises(InputError, match="centres are those of 5 trials, expected 4"):
        next(occluded(objects(), [0, 1, 2, 0], bubbles, rng, block=2))


def test_shapes_that_differ():
    m = np.ones((2, 3, 4), np.float32)
    with pytest.raises(InputError, match=r"images \(2, 4, 3\) and transparency \(2, 3, 4\) differ"):
        occlude(np.ones((2, 4, 3)), m)
    with pytest.raises(InputError, match=r"silhouettes \(1, 3, 4\) differ"):
        visibility(m, np.ones((1, 3, 4), bool))


@pytest.mark.parametrize("which", [[3], [-1], [0.5], [[0]]])
def test_objects_that_are_not_there(which):
    with pytest.raises(InputError, match="which must be places in 3 pictures"):
        next(occluded(objects(), which, Bubbles(number=1), np.random.default_rng(0)))
