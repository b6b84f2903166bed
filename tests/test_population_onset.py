"""Movement onset of speed profiles that are known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.population.onset import movement_onset, onset_latency, plot_onset
from neurosim.errors import InputError

TIMES = np.arange(0.0, 1000.0, 1.0)


def speeds(profiles, times=TIMES) -> xr.DataArray:
    return xr.DataArray(
        np.atleast_2d(profiles),
        dims=("trial", "time"),
        coords={"time": ("time", times, {"units": "ms"})},
        attrs={"units": "cm/s"},
    )


def minimum_jerk(start, duration, peak=30.0):
    s = np.clip((TIMES - start) / duration, 0, 1)
    return peak * 16 * (s * (1 - s)) ** 2


@pytest.mark.parametrize("start", [200.0, 300.5])
@pytest.mark.parametrize("duration", [250.0, 600.0])
@pytest.mark.parametrize("threshold", [0.05, 0.1, 0.2])
def test_threshold_of_minimum_jerk(start, duration, threshold):
    """16 (s (1 - s))^2 = q  <=>  s = (1 - sqrt(1 - sqrt q)) / 2."""
    found = movement_onset(speeds(minimum_jerk(start, duration)), threshold=threshold)
    s = (1 - np.sqrt(1 - np.sqrt(threshold))) / 2
    assert float(found[0]) == pytest.approx(start + s * duration, abs=0.02)


@pytest.mark.parametrize("rise", [40.0, 300.0])
def test_extrapolation_of_an_even_rise_is_exact(rise):
    profile = np.interp(TIMES, [150, 150 + rise, 900], [0, 30, 0])
    by_line = movement_onset(speeds(profile), method="extrapolation")
    assert float(by_line[0]) == pytest.approx(150)
    by_threshold = movement_onset(speeds(profile), threshold=0.1)
    assert float(by_threshold[0]) == pytest.approx(150 + 0.1 * rise)


@settings(max_examples=30, deadline=None)
@given(
    scale=st.floats(1e-3, 1e3),
    later=st.integers(0, 200),
    method=st.sampled_from(["threshold", "extrapolation"]),
)
def test_the_unit_of_speed_does_not_matter_and_time_does(scale, later, method):
    one = movement_onset(speeds(minimum_jerk(200, 400)), method=method)
    other = movement_onset(speeds(scale * minimum_jerk(200 + later, 400)), method=method)
    assert float(other[0] - one[0]) == pytest.approx(later, abs=1e-6)


def test_the_last_rise_before_the_peak_counts():
    twitch = np.interp(TIMES, [100, 110, 120], [0, 10, 0])
    found = movement_onset(speeds(twitch + minimum_jerk(300, 400)))
    assert float(found[0]) > 300


def test_after_the_go_signal():
    early = minimum_jerk(0, 200, peak=50) + minimum_jerk(500, 300)
    assert float(movement_onset(speeds(early))[0]) < 200
    assert float(movement_onset(speeds(early), after=300)[0]) > 500


def test_trials_keep_their_coordinates():
    given_speeds = speeds([minimum_jerk(200, 300), minimum_jerk(250, 300)])
    given_speeds = given_speeds.assign_coords(condition=("trial", ["left", "right"]))
    found = movement_onset(given_speeds.transpose())
    assert found["condition"].values.tolist() == ["left", "right"]
    assert float(found[1] - found[0]) == pytest.approx(50)


def test_latency_and_its_interval():
    rng = np.random.default_rng(0)
    go = rng.uniform(100, 200, 80)
    reaction = rng.gamma(20, 12, 80)
    onset = xr.DataArray(go + reaction, dims="trial")
    found = onset_latency(onset, go=go, rng=np.random.default_rng(1), n_resamples=500)
    assert found.value == pytest.approx(np.median(reaction))
    assert found.low < found.value < found.high
    assert found.high - found.low < 50
    assert onset_latency(onset, go=go, rng=np.random.default_rng(1), n_resamples=500) == found


@pytest.mark.parametrize(
    ("given_speeds", "options", "message"),
    [
        (lambda: speeds(np.zeros(1000)), {}, "trial 0 is without movement"),
        (lambda: speeds(minimum_jerk(-100, 300)), {}, "trial 0 is on its way at the first time"),
        (lambda: speeds(minimum_jerk(200, 300)).where(TIMES != 7), {}, "1 NaN or infinite values"),
        (lambda: -speeds(minimum_jerk(200, 300)), {}, "speed must be at least 0, given -30"),
        (lambda: speeds(np.zeros((0, 1000))), {}, "given 0 trials and 1000 times"),
        (lambda: speeds(minimum_jerk(200, 300)), {"after": 999}, "given 1 trials and 1 times"),
        (lambda: speeds(minimum_jerk(200, 300)).rename(trial="unit"), {}, "expected speed .trial"),
        (lambda: minimum_jerk(200, 300), {}, r"expected speed \(trial, time\), given ndarray"),
        (lambda: speeds(minimum_jerk(200, 300)), {"method": "peak"}, "method must be one of"),
        (lambda: speeds(minimum_jerk(200, 300)), {"threshold": 1}, "between 0 and 1, given 1"),
        (lambda: speeds(minimum_jerk(200, 300)).drop_vars("time"), {}, "a coordinate 'time'"),
    ],
)
def test_what_has_no_onset(given_speeds, options, message):
    made = given_speeds()
    if isinstance(made, xr.DataArray) and "time" in made.coords:
        made["time"].attrs["units"] = "ms"
    with pytest.raises(InputError, match=f"^movement_onset: .*{message}") as raised:
        movement_onset(made, **options)
    assert "\n" not in str(raised.value)


def test_go_signals_that_do_not_fit():
    onset = xr.DataArray([200.0, 220.0, 240.0], dims="trial")
    for go, n in (([0.0, 1.0], 2), ([0.0, np.nan, 1.0], 2)):
        with pytest.raises(InputError, match=f"one for each of 3 trials, given {n}"):
            onset_latency(onset, go=go, rng=np.random.default_rng(0))


def test_plot_marks_the_onsets():
    from analyses.figures.style import pyplot

    _, ax = pyplot().subplots()
    given_speeds = speeds([minimum_jerk(200, 300), minimum_jerk(250, 300)])
    onset = movement_onset(given_speeds)
    plot_onset(ax, given_speeds, onset)
    marks = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert [float(mark.get_xdata()[0]) for mark in marks] == onset.values.tolist()
    assert all(float(mark.get_ydata()[0]) == pytest.approx(3, abs=0.05) for mark in marks)
    pyplot().close("all")
