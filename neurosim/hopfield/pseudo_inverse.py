r"""The pseudo-inverse (projection) rule.

Personnaz, Guyon & Dreyfus 1986. With the patterns as columns of Xi (N, Q) and its pseudo-inverse
Xi^+:

    W = Xi Xi^+ = V^T V,  the projection onto the span of the patterns; V (rank, N) has its
                          orthonormal basis as rows
    s_i(t+1) = sgn(sum_j W_ij s_j + I_i(t)),  all units at once
    E = -1/2 s^T W s - I^T s

W xi = xi for every pattern, however much patterns overlap: up to N linearly independent ones are
fixed points. W has no negative eigenvalue, so that the energy never rises under synchronous updates
either and the state comes to rest. The basins of attraction shrink as Q approaches N; at Q = N, W
is the identity and every state is fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from neurosim.hopfield import _checks
from neurosim.hopfield._connections import Factored
from neurosim.hopfield._signs import SignNetwork


@dataclass(frozen=True)
class PseudoInverse:
    """Hopfield network with the projection rule.

    Examples
    --------
    Overlapping patterns stay what they are:

    >>> patterns = [[1, 1, 1, 1, 1, -1], [1, 1, 1, 1, -1, 1]]
    >>> PseudoInverse().store(patterns).step(patterns)
    array([[ 1.,  1.,  1.,  1.,  1., -1.],
           [ 1.,  1.,  1.,  1., -1.,  1.]], dtype=float32)
    """

    name: ClassVar[str] = "pinv"
    bipolar: ClassVar[bool] = True
    references: ClassVar[tuple[str, ...]] = ("personnaz1986",)

    def store(self, patterns: ArrayLike) -> SignNetwork:
        """Set the weights.

        Parameters
        ----------
        patterns
            (patterns, units), -1 or +1.

        Warns
        -----
        UserWarning
            More patterns than units, or patterns that depend linearly on the others.
        """
        from scipy.linalg import orth

        stored = _checks.patterns("PseudoInverse", patterns, bipolar=True)
        n_patterns, n_units = stored.shape
        basis = orth(stored.T.astype(float)).T
        if n_patterns > n_units:
            _checks.warn(
                f"PseudoInverse: {n_patterns} patterns are more than the capacity of {n_units}"
                f" units, {n_units}"
            )
        _checks.warn(
            _checks.dependent(
                "PseudoInverse", stored, n_patterns - len(basis), "linear combinations"
            )
        )
        return SignNetwork(
            kind=self,
            connections=Factored(np.ascontiguousarray(basis, stored.dtype), scale=1.0, own=0.0),
            alive=np.ones_like(stored[0]),
        )
