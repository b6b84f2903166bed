"""The MATLAB files of Tang et al. 2018: the pictures, and trials that a person exported.

``KLAB325.mat`` holds the pictures (``img_mat``) and the objects' silhouettes (``bkgMask``), and is
read as it is. The trials are released as ``data_occlusion_klab325v2.mat``, a MATLAB ``dataset``,
which only MATLAB can open. There,

    load data_occlusion_klab325v2
    trials = table2struct(dataset2table(data), 'ToScalar', true);
    save trials trials

writes a structure with a field for each column, which :func:`read_matlab_trials` reads. Its names
of fields are the authors' (``pres`` is the number of the object, ``black`` the percent of it that
is hidden), so a person says which field is which.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, suggest
from neurosim.io.matlab import MatlabObject, read_matlab
from tasks.vision.images import ImageSet
from tasks.vision.tang2018_trials import (
    CATEGORIES,
    COLUMNS,
    FIRST_PRACTICE,
    N_OBJECTS,
    SIZE,
    category_of,
    check_range,
    pictures,
    trial_table,
)

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("subject", "object", "response", "visibility", "soa", "mask")
"""Columns without which trials say nothing; the category is known from the object."""

WORDS = ("category", "response")


def read_objects(path: str | Path, *, practice: bool = False) -> ImageSet:
    """The whole objects with their silhouettes, from ``KLAB325.mat``.

    Parameters
    ----------
    path
        Of the file, version 5 or 7.3: ``img_mat`` and ``bkgMask``, cell arrays of 325 matrices of
        256 x 256.
    practice
        Keep the practice objects.

    Returns
    -------
    ImageSet
        Named by the objects' numbers, ``"1"`` to ``"300"`` or ``"325"``; background 0.5.

    Raises
    ------
    InputError
        The file is missing, damaged or holds something else.

    Examples
    --------
    >>> objects = read_objects("KLAB325.mat")  # doctest: +SKIP
    """
    stored = read_matlab(path)
    images, masks = (_matrices(path, stored, name) for name in ("img_mat", "bkgMask"))
    numbers = np.arange(1, N_OBJECTS + 1)
    kept = numbers if practice else numbers[numbers < FIRST_PRACTICE]
    return ImageSet(
        images[kept - 1].astype(np.float32) / np.float32(255),
        np.searchsorted(CATEGORIES, category_of(kept)),
        CATEGORIES,
        tuple(map(str, kept)),
        masks[kept - 1] != 0,
        background=0.5,
    )


def read_matlab_trials(
    path: str | Path,
    fields: Mapping[str, str],
    variable: str | None = None,
    *,
    practice: bool = False,
) -> pd.DataFrame:
    """Trials from numeric arrays, texts, or a structure of them, in a MATLAB file.

    Parameters
    ----------
    path
        Of the file, version 5 or 7.3.
    fields
        Where each column is: its name in this package (a value of
        :data:`tasks.vision.tang2018_trials.COLUMNS`, or ``hidden`` for 100 - ``visibility``, or
        ``centres``), and the name of the field. At least those of :data:`REQUIRED`. Categories
        are texts, or 1 to 5 in alphabetical order.
    variable
        Structure that has the fields; None: they are variables of the file.
    practice
        Keep the practice objects.

    Returns
    -------
    pandas.DataFrame
        As from :func:`tasks.vision.tang2018.read_trials`, with the columns that there are;
        ``picture`` if ``centres`` and ``bubbles`` are among them.

    Raises
    ------
    InputError
        The file is missing or damaged, a field is missing or of another kind, fields differ in
        length, or they hold what cannot be.

    Examples
    --------
    >>> import tempfile
    >>> from scipy.io import savemat
    >>> path = Path(tempfile.mkdtemp()) / "trials.mat"
    >>> trials = {"who": [5, 5], "pres": [1, 61], "answer": [1, 1], "black": [80.0, 90.0]}
    >>> savemat(path, {"trials": trials | {"soa": [25, 150], "masked": [0, 1]}})
    >>> fields = {"subject": "who", "object": "pres", "response": "answer", "hidden": "black"}
    >>> fields |= {"soa": "soa", "mask": "masked"}
    >>> read_matlab_trials(path, fields, "trials")[["category", "visibility", "correct"]].values
    array([['animals', 20.0, True],
           ['chairs', 10.0, False]], dtype=object)
    """
    stored = read_matlab(path)
    if variable is not None:
        stored = _structure(path, stored, variable)
    known = (*COLUMNS.values(), "hidden", "centres")
    for name in fields:
        if name not in known:
            raise suggest(name, known, what="column")
    columns = {name: _column(path, stored, field, name) for name, field in fields.items()}
    lengths = {fields[name]: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{field} {n}" for field, n in lengths.items())
        raise InputError(f"{path}: fields differ in length ({listed})")
    for name in WORDS:
        if name in columns:
            columns[name] = _words(path, columns[name], fields[name])
    linear = columns.pop("centres", None)
    if "hidden" in columns:
        columns["visibility"] = 100 - columns.pop("hidden").astype(float)
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise InputError(f"{path}: say which field is {', '.join(missing)}")
    check_range(columns["object"], "object", str(path))
    columns.setdefault("category", category_of(columns["object"].astype(np.int64)))
    table = trial_table({name: columns[name] for name in known if name in columns}, str(path))
    if linear is not None and "bubbles" in table:
        table["picture"] = pictures(table, linear.astype(np.int64))
    return table if practice else table[~table["practice"]]


def _matrices(path: str | Path, stored: dict[str, Any], name: str) -> NDArray[Any]:
    """A cell array of matrices as one array."""
    cells = stored.get(name)
    if not isinstance(cells, list) or {np.shape(cell) for cell in cells} != {(SIZE, SIZE)}:
        raise InputError(f"{path}: expected {name}, a cell array of {SIZE} x {SIZE} matrices")
    if len(cells) != N_OBJECTS:
        raise InputError(f"{path}: {name} must have {N_OBJECTS} cells, given {len(cells)}")
    return np.stack(cells)


def _structure(path: str | Path, stored: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in stored:
        raise InputError(f"{path}: {suggest(name, stored, what='variable')}")
    value = stored[name]
    if isinstance(value, MatlabObject):
        raise InputError(
            f"{path}: {name!r} is a MATLAB {value.kind}, which only MATLAB can open; save it there "
            "as a structure: table2struct(dataset2table(data), 'ToScalar', true)"
        )
    if not isinstance(value, dict):
        raise InputError(f"{path}: {name!r} is no structure")
    return value


def _column(path: str | Path, stored: dict[str, Any], field: str, name: str) -> NDArray[Any]:
    """(n,) numbers, or texts for a column of words; (n, k) numbers for centres."""
    if field not in stored:
        raise InputError(f"{path}: {suggest(field, stored, what='field')}")
    value = stored[field]
    if name in WORDS and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return np.array(value)
    vector = isinstance(value, np.ndarray) and (name == "centres" or 1 in value.shape)
    if not vector or value.ndim != 2 or value.dtype.kind not in "biuf":
        kind = "a matrix" if name == "centres" else "a vector"
        texts = ", or texts" if name in WORDS else ""
        raise InputError(f"{path}: field {field!r} must be {kind} of numbers{texts}")
    return value if name == "centres" else value.ravel()


def _words(path: str | Path, values: NDArray[Any], field: str) -> NDArray[np.str_]:
    if values.dtype.kind == "U":
        return values
    numbers = values.astype(float)
    bad = ~np.isin(numbers, np.arange(1, len(CATEGORIES) + 1))
    if bad.any():
        raise InputError(
            f"{path}: {field} must be texts, or from 1 to {len(CATEGORIES)}, "
            f"row {bad.argmax() + 1} is {numbers[bad.argmax()]:g}"
        )
    return np.array(CATEGORIES)[numbers.astype(int) - 1]
