"""A layer of an ONNX network, from real files, against the same sums in NumPy."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest

from neurosim.errors import InputError
from tasks.vision.features import OnnxLayer
from tasks.vision.features.base import resize

onnx = pytest.importorskip("onnx", reason="the extra 'features' is not installed")
pytest.importorskip("onnxruntime", reason="the extra 'features' is not installed")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

RNG = np.random.default_rng(4)
IMAGES = RNG.random((5, 6, 7)).astype(np.float32)
LABELS = np.arange(5) % 2


def network(path, shape=("N", 3, 6, 7), kind=TensorProto.FLOAT, more_inputs=()):
    """Flatten, fc6 = relu(W6 x), fc7 = relu(W7 fc6), class = fc7 W8, and a constant beside it."""
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    sizes = [int(np.prod([side for side in shape[1:] if isinstance(side, int)])), 11, 9, 2]
    W = [RNG.standard_normal((a, b)).astype(dtype) for a, b in pairwise(sizes)]
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], name="flatten"),
        helper.make_node("Gemm", ["flat", "W6"], ["fc6_sum"], name="fc6"),
        helper.make_node("Relu", ["fc6_sum"], ["fc6_rate"], name="relu6"),
        helper.make_node("Constant", [], ["unused"], name="a_constant", value_float=1.0),
        helper.make_node("Gemm", ["fc6_rate", "W7"], ["fc7_sum"]),
        helper.make_node("Relu", ["fc7_sum"], ["fc7"]),
        helper.make_node("MatMul", ["fc7", "W8"], ["class"], name="read_out"),
    ]
    inputs = [helper.make_tensor_value_info("image", kind, shape), *more_inputs]
    initializers = [numpy_helper.from_array(w, f"W{6 + i}") for i, w in enumerate(W)]
    outputs = [helper.make_tensor_value_info("class", kind, ["N", 2])]
    save(path, nodes, inputs, outputs, initializers)
    return [w.astype(float) for w in W]


def save(path, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, "net", inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def fit(front_end, images=IMAGES):
    return front_end.fit(images, LABELS[: len(images)], np.random.default_rng(1))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.onnx"


@pytest.mark.parametrize(
    "layer", ["fc6", "fc6_sum", "relu6", "fc6_rate", "fc7_sum", "fc7", "class", "read_out"]
)
def test_any_layer_by_node_or_tensor(path, layer):
    W = network(path)
    before = path.read_bytes()
    x = np.repeat(IMAGES[:, np.newaxis], 3, axis=1).reshape(5, -1)
    fc6 = x @ W[0]
    fc7 = np.maximum(fc6, 0) @ W[1]
    expected = {
        "fc6": fc6,
        "fc6_sum": fc6,
        "relu6": np.maximum(fc6, 0),
        "fc6_rate": np.maximum(fc6, 0),
        "fc7_sum": fc7,
        "fc7": np.maximum(fc7, 0),
        "class": np.maximum(fc7, 0) @ W[2],
        "read_out": np.maximum(fc7, 0) @ W[2],
    }[layer]
    fitted = fit(OnnxLayer(path, layer))
    features = fitted.features(IMAGES)
    assert features.dtype == np.float32
    assert fitted.n_features == expected.shape[1]
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-3)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("shape", "three"),
    [
        (("N", 1, 6, 7), False),
        (("N", 6, 7, 1), False),
        (("N", 3, 6, 7), False),
        (("N", 3, 6, 7), True),
        (("N", 6, 7, 3), True),
        ((2, 3, 6, 7), True),
        ((1, 6, 7, 3), False),
    ],
)
def test_layouts_fixed_batches_and_normalisation(path, shape, three):
    channels_last = shape[1] == 6
    channels = shape[3] if channels_last else shape[1]
    mean, std = ((0.4, 0.5, 0.6), (0.2, 0.3, 0.4)) if three else ((0.4,), (0.2,))
    W = network(path, shape)
    x = (IMAGES[:, np.newaxis] - np.reshape(mean, (-1, 1, 1))) / np.reshape(std, (-1, 1, 1))
    x = np.broadcast_to(x, (5, channels, 6, 7))
    x = np.moveaxis(x, 1, 3) if channels_last else x
    expected = np.maximum(x.reshape(5, -1) @ W[0], 0)
    features = fit(OnnxLayer(path, "relu6", mean=mean, std=std)).features(IMAGES)
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", ["DOUBLE", "FLOAT16"])
def test_other_precisions(path, kind):
    W = network(path, kind=getattr(TensorProto, kind))
    x = np.repeat(IMAGES[:, np.newaxis], 3, axis=1).reshape(5, -1)
    features = fit(OnnxLayer(path, "fc6")).features(IMAGES)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, x @ W[0], atol=0.1 if kind == "FLOAT16" else 1e-4)


def test_images_are_resized_to_the_network_s_size(path):
    W = network(path)
    large = RNG.random((3, 24, 30)).astype(np.float32)
    x = np.repeat(resize(large, 6, 7)[:, np.newaxis], 3, axis=1).reshape(3, -1)
    features = fit(OnnxLayer(path, "fc6"), large).features(large)
    np.testing.assert_allclose(features, x @ W[0], rtol=1e-3, atol=1e-3)


def test_an_open_size_is_that_of_the_images_and_maps_are_flattened(path):
    kernel = RNG.standard_normal((2, 1, 3, 3)).astype(np.float32)
    save(
        path,
        [helper.make_node("Conv", ["image", "K"], ["maps"], pads=[1, 1, 1, 1])],
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, "H", "W"])],
        [helper.make_tensor_value_info("maps", TensorProto.FLOAT, list("abcd"))],
        [numpy_helper.from_array(kernel, "K")],
    )
    from scipy.ndimage import correlate

    features = fit(OnnxLayer(path, "maps")).features(IMAGES)
    expected = [[correlate(i, k, mode="constant") for k in kernel[:, 0]] for i in IMAGES]
    np.testing.assert_allclose(features, np.reshape(expected, (5, -1)), rtol=1e-4, atol=1e-4)


def test_batches_and_progress(path, monkeypatch, capsys):
    network(path)
    fitted = fit(OnnxLayer(path, "fc7"))
    at_once = fitted.features(IMAGES)
    monkeypatch.setattr("tasks.vision.features.base.BATCH_PIXELS", 2 * 6 * 7)
    in_parts = fitted.features(IMAGES, progress=True)
    np.testing.assert_allclose(in_parts, at_once, rtol=1e-4, atol=1e-5)
    assert "5/5" in capsys.readouterr().err


def refused(front_end, images=IMAGES):
    with pytest.raises(InputError) as raised:
        fit(front_end, images).features(images)
    message = str(raised.value)
    assert "\n" not in message
    return message


def test_missing_layer_lists_those_there_are(path):
    network(path)
    message = refused(OnnxLayer(path, "fc8"))
    assert message.startswith(f"{path}: unknown layer 'fc8': did you mean 'fc")
    assert "(known: flatten, fc6, relu6, fc7_sum, fc7, read_out)" in message
    assert "a_constant" not in message
    assert "unknown layer ''" in refused(OnnxLayer(path, ""))


def test_missing_layer_of_a_deep_network_names_the_nearest_and_the_last(path):
    names = [f"block{i}" for i in range(300)]
    names[100] = "inception_4a"
    nodes = [helper.make_node("Relu", [a], [b]) for a, b in pairwise(["image", *names])]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 1, 6, 7])
        for name in ("image", names[-1])
    ]
    save(path, nodes, ends[:1], ends[1:])
    message = refused(OnnxLayer(path, "inception4a"))
    assert "did you mean 'inception_4a'?" in message
    assert "block299" in message
    assert "block150" not in message
    assert message.endswith("the nearest and the last of 300 layers")
    assert len(message) < 500


@pytest.mark.parametrize("content", [b"", b"hello world, no network", b"PK\x03\x04" * 50])
def test_a_file_that_is_no_network(path, content):
    path.write_bytes(content)
    assert "net.onnx: is not an ONNX model" in refused(OnnxLayer(path, "fc7"))


def test_a_truncated_network(path):
    network(path)
    path.write_bytes(path.read_bytes()[:-200])
    assert "net.onnx: " in refused(OnnxLayer(path, "fc7"))


def test_no_file(path, tmp_path):
    assert "net.onnx: no such file" in refused(OnnxLayer(path, "fc7"))
    assert "no such file" in refused(OnnxLayer(tmp_path, "fc7"))


def test_weights_in_a_file_that_is_missing(path):
    network(path)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="weights", size_threshold=0)
    assert fit(OnnxLayer(path, "fc7")).n_features == 9
    (path.parent / "weights").unlink()
    assert "net.onnx: cannot be opened" in refused(OnnxLayer(path, "fc7"))


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package(path, monkeypatch, package):
    network(path)
    monkeypatch.setitem(sys.modules, package, None)
    message = refused(OnnxLayer(path, "fc7"))
    assert (
        f"needs the package {package}; install it with pip install 'neurosim[features]'" in message
    )


@pytest.mark.parametrize(
    ("shape", "kind", "told"),
    [
        (("N", 2, 6, 7), TensorProto.FLOAT, r"tensor(float) of N x 2 x 6 x 7"),
        (("N", 42), TensorProto.FLOAT, "tensor(float) of N x 42"),
        (("N", "C", 6, 7), TensorProto.FLOAT, "tensor(float) of N x C x 6 x 7"),
    ],
)
def test_a_network_that_takes_no_images(path, shape, kind, told):
    save(
        path,
        [helper.make_node("Relu", ["image"], ["out"])],
        [helper.make_tensor_value_info("image", kind, shape)],
        [helper.make_tensor_value_info("out", kind, shape)],
    )
    message = refused(OnnxLayer(path, "out"))
    assert (
        "must take floating-point images as N x C x H x W or N x H x W x C with C = 1 or 3"
        in message
    )
    assert told in message


def test_a_network_that_takes_bytes(path):
    save(
        path,
        [helper.make_node("Cast", ["image"], ["out"], to=TensorProto.FLOAT)],
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", 1, 6, 7])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["N", 1, 6, 7])],
    )
    assert "it takes tensor(uint8) of N x 1 x 6 x 7" in refused(OnnxLayer(path, "out"))


def test_a_network_with_two_inputs(path):
    more = [helper.make_tensor_value_info("scale", TensorProto.FLOAT, [1])]
    network(path, more_inputs=more)
    assert "must take one input, the images; it takes 2 (image, scale)" in refused(
        OnnxLayer(path, "fc7")
    )


def test_a_layer_without_a_row_for_each_image(path):
    save(
        path,
        [helper.make_node("ReduceMean", ["image"], ["mean"], axes=[0], keepdims=0)],
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 6, 7])],
        [helper.make_tensor_value_info("mean", TensorProto.FLOAT, [1, 6, 7])],
    )
    assert "layer 'mean' must give one row an image, given (1, 6, 7) for" in refused(
        OnnxLayer(path, "mean")
    )


def test_a_network_that_fails_behind_the_layer_is_not_run_so_far(path):
    save(
        path,
        [
            helper.make_node("Relu", ["image"], ["rate"]),
            helper.make_node("Reshape", ["rate", "shape"], ["out"]),
        ],
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 6, 7])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["M", 5])],
        [numpy_helper.from_array(np.array([-1, 5]), "shape")],
    )
    assert "net.onnx: the network fails" in refused(OnnxLayer(path, "out"))
    features = fit(OnnxLayer(path, "rate")).features(IMAGES)
    np.testing.assert_array_equal(features, IMAGES.reshape(5, 42))


def test_a_network_that_gives_nan(path):
    save(
        path,
        [
            helper.make_node("Sub", ["image", "image"], ["zero"]),
            helper.make_node("Div", ["zero", "zero"], ["out"]),
        ],
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 6, 7])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["N", 1, 6, 7])],
    )
    assert "features of 'out' must be finite, 42 of 42 are NaN" in refused(OnnxLayer(path, "out"))


def test_three_means_for_one_channel(path):
    network(path, ("N", 1, 6, 7))
    assert "takes images of 1 channel, given mean or std of 3 channels" in refused(
        OnnxLayer(path, "fc7", mean=(0.1, 0.2, 0.3))
    )


def test_other_images_must_have_the_same_size(path):
    network(path)
    with pytest.raises(InputError, match="must be 6 x 7, as those it was fitted to"):
        fit(OnnxLayer(path, "fc7")).features(IMAGES[:, :, :5])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"mean": (1.0, 2.0)}, r"mean must be a tuple of 1 or 3 numbers, given \(1.0, 2.0\)"),
        ({"mean": 0.5}, "mean must be a tuple of 1 or 3 numbers, given 0.5"),
        ({"mean": (np.nan,)}, "mean must be a number .* given nan"),
        ({"std": (0.0,)}, "std must be a number above 0, given 0.0"),
        ({"threshold": np.inf}, "threshold must be a number .* given inf"),
    ],
)
def test_parameters(parameters, message):
    with pytest.raises(InputError, match=message):
        OnnxLayer("net.onnx", "fc7", **parameters)
