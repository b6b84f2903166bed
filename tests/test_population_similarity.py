"""Measures of similarity against their definitions, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.population import cca as C
from analyses.population import decoding as G
from analyses.population import procrustes as P
from analyses.population import rsa as R
from analyses.population.cka import cka
from analyses.population.form import labelled
from neurosim.errors import InputError

MEASURES = (C.canonical_correlation, P.procrustes, cka, R.rsa, G.decoded_share)
SEEDS = st.integers(0, 2**32)


def rates(conditions=10, times=20, units=30, seed=0):
    x = np.random.default_rng(seed).standard_normal((conditions, times, units))
    return labelled(x, 10.0 * np.arange(times))


def sharing(rank=4, noise=0.5, seed=0, conditions=10, units=(30, 20)):
    """Two populations that mix the same signals, each with noise of its own."""
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal((conditions, 20, rank))
    return tuple(
        labelled(
            signal @ rng.standard_normal((rank, n))
            + noise * rng.standard_normal((conditions, 20, n)),
            10.0 * np.arange(20),
        )
        for n in units
    )


def flat(x):
    return (x.values if hasattr(x, "values") else x).reshape(-1, x.shape[-1])


def rotated(x, rng):
    return x.copy(data=x.values @ np.linalg.qr(rng.standard_normal((x.shape[2],) * 2))[0])


# --- canonical correlations


def slow_cca(a, b, n, folds):
    from scipy.linalg import eigh

    """The variates that were held out, up to their length."""
    u, v = np.empty((2, *a.shape[:2], n))
    for fold in range(folds):
        test = np.arange(len(a)) % folds == fold
        parts = []
        for x in (a.values, b.values):
            x = x - x[~test].mean(axis=0)
            basis = np.linalg.eigh(np.cov(flat(x[~test]).T))[1][:, ::-1][:, :n]
            parts.append((x[~test] @ basis, x[test] @ basis))
        A, B = flat(parts[0][0]), flat(parts[1][0])
        aa, bb, ab = A.T @ A, B.T @ B, A.T @ B
        directions = eigh(ab @ np.linalg.solve(bb, ab.T), aa)[1][:, ::-1]
        u[test] = parts[0][1] @ directions
        v[test] = parts[1][1] @ np.linalg.solve(bb, ab.T @ directions)
    return u, v


def test_cca_against_the_eigenvalue_problem():
    a, b = sharing()
    found = C.cca(a, b, n_components=5, folds=5)
    u, v = slow_cca(a, b, 5, 5)
    # directions are the same up to their length, which differs between folds
    for fold in range(5):
        test = np.arange(10) % 5 == fold
        for mine, other in ((found["a"].values, u), (found["b"].values, v)):
            cosines = (mine[test] * other[test]).sum(axis=(0, 1)) / np.sqrt(
                (mine[test] ** 2).sum(axis=(0, 1)) * (other[test] ** 2).sum(axis=(0, 1))
            )
            np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-6)
    one, two = found["a"].values, found["b"].values
    expected = [
        (one[..., k] * two[..., k]).sum()
        / np.sqrt((one[..., k] ** 2).sum() * (two[..., k] ** 2).sum())
        for k in range(5)
    ]
    np.testing.assert_allclose(found.correlation, expected)


def test_cca_finds_what_is_shared_and_not_more():
    found = C.cca(*sharing(rank=3, noise=0.2), n_components=6)
    assert float(found.correlation[:3].min()) > 0.95
    assert float(abs(found.correlation[3:]).max()) < 0.3


@pytest.mark.parametrize("folds", [2, 10])
def test_cca_of_nothing_in_common_is_nothing(folds):
    """Also where one condition is left out: no mean tells what it was."""
    found = [
        C.canonical_correlation(rates(seed=2 * k), rates(seed=2 * k + 1), folds=folds)
        for k in range(20)
    ]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(20)
    assert abs(np.mean(found)) < 0.05


def test_a_common_time_course_counts_only_where_it_is_kept():
    time_course = 5 * np.sin(np.arange(20) / 3)[:, np.newaxis]
    a, b = (rates(seed=seed) + time_course for seed in (0, 1))
    for each in (a, b):
        each["time"].attrs["units"] = "ms"
    kept = C.cca(a, b, n_components=1, remove_condition_mean=False)
    removed = C.cca(a, b, n_components=1)
    assert float(kept.correlation[0]) > 0.9
    assert abs(float(removed.correlation[0])) < 0.3


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_cca_is_blind_to_linear_maps_within_the_components(seed):
    rng = np.random.default_rng(seed)
    a, b = sharing(noise=0, units=(4, 4), seed=seed)
    other = b.copy(data=b.values @ rng.standard_normal((4, 4)))
    one, two = (C.cca(a, x, n_components=4).correlation for x in (b, other))
    np.testing.assert_allclose(one, two, atol=1e-5)
    np.testing.assert_allclose(one, 1, atol=1e-5)


# --- procrustes, cka


def test_procrustes_against_scipy():
    from scipy.spatial import procrustes

    a, b = sharing(units=(12, 12))
    disparity = procrustes(flat(a), flat(b))[2]
    assert P.procrustes(a, b) == pytest.approx(np.sqrt(1 - disparity))


def slow_cka(a, b, unbiased):
    """From the kernels, entry by entry of their definition."""
    A, B = flat(a), flat(b)
    n = len(A)
    K, L = A @ A.T, B @ B.T

    def biased(K, L):
        H = np.eye(n) - 1 / n
        return np.trace(K @ H @ L @ H)

    def hsic(K, L):
        K, L = K - np.diag(np.diag(K)), L - np.diag(np.diag(L))
        one = np.ones(n)
        return (
            np.trace(K @ L)
            + (one @ K @ one) * (one @ L @ one) / ((n - 1) * (n - 2))
            - 2 / (n - 2) * (one @ K @ L @ one)
        ) / (n * (n - 3))

    inner = hsic if unbiased else biased
    return inner(K, L) / np.sqrt(inner(K, K) * inner(L, L))


@pytest.mark.parametrize("unbiased", [False, True])
def test_cka_against_the_kernels(unbiased):
    a, b = sharing(conditions=4)
    a.values += 3  # centring is part of it
    assert cka(a, b, unbiased=unbiased) == pytest.approx(slow_cka(a, b, unbiased), rel=1e-9)


def test_unbiased_cka_of_nothing_in_common_is_nothing():
    pairs = [(rates(2, 10, 60, seed=2 * k), rates(2, 10, 60, seed=2 * k + 1)) for k in range(40)]
    biased, unbiased = (
        np.array([cka(a, b, unbiased=which) for a, b in pairs]) for which in (False, True)
    )
    assert biased.min() > 0.5
    assert abs(unbiased.mean()) < 4 * unbiased.std() / np.sqrt(40)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, scale=st.floats(0.01, 100), shift=st.floats(-10, 10))
@pytest.mark.parametrize("measure", [P.procrustes, cka, R.rsa])
def test_rotation_scale_and_shift_change_nothing(measure, seed, scale, shift):
    rng = np.random.default_rng(seed)
    a, b = sharing(seed=seed, conditions=5)
    other = rotated(b, rng)
    other = other.copy(data=scale * other.values + shift)
    assert measure(a, other) == pytest.approx(measure(a, b), abs=1e-6)
    assert measure(b, other) == pytest.approx(1, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
@pytest.mark.parametrize("measure", [P.procrustes, cka])
def test_they_are_symmetric_and_within_0_and_1(measure, seed):
    a, b = sharing(seed=seed, conditions=3, noise=2)
    assert measure(a, b) == pytest.approx(measure(b, a), abs=1e-9)
    assert 0 <= measure(a, b) <= 1


# --- representational similarity


@pytest.mark.parametrize("metric", R.METRICS)
def test_rsa_against_scipy(metric):
    from scipy.stats import spearmanr

    a, b = sharing(conditions=7)
    pairs = []
    for each in (a, b):
        x = each.values.reshape(7, -1)
        pairs.append(
            [
                np.linalg.norm(x[i] - x[j])
                if metric == "euclidean"
                else 1 - np.corrcoef(x[i], x[j])[0, 1]
                for i in range(7)
                for j in range(i)
            ]
        )
    assert R.rsa(a, b, metric=metric) == pytest.approx(spearmanr(*pairs).statistic)
    found = R.dissimilarity(a, metric).values
    np.testing.assert_allclose(found[np.tril_indices(7, -1)], pairs[0])
    np.testing.assert_array_equal(found, found.T)


def test_noise_ceiling_by_its_definition():
    from scipy.stats import rankdata, spearmanr

    signal = sharing()[0].values
    rng = np.random.default_rng(1)
    some = [
        labelled(signal + 2 * rng.standard_normal(signal.shape), 10.0 * np.arange(20))
        for _ in range(4)
    ]
    pairs = np.array([R.dissimilarity(x).values[np.tril_indices(10, -1)] for x in some])
    ranks = np.array([rankdata(x) for x in pairs])
    upper = [np.corrcoef(r, ranks.mean(axis=0))[0, 1] for r in ranks]
    lower = [
        np.corrcoef(ranks[k], np.delete(ranks, k, axis=0).mean(axis=0))[0, 1] for k in range(4)
    ]
    found = R.noise_ceiling(*some)
    assert found.upper == pytest.approx(np.mean(upper))
    assert found.lower == pytest.approx(np.mean(lower))
    assert found.lower < found.upper
    # no dissimilarities whatever correlate better with the recordings, on average
    best = ranks.mean(axis=0)
    for _ in range(20):
        other = best + rng.standard_normal(best.shape) * best.std()
        assert np.mean([spearmanr(r, other).statistic for r in ranks]) <= found.upper + 1e-9


def test_rsa_with_several_recordings_is_the_mean():
    a, b = sharing()
    c = rates(units=5, seed=9)
    assert R.rsa(a, b, c) == pytest.approx((R.rsa(a, b) + R.rsa(a, c)) / 2)


# --- decoding


def test_decoding_against_scikit_learn():
    decomposition = pytest.importorskip("sklearn.decomposition")
    linear_model = pytest.importorskip("sklearn.linear_model")
    a, b = sharing(noise=1)
    found = G.cross_condition_decoding(a, b, n_components=6, folds=5)
    expected, means = np.empty_like(b.values), np.empty_like(b.values)
    for fold in range(5):
        test = np.arange(10) % 5 == fold
        x, y = (each.values - each.values[~test].mean(axis=0) for each in (a, b))
        components = decomposition.PCA(6).fit(flat(x[~test]))
        regression = linear_model.LinearRegression(fit_intercept=False)
        regression.fit(components.transform(flat(x[~test])), flat(y[~test]))
        predicted = regression.predict(components.transform(flat(x[test])))
        expected[test] = predicted.reshape(2, 20, -1)
        means[test] = y[test]
    np.testing.assert_allclose(found.prediction, expected, atol=1e-9)
    error, variance = (means - expected) ** 2, means**2
    assert float(found.r2) == pytest.approx(1 - error.sum() / variance.sum())
    np.testing.assert_allclose(
        found.r2_by_condition, 1 - error.sum(axis=(1, 2)) / variance.sum(axis=(1, 2))
    )
    np.testing.assert_allclose(
        found.r2_by_variable, 1 - error.sum(axis=(0, 1)) / variance.sum(axis=(0, 1))
    )


def test_what_holds_only_in_some_conditions_does_not_carry_over():
    """Half the conditions turn the relation round: within each it is perfect, across them gone."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, 30, 3))
    y = x[..., :1] * np.array([1, 1, 1, 1, -1, -1, -1, -1])[:, np.newaxis, np.newaxis]
    same = labelled(x[..., :1].repeat(2, axis=2), np.arange(30))
    population, turned = labelled(x, np.arange(30)), labelled(y, np.arange(30))
    options = {"n_components": 3, "folds": 8, "remove_condition_mean": False}
    assert float(G.cross_condition_decoding(population, same, **options).r2) > 0.999
    assert float(G.cross_condition_decoding(population, turned, **options).r2) < 0.1


def test_variables_of_a_movement_are_targets():
    a, b = sharing(units=(30, 2))
    hand = b.rename(unit="variable").assign_coords(variable=["x", "y"])
    found = G.cross_condition_decoding(a, hand)
    assert found["variable"].values.tolist() == ["x", "y"]
    assert float(found.r2) > 0.9


# --- all of them


@pytest.mark.parametrize("measure", MEASURES)
def test_more_noise_makes_less_alike(measure):
    clear, noisy = (measure(*sharing(rank=6, noise=noise)) for noise in (0.3, 10))
    assert noisy < clear - 0.1
    assert clear > 0.6


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: rates(9), "both need the same conditions, given 10 and 9"),
        (lambda: rates(times=19), r"both need the same times, given 20 \(0 to 190 ms\) and 19"),
        (lambda: rates(units=0), "rates hold no units"),
        (lambda: rates().where(rates().time != 30), "NaN or infinite values"),
        (lambda: rates().rename(unit="cell"), r"expected rates \(condition, time, unit\)"),
        (lambda: rates().values, "must be an xarray.DataArray, given ndarray"),
    ],
)
def test_populations_that_cannot_be_compared(measure, other, message):
    with pytest.raises(InputError, match=message) as raised:
        measure(rates(), other())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: C.cca(rates(), rates(units=5)), "cca: expected at most 5 components.*given 6"),
        (lambda: C.cca(rates(4), rates(4)), "at least 5 to hold out in 5 folds, given 4"),
        (lambda: C.cca(rates(1), rates(1)), "at least 2 conditions, given 1"),
        (lambda: C.cca(rates(), rates(), n_components=0), "n_components must be a whole number"),
        (lambda: P.procrustes(rates(), rates() * 0), "the rates do not vary"),
        (lambda: cka(rates() * 0, rates()), "the first population hold no structure"),
        (lambda: cka(rates(1, 3), rates(1, 3), unbiased=True), "at least 4 samples, given 3"),
        (lambda: R.rsa(rates(2), rates(2)), "at least 3 conditions, given 2"),
        (lambda: R.rsa(rates()), "at least two populations, given 1"),
        (lambda: R.rsa(rates(), rates(), metric="cosine"), "metric must be one of 'euclidean'"),
        (lambda: R.rsa(rates() * 0, rates()), "all conditions are equally different"),
        (
            lambda: R.rsa(rates() * 0, rates(), metric="correlation"),
            "condition 0 is the same at all times in all units",
        ),
        (lambda: R.noise_ceiling(rates()), "at least two recordings, given 1"),
        (
            lambda: G.cross_condition_decoding(rates(units=5), rates()),
            "cross_condition_decoding: expected at most 5 components.*given 10",
        ),
        (
            lambda: G.cross_condition_decoding(rates(), rates() * 0),
            "the target of condition 0 does not differ from the mean of the others",
        ),
    ],
)
def test_what_cannot_be_told(call, message):
    import xarray as xr

    with xr.set_options(keep_attrs=True), pytest.raises(InputError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_plots_show_the_numbers():
    from analyses.figures.style import pyplot

    _, axes = pyplot().subplots(2, 2)
    a, b = sharing()
    found = C.cca(a, b)
    C.plot_correlations(axes[0, 0], found)
    np.testing.assert_allclose(axes[0, 0].lines[0].get_ydata(), found.correlation)
    P.plot_aligned(axes[0, 1], a, rotated(a, np.random.default_rng(0)))
    for solid, dashed in zip(axes[0, 1].lines[::2], axes[0, 1].lines[1::2], strict=True):
        np.testing.assert_allclose(solid.get_xydata(), dashed.get_xydata(), atol=1e-9)
    R.plot_dissimilarity(axes[1, 0], R.dissimilarity(a))
    np.testing.assert_allclose(axes[1, 0].images[0].get_array(), R.dissimilarity(a))
    decoded = G.cross_condition_decoding(a, b)
    G.plot_decoding(axes[1, 1], decoded, 3)
    np.testing.assert_allclose(axes[1, 1].lines[1].get_ydata(), decoded.prediction[0, :, 3])
    pyplot().close("all")
