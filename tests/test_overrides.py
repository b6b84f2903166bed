"""Parameters changed by name."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import Effort, Force, InputError, Recording, Reservoir, Rmhl, Supertrex
from neurosim.overrides import check_known, parameters, parse, replaced


def test_parse():
    assert parse([]) == {}
    assert parse(["gain=1.3", " every = 5 ", "a=b=c"]) == {"gain": "1.3", "every": "5", "a": "b=c"}


@pytest.mark.parametrize("given", ["gain", "=1.3", "gain=", " = ", "", "gain 1.3"])
def test_parse_refuses(given):
    with pytest.raises(InputError, match="expected name=value"):
        parse([given])


def test_parse_refuses_a_name_given_twice():
    with pytest.raises(InputError, match="'gain' is given twice"):
        parse(["gain=1.3", "gain =1.4"])


def test_nothing_changes_nothing():
    rule = Supertrex()
    assert replaced(rule, {}) == rule
    assert replaced(rule, {"gain": "2"}) == rule  # a name it does not have


def test_each_kind_of_value():
    reservoir = replaced(
        Reservoir(), {"gain": "1.25", "n_units": "300", "nonlinearity": "relu", "noise": "1e-3"}
    )
    assert reservoir == Reservoir(gain=1.25, n_units=300, nonlinearity="relu", noise=1e-3)
    assert isinstance(reservoir.n_units, int)
    assert replaced(Effort((0.1, 0.2)), {"costs": "0.3, 0.4,0.5"}).costs == (0.3, 0.4, 0.5)
    recording = replaced(Recording(), {"signals": "hand, error", "trial_weights": "yes"})
    assert recording == Recording(("hand", "error"), trial_weights=True)


@pytest.mark.parametrize(
    "text, value", [("true", True), ("No", False), ("1", True), ("off", False)]
)
def test_true_and_false(text, value):
    assert replaced(Rmhl(), {"improvements_only": text}).improvements_only is value


def test_parameters_of_the_exploratory_pathway():
    rule = replaced(Supertrex(), {"learning_rate": "0.001", "gate_threshold": "0.02"})
    assert rule == Supertrex(exploratory=Rmhl(learning_rate=0.001), gate_threshold=0.02)
    named = parameters(rule)
    assert named["learning_rate"] == 0.001
    assert named["gate_threshold"] == 0.02
    assert "exploratory" not in named


@given(st.floats(1e-6, 1e6))
def test_any_number_arrives_as_it_was_written(value):
    assert replaced(Force(), {"alpha": repr(value)}).alpha == value


def test_a_whole_number_given_where_any_number_may_be():
    """What a parameter takes does not depend on how its present value was written."""
    assert replaced(Force(alpha=1), {"alpha": "0.5"}).alpha == 0.5
    assert replaced(Reservoir(gain=2), {"gain": "1.5"}).gain == 1.5


@pytest.mark.parametrize(
    "value, change, match",
    [
        (Reservoir(), {"n_units": "many"}, "Reservoir: n_units .*whole number, given 'many'"),
        (Reservoir(), {"n_units": "10.5"}, "Reservoir: n_units .*whole number, given '10.5'"),
        (Reservoir(), {"n_units": "-5"}, "n_units"),
        (Reservoir(), {"gain": "big"}, "Reservoir: gain .*a number, given 'big'"),
        (Reservoir(), {"gain": "nan"}, "gain"),
        (Reservoir(), {"gain": "-1"}, "gain"),
        (Reservoir(), {"connectivity": "spars"}, "did you mean 'sparse'"),
        (Rmhl(), {"improvements_only": "maybe"}, "true or false, given 'maybe'"),
        (Supertrex(), {"learning_rate": "fast"}, "Rmhl: learning_rate .*a number, given 'fast'"),
        (Supertrex(), {"psi_exponent": "0"}, "Rmhl: psi_exponent"),
        (Effort((0.1,)), {"costs": "0.1,x"}, "Effort: costs .*a number, given 'x'"),
    ],
)
def test_wrong_values_get_one_line(value, change, match):
    with pytest.raises(InputError, match=match) as caught:
        replaced(value, change)
    assert "\n" not in str(caught.value)


def test_check_known():
    check_known({"gain": "1", "learning_rate": "2", "every": "3"}, Supertrex(), Reservoir())
    check_known({})
    with pytest.raises(InputError, match="unknown parameter 'gian': did you mean 'gain'"):
        check_known({"gian": "1"}, Supertrex(), Reservoir())
    with pytest.raises(InputError, match="did you mean 'learning_rate'"):
        check_known({"learnig_rate": "1"}, Supertrex())
    with pytest.raises(InputError, match="unknown parameter 'every'"):
        check_known({"every": "1"}, Rmhl())


def test_objects_inside_objects():
    @dataclass(frozen=True)
    class Inner:
        depth: int = 1

    @dataclass(frozen=True)
    class Middle:
        inner: Inner = Inner()
        width: float = 2.0

    @dataclass(frozen=True)
    class Outer:
        middle: Middle = Middle()

    assert parameters(Outer()) == {"depth": 1, "width": 2.0}
    assert replaced(Outer(), {"depth": "7"}).middle == Middle(Inner(7), 2.0)
