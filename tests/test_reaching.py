"""Delayed center-out reaching: paths, trials, what a result says of them, learning."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from analyses.reaching import plot_reaches, reach_times
from neurosim import (
    Arm,
    Direct,
    InputError,
    Recording,
    Reservoir,
    Rmhl,
    Schedule,
    Simulation,
    arm_of,
    load,
    save,
    train,
)
from neurosim.task import Label, Trial
from tasks.motor import motor_task
from tasks.motor.reaching import Reaching, bow, minimum_jerk
from tasks.motor.reaching_presets import (
    PLANTS,
    RESERVOIR,
    reaching_rule,
    reaching_task,
    resting_at,
)

MAZE = Reaching(n_targets=4, distances=(0.3, 0.6), barriers=("none", "left", "right"))
DT = 1.0


def derivative(values, order, step):
    for _ in range(order):
        values = np.gradient(values, step, edge_order=2)
    return values


# ------------------------------------------------------------------------------------ paths


def least_jerk(n, fixed):
    """The path of n + 1 points with the least sum of squared third differences, at rest at ends."""
    D = np.diff(np.eye(n + 1), 3, axis=0)
    fixed = {0: 0.0, 1: 0.0, 2: 0.0, n - 2: fixed[n], n - 1: fixed[n], **fixed}
    known = np.array(sorted(fixed))
    free = np.setdiff1d(np.arange(n + 1), known)
    values = np.array([fixed[k] for k in known])
    path = np.zeros(n + 1)
    path[known] = values
    path[free] = np.linalg.lstsq(D[:, free], -D[:, known] @ values, rcond=None)[0]
    return path


def test_nothing_is_smoother_than_minimum_jerk():
    s = np.linspace(0, 1, 201)
    path = least_jerk(200, {0: 0.0, 200: 1.0})
    np.testing.assert_allclose(minimum_jerk(s), path, atol=0.02)
    finer = least_jerk(800, {0: 0.0, 800: 1.0})
    np.testing.assert_allclose(minimum_jerk(np.linspace(0, 1, 801)), finer, atol=0.005)


def test_nothing_is_smoother_than_the_bow_through_its_top():
    path = least_jerk(800, {0: 0.0, 400: 1.0, 800: 0.0})
    np.testing.assert_allclose(bow(np.linspace(0, 1, 801)), path, atol=0.01)


def test_speed_is_a_bell():
    s = np.linspace(0, 1, 10_001)
    v = np.gradient(minimum_jerk(s), s)
    assert v.max() == pytest.approx(1.875, rel=1e-5)
    assert s[v.argmax()] == pytest.approx(0.5)
    np.testing.assert_allclose(v, v[::-1], atol=1e-8)
    np.testing.assert_array_equal(minimum_jerk([-3, 0, 1, 7]), [0, 0, 1, 1])
    np.testing.assert_array_equal(bow([-3, 0, 1, 7]), [0, 0, 0, 0])


def test_the_bow_is_smooth_at_its_top():
    """Polynomials on both sides have the same derivatives up to the fourth; the fifth jumps."""
    u = np.polynomial.Polynomial([0, 0, 0, 20, -25, 8]) / 3
    rise, fall = u(np.polynomial.Polynomial([0, 2])), u(np.polynomial.Polynomial([2, -2]))
    for order in range(1, 5):
        assert rise.deriv(order)(0.5) == pytest.approx(fall.deriv(order)(0.5), abs=1e-9)
    assert abs(rise.deriv(5)(0.5) - fall.deriv(5)(0.5)) > 1
    s = np.linspace(0, 0.5, 50)
    np.testing.assert_allclose(bow(s), rise(s), atol=1e-12)
    np.testing.assert_allclose(bow(1 - s), fall(1 - s), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 1.0), st.sampled_from(["left", "right"]), st.integers(0, 7))
def test_the_hand_passes_beside_a_barrier_and_does_not_touch_it(height, side, target):
    task = Reaching(barriers=(side,), height=height, center=(0.2, -0.1))
    index = next(
        i for i in range(8) if task.trial(i, DT).labels["target_angle"].value == 45 * target
    )
    trial = task.trial(index, DT)
    path = trial.target - task.center
    direction = np.array([np.cos(np.pi * target / 4), np.sin(np.pi * target / 4)])
    middle = path[round((trial.events["onset"] + trial.events["end"]) / 2)]
    left = np.array([-direction[1], direction[0]]) * (1 if side == "left" else -1)
    np.testing.assert_allclose(middle, 0.5 * (direction / 2 + height * left), atol=1e-9)
    clearance = np.linalg.norm(path - 0.25 * direction, axis=1).min()
    assert clearance > 0.45 * height * 0.5
    np.testing.assert_allclose(path[-1], 0.5 * direction, atol=1e-12)


# ----------------------------------------------------------------------------------- trials


def test_timeline():
    task = Reaching(baseline=100, delay=(300, 300), reaction=150, duration=400, hold=200, seed=2)
    steps = task.n_steps(DT)
    assert steps == 1150
    for index in range(8):
        trial = task.trial(index, DT)
        assert trial.events == {"cue": 100, "go": 400, "onset": 550, "end": 950}
        angle = np.radians(trial.labels["target_angle"].value)
        there = 0.5 * np.array([np.cos(angle), np.sin(angle)])
        assert trial.target.shape == (steps, 2)
        np.testing.assert_array_equal(trial.target[:551], 0)
        np.testing.assert_allclose(trial.target[750], there / 2)
        np.testing.assert_allclose(trial.target[950:], np.tile(there, (200, 1)))
        number = trial.labels["condition"].value
        shown = np.zeros((steps, 9))
        shown[100:, number] = 1
        shown[:400, 8] = 1
        np.testing.assert_array_equal(trial.inputs, shown)


@pytest.mark.parametrize("inputs", ["one-hot", "position"])
def test_a_target_that_goes_off(inputs):
    stays = Reaching(n_targets=4, delay=(200.0, 600.0), inputs=inputs)
    for index in range(4):
        one, other = (replace(stays, shown_until=w).trial(index, DT) for w in ("end", "go"))
        go = round(one.events["go"])
        np.testing.assert_array_equal(one.inputs[:go], other.inputs[:go])
        assert not other.inputs[go:].any() and one.inputs[go:, :-1].any()
        np.testing.assert_array_equal(one.target, other.target)


@pytest.mark.parametrize("dt", [0.2, 1.0, 5.0])
def test_times_do_not_depend_on_the_step(dt):
    task = Reaching(delay=(200, 600), seed=4)
    events = task.trial(3, dt).events
    exact = task.trial(3, 0.01).events
    for name in events:
        assert abs(events[name] - exact[name]) <= dt
        assert events[name] / dt == pytest.approx(round(events[name] / dt))


def test_each_block_holds_each_condition_once_in_another_order():
    n = len(MAZE.conditions)
    assert n == 24
    numbers = np.array([MAZE.trial(i, DT).labels["condition"].value for i in range(4 * n)])
    blocks = numbers.reshape(4, n)
    np.testing.assert_array_equal(np.sort(blocks), np.tile(np.arange(n), (4, 1)))
    assert len({tuple(block) for block in blocks}) == 4
    for i in (0, 5, 40):
        labels = MAZE.trial(i, DT).labels
        condition = MAZE.conditions[labels["condition"].value]
        assert labels["target_angle"].value == 90 * condition.target
        assert labels["target_distance"].value == condition.distance
        assert labels["barrier"].value == condition.barrier


def test_the_seed_makes_the_trials():
    one, same, other = (Reaching(delay=(100, 500), seed=seed) for seed in (7, 7, 8))

    def told(task, order=range(16)):
        trials = {i: task.trial(i, DT) for i in order}
        return [(trials[i].labels["condition"].value, trials[i].events["go"]) for i in range(16)]

    assert told(one) == told(same, order=[*range(8, 16), *range(8)])  # in whatever order
    assert told(one) != told(other)
    np.testing.assert_array_equal(one.trial(5, DT).inputs, same.trial(5, DT).inputs)


def delays(task, n=2000):
    """Of the first trials, to the ms; trials of a coarse step are quick to make."""
    trials = (task.trial(index, DT).events for index in range(n))
    return np.array([events["go"] - events["cue"] for events in trials])


def test_uniform_delays():
    found = delays(Reaching(delay=(300.0, 700.0)))
    assert kstest(found, "uniform", args=(300, 400)).statistic < 0.04


def test_exponential_delays_are_cut_at_the_longest():
    task = Reaching(delay=(300.0, 700.0), delay_distribution="exponential", delay_constant=150.0)
    found = delays(task)
    assert found.min() >= 300 and found.max() <= 700

    def share(t):
        return -np.expm1(-(t - 300) / 150) / -np.expm1(-400 / 150)

    assert kstest(found, share).statistic < 0.04


def test_a_fixed_delay():
    assert set(delays(Reaching(delay=(250.0, 250.0)), 20)) == {250.0}


def test_delay_and_order_are_independent():
    task = Reaching(n_targets=4, delay=(0.0, 400.0))
    numbers = np.array([task.trial(i, DT).labels["condition"].value for i in range(2000)])
    found = delays(task)
    by_target = [found[numbers == number].mean() for number in range(4)]
    np.testing.assert_allclose(by_target, 200, atol=20)


def test_inputs_by_position():
    task = replace(MAZE, inputs="position")
    assert task.n_inputs == 4 and replace(task, barriers=("left",)).n_inputs == 3
    for i in range(10):
        trial = task.trial(i, DT)
        cue = round(trial.events["cue"])
        np.testing.assert_allclose(trial.inputs[-1, :2] * 0.6, trial.target[-1], atol=1e-12)
        side = {"none": 0, "left": 1, "right": -1}[trial.labels["barrier"].value]
        assert trial.inputs[-1, 2] == side
        np.testing.assert_array_equal(trial.inputs[:cue, :3], 0)


# ---------------------------------------------------------------------------------- results

SMALL = Reservoir(n_units=40, dt=1.0, connection_probability=0.2)


def test_a_result_says_what_each_trial_was(tmp_path):
    task = replace(MAZE, delay=(100.0, 300.0), unit="m")
    result = train(task, Rmhl(), SMALL, schedule=Schedule(3, 2))
    save(result, tmp_path / "run.nc")
    result = load(tmp_path / "run.nc")
    for index in range(5):
        trial, one = task.trial(index, DT), result.isel(trial=index)
        begin = index * result.trial_ms
        for name, label in trial.labels.items():
            assert one[name] == label.value
        for name, after in trial.events.items():
            assert one[f"{name}_time"] == after
        path = result.target.sel(time=slice(begin, begin + result.trial_ms - 1))
        np.testing.assert_allclose(path, trial.target[::10], atol=1e-6)
        # the wanted hand stands still until onset
        before = result.target.sel(time=slice(begin, begin + float(one.onset_time)))
        np.testing.assert_array_equal(before, 0)
    assert result.go_time.units == "ms" and result.target_distance.units == "m"
    assert result.target_angle.units == "degree"
    assert list(result.phase.values) == ["train"] * 3 + ["test"] * 2


def test_labels_are_those_of_all_trials_also_after_an_interruption():
    run = Simulation(MAZE, Rmhl(), SMALL, schedule=Schedule(3, 2))

    def stop(simulation):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(each_trial=stop)
    from neurosim.recording import result

    part = result(run)
    assert part.sizes["time"] * 10 == MAZE.n_steps(DT)
    assert part.condition.shape == (5,)


def test_satisfactory_is_measured_by_the_distance():
    untrained = train(Reaching(), Rmhl(), SMALL, schedule=Schedule(0, 2))
    assert untrained.attrs["deviation"] < 0.5 and not untrained.attrs["satisfactory"]


@dataclass(frozen=True)
class Odd(Reaching):
    """A person's own labels."""

    label: str = "hand"
    event: str = "cue"

    def trial(self, index: int, dt: float) -> Trial:
        trial = super().trial(index, dt)
        return Trial(trial.target, trial.inputs, {self.label: Label(1, "own")}, {self.event: 0.0})


def test_names_that_a_result_needs_itself_are_refused_before_the_run():
    for task in (Odd(), Odd(label="time"), Odd(label="cue_time")):
        with pytest.raises(InputError, match=r"names of their own, given '\w+', which"):
            Simulation(task, Rmhl(), SMALL)
    with pytest.raises(InputError, match="'joint'"):
        Simulation(Odd(reaching_task("human-arm").plant, label="joint", distances=(0.1,)), Rmhl())
    assert "own" in train(Odd(label="own"), Rmhl(), SMALL, schedule=Schedule(1, 0)).coords


def test_other_tasks_have_no_labels():
    result = train(motor_task("butterfly", period=100.0), Rmhl(), SMALL, schedule=Schedule(1, 0))
    assert set(result.coords) == {"time", "axis", "pathway", "output", "trial", "phase"}


# ----------------------------------------------------------------------------------- plants


@pytest.mark.parametrize("segments", [2, 3, 4, 12])
@pytest.mark.parametrize("point", [(0.0, 0.0), (0.4, 0.3), (-0.5, -0.2)])
def test_an_arm_rests_where_it_should(segments, point):
    arm = resting_at(arm_of(segments), point)
    np.testing.assert_allclose(arm.hand(np.zeros(segments)), point, atol=1e-12)
    elbow = arm.joints(np.zeros(segments))[1]
    side = (point[0] - elbow[0]) * (elbow[1] + 2) - (point[1] - elbow[1]) * elbow[0]
    assert side < 0  # the elbow is to the right of the way from shoulder to hand
    z = np.random.default_rng(0).uniform(-1, 1, segments)
    np.testing.assert_allclose(arm.hand(z), Arm(arm.lengths).hand(z + arm.posture))


def test_plants_by_name():
    for name in PLANTS:
        task = reaching_task(name, n_targets=4)
        hand = np.zeros(2)
        if name == "arm":
            hand = task.plant.hand([0, 0])
        elif name != "direct":
            hand = task.plant.hand(task.plant.posture)
        np.testing.assert_allclose(hand, 0, atol=1e-12)
    assert reaching_task("arm", n_segments=3).plant.n_outputs == 3
    moved = reaching_task("arm", center=(0.1, 0.2))
    np.testing.assert_allclose(moved.plant.hand([0, 0]), (0.1, 0.2), atol=1e-12)


# --------------------------------------------------------------------------------- learning


@pytest.mark.parametrize(
    "rule, plant, trials, allowed",
    [
        ("force", "direct", 24, 0.05),
        ("rmhl", "direct", 64, 0.4),
        ("supertrex", "direct", 64, 0.25),
        ("rmhl", "arm", 64, 0.3),
        ("supertrex", "arm", 64, 0.25),
    ],
)
def test_all_online_rules_learn_it(rule, plant, trials, allowed):
    """Path error in the test, in units of the distance; a hand that stays has 0.5 to 0.6."""
    task = reaching_task(plant, n_targets=4, delay=(200.0, 300.0))
    schedule = Schedule(trials, 4)
    options = {"seed": 1, "schedule": schedule, "recording": Recording(("hand",))}
    result = train(task, reaching_rule(rule, task), replace(RESERVOIR, n_units=250), **options)
    reaches = reach_times(result).isel(trial=slice(trials, None))
    still = np.sqrt(
        (result.target[-4 * len(result.time) // (trials + 4) :] ** 2).sum("axis").mean()
    )
    assert still / 0.5 > 0.5
    assert float(reaches.path_error.max()) / 0.5 < allowed
    if allowed < 0.3:
        assert float(reaches.endpoint_error.max()) < 0.5 * allowed
        assert np.all(np.abs(reaches.reaction_time - 193) < 120)


# ----------------------------------------------------------------------------- reach times


def recorded(task, n_trials=8, interval=10.0, hand=None):
    """A result whose hand does exactly what is wanted, or what ``hand`` makes of that."""
    result = train(
        task, Rmhl(learning_rate=0.0), SMALL, schedule=Schedule(n_trials, 0),
        recording=Recording(("hand",), interval),
    )  # fmt: skip
    wanted = result.target.values.astype(float)
    result["hand"] = result.hand.copy(data=wanted if hand is None else hand(wanted))
    return result


def moved(samples):
    """The wanted path, by so many samples later in each trial of ``recorded``."""

    def move(wanted, n_trials=8):
        trials = wanted.reshape(n_trials, -1, 2)
        at = np.clip(np.arange(trials.shape[1]) - samples, 0, trials.shape[1] - 1)
        return trials[:, at].reshape(wanted.shape)

    return move


@pytest.mark.parametrize("interval", [1.0, 10.0])
def test_reach_times_of_the_wanted_movement(interval):
    """A tenth of the peak speed is passed at 0.0866 and 0.9134 of the duration."""
    task = Reaching(delay=(100.0, 400.0), distances=(0.2, 0.5), n_targets=4, unit="m")
    reaches = reach_times(recorded(task, interval=interval))
    np.testing.assert_allclose(reaches.reaction_time, 150 + 43.3, atol=0.06 * interval + 0.1)
    np.testing.assert_allclose(reaches.movement_time, 500 - 86.6, atol=0.1 * interval + 0.1)
    np.testing.assert_allclose(reaches.peak_speed, 1.875 * reaches.target_distance / 0.5, rtol=2e-3)
    np.testing.assert_allclose(reaches.path_error, 0, atol=1e-12)
    np.testing.assert_allclose(reaches.endpoint_error, 0, atol=1e-12)
    assert (reaches.peak_speed.units, reaches.reaction_time.units) == ("m/s", "ms")
    assert {"condition", "phase", "go_time", "barrier"} <= set(reaches.coords)


def test_a_higher_share_of_the_peak_is_passed_later():
    result = recorded(Reaching())
    tenth, half = reach_times(result), reach_times(result, threshold=0.5)
    assert np.all(half.reaction_time > tenth.reaction_time + 30)
    assert np.all(half.movement_time < tenth.movement_time - 60)


def test_a_hand_that_starts_before_go_or_not_at_all():
    task = Reaching(delay=(300.0, 300.0))
    early = reach_times(recorded(task, hand=moved(-25)))
    np.testing.assert_allclose(early.reaction_time, 150 - 250 + 43.3, atol=1)
    still = reach_times(recorded(task, hand=np.zeros_like))
    assert np.isnan(still.reaction_time).all() and np.isnan(still.movement_time).all()
    np.testing.assert_allclose(still.endpoint_error, 0.5, rtol=1e-6)
    short = reach_times(recorded(task, hand=lambda wanted: 0.4 * wanted))
    assert np.isnan(short.reaction_time).all()
    np.testing.assert_allclose(short.peak_speed, 0.4 * 1.875, rtol=2e-3)


def test_a_hand_that_does_not_stop_in_time():
    task = Reaching(delay=(300.0, 300.0), hold=0.0)
    late = recorded(task, hand=moved(20))
    assert np.isnan(reach_times(late).movement_time).all()


def test_what_is_no_reach_is_refused():
    curve = train(motor_task("butterfly", period=100.0), Rmhl(), SMALL, schedule=Schedule(1, 0))
    with pytest.raises(InputError, match="no go_time and no target_distance"):
        reach_times(curve)
    result = recorded(Reaching(), 1)
    with pytest.raises(InputError, match="threshold"):
        reach_times(result, threshold=1.5)
    with pytest.raises(InputError, match="'hand'"):
        reach_times(result.drop_vars("hand"))


def test_paths_are_drawn():
    import matplotlib.pyplot as plt

    result = recorded(Reaching(n_targets=4, unit="m"), 4)
    figure, ax = plt.subplots()
    plot_reaches(ax, result, phase="train")
    assert len(ax.lines) == 8
    np.testing.assert_allclose(np.abs(ax.dataLim.get_points()), 0.5, atol=1e-6)
    assert ax.get_xlabel() == "x (m)"
    with pytest.raises(InputError, match="phase 'test'"):
        plot_reaches(ax, result)
    plt.close(figure)
    assert isinstance(result, xr.Dataset)


# --------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    "make, match",
    [
        (lambda: Reaching(n_targets=0), "n_targets"),
        (lambda: Reaching(Direct(("force",))), "move in x and y, given one that moves in force"),
        (lambda: Reaching(distances=()), "at least one"),
        (lambda: Reaching(distances=(0.5, 0.5)), "none twice"),
        (lambda: Reaching(distances=(0.5, -0.1)), "distances must be a number above 0"),
        (lambda: Reaching(barriers=("none", "lift")), "did you mean 'left'"),
        (lambda: Reaching(height=0.0), "height"),
        (lambda: Reaching(height=1.5), "height"),
        (lambda: Reaching(baseline=-1), "baseline"),
        (lambda: Reaching(duration=0), "duration"),
        (lambda: Reaching(delay=(400.0,)), "delay must be two times"),
        (lambda: Reaching(delay=(400.0, 300.0)), "shortest and a longest"),
        (lambda: Reaching(delay=(float("nan"), 300.0)), "delay"),
        (lambda: Reaching(delay_distribution="normal"), "'uniform', 'exponential'"),
        (lambda: Reaching(delay_constant=0.0), "delay_constant"),
        (lambda: Reaching(inputs="one hot"), "did you mean 'one-hot'"),
        (lambda: Reaching(shown_until="cue"), "shown_until must be one of 'end', 'go'"),
        (lambda: Reaching(center=(0.0,)), "center must be two"),
        (lambda: Reaching(seed=-1), "seed"),
        (lambda: Reaching(arm_of(2), distances=(2.0,)), "the arm reaches 3.6"),
        (lambda: reaching_task("human-arm", distances=(0.5,)), "the arm reaches 0.63"),
        (lambda: Reaching(hold=0.3).n_steps(1.0), "multiple of dt = 1.0"),
        (lambda: reaching_task("human"), "did you mean 'human-arm'"),
        (lambda: reaching_task("direct", n_segments=2), "no choice of segments"),
        (lambda: reaching_task("arm", n_segments=1), "segments"),
        (lambda: reaching_rule("rhml", Reaching()), "did you mean 'rmhl'"),
        (lambda: resting_at(Arm((1.0,))), "at least two segments"),
        (lambda: resting_at(arm_of(2), (9.0, 0.0)), "cannot rest"),
        (lambda: Arm((1.0, 1.0), posture=(0.5,)), "posture must be empty or 2"),
        (lambda: Arm((1.0, 1.0), posture=("up", "up")), "posture"),
    ],
)
def test_bad_values_get_one_line(make, match):
    with pytest.raises(InputError, match=match) as caught:
        make()
    assert "\n" not in str(caught.value)
