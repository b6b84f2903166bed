"""Completion of occluded objects, from the choice of objects to what is printed."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.svm import LinearSVC

from analyses import completion
from neurosim.errors import InputError
from neurosim.hopfield import Input, Saturating
from tasks.vision import Completion, Experiment, Features, Pictures, complete, digits
from tasks.vision.course import Trials, best_steps
from tasks.vision.features import FeatureSet, Pixels
from tasks.vision.readout import Readout, folds_of
from tasks.vision.states import States
from tasks.vision.trials import choose

SMALL = Completion(network="modern", stored=20, visibility=(20.0, 50.0), repeats=2, steps=6)


@pytest.fixture(scope="module")
def source():
    return Pictures(digits(16), Pixels(), name="digits")


@pytest.fixture(scope="module")
def experiment(source):
    return Experiment.of(source, SMALL, seed=3)


def clusters(n_each=8, n_units=40, seed=0):
    """Features of three categories, (objects, units), and the categories."""
    rng = np.random.default_rng(seed)
    category = np.repeat(np.arange(3), n_each)
    centres = rng.standard_normal((3, n_units))
    noise = rng.standard_normal((len(category), n_units))
    return (centres[category] + 0.5 * noise).astype(np.float32), category


# ---------------------------------------------------------------------- objects


@given(st.integers(6, 20), st.integers(2, 18), st.integers(0, 99))
def test_what_is_shown_does_not_depend_on_the_protocol(n_each, stored, seed):
    category = np.repeat(np.arange(3), n_each)
    if -(-stored // 3) * 2 > n_each:
        with pytest.raises(InputError, match="stored: expected at most"):
            choose(category, stored, "novel", np.random.default_rng(seed))
        return
    familiar = choose(category, stored, "familiar", np.random.default_rng(seed))
    novel = choose(category, stored, "novel", np.random.default_rng(seed))
    assert np.array_equal(familiar[0], familiar[1])
    assert np.array_equal(familiar[0], novel[0])
    assert not set(novel[0]) & set(novel[1])
    for chosen in (*familiar, *novel):
        assert len(np.unique(chosen)) == stored
        assert np.ptp(np.bincount(category[chosen], minlength=3)) <= 1


def test_every_category_is_in_every_fold():
    category = np.array([0] * 5 + [1] * 7)
    fold = folds_of(category, 5, np.random.default_rng(0))
    assert all(set(fold[category == k]) == set(range(5)) for k in (0, 1))
    with pytest.raises(InputError, match="at least 6 objects of every category, given 5 of one"):
        folds_of(category, 6, np.random.default_rng(0))


# ---------------------------------------------------------------------- read-out


@pytest.mark.parametrize("n_categories", [2, 3])
def test_readout_is_a_machine_that_did_not_see_the_fold(n_categories):
    whole, category = clusters()
    whole, category = whole[category < n_categories], category[category < n_categories]
    fold = folds_of(category, 4, np.random.default_rng(1))
    size = np.sqrt(np.mean(np.sum(whole.astype(float) ** 2, axis=1)))
    new = whole + np.random.default_rng(2).standard_normal(whole.shape).astype(np.float32)
    expected = np.empty_like(category)
    for k in range(4):
        machine = LinearSVC(random_state=0, max_iter=10_000)
        machine.fit(whole[fold != k] / np.float32(size), category[fold != k])
        expected[fold == k] = machine.predict(new[fold == k] / size)
    found = Readout.fit(whole, category, fold).predict(new, fold)
    assert np.array_equal(found, expected)


# ---------------------------------------------------------------------- states


def feature_set(**changes):
    whole, category = clusters(4, 6)
    given = {
        "whole": whole,
        "category": category,
        "categories": ("a", "b", "c"),
        "occluded": whole[:5] * 0.5,
        "object": np.arange(5),
        "visibility": np.full(5, 50.0),
        "threshold": 0.0,
        "names": tuple(map(str, range(len(whole)))),
    }
    return FeatureSet(**(given | changes))


def test_states_against_the_screen():
    screen = np.linspace(-0.5, 0.5, 6).astype(np.float32)
    features = feature_set(screen=screen)
    states = States.of(features, dead_zone=0.4)
    for f, s in zip(features.occluded, states.occluded, strict=True):
        for i in range(6):
            usual = np.mean([abs(w[i] - screen[i]) for w in features.whole])
            difference = f[i] - screen[i]
            assert s[i] == (np.sign(difference) if abs(difference) > 0.4 * usual else 0)
    assert np.array_equal(states.whole, np.where(features.whole > screen, 1, -1))
    assert (States.of(features, dead_zone=0).occluded != 0).all()


def test_an_empty_screen_says_nothing():
    screen = np.linspace(-0.5, 0.5, 6).astype(np.float32)
    empty = feature_set(screen=screen, occluded=np.tile(screen, (5, 1)))
    assert not States.of(empty).occluded.any()


def test_states_against_a_threshold():
    known = np.ones((5, 6), bool)
    known[:, 2] = False
    features = feature_set(screen=np.full(6, 9, np.float32), threshold=0.2, known=known)
    states = States.of(features, reference="threshold")
    assert np.array_equal(states.whole, np.where(features.whole > 0.2, 1, -1))
    expected = np.where(features.occluded > 0.2, 1, -1)
    expected[:, 2] = 0
    assert np.array_equal(states.occluded, expected)


# ---------------------------------------------------------------------- course


@pytest.fixture(scope="module")
def trials():
    whole, category = clusters()
    whole = np.where(whole > 0, np.float32(1), np.float32(-1))
    fold = folds_of(category, 4, np.random.default_rng(1))
    shown = np.repeat(np.arange(len(whole)), 3)
    hidden = np.random.default_rng(2).random((len(shown), whole.shape[1])) < 0.6
    return Trials(
        states=np.where(hidden, np.float32(0), whole[shown]),
        whole=whole,
        category=category,
        object=shown,
        fold=fold[shown],
        readout=Readout.fit(whole, category, fold),
    )


@pytest.mark.parametrize("given", [None, Input(0.2, off_at=5), Input(0.2, off_at=3, mask_at=9)])
def test_course_reads_out_every_step(trials, given):
    from dataclasses import replace

    masks = None
    if given is not None and given.mask_at is not None:
        masks = trials.states[::-1].copy()
    network = Saturating().store(trials.whole)
    steps = 40
    run = network.run(trials.states, steps, input=given, masks=masks, record=range(steps + 1))
    course = replace(trials, masks=masks).follow(
        network, steps, input=given, rng=np.random.default_rng(0)
    )
    for step, states in enumerate(run.recorded):
        told = trials.readout.predict(states, trials.fold)
        assert np.array_equal(course.predicted[:, step], told)
    assert np.array_equal(course.steps_to_converge, run.steps_to_converge)
    assert list(course.distance_steps) == [0, 1, 2, 4, 8, 16, 32, 40]
    own, other = trials.distances(run.recorded[16])
    assert np.array_equal(course.distance_own[:, 5], own)
    assert np.array_equal(course.distance_other[:, 5], other)


def test_distances(trials):
    own, other = trials.distances(trials.states)
    for i in (0, 10, 50):
        away = np.sqrt(np.mean((trials.whole - trials.states[i]) ** 2, axis=1))
        assert own[i] == pytest.approx(away[trials.object[i]], rel=1e-5)
        different = trials.category != trials.category[trials.object[i]]
        assert other[i] == pytest.approx(away[different].min(), rel=1e-5)


def test_the_best_step_is_chosen_in_the_other_folds():
    correct = np.zeros((6, 5), bool)
    fold = np.array([0, 0, 1, 1, 2, 2])
    correct[:, 0] = True  # the start is no step of the network
    correct[fold == 0, 4] = True  # only fold 0 would choose it
    correct[fold == 1, 2] = True
    assert list(best_steps(correct, fold, 3)) == [2, 4, 2]
    assert list(best_steps(correct[:, :1], fold, 3)) == [0, 0, 0]


# ---------------------------------------------------------------------- experiment


def test_same_seed_same_result(source):
    first, again = (complete(source, SMALL, seed=5) for _ in range(2))
    other = complete(source, SMALL, seed=6)
    assert first.drop_attrs().identical(again.drop_attrs())
    assert not np.array_equal(first.object, other.object)


def test_both_protocols_show_the_same(source, experiment):
    from dataclasses import replace

    novel = Experiment.of(source, replace(SMALL, protocol="novel"), seed=3)
    assert np.array_equal(novel.seen.occluded, experiment.seen.occluded)
    assert not set(novel.stored) & set(novel.seen.object)
    assert set(experiment.stored) == set(experiment.seen.object)
    same = experiment.run(), novel.run()
    for name in ("raw", "bipolar", "category"):
        assert np.array_equal(same[0][name], same[1][name])


def test_familiar_objects_are_completed_and_shuffled_weights_do_not(experiment):
    result = experiment.run()
    values = completion.summary(result)
    assert values["gain_points"] > 15
    assert values["gain_interval"][0] > 0
    assert values["accuracy_shuffled"] < 0.25  # chance is 0.1
    first, last = result.distance_own.values[:, 0].mean(), result.distance_own.values[:, -1].mean()
    assert last < 0.7 * first


@pytest.mark.parametrize("network", ["hebb", "pinv", "rnnh", "dense", "rnn5", "none"])
def test_every_network_runs(experiment, network):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 20 patterns are beyond Hebb's capacity
        result = experiment.run(network)
    assert result.attrs["network"] == network
    assert ("shuffled" in result) == (network != "none")
    answers = result["bipolar" if network == "none" else "recurrent"]
    assert set(answers.values) <= set(range(10))


def test_an_image_that_goes_and_a_mask_that_comes(source):
    from dataclasses import replace

    on = replace(SMALL, clamp=0.5, network="rnnh", steps=12)
    off = replace(on, image_off=4)
    masked = replace(off, mask_at=4)
    lasting, ended, replaced = (complete(source, d, seed=3) for d in (on, off, masked))
    assert np.array_equal(lasting.predicted[:, :5], ended.predicted[:, :5])
    assert np.array_equal(ended.predicted[:, :5], replaced.predicted[:, :5])
    assert not np.array_equal(lasting.predicted, ended.predicted)
    assert not np.array_equal(ended.predicted, replaced.predicted)
    correct = [float((r.predicted[:, -1] == r.category).mean()) for r in (ended, replaced)]
    assert correct[1] < correct[0]


def test_features_of_a_file_that_has_whole_objects_only():
    whole, category = clusters(12, 60)
    none = np.zeros((0, 60), np.float32), np.zeros(0, int), np.zeros(0)
    names = tuple(map(str, range(len(whole))))
    features = FeatureSet(whole, category, ("a", "b", "c"), *none, threshold=0.0, names=names)
    design = Completion(network="pinv", stored=9, visibility=(30.0,), repeats=4, steps=10)
    result = complete(Features(features), design)
    assert result.sizes["trial"] == 36
    assert np.all(result.visible == 30)
    assert float((result.recurrent == result.category).mean()) > 0.9


def test_trials_of_a_file_count_for_the_nearest_visibility():
    whole, category = clusters(12, 60)
    index = np.tile(np.arange(36), 2)
    features = FeatureSet(
        whole, category, ("a", "b", "c"), whole[index], index, np.repeat([12.0, 33.0], 36),
        threshold=0.0, names=tuple(map(str, range(36))),
    )  # fmt: skip
    design = Completion(network="modern", stored=6, visibility=(10.0, 30.0), steps=3)
    result = complete(Features(features), design)
    assert sorted(set(result.visibility.values)) == [10, 30]
    assert sorted(set(np.round(result.visible.values))) == [12, 33]
    with pytest.raises(InputError, match="no features of masks"):
        complete(Features(features), Completion(clamp=0.1, image_off=2, mask_at=2, stored=6))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "rnh"}, "network must be one of .* did you mean 'rnnh'"),
        ({"protocol": "old"}, "protocol must be one of 'familiar', 'novel'"),
        ({"visibility": (10.0, 101.0)}, "visibility must be a number from 0 to 100, given 101"),
        ({"stored": 1}, "stored must be a whole number of at least 2"),
        ({"mask_at": 3}, "a mask needs a strength above 0"),
        ({"clamp": -1.0}, "strength must be a number of at least 0"),
    ],
)
def test_bad_designs(changes, message):
    with pytest.raises(InputError, match=message):
        Completion(**changes)


def test_more_stored_than_there_are_objects(source):
    with pytest.raises(InputError, match="stored: expected at most 1740"):
        complete(source, Completion(stored=1797))


# ---------------------------------------------------------------------- what is measured


def test_accuracies_are_those_of_the_answers(experiment):
    result = experiment.run()
    values = completion.summary(result)
    json.dumps(values)
    for i, percent in enumerate((20.0, 50.0)):
        those = result.visibility.values == percent
        row = values["accuracy_by_visibility"][i]
        for name in completion.READOUTS:
            share = np.mean((result[name] == result.category).values[those])
            assert row[name] == pytest.approx(share)
            low, high = row[f"{name}_interval"]
            assert low <= share <= high
        assert completion.by_step(result)[i, 0] == pytest.approx(row["bipolar"])
    better = max(values["accuracy_raw"], values["accuracy_bipolar"])
    assert values["accuracy_feedforward"] == pytest.approx(better)
    gain = 100 * (values["accuracy_recurrent"] - better)
    assert values["gain_points"] == pytest.approx(gain)
