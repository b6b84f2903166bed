"""Perturbations: exact in time, nothing when absent, and what the slow version says they do."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
import reference_perturbations as slow
from neurosim import (
    Arm,
    Direct,
    Force,
    InputError,
    Recording,
    Reservoir,
    Ridge,
    Rmhl,
    Schedule,
    Simulation,
    Supertrex,
    simulate,
)
from neurosim.perturbations import (
    KINDS,
    ArmChange,
    Beta,
    Depletion,
    FeedbackDelay,
    FeedbackNoise,
    Freeze,
    Kick,
    Lesion,
    Levodopa,
    OutputNoise,
    RecordedOutput,
    RewardNoise,
    Silence,
    Stimulation,
    TargetChange,
    Tremor,
    When,
)
from neurosim.plants import human_arm
from neurosim.reservoir import BETTER, EXPLORATION, NOISE, WORSE
from tasks.motor.drawing import Drawing

N, PERIOD, DT = 60, 20.0, 0.2
T = 100
SMALL = Reservoir(n_units=N, connection_probability=0.2, dtype="float64")
ARM = Drawing("arm", Arm((1.8, 1.2)), period=PERIOD, test_feedback="free")
DIRECT = Drawing("direct", Direct(), period=PERIOD, test_feedback="free")
OPEN = Supertrex(
    exploratory=Rmhl(psi_scale=0.01, psi_exponent=0.2, output_filter=0.1),
    tutor="filtered",
    gate_threshold=9.0,
    transfer=0.1,
)
"""Its gate is open at every error, so that all of it learns from the first step on."""

ALL = ("readout", "pathway_readout", "hand", "error", "distance", "weight_norm", "rates")
EVERY = Recording(ALL, interval=DT, units=tuple(range(N)), trial_weights=True)


def run_of(*perturbations, rule=OPEN, task=ARM, schedule=None, reservoir=SMALL, **options):
    """A run of a few hundred steps."""
    return Simulation(
        task,
        rule,
        reservoir,
        seed=3,
        schedule=schedule or Schedule(3, 2),
        recording=EVERY,
        perturbations=perturbations,
        **options,
    )


def assert_same(one, other, steps=slice(None)):
    """Every variable to the bit, or those by time at some steps."""
    for name, variable in one.data_vars.items():
        if steps == slice(None) or "time" in variable.dims:
            np.testing.assert_array_equal(variable[steps], other[name][steps], err_msg=name)


@pytest.fixture(scope="module")
def healthy():
    """The run that nothing is done to."""
    return run_of().run()


def signal_file() -> str:
    """A signal of 40 ms for what is read from a file."""
    path = Path(mkdtemp()) / "signal.csv"
    path.write_text("time_ms,x\n" + "".join(f"{t},{t * t % 11}\n" for t in range(40)))
    return str(path)


STRONG = {
    "dopamine": Depletion(0.8),
    "levodopa": Levodopa(0.9),
    "reward-noise": RewardNoise(1.0),
    "tremor": Tremor(1.0),
    "beta": Beta(1.0, bandwidth=3.0),
    "noise": OutputNoise(1.0, "mastery"),
    "recorded": RecordedOutput(1.0, "mastery", file=signal_file()),
    "silence": Silence(1.0, "mastery"),
    "stimulation": Stimulation(1.0, drive="jamming"),
    "lesion": Lesion(0.3),
    "freeze": Freeze(pathway="exploratory"),
    "target": TargetChange(rotation=90.0),
    "arm": ArmChange(factors=(0.8,)),
    "delay": FeedbackDelay(delay=3.0),
    "feedback-noise": FeedbackNoise(1.0),
    "kick": Kick(0.5),
}
assert STRONG.keys() == KINDS.keys()


# ---------------------------------------------------------------------- absent, and in time


def test_no_perturbations_are_those_of_before(healthy):
    assert_same(run_of().run(), healthy)
    assert healthy.attrs["perturbations"] == ""


@pytest.mark.parametrize("name", KINDS)
def test_strength_0_is_absent_to_the_bit(name, healthy):
    nothing = dataclasses.replace(STRONG[name], strength=0.0)
    result = run_of(nothing).run()
    assert_same(result, healthy)
    assert result.attrs["perturbations"] == str(nothing)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("first", [0, 2])
def test_a_schedule_hits_the_steps_it_names(name, first, healthy):
    """The same until the first of them; from then on another run, a step later at most."""
    strong = dataclasses.replace(STRONG[name], when=When(first_trial=first, last_trial=first))
    run = run_of(strong)
    result = run.run()
    assert_same(result, healthy, slice(0, first * T))
    differs = np.zeros(5 * T, bool)
    for signal in (*ALL, "target"):
        change = (result[signal] != healthy[signal]).values
        differs |= change.reshape(len(differs), -1).any(axis=1)
    # learning shows in what the weights put out in the next step; the first readout is 0; and
    # too much levodopa shows where an outcome is worse than expected
    late = 20 if name == "levodopa" else 1 + (first == 0)
    assert first * T <= np.argmax(differs) <= first * T + late
    assert differs.any()
    for index in range(5):  # and nothing is done in any other trial
        made = run.course.trial(index)
        touched = made.is_modulated or made.silent.any() or bool(made.kicks) or made.delay > 0
        touched |= made.plant is not run.task.plant
        assert touched == (index == first) or name == "target"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_silence_of_what_is_silent_changes_nothing(dtype):
    """In its test phase SUPERTREX's mastery pathway draws alone, and goes on when z2 is cut off."""
    reservoir = dataclasses.replace(SMALL, dtype=dtype)
    one = run_of(reservoir=reservoir).run()
    assert_same(run_of(Silence(when=When("test")), reservoir=reservoir).run(), one)


def test_silence_in_training_leaves_the_mastery_pathway_as_it_was(healthy):
    late = When("train", first_trial=2)
    result = run_of(Silence(when=late), Freeze(pathway="mastery", when=late)).run()
    np.testing.assert_array_equal(result.trial_weights[2, 0], healthy.trial_weights[1, 0])
    last = result.isel(time=slice(2 * T, 3 * T))
    assert not last.pathway_readout[:, 1].values.any()
    assert np.abs(last.pathway_readout[:, 0]).min() > 1e-4
    np.testing.assert_allclose(last.readout, last.pathway_readout[:, 0], rtol=1e-6)


def test_a_ramp_climbs_step_by_step():
    run = run_of(Depletion(0.6, when=When("train", first_trial=1, ramp=1.5)))
    gains = [run.course.trial(i).modulation.dopamine[:, BETTER] for i in range(5)]
    expected = 1 - 0.6 * np.minimum(1, np.arange(1, 2 * T + 1) / (1.5 * T))
    np.testing.assert_allclose(np.concatenate(gains[1:3]), expected, rtol=1e-12)
    for index in (0, 3, 4):
        assert not run.course.trial(index).is_modulated
    grown = run_of(Lesion(0.5, when=When(first_trial=1, ramp=3)))
    silent = [set(np.flatnonzero(grown.course.trial(i).silent)) for i in range(5)]
    assert [len(units) for units in silent] == [0, 10, 20, 30, 30]
    assert all(a <= b for a, b in itertools.pairwise(silent))


SCHEDULE = Schedule(3, 2)


@pytest.mark.parametrize(
    "when, trials",
    [
        (When(), [0, 1, 2, 3, 4]),
        (When("train"), [0, 1, 2]),
        (When("test"), [3, 4]),
        (When(first_trial=2), [2, 3, 4]),
        (When(first_trial=1, last_trial=3), [1, 2, 3]),
        (When("train", first_trial=1, last_trial=3), [1, 2]),
        (When("test", last_trial=3), [3]),
        (When("train", first_trial=3), []),
    ],
)
def test_trials_of_a_schedule(when, trials):
    assert list(when.trials(SCHEDULE)) == trials


# ------------------------------------------------------------ against the slow version


def oracle(run, course, lengths=None, inputs=None):
    """The slow version of a run that has not begun, under a course written by hand."""
    schedule, rule, task = run.schedule, run.rule, run.task
    steps, n_outputs = schedule.trials * T, task.plant.n_outputs
    _, for_units, for_outputs = np.random.default_rng(run.seed).spawn(3)
    trained = schedule.train_trials * T
    eps, eta = np.zeros((steps, N)), np.zeros((steps, n_outputs))
    eps[:trained] = run.reservoir.noise * (2 * for_units.random((trained, N)) - 1)
    eta[:trained] = 2 * for_outputs.random((trained, n_outputs)) - 1
    targets = np.tile(task.trial(0, DT).target, (schedule.trials, 1))
    explore = getattr(rule, "exploratory", rule)
    constants = {"alpha": 10.0, "every": 10} if isinstance(rule, Force) else {
        name: getattr(explore, name)
        for name in ("learning_rate", "psi_scale", "psi_exponent", "psi_first", "phi_exponent",
                     "improvements_only")
    } | {"z_filter": explore.output_filter}  # fmt: skip
    if isinstance(rule, Supertrex):
        for name in ("mastery_gain", "tutor", "gate_threshold", "transfer"):
            constants[name] = getattr(rule, name)
    made = getattr(slow, type(rule).__name__)(N, n_outputs, **constants)

    def plant(t):
        if isinstance(task.plant, Direct):
            return reference.direct
        return lambda z: reference.arm(z, task.plant.lengths if lengths is None else lengths[t])

    network = run.network
    rows = slow.simulate(
        run._recurrent.to_dense(), network.feedback, network.x.copy(), targets, course,
        rule=made, plant=plant, eps=eps, eta=eta, learning=np.arange(steps) < trained,
        wanted=targets if isinstance(rule, Force) else None,
        inputs=inputs, W_in=network.inputs if inputs else None,
    )  # fmt: skip
    return rows, made


def assert_agrees(run, course, **options):
    """float64: signals, state and weights of the compiled run are those of the slow one."""
    rows, rule = oracle(run, course, **options)
    result = run.run()
    names = {"readout": "z", "hand": "hand", "error": "e", "rates": "r", "pathway_readout": "parts"}
    for mine, theirs in names.items():  # recorded in float32
        np.testing.assert_allclose(result[mine], rows[theirs], rtol=2e-6, atol=2e-6, err_msg=mine)
    np.testing.assert_allclose(run.network.x, rows["x"][-1], rtol=1e-8, atol=1e-9)
    weights = [rule.W1, rule.W2] if hasattr(rule, "W1") else [rule.W]
    kept = run.course.trial(4).lost
    for p, (mine, theirs) in enumerate(zip(run.rule.weights(run.kernel), weights, strict=True)):
        np.testing.assert_allclose(mine, np.where(kept[p], 0, theirs), rtol=1e-8, atol=1e-11)
    return result


def healthy_course(rule=OPEN, schedule=SCHEDULE):
    return slow.Course.healthy(schedule.trials * T, len(rule.pathways), 2, N)


TIMES = DT * np.arange(5 * T)
LATE = When(first_trial=1, last_trial=3)
"""From the second trial of training into the first of the test."""
NAMED = (TIMES >= PERIOD) & (TIMES < 4 * PERIOD)


def dopamine(course):
    course.better[NAMED] = course.worse[NAMED] = course.exploration[NAMED] = 0.4


def worse_alone(course):
    course.worse[NAMED] = 0.3


def overdose(course):
    course.better[NAMED], course.exploration[NAMED] = 1.0, 1.0
    course.worse[NAMED] = 0.6  # depleted by 0.2, dose 0.6: 0.4 too much


def tremor(course):
    course.added[NAMED, 1] = (0.7 * 0.05 * np.sin(2 * np.pi * 4.5 * TIMES / 1e3))[NAMED, None]


def tremor_of_mastery(course):
    course.added[NAMED, 0] = (0.1 * np.sin(2 * np.pi * 20 * TIMES / 1e3))[NAMED, None]


def silence(course):
    course.gain[NAMED, 1] = 0.25


def tremor_half_silenced(course):
    tremor(course)
    course.gain[NAMED, 1] = 0.5
    course.added[NAMED, 1] *= 0.5


def stimulation(course):
    course.gain[NAMED, 1] = 0.4
    phase = np.floor(130 * np.arange(-2, 5 * T) * DT / 1e3)
    up = np.diff(phase)[1:]
    down = np.diff(phase)[:-1]
    course.added[NAMED, 1] = (0.6 * 0.05 * (up - down))[NAMED, None]


def freeze_mastery(course):
    course.plasticity[NAMED, 0] = 0.0


def freeze_exploratory(course):
    course.plasticity[NAMED, 1] = 0.25


def delay(course):
    course.delay[NAMED] = 15


EXACT = {
    "dopamine": ([Depletion(0.6, when=LATE)], dopamine),
    "dopamine, worse": ([Depletion(0.7, "worse", when=LATE)], worse_alone),
    "levodopa": ([Levodopa(0.6, when=LATE), Depletion(0.2, when=LATE)], overdose),
    "tremor": ([Tremor(0.7, frequency=4.5, when=LATE)], tremor),
    "beta": ([Beta(1.0, "mastery", 20.0, amplitude=0.1, when=LATE)], tremor_of_mastery),
    "silence": ([Silence(0.75, when=LATE)], silence),
    "both": (
        [Silence(0.5, when=LATE), Tremor(0.7, frequency=4.5, when=LATE)], tremor_half_silenced
    ),
    "stimulation": ([Stimulation(0.6, when=LATE)], stimulation),
    "freeze mastery": ([Freeze(pathway="mastery", when=LATE)], freeze_mastery),
    "freeze exploratory": ([Freeze(0.75, when=LATE)], freeze_exploratory),
    "delay": ([FeedbackDelay(delay=3.0, when=LATE)], delay),
}  # fmt: skip


@pytest.mark.parametrize("case", EXACT)
def test_agrees_with_the_slow_version(case):
    perturbations, write = EXACT[case]
    course = healthy_course()
    write(course)
    assert_agrees(run_of(*perturbations), course)


@pytest.mark.parametrize("case", ["dopamine", "dopamine, worse", "silence", "delay"])
def test_rmhl_alone_agrees_with_the_slow_version(case):
    rule = Rmhl(psi_scale=0.02)
    whole = healthy_course()
    perturbations, write = EXACT[case]
    write(whole)
    course = healthy_course(rule)
    for name in ("gain", "added", "plasticity"):
        setattr(course, name, getattr(whole, name)[:, 1:])
    for name in ("better", "worse", "exploration", "delay"):
        setattr(course, name, getattr(whole, name))
    assert_agrees(run_of(*perturbations, rule=rule, task=DIRECT), course)


def test_force_agrees_with_the_slow_version():
    rule = Force()
    course = healthy_course(rule)
    course.gain[NAMED], course.plasticity[NAMED] = 0.5, 0.25
    silence, freeze = Silence(0.5, "output", when=LATE), Freeze(0.75, "output", when=LATE)
    assert_agrees(run_of(silence, freeze, rule=rule, task=DIRECT), course)


@pytest.mark.parametrize(
    "noisy", [RewardNoise(0.6), OutputNoise(0.6), FeedbackNoise(0.6), Stimulation(drive="jamming")],
    ids=lambda one: one.name,
)  # fmt: skip
def test_noise_acts_as_the_slow_version_says(noisy):
    """From the same draws; that they are what they should be is tested below."""
    run = run_of(dataclasses.replace(noisy, when=LATE))
    course = healthy_course()
    for index in (1, 2, 3):
        made, steps = run.course.trial(index).modulation, slice(index * T, (index + 1) * T)
        course.fed[steps], course.noise[steps] = made.fed, made.dopamine[:, NOISE]
        course.gain[steps], course.added[steps] = made.gain, made.added
    assert_agrees(run, course)


def test_a_lesion_of_units_agrees_with_the_slow_version():
    run = run_of(Lesion(0.25, when=LATE))
    silent = run.course.trial(2).silent
    assert silent.sum() == N // 4
    course = healthy_course()
    course.alive[np.ix_(NAMED, silent)] = 0
    result = assert_agrees(run, course)
    rates = result.rates.values.reshape(5, T, N)
    assert not rates[1:4][..., silent].any()
    assert rates[[0, 4]][..., silent].all()
    assert rates[1:4][..., ~silent].all()


def test_a_lesion_of_connections_agrees_with_the_slow_version():
    for connectivity in ("sparse", "dense"):
        reservoir = dataclasses.replace(SMALL, connectivity=connectivity)
        run = run_of(Lesion(0.25, "connections", when=LATE), reservoir=reservoir)
        whole = run._recurrent.to_dense()
        cut = run.course.trial(2).cut
        assert cut.sum() == round(0.25 * run._recurrent.synapses)
        if connectivity == "dense":
            left = np.where(cut.reshape(N, N), 0, whole)
        else:
            left = whole.copy()
            rows = np.repeat(np.arange(N), np.diff(run._recurrent.start))
            left[rows[cut], run._recurrent.source[cut]] = 0
        course = healthy_course()
        course.J = lambda t, left=left, whole=whole: left if NAMED[t] else whole
        assert_agrees(run, course)


@pytest.mark.parametrize("pathway", ["mastery", "exploratory"])
def test_a_lesion_of_readout_weights_agrees_with_the_slow_version(pathway):
    run = run_of(Lesion(0.5, "readout", pathway, when=When(first_trial=1)))
    p = run.rule.pathways.index(pathway)
    lost = run.course.trial(1).lost
    assert lost[p].sum() == N and not lost[1 - p].any()
    course = healthy_course()
    course.lost = np.zeros((5 * T, 2, 2, N), bool)
    course.lost[T:] = lost
    result = assert_agrees(run, course)
    weights = result.trial_weights.values[:, p]
    assert weights[0][lost[p]].any()
    assert not weights[1:][:, lost[p]].any()  # gone, and not grown again by learning
    assert weights[1:][:, ~lost[p]].all()


def test_a_kick_agrees_with_the_slow_version():
    when = When(first_trial=1, last_trial=2)
    run = run_of(Kick(0.3, 7.0, when=when), Kick(0.2, 0.0, when=when))
    course = healthy_course()
    for index in (1, 2):
        kicks = run.course.trial(index).kicks
        assert kicks.keys() == {0, 35}
        assert np.std(kicks[35]) == pytest.approx(0.3, rel=0.3)
        course.kicks |= {index * T + step: push for step, push in kicks.items()}
    assert_agrees(run, course)


def test_a_changed_arm_agrees_with_the_slow_version():
    lengths = np.tile([1.8, 1.2], (5 * T, 1))
    lengths[NAMED] = [1.8 * 0.8, 1.2 * 1.1]
    run = run_of(ArmChange(factors=(0.8, 1.1), when=LATE))
    result = assert_agrees(run, healthy_course(), lengths=lengths)
    hand = Arm((1.44, 1.32)).hand(result.readout[2 * T : 3 * T])
    np.testing.assert_allclose(result.hand[2 * T : 3 * T], hand, rtol=1e-5, atol=1e-6)


def test_a_delay_reaches_back_into_the_trial_before():
    """Of 15 steps from the first step of a trial on: what is fed back is older than the trial."""
    whole = run_of(FeedbackDelay(delay=3.0))
    course = healthy_course()
    course.delay[:] = 15
    assert_agrees(whole, course)


def test_an_arm_with_inertia_keeps_moving_when_it_changes():
    task = Drawing("torque", human_arm(), period=PERIOD, test_feedback="free")
    change = ArmChange(factors=(1.2,), when=When(first_trial=1))
    result = run_of(change, task=task).run()
    velocity = run_of(change, task=task)
    one = run_of(task=task)
    while one.index < 1:
        one.advance()
        velocity.advance()
    np.testing.assert_array_equal(one.plant.state, velocity.plant.state)
    assert np.abs(np.diff(result.hand[T - 1 : T + 1], axis=0)).max() > 0.05  # a longer arm


# ----------------------------------------------------------------------------- what is drawn


def still(*perturbations, period=400.0, schedule=None):
    """A run whose output is what is added to it, every step."""
    rule = Rmhl(learning_rate=0, psi_scale=0, psi_first=0)
    task = Drawing("still", Direct(), period=period, test_feedback="free")
    recording = Recording(("readout",), interval=DT)
    return Simulation(
        task, rule, dataclasses.replace(SMALL, n_units=5), recording=recording,
        schedule=schedule or Schedule(3, 2), perturbations=perturbations,
    ).run()  # fmt: skip


@pytest.mark.parametrize(
    "one, frequency",
    [(Tremor(0.5, frequency=4.5), 4.5), (Tremor(0.5), 5.0), (Beta(0.5, frequency=18.5), 18.5)],
)
def test_an_oscillation_has_the_frequency_it_says(one, frequency):
    """And goes on through all trials, whose length is no multiple of its period."""
    result = still(one)
    expected = 0.5 * one.amplitude * np.sin(2 * np.pi * frequency * result.time / 1e3)
    for output in range(2):
        np.testing.assert_allclose(result.readout[:, output], expected, atol=1e-6)
    power = np.abs(np.fft.rfft(result.readout[:, 0])) ** 2
    hertz = np.fft.rfftfreq(result.sizes["time"], DT / 1e3)
    assert hertz[power.argmax()] == pytest.approx(frequency, abs=0.3)


def test_an_oscillation_may_wander():
    """Its spectrum is a Lorentzian: half of the power lies within half the width of the peak."""
    from scipy.signal import welch

    result = still(Beta(1.0, frequency=20.0, bandwidth=4.0), period=8000.0)
    signal = result.readout[:, 0].values
    assert np.abs(signal).max() <= 0.05 and signal.std() == pytest.approx(0.05 / 2**0.5, rel=0.05)
    steps = np.abs(np.diff(signal))
    assert steps.max() < 0.05 * 5 * np.sqrt(2 * np.pi * 4 * DT / 1e3) + 0.05 * 0.03  # no leap
    hertz, power = welch(signal, 1e3 / DT, nperseg=2**15)
    within = power[np.abs(hertz - 20) <= 2].sum() / power.sum()
    assert hertz[power.argmax()] == pytest.approx(20, abs=2)
    assert within == pytest.approx(0.5, abs=0.12)


def test_pulses_come_at_130_a_second_and_drive_nothing():
    result = still(Stimulation(), period=1000.0)
    drive = result.readout[:, 0].values
    np.testing.assert_allclose(np.unique(drive), [-0.05, 0, 0.05], rtol=1e-6)
    assert (drive > 0).sum() == 130 * 5
    assert drive.sum() == pytest.approx(0, abs=1e-6)
    up, down = np.flatnonzero(drive > 0), np.flatnonzero(drive < 0)
    np.testing.assert_array_equal(down, up + 1)
    gaps = np.diff(up) * DT
    assert gaps.mean() == pytest.approx(1e3 / 130, abs=0.01) and np.ptp(gaps) <= DT + 1e-9


@pytest.mark.parametrize(
    "one, part",
    [
        (OutputNoise(0.5), lambda m: m.added[:, 0] / 0.025),
        (Stimulation(0.5, drive="jamming"), lambda m: m.added[:, 0] / 0.025),
        (FeedbackNoise(0.5), lambda m: m.fed / 0.025),
        (RewardNoise(0.5), lambda m: m.dopamine[:, [NOISE]] / 0.125),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_noise_is_normal_and_drawn_afresh(one, part):
    task = Drawing("long", Direct(), period=2000.0, test_feedback="free")
    run = run_of(one, rule=Rmhl(), task=task)
    drawn = np.concatenate([part(run.course.trial(i).modulation) for i in range(2)])
    assert abs(drawn.mean()) < 0.03 and drawn.std() == pytest.approx(1, abs=0.03)
    assert abs((np.abs(drawn) < 1).mean() - 0.6827) < 0.02
    for lag in (1, T, len(drawn) // 2):
        assert abs(np.mean(drawn[lag:] * drawn[:-lag])) < 0.04
    again = part(run.course.trial(0).modulation)
    np.testing.assert_array_equal(again, drawn[: len(again)])


def test_draws_depend_on_seed_and_kind_alone():
    def drawn(*perturbations, seed=3):
        run = Simulation(DIRECT, Rmhl(), SMALL, seed=seed, perturbations=perturbations)
        return run.course.trial(0).modulation.fed, run.course.trial(0).silent

    noise, silent = drawn(FeedbackNoise(), Lesion(0.3))
    others = drawn(Lesion(0.3), Depletion(0.2), OutputNoise(), FeedbackNoise())
    np.testing.assert_array_equal(others[0], noise)
    np.testing.assert_array_equal(others[1], silent)
    assert np.all(drawn(FeedbackNoise(), Lesion(0.6))[1] >= silent)  # a larger one contains it
    for mine, theirs in zip((noise, silent), drawn(FeedbackNoise(), Lesion(0.3), seed=4)):  # noqa: B905
        assert not np.array_equal(mine, theirs)
    twice = drawn(FeedbackNoise(), FeedbackNoise())[0]
    assert not np.allclose(twice, 2 * noise)
    assert twice.std() == pytest.approx(noise.std() * 2**0.5, rel=0.1)


# ------------------------------------------------------------------------------ composition


@given(
    depletion=st.floats(0, 1),
    dose=st.floats(0, 1),
    affects=st.sampled_from(["all", "better", "worse", "exploration"]),
)
def test_levodopa_makes_up_for_what_is_lost(depletion, dose, affects):
    gains = LEVODOPA.course
    gains.__init__((Levodopa(dose), Depletion(depletion, affects)), LEVODOPA)
    better, worse, exploration, _ = gains.trial(0).modulation.dopamine[0]
    for name, gain in (("better", better), ("worse", worse), ("exploration", exploration)):
        lost = depletion if affects in ("all", name) else 0.0
        assert 0 <= gain <= 1
        if dose <= lost:
            assert gain == pytest.approx(1 - lost + dose)
        else:
            assert gain == pytest.approx(1 - (dose - lost) if name == "worse" else 1)


LEVODOPA = run_of(Levodopa(0.5), rule=Rmhl(), task=DIRECT)


def test_the_order_in_which_they_are_given_does_not_matter():
    several = [
        Silence(0.5, when=LATE), Tremor(0.5, when=LATE), OutputNoise(0.3), Lesion(0.2, when=LATE),
        Depletion(0.5), Levodopa(0.7, when=LATE), FeedbackDelay(delay=1.0, when=LATE),
    ]  # fmt: skip
    one = run_of(*several).run()
    for other in (several[::-1], several[3:] + several[:3]):
        assert_same(run_of(*other).run(), one)


def test_what_follows_each_other_does_not_conflict():
    run_of(Silence(when=When("train")), Stimulation(when=When("test")))
    run_of(Silence(), Stimulation(pathway="mastery"))
    run_of(Silence(0.0), Stimulation())
    run_of(Depletion(0.5, "better"), Depletion(0.2, "worse"), Levodopa(0.3))
    run_of(TargetChange(rotation=90.0, when=When(last_trial=1)),
           TargetChange(rotation=180.0, when=When(first_trial=2)))  # fmt: skip
    run_of(Tremor(), Tremor(frequency=6.0), Beta(), OutputNoise(), Lesion(0.1), Lesion(0.2))


def test_a_changed_target_is_what_the_hand_is_measured_by(healthy):
    turn = TargetChange(rotation=90.0, scale=0.5, when=When(first_trial=2))
    result = run_of(turn).run()
    x, y = healthy.target.values[2 * T :].T
    np.testing.assert_allclose(result.target[2 * T :], 0.5 * np.column_stack([-y, x]), atol=1e-6)
    error = ((result.hand - result.target) ** 2).sum("axis")
    np.testing.assert_allclose(result.error, error, rtol=1e-4, atol=1e-6)
    # teacher forcing and FORCE go by the changed target too
    task = dataclasses.replace(DIRECT, test_feedback="target")
    run = run_of(turn, rule=Force(), task=task)
    run.run()
    np.testing.assert_allclose(run.trial.forced, run.trial.target)
    np.testing.assert_allclose(run.trial.wanted, result.target.values[-T:], atol=1e-6)


def test_a_target_turns_step_by_step():
    one = TargetChange(rotation=180.0, when=When(ramp=5))
    result = run_of(one, rule=Rmhl(), task=DIRECT).run()
    angle = np.unwrap(np.arctan2(result.target[:, 1], result.target[:, 0])
                      - np.arctan2(np.tile(DIRECT.trial(0, DT).target[:, 1], 5),
                                   np.tile(DIRECT.trial(0, DT).target[:, 0], 5)))  # fmt: skip
    np.testing.assert_allclose(angle, np.pi * np.arange(1, 5 * T + 1) / (5 * T), atol=1e-5)


# ------------------------------------------------------------------- checkpoints and branches

EVERYTHING = (
    Depletion(0.5, when=When("train", ramp=2)),
    RewardNoise(0.3),
    Beta(0.3, bandwidth=2.0, when=LATE),
    OutputNoise(0.4, "mastery", when=When("test")),
    Silence(0.5, when=LATE),
    Lesion(0.2, when=When(first_trial=1, ramp=2)),
    Lesion(0.2, "connections", when=LATE),
    Lesion(0.2, "readout", when=LATE),
    Freeze(0.5, when=When(last_trial=1)),
    TargetChange(rotation=45.0, when=LATE),
    ArmChange(factors=(0.9, 1.2), when=LATE),
    FeedbackDelay(delay=4.0, when=When(first_trial=1, ramp=2)),
    FeedbackNoise(0.2),
    Kick(0.3, 6.0),
)


@pytest.mark.parametrize("blocks", [7, 40, 1000])
def test_going_on_from_a_checkpoint_gives_the_same_bits(blocks, tmp_path, monkeypatch):
    whole = run_of(*EVERYTHING).run()
    monkeypatch.setattr(simulate, "NOISE_BYTES", blocks * N * 8)
    advance = Simulation.advance
    for stop in (1, 3, 11, 24):
        path, calls = tmp_path / f"{stop}.checkpoint", 0

        def until(run, stop=stop):
            nonlocal calls
            advance(run)
            calls += 1
            if calls == stop:
                raise KeyboardInterrupt

        monkeypatch.setattr(Simulation, "advance", until)
        try:
            run_of(*EVERYTHING).run(checkpoint=path)
        except KeyboardInterrupt:
            pass
        monkeypatch.setattr(Simulation, "advance", advance)
        assert_same(run_of(*EVERYTHING).run(checkpoint=path), whole)


def test_a_checkpoint_of_other_perturbations_is_refused(tmp_path):
    path = tmp_path / "run.checkpoint"

    def stop(run):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_of(Tremor(0.5)).run(checkpoint=path, each_trial=stop)
    for other in ([Tremor(0.6)], [], [Tremor(0.5), Lesion(0.1)], [Tremor(0.5, when=LATE)]):
        with pytest.raises(InputError, match="another run, its perturbations differs"):
            run_of(*other).run(checkpoint=path)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_branch_is_the_run_that_had_them_from_the_beginning(dtype):
    reservoir = dataclasses.replace(SMALL, dtype=dtype)
    late = tuple(dataclasses.replace(one, when=When(first_trial=2, last_trial=3))
                 for one in EVERYTHING if not one.needs_training)  # fmt: skip
    early = (Depletion(0.4),)
    trunk = run_of(*early, reservoir=reservoir)
    while trunk.index < 2:
        trunk.advance()
    branches = [trunk.branch(*late), trunk.branch(), trunk.branch(Tremor(when=When("test")))]
    whole = run_of(*early, reservoir=reservoir).run()
    assert_same(branches[0].run(), run_of(*early, *late, reservoir=reservoir).run())
    assert_same(branches[1].run(), whole)
    assert_same(trunk.run(), whole)  # unchanged by its branches
    other = run_of(*early, Tremor(when=When("test")), reservoir=reservoir).run()
    assert_same(branches[2].run(), other)


def test_a_branch_within_a_trial_begins_its_perturbations_later(monkeypatch):
    monkeypatch.setattr(simulate, "NOISE_BYTES", 30 * N * 8)
    trunk = run_of()
    trunk.advance()
    assert 0 < trunk.position < T
    with pytest.raises(InputError, match=r"begins in trial 0, which has begun; .*from trial 1 on"):
        trunk.branch(Tremor())
    later = Tremor(when=When(first_trial=1))
    assert_same(trunk.branch(later).run(), run_of(later).run())
    while trunk.index < 2:
        trunk.advance()
    with pytest.raises(InputError, match=r"tremor:1@trial=1\.\.: begins in trial 1"):
        trunk.branch(later)


def test_a_branch_with_replayed_feedback():
    task = dataclasses.replace(ARM, test_feedback="replay")
    late = Tremor(when=When("test"))
    trunk = run_of(task=task)
    while trunk.learning:
        trunk.advance()
    assert_same(trunk.branch(late).run(), run_of(late, task=task).run())


# ------------------------------------------------------------------------- state information


@pytest.mark.parametrize("state", [("phase",), ("hand",), ("joints",), ("phase", "hand", "joints")])
def test_state_information_agrees_with_the_slow_version(state):
    run = run_of(task=dataclasses.replace(ARM, state=state))
    phase = 2 * np.pi * np.arange(T) / T

    def inputs(t, hand, z):
        given = {"phase": [np.cos(phase[t % T]), np.sin(phase[t % T])], "hand": hand, "joints": z}
        return np.concatenate([given[name] for name in state])

    assert run.network.inputs.shape == (N, 2 * len(state))
    assert_agrees(run, healthy_course(), inputs=inputs)


def test_an_arm_with_inertia_is_felt_in_angles_and_velocities():
    task = Drawing("torque", human_arm(), period=PERIOD, test_feedback="free", state=("joints",))
    recording = Recording(("hand", "plant_state"), interval=DT)
    run = Simulation(task, Rmhl(psi_scale=0.3), SMALL, schedule=Schedule(1, 0), recording=recording)
    told = run.trial.inputs
    result = run.run()
    felt = np.column_stack([result.joint_angle, result.joint_velocity])
    np.testing.assert_allclose(told[0], [*run.task.plant.posture, 0, 0])
    np.testing.assert_allclose(told[1:], felt[:-1], rtol=1e-5, atol=1e-7)
    assert np.ptp(told, axis=0).all()


def test_a_one_shot_movement_starts_from_the_same_state_with_state_information():
    curve = np.column_stack([np.linspace(-1, 1, 50), np.linspace(0, 0.5, 50)])
    task = Drawing("reach", Arm((1.8, 1.2)), period=PERIOD, curve=curve, periodic=False,
                   test_feedback="free", state=("hand", "joints"))  # fmt: skip
    rates = run_of(task=task).run().rates.values.reshape(5, T, N)
    np.testing.assert_array_equal(rates[3], rates[4])
    late = run_of(FeedbackDelay(delay=2.0, when=When("test")), task=task).run()
    rates = late.rates.values.reshape(5, T, N)
    np.testing.assert_array_equal(rates[3], rates[4])


# -------------------------------------------------------------------------------- results


def test_a_result_says_what_was_done():
    result = run_of(Depletion(0.6, when=LATE), Silence(when=When("test"))).run()
    assert result.attrs["perturbations"] == "dopamine:0.6@trial=1..3; silence:exploratory@test"
    told = json.loads(result.attrs["parameters"])["perturbations"]
    assert [one["kind"] for one in told] == ["Depletion", "Silence"]
    assert told[0]["strength"] == 0.6 and told[0]["when"]["last_trial"] == 3


# ------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "make, match",
    [
        (lambda: Depletion(1.2), "strength must be a number from 0 to 1, given 1.2"),
        (lambda: Depletion(-0.1), "strength must be"),
        (lambda: Depletion(float("nan")), "strength must be"),
        (lambda: Depletion("0.5"), "strength must be"),
        (lambda: Depletion(0.5, "bettr"), "did you mean 'better'"),
        (lambda: Tremor(0.5, frequency=8.0), "frequency must be a number from 4.0 to 6.0"),
        (lambda: Beta(0.5, frequency=5.0), "from 13.0 to 30.0"),
        (lambda: Beta(0.5, bandwidth=-1.0), "bandwidth"),
        (lambda: Tremor(amplitude=-1.0), "amplitude"),
        (lambda: RewardNoise(amplitude=-1.0), "amplitude"),
        (lambda: OutputNoise(amplitude=-1.0), "amplitude"),
        (lambda: FeedbackNoise(amplitude=-1.0), "amplitude"),
        (lambda: Stimulation(amplitude=-1.0), "amplitude"),
        (lambda: Stimulation(drive="pulse"), "did you mean 'pulses'"),
        (lambda: Stimulation(frequency=0.0), "frequency"),
        (lambda: Lesion(0.5, "unit"), "did you mean 'units'"),
        (lambda: TargetChange(rotation=400.0), "rotation"),
        (lambda: TargetChange(scale=0.0), "scale"),
        (lambda: ArmChange(factors=(0.0,)), "factors"),
        (lambda: FeedbackDelay(delay=-1.0), "delay"),
        (lambda: Kick(time=-1.0), "time"),
        (lambda: When("training"), "did you mean 'train'"),
        (lambda: When(first_trial=-1), "first_trial"),
        (lambda: When(first_trial=3, last_trial=2), "last_trial .* at least 3"),
        (lambda: When(ramp=-1), "ramp"),
        (lambda: run_of("tremor"), "expected perturbations, given 'tremor'"),
        (lambda: run_of(Tremor(when=When(first_trial=5))),
         "tremor:1@trial=5..: its schedule lies outside the run; the run has trials 0 to 4, "
         "test from 3"),
        (lambda: run_of(Tremor(when=When(last_trial=5))), "outside the run"),
        (lambda: run_of(Tremor(0.0, when=When(first_trial=5))), "outside the run"),
        (lambda: run_of(Tremor(when=When("train", first_trial=3))), "outside the run"),
        (lambda: run_of(Tremor(when=When("test")), schedule=Schedule(2, 0)), "trials 0 to 1$"),
        (lambda: run_of(Depletion(when=When("test"))), "acts on learning, which tests have none"),
        (lambda: run_of(Freeze(when=When(first_trial=3))), "acts on learning"),
        (lambda: run_of(Silence(pathway="mastry")),
         "rule 'supertrex' has no pathway 'mastry', it has mastery, exploratory"),
        (lambda: run_of(Silence(pathway="mastery"), rule=Rmhl()), "'rmhl' .* it has exploratory"),
        (lambda: run_of(Tremor(), rule=Force(), task=DIRECT), "it has output"),
        (lambda: run_of(Lesion(0.5, "readout"), rule=Rmhl()), "no pathway 'mastery'"),
        (lambda: run_of(Depletion(0.5), rule=Force(), task=DIRECT), "does not learn from reward"),
        (lambda: run_of(Levodopa(0.5), rule=Ridge(), task=DIRECT), "expected 'supertrex' or"),
        (lambda: run_of(Stimulation(frequency=3000.0)), "at most 2500 Hz"),
        (lambda: run_of(ArmChange(), task=DIRECT), "has no arm"),
        (lambda: run_of(ArmChange(factors=(1.0, 1.0, 1.0))), "one factor or 2, .* given 3"),
        (lambda: run_of(TargetChange(rotation=9.0), rule=Rmhl(),
                        task=Drawing("line", Direct(("x",)), curve=np.sin(np.arange(9.))[:, None],
                                     period=PERIOD)), "this has 1 axes"),
        (lambda: run_of(FeedbackDelay(delay=20.0)), "shorter than a trial of 20 ms, given 20 ms"),
        (lambda: run_of(FeedbackDelay(delay=2.0),
                        task=dataclasses.replace(ARM, test_feedback="replay")), "'replay'"),
        (lambda: run_of(FeedbackNoise(), reservoir=dataclasses.replace(SMALL, feedback="off")),
         "has no feedback"),
        (lambda: run_of(Kick(time=20.0)), "within a trial of 20 ms"),
        (lambda: run_of(Silence(when=When("test")), Stimulation(when=When(first_trial=3))),
         "silence:exploratory@test and stimulation:1@trial=3.. conflict: both set the output of "
         "the exploratory pathway in trial 3 to 4"),
        (lambda: run_of(Silence(), Silence(0.5)), "conflict"),
        (lambda: run_of(Depletion(0.5), Depletion(0.2, "worse")), r"dopamine \(worse\)"),
        (lambda: run_of(Levodopa(0.5), Levodopa(0.2)), "conflict"),
        (lambda: run_of(Freeze(0.5), Freeze(0.2)), "conflict"),
        (lambda: run_of(TargetChange(), TargetChange()), "conflict"),
        (lambda: run_of(ArmChange(), ArmChange()), "conflict"),
        (lambda: run_of(FeedbackDelay(), FeedbackDelay(when=LATE)), "in trial 1 to 3"),
        (lambda: dataclasses.replace(ARM, state=("phases",)), "did you mean 'phase'"),
        (lambda: run_of(task=dataclasses.replace(DIRECT, state=("joints",))), "has no joints"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line(make, match):
    with pytest.raises(InputError, match=match) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_exploration_of_the_present_step_goes_by_the_present_gain():
    """psi is made a step before it is used; the gain is that of the step in which it is used."""
    one = Depletion(1.0, "exploration", when=When(first_trial=1))
    rule = Rmhl(learning_rate=0)
    result = run_of(one, rule=rule, task=DIRECT).run()
    assert np.abs(result.readout[:T]).max(axis=1).all()
    assert not result.readout[T:].values.any()
    assert run_of(one, rule=rule).course.trial(1).modulation.dopamine[0, EXPLORATION] == 0
    assert run_of(one, rule=rule).course.trial(1).modulation.dopamine[0, WORSE] == 1
