"""What the front-ends share, and the two that learn nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.errors import InputError
from tasks.vision.features import (
    Hmax,
    Mlp,
    OnnxLayer,
    Pixels,
    RandomProjection,
    bipolar,
    front_end,
)
from tasks.vision.features.base import batches, resize
from tasks.vision.features.relu import ReluLayer, reduced_size

RNG = np.random.default_rng(1)
IMAGES = RNG.random((6, 12, 10)).astype(np.float32)
LABELS = np.arange(6) % 2
FRONT_ENDS = (
    Pixels(),
    RandomProjection(n_units=20),
    Mlp(n_units=5),
    Hmax(n_patches=2),
    OnnxLayer("net.onnx", "fc"),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-2, 2, width=32), max_size=20), st.floats(-1, 1))
def test_bipolar_is_the_sign_above_the_threshold(values, threshold):
    features = np.array(values, np.float32)
    states = bipolar(features, threshold)
    assert states.dtype == np.float32
    assert states.tolist() == [1.0 if value > threshold else -1.0 for value in features]


def test_bipolar_at_the_threshold_is_off():
    assert bipolar([[0.0, 0.5, 0.25]], threshold=0.25).tolist() == [[-1, 1, -1]]


def test_bipolar_of_unknown_features_is_zero():
    known = np.array([[True, False], [False, True]])
    assert bipolar([[1.0, 1.0], [-1.0, -1.0]], known=known).tolist() == [[1, 0], [0, -1]]


@pytest.mark.parametrize(
    ("features", "known", "message"),
    [
        ([1.0, np.nan, np.inf], None, "features must be finite, 2 of 3 are NaN or infinite"),
        (["a"], None, "features must be real numbers, given <U1"),
        ([1.0, 2.0], [True], r"known must be booleans of shape \(2,\), given bool of shape \(1,\)"),
        ([1.0, 2.0], [1, 0], "known must be booleans .* given int64"),
    ],
)
def test_bipolar_refuses(features, known, message):
    with pytest.raises(InputError, match=message):
        bipolar(features, known=known)


@pytest.mark.parametrize("kind", FRONT_ENDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES[0], r"must be grey, of shape \(n, height, width\), given \(12, 10\)"),
        (IMAGES[:0], r"given \(0, 12, 10\)"),
        (np.where(IMAGES > 0.9, np.nan, IMAGES), r"images must be finite, \d+ of 720 are NaN"),
        (IMAGES * 255, "pixels must be from 0 to 1, given 0"),
        (IMAGES - 0.5, "pixels must be from 0 to 1, given -0.4"),
        ([IMAGES[0], IMAGES[1, :5]], "images must all be of one size"),
        (IMAGES.astype(str), "images must be real numbers"),
    ],
)
def test_unusable_images(kind, images, message):
    with pytest.raises(InputError, match=message) as raised:
        kind.fit(images, LABELS, np.random.default_rng(1))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("kind", FRONT_ENDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("labels", [LABELS[:5], LABELS.astype(float), LABELS[:, None], ["a"] * 6])
def test_unusable_labels(kind, labels):
    with pytest.raises(InputError, match="labels must be 6 whole numbers, one for each image"):
        kind.fit(IMAGES, labels, np.random.default_rng(1))


@pytest.mark.parametrize("kind", [Pixels(), RandomProjection(n_units=20)], ids=lambda k: k.name)
def test_other_images_must_have_the_size_of_the_fitted_ones(kind):
    fitted = kind.fit(IMAGES, LABELS, np.random.default_rng(1))
    assert fitted.features(IMAGES[:2]).shape == (2, fitted.n_features)
    with pytest.raises(
        InputError, match="must be 12 x 10, as those it was fitted to, given 9 x 10"
    ):
        fitted.features(IMAGES[:, :9])


def test_pixels_are_the_pixels():
    fitted = Pixels().fit(IMAGES.astype(float), LABELS, np.random.default_rng(1))
    features = fitted.features(IMAGES.astype(float))
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, IMAGES.reshape(6, 120))
    assert fitted.n_features == 120


@pytest.mark.parametrize("threshold", [-0.1, 1.1, np.nan, "0.3"])
def test_pixels_threshold(threshold):
    with pytest.raises(InputError, match="Pixels: threshold must be a number from 0 to 1"):
        Pixels(threshold)


def test_random_projection_against_its_equation():
    fitted = RandomProjection(n_units=400).fit(IMAGES, LABELS, np.random.default_rng(5))
    W = np.random.default_rng(5).standard_normal((120, 400), np.float32) * np.sqrt(2 / 120)
    contrasts = IMAGES.reshape(6, 120).astype(float) - 0.5
    expected = np.maximum(0, contrasts @ W)
    np.testing.assert_allclose(fitted.features(IMAGES), expected, rtol=1e-4, atol=1e-5)
    # He's variance: the mean square of the rates is that of the contrasts
    assert np.square(expected).mean() == pytest.approx(np.square(contrasts).mean(), rel=0.2)


def test_random_projection_is_the_seed_s():
    first, same, other = (
        RandomProjection(n_units=30).fit(IMAGES, LABELS, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.features(IMAGES), same.features(IMAGES))
    assert not np.array_equal(first.features(IMAGES), other.features(IMAGES))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_units": 0}, "n_units must be a whole number of at least 1, given 0"),
        ({"longest_side": 2.5}, "longest_side must be a whole number of at least 1, given 2.5"),
        ({"threshold": -1}, "threshold must be a number of at least 0, given -1"),
    ],
)
def test_random_projection_parameters(parameters, message):
    with pytest.raises(InputError, match=message):
        RandomProjection(**parameters)


def test_a_relu_layer_reduces_large_images_and_goes_batch_by_batch():
    rng = np.random.default_rng(3)
    images = rng.random((5, 400, 200)).astype(np.float32)  # more than one batch
    reduced = reduced_size((400, 200), 8)
    layer = ReluLayer("mlp", (400, 200), reduced, rng.standard_normal((32, 7)), np.arange(7.0))
    small = resize(images, 8, 4)
    expected = np.maximum(0, (small.reshape(5, 32) - 0.5) @ layer.weights + layer.bias)
    np.testing.assert_allclose(layer.features(images), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "longest", "reduced"),
    [
        ((256, 256), 32, (32, 32)),
        ((300, 200), 30, (30, 20)),
        ((8, 8), 32, (8, 8)),
        ((500, 1), 5, (5, 1)),
    ],
)
def test_reduced_size(shape, longest, reduced):
    assert reduced_size(shape, longest) == reduced


def test_resize_keeps_the_mean_and_averages_what_is_reduced():
    checkers = np.indices((1, 64, 64)).sum(axis=0).astype(np.float32) % 2
    np.testing.assert_allclose(resize(checkers, 8, 8)[0, 1:-1, 1:-1], 0.5, atol=0.01)
    ramp = np.broadcast_to(np.linspace(0, 1, 40, dtype=np.float32), (2, 30, 40))
    smaller = resize(np.ascontiguousarray(ramp), 15, 10)
    assert smaller.shape == (2, 15, 10)
    np.testing.assert_allclose(
        smaller[:, :, 1:-1], ramp[:, ::2, 1:].reshape(2, 15, -1)[:, :, 4:33:4], atol=0.03
    )
    assert resize(ramp, 30, 40) is ramp


def test_the_progress_bar_counts_images(capsys):
    parts = list(batches(10, 4, "hmax", progress=True))
    assert [part.stop - part.start for part in parts] == [4, 4, 2]
    shown = capsys.readouterr().err
    assert "hmax" in shown
    assert "10/10" in shown
    list(batches(10, 4, "hmax", progress=False))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mlp", Mlp()),
        ("pixels", Pixels()),
        ("hmax", Hmax()),
        ("random", RandomProjection()),
        ("nets/Alex.ONNX:fc7", OnnxLayer("nets/Alex.ONNX", "fc7")),
        ("C:/nets/a.onnx:/features/Relu:0", OnnxLayer("C:/nets/a.onnx", "/features/Relu:0")),
    ],
)
def test_the_command_line_s_words(text, expected):
    assert front_end(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "hmx",
            r"unknown front-end 'hmx': did you mean 'hmax'\? \(known: mlp, .*FILE.onnx:LAYER\)",
        ),
        ("", "unknown front-end ''"),
        ("net.onnx", "net.onnx: name the layer to read after a colon, as net.onnx:fc7"),
        ("net.onnx:", "name the layer"),
        ("fc7.npz", "fc7.npz: is a file of features"),
        ("fc7.MAT", "is a file of features"),
    ],
)
def test_words_that_are_no_front_end(text, message):
    with pytest.raises(InputError, match=message):
        front_end(text)


@pytest.mark.parametrize("kind", FRONT_ENDS, ids=lambda kind: kind.name)
def test_parameters_are_frozen(kind):
    with pytest.raises(AttributeError):
        kind.threshold = 0.5
    assert isinstance(kind.references, tuple)


def test_only_the_trained_network_learns_categories():
    assert [kind.name for kind in FRONT_ENDS if kind.learns_categories] == ["mlp"]
