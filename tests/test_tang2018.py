"""Released trials of Tang et al. 2018 give the paper's numbers; made-up ones give all tables."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from analyses.figures import tang2018, tang2018_completion, tang2018_figure
from analyses.figures.tang2018_completion import completion
from analyses.figures.tang2018_published import HUMAN, HUMAN_BY_VISIBILITY, MODELS
from neurosim.errors import InputError
from tasks.vision.tang2018 import read_whole_features

FOLDER = "occlusion_psychophysics"


@pytest.fixture(scope="module")
def trials(real_data) -> pd.DataFrame:
    return tang2018.trials_with_models(real_data / FOLDER)


@pytest.fixture(scope="module")
def curves(trials) -> pd.DataFrame:
    return tang2018.by_visibility(trials)


# the real trials


def test_every_published_accuracy_to_three_digits(trials, curves):
    lines = tang2018.human_accuracy(trials, curves) + tang2018.model_accuracy(trials)
    compared = [line for line in lines if line["published"] is not None]
    assert len(compared) == 10 + len(HUMAN_BY_VISIBILITY) + len(MODELS)
    for line in compared:
        assert round(line["ours"], 3) == pytest.approx(line["published"]), line["condition"]
        assert line["difference"] == line["ours"] - line["published"]
        assert line["low"] < line["ours"] < line["high"]


def test_curves_split_the_trials_with_something_to_see(trials, curves):
    something = trials[trials["visibility"] > 0]
    of = curves.groupby("who")["n"].sum()
    assert set(of) == {len(something)}
    assert set(of.index) == {"people", *MODELS}
    one = curves[(curves.who == "fc7") & (curves.visibility == "10-15 %")].iloc[0]
    own = something[(something.visibility > 10) & (something.visibility <= 15)]
    assert one.accuracy == pytest.approx(own["fc7"].mean(), rel=1e-12)
    assert one.mean_visibility == pytest.approx(own["visibility"].mean(), rel=1e-12)


def test_people_agree_with_the_learned_model_best_and_with_themselves_more(trials):
    lines = {(x["quantity"], x["condition"]): x for x in agreement(trials)}
    overall, within, by_picture, given = (
        {condition: x["ours"] for (quantity, condition), x in lines.items() if quantity == kind}
        for kind in (tang2018.BY_OBJECT, tang2018.WITHIN_CATEGORY, tang2018.BY_PICTURE,
                     tang2018.GIVEN_BOTH)
    )  # fmt: skip
    share = trials[~trials["mask"]].groupby("object")[["correct", "RNN5_t4"]].mean()
    assert overall["RNN5_t4"] == pytest.approx(share.corr().iloc[0, 1], rel=1e-9)
    assert max(tang2018.COMPARED, key=overall.get) == "RNN5_t4"
    assert within["RNNh_t14"] > within["pixels"] + 0.2
    assert given["RNNh_t14"] > given["fc7"] > given["pixels"]
    again = "people: the same picture again, with mask, 150 ms"
    for found in (by_picture, given):
        assert found[again] > max(found[name] for name in tang2018.COMPARED) + 0.2
    assert lines[tang2018.BY_PICTURE, again]["n"] == 1261


def agreement(trials: pd.DataFrame) -> list[dict]:
    with pytest.MonkeyPatch.context() as patch:
        quick(patch)
        return tang2018.agreement(trials, np.random.default_rng(0))


def test_a_mask_takes_less_away_the_later_it_comes(trials):
    lines = tang2018.masking(trials, np.random.default_rng(0))
    whole, *by_soa = [line["ours"] for line in lines]
    assert by_soa == sorted(by_soa, reverse=True)
    for value, soa in zip(by_soa, HUMAN["mask"], strict=True):
        expected = 1 - HUMAN["mask"][soa] / HUMAN["no mask"][soa]
        assert value == pytest.approx(expected, abs=0.002)
    area = [np.trapezoid(list(HUMAN[kind].values()), list(HUMAN[kind])) for kind in HUMAN]
    assert whole == pytest.approx(1 - area[1] / area[0], abs=0.002)


def test_real_whole_patterns_are_fixed_and_half_of_one_brings_it_back(real_data, monkeypatch):
    monkeypatch.setattr(tang2018_completion, "KEPT", (0.05, 0.5))
    whole = read_whole_features(real_data / FOLDER, practice=True)
    found, fixed = completion(whole, images=6, rng=np.random.default_rng(0))
    assert fixed == 325
    end = found[found.step == tang2018_completion.STEPS].set_index(["missing", "kept"])
    assert end.own_pattern["unknown", 0.5] == end.own_pattern["absent", 0.5] == 1
    assert end.own_pattern["unknown", 0.05] == 1
    assert end.own_pattern["absent", 0.05] == 0
    steps = end.steps_to_converge
    assert steps["unknown", 0.05] > steps["unknown", 0.5]
    assert (end.n == 6).all()


# trials made up


def quick(patch: pytest.MonkeyPatch) -> None:
    """A handful of resamples."""
    for name in ("bootstrap", "psychometric_intervals"):
        slow = getattr(tang2018, name)
        patch.setattr(
            tang2018,
            name,
            lambda *a, slow=slow, **o: slow(*a, **(o | {"n_resamples": 3})),
        )


def write(folder, n_subjects=6, each=6, seed=0):
    """A small set in the files' own form: half of each category's objects, two looks at each."""
    from tasks.vision.tang2018_trials import COLUMNS, category_of

    rng = np.random.default_rng(seed)
    objects = np.concatenate([np.arange(k, k + each) for k in (1, 61, 121, 181, 241)])
    looks = n_subjects * len(objects)
    table = pd.DataFrame({"subject": np.repeat(np.arange(n_subjects), len(objects))})
    table["object"] = np.tile(objects, n_subjects)
    table["category"] = category_of(table["object"])
    table["visibility"] = rng.uniform(0.5, 40, looks).round(3)
    table["soa"] = np.resize([25, 50, 75, 100, 150], looks)[rng.permutation(looks)]
    table["bubbles"] = 2
    centres = np.pad(rng.integers(1, 65536, (looks, 2)), ((0, 0), (0, 8)))
    table, centres = pd.concat([table, table], ignore_index=True), np.tile(centres, (2, 1))
    n = len(table)
    table["mask"] = np.repeat([0, 1], looks)
    table["soa_measured"] = table["soa"] + 1.0
    table["reaction_time"] = rng.lognormal(6.8, 0.2, n)
    other = rng.choice(np.unique(table["category"]), n)
    known = 0.1 + 0.8 * (table["object"] % 20 / each)  # the last of a category are well known
    table["response"] = np.where(rng.random(n) < known, table["category"], other)
    table["correct"] = (table["response"] == table["category"]).astype(int)
    names = {ours: theirs for theirs, ours in COLUMNS.items()}
    table.rename(columns=names).to_csv(folder / "trials.csv.gz", index=False)
    np.savez(folder / "bubble_centers.npz", centers=centres.astype(np.uint16))
    answers = table[["object", "visibility", "category"]].rename(columns=names)
    pd.concat(
        [answers.assign(model=name, response=rng.permutation(other)) for name in MODELS]
    ).to_csv(folder / "model_predictions.csv.gz", index=False)
    np.savez(
        folder / "fc7_whole.npz",
        fc7=np.maximum(rng.standard_normal((len(objects), 300)) - 0.5, 0).astype(np.float32),
        category=category_of(objects),
        object_id=objects,
    )
    return table


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory):
    data, out = (tmp_path_factory.mktemp(name) for name in ("data", "out"))
    table = write(data)
    with pytest.MonkeyPatch.context() as patch:
        quick(patch)
        lines = tang2018.reproduce(data=data, out=out, images=10)
        patch.setattr(tang2018_figure, "figure", lambda *_: None)
        again = tang2018.reproduce(data=data, out=out, images=10)
    return table, lines, again, out


def test_all_tables_and_the_figure_are_written(reproduced):
    _, lines, _, out = reproduced
    written = sorted(path.name for path in out.iterdir())
    assert written == [
        "accuracy.csv", "completion.csv", "figure.pdf", "figure.png", "psychometric.csv",
        "table.csv",
    ]  # fmt: skip
    with open(out / "table.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["condition"] for row in rows] == [line["condition"] for line in lines]
    assert (out / "figure.png").stat().st_size > 50_000


def test_lines_are_of_what_was_given(reproduced):
    table, lines, _, _ = reproduced
    found = {(line["quantity"], line["condition"]): line for line in lines}
    one = found["human accuracy", "mask, 75 ms"]
    own = table[(table["mask"] == 1) & (table["soa"] == 75)]
    assert one["ours"] == pytest.approx(own["correct"].mean())
    assert one["n"] == len(own)
    assert one["difference"] == pytest.approx(own["correct"].mean() - 0.551)
    assert found["RNNh: whole patterns that are fixed points", "of 30"]["ours"] == 30
    assert found["RNNh: ends at the own pattern", "70% of features, others unknown"]["n"] == 10


def test_same_seed_same_lines(reproduced):
    _, lines, again, _ = reproduced
    assert str(lines) == str(again)  # as text, where None and NaN are what they are


def test_what_is_missing_is_told(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        tang2018.reproduce(data=tmp_path / "gone", out=tmp_path)
    write(tmp_path)
    path = tmp_path / "model_predictions.csv.gz"
    answers = pd.read_csv(path)
    answers[answers["model"] != "HMAX"].to_csv(path, index=False)
    with pytest.raises(InputError, match="expected answers of HMAX, given pixels, pool5") as raised:
        tang2018.reproduce(data=tmp_path, out=tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("images", "message"),
    [(31, "images must be at most 30, given 31"), (0, "images must be a whole number of at least")],
)
def test_impossible_number_of_images(tmp_path, images, message):
    write(tmp_path)
    whole = read_whole_features(tmp_path, practice=True)
    with pytest.raises(InputError, match=message):
        completion(whole, images=images, rng=np.random.default_rng(0))
