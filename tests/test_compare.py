"""Two populations on the same times, conditions and units, and what stands in the table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.figures import comparison
from analyses.population import alignment as A
from analyses.population import compare as C
from analyses.population.form import labelled
from analyses.population.jpca import jpca
from analyses.population.reading import population
from neurosim.errors import InputError


def rotating(units=30, conditions=8, frequency=2.0, dt=10.0, noise=0.05, seed=0, **names):
    """States on circles in three planes, each condition from a start of its own."""
    rng = np.random.default_rng(seed)
    time = np.arange(0, 401, dt)
    starts = np.random.default_rng(99).standard_normal(
        (conditions, 3)
    ) + 1j * np.random.default_rng(98).standard_normal((conditions, 3))
    turn = np.exp(2j * np.pi * np.outer(time / 1000, frequency * np.array([1, 0.6, 0.3])))
    states = starts[:, np.newaxis] * turn
    x = np.concatenate([states.real, states.imag], axis=2) @ rng.standard_normal((6, units))
    return labelled(x + noise * rng.standard_normal(x.shape), time, units="1", **names)


def compared(model, recording, **options):
    options = {"rng": np.random.default_rng(0), "n": 5} | options
    return C.compare(model, recording, **options)


def row(found, name):
    return next(each for each in found.rows if each.measure.name == name)


# --- times


def slow_resampled(values, old, own, new, dt):
    """The mean over each new interval of a signal that is constant over each old one."""
    found = []
    for t in new:
        total = 0.0
        for s, value in zip(old, values, strict=True):
            total += value * max(0.0, min(t + dt / 2, s + own / 2) - max(t - dt / 2, s - own / 2))
        found.append(total / dt)
    return np.array(found)


@settings(max_examples=30, deadline=None)
@given(
    own=st.floats(1, 10),
    ratio=st.floats(1, 5),
    shift=st.floats(-20, 20),
    seed=st.integers(0, 2**32),
)
def test_resampling_by_its_definition(own, ratio, shift, seed):
    dt = own * ratio
    x = np.random.default_rng(seed).standard_normal(40)
    rates = labelled(x[np.newaxis, :, np.newaxis], own * np.arange(40))
    found = A.resampled(rates, shift, dt, "test")
    times = found["time"].values
    np.testing.assert_allclose((times - shift) / dt, np.round((times - shift) / dt), atol=1e-6)
    assert times[0] - dt / 2 >= -own / 2 - 1e-4 and times[0] - dt * 1.5 < -own / 2 + 1e-4
    assert times[-1] + dt / 2 <= 39.5 * own + 1e-4 and times[-1] + dt * 1.5 > 39.5 * own - 1e-4
    slow = slow_resampled(x, own * np.arange(40), own, times, dt)
    np.testing.assert_allclose(found.values[0, :, 0], slow, atol=1e-4)


def test_the_coarser_one_stays_as_it_is_and_the_finer_one_is_binned():
    fine, coarse = rotating(dt=2.0, noise=0), rotating(dt=10.0, noise=0)
    for a, b in ((fine, coarse), (coarse, fine)):
        start, dt = A.common_lattice(a, b, "test")
        assert (start, dt) == (0.0, 10.0)
        np.testing.assert_array_equal(A.resampled(coarse, start, dt, "test"), coarse)
    binned = A.resampled(fine, 0.0, 10.0, "test")
    # over 10 ms a rotation at 2 Hz is cut short by sinc(0.02), less than 0.1 %
    expected = coarse.sel(time=binned["time"])
    assert abs(binned.values - expected.values).max() < 2e-3 * abs(coarse.values).max()


def test_shifted_times_are_interpolated():
    x = np.arange(10.0)[np.newaxis, :, np.newaxis]
    found = A.resampled(labelled(x, 10 * np.arange(10) + 3), 0.0, 10.0, "test")
    np.testing.assert_allclose(found.values.ravel(), (found["time"].values - 3) / 10)


def test_trials_keep_their_conditions():
    trials = labelled(np.ones((2, 5, 3)), np.arange(5), condition=["b", "a"], trials=True)
    found = A.resampled(trials, 0.0, 2.0, "test")
    assert found["condition"].values.tolist() == ["b", "a"]
    assert found.dims == ("trial", "time", "unit")


# --- conditions


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_pairing_finds_the_same_conditions_again(seed):
    rng = np.random.default_rng(seed)
    rates = rotating(noise=0, seed=seed % 1000)
    order = rng.permutation(8)
    mixed = rates.isel(condition=order)
    mixed = mixed.copy(data=3 * mixed.values @ np.linalg.qr(rng.standard_normal((30, 30)))[0])
    np.testing.assert_array_equal(A.best_pairing(mixed, rates, rng), order)


def test_conditions_of_the_same_name_belong_together():
    names = [f"target {k}" for k in range(8)]
    model, data = rotating(condition=names), rotating(60, seed=1, condition=names)
    order = np.random.default_rng(0).permutation(8)
    found = compared(model.isel(condition=order), data)
    assert found.pairing == "names"
    assert found.recording["condition"].values.tolist() == [names[k] for k in order]
    assert row(found, "Procrustes").model.value > 0.9
    wrong = compared(model.isel(condition=order), data, pairing="order")
    assert row(wrong, "Procrustes").model.value < 0.6


def test_conditions_without_names_are_paired_and_drawn():
    model, data = rotating(60, conditions=8), rotating(120, conditions=7, seed=1)
    found = compared(model, data)
    assert (found.pairing, found.conditions) == ("best", 7)
    same = compared(rotating(60, conditions=7), data)
    assert row(same, "Procrustes").model.value > 0.9
    # which one to leave out is drawn, so that likeness is less
    assert row(found, "Procrustes").model.value < row(same, "Procrustes").model.value - 0.05


# --- the table


def test_a_population_beside_itself_reaches_the_ceiling_and_others_do_not():
    model, data = rotating(60), rotating(80, seed=1)
    other = rotating(60, seed=2)
    rng = np.random.default_rng(3)
    other = other.copy(data=rng.standard_normal(other.shape).cumsum(axis=1))
    found = compared(model, data, pairing="order", untrained=other)
    assert [each.measure for each in found.rows] == [*C.OF_ONE, *C.OF_BOTH]
    for each in found.rows[:5]:
        assert each.units == 60 and each.ceiling_units == 40
        assert each.recording is not None
    for each in found.rows[5:]:
        assert each.units == each.ceiling_units == 40
        assert each.recording is None
        assert each.model.value > 0.85
        assert each.ceiling.value > 0.85
        assert each.untrained.high < each.model.value
        assert each.shuffled.high < each.model.value
    turning = row(found, "jPCA R2, rotation")
    assert turning.model.value > 0.8 > 0.3 > turning.untrained.value
    assert row(found, "rotation frequency").model.value == pytest.approx(2.0, abs=0.1)
    for each in found.rows:
        for name in C.ESTIMATES:
            if (estimate := getattr(each, name)) is not None:
                assert each.measure.low <= estimate.low <= estimate.high <= each.measure.high


def test_the_recordings_numbers_are_those_of_all_its_units():
    data = rotating(20, noise=0.5)
    found = compared(rotating(50, seed=1), data, window=(100, 300))
    alone = jpca(data, window=(100, 300))
    assert row(found, "jPCA R2, rotation").recording.value == pytest.approx(alone.r2_skew.item())
    assert row(found, "rotation frequency").recording.value == pytest.approx(
        alone.frequency.values[0]
    )


def test_the_smaller_one_says_how_many_units():
    found = compared(rotating(14), rotating(50, seed=1))
    assert found.rows[0].units == 14
    # all of the model's units: nothing is drawn
    assert row(found, "jPCA R2").model.value == pytest.approx(jpca(rotating(14)).r2.item())


def test_trials_are_halved_where_there_are_any():
    def recorded(noise):
        clean = rotating(20, noise=0)
        x = np.repeat(clean.values, 4, axis=0)
        x = x + noise * np.random.default_rng(1).standard_normal(x.shape)
        return labelled(
            x, clean["time"], condition=np.repeat(np.arange(8), 4), trials=True, units="1"
        )

    quiet, loud = (compared(rotating(), recorded(noise), pairing="order") for noise in (0.1, 3))
    assert {each.units for each in quiet.rows} == {20}
    assert {each.ceiling_units for each in quiet.rows} == {20}
    # halves of trials have the same units, and differ by noise alone
    assert row(quiet, "Procrustes").ceiling.low > 0.99
    assert row(loud, "Procrustes").ceiling.high < 0.9


def test_intervals_hold_what_other_samples_of_units_have():
    """20 of 400 units drawn many times: about 95 % of their numbers lie within an interval."""
    rates = rotating(400, noise=1.0)
    rng = np.random.default_rng(0)
    found = compared(rates, rates.isel(unit=np.arange(20)), n=30, pairing="order")
    for k, each in enumerate(found.rows[:3]):
        drawn = [
            C.own_measures(rates.isel(unit=rng.choice(400, 20, replace=False)))[k]
            for _ in range(40)
        ]
        inside = np.mean((each.model.low <= drawn) & (drawn <= each.model.high))
        assert 0.8 <= inside <= 1.0
        # and it is no wider than it must be
        assert each.model.high - each.model.low < 8 * np.std(drawn)


def test_the_same_seed_gives_the_same_table():
    one, other = (compared(rotating(), rotating(20, seed=1)).lines() for _ in range(2))
    assert one == other


def test_figure_shows_the_numbers(tmp_path):
    from analyses.figures.style import pyplot

    found = compared(rotating(), rotating(20, seed=1))
    comparison.save_figure(found, tmp_path / "side.png")
    assert (tmp_path / "side.png").read_bytes()[:4] == b"\x89PNG"
    _, ax = pyplot().subplots()
    each = found.rows[0]
    C.plot_row(ax, each)
    drawn = {float(line.get_xdata()[0]) for line in ax.lines if len(line.get_xdata())}
    wanted = (each.model, each.recording, each.ceiling, each.maximum_entropy, each.shuffled)
    assert {float(estimate.value) for estimate in wanted} <= drawn
    pyplot().close("all")


def test_the_real_recording(real_data):
    """Reference values of the recording, at all its units."""
    data = population(real_data / "motor_cortex_reaching" / "psth.npz")
    found = compared(rotating(60, conditions=10), data, window=(100, 300), n=4)
    assert row(found, "jPCA R2").recording.value == pytest.approx(0.60, abs=0.005)
    assert row(found, "jPCA R2, rotation").recording.value == pytest.approx(0.55, abs=0.005)
    assert row(found, "rotation frequency").recording.value == pytest.approx(1.4, abs=0.05)


# --- mistakes


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compared(rotating(), rotating().values), "recording: rates must be an xarray"),
        (lambda: compared(rotating(conditions=5), rotating()), "at least 6 conditions in common"),
        (lambda: compared(rotating(5), rotating()), "at least 6 units, .* given 5 in common"),
        (lambda: compared(rotating(), rotating(11)), "twice as many of a recording without trials"),
        (
            lambda: compared(rotating(), rotating().assign_coords(
                time=("time", np.arange(41) * 10.0 + 900, {"units": "ms"}))),
            "the times do not overlap, given 0 to 400 ms and 900 to 1300 ms",
        ),
        (
            lambda: compared(rotating(), rotating(), window=(100, 500)),
            "times that both have, 0 to 400 ms, given 100 to 500 ms",
        ),
        (lambda: compared(rotating(), rotating(), window=(100, 112)), "at least 3 common times"),
        (lambda: compared(rotating(), rotating(), pairing="name"), "did you mean 'names'"),
        (lambda: compared(rotating(), rotating(), pairing="names"), "no condition has the same"),
        (
            lambda: compared(rotating(), rotating(conditions=7), pairing="order"),
            "'order' needs as many conditions of each, given 8 and 7",
        ),
        (lambda: compared(rotating(), rotating(), n=1), "n must be a whole number of at least 2"),
        (
            lambda: compared(rotating().isel(time=[0, 1, 3, 4, 9]), rotating()),
            "times must be evenly spaced",
        ),
        (
            lambda: compared(rotating(), rotating().where(rotating().time != 30)),
            "recording: .*NaN|time must have",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_compared(call, message):
    with pytest.raises(InputError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)
