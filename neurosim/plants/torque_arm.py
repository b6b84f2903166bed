r"""Planar arm of two segments that torques have to move (Li & Todorov 2004, their arm model).

    M(q) q'' + C(q, q') + B q' = scale z + L(q)      q = (q_1, q_2): shoulder and elbow, rad

    M = | a1 + 2 a2 cos q_2   a3 + a2 cos q_2 |      a1 = I_1 + I_2 + m_2 l_1^2
        | a3 + a2 cos q_2     a3              |      a2 = m_2 l_1 s_2,  a3 = I_2
    C = a2 sin q_2 (-q_2' (2 q_1' + q_2'), q_1'^2)

    x = x_0 + l_1 cos q_1 + l_2 cos(q_1 + q_2)       from the shoulder (x_0, y_0);
    y = y_0 + l_1 sin q_1 + l_2 sin(q_1 + q_2)       q_1 = 0 along x, q_2 = 0 stretched

l lengths, m_2 mass of the outer segment and s_2 distance of its centre from the elbow, I moments of
inertia about the segment's own joint. Movement is in the horizontal plane, without gravity.

Passive limits: beyond its range by d a joint is pushed back by L = K g(d), a spring that sets in
smoothly and is nowhere stiffer than K,

    g(d) = 0 (d <= 0),  d^2 / (2 w) (d <= w),  d - w/2 (beyond)

The readout z holds for one step of the network, over which the equations are integrated by the
classical Runge-Kutta method of fourth order, in as many equal parts as stability asks for. Let
m, b be the least eigenvalue of M (it has it at q_2 = 0) and the largest of B. At a posture held
fixed, a mode M s^2 + B s + K_q of small motions has Re s <= 0 and |s| <= max(b/m, sqrt(K/m)),
since no joint is stiffer than K; the torques C change at rates of about a2 |q'| / m, which is
reckoned with up to |q'| = 20 rad/s. Let sigma be the largest of the three. The method does not let
any such mode grow while |s h| < 2.6, and errs by (s h)^4 / 120 in one radian of an oscillation.
Parts are so short that sigma h <= 1/4, a tenth of the limit: of 2.5 ms or less for the human arm.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, cos, radians, sin
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim._compile import implements, kernel
from neurosim.errors import InputError, check_non_negative, check_positive
from neurosim.plants._base import State, move, numbers

RESOLUTION = 0.25
"""Largest sigma h of a part of a step."""

SPEED = 20.0
"""Angular velocity in rad/s up to which the torques C are resolved."""

PAIRS = ("lengths", "inertias", "lower", "upper", "posture", "shoulder")


@dataclass(frozen=True)
class TorqueArm:
    """Two-segment arm with inertia; outputs are joint torques.

    :func:`human_arm` and :func:`macaque_arm` have the parameters of real arms.

    Parameters
    ----------
    lengths
        l_1, l_2 of upper arm and forearm with hand, in m.
    mass, center_of_mass
        m_2 in kg and s_2 in m, of forearm with hand.
    inertias
        I_1, I_2 about shoulder and elbow, in kg m^2.
    damping
        B_11, B_22 and B_12 = B_21, in N m s/rad.
    lower, upper
        Ends of the range of shoulder and elbow, in rad.
    limit_stiffness, limit_width
        K in N m/rad and w in rad.
    torque_scale
        Torque in N m of an output of 1.
    posture
        Angles at the start and wherever a task resets, in rad; the arm is at rest there.
    shoulder
        (x_0, y_0) in m.

    Examples
    --------
    >>> arm = human_arm()
    >>> arm.n_outputs, arm.states[0].name
    (2, 'joint_angle')
    >>> bool(np.allclose(arm.hand(arm.posture), 0))
    True
    """

    lengths: tuple[float, float]
    mass: float
    center_of_mass: float
    inertias: tuple[float, float]
    damping: tuple[float, float, float]
    lower: tuple[float, float]
    upper: tuple[float, float]
    limit_stiffness: float
    limit_width: float
    torque_scale: float
    posture: tuple[float, float]
    shoulder: tuple[float, float]
    n_outputs: ClassVar[int] = 2
    axes: ClassVar[tuple[str, ...]] = ("x", "y")
    output_quantity: ClassVar[str] = "joint torque"
    invertible: ClassVar[bool] = False
    states: ClassVar[tuple[State, ...]] = (
        State("joint_angle", "joint", ("shoulder", "elbow"), "joint angle", "rad"),
        State("joint_velocity", "joint", ("shoulder", "elbow"), "joint velocity", "rad/s"),
    )

    def __post_init__(self) -> None:
        for field in ("mass", "center_of_mass", "limit_stiffness", "limit_width", "torque_scale"):
            check_positive(self, field, getattr(self, field))
        for field in PAIRS:
            given = getattr(self, field)
            if len(numbers(given)) != 2:
                raise InputError(f"TorqueArm: {field} must be two finite numbers, given {given!r}")
        for field in ("lengths", "inertias"):
            for value in getattr(self, field):
                check_positive(self, field, value)
        if self.inertias[1] < self.mass * self.center_of_mass**2:
            raise InputError(
                "TorqueArm: inertias must be about the joints, that of the forearm at least "
                f"mass * center_of_mass^2 = {self.mass * self.center_of_mass**2:.4g} kg m^2, "
                f"given {self.inertias[1]!r}"
            )
        if len(numbers(self.damping)) != 3:
            raise InputError(
                f"TorqueArm: damping must be three finite numbers, given {self.damping!r}"
            )
        shoulder, elbow, both = self.damping
        check_non_negative(self, "damping", shoulder)
        check_non_negative(self, "damping", elbow)
        if both**2 > shoulder * elbow:
            raise InputError(
                "TorqueArm: damping must take energy in every movement, B_12^2 <= B_11 B_22, "
                f"given {self.damping!r}"
            )
        for low, start, high in zip(self.lower, self.posture, self.upper, strict=True):
            if not low <= start <= high or low == high:
                raise InputError(
                    "TorqueArm: expected lower <= posture <= upper at each joint, "
                    f"given {low!r}, {start!r}, {high!r}"
                )

    @property
    def output_unit(self) -> str:
        """An output of 1 is a torque of ``torque_scale``."""
        return f"{self.torque_scale:g} N m"

    @property
    def fastest(self) -> float:
        """sigma, the bound of the rates at which the arm can change, in 1/s."""
        a1, a2, a3 = self._inertia()
        M = np.array([[a1 + 2 * a2, a3 + a2], [a3 + a2, a3]])
        b1, b2, b12 = self.damping
        m = np.linalg.eigvalsh(M)[0]
        b = np.linalg.eigvalsh([[b1, b12], [b12, b2]])[1]
        return float(max(b / m, np.sqrt(self.limit_stiffness / m), a2 * SPEED / m))

    def _inertia(self) -> tuple[float, float, float]:
        """a1, a2, a3."""
        inner, outer = self.inertias
        a1 = inner + outer + self.mass * self.lengths[0] ** 2
        return a1, self.mass * self.lengths[0] * self.center_of_mass, outer

    def kernel(self, dt: float) -> TorqueArmKernel:
        """The compiled piece for steps of ``dt`` in ms, at rest in the initial posture."""
        parts = max(1, ceil(self.fastest * dt * 1e-3 / RESOLUTION))
        l1, l2 = map(float, self.lengths)
        x0, y0 = map(float, self.shoulder)
        a1, a2, a3 = map(float, self._inertia())
        b1, b2, b12 = map(float, self.damping)
        return TorqueArmKernel(
            state=np.array([*self.posture, 0.0, 0.0]),
            l1=l1,
            l2=l2,
            x0=x0,
            y0=y0,
            a1=a1,
            a2=a2,
            a3=a3,
            b1=b1,
            b2=b2,
            b12=b12,
            lower=np.array(self.lower, float),
            upper=np.array(self.upper, float),
            K=float(self.limit_stiffness),
            w=float(self.limit_width),
            scale=float(self.torque_scale),
            parts=parts,
            h=dt * 1e-3 / parts,
        )

    def joints(self, q: ArrayLike) -> NDArray[np.floating]:
        """Positions of shoulder, elbow and hand, (..., 3, 2), for joint angles (..., 2) in rad."""
        angle = np.cumsum(np.asarray(q, float), axis=-1)
        steps = np.stack([np.cos(angle), np.sin(angle)], -1) * np.asarray(self.lengths)[:, None]
        start = np.broadcast_to(np.asarray(self.shoulder, float), (*steps.shape[:-2], 1, 2))
        return np.concatenate([start, start + np.cumsum(steps, axis=-2)], axis=-2)

    def hand(self, q: ArrayLike) -> NDArray[np.floating]:
        """Position of the hand, (..., 2), for joint angles (..., 2) in rad."""
        return self.joints(q)[..., -1, :]


def human_arm() -> TorqueArm:
    """A person's right arm, its hand at the origin with the shoulder at 45 and the elbow at 90 deg.

    Lengths, mass, inertia and damping are those of Li & Todorov 2004 (1st Int. Conf. Informatics
    in Control, Automation and Robotics, 222-229), section 5: l = 0.30, 0.33 m, m_2 = 1 kg,
    s_2 = 0.16 m, I = 0.025, 0.045 kg m^2, B = 0.05, 0.025 N m s/rad. They have no limits; the
    ranges here, -20 to 140 and 0 to 155 deg, are round anatomical ones, and their stiffness is
    chosen so that 10 N m go 0.25 rad beyond them.

    Examples
    --------
    >>> human_arm().lengths
    (0.3, 0.33)
    """
    return _arm(
        lengths=(0.30, 0.33),
        mass=1.0,
        center_of_mass=0.16,
        inertias=(0.025, 0.045),
        damping=(0.05, 0.05, 0.025),
        limit_stiffness=50.0,
        torque_scale=1.0,
        posture=(radians(45), radians(90)),
    )


def macaque_arm(body_mass: float = 6.5, upper_arm: float = 0.15) -> TorqueArm:
    """A rhesus monkey's right arm, its hand at the origin, shoulder at 30 and elbow at 90 deg.

    Segments follow Cheng & Scott 2000 (J. Morphol. 245:206), with the ratios of a later analysis
    of their data that is part of the published analysis scripts of the Kinarm robot: upper arm,
    forearm and hand weigh 0.036, 0.024 and 0.008 of the body, are 1, 1.07 and 0.72 upper arms
    long, have their centres at 0.49, 0.44 and 0.40 of their length and radii of gyration about
    them of 0.249, 0.261 and 0.251. The hand is stretched and moves with the forearm.

    No measured damping is known to us. It is the human arm's times the ratio of the moments of
    inertia of the forearm, so that a movement left alone dies away in the same time; so are the
    stiffness of the limits, whose ranges are the human arm's, and the scale of the torque.

    Parameters
    ----------
    body_mass
        In kg.
    upper_arm
        Length from shoulder to elbow, in m.

    Examples
    --------
    >>> [round(length, 4) for length in macaque_arm().lengths]
    [0.15, 0.2685]
    """
    check_positive("macaque_arm", "body_mass", body_mass)
    check_positive("macaque_arm", "upper_arm", upper_arm)
    forearm, hand = 1.07 * upper_arm, 0.72 * upper_arm
    m1, m_forearm, m_hand = 0.036 * body_mass, 0.024 * body_mass, 0.008 * body_mass
    to_forearm, to_hand = 0.44 * forearm, forearm + 0.40 * hand  # from the elbow
    mass = m_forearm + m_hand
    outer = m_forearm * ((0.261 * forearm) ** 2 + to_forearm**2)
    outer += m_hand * ((0.251 * hand) ** 2 + to_hand**2)
    human = human_arm()
    scale = outer / human.inertias[1]
    return _arm(
        lengths=(upper_arm, forearm + hand),
        mass=mass,
        center_of_mass=(m_forearm * to_forearm + m_hand * to_hand) / mass,
        inertias=(m1 * (0.249**2 + 0.49**2) * upper_arm**2, outer),
        damping=tuple(scale * value for value in human.damping),  # type: ignore[arg-type]
        limit_stiffness=scale * human.limit_stiffness,
        torque_scale=scale * human.torque_scale,
        posture=(radians(30), radians(90)),
    )


def _arm(
    *,
    lengths: tuple[float, float],
    mass: float,
    center_of_mass: float,
    inertias: tuple[float, float],
    damping: tuple[float, float, float],
    limit_stiffness: float,
    torque_scale: float,
    posture: tuple[float, float],
) -> TorqueArm:
    """What both arms share: ranges, and the shoulder where it puts the hand at the origin."""
    l1, l2 = lengths
    q1, q12 = posture[0], sum(posture)
    return TorqueArm(
        lengths=lengths,
        mass=mass,
        center_of_mass=center_of_mass,
        inertias=inertias,
        damping=damping,
        lower=(radians(-20), 0.0),
        upper=(radians(140), radians(155)),
        limit_stiffness=limit_stiffness,
        limit_width=0.1,
        torque_scale=torque_scale,
        posture=posture,
        shoulder=(-l1 * cos(q1) - l2 * cos(q12), -l1 * sin(q1) - l2 * sin(q12)),
    )


class TorqueArmKernel(NamedTuple):
    """Memory and constants of :class:`TorqueArm`, in the symbols of the equations above.

    Attributes
    ----------
    state
        (4,) q_1, q_2 in rad, q_1', q_2' in rad/s.
    parts, h
        Number of parts of a step, and the length of each in s.
    """

    state: NDArray[np.float64]
    l1: float
    l2: float
    x0: float
    y0: float
    a1: float
    a2: float
    a3: float
    b1: float
    b2: float
    b12: float
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    K: float
    w: float
    scale: float
    parts: int
    h: float


@kernel
def beyond(d, w):  # type: ignore[no-untyped-def]
    """g(d)."""
    if d <= 0.0:
        return 0.0
    return d * d / (2.0 * w) if d <= w else d - 0.5 * w


@kernel
def acceleration(arm, tau1, tau2, q1, q2, v1, v2):  # type: ignore[no-untyped-def]
    """q'' = M^-1 (tau + L - C - B q')."""
    c = arm.a2 * cos(q2)
    s = arm.a2 * sin(q2)
    f1 = tau1 + s * v2 * (2.0 * v1 + v2) - arm.b1 * v1 - arm.b12 * v2
    f2 = tau2 - s * v1 * v1 - arm.b12 * v1 - arm.b2 * v2
    f1 += arm.K * (beyond(arm.lower[0] - q1, arm.w) - beyond(q1 - arm.upper[0], arm.w))
    f2 += arm.K * (beyond(arm.lower[1] - q2, arm.w) - beyond(q2 - arm.upper[1], arm.w))
    m11, m12, m22 = arm.a1 + 2.0 * c, arm.a3 + c, arm.a3
    determinant = m11 * m22 - m12 * m12
    return (m22 * f1 - m12 * f2) / determinant, (m11 * f2 - m12 * f1) / determinant


@implements(move, TorqueArmKernel)
def _(plant, z, hand):  # type: ignore[no-untyped-def]
    tau1, tau2 = plant.scale * z[0], plant.scale * z[1]
    q1, q2, v1, v2 = plant.state[0], plant.state[1], plant.state[2], plant.state[3]
    h = plant.h
    for _ in range(plant.parts):
        a1, a2 = acceleration(plant, tau1, tau2, q1, q2, v1, v2)
        u1, u2 = v1 + 0.5 * h * a1, v2 + 0.5 * h * a2
        b1, b2 = acceleration(plant, tau1, tau2, q1 + 0.5 * h * v1, q2 + 0.5 * h * v2, u1, u2)
        w1, w2 = v1 + 0.5 * h * b1, v2 + 0.5 * h * b2
        c1, c2 = acceleration(plant, tau1, tau2, q1 + 0.5 * h * u1, q2 + 0.5 * h * u2, w1, w2)
        y1, y2 = v1 + h * c1, v2 + h * c2
        d1, d2 = acceleration(plant, tau1, tau2, q1 + h * w1, q2 + h * w2, y1, y2)
        q1 += h / 6.0 * (v1 + 2.0 * (u1 + w1) + y1)
        q2 += h / 6.0 * (v2 + 2.0 * (u2 + w2) + y2)
        v1 += h / 6.0 * (a1 + 2.0 * (b1 + c1) + d1)
        v2 += h / 6.0 * (a2 + 2.0 * (b2 + c2) + d2)
    plant.state[0], plant.state[1], plant.state[2], plant.state[3] = q1, q2, v1, v2
    hand[0] = plant.x0 + plant.l1 * cos(q1) + plant.l2 * cos(q1 + q2)
    hand[1] = plant.y0 + plant.l1 * sin(q1) + plant.l2 * sin(q1 + q2)
