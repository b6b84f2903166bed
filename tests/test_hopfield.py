"""What all attractor networks share: batches, convergence, input, controls, refusals."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.hopfield import NETWORKS, Hebb, Input, Learned, Modern, PseudoInverse, Saturating

N = 60
STORING = [name for name in NETWORKS if name != "rnn5"]


def rng(seed=0):
    return np.random.default_rng(seed)


def bipolar(count, n_units=N, seed=0, dtype=float):
    return rng(seed).choice([-1.0, 1.0], (count, n_units)).astype(dtype)


def stored(name, dtype=float, **parameters):
    """A small network of each kind; the learned one with weights that let it come to rest."""
    if name == "rnn5":
        f = rng(1).random((8, N)).astype(dtype)
        return Learned(epochs=3, learning_rate=1e-3).fit(f * (f > 0.5), f, rng=rng())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return NETWORKS[name](**parameters).store(bipolar(6, dtype=dtype))


def parts(count, seed=3, dtype=float):
    """Stored patterns and random ones, with a part of the units not known."""
    mixed = np.concatenate([bipolar(6), bipolar(count, seed=seed)])[-count:]
    return (mixed * (rng(seed).random(mixed.shape) < 0.6)).astype(dtype)


def flow(network, states, steps, **how):
    """Trajectory as one array."""
    return np.array([states.copy() for _, states in network.trajectory(states, steps, **how)])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_kind_says_what_it_is(name):
    kind = NETWORKS[name]
    assert kind.name == name
    assert isinstance(kind.bipolar, bool)
    assert kind.references
    assert hash(kind()) == hash(kind())


# ------------------------------------------------------------------ batches


def in_blocks_and_alone(name, dtype, monkeypatch):
    """Everything a run gives, for 15 images in blocks of 4, and for one after the other."""
    network, states = stored(name, dtype), np.concatenate([parts(12), bipolar(3)])
    alone = [network.run(row[np.newaxis], 15, record=range(16), rng=rng(5)) for row in states]
    monkeypatch.setattr("neurosim.hopfield._base.BLOCK", 4 * network.alive.nbytes)
    together = network.run(states, 15, record=range(16), rng=rng(5))
    assert together.states.dtype == together.recorded.dtype == network.dtype == dtype
    for values, alone_values in zip(together, zip(*alone, strict=True), strict=True):
        axis = 1 if values.ndim == 3 else 0
        yield values, np.concatenate(alone_values, axis=axis)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_in_blocks_is_the_same_as_one_image_at_a_time(name, monkeypatch):
    for together, alone in in_blocks_and_alone(name, "float64", monkeypatch):
        np.testing.assert_allclose(together, alone, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_in_single_precision(name, monkeypatch):
    """To the last bit with Hebb's rule, whose fields are whole numbers."""
    results = list(in_blocks_and_alone(name, "float32", monkeypatch))
    if name != "hebb":
        results = [results[0], results[3]]  # states, recorded
    for together, alone in results:
        np.testing.assert_allclose(together, alone, rtol=0, atol=0 if name == "hebb" else 1e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_trajectory_step_and_run_agree(name):
    network, states = stored(name), parts(5)
    drive = states if name == "rnn5" else None
    course = flow(network, states, 6, rng=rng(2))
    one_by_one, draws = [network._start(states)], rng(2)
    for _ in range(6):
        one_by_one.append(network.step(one_by_one[-1], drive, rng=draws))
    np.testing.assert_allclose(course, one_by_one, rtol=0, atol=5e-5)  # rest is no longer computed
    run = network.run(states, 6, record=[6, 0, 3, 3], rng=rng(2))
    np.testing.assert_array_equal(run.recorded, course[[6, 0, 3, 3]])
    np.testing.assert_array_equal(run.states, course[6])
    run.states[:] = 0  # belongs to the caller


def test_what_was_given_is_left_alone():
    states = parts(4)
    before = states.copy()
    network = stored("rnnh")
    network.run(states, 5, input=Input())
    network.step(states, states)
    network.energy(states)
    np.testing.assert_array_equal(states, before)
    _, shown = next(network.trajectory(states, 5))
    with pytest.raises(ValueError, match="read-only"):
        shown[0] = 0


def test_an_image_at_rest_is_not_computed_again(monkeypatch):
    network, computed = stored("rnnh"), []
    monkeypatch.setattr(
        type(network), "_field", lambda self, s, f: (computed.append(len(s)), f.fill(0))[0]
    )
    # the field is 0: every state decays to the bias, where the last one is
    network.run(np.concatenate([parts(5), network.bias[np.newaxis]]), 40)
    assert computed[0] == 6
    assert sorted(computed, reverse=True) == computed
    assert len(computed) < 40


@pytest.mark.parametrize("name", STORING)
def test_steps_to_converge_is_the_first_state_that_stays(name):
    network = stored(name, "float32")
    states = np.concatenate([bipolar(6), parts(10)])
    run = network.run(states, 60, record=range(61), rng=rng())
    assert run.converged[:6].all()
    for image, took in enumerate(run.steps_to_converge):
        assert run.converged[image] == (took >= 0)
        if took >= 0:
            course = run.recorded[:, image]
            np.testing.assert_allclose(course[took:] - course[-1], 0, atol=2e-5)
            if took > 0:
                assert np.abs(course[took - 1] - course[took]).max() > 1e-5


def test_alternating_between_two_states_is_not_converging():
    """Two units that each want the other's opposite sign swap when updated at once."""
    with pytest.warns(UserWarning, match="1 patterns are more than the capacity of 2 units"):
        network = Hebb("synchronous").store([[1, -1]])
    run = network.run([[1, 1], [1, -1]], 9, record=range(10))
    assert run.converged.tolist() == [False, True]
    assert run.steps_to_converge.tolist() == [-1, 0]
    np.testing.assert_array_equal(run.recorded[:, 0, 0], [(-1) ** t for t in range(10)])


@pytest.mark.parametrize("name", NETWORKS)
def test_no_images_and_no_steps(name):
    network = stored(name)
    assert network.run(np.zeros((0, N)), 3, rng=rng()).states.shape == (0, N)
    run = network.run(parts(2), 0, rng=rng())
    np.testing.assert_array_equal(run.states, parts(2))
    assert not run.converged.any()


# ------------------------------------------------------------------ input

SCHEDULES = [
    Input(),
    Input(0.3),
    Input(0.5, off_at=3),
    Input(0.5, off_at=0),
    Input(0.5, mask_at=2),
    Input(0.5, mask_at=0),
    Input(0.5, off_at=2, mask_at=4),
    Input(0.5, off_at=30),
]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shown", SCHEDULES)
def test_the_input_is_there_in_its_steps_and_no_others(name, shown):
    network, x, masks = stored(name), parts(5), bipolar(5, seed=9) / 2
    weights = rng(4).random(N)
    course = flow(
        network, x, 7, input=shown, input_weights=weights, rng=rng(7),
        masks=masks if shown.mask_at is not None else None,
    )  # fmt: skip
    state, draws = x, rng(7)
    for t in range(7):
        off = np.inf if shown.off_at is None else shown.off_at
        if shown.mask_at is not None and t >= shown.mask_at:
            drive = shown.strength * masks
        else:
            drive = shown.strength * weights * x if t < off else np.zeros_like(x)
        state = network.step(state, drive, rng=draws)
        np.testing.assert_allclose(course[t + 1], state, rtol=0, atol=5e-5)


def test_rest_is_not_declared_before_the_last_change_of_the_input():
    network, patterns = stored("pinv"), bipolar(6)
    masks = 3 * patterns[[1, 0, 3, 2, 5, 4]]
    shown = Input(2.0, off_at=4, mask_at=9)
    course = network.trajectory(patterns, 20, input=shown, masks=masks)
    said = [(step, course.steps_to_converge.max()) for step, _ in course]
    assert said[1] == (1, 0)  # at rest so far
    run = network.run(patterns, 20, input=shown, masks=masks)
    assert (run.steps_to_converge == 10).all()
    np.testing.assert_array_equal(run.states, patterns[[1, 0, 3, 2, 5, 4]])
    kept = network.run(patterns, 20, input=Input(2.0, off_at=4))
    assert (kept.steps_to_converge == 4).all()
    assert not network.run(patterns, 9, input=shown, masks=masks).steps_to_converge.max() > 4


def test_without_an_input_asked_for_attractors_have_none_and_the_learned_one_its_features():
    x = parts(4)
    for name in NETWORKS:
        strength = 1.0 if name == "rnn5" else 0.0
        given = stored(name).run(x, 5, input=Input(strength), rng=rng())
        np.testing.assert_array_equal(stored(name).run(x, 5, rng=rng()).states, given.states)


# ------------------------------------------------------------------ controls


@pytest.mark.parametrize("name", ["hebb", "pinv", "rnnh", "rnn5"])
def test_shuffled_weights_are_the_same_numbers_in_other_places(name):
    network = stored(name)
    before, after = network.connections.matrix(), network.shuffled(rng(1)).connections.matrix()
    np.testing.assert_array_equal(np.sort(before.ravel()), np.sort(after.ravel()))
    assert np.abs(before - after).max() > 0.01
    again = network.shuffled(rng(1)).connections.matrix()
    np.testing.assert_array_equal(after, again)
    np.testing.assert_array_equal(before, network.connections.matrix())


@pytest.mark.parametrize("name", ["modern", "dense"])
def test_shuffled_memories_keep_each_patterns_numbers(name):
    network = stored(name)
    before, after = network.connections.X, network.shuffled(rng(1)).connections.X
    np.testing.assert_array_equal(np.sort(before, axis=1), np.sort(after, axis=1))
    assert len({tuple(np.flatnonzero(b != a)) for b, a in zip(before, after, strict=True)}) == 6


@pytest.mark.parametrize("name", STORING)
def test_a_shuffled_network_forgets(name):
    network, patterns = stored(name), bipolar(6)
    kept = network.run(patterns, 20, rng=rng()).states
    lost = network.shuffled(rng(1)).run(patterns, 20, rng=rng()).states
    assert np.mean(kept * patterns) > 0.9
    assert abs(np.mean(lost * patterns)) < 0.5


@pytest.mark.parametrize("name", NETWORKS)
def test_a_mask_of_all_connections_changes_nothing_and_of_none_cuts_all(name):
    network, x = stored(name), parts(3)
    shape = (6, N) if name in ("modern", "dense") else (N, N)
    whole, none = (network.masked(np.full(shape, kept)) for kept in (True, False))
    np.testing.assert_allclose(
        whole.step(x, rng=rng(1)), network.step(x, rng=rng(1)), rtol=0, atol=1e-12
    )
    drive = 0.5 * bipolar(3, seed=8)
    alone = none.step(np.zeros((3, N)), drive, rng=rng())
    expected = {
        "rnnh": lambda: np.clip(drive + network.bias, -1, 1),
        "modern": lambda: drive,
        "rnn5": lambda: np.maximum(drive, 0),
    }
    np.testing.assert_array_equal(alone, expected.get(name, lambda: np.sign(drive))())


@pytest.mark.parametrize("name", NETWORKS)
def test_a_masked_connection_carries_nothing(name):
    """Unit 7 cut off from unit 3: changing 3 no longer changes what 7 does."""
    network = stored(name)
    mask = np.ones((6, N) if name in ("modern", "dense") else (N, N), bool)
    if mask.shape == (N, N):
        mask[7, 3] = False
    else:
        mask[:, 3] = False
    states = np.zeros((2, N))
    states[1, 3] = 1
    cut, whole = network.masked(mask)._field, network._field
    fields = np.empty((2, 2, N))
    cut(states, fields[0])
    whole(states, fields[1])
    assert fields[0, 0, 7] == fields[0, 1, 7]
    assert fields[1, 0, 7] != fields[1, 1, 7]


@pytest.mark.parametrize("name", NETWORKS)
def test_lesioned_units_are_silent_and_as_many_as_asked_for(name):
    network = stored(name).lesioned(0.25, rng(3))
    dead = network.alive == 0
    assert dead.sum() == N // 4
    run = network.run(parts(5), 10, input=Input(), record=range(11), rng=rng())
    assert not run.recorded[:, :, dead].any()
    other = parts(5)
    other[:, dead] = 1
    again = network.run(other, 10, input=Input(), rng=rng())
    np.testing.assert_array_equal(run.states, again.states)
    assert (network.lesioned(0.5, rng(4)).alive <= network.alive).all()


def test_a_network_survives_the_loss_of_a_few_units():
    network, patterns = stored("pinv").lesioned(0.1, rng()), bipolar(6)
    np.testing.assert_array_equal(network.run(patterns, 5).states, patterns * network.alive)


# ------------------------------------------------------------------ refusals

BAD_STATES = [
    (np.zeros((2, N + 1)), r"states must be \(images, 60 units\), given shape \(2, 61\)"),
    (np.zeros(N), r"states must be \(images, 60 units\), given shape \(60,\)"),
    (np.full((2, N), np.nan), "states must be finite, given 120 NaN or infinite values"),
    (np.full((2, N), "a"), "states must be real numbers, given <U1"),
    ([[1.0], [1.0, 2.0]], "states must be one array, given rows of mixed sizes"),
]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("states, message", BAD_STATES)
def test_bad_states(name, states, message):
    network = stored(name)
    for use in (network.energy, network.step, lambda s: network.run(s, 3)):
        with pytest.raises(InputError, match=message) as error:
            use(states)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["hebb", "pinv", "dense"])
def test_graded_states_where_units_have_two(name):
    with pytest.raises(InputError, match=r"states must be -1, \+1 or 0 \(not known\), given 0.5"):
        stored(name).run(np.full((1, N), 0.5), 3, rng=rng())


BAD_PATTERNS = [
    (np.ones(5), r"patterns must be \(patterns, units\), given shape \(5,\)"),
    (np.ones((0, 5)), r"patterns must be \(patterns, units\), given shape \(0, 5\)"),
    (np.full((2, 5), np.inf), "patterns must be finite, given 10 NaN or infinite values"),
    ([[1j]], "patterns must be real numbers, given complex128"),
]


@pytest.mark.parametrize("name", STORING)
@pytest.mark.parametrize("patterns, message", BAD_PATTERNS)
def test_bad_patterns(name, patterns, message):
    with pytest.raises(InputError, match=message):
        NETWORKS[name]().store(patterns)


@pytest.mark.parametrize("name", [name for name in STORING if NETWORKS[name].bipolar])
def test_patterns_that_are_not_bipolar(name):
    with pytest.raises(InputError, match=r"patterns must be -1 or \+1, given 0"):
        NETWORKS[name]().store([[1, -1, 0], [1, 1, 1]])


@pytest.mark.parametrize(
    "how, message",
    [
        ({"steps": -1}, "steps must be a whole number of at least 0, given -1"),
        ({"steps": 2.0}, "steps must be a whole number of at least 0, given 2.0"),
        ({"record": [4]}, "record must be a number from 0 to 3, given 4"),
        ({"record": [0.5]}, "record must be a whole number"),
        ({"masks": np.zeros(N)}, "masks and an Input with mask_at must be given together"),
        ({"input": Input(mask_at=1)}, "masks and an Input with mask_at must be given together"),
        (
            {"input": Input(mask_at=1), "masks": np.zeros((3, N))},
            r"masks must be \(2, 60\) or \(60,\), \(images, units\) or \(units,\), given shape",
        ),
        ({"input_weights": np.zeros(3)}, "input_weights must be"),
        ({"input_weights": np.full(N, np.nan)}, "input_weights must be finite, given 60"),
    ],
)
def test_bad_runs(how, message):
    with pytest.raises(InputError, match=message):
        stored("rnnh").run(np.zeros((2, N)), **{"steps": 3, **how})


@pytest.mark.parametrize(
    "how, message",
    [
        ({"strength": -1}, "Input: strength must be a number of at least 0, given -1"),
        ({"off_at": 1.5}, "Input: off_at must be a whole number of at least 0, given 1.5"),
        ({"mask_at": -1}, "Input: mask_at must be a whole number of at least 0, given -1"),
        ({"off_at": 3, "mask_at": 2}, "Input: mask_at must be at least off_at, given 2 < 3"),
        ({"strength": 0, "mask_at": 2}, "Input: a mask needs a strength above 0, given 0"),
    ],
)
def test_bad_inputs(how, message):
    with pytest.raises(InputError, match=message):
        Input(**how)


@pytest.mark.parametrize(
    "made, message",
    [
        (lambda: Hebb("random"), "Hebb: update must be one of 'asynchronous', 'synchronous'"),
        (lambda: Saturating(tau=0), "Saturating: tau must be a number above 0, given 0"),
        (lambda: Saturating(h=-1), "Saturating: h must be a number above 0, given -1"),
        (lambda: Modern(0), "Modern: inverse_temperature must be a number above 0, given 0"),
        (lambda: NETWORKS["dense"](1), "Dense: degree must be a whole number of at least 2"),
        (lambda: Saturating().store([[1, -1]]), "needs at least 2 patterns to tell apart, given 1"),
        (lambda: stored("hebb").run(parts(1), 3), "asynchronous updates need rng"),
        (lambda: stored("rnnh").lesioned(1.5, rng()), "fraction must be a number from 0 to 1"),
        (
            lambda: stored("rnnh").masked(np.ones((6, N), bool)),
            r"mask must be true or false, \(60, 60\), given bool \(6, 60\)",
        ),
        (lambda: stored("modern").masked(np.ones((6, N))), "given float64"),
        (lambda: stored("rnnh").step(parts(2), np.zeros((3, N))), "drive must be"),
    ],
)
def test_other_mistakes(made, message):
    with pytest.raises(InputError, match=message):
        made()


def test_more_patterns_than_capacity_is_warned_of():
    with pytest.warns(UserWarning, match="Hebb: 20 patterns are more than the capacity of 60"):
        Hebb().store(bipolar(20))
    with pytest.warns(UserWarning, match="more than the capacity of 8 units, 8") as caught:
        PseudoInverse().store(np.unique(bipolar(10, 8), axis=0))
    assert "2 of the 10 patterns are linear combinations" in str(caught[1].message)
    assert caught[0].filename == __file__  # points at the line of the caller
    with pytest.warns(UserWarning, match="capacity of 6 units at degree 2, about 2"):
        NETWORKS["dense"](degree=2).store(np.unique(bipolar(9, 6), axis=0))


@pytest.mark.parametrize("name", ["hebb", "modern", "dense"])
def test_duplicates_are_counted(name):
    twice = bipolar(6)[[0, 1, 2, 1, 0, 1]]
    with pytest.warns(UserWarning, match="3 of the 6 patterns are the same as another one"):
        NETWORKS[name]().store(twice)


@pytest.mark.parametrize("name, combination", [("pinv", "linear"), ("rnnh", "affine")])
def test_dependent_patterns_are_counted(name, combination):
    a, b, c = bipolar(3)
    # a + b - c is bipolar where c is the same as a or b; elsewhere all four are made the same
    agree = (a == c) | (b == c)
    fourth = np.where(agree, a + b - c, a)
    a, b, c = (np.where(agree, x, fourth) for x in (a, b, c))
    message = f"2 of the 5 patterns are {combination} combinations of the others .1 the same"
    with pytest.warns(UserWarning, match=message):
        network = NETWORKS[name]().store([a, b, c, fourth, a])
    np.testing.assert_allclose(network.step([a, b, c, fourth]), [a, b, c, fourth], atol=1e-12)


def test_a_run_that_grows_beyond_all_numbers_stops_at_its_step():
    network = stored("rnn5", "float32")
    network.connections.entries[:] = 1e3
    with pytest.raises(InputError, match=r"Learned: the states grew beyond all numbers at step 9"):
        network.run(np.ones((2, N)), 200)
    course = network.trajectory(np.ones((2, N)), 200)
    with pytest.raises(InputError):
        for step, states in course:
            assert np.isfinite(states).all(), step


def test_recording_more_than_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("", (), {"available": 1000}))
    with pytest.raises(InputError, match="recording 3 steps needs"):
        stored("rnnh").run(parts(5), 9, record=[1, 2, 3])


def test_progress_is_shown_when_asked_for(capsys):
    stored("rnnh").run(parts(5), 9)
    assert capsys.readouterr().err == ""
    stored("rnnh").run(parts(5), 9, progress=True)
    assert "/9 " in capsys.readouterr().err
