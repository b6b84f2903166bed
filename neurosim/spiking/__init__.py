"""Spiking networks on Brian2: the tasks, rules and results of the rate networks, in spikes.

brian2 is in the extra ``spiking`` and is imported when a network is made.
"""

from neurosim.spiking._base import SpikingReservoir
from neurosim.spiking._brian import code_target
from neurosim.spiking.basal_ganglia import BasalGanglia, Projection, simulate_basal_ganglia
from neurosim.spiking.izhikevich import Izhikevich
from neurosim.spiking.lif import Lif
from neurosim.spiking.simulate import SpikingSimulation, train
from neurosim.spiking.theta import Theta

NETWORKS: dict[str, type[SpikingReservoir]] = {kind.name: kind for kind in (Lif, Izhikevich, Theta)}
"""Models by their names on the command line."""

__all__ = [
    "NETWORKS",
    "BasalGanglia",
    "Izhikevich",
    "Lif",
    "Projection",
    "SpikingReservoir",
    "SpikingSimulation",
    "Theta",
    "code_target",
    "simulate_basal_ganglia",
    "train",
]
