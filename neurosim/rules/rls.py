r"""Recursive least squares: the running estimate P of the inverse correlation of the rates.

Sussillo & Abbott 2009 (Neuron 63:544), their equation (5), with a gate g in [0, 1]:

    k = P r                       (N,)    rates r: (N,)
    c = 1 / (1 + r^T k)           scalar
    P <- P - g c k k^T            (N, N), P(0) = I / alpha

With g = 1 at every step, P(n) = (alpha I + sum r r^T)^-1 exactly, and weights that follow
W += c (f - W r) k^T are the ridge solution with penalty alpha.

P is symmetric, so only its lower triangle is kept: it cannot lose its symmetry by rounding, and
half the memory moves. The rank-one change is held back until the next update, where it is applied
in the same pass that multiplies P by the new rates: P is read and written once an update instead of
being read, read again and written.

P is kept in double precision whatever the precision of the network. Its small eigenvalues fall as
1 / (n lambda) with the number of updates n, and after the 50,000 updates of one run they are below
the rounding of single precision, in which some runs diverge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim._compile import kernel


class Rls(NamedTuple):
    """Memory of recursive least squares for N inputs, in double precision.

    Attributes
    ----------
    lower
        (N, N), whose lower triangle holds P before the change that is held back.
    k
        (N,) the last k = P r.
    held
        (N,) k of the change held back; ``factor`` (1,) its g c, 0 for none.
    r
        (N,) the last rates.
    """

    lower: NDArray[np.float64]
    k: NDArray[np.float64]
    held: NDArray[np.float64]
    factor: NDArray[np.float64]
    r: NDArray[np.float64]

    def inverse_correlation(self) -> NDArray[np.float64]:
        """P itself, (N, N), with the change held back applied."""
        lower = np.tril(self.lower)
        full = lower + np.tril(lower, -1).T
        return full - self.factor[0] * np.outer(self.held, self.held)


def rls(n_units: int, alpha: float) -> Rls:
    """Start with P = I / alpha.

    Examples
    --------
    >>> rls(3, 10.0).inverse_correlation().diagonal()
    array([0.1, 0.1, 0.1])
    """
    k, held, r = np.zeros((3, n_units))
    lower = np.zeros((n_units, n_units))
    np.fill_diagonal(lower, 1 / alpha)  # in place: a second array of this size may not fit
    return Rls(lower, k, held, np.zeros(1), r)


def bytes_needed(n_units: int) -> int:
    """Memory of P, in bytes."""
    return 8 * n_units**2


@kernel
def update(memory, rates, gate):  # type: ignore[no-untyped-def]
    """k = P r into ``memory.k``, P <- P - gate c k k^T; returns c."""
    lower, held, k, r = memory.lower, memory.held, memory.k, memory.r
    factor = memory.factor[0]
    n = r.shape[0]
    r[:] = rates
    k[:] = 0.0
    quads = n - n % 4
    for i in range(0, quads, 4):  # four rows at a time: k[j] is loaded and stored once for all
        p0, p1, p2, p3 = lower[i], lower[i + 1], lower[i + 2], lower[i + 3]
        a0, a1 = factor * held[i], factor * held[i + 1]
        a2, a3 = factor * held[i + 2], factor * held[i + 3]
        r0, r1, r2, r3 = r[i], r[i + 1], r[i + 2], r[i + 3]
        s0 = s1 = s2 = s3 = 0.0
        for j in range(i):
            q0 = p0[j] - a0 * held[j]
            q1 = p1[j] - a1 * held[j]
            q2 = p2[j] - a2 * held[j]
            q3 = p3[j] - a3 * held[j]
            p0[j], p1[j], p2[j], p3[j] = q0, q1, q2, q3
            s0 += q0 * r[j]
            s1 += q1 * r[j]
            s2 += q2 * r[j]
            s3 += q3 * r[j]
            k[j] += q0 * r0 + q1 * r1 + q2 * r2 + q3 * r3
        k[i] += s0
        k[i + 1] += s1
        k[i + 2] += s2
        k[i + 3] += s3
        _rows(lower, held, factor, r, k, i, i, i + 4)
    _rows(lower, held, factor, r, k, 0, quads, n)
    total = 1.0
    for i in range(n):
        total += r[i] * k[i]
    c = 1.0 / total
    held[:] = k
    memory.factor[0] = gate * c
    return c


@kernel
def _rows(lower, held, factor, r, k, left, first, last):  # type: ignore[no-untyped-def]
    """The same for columns from ``left`` to the diagonal of rows ``first`` to ``last``."""
    for i in range(first, last):
        for j in range(left, i):
            lower[i, j] -= factor * held[i] * held[j]
            k[i] += lower[i, j] * r[j]
            k[j] += lower[i, j] * r[i]
        lower[i, i] -= factor * held[i] * held[i]
        k[i] += lower[i, i] * r[i]
