r"""FORCE learning: recursive least squares on the error of the readout.

Sussillo & Abbott 2009, their equations (4) and (5). At every ``every``-th step, with the wanted
readout f and z = W r before the change:

    k = P r,  c = 1 / (1 + r^T k)                    r, k: (N,), P: (N, N)
    P <- P - c k k^T,  P(0) = I / alpha
    W <- W - c (z - f) k^T                           W: (K, N), z, f: (K,)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim._compile import implements
from neurosim.errors import check_integer, check_positive
from neurosim.rules._base import learn, readout, weights
from neurosim.rules.linear import add_outer, multiply
from neurosim.rules.rls import Rls, bytes_needed, rls, update


@dataclass(frozen=True)
class Force:
    """FORCE learning; needs to be told the wanted readout.

    Parameters
    ----------
    alpha
        P(0) = I / alpha; the penalty of the ridge problem that the rule solves.
    every
        Steps from one change of the weights to the next.

    Examples
    --------
    >>> Force().needs_output_target
    True
    """

    name: ClassVar[str] = "force"
    pathways: ClassVar[tuple[str, ...]] = ("output",)
    needs_output_target: ClassVar[bool] = True
    training_feedback: ClassVar[str] = "free"
    references: ClassVar[tuple[str, ...]] = ("sussillo2009",)

    alpha: float = 10.0
    every: int = 10

    def __post_init__(self) -> None:
        check_positive(self, "alpha", self.alpha)
        check_integer(self, "every", self.every, minimum=1)

    def kernel(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> ForceKernel:
        """Allocate the arrays for a network of ``n_units`` and ``n_outputs``."""
        return ForceKernel(
            np.zeros((n_outputs, n_units), dtype), rls(n_units, self.alpha), int(self.every)
        )

    def bytes_needed(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> int:
        """Memory of the rule's arrays, in bytes."""
        return bytes_needed(n_units) + n_outputs * n_units * np.dtype(dtype).itemsize

    def weights(self, kernel: ForceKernel) -> NDArray[np.floating]:
        """Readout weights, (1, outputs, units)."""
        return kernel.W[np.newaxis]

    def finish(self, kernel: ForceKernel) -> None:
        """Nothing is left to do after training."""


class ForceKernel(NamedTuple):
    """Arrays and constants of :class:`Force`."""

    W: NDArray[np.floating]
    memory: Rls
    every: int


@implements(readout, ForceKernel)
def _(rule, signals, eta, learning):  # type: ignore[no-untyped-def]
    multiply(rule.W, signals.r, signals.parts[0])


@implements(learn, ForceKernel)
def _(rule, signals, error, wanted, step, learning):  # type: ignore[no-untyped-def]
    gate = signals.plasticity[0]
    if not learning or step % rule.every != 0 or gate == 0.0:
        return
    c = update(rule.memory, signals.r, gate)
    for k in range(wanted.shape[0]):
        add_outer(rule.W, k, -gate * c * (signals.z[k] - wanted[k]), rule.memory.k)


@implements(weights, ForceKernel)
def _(rule, pathway):  # type: ignore[no-untyped-def]
    return rule.W
