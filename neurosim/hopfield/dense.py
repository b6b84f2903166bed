r"""Dense associative memory: two-state units, an energy of higher degree.

Krotov & Hopfield 2016. With the patterns xi^m and their overlaps z_m = sum_i xi_i^m s_i / N:

    E = -N/n sum_m z_m^n - I^T s
    s_i(t+1) = sgn(u_i + I_i(t)),  s_i stays where the sum is 0
    u_i = [E(s_i = -1) - E(s_i = +1)] / 2, the other units as they are
        = N/2n sum_m [F(xi_i^m/N + z_m^i) - F(-xi_i^m/N + z_m^i)],  F(z) = z^n,
          z_m^i the overlap without unit i

(The paper's rule; E and u are scaled so that a unit's field from the pattern it is in is 1, as with
Hebb's rule, which n = 2 is.) With z_m^i = z_m - xi_i^m s_i / N the sum takes the form of two matrix
products, because xi_i s_i is 1 or -1:

    u_i = N/2n [sum_m xi_i^m (F(z_m + 2/N) - F(z_m - 2/N))/2
                + s_i sum_m (2 F(z_m) - F(z_m + 2/N) - F(z_m - 2/N))/2]

All units are updated at once, while the paper updates one after the other; below capacity both
retrieve, but here the energy can rise, and a state may alternate, which is reported as not
converged.

Capacity: without errors about N^(n-1) / (2 (2n - 3)!! log N) random patterns.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, prod
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import check_integer
from neurosim.hopfield import _checks
from neurosim.hopfield._base import Network
from neurosim.hopfield._connections import Memories
from neurosim.hopfield._kernels import Array


@dataclass(frozen=True)
class Dense:
    """Dense associative memory (polynomial energy).

    Parameters
    ----------
    degree
        n, at least 2. Where it is odd, the negative of a pattern is not stored with it.

    Examples
    --------
    >>> patterns = [[1, 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1, 1, 1, -1, -1]]
    >>> Dense(degree=3).store(patterns).step([[-1, 1, 1, 1, -1, -1, -1, -1]])
    array([[ 1.,  1.,  1.,  1., -1., -1., -1., -1.]], dtype=float32)
    """

    name: ClassVar[str] = "dense"
    bipolar: ClassVar[bool] = True
    references: ClassVar[tuple[str, ...]] = ("krotov2016",)

    degree: int = 3

    def __post_init__(self) -> None:
        check_integer(self, "degree", self.degree, minimum=2)

    def capacity(self, n_units: int) -> float:
        """Number of random patterns that are stored without errors in ``n_units`` units.

        Examples
        --------
        >>> round(Dense(degree=3).capacity(100))
        362
        """
        double_factorial = prod(range(2 * self.degree - 3, 0, -2))
        return float(n_units ** (self.degree - 1) / (2 * double_factorial * log(max(n_units, 2))))

    def store(self, patterns: ArrayLike) -> DenseNetwork:
        """Keep the patterns.

        Parameters
        ----------
        patterns
            (patterns, units), -1 or +1.

        Warns
        -----
        UserWarning
            More patterns than the capacity, or the same one more than once.
        """
        stored = _checks.patterns("Dense", patterns, bipolar=True)
        n_patterns, n_units = stored.shape
        _checks.warn(_checks.repeated("Dense", stored))
        if n_patterns > self.capacity(n_units):
            _checks.warn(
                f"Dense: {n_patterns} patterns are more than the capacity of {n_units} units at"
                f" degree {self.degree}, about {self.capacity(n_units):.0f}"
            )
        return DenseNetwork(kind=self, connections=Memories(stored), alive=np.ones_like(stored[0]))


@dataclass(frozen=True, eq=False, kw_only=True)
class DenseNetwork(Network):
    """A dense associative memory with its patterns."""

    limits: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    binary: ClassVar[bool] = True

    def _overlaps(self, states: Array) -> NDArray[np.float64]:
        """z, in double precision: differences of high powers are taken of it."""
        return (states @ self.connections.X.T).astype(float) / self.n_units

    def _field(self, states: Array, field: Array) -> None:
        X, N, n = self.connections.X, self.n_units, self.kind.degree
        z = self._overlaps(states)
        above, below = (z + 2 / N) ** n, (z - 2 / N) ** n
        slope = N / (4 * n) * (above - below)
        curvature = N / (4 * n) * (2 * z**n - above - below)
        np.matmul(slope.astype(X.dtype), X, out=field)
        field += states * (curvature.astype(X.dtype) @ np.abs(X))  # 0 where X is masked

    def _energy(self, states: Array, field: Array) -> NDArray[np.float64]:
        n = self.kind.degree
        energy: NDArray[np.float64] = -self.n_units / n * (self._overlaps(states) ** n).sum(axis=1)
        return energy
