"""Networks of two-state units with a weight matrix: Hebb's rule and the pseudo-inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim._compile import cached_loop
from neurosim.errors import InputError
from neurosim.hopfield._base import Network, dot
from neurosim.hopfield._kernels import Array, sweep


@dataclass(frozen=True, eq=False, kw_only=True)
class SignNetwork(Network):
    """s_i <- sgn(u_i), u = W s + I; where u_i = 0, s_i stays as it is.

    Attributes
    ----------
    asynchronous
        One unit after the other, in a random order that is drawn for each sweep.
    """

    limits: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    binary: ClassVar[bool] = True

    asynchronous: bool = False

    def _order(self, rng: np.random.Generator | None) -> Any:
        if not self.asynchronous:
            return None
        if rng is None:
            raise InputError(
                f"{self._name}: asynchronous updates need rng, a numpy.random.Generator, given None"
            )
        return rng.permutation(np.flatnonzero(self.alive))

    def _advance(self, states: Array, drive: Array | None, field: Array, order: Any) -> Any:
        if order is None:
            return super()._advance(states, drive, field, order)
        moved, weights, number = np.empty(len(states), np.int64), self.connections, self.dtype.type
        self._field(states, field)
        field += number(weights.own) * states
        if drive is not None:
            field += drive / number(weights.scale)
        cached_loop(sweep)(states, field, weights.columns, order, moved)
        return moved

    def _energy(self, states: Array, field: Array) -> NDArray[np.float64]:
        weights = self.connections
        self._field(states, field)
        energy: NDArray[np.float64] = (
            -0.5 * weights.scale * (dot(states, field) + weights.own * dot(states, states))
        )
        return energy
