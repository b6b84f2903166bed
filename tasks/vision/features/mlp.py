"""The hidden layer of a small network trained on whole images: the default front-end.

One layer of rectified linear units below a softmax over the classes, trained on the cross-entropy
of whole images only, by stochastic gradient descent with momentum as large vision networks were:

    features = max(0, (x - 1/2) W + b)

x are the pixels of the image reduced to ``longest_side``, 1/2 is the grey of the screen: what is
hidden sends nothing into the layer. The trained layer is kept in the cache
folder of the person, under a hash of everything it depends on.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_integer, check_non_negative
from neurosim.files import written_whole
from tasks.vision.features.base import check_images, check_labels, resize
from tasks.vision.features.relu import GREY, ReluLayer, reduced_size

TRAINING: dict[str, Any] = {
    "solver": "sgd",
    "learning_rate_init": 0.05,
    "tol": 1e-3,
    "n_iter_no_change": 3,
}
"""Training ends when the loss has fallen by less than ``tol`` in each of three epochs on end.

Adam tells whole digits apart as well, but moves the weights farther from their random start, to
where fewer directions of an image count: patterns are then completed less often.
"""

KEPT_LAYERS = 32
"""Trained layers left in the cache folder, the last used ones; one takes some 8 MB."""


@dataclass(frozen=True)
class Mlp:
    """The hidden layer of scikit-learn's ``MLPClassifier``.

    Parameters
    ----------
    n_units
        Units of the layer, the features of an image.
    longest_side
        Larger images are reduced to it, in pixels.
    max_epochs
        Of training.
    threshold
        Higher rates become +1 in a bipolar pattern.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> labels = np.arange(20) % 2
    >>> images = rng.random((20, 8, 8)) * (0.5 + 0.5 * labels[:, None, None])
    >>> with warnings.catch_warnings(action="ignore"):
    ...     fitted = Mlp(n_units=16, max_epochs=5).fit(images, labels, rng)
    >>> fitted.features(images).shape
    (20, 16)
    """

    name: ClassVar[str] = "mlp"
    references: ClassVar[tuple[str, ...]] = ()
    learns_categories: ClassVar[bool] = True

    n_units: int = 2048
    longest_side: int = 32
    max_epochs: int = 200
    threshold: float = 0.0

    def __post_init__(self) -> None:
        for name in ("n_units", "longest_side", "max_epochs"):
            check_integer(self, name, getattr(self, name), minimum=1)
        check_non_negative(self, "threshold", self.threshold)

    def fit(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        rng: np.random.Generator,
        *,
        progress: bool = False,
    ) -> ReluLayer:
        """Train on whole images, or take the layer from the cache.

        Parameters
        ----------
        images
            (n, height, width) in [0, 1].
        labels
            (n,) class numbers.
        rng
            Gives the seed of the training, one draw, also where the layer is in the cache.
        progress
            Without effect; the training of some 1,000 images takes seconds.

        Raises
        ------
        InputError
            Images or labels are not usable, or all of one class.

        Warns
        -----
        UserWarning
            Training reached ``max_epochs`` while the loss still fell.
        """
        whole = check_images("Mlp", images)
        classes = check_labels("Mlp", labels, len(whole))
        if len(np.unique(classes)) < 2:
            raise InputError("Mlp: images must be of at least 2 classes, given one class only")
        shape = (whole.shape[1], whole.shape[2])
        reduced = reduced_size(shape, self.longest_side)
        pixels = resize(whole, *reduced).reshape(len(whole), -1)
        seed = int(rng.integers(2**32))
        path = cache_folder() / f"{self._key(pixels, classes, seed)}.npz"
        layer = _read(path, (pixels.shape[1], self.n_units))
        if layer is None:
            layer = self._trained(pixels, classes, seed)
            _keep(path, layer)
        if not layer.converged:
            warnings.warn(
                f"Mlp: training did not converge in {self.max_epochs} epochs "
                f"(loss {layer.loss:.3g}); more max_epochs would lower it",
                stacklevel=2,
            )
        return ReluLayer("Mlp", shape, reduced, layer.weights, layer.bias)

    def _trained(
        self, pixels: NDArray[np.float32], classes: NDArray[np.int64], seed: int
    ) -> _Layer:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        model = MLPClassifier(
            (self.n_units,), max_iter=self.max_epochs, random_state=seed, **TRAINING
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(pixels - np.float32(GREY), classes)
        converged = not any(issubclass(w.category, ConvergenceWarning) for w in caught)
        return _Layer(model.coefs_[0], model.intercepts_[0], float(model.loss_), converged)

    def _key(self, pixels: NDArray[np.float32], classes: NDArray[np.int64], seed: int) -> str:
        """Hash of all that the weights depend on; the threshold comes after them."""
        import sklearn

        parameters = dataclasses.asdict(self) | TRAINING | {"grey": GREY}
        del parameters["threshold"]
        told = [parameters, pixels.shape, seed, sklearn.__version__]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        digest.update(pixels.tobytes())
        digest.update(classes.tobytes())
        return digest.hexdigest()[:32]


class _Layer(NamedTuple):
    """What is kept of a training."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    loss: float
    converged: bool


def cache_folder() -> Path:
    """Folder of the trained layers, in the person's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "neurosim" / "features"


def _read(path: Path, shape: tuple[int, int]) -> _Layer | None:
    """A kept layer; None where there is none, or only a damaged file."""
    try:
        with np.load(path) as kept:
            layer = _Layer(
                kept["weights"], kept["bias"], float(kept["loss"]), bool(kept["converged"])
            )
        path.touch()  # used last
    except Exception:  # damage shows as almost any kind of error
        return None
    return layer if layer.weights.shape == shape and layer.bias.shape == shape[1:] else None


def _keep(path: Path, layer: _Layer) -> None:
    """Write a layer for the next time, and drop those not used for longest."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as temporary:
            np.savez(temporary, **layer._asdict())
        kept = sorted(path.parent.glob("[0-9a-f]*.npz"), key=lambda file: file.stat().st_mtime)
        for file in kept[:-KEPT_LAYERS]:
            file.unlink(missing_ok=True)
    except OSError:  # a folder that cannot be written, or a process that was faster
        return
