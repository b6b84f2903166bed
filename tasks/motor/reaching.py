r"""Delayed center-out reaching: hold, see a target, wait, go, reach, hold.

    0        cue            go         onset               end              trial
    | hold   | delay        | reaction | reach (duration)  | hold           |

The hand rests at the centre. At ``cue`` one of the targets appears, at ``go`` the hold signal goes
off, and after a reaction time the wanted movement begins: the smoothest there is from rest to rest
(minimum jerk; Flash & Hogan 1985, J. Neurosci. 5:1688), with s = (t - onset) / duration,

    x(s) = x_0 + (x_1 - x_0) p(s),   p(s) = 10 s^3 - 15 s^4 + 6 s^5

whose speed is a bell with a peak of 1.875 distances per duration. Around a barrier halfway (the
maze of Churchland et al. 2012, Nature 487:51, in its simplest form) the hand passes a via point
beside it, again with the least jerk. Where that lies on the perpendicular bisector, at h times the
distance D, the movement is symmetric, passes it at s = 1/2, and is the straight one and a bow,

    x(s) = x_0 + (x_1 - x_0) p(s) + h D n b(s),
    b(s) = (20 u^3 - 25 u^4 + 8 u^5) / 3,   u = 2 s (s <= 1/2),  2 (1 - s) (s > 1/2)

with n the unit vector to the side. On each half b is the quintic that starts at rest and reaches 1
with its first and third derivative 0: b is smooth up to its fourth derivative, as least jerk asks
at a via point.

Trials come in blocks in which each condition (target, distance, barrier) appears once, in an order
drawn anew for each block; delays are drawn with them. Both come from the task's own seed and the
number of the block alone, so that any trial can be made without those before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import (
    InputError,
    check_between,
    check_choice,
    check_integer,
    check_non_negative,
    check_positive,
)
from neurosim.plants import Arm, Direct, Effort, Plant, TorqueArm, numbers
from neurosim.task import Label, Trial

BARRIERS = {"none": 0.0, "left": 1.0, "right": -1.0}
"""On which side of the straight line the hand passes, seen in the direction of the target."""

DELAYS = ("uniform", "exponential")
INPUTS = ("one-hot", "position")
SHOWN = ("end", "go")


def minimum_jerk(times: ArrayLike) -> NDArray[np.float64]:
    """p: progress from 0 to 1 of the smoothest movement from rest to rest.

    Parameters
    ----------
    times
        s, in units of the duration; before 0 and after 1 nothing moves.

    Examples
    --------
    >>> minimum_jerk([-1.0, 0.0, 0.5, 1.0, 2.0])
    array([0. , 0. , 0.5, 1. , 1. ])
    """
    s = np.asarray(times, float).clip(0, 1)
    return np.asarray(s**3 * (10 + s * (-15 + 6 * s)))


def bow(times: ArrayLike) -> NDArray[np.float64]:
    """b: the smoothest excursion that leaves rest at 0, is 1 at 1/2, and is back at rest at 1.

    Parameters
    ----------
    times
        As for :func:`minimum_jerk`.

    Examples
    --------
    >>> bow([0.0, 0.25, 0.5, 0.75, 1.0]).round(4)
    array([0.    , 0.3958, 1.    , 0.3958, 0.    ])
    """
    s = np.asarray(times, float).clip(0, 1)
    u = 2 * np.minimum(s, 1 - s)
    return np.asarray(u**3 * (20 + u * (-25 + 8 * u)) / 3)


class Condition(NamedTuple):
    """What distinguishes one reach from another.

    Attributes
    ----------
    target
        Number of the target, counted counter-clockwise from the right.
    distance
        Of the target from the centre.
    barrier
        One of :data:`BARRIERS`.
    """

    target: int
    distance: float
    barrier: str


@dataclass(frozen=True)
class Reaching:
    """Delayed center-out reaching.

    Parameters
    ----------
    plant, effort
        What reaches, and what moving costs.
    n_targets
        On a circle, the first to the right.
    distances
        Of the targets from the centre, in ``unit``; with more than one, each target is shown at
        each distance.
    barriers
        Any of ``"none"``, ``"left"`` and ``"right"`` (the side on which the hand passes); with more
        than one, each target is shown with each.
    height
        h, of the bow around a barrier, in distances of the target, at most 1. A disc halfway with a
        radius of 0.45 of the height is not touched.
    center
        Where the hand rests, in ``unit``.
    baseline
        From the start of the trial to the cue, in ms.
    delay
        Shortest and longest time from cue to go, in ms; fixed where they are equal.
    delay_distribution
        ``"uniform"``, or ``"exponential"``: from the shortest delay on with ``delay_constant``, cut
        at the longest, so that until then waiting says little about when to go.
    delay_constant
        In ms.
    reaction
        From go to the onset of the wanted movement, in ms.
    duration
        Of the wanted movement, in ms.
    hold
        At the target after the longest delay, in ms. Trials are equally long: a shorter delay is
        followed by a longer hold.
    inputs
        ``"one-hot"``: one input a condition. ``"position"``: x and y of the target in units of the
        largest distance and, with more than one kind of barrier, its side (1 left, -1 right). One
        more input, the hold signal, is 1 until go.
    shown_until
        The target is shown from the cue on, until ``"end"``, that of the trial, or ``"go"``. Then
        nothing from outside tells the reaches apart any more: the network's state at go must.
    seed
        Of order and delays.
    reset
        Whether network and plant start each trial from the same state.
    unit
        Of positions.

    Examples
    --------
    >>> task = Reaching(n_targets=4, delay=(200.0, 600.0), seed=1)
    >>> task.n_inputs, len(task.conditions), task.n_steps(dt=0.2) * 0.2
    (5, 4, 1750.0)
    >>> sorted(task.trial(index, 0.2).labels["target_angle"].value for index in range(4))
    [0.0, 90.0, 180.0, 270.0]
    """

    plant: Plant = field(default_factory=Direct)
    effort: Effort | None = None
    n_targets: int = 8
    distances: tuple[float, ...] = (0.5,)
    barriers: tuple[str, ...] = ("none",)
    height: float = 0.5
    center: tuple[float, float] = (0.0, 0.0)
    baseline: float = 200.0
    delay: tuple[float, float] = (400.0, 400.0)
    delay_distribution: str = "uniform"
    delay_constant: float = 200.0
    reaction: float = 150.0
    duration: float = 500.0
    hold: float = 300.0
    inputs: str = "one-hot"
    shown_until: str = "end"
    seed: int = 0
    reset: bool = True
    unit: str = "1"
    name: str = "reaching"
    test_feedback: str = "free"

    def __post_init__(self) -> None:
        if self.plant.axes != ("x", "y"):
            raise InputError(
                "Reaching: plant must move in x and y, given one that moves in "
                + ", ".join(self.plant.axes)
            )
        check_integer(self, "n_targets", self.n_targets, minimum=1)
        for distance in self.distances:
            check_positive(self, "distances", distance)
        for barrier in self.barriers:
            check_choice(self, "barriers", barrier, BARRIERS)
        for name in ("distances", "barriers"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise InputError(
                    f"Reaching: {name} must hold at least one value and none twice, given {values}"
                )
        check_positive(self, "height", self.height)
        check_between(self, "height", self.height, 0, 1)
        for name in ("baseline", "reaction", "hold"):
            check_non_negative(self, name, getattr(self, name))
        for name in ("duration", "delay_constant"):
            check_positive(self, name, getattr(self, name))
        if len(numbers(self.delay)) != 2:
            raise InputError(f"Reaching: delay must be two times in ms, given {self.delay!r}")
        for delay in self.delay:
            check_non_negative(self, "delay", delay)
        if self.delay[0] > self.delay[1]:
            raise InputError(
                f"Reaching: delay must be a shortest and a longest time, given {self.delay}"
            )
        check_choice(self, "delay_distribution", self.delay_distribution, DELAYS)
        check_choice(self, "inputs", self.inputs, INPUTS)
        check_choice(self, "shown_until", self.shown_until, SHOWN)
        check_integer(self, "seed", self.seed, minimum=0)
        if len(numbers(self.center)) != 2:
            raise InputError(f"Reaching: center must be two finite numbers, given {self.center!r}")
        self._check_reach()

    def _check_reach(self) -> None:
        if isinstance(self.plant, Arm):
            shoulder = self.plant.pivot
        elif isinstance(self.plant, TorqueArm):
            shoulder = self.plant.shoulder
        else:
            return
        farthest = max(
            np.hypot(*(self._path(condition, np.array([0, 0.5, 1])) - shoulder).T).max()
            for condition in self.conditions
        )
        reach = sum(self.plant.lengths)
        if farthest > reach:
            raise InputError(
                f"Reaching: the hand must go up to {farthest:.3g} from the shoulder, the arm "
                f"reaches {reach:.3g}; give smaller distances"
            )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions; their order is that of the label ``condition``."""
        return tuple(
            Condition(*parts)
            for parts in product(range(self.n_targets), self.distances, self.barriers)
        )

    @property
    def satisfactory(self) -> float:
        """Mean distance from the wanted path below which it counts as learned.

        0.15 of the smallest distance, the size of targets that monkeys are usually shown.
        """
        return 0.15 * min(self.distances)

    @property
    def n_inputs(self) -> int:
        """Those that show the condition, and the hold signal."""
        if self.inputs == "one-hot":
            return len(self.conditions) + 1
        return 3 + (len(self.barriers) > 1)

    def n_steps(self, dt: float) -> int:
        """Steps of one trial.

        Raises
        ------
        InputError
            Its length is not a multiple of ``dt``, or shorter than 10 steps.
        """
        period = self.baseline + self.delay[1] + self.reaction + self.duration + self.hold
        steps = round(period / dt)
        if abs(steps * dt - period) > 1e-6 * period or steps < 10:
            raise InputError(
                f"{self.name}: baseline, longest delay, reaction, duration and hold must add up to "
                f"a multiple of dt = {dt} ms and at least 10 steps, given {period:g} ms"
            )
        return steps

    def trial(self, index: int, dt: float) -> Trial:
        """The trial of this number.

        Its labels are ``condition`` (number), ``target_angle`` (degree), ``target_distance`` and
        ``barrier``; its events ``cue``, ``go``, ``onset`` and ``end`` (of
        the wanted movement), on the grid of ``dt``.
        """
        number, delay = self._drawn(index)
        condition = self.conditions[number]
        steps = self.n_steps(dt)
        cue = round(self.baseline / dt)
        go = cue + round(delay / dt)
        onset = go + round(self.reaction / dt)
        end = onset + round(self.duration / dt)
        time = np.arange(steps)
        shown = np.zeros((steps, self.n_inputs))
        shown[cue : go if self.shown_until == "go" else steps, :-1] = self._shown(number)
        shown[:go, -1] = 1
        return Trial(
            target=self._path(condition, (time - onset) / (end - onset)),
            inputs=shown,
            labels={
                "condition": Label(number, "condition"),
                "target_angle": Label(self._angle(condition) * 180 / np.pi, "direction", "degree"),
                "target_distance": Label(condition.distance, "distance of target", self.unit),
                "barrier": Label(condition.barrier, "side on which a barrier is passed"),
            },
            events={"cue": cue * dt, "go": go * dt, "onset": onset * dt, "end": end * dt},
        )

    def _drawn(self, index: int) -> tuple[int, float]:
        """Number of the condition and delay of a trial."""
        n = len(self.conditions)
        block, place = divmod(index, n)
        rng = np.random.default_rng((self.seed, block))
        number = int(rng.permutation(n)[place])
        share = rng.random(n)[place]
        shortest, longest = self.delay
        if self.delay_distribution == "exponential":
            span = (longest - shortest) / self.delay_constant
            wait = -np.log1p(share * np.expm1(-span)) * self.delay_constant
        else:
            wait = share * (longest - shortest)
        return number, float(shortest + wait)

    def _shown(self, number: int) -> NDArray[np.float64]:
        """Inputs that show a condition."""
        if self.inputs == "one-hot":
            return np.eye(len(self.conditions))[number]
        condition = self.conditions[number]
        x, y = self._direction(condition) * condition.distance / max(self.distances)
        side = [BARRIERS[condition.barrier]] if len(self.barriers) > 1 else []
        return np.array([x, y, *side])

    def _angle(self, condition: Condition) -> float:
        return 2 * np.pi * condition.target / self.n_targets

    def _direction(self, condition: Condition) -> NDArray[np.float64]:
        angle = self._angle(condition)
        return np.array([np.cos(angle), np.sin(angle)])

    def _path(self, condition: Condition, s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Wanted positions, (T, 2), at times s in units of the duration."""
        x, y = self._direction(condition)
        along = minimum_jerk(s)[:, np.newaxis] * (x, y)
        across = bow(s)[:, np.newaxis] * (-y, x) * (BARRIERS[condition.barrier] * self.height)
        return np.asarray(self.center) + condition.distance * (along + across)
