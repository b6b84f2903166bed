"""The arm that torques move: against the slow version, scipy's integrator and energy balance."""

from __future__ import annotations

from dataclasses import replace
from math import radians

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_plants import TwoJointArm
from scipy.integrate import solve_ivp

from neurosim import Force, InputError, Recording, Reservoir, Rmhl, Schedule, Simulation, load, save
from neurosim.plants import TorqueArm, human_arm, macaque_arm, move
from tasks.motor.reaching import Reaching

ARMS = {"human": human_arm(), "macaque": macaque_arm(), "heavy": macaque_arm(12.0, 0.19)}
FREE = {"lower": (-1e6, -1e6), "upper": (1e6, 1e6)}
UNDAMPED = {"damping": (0.0, 0.0, 0.0)}


@numba.njit
def drive(plant, z, states, hands):
    """Move through all outputs; states and hands after each step."""
    for t in range(z.shape[0]):
        move(plant, z[t], hands[t])
        states[t] = plant.state


def driven(kernel, z):
    """(steps, 4) states and (steps, 2) hands."""
    z = np.ascontiguousarray(z, float)
    states, hands = np.empty((len(z), 4)), np.empty((len(z), 2))
    drive(kernel, z, states, hands)
    return states, hands


def slow_arm(arm: TorqueArm) -> TwoJointArm:
    """The slow version of an arm."""
    b1, b2, b12 = arm.damping
    return TwoJointArm(
        *arm.lengths, arm.mass, arm.center_of_mass, *arm.inertias,
        B=np.array([[b1, b12], [b12, b2]]),
        lower=np.array(arm.lower), upper=np.array(arm.upper),
        K=arm.limit_stiffness, w=arm.limit_width, shoulder=np.array(arm.shoulder),
    )  # fmt: skip


def pushes(n_steps, held, size, seed=0):
    """Outputs that change every ``held`` steps."""
    rng = np.random.default_rng(seed)
    return np.repeat(rng.uniform(-size, size, (-(-n_steps // held), 2)), held, axis=0)[:n_steps]


def at(kernel, state):
    """The same kernel in another state."""
    return kernel._replace(state=np.array(state, float))


# --------------------------------------------------------------------------- the equations


@pytest.mark.parametrize("name", ARMS)
@pytest.mark.parametrize("dt, size", [(0.2, 1.0), (1.0, 20.0), (10.0, 20.0)])
def test_steps_against_the_slow_version(name, dt, size):
    """Strong pushes run into the limits; 10 ms take several parts."""
    arm = ARMS[name]
    kernel, slow = arm.kernel(dt), slow_arm(arm)
    assert (kernel.parts > 1) == (dt > 2)
    z = pushes(400, 50, size)
    states, hands = driven(kernel, z)
    state = np.array([*arm.posture, 0.0, 0.0])
    for t in range(len(z)):
        for _ in range(kernel.parts):
            state = slow.runge_kutta(state, arm.torque_scale * z[t], dt * 1e-3 / kernel.parts)
        np.testing.assert_allclose(states[t], state, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(hands[t], slow.hand(state[:2]), rtol=1e-8, atol=1e-9)
    if size > 10:
        assert (states[:, :2] < arm.lower).any() or (states[:, :2] > arm.upper).any()


@pytest.mark.parametrize("name", ARMS)
@pytest.mark.parametrize(
    "size, dt, tolerance", [(0.3, 1.0, 1e-10), (1.0, 1.0, 1e-6), (5.0, 0.2, 1e-5)]
)
def test_against_scipy(name, size, dt, tolerance):
    """1 s; where a limit is met, its second derivative jumps, which costs some digits."""
    arm = ARMS[name]
    slow = slow_arm(arm)
    steps, held = round(1000 / dt), round(100 / dt)
    z = pushes(steps, held, size, seed=1)
    states, _ = driven(arm.kernel(dt), z)
    assert ((states[:, :2] < arm.lower) | (states[:, :2] > arm.upper)).any() == (size >= 1)
    state = np.array([*arm.posture, 0.0, 0.0])
    for begin in range(0, steps, held):
        tau = arm.torque_scale * z[begin]
        exact = solve_ivp(
            lambda t, y, tau=tau: slow.derivative(y, tau), (0, 0.1), state,
            method="DOP853", t_eval=np.arange(1, held + 1) * dt * 1e-3, rtol=1e-12, atol=1e-13,
            max_step=2e-3 if size >= 1 else np.inf,
        )  # fmt: skip
        scale = np.array([1, 1, 10, 10])
        error = np.abs(states[begin : begin + held] - exact.y.T) / scale
        assert error.max() < tolerance
        state = exact.y[:, -1]
    assert np.abs(np.diff(states[:, :2], axis=0)).max() > 1e-4  # it did move


def test_fourth_order():
    arm = replace(human_arm(), **FREE)
    start, slow = np.array([0.4, 1.2, 3.0, -4.0]), slow_arm(arm)
    tau = np.array([1.0, -0.5])
    exact = solve_ivp(
        lambda t, y: slow.derivative(y, tau), (0, 0.32), start, "DOP853", rtol=1e-13, atol=1e-14
    ).y[:, -1]
    errors = []
    for n in (64, 128, 256):
        kernel = at(arm.kernel(1.0), start)._replace(parts=1, h=0.32 / n)
        states, _ = driven(kernel, np.tile(tau, (n, 1)))
        errors.append(np.abs(states[-1] - exact).max())
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    np.testing.assert_allclose(orders, 4, atol=0.2)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(ARMS)), st.floats(-7, 7))
def test_inertia_is_positive_and_least_when_stretched(name, elbow):
    slow = slow_arm(ARMS[name])
    M = slow.M(np.array([0.3, elbow]))
    least = np.linalg.eigvalsh(M)[0]
    assert least > 0
    assert least >= np.linalg.eigvalsh(slow.M(np.zeros(2)))[0] * (1 - 1e-12)


# -------------------------------------------------------------------------------- energy


@pytest.mark.parametrize("name", ARMS)
@pytest.mark.parametrize("size", [1.0, 20.0])
def test_work_is_change_of_energy_and_dissipation(name, size):
    arm, dt = ARMS[name], 0.2
    slow = slow_arm(arm)
    z = pushes(5000, 500, size, seed=2)
    states, _ = driven(arm.kernel(dt), z)
    states = np.vstack([[*arm.posture, 0, 0], states])
    work = (arm.torque_scale * z * np.diff(states[:, :2], axis=0)).sum()  # exact: z is held
    power = np.array([slow.dissipation(state) for state in states])
    lost = ((power[1:] + power[:-1]) / 2 * dt * 1e-3).sum()
    gained = slow.energy(states[-1]) - slow.energy(states[0])
    assert lost > 0
    assert work == pytest.approx(gained + lost, rel=1e-5)


@pytest.mark.parametrize("name", ARMS)
def test_without_damping_nothing_is_lost(name):
    """10 s to and fro between the limits."""
    arm = replace(ARMS[name], **UNDAMPED)
    slow = slow_arm(arm)
    start = [*arm.posture, 2.0, -3.0]
    states, _ = driven(at(arm.kernel(1.0), start), np.zeros((10_000, 2)))
    energies = [slow.energy(state) for state in states[::50]]
    np.testing.assert_allclose(energies, slow.energy(np.array(start)), rtol=2e-4)
    assert max(map(slow.potential_energy, states[::50])) > 0.1 * energies[0]


def test_without_limits_and_damping_angular_momentum_stays():
    """Nothing outside turns the arm about the shoulder."""
    arm = replace(human_arm(), **FREE, **UNDAMPED)
    slow = slow_arm(arm)
    start = np.array([0.1, 0.7, 2.0, -5.0])
    states, _ = driven(at(arm.kernel(0.2), start), np.zeros((5000, 2)))
    momenta = [(slow.M(state[:2]) @ state[2:])[0] for state in (start, *states[::100])]
    np.testing.assert_allclose(momenta, momenta[0], rtol=1e-9)


def test_left_alone_it_comes_to_rest():
    arm = human_arm()
    slow = slow_arm(arm)
    states, _ = driven(at(arm.kernel(1.0), [1.0, 1.0, 5.0, -8.0]), np.zeros((40_000, 2)))
    energies = np.array([slow.energy(state) for state in states[::20]])
    assert np.all(np.diff(energies) <= 1e-12)
    assert energies[-1] < 1e-6 * energies[0]


# ----------------------------------------------------------------------- limits, stability


@pytest.mark.parametrize("name", ARMS)
@pytest.mark.parametrize("side", [-1, 1])
def test_limits_hold(name, side):
    """A steady push of 10 outputs ends where the limit gives as much: 0.25 rad beyond it."""
    arm = ARMS[name]
    states, _ = driven(arm.kernel(5.0), np.full((40_000, 2), 10.0 * side))
    end = np.array(arm.upper if side > 0 else arm.lower)
    np.testing.assert_allclose(states[-1, :2], end + 0.25 * side, atol=1e-3)
    np.testing.assert_allclose(states[-1, 2:], 0, atol=1e-3)


def test_limits_do_nothing_within_the_range():
    arm = human_arm()
    free = replace(arm, **FREE)
    z = pushes(300, 60, 0.3, seed=3)
    one, other = driven(arm.kernel(1.0), z)[0], driven(free.kernel(1.0), z)[0]
    assert np.all((one[:, :2] > arm.lower) & (one[:, :2] < arm.upper))
    np.testing.assert_allclose(one, other, rtol=1e-12)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(ARMS)), st.floats(-4, 4), st.floats(0, 1), st.floats(0, 1)
)  # fmt: skip
def test_no_mode_is_faster_than_said(name, elbow, inner, outer):
    """Small motions about any posture, with any stiffness up to that of the limits."""
    arm = ARMS[name]
    slow = slow_arm(arm)
    M = slow.M(np.array([0.0, elbow]))
    K = np.diag([inner, outer]) * arm.limit_stiffness
    A = np.block(
        [[np.zeros((2, 2)), np.eye(2)], [-np.linalg.solve(M, K), -np.linalg.solve(M, slow.B)]]
    )
    modes = np.linalg.eigvals(A)
    assert np.abs(modes).max() <= arm.fastest * (1 + 1e-6)
    assert modes.real.max() <= 1e-6


def test_the_method_lets_no_slow_mode_grow():
    """|1 + z + z^2/2 + z^3/6 + z^4/24| <= 1 for |z| < 2.6 with Re z <= 0."""
    radius, angle = np.meshgrid(np.linspace(0, 2.6, 300), np.linspace(np.pi / 2, np.pi, 600))
    z = radius * np.exp(1j * angle)
    assert np.abs(1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24).max() <= 1 + 1e-12


@pytest.mark.parametrize("name", ARMS)
@pytest.mark.parametrize("dt", [0.1, 1.0, 5.0, 20.0])
def test_parts_are_short_enough(name, dt):
    arm = ARMS[name]
    kernel = arm.kernel(dt)
    assert kernel.h * kernel.parts == pytest.approx(dt * 1e-3)
    assert arm.fastest * kernel.h <= 0.25 + 1e-12
    wild, _ = driven(kernel, pushes(round(4000 / dt), 5, 50.0, seed=4))
    assert np.isfinite(wild).all()  # far beyond what an arm can do


@pytest.mark.parametrize("name", ARMS)
@pytest.mark.parametrize("dt", [1.0, 5.0, 20.0])
def test_the_step_of_the_network_hardly_matters(name, dt):
    arm = ARMS[name]
    held = pushes(20, 1, 2.0, seed=6)  # 100 ms each
    fine, _ = driven(arm.kernel(0.1), np.repeat(held, 1000, axis=0))
    coarse, _ = driven(arm.kernel(dt), np.repeat(held, round(100 / dt), axis=0))
    every = round(100 / dt)
    np.testing.assert_allclose(coarse[every - 1 :: every, :2], fine[999::1000, :2], atol=5e-3)


# ----------------------------------------------------------------------- published arms


def test_the_human_arm_is_that_of_li_and_todorov():
    M = slow_arm(human_arm()).M(np.array([0.0, radians(90)]))
    # I_1 + I_2 + m_2 l_1^2 and I_2
    np.testing.assert_allclose(M, [[0.16, 0.045], [0.045, 0.045]], rtol=1e-12)
    np.testing.assert_allclose(human_arm().damping, (0.05, 0.05, 0.025))


def test_the_macaque_arm_is_made_of_three_segments():
    """Forearm and hand as two point masses on rods, from the ratios."""
    weight, l1 = 8.0, 0.16
    arm = macaque_arm(weight, l1)
    masses = np.array([0.024, 0.008]) * weight
    lengths = np.array([1.07, 0.72]) * l1
    centers = np.array([0.44 * lengths[0], lengths[0] + 0.40 * lengths[1]])
    gyration = np.array([0.261, 0.251]) * lengths
    assert arm.lengths == pytest.approx((l1, lengths.sum()))
    assert arm.mass == pytest.approx(masses.sum())
    assert arm.center_of_mass == pytest.approx((masses @ centers) / masses.sum())
    assert arm.inertias[1] == pytest.approx(masses @ (gyration**2 + centers**2))
    assert arm.inertias[0] == pytest.approx(0.036 * weight * l1**2 * (0.249**2 + 0.49**2))
    # left alone, both arms' forearms slow at the same rate
    human = human_arm()
    assert arm.damping[1] / arm.inertias[1] == pytest.approx(human.damping[1] / human.inertias[1])


@pytest.mark.parametrize("name", ARMS)
def test_the_hand_rests_at_the_origin(name):
    arm = ARMS[name]
    np.testing.assert_allclose(arm.hand(arm.posture), 0, atol=1e-15)
    joints = arm.joints(np.zeros((5, 3, 2)))
    assert joints.shape == (5, 3, 3, 2)
    np.testing.assert_allclose(joints[0, 0, 2] - joints[0, 0, 0], [sum(arm.lengths), 0])


# ----------------------------------------------------------------------------- in a run

SMALL = Reservoir(n_units=30, dtype="float64", dt=1.0, connection_probability=0.3)
EVERY_STEP = Recording(("readout", "hand", "plant_state"), interval=1.0)


def run(reset=True, rule=None, **options):
    """Five trials of 200 steps; the readout explores, so that the arm moves."""
    task = Reaching(
        human_arm(), n_targets=2, distances=(0.1,), baseline=20, delay=(40, 40), reaction=20,
        duration=100, hold=20, unit="m", reset=reset,
    )  # fmt: skip
    options = {"schedule": Schedule(3, 2), "recording": EVERY_STEP, "seed": 5} | options
    return Simulation(task, rule or Rmhl(psi_first=0.5), SMALL, **options)


def test_the_state_is_recorded_and_labelled(tmp_path):
    result = run().run()
    assert result.joint_angle.dims == result.joint_velocity.dims == ("time", "joint")
    assert list(result.joint.values) == ["shoulder", "elbow"]
    assert (result.joint_angle.units, result.joint_velocity.units) == ("rad", "rad/s")
    assert result.readout.units == "1 N m"
    arm = human_arm()
    np.testing.assert_allclose(arm.hand(result.joint_angle), result.hand, atol=1e-6)
    save(result, tmp_path / "run.nc")
    np.testing.assert_array_equal(load(tmp_path / "run.nc").joint_angle, result.joint_angle)
    without = run(recording=Recording(("hand",), interval=1.0)).run()
    assert "joint_angle" not in without and "joint" not in without.dims


def test_the_arm_does_what_the_readout_says():
    result = run().run()
    arm = human_arm()
    for trial in range(5):
        chosen = slice(200 * trial, 200 * (trial + 1))
        states, _ = driven(arm.kernel(1.0), result.readout[chosen].values)
        np.testing.assert_allclose(states[:, :2], result.joint_angle[chosen], atol=1e-5)
        np.testing.assert_allclose(states[:, 2:], result.joint_velocity[chosen], atol=1e-4)


def test_it_starts_each_trial_at_rest_where_the_task_resets():
    arm = human_arm()
    for reset in (True, False):
        first = run(reset).run().joint_angle[::200]  # after the first step of each trial
        off = np.abs(first - np.array(arm.posture)).max("joint").values
        assert off[0] < 1e-3
        assert np.all(off[1:] < 1e-3) if reset else np.all(off[1:] > 1e-3)


@pytest.mark.parametrize("reset", [True, False])
def test_a_checkpoint_holds_the_state(tmp_path, reset):
    whole = run(reset).run()
    interrupted = run(reset)

    def stop(simulation):
        if simulation.index == 2:
            raise KeyboardInterrupt

    path = tmp_path / "run.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        interrupted.run(checkpoint=path, each_trial=stop)
    again = run(reset).run(checkpoint=path)
    for name in ("joint_angle", "joint_velocity", "hand", "readout"):
        np.testing.assert_array_equal(again[name], whole[name])


def test_rules_that_need_a_wanted_readout_are_refused():
    with pytest.raises(InputError, match="wanted readout"):
        run(rule=Force())


def test_absurd_torques_stop_the_run():
    result = run(rule=Rmhl(psi_first=1e200)).run()
    assert result.attrs["diverged"] == 1


HUMAN = human_arm()


@pytest.mark.parametrize(
    "make, match",
    [
        (lambda: replace(HUMAN, mass=0.0), "mass must be a number above 0"),
        (lambda: replace(HUMAN, lengths=(0.3,)), "lengths must be two finite numbers"),
        (lambda: replace(HUMAN, lengths=(0.3, -0.1)), "lengths must be a number above 0"),
        (lambda: replace(HUMAN, posture=(0.0, float("nan"))), "posture must be two"),
        (lambda: replace(HUMAN, inertias=(0.025, 0.02)), "at least mass"),
        (lambda: replace(HUMAN, damping=(0.05, 0.05)), "damping must be three"),
        (lambda: replace(HUMAN, damping=(-0.05, 0.05, 0.0)), "damping must be a number"),
        (lambda: replace(HUMAN, damping=(0.05, 0.05, 0.06)), "take energy"),
        (lambda: replace(HUMAN, lower=(1.0, 0.0)), "lower <= posture <= upper"),
        (lambda: replace(HUMAN, upper=(1.0, 1.0)), "lower <= posture <= upper"),
        (lambda: replace(HUMAN, limit_stiffness=0), "limit_stiffness"),
        (lambda: replace(HUMAN, limit_width=0.0), "limit_width"),
        (lambda: replace(HUMAN, torque_scale=float("inf")), "torque_scale"),
        (lambda: replace(HUMAN, shoulder="left"), "shoulder"),
        (lambda: macaque_arm(body_mass=-1), "body_mass"),
        (lambda: macaque_arm(upper_arm=0), "upper_arm"),
    ],
)
def test_bad_values_get_one_line(make, match):
    with pytest.raises(InputError, match=match) as caught:
        make()
    assert "\n" not in str(caught.value)
    assert "given" in str(caught.value)
