r"""The modern, continuous Hopfield network: attention over the stored patterns.

Ramsauer et al. 2020. With the Q patterns as rows x_m of X (Q, N), M the largest of their norms:

    s(t+1) = X^T softmax(beta X s(t)) + I(t)
    E = -lse(beta, X s) + 1/2 s^T s + 1/beta log Q + 1/2 M^2 - I^T s
    lse(beta, z) = 1/beta log sum_m exp(beta z_m)

E never rises (CCCP: -lse is concave). Where patterns are separated, one update retrieves: with
Delta_m = min over n != m of (x_m^T x_m - x_m^T x_n), the error from a state s near x_m is

    |s(t+1) - x_m| <= 2 (Q - 1) M exp(-beta (Delta_m - 2 M |s - x_m|))

(compare theorem 5 there; without input. The softmax gives each other pattern n a weight of at most
exp(-beta (x_m - x_n)^T s), and it is no farther away than 2 M.) The number of random
patterns that can be told apart grows exponentially with N. A small beta averages over patterns that
are similar.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import check_positive
from neurosim.hopfield import _checks
from neurosim.hopfield._base import Network, dot
from neurosim.hopfield._connections import Memories
from neurosim.hopfield._kernels import Array


@dataclass(frozen=True)
class Modern:
    """Modern Hopfield network (softmax).

    Parameters
    ----------
    inverse_temperature
        beta sqrt(N); at 1, differences between overlaps of bipolar patterns that are due to chance
        count as much as in the attention of transformers, whatever the number of units.

    Examples
    --------
    >>> network = Modern(inverse_temperature=20.0).store([[3.0, 0.0, 1.0], [0.0, 2.0, 2.0]])
    >>> network.run([[2.0, 0.0, 0.0]], steps=3).states.round(3)
    array([[3., 0., 1.]])
    """

    name: ClassVar[str] = "modern"
    bipolar: ClassVar[bool] = False
    references: ClassVar[tuple[str, ...]] = ("ramsauer2020",)

    inverse_temperature: float = 1.0

    def __post_init__(self) -> None:
        check_positive(self, "inverse_temperature", self.inverse_temperature)

    def store(self, patterns: ArrayLike) -> ModernNetwork:
        """Keep the patterns.

        Parameters
        ----------
        patterns
            (patterns, units), any numbers.

        Warns
        -----
        UserWarning
            The same pattern more than once.
        """
        stored = _checks.patterns("Modern", patterns, bipolar=False)
        _checks.warn(_checks.repeated("Modern", stored))
        return ModernNetwork(
            kind=self,
            connections=Memories(stored),
            alive=np.ones_like(stored[0]),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class ModernNetwork(Network):
    """A modern Hopfield network with its patterns."""

    limits: ClassVar[tuple[float, float]] = (-inf, inf)

    @property
    def beta(self) -> float:
        """Inverse temperature, in units of 1 / (state x pattern)."""
        return float(self.kind.inverse_temperature / sqrt(self.n_units))

    def _field(self, states: Array, field: Array) -> None:
        X = self.connections.X
        p = states @ X.T
        p -= p.max(axis=1, keepdims=True)
        p *= self.dtype.type(self.beta)
        np.exp(p, out=p)
        p /= p.sum(axis=1, keepdims=True)
        np.matmul(p, X, out=field)

    def _energy(self, states: Array, field: Array) -> NDArray[np.float64]:
        X, beta = self.connections.X, self.beta
        overlaps = (states @ X.T).astype(float)
        largest = overlaps.max(axis=1)
        lse = largest + np.log(np.exp(beta * (overlaps - largest[:, None])).sum(axis=1)) / beta
        constant = log(len(X)) / beta + 0.5 * dot(X, X).max()
        energy: NDArray[np.float64] = 0.5 * dot(states, states) - lse + constant
        return energy
