"""MATLAB files, version 5 (read by SciPy) and version 7.3 (HDF5), as plain Python values.

Numbers and logicals become arrays in MATLAB's orientation, text a str, a matrix of characters a
list of its rows, a cell array a list in column order, a structure a dict. Objects (``table``,
``dataset``, ``string``, ...) are stored in a form that only MATLAB reads: :class:`MatlabObject`
stands in their place.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neurosim.errors import InputError
from neurosim.io.matlab5 import checked
from neurosim.io.reading import check_file, check_hdf5, content, reason
from neurosim.memory import check_memory


class MatlabObject(NamedTuple):
    """What stands for an object of a MATLAB class.

    Attributes
    ----------
    kind
        Name of the class.
    """

    kind: str


def read_matlab(path: str | Path) -> dict[str, Any]:
    """All variables of a MATLAB file.

    Parameters
    ----------
    path
        Of the ``.mat`` file.

    Returns
    -------
    dict
        Values by the names of the variables.

    Raises
    ------
    InputError
        There is no such file, or it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from scipy.io import savemat
    >>> path = Path(tempfile.mkdtemp()) / "two.mat"
    >>> savemat(path, {"x": [[1, 2, 3]], "s": {"name": "fc7"}})
    >>> read_matlab(path)
    {'x': array([[1, 2, 3]]), 's': {'name': 'fc7'}}
    """
    import h5py
    from scipy.io import loadmat
    from scipy.io.matlab import matfile_version

    path = check_file(path)
    try:
        if h5py.is_hdf5(path):
            check_hdf5(path)
            with h5py.File(path) as stored:
                names = [name for name in stored if str(name)[:1] != "#"]
                if not all(isinstance(name, str) for name in names):
                    raise ValueError("a name that is no text")
                return {name: _of_hdf5(stored, stored[name]) for name in names}
        stored = content(path)
        if matfile_version(BytesIO(stored))[0] == 1:  # that is version 5
            stored = checked(stored, str(path))
        named = (_named(*item) for item in loadmat(BytesIO(stored)).items() if item[0][:2] != "__")
        return {name: _of_scipy(value) for name, value in named}
    except InputError:
        raise
    except Exception as error:  # both readers raise almost anything for damaged files
        raise InputError(f"{path}: cannot be read as a MATLAB file ({reason(error)})") from None


def _named(name: str, value: Any) -> tuple[str, Any]:
    """The header of an object has no name; it is written with its contents."""
    from scipy.io.matlab import MatlabOpaque

    if isinstance(value, MatlabOpaque):
        return value["s0"].item().decode(), value
    return name, value


def _of_scipy(value: Any) -> Any:
    from scipy.io import matlab

    if isinstance(value, matlab.MatlabOpaque):
        return MatlabObject(value["s2"].item().decode())
    if isinstance(value, matlab.MatlabObject):
        return MatlabObject(value.classname)
    if isinstance(value, matlab.MatlabFunction):
        return MatlabObject("function_handle")
    if not isinstance(value, np.ndarray):
        return value  # sparse matrices
    if value.dtype.names:
        return _structure(
            {
                name: [_of_scipy(part) for part in value[name].ravel(order="F")]
                for name in value.dtype.names
            }
        )
    if value.dtype == object:
        return [_of_scipy(part) for part in value.ravel(order="F")]
    if value.dtype.kind == "U":
        return _text([str(row) for row in value.ravel()])
    return value


def _of_hdf5(stored: Any, entry: Any) -> Any:
    import h5py

    kind = entry.attrs.get("MATLAB_class", b"")
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if "MATLAB_object_decode" in entry.attrs:
        return MatlabObject(kind)
    if isinstance(entry, h5py.Group):
        fields = {name: _of_hdf5(stored, entry[name]) for name in entry}
        return fields if kind in ("struct", "") else MatlabObject(kind)
    check_memory(entry.size * entry.dtype.itemsize, f"{stored.filename}: reading {entry.name}")
    if entry.attrs.get("MATLAB_empty", 0):
        shape = tuple(int(size) for size in entry[()])
        if 0 not in shape:
            raise ValueError(f"{entry.name} is said to be empty, of {shape}")
        return [] if kind == "cell" else "" if kind == "char" else np.zeros(shape)
    value = entry[()].T  # stored the other way round
    if h5py.check_ref_dtype(entry.dtype):  # a cell array, or a field of a structure array
        return [_of_hdf5(stored, stored[reference]) for reference in value.ravel(order="F")]
    if kind == "char":
        return _text(["".join(map(chr, row)) for row in value])
    return value.astype(bool) if kind == "logical" else value


def _structure(fields: dict[str, list[Any]]) -> dict[str, Any]:
    """A structure; the fields of an array of several are lists."""
    return {name: parts[0] if len(parts) == 1 else parts for name, parts in fields.items()}


def _text(rows: list[str]) -> str | list[str]:
    if len(rows) > 1:
        return [row.rstrip() for row in rows]
    return rows[0] if rows else ""
