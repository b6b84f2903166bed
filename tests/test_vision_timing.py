"""Onset asynchronies and steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.errors import InputError
from tasks.vision.timing import ms_of, steps_of


@pytest.mark.parametrize(
    ("soa", "steps"), [(25, 4), (50, 8), (75, 12), (100, 16), (150, 24), (1, 1), (9.375, 2)]
)
def test_steps(soa, steps):
    assert steps_of(soa) == steps


@given(soa=st.floats(1, 1e4), step=st.floats(0.5, 100))
def test_nearest_and_at_least_one(soa, step):
    steps = steps_of(soa, step)
    assert steps >= 1
    assert steps == 1 or abs(float(ms_of(steps, step)) - soa) <= step / 2 * (1 + 1e-9)


@given(steps=st.integers(1, 10_000), step=st.floats(0.5, 100))
def test_there_and_back(steps, step):
    assert steps_of(float(ms_of(steps, step)), step) == steps


@pytest.mark.parametrize("soa", [0, -25, float("nan"), float("inf"), "25"])
def test_no_time(soa):
    with pytest.raises(InputError, match="soa_ms must be a number above 0"):
        steps_of(soa)


def test_no_duration():
    with pytest.raises(InputError, match="step_ms must be a number above 0, given 0"):
        steps_of(25, 0)
    with pytest.raises(InputError, match="step_ms must be a number above 0, given -1"):
        ms_of([1], -1)
