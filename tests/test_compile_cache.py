"""Compiled code on disk is found again, and never outlives the source it was made from.

Each run is a process of its own, with a copy of the packages that can be edited.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from neurosim import _compile

PACKAGES = Path(__file__).parents[1]

RUN = """
import json
from neurosim import Direct, Reservoir, Rmhl, Schedule, Simulation
from tasks.motor.drawing import Drawing
{imports}
task = Drawing("small", Direct(), period=20.0)
run = Simulation(
    task, {rule}, Reservoir(n_units=20, dtype="float64"), seed=1, schedule=Schedule(2, 1)
)
deviation = run.run().attrs["deviation"]
stats = run._loop.stats
print(json.dumps([
    deviation.hex(), sum(stats.cache_hits.values()), sum(stats.cache_misses.values()),
    run.compile_s, __import__("neurosim").__file__,
]))
"""

OWN_RULE = '''
"""A rule in a person's own file: one weight a unit grows with its rate."""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from neurosim._compile import implements
from neurosim.rules._base import learn, readout, weights
from own_helper import grow


@dataclass(frozen=True)
class Own:
    name: ClassVar[str] = "own"
    pathways: ClassVar[tuple[str, ...]] = ("only",)
    needs_output_target: ClassVar[bool] = False
    training_feedback: ClassVar[str] = "free"

    def kernel(self, n_units: int, n_outputs: int, dtype: Any) -> "OwnKernel":
        return OwnKernel(np.zeros((n_outputs, n_units), dtype))

    def bytes_needed(self, n_units: int, n_outputs: int, dtype: Any) -> int:
        return 8 * n_units * n_outputs

    def weights(self, kernel: "OwnKernel") -> Any:
        return kernel.W[np.newaxis]

    def finish(self, kernel: "OwnKernel") -> None:
        pass


class OwnKernel(NamedTuple):
    W: Any


@implements(readout, OwnKernel)
def _(rule, signals, eta, learning):
    for k in range(rule.W.shape[0]):
        signals.parts[0, k] = 0.0
        for j in range(rule.W.shape[1]):
            signals.parts[0, k] += 1.0 * rule.W[k, j] * signals.r[j]


@implements(learn, OwnKernel)
def _(rule, signals, error, wanted, step, learning):
    if learning:
        for k in range(rule.W.shape[0]):
            for j in range(rule.W.shape[1]):
                rule.W[k, j] += grow(signals.r[j])


@implements(weights, OwnKernel)
def _(rule, pathway):
    return rule.W
'''

OWN_HELPER = '''
"""What the person's rule shares with others."""

from neurosim._compile import kernel


@kernel
def grow(rate):
    return 0.001 * rate
'''


class Copy:
    """A copy of the packages, and a place for compiled code that nothing else uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for package in ("neurosim", "tasks", "analyses"):
            shutil.copytree(
                PACKAGES / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
            )

    def run(self, rule: str = "Rmhl()", imports: str = "") -> tuple[float, int, int]:
        """Deviation, combinations found on disk, combinations compiled."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "NUMBA_CACHE_DIR": str(self.folder / "compiled"),
            "NUMBA_OPT": "1",  # quicker to compile; how fast the code is does not matter here
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            [sys.executable, "-c", RUN.format(rule=rule, imports=imports)],
            env=environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        deviation, hits, misses, seconds, file = json.loads(done.stdout)
        assert Path(file).is_relative_to(self.folder)
        assert seconds > 0
        return float.fromhex(deviation), hits, misses

    def edit(self, file: str, old: str, new: str) -> None:
        """Change one line, and nothing that a file's date would tell."""
        path = self.folder / file
        text, stat = path.read_text(), path.stat()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


def test_found_again_and_compiled_anew_after_an_edit(copy):
    first, hits, misses = copy.run()
    assert (hits, misses) == (0, 1)
    assert copy.run() == (first, 1, 0)  # a second start compiles nothing

    # the loop calls this only through a generic function in another file
    copy.edit("neurosim/rules/rmhl.py", "phi = -phi", "phi = 2*phi")
    second, hits, misses = copy.run()
    assert second != first
    assert (hits, misses) == (0, 1)

    copy.edit("neurosim/rules/rmhl.py", "phi = 2*phi", "phi = -phi")
    assert copy.run() == (first, 1, 0)  # and the old code was kept


def test_a_rule_of_ones_own(copy):
    (copy.folder / "own_rule.py").write_text(OWN_RULE)
    (copy.folder / "own_helper.py").write_text(OWN_HELPER)
    call = {"rule": "Own()", "imports": "from own_rule import Own"}
    first, hits, misses = copy.run(**call)
    assert (hits, misses) == (0, 1)
    assert copy.run(**call) == (first, 1, 0)

    copy.edit("own_rule.py", "1.0 * rule.W", "2.0 * rule.W")
    second, _, misses = copy.run(**call)
    assert second != first
    assert misses == 1

    # a function that the rule shares with others, in a file of its own
    copy.edit("own_helper.py", "0.001 * rate", "0.002 * rate")
    third, _, misses = copy.run(**call)
    assert third != second
    assert misses == 1


def test_what_the_key_leaves_out_has_nothing_to_compile():
    """A piece in a folder that does not count would go on in its old form after an edit."""
    root = Path(_compile.__file__).parent
    for folder in _compile.NOT_COMPILED:
        files = [*(root / folder).rglob("*.py")]
        assert files
        for file in files:
            text = file.read_text()
            assert not any(word in text for word in ("implements", "kernel(", "@kernel", "numba"))
