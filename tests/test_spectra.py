"""Spectra of signals made with known power, exponent and coherence, and of a real recording."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as scipy_signal

from analyses.figures.style import pyplot
from analyses.sampling import filtered
from analyses.spectra import (
    BETA,
    Aperiodic,
    band_power,
    coherence,
    fit_aperiodic,
    peak_frequency,
    periodic,
    plot_spectrum,
    power_spectra,
    power_spectrum,
    relative_power,
    tremor_power,
)
from neurosim.errors import InputError
from neurosim.io.brainvision import read_brainvision


def coloured(exponent: float, seconds=60, rate=1000, seed=0) -> np.ndarray:
    """Noise with a spectrum of f^-exponent and variance 1."""
    rng = np.random.default_rng(seed)
    f = np.fft.rfftfreq(seconds * rate, 1 / rate)
    amplitude = np.where(f > 0, np.maximum(f, 1e-9) ** (-exponent / 2), 0)
    noise = np.fft.irfft(
        amplitude * (rng.standard_normal(len(f)) + 1j * rng.standard_normal(len(f)))
    )
    return noise / noise.std()


def rhythm(frequency: float, width: float, power: float, seconds=60, seed=1) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(seconds * 1000)
    band = filtered(noise, 1.0, low=frequency - width / 2, high=frequency + width / 2).to_numpy()
    return band * np.sqrt(power) / band.std()


def by_frequency(P, step=1.0) -> xr.DataArray:
    return xr.DataArray(P, {"frequency": step * np.arange(len(P))}, "frequency")


def test_the_spectrum_is_welchs():
    x = coloured(1.0, seconds=5)
    f, P = scipy_signal.welch(x, 1000, nperseg=500)
    found = power_spectrum(x, 1.0, resolution=2.0)
    np.testing.assert_allclose(found, P, rtol=1e-10)
    np.testing.assert_allclose(found["frequency"], f)


def test_each_segment_by_hand():
    """From the definition: Hann window, mean removed, a one-sided density."""
    x = coloured(0.5, seconds=1)
    found = power_spectra(x, 1.0, resolution=5.0)
    window = np.hanning(201)[:-1]
    for k, middle in enumerate(found["time"].values):
        piece = x[100 * k : 100 * k + 200]
        transform = np.fft.rfft(window * (piece - piece.mean()))
        P = np.abs(transform) ** 2 / (1000 * (window**2).sum())
        P[1:-1] *= 2
        np.testing.assert_allclose(found[k], P, rtol=1e-9, atol=1e-18)
        assert middle == 100 * k + 100
    assert found.sizes["time"] == 9


@settings(max_examples=25, deadline=None)
@given(amplitude=st.floats(0.01, 100), frequency=st.floats(4.5, 5.5), phase=st.floats(0, 6.28))
def test_a_tremor_has_half_its_squared_amplitude(amplitude, frequency, phase):
    t = np.arange(0, 20, 0.01)
    tremor = amplitude * np.sin(2 * np.pi * frequency * t + phase)
    rng = np.random.default_rng(0)
    found = tremor_power(tremor, 10.0, rng=rng, n_resamples=20, resolution=0.25)
    assert float(found.value) == pytest.approx(amplitude**2 / 2, rel=0.005)


def test_tremor_adds_up_over_axes_and_is_not_moved_by_slow_movement():
    t = np.arange(0, 40, 0.01)
    tremor = np.sin(2 * np.pi * 5 * t)
    hand = np.column_stack([0.1 * tremor, 0.2 * tremor]) + np.sin(2 * np.pi * 0.1 * t)[:, None]
    found = tremor_power(hand, 10.0, rng=np.random.default_rng(0), n_resamples=20)
    assert float(found.value) == pytest.approx((0.01 + 0.04) / 2, rel=0.01)


def test_the_interval_of_tremor_holds_its_power():
    """Noise of a known density over 2.5 Hz, five frequencies half a hertz apart."""
    inside = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        noise = rng.standard_normal(6000)
        found = tremor_power(noise, 10.0, rng=rng, n_resamples=200)
        inside += found.low <= 2.5 * 2 / 100 <= found.high
    assert 15 <= inside <= 20


def test_trials_are_what_is_drawn():
    rng = np.random.default_rng(0)
    t = np.arange(0, 4, 0.01)
    size = np.array([0.1, 0.2, 0.3])
    hand = xr.DataArray(
        size[:, None, None] * np.sin(2 * np.pi * 5 * t)[:, None],
        {"time": 1e3 * t},
        ("trial", "time", "axis"),
    )
    found = tremor_power(hand, rng=rng, n_resamples=200)
    assert float(found.value) == pytest.approx((size**2).mean() / 2, rel=0.01)
    assert float(found.low) == pytest.approx(size[0] ** 2 / 2, rel=0.01)
    assert float(found.high) == pytest.approx(size[2] ** 2 / 2, rel=0.01)


def test_bands_add_up_to_the_variance():
    x = coloured(0.0)
    P = power_spectrum(x, 1.0)
    parts = [band_power(P, 0, 12), band_power(P, 13, 30), band_power(P, 31, 500)]
    assert float(sum(parts)) == pytest.approx(float(band_power(P, 0, 500)))
    assert float(band_power(P, 0, 500)) == pytest.approx(1, rel=0.01)
    assert float(relative_power(P, 13, 30)) == pytest.approx(18 / 91, rel=0.05)


@settings(max_examples=20, deadline=None)
@given(gain=st.floats(1e-3, 1e3), offset=st.floats(-10, 10))
def test_shares_and_peaks_do_not_depend_on_units(gain, offset):
    x = coloured(1.0, seconds=10) + rhythm(20, 4, 0.5, seconds=10)
    before, after = (power_spectrum(each, 1.0) for each in (x, gain * (x + offset)))
    share = float(relative_power(before, *BETA))
    assert float(relative_power(after, *BETA)) == pytest.approx(share, rel=1e-6)
    assert peak_frequency(after, *BETA) == peak_frequency(before, *BETA)


def test_channels_keep_their_names():
    signal = xr.DataArray(
        np.random.default_rng(0).standard_normal((2000, 2)),
        {"time": np.arange(2000.0), "channel": ["a", "b"], "unit": ("channel", ["µV", "µV"])},
        ("time", "channel"),
    )
    P = power_spectrum(signal)
    assert P.dims == ("frequency", "channel")
    assert P["channel"].values.tolist() == ["a", "b"]
    assert P.units == "µV²/Hz"
    np.testing.assert_allclose(P.sel(channel="b"), power_spectrum(signal[:, 1]))


def test_peaks():
    P = by_frequency([9.0, 1, 2, 8, 3, 1, 2, 1, 0.5])
    assert peak_frequency(P, 1, 8) == 3
    assert peak_frequency(P, 3, 8) == 3
    assert peak_frequency(P, 4, 8) == 6
    for falls in (np.arange(9.0, 0, -1), np.arange(9.0)):
        with pytest.raises(InputError, match="no peak from 2 to 6 Hz"):
            peak_frequency(by_frequency(falls), 2, 6)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_the_exponent_beside_a_peak(exponent):
    """A rhythm six times as high as the noise at 20 Hz, and its power."""
    noise = coloured(exponent, seed=4)
    level = float(power_spectrum(noise, 1.0).sel(frequency=20))
    beta = rhythm(20, 6, 6 * level * 6)
    P = power_spectrum(noise + beta, 1.0)
    found = fit_aperiodic(P, 3, 95, rhythms=[(10, 32)])
    assert found.exponent == pytest.approx(exponent, abs=0.05)
    assert found.power(20) == pytest.approx(level, rel=0.15)
    assert found.misfit < 1.0
    rest = periodic(P, 3, 95, rhythms=[(10, 32)])
    assert float(band_power(rest, *BETA)) == pytest.approx(beta.var(), rel=0.1)
    assert abs(float(band_power(rest, 40, 90))) < 0.05 * float(band_power(P, 40, 90))


@settings(max_examples=25, deadline=None)
@given(
    exponent=st.floats(0, 4),
    offset=st.floats(-10, 15),
    height=st.floats(0, 100),
    line=st.floats(-3, 3),
)
def test_exact_spectra_are_found_again(exponent, offset, height, line):
    """Whatever stands in the band of the rhythm, and with line noise or a notch at 60 Hz."""
    f = np.arange(1.0, 200)
    truth = Aperiodic(offset, exponent)
    P = truth.power(f) * (1 + height * np.exp(-((f - 20) ** 2) / 8)) * 10 ** (line * (f == 60))
    spectrum = xr.DataArray(P, {"frequency": f}, "frequency")
    found = fit_aperiodic(spectrum, 3, 95, rhythms=[(8, 32)])
    assert found.exponent == pytest.approx(exponent, abs=0.01)
    assert found.offset == pytest.approx(offset, abs=0.02)


@pytest.mark.parametrize(("bend", "exponent"), [(10.0, 2.0), (20.0, 4.5)])
def test_a_knee(bend, exponent):
    f = np.arange(1.0, 200)
    truth = Aperiodic(3.0, exponent, knee=bend**exponent)
    P = xr.DataArray(truth.power(f), {"frequency": f}, "frequency")
    found = fit_aperiodic(P, 2, 150, rhythms=[], knee=True)
    assert found.exponent == pytest.approx(exponent, abs=0.01)
    assert found.knee ** (1 / found.exponent) == pytest.approx(bend, rel=0.01)
    assert found.misfit < 0.01
    straight = fit_aperiodic(P, 2, 150, rhythms=[])
    assert straight.misfit > 1  # it does not fit, and says so


def test_several_spectra_are_fitted_one_by_one():
    f = np.arange(1.0, 100)
    P = xr.DataArray(
        np.stack([3 / f, 5 / f**2]),
        {"frequency": f, "channel": ["a", "b"]},
        ("channel", "frequency"),
    )
    rest = periodic(P, 3, 95, rhythms=[])
    assert rest.dims == P.dims
    np.testing.assert_allclose(rest / P.sel(frequency=rest["frequency"]), 0, atol=1e-3)


def test_coherence_of_a_common_part():
    rng = np.random.default_rng(0)
    common, a, b = rng.standard_normal((3, 100_000))
    for noise in (0.5, 1.0, 2.0):
        found = coherence(common + noise * a, common + noise * b, 1.0)
        expected = 1 / (1 + noise**2) ** 2
        assert float(found[5:400].mean()) == pytest.approx(expected, abs=0.02)


def test_independent_signals_pass_the_threshold_as_often_as_stated():
    rng = np.random.default_rng(1)
    above = []
    for _ in range(20):
        found = coherence(*rng.standard_normal((2, 6000)), 1.0, resolution=2.0)
        above.append((found[2:-2] > found.threshold).mean())
    assert np.mean(above) == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power_spectrum(np.zeros(500), 1.0), "1 Hz needs at least 1000 ms, given 500 ms"),
        (lambda: power_spectrum(np.zeros(500), 1.0, resolution=300), "at most 250 Hz, given 300"),
        (lambda: power_spectrum(np.zeros(500), 1.0, resolution=0), "resolution must be a number"),
        (lambda: power_spectrum(np.r_[np.zeros(50), np.nan], 1.0), "from 50 to 50 ms; fill or cut"),
        (lambda: band_power(by_frequency(np.ones(50)), 13, 60), "at most 49 Hz, .* 13 to 60 Hz"),
        (lambda: band_power(by_frequency(np.ones(50)), 30, 13), "low < high, given 30 to 13"),
        (lambda: band_power(by_frequency(np.ones(9), 5.0), 11, 14), "no frequency lies from 11 to"),
        (lambda: band_power(xr.DataArray(np.ones(9)), 1, 2), "a dimension 'frequency'"),
        (lambda: relative_power(by_frequency(np.ones(99)), 1, 20), "a band within 5 to 95 Hz"),
        (lambda: relative_power(by_frequency(np.zeros(99)), 13, 30), "no power from 5 to 95 Hz"),
        (
            lambda: fit_aperiodic(by_frequency(np.ones(99)), 0, 50, rhythms=[]),
            "low must be a number above 0",
        ),
        (
            lambda: fit_aperiodic(by_frequency(np.ones(99)), 3, 30, rhythms=[(9, 29)]),
            "at least ten .*, given 7",
        ),
        (
            lambda: fit_aperiodic(by_frequency(np.zeros(99)), 3, 50, rhythms=[]),
            "at least ten .*, given 0",
        ),
        (
            lambda: fit_aperiodic(by_frequency(np.ones(99)), 3, 50, rhythms=[(9, 5)]),
            "low < high, given 9 to 5",
        ),
        (lambda: peak_frequency(power_spectra(np.ones(3000), 1.0), 3, 8), "given time, frequency"),
        (lambda: coherence(np.ones(9), np.arange(9.0), 1.0), "does not vary"),
        (lambda: coherence(np.arange(9.0), np.arange(8.0), 1.0), "of the same times"),
        (lambda: coherence(np.arange(1500.0), np.arange(1500.0), 1.0), "2 segments of 1500"),
        (
            lambda: coherence(np.eye(9), np.eye(9), 1.0),
            "over time alone, given one with time, axis",
        ),
        (
            lambda: tremor_power(np.arange(200.0), 10.0, rng=np.random.default_rng(0)),
            "at least two rows to draw from, given 1",
        ),
        (
            lambda: tremor_power(np.arange(200.0), 100.0, rng=np.random.default_rng(0)),
            "at most 5 Hz, half the sampling frequency, given 4 to 6 Hz",
        ),
    ],
)
def test_refused(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_the_recording_of_a_patient(real_data):
    """Beta peaks in the subthalamic nucleus and the cortex, off medication."""
    found = sorted((real_data / "parkinson_lfp_gripforce").rglob("*.vhdr"))
    if not found:
        pytest.skip("no recording parkinson_lfp_gripforce in shared/data")
    recording = read_brainvision(found[0])
    P = power_spectrum(recording.drop_sel(channel="MOV_RIGHT"))
    shares = relative_power(P, *BETA).round(2)
    assert float(shares.min()) == 0.50
    assert float(shares.max()) == 0.71
    for channel in P["channel"].values:
        one = P.sel(channel=channel)
        assert 18 <= peak_frequency(one, *BETA) <= 19
    exponents = {"LFP_RIGHT_0": 1.23, "LFP_RIGHT_1": 1.82, "LFP_RIGHT_2": 1.47}
    for channel, of_specparam in exponents.items():
        one = P.sel(channel=channel)
        found = fit_aperiodic(one, 3, 55, rhythms=[(10, 35)])
        assert found.exponent == pytest.approx(of_specparam, abs=0.2)
        above = periodic(one, 3, 55, rhythms=[(10, 35)])
        assert 18 <= peak_frequency(above, *BETA) <= 19
        assert 0.6 < float(band_power(above, *BETA) / band_power(one, *BETA)) < 0.95


def test_the_figure_shows_spectrum_fit_and_band():
    P = by_frequency(np.r_[1.0, 10 / np.arange(1.0, 100)])
    plt = pyplot()
    fig, ax = plt.subplots()
    plot_spectrum(ax, P, aperiodic=Aperiodic(1.0, 1.0), band=BETA)
    line, fit = ax.lines
    assert line.get_xdata()[0] == 1
    np.testing.assert_allclose(line.get_ydata(), fit.get_ydata())
    plt.close(fig)
