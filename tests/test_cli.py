"""The command line, as a person uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr

from commands import refused
from neurosim.cli import DIVERGED, INTERRUPTED

TINY = ("--units", "60", "--period", "40", "--trials", "2", "--test-trials", "1")


def test_run_writes_a_result_and_a_figure(neurosim, tmp_path):
    status, out, _ = neurosim("run", "butterfly-arm", *TINY, "--seed", 3)
    assert status == 0
    assert "deviation" in out and "wrote butterfly-arm-supertrex-seed3.nc" in out
    result = xr.open_dataset(tmp_path / "butterfly-arm-supertrex-seed3.nc")
    assert result.attrs["seed"] == 3 and result.attrs["preset"] == "robust"
    assert result.hand.dims == ("time", "axis")
    assert (tmp_path / "butterfly-arm-supertrex-seed3.png").read_bytes()[:4] == b"\x89PNG"
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".nc", ".png"]  # no checkpoint left


def test_json_is_one_object_and_writes_nothing(neurosim, tmp_path):
    status, out, _ = neurosim("run", "butterfly", "--rule", "force", *TINY, "--json")
    values = json.loads(out)
    assert status == 0
    assert {
        "task", "rule", "seed", "deviation", "satisfactory", "diverged", "train_distance", "steps",
        "steps_per_second", "compile_s", "wall_s", "version",
    } <= set(values)  # fmt: skip
    assert values["steps"] == 3 * 200
    assert len(values["train_distance"]) == 2 and len(values["test_distance"]) == 1
    assert values["deviation"] == pytest.approx(np.mean(values["test_distance"]))
    assert list(tmp_path.iterdir()) == []


def test_same_command_same_numbers(neurosim):
    first = json.loads(neurosim("run", "butterfly-arm", *TINY, "--json")[1])
    again = json.loads(neurosim("run", "butterfly-arm", *TINY, "--json")[1])
    other = json.loads(neurosim("run", "butterfly-arm", *TINY, "--json", "--seed", 1)[1])
    assert first["train_distance"] == again["train_distance"] != other["train_distance"]


def test_show_draws_a_result_again(neurosim, tmp_path):
    neurosim("run", "butterfly", *TINY, "--out", "a.nc", "--quiet")
    status, out, _ = neurosim("show", "a.nc", "--figure", "b.pdf")
    assert status == 0 and "deviation" in out
    assert (tmp_path / "b.pdf").read_bytes()[:4] == b"%PDF"
    shown = json.loads(neurosim("show", "a.nc", "--json")[1])
    result = xr.open_dataset(tmp_path / "a.nc")
    assert shown["deviation"] == pytest.approx(float(result.attrs["deviation"]))


def test_trace_of_a_drawing(neurosim, tmp_path):
    angle = np.linspace(0, 2 * np.pi, 50, endpoint=False)
    drawing = np.column_stack([300 + 80 * np.cos(angle), 200 + 40 * np.sin(angle)])
    np.savetxt("drawing.csv", drawing, delimiter=",", header="x,y", comments="")
    words = ("run", "trace", "--target", "drawing.csv", *TINY, "--out", "a.nc", "--quiet")
    assert neurosim(*words)[0] == 0
    with xr.open_dataset(tmp_path / "a.nc") as result:
        source = json.loads(result.attrs["parameters"])["task"]["source"]
        drawn = result.target.values * source["scale"] + np.array(source["offset"])
    assert source["offset"] == pytest.approx([300, 200], abs=0.5)
    assert drawn[:, 0].min() == pytest.approx(220, abs=1)  # spans the drawing, in its own unit
    assert drawn[:, 1].max() == pytest.approx(240, abs=1)
    arm = (*words[:-2], "b.nc", "--segments", 3, "--once", "--quiet")
    assert neurosim(*arm)[0] == 0


def test_trace_of_a_recorded_grip_force(neurosim, real_data, tmp_path):
    header = next(real_data.glob("parkinson_lfp_gripforce/**/*.vhdr"))
    listed = refused(neurosim("run", "trace", "--target", header, "--channel", "grip", *TINY))
    channel = "MOV_RIGHT"
    assert channel in listed
    status, out, _ = neurosim(
        "run", "trace", "--target", header, "--channel", channel, "--rule", "force", "--json",
        "--units", 300, "--start", 2000, "--stop", 6000, "--trials", 4,
    )  # fmt: skip
    assert status == 0
    values = json.loads(out)
    assert values["steps"] == 9 * 4000 / 0.2
    assert values["deviation"] < 0.1  # of a force scaled to [-1, 1]


def test_list(neurosim):
    assert "butterfly-arm-effort" in neurosim("list")[1]
    assert "supertrex" in neurosim("list", "rules")[1]
    assert "robust" in neurosim("list", "presets")[1]
    listed = neurosim("list", "parameters", "--rule", "rmhl", "--task", "butterfly")[1]
    assert "psi_scale=0.025" in listed and "gain=1.5" in listed


def test_set_changes_what_it_names(neurosim, tmp_path):
    words = ("--set", "gain=1.2", "--set", "learning_rate=0.001", "--set", "costs=0.1,0.01,0")
    neurosim("run", "butterfly-arm-effort", *TINY, *words, "--out", "a.nc", "--quiet")
    with xr.open_dataset(tmp_path / "a.nc") as result:
        kept = json.loads(result.attrs["parameters"])
    assert kept["reservoir"]["gain"] == 1.2
    assert kept["rule"]["exploratory"]["learning_rate"] == 0.001
    assert kept["task"]["effort"]["costs"] == [0.1, 0.01, 0.0]


def test_rates_and_weights_are_recorded(neurosim, tmp_path):
    extra = ("--record-rates", 4, "--interval", 2, "--trial-weights")
    neurosim("run", "butterfly", *TINY, *extra, "--out", "a.nc", "--quiet")
    with xr.open_dataset(tmp_path / "a.nc") as result:
        assert result.rates.sizes == {"time": 60, "unit": 4}
        assert dict(result.trial_weights.sizes) == {
            "trial": 3, "pathway": 2, "output": 2, "neuron": 60,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("buterfly",), "did you mean 'butterfly'"),
        (("butterfly", "--rule", "supertrx"), "did you mean 'supertrex'"),
        (("butterfly", "--preset", "papr"), "did you mean 'paper'"),
        (("butterfly", "--set", "gian=1"), "did you mean 'gain'"),
        (("butterfly", "--set", "gain"), "expected name=value"),
        (("butterfly", "--set", "gain=high"), "must be a number, given 'high'"),
        (("butterfly", "--set", "gain=-1"), "gain must be"),
        (("butterfly", "--set", "gain=nan"), "gain must be"),
        (("butterfly", "--set", "dt=0"), "dt must be"),
        (("butterfly", "--units", "-3"), "--units"),
        (("butterfly", "--units", "many"), "--units"),
        (("butterfly", "--period", "0"), "period"),
        (("butterfly", "--period", "0.3"), "period"),
        (("butterfly", "--dtype", "float16"), "float32"),
        (("butterfly", "--segments", "3"), "no arm"),
        (("butterfly", "--interval", "0.3"), "multiple of dt"),
        (("butterfly-arm", "--segments", "1"), "at least 2"),
        (("butterfly-arm", "--segments", "99"), "at most 50"),
        (("butterfly-arm", "--rule", "force"), "many joint angles"),
        (("butterfly-arm", "--rule", "ridge"), "many joint angles"),
        (("butterfly-arm", "--trials", "0", "--json"), "test_feedback"),
        (("butterfly", "--units", "10000000"), "GiB"),
        (("butterfly", "--period", "1e12"), "GiB"),
        (("butterfly", "--interval", "0.2", "--record-rates", "60", "--trials", "99999999"), "GiB"),
        (("butterfly", "--out", "missing/a.nc"), "there is no folder"),
        (("butterfly", "--out", "a.csv"), "ending in .nc"),
        (("butterfly", "--figure", "a.docx"), "ending in .png"),
        (("butterfly", "--out", "there.nc"), "use --force"),
        (("butterfly", "--target", "there.nc"), "goes with task 'trace'"),
        (("butterfly", "--no-such-option"), "--no-such-option"),
        (("trace",), "needs a target"),
        (("trace", "--target", "missing.csv"), "there is no such file"),
        (("trace", "--target", "there.nc"), "cannot be read"),
        (("trace", "--target", "empty.csv"), "empty.csv"),
        (("trace", "--target", "nan.csv"), "nan.csv"),
        (("trace", "--target", "constant.csv"), "constant"),
        (("trace", "--target", "short.csv"), "short.csv"),
        (("trace", "--target", "wide.csv"), "wide.csv"),
    ],
)
def test_bad_input_gets_one_line(neurosim, tmp_path, words, says):
    (tmp_path / "there.nc").write_bytes(b"no NetCDF")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "nan.csv").write_text("x,y\n0,0\n1,nan\n1,1\n0,1\n2,2\n")
    (tmp_path / "constant.csv").write_text("x,y\n" + "1,1\n" * 9)
    (tmp_path / "short.csv").write_text("x,y\n0,0\n1,1\n")
    (tmp_path / "wide.csv").write_text("a,b,c\n" + "1,2,3\n4,5,6\n" * 5)
    before = sorted(tmp_path.iterdir())
    options = TINY if "--units" not in words and "--period" not in words else ()
    assert says in refused(neurosim("run", words[0], *options, *words[1:]))
    assert sorted(tmp_path.iterdir()) == before


def test_existing_output_is_kept_without_force(neurosim, tmp_path):
    words = ("run", "butterfly", *TINY, "--out", "a.nc", "--quiet")
    assert neurosim(*words)[0] == 0
    before = (tmp_path / "a.nc").read_bytes()
    assert "use --force" in refused(neurosim(*words, "--seed", 5))
    assert (tmp_path / "a.nc").read_bytes() == before
    assert neurosim(*words, "--seed", 5, "--force")[0] == 0
    assert (tmp_path / "a.nc").read_bytes() != before


def test_show_refuses_what_is_no_result(neurosim, tmp_path):
    neurosim("run", "butterfly", *TINY, "--out", "a.nc", "--quiet")
    whole = (tmp_path / "a.nc").read_bytes()
    (tmp_path / "a.nc").write_bytes(whole[: len(whole) // 2])
    assert "truncated" in refused(neurosim("show", "a.nc"))
    xr.Dataset({"x": ("t", [1.0])}).to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    assert "not a result of neurosim" in refused(neurosim("show", "b.nc"))
    assert "no such file" in refused(neurosim("show", "c.nc"))


def test_a_diverged_run_says_so_and_keeps_what_it_had(neurosim, tmp_path):
    words = ("--rule", "rmhl", "--set", "learning_rate=1e9", "--out", "a.nc", "--json")
    status, out, err = neurosim("run", "butterfly", *TINY, *words)
    values = json.loads(out)
    assert status == DIVERGED
    assert values["diverged"] and values["deviation"] is None and not values["satisfactory"]
    assert "diverged" in err and f"{values['diverged_step']:,}" in err
    with xr.open_dataset(tmp_path / "a.nc") as result:
        assert np.isfinite(result.hand.values[: values["diverged_step"] // 50]).all()


def test_reproduce_continues(neurosim, tmp_path, monkeypatch):
    from analyses.figures import sankar2021

    full = sankar2021.simulation
    jobs = []

    def short(job):  # a table of tiny runs, in this process
        jobs.append(job)
        run = full(job)
        task = type(run.task)(run.task.name, run.task.plant, run.task.effort, period=40.0)
        return type(run)(task, run.rule, seed=job.seed, schedule=run.schedule,
                         recording=run.recording)  # fmt: skip

    def in_this_process(worker, todo, files, workers, bar):
        for job in todo:
            files[job].write_text(json.dumps(worker(job)))

    monkeypatch.setattr(sankar2021, "simulation", short)
    monkeypatch.setattr("neurosim.ensembles._run_missing", in_this_process)
    words = ("reproduce", "sankar2021", "--rows", "1-force", "--seeds", 2, "--out", "d")
    status, out, _ = neurosim(*words)
    assert status == 0 and "1-force" in out
    assert len(jobs) == 2  # both presets have the same constants: each seed is run once
    lines = (tmp_path / "d" / "table.csv").read_text().splitlines()
    assert len(lines) == 1 + 2
    assert len((tmp_path / "d" / "runs.csv").read_text().splitlines()) == 1 + 2 * 2
    neurosim(*words[:5], 3, *words[6:], "--json")
    assert len(jobs) == 3  # only the new seed
    assert "did you mean" in refused(neurosim("reproduce", "sankar2022"))
    assert "did you mean" in refused(neurosim("reproduce", "sankar2021", "--rows", "1-forc"))


def start(*words, cwd):
    """The installed command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from neurosim.cli import main; main()", *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "100"},
    )


def test_help_has_examples(tmp_path):
    process = start("run", "butterfly-arm", "--help", cwd=tmp_path)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "neurosim run butterfly-arm --segments 3" in out
    assert all(option in out for option in ("--rule", "--preset", "--set", "--animate"))


def test_ctrl_c_keeps_a_checkpoint_and_the_run_goes_on(tmp_path):
    words = ("run", "butterfly-arm", "--units", "200", "--period", "400", "--trials", "40",
             "--out", "a.nc", "--json")  # fmt: skip
    process = start(*words, cwd=tmp_path)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("*.checkpoint")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, err
    assert "same command again" in err and out == ""
    assert not (tmp_path / "a.nc").exists()

    process = start(*words, cwd=tmp_path)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "going on from" in err
    assert [p.name for p in tmp_path.iterdir()] == ["a.nc"]
    process = start(*words[:-3], "--out", "b.nc", "--json", cwd=tmp_path)
    whole, _ = process.communicate(timeout=120)
    assert json.loads(out)["train_distance"] == json.loads(whole)["train_distance"]
    with xr.open_dataset(tmp_path / "a.nc") as a, xr.open_dataset(tmp_path / "b.nc") as b:
        xr.testing.assert_equal(a, b)  # the same bits as without the interruption
