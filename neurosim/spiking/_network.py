"""A spiking reservoir as Brian2 objects, whose memory the compiled loop reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.spiking._base import FILTERS, SpikingReservoir
from neurosim.spiking._brian import compiling, require_brian2

NEVER = -1e4
"""Brian2's time of the last spike, in s, of a neuron that has had none."""


def neurons(model: SpikingReservoir, n: int, clock: Any) -> Any:
    """A Brian2 ``NeuronGroup`` of a model's neurons with their filters, all alive."""
    b2 = require_brian2()
    rise, decay = model.rise_time, model.decay_time
    constants = {"tau_r": rise * b2.ms, "tau_d": decay * b2.ms, "kick": 1 / (rise * decay)}
    group = b2.NeuronGroup(
        n,
        model.equations + FILTERS,
        threshold=model.threshold,
        reset=f"{model.reset}; q += kick",
        refractory=model.refractory,
        method=model.method,
        namespace=model.constants() | constants,
        clock=clock,
        name="neurons",  # Brian2 finds compiled code by the names in it
    )
    group.alive = True
    return group


class BrianNetwork:
    """Neurons, synapses and recorded spikes, and a function that is called every ``dt``.

    Parameters
    ----------
    model
        Parameters.
    source, target
        (S,) neurons that each synapse joins.
    initial
        State at the start, by the names in the model's equations.
    step
        Called at the start of every ``dt``, before neurons move.
    code
        ``"cython"`` or ``"numpy"``.
    """

    def __init__(
        self,
        model: SpikingReservoir,
        source: NDArray[np.int64],
        target: NDArray[np.int64],
        initial: dict[str, NDArray[np.float64]],
        step: Callable[[], None],
        code: str,
    ) -> None:
        b2 = require_brian2()
        self.code = code
        self._initial = initial
        clock = b2.Clock(dt=model.dt_neuron * b2.ms, name="neuron_clock")
        rule_clock = b2.Clock(dt=model.dt * b2.ms, name="rule_clock")
        with compiling("numpy"):  # placing synapses once is not worth a compilation
            self.neurons = neurons(model, model.n_units, clock)
            self.synapses = b2.Synapses(
                self.neurons,
                self.neurons,
                "w : 1",
                on_pre="h_post += w",
                clock=clock,
                name="synapses",
            )
            self.synapses.connect(i=source, j=target)
        self._per_spike = 1 / (model.rise_time * model.decay_time)
        self.spikes = b2.SpikeMonitor(self.neurons, name="spikes")
        rule = b2.NetworkOperation(step, clock=rule_clock, when="start", name="rule")
        self.network = b2.Network(self.neurons, self.synapses, self.spikes, rule)
        self.reset()

    def array(self, name: str) -> NDArray[Any]:
        """The memory of a variable of the neurons, (N,), shared with Brian2."""
        values: NDArray[Any] = self.neurons.variables[name].get_value()
        return values

    def reset(self) -> None:
        """The state at the start; recorded spikes and time are kept."""
        for name in ("s", "h", "r", "q"):
            self.array(name)[:] = 0
        for name, values in self._initial.items():
            self.array(name)[:] = values
        if "lastspike" in self.neurons.variables:  # with a refractory time only
            self.array("lastspike")[:] = NEVER
            self.array("not_refractory")[:] = True

    def connect(self, weight: NDArray[np.float64], silent: NDArray[np.int64]) -> None:
        """Set the weights, (S,), and which neurons fire no spikes."""
        self.synapses.variables["w"].get_value()[:] = weight * self._per_spike
        alive = self.array("alive")
        alive[:] = True
        alive[silent] = False

    def run(self, duration: float) -> None:
        """Go on for a time in ms."""
        with compiling(self.code):
            self.network.run(duration * require_brian2().ms, namespace={})

    def stop(self) -> None:
        """End the present run after this step."""
        self.network.stop()

    def recorded(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Times in ms and neurons of all spikes so far, in order of time."""
        return (
            np.array(self.spikes.t_[:]) * 1000,  # in s
            np.array(self.spikes.i[:], np.int32),
        )
