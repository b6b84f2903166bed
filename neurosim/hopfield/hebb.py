r"""The classical Hopfield network: Hebb's rule, two-state units.

Hopfield 1982. With the Q patterns xi^m, entries -1 or +1, of N units:

    W_ij = 1/N sum_m xi_i^m xi_j^m,  W_ii = 0
    s_i(t+1) = sgn(sum_j W_ij s_j + I_i(t)),  s_i stays where the sum is 0
    E = -1/2 s^T W s - I^T s

Updated one after the other (asynchronous; a step is a sweep over all units in random order), the
energy never rises and the state comes to rest. All at once (synchronous), it may end in alternating
between two states, which is reported as not converged.

W is kept as the patterns: a synchronous step costs 4 N Q operations an image, fewer than the 2 N^2
of the matrix for Q < N/2. Asynchronous sweeps form W.

Capacity: random patterns are stable, with few wrong units, up to Q = 0.138 N (Amit, Gutfreund &
Sompolinsky 1985).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from neurosim.errors import check_choice
from neurosim.hopfield import _checks
from neurosim.hopfield._connections import Factored
from neurosim.hopfield._signs import SignNetwork

CAPACITY = 0.138
"""Random patterns for each unit that Hebb's rule can hold."""


@dataclass(frozen=True)
class Hebb:
    """Classical Hopfield network.

    Parameters
    ----------
    update
        ``"asynchronous"`` (needs a generator when it runs) or ``"synchronous"``.

    Examples
    --------
    A pattern from a part of it (0 is a unit of which nothing is known):

    >>> import numpy as np
    >>> network = Hebb("synchronous").store([[1, -1, 1, -1, 1, -1, 1, -1]])
    >>> network.run([[1, -1, 1, 0, 0, 0, 0, 0]], steps=5).states
    array([[ 1., -1.,  1., -1.,  1., -1.,  1., -1.]], dtype=float32)
    """

    name: ClassVar[str] = "hebb"
    bipolar: ClassVar[bool] = True
    references: ClassVar[tuple[str, ...]] = ("hopfield1982", "amit1985")

    update: str = "asynchronous"

    def __post_init__(self) -> None:
        check_choice(self, "update", self.update, ("asynchronous", "synchronous"))

    def store(self, patterns: ArrayLike) -> SignNetwork:
        """Set the weights.

        Parameters
        ----------
        patterns
            (patterns, units), -1 or +1.

        Warns
        -----
        UserWarning
            More patterns than the capacity, or the same one more than once.
        """
        stored = _checks.patterns("Hebb", patterns, bipolar=True)
        n_patterns, n_units = stored.shape
        _checks.warn(_checks.repeated("Hebb", stored))
        if n_patterns > CAPACITY * n_units:
            _checks.warn(
                f"Hebb: {n_patterns} patterns are more than the capacity of {n_units} units, about"
                f" {CAPACITY * n_units:.0f}"
            )
        return SignNetwork(
            kind=self,
            connections=Factored(stored, scale=1 / n_units, own=-n_patterns),
            alive=np.ones_like(stored[0]),
            asynchronous=self.update == "asynchronous",
        )
