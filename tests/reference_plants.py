"""The oracle of plants with inertia: equations of motion and energy in plain NumPy, float64.

Written straight from the equations, in the papers' symbols, to be checked by eye; it imports
nothing but NumPy. q (2,) shoulder and elbow in rad, v = q' in rad/s, tau (2,) in N m.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class TwoJointArm:
    """M(q) q'' + C(q, q') + B q' = tau + L(q): Li & Todorov 2004, and passive limits L."""

    l1: float
    l2: float
    m2: float
    s2: float
    I1: float
    I2: float
    B: Array
    lower: Array
    upper: Array
    K: float
    w: float
    shoulder: Array

    def M(self, q: Array) -> Array:
        """Inertia: segments turn about their joints, the elbow moves with the upper arm."""
        a1 = self.I1 + self.I2 + self.m2 * self.l1**2
        a2 = self.m2 * self.l1 * self.s2
        a3 = self.I2
        cosine = np.cos(q[1])
        return np.array([[a1 + 2 * a2 * cosine, a3 + a2 * cosine], [a3 + a2 * cosine, a3]])

    def C(self, q: Array, v: Array) -> Array:
        """Centripetal and Coriolis torques."""
        a2 = self.m2 * self.l1 * self.s2
        return a2 * np.sin(q[1]) * np.array([-v[1] * (2 * v[0] + v[1]), v[0] ** 2])

    def L(self, q: Array) -> Array:
        """Passive torques at the limits: K g(lower - q) - K g(q - upper)."""

        def g(d: Array) -> Array:
            inside, near = d <= 0, d <= self.w
            return np.where(inside, 0, np.where(near, d**2 / (2 * self.w), d - self.w / 2))

        return self.K * (g(self.lower - q) - g(q - self.upper))

    def acceleration(self, q: Array, v: Array, tau: Array) -> Array:
        """q''."""
        return np.linalg.solve(self.M(q), tau + self.L(q) - self.C(q, v) - self.B @ v)

    def derivative(self, state: Array, tau: Array) -> Array:
        """Of (q, v)."""
        q, v = state[:2], state[2:]
        return np.concatenate([v, self.acceleration(q, v, tau)])

    def runge_kutta(self, state: Array, tau: Array, h: float) -> Array:
        """One step of h seconds, classical fourth order."""
        k1 = self.derivative(state, tau)
        k2 = self.derivative(state + h / 2 * k1, tau)
        k3 = self.derivative(state + h / 2 * k2, tau)
        k4 = self.derivative(state + h * k3, tau)
        return state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    def hand(self, q: Array) -> Array:
        """Position of the hand."""
        elbow = self.l1 * np.array([np.cos(q[0]), np.sin(q[0])])
        forearm = self.l2 * np.array([np.cos(q[0] + q[1]), np.sin(q[0] + q[1])])
        return self.shoulder + elbow + forearm

    def kinetic_energy(self, state: Array) -> float:
        """1/2 v . M v."""
        q, v = state[:2], state[2:]
        return float(v @ self.M(q) @ v / 2)

    def potential_energy(self, state: Array) -> float:
        """Of the limits: K times the integral of g."""

        def G(d: float) -> float:
            if d <= 0:
                return 0.0
            if d <= self.w:
                return d**3 / (6 * self.w)
            return (d**2 - d * self.w) / 2 + self.w**2 / 6

        q = state[:2]
        below = sum(G(float(d)) for d in self.lower - q)
        return self.K * (below + sum(G(float(d)) for d in q - self.upper))

    def energy(self, state: Array) -> float:
        """Kinetic and potential."""
        return self.kinetic_energy(state) + self.potential_energy(state)

    def dissipation(self, state: Array) -> float:
        """Power lost to damping: v . B v."""
        return float(state[2:] @ self.B @ state[2:])
