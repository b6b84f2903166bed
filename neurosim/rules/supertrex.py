r"""SUPERTREX: a reward-modulated exploratory pathway tutors a mastery pathway.

Pyle & Rosenbaum 2019 (Neural Computation 31:1430). The readout is the sum of two pathways:

    z1 = W1 r                    mastery (cortex)                    z1: (K,), W1: (K, N)
    z2 = W2 r + eta              exploratory (basal ganglia)         z2: (K,), W2: (K, N)
    z  = z1 + z2

W2 learns from the error alone, by RMHL with zbar the running mean of z2 (see rmhl.py), its change
times ``exploratory_scale``. At every ``every``-th step W1 learns from z2, by recursive least
squares with P (see rls.py), where the running error is below a threshold h:

    g  = 1/2 - 1/2 tanh(s (|ebar| - h))              transfer gate, s = 5e5
    k  = P r,  c = 1 / (1 + r^T k),  P <- P - g c k k^T
    W1 <- W1 + m g c z2* k^T                         z2* = z2 (task 1) or zbar (tasks 2, 3)

As published, the exploratory weights keep what the mastery pathway has learned from them, so that
every transfer adds to the readout what it should only have moved, and the error that this makes is
left to RMHL. With a transfer share tau > 0 (not in the paper; 1 leaves z unchanged by a transfer)

    W2 <- W2 - tau m g c z2* k^T

While no learning goes on (test phase) the exploratory pathway is silent: z = z1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import tanh
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim._compile import implements
from neurosim.errors import (
    check_between,
    check_choice,
    check_integer,
    check_non_negative,
    check_positive,
)
from neurosim.reservoir import EXPLORATION
from neurosim.rules._base import learn, readout, weights
from neurosim.rules.linear import add_outer, multiply
from neurosim.rules.rls import Rls, bytes_needed, rls, update
from neurosim.rules.rmhl import Rmhl, RmhlKernel, explore, reinforce

TUTORS = ("output", "filtered")


@dataclass(frozen=True)
class Supertrex:
    """SUPERTREX.

    Parameters
    ----------
    exploratory
        The rule of the exploratory pathway.
    exploratory_scale
        Factor on the exploratory weight change (the replication's 0.1/n or 0.5/n).
    mastery_gain
        m; a in the authors' scripts: 0.5 in tasks 1 and 2, 0.9 in task 3.
    tutor
        z2*: ``"output"`` (z2 itself, task 1) or ``"filtered"`` (zbar, tasks 2 and 3).
    gate_threshold, gate_steepness
        h and s of the transfer gate.
    transfer
        tau, from 0 (the paper) to 1: the share of what the mastery weights gain that the
        exploratory weights give up.
    alpha
        P(0) = I / alpha.
    every
        Steps from one change of the mastery weights to the next.

    Examples
    --------
    >>> Supertrex(gate_threshold=15e-3).pathways
    ('mastery', 'exploratory')
    """

    name: ClassVar[str] = "supertrex"
    pathways: ClassVar[tuple[str, ...]] = ("mastery", "exploratory")
    needs_output_target: ClassVar[bool] = False
    training_feedback: ClassVar[str] = "free"
    references: ClassVar[tuple[str, ...]] = ("pyle2019",)

    exploratory: Rmhl = field(default_factory=Rmhl)
    exploratory_scale: float = 1.0
    mastery_gain: float = 0.5
    tutor: str = "output"
    gate_threshold: float = 1.5e-3
    gate_steepness: float = 5e5
    transfer: float = 0.0
    alpha: float = 10.0
    every: int = 10

    def __post_init__(self) -> None:
        for name in ("exploratory_scale", "mastery_gain", "gate_threshold", "gate_steepness"):
            check_non_negative(self, name, getattr(self, name))
        check_choice(self, "tutor", self.tutor, TUTORS)
        check_between(self, "transfer", self.transfer, 0, 1)
        check_positive(self, "alpha", self.alpha)
        check_integer(self, "every", self.every, minimum=1)

    def kernel(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> SupertrexKernel:
        """Allocate the arrays for a network of ``n_units`` and ``n_outputs``."""
        exploratory = self.exploratory.kernel(n_units, n_outputs, dtype)
        return SupertrexKernel(
            W1=np.zeros((n_outputs, n_units), dtype),
            memory=rls(n_units, self.alpha),
            exploratory=exploratory._replace(kappa=exploratory.kappa * self.exploratory_scale),
            m=float(self.mastery_gain),
            h=float(self.gate_threshold),
            s=float(self.gate_steepness),
            tau=float(self.transfer),
            filtered=self.tutor == "filtered",
            every=int(self.every),
        )

    def bytes_needed(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> int:
        """Memory of the rule's arrays, in bytes."""
        return bytes_needed(n_units) + 2 * n_outputs * n_units * np.dtype(dtype).itemsize

    def weights(self, kernel: SupertrexKernel) -> NDArray[np.floating]:
        """Readout weights, (2, outputs, units): mastery, exploratory."""
        return np.stack([kernel.W1, kernel.exploratory.W])

    def finish(self, kernel: SupertrexKernel) -> None:
        """Nothing is left to do after training."""


class SupertrexKernel(NamedTuple):
    """Arrays and constants of :class:`Supertrex`, in the symbols of the equations above."""

    W1: NDArray[np.floating]
    memory: Rls
    exploratory: RmhlKernel
    m: float
    h: float
    s: float
    tau: float
    filtered: bool
    every: int


@implements(readout, SupertrexKernel)
def _(rule, signals, eta, learning):  # type: ignore[no-untyped-def]
    z1, z2 = signals.parts[0], signals.parts[1]
    multiply(rule.W1, signals.r, z1)
    if learning:
        explore(rule.exploratory, signals.r, eta, learning, signals.dopamine[EXPLORATION], z2)
    else:
        z2[:] = 0


@implements(learn, SupertrexKernel)
def _(rule, signals, error, wanted, step, learning):  # type: ignore[no-untyped-def]
    exploratory, z2 = rule.exploratory, signals.parts[1]
    plasticity = signals.plasticity
    reinforce(exploratory, error, signals.r, z2, learning, signals.dopamine, plasticity[1])
    if not learning or step % rule.every != 0:
        return
    gate = 0.5 - 0.5 * tanh(rule.s * (abs(exploratory.ebar[0]) - rule.h))
    gate *= plasticity[0]
    if gate == 0.0:  # tanh has rounded to 1, or the pathway is frozen: P and W1 would not change
        return
    c = update(rule.memory, signals.r, gate)
    for k in range(z2.shape[0]):
        star = exploratory.zbar[k] if rule.filtered else z2[k]
        gain = rule.m * gate * c * star
        add_outer(rule.W1, k, gain, rule.memory.k)
        if rule.tau > 0.0:
            given = plasticity[1] * rule.tau * gain
            add_outer(exploratory.W, k, -given, rule.memory.k)


@implements(weights, SupertrexKernel)
def _(rule, pathway):  # type: ignore[no-untyped-def]
    return rule.W1 if pathway == 0 else rule.exploratory.W
