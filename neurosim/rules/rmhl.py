r"""RMHL: reward-modulated Hebbian learning by exploration.

Hoerzer, Legenstein & Maass 2014; as used by Pyle & Rosenbaum 2019. A step, in order:

    z    = W r + eta,  eta_k ~ U(-psi, psi)         z: (K,), W: (K, N), r: (N,)
    ebar <- (1 - a) ebar + a e                       a = 0.2, e the error of the hand
    zbar <- (1 - b) zbar + b z                       b = 0.2
    psi  <- psi_scale (10 ebar)^psi_exponent         for the next step
    W    <- W + kappa phi(ebar - e) (z - zbar) r^T,  phi(u) = sign(u) min(|u|^(1/4), phi_max)

An output that has just changed, in a step in which the error fell below its running mean, is made
more likely for the same rates. No part of the rule knows which output was wanted.

In the paper nothing bounds phi. The change of W moves the output on, for the same rates, by
kappa phi |r|^2 times its deviation from zbar, of which 1 - b is still there in the next step: where
1 - b + kappa phi |r|^2 exceeds 1, a movement that pays accelerates itself until it overshoots. For
N = 1000, |r|^2 is about 400 in these tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim._compile import implements, kernel
from neurosim.errors import check_between, check_non_negative, check_positive
from neurosim.reservoir import BETTER, EXPLORATION, NOISE, WORSE
from neurosim.rules._base import learn, readout, weights
from neurosim.rules.linear import add_outer, multiply


@dataclass(frozen=True)
class Rmhl:
    """Reward-modulated Hebbian learning.

    Parameters
    ----------
    learning_rate
        kappa; the authors' scripts write it as 5 k with k = 0.0005 (tasks 1, 2).
    psi_scale, psi_exponent
        Amplitude of exploration against the running error, in units of the output.
    psi_first
        Amplitude at the first step, before an error is known.
    phi_exponent
        Exponent of the compressed reward signal phi.
    phi_max
        Value at which the reward signal saturates; None: it does not.
    error_filter, output_filter
        Coefficients a and b of the running means, per step.
    improvements_only
        Weights change only where e <= ebar (task 1 of the paper).

    Examples
    --------
    >>> Rmhl(psi_scale=0.01, psi_exponent=0.2).pathways
    ('exploratory',)
    """

    name: ClassVar[str] = "rmhl"
    pathways: ClassVar[tuple[str, ...]] = ("exploratory",)
    needs_output_target: ClassVar[bool] = False
    training_feedback: ClassVar[str] = "free"
    references: ClassVar[tuple[str, ...]] = ("hoerzer2014", "pyle2019")

    learning_rate: float = 0.0025
    psi_scale: float = 0.025
    psi_exponent: float = 0.25
    psi_first: float = 0.01
    phi_exponent: float = 0.25
    phi_max: float | None = None
    error_filter: float = 0.2
    output_filter: float = 0.2
    improvements_only: bool = False

    def __post_init__(self) -> None:
        for field in ("learning_rate", "psi_scale", "psi_first"):
            check_non_negative(self, field, getattr(self, field))
        for field in ("psi_exponent", "phi_exponent"):
            check_positive(self, field, getattr(self, field))
        if self.phi_max is not None:
            check_positive(self, "phi_max", self.phi_max)
        for field in ("error_filter", "output_filter"):
            check_between(self, field, getattr(self, field), 0, 1)

    def kernel(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> RmhlKernel:
        """Allocate the arrays for a network of ``n_units`` and ``n_outputs``."""
        return RmhlKernel(
            W=np.zeros((n_outputs, n_units), dtype),
            zbar=np.zeros(n_outputs),
            ebar=np.zeros(1),
            psi=np.full(1, float(self.psi_first)),
            kappa=float(self.learning_rate),
            psi_scale=float(self.psi_scale),
            psi_exponent=float(self.psi_exponent),
            phi_exponent=float(self.phi_exponent),
            phi_max=inf if self.phi_max is None else float(self.phi_max),
            a=float(self.error_filter),
            b=float(self.output_filter),
            improvements_only=bool(self.improvements_only),
        )

    def bytes_needed(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> int:
        """Memory of the rule's arrays, in bytes."""
        return n_outputs * n_units * np.dtype(dtype).itemsize

    def weights(self, kernel: RmhlKernel) -> NDArray[np.floating]:
        """Readout weights, (1, outputs, units)."""
        return kernel.W[np.newaxis]

    def finish(self, kernel: RmhlKernel) -> None:
        """Nothing is left to do after training."""


class RmhlKernel(NamedTuple):
    """Arrays and constants of :class:`Rmhl`, in the symbols of the equations above."""

    W: NDArray[np.floating]
    zbar: NDArray[np.float64]
    ebar: NDArray[np.float64]
    psi: NDArray[np.float64]
    kappa: float
    psi_scale: float
    psi_exponent: float
    phi_exponent: float
    phi_max: float
    a: float
    b: float
    improvements_only: bool


@kernel
def explore(rule, r, eta, learning, gain, z):  # type: ignore[no-untyped-def]
    """z = W r, with exploration noise while learning; ``eta`` holds draws from U(-1, 1)."""
    multiply(rule.W, r, z)
    if learning:
        for k in range(z.shape[0]):
            z[k] += gain * rule.psi[0] * eta[k]


@kernel
def reinforce(rule, error, r, z, learning, dopamine, plasticity):  # type: ignore[no-untyped-def]
    """Running means, psi of the next step and, while learning, W += kappa phi (z - zbar) r^T.

    Nothing of this where nothing is told (see plants/reward.py).
    """
    if error < 0.0:
        return
    rule.ebar[0] += rule.a * (error - rule.ebar[0])
    for k in range(z.shape[0]):
        rule.zbar[k] += rule.b * (z[k] - rule.zbar[k])
    rule.psi[0] = rule.psi_scale * (10.0 * rule.ebar[0]) ** rule.psi_exponent
    if not learning:
        return
    better = rule.ebar[0] - error
    if rule.improvements_only and better < 0.0:
        return
    phi = min(abs(better) ** rule.phi_exponent, rule.phi_max)
    if better < 0.0:
        phi = -phi * dopamine[WORSE]
    else:
        phi = phi * dopamine[BETTER]
    phi += dopamine[NOISE]
    for k in range(z.shape[0]):
        change = plasticity * rule.kappa * phi * (z[k] - rule.zbar[k])
        add_outer(rule.W, k, change, r)


@implements(readout, RmhlKernel)
def _(rule, signals, eta, learning):  # type: ignore[no-untyped-def]
    explore(rule, signals.r, eta, learning, signals.dopamine[EXPLORATION], signals.parts[0])


@implements(learn, RmhlKernel)
def _(rule, signals, error, wanted, step, learning):  # type: ignore[no-untyped-def]
    plasticity = signals.plasticity[0]
    reinforce(rule, error, signals.r, signals.z, learning, signals.dopamine, plasticity)


@implements(weights, RmhlKernel)
def _(rule, pathway):  # type: ignore[no-untyped-def]
    return rule.W
