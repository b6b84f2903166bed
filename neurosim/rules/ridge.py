r"""Ridge regression: the offline baseline, solved once at the end of training.

With the wanted readout f fed back during training (teacher forcing), the rates of every
``every``-th step are regressed on it:

    W = (sum f r^T) (sum r r^T + alpha I)^-1         W: (K, N), f: (K,), r: (N,)

alpha = 0 is plain least squares. Only the two sums are kept, not the rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim._compile import implements
from neurosim.errors import check_integer, check_non_negative
from neurosim.rules._base import learn, readout, weights
from neurosim.rules.linear import add_outer, multiply


@dataclass(frozen=True)
class Ridge:
    """Ridge regression of the wanted readout on the teacher-forced rates.

    Until training ends the readout is 0, and so is the hand: distances in training say nothing
    about learning.

    Parameters
    ----------
    alpha
        Penalty; 0 for plain least squares.
    every
        Steps from one sample to the next.

    Examples
    --------
    >>> Ridge().training_feedback
    'target'
    """

    name: ClassVar[str] = "ridge"
    pathways: ClassVar[tuple[str, ...]] = ("output",)
    needs_output_target: ClassVar[bool] = True
    training_feedback: ClassVar[str] = "target"
    references: ClassVar[tuple[str, ...]] = ("jaeger2001",)

    alpha: float = 10.0
    every: int = 10

    def __post_init__(self) -> None:
        check_non_negative(self, "alpha", self.alpha)
        check_integer(self, "every", self.every, minimum=1)

    def kernel(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> RidgeKernel:
        """Allocate the arrays for a network of ``n_units`` and ``n_outputs``."""
        return RidgeKernel(
            W=np.zeros((n_outputs, n_units), dtype),
            rr=np.zeros((n_units, n_units)),
            fr=np.zeros((n_outputs, n_units)),
            every=int(self.every),
        )

    def bytes_needed(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> int:
        """Memory of the rule's arrays, in bytes."""
        return 8 * (3 * n_units + 2 * n_outputs) * n_units

    def weights(self, kernel: RidgeKernel) -> NDArray[np.floating]:
        """Readout weights, (1, outputs, units)."""
        return kernel.W[np.newaxis]

    def finish(self, kernel: RidgeKernel) -> None:
        """Solve for the weights, in double precision; least squares of least norm if singular."""
        full = kernel.rr + np.tril(kernel.rr, -1).T
        full[np.diag_indices_from(full)] += self.alpha
        try:
            solution = np.linalg.solve(full, kernel.fr.T)
        except np.linalg.LinAlgError:
            solution = np.linalg.lstsq(full, kernel.fr.T, rcond=None)[0]
        kernel.W[:] = solution.T


class RidgeKernel(NamedTuple):
    """Weights, the lower triangle of sum r r^T and sum f r^T of :class:`Ridge`."""

    W: NDArray[np.floating]
    rr: NDArray[np.float64]
    fr: NDArray[np.float64]
    every: int


@implements(readout, RidgeKernel)
def _(rule, signals, eta, learning):  # type: ignore[no-untyped-def]
    multiply(rule.W, signals.r, signals.parts[0])


@implements(learn, RidgeKernel)
def _(rule, signals, error, wanted, step, learning):  # type: ignore[no-untyped-def]
    gate = signals.plasticity[0]
    if not learning or step % rule.every != 0 or gate == 0.0:
        return
    r = signals.r
    weight = r.dtype.type(gate)
    for i in range(r.shape[0]):
        row = rule.rr[i]
        for j in range(i + 1):
            row[j] += weight * r[i] * r[j]
    for k in range(wanted.shape[0]):
        add_outer(rule.fr, k, gate * wanted[k], r)


@implements(weights, RidgeKernel)
def _(rule, pathway):  # type: ignore[no-untyped-def]
    return rule.W
