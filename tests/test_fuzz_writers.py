"""What is written appears whole or not at all, wherever the writing ends.

Each writer of the package, stopped by a full disk (a limit of the length of files, which the system
sets at any byte), by an error, by Ctrl-C, and by ``kill -9``.
"""

from __future__ import annotations

import contextlib
import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest

import fuzz
from commands import refused
from neurosim.recording import load, save

resource = pytest.importorskip("resource", reason="limits of files are told by POSIX systems")


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    path = tmp_path_factory.mktemp("result") / "result.nc"
    path.write_bytes(fuzz.a_result()["result.nc"])
    return load(path)


def a_figure(result, path):
    from analyses.figures.style import pyplot, save_figure

    plt = pyplot()
    figure = plt.figure(figsize=(2, 2))
    figure.subplots().plot(np.arange(100.0))
    try:
        save_figure(figure, path)
    finally:
        plt.close(figure)


def a_table(result, path):
    from analyses.figures.table import write_csv

    write_csv(path, [{"name": "x" * 100, "value": k / 7} for k in range(99)])


def an_animation(result, path):
    from analyses.figures.animation import animate

    animate(result, path, progress=False)


def an_nwb(result, path):
    pytest.importorskip("pynwb")
    from neurosim.io import write_nwb

    write_nwb(result, path)


def a_checkpoint(result, path):
    from neurosim.checkpoint import save

    save(path, fuzz.simulation()())


def a_record(result, path):
    from neurosim.sweeps.store import Store

    Store(path.parents[1]).write(path.stem, {"error": "x" * 4000}, None)


def a_kept_result(result, path):
    from neurosim.sweeps.store import Store

    Store(path.parents[1]).write(path.stem, {"error": ""}, result)


def a_study(result, path):
    from neurosim.sweeps.store import Store

    Store(path.parent).write_study({"addresses": ["x" * 4000]})


def a_layer(result, path):
    """The cache of the small vision network, which does without."""
    from tasks.vision.features.mlp import _keep, _Layer

    weights = np.random.default_rng(0).random((30, 30)).astype(np.float32)
    _keep(path, _Layer(weights, weights[0], 0.5, True))


WRITERS = {
    "a.nc": lambda result, path: save(result, path),
    "a.png": a_figure,
    "a.pdf": a_figure,
    "a.svg": a_figure,
    "a.csv": a_table,
    "a.gif": an_animation,
    "a.nwb": an_nwb,
    "a.checkpoint": a_checkpoint,
    "runs/a.json": a_record,
    "runs/a.nc": a_kept_result,
    "study.json": a_study,
    "0a.npz": a_layer,
}
SILENT = ("0a.npz",)


@contextlib.contextmanager
def files_of_at_most(length):
    """No file can become longer: writing fails, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture(params=WRITERS)
def writer(request, tmp_path, result):
    """A writer and where it writes; an old file lies there, or none."""
    path = tmp_path / request.param
    path.parent.mkdir(exist_ok=True)
    (tmp_path / "runs").mkdir(exist_ok=True)

    def files():
        return {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    return SimpleNamespace(
        path=path, files=files, write=lambda: WRITERS[request.param](result, path),
        silent=request.param in SILENT,
    )  # fmt: skip


@pytest.mark.parametrize("old", [None, b"old"])
def test_a_full_disk(writer, old, capfd):
    writer.write()
    size = writer.path.stat().st_size
    for each in writer.files():
        each.unlink()
    if old:
        writer.path.write_bytes(old)
    before = writer.files()
    lengths = (0, 1, size // 10, size // 2, size - 1)
    for length in lengths[3:4] if writer.path.suffix == ".gif" else lengths:  # which takes long
        with files_of_at_most(length):
            if writer.silent:
                writer.write()
            else:
                with pytest.raises(Exception, match=r"."):
                    writer.write()
        assert writer.files() == before
    assert "Traceback" not in capfd.readouterr().err
    writer.write()
    assert writer.path.stat().st_size > len(old or b"")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_error_at_the_end(writer, error, monkeypatch):
    writer.path.write_bytes(b"old")

    def fail(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", fail)
        if writer.silent and isinstance(error, OSError):
            writer.write()
        else:
            with pytest.raises((OSError, KeyboardInterrupt, ValueError)):
                writer.write()
    assert writer.files() == {writer.path: b"old"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill(writer):
    """Before the new file takes the old one's place; what is left has a name of its own."""
    writer.path.write_bytes(b"old")
    child = os.fork()
    if not child:
        try:
            os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
            writer.write()
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    files = writer.files()
    assert files.pop(writer.path) == b"old"
    assert all(file.name.startswith(".") for file in files)


SMALL = ("--units", 20, "--period", 40, "--trials", 1, "--test-trials", 1)


@pytest.mark.parametrize(
    "words",
    [
        ("run", "butterfly", *SMALL, "--out", "b.nc", "--quiet"),
        ("run", "butterfly", *SMALL, "--figure", "b.png", "--quiet"),
        ("show", "a.nc", "--figure", "b.png"),
        ("export", "a.nc", "b.nwb"),
    ],
    ids=lambda words: words[0] + words[-2],
)
@pytest.mark.parametrize("length", [0, 5000])
def test_commands_on_a_full_disk(neurosim, tmp_path, words, length):
    if words[0] == "export":
        pytest.importorskip("pynwb")
    (tmp_path / "a.nc").write_bytes(fuzz.a_result()["result.nc"])
    if words[0] == "run":  # what is compiled could not be kept
        assert neurosim("run", "butterfly", *SMALL, "--json")[0] == 0
    with files_of_at_most(length):
        answer = neurosim(*words)
    assert "b." in refused(answer) or "too large" in answer[2]
    assert [file.name for file in tmp_path.iterdir()] == ["a.nc"]
