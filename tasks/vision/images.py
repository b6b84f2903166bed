"""Sets of grey pictures of single objects, and which of their pixels are the object's own.

A picture is (height, width) float32 from 0 (black) to 1 (white), row 0 on top. The object's own
pixels, its silhouette, are what visibility is counted over (:mod:`tasks.vision.occluders`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_between, check_integer
from neurosim.io.reading import check_file
from neurosim.memory import check_memory

TOLERANCE = 0.04
"""Pixels within this of the background's grey are background: 10 of 256 levels, noise of JPEG."""

DIGIT_TOLERANCE = 0.2
"""The same for the digits, whose strokes fade out over a pixel of the 8 x 8 original."""

PICTURE_ENDINGS = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff")


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Pictures of objects of two or more categories.

    Parameters
    ----------
    images
        (n, height, width) float32, 0 to 1.
    category
        (n,) whole numbers, places in ``categories``.
    categories
        Names of the categories.
    names
        Name of each picture.
    silhouettes
        (n, height, width) bool, the object's own pixels.
    background
        Grey level around the objects, 0 to 1.

    Raises
    ------
    InputError
        Shapes or types that do not fit, values outside 0 to 1 or not finite, a picture without an
        object, or pictures of fewer than two categories.

    Examples
    --------
    >>> pictures = digits(16)
    >>> len(pictures), pictures.images.shape, pictures.categories[:3]
    (1797, (1797, 16, 16), ('0', '1', '2'))
    """

    images: NDArray[np.float32]
    category: NDArray[np.integer]
    categories: tuple[str, ...]
    names: tuple[str, ...]
    silhouettes: NDArray[np.bool_]
    background: float

    def __post_init__(self) -> None:
        check_between(self, "background", self.background, 0, 1)
        _check_images("ImageSet", self.images)
        n = len(self.images)
        if self.images.dtype != np.float32:
            raise InputError(f"ImageSet: images must be float32, given {self.images.dtype}")
        _check_silhouettes(self.silhouettes, self.images.shape, self.names)
        if len(self.names) != n:
            raise InputError(f"ImageSet: expected {n} names, one an image, given {len(self.names)}")
        category = np.asarray(self.category)
        if category.shape != (n,) or category.dtype.kind not in "iu":
            raise InputError(
                f"ImageSet: category must be {n} whole numbers, one an image, "
                f"given {category.dtype} {category.shape}"
            )
        if category.min() < 0 or category.max() >= len(self.categories):
            raise InputError(
                f"ImageSet: category must be from 0 to {len(self.categories) - 1}, "
                f"given {category.min()} to {category.max()}"
            )
        present = np.unique(category)
        if len(present) < 2:
            raise InputError(
                "ImageSet: expected images of at least two categories, "
                f"all are {self.categories[present[0]]!r}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def subset(self, rows: ArrayLike) -> ImageSet:
        """Some of the pictures, in the order given.

        Parameters
        ----------
        rows
            Their places, or (n,) bool.

        Raises
        ------
        InputError
            As for the set: what is left must be of two categories at least.

        Examples
        --------
        >>> digits(8).subset([5, 0]).names
        ('0005', '0000')
        """
        places = np.arange(len(self))[np.asarray(rows)]
        return replace(
            self,
            images=self.images[places],
            category=self.category[places],
            names=tuple(self.names[i] for i in places),
            silhouettes=self.silhouettes[places],
        )

    def select(self, n: int, rng: np.random.Generator) -> ImageSet:
        """As many pictures of each category, drawn without replacement, in the order of the set.

        Parameters
        ----------
        n
            Pictures of each category.
        rng
            Source of the draw.

        Raises
        ------
        InputError
            A category has fewer than ``n``.

        Examples
        --------
        >>> some = digits(8).select(3, np.random.default_rng(0))
        >>> np.bincount(some.category)
        array([3, 3, 3, 3, 3, 3, 3, 3, 3, 3])
        """
        check_integer("select", "n", n, minimum=1)
        rows = []
        for kind in np.unique(self.category):
            members = np.flatnonzero(self.category == kind)
            if len(members) < n:
                raise InputError(
                    f"select: expected at least {n} images of each category, "
                    f"{self.categories[kind]!r} has {len(members)}"
                )
            rows.append(rng.choice(members, n, replace=False))
        return self.subset(np.sort(np.concatenate(rows)))


def digits(size: int = 32) -> ImageSet:
    """Scikit-learn's 1,797 handwritten digits, enlarged from 8 x 8 by cubic splines.

    White strokes on black. The silhouette is the strokes, every pixel brighter than
    :data:`DIGIT_TOLERANCE`; the inside of a 0 is background, not the digit's own.

    Parameters
    ----------
    size
        Height and width, at least 8.

    Raises
    ------
    InputError
        ``size`` is not a whole number of at least 8.

    Examples
    --------
    >>> pictures = digits()
    >>> pictures.images.shape, pictures.background
    ((1797, 32, 32), 0.0)
    >>> round(float(pictures.silhouettes.mean()), 2)
    0.45
    """
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    check_integer("digits", "size", size, minimum=8)
    check_memory(1797 * size**2 * 10, f"digits of {size:,} x {size:,} pixels")
    stored = load_digits()
    # A linear map of each axis: what the splines make of every unit vector.
    axis = zoom(np.eye(8, dtype=np.float32), (size / 8, 1), mode="nearest", grid_mode=True)
    images = axis @ (stored.images / 16).astype(np.float32) @ axis.T
    np.clip(images, 0, 1, out=images)
    return ImageSet(
        images,
        stored.target,
        tuple(str(name) for name in stored.target_names),
        tuple(f"{i:04d}" for i in range(len(images))),
        images > DIGIT_TOLERANCE,
        background=0.0,
    )


def silhouettes(
    images: ArrayLike, background: float = 0.5, tolerance: float = TOLERANCE
) -> NDArray[np.bool_]:
    """The objects' own pixels, for objects on a background of one grey.

    They are the pixels that differ from the background by more than the tolerance, and the holes
    that these enclose: parts of an object may have the background's grey. So what is seen through
    a ring counts as the ring's own.

    Parameters
    ----------
    images
        (n, height, width), 0 to 1.
    background
        Grey level, 0 to 1.
    tolerance
        Largest difference from it that is background still.

    Returns
    -------
    ndarray
        (n, height, width) bool.

    Raises
    ------
    InputError
        A picture holds nothing but background; or less than half of its border is background, so
        that it is no object on one grey.

    Examples
    --------
    >>> picture = np.full((1, 5, 5), 0.5)
    >>> picture[0, 1:4, 1:4] = [[1, 1, 1], [1, 0.5, 1], [1, 1, 1]]
    >>> silhouettes(picture)[0].sum(axis=0)
    array([0, 3, 3, 3, 0])
    """
    images = np.asarray(images)
    _check_images("silhouettes", images)
    check_between("silhouettes", "background", background, 0, 1)
    check_between("silhouettes", "tolerance", tolerance, 0, 1)
    return _silhouettes(images, background, tolerance, [f"image {i}" for i in range(len(images))])


def from_folder(
    path: str | Path, size: int | None = None, *, whole_frame: bool = False
) -> ImageSet:
    """Pictures from a folder that has a sub-folder for each category.

    BMP, JPEG, PNG and TIFF are read, 8 or 16 bit; colours become grey (ITU-R 601 luma), transparent
    parts a middle grey, and a photograph stands as the camera says. Other files, and hidden ones,
    are passed over. The background is the median of all pictures' borders, and
    :func:`silhouettes` finds the objects on it.

    Parameters
    ----------
    path
        Of the folder. Names of sub-folders are the categories.
    size
        Height and width that all pictures are brought to; pictures that are not square are
        stretched. None: they must be of one size already.
    whole_frame
        Every pixel is the object's own, as in photographs without a uniform background.

    Raises
    ------
    InputError
        No folder, fewer than two sub-folders, one without pictures or that cannot be read, a file
        that is no picture, pictures of different sizes, or objects that cannot be told from the
        background.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> folder = Path(tempfile.mkdtemp())
    >>> for kind, grey in (("dark", 0), ("light", 255)):
    ...     (folder / kind).mkdir()
    ...     picture = Image.new("L", (16, 16), 128)
    ...     picture.paste(grey, (4, 4, 12, 12))
    ...     picture.save(folder / kind / "square.png")
    >>> pictures = from_folder(folder)
    >>> pictures.categories, pictures.names
    (('dark', 'light'), ('dark/square.png', 'light/square.png'))
    >>> round(pictures.background, 3), pictures.silhouettes.sum(axis=(1, 2))
    (0.502, array([64, 64]))
    """
    path = Path(path)
    if size is not None:
        check_integer("from_folder", "size", size, minimum=1)
    files = _pictures_by_class(path)
    names = tuple(f"{kind}/{file.name}" for kind, some in files.items() for file in some)
    images = _of_one_size(
        path, [_read_picture(file, size) for some in files.values() for file in some]
    )
    background = float(np.median(_borders(images)))
    if whole_frame:
        own = np.ones(images.shape, bool)
    else:
        own = _silhouettes(images, background, TOLERANCE, [f"{path}/{name}" for name in names])
    category = np.repeat(np.arange(len(files)), [len(some) for some in files.values()])
    return ImageSet(images, category, tuple(files), names, own, background)


def _check_images(owner: str, images: NDArray[Any]) -> None:
    if images.ndim != 3 or 0 in images.shape or images.dtype.kind not in "iuf":
        raise InputError(
            f"{owner}: images must be numbers of shape (n, height, width), "
            f"given {images.dtype} {images.shape}"
        )
    low, high = images.min(), images.max()
    if not (low >= 0 and high <= 1):  # NaN too
        raise InputError(f"{owner}: images must be from 0 to 1, given {low:g} to {high:g}")


def _check_silhouettes(
    own: NDArray[np.bool_], shape: tuple[int, ...], names: Sequence[str]
) -> None:
    if own.shape != shape or own.dtype != np.bool_:
        raise InputError(
            f"ImageSet: silhouettes must be bool, of the images' shape {shape}, "
            f"given {own.dtype} {own.shape}"
        )
    empty = ~own.any(axis=(1, 2))
    if empty.any():
        raise InputError(f"ImageSet: the silhouette of {names[int(empty.argmax())]!r} is empty")


def _silhouettes(
    images: NDArray[Any], background: float, tolerance: float, names: Sequence[str]
) -> NDArray[np.bool_]:
    from scipy.ndimage import binary_fill_holes

    own = np.abs(images - np.float32(background)) > np.float32(tolerance)
    uniform = 1 - _borders(own).mean(axis=1)
    told = f"within {tolerance:g} of the background's grey {background:.3f}"
    for name, differs, share in zip(names, own, uniform, strict=True):
        if not differs.any():
            raise InputError(f"{name}: shows no object, every pixel is {told}")
        if share < 0.5:
            raise InputError(
                f"{name}: its object cannot be told from the background, only {100 * share:.0f} % "
                f"of its border are {told}"
            )
        differs[:] = binary_fill_holes(differs)
    return own


def _borders(images: NDArray[Any]) -> NDArray[Any]:
    """(n, pixels of the border)."""
    edge = np.ones(images.shape[1:], bool)
    edge[1:-1, 1:-1] = False
    return images[:, edge]


def _pictures_by_class(path: Path) -> dict[str, list[Path]]:
    """Files of each sub-folder, both in the order of their names."""
    if not path.is_dir():
        raise InputError(f"{path}: there is no such folder")
    folders = [entry for entry in _entries(path) if entry.is_dir()]
    if len(folders) < 2:
        found = f"only {folders[0].name!r}" if folders else "none"
        raise InputError(f"{path}: expected a sub-folder for each of two or more classes, {found}")
    files = {}
    for folder in folders:
        files[folder.name] = [
            entry for entry in _entries(folder) if entry.suffix.lower() in PICTURE_ENDINGS
        ]
        if not files[folder.name]:
            raise InputError(f"{folder}: holds no pictures ({', '.join(PICTURE_ENDINGS)})")
    return files


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror})") from None


def _read_picture(path: Path, size: int | None) -> NDArray[np.float32]:
    """A grey picture, (height, width) from 0 to 1."""
    from PIL import Image, ImageOps

    check_file(path)
    try:
        with Image.open(path) as stored:
            if getattr(stored, "n_frames", 1) > 1:
                raise InputError(f"{path}: holds {stored.n_frames} pictures, expected one")  # type: ignore[attr-defined]
            picture = ImageOps.exif_transpose(stored)
            depth = 65535 if picture.mode.startswith("I;16") else 255
            if picture.mode in ("I", "F"):
                raise InputError(f"{path}: expected 8 or 16 bit, given mode {picture.mode!r}")
            if picture.has_transparency_data:
                behind = Image.new("RGBA", picture.size, (128, 128, 128, 255))
                picture = Image.alpha_composite(behind, picture.convert("RGBA"))
            grey = picture if depth == 65535 else picture.convert("L")
            image = Image.fromarray(np.asarray(grey, np.float32) / depth)
    except InputError:
        raise
    except Exception as error:  # decoders raise almost anything for damaged files
        text = " ".join(str(error).replace(f" {str(path)!r}", "").split()) or type(error).__name__
        raise InputError(f"{path}: cannot be read as a picture ({text})") from None
    if size is not None:
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(image), 0, 1)


def _of_one_size(path: Path, images: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    sizes = Counter(image.shape for image in images).most_common()
    if len(sizes) > 1:
        listed = ", ".join(f"{n} of {width} x {height}" for (height, width), n in sizes[:4])
        more = f", and {len(sizes) - 4} more sizes" if len(sizes) > 4 else ""
        raise InputError(
            f"{path}: pictures differ in size ({listed}{more}); give size to bring all to one"
        )
    return np.stack(images)
