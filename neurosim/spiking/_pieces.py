"""What the one compiled loop sees of a spiking network.

The loop asks a network for the product J r and for the rates of its units. Of a spiking network
both are Brian2's work: between two calls of the loop it moves the neurons and passes on their
spikes. So the product is nothing here, the state x that the loop writes is the current from outside
(Q z + V u), and the rates are those that Brian2 has filtered out of the spikes so far.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim import nonlinearity
from neurosim._compile import implements
from neurosim.connectivity import product
from neurosim.nonlinearity import activate


class Synapses(NamedTuple):
    """Recurrent connections, one an entry; Brian2 passes the spikes on.

    Attributes
    ----------
    source, target
        Numbers of the neurons.
    weight
        omega, in units of the model's current times rate.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    weight: NDArray[np.float64]

    @property
    def synapses(self) -> int:
        """Number of connections."""
        return len(self.weight)


class FilteredSpikes(NamedTuple):
    """Rates filtered out of spikes, (N,) in kHz, and what makes them those of the readout."""

    rate: NDArray[np.float64]
    scale: float


@implements(product, Synapses)
def _(weights, r, out):  # type: ignore[no-untyped-def]
    pass


@implements(activate, FilteredSpikes)
def _(kind, x, r):  # type: ignore[no-untyped-def]
    for i in range(r.shape[0]):
        r[i] = kind.scale * kind.rate[i]


nonlinearity._RATES[FilteredSpikes] = np.zeros_like  # no spikes yet
