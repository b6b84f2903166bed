r"""HMAX C2: how well the patches of whole images match anywhere in an image, at any scale.

Riesenhuber & Poggio 1999; Serre, Wolf, Bileschi, Riesenhuber & Poggio 2007. The layers below are in
:mod:`~tasks.vision.features.hmax_layers`.

S2: closeness of a patch X of C1, n x n places by 4 orientations, n = 4, 8, 12, 16, to each of the
patches P_i, which were cut from C1 of whole images, at random images, bands and places:

    r = exp(-beta_i ||X - P_i||^2)

C2: the maximum of r over all places and bands, one feature for each P_i.

The papers give no value of beta, and none serves all patches: distances grow with their size, and
with the contrast of the images. Unless it is given, beta_i is such that the median of the feature
over whole images is the threshold, so that each feature of a bipolar pattern is on for half of
them. Patches of a uniform ground, the same in all images, are not cut.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_integer, check_positive
from tasks.vision.features.base import batch_size, batches, check_images, check_labels
from tasks.vision.features.hmax_layers import BANDS, ORIENTATIONS, Band, c1, nearest

UNIFORM = 0.01
"""Where no C1 response exceeds this, the ground is uniform."""

N_TUNING = 100
"""Whole images, at most, over which the sharpness of the S2 cells is set."""


@dataclass(frozen=True)
class Hmax:
    """The C2 layer of HMAX.

    Parameters
    ----------
    n_patches
        Patches of each size; 250 are those of Tang et al. 2018.
    patch_sizes
        n, sides of the patches in C1 cells.
    sharpness
        beta, one for all S2 cells; by default each has its own, from whole images.
    threshold
        Closer matches become +1 in a bipolar pattern; above 0, below 1.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> images = rng.random((3, 64, 64))
    >>> fitted = Hmax(n_patches=5, patch_sizes=(4, 8)).fit(images, [0, 1, 1], rng)
    >>> fitted.features(images).shape
    (3, 10)
    """

    name: ClassVar[str] = "hmax"
    references: ClassVar[tuple[str, ...]] = ("riesenhuber1999", "serre2007")
    learns_categories: ClassVar[bool] = False

    n_patches: int = 250
    patch_sizes: tuple[int, ...] = (4, 8, 12, 16)
    sharpness: float | None = None
    threshold: float = 0.01

    def __post_init__(self) -> None:
        check_integer(self, "n_patches", self.n_patches, minimum=1)
        if not isinstance(self.patch_sizes, tuple) or not self.patch_sizes:
            raise InputError(
                f"Hmax: patch_sizes must be a tuple of sizes, given {self.patch_sizes!r}"
            )
        for size in self.patch_sizes:
            check_integer(self, "patch_sizes", size, minimum=1)
        if self.sharpness is not None:
            check_positive(self, "sharpness", self.sharpness)
        check_positive(self, "threshold", self.threshold)
        if self.threshold >= 1:
            raise InputError(f"Hmax: threshold must be below 1, given {self.threshold}")

    def fit(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        rng: np.random.Generator,
        *,
        progress: bool = False,
    ) -> FittedHmax:
        """Cut patches from C1 of whole images.

        Parameters
        ----------
        images
            (n, height, width) in [0, 1].
        labels
            (n,); not used.
        rng
            Chooses image, band and place of each patch, and the images that set the sharpness.
        progress
            Show a progress bar.

        Raises
        ------
        InputError
            Images or labels are not usable, or the images too small for the smallest patch.

        Warns
        -----
        UserWarning
            Bands or patch sizes were left out because the images are small.
        """
        whole = check_images("Hmax", images)
        check_labels("Hmax", labels, len(whole))
        bands, sizes = self._that_fit(whole.shape[1], whole.shape[2])
        patches = _cut(whole, bands, sizes, self.n_patches, rng, progress)
        if self.sharpness is None:
            some = rng.permutation(len(whole))[:N_TUNING]
            sharpness = _balanced(whole[some], bands, patches, self.threshold, progress)
        else:
            sharpness = np.full(self.n_patches * len(sizes), self.sharpness, np.float32)
        return FittedHmax((whole.shape[1], whole.shape[2]), bands, patches, sharpness)

    def _that_fit(self, height: int, width: int) -> tuple[tuple[Band, ...], tuple[int, ...]]:
        """Bands that hold at least the smallest patch, and patch sizes that some band holds."""
        room = {band: min(band.c1_shape(height, width)) for band in BANDS}
        bands = tuple(band for band in BANDS if room[band] >= min(self.patch_sizes))
        if not bands:
            raise InputError(
                f"Hmax: images of {height} x {width} are too small for patches of "
                f"{min(self.patch_sizes)} x {min(self.patch_sizes)} C1 cells in any band"
            )
        largest = max(room.values())
        sizes = tuple(size for size in self.patch_sizes if size <= largest)
        if len(bands) < len(BANDS) or len(sizes) < len(self.patch_sizes):
            warnings.warn(
                f"Hmax: images of {height} x {width} hold {len(bands)} of {len(BANDS)} bands and "
                f"patches of {', '.join(map(str, sizes))} C1 cells "
                f"of {', '.join(map(str, self.patch_sizes))}; the others are left out",
                stacklevel=3,
            )
        return bands, sizes


@dataclass(frozen=True, eq=False)
class FittedHmax:
    """C2 cells with their patches.

    Attributes
    ----------
    shape
        Height and width of the images.
    bands
        Those in use.
    patches
        P of each size n, (n_patches, n, n, 4).
    sharpness
        beta_i, (n_features,).
    """

    shape: tuple[int, int]
    bands: tuple[Band, ...]
    patches: tuple[NDArray[np.float32], ...]
    sharpness: NDArray[np.float32]

    @property
    def n_features(self) -> int:
        """One feature a patch."""
        return sum(map(len, self.patches))

    def features(self, images: ArrayLike, *, progress: bool = False) -> NDArray[np.float32]:
        """C2 responses, (n_images, n_features) float32 from 0 to 1, patch sizes one after another.

        Raises
        ------
        InputError
            The images are not usable, or of another size.
        """
        array = check_images("Hmax", images, self.shape)
        return np.exp(-self.sharpness * _distances(array, self.bands, self.patches, progress))


def _distances(
    images: NDArray[np.float32],
    bands: Sequence[Band],
    patches: Sequence[NDArray[np.float32]],
    progress: bool,
) -> NDArray[np.float32]:
    """Squared distance of each patch to the most similar place of any band, (n, all patches)."""
    squared = np.full((len(images), sum(map(len, patches))), np.inf, np.float32)
    for part in batches(len(images), batch_size(images[0].size), "hmax", progress):
        maps = c1(images[part], bands)
        first = 0
        for P in patches:
            closest = squared[part, first : first + len(P)]
            for cells in maps:
                if min(cells.shape[1:3]) >= P.shape[1]:
                    np.minimum(closest, nearest(cells, P), out=closest)
            first += len(P)
    return np.maximum(squared, 0, out=squared)


def _balanced(
    images: NDArray[np.float32],
    bands: Sequence[Band],
    patches: Sequence[NDArray[np.float32]],
    threshold: float,
    progress: bool,
) -> NDArray[np.float32]:
    """beta for which the median response of each patch over the images is the threshold."""
    median = np.median(_distances(images, bands, patches, progress), axis=0)
    squares = np.concatenate([np.einsum("ijkl,ijkl->i", P, P) for P in patches])
    rounding = 1e-5 * np.maximum(squares, 1)  # what a distance of 0 comes out as
    return (-np.log(threshold) / np.maximum(median, rounding)).astype(np.float32)


def _cut(
    images: NDArray[np.float32],
    bands: Sequence[Band],
    sizes: Sequence[int],
    n_patches: int,
    rng: np.random.Generator,
    progress: bool,
) -> tuple[NDArray[np.float32], ...]:
    """Patches of every size from random images, bands and places."""
    n, height, width = images.shape
    rooms = [min(band.c1_shape(height, width)) for band in bands]
    patches = tuple(np.empty((n_patches, s, s, len(ORIENTATIONS)), np.float32) for s in sizes)
    wanted: dict[int, list[tuple[NDArray[np.float32], int]]] = {}
    for P, size in zip(patches, sizes, strict=True):
        roomy = [b for b, room in enumerate(rooms) if room >= size]
        for patch in P:
            wanted.setdefault(int(rng.integers(n)), []).append((patch, int(rng.choice(roomy))))
    chosen = np.array(sorted(wanted))
    for part in batches(len(chosen), batch_size(height * width), "hmax patches", progress):
        maps = c1(images[chosen[part]], bands)
        for i, image in enumerate(chosen[part]):
            for patch, band in wanted[image]:
                size = len(patch)
                row, column = _place(maps[band][i], size, rng)
                patch[:] = maps[band][i, row : row + size, column : column + size]
    return patches


def _place(cells: NDArray[np.float32], size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Row and column of a patch that shows something; of any, where the image is uniform."""
    shows = sliding_window_view(cells.max(axis=2) > UNIFORM, (size, size)).any(axis=(2, 3))
    places = np.argwhere(shows if shows.any() else ~shows)
    place: NDArray[np.intp] = rng.choice(places)
    return place
