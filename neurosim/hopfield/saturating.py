r"""RNNh: the linear saturating network of Li, Michel & Porod, as used by Tang et al. 2018.

Li, Michel & Porod 1989 design da/dt = (A - tau B) a + I inside the cube [-1, 1]^N so that patterns
t_1 ... t_Q are equilibria: A projects onto the span of their differences D = [t_1 - t_Q, ...,
t_(Q-1) - t_Q], B = 1 - A onto the rest, I = t_Q - (A - tau B) t_Q = (1 + tau) B t_Q. Solved over a
time h, which makes it discrete:

    a(t+1) = satlins(W a(t) + b + I(t)),  satlins(u) = min(max(u, -1), 1)
    W = e^h A + e^(-tau h) B
      = e^(-tau h) 1 + (e^h - e^(-tau h)) U U^T,  U (N, rank) an orthonormal basis of span D
    b = (e^h - 1) A I + (1 - e^(-tau h))/tau B I
      = (1 - e^(-tau h)) (1 + tau)/tau B t_Q,  because A I = 0
    E = 1/2 a^T a - 1/2 a^T W a - (b + I(t))^T a

(1 is the identity, the I with a time the input.) A direction in which patterns differ grows by e^h
a step until units saturate, others decay to what all patterns share. W is positive definite, so E
never rises. W is never formed: a step costs 4 N rank operations an image, not 2 N^2.

B t_q is the same for all patterns, so that W t_q + b lies at or beyond t_q, and t_q is a fixed
point, wherever no unit i has (A t_q)_i t_qi below -0.92 (tau = 10, h = 0.15).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_positive
from neurosim.hopfield import _checks
from neurosim.hopfield._base import Network, dot
from neurosim.hopfield._connections import Factored
from neurosim.hopfield._kernels import Array


@dataclass(frozen=True)
class Saturating:
    """Linear saturating network (RNNh; MATLAB's ``newhop``).

    Parameters
    ----------
    tau
        Rate at which what lies outside the patterns' differences decays, per unit of time.
    h
        Time of one step.

    Examples
    --------
    >>> network = Saturating().store([[1, 1, -1, -1], [1, -1, 1, -1]])
    >>> end = network.run([[1.0, 0.2, -0.1, -1.0]], steps=50)
    >>> end.states.round(2), end.converged
    (array([[ 1.,  1., -1., -1.]], dtype=float32), array([ True]))
    """

    name: ClassVar[str] = "rnnh"
    bipolar: ClassVar[bool] = True
    references: ClassVar[tuple[str, ...]] = ("li1989", "tang2018")

    tau: float = 10.0
    h: float = 0.15

    def __post_init__(self) -> None:
        check_positive(self, "tau", self.tau)
        check_positive(self, "h", self.h)

    def store(self, patterns: ArrayLike) -> SaturatingNetwork:
        """Set weights and bias.

        Parameters
        ----------
        patterns
            (patterns, units), -1 or +1; at least two.

        Warns
        -----
        UserWarning
            Patterns that are affine combinations of the others; all, beyond units + 1 patterns.
        """
        from scipy.linalg import orth

        stored = _checks.patterns("Saturating", patterns, bipolar=True)
        if len(stored) < 2:
            raise InputError("Saturating: needs at least 2 patterns to tell apart, given 1")
        last = stored[-1].astype(float)
        U = orth((stored[:-1] - last).T)
        _checks.warn(
            _checks.dependent(
                "Saturating", stored, len(stored) - 1 - U.shape[1], "affine combinations"
            )
        )
        decay = exp(-self.tau * self.h)
        gain = exp(self.h) - decay
        B_t = last - U @ (U.T @ last)
        return SaturatingNetwork(
            kind=self,
            connections=Factored(
                np.ascontiguousarray(U.T, stored.dtype), scale=gain, own=decay / gain
            ),
            alive=np.ones_like(stored[0]),
            bias=((1 - decay) * (1 + self.tau) / self.tau * B_t).astype(stored.dtype),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class SaturatingNetwork(Network):
    """A linear saturating network with its patterns.

    States may lie anywhere between -1 and +1.

    Attributes
    ----------
    bias
        (units,) b of the equations.
    """

    limits: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    bias: Array

    def _bias(self) -> Array:
        return self.bias

    def _energy(self, states: Array, field: Array) -> NDArray[np.float64]:
        W = self.connections
        self._field(states, field)
        energy: NDArray[np.float64] = (
            0.5 * (1 - W.scale * W.own) * dot(states, states)
            - 0.5 * W.scale * dot(states, field)
            - states @ self.bias.astype(float)
        )
        return energy
