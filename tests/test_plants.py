"""From readout to movement: direct, arm, effort."""

from __future__ import annotations

from math import cos, pi, sin
from typing import NamedTuple

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from neurosim import Arm, Direct, Effort, InputError, arm_of
from neurosim.plants import NoEffort, effort, move

ANGLE = st.floats(-3, 3)
LENGTH = st.floats(0.01, 10)


@numba.njit
def compiled_move(plant, z, hand):
    move(plant, z, hand)


class Signals(NamedTuple):
    """As much of the loop's signals as the effort needs."""

    z: np.ndarray
    parts: np.ndarray


@numba.njit
def compiled_effort(kind, signals):
    return effort(kind, signals)


def moved(plant, z):
    """Position of the end point by the compiled piece."""
    hand = np.full(len(plant.axes), np.nan)
    compiled_move(plant.kernel(), np.asarray(z, float), hand)
    return hand


@st.composite
def arms(draw):
    """An arm of 1 to 12 segments and angles for it."""
    lengths = draw(st.lists(LENGTH, min_size=1, max_size=12))
    z = draw(st.lists(ANGLE, min_size=len(lengths), max_size=len(lengths)))
    pivot = (draw(st.floats(-5, 5)), draw(st.floats(-5, 5)))
    return Arm(tuple(lengths), pivot), np.array(z)


@settings(deadline=None)
@given(LENGTH, ANGLE)
def test_one_segment_is_plain_trigonometry(length, z):
    arm = Arm((length,), (0.5, -1.0))
    there = [0.5 + length * sin(pi * z), -1.0 + length * cos(pi * z)]
    np.testing.assert_allclose(moved(arm, [z]), there, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(arm.hand([z]), there, rtol=1e-12, atol=1e-12)


def test_zero_points_up_and_a_half_points_right():
    arm = Arm((2.0,), (0.0, 0.0))
    np.testing.assert_allclose(moved(arm, [0.0]), [0, 2], atol=1e-15)
    np.testing.assert_allclose(moved(arm, [0.5]), [2, 0], atol=1e-15)
    np.testing.assert_allclose(moved(arm, [-0.5]), [-2, 0], atol=1e-15)


@settings(max_examples=60, deadline=None)
@given(arms())
def test_segments_against_the_slow_version(case):
    arm, z = case
    slow = reference.arm(z, arm.lengths, arm.pivot)
    np.testing.assert_allclose(moved(arm, z), slow, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(arm.hand(z), slow, rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(arms())
def test_hand_is_within_reach_and_joints_are_apart_by_the_lengths(case):
    arm, z = case
    reach = sum(arm.lengths)
    assert np.hypot(*(moved(arm, z) - arm.pivot)) <= reach * (1 + 1e-12) + 1e-12
    joints = arm.joints(z)
    assert joints.shape == (len(arm.lengths) + 1, 2)
    np.testing.assert_allclose(joints[0], arm.pivot)
    np.testing.assert_allclose(
        np.hypot(*np.diff(joints, axis=0).T), arm.lengths, rtol=1e-9, atol=1e-12
    )


@settings(max_examples=60, deadline=None)
@given(arms(), ANGLE)
def test_the_base_joint_turns_the_whole_arm(case, turn):
    arm, z = case
    turned = z.copy()
    turned[0] += turn
    angle = -pi * turn  # clockwise, as angles count from up to the right
    rotation = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    expected = arm.pivot + (moved(arm, z) - arm.pivot) @ rotation.T
    np.testing.assert_allclose(moved(arm, turned), expected, rtol=1e-9, atol=1e-9)


def test_many_readouts_at_once():
    z = np.random.default_rng(0).uniform(-1, 1, (4, 5, 3))
    arm = arm_of(3)
    hands = arm.hand(z)
    assert hands.shape == (4, 5, 2)
    assert arm.joints(z).shape == (4, 5, 4, 2)
    np.testing.assert_allclose(hands[2, 3], moved(arm, z[2, 3]), rtol=1e-12)


def test_published_arms():
    assert arm_of(2) == Arm((1.8, 1.8), (0.0, -2.0))
    assert arm_of(3).lengths == (1.8, 1.2, 0.6)
    assert arm_of(4).lengths == (1.8, 1.2, 0.6, 0.1)
    fifty = arm_of(50)
    assert fifty.n_outputs == 50
    assert sum(fifty.lengths) == pytest.approx(3.6 + 4.7)
    curve = reference.butterfly(1000)
    for n in (2, 3, 50):  # all can reach the butterfly
        assert np.hypot(*(curve - arm_of(n).pivot).T).max() < sum(arm_of(n).lengths)


def test_direct():
    np.testing.assert_array_equal(moved(Direct(), [0.25, -3.0]), [0.25, -3.0])
    np.testing.assert_array_equal(moved(Direct(("force",)), [0.5]), [0.5])
    assert Direct(("force",)).n_outputs == 1


@pytest.mark.parametrize("followed", ["output", "exploratory"])
def test_effort_against_the_slow_version(followed):
    costs, b = (0.1, 0.05, 0.0), 0.3
    kernel = Effort(costs, followed, b).kernel()
    rng = np.random.default_rng(8)
    zbar = np.zeros(3)
    for _ in range(50):
        parts = rng.standard_normal((2, 3))
        z = parts.sum(0)
        cost = compiled_effort(kernel, Signals(z, parts))
        assert cost == pytest.approx(reference.effort(z, zbar, costs), rel=1e-12)
        zbar = reference.low_pass(zbar, z if followed == "output" else parts[1], b)
    np.testing.assert_allclose(kernel.zbar, zbar, rtol=1e-12)
    assert compiled_effort(NoEffort(), Signals(z, parts)) == 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Arm(()),
        lambda: Arm((1.0, -1.0)),
        lambda: Arm((1.0, 0.0)),
        lambda: Arm((1.0, float("nan"))),
        lambda: Arm((float("inf"),)),
        lambda: Arm(1.8),
        lambda: Arm(((1.0, 2.0), (1.0, 2.0))),
        lambda: Arm(("long", "short")),
        lambda: Arm((1.8,), (0.0,)),
        lambda: Arm((1.8,), (0.0, float("nan"))),
        lambda: Arm((1.8,), ("left", "down")),
        lambda: Arm((1.8,), None),
        lambda: arm_of(1),
        lambda: arm_of(0),
        lambda: arm_of(2.0),
        lambda: arm_of(True),
        lambda: Direct(()),
        lambda: Effort((0.1, -0.1)),
        lambda: Effort((float("nan"),)),
        lambda: Effort((0.1,), "whole"),
        lambda: Effort((0.1,), filter=1.5),
        lambda: Effort((0.1,), filter=float("nan")),
    ],
)
def test_bad_values_get_one_line(make):
    with pytest.raises(InputError) as caught:
        make()
    message = str(caught.value)
    assert "\n" not in message
    assert "given" in message
