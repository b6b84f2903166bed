"""Feature files of every format are read alike, or refused in one line; partial patterns."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurosim.errors import InputError
from tasks.vision.features import FeatureSet, bipolar, load_features, partial_patterns
from tasks.vision.features.files import _read_mat

RNG = np.random.default_rng(2)
WHOLE = {
    "whole": RNG.standard_normal((4, 6)),
    "category": ["faces", "chairs", "faces", "fruits"],
}
FULL = WHOLE | {
    "object_id": np.array([11, 12, 13, 20]),
    "occluded": RNG.standard_normal((3, 6)).astype(np.float32),
    "object": np.array([20, 11, 20]),
    "visibility": np.array([5.0, 100.0, 0.0]),
    "threshold": 0.01,
    "screen": RNG.standard_normal(6),
    "mask": RNG.standard_normal((2, 6)),
}


def write_npz(path: Path, variables: dict) -> Path:
    path = path.with_suffix(".npz")
    np.savez(path, **variables)
    return path


def write_mat5(path: Path, variables: dict) -> Path:
    path = path.with_suffix(".mat")
    cells = {
        name: np.array(value, object) if isinstance(value, list) else value
        for name, value in variables.items()
    }
    scipy.io.savemat(path, cells)
    return path


def write_mat73(path: Path, variables: dict) -> Path:
    """As MATLAB writes it: after a header, transposed, cells as references."""
    path = path.with_suffix(".mat")
    with h5py.File(path, "w", userblock_size=512) as file:

        def put(name, value, kind):
            file[name] = value
            file[name].attrs["MATLAB_class"] = np.bytes_(kind)

        for name, value in variables.items():
            if isinstance(value, list):
                for i, text in enumerate(value):
                    put(f"#refs#/{name}{i}", np.array([[ord(c)] for c in text], "u2"), "char")
                cells = [[file[f"#refs#/{name}{i}"].ref for i in range(len(value))]]
                put(name, np.array(cells, h5py.ref_dtype), "cell")
            else:
                array = np.atleast_2d(np.asarray(value))
                put(name, array.T, "double" if array.dtype.kind == "f" else array.dtype.name)
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(508) + b"\x00\x02IM")
    return path


WRITERS = [write_npz, write_mat5, write_mat73]


@pytest.mark.parametrize("write", WRITERS)
def test_all_formats_hold_the_same(tmp_path, write):
    features = load_features(write(tmp_path / "set", FULL))
    for name in ("whole", "occluded", "screen", "mask"):
        assert getattr(features, name).dtype == np.float32
        np.testing.assert_allclose(getattr(features, name), FULL[name], rtol=1e-6)
    assert features.categories == ("chairs", "faces", "fruits")
    assert features.category.tolist() == [1, 0, 1, 2]
    assert features.names == ("11", "12", "13", "20")
    assert features.object.tolist() == [3, 0, 3]
    assert features.visibility.tolist() == [5, 100, 0]
    assert features.threshold == 0.01
    assert features.known is None
    assert features.n_features == 6


@pytest.mark.parametrize("write", WRITERS)
def test_whole_objects_only(tmp_path, write):
    features = load_features(write(tmp_path / "set", WHOLE))
    assert features.occluded.shape == (0, 6)
    assert features.object.shape == features.visibility.shape == (0,)
    assert features.threshold == 0
    assert features.mask is None
    assert features.screen is None


@pytest.mark.parametrize(
    ("write", "names"), list(zip(WRITERS, ["0123", "1234", "1234"], strict=True))
)
def test_objects_count_from_0_in_npz_and_from_1_in_matlab(tmp_path, write, names):
    variables = {name: value for name, value in FULL.items() if name != "object_id"}
    variables["object"] = np.array([3, 1, 1])
    features = load_features(write(tmp_path / "set", variables))
    assert features.names == tuple(names)
    assert features.object.tolist() == ([3, 1, 1] if names[0] == "0" else [2, 0, 0])


@pytest.mark.parametrize("write", WRITERS)
def test_a_single_matrix_may_have_any_name_and_others_are_left_alone(tmp_path, write):
    others = {"labels": np.arange(4.0), "video": np.zeros((2, 3, 4)), "notes": ["by", "hand"]}
    variables = {"fc7": WHOLE["whole"], "category": WHOLE["category"]} | others
    features = load_features(write(tmp_path / "set", variables))
    np.testing.assert_allclose(features.whole, WHOLE["whole"], rtol=1e-6)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(
    ("category", "categories", "index"),
    [
        (np.array([10, 2, 10, 3]), ("2", "3", "10"), [2, 0, 2, 1]),
        (np.array([1.0, 2.0, 1.0, 1.0]), ("1", "2"), [0, 1, 0, 0]),
        (np.array([[2], [1], [1], [1]]), ("1", "2"), [1, 0, 0, 0]),
    ],
)
def test_categories_as_numbers(tmp_path, write, category, categories, index):
    features = load_features(write(tmp_path / "set", WHOLE | {"category": category}))
    assert features.categories == categories
    assert features.category.tolist() == index


def test_categories_as_a_character_matrix_as_bytes_and_as_booleans(tmp_path):
    rows = np.array(["faces ", "chairs", "faces ", "fruits"])
    expected = ("chairs", "faces", "fruits")
    path = write_mat5(tmp_path / "set", WHOLE | {"category": rows})
    assert load_features(path).categories == expected
    path = write_mat73(tmp_path / "set", {"whole": WHOLE["whole"]})
    with h5py.File(path, "r+") as file:
        file["category"] = np.array([[ord(c) for c in row] for row in rows], "u2").T
        file["category"].attrs["MATLAB_class"] = np.bytes_("char")
    assert load_features(path).categories == expected
    path = write_npz(tmp_path / "set", WHOLE | {"category": np.char.encode(rows)})
    assert load_features(path).categories == expected
    path = write_npz(tmp_path / "set", WHOLE | {"category": np.array([True, False, True, True])})
    assert load_features(path).categories == ("0", "1")


def test_a_file_that_matlab_wrote():
    path = Path(scipy.io.__file__).parent / "matlab/tests/data/testhdf5_7.4_GLNX86.mat"
    if not path.is_file():
        pytest.skip("this SciPy comes without its test data")
    value = _read_mat(path)["testdouble"]
    np.testing.assert_allclose(value, np.arange(0, 2 * np.pi + 0.1, np.pi / 4)[np.newaxis])


def test_the_real_features(real_data):
    path = real_data / "occlusion_psychophysics" / "fc7_whole.npz"
    if not path.is_file():
        pytest.skip("no fc7_whole.npz among the real data")
    features = load_features(path)
    assert features.whole.shape == (325, 4096)
    assert features.categories == ("animals", "chairs", "faces", "fruits", "vehicles")
    assert np.bincount(features.category).tolist() == [65] * 5
    assert features.names[0] == "1"
    assert features.names[-1] == "325"
    assert (features.whole >= 0).all()
    patterns = bipolar(features.whole)
    assert np.linalg.matrix_rank(patterns[:-1] - patterns[-1]) == 324


def without(*names: str) -> dict:
    return {name: value for name, value in FULL.items() if name not in names}


def with_nan(name: str, count: int) -> dict:
    value = np.array(FULL[name], float)
    value.flat[:count] = np.nan
    return FULL | {name: value}


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (with_nan("whole", 5), "whole must be finite, 5 of 24 are NaN or infinite"),
        (with_nan("occluded", 2), "occluded must be finite, 2 of 18 are NaN"),
        (with_nan("mask", 1), "mask must be finite, 1 of 12 are NaN"),
        (with_nan("visibility", 1), "visibility must be finite, 1 of 3 are NaN"),
        (FULL | {"whole": FULL["whole"] * 1e300}, r"whole \(in single precision\) must be finite"),
        (FULL | {"whole": np.zeros((4, 6, 2))}, "whole must be a matrix with one row an image"),
        (without("category"), "has no variable 'category'; found: "),
        (without("object"), "has no variable 'object'"),
        (without("visibility"), "has no variable 'visibility'"),
        (without("whole"), "expected a variable 'whole' .* or a single matrix of another name"),
        (without("whole") | {"a": np.eye(3), "b": np.eye(3)}, "variables found: .*a float64"),
        (FULL | {"category": ["a"] * 4}, "at least 2 categories, given one only"),
        (FULL | {"category": ["a", "b", "a"]}, r"category must have shape \(4,\), given \(3,\)"),
        (FULL | {"category": np.zeros((4, 3))}, r"category must be a vector, given float64"),
        (FULL | {"visibility": np.array([5, 150, -1])}, "given -1 to 150 .2 of 3 outside"),
        (FULL | {"visibility": np.array([5.0, 6.0])}, r"visibility must have shape \(3,\)"),
        (FULL | {"object": np.array([20, 11])}, r"object must have shape \(3,\), given \(2,\)"),
        (FULL | {"object": np.array([20, 7, 9])}, r"name objects of the file, 2 are unknown .7, 9"),
        (FULL | {"object_id": np.array([1, 1, 2, 3])}, "must name each object once, 1 are doubled"),
        (FULL | {"object_id": np.array([20, 11])}, r"names must have shape \(4,\), given \(2,\)"),
        (FULL | {"occluded": np.zeros((3, 5))}, r"occluded must have shape \(3, 6\), given \(3, 5"),
        (FULL | {"mask": np.zeros((2, 7))}, r"mask must have shape \(2, 6\), given \(2, 7\)"),
        (FULL | {"screen": np.zeros(5)}, r"screen must have shape \(6,\), given \(5,\)"),
        (FULL | {"screen": ["a"] * 6}, "screen must be real numbers, given <U1"),
        (with_nan("screen", 2), "screen must be finite, 2 of 6 are NaN"),
        (FULL | {"threshold": np.array([1.0, 2.0])}, "threshold must be one number"),
        (FULL | {"threshold": np.nan}, "threshold must be a number .* given nan"),
    ],
)
def test_unusable_variables(tmp_path, write, variables, message):
    path = write(tmp_path / "set", variables)
    with pytest.raises(InputError, match=message) as raised:
        load_features(path)
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith(str(path))


def test_unreadable_kinds_of_category(tmp_path):
    strange = np.array([{}, [], None, 1], object)
    path = tmp_path / "set.npz"
    np.savez(path, **(WHOLE | {"category": strange}))
    told = "category must be numbers, an array of strings or a cell array of characters, given obj"
    with pytest.raises(InputError, match=told):
        load_features(path)
    path = write_mat73(tmp_path / "set", {"whole": WHOLE["whole"]})
    with h5py.File(path, "r+") as file:
        file.create_group("category")
    with pytest.raises(InputError, match=told):
        load_features(path)
    numbers = np.empty(4, object)
    numbers[:] = [np.eye(2)] * 4
    path = write_mat5(tmp_path / "set", WHOLE | {"category": numbers})
    with pytest.raises(InputError, match=told):
        load_features(path)


def test_files_of_other_kinds(tmp_path):
    with pytest.raises(InputError, match=r"none.npz: no such file"):
        load_features(tmp_path / "none.npz")
    (tmp_path / "a.csv").write_text("1,2")
    with pytest.raises(InputError, match=r"a.csv: expected a .npz or .mat file of features"):
        load_features(str(tmp_path / "a.csv"))
    with (tmp_path / "a.npz").open("wb") as stream:
        np.save(stream, np.eye(3))
    with pytest.raises(InputError, match=r"a.npz: cannot be read as npz"):
        load_features(tmp_path / "a.npz")
    (tmp_path / "a.mat").write_text("whole = 1")
    with pytest.raises(InputError, match=r"a.mat: cannot be read as a MATLAB file"):
        load_features(tmp_path / "a.mat")


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("part", [0.0, 0.01, 0.1, 0.5, 0.9])
def test_truncated_files(tmp_path, write, part):
    path = write(tmp_path / "set", FULL)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(part * len(raw))])
    with pytest.raises(InputError) as raised:
        load_features(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=3))
def test_changed_bytes_of_an_npz_are_noticed_or_harmless(tmp_path, places):
    # of the MATLAB formats not tried: SciPy's reader in C can crash on them
    path = write_npz(tmp_path / "set", FULL)
    raw = bytearray(path.read_bytes())
    for place in places:
        raw[int(place * len(raw))] ^= 255
    path.write_bytes(raw)
    try:
        features = load_features(path)
    except InputError as error:
        assert len(str(error).splitlines()) == 1
    else:
        np.testing.assert_allclose(features.whole, FULL["whole"], rtol=1e-6)


def small(**changes) -> FeatureSet:
    values = {
        "whole": np.arange(24, dtype=np.float32).reshape(4, 6) / 10,
        "category": np.array([0, 1, 0, 1]),
        "categories": ("cat", "dog"),
        "occluded": np.zeros((0, 6), np.float32),
        "object": np.zeros(0, int),
        "visibility": np.zeros(0),
        "threshold": 0.5,
        "names": ("a", "b", "c", "d"),
    }
    return FeatureSet(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"whole": np.zeros(4)}, r"whole must have one row an image, given shape \(4,\)"),
        ({"whole": np.zeros((4, 0)), "occluded": np.zeros((0, 0))}, "at least 1 feature"),
        ({"whole": np.full((4, 6), "a")}, "whole must be real numbers"),
        ({"category": np.array([0.0, 1, 0, 1])}, "category must be whole numbers, given float64"),
        ({"category": np.array([0, 1, 0, 2])}, "category must be from 0 to 1, given 0 to 2"),
        ({"category": np.array([0, 1, 0, -1])}, "category must be from 0 to 1, given -1 to 1"),
        ({"names": ("a",)}, r"names must have shape \(4,\), given \(1,\)"),
        ({"achieved": np.ones(2)}, r"achieved must have shape \(0,\), given \(2,\)"),
        ({"mask": np.zeros((1, 5))}, r"mask must have shape \(1, 6\), given \(1, 5\)"),
        ({"known": np.zeros((1, 6), bool)}, r"known must have shape \(0, 6\), given \(1, 6\)"),
        ({"known": np.zeros((0, 6))}, "known must be booleans, given float64"),
    ],
)
def test_sets_that_are_not_usable(changes, message):
    with pytest.raises(InputError, match=message):
        small(**changes)


def test_lists_will_do():
    features = small(category=[0, 1, 1, 1], whole=np.eye(4, 6).tolist())
    assert features.whole.shape == (4, 6)


def shown(**changes) -> FeatureSet:
    trials = {
        "occluded": np.arange(18.0).reshape(3, 6),
        "object": np.array([3, 0, 0]),
        "visibility": np.array([10.0, 20.0, 20.0]),
    }
    return small(**(trials | changes))


def test_some_of_the_trials():
    known = RNG.random((3, 6)) < 0.5
    features = shown(known=known)
    assert features.visible.tolist() == [10, 20, 20]
    some = features.trials(np.array([True, False, True]), visibility=np.array([15.0, 15.0, 25.0]))
    np.testing.assert_array_equal(some.occluded, features.occluded[[0, 2]])
    np.testing.assert_array_equal(some.known, known[[0, 2]])
    assert some.object.tolist() == [3, 0]
    assert some.visibility.tolist() == [15, 25]
    assert some.visible.tolist() == [10, 20]
    again = some.trials(np.array([False, True]))
    assert again.visibility.tolist() == [25]
    assert again.visible.tolist() == [20]


@pytest.mark.parametrize("name", ["visibility", "achieved"])
def test_percents(name):
    with pytest.raises(InputError, match=f"{name} must be from 0 to 100 percent, given -1 to 101"):
        shown(**{name: np.array([-1.0, 50.0, 101.0])})


@settings(max_examples=60, deadline=None)
@given(
    visibility=st.lists(st.floats(0, 100), min_size=1, max_size=3),
    n_each=st.integers(1, 4),
    n_features=st.integers(1, 40),
    seed=st.integers(0, 2**32),
)
def test_partial_patterns_keep_what_is_known(visibility, n_each, n_features, seed):
    whole = np.random.default_rng(seed).standard_normal((3, n_features)).astype(np.float32)
    features = small(
        whole=whole,
        category=np.array([0, 1, 1]),
        names=("a", "b", "c"),
        occluded=np.zeros((0, n_features)),
    )
    rng = np.random.default_rng(seed)
    partial = partial_patterns(features, np.array([2, 0]), visibility, n_each, rng)
    n_trials = 2 * n_each * len(visibility)
    assert partial.known.shape == partial.occluded.shape == (n_trials, n_features)
    assert partial.object.tolist() == ([2] * n_each + [0] * n_each) * len(visibility)
    assert partial.visibility.tolist() == np.repeat(visibility, 2 * n_each).tolist()
    n_known = [round(n_features * percent / 100) for percent in partial.visibility]
    assert partial.known.sum(axis=1).tolist() == n_known
    np.testing.assert_allclose(partial.visible, 100 * np.array(n_known) / n_features)
    for trial, known, index in zip(partial.occluded, partial.known, partial.object, strict=True):
        np.testing.assert_array_equal(trial[known], whole[index][known])
        np.testing.assert_array_equal(trial[~known], np.float32(0.5))
    states = bipolar(partial.occluded, partial.threshold, partial.known)
    wholes = bipolar(whole, partial.threshold)[partial.object]
    np.testing.assert_array_equal(states, np.where(partial.known, wholes, 0))


EVERY = np.arange(4)


def test_each_feature_is_as_often_known():
    partial = partial_patterns(small(), EVERY, [50], 500, np.random.default_rng(1))
    np.testing.assert_allclose(partial.known.mean(axis=0), 0.5, atol=0.05)
    assert len(np.unique(partial.known, axis=0)) == 20  # all 3 of 6


def test_partial_patterns_are_the_seed_s():
    first, same, other = (
        partial_patterns(small(), EVERY, [50], 5, np.random.default_rng(seed)).known
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("objects", "visibility", "n_each", "message"),
    [
        (EVERY, [10, 101], 1, "visibility must be a number from 0 to 100, given 101"),
        (EVERY, [np.nan], 1, "visibility must be a number from 0 to 100, given nan"),
        (EVERY, [50], 0, "n_each must be a whole number of at least 1, given 0"),
        (EVERY + 1, [50], 1, "objects must be from 0 to 3, given 1 to 4"),
    ],
)
def test_partial_patterns_refuse(objects, visibility, n_each, message):
    with pytest.raises(InputError, match=message):
        partial_patterns(small(), objects, visibility, n_each, np.random.default_rng(1))


def test_screen_and_masks_stay_with_the_partial_patterns():
    seen = small(mask=np.ones((2, 6)), screen=np.ones(6))
    partial = partial_patterns(seen, EVERY, [50], 1, np.random.default_rng(1))
    assert partial.mask.shape == (2, 6)
    assert partial.screen.shape == (6,)
