"""The released data: published numbers from the real files, and made-up files with every fault."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_vision_matlab import write

from neurosim.errors import InputError
from tasks.vision.occluders import Bubbles, visibility
from tasks.vision.tang2018 import (
    ANSWERS,
    CENTRES,
    FEATURES,
    RENDERINGS,
    TRIALS,
    data_folder,
    read_answers,
    read_centres,
    read_renderings,
    read_trials,
    read_whole_features,
)
from tasks.vision.tang2018_matlab import read_matlab_trials, read_objects
from tasks.vision.tang2018_trials import CATEGORIES, category_of, centres_of

HUMANS = {
    False: {25: 0.564, 50: 0.652, 75: 0.716, 100: 0.731, 150: 0.734},
    True: {25: 0.252, 50: 0.451, 75: 0.551, 100: 0.629, 150: 0.719},
}
HUMANS_BY_VISIBILITY = [0.526, 0.665, 0.724, 0.785, 0.821]
"""No mask, 150 ms, in bins of 5 %."""

MODELS = {
    "pixels": 0.165, "HMAX": 0.231, "pool5": 0.178, "fc7": 0.496, "fc7_bipolar": 0.504,
    "RNNh_t1": 0.548, "RNNh_t2": 0.560, "RNNh_t5": 0.572, "RNNh_t10": 0.592, "RNNh_t14": 0.598,
    "RNNh_t20": 0.592, "RNNh_t50": 0.565, "RNNh_t100": 0.563, "RNNh_t15_shuffled_weights": 0.203,
    "RNN5_t0": 0.474, "RNN5_t1": 0.723, "RNN5_t2": 0.731, "RNN5_t3": 0.757, "RNN5_t4": 0.773,
}  # fmt: skip


@pytest.fixture(scope="module")
def real(real_data: Path) -> Path:
    folder = real_data / "occlusion_psychophysics"
    if not folder.is_dir():
        pytest.skip("no folder occlusion_psychophysics in shared/data")
    return folder


@pytest.fixture(scope="module")
def trials(real: Path) -> pd.DataFrame:
    return read_trials(real)


def test_people(trials):
    assert len(trials) == 12_600 and trials["subject"].nunique() == 21
    for mask, by_soa in HUMANS.items():
        found = trials[trials["mask"] == mask].groupby("soa")["correct"].mean()
        assert found.round(3).to_dict() == by_soa
    longest = trials[~trials["mask"] & (trials["soa"] == 150)]
    bins = pd.cut(longest["visibility"], range(0, 30, 5))
    found = longest.groupby(bins, observed=True)["correct"].mean()
    assert found.round(3).to_list() == HUMANS_BY_VISIBILITY


def test_practice_is_left_out_and_flagged(real, trials):
    every = read_trials(real, practice=True)
    assert len(every) == 13_000 and every.index.tolist() == list(range(13_000))
    assert (every["practice"] == (every["object"] > 300)).all()
    pd.testing.assert_frame_equal(every[~every["practice"]], trials)


def test_pictures_are_shown_with_and_without_a_mask(trials):
    same = trials.groupby("picture")
    assert (same.size() == 2).all() and (same["mask"].sum() == 1).all()
    for column in ("subject", "object", "soa", "visibility", "bubbles"):
        assert (same[column].nunique() == 1).all()


def test_models(real, trials):
    answers = read_answers(real, trials)
    assert answers.index.equals(trials.index)
    found = answers.eq(trials["category"], axis=0).mean().round(3)
    assert found.to_dict() == MODELS
    # an answer to the wrong trial would show as two answers to one picture
    assert (answers.groupby(trials["picture"]).nunique() == 1).all(axis=None)


def test_whole_features(real):
    features = read_whole_features(real)
    assert features.shape == (300, 4096) and (features.dtypes == np.float32).all()
    every = read_whole_features(real, practice=True)
    assert every.shape == (325, 4096)
    assert np.linalg.matrix_rank((np.where(every > 0, 1.0, -1.0))[1:] - 1.0) == 324
    assert every.loc[(301, "animals")].notna().all()


def test_renderings_lie_within_their_bubbles(real):
    """Where centres or sigma were off, something would be visible that cannot be."""
    every = read_trials(real, practice=True)[:325]
    rows = slice(0, 325, 13)
    m = Bubbles(centres=read_centres(real, every)[rows]).transparency(
        np.ones((25, 256, 256), bool), np.random.default_rng(0)
    )
    contrast = np.abs(read_renderings(real)[rows] - 0.5)
    assert (contrast <= 0.5 * m + 1 / 255).all()
    assert (contrast[m > 0.5] > 0.4).any()  # and comes near to what can be


def test_published_visibility_is_a_count_of_pixels_within_two_sigma(trials):
    """Two definitions and one wrong radius predict other means."""
    n = np.arange(4, 9)
    found = trials.groupby("bubbles")["visibility"].mean().to_numpy()
    disc = 2469 / 256**2  # of a bubble's pixels, m >= 0.134
    np.testing.assert_allclose(found, 100 * (1 - (1 - disc) ** n), atol=0.7)
    # The most frequent count is one whole disc. Of each object, the smallest area of which all
    # visibilities are whole numbers of pixels:
    areas = np.arange(4000, 45_000)
    counts = []
    for _, some in list(trials.groupby("object"))[::3]:
        percents = np.unique(some["visibility"])
        percents = percents[percents > 0]
        left = areas
        for percent in percents:
            pixels = percent * left / 100
            left = left[np.abs(pixels - pixels.round()) <= 0.00051 * left / 100]
        counts += [np.rint(percents * area / 100) for area in left]
    values, times = np.unique(np.concatenate(counts), return_counts=True)
    assert values[times.argmax()] == 2469


def fake(path: Path, **change) -> Path:
    """A folder with four trials of three pictures, and answers of two models in another order."""
    trials = {
        "subject": [1, 1, 2, 2], "object_id": [1, 61, 1, 301],
        "category": ["animals", "chairs", "animals", "animals"],
        "response": ["animals", "faces", "chairs", "animals"], "correct": [1, 0, 0, 1],
        "visible_percent": [10.5, 20.0, 10.5, 7.0], "soa_ms": [25, 50, 25, 150],
        "soa_measured_ms": [27.1, 52.0, 26.0, 151.0], "masked": [0, 1, 1, 0],
        "n_bubbles": [2, 1, 2, 1], "reaction_time_ms": [500.0, 600.0, 700.0, 800.0],
    }  # fmt: skip
    path.mkdir(exist_ok=True)
    pd.DataFrame(trials | change).to_csv(path / TRIALS, index=False)
    np.savez(path / CENTRES, centers=np.array([[5, 9, 1], [7, 1, 1], [9, 5, 2], [1, 0, 0]], "u2"))
    rows = [(model, i) for model in "ba" for i in (1, 0, 3, 2)]
    answers = {
        "model": [model for model, _ in rows],
        "object_id": [trials["object_id"][i] for _, i in rows],
        "visible_percent": [trials["visible_percent"][i] for _, i in rows],
        "response": [("fruits", "animals")[model == "a"] for model, _ in rows],
        "category": [trials["category"][i] for _, i in rows],
    }
    pd.DataFrame(answers).to_csv(path / ANSWERS, index=False)
    return path


def test_a_made_up_folder(tmp_path):
    folder = fake(tmp_path)
    found = read_trials(folder)
    assert found["object"].tolist() == [1, 61, 1]
    assert found["picture"].tolist() == [0, 1, 0]  # the order of bubbles does not matter
    assert found["correct"].tolist() == [True, False, False]
    centres = read_centres(folder, found.loc[[1]])
    np.testing.assert_array_equal(centres, [[[6, 0], [np.nan] * 2, [np.nan] * 2]])
    answers = read_answers(folder, found)
    assert list(answers) == ["b", "a"] and answers.index.tolist() == [0, 1, 2]
    assert answers["a"].eq(found["category"]).tolist() == [True, False, True]


def test_answers_pair_in_the_order_of_the_trials(tmp_path):
    folder = fake(tmp_path)
    table = pd.read_csv(folder / ANSWERS)
    table.loc[5, "response"] = "faces"  # model a, object 1 for the first time
    table.to_csv(folder / ANSWERS, index=False)
    assert read_answers(folder, read_trials(folder))["a"].tolist() == [
        "faces", "animals", "animals",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"object_id": [1, 61, 326, 301]}, "object_id must be whole numbers from 1 to 325, row 3"),
        ({"object_id": [1, 61, 62, 301]}, "category must be that of the object's number, row 3 is"),
        ({"category": ["animals", "cars", "animals", "animals"]}, "category must be one of"),
        ({"response": ["animals", None, "chairs", "animals"]}, "response must be one of .* row 2"),
        ({"correct": [1, 1, 0, 1]}, "correct must be 1 where response and category agree.* row 2"),
        ({"visible_percent": [10, 101, 10, 7]}, "visible_percent must be .* 100, row 2 is 101"),
        ({"visible_percent": [10, np.nan, 10, 7]}, "numbers from 0 to 100, row 2 is nan"),
        ({"soa_ms": [0.025, 0.05, 0.025, 0.15]}, "soa_ms must be numbers from 1 to 1000, row 1 is"),
        ({"masked": [0, 1, 2, 0]}, "masked must be whole numbers from 0 to 1, row 3 is 2"),
        ({"subject": list("abcd")}, "subject must be numbers, given"),
        ({"n_bubbles": [2, 1, 4, 1]}, "centers must be as many as n_bubbles of .*, row 3 is not"),
        ({"n_bubbles": [2, 1, 2, 2]}, "centers must be as many as n_bubbles of .*, row 4 is not"),
        ({"reaction_time_ms": [0.5, 1, 1, 1]}, "reaction_time_ms must be numbers of at least 1"),
    ],
)  # fmt: skip
def test_trials_that_cannot_be(tmp_path, change, message):
    with pytest.raises(InputError, match=message) as error:
        read_trials(fake(tmp_path, **change))
    assert "\n" not in str(error.value)


def test_files_that_are_missing(tmp_path):
    folder = fake(tmp_path)
    with pytest.raises(InputError, match=f"lacks {FEATURES}, {RENDERINGS} of the data of Tang"):
        data_folder(folder)
    assert data_folder(folder, TRIALS, CENTRES) == folder
    (folder / CENTRES).unlink()
    with pytest.raises(InputError, match=f"lacks {CENTRES} of"):
        read_trials(folder)


def no_column(folder: Path) -> None:
    pd.read_csv(folder / TRIALS).drop(columns=["soa_ms", "masked"]).to_csv(
        folder / TRIALS, index=False
    )


def no_rows(folder: Path) -> None:
    pd.read_csv(folder / TRIALS)[:0].to_csv(folder / TRIALS, index=False)


def no_table(folder: Path) -> None:
    (folder / TRIALS).write_bytes(gzip.compress(b""))


def no_gzip(folder: Path) -> None:
    (folder / TRIALS).write_bytes(b"subject,object_id\n1,2\n")


def no_archive(folder: Path) -> None:
    (folder / CENTRES).write_bytes(b"PK\x03\x04 no")


def other_centres(folder: Path) -> None:
    np.savez(folder / CENTRES, centres=np.ones((4, 3)))


def few_centres(folder: Path) -> None:
    np.savez(folder / CENTRES, centers=np.ones((3, 3), int))


def far_centres(folder: Path) -> None:
    np.savez(folder / CENTRES, centers=np.full((4, 3), 65_537))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (no_column, r"lacks the column 'soa_ms', 'masked' \(has: subject, "),
        (no_rows, "holds no rows"),
        (no_table, r"trials.csv.gz: cannot be read \(No columns"),
        (no_gzip, r"trials.csv.gz: cannot be read \("),
        (no_archive, r"bubble_centers.npz: cannot be read \("),
        (other_centres, r"lacks the array 'centers' \(has: centres\)"),
        (few_centres, r"whole numbers with a row for each trial, given int64 \(3, 3\)"),
        (far_centres, "centers must be from 0 to 65536, row 1 is not"),
    ],
)
def test_files_that_are_none(tmp_path, spoil, message):
    folder = fake(tmp_path)
    spoil(folder)
    with pytest.raises(InputError, match=message) as error:
        read_trials(folder)
    assert "\n" not in str(error.value)


def test_answers_to_other_trials(tmp_path):
    folder = fake(tmp_path)
    table = pd.read_csv(folder / ANSWERS)
    table.loc[0, "visible_percent"] = 50.0
    table.to_csv(folder / ANSWERS, index=False)
    with pytest.raises(InputError, match="no answer to object 61 with 20 % visible"):
        read_answers(folder, read_trials(folder))
    table[:6].to_csv(folder / ANSWERS, index=False)
    with pytest.raises(InputError, match="a has 2 answers to 4 trials"):
        read_answers(folder, read_trials(folder))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fc7": np.full((2, 3), np.nan, "f4")}, "fc7 must be finite, row 1 is not"),
        ({"fc7": np.ones((3, 3), "f4")}, r"given \(3, 3\) and \(2,\)"),
        ({"object_id": np.array([1, 400])}, "object_id must be whole numbers from 1 to 325, row 2"),
        (
            {"category": np.array(["faces", "animals"])},
            "that of the object's number, row 1 is faces",
        ),
    ],
)
def test_features_that_are_none(tmp_path, change, message):
    features = {"fc7": np.ones((2, 3), "f4"), "object_id": np.array([1, 301])}
    features["category"] = np.array(["animals", "animals"])
    np.savez(tmp_path / FEATURES, **features)
    assert read_whole_features(tmp_path).index.tolist() == [(1, "animals")]
    np.savez(tmp_path / FEATURES, **(features | change))
    with pytest.raises(InputError, match=message):
        read_whole_features(tmp_path)


def test_renderings_of_another_size(tmp_path):
    np.savez(tmp_path / RENDERINGS, images=np.zeros((325, 8, 8), np.uint8))
    with pytest.raises(InputError, match=r"given uint8 \(325, 8, 8\)"):
        read_renderings(tmp_path)


def test_places_go_down_the_columns():
    rng = np.random.default_rng(0)
    linear = rng.integers(1, 256**2 + 1, (5, 3))
    for trial, found in zip(linear, centres_of(linear, np.full(5, 3)), strict=True):
        for place, (row, column) in zip(trial, found, strict=True):
            picture = np.zeros((256, 256))
            picture.T.flat[place - 1] = 1  # MATLAB's order
            assert picture[int(row), int(column)] == 1


def test_categories_of_objects():
    found = category_of(np.arange(1, 326))
    assert all((found == kind).sum() == 65 for kind in CATEGORIES)
    assert found[59] == "animals" and found[60] == "chairs" and found[304] == "animals"


FIELDS = {"subject": "who", "object": "pres", "response": "said", "hidden": "black", "soa": "soa"}
FIELDS |= {"mask": "masked", "centres": "bubble_centers", "bubbles": "nbubbles"}


def exported(**change):
    trials = {
        "who": np.array([[1.0], [1.0], [2.0]]), "pres": np.array([[1.0], [61.0], [301.0]]),
        "said": ["animals", "faces", "animals"], "black": np.array([[80.0], [90.0], [70.0]]),
        "soa": np.array([[25.0], [50.0], [150.0]]), "masked": np.array([[False], [True], [True]]),
        "bubble_centers": np.array([[5.0, 9.0], [7.0, 1.0], [1.0, 1.0]]),
        "nbubbles": np.array([[2.0], [1.0], [1.0]]),
    }  # fmt: skip
    return trials | change


@pytest.mark.parametrize("version", ["5", "7.3"])
@pytest.mark.parametrize("variable", [None, "trials"])
def test_exported_trials(tmp_path, version, variable):
    variables = exported() if variable is None else {variable: exported()}
    if version == "5" and variable:
        said = variables[variable]["said"]
        variables[variable]["said"] = np.array(said, object)
    path = write(tmp_path / "trials.mat", variables, version)
    found = read_matlab_trials(path, FIELDS, variable)
    assert found["category"].tolist() == ["animals", "chairs"]
    assert found["correct"].tolist() == [True, False] and found["mask"].tolist() == [False, True]
    assert found["visibility"].tolist() == [20, 10] and found["picture"].tolist() == [0, 1]
    assert len(read_matlab_trials(path, FIELDS, variable, practice=True)) == 3


def test_categories_as_numbers(tmp_path):
    path = write(tmp_path / "a.mat", exported(said=np.array([[1.0], [3.0], [1.0]])), "5")
    assert read_matlab_trials(path, FIELDS)["response"].tolist() == ["animals", "faces"]
    write(path, exported(said=np.array([[1.0], [0.0], [1.0]])), "5")
    with pytest.raises(InputError, match="said must be texts, or from 1 to 5, row 2 is 0"):
        read_matlab_trials(path, FIELDS)


@pytest.mark.parametrize(
    ("change", "fields", "variable", "message"),
    [
        ({}, {"mask": "msked"}, None, "unknown field 'msked': did you mean 'masked'"),
        ({}, {"maske": "masked"}, None, "unknown column 'maske': did you mean 'mask'"),
        ({}, {}, "trials", "unknown variable 'trials'"),
        ({}, {}, "soa", "'soa' is no structure"),
        ({"soa": np.ones((2, 1))}, {}, None, r"fields differ in length \(who 3, .* soa 2"),
        (
            {"soa": np.array(["a", "b", "c"], object)},
            {},
            None,
            "'soa' must be a vector of numbers$",
        ),
        ({"soa": np.ones((3, 2))}, {}, None, "field 'soa' must be a vector of numbers$"),
        ({"said": np.ones((3, 2))}, {}, None, "'said' must be a vector of numbers, or texts$"),
        ({"pres": np.array([[1.0], [61.0], [1000.0]])}, {}, None, "from 1 to 325, row 3 is 1000.0"),
        ({"bubble_centers": "none"}, {}, None, "'bubble_centers' must be a matrix of numbers$"),
        ({"soa": np.array([[0.025]] * 3)}, {}, None, "soa_ms must be numbers from 1 to 1000"),
        ({"soa": {"x": 1.0}}, {}, None, "field 'soa' must be a vector of numbers$"),
    ],
)
def test_exports_that_are_none(tmp_path, change, fields, variable, message):
    path = write(tmp_path / "a.mat", exported(**change), "5")
    with pytest.raises(InputError, match=message) as error:
        read_matlab_trials(path, FIELDS | fields, variable)
    assert "\n" not in str(error.value)


def test_fields_that_are_not_given(tmp_path):
    path = write(tmp_path / "a.mat", exported(), "5")
    fields = {name: field for name, field in FIELDS.items() if name not in ("mask", "hidden")}
    with pytest.raises(InputError, match="say which field is visibility, mask"):
        read_matlab_trials(path, fields)


def test_an_object_that_only_matlab_opens(tmp_path):
    import h5py

    with h5py.File(tmp_path / "a.mat", "w") as stored:
        stored["data"] = np.zeros((1, 6), np.uint32)
        stored["data"].attrs["MATLAB_class"] = np.bytes_("dataset")
        stored["data"].attrs["MATLAB_object_decode"] = 3
    with pytest.raises(InputError, match="'data' is a MATLAB dataset, which only MATLAB can open"):
        read_matlab_trials(tmp_path / "a.mat", FIELDS, "data")


def test_objects_with_silhouettes(tmp_path):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (256, 256), np.uint8) if i < 2 else np.zeros((256, 256), "u1")
              for i in range(325)]  # fmt: skip
    masks = [np.ones((256, 256), bool) for _ in range(325)]
    masks[1][:128] = False
    path = write(tmp_path / "KLAB325.mat", {"img_mat": images, "bkgMask": masks}, "5")
    found = read_objects(path)
    assert len(found) == 300 and found.names[299] == "300" and found.background == 0.5
    assert np.bincount(found.category).tolist() == [60] * 5
    np.testing.assert_allclose(found.images[1] * 255, images[1], atol=1e-4)
    assert not found.silhouettes[1, :128].any() and found.silhouettes[1, 128:].all()
    bubbles = Bubbles(number=4).transparency(found.silhouettes[:2], rng)
    assert visibility(bubbles, found.silhouettes[:2]).shape == (2,)
    write(path, {"img_mat": images[:3], "bkgMask": masks}, "5")
    with pytest.raises(InputError, match="img_mat must have 325 cells, given 3"):
        read_objects(path)
    write(path, {"img_mat": np.ones((3, 3)), "bkgMask": masks[:1]}, "5")
    with pytest.raises(InputError, match="expected img_mat, a cell array of 256 x 256 matrices"):
        read_objects(path)
