"""The network of :mod:`neurosim.spiking.basal_ganglia` in Brian2: neurons, connections, drive.

Brian2 integrates the neurons and delivers the spikes. What is drawn and what a pulse does is added
here, between its steps, from one NumPy generator, so that it does not depend on Brian2's code.
"""

from __future__ import annotations

from collections.abc import Callable
from math import e
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.spiking._brian import require_brian2

if TYPE_CHECKING:
    from neurosim.spiking.basal_ganglia import BasalGanglia

STEP = 0.1
"""Of the integration, in ms, as in the authors' scripts."""

PER_MS = round(1 / STEP)

NEURON = {
    "C": 200.0,  # pF
    "g_L": 10.0,  # nS
    "E_L": -70.0,  # mV
    "E_ex": 0.0,
    "E_in": -80.0,
    "V_th": -54.0,
    "V_reset": -70.0,
    "tau_ex": 5.0,  # ms
    "tau_in": 10.0,
    "t_ref": 5.0,
}
"""All neurons, in pF, nS, mV and ms: as in the scripts released with Bahuguna et al. 2020."""

INPUT_WEIGHTS = (0.5, 1.5)
"""Range of the peak conductance of an input, drawn once for each neuron, in nS."""

RISE_EX, RISE_IN = e / NEURON["tau_ex"], e / NEURON["tau_in"]
"""By how much a spike raises h for a peak of g of 1, in 1 / ms."""

SI = 1e-6
"""nS / ms in S / s."""

# Nothing but + - * /, which every target rounds alike: the same spikes from all of them.
EQUATIONS = """
dv/dt = (g_L * (E_L - v) + g_ex * (E_ex - v) + g_in * (E_in - v)) / C : volt (unless refractory)
dg_ex/dt = h_ex - g_ex / tau_ex : siemens
dh_ex/dt = -h_ex / tau_ex : siemens / second
dg_in/dt = h_in - g_in / tau_in : siemens
dh_in/dt = -h_in / tau_in : siemens / second
"""


class Synapses(NamedTuple):
    """Connections of a drawn network, (synapses,); neurons count from the STN's first.

    Attributes
    ----------
    source, target
        Neurons.
    weight
        Peak conductance in nS.
    delay
        In ms.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    weight: NDArray[np.float64]
    delay: NDArray[np.float64]


def connect(model: BasalGanglia, rng: np.random.Generator) -> Synapses:
    """Draw all connections.

    Examples
    --------
    >>> from neurosim.spiking.basal_ganglia import BasalGanglia
    >>> drawn = connect(BasalGanglia(), np.random.default_rng(0))
    >>> len(drawn.source) == 1000 * 46 + 2000 * (35 + 40)
    True
    """
    stn, gpe = (0, model.n_stn), (model.n_stn, model.n_stn + model.n_gpe)
    parts = []
    for projection, sources, targets in (
        (model.stn_gpe, stn, gpe),
        (model.gpe_stn, gpe, stn),
        (model.gpe_gpe, gpe, gpe),
    ):
        each = projection.targets(targets[1] - targets[0])
        source = np.repeat(np.arange(*sources), each)
        target = rng.integers(*targets, len(source))
        weight = np.full(len(source), float(projection.weight))
        parts.append((source, target, weight, np.full(len(source), float(projection.delay))))
    return Synapses(*map(np.concatenate, zip(*parts, strict=True)))


def pulses(frequency: float, n_steps: int) -> NDArray[np.bool_]:
    """In which steps a pulse begins, (T,): one every 1 / frequency, the first after that time.

    Parameters
    ----------
    frequency
        In Hz; 0: no pulses.
    n_steps
        T.

    Examples
    --------
    >>> int(pulses(130.0, 10_000).sum())  # in a second
    130
    """
    cycle = np.arange(n_steps + 1) * (frequency * STEP * 1e-3)
    return np.diff(np.floor(cycle + 1e-9)) > 0


def kicks(
    model: BasalGanglia, synapses: Synapses, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a pulse adds to h_ex of the GPe and to h_in of the STN, (N,), in nS / ms.

    Examples
    --------
    >>> from neurosim.spiking.basal_ganglia import BasalGanglia
    >>> model, rng = BasalGanglia(recruited=1.0), np.random.default_rng(0)
    >>> to_gpe, to_stn = kicks(model, connect(model, rng), rng)
    >>> round(float(to_gpe[1000:].mean() * 5.0 / e), 1)  # 23 synapses of 1.2 nS, each with 5 ms
    27.6
    """
    n_stn, n_units = model.n_stn, model.n_stn + model.n_gpe
    active = np.zeros(n_units, bool)
    for first, n in ((0, n_stn), (n_stn, model.n_gpe)):
        active[first + rng.permutation(n)[: round(model.recruited * n)]] = True
    reached = active[synapses.source]
    from_stn, to_stn = synapses.source < n_stn, synapses.target < n_stn
    kick_ex, kick_in = (
        np.bincount(synapses.target[of], synapses.weight[of], n_units).astype(np.float64)
        for of in (reached & from_stn, reached & ~from_stn & to_stn)
    )
    return RISE_EX * kick_ex, RISE_IN * kick_in


class Drive:
    """What happens between the steps of Brian2: inputs and pulses, and the field potential.

    Parameters
    ----------
    model, synapses
        The network.
    state
        v, g_ex, h_ex, g_in and h_in of Brian2, (N,), in SI units; h is changed in place.
    length
        In ms.
    rng
        Source of the inputs.

    Attributes
    ----------
    lfp
        (ms,) the sum of the absolute synaptic currents into a neuron, mean of the STN, in pA.
    """

    def __init__(
        self,
        model: BasalGanglia,
        synapses: Synapses,
        state: dict[str, NDArray[np.float64]],
        length: int,
        rng: np.random.Generator,
    ) -> None:
        self.state, self.rng = state, rng
        self.n_stn, self.n_units = model.n_stn, model.n_stn + model.n_gpe
        events = np.array([model.cortical_input * model.n_stn, model.gpe_input * model.n_gpe])
        self.events_per_step = events * STEP * 1e-3
        self.weight = rng.uniform(*INPUT_WEIGHTS, self.n_units) * RISE_EX * SI
        self.kick_ex, self.kick_in = (SI * kick for kick in kicks(model, synapses, rng))
        self.at_stn = pulses(model.stimulation, length * PER_MS)
        late = round(model.stn_gpe.delay / STEP)
        self.at_gpe = np.concatenate([np.zeros(late, bool), self.at_stn])[: len(self.at_stn)]
        self.lfp = np.empty(length)
        self.step = 0

    def __call__(self) -> None:
        """Before a step; once a ms the inputs are drawn and the currents are read."""
        within = self.step % PER_MS
        if not within:
            self.lfp[self.step // PER_MS] = self._currents()
            counts = self.rng.poisson(self.events_per_step, (PER_MS, 2))
            self.reached = [
                np.concatenate(
                    [self.rng.integers(self.n_stn, size=a), self.rng.integers(*self._gpe, b)]
                )
                for a, b in counts
            ]
        which = self.reached[within]
        np.add.at(self.state["h_ex"], which, self.weight[which])
        if self.at_stn[self.step]:
            self.state["h_in"] += self.kick_in
        if self.at_gpe[self.step]:
            self.state["h_ex"] += self.kick_ex
        self.step += 1

    @property
    def _gpe(self) -> tuple[int, int]:
        return self.n_stn, self.n_units

    def _currents(self) -> float:
        v, g_ex, g_in = (self.state[name][: self.n_stn] for name in ("v", "g_ex", "g_in"))
        excitatory = np.abs(g_ex * (1e-3 * NEURON["E_ex"] - v))
        inhibitory = np.abs(g_in * (1e-3 * NEURON["E_in"] - v))
        return float(1e12 * (excitatory + inhibitory).mean())


def integrate(
    model: BasalGanglia, length: int, seed: int, report: Callable[..., None] | None
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Run a network that is drawn from a seed.

    Parameters
    ----------
    model, seed
        As for :func:`neurosim.spiking.basal_ganglia.simulate_basal_ganglia`.
    length
        In ms.
    report
        As Brian2 calls it to tell how far it has come.

    Returns
    -------
    times, units, lfp
        Spike times in ms and their neurons, (spikes,); ``lfp`` of :class:`Drive`, (ms,).
    """
    b = require_brian2()
    n_units = model.n_stn + model.n_gpe
    for_wiring, for_inputs, for_start = np.random.default_rng(seed).spawn(3)
    synapses = connect(model, for_wiring)
    neurons, connections = _build(model, synapses)
    state: dict[str, Any] = {
        name: neurons.variables[name].get_value() for name in ("v", "g_ex", "h_ex", "g_in", "h_in")
    }
    state["v"][:] = 1e-3 * for_start.uniform(NEURON["V_reset"], NEURON["V_th"], n_units)
    drive = Drive(model, synapses, state, length, for_inputs)
    name = "basal_ganglia"
    driving = b.NetworkOperation(drive.__call__, clock=neurons.clock, name=f"{name}_drive")
    spikes = b.SpikeMonitor(neurons, name=f"{name}_spikes")
    network = b.Network(neurons, connections, spikes, driving)
    network.run(length * b.ms, report=report, report_period=0.2 * b.second, namespace={})
    times = np.round(np.asarray(spikes.t) * 1e3, 1)
    return times, np.asarray(spikes.i, np.int64), drive.lfp


def _build(model: BasalGanglia, synapses: Synapses) -> tuple[Any, Any]:
    """Neurons and connections of Brian2; named, so that code compiled once is found again."""
    b = require_brian2()
    units = {"C": b.pF, "g": b.nS, "E": b.mV, "V": b.mV, "t": b.ms}
    clock = b.Clock(STEP * b.ms, name="basal_ganglia_clock")
    neurons = b.NeuronGroup(
        model.n_stn + model.n_gpe,
        EQUATIONS,
        threshold="v > V_th",
        reset="v = V_reset",
        refractory=NEURON["t_ref"] * b.ms,
        method="rk2",
        clock=clock,
        namespace={name: value * units[name[0]] for name, value in NEURON.items()},
        name="basal_ganglia",
    )
    connections = b.Synapses(
        neurons,
        neurons,
        "w_ex : siemens / second (constant)\nw_in : siemens / second (constant)",
        on_pre="h_ex_post += w_ex\nh_in_post += w_in",
        clock=clock,
        name="basal_ganglia_synapses",
    )
    connections.connect(i=synapses.source, j=synapses.target)
    excitatory = synapses.source < model.n_stn
    connections.w_ex = excitatory * synapses.weight * RISE_EX * b.nS / b.ms
    connections.w_in = ~excitatory * synapses.weight * RISE_IN * b.nS / b.ms
    connections.delay = synapses.delay * b.ms
    return neurons, connections
