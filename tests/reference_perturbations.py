"""The oracle under perturbation: reference.py with what perturbations change, step by step.

Written from the definitions, as reference.py is: it wraps the slow rules and runs the slow network
one step at a time, because what is perturbed differs from step to step.

A `Course` says what is done at each of the S steps of a run; what is not given is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import reference
from reference import Array, rls_update


@dataclass
class Course:
    """What is done at each of S steps; P pathways, K outputs, N units."""

    gain: Array  # (S, P)  z_p' = gain z_p + added
    added: Array  # (S, P, K)
    fed: Array  # (S, K)  added to what is fed back
    better: Array  # (S,)  gain of phi where e <= ebar
    worse: Array  # (S,)  and where e > ebar
    exploration: Array  # (S,)  gain of psi
    noise: Array  # (S,)  added to phi
    plasticity: Array  # (S, P)  gain of dW_p
    delay: Array  # (S,)  steps by which z is fed back late
    alive: Array  # (S, N)  0 where a unit is silent
    lost: Array | None = None  # (S, P, K, N)  readout weights that do not exist
    kicks: dict[int, Array] = field(default_factory=dict)  # added to x before a step
    J: Callable[[int], Array] | None = None  # recurrent weights at a step

    @classmethod
    def healthy(cls, S: int, P: int, K: int, N: int) -> Course:
        """Nothing is done."""
        one, none = np.ones(S), np.zeros(S)
        return cls(
            np.ones((S, P)), np.zeros((S, P, K)), np.zeros((S, K)), one.copy(), one.copy(),
            one.copy(), none, np.ones((S, P)), np.zeros(S, int), np.ones((S, N)),
        )  # fmt: skip


class Rmhl(reference.Rmhl):
    """RMHL whose output, reward, exploration and plasticity are perturbed."""

    course: Course
    t = 0

    def readout(self, r: Array, eta: Array | None, learning: bool) -> reference.Readout:
        """z' = gain (W r + g psi eta) + added."""
        c, t = self.course, self.t
        if c.lost is not None:
            self.W[c.lost[t, 0]] = 0
        super().readout(r, None if eta is None else c.exploration[t] * eta, learning)
        self.z = c.gain[t, 0] * self.z + c.added[t, 0]
        return self.z, {"z": self.z}

    def learn(self, step: int, r: Array, e: float, ebar: float, f: Array | None) -> None:
        """dW = plasticity learning_rate (g phi + xi) (z' - zbar) r^T."""
        c, t = self.course, self.t
        if self.improvements_only and e > ebar:
            return
        phi = reference.phi(ebar - e, self.phi_exponent, self.phi_max)
        phi = (c.better[t] if ebar >= e else c.worse[t]) * phi + c.noise[t]
        dz = c.plasticity[t, -1] * self.learning_rate * phi * (self.z - self.zbar)
        self.W += np.outer(dz, r)


class Supertrex(reference.Supertrex):
    """SUPERTREX likewise: the mastery pathway is tutored by z2', as it comes out."""

    course: Course
    t = 0

    def readout(self, r: Array, eta: Array | None, learning: bool) -> reference.Readout:
        """z = z1' + z2'."""
        c, t = self.course, self.t
        if c.lost is not None:
            self.W1[c.lost[t, 0]] = 0
            self.W2[c.lost[t, 1]] = 0
        _, parts = super().readout(r, None if eta is None else c.exploration[t] * eta, learning)
        z1 = c.gain[t, 0] * parts["z1"] + c.added[t, 0]
        self.z2 = c.gain[t, 1] * parts["z2"] + c.added[t, 1]
        return z1 + self.z2, {"z1": z1, "z2": self.z2}

    def learn(self, step: int, r: Array, e: float, ebar: float, f: Array | None) -> None:
        """W2 as in RMHL; W1 and P with the gate times the plasticity of the mastery pathway."""
        c, t = self.course, self.t
        if not (self.improvements_only and e > ebar):
            phi = reference.phi(ebar - e, self.phi_exponent, self.phi_max)
            phi = (c.better[t] if ebar >= e else c.worse[t]) * phi + c.noise[t]
            rate = c.plasticity[t, 1] * self.exploratory_scale * self.learning_rate
            self.W2 += np.outer(rate * phi * (self.z2 - self.zbar), r)
        if step % self.every == 0:
            g = c.plasticity[t, 0] * reference.gate(ebar, self.gate_threshold, self.gate_steepness)
            kvec, k = rls_update(self.P, r, g)
            z2star = self.z2 if self.tutor == "output" else self.zbar
            gained = g * self.mastery_gain * k * np.outer(z2star, kvec)
            self.W1 += gained
            self.W2 -= c.plasticity[t, 1] * self.transfer * gained


class Force(reference.Force):
    """FORCE whose output and plasticity are perturbed."""

    course: Course
    t = 0

    def readout(self, r: Array, eta: Array | None, learning: bool) -> reference.Readout:
        """z' = gain W r + added."""
        c, t = self.course, self.t
        if c.lost is not None:
            self.W[c.lost[t, 0]] = 0
        self.z = c.gain[t, 0] * (self.W @ r) + c.added[t, 0]
        return self.z, {"z": self.z}

    def learn(self, step: int, r: Array, e: float, ebar: float, f: Array | None) -> None:
        """P <- P - g c k k^T, W <- W - g c (z' - f) k^T."""
        if step % self.every == 0:
            g = self.course.plasticity[self.t, 0]
            kvec, k = rls_update(self.P, r, g)
            self.W -= g * k * np.outer(self.z - f, kvec)


def simulate(
    J: Array,
    Q: Array,
    x0: Array,
    targets: Array,
    course: Course,
    *,
    rule: Any,
    plant: Callable[[Array], Array] | Callable[[int], Callable[[Array], Array]],
    eps: Array,
    eta: Array,
    learning: Array,
    wanted: Array | None = None,
    inputs: Callable[[int, Array, Array], Array] | None = None,
    W_in: Array | None = None,
) -> dict[str, Array]:
    """Run S steps with free feedback; eps (S, N), eta (S, K) and learning (S,) cover them all.

    `plant(t)` is the plant at step t. `inputs(t, hand, z)` gives the inputs at step t from hand and
    readout of the step before. Returns rows for each step of x, r, z, hand, e and the parts.
    """
    rule.course = course
    r, z = np.tanh(x0), np.zeros(Q.shape[1])
    state: dict[str, Any] = {"step": 0, "x": x0, "r": r, "z": z, "zbar_output": z}
    state |= {"ebar": 0.0, "m": 0.0}
    hand = np.zeros(targets.shape[1])
    past = [z]  # past[t] is z before step t
    rows: dict[str, list[Array]] = {name: [] for name in ("x", "r", "z", "hand", "e", "parts")}
    for t in range(len(targets)):
        rule.t = t
        alive = course.alive[t]
        state["r"] = alive * state["r"]
        state["x"] = state["x"] + course.kicks.get(t, 0.0)
        heard = past[t - course.delay[t]] if t >= course.delay[t] else np.zeros_like(z)
        done = reference.simulate(
            J if course.J is None else course.J(t), Q, x0, targets[t : t + 1],
            rule=rule, plant=plant(t), state=state, learning=bool(learning[t]),
            eps=alive * eps[t : t + 1], eta=eta[t : t + 1],
            feedback=(heard + course.fed[t])[np.newaxis],
            nonlinearity=lambda x, alive=alive: alive * np.tanh(x),
            inputs=None if inputs is None else inputs(t, hand, past[t])[np.newaxis], W_in=W_in,
            target_output=None if wanted is None else wanted[t : t + 1],
        )  # fmt: skip
        state, hand = done["state"], done["hand"][0]
        past.append(state["z"])
        for name in ("x", "r", "z", "hand", "e"):
            rows[name].append(done[name][0])
        rows["parts"].append(np.array([part[0] for part in done["parts"].values()]))
    return {name: np.array(values) for name, values in rows.items()}
