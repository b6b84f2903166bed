"""Plants, a network and learning rules that are known to learn to reach, and why these constants.

The network (:data:`RESERVOIR`) has a time constant of 50 ms, with which what a signal sets off
lasts for a delay or a reach: with 10 ms FORCE errs by 0.08 to 0.13 at a distance of 0.5, from 30 ms
on by 0.01 and less. Its step of 1 ms makes dt/tau that of Pyle & Rosenbaum 2019, so that what the
rules count in steps (exploration, running means) keeps its relation to the network. Trials of one
condition stay alike at a gain of 1.8, since the inputs quench the chaos, and with weak noise.

The rules (:func:`reaching_rule`) are those of the robust preset (see presets.py) but for:

- the learning rate of SUPERTREX: 0.0025 instead of 0.00125 with an arm, 0.005 instead of 0.0025
  without. What a change of weights does to the output goes with |r|^2, which falls with the number
  of units, here 400 and not 1000. Alone RMHL keeps the lower rates: faster, it follows the target
  anew in each trial instead of remembering it, and errs more when learning ends;
- without an arm RMHL learns from getting worse too (``improvements_only`` off), which halves the
  error after as many trials; with an arm its reward signal saturates, as SUPERTREX's does.

Errors reached with :data:`SCHEDULE`: root mean square of the distance from the wanted path in the
test trials, in percent of the distance of the targets, for seeds 11 to 13, which had no part in the
choice of the constants; a hand that stays at the centre errs by 56.

    delay in ms      400, fixed          200 to 800, uniform
    FORCE            0.2  0.2  0.2       1.2  1.3  1.2
    RMHL             4.7  6.1  4.1       12   18   10
    SUPERTREX        2.9  3.2  3.1       4.5  5.4  6.0
    RMHL, arm        7.3  8.3  7.6       15   12   13
    SUPERTREX, arm   3.0  2.4  2.6       4.1  3.2  3.8

With 960 trials RMHL comes to 8 and 9 at random delays (seed 11). Its test errors exceed those of
its last training trials, in which it corrects the movement under way.

No rule here learns to move the arms with inertia: exploration credits a torque with what happens to
the error within a few ms, and a torque has moved the hand only long after.
"""

from __future__ import annotations

from math import acos, atan2, hypot, pi
from typing import Any

from neurosim.errors import InputError, check_integer, suggest
from neurosim.plants import Arm, Direct, Plant, arm_of, human_arm, macaque_arm
from neurosim.reservoir import Reservoir
from neurosim.rules import RULES, Force, Ridge, Rmhl, Rule, Supertrex
from neurosim.task import Schedule
from tasks.motor.reaching import Reaching

PLANTS = {
    "direct": "the readout is the hand",
    "arm": "planar arm whose joints go where they are told to",
    "human-arm": "a person's arm, moved by joint torques",
    "macaque-arm": "a rhesus monkey's arm, moved by joint torques",
}

RESERVOIR = Reservoir(n_units=400, gain=1.8, time_constant=50.0, dt=1.0, noise=0.01)
SCHEDULE = Schedule(train_trials=240, test_trials=16)
"""30 and 2 blocks of 8 targets; fewer steps than 8 trials of the butterfly."""


def resting_at(arm: Arm, point: tuple[float, float] = (0.0, 0.0)) -> Arm:
    """The same arm with the posture in which its hand is at a point, the elbow to the right.

    Where an output of 0 leaves the hand at the centre, a trial needs no jump to get there. The
    segments beyond the second are stretched.

    Raises
    ------
    InputError
        The arm cannot reach the point.

    Examples
    --------
    >>> abs(resting_at(arm_of(3)).hand([0.0, 0.0, 0.0]).round(9))
    array([0., 0.])
    """
    if arm.n_outputs < 2:
        raise InputError("resting_at: expected an arm of at least two segments, given one")
    x, y = point[0] - arm.pivot[0], point[1] - arm.pivot[1]
    inner, outer, distance = arm.lengths[0], sum(arm.lengths[1:]), hypot(x, y)
    if not max(abs(inner - outer), 1e-9) <= distance <= inner + outer:
        raise InputError(
            f"resting_at: the hand cannot rest {distance:.3g} from the shoulder, with segments of "
            f"{inner:.3g} and {outer:.3g}"
        )
    shoulder = acos((inner**2 + distance**2 - outer**2) / (2 * inner * distance))
    elbow = acos((distance**2 - inner**2 - outer**2) / (2 * inner * outer))
    angles = [(atan2(x, y) + shoulder) / pi, -elbow / pi]
    return Arm(arm.lengths, arm.pivot, (*angles, *(0.0,) * (arm.n_outputs - 2)))


def reaching_task(
    plant: str = "direct", *, n_segments: int | None = None, **options: Any
) -> Reaching:
    """Delayed reaching with a plant by name, at a distance that suits it.

    Parameters
    ----------
    plant
        One of :data:`PLANTS`.
    n_segments
        Of ``arm``; 2.
    **options
        Of :class:`Reaching`. Distances are 0.5 without unit, 0.1 m for the human and 0.06 m for the
        macaque arm, unless given.

    Raises
    ------
    InputError
        Unknown plant, segments of a plant that has none to choose, or an option out of range.

    Examples
    --------
    >>> task = reaching_task("macaque-arm", n_targets=4)
    >>> task.distances, task.unit
    ((0.06,), 'm')
    """
    if plant not in PLANTS:
        raise suggest(plant, tuple(PLANTS), what="plant")
    if n_segments is not None:
        if plant != "arm":
            raise InputError(f"plant '{plant}' has no choice of segments; use 'arm'")
        check_integer("arm", "segments", n_segments, minimum=2)
    made: Plant = Direct()
    usual: dict[str, Any] = {}
    if plant == "arm":
        made = resting_at(arm_of(n_segments or 2), options.get("center", (0.0, 0.0)))
    elif plant == "human-arm":
        made, usual = human_arm(), {"distances": (0.1,), "unit": "m"}
    elif plant == "macaque-arm":
        made, usual = macaque_arm(), {"distances": (0.06,), "unit": "m"}
    return Reaching(made, **usual | options)


def reaching_rule(rule: str, task: Reaching) -> Rule:
    """A learning rule with constants that suit a reaching task and :data:`RESERVOIR`.

    Parameters
    ----------
    rule
        Name of the rule.
    task
        What it will learn.

    Raises
    ------
    InputError
        Unknown rule.

    Examples
    --------
    >>> reaching_rule("rmhl", reaching_task("arm")).learning_rate
    0.00125
    """
    if rule not in RULES:
        raise suggest(rule, tuple(RULES), what="rule")
    if rule == "force":
        return Force()
    if rule == "ridge":
        return Ridge()
    if task.plant.invertible:
        explore: dict[str, Any] = {"psi_scale": 0.025, "psi_exponent": 0.25, "phi_max": 0.25}
        if rule == "rmhl":
            return Rmhl(learning_rate=0.0025, **explore)
        return Supertrex(exploratory=Rmhl(learning_rate=0.005, **explore))
    explore = {"psi_scale": 0.01, "psi_exponent": 0.2, "phi_max": 0.25}
    if rule == "rmhl":
        return Rmhl(learning_rate=0.00125, **explore)
    return Supertrex(
        exploratory=Rmhl(learning_rate=0.0025, output_filter=0.1, **explore),
        tutor="filtered",
        gate_threshold=15e-3,
        transfer=0.1,
    )
