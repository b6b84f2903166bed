"""Tangling against all pairs one by one, and of curves for which it is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.population.form import labelled
from analyses.population.tangling import plot_tangling, tangling
from neurosim.errors import InputError


def noise(conditions=3, times=15, units=9, seed=0):
    x = np.random.default_rng(seed).standard_normal((conditions, times, units)).cumsum(axis=1)
    return labelled(x, 10.0 * np.arange(times), units="1")


def curve(x, y, dt=10.0):
    return labelled([np.column_stack([x, y])], dt * np.arange(len(x)), units="1")


def slow_tangling(rates, n):
    x = rates.values / np.ptp(rates.values, axis=(0, 1))
    flat = x.reshape(-1, x.shape[2])
    vectors = np.linalg.eigh(np.cov(flat.T))[1][:, ::-1][:, :n]
    scores = (x - flat.mean(axis=0)) @ vectors
    dt = float(rates["time"][1] - rates["time"][0]) / 1000
    states = [(c[t] + c[t + 1]) / 2 for c in scores for t in range(len(c) - 1)]
    slopes = [(c[t + 1] - c[t]) / dt for c in scores for t in range(len(c) - 1)]
    eps = 0.1 * np.mean([state @ state for state in states])
    found = []
    for x_t, dx_t in zip(states, slopes, strict=True):
        found.append(
            max(
                ((dx_t - dx) ** 2).sum() / (((x_t - x) ** 2).sum() + eps)
                for x, dx in zip(states, slopes, strict=True)
            )
        )
    return np.reshape(found, (len(x), -1))


@pytest.mark.parametrize("n", [2, 8])
def test_against_all_pairs(n):
    found = tangling(noise(), n_components=n)
    np.testing.assert_allclose(found, slow_tangling(noise(), n), rtol=1e-8)
    np.testing.assert_array_equal(found["time"], np.arange(5, 145, 10))
    assert found["time"].attrs["units"] == "ms"


def test_a_circle():
    """Derivatives differ as states do, times w; most at the other side, 2 r apart."""
    w, n = 2 * np.pi * 2, 50
    angle = w * 0.01 * np.arange(n + 1)
    found = tangling(curve(np.cos(angle), np.sin(angle)), n_components=2)
    expected = (2 / 0.01 * np.tan(w * 0.01 / 2)) ** 2 * 4 / (4 + 0.1)
    np.testing.assert_allclose(found, expected, rtol=0.01)


def test_a_crossing_is_tangled_where_it_crosses():
    s = 2 * np.pi * np.arange(101) / 100
    eight = tangling(curve(np.sin(s), np.sin(2 * s)), n_components=2)
    circle = tangling(curve(np.sin(s), np.cos(s)), n_components=2)
    assert float(eight.max()) > 10 * float(circle.max())
    # at the crossing, half way, two directions meet
    assert abs(int(eight.values[0, 25:75].argmax()) + 25 - 50) <= 1


@settings(max_examples=20, deadline=None)
@given(faster=st.floats(0.1, 10), larger=st.floats(0.01, 100), seed=st.integers(0, 2**32))
def test_units_of_time_and_rate(faster, larger, seed):
    rates = noise(seed=seed)
    other = labelled(larger * rates.values, rates["time"] / faster, units="1")
    np.testing.assert_allclose(
        tangling(other, n_components=4), faster**2 * tangling(rates, n_components=4), rtol=1e-6
    )


def test_large_recordings_in_parts(monkeypatch):
    whole = tangling(noise(), n_components=4)
    monkeypatch.setattr("analyses.population.tangling.BLOCK", 100)
    np.testing.assert_allclose(tangling(noise(), n_components=4), whole, rtol=1e-12)


def test_window():
    found = tangling(noise(), window=(20, 60))
    assert found["time"].values.tolist() == [25, 35, 45, 55]


@pytest.mark.parametrize(
    ("rates", "options", "message"),
    [
        (lambda: noise(units=7), {}, "as many units as principal components, 8, given 7"),
        (noise, {"window": (0, 10)}, "at least 3 times in the window, given 2"),
        (noise, {"window": (0, 1000)}, "within the times, 0 to 140 ms"),
        (lambda: noise()[:, [0, 1, 3]], {}, "evenly spaced"),
        (lambda: noise(times=2), {}, "at least 3 times, given 2"),
        (noise, {"n_components": 0}, "n_components must be a whole number of at least 1"),
    ],
)
def test_what_cannot_be_told(rates, options, message):
    with pytest.raises(InputError, match=message):
        tangling(rates(), **options)


def test_plot_puts_state_beside_state():
    from analyses.figures.style import pyplot

    _, ax = pyplot().subplots()
    a, b = tangling(noise()), tangling(noise(seed=1))
    plot_tangling(ax, a, b)
    points = ax.collections[0].get_offsets()
    np.testing.assert_allclose(points, np.column_stack([b.values.ravel(), a.values.ravel()]))
    with pytest.raises(InputError, match=r"the same conditions and times, given \(3, 14\) and"):
        plot_tangling(ax, a, b[:2])
    pyplot().close("all")
