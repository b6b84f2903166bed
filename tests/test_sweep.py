"""Studies: their points, their files, what is run and kept, and how they open."""

from __future__ import annotations

import json
from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim import Recording, Reservoir, Rmhl, Schedule, load, train
from neurosim.errors import InputError
from neurosim.perturbations import Depletion, Silence, When
from neurosim.sweeps import Plan, Point, Run, Study, open_study, read_study, run_study
from neurosim.sweeps.cost import in_words, mean_seconds, mean_seconds_of
from neurosim.sweeps.store import FORMAT, Store
from neurosim.sweeps.toml import values_of
from tasks.motor import motor_task
from tasks.motor.points import motor_run

TINY = {"task": "butterfly", "units": 30, "period": 20.0, "trials": 2, "test_trials": 1}
RMHL = TINY | {"rule": "rmhl"}


def without(name):
    """The same study without a parameter."""
    return {other: value for other, value in RMHL.items() if other != name}


class Here(Executor):
    """Runs in this process, at once; ``done`` holds what was run."""

    def __init__(self, stop_after=None):
        self.done, self.stop_after = [], stop_after

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        if self.stop_after is not None and len(self.done) >= self.stop_after:
            future.set_exception(KeyboardInterrupt())
            return future
        self.done.append(args[0])
        future.set_result(function(*args, **kwargs))
        return future


def in_order(futures):
    yield from futures


@pytest.fixture(autouse=True)
def as_submitted(monkeypatch):
    """Futures that are done already come in the order in which they were submitted."""
    monkeypatch.setattr("neurosim.sweeps.run.as_completed", in_order)


# --------------------------------------------------------------------------------- the points


def test_points_of_a_study():
    study = Study(
        fixed=RMHL,
        sweep={"gain": [1.2, 1.5], "learning_rate": [0.1, 0.2, 0.3]},
        conditions={"healthy": [], "ill": ["dopamine:0.6@trial=1..", "silence@test"]},
        seeds=[4, 9],
    )
    points = list(study.points())
    assert study.size == len(points) == 24
    assert study.dims == {"gain": 2, "learning_rate": 3, "condition": 2, "seed": 2}
    assert points == [study.point(number) for number in range(24)]
    assert str(points[0]) == "gain=1.2, learning_rate=0.1, condition=healthy, seed=4"
    assert str(points[-1]) == "gain=1.5, learning_rate=0.3, condition=ill, seed=9"
    assert points[-1].values == RMHL | {"gain": 1.5, "learning_rate": 0.3}
    assert points[2].perturbations == (
        Depletion(0.6, when=When(first_trial=1)),
        Silence(when=When("test")),
    )


@given(
    st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(), min_size=1, max_size=3,
                                                     unique=True), max_size=3),
    st.integers(1, 4),
)  # fmt: skip
def test_every_combination_once(sweep, seeds):
    study = Study(sweep=sweep, seeds=range(seeds), conditions={"a": [], "b": ["silence@test"]})
    points = list(study.points())
    assert points == [study.point(number) for number in range(study.size)]
    seen = {(*(point.values[name] for name in sweep), point.condition, point.seed)
            for point in points}  # fmt: skip
    assert len(seen) == study.size


@pytest.mark.parametrize(
    "given, says",
    [
        ({"sweep": {"gain": []}}, "gain is empty, so there are no points to run"),
        ({"seeds": []}, "seeds is empty"),
        ({"conditions": {}}, "conditions is empty"),
        ({"sweep": {"gain": [1.2, 1.5, 1.2]}}, "gain holds 1.2 twice"),
        ({"sweep": {"gain": [1, 1.0]}}, "gain holds 1 twice"),
        ({"sweep": {"delay": [[200, 800], [200.0, 800.0]]}}, "delay holds 200,800 twice"),
        ({"seeds": [3, 3]}, "seeds holds 3 twice"),
        ({"seeds": [-1]}, "seeds must be a whole number of at least 0, given -1"),
        ({"seeds": [1.5]}, "seeds must be a whole number"),
        ({"seeds": 5}, "seeds must be a list, given 5"),
        ({"seeds": range(10**9)}, "seeds holds 1,000,000,000 values, at most 1,000,000"),
        ({"conditions": {"a": [], "b": []}}, "conditions 'a' and 'b' are the same"),
        ({"conditions": {"a": ["silence"], "b": ["silence:exploratory"]}}, "'a' and 'b' are the"),
        ({"conditions": {"a": "silence"}}, "a must be a list, given 'silence'"),
        ({"conditions": {"a": ["silense"]}}, "did you mean 'silence'"),
        ({"conditions": {"a": [3]}}, "unknown perturbation '3'"),
        ({"sweep": {"gain": "1.2"}}, "gain must be a list, given '1.2'"),
        ({"sweep": {"gain": [1.2, None]}}, "gain must be a finite number, text"),
        ({"sweep": {"gain": [float("nan")]}}, "gain must be a finite number"),
        ({"fixed": {"gain": float("inf")}}, "gain must be a finite number"),
        ({"fixed": {"gain": 1}, "sweep": {"gain": [2]}}, "'gain' is given as fixed and as swept"),
        ({"fixed": {"seed": 1}}, "'seed' cannot be a parameter"),
        ({"sweep": {"steps": [1]}}, "'steps' cannot be a parameter"),
        ({"keep": "sumary"}, "did you mean 'summary'"),
    ],
)
def test_studies_that_make_no_sense(given, says):
    with pytest.raises(InputError) as caught:
        Study(**given)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


# ----------------------------------------------------------------------------------- the file

FILE = """
seeds = 2
keep = "result"
[fixed]
task = "reaching"
delay = [200, 800]
[sweep]
rule = ["rmhl", "force"]
units = {start = 100, stop = 400, num = 3, log = true}
[conditions]
healthy = []
ill = ["dopamine:0.6"]
[slurm]
jobs = 3
"""


def test_a_study_file(tmp_path):
    (tmp_path / "study.toml").write_text(FILE)
    study, slurm = read_study(tmp_path / "study.toml")
    assert study == Study(
        fixed={"task": "reaching", "delay": [200, 800]},
        sweep={"rule": ["rmhl", "force"], "units": [100, 200, 400]},
        conditions={"healthy": [], "ill": ["dopamine:0.6"]},
        seeds=[0, 1],
        keep="result",
    )
    assert slurm == {"jobs": 3}
    (tmp_path / "least.toml").write_text("")
    assert read_study(tmp_path / "least.toml").study == Study()


@pytest.mark.parametrize(
    "given, values",
    [
        ({"start": 0, "stop": 4, "num": 3}, [0, 2, 4]),
        ({"start": 0, "stop": 1, "num": 3}, [0.0, 0.5, 1.0]),
        ({"start": 0.0, "stop": 4, "num": 3}, [0.0, 2.0, 4.0]),
        ({"start": 0.001, "stop": 0.004, "num": 3, "log": True}, [0.001, 0.002, 0.004]),
        ({"start": 10, "stop": 100_000, "num": 5, "log": True}, [10, 100, 1000, 10_000, 100_000]),
        ({"start": 3, "stop": 9, "num": 1}, [3]),
        ([1, 2], [1, 2]),
    ],
)
def test_ranges(given, values):
    found = values_of("x", given)
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    "text, says",
    [
        ("seed = 3", "unknown key in {path} 'seed': did you mean 'seeds'?"),
        ("[fixt]", "did you mean 'fixed'"),
        ("gain = [1", "cannot be read as TOML"),
        ("seeds = [1,\n2\n", "cannot be read as TOML"),
        ("fixed = 3", "fixed must be a table, given 3"),
        ("conditions = ['silence']", "conditions must be a table"),
        ("seeds = 0", "seeds is empty, so there are no points to run"),
        ("seeds = -1", "seeds must be a whole number of at least 0"),
        ("seeds = true", "seeds must be a whole number of at least 0, given True"),
        ("seeds = 1000000000", "at most 1,000,000"),
        ("keep = 3", "keep must be one of 'summary', 'result'"),
        ("[sweep]\ngain = 1.5", "gain must be a list, given 1.5"),
        ("[sweep]\ngain = {start = 1, stop = 2, nun = 3}", "'nun': did you mean 'num'"),
        ("[sweep]\ngain = {start = 1, stop = 2}", "needs start, stop and num, given no num"),
        ("[sweep]\ngain = {start = 1, stop = 2, num = 2.5}", "num must be a whole number"),
        ("[sweep]\ngain = {start = 1, stop = 2, num = 10000000}", "num must be a number from 0"),
        ("[sweep]\ngain = {start = 1, stop = 2, num = 0}", "gain is empty"),
        ("[sweep]\ngain = {start = 1, stop = 1, num = 2}", "gain holds 1 twice"),
        ("[sweep]\ngain = {start = '1', stop = 2, num = 2}", "start must be a number"),
        ("[sweep]\ngain = {start = 0, stop = 2, num = 2, log = true}", "needs ends above 0"),
        ("[sweep]\ngain = {start = 1, stop = 2, num = 2, log = 1}", "log must be true or false"),
        ("[sweep]\ngain = [1979-05-27]", "gain must be a finite number"),
        ("[fixed]\ngain = {a = 1}", "gain must be a finite number"),
    ],
)  # fmt: skip
def test_study_files_that_make_no_sense(tmp_path, text, says):
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_study(path)
    assert says.format(path=path) in str(caught.value)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name, size", [("gain", 36), ("reaching", 12)])
def test_studies_of_the_documentation(name, size, tmp_path):
    study = read_study(DOCS / "sweeps" / f"{name}.toml").study
    plan = Plan(study, motor_run, tmp_path)
    assert len(plan.missing) == study.size == size and not plan.refused


def test_what_the_documentation_shows_is_the_file():
    _, shown, *_ = (DOCS / "sweeps.md").read_text("utf-8").split("```toml\n")
    assert shown.split("```")[0] in (DOCS / "sweeps" / "gain.toml").read_text("utf-8")


def test_no_study_file(tmp_path):
    with pytest.raises(InputError, match="there is no such study file"):
        read_study(tmp_path / "none.toml")
    with pytest.raises(InputError, match="there is no such study file"):
        read_study(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as TOML"):
        read_study(tmp_path / "binary.toml")


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_study_or_one_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    try:
        read_study(path)
    except InputError as error:
        assert "\n" not in str(error)


# --------------------------------------------------------------------------- the run at a point


def test_the_run_at_a_point():
    run = motor_run(
        Point(
            RMHL | {"gain": 1, "psi_scale": 0.1, "state": "phase, hand", "interval": 5,
                    "record_rates": 2, "test_feedback": "free"},
            perturbations=(Silence(),),
            seed=7,
        )
    )  # fmt: skip
    assert run.reservoir == Reservoir(n_units=30, gain=1.0)
    assert isinstance(run.reservoir.gain, float)
    assert run.rule == Rmhl(psi_scale=0.1, improvements_only=True)
    assert run.schedule == Schedule(2, 1, test_feedback="free")
    assert run.task.state == ("phase", "hand")
    assert run.recording.interval == 5 and run.recording.units == (0, 1)
    assert (run.perturbations, run.seed, run.steps) == ((Silence(),), 7, 300)


def test_reaching_at_a_point():
    run = motor_run(
        Point({"task": "reaching", "rule": "force", "plant": "arm", "segments": 3, "targets": 4,
               "distances": [0.3], "delay": 300, "task_seed": 5, "hold": 100})
    )  # fmt: skip
    assert run.task.plant.n_outputs == 3
    assert (run.task.n_targets, run.task.distances, run.task.seed) == (4, (0.3,), 5)
    assert run.task.delay == (300.0, 300.0)
    assert run.reservoir.n_units == 400 and run.schedule.train_trials == 240


def test_a_curve_of_ones_own(tmp_path):
    angle = np.linspace(0, 2 * np.pi, 40)
    np.savetxt(tmp_path / "curve.csv", np.column_stack([np.cos(angle), np.sin(angle)]),
               delimiter=",", header="x,y", comments="")  # fmt: skip
    values = {"task": "trace", "target": str(tmp_path / "curve.csv"), "period": 50, "once": True}
    task = motor_run(Point(values)).task
    assert (task.period, task.periodic, task.curve.shape) == (50.0, False, (40, 2))
    assert motor_run(Point(values)).address == motor_run(Point(values)).address


@pytest.mark.parametrize(
    "values, says",
    [
        ({}, "a study needs a task; expected one of butterfly,"),
        ({"task": "buterfly"}, "did you mean 'butterfly'"),
        ({"task": 3}, "task must be a text, given 3"),
        ({"task": "butterfly", "rule": "rmlh"}, "did you mean 'rmhl'"),
        ({"task": "butterfly", "preset": "robus"}, "did you mean 'robust'"),
        ({"task": "butterfly", "unit": 100}, "unknown parameter 'unit': did you mean 'units'?"),
        ({"task": "butterfly", "gian": 1.5}, "unknown parameter 'gian': did you mean 'gain'?"),
        ({"task": "butterfly", "rule": "force", "psi_scale": 1}, "unknown parameter 'psi_scale'"),
        ({"task": "butterfly", "targets": 4}, "unknown parameter 'targets'"),
        ({"task": "reaching", "period": 4}, "unknown parameter 'period'"),
        ({"task": "reaching", "rule": "rmlh"}, "did you mean 'rmhl'"),
        ({"task": "reaching", "plant": "leg"}, "unknown plant 'leg'"),
        ({"task": "butterfly", "units": 100.0}, "units must be a whole number, given 100.0"),
        ({"task": "butterfly", "units": -1}, "n_units must be a whole number of at least 1"),
        ({"task": "butterfly", "period": "long"}, "period must be a number, given 'long'"),
        ({"task": "butterfly", "trial_weights": 1}, "trial_weights must be true or false"),
        ({"task": "butterfly", "gain": -1}, "gain must be a number of at least 0, given -1.0"),
        ({"task": "butterfly", "gain": "big"}, "gain must be a number, given 'big'"),
        ({"task": "butterfly", "state": [3]}, "state must be a text, given 3"),
        ({"task": "trace"}, "task 'trace' needs a target to draw"),
        ({"task": "trace", "target": "none.csv"}, "none.csv"),
    ],
)
def test_points_that_cannot_be_built(values, says, tmp_path):
    study = Study(fixed=values)
    with pytest.raises(InputError) as caught:
        Plan(study, motor_run, tmp_path / "s")
    assert says in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_point_is_what_the_command_runs(neurosim, tmp_path):
    words = ("--rule", "rmhl", "--units", 30, "--period", 20, "--trials", 2, "--test-trials", 1,
             "--set", "gain=1.2", "--perturb", "tremor:0.5@test", "--seed", 3)  # fmt: skip
    assert neurosim("run", "butterfly", *words, "--quiet", "--out", "a.nc")[0] == 0
    study = Study(RMHL, {"gain": [1.2]}, {"ill": ["tremor:0.5@test"]}, [3], "result")
    data = run_study(study, motor_run, "s", executor=Here())
    ours = load(data.result.item())
    xr.testing.assert_equal(ours, load("a.nc"))
    assert ours.attrs["parameters"] == load("a.nc").attrs["parameters"]
    assert data.deviation.item() == ours.attrs["deviation"]


# -------------------------------------------------------------------------------- addresses


def address(**values):
    return motor_run(Point(RMHL | values)).address


def test_the_same_parameters_are_the_same_file():
    assert address() == address(gain=1.5) == address(gain=1.5, noise=0.025)
    assert address(gain=1) == address(gain=1.0)
    assert motor_run(Point(dict(reversed(RMHL.items())))).address == address()
    assert len({address(), address(gain=1.4), address(units=31), address(test_trials=2),
                address(rule="force"), address(period=30), address(interval=5.0)}) == 7  # fmt: skip
    assert motor_run(Point(RMHL, seed=1)).address != address()
    assert motor_run(Point(RMHL, perturbations=(Silence(),))).address != address()


def test_another_version_is_another_file(monkeypatch):
    before = address()
    monkeypatch.setattr("neurosim.sweeps.study.package_version", lambda: "9.9")
    assert address() != before


def test_what_cannot_be_described_has_no_address():
    class Task(type(motor_task("butterfly"))):
        pass

    class Plain:
        name = "plain"

    with pytest.raises(InputError, match="cannot describe Plain; task and rule must be dataclass"):
        _ = Run(Plain(), Rmhl()).address


# -------------------------------------------------------------------------- running and opening


def test_a_study_opens_as_one_dataset(tmp_path):
    study = Study(
        RMHL,
        {"gain": [1.2, 1.5], "state": ["phase", "hand"]},
        {"healthy": [], "ill": ["dopamine:0.6@trial=1.."]},
        range(2),
    )
    data = run_study(study, motor_run, tmp_path / "s", executor=Here())
    assert dict(data.sizes) == {"gain": 2, "state": 2, "condition": 2, "seed": 2, "trial": 3}
    assert data.gain.values.tolist() == [1.2, 1.5]
    assert data.condition.values.tolist() == ["healthy", "ill"]
    assert not data.failed.any() and (data.steps == 300).all()
    for gain, condition, seed in ((1.2, "healthy", 1), (1.5, "ill", 0)):
        run = motor_run(Point(RMHL | {"gain": gain, "state": "hand"}, seed=seed))
        ill = (Depletion(0.6, when=When(first_trial=1)),) if condition == "ill" else ()
        result = train(run.task, run.rule, run.reservoir, seed=seed, schedule=run.schedule,
                       perturbations=ill)  # fmt: skip
        one = data.sel(gain=gain, state="hand", condition=condition, seed=seed)
        assert one.deviation.item() == result.attrs["deviation"]
        np.testing.assert_array_equal(one.trial_distance, result.trial_distance)
    xr.testing.assert_identical(data, open_study(tmp_path / "s"))
    data.to_netcdf(tmp_path / "table.nc", engine="h5netcdf")  # plain enough for any program
    with xr.open_dataset(tmp_path / "table.nc") as kept:
        assert kept.deviation.dims == ("gain", "state", "condition", "seed")


def test_only_what_is_missing_is_run(tmp_path):
    study = Study(RMHL, {"gain": [1.2, 1.5]}, seeds=range(3))
    with pytest.raises(KeyboardInterrupt):
        run_study(study, motor_run, tmp_path, executor=Here(stop_after=4))
    partly = open_study(tmp_path)
    assert partly.deviation.notnull().sum() == 4 and not partly.failed.any()
    rest = Here()
    whole = run_study(study, motor_run, tmp_path, executor=rest)
    assert len(rest.done) == 2
    xr.testing.assert_equal(whole.deviation.where(partly.steps.notnull()), partly.deviation)
    longer, more = Study(RMHL, {"gain": [1.2, 1.4, 1.5]}, seeds=range(4)), Here()
    data = run_study(longer, motor_run, tmp_path, executor=more)
    assert len(more.done) == 6  # a gain with 4 seeds, and the new seed of the others
    xr.testing.assert_equal(data.deviation.sel(gain=[1.2, 1.5], seed=[0, 1, 2]), whole.deviation)
    other, none = Study(RMHL, {"noise": [0.025]}, seeds=range(4)), Here()
    run_study(other, motor_run, tmp_path, executor=none)
    assert none.done == []  # what was swept was the default gain, too
    assert open_study(tmp_path).deviation.dims == ("noise", "condition", "seed")


def test_the_same_run_at_two_points_is_done_once(tmp_path):
    here = Here()
    study = Study(RMHL, {"preset": ["robust", "paper"]})  # the same for this rule
    data = run_study(study, motor_run, tmp_path, executor=here)
    assert len(here.done) == 1
    assert data.deviation.sel(preset="robust").item() == data.deviation.sel(preset="paper").item()


def test_failed_points_keep_their_error_and_stop_nothing(tmp_path):
    study = Study(
        TINY,
        {"rule": ["rmhl", "supertrex"]},
        {"healthy": [], "silent": ["silence:mastery@test"]},
    )
    data = run_study(study, motor_run, tmp_path, executor=Here())
    assert data.failed.values.ravel().tolist() == [False, True, False, False]
    one = data.sel(rule="rmhl", condition="silent", seed=0)
    assert "rule 'rmhl' has no pathway 'mastery'" in one.error.item()
    assert np.isnan(one.deviation) and np.isnan(one.trial_distance).all()
    assert data.deviation.notnull().sum() == 3
    plan = Plan(study, motor_run, tmp_path)
    (failed,) = plan.failed
    record = Store(tmp_path).record(failed)
    assert record["traceback"].startswith("Traceback") and "InputError" in record["traceback"]
    assert record["parameters"]["rule"]["kind"] == "Rmhl"
    assert plan.missing == {} and len(plan.done) == 3
    again = Here()
    run_study(study, motor_run, tmp_path, executor=again, retry=True)
    assert len(again.done) == 1


class Broken(Here):
    """Fails once, as a process that dies does."""

    def submit(self, function, /, *args, **kwargs):
        future = super().submit(function, *args, **kwargs)
        if len(self.done) == 2:
            future = Future()
            future.set_exception(InputError("its process died twice"))
        return future


def test_a_run_whose_process_dies_has_failed(tmp_path):
    data = run_study(Study(RMHL, seeds=range(3)), motor_run, tmp_path, executor=Broken())
    assert data.error.values.ravel().tolist() == ["", "its process died twice", ""]
    data = run_study(Study(RMHL, seeds=range(3)), motor_run, tmp_path, executor=Here(), retry=True)
    assert not data.failed.any()


def test_a_cluster_that_goes_away(tmp_path):
    class Gone(Here):
        def submit(self, function, /, *args, **kwargs):
            future = super().submit(function, *args, **kwargs)
            if len(self.done) == 3:
                future = Future()
                future.cancel()
            return future

    with pytest.raises(InputError, match="the cluster went away; finished runs are kept"):
        run_study(Study(RMHL, seeds=range(5)), motor_run, tmp_path, executor=Gone())
    assert open_study(tmp_path).deviation.notnull().sum() == 2


def test_workers_of_another_version_stop_the_study(tmp_path):
    class Old(Here):
        def submit(self, function, /, *args, **kwargs):
            future = super().submit(function, *args, **kwargs)
            future.result()[0]["environment"]["neurosim_version"] = "0.0.1"
            return future

    with pytest.raises(InputError, match=r"ran with neurosim 0\.0\.1"):
        run_study(Study(RMHL), motor_run, tmp_path, executor=Old())
    assert list((tmp_path / "runs").iterdir()) == []


def test_points_that_cannot_be_built_fail_alone(tmp_path):
    study, here = Study(without("units"), {"units": [20, -5, 30]}), Here()
    data = run_study(study, motor_run, tmp_path, executor=here)
    assert len(here.done) == 2
    assert data.failed.values.ravel().tolist() == [False, True, False]
    assert "n_units must be a whole number of at least 1, given -5" in str(data.error.values[1])


def test_a_diverged_run_is_done(tmp_path):
    data = run_study(
        Study(RMHL, {"learning_rate": [0.0025, 1e9]}), motor_run, tmp_path, executor=Here()
    )
    assert data.diverged.values.ravel().tolist() == [0, 1]
    assert not data.failed.any()
    assert np.isnan(data.deviation.values[1]) and np.isfinite(data.deviation.values[0])


def test_points_with_other_numbers_of_trials(tmp_path):
    data = run_study(
        Study(without("trials"), {"trials": [1, 4]}), motor_run, tmp_path, executor=Here()
    )
    distance = data.trial_distance.sel(condition="unperturbed", seed=0)
    assert distance.notnull().sum("trial").values.tolist() == [2, 5]


def test_whole_results_are_kept(tmp_path):
    study = Study(RMHL, seeds=range(2))
    run_study(study, motor_run, tmp_path, executor=Here())
    assert (open_study(tmp_path).result == "").all()
    whole, here = Study(RMHL, seeds=range(2), keep="result"), Here()
    data = run_study(whole, motor_run, tmp_path, executor=here)
    assert len(here.done) == 2  # they were not kept before
    result = load(data.result.sel(seed=1, condition="unperturbed").item())
    assert result.attrs["seed"] == 1 and result.hand.dims == ("time", "axis")
    assert run_study(whole, motor_run, tmp_path, executor=here).equals(data)
    assert len(here.done) == 2


def test_a_run_of_ones_own(tmp_path):
    def build(point):
        return Run(
            motor_task("butterfly", period=point.values["period"]),
            Rmhl(phi_max=point.values["ceiling"]),
            Reservoir(n_units=20),
            Schedule(1, 1),
            Recording(("hand",)),
        )

    study = Study({"period": 20.0}, {"ceiling": [0.2, 0.4]}, {"silent": ["silence@test"]}, [5, 6])
    data = run_study(study, build, tmp_path, executor=Here())
    result = train(
        motor_task("butterfly", period=20.0),
        Rmhl(phi_max=0.4),
        Reservoir(n_units=20),
        schedule=Schedule(1, 1),
        seed=6,
        perturbations=[Silence(when=When("test"))],
    )
    assert data.deviation.sel(ceiling=0.4, seed=6).item() == result.attrs["deviation"]


# ------------------------------------------------------------------------------------ the store


def test_a_store_of_a_newer_version_is_refused(tmp_path):
    study = Study(RMHL)
    run_study(study, motor_run, tmp_path, executor=Here())
    says = f"written by neurosim 7.0 in format {FORMAT + 1}, this version reads up to {FORMAT}"
    (record,) = (tmp_path / "runs").iterdir()
    for file in (record, tmp_path / "study.json"):
        told = json.loads(file.read_text())
        newer = told | {"format": FORMAT + 1, "neurosim_version": "7.0"}
        file.write_text(json.dumps(newer))
        for call in (lambda: open_study(tmp_path), lambda: Plan(study, motor_run, tmp_path)):
            with pytest.raises(InputError, match=says):
                call()
        file.write_text(json.dumps(told))


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": "x"}', "\x00\x00"])
def test_a_damaged_record_is_run_again(tmp_path, damage):
    study = Study(RMHL, seeds=range(2))
    data = run_study(study, motor_run, tmp_path, executor=Here())
    next((tmp_path / "runs").iterdir()).write_text(damage)
    assert open_study(tmp_path).deviation.notnull().sum() == 1
    here = Here()
    xr.testing.assert_equal(
        run_study(study, motor_run, tmp_path, executor=here).deviation, data.deviation
    )
    assert len(here.done) == 1


@pytest.mark.parametrize("content", ["", "[1]", "3", "{}", '{"format": 1}', '{"format": "a"}',
                                     '{"format": 1, "neurosim_version": "1", "addresses": ["a"], '
                                     '"fixed": {}, "sweep": {}, "conditions": {"a": []}, '
                                     '"seeds": [1, 2], "keep": "summary"}'])  # fmt: skip
def test_a_damaged_study_gets_one_line(tmp_path, content):
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(InputError) as caught:
        open_study(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_no_study_is_kept(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="no study is kept there"):
            open_study(folder)


def test_a_store_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made a folder"):
        run_study(Study(RMHL), motor_run, tmp_path / "file", executor=Here())


# --------------------------------------------------------------------------------- how long


def test_how_long_it_takes(tmp_path):
    study = Study(RMHL, {"gain": [1.2, 1.5]}, seeds=range(3))
    tried = mean_seconds(Plan(study, motor_run, tmp_path))
    assert 0 < tried < 10
    assert 0 < mean_seconds_of(study, motor_run) < 10
    run_study(Study(RMHL, {"gain": [1.2]}, seeds=range(3)), motor_run, tmp_path, executor=Here())
    for file in (tmp_path / "runs").iterdir():
        record = json.loads(file.read_text())
        record["numbers"]["wall_s"] = 5.0
        file.write_text(json.dumps(record))
    assert mean_seconds(Plan(study, motor_run, tmp_path)) == pytest.approx(5.0)
    longer = Study(RMHL | {"period": 40.0}, {"gain": [1.2, 1.5]}, seeds=range(3))
    assert mean_seconds(Plan(longer, motor_run, tmp_path)) > 0


@given(st.floats(0, 1e12))
def test_durations_are_short(seconds):
    count, unit = in_words(seconds).split()
    lengths = {"s": 1, "minutes": 60, "hours": 3600, "days": 86_400, "years": 31_557_600}
    assert float(count.replace(",", "")) * lengths[unit] == pytest.approx(
        seconds, rel=0.05, abs=0.6
    )
