"""``neurosim sweep``, as a person uses it."""

from __future__ import annotations

import json
import sys
from concurrent.futures import Executor, Future

import numpy as np
import pytest

from commands import refused
from neurosim.cli import sweep as command
from neurosim.cli.app import INTERRUPTED
from neurosim.sweeps import open_study
from neurosim.sweeps.store import FORMAT

STUDY = """
seeds = 2
[fixed]
task = "butterfly"
rule = "rmhl"
units = 20
period = 20.0
trials = 2
test_trials = 1
[sweep]
gain = [1.2, 1.5]
[conditions]
healthy = []
silent = ["silence@test"]
"""


class Here(Executor):
    """Runs in this process, at once; ``done`` holds what was run."""

    done: list = []  # noqa: RUF012  emptied by the fixture

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        self.done.append(args[0])
        future.set_result(function(*args, **kwargs))
        return future


@pytest.fixture
def here(monkeypatch, tmp_path):
    """A study file, whose runs are done in this process."""
    (tmp_path / "gain.toml").write_text(STUDY)
    monkeypatch.setattr(command, "_executor", lambda *_: Here())
    Here.done.clear()
    return Here


def test_a_study_is_run_and_told(neurosim, here, tmp_path):
    status, out, err = neurosim("sweep", "gain.toml")
    assert (status, err) == (0, "8 points: 0 done, 0 failed, 8 to run\n")
    lines = out.splitlines()
    assert lines[0].split() == ["gain", "condition", "runs", "failed", "deviation", "sd",
                                "satisfactory"]  # fmt: skip
    assert lines[1].split()[:4] == ["1.2", "healthy", "2", "0"]
    assert lines[-1] == "kept in gain" and len(lines) == 6
    assert len(here.done) == 8
    status, out, err = neurosim("sweep", "gain.toml", "--json")
    assert "8 points: 8 done, 0 failed, 0 to run" in err and len(here.done) == 8
    told = json.loads(out)
    assert {name: told[name] for name in ("points", "done", "failed", "missing", "out")} == {
        "points": 8, "done": 8, "failed": 0, "missing": 0, "out": "gain",
    }  # fmt: skip
    data = open_study(tmp_path / "gain")
    for row in told["rows"]:
        some = data.deviation.sel(gain=row["gain"], condition=row["condition"]).values
        assert row["deviation"] == pytest.approx(some.mean())
        assert row["sd"] == pytest.approx(np.std(some, ddof=1))
        assert (row["runs"], row["failed"]) == (2, 0)
    assert neurosim("sweep", "gain.toml", "--quiet") == (0, "", "")


def test_a_dry_run_tells_the_points_and_writes_nothing(neurosim, here, tmp_path):
    status, out, err = neurosim("sweep", "gain.toml", "--dry-run", "--workers", 2)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 9 and lines[0].startswith("to run ")
    assert lines[0].endswith("gain=1.2, condition=healthy, seed=0")
    assert lines[-1].startswith("8 points: 0 done, 0 failed, 8 to run, about ")
    assert lines[-1].endswith(" on 2 processes")
    assert here.done == [] and [file.name for file in tmp_path.iterdir()] == ["gain.toml"]
    neurosim("sweep", "gain.toml")
    (tmp_path / "gain.toml").write_text(STUDY.replace("1.5]", "1.5, -1.0]"))
    out = neurosim("sweep", "gain.toml", "--dry-run")[1]
    assert out.count("done  ") == 8 and out.count("failed  ") == 4
    assert "gain must be a number of at least 0, given -1" in out
    assert out.splitlines()[-1] == "12 points: 8 done, 4 failed, 0 to run"


def test_failed_points_are_told_and_tried_again(neurosim, here, tmp_path):
    (tmp_path / "gain.toml").write_text(STUDY.replace("silence@test", "silence:mastery@test"))
    status, out, err = neurosim("sweep", "gain.toml", "--json")
    assert status == command.FAILED
    assert "neurosim: 4 of 8 points failed, the first: silence" in err
    assert "has no pathway 'mastery', it has exploratory; --retry runs them again" in err
    assert "Traceback" not in err
    told = json.loads(out)
    assert (told["done"], told["failed"]) == (4, 4)
    assert [row["deviation"] is None for row in told["rows"]] == [False, True, False, True]
    assert neurosim("sweep", "gain.toml", "--quiet")[0] == command.FAILED
    assert len(here.done) == 8
    assert neurosim("sweep", "gain.toml", "--quiet", "--retry")[0] == command.FAILED
    assert len(here.done) == 12


def test_the_same_at_two_points_is_told(neurosim, here, tmp_path):
    (tmp_path / "gain.toml").write_text(
        STUDY.replace("[sweep]", "[sweep]\npreset = ['robust', 'paper']")
    )
    assert "16 points (8 different runs): 0 done" in neurosim("sweep", "gain.toml")[2]


def test_ctrl_c_is_told(neurosim, here, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Here, "submit", stop)
    status, out, err = neurosim("sweep", "gain.toml")
    assert (status, out) == (INTERRUPTED, "")
    assert "finished runs are kept in gain, give the same command again to go on" in err


def test_too_many_points_are_asked_about(neurosim, here, tmp_path, monkeypatch):
    many = STUDY.replace("seeds = 2", "seeds = 500000")
    (tmp_path / "gain.toml").write_text(many)
    for words in ((), ("--dry-run",)):
        says = refused(neurosim("sweep", "gain.toml", "--workers", 3, *words))
        assert "gain.toml: 2,000,000 points, more than 10,000; they take about" in says
        assert "on 3 processes; give --yes to run them, or sweep fewer" in says
    assert [file.name for file in tmp_path.iterdir()] == ["gain.toml"]
    (tmp_path / "gain.toml").write_text(STUDY)
    monkeypatch.setattr(command, "MOST", 7)
    assert "8 points, more than 7" in refused(neurosim("sweep", "gain.toml"))
    assert neurosim("sweep", "gain.toml", "--yes", "--quiet") == (0, "", "")


@pytest.mark.parametrize(
    "change, words, says",
    [
        (("seeds = 2", "seeds = 0"), (), "seeds is empty, so there are no points to run"),
        (("[1.2, 1.5]", "[]"), (), "gain is empty"),
        (("[1.2, 1.5]", "[1.2, 1.2]"), (), "gain holds 1.2 twice"),
        (("seeds", "seed"), (), "unknown key in gain.toml 'seed': did you mean 'seeds'?"),
        (("gain =", "gian ="), (), "unknown parameter 'gian': did you mean 'gain'?"),
        (("units", "unit"), (), "unknown parameter 'unit': did you mean 'units'?"),
        (('"butterfly"', '"buterfly"'), (), "did you mean 'butterfly'"),
        (("silence@", "silense@"), (), "did you mean 'silence'"),
        (("[sweep]", "[sweep"), (), "gain.toml: cannot be read as TOML"),
        (("", ""), ("--slurm",), "[slurm]: expected jobs"),
        (("", ""), ("--slurm", "--scheduler", "tcp://a:1"), "are two clusters; give one"),
        (("", ""), ("--workers", 2, "--scheduler", "tcp://a:1"), "a cluster has its own"),
        (("", ""), ("--workers", 0), "Invalid value for '--workers'"),
        (("", ""), ("--out", "gain.toml"), "cannot be made a folder"),
        (("", ""), ("--scheduler", "nonsense"), "no Dask scheduler answers at 'nonsense'"),
    ],
)
def test_bad_input_gets_one_line(neurosim, tmp_path, change, words, says):
    if "--slurm" in words:
        pytest.importorskip("dask_jobqueue", reason="needs the extra cluster")
    if "nonsense" in words:
        pytest.importorskip("distributed", reason="needs the extra cluster")
    (tmp_path / "gain.toml").write_text(STUDY.replace(*change) if change[0] else STUDY)
    assert says in refused(neurosim("sweep", "gain.toml", "--quiet", *words))


def test_no_study_file(neurosim):
    assert "none.toml: there is no such study file" in refused(neurosim("sweep", "none.toml"))
    assert "Missing argument" in refused(neurosim("sweep"))


def test_a_store_of_a_newer_version_is_refused(neurosim, here, tmp_path):
    neurosim("sweep", "gain.toml", "--quiet")
    file = tmp_path / "gain" / "study.json"
    told = json.loads(file.read_text()) | {"format": FORMAT + 1, "neurosim_version": "8.1"}
    file.write_text(json.dumps(told))
    for words in ((), ("--dry-run",)):
        says = refused(neurosim("sweep", "gain.toml", *words))
        assert "written by neurosim 8.1" in says and "update neurosim or use another" in says


def test_help_has_examples(neurosim, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    status, out, _ = neurosim("sweep", "--help")
    assert status == 0
    assert "neurosim sweep gain.toml --scheduler tcp://node7:8786" in out
    assert all(option in out for option in ("--dry-run", "--retry", "--slurm", "--workers"))


def test_dask_is_imported_only_where_it_is_used(neurosim, here):
    before = "distributed" in sys.modules
    neurosim("sweep", "gain.toml", "--quiet")
    assert ("distributed" in sys.modules) == before
