"""A layer of a vision network of one's own, from an ONNX file.

ONNX Runtime gives out only what a network declares as its output. Where the layer asked for lies
inside, the network is cut behind it in memory: its nodes are in order of computation, so those
after the layer go, and the layer becomes the output. The file stays as it is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_between, check_positive, suggest
from tasks.vision.features.base import (
    batch_size,
    batches,
    check_finite,
    check_images,
    check_labels,
    one_line,
    resize,
)

LISTED = 24
"""Layers of a network that a message names, at most."""

NUMBERS = {"tensor(float)": "f4", "tensor(double)": "f8", "tensor(float16)": "f2"}
"""Types of input a network may have, and NumPy's names of them."""


@dataclass(frozen=True)
class OnnxLayer:
    """One layer of an ONNX network, flattened.

    The network must take images as N x C x H x W or N x H x W x C with C = 1 or 3. Grey images are
    resized to H x W (those of the images, where the network leaves them open), given to all
    channels, and normalised as (pixel - mean) / std, with pixels from 0 to 1. A network that takes
    pixels from 0 to 255 needs ``std=(1 / 255,)``, and a mean on the scale from 0 to 1.

    Parameters
    ----------
    path
        Of the ``.onnx`` file.
    layer
        Name of a node, or of a tensor that a node gives out.
    mean, std
        One number for all channels, or one for each; by default pixels stay as they are.
    threshold
        Higher features become +1 in a bipolar pattern.

    Examples
    --------
    >>> front_end = OnnxLayer("alexnet.onnx", "fc7", mean=(0.485, 0.456, 0.406),
    ...                       std=(0.229, 0.224, 0.225))
    >>> front_end.fit(np.zeros((1, 8, 8)), [0], np.random.default_rng(1))
    Traceback (most recent call last):
    neurosim.errors.InputError: alexnet.onnx: no such file
    """

    name: ClassVar[str] = "onnx"
    references: ClassVar[tuple[str, ...]] = ()
    learns_categories: ClassVar[bool] = False

    path: str | Path
    layer: str
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    threshold: float = 0.0

    def __post_init__(self) -> None:
        for field in ("mean", "std"):
            values = getattr(self, field)
            if not isinstance(values, tuple) or len(values) not in (1, 3):
                raise InputError(
                    f"OnnxLayer: {field} must be a tuple of 1 or 3 numbers, given {values!r}"
                )
        for value in self.mean:
            check_between(self, "mean", value, -inf, inf)
        for value in self.std:
            check_positive(self, "std", value)
        check_between(self, "threshold", self.threshold, -inf, inf)

    def fit(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        rng: np.random.Generator,
        *,
        progress: bool = False,
    ) -> FittedOnnx:
        """Open the network and try it on one image; its weights stay as they are.

        Raises
        ------
        InputError
            Images or labels are not usable; onnx or onnxruntime is not installed; the file is
            missing, no ONNX model, or has no such layer; or the network takes no images.
        """
        whole = check_images("OnnxLayer", images)
        check_labels("OnnxLayer", labels, len(whole))
        opened = _opened(Path(self.path), self.layer, (whole.shape[1], whole.shape[2]))
        if opened.channels < max(len(self.mean), len(self.std)):
            raise InputError(
                f"{self.path}: takes images of 1 channel, given mean or std of 3 channels"
            )
        fitted = FittedOnnx(self, (whole.shape[1], whole.shape[2]), opened, n_features=0)
        return replace(fitted, n_features=fitted.features(whole[:1]).shape[1])


class _Opened(NamedTuple):
    """A network that gives out the layer, and what it takes."""

    session: Any
    input_name: str
    dtype: str
    batch: int | None
    channels: int
    channels_last: bool
    height: int
    width: int


@dataclass(frozen=True, eq=False)
class FittedOnnx:
    """A network opened for images of one size.

    Attributes
    ----------
    parameters
        Of the front-end.
    shape
        Height and width of the images.
    opened
        The network.
    n_features
        Units of the layer.
    """

    parameters: OnnxLayer
    shape: tuple[int, int]
    opened: _Opened
    n_features: int

    def features(self, images: ArrayLike, *, progress: bool = False) -> NDArray[np.float32]:
        """Output of the layer, (n_images, n_features) float32.

        Raises
        ------
        InputError
            The images are not usable or of another size, or the network does not work with them.
        """
        array = check_images("OnnxLayer", images, self.shape)
        size = self.opened.batch or batch_size(self.opened.height * self.opened.width)
        parts = [
            self._batch(array[part], size)
            for part in batches(len(array), size, str(self.parameters.layer), progress)
        ]
        return np.concatenate(parts)

    def _batch(self, images: NDArray[np.float32], size: int) -> NDArray[np.float32]:
        """Features of at most ``size`` images."""
        network, path = self.opened, self.parameters.path
        x = resize(images, network.height, network.width)[:, np.newaxis]
        mean, std = (
            np.array(values, np.float32)[:, np.newaxis, np.newaxis]
            for values in (self.parameters.mean, self.parameters.std)
        )
        x = np.repeat((x - mean) / std, network.channels // max(len(mean), len(std)), axis=1)
        if network.channels_last:
            x = np.moveaxis(x, 1, -1)
        if network.batch:  # a fixed number of images: fill up the last batch
            x = np.concatenate((x, np.zeros((size - len(x), *x.shape[1:]), np.float32)))
        taken = len(x)
        try:
            x = np.ascontiguousarray(x, network.dtype)
            y = network.session.run(None, {network.input_name: x})[0]
        except Exception as error:  # ONNX Runtime's errors share no class of their own
            raise InputError(f"{path}: the network fails ({one_line(error)})") from None
        if not isinstance(y, np.ndarray) or y.ndim < 1 or len(y) != taken:
            shape = getattr(y, "shape", type(y).__name__)
            raise InputError(
                f"{path}: layer {self.parameters.layer!r} must give one row an image, "
                f"given {shape} for {taken} images"
            )
        rows = y[: len(images)].reshape(len(images), -1)
        check_finite(str(path), f"features of {self.parameters.layer!r}", rows)
        return rows.astype(np.float32)


def _opened(path: Path, layer: str, image_shape: tuple[int, int]) -> _Opened:
    """A session that computes up to the layer."""
    if not os.path.isfile(path):  # unlike Path.is_file, for any name
        raise InputError(f"{path}: no such file")
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise InputError(
            f"{path}: reading ONNX networks needs the package {error.name}; "
            "install it with pip install 'neurosim[features]'"
        ) from None
    try:
        model = onnx.load(path, format="protobuf", load_external_data=False)
    except Exception as error:  # of protobuf or of the system
        raise InputError(f"{path}: is not an ONNX model ({one_line(error)})") from None
    if not model.graph.node:
        raise InputError(f"{path}: is not an ONNX model (it has no layers)")
    try:
        _cut_behind(model, layer, path)
    except (IndexError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: is not an ONNX model ({one_line(error)})") from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised, too
    try:
        onnx.external_data_helper.load_external_data_for_model(model, str(path.parent))
        session = onnxruntime.InferenceSession(
            model.SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
            enable_fallback=0,  # it prints
        )
        return _check_input(session, path, image_shape)
    except InputError:
        raise
    except Exception as error:  # of ONNX Runtime, or of files of weights
        raise InputError(f"{path}: cannot be opened ({one_line(error)})") from None


def _cut_behind(model: Any, layer: str, path: Path) -> None:
    """Make a layer the only output of a model, and drop the nodes behind it."""
    import onnx

    nodes = model.graph.node
    computed = [(i, node) for i, node in enumerate(nodes) if node.op_type != "Constant"]
    tensors = {output: (i, output) for i, node in computed for output in node.output}
    named = {node.name: (i, node.output[0]) for i, node in computed if node.name}
    known = named | tensors
    if not layer or layer not in known:
        layers = [node.name or node.output[0] for _, node in computed]
        raise _no_layer(path, layer, layers, list(known))
    index, tensor = known[layer]
    del nodes[index + 1 :]
    del model.graph.output[:]
    model.graph.output.append(onnx.ValueInfoProto(name=tensor))


def _no_layer(path: Path, layer: str, layers: list[str], known: list[str]) -> InputError:
    """The error for a layer that is not there: those there are, or the nearest and the last."""
    if len(layers) <= LISTED:
        return InputError(f"{path}: {suggest(layer, layers, 'layer')}")
    near = get_close_matches(layer, known, n=LISTED // 3)
    shown = dict.fromkeys(near + layers[len(near) - LISTED :])
    told = suggest(layer, shown, "layer")
    return InputError(f"{path}: {told}; the nearest and the last of {len(layers)} layers")


def _check_input(session: Any, path: Path, image_shape: tuple[int, int]) -> _Opened:
    """What the network takes, if that is images."""
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(entry.name for entry in inputs)
        raise InputError(
            f"{path}: must take one input, the images; it takes {len(inputs)} ({names})"
        )
    entry = inputs[0]
    shape = list(entry.shape)
    channels_last = len(shape) == 4 and shape[1] not in (1, 3)
    if (
        len(shape) != 4
        or shape[3 if channels_last else 1] not in (1, 3)
        or entry.type not in NUMBERS
    ):
        raise InputError(
            f"{path}: must take floating-point images as N x C x H x W or N x H x W x C with "
            f"C = 1 or 3; it takes {entry.type} of {' x '.join(map(str, shape))}"
        )
    batch, *rest = (size if isinstance(size, int) else None for size in shape)
    height, width = rest[:2] if channels_last else rest[1:]
    return _Opened(
        session,
        entry.name,
        NUMBERS[entry.type],
        batch,
        shape[3 if channels_last else 1],
        channels_last,
        height or image_shape[0],
        width or image_shape[1],
    )
