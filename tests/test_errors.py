"""Checks refuse what they should, and say in one line what was wrong."""

from __future__ import annotations

import doctest
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import neurosim.errors
from neurosim.errors import (
    InputError,
    check_between,
    check_choice,
    check_integer,
    check_non_negative,
    check_positive,
    suggest,
)

LONG = [-(10**29)] * 5
NO_NUMBERS = [True, np.True_, math.nan, math.inf, -math.inf, "1", None, [1.0], 1j, 10**400]

anything = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())
)


@dataclass(frozen=True)
class Network:
    """As the parameter objects of the package use the checks."""

    dt: float = 0.2

    def __post_init__(self) -> None:
        check_positive(self, "dt", self.dt)


def test_the_examples_run() -> None:
    assert doctest.testmod(neurosim.errors).failed == 0


def test_message_names_owner_attribute_allowed_and_given() -> None:
    with pytest.raises(InputError, match=r"^Network: dt must be a number above 0, given -1$"):
        Network(dt=-1)


@pytest.mark.parametrize("value", [0.2, 1, np.float32(0.5), np.int64(3), 1e-300])
def test_positive_numbers_pass(value: float) -> None:
    check_positive("it", "x", value)
    check_non_negative("it", "x", value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, 0.0, -1e-300])
def test_not_positive(value: object) -> None:
    with pytest.raises(InputError, match="number above 0"):
        check_positive("it", "x", value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, -1e-300])
def test_negative(value: object) -> None:
    with pytest.raises(InputError, match="at least 0"):
        check_non_negative("it", "x", value)


def test_zero_is_not_negative() -> None:
    check_non_negative("it", "x", 0)
    check_non_negative("it", "x", -0.0)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float64(1)])
def test_between_includes_its_ends(value: float) -> None:
    check_between("it", "x", value, 0, 1)


@pytest.mark.parametrize("value", [*NO_NUMBERS, -0.001, 1.001])
def test_outside(value: object) -> None:
    with pytest.raises(InputError, match="number from 0 to 1"):
        check_between("it", "x", value, 0, 1)


@pytest.mark.parametrize("value", [1, 7, np.int32(2), np.uint8(1), 10**30])
def test_integers_pass(value: int) -> None:
    check_integer("it", "n", value, minimum=1)


@pytest.mark.parametrize("value", [True, np.True_, 0, -3, 1.0, np.float64(2), math.nan, "1", None])
def test_not_an_integer(value: object) -> None:
    with pytest.raises(InputError, match="whole number of at least 1"):
        check_integer("it", "n", value, minimum=1)


@pytest.mark.parametrize("value", ["on ", "On", "", None, 0, True, ["on"], np.array(["on", "off"])])
def test_not_a_choice(value: object) -> None:
    with pytest.raises(InputError, match="must be one of 'on', 'off'"):
        check_choice("it", "feedback", value, ("on", "off"))


def test_choice_suggests_the_nearest() -> None:
    check_choice("it", "dtype", "float32", ("float32", "float64"))
    with pytest.raises(InputError, match="given 'flaot64': did you mean 'float64'"):
        check_choice("it", "dtype", "flaot64", ("float32", "float64"))


def test_numpy_scalars_are_shown_as_numbers() -> None:
    with pytest.raises(InputError, match=r"given -1\.5$"):
        check_positive("it", "x", np.float64(-1.5))


def test_suggestion_ignores_case() -> None:
    assert "did you mean 'MOV_RIGHT'?" in str(suggest("mov_rigth", ["LFP", "MOV_RIGHT"], "channel"))


def test_no_suggestion_for_what_is_far_off() -> None:
    assert str(suggest("zzz", ("butterfly",))) == "unknown task 'zzz' (known: butterfly)"


def test_nothing_known() -> None:
    assert str(suggest("a", (), what="rule")) == "unknown rule 'a' (known: none)"


@example(LONG)
@given(anything)
def test_any_refusal_is_one_short_line(value: object) -> None:
    checks = (
        lambda: check_positive("it", "x", value),
        lambda: check_non_negative("it", "x", value),
        lambda: check_between("it", "x", value, 0, 1),
        lambda: check_integer("it", "x", value, minimum=0),
        lambda: check_choice("it", "x", value, ("on", "off")),
    )
    for check in checks:
        try:
            check()
        except InputError as error:
            assert len(str(error).splitlines()) == 1
            assert len(str(error)) < 200
    assert len(str(suggest(value, ("on",))).splitlines()) == 1


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\x0b", "\x85", "\u2028"])
def test_what_breaks_lines_is_left_out_of_messages(break_):
    assert str(InputError(f"r{break_}ec.eeg: cannot be read")) == "r ec.eeg: cannot be read"
