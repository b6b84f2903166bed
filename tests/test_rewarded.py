"""Binary reward: told once a trial, explored once a trial, learned from, and kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from neurosim import Force, InputError, Recording, Schedule, Simulation
from neurosim.plants import BinaryReward, Effort
from tasks.motor.reaching_presets import RESERVOIR
from tasks.motor.rewarded import RewardedReaching, rewarded_rule

SHORT = {
    "baseline": 10.0, "delay": (0.0, 0.0), "reaction": 10.0, "duration": 60.0, "hold": 20.0,
}  # fmt: skip
SMALL = replace(RESERVOIR, n_units=40, dtype="float64")
PRACTICE, TRIALS = 4, 12


def task_of(reward=None, **options):
    reward = reward or BinaryReward(0.48, practice=PRACTICE, probability=(0.5,))
    return RewardedReaching(reward=reward, **SHORT | options)


def run_of(rule=None, task=None, *, trials=TRIALS, seed=2, reservoir=SMALL, **options):
    recording = Recording(
        ("hand", "readout", "error", "rates"),
        reservoir.dt,
        units=tuple(range(reservoir.n_units)),
        trial_weights=True,
    )
    return Simulation(
        task or task_of(),
        rule or rewarded_rule("rmhl"),
        reservoir,
        seed=seed,
        schedule=Schedule(trials, 2),
        recording=recording,
        **options,
    )


@pytest.fixture(scope="module")
def learned():
    run = run_of()
    return run, run.run()


def at_outcome(result, name):
    """A signal at the outcome of each trial, (trial, ...)."""
    steps = (result.trial * result.attrs["trial_ms"] + result.outcome_time).to_numpy()
    return result[name].sel(time=steps).to_numpy()


def test_success_is_a_hand_in_the_zone_at_the_outcome(learned):
    run, result = learned
    distance = np.linalg.norm(at_outcome(result, "hand") - at_outcome(result, "target"), axis=1)
    np.testing.assert_array_equal(result.success, distance <= run.reward.radius)
    assert 0 < result.success.mean() < 1


def test_reward_is_success_that_pays(learned):
    run, result = learned
    np.testing.assert_array_equal(result.reward, result.success * run.cost.pays)
    assert run.cost.pays[:PRACTICE].all()
    assert 0 < run.cost.pays[PRACTICE:].mean() < 1


def test_weights_change_once_a_trial_by_what_the_equation_says(learned):
    """W += kappa phi(ebar - e) (z - zbar) r^T, means over outcomes: from what was recorded."""
    run, result = learned
    rule = run.rule
    kernel = run_of().kernel  # fresh, for the constants
    W = result.trial_weights.to_numpy()[:, 0]
    z, r = at_outcome(result, "readout"), at_outcome(result, "rates")
    # practice is told at every step: its means are taken from a run that ends with it
    practised = run_of()
    while practised.index < PRACTICE:
        practised.advance()
    ebar, zbar = float(practised.kernel.ebar[0]), practised.kernel.zbar.copy()
    np.testing.assert_array_equal(practised.kernel.W, W[PRACTICE - 1])
    for trial in range(PRACTICE, TRIALS):
        e = 1.0 - float(result.reward[trial])
        ebar = reference.low_pass(ebar, e, kernel.a)
        zbar = reference.low_pass(zbar, z[trial], kernel.b)
        phi = reference.phi(ebar - e, rule.phi_exponent, rule.phi_max)
        change = rule.learning_rate * phi * np.outer(z[trial] - zbar, r[trial])
        np.testing.assert_allclose(W[trial] - W[trial - 1], change, rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(W[TRIALS:], np.broadcast_to(W[TRIALS - 1], (2, *W.shape[1:])))


def test_exploration_is_held_through_a_trial():
    """Without recurrence to carry it on, the readout is W r plus one number a trial."""
    result = run_of(rewarded_rule("rmhl")).run()
    W, rates = result.trial_weights.to_numpy()[:, 0], result.rates.to_numpy()
    steps = len(rates) // (TRIALS + 2)
    explored = result.readout.to_numpy().reshape(TRIALS + 2, steps, 2)
    for trial in range(PRACTICE, TRIALS):
        of_trial = slice(trial * steps, trial * steps + int(result.outcome_time[0]))
        noise = explored[trial, : int(result.outcome_time[0])] - rates[of_trial] @ W[trial - 1].T
        np.testing.assert_allclose(noise, np.broadcast_to(noise[0], noise.shape), atol=1e-7)
        assert np.abs(noise[0]).max() > 0
    # a test trial does not explore
    last = explored[-1] - rates[-steps:] @ W[-1].T
    np.testing.assert_allclose(last, 0, atol=1e-7)  # recorded in single precision


def test_practice_is_told_the_error_in_units_of_the_zone():
    """The same weights as a rule has that is told the squared distance over the squared radius."""
    radius = 0.2
    reward = run_of(task=task_of(BinaryReward(radius, practice=TRIALS)))
    result = reward.run()
    kernel = reward.kernel
    e = result.error.to_numpy()[: TRIALS * reward.trial_steps] / radius**2
    ebar = 0.0
    for value in e:
        ebar = reference.low_pass(ebar, value, kernel.a)
    for paid in result.reward[TRIALS:]:  # of the test, by outcomes again
        ebar = reference.low_pass(ebar, 1 - float(paid), kernel.a)
    np.testing.assert_allclose(kernel.ebar[0], ebar, rtol=1e-5)


@given(
    probability=st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=4),
    block=st.integers(1, 5),
    practice=st.integers(0, 4),
)
@settings(max_examples=20)
def test_blocks_follow_each_other(probability, block, practice):
    reward = BinaryReward(0.1, practice, tuple(probability), block)
    expected = [1.0] * practice + [p for p in probability for _ in range(block)] * 24
    given_ = [reward.pays_with(index) for index in range(24)]
    assert given_ == expected[:24]
    pays = reward.kernel([5] * 24, 10, np.random.default_rng(0)).pays
    np.testing.assert_array_equal(pays, np.array(expected[:24]) == 1)


def test_the_zone_moves_after_practice():
    task = task_of(shift=40.0, shift_trials=4)
    ends = np.array([task.trial(i, 1.0).target[-1] for i in range(10)])
    angles = np.degrees(np.arctan2(ends[:, 1], ends[:, 0]))
    expected = [0] * PRACTICE + [10, 20, 30, 40, 40, 40]
    np.testing.assert_allclose(angles, expected, atol=1e-9)
    np.testing.assert_allclose(np.hypot(*ends.T), 0.5)
    shown = [task.trial(i, 1.0).inputs for i in (0, 9)]
    np.testing.assert_array_equal(*shown)


def test_a_run_goes_on_to_the_same_bits(tmp_path):
    whole = run_of().run()
    stopped = run_of()

    def stop(run):
        if run.index == 7:
            raise KeyboardInterrupt

    path = tmp_path / "checkpoint"
    with pytest.raises(KeyboardInterrupt):
        stopped.run(checkpoint=path, each_trial=stop)
    again = run_of().run(checkpoint=path)
    for name in ("readout_weights", "reward", "hand"):
        np.testing.assert_array_equal(again[name], whole[name])


def test_rmhl_learns_a_shift_from_reward_alone():
    task = RewardedReaching(
        reward=BinaryReward(0.05, practice=60),
        shift=8.0,
        shift_trials=60,
        delay=(0.0, 0.0),
        baseline=50.0,
    )
    run = Simulation(
        task, rewarded_rule("rmhl"), RESERVOIR, seed=5, schedule=Schedule(260, 4),
        recording=Recording(("hand",), 10.0),
    )  # fmt: skip
    result = run.run()
    x, y = at_outcome(result, "hand").T
    aim = np.degrees(np.arctan2(y, x))
    assert abs(aim[50:60].mean()) < 1
    assert aim[-4:].mean() > 2.5  # the edge of the zone, 5.7 degrees from its middle
    assert result.success[-4:].all()


def test_supertrex_learns_a_shift_and_its_mastery_pathway_follows():
    task = RewardedReaching(
        reward=BinaryReward(0.05, practice=40),
        shift=8.0,
        shift_trials=60,
        delay=(0.0, 0.0),
        baseline=50.0,
    )
    recording = Recording(("hand", "pathway_readout"), 10.0)
    run = Simulation(
        task, rewarded_rule("supertrex"), RESERVOIR, seed=5, schedule=Schedule(500, 4),
        recording=recording,
    )  # fmt: skip
    result = run.run()
    x, y = at_outcome(result, "hand").T
    aim = np.degrees(np.arctan2(y, x))
    assert aim[480:500].mean() > 2.5
    assert result.success[450:500].mean() > 0.7
    assert aim[-4:].mean() > 1.0  # the mastery pathway alone; 0.3 before


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: run_of(Force()), "gives reward alone; use 'supertrex' or 'rmhl'"),
        (lambda: rewarded_rule("force"), "expected 'rmhl' or 'supertrex'"),
        (lambda: run_of(task=task_of(effort=Effort((0.1, 0.1)))), "or a reward, given both"),
        (lambda: BinaryReward(0.0), "radius must be a number above 0"),
        (lambda: BinaryReward(0.1, probability=()), "at least one value"),
        (lambda: BinaryReward(0.1, probability=(1.5,)), "probability must be a number from 0 to 1"),
        (lambda: BinaryReward(0.1, block=0), "block must be a whole number of at least 1"),
        (lambda: task_of(shift=200.0), "shift must be a number from -180 to 180"),
        (lambda: task_of(shift_trials=0), "shift_trials must be a whole number of at least 1"),
    ],
)
def test_refusals(make, says):
    with pytest.raises(InputError, match=says) as refused:
        make()
    assert len(str(refused.value).splitlines()) == 1


# ---------------------------------------------------------------------- on the command line


def test_the_command_tells_aims_and_successes(neurosim, tmp_path):
    words = ["--units", 60, "--practice", 10, "--trials", 30, "--test-trials", 2, "--shift", 8]
    status, out, err = neurosim("run", "rewarded-reaching", *words, "--json")
    assert status == 0, err
    values = json.loads(out)
    assert values["zone_degree"] == pytest.approx(8 * 22 / 60)  # of the last trial
    assert 0 <= values["train_success"] <= 1 and 0 <= values["rewarded"] <= 1
    assert not list(tmp_path.iterdir())


def test_the_command_writes_result_and_figure(neurosim, tmp_path):
    words = ["--rule", "supertrex", "--units", 60, "--practice", 5, "--trials", 10]
    status, out, _ = neurosim("run", "rewarded-reaching", *words)
    assert status == 0 and "in the zone" in out
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"rewarded-reaching-supertrex-seed0.{ending}" for ending in ("nc", "png")}
    status, out, _ = neurosim("show", "rewarded-reaching-supertrex-seed0.nc")
    assert status == 0 and "zone" in out


@pytest.mark.parametrize(
    "words, says",
    [
        (["--rule", "force"], "expected 'rmhl' or 'supertrex'"),
        (["--probability", "a"], "--probability: expected numbers with commas between, given 'a'"),
        (["--probability", "2"], "probability must be a number from 0 to 1"),
        (["--radius", "0"], "radius must be a number above 0"),
    ],
)
def test_the_command_refuses_in_a_line(neurosim, words, says):
    status, _, err = neurosim("run", "rewarded-reaching", *words)
    assert status == 2
    assert says in err and len(err.splitlines()) == 1
