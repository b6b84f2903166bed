"""Where a number came from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

from neurosim import Arm, Recording, Reservoir, Rmhl, Schedule, Supertrex
from neurosim.provenance import commit, describe, environment, fingerprint, package_version
from tasks.motor.drawing import Drawing

OBJECTS = (Reservoir(), Supertrex(), Schedule(), Recording(), Arm())


def test_describe_is_plain_data():
    told = describe(Supertrex(exploratory=Rmhl(psi_scale=0.01)))
    assert told["kind"] == "Supertrex"
    assert told["exploratory"]["kind"] == "Rmhl"
    assert told["exploratory"]["psi_scale"] == 0.01
    assert json.loads(json.dumps(told)) == told
    assert describe(Arm((1.8, 1.2))) == {
        "kind": "Arm",
        "lengths": [1.8, 1.2],
        "pivot": [0.0, -2.0],
        "posture": [],
    }
    assert describe({"a": (1, None, True)}) == {"a": [1, None, True]}


def test_describe_names_every_parameter():
    for value in OBJECTS:
        assert describe(value).keys() == {"kind", *(field.name for field in fields(value))}


def test_what_cannot_be_described_is_refused():
    with pytest.raises(TypeError, match="object"):
        describe({"a": object()})


def test_numpy_numbers_are_numbers():
    assert describe(np.int64(3)) == 3
    assert describe(np.float32(0.5)) == 0.5
    assert describe(np.bool_(True)) is True
    assert fingerprint(Reservoir(n_units=np.int64(50))) == fingerprint(Reservoir(n_units=50))


def test_arrays_are_told_apart():
    array = np.arange(6.0)
    told = describe(array)
    assert told == describe(array.copy())
    for other in (array + 1, array[::-1], array.reshape(2, 3), array.astype(np.int64)):
        assert describe(other) != told
    # the same numbers, whatever their order in memory
    square = array.reshape(2, 3)
    assert describe(np.asfortranarray(square)) == describe(square)
    curve = np.zeros((50, 2))
    one, other = (Drawing("trace", Arm(), curve=curve + i) for i in (0, 1))
    assert fingerprint(one) != fingerprint(other)


def changed(value):
    """Copies of a parameter object with one number changed in each."""
    for field in fields(value):
        present = getattr(value, field.name)
        if isinstance(present, bool):
            yield replace(value, **{field.name: not present})
        elif isinstance(present, int):
            yield replace(value, **{field.name: present + 1})
        elif isinstance(present, float):
            yield replace(value, **{field.name: present / 2 if 0 < present < np.inf else 0.5})


def test_fingerprint_changes_with_every_parameter():
    marks = []
    for value in OBJECTS:
        assert fingerprint(replace(value)) == fingerprint(value)
        marks += [fingerprint(value), *map(fingerprint, changed(value))]
    assert len(marks) > 25
    assert len(set(marks)) == len(marks)


def test_kinds_with_equal_values_differ():
    assert fingerprint(Schedule()) != fingerprint(Recording())
    assert fingerprint([1, 2]) != fingerprint([2, 1])
    assert fingerprint(1) != fingerprint("1")


def test_fingerprint_is_the_same_in_another_process():
    code = (
        "from neurosim import *; from neurosim.provenance import fingerprint;"
        "print(fingerprint([Supertrex(), Reservoir(), {'b': 1, 'a': 2}]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert told == fingerprint([Supertrex(), Reservoir(), {"a": 2, "b": 1}])
    assert len(told) == 16


def test_versions():
    told = environment()
    assert told["neurosim_version"] == package_version()
    assert told["numpy_version"] == np.__version__
    assert all(isinstance(value, str) for value in told.values())
    where = commit()
    assert where == "" or len(where.removesuffix("+changes")) == 40
