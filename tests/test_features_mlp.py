"""The trained layer: what it computes, what is kept of it, and what it says."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from dataclasses import replace

import numpy as np
import pytest

from neurosim.errors import InputError
from tasks.vision.features import mlp
from tasks.vision.features.base import resize
from tasks.vision.features.mlp import Mlp, cache_folder

RNG = np.random.default_rng(0)
LABELS = np.arange(40) % 4
IMAGES = (0.7 * RNG.random((40, 6, 6)) + 0.3 * np.eye(6)[LABELS][:, None, :]).astype(np.float32)
SMALL = Mlp(n_units=12, max_epochs=3)

pytestmark = pytest.mark.filterwarnings("ignore:Mlp. training did not converge")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of each test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "neurosim" / "features"


@pytest.fixture
def trainings(monkeypatch):
    """Seeds of the trainings that took place."""
    seeds = []
    train = Mlp._trained

    def counted(self, pixels, classes, seed):
        seeds.append(seed)
        return train(self, pixels, classes, seed)

    monkeypatch.setattr(Mlp, "_trained", counted)
    return seeds


def fit(front_end=SMALL, images=IMAGES, labels=LABELS, seed=1):
    return front_end.fit(images, labels, np.random.default_rng(seed))


def test_features_are_those_of_scikit_learn_s_hidden_layer():
    from sklearn.neural_network import MLPClassifier

    seed = int(np.random.default_rng(1).integers(2**32))
    model = MLPClassifier((12,), max_iter=3, random_state=seed, **mlp.TRAINING)
    contrasts = IMAGES.reshape(40, 36) - np.float32(0.5)
    with warnings.catch_warnings(action="ignore"):
        model.fit(contrasts, LABELS)
    expected = np.maximum(0, contrasts @ model.coefs_[0] + model.intercepts_[0])
    features = fit().features(IMAGES)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)
    assert (features > 0).any()


def test_training_tells_classes_apart():
    fitted = fit(Mlp(n_units=50))
    rates = fitted.features(IMAGES)
    means = np.array([rates[LABELS == c].mean(axis=0) for c in range(4)])
    nearest = np.argmin(((rates[:, None] - means) ** 2).sum(axis=2), axis=1)
    assert (nearest == LABELS).mean() > 0.9


def test_large_images_are_reduced():
    large = resize(IMAGES, 30, 60)
    fitted = fit(Mlp(n_units=5, longest_side=12, max_epochs=1), np.clip(large, 0, 1))
    assert fitted.reduced == (6, 12)
    assert fitted.weights.shape == (72, 5)
    with pytest.raises(InputError, match="must be 30 x 60, as those it was fitted to"):
        fitted.features(IMAGES)


def test_the_same_seed_gives_the_same_layer_with_and_without_the_cache(cache):
    first = fit()
    cached = fit()
    for file in cache.iterdir():
        file.unlink()
    again = fit()
    other = fit(seed=2)
    np.testing.assert_array_equal(first.weights, cached.weights)
    np.testing.assert_array_equal(first.weights, again.weights)
    assert not np.array_equal(first.weights, other.weights)


def test_one_draw_from_the_generator_cached_or_not():
    drawn = []
    for _ in range(2):
        rng = np.random.default_rng(1)
        SMALL.fit(IMAGES, LABELS, rng)
        drawn.append(rng.random())
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    "change",
    [
        {"front_end": replace(SMALL, n_units=13)},
        {"front_end": replace(SMALL, max_epochs=4)},
        {"front_end": replace(SMALL, longest_side=5)},
        {"images": np.where(np.arange(36).reshape(6, 6) == 7, 0, IMAGES).astype(np.float32)},
        {"labels": LABELS[::-1].copy()},
        {"seed": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_the_weights_depend_on_is_trained_anew(trainings, change):
    fit()
    fit()
    assert len(trainings) == 1
    fit(**change)
    assert len(trainings) == 2


def test_another_scikit_learn_trains_anew(trainings, monkeypatch):
    fit()
    monkeypatch.setattr("sklearn.__version__", "0.0")
    fit()
    assert len(trainings) == 2


def test_the_threshold_needs_no_training(trainings):
    fit()
    fit(replace(SMALL, threshold=0.5))
    assert len(trainings) == 1


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other", "array"])
def test_a_damaged_file_is_made_again(cache, trainings, damage):
    expected = fit().weights
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    if damage == "empty":
        file.write_bytes(b"")
    elif damage == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "flipped":
        file.write_bytes(whole[:200] + bytes([whole[200] ^ 255]) + whole[201:])
    elif damage == "other":
        np.savez(file, weights=np.zeros((3, 3)), bias=np.zeros(3), loss=0, converged=True)
    else:
        with file.open("wb") as stream:
            np.save(stream, np.zeros(3))
    np.testing.assert_array_equal(fit().weights, expected)
    assert len(trainings) == 2
    assert file.read_bytes()[:2] == b"PK"
    fit()
    assert len(trainings) == 2


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch, trainings):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    fit()
    fit()
    assert len(trainings) == 2


def test_the_cache_is_in_the_home_folder_by_default(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    assert cache_folder() == tmp_path / ".cache" / "neurosim" / "features"


def test_layers_used_longest_ago_are_dropped(cache, monkeypatch, trainings):
    monkeypatch.setattr(mlp, "KEPT_LAYERS", 2)
    for seed in (1, 2):
        fit(seed=seed)
    now = max(file.stat().st_mtime for file in cache.iterdir())
    for file in cache.iterdir():
        os.utime(file, (now - 100, now - 100))
    fit(seed=1)  # used: stays
    fit(seed=3)
    assert len(list(cache.iterdir())) == 2
    fit(seed=1)
    assert len(trainings) == 3
    fit(seed=2)
    assert len(trainings) == 4


def train_in_process(queue):
    warnings.simplefilter("ignore")
    queue.put(float(fit().weights.sum()))


def test_processes_at_once_share_the_cache(cache):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    processes = [context.Process(target=train_in_process, args=(queue,)) for _ in range(3)]
    for process in processes:
        process.start()
    sums = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert sums == [float(fit().weights.sum())] * 3
    assert len(list(cache.iterdir())) == 1  # and no temporary ones


@pytest.mark.filterwarnings("default:Mlp. training did not converge")
def test_says_that_it_did_not_converge_also_from_the_cache():
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"Mlp: training did not converge in 3 epochs \(loss"):
            fit()


@pytest.mark.filterwarnings("error")
def test_says_nothing_when_it_converged():
    fit(Mlp(n_units=30))


def test_one_class_only():
    with pytest.raises(InputError, match="at least 2 classes, given one class only"):
        fit(labels=np.zeros(40, int))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_units": 0}, "Mlp: n_units must be a whole number of at least 1, given 0"),
        ({"max_epochs": True}, "max_epochs must be a whole number of at least 1, given True"),
        ({"longest_side": -3}, "longest_side must be a whole number of at least 1, given -3"),
        ({"threshold": np.nan}, "threshold must be a number of at least 0, given nan"),
    ],
)
def test_parameters(parameters, message):
    with pytest.raises(InputError, match=message):
        Mlp(**parameters)
