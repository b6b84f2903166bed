"""Variability after reward and failure: people made with a known rule, and slow counts."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analyses.figures.style import pyplot
from analyses.variability import by_reward, plot_by_reward, variability
from neurosim.errors import InputError


def person(after_failure: float, trials=600, seed=0, p=0.5) -> tuple[np.ndarray, np.ndarray]:
    """Changes of aim of sd 1 after success, of ``after_failure`` after failure."""
    rng = np.random.default_rng(seed)
    rewarded = rng.random(trials) < p
    change = np.where(rewarded, 1.0, after_failure) * rng.standard_normal(trials)
    return np.concatenate([[0], np.cumsum(change)[:-1]]), rewarded


def test_variability_is_the_root_of_the_summed_variance():
    rng = np.random.default_rng(0)
    ends = xr.DataArray(rng.standard_normal((30, 2)) * [3, 4], dims=("trial", "axis"))
    slow = np.sqrt(sum(((e - ends.values.mean(0)) ** 2).sum() for e in ends.values) / 29)
    assert float(variability(ends)) == pytest.approx(slow)
    courses = xr.DataArray(rng.standard_normal((5, 7, 2)), dims=("trial", "time", "axis"))
    assert variability(courses).dims == ("time",)


@pytest.mark.parametrize(
    ("values", "dims", "message"),
    [
        (np.zeros((1, 2)), ("trial", "axis"), "at least two trials"),
        (np.zeros((3, 2)), ("time", "axis"), "at least two trials"),
        (np.full((3, 2), np.nan), ("trial", "axis"), "positions that are finite"),
    ],
)
def test_variability_refuses(values, dims, message):
    with pytest.raises(InputError, match=message):
        variability(xr.DataArray(values, dims=dims))


def test_a_known_rule_is_found_again():
    aim, rewarded = person(3.0)
    found = by_reward(aim, rewarded, rng=np.random.default_rng(0), n_resamples=500)
    np.testing.assert_allclose(found.variability.value, [3, 1], rtol=0.1)
    np.testing.assert_allclose(found.change.value, np.sqrt(2 / np.pi) * np.array([3, 1]), rtol=0.1)
    assert found.contrast.low < 2 < found.contrast.high
    assert found.contrast.value == found.variability.value[0] - found.variability.value[1]
    assert found.trials.sum() == 599
    assert np.all(found.variability.low < [3, 1])
    assert np.all(found.variability.high > [3, 1])


def test_without_a_rule_the_contrast_holds_zero():
    found = by_reward(*person(1.0), rng=np.random.default_rng(0), n_resamples=500)
    assert found.contrast.low < 0 < found.contrast.high


@pytest.mark.parametrize("history", [1, 2, 3])
def test_histories_are_counted_as_by_hand(history):
    aim, rewarded = person(2.0, trials=200, seed=3)
    found = by_reward(aim, rewarded, rng=np.random.default_rng(0), history=history, n_resamples=20)
    changes = {name: [] for name in found.history}
    for n in range(history - 1, 199):
        name = "".join(str(int(r)) for r in rewarded[n - history + 1 : n + 1])
        changes[name].append(aim[n + 1] - aim[n])
    assert found.trials.tolist() == [len(changes[name]) for name in found.history]
    for k, name in enumerate(found.history):
        assert found.variability.value[k] == pytest.approx(np.std(changes[name], ddof=1))
        assert found.change.value[k] == pytest.approx(np.mean(np.abs(changes[name])))


def test_people_are_what_is_drawn():
    """Equal weight for each, and an interval of their spread."""
    people = [person(s, trials=300, seed=k) for k, s in enumerate((1.5, 2.0, 2.5, 3.0))]
    aim, rewarded = (np.stack(part) for part in zip(*people, strict=True))
    found = by_reward(aim, rewarded, rng=np.random.default_rng(0), n_resamples=500)
    alone = [by_reward(a, r, rng=np.random.default_rng(0), n_resamples=2) for a, r in people]
    np.testing.assert_allclose(
        found.variability.value, np.mean([one.variability.value for one in alone], axis=0)
    )
    each = [one.contrast.value for one in alone]
    assert found.contrast.value == pytest.approx(np.mean(each))
    assert min(each) <= found.contrast.low < found.contrast.high <= max(each)
    again = by_reward(aim, rewarded, rng=np.random.default_rng(0), n_resamples=500)
    assert found.contrast == again.contrast


@pytest.mark.parametrize(
    ("aim", "rewarded", "options", "message"),
    [
        (np.zeros(10), np.zeros(9), {}, r"of one shape, .* given \(10,\) and \(9,\)"),
        (np.full(10, np.nan), np.zeros(10), {}, "aims that are finite"),
        (np.zeros(10), np.full(10, 2), {}, "outcomes 0 and 1"),
        (np.zeros(10), np.r_[np.zeros(9), 1], {}, "after the outcomes '1', given 0"),
        (np.zeros((2, 10)), np.tile([0, 1, 1, 1, 1], (2, 2)) * [[1], [0]], {}, "'1' of person 1"),
        (np.zeros(3), np.zeros(3), {"history": 2}, "needs at least 4 trials, given 3"),
        (np.zeros(3), np.zeros(3), {"history": 0}, "history must be a whole number"),
    ],
)
def test_by_reward_refuses(aim, rewarded, options, message):
    with pytest.raises(InputError, match=message):
        by_reward(aim, rewarded, rng=np.random.default_rng(0), **options)


def test_the_figure_has_a_point_for_each_history():
    found = by_reward(*person(2.0), rng=np.random.default_rng(0), history=2, n_resamples=20)
    plt = pyplot()
    fig, ax = plt.subplots()
    plot_by_reward(ax, found, color="black")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["00", "01", "10", "11"]
    plt.close(fig)
