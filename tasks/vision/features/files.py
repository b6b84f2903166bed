"""Features that were computed elsewhere: npz and MATLAB files.

:func:`load_features` reads these variables, from an ``.npz`` file or a ``.mat`` file of version 4
to 7 or 7.3:

==============  ==========================  =====================================================
variable        shape                       what
==============  ==========================  =====================================================
``whole``       (n_objects, n_features)     features of the whole objects; in a file with a single
                                            matrix of numbers any name will do (``fc7``)
``category``    (n_objects)                 names or numbers of the objects' categories
``object_id``   (n_objects), optional       what the file calls the objects; by default 0, 1, ...
                                            in npz files and 1, 2, ... in MATLAB files
``occluded``    (n_trials, n_features),     features of occluded objects, one trial a row
                optional
``object``      (n_trials), with occluded   the object of each trial, by its ``object_id``
``visibility``  (n_trials), with occluded   percent of the object that shows
``threshold``   one number, optional        a feature above it becomes +1 in a bipolar pattern; 0
``screen``      (n_features), optional      features of the empty screen
``mask``        (n_masks, n_features),      features of backward masks
                optional
==============  ==========================  =====================================================

Names in MATLAB files are cell arrays of characters, or character matrices. Other variables are left
alone. The file ``fc7_whole.npz`` (``fc7``, ``category``, ``object_id``) is one such file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.io.matlab import read_matlab
from neurosim.io.reading import check_npz
from tasks.vision.features.base import check_finite, one_line
from tasks.vision.features.feature_set import FeatureSet

VARIABLES = (
    "whole",
    "category",
    "object_id",
    "occluded",
    "object",
    "visibility",
    "threshold",
    "screen",
    "mask",
)
"""Names that are read."""


def load_features(path: str | Path) -> FeatureSet:
    """Read features from an npz or MATLAB file.

    Parameters
    ----------
    path
        Of the file; see the table above for its variables.

    Returns
    -------
    FeatureSet
        Categories are in alphabetical order; numbers in the order of their values.

    Raises
    ------
    InputError
        The file is missing, damaged or of another kind, a variable is missing or ambiguous, or the
        values are not usable.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "features.npz"
    >>> np.savez(path, fc7=np.eye(3), category=["fruits", "chairs", "chairs"], object_id=[7, 8, 9])
    >>> features = load_features(path)
    >>> features.categories, features.category, features.names
    (('chairs', 'fruits'), array([1, 0, 0]), ('7', '8', '9'))
    """
    path = Path(path)
    if not os.path.isfile(path):  # unlike Path.is_file, for any name
        raise InputError(f"{path}: no such file")
    readers = {".npz": _read_npz, ".mat": _read_mat}
    if path.suffix.lower() not in readers:
        raise InputError(f"{path}: expected a .npz or .mat file of features")
    variables = readers[path.suffix.lower()](path)
    first_id = 1 if path.suffix.lower() == ".mat" else 0
    try:
        return _feature_set(variables, first_id)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _feature_set(variables: Mapping[str, NDArray], first_id: int) -> FeatureSet:
    """Variables as they are in the file, put together."""
    name = _whole_name(variables)
    whole = _matrix(variables, name)
    n_objects, n_features = whole.shape
    categories, category = np.unique(_needed(variables, "category"), return_inverse=True)
    if "object_id" in variables:
        ids = _needed(variables, "object_id")
    else:
        ids = np.arange(first_id, first_id + n_objects)
    occluded = np.zeros((0, n_features), np.float32)
    index = np.zeros(0, np.int64)
    visibility = np.zeros(0)
    if "occluded" in variables:
        occluded = _matrix(variables, "occluded")
        index = _positions(_needed(variables, "object"), ids)
        visibility = _needed(variables, "visibility")
    threshold = variables.get("threshold", np.zeros(1))
    if threshold.size != 1 or threshold.dtype.kind not in "fiu":
        raise InputError(f"threshold must be one number, given {_told(threshold)}")
    return FeatureSet(
        whole=whole,
        category=category.ravel(),
        categories=tuple(_text(value) for value in categories),
        occluded=occluded,
        object=index,
        visibility=visibility,
        threshold=float(threshold.ravel()[0]),
        names=tuple(_text(value) for value in ids),
        screen=_row(variables, "screen") if "screen" in variables else None,
        mask=_matrix(variables, "mask") if "mask" in variables else None,
    )


def _whole_name(variables: Mapping[str, NDArray]) -> str:
    """The variable with the features of whole objects."""
    if "whole" in variables:
        return "whole"
    matrices = [
        name
        for name, value in variables.items()
        if name not in VARIABLES and value.dtype.kind in "fiu" and _is_matrix(value)
    ]
    if len(matrices) != 1:
        found = ", ".join(f"{name} {_told(value)}" for name, value in variables.items()) or "none"
        raise InputError(
            "expected a variable 'whole' (n_objects, n_features), or a single matrix of another "
            f"name; variables found: {found}"
        )
    return matrices[0]


def _is_matrix(value: NDArray) -> bool:
    return value.ndim == 2 and min(value.shape) > 1


def _matrix(variables: Mapping[str, NDArray], name: str) -> NDArray[np.float32]:
    """A matrix of features in single precision."""
    value = variables[name]
    if value.ndim != 2:
        raise InputError(f"{name} must be a matrix with one row an image, given {_told(value)}")
    check_finite("features", name, value)
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(value, np.float32)
    check_finite("features", f"{name} (in single precision)", single)
    return single


def _row(variables: Mapping[str, NDArray], name: str) -> NDArray[np.float32]:
    """A vector of features in single precision."""
    value = _needed(variables, name)
    return _matrix({name: value[np.newaxis]}, name)[0]


def _needed(variables: Mapping[str, NDArray], name: str) -> NDArray:
    """A vector that must be there; MATLAB stores it as a row or a column."""
    if name not in variables:
        raise InputError(f"has no variable {name!r}; found: {', '.join(variables) or 'none'}")
    value = variables[name]
    if value.dtype.kind not in "fiubUS":
        raise InputError(
            f"{name} must be numbers, an array of strings or a cell array of characters, "
            f"given {_told(value)}"
        )
    if value.size != max(value.shape, default=1):
        raise InputError(f"{name} must be a vector, given {_told(value)}")
    if value.dtype.kind == "f":
        check_finite("features", name, value)
    return value.ravel()


def _positions(objects: NDArray, ids: NDArray) -> NDArray[np.int64]:
    """Where in ``ids`` each object is."""
    position = {_text(value): i for i, value in enumerate(ids)}
    if len(position) < len(ids):
        raise InputError(
            f"object_id must name each object once, {len(ids) - len(position)} are doubled"
        )
    unknown = sorted({_text(value) for value in objects} - position.keys())
    if unknown:
        raise InputError(
            f"object must name objects of the file, {len(unknown)} are unknown "
            f"({', '.join(unknown[:3])}{', ...' if len(unknown) > 3 else ''})"
        )
    return np.array([position[_text(value)] for value in objects], np.int64)


def _text(value: Any) -> str:
    """A name; 7 and 7.0 are the same."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value).strip() if isinstance(value, str) else f"{float(value):.15g}"


def _told(value: NDArray) -> str:
    """Type and shape of a variable."""
    return f"{value.dtype} {value.shape}"


def _read_npz(path: Path) -> dict[str, NDArray]:
    check_npz(path)
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: _npz_value(stored, name) for name in stored.files}
    except Exception as error:  # damage shows as almost any kind of error
        raise InputError(f"{path}: cannot be read as npz ({one_line(error)})") from None


def _npz_value(stored: Any, name: str) -> NDArray:
    """A variable; of one that would run code to be read, only that it is there."""
    try:
        value = np.asarray(stored[name])
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        return np.empty(0, object)
    return value


def _read_mat(path: Path) -> dict[str, NDArray]:
    return {name: _array(value) for name, value in read_matlab(path).items()}


def _array(value: Any) -> NDArray:
    """A MATLAB value as an array; one of objects where it is no array of numbers or names."""
    if isinstance(value, np.ndarray):
        return value
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return np.array(names)
    return np.empty(0, object)
