"""The figures of Pyle & Rosenbaum 2019 from short runs and from records."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from analyses.figures import pyle2019, running, sankar2021
from neurosim import InputError
from tasks.motor import motor_task


@pytest.fixture
def short(monkeypatch):
    """Trials of 100 ms."""
    monkeypatch.setattr(pyle2019, "motor_task", lambda name: motor_task(name, period=100.0))


@pytest.mark.parametrize("state", [False, True])
def test_free_running(short, state):
    found = pyle2019.free_run(pyle2019.FreeRun("butterfly", state, 1))
    assert np.shape(found["hand"]) == (5, 2)
    assert 0 <= found["held_s"] <= 0.3
    assert found["deviation"] > 0
    assert found["back_s"] >= 0


def test_state_information_reaches_the_network(short):
    told, untold = (pyle2019.free_run(pyle2019.FreeRun("butterfly", s, 1)) for s in (True, False))
    assert told["deviation"] != untold["deviation"]


def records(job):
    """As if the job had been run."""
    rng = np.random.default_rng(getattr(job, "seed", 0))
    hand = rng.uniform(-1, 1, (5, 2)).tolist()
    if isinstance(job, pyle2019.Drawing):
        return {"hand": hand}
    if isinstance(job, pyle2019.FreeRun):
        back = np.inf if not job.state else 0.5
        return {
            "deviation": 0.1 if job.state else 1.0,
            "held_s": 30.0,
            "exceeded": False,
            "back_s": back,
            "hand": hand,
        }
    return {"deviation": 0.1 + 0.01 * job.seed, "diverged": 0, "trial_distance": [0.5] * 15}


def test_the_command_writes_tables_and_figures(neurosim, monkeypatch, tmp_path):
    def run_all(work, jobs, store, **options):
        return [records(job) for job in jobs]

    monkeypatch.setattr(running, "run_all", run_all)
    status, out, _ = neurosim("reproduce", "pyle2019", "--seeds", 3)
    assert status == 0 and "1-supertrex" in out
    folder = tmp_path / "pyle2019"
    assert {file.name for file in folder.iterdir()} == {
        f"{name}.{ending}" for name in ("learning", "state") for ending in ("csv", "png", "pdf")
    }
    with open(folder / "learning.csv", newline="") as file:
        lines = {line["row"]: line for line in csv.DictReader(file)}
    assert float(lines["1-force"]["mean"]) == pytest.approx(0.11)
    assert float(lines["1-force"]["published"]) == 0.0034
    with open(folder / "state.csv", newline="") as file:
        of_back = [line for line in csv.DictReader(file) if line["measure"] == "back_s"]
    assert [line["median"] for line in of_back] == ["inf", "0.5"] * 2
    assert of_back[0]["mean"] == ""


def test_one_figure_alone(neurosim, monkeypatch, tmp_path):
    asked = []

    def run_all(work, jobs, store, **options):
        asked.extend(jobs)
        return [records(job) for job in jobs]

    monkeypatch.setattr(running, "run_all", run_all)
    status, _, _ = neurosim("reproduce", "pyle2019", "--figures", "state", "--seeds", 2, "--quiet")
    assert status == 0
    assert {type(job) for job in asked} == {pyle2019.FreeRun}
    assert not (tmp_path / "pyle2019" / "learning.csv").exists()


def test_one_task_alone(monkeypatch, tmp_path):
    asked = []

    def run_all(work, jobs, store, **options):
        asked.extend(jobs)
        return [records(job) for job in jobs]

    monkeypatch.setattr(running, "run_all", run_all)
    lines = pyle2019.reproduce(tasks="2", seeds=2, out=tmp_path)
    assert {line["row"].split(",")[0] for line in lines} == {"2-rmhl", "2-supertrex"}
    assert len(asked) == 2 * (2 + 1) + 2 * 2
    assert (tmp_path / "learning.pdf").exists() and (tmp_path / "state.pdf").exists()


@pytest.mark.parametrize(
    "words, message",
    [
        ({"figures": "stat"}, "did you mean 'state'"),
        ({"tasks": "4"}, "unknown task '4'"),
        ({"figures": "state", "tasks": "3"}, "'state' is of tasks 1 and 2, given '3'"),
        ({"seeds": 1}, "seeds must be a whole number of at least 2"),
    ],
)
def test_what_cannot_be_made(words, message, tmp_path):
    with pytest.raises(InputError, match=message):
        pyle2019.reproduce(**words, out=tmp_path)


def test_runs_are_those_of_the_replications_table():
    """So that a folder that holds them already serves both."""
    row = sankar2021.row_named("2-supertrex")
    assert sankar2021.jobs_of(row, "paper", 1, 10, 5)[0] == sankar2021.Job(
        "butterfly-arm", "supertrex", "paper", 2, None, 0
    )
