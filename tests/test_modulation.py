"""A rhythm suppressed by a known amount during movement, and a patient's grip force."""

from __future__ import annotations

import numpy as np
import pytest

from analyses.figures.style import pyplot
from analyses.modulation import _correlation, modulation, plot_modulation
from analyses.sampling import filtered
from neurosim.errors import InputError
from neurosim.io.brainvision import read_brainvision

SECONDS = np.arange(60_000) / 1e3
FORCE = np.clip(np.sin(2 * np.pi * SECONDS / 8), 0, None)


def beta(gain: np.ndarray, seed=0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noise = filtered(rng.standard_normal(len(SECONDS)), 1.0, low=17, high=23).to_numpy()
    return gain * noise + 0.01 * rng.standard_normal(len(SECONDS))


def found(signal, behaviour=FORCE, seed=0, **options):
    options = {"band": (13, 30), "n_resamples": 300} | options
    return modulation(signal, behaviour, 1.0, rng=np.random.default_rng(seed), **options)


def test_suppression_is_found_again():
    gain = np.where(FORCE > 0.2, 0.5, 1.0)
    result = found(beta(gain))
    assert result.movements == 8
    assert float(result.contrast.value) == pytest.approx(20 * np.log10(0.5), abs=1.5)
    assert result.contrast.low < result.contrast.value < result.contrast.high < 0
    assert -1 <= result.correlation.low < result.correlation.high < 0
    again = found(beta(gain))
    assert again.contrast == result.contrast


def test_no_modulation_is_within_the_interval():
    inside = 0
    for seed in range(10):
        result = found(beta(np.ones_like(FORCE), seed), seed=seed, n_resamples=200)
        inside += result.contrast.low < 0 < result.contrast.high
    assert inside >= 8


def test_units_do_not_matter():
    signal = beta(1 - 0.5 * FORCE)
    one, other = found(signal), found(7 * signal + 3, 40 * FORCE - 9)
    assert one.contrast.value == pytest.approx(other.contrast.value, abs=1e-3)
    assert one.correlation.value == pytest.approx(other.correlation.value, abs=1e-9)


def test_windows_by_hand():
    signal = beta(1 - 0.5 * FORCE)
    windows = found(signal, window=500.0).windows
    assert windows.sizes["time"] == 120
    window = np.hanning(501)[:-1]
    for k in (0, 17, 119):
        x = signal[500 * k : 500 * k + 500]
        P = 2 * np.abs(np.fft.rfft(window * (x - x.mean()))) ** 2 / (1000 * (window**2).sum())
        assert float(windows.power[k]) == pytest.approx(2 * P[7:16].sum(), rel=1e-6)  # 14 to 30 Hz
        assert float(windows.behaviour[k]) == pytest.approx(FORCE[500 * k : 500 * k + 500].mean())
        assert float(windows.time[k]) == 500 * k + 249.5


def test_movement_begins_above_rest_whatever_rest_is():
    for offset in (-9.0, 0.0, 9.0):
        windows = found(beta(1 - 0.5 * FORCE), FORCE + offset).windows
        b = windows.behaviour.values - offset
        expected = b > 0.2 * np.percentile(b, 95)  # at rest the force is 0
        np.testing.assert_array_equal(windows.moving, expected)


def test_what_drifts_slowly_is_drawn_in_blocks():
    """Power that wanders over seconds has fewer independent values than windows."""
    wanders = beta(np.exp(np.sin(2 * np.pi * SECONDS / 7)))
    single, together = (found(wanders, block=block).contrast for block in (1, 6))
    assert together.high - together.low > 1.2 * (single.high - single.low)


def test_the_correlation_is_pearsons():
    result = found(beta(1 - 0.5 * FORCE))
    level = 10 * np.log10(result.windows.power)
    expected = np.corrcoef(level, result.windows.behaviour)[0, 1]
    assert float(result.correlation.value) == pytest.approx(expected)
    assert expected < -0.5
    assert _correlation(level.values, np.ones(len(level))) == 0


def test_a_patient_who_grips(real_data):
    """Beta falls by some decibels in the cortex during the three grips."""
    paths = sorted((real_data / "parkinson_lfp_gripforce").rglob("*.vhdr"))
    if not paths:
        pytest.skip("no recording parkinson_lfp_gripforce in shared/data")
    recording = read_brainvision(paths[0])
    force = recording.sel(channel="MOV_RIGHT")
    for channel, low, high in (("LFP_RIGHT_1", -4, -2), ("ECOG_RIGHT_0", -10, -6)):
        result = modulation(
            recording.sel(channel=channel), force, band=(13, 30), rng=np.random.default_rng(0)
        )
        assert result.movements == 3
        assert low < result.contrast.value < high
        assert result.contrast.high < 0


@pytest.mark.parametrize(
    ("signal", "behaviour", "options", "message"),
    [
        (beta(FORCE), np.ones_like(FORCE), {}, "the behaviour does not vary"),
        (beta(FORCE), FORCE[:-1], {}, "of the same times"),
        (np.ones((100, 2)), np.ones((100, 2)), {}, "over time alone, given one with time, axis"),
        (np.zeros_like(FORCE), FORCE, {}, "power in the band in every window"),
        (beta(FORCE), FORCE, {"window": 40_000.0}, "at least two windows of 40000 ms"),
        (beta(FORCE), FORCE, {"window": 0.2}, "several samples each"),
        (beta(FORCE), FORCE, {"band": (300, 700)}, "at most 500 Hz"),
        (
            beta(FORCE),
            (SECONDS > 55).astype(float),
            {"block": 20},
            "10000 ms with movement, given 1",
        ),
    ],
)
def test_refused(signal, behaviour, options, message):
    with pytest.raises(InputError, match=message):
        found(signal, behaviour, **options)


def test_the_figure_shows_both():
    result = found(beta(1 - 0.5 * FORCE))
    plt = pyplot()
    fig, ax = plt.subplots()
    plot_modulation(ax, result)
    power, behaviour = ax.lines
    assert len(power.get_xdata()) == len(behaviour.get_xdata()) == 120
    assert behaviour.get_ydata().max() < np.median(power.get_ydata())
    plt.close(fig)
