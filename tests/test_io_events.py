"""Recordings cut around events, against loops over trials."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.population.psth import binned
from neurosim.errors import InputError
from neurosim.io import align
from neurosim.io.events import event_names, with_condition
from neurosim.io.form import of_rates, of_signals, of_spikes


def session(times, units, events, conditions=None):
    found = of_spikes("session", times, units)
    found = found.assign_coords(go_time=("trial", np.asarray(events, float), {"units": "ms"}))
    if conditions is not None:
        found = found.assign_coords(condition=("trial", conditions))
    return found


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_spikes_of_a_session_against_a_loop(data):
    number = st.integers(0, 500)
    spikes = np.array(data.draw(st.lists(number, min_size=1, max_size=60)), float)
    units = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(spikes),
                                        max_size=len(spikes))))  # fmt: skip
    events = np.array(data.draw(st.lists(number, min_size=1, max_size=8)), float)
    window = (-30.0, 45.0)
    expected = []
    low, high = (f([*spikes, *events]) for f in (min, max))
    usable = [e for e in events if e + window[1] >= low and e + window[0] <= high]
    for trial, event in enumerate(usable):
        for spike, unit in zip(spikes, units, strict=True):
            if window[0] <= spike - event < window[1]:
                expected.append((trial, spike - event, unit))
    found = align(session(spikes, units, events), "go_time", window)
    given_ = zip(*(found[f"spike_{k}"].values.tolist() for k in ("trial", "time", "unit")),
                 strict=True)  # fmt: skip
    assert sorted(given_) == sorted(expected)


def test_spikes_by_trial_are_shifted_and_binned():
    spikes = of_spikes(
        "a", [10.0, 35.0, 12.0], [0, 0, 1], trial=[0, 1, 2], condition=["left", "right", "left"]
    ).assign_coords(go_time=("trial", [8.0, 30.0, np.nan], {"units": "ms"}))
    with pytest.warns(UserWarning, match=r"1 of 3 .* left out \(the event did not happen: 1\)"):
        cut = align(spikes, "go_time", (0, 10))
    assert cut["spike_time"].values.tolist() == [2, 5]
    assert cut["condition"].values.tolist() == ["left", "right"]
    assert cut["go_time"].values.tolist() == [0, 0]
    rates = binned(cut, window=(0, 10))
    np.testing.assert_array_equal(rates.values[:, 0, 0], [100, 100])


def test_rates_by_trial_are_shifted_by_samples():
    x = np.arange(2 * 10 * 1.0).reshape(2, 10, 1)
    rates = of_rates(
        "a",
        x,
        ("trial", "time", "unit"),
        10.0 * np.arange(10),
        condition=["a", "b"],
        units="Hz",
    ).assign_coords(go=("trial", [32.0, 58.0], {"units": "ms"}))
    cut = align(rates, "go", (-20, 20))
    np.testing.assert_array_equal(cut["rates"][0, :, 0], x[0, 1:6, 0])
    np.testing.assert_array_equal(cut["rates"][1, :, 0], x[1, 4:9, 0])
    assert cut["rates"].attrs["units"] == "Hz"
    assert cut["time"].attrs["units"] == "ms"
    np.testing.assert_array_equal(cut["condition"], ["a", "b"])


def test_gaps_leave_trials_out():
    x = np.arange(40.0)[:, np.newaxis]
    x[21] = np.nan
    found = of_signals("a", x, 10.0 * np.arange(40)).assign(
        event_time=("event", [100.0, 200.0, 300.0]), event_name=("event", ["go"] * 3)
    )
    with pytest.warns(UserWarning, match=r"1 of 3 trials around go .*NaN in the window: 1"):
        assert align(found, "go", (-20, 20)).sizes["trial"] == 2
    with (
        pytest.raises(InputError, match=r"no trial is left of 3 around go .*not within the record"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error")
        align(found, "go", (-2000, 20))


def test_events_that_are_not_there_are_answered_with_those_that_are():
    found = session([1.0], [0], [0.0])
    assert event_names(found) == ["go_time"]
    with pytest.raises(InputError, match="unknown event 'cue'") as raised:
        align(found, "cue", (0, 10))
    assert "known: go_time" in str(raised.value)


def test_what_cannot_be_aligned():
    found = session([1.0], [0], [0.0])
    for window in ((10, 0), (0, np.inf), (0, 0)):
        with pytest.raises(InputError, match="from lower to higher ms"):
            align(found, "go_time", window)
    averages = of_rates("a", np.ones((2, 3, 1)), ("condition", "time", "unit"), [0, 10, 20])
    with pytest.raises(InputError, match="averages over trials"):
        align(averages, "go_time", (0, 10))
    uneven = of_signals("a", np.ones((3, 1)), [0, 10, 50]).assign_coords(
        go=("trial", [10.0], {"units": "ms"})
    )
    with pytest.raises(InputError, match="evenly spaced, given steps from 10 to 40 ms"):
        align(uneven, "go", (0, 10))
    even = of_signals("a", np.ones((3, 1)), [0, 10, 20]).assign_coords(
        go=("trial", [10.0], {"units": "ms"})
    )
    with pytest.raises(InputError, match="no sample lies from 2 to 7 ms, they are 10 ms apart"):
        align(even, "go", (2, 7))


def test_conditions_that_are_missing():
    found = session([1.0], [0], [0.0, 5.0]).assign_coords(angle=("trial", [1.0, np.nan]))
    with pytest.raises(InputError, match="column 'angle' is NaN or infinite in 1 of 2 trials"):
        with_condition(found, "angle")
