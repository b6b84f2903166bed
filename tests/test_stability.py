"""How long a movement holds and how it gets over a kick, on signals with known answers."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
import xarray as xr

from analyses.stability import Held, Return, held, return_to, stability
from neurosim import Direct, Force, InputError, Recording, Reservoir, Rmhl, Schedule, Simulation
from tasks.motor.drawing import Drawing

TIMES = 5.0 * np.arange(40)
"""Two trials of 100 ms."""


def result_of(distance, phases=("train", "test"), times=TIMES):
    """A result whose hand is at a given distance from its target."""
    target = np.column_stack([np.sin(times / 30), np.cos(times / 30)])
    hand = target + np.column_stack([0.6 * distance, -0.8 * distance])
    return xr.Dataset(
        {"hand": (("time", "axis"), hand), "target": (("time", "axis"), target)},
        coords={"time": times, "phase": ("trial", list(phases))},
        attrs={"trial_ms": 100.0},
    )


def test_held_until_the_error_first_exceeds_the_bound():
    distance = np.where(TIMES >= 160, 0.7, 0.2)
    distance[:20] = 5.0  # in training anything goes
    distance[30] = 0.5  # at 150 ms, just within the bound
    assert held(result_of(distance), 0.5 + 1e-9) == Held(60.0, True)
    assert held(result_of(distance), 0.3) == Held(50.0, True)
    assert held(result_of(distance), 0.1) == Held(0.0, True)
    assert held(result_of(distance), 1.0) == Held(100.0, False)
    assert held(result_of(distance, ("test", "test")), 10.0) == Held(200.0, False)
    lost = distance.copy()
    lost[25] = np.nan
    assert held(result_of(lost), 1.0) == Held(25.0, True)


def test_return_is_for_good():
    quiet = result_of(np.zeros(40))
    away = np.zeros(40)
    away[22:26] = [0.1, 0.8, 0.4, 0.05]
    assert return_to(quiet, result_of(away), at=110.0, bound=0.2) == Return(
        15.0, pytest.approx(0.8)
    )
    assert return_to(quiet, result_of(away), at=110.0, bound=1.0) == Return(0.0, pytest.approx(0.8))
    away[30] = 0.3  # not yet for good
    assert return_to(quiet, result_of(away), at=110.0, bound=0.2).time == 45.0
    away[-1] = 0.3
    assert return_to(quiet, result_of(away), at=110.0, bound=0.2).time == np.inf
    # what was before the kick does not count
    before = np.where(TIMES < 110, 9.0, 0.0)
    assert return_to(quiet, result_of(before), at=110.0, bound=0.2) == Return(0.0, 0.0)


def trained(state=("phase",), schedule=None, **options):
    """A small network that FORCE has taught to draw."""
    task = Drawing("small", Direct(), period=200.0, state=state, test_feedback="free")
    return Simulation(
        task,
        Force(),
        Reservoir(n_units=100, dtype="float64"),
        seed=1,
        schedule=schedule or Schedule(6, 4),
        recording=Recording(("hand",), interval=2.0),
        **options,
    )


@pytest.fixture(scope="module")
def measured():
    """Kicks of several strengths in two test trials."""
    return stability(trained(), [0.0, 0.1, 1.0], bound=0.05, trials=[6, 7], time=50.0)


def test_a_phase_locked_network_returns_from_kicks(measured):
    assert dict(measured.sizes) == {"strength": 3, "trial": 2}
    assert not measured.return_time.sel(strength=0).values.any()
    assert not measured.peak.sel(strength=0).values.any()
    assert (np.diff(measured.peak, axis=0) > 0).all()
    assert np.isfinite(measured.return_time).all()
    assert measured.return_time.sel(strength=1.0).min() > 2.0
    assert measured.peak.sel(strength=1.0).max() > 0.05
    assert measured.peak[2, 0] != measured.peak[2, 1]  # draws of their own
    for name in ("return_time", "peak", "held"):
        assert measured[name].attrs["units"]


def test_state_information_holds_what_a_free_network_loses():
    """The paper's point: with the phase as an input the movement needs no forcing."""
    held_for = {}
    for state in ((), ("phase",)):
        task = Drawing("free", Direct(), period=1000.0, state=state, test_feedback="free")
        reservoir = Reservoir(n_units=200, dtype="float64")
        run = Simulation(task, Force(), reservoir, seed=1, schedule=Schedule(8, 4))
        held_for[state] = held(run.run(), 0.5)
    assert held_for["phase",] == Held(4000.0, False)
    assert held_for[()].exceeded and held_for[()].duration < 2000


def test_the_run_is_left_alone_and_may_be_trained_already():
    run = trained(schedule=Schedule(2, 1))
    one = stability(run, [0.2], bound=0.1)
    assert run.step == 0
    while run.learning:
        run.advance()
    other = stability(run, [0.2], bound=0.1)
    xr.testing.assert_identical(one, other)
    assert run.index == 2 and run.position == 0


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda: held(result_of(np.zeros(40)), 0.0), "bound must be a number above 0"),
        (lambda: held(result_of(np.zeros(40)).drop_vars("hand"), 1.0), "'hand' recorded"),
        (lambda: held(result_of(np.zeros(40), ("train", "train")), 1.0), "test trials"),
        (lambda: return_to(*[result_of(np.zeros(40))] * 2, at=-1.0, bound=1.0), "at must be"),
        (lambda: return_to(*[result_of(np.zeros(40))] * 2, at=300.0, bound=1.0), "195 ms, given"),
        (lambda: return_to(*[result_of(np.zeros(40))] * 2, at=1.0, bound=np.nan), "bound"),
        (lambda: return_to(result_of(np.zeros(40)), result_of(np.zeros(20), times=TIMES[:20]),
                           at=0.0, bound=1.0), "same times, given 40 and 20"),
        (lambda: stability(trained(schedule=Schedule(1, 0)), [0.1], bound=1.0), "given none"),
        (lambda: stability(trained(), [0.1], bound=0.0), "bound"),
        (lambda: stability(trained(), [0.1], bound=1.0, trials=[2]), "at least 6, given 2"),
        (lambda: stability(trained(schedule=Schedule(0, 1)), [0.1], bound=1.0, trials=[1]),
         "outside the run"),
        (lambda: stability(trained(schedule=Schedule(0, 1)), [2.0], bound=1.0), "strength"),
        (lambda: stability(trained(schedule=Schedule(0, 1)), [0.1], bound=1.0, time=999.0),
         "within a trial"),
        (lambda: stability(Simulation(Drawing("s", Direct(), period=40.0), Rmhl(),
                                      Reservoir(n_units=20), recording=Recording(("error",))),
                           [0.1], bound=1.0), "'hand' recorded"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line(call, match):
    with pytest.raises(InputError, match=re.escape(match)) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_run_that_diverges_in_training_says_so():
    run = trained(schedule=Schedule(2, 1))
    wild = Simulation(run.task, Rmhl(learning_rate=1e6), dataclasses.replace(run.reservoir),
                      schedule=run.schedule, recording=run.recording)  # fmt: skip
    with pytest.raises(InputError, match="diverged in training, at step"):
        stability(wild, [0.1], bound=1.0)
