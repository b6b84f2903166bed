"""Bursts of known number, length and strength."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.bursts import Bursts, bursts, envelope, plot_durations
from analyses.figures.style import pyplot
from neurosim.errors import InputError

BAND = {"low": 14.0, "high": 26.0}


def train(lengths, *, gap=600, amplitude=1.0, seed=0) -> tuple[np.ndarray, np.ndarray]:
    """A rhythm at 20 Hz that is on for each of ``lengths`` ms, and the onsets."""
    onsets = gap + np.cumsum(np.r_[0, np.asarray(lengths[:-1]) + gap])
    on = np.zeros(int(onsets[-1] + lengths[-1] + gap))
    for onset, length in zip(onsets, lengths, strict=True):
        on[int(onset) : int(onset + length)] = 1
    noise = 0.01 * np.random.default_rng(seed).standard_normal(len(on))
    return amplitude * on * np.sin(2 * np.pi * 20 * np.arange(len(on)) / 1e3) + noise, onsets


def test_known_bursts():
    lengths = [200, 400, 300, 700, 500]
    signal, onsets = train(lengths, amplitude=3.0)
    found = bursts(signal, 1.0, threshold=1.5, **BAND)
    np.testing.assert_allclose(found.duration, lengths, atol=25)
    np.testing.assert_allclose(found.onset, onsets, atol=15)
    np.testing.assert_allclose(found.amplitude, 3.0, rtol=0.15)
    assert found.rate == pytest.approx(5 / (len(signal) / 1e3))
    np.testing.assert_allclose(found.distribution([0, 250, 450, 1000]), [0.2, 0.4, 0.4])


def test_short_bursts_do_not_count():
    signal, _ = train([120, 400, 120])
    assert len(bursts(signal, 1.0, threshold=0.5, shortest=250.0, **BAND).onset) == 1
    assert len(bursts(signal, 1.0, threshold=0.5, **BAND).onset) == 3


def test_bursts_cut_off_by_the_ends_are_left_out():
    signal, _ = train([400, 400, 400])
    cut = signal[800:-800]
    found = bursts(cut, 1.0, threshold=0.5, **BAND)
    assert len(found.onset) == 1
    assert found.duration[0] == pytest.approx(400, abs=25)


def test_the_threshold_is_the_percentile_of_the_envelope():
    noise = np.random.default_rng(0).standard_normal(30_000)
    amplitude = envelope(noise, 1.0, **BAND).to_numpy()
    found = bursts(noise, 1.0, shortest=0.0, **BAND)
    assert found.threshold == np.percentile(amplitude, 75)
    assert found.duration.sum() / found.length == pytest.approx(0.25, abs=0.01)
    above = np.r_[0, amplitude > found.threshold, 0]
    starts = np.flatnonzero(np.diff(above) == 1)
    inside = starts[starts > 0]
    assert abs(len(found.onset) - len(inside)) <= 1


def test_a_common_threshold_tells_strong_from_weak():
    strong, weak = (train([300, 600, 400, 500], amplitude=a)[0] for a in (2.0, 0.5))
    reference = bursts(strong, 1.0, **BAND)
    assert len(bursts(weak, 1.0, threshold=reference.threshold, **BAND).onset) == 0
    own = [bursts(each, 1.0, **BAND) for each in (strong, weak)]
    assert own[0].rate == pytest.approx(own[1].rate, rel=0.2)  # each with one of its own


def test_the_envelope_of_a_steady_rhythm_is_its_amplitude():
    t = np.arange(4000) / 1e3
    found = envelope(2.5 * np.cos(2 * np.pi * 20 * t), 1.0, **BAND)[1000:3000]
    np.testing.assert_allclose(found, 2.5, rtol=0.01)


@settings(max_examples=15, deadline=None)
@given(gain=st.floats(1e-3, 1e3), offset=st.floats(-10, 10))
def test_units_do_not_matter(gain, offset):
    signal, _ = train([300, 500, 400])
    before, after = bursts(signal, 1.0, **BAND), bursts(gain * (signal + offset), 1.0, **BAND)
    np.testing.assert_allclose(after.onset, before.onset, atol=1)
    np.testing.assert_allclose(after.duration, before.duration, atol=1)
    np.testing.assert_allclose(after.amplitude, gain * before.amplitude, rtol=1e-5)


@pytest.mark.parametrize(
    ("signal", "options", "message"),
    [
        (np.zeros(2000), BAND, "the signal does not vary"),
        (np.ones((2000, 2)) * np.arange(2), BAND, r"one signal, \(time\), given time, axis"),
        (np.arange(2000.0), {"low": 400, "high": 600}, "at most 500 Hz"),
        (np.arange(2000.0), {"low": 0, "high": 30}, "low must be a number above 0"),
        (np.arange(2000.0), BAND | {"threshold": -1}, "threshold must be a number above 0"),
        (
            np.arange(2000.0),
            BAND | {"percentile": 101},
            "percentile must be a number from 0 to 100",
        ),
        (np.arange(50.0), BAND, "needs more than 84 samples, given 50"),
        (np.r_[np.arange(50.0), np.nan, np.arange(50.0)], BAND, "1 that are not, from 50 to 50 ms"),
    ],
)
def test_refused(signal, options, message):
    with pytest.raises(InputError, match=message):
        bursts(signal, 1.0, **options)


def test_no_bursts_have_no_durations():
    nothing = Bursts(np.empty(0), np.empty(0), np.empty(0), 1.0, 1000.0)
    assert nothing.rate == 0
    with pytest.raises(InputError, match="there are none"):
        nothing.distribution([0, 100])


def test_the_figure_shows_all_of_them():
    found = Bursts(np.zeros(4), np.array([120.0, 150, 200, 950]), np.ones(4), 1.0, 1e4)
    plt = pyplot()
    fig, ax = plt.subplots()
    plot_durations(ax, found)
    steps = ax.patches[0].get_data()
    assert steps.values.sum() == 1
    assert steps.values[[1, 2, 9]].tolist() == [0.5, 0.25, 0.25]
    plt.close(fig)
