"""Populations that share some features of a recording and are random otherwise.

A finding is a finding of its own only where it is stronger than in such surrogates (Elsayed &
Cunningham 2017, Nat. Neurosci. 20:1310). :class:`Shuffled` are simple controls, which also destroy
what every recording has, smoothness in time above all; :mod:`analyses.population.maximum_entropy`
keeps the covariances across times, units and conditions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from analyses.population.form import of_conditions
from neurosim.errors import check_choice, check_integer

if TYPE_CHECKING:
    import xarray as xr

DIMS = ("condition", "time", "unit")


class Surrogates(Protocol):
    """What draws surrogates of rates."""

    @property
    def rates(self) -> xr.DataArray:
        """What they are surrogates of, (condition, time, unit)."""

    def draw(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Draw (n, condition, time, unit)."""


@dataclass(frozen=True, eq=False)
class Shuffled:
    """Surrogates in which one dimension is shuffled.

    Parameters
    ----------
    rates
        (condition, time, unit); trials are averaged.
    along
        ``condition``: each unit's time courses are dealt to other conditions; each unit keeps its
        responses, and units lose what they have in common. ``time``: each unit's times are
        shuffled, the same way in all conditions. ``unit``: in each condition time courses are dealt
        to other units; each condition keeps its time courses and its dimensions, and conditions
        lose what they have in common.

    Raises
    ------
    InputError
        Another dimension, or as :func:`analyses.population.form.of_conditions`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rates = labelled(np.arange(6.0).reshape(3, 1, 2), [0])
    >>> Shuffled(rates, along="condition").draw(np.random.default_rng(1), 1)[0, :, 0]
    array([[0., 5.],
           [2., 1.],
           [4., 3.]])
    """

    rates: xr.DataArray
    along: str

    def __post_init__(self) -> None:
        check_choice(self, "along", self.along, DIMS)
        object.__setattr__(self, "rates", of_conditions(self.rates, "Shuffled"))

    def draw(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Draw (n, condition, time, unit)."""
        check_integer(self, "n", n, minimum=1)
        x = self.rates.values
        moved = 1 + DIMS.index(self.along)
        apart = 1 if self.along == "unit" else 3  # shuffled on its own for each of these
        shape = [n, 1, 1, 1]
        shape[moved] = x.shape[moved - 1]
        shape[apart] = x.shape[apart - 1]
        order = np.broadcast_to(
            np.arange(shape[moved]).reshape([-1 if i == moved else 1 for i in range(4)]), shape
        )
        order = rng.permuted(order, axis=moved)
        return np.take_along_axis(np.broadcast_to(x, (n, *x.shape)), order, axis=moved)
