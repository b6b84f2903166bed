"""MATLAB files of both formats as plain values."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from scipy.io import matlab, savemat

from neurosim.errors import InputError
from neurosim.io.matlab import MatlabObject, read_matlab

MATRIX = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def put(stored, name, value):
    """Write a value as MATLAB 7.3 does."""
    refs = stored.require_group("#refs#")
    if isinstance(value, dict):
        group = stored.create_group(name)
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        for field, part in value.items():
            put_into(stored, refs, group, field, part)
    else:
        put_into(stored, refs, stored, name, value)


def put_into(stored, refs, group, name, value):
    if isinstance(value, str):
        data = group.create_dataset(name, data=np.array([[ord(c)] for c in value], np.uint16))
        data.attrs["MATLAB_class"] = np.bytes_("char")
    elif isinstance(value, list):
        references = []
        for part in value:
            cell = f"cell{len(refs)}"
            put_into(stored, refs, refs, cell, part)
            references.append(refs[cell].ref)
        data = group.create_dataset(
            name, data=np.array([references], dtype=object).T, dtype=h5py.ref_dtype
        )
        data.attrs["MATLAB_class"] = np.bytes_("cell")
    else:
        value = np.asarray(value)
        kind = {"b": "logical", "f": "double"}.get(value.dtype.kind, value.dtype.name)
        stored_as = value.astype(np.uint8) if kind == "logical" else value
        data = group.create_dataset(name, data=stored_as.T)
        data.attrs["MATLAB_class"] = np.bytes_(kind)


def write(path: Path, variables: dict, version: str) -> Path:
    """A .mat file of version 5 or 7.3."""
    if version == "5":
        savemat(
            path,
            {
                name: np.array([*value, None], object)[:-1] if isinstance(value, list) else value
                for name, value in variables.items()
            },
        )
    else:
        with h5py.File(path, "w") as stored:
            for name, value in variables.items():
                put(stored, name, value)
    return path


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_values(tmp_path, version):
    variables = {
        "matrix": MATRIX,
        "flags": np.array([[True, False]]),
        "text": "fc7",
        "cells": ["one", "three", MATRIX],
        "s": {"x": MATRIX, "name": "n"},
    }
    found = read_matlab(write(tmp_path / "a.mat", variables, version))
    assert set(found) == set(variables)
    np.testing.assert_array_equal(found["matrix"], MATRIX)
    np.testing.assert_array_equal(found["flags"], [[1, 0]])
    assert found["text"] == "fc7" and found["cells"][:2] == ["one", "three"]
    np.testing.assert_array_equal(found["cells"][2], MATRIX)
    np.testing.assert_array_equal(found["s"]["x"], MATRIX)
    assert found["s"]["name"] == "n"


def test_rows_of_characters_and_structure_arrays(tmp_path):
    several = np.zeros((1, 2), [("x", object)])
    several["x"][0] = [1.0, 2.0]
    savemat(tmp_path / "a.mat", {"words": np.array(["ab  ", "cdef"]), "several": several})
    found = read_matlab(tmp_path / "a.mat")
    assert found["words"] == ["ab", "cdef"]
    assert [x.item() for x in found["several"]["x"]] == [1, 2]


def test_empty_values_of_hdf5(tmp_path):
    with h5py.File(tmp_path / "a.mat", "w") as stored:
        for name, kind in (("x", "double"), ("c", "cell"), ("t", "char")):
            stored[name] = np.array([0, 3], np.uint64)
            stored[name].attrs["MATLAB_class"] = np.bytes_(kind)
            stored[name].attrs["MATLAB_empty"] = 1
    found = read_matlab(tmp_path / "a.mat")
    assert found["x"].shape == (0, 3) and found["c"] == [] and found["t"] == ""


def test_objects_are_named(tmp_path, monkeypatch):
    with h5py.File(tmp_path / "new.mat", "w") as stored:
        stored["data"] = np.zeros((1, 6), np.uint32)
        stored["data"].attrs["MATLAB_class"] = np.bytes_("dataset")
        stored["data"].attrs["MATLAB_object_decode"] = 3
    assert read_matlab(tmp_path / "new.mat") == {"data": MatlabObject("dataset")}

    opaque = np.array(
        [(b"data", b"MCOS", b"table", None)], [(n, object) for n in ("s0", "s1", "s2", "arr")]
    ).view(matlab.MatlabOpaque)
    old = matlab.MatlabObject(np.zeros((1, 1), [("x", object)]), "inline")
    savemat(tmp_path / "old.mat", {"f": old})
    assert read_matlab(tmp_path / "old.mat") == {"f": MatlabObject("inline")}
    monkeypatch.setattr(scipy.io, "loadmat", lambda path: {"None": opaque, "__version__": "1.0"})
    assert read_matlab(tmp_path / "old.mat") == {"data": MatlabObject("table")}


@pytest.mark.parametrize("content", [b"", b"no MATLAB file at all" * 20, b"\x89HDF\r\n\x1a\n no"])
def test_damage(tmp_path, content):
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(InputError, match=r"a.mat: cannot be read as a MATLAB file") as error:
        read_matlab(tmp_path / "a.mat")
    assert "\n" not in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match=r"none.mat: there is no such file"):
        read_matlab(tmp_path / "none.mat")
