"""jPCA on rotations, decays and a reaching recording, against least squares written out."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.population.form import labelled
from analyses.population.jpca import jpca, plot_plane, plot_rotation_test, rotation_test
from analyses.population.maximum_entropy import MaximumEntropy
from analyses.population.surrogates import Shuffled
from neurosim.errors import InputError

WINDOW = (100.0, 300.0)


@pytest.fixture(scope="module")
def recording(real_data) -> xr.DataArray:
    path = real_data / "motor_cortex_reaching" / "psth.npz"
    if not path.is_file():
        pytest.skip(f"no recording of reaches, {path.name}")
    with np.load(path) as stored:
        return labelled(stored["rates"].transpose(2, 0, 1), stored["time_ms"], units="1")


def noise(conditions=8, times=15, units=12, seed=0) -> xr.DataArray:
    x = np.random.default_rng(seed).standard_normal((conditions, times, units)).cumsum(axis=1)
    return labelled(x, 10.0 * np.arange(times), units="1")


def rotation(frequency: float, *, dt: float, n=12, times=30) -> xr.DataArray:
    """Units and conditions at evenly spaced phases: the same range in each, a circle."""
    phase = 2 * np.pi * np.arange(n) / n
    angle = 2 * np.pi * frequency * dt / 1000 * np.arange(times)
    x = np.cos(phase[:, np.newaxis, np.newaxis] + angle[:, np.newaxis] + phase)
    return labelled(x, dt * np.arange(times), units="1")


def slow_jpca(rates, window, n, softening=0.0):
    """The paper's steps one by one; skew-symmetric matrices by their n (n - 1) / 2 numbers."""
    x = rates.values.copy()
    for k in range(x.shape[2]):
        x[..., k] /= x[..., k].max() - x[..., k].min() + softening
    x = x - x.mean(axis=0)
    times = rates["time"].values
    x = x[:, (times >= window[0]) & (times <= window[1])]
    flat = x.reshape(-1, x.shape[2])
    values, vectors = np.linalg.eigh(np.cov(flat.T))
    scores = (x - flat.mean(axis=0)) @ vectors[:, ::-1][:, :n]
    states, steps = [], []
    for condition in scores:
        for t in range(len(condition) - 1):
            states.append((condition[t] + condition[t + 1]) / 2)
            steps.append(condition[t + 1] - condition[t])
    X, dX = np.array(states), np.array(steps)
    M = np.linalg.lstsq(X, dX, rcond=None)[0]
    pairs = [(i, j) for i in range(n) for j in range(i)]
    columns = []
    for i, j in pairs:
        one = np.zeros((n, n))
        one[i, j], one[j, i] = 1, -1
        columns.append((X @ one).ravel())
    numbers = np.linalg.lstsq(np.array(columns).T, dX.ravel(), rcond=None)[0]
    M_skew = np.zeros((n, n))
    for (i, j), number in zip(pairs, numbers, strict=True):
        M_skew[i, j], M_skew[j, i] = number, -number
    r2 = [1 - ((dX - X @ m) ** 2).sum() / (dX**2).sum() for m in (M, M_skew)]
    dt = (times[1] - times[0]) / 1000
    step = np.sort(np.linalg.eigvals(M_skew).imag)[::-1][: n // 2]
    return r2, np.arctan(step / 2) / (np.pi * dt), values[::-1][:n].sum() / values.sum()


@pytest.mark.parametrize("n", [2, 5, 6])
@pytest.mark.parametrize("softening", [0.0, 2.0])
def test_against_the_slow_version(n, softening):
    rates = noise()
    found = jpca(rates, window=(20, 110), n_components=n, softening=softening)
    (r2, r2_skew), frequency, held = slow_jpca(rates, (20, 110), n, softening)
    assert float(found.r2) == pytest.approx(r2, rel=1e-9)
    assert float(found.r2_skew) == pytest.approx(r2_skew, rel=1e-9)
    np.testing.assert_allclose(found.frequency, frequency, rtol=1e-8)
    assert found.attrs["variance_of_components"] == pytest.approx(held)
    np.testing.assert_array_equal(found.M_skew, -found.M_skew.values.T)


def test_reference_values_of_the_recording(recording):
    found = jpca(recording, window=WINDOW)
    assert float(found.r2) == pytest.approx(0.60, abs=0.005)
    assert float(found.r2_skew) == pytest.approx(0.55, abs=0.005)
    assert float(found.frequency[0]) == pytest.approx(1.4, abs=0.05)


def test_rotation_of_the_recording_is_beyond_its_covariances(recording):
    found = rotation_test(
        recording, MaximumEntropy(recording), rng=np.random.default_rng(0), n=199, window=WINDOW
    )
    assert float(found.r2_skew) > float(found.surrogate_r2_skew.max())
    assert float(found.p_skew) == 1 / 200
    # the covariances alone make a good part of it, which shuffles do not show
    assert 0.2 < float(found.surrogate_r2_skew.median()) < 0.4


@settings(max_examples=25, deadline=None)
@given(
    dt=st.sampled_from([1.0, 10.0, 25.0]),
    cycles=st.floats(0.01, 0.4),
    forward=st.booleans(),
)
def test_pure_rotation_gives_its_frequency(dt, cycles, forward):
    """At any sampling: ``cycles`` a sample, up to near the highest that can be told, 0.5."""
    frequency = cycles * 1000 / dt
    found = jpca(rotation(frequency if forward else -frequency, dt=dt), n_components=2)
    assert float(found.r2_skew) == pytest.approx(1, abs=1e-9)
    assert float(found.r2) == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(found.frequency, [frequency], rtol=1e-8)


def test_two_rotations_give_both_planes():
    fast, slow = rotation(4, dt=10), rotation(1.5, dt=10)
    rates = xr.concat([fast, slow.assign_coords(unit=slow["unit"] + 100)], "unit")
    # conditions turn by twice their phase in the second, so that the planes have nothing in common
    rates.values[..., 12:] = slow.values[(2 * np.arange(12)) % 12]
    found = jpca(rates, n_components=4)
    np.testing.assert_allclose(found.frequency, [4, 1.5], rtol=1e-6)
    np.testing.assert_allclose(found.variance_explained.sum(), 1)


@pytest.mark.parametrize("rates_of_decay", [(3.0,) * 6, (1, 2, 3, 4, 5, 6)])
def test_pure_decay_has_no_rotation(rates_of_decay):
    rng = np.random.default_rng(0)
    time = np.arange(0, 400, 10.0)
    modes = np.exp(-np.outer(time / 1000, rates_of_decay))
    start = np.linalg.qr(rng.standard_normal((20, 6)))[0]
    mixing = np.linalg.qr(rng.standard_normal((40, 6)))[0].T
    x = (start[:, np.newaxis] * modes) @ mixing
    found = jpca(labelled(x, time, units="1"))
    assert float(found.r2) > 0.98
    assert float(found.r2_skew) < 0.02


def test_planes_are_what_they_are_said_to_be():
    rates = noise()
    found = jpca(rates)
    axes = found.axes.values.reshape(6, -1)
    np.testing.assert_allclose(axes @ axes.T, np.eye(6), atol=1e-12)
    # projecting the prepared rates on the axes gives the projections
    x = rates.values / np.ptp(rates.values, axis=(0, 1))
    x = x - x.mean(axis=0)
    projection = np.einsum("ctk,pak->ctpa", x - x.mean(axis=(0, 1)), found.axes)
    np.testing.assert_allclose(found.projection, projection, atol=1e-10)
    total = ((x - x.mean(axis=(0, 1))) ** 2).sum()
    np.testing.assert_allclose(
        found.variance_explained, (projection**2).sum(axis=(0, 1, 3)) / total
    )
    start = found.projection.values[:, 0]
    for plane in range(3):
        spread = np.linalg.svd(start[:, plane])[2][0]
        np.testing.assert_allclose(np.abs(spread), [1, 0], atol=1e-9)


def test_states_turn_from_the_first_axis_to_the_second():
    for frequency in (2.0, -2.0):
        states = jpca(rotation(frequency, dt=10), n_components=2).projection.values[..., 0, :]
        angle = np.unwrap(np.arctan2(states[..., 1], states[..., 0]), axis=1)
        assert (np.diff(angle, axis=1) > 0).all()


def test_ranges_are_of_all_times():
    rates = noise()
    rates.values[:, 12:] *= 5
    inside = jpca(rates, window=(0, 100)).r2
    assert float(inside) != pytest.approx(float(jpca(rates[:, :11]).r2), rel=1e-6)


def test_softening_is_that_of_the_papers_for_spikes():
    spikes = noise().assign_attrs(units="spikes/s")
    assert jpca(spikes).attrs["softening"] == 5
    assert jpca(noise()).attrs["softening"] == 0
    assert float(jpca(spikes).r2) == float(jpca(noise(), softening=5.0).r2)


def test_fewer_dimensions_than_components():
    """Two dimensions of rotation, six components asked for: the others are still."""
    found = jpca(rotation(2, dt=10))
    np.testing.assert_allclose(found.frequency, [2, 0, 0], atol=1e-6)
    assert np.isfinite(found.M).all()


def test_surrogates_are_fitted_as_the_rates_are():
    """In blocks, and each as if it were alone."""
    rates = noise()
    surrogates = Shuffled(rates, along="unit")
    found = rotation_test(
        rates, surrogates, rng=np.random.default_rng(5), n=70, window=(20, 110), n_components=4
    )
    rng = np.random.default_rng(5)
    drawn = np.concatenate([surrogates.draw(rng, 64), surrogates.draw(rng, 6)])
    alone = [
        jpca(rates.copy(data=one), window=(20, 110), n_components=4) for one in drawn[[0, 30, 69]]
    ]
    for k, one in zip((0, 30, 69), alone, strict=True):
        assert float(found.surrogate_r2[k]) == pytest.approx(float(one.r2), rel=1e-10)
        assert float(found.surrogate_r2_skew[k]) == pytest.approx(float(one.r2_skew), rel=1e-10)
    assert float(found.p) == (1 + (found.surrogate_r2 >= found.r2).sum()) / 71


def test_p_values_are_even_where_there_is_nothing():
    """Rates that are themselves surrogates: p below 0.25 in about a quarter of them."""
    made = MaximumEntropy(noise(6, 12, 8)).draw(np.random.default_rng(0), 60)
    p = []
    for one in made:
        rates = labelled(one, 10.0 * np.arange(12), units="1")
        found = rotation_test(
            rates, MaximumEntropy(rates), rng=np.random.default_rng(1), n=39, n_components=4
        )
        p.append(float(found.p_skew))
    assert 0.05 < np.mean(np.array(p) <= 0.25) < 0.5


def gap(rates):
    rates[0, 0, 0] = np.nan
    return rates


@pytest.mark.parametrize(
    ("rates", "options", "message"),
    [
        (lambda: noise(5), {}, "as many conditions as principal components, 6, given 5"),
        (lambda: noise(units=5), {}, "as many units as principal components, 6, given 5"),
        (lambda: gap(noise()), {}, "1 NaN or infinite values, the first at condition 0, 0 ms"),
        (noise, {"window": (50, 200)}, "within the times, 0 to 140 ms, given 50 to 200 ms"),
        (noise, {"window": (50, 60)}, "at least 3 times in the window, given 2"),
        (noise, {"n_components": 1}, "n_components must be a whole number of at least 2, given 1"),
        (lambda: noise()[:, [0, 1, 2, 4]], {}, "evenly spaced, given steps from 10 to 20 ms"),
        (lambda: noise() * 0, {}, "the rates do not vary"),
        (lambda: 0 * noise() + noise()[0].values, {}, "the conditions do not differ within"),
        (lambda: 0 * noise() + noise()[:, :1].values, {}, "no condition moves on its own"),
    ],
)
def test_what_cannot_be_fitted(rates, options, message):
    made = rates()
    if "time" in made.coords:
        made["time"].attrs["units"] = "ms"  # arithmetic with xarray may drop it
    with pytest.raises(InputError, match=message) as raised:
        jpca(made.assign_attrs(units="1"), **options)
    assert "\n" not in str(raised.value)


def test_surrogates_of_other_rates():
    with pytest.raises(InputError, match=r"of the same rates, \(8, 15, 12\), given \(8, 15, 9\)"):
        rotation_test(noise(), Shuffled(noise(units=9), "unit"), rng=np.random.default_rng(0))


def test_plots_show_the_fit():
    from analyses.figures.style import pyplot

    _, (left, right) = pyplot().subplots(1, 2)
    found = jpca(noise())
    plot_plane(left, found, plane=2)
    paths = [line for line in left.lines if len(line.get_xdata()) > 1]
    assert len(paths) == 8
    np.testing.assert_allclose(paths[3].get_xydata(), found.projection[3, :, 1])
    test = rotation_test(noise(), Shuffled(noise(), "unit"), rng=np.random.default_rng(0), n=20)
    plot_rotation_test(right, test)
    assert right.lines[0].get_xdata()[0] == float(test.r2_skew)
    assert sum(bar.get_height() for bar in right.patches) == 20
    pyplot().close("all")
