"""Runs: what they repeat, record, feed back, keep when interrupted, and learn."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import reference
from neurosim import (
    Arm,
    Direct,
    Effort,
    Force,
    InputError,
    Recording,
    Reservoir,
    Ridge,
    Rmhl,
    Schedule,
    Simulation,
    Supertrex,
    Trial,
    checkpoint,
    simulate,
    train,
)
from tasks.motor import motor_task, preset_rule
from tasks.motor.drawing import Drawing

N, PERIOD, STEPS = 41, 40.0, 200
SMALL = Reservoir(n_units=N, connection_probability=0.2, dtype="float64")
DIRECT = Direct()
TASK = Drawing("small", DIRECT, period=PERIOD)
ALL = ("readout", "pathway_readout", "hand", "error", "distance", "weight_norm", "rates")
EVERY_STEP = Recording(ALL, interval=0.2, units=(0, 7, 40), trial_weights=True)


def small(rule: Any = None, task: Any = TASK, **options: Any) -> Simulation:
    """A run of a few hundred steps."""
    options = {
        "reservoir": SMALL,
        "seed": 3,
        "schedule": Schedule(3, 2),
        "recording": EVERY_STEP,
    } | options
    return Simulation(task, rule or Rmhl(), options.pop("reservoir"), **options)


def assert_same(one, other):
    """Every variable and coordinate to the bit."""
    assert set(one.variables) == set(other.variables)
    for name in one.variables:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=name)


# ------------------------------------------------------------------------------- randomness


def test_same_seed_same_bits_other_seed_other_run():
    one, same, other = small().run(), small().run(), small(seed=4).run()
    assert_same(one, same)
    for name in ("readout", "rates", "readout_weights"):
        assert not np.array_equal(one[name], other[name])


@pytest.mark.parametrize("noise_bytes", [1, 7 * N * 8, 2**30])
def test_how_noise_is_drawn_in_blocks_changes_nothing(monkeypatch, noise_bytes):
    one = small().run()
    monkeypatch.setattr(simulate, "NOISE_BYTES", noise_bytes)
    assert_same(one, small().run())


def test_seed_may_be_any_whole_number():
    result = small(seed=np.int64(3), schedule=Schedule(1, 0)).run()
    assert json.loads(result.attrs["parameters"])["seed"] == 3
    for bad in (-1, 1.0, True, "3", None):
        with pytest.raises(InputError, match="seed"):
            small(seed=bad)


def test_noise_is_uniform_in_training_and_absent_in_tests():
    reservoir = replace(SMALL, n_units=400, noise=0.3)
    deviations = []
    small(reservoir=reservoir).run(
        each_trial=lambda run: deviations.append(run.signals.r - np.tanh(run.network.x))
    )
    drawn = np.concatenate(deviations[:3])
    assert np.abs(drawn).max() <= 0.3
    assert drawn.std() == pytest.approx(0.3 / np.sqrt(3), rel=0.1)
    assert abs(drawn.mean()) < 0.03
    np.testing.assert_allclose(np.concatenate(deviations[3:]), 0, atol=1e-14)


def test_no_noise_at_all():
    rule = Rmhl(learning_rate=0, psi_scale=0, psi_first=0)
    run = small(rule, reservoir=replace(SMALL, noise=0.0))
    run.run()
    np.testing.assert_allclose(run.signals.r, np.tanh(run.network.x), rtol=1e-14)
    assert_same(run.run(), small(rule, reservoir=replace(SMALL, noise=0.0)).run())


# ------------------------------------------------- feedback and inputs, against the slow version


@dataclass(frozen=True)
class Driven:
    """Two inputs, and a target that differs from trial to trial."""

    name: str = "driven"
    plant: Any = DIRECT
    effort: Any = None
    n_inputs: int = 2
    test_feedback: str = "free"
    unit: str = "m"
    reset: bool = False

    def n_steps(self, dt: float) -> int:
        return round(PERIOD / dt)

    def trial(self, index: int, dt: float) -> Trial:
        time = np.linspace(0, 2 * np.pi, self.n_steps(dt))
        inputs = np.column_stack([np.sin(time + index), np.cos(3 * time)])
        return Trial(inputs[:, ::-1] * 0.5, inputs[:, : self.n_inputs])


def slow_rates(run: Simulation, feedback, trials: int = 2):
    """Rates and readouts of the oracle with the network of a run that has not begun."""
    task, dt = run.task, run.reservoir.dt
    given = [task.trial(index, dt) for index in range(trials)]
    target = np.concatenate([trial.target for trial in given])
    rule = reference.Rmhl(run.reservoir.n_units, 2, psi_first=0, psi_scale=0, learning_rate=0)
    rule.W += run.kernel.W
    return reference.simulate(
        run.network.recurrent.to_dense(),
        run.network.feedback if run.network.feedback.size else np.zeros((N, 2)),
        run.network.x.copy(),
        target,
        rule=rule,
        plant=reference.direct,
        feedback=target if feedback == "target" else feedback,
        inputs=np.concatenate([trial.inputs for trial in given]) if task.n_inputs else None,
        W_in=run.network.inputs if task.n_inputs else None,
    )


def fixed_readout(task, schedule, **parameters) -> Simulation:
    """A run without noise and learning, whose readout is not zero."""
    reservoir = replace(SMALL, noise=0.0, **parameters)
    rule = Rmhl(learning_rate=0, psi_scale=0, psi_first=0)
    run = small(rule, task, reservoir=reservoir, schedule=schedule)
    run.kernel.W[:] = np.random.default_rng(0).standard_normal(run.kernel.W.shape) * 0.3
    return run


@pytest.mark.parametrize("n_inputs", [0, 1, 2])
@pytest.mark.parametrize(
    "schedule, feedback, kind",
    [
        (Schedule(2, 0, train_feedback="free"), "on", "free"),
        (Schedule(0, 2, test_feedback="free"), "on", "free"),
        (Schedule(2, 0, train_feedback="target"), "on", "target"),
        (Schedule(0, 2, test_feedback="target"), "on", "target"),
        (Schedule(1, 1, train_feedback="target", test_feedback="target"), "off", "off"),
        (Schedule(1, 1), "off", "off"),
    ],
)
def test_feedback_and_inputs_against_the_slow_version(schedule, feedback, kind, n_inputs):
    run = fixed_readout(Driven(n_inputs=n_inputs), schedule, feedback=feedback)
    slow = slow_rates(run, kind)
    result = run.run()
    np.testing.assert_allclose(result.rates, slow["r"][:, [0, 7, 40]], rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(result.readout, slow["z"], rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(run.network.x, slow["x"][-1], rtol=1e-9, atol=1e-10)


def test_each_way_of_feedback_makes_another_run():
    ends = []
    for schedule, feedback in (
        (Schedule(0, 2, test_feedback="free"), "on"),
        (Schedule(0, 2, test_feedback="target"), "on"),
        (Schedule(0, 2), "off"),
    ):
        run = fixed_readout(Driven(n_inputs=0), schedule, feedback=feedback)
        run.run()
        ends.append(run.network.x.copy())
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(ends[a] - ends[b]).max() > 1e-3


@pytest.mark.parametrize("n_train, n_test, sources", [(4, 2, [2, 3]), (2, 3, [0, 1, 0])])
def test_replay_feeds_what_training_trials_put_out(n_train, n_test, sources):
    schedule = Schedule(n_train, n_test, test_feedback="replay")
    run = small(schedule=schedule)
    forced = []

    def keep(run):
        if not run.learning and not run.finished:
            forced.append(run.trial.forced.copy())

    result = run.run(each_trial=keep)
    for given_back, source in zip(forced, sources, strict=True):
        trained = result.readout[source * STEPS : (source + 1) * STEPS]
        np.testing.assert_allclose(given_back, trained, rtol=1e-6, atol=1e-7)
        assert np.abs(given_back).max() > 1e-3


def test_one_shot_tasks_start_each_trial_from_the_same_state():
    curve = np.column_stack([np.linspace(-1, 1, 50), np.linspace(0, 0.5, 50)])
    ends = {}
    for periodic in (False, True):
        task = Drawing("reach", Direct(), period=PERIOD, curve=curve, periodic=periodic)
        run = fixed_readout(task, Schedule(0, 3))
        rates = run.run().rates.values.reshape(3, STEPS, 3)
        ends[periodic] = rates
    np.testing.assert_array_equal(ends[False][1:], ends[False][[0, 0]])
    assert np.abs(ends[True][1] - ends[True][0]).max() > 1e-3


# -------------------------------------------------------------------------------- recording


def test_labels_of_a_result():
    task = motor_task("butterfly-arm", n_segments=2, period=PERIOD)
    result = small(Supertrex(), task, reservoir=replace(SMALL, dtype="float32")).run()
    assert dict(result.sizes) == {
        "time": 5 * STEPS,
        "axis": 2,
        "pathway": 2,
        "output": 2,
        "trial": 5,
        "neuron": N,
        "unit": 3,
    }
    dims = {
        "target": ("time", "axis"),
        "hand": ("time", "axis"),
        "readout": ("time", "output"),
        "pathway_readout": ("time", "pathway", "output"),
        "error": ("time",),
        "distance": ("time",),
        "weight_norm": ("time", "pathway"),
        "rates": ("time", "unit"),
        "trial_distance": ("trial",),
        "trial_weights": ("trial", "pathway", "output", "neuron"),
        "readout_weights": ("pathway", "output", "neuron"),
    }
    assert {name: variable.dims for name, variable in result.data_vars.items()} == dims
    for name, variable in result.data_vars.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs["units"], name
    assert result.readout.units == "pi rad"
    assert result.time.units == "ms"
    np.testing.assert_allclose(result.time, np.arange(5 * STEPS) * 0.2)
    assert list(result.axis.values) == ["x", "y"]
    assert list(result.pathway.values) == ["mastery", "exploratory"]
    assert list(result.unit.values) == [0, 7, 40]
    assert list(result.phase.values) == ["train"] * 3 + ["test"] * 2
    assert result.readout_weights.dtype == np.float32
    assert result.attrs["task"] == "butterfly-arm"
    assert result.attrs["rule"] == "supertrex"
    assert result.attrs["seed"] == 3
    assert result.attrs["steps"] == 5 * STEPS
    assert result.attrs["diverged"] == 0
    assert result.attrs["Conventions"].startswith("CF-")
    assert result.attrs["deviation"] == pytest.approx(float(result.trial_distance[3:].mean()))
    for name in ("neurosim_version", "numpy_version", "numba_version", "python_version"):
        assert result.attrs[name]


def test_a_result_says_how_to_make_it_again():
    first = small(Rmhl(psi_scale=0.02)).run()
    told = json.loads(first.attrs["parameters"])

    def made(kind, values):
        assert values.pop("kind") == kind.__name__
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})

    again = Simulation(
        TASK,
        made(Rmhl, told["rule"]),
        made(Reservoir, told["reservoir"]),
        seed=told["seed"],
        schedule=made(Schedule, told["schedule"]),
        recording=made(Recording, told["recording"]),
    )
    assert_same(first, again.run())


@pytest.mark.parametrize("every", [1, 3, 7, 200, 5000])
def test_recording_interval(every):
    full = small().run()
    signals = ALL[:-1]
    thin = small(recording=Recording(signals, interval=every * 0.2)).run()
    assert thin.sizes["time"] == -(-5 * STEPS // every)
    np.testing.assert_allclose(thin.time, full.time[::every])
    for name in (*signals, "target"):
        np.testing.assert_array_equal(thin[name], full[name][::every])
    np.testing.assert_array_equal(thin.readout_weights, full.readout_weights)


def test_only_what_is_asked_for_is_kept():
    result = small(recording=Recording(("hand",))).run()
    kept = {"hand", "target", "trial_distance", "readout_weights"}
    assert set(result.data_vars) == kept
    assert set(small(recording=Recording(())).run().data_vars) == kept - {"hand"}


def test_memory_is_bounded_by_the_samples():
    def tape_bytes(period, interval, signals=ALL):
        task = Drawing("long", Direct(), period=period)
        units = (0, 1) if "rates" in signals else ()
        tape = small(task=task, recording=Recording(signals, interval, units)).tape
        return sum(array.nbytes for array in tape[2:])

    few = tape_bytes(400.0, 1.0)
    assert tape_bytes(4000.0, 10.0) == few  # ten times the steps, as many samples
    assert tape_bytes(4000.0, 1.0) == 10 * few
    assert tape_bytes(4000.0, 1.0, ()) == 0


def test_what_is_recorded_is_what_the_network_did():
    run = small()
    ends = []

    def keep(run):
        ends.append((run.signals.r[[0, 7, 40]].copy(), run.signals.z.copy(), run.distance))

    result = run.run(each_trial=keep)
    assert len(ends) == 5
    last = slice(STEPS - 1, None, STEPS)
    for name, values in zip(
        ("rates", "readout", "distance"), map(np.array, zip(*ends, strict=True)), strict=True
    ):
        np.testing.assert_array_equal(result[name][last], values.astype(np.float32))
    np.testing.assert_array_equal(result.hand, result.readout)
    np.testing.assert_array_equal(result.pathway_readout[:, 0], result.readout)
    error = ((result.hand - result.target) ** 2).sum("axis")
    np.testing.assert_allclose(result.error, error, rtol=1e-4, atol=1e-6)
    m, d = 0.0, []
    for e in result.error.values:
        m += 0.0002 * (e - m)
        d.append(np.sqrt(m))
    np.testing.assert_allclose(result.distance, d, rtol=1e-5)
    by_trial = result.distance.values.reshape(5, STEPS).mean(1)
    np.testing.assert_allclose(result.trial_distance, by_trial, rtol=1e-6)


def test_weights_by_trial():
    result = small().run()
    weights = result.trial_weights.values
    np.testing.assert_array_equal(weights[-1], result.readout_weights)
    assert not np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[1], weights[2])
    # nothing is learned in tests
    np.testing.assert_array_equal(weights[3], weights[2])
    np.testing.assert_array_equal(weights[4], weights[2])
    norms = np.linalg.norm(weights[:, 0], axis=(1, 2))
    np.testing.assert_allclose(result.weight_norm[STEPS - 1 :: STEPS, 0], norms, rtol=1e-6)


def test_test_trials_alone_learn_nothing():
    result = small(schedule=Schedule(0, 2)).run()
    assert not result.readout_weights.values.any()


@pytest.mark.parametrize(
    "make, match",
    [
        (lambda: Recording(("hands",)), "did you mean 'hand'"),
        (lambda: Recording(interval=0), "interval"),
        (lambda: Recording(("rates",)), "units"),
        (lambda: Recording(("hand",), units=(1,)), "rates"),
        (lambda: Recording(("rates",), units=(-1,)), "units"),
        (lambda: small(recording=Recording(interval=0.3)), "multiple of dt"),
        (lambda: small(recording=Recording(("rates",), units=(41,))), "below n_units = 41"),
        (lambda: Schedule(0, 0), "at least 1"),
        (lambda: Schedule(-1, 2), "train_trials"),
        (lambda: Schedule(1, 1, test_feedback="reply"), "replay"),
        (lambda: small(schedule=Schedule(0, 1, test_feedback="replay")), "train_trials = 0"),
        (lambda: small(task=Drawing("e", Direct(), Effort((0.1,)), PERIOD)), "2 costs"),
        (lambda: small(task=Drawing("odd", Direct(), period=40.1)), "multiple of dt"),
        (lambda: Reservoir(dt=20.0), "time_constant"),
        (lambda: Reservoir(connectivity="fixed_in_degree", n_units=50), "in_degree"),
        (lambda: Reservoir(dtype="float16"), "float32"),
        (lambda: Reservoir(gain=float("nan")), "gain"),
        (lambda: Reservoir(connection_probability=0.0), "connection_probability"),
        (lambda: small(reservoir=Reservoir(n_units=10_000_000)), "GiB"),
        (lambda: small(reservoir=Reservoir(n_units=10_000_000, connectivity="dense")), "GiB"),
        (lambda: small(Force(), reservoir=Reservoir(n_units=2_000_000, in_degree=1,
                       connectivity="fixed_in_degree")), "GiB"),
        (lambda: small(schedule=Schedule(10**10, 0)), "GiB"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_before_the_run(make, match):
    with pytest.raises(InputError, match=match) as caught:
        make()
    assert "\n" not in str(caught.value)


@dataclass(frozen=True)
class Broken(Driven):
    """A person's own task whose arrays are not as it says."""

    target: Any = None
    inputs: Any = None

    def trial(self, index: int, dt: float) -> Trial:
        good = super().trial(index, dt)
        return Trial(
            good.target if self.target is None else self.target,
            good.inputs if self.inputs is None else self.inputs,
        )


@pytest.mark.parametrize(
    "arrays",
    [
        {"target": np.zeros((STEPS, 3))},
        {"target": np.zeros((STEPS - 1, 2))},
        {"target": np.zeros(STEPS)},
        {"target": np.full((STEPS, 2), np.nan)},
        {"inputs": np.zeros((STEPS, 1))},
        {"inputs": np.zeros((STEPS - 1, 2))},
        {"inputs": np.zeros(STEPS)},
        {"inputs": np.full((STEPS, 2), np.inf)},
    ],
    ids=lambda arrays: f"{next(iter(arrays))} {next(iter(arrays.values())).shape}",
)
def test_a_task_must_give_arrays_of_the_shape_it_names(arrays):
    with pytest.raises(InputError, match=next(iter(arrays))):
        small(task=Broken(**arrays))


# ------------------------------------------------------------------------------ divergence


def test_a_diverging_run_stops_says_where_and_keeps_what_it_had():
    run = small(Rmhl(learning_rate=1e6))
    result = run.run()
    step = result.attrs["diverged_step"]
    assert result.attrs["diverged"] == 1
    assert 0 < step < STEPS
    assert result.attrs["steps"] == step
    assert result.sizes["time"] == step
    assert not np.any(np.isnan(result.readout))
    assert np.abs(result.readout).max() > 1e3  # it did run away
    assert np.isnan(result.attrs["deviation"])
    assert result.attrs["satisfactory"] == 0
    assert np.all(np.isnan(result.trial_distance))
    assert run.finished
    assert run.diverged_step == step


@dataclass(frozen=True)
class Leaps(Driven):
    """The target leaps out of sight in one trial."""

    n_inputs: int = 0
    when: int = 1

    def trial(self, index: int, dt: float) -> Trial:
        target = super().trial(index, dt).target
        return Trial(np.full_like(target, 1e200) if index == self.when else target)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("when", [0, 2, 4])
def test_trials_before_the_divergence_are_kept(when):
    good, result = small(task=Leaps(when=99)).run(), small(task=Leaps(when=when)).run()
    assert result.attrs["diverged_step"] == when * STEPS
    assert result.sizes["time"] == when * STEPS
    np.testing.assert_array_equal(result.trial_distance[:when], good.trial_distance[:when])
    assert np.all(np.isnan(result.trial_distance[when:]))
    np.testing.assert_array_equal(result.readout, good.readout[: when * STEPS])
    np.testing.assert_array_equal(result.trial_weights[:when], good.trial_weights[:when])
    assert np.isnan(result.attrs["deviation"])
    assert result.attrs["satisfactory"] == 0


# ------------------------------------------------------------------------------ checkpoints


def rmhl():
    """One block a trial."""
    return small()


def supertrex_arm():
    """Exploration, recursive least squares, effort and replay; float32 draws come in halves."""
    rule = Supertrex(exploratory=Rmhl(psi_scale=0.01), gate_threshold=9.0, tutor="filtered")
    task = Drawing(
        "arm", Arm((1.8, 1.2, 0.6)), Effort((0.1, 0.05, 0.02)), PERIOD, test_feedback="replay"
    )
    return small(rule, task)


def ridge():
    """Sums, solved at the end of training."""
    return small(Ridge(), reservoir=replace(SMALL, dtype="float32"))


RUNS = {run.__name__: run for run in (rmhl, supertrex_arm, ridge)}
BLOCK = 60 * N * 8
"""Noise for 60 steps of float64 or 120 of float32, so that a trial has several blocks."""


@pytest.fixture(params=RUNS)
def interrupted(request, monkeypatch):
    """A kind of run, and its result when nothing interrupts it."""
    monkeypatch.setattr(simulate, "NOISE_BYTES", BLOCK)
    make = RUNS[request.param]
    return make, make().run()


def test_going_on_after_any_trial_gives_the_same_bits(interrupted, tmp_path):
    make, whole = interrupted
    for trial in range(1, 6):
        path = tmp_path / f"{trial}.checkpoint"

        def stop(run, at=trial):
            if run.index == at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            make().run(checkpoint=path, each_trial=stop)
        assert path.exists()
        assert_same(make().run(checkpoint=path), whole)


@pytest.mark.parametrize("before", [True, False])
def test_going_on_within_a_trial_gives_the_same_bits(interrupted, tmp_path, monkeypatch, before):
    make, whole = interrupted
    advance = Simulation.advance
    blocks = 0
    for stop in range(20):
        path = tmp_path / f"{stop}.checkpoint"
        calls = 0

        def until(run, stop=stop):
            nonlocal calls
            if before and calls == stop:
                raise KeyboardInterrupt
            advance(run)
            if calls == stop:
                raise KeyboardInterrupt
            calls += 1

        monkeypatch.setattr(Simulation, "advance", until)
        try:
            make().run(checkpoint=path)
        except KeyboardInterrupt:
            blocks += 1
        else:
            break
        finally:
            monkeypatch.setattr(Simulation, "advance", advance)
        assert_same(make().run(checkpoint=path), whole)
    assert blocks >= 10  # two blocks a trial at least


@pytest.fixture
def ctrl_c():
    """Python's own answer to Ctrl-C, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_while_the_loop_runs_loses_nothing(interrupted, tmp_path):
    """A signal that arrives in compiled code becomes KeyboardInterrupt when that code returns."""
    make, whole = interrupted
    for stop in (0, 1, 5, 9):
        path = tmp_path / f"{stop}.checkpoint"
        run = make()
        run.compile()
        compiled, calls = run._loop, 0

        def loop(*arrays, compiled=compiled, stop=stop):
            nonlocal calls
            done = compiled(*arrays)
            if calls == stop:
                signal.raise_signal(signal.SIGINT)
            calls += 1
            return done

        run._loop = loop
        with pytest.raises(KeyboardInterrupt):
            run.run(checkpoint=path)
        assert_same(make().run(checkpoint=path), whole)


def test_interrupted_twice(tmp_path):
    path = tmp_path / "run.checkpoint"

    def stop(run):
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            small().run(checkpoint=path, each_trial=stop)
    seen = []
    assert_same(
        small().run(checkpoint=path, each_trial=lambda run: seen.append(run.index)), small().run()
    )
    assert seen == [3, 4, 5]


def test_a_checkpoint_of_a_finished_run_is_its_result(interrupted, tmp_path):
    make, whole = interrupted
    run = make()
    run.run()
    checkpoint.save(tmp_path / "done.checkpoint", run)
    assert_same(make().run(checkpoint=tmp_path / "done.checkpoint"), whole)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_a_checkpoint_of_a_diverged_run_is_its_result(tmp_path):
    task = Leaps(when=4, test_feedback="replay")
    run = small(task=task)
    whole = run.run()
    assert run.diverged
    checkpoint.save(tmp_path / "run.checkpoint", run)
    again = small(task=task).run(checkpoint=tmp_path / "run.checkpoint")
    assert_same(again, whole)
    assert again.attrs["diverged_step"] == whole.attrs["diverged_step"]


@pytest.mark.parametrize(
    "other, differs",
    [
        ({"seed": 4}, "seed"),
        ({"rule": Rmhl(psi_scale=0.03)}, "rule"),
        ({"rule": Force()}, "rule"),
        ({"task": replace(TASK, period=80.0)}, "task"),
        ({"reservoir": replace(SMALL, gain=1.4)}, "reservoir"),
        ({"schedule": Schedule(4, 2)}, "schedule"),
        ({"recording": replace(EVERY_STEP, interval=0.4)}, "recording"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, other, differs):
    path = tmp_path / "run.checkpoint"
    checkpoint.save(path, small())
    kept = path.read_bytes()
    with pytest.raises(InputError, match=f"another run, its {differs}"):
        small(**other).run(checkpoint=path)
    assert path.read_bytes() == kept


@pytest.fixture(scope="module")
def checkpoint_bytes(tmp_path_factory):
    """A checkpoint from the middle of a run, and the result of that run."""
    path = tmp_path_factory.mktemp("kept") / "run.checkpoint"

    def stop(run):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small().run(checkpoint=path, each_trial=stop)
    return path.read_bytes(), small().run()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_checkpoint_is_refused_in_one_line(checkpoint_bytes, tmp_path, data):
    whole, result = checkpoint_bytes
    kind = data.draw(st.sampled_from(["truncated", "overwritten", "other"]))
    if kind == "truncated":
        damaged = whole[: data.draw(st.integers(0, len(whole) - 1))]
    elif kind == "overwritten":
        at = data.draw(st.integers(0, len(whole) - 1))
        damage = data.draw(st.binary(min_size=1, max_size=40))
        damaged = whole[:at] + damage + whole[at + len(damage) :]
    else:
        damaged = data.draw(st.binary(max_size=200))
    path = tmp_path / "run.checkpoint"
    path.write_bytes(damaged)
    try:
        again = small().run(checkpoint=path)
    except InputError as error:
        assert "\n" not in str(error)
    else:  # the damage hit bytes that mean nothing
        assert kind == "overwritten"
        assert_same(again, result)


@pytest.mark.parametrize("header", ["{}", "[]", "3", '{"identity": {}}', "not JSON"])
def test_an_archive_that_is_no_checkpoint_is_refused(tmp_path, header):
    with open(tmp_path / "run.checkpoint", "wb") as file:
        np.savez(file, header=np.array(header), other=np.zeros(3))
    with pytest.raises(InputError, match=r"run\.checkpoint"):
        small().run(checkpoint=tmp_path / "run.checkpoint")


# --------------------------------------------------------------------------------- learning


def learned(rule, n_units=300, schedule=None, task="butterfly", period=1000.0, **options):
    """A small run in which something can be learned."""
    reservoir = Reservoir(n_units=n_units, **options)
    return train(
        motor_task(task, period=period),
        rule,
        reservoir,
        seed=1,
        schedule=schedule or Schedule(8, 2),
    )


@pytest.fixture(scope="module")
def force_deviation():
    """Of FORCE, in single precision."""
    return learned(Force()).attrs["deviation"]


def test_force_learns_a_fast_butterfly(force_deviation):
    untrained = learned(Force(), schedule=Schedule(0, 2)).attrs["deviation"]
    assert untrained > 0.2
    assert force_deviation < 0.05


def test_precision_hardly_matters(force_deviation):
    double = learned(Force(), dtype="float64").attrs["deviation"]
    assert double < 0.05
    assert 1 / 3 < force_deviation / double < 3


def test_ridge_is_as_accurate_as_force(force_deviation):
    result = learned(Ridge())
    # not the deviation: its running mean still remembers the training, in which the readout is 0
    tests = result.time.values >= 8 * 1000.0
    distance = float(np.sqrt(result.error[tests].mean()))
    assert distance < 0.05
    assert distance < 3 * force_deviation


def test_ridge_is_the_closed_form():
    every = 5
    run = Simulation(
        TASK,
        Ridge(alpha=0.5, every=every),
        replace(SMALL, dtype="float32"),
        schedule=Schedule(4, 0),
        recording=Recording(("rates",), interval=every * 0.2, units=tuple(range(N))),
    )
    result = run.run()
    W = reference.ridge_solution(
        result.rates.values.astype(float), result.target.values.astype(float), 0.5
    )
    np.testing.assert_allclose(result.readout_weights[0], W, rtol=1e-3, atol=1e-4)
    assert np.linalg.norm(W) > 0.1


def test_ridge_learns_nothing_before_training_ends():
    result = small(Ridge(), reservoir=replace(SMALL, dtype="float32")).run()
    assert not result.trial_weights[:2].values.any()
    assert result.trial_weights[2].values.any()


def test_least_squares_without_penalty_and_with_too_few_samples():
    result = small(
        Ridge(alpha=0.0, every=100),
        reservoir=replace(SMALL, dtype="float32"),
        schedule=Schedule(1, 1),
    ).run()  # 2 samples, 41 units
    assert np.all(np.isfinite(result.readout_weights))
    assert result.attrs["diverged"] == 0


UNTRAINED = float(np.sqrt((reference.butterfly(1000) ** 2).sum(1).mean()))
"""Distance of a hand that does not move from the butterfly."""


def late_distance(result, ms):
    """Root mean square distance over the last part of a run."""
    return float(np.sqrt(result.error[result.time >= result.time[-1] - ms].mean()))


def test_rmhl_reduces_the_error():
    rule = preset_rule("rmhl", motor_task("butterfly"), "paper")
    result = learned(rule, schedule=Schedule(15, 0), dtype="float64")
    assert late_distance(result, 1000.0) < 0.6 * UNTRAINED


def test_supertrex_masters_what_it_explored():
    rule = preset_rule("supertrex", motor_task("butterfly"), "paper")
    result = learned(rule, schedule=Schedule(25, 1), period=2000.0, dtype="float64")
    assert late_distance(result, 1990.0) < 0.3 * UNTRAINED
    mastery, exploratory = np.linalg.norm(result.readout_weights, axis=(1, 2))
    assert mastery > 0.05
    assert exploratory > 0.05
    # in tests the mastery pathway speaks alone
    tests = result.time.values >= 25 * 2000.0
    assert not result.pathway_readout[tests, 1].values.any()
    assert result.pathway_readout[tests, 0].values.std() > 0.2


@pytest.mark.parametrize("rule", [Force(), Ridge()])
def test_rules_that_need_a_wanted_readout_are_refused_on_an_arm(rule):
    with pytest.raises(InputError, match=r"does not define: .*many joint angles reach it"):
        Simulation(motor_task("butterfly-arm"), rule)


@pytest.mark.parametrize("phase", ["train_feedback", "test_feedback"])
def test_an_arm_cannot_be_forced_to_a_readout_that_is_not_known(phase):
    with pytest.raises(InputError, match=phase):
        Simulation(motor_task("butterfly-arm"), Supertrex(), schedule=Schedule(**{phase: "target"}))
