r"""NLMS: the delta rule with a step that suits the rates, as an example of a rule of one's own.

Widrow & Hoff 1960 (IRE WESCON Conv. Rec. 4:96), normalised by Nagumo & Noda 1967 (IEEE Trans.
Autom. Control 12:282). At every step, with the wanted readout f and z = W r:

    W <- W + mu (f - z) r^T / (delta + |r|^2)        W: (K, N), f, z: (K,), r: (N,)

With delta = 0 a step with mu = 1 makes W r = f for these rates; 0 < mu < 2 converges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim.errors import check_between, check_non_negative
from neurosim.extending import add_outer, implements, learn, multiply, readout, weights


@dataclass(frozen=True)
class Nlms:
    """Normalised least mean squares.

    Parameters
    ----------
    learning_rate
        mu, from 0 to 2.
    floor
        delta, in units of |r|^2.
    """

    name: ClassVar[str] = "nlms"
    pathways: ClassVar[tuple[str, ...]] = ("output",)
    needs_output_target: ClassVar[bool] = True
    training_feedback: ClassVar[str] = "target"

    learning_rate: float = 0.02
    floor: float = 1e-6

    def __post_init__(self) -> None:
        check_between(self, "learning_rate", self.learning_rate, 0, 2)
        check_non_negative(self, "floor", self.floor)

    def kernel(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> NlmsKernel:
        """Allocate the arrays for a network of ``n_units`` and ``n_outputs``."""
        return NlmsKernel(
            W=np.zeros((n_outputs, n_units), dtype),
            mu=float(self.learning_rate),
            delta=float(self.floor),
        )

    def bytes_needed(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> int:
        """Memory of the rule's arrays, in bytes."""
        return n_outputs * n_units * np.dtype(dtype).itemsize

    def weights(self, kernel: NlmsKernel) -> NDArray[np.floating]:
        """Readout weights, (1, outputs, units)."""
        return kernel.W[np.newaxis]

    def finish(self, kernel: NlmsKernel) -> None:
        """Nothing is left to do after training."""


class NlmsKernel(NamedTuple):
    """Arrays and constants of :class:`Nlms`, in the symbols of the equation above."""

    W: NDArray[np.floating]
    mu: float
    delta: float


@implements(readout, NlmsKernel)
def _(rule, signals, eta, learning):
    multiply(rule.W, signals.r, signals.parts[0])


@implements(learn, NlmsKernel)
def _(rule, signals, error, wanted, step, learning):
    if not learning:
        return
    r = signals.r
    square = rule.delta
    for j in range(r.shape[0]):
        square += r[j] * r[j]
    gain = signals.plasticity[0] * rule.mu / square
    for k in range(wanted.shape[0]):
        add_outer(rule.W, k, gain * (wanted[k] - signals.z[k]), r)


@implements(weights, NlmsKernel)
def _(rule, pathway):
    return rule.W
