"""Feed-forward front-ends: from images, or from a file, to features.

A front-end is a frozen object of parameters with a ``name``, ``references`` and a ``threshold``
above which a feature counts as on. ``fit(images, labels, rng)`` learns from whole images only and
gives an object whose ``features(images)`` are (n_images, n_features) float32; :func:`bipolar` makes
patterns of them. Features that were computed elsewhere come from :func:`load_features`.
"""

from __future__ import annotations

import re

from neurosim.errors import InputError, suggest
from tasks.vision.features.base import Fitted, FrontEnd, bipolar
from tasks.vision.features.feature_set import FeatureSet, partial_patterns
from tasks.vision.features.files import load_features
from tasks.vision.features.hmax import Hmax
from tasks.vision.features.mlp import Mlp
from tasks.vision.features.onnx_layer import OnnxLayer
from tasks.vision.features.pixels import Pixels
from tasks.vision.features.random_projection import RandomProjection

__all__ = [
    "FRONT_ENDS",
    "FeatureSet",
    "Fitted",
    "FrontEnd",
    "Hmax",
    "Mlp",
    "OnnxLayer",
    "Pixels",
    "RandomProjection",
    "bipolar",
    "front_end",
    "load_features",
    "partial_patterns",
]


FRONT_ENDS: dict[str, type[FrontEnd]] = {
    kind.name: kind for kind in (Mlp, Pixels, Hmax, RandomProjection)
}
"""Front-ends that need no file, by name."""


def front_end(text: str) -> FrontEnd:
    """A front-end with its default parameters, from the word of the command line.

    Parameters
    ----------
    text
        ``mlp``, ``pixels``, ``hmax``, ``random`` or ``FILE.onnx:LAYER``.

    Raises
    ------
    InputError
        No such front-end, an ONNX file without a layer, or a file of features.

    Examples
    --------
    >>> front_end("pixels")
    Pixels(threshold=0.3)
    >>> front_end("alexnet.onnx:fc7").layer
    'fc7'
    """
    if text in FRONT_ENDS:
        return FRONT_ENDS[text]()
    if network := re.fullmatch(r"(.+?\.onnx)(?::(.*))?", text, re.IGNORECASE):
        path, layer = network.groups()
        if not layer:
            raise InputError(f"{path}: name the layer to read after a colon, as {path}:fc7")
        return OnnxLayer(path, layer)
    if text.lower().endswith((".npz", ".mat")):
        raise InputError(f"{text}: is a file of features, not a front-end that makes them")
    raise suggest(text, (*FRONT_ENDS, "FILE.onnx:LAYER"), "front-end")
