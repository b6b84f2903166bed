"""Measures of behaviour against slow versions, scikit-learn, and people made to a recipe."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses import agreement, psychometric, psychophysics
from analyses.agreement import ceiling, kappa, object_agreement
from analyses.intervals import Estimate
from analyses.psychometric import Psychometric, fit_psychometric, psychometric_intervals
from analyses.psychophysics import accuracy, binned, masking_index, reaction_times, trials
from neurosim.errors import InputError

SOAS = (25, 50, 75, 100, 150)


def people(n_subjects=12, n_objects=30, seed=0) -> pd.DataFrame:
    """Each object by each person once with and once without mask, at one SOA and visibility."""
    rng = np.random.default_rng(seed)
    shown = [(s, o, m) for s in range(n_subjects) for o in range(n_objects) for m in (0, 1)]
    table = pd.DataFrame(shown, columns=["subject", "object", "mask"])
    pair = table["subject"] * n_objects + table["object"]
    table["soa"] = rng.choice(SOAS, pair.max() + 1)[pair]
    table["visibility"] = rng.uniform(0.1, 40, pair.max() + 1)[pair]
    right = 0.3 + 0.6 * table["object"] / n_objects - 0.3 * table["mask"] * (150 - table.soa) / 125
    table["correct"] = rng.random(len(table)) < right
    table["model_correct"] = rng.random(len(table)) < 0.3 + 0.6 * table["object"] / n_objects
    table["reaction_time"] = rng.lognormal(6.8, 0.3, len(table)) + 2 * (150 - table["soa"])
    return table


TABLE = people()


def rng(seed=0) -> np.random.Generator:
    return np.random.default_rng(seed)


# accuracy


def test_accuracy_counts_each_condition():
    found = accuracy(TABLE, ["mask", "soa"])
    assert list(found.columns) == ["mask", "soa", "accuracy", "low", "high", "n"]
    assert len(found) == 10
    for row in found.itertuples():
        some = [c for c, m, s in zip(TABLE.correct, TABLE["mask"], TABLE.soa, strict=True)
                if (m, s) == (row.mask, row.soa)]  # fmt: skip
        assert row.n == len(some)
        assert row.accuracy == pytest.approx(sum(some) / len(some))
        assert row.low < row.accuracy < row.high


def test_accuracy_of_all_trials_is_one_row():
    found = accuracy(TABLE)
    assert found["accuracy"].tolist() == [pytest.approx(TABLE.correct.mean())]
    assert found["n"].tolist() == [len(TABLE)]


def test_a_dataset_is_a_table():
    dataset = TABLE.to_xarray()
    pd.testing.assert_frame_equal(accuracy(dataset, ["soa"]), accuracy(TABLE, ["soa"]))


def test_bins_are_closed_at_the_upper_end_and_leave_out_zero():
    table = pd.DataFrame({"visibility": [0, 0.01, 5, 5.01, 30, 31, 100], "correct": 1})
    found = accuracy(binned(table), ["visibility"])
    assert [str(one) for one in found.visibility] == [
        "(0.0, 5.0]", "(5.0, 10.0]", "(25.0, 30.0]", "(30.0, 100.0]"
    ]  # fmt: skip
    assert found.n.tolist() == [2, 1, 1, 2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: trials(TABLE[:0]), "the table is empty"),
        (lambda: trials([1, 2]), "expected a table, or a Dataset with one dimension, given list"),
        (lambda: accuracy(TABLE, ["so"]), "unknown column 'so': did you mean 'soa'?"),
        (lambda: accuracy(TABLE.drop(columns="correct")), "unknown column 'correct'"),
        (
            lambda: accuracy(TABLE.assign(soa=TABLE.soa.where(TABLE.soa > 25)), ["soa"]),
            "have no soa",
        ),
        (lambda: binned(TABLE, [5, 3]), "edges must be at least two rising numbers, given [5, 3]"),
        (lambda: binned(TABLE, [5]), "edges must be at least two rising numbers"),
        (lambda: binned(TABLE, [50, 60]), "no trial has a visibility between 50 and 60 %"),
        (
            lambda: reaction_times(TABLE.assign(reaction_time=0), rng=rng()),
            "reaction times must be above 0 ms",
        ),
        (
            lambda: masking_index(TABLE[TABLE["mask"] == 1], rng=rng()),
            "trials with and without mask, given one kind",
        ),
    ],
)
def test_bad_tables(call, message):
    with pytest.raises(InputError) as raised:
        call()
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


# reaction times


def test_medians_of_what_is_right_and_no_outlier():
    found = reaction_times(TABLE, ["soa"], rng=rng())
    kept = []
    for _, own in TABLE[TABLE.correct].groupby("subject"):
        log = np.log(own.reaction_time)
        off = np.abs(log - np.median(log))
        kept.append(own[off <= 3 * 1.4826 * np.median(off)])
    kept = pd.concat(kept)
    expected = kept.groupby("soa").reaction_time.median()
    np.testing.assert_allclose(found["median"], expected, rtol=1e-12)
    assert (found.low <= found["median"]).all() and (found["median"] <= found.high).all()
    assert found.n.sum() == len(kept)
    assert found.n.sum() + found.left_out.sum() == TABLE.correct.sum()


def test_a_lapse_of_a_minute_does_not_count_and_its_owner_does():
    slow = TABLE.assign(reaction_time=TABLE.reaction_time.where(TABLE.index != 5, 60_000.0))
    slow.loc[5, "correct"] = True
    more = TABLE.copy()
    more.loc[5, "correct"] = False
    a, b = (reaction_times(t, rng=rng()) for t in (slow, more))
    assert a.left_out[0] == b.left_out[0] + 1
    assert a["median"][0] == pytest.approx(b["median"][0], rel=0.01)


# masking index


def slow_masking_index(table: pd.DataFrame) -> float:
    areas = []
    for mask in (0, 1):
        share = table[table["mask"] == mask].groupby("soa").correct.mean()
        areas.append(np.trapezoid(share, share.index))
    return 1 - areas[1] / areas[0]


def test_masking_index_against_the_slow_version():
    found = masking_index(TABLE, rng=rng())
    assert found.masking_index[0] == pytest.approx(slow_masking_index(TABLE), rel=1e-12)
    assert 0 < found.low[0] < found.masking_index[0] < found.high[0]
    assert found.n[0] == len(TABLE)


def test_masking_index_of_each_object_and_soa():
    of_object = masking_index(TABLE, "object", rng=rng()).set_index("object")
    complete = [o for o, own in TABLE.groupby("object") if own.soa.nunique() == len(SOAS)]
    assert len(complete) > 10
    for o in complete:
        expected = slow_masking_index(TABLE[TABLE.object == o])
        assert of_object.masking_index[o] == pytest.approx(expected, rel=1e-12)
    of_soa = masking_index(TABLE, "soa", rng=rng()).set_index("soa")
    for soa, own in TABLE.groupby("soa"):
        share = own.groupby("mask").correct.mean()
        assert of_soa.masking_index[soa] == pytest.approx(1 - share[1] / share[0], rel=1e-12)


def test_a_missing_soa_is_left_out_of_both_areas():
    table = pd.DataFrame(
        {"subject": [0, 1] * 5, "soa": [25, 25, 50, 50, 100, 100, 100, 100, 25, 25],
         "mask": [0, 1] * 5, "correct": [1, 1, 1, 1, 1, 0, 1, 0, 1, 1], "object": 0}
    )  # fmt: skip
    # areas of points at 25, 50, 100 ms: 12.5, 37.5, 25
    assert masking_index(table, rng=rng()).masking_index[0] == pytest.approx(25 / 75)
    without = table.drop(index=2)  # no trial at 50 ms without a mask
    assert masking_index(without, rng=rng()).masking_index[0] == pytest.approx(25 / 37.5)


def test_nothing_right_without_a_mask_is_no_masking_index():
    table = TABLE.assign(correct=TABLE.correct & (TABLE.object > 0))
    found = masking_index(table, "object", rng=rng()).set_index("object")
    assert found.loc[0, ["masking_index", "low", "high"]].isna().all()
    assert found.loc[1:].notna().all().all()


# psychometric function

TRUE = Psychometric(chance_level=0.2, threshold=12.0, slope=1.4, lapse_rate=0.15)


def answers(true: Psychometric, n: int, seed=0):
    x = rng(seed).uniform(0, 50, n)
    return x, rng(seed + 1).random(n) < true.predict(x)


def test_the_function_is_as_its_equation_says():
    assert TRUE.predict(0) == 0.2
    assert TRUE.predict(1e6) == pytest.approx(0.85)
    assert TRUE.predict(12) == pytest.approx(0.2 + 0.65 * (1 - np.exp(-1)))
    assert np.all(np.diff(TRUE.predict(np.linspace(0, 100, 300))) >= 0)


def test_a_fit_comes_back_to_the_truth():
    fit = fit_psychometric(*answers(TRUE, 40_000), chance_level=0.2)
    assert fit.threshold == pytest.approx(12, rel=0.06)
    assert fit.slope == pytest.approx(1.4, rel=0.08)
    assert fit.lapse_rate == pytest.approx(0.15, abs=0.02)


@settings(max_examples=15, deadline=None)
@given(
    threshold=st.floats(4, 25),
    slope=st.floats(0.8, 4),
    lapse_rate=st.floats(0, 0.4),
    seed=st.integers(0, 2**31),
)
def test_a_fit_is_the_best_that_another_search_finds(threshold, slope, lapse_rate, seed):
    from scipy.optimize import minimize

    true = Psychometric(0.2, threshold, slope, lapse_rate)
    x, right = answers(true, 400, seed)

    def surprise(point):
        alpha, beta = np.exp(point[:2])
        if not (0 <= point[2] <= 0.8 and 0.099 <= beta <= 10.001 and x.min() / 10 <= alpha <= 500):
            return np.inf
        psi = np.clip(Psychometric(0.2, alpha, beta, point[2]).predict(x), 1e-9, 1 - 1e-9)
        return -np.log(np.where(right, psi, 1 - psi)).sum()

    fit = fit_psychometric(x, right, chance_level=0.2)
    start = [np.log(threshold), np.log(slope), lapse_rate]
    other = minimize(surprise, start, method="Nelder-Mead", options={"maxiter": 2000})
    ours = surprise([np.log(fit.threshold), np.log(fit.slope), fit.lapse_rate])
    assert ours <= other.fun + 1e-3


@settings(max_examples=30, deadline=None)
@given(st.floats(np.log(2), np.log(60)), st.floats(np.log(0.2), np.log(8)), st.floats(0.01, 0.7))
def test_derivatives_against_finite_differences(log_alpha, log_beta, lapse):
    levels = np.r_[0.0, np.geomspace(0.5, 60, 9)]
    right, n = np.arange(10) * 3.0, np.full(10, 30.0)
    point = np.array([log_alpha, log_beta, lapse])
    _, gradient = psychometric._surprise(point, levels, right, n, 0.2)
    for k in range(3):
        step = 1e-6 * np.eye(3)[k]
        up, down = (
            psychometric._surprise(point + side * step, levels, right, n, 0.2)[0]
            for side in (1, -1)
        )
        assert gradient[k] == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-6)


def test_a_step_and_guessing_end_on_the_limits():
    x = np.repeat(np.arange(1.0, 9), 50)
    step = fit_psychometric(x, x > 4.5, chance_level=0.0)
    assert step.slope == pytest.approx(psychometric.SLOPES[1])
    assert 4 < step.threshold < 5
    guesses = fit_psychometric(x, np.tile([1, 0, 0, 0, 0], 80), chance_level=0.2)
    np.testing.assert_allclose(guesses.predict(x), 0.2, atol=0.01)


def test_intervals_hold_the_truth_and_are_wider_over_people():
    x, _ = answers(TRUE, 3000)
    person = np.repeat(np.arange(15), 200)
    shift = np.exp(0.4 * rng(3).standard_normal(15))[person]
    right = rng(4).random(3000) < TRUE.predict(x * shift)
    options = {"chance_level": 0.2, "n_resamples": 60}
    over = psychometric_intervals(x, right, rng=rng(), over=person, **options)
    alone = psychometric_intervals(x, right, rng=rng(), **options)
    assert over["threshold"].low < 12 < over["threshold"].high
    assert np.ptp(over["threshold"][1:]) > np.ptp(alone["threshold"][1:])
    for found in over.values():
        assert found.low <= found.value <= found.high


@pytest.mark.parametrize(
    ("x", "correct", "message"),
    [
        ([1, 2, 3], [1, 0], "must have the same length, given 3 and 2"),
        ([1, 2, -3], [1, 0, 1], "x must be finite and at least 0"),
        ([1, 2, np.nan], [1, 0, 1], "x must be finite and at least 0"),
        ([1, 2, 3], [1, 0, 2], "correct must be 0 or 1"),
        ([1, 2, 2], [1, 0, 1], "expected at least 3 different x, given 2"),
        ([], [], "expected at least 3 different x, given 0"),
    ],
)
def test_trials_that_cannot_be_fitted(x, correct, message):
    with pytest.raises(InputError, match=message) as raised:
        fit_psychometric(x, correct, chance_level=0.2)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((1.2, 1, 1, 0), "chance_level must be a number from 0 to 1"),
        ((0.2, 0, 1, 0), "threshold must be a number above 0"),
        ((0.2, 1, -1, 0), "slope must be a number above 0"),
        ((0.2, 1, 1, 0.9), "lapse_rate must be a number from 0 to 0.8"),
    ],
)
def test_impossible_functions(values, message):
    with pytest.raises(InputError, match=f"Psychometric: {message}"):
        Psychometric(*values)


# agreement


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 5), st.integers(2, 200))
def test_kappa_against_sklearn(seed, n_labels, n):
    from sklearn.metrics import cohen_kappa_score

    a, b = rng(seed).integers(n_labels, size=(2, n))
    b = np.where(rng(seed + 1).random(n) < 0.4, a, b)
    a[0], b[0] = 0, 1
    assert kappa(a, b) == pytest.approx(cohen_kappa_score(a, b), abs=1e-12)
    assert kappa(a, b, given=np.full(n, 7)) == pytest.approx(kappa(a, b), abs=1e-12)


def test_kappa_given_what_makes_both_err():
    """Independent but for a condition that makes both err: nothing is left given that condition."""
    hard = np.repeat([0, 1], 20_000)
    a, b = rng().random((2, 40_000)) < np.where(hard, 0.2, 0.9)
    assert kappa(a, b) == pytest.approx(0.49, abs=0.02)
    assert kappa(a, b, given=hard) == pytest.approx(0, abs=0.02)
    assert kappa(a, a, given=hard) == 1


def test_object_agreement_against_the_slow_version():
    found = object_agreement(TABLE, rng=rng())
    of_object = TABLE.groupby("object")[["correct", "model_correct"]].mean()
    expected = np.corrcoef(of_object.correct, of_object.model_correct)[0, 1]
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert found.low < found.value < found.high < 1


def test_agreement_within_categories_against_the_slow_version():
    """Categories that a model and people take for hard in opposite order hide what they share."""
    table = TABLE.assign(category=TABLE.object % 3)
    table["correct"] &= rng(1).random(len(table)) < 0.4 + 0.3 * table.category
    table["model_correct"] &= rng(2).random(len(table)) < 1 - 0.4 * table.category
    found = object_agreement(table, rng=rng(), within="category")
    of_object = table.groupby(["category", "object"])[["correct", "model_correct"]].mean()
    left = of_object - of_object.groupby("category").transform("mean")
    assert found.value == pytest.approx(left.corr().iloc[0, 1], rel=1e-12)
    assert found.value > object_agreement(table, rng=rng()).value + 0.2
    assert ceiling(table, rng=rng(), within="category")[1].value < 1


def test_nobody_passes_the_ceiling_of_random_people():
    """Known shares for each object: the ceiling is how well they correlate with the people."""
    shares = rng(1).uniform(0.2, 0.9, 400)
    table = pd.DataFrame({"subject": np.repeat(np.arange(20), 400), "object": [*range(400)] * 20})
    table["correct"] = rng(2).random(8000) < shares[table.object]
    reliability, best = ceiling(table, rng=rng(), n_splits=50)
    noise = (shares * (1 - shares)).mean() / 20
    assert reliability.value == pytest.approx(shares.var() / (shares.var() + noise), abs=0.04)
    knowing = np.corrcoef(shares, table.groupby("object").correct.mean())[0, 1]
    assert best.value == pytest.approx(knowing, abs=0.03)
    assert best.low <= best.value <= best.high


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kappa([1, 0], [1]), "series of the same length of at least 1"),
        (lambda: kappa([], []), "series of the same length of at least 1"),
        (lambda: kappa([1, 0], [1, 0], given=[1]), "series of the same length"),
        (lambda: kappa([1, 1], [1, 1]), "not defined where both series are one and the same label"),
        (lambda: ceiling(TABLE[TABLE.subject < 3], rng=rng()), "at least 4 people to split, given"),
        (lambda: ceiling(TABLE, rng=rng(), n_splits=0), "n_splits must be a whole number"),
        (lambda: ceiling(TABLE[TABLE.object < 2], rng=rng()), "at least 3 objects, given 2"),
        (
            lambda: object_agreement(TABLE.assign(correct=1), rng=rng()),
            "the share of right answers is the same for all objects",
        ),
        (lambda: object_agreement(TABLE, rng=rng(), model="fc7"), "unknown column 'fc7'"),
        (
            lambda: object_agreement(TABLE, rng=rng(), within="soa"),
            "'soa' must be the same in all trials of an object",
        ),
        (
            lambda: ceiling(people(4, 6).assign(correct=rng(0).random(48) < 0.5), rng=rng()),
            "halves of the people do not agree",
        ),
    ],
)
def test_bad_agreement(call, message):
    with pytest.raises(InputError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)


# drawings


def test_drawings_show_what_was_found():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    found = accuracy(TABLE, ["soa"])
    psychophysics.plot_points(ax, found.soa, found, label="people")
    (points,) = ax.containers
    np.testing.assert_allclose(points[0].get_ydata(), found.accuracy)
    ends = np.array([segment[:, 1] for segment in points[2][0].get_segments()])
    np.testing.assert_allclose(ends, found[["low", "high"]], rtol=1e-9)

    psychometric.plot_psychometric(ax, TRUE, [0, 40], color="k")
    curve = ax.lines[-1]
    np.testing.assert_allclose(curve.get_ydata(), TRUE.predict(curve.get_xdata()))
    assert curve.get_xdata().max() == 40

    ax = Figure().subplots()
    models = {"a": Estimate(0.5, 0.4, 0.7), "b": Estimate(0.1, 0.0, 0.2)}
    agreement.plot_agreement(ax, models, Estimate(0.9, 0.8, 0.95))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    np.testing.assert_allclose(ax.containers[0][0].get_xdata(), [0.5, 0.1])
    assert ax.lines[-1].get_xdata()[0] == 0.9
