"""Measures of movement against values known in closed form, and what they must not depend on."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from analyses.figures.style import pyplot
from analyses.kinematics import (
    kinematics,
    log_dimensionless_jerk,
    plot_speed,
    spectral_arc_length,
    speed,
    velocity,
)
from analyses.learning import consolidation_index, retention
from analyses.sampling import by_trial
from analyses.spectra import tremor_power
from neurosim import Direct, Recording, Reservoir, Schedule, Simulation, Supertrex
from neurosim.errors import InputError
from tasks.motor.drawing import Drawing

SCALARS = ("peak_speed", "mean_speed", "amplitude", "path_length")
SMOOTHNESS = ("spectral_arc_length", "log_dimensionless_jerk")


def minimum_jerk(duration=1.0, amplitude=1.0, *, dt=0.001, rest=0.0) -> np.ndarray:
    """Position of a reach (Flash & Hogan 1985), with rest before and after, in s."""
    t = np.clip(np.arange(0, duration + 2 * rest + dt / 2, dt) - rest, 0, duration) / duration
    return amplitude * (10 * t**3 - 15 * t**4 + 6 * t**5)


def in_plane(along: np.ndarray, angle: float) -> np.ndarray:
    return along[:, np.newaxis] * [np.cos(angle), np.sin(angle)]


def submovements(dt=0.001) -> np.ndarray:
    """Two reaches in a plane that overlap, at right angles."""
    one = minimum_jerk(0.6, dt=dt, rest=0.2)
    later = np.concatenate([np.zeros(round(0.3 / dt)), one])
    first = np.concatenate([one, np.full(round(0.3 / dt), one[-1])])
    return np.column_stack([first, 0.5 * later])


def test_velocity_of_a_circle():
    angle = 2 * np.pi * np.arange(1001) / 500
    circle = 0.3 * np.column_stack([np.cos(angle), np.sin(angle)])
    v = velocity(circle, 2.0)  # a turn a second
    turned = np.column_stack([-circle[:, 1], circle[:, 0]])
    np.testing.assert_allclose(v, 2 * np.pi * turned, atol=1e-3)
    np.testing.assert_allclose(speed(circle, 2.0), 0.6 * np.pi, rtol=1e-3)


@pytest.mark.parametrize(("duration", "amplitude"), [(0.4, 0.1), (1.0, 2.0), (3.0, 0.5)])
def test_a_minimum_jerk_reach(duration, amplitude):
    dt = duration / 1000
    reach = in_plane(minimum_jerk(duration, amplitude, dt=dt), 0.7)
    found = kinematics(reach, 1e3 * dt, threshold=0.0)
    assert float(found.peak_speed) == pytest.approx(1.875 * amplitude / duration, rel=1e-4)
    assert float(found.mean_speed) == pytest.approx(amplitude / duration, rel=2e-3)
    assert float(found.amplitude) == pytest.approx(amplitude)
    assert float(found.path_length) == pytest.approx(amplitude)
    assert float(found.duration) == pytest.approx(1e3 * duration)
    # 720 A^2 / T^5 is the integral of the squared jerk
    expected = -np.log(720 / 1.875**2)
    assert float(found.log_dimensionless_jerk) == pytest.approx(expected, abs=0.02)


def test_sparc_against_the_integral():
    """The arc of the continuous spectrum, by quadrature, of a speed from 0 to 1 s."""
    f = np.arange(0, 3, 0.01)
    V = np.array(
        [quad(lambda t, f=f: 30 * t**2 * (1 - t) ** 2 * np.cos(2 * np.pi * f * (t - 0.5)), 0, 1)[0]
         for f in f]
    )  # fmt: skip
    last = np.flatnonzero(np.abs(V) >= 0.05)[-1]
    arc = np.hypot(np.diff(f[: last + 1]) / f[last], np.diff(V[: last + 1])).sum()
    assert arc == pytest.approx(1.41, abs=0.01)
    found = spectral_arc_length(speed(minimum_jerk(), 1.0))
    assert float(found) == pytest.approx(-arc, abs=0.01)


def test_the_movement_is_cut_where_speed_crosses_the_threshold():
    reach = minimum_jerk(0.8, 0.3, rest=0.5)
    found = kinematics(reach, 1.0, threshold=0.05)
    edge = (1 - np.sqrt(1 - np.sqrt(0.05))) / 2  # 16 t^2 (1 - t)^2 = 0.05
    assert float(found.onset) == pytest.approx(500 + 800 * edge, abs=1)
    assert float(found.duration) == pytest.approx(800 * (1 - 2 * edge), abs=2)


def test_submovements_and_tremor_are_less_smooth():
    smooth = kinematics(minimum_jerk(1.1, rest=0.2), 1.0)
    two = kinematics(submovements(), 1.0)
    t = np.arange(len(minimum_jerk(1.1, rest=0.2))) / 1e3
    shaken = kinematics(minimum_jerk(1.1, rest=0.2) + 0.02 * np.sin(10 * np.pi * t), 1.0)
    for name in SMOOTHNESS:
        assert two[name] < smooth[name] - 0.1
        assert shaken[name] < smooth[name] - 0.1


@settings(max_examples=25, deadline=None)
@given(
    size=st.floats(1e-3, 1e3),
    slower=st.floats(0.5, 2),
    angle=st.floats(0, 2 * np.pi),
    shift=st.floats(-5, 5),
)
def test_units_speed_and_direction_do_not_change_smoothness(size, slower, angle, shift):
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    path = submovements(dt=0.01)
    before = kinematics(path, 10.0)
    after = kinematics(size * (path @ rotation.T + shift), 10.0 * slower)
    assert float(after.log_dimensionless_jerk) == pytest.approx(
        float(before.log_dimensionless_jerk), abs=1e-6
    )
    # the spectrum ends below 10 Hz in both, so that only its frequency axis is stretched
    assert float(after.spectral_arc_length) == pytest.approx(
        float(before.spectral_arc_length), abs=1e-6
    )
    for name in ("amplitude", "path_length"):
        assert float(after[name]) == pytest.approx(size * float(before[name]), rel=1e-6)
    for name in ("peak_speed", "mean_speed"):
        assert float(after[name]) == pytest.approx(size / slower * float(before[name]), rel=1e-6)
    assert float(after.duration) == pytest.approx(slower * float(before.duration))


def test_each_trial_is_measured_by_itself():
    reaches = np.stack([in_plane(minimum_jerk(0.5, a, dt=0.01), 0.1) for a in (0.1, 0.2, 0.4)])
    trials = xr.DataArray(
        reaches,
        {"time": ("time", 10.0 * np.arange(51), {"units": "ms"}), "trial": [4, 5, 6]},
        ("trial", "time", "axis"),
        attrs={"units": "cm"},
    )
    found = kinematics(trials)
    assert found["trial"].values.tolist() == [4, 5, 6]
    assert found.peak_speed.units == "cm/s"
    assert found.duration.units == "ms"
    for k, trial in enumerate(reaches):
        alone = kinematics(trial, 10.0)
        for name in found:
            assert float(found[name][k]) == pytest.approx(float(alone[name]))


def test_a_simulated_run_from_trials_to_measures():
    """What a run records goes straight into every measure."""
    run = Simulation(
        Drawing("small", Direct(), period=1000.0),
        Supertrex(gate_threshold=0.1),
        Reservoir(n_units=41, connection_probability=0.2, dtype="float64"),
        seed=3,
        schedule=Schedule(3, 1),
        recording=Recording(interval=5.0),
    ).run()
    found = kinematics(by_trial(run))
    assert found.sizes == {"trial": 4}
    assert found["phase"].values.tolist() == ["train"] * 3 + ["test"]
    assert all(np.isfinite(found[name]).all() for name in found)
    jumps = np.diff(run["hand"].values[600:800].astype(float), axis=0)
    assert float(found.path_length[3]) == pytest.approx(np.hypot(*jumps.T).sum(), rel=0.02)
    assert float(retention(run["trial_distance"], run["phase"] == "test")) == pytest.approx(
        float(run["trial_distance"][3] - run["trial_distance"][2])
    )
    assert consolidation_index(run).sizes == {"time": 3}
    hand = run["hand"].isel(time=slice(0, 600))
    assert tremor_power(hand, rng=np.random.default_rng(0), resolution=1.0).value > 0


@pytest.mark.parametrize(
    ("position", "interval", "message"),
    [
        (np.zeros((50, 2)), 10.0, "kinematics: the hand does not move"),
        (np.zeros(2), 10.0, "velocity: expected at least three samples, given 2"),
        (np.r_[np.zeros(20), np.ones(20)], 10.0, "a movement of at least 4 samples, given 2"),
        (np.arange(50.0) ** 2, 100.0, "sampling at 20 Hz or more, given 10"),
        (np.r_[np.zeros(20), np.nan, np.ones(20)], 10.0, "given 1 that are not, from 200 to 200"),
    ],
)
def test_movements_that_cannot_be_measured(position, interval, message):
    with pytest.raises(InputError, match=message):
        kinematics(position, interval)


def test_single_measures_refuse_rest():
    with pytest.raises(InputError, match="the hand does not move"):
        spectral_arc_length(np.zeros(50), 10.0)
    with pytest.raises(InputError, match="the hand does not move"):
        log_dimensionless_jerk(np.zeros(50), 10.0)
    with pytest.raises(InputError, match="threshold must be a number from 0 to 1, given 2"):
        kinematics(minimum_jerk(), 1.0, threshold=2)


def test_the_figure_marks_onset_end_and_peak():
    plt = pyplot()
    fig, ax = plt.subplots()
    plot_speed(ax, minimum_jerk(0.5, 0.2, rest=0.1), 1.0)
    line, ends, peak = ax.lines
    assert len(line.get_xdata()) == 701
    np.testing.assert_allclose(ends.get_xdata(), [100 + 30, 600 - 30], atol=2)
    assert peak.get_xdata()[0] == pytest.approx(350, abs=1)
    assert ax.get_ylabel() == "speed"
    plt.close(fig)
