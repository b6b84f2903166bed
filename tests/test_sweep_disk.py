"""Studies on a disk that is full: one line, nothing half-written, and on from there."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import Executor, Future
from contextlib import contextmanager

import pytest
import xarray as xr

from commands import refused
from neurosim import load
from neurosim.cli import sweep as command
from neurosim.errors import InputError
from neurosim.sweeps import Study, open_study, run_study
from tasks.motor.points import motor_run

resource = pytest.importorskip("resource", reason="limits of files are told by POSIX systems")

FIXED = {"task": "butterfly", "rule": "rmhl", "units": 30, "period": 2000.0, "trials": 2}
WHOLE = Study(FIXED, seeds=range(12), keep="result")
"""Results of about 60 kB each."""


class Here(Executor):
    """Runs in this process, at once."""

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        future.set_result(function(*args, **kwargs))
        return future


def mount(folder, size):
    """A small disk in memory; whether that was allowed."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        return subprocess.run(words, capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux") or not mount(folder, "400k"):
        pytest.skip("mounting a small disk in memory is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(small_disk):
    store = small_disk / "s"
    with pytest.raises(InputError) as caught:
        run_study(WHOLE, motor_run, store, executor=Here())
    assert "cannot be written (" in str(caught.value) and "No space left" in str(caught.value)
    assert "give the same command again to go on" in str(caught.value)
    assert "\n" not in str(caught.value)
    partly = open_study(store)
    done = int(partly.steps.notnull().sum())
    assert 0 < done < WHOLE.size and not partly.failed.any()
    assert [file for file in store.rglob("*") if file.name.startswith(".")] == []
    for path in store.glob("runs/*.nc"):
        load(path)  # whole

    subprocess.run(["mount", "-o", "remount,size=9m", str(small_disk)], check=True)
    data = run_study(WHOLE, motor_run, store, executor=Here())
    assert data.steps.notnull().all()
    xr.testing.assert_equal(data.deviation.where(partly.steps.notnull()), partly.deviation)


@contextmanager
def small_files():
    """No file may grow beyond 2 kB; for a moment only, since it holds for the log as well."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_files_that_cannot_grow(tmp_path):
    with (
        pytest.raises(InputError, match=r"cannot be written \(File too large\)"),
        small_files(),
    ):
        run_study(Study(FIXED), motor_run, tmp_path, executor=Here())
    assert [file.name for file in (tmp_path / "runs").iterdir()] == []
    assert not open_study(tmp_path).failed.any()


def test_the_command_on_a_full_disk(neurosim, tmp_path, monkeypatch):
    (tmp_path / "study.toml").write_text(
        "fixed = {task = 'butterfly', rule = 'rmhl', units = 20, period = 20.0}\n"
    )
    monkeypatch.setattr(command, "_executor", lambda *_: Here())
    with small_files():
        answer = neurosim("sweep", "study.toml", "--quiet")
    says = refused(answer)
    assert "study: cannot be written (File too large)" in says
