r"""What all spiking reservoirs share: weights, synaptic filters, and how they are drawn.

Nicola & Clopath 2017 (Nat Commun 8:2208). Neuron i receives

    I_i = I_bias + s_i + sum_k Q_ik z_k + sum_m V_im u_m,   s_i = sum_j omega_ij r_j

and every spike passes a filter that rises with tau_r and decays with tau_d (double exponential):

    r' = -r / tau_r + q,   q' = -q / tau_d + (1 / (tau_r tau_d)) sum_spikes delta(t - t_spike)

so that the mean of r is the firing rate. Static weights are sparse (share p) and random, balanced
for each neuron where a model says so:

    omega_ij = G N(0, 1) / (p sqrt(N)),   Q_ik ~ U(-Q, Q),   V_im ~ U(-V, V)

The readout is z = W r, W learned, with r in units of ``rate_unit``.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import (
    InputError,
    check_between,
    check_choice,
    check_integer,
    check_non_negative,
    check_positive,
)
from neurosim.reservoir import Network
from neurosim.rules import Force, Rmhl, Supertrex
from neurosim.spiking._pieces import FilteredSpikes, Synapses

if TYPE_CHECKING:
    from neurosim.rules import Rule

FILTERS = """
ds/dt = -s / tau_r + h / ms : 1
dh/dt = -h / tau_d : 1
dr/dt = -r / tau_r + q / ms : 1
dq/dt = -q / tau_d : 1
x : 1
alive : boolean
"""
"""Brian2's equations of the current s, the rate r in kHz, and what both are driven by; x is the
current from outside."""

Rules = TypeVar("Rules", bound="Rule")


@dataclass(frozen=True)
class SpikingReservoir(ABC):
    """Parameters of a network of spiking neurons; a model of the neuron adds its own.

    Parameters
    ----------
    n_units
        N.
    gain
        G, in the model's unit of current times ``per_khz`` per kHz.
    feedback_scale, input_scale
        Q and V, in the model's unit of current; that V is as large as Q is our choice.
    bias
        I_bias, in the model's unit of current.
    connection_probability
        p.
    balanced
        Subtract from the weights that a neuron receives their mean.
    rise_time, decay_time
        tau_r and tau_d, in ms.
    rate_unit
        In Hz: the unit of the rates that the readout and its rule see. With 50 Hz they are about
        as large as the rates of the rate networks, so that constants of a rule keep their size.
    feedback
        ``"on"`` or ``"off"``: whether the readout is fed back.
    dt
        Step of readout, error, feedback and rule, in ms: the step of a run.
    dt_neuron
        Step of neurons and synapses, in ms; ``dt`` is a multiple of it.
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    per_khz: ClassVar[float]
    equations: ClassVar[str]
    threshold: ClassVar[str]
    reset: ClassVar[str]
    refractory: ClassVar[str | bool] = False
    method: ClassVar[str] = "euler"
    initial_gain: ClassVar[float]
    learn_interval: ClassVar[float]
    references: ClassVar[tuple[str, ...]] = ("nicola2017", "stimberg2019")
    noise: ClassVar[float] = 0.0
    dtype: ClassVar[str] = "float64"

    n_units: int = 2000
    gain: float = 0.0
    feedback_scale: float = 0.0
    input_scale: float = 0.0
    bias: float = 0.0
    connection_probability: float = 0.1
    balanced: bool = True
    rise_time: float = 2.0
    decay_time: float = 20.0
    rate_unit: float = 50.0
    feedback: str = "on"
    dt: float = 0.2
    dt_neuron: float = 0.05

    def __post_init__(self) -> None:
        check_integer(self, "n_units", self.n_units, minimum=1)
        for field in ("gain", "feedback_scale", "input_scale"):
            check_non_negative(self, field, getattr(self, field))
        check_between(self, "bias", self.bias, -1e9, 1e9)
        check_positive(self, "connection_probability", self.connection_probability)
        check_between(self, "connection_probability", self.connection_probability, 0, 1)
        for field in ("rise_time", "decay_time", "rate_unit", "dt", "dt_neuron"):
            check_positive(self, field, getattr(self, field))
        check_choice(self, "feedback", self.feedback, ("on", "off"))
        steps = round(self.dt / self.dt_neuron)
        if steps < 1 or abs(steps * self.dt_neuron - self.dt) > 1e-9 * self.dt:
            raise InputError(
                f"{type(self).__name__}: dt must be a multiple of dt_neuron = {self.dt_neuron} ms, "
                f"given {self.dt} ms"
            )
        if self.dt_neuron > self.rise_time / 2:
            raise InputError(
                f"{type(self).__name__}: dt_neuron must be at most half of rise_time = "
                f"{self.rise_time} ms, given {self.dt_neuron} ms"
            )

    @abstractmethod
    def constants(self) -> dict[str, Any]:
        """Values of the names in ``equations``, ``threshold`` and ``reset``."""

    @abstractmethod
    def initial(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """State of ``n`` neurons at the start, by the names in ``equations``."""

    def bytes_needed(self) -> int:
        """Memory of the recurrent weights, drawn and as Brian2 keeps them, in bytes."""
        return int(60 * self.connection_probability * self.n_units**2) + 16 * self.n_units**2

    def tuned(self, rule: Rules) -> Rules:
        """A rule with constants that suit this model.

        FORCE: those published with it. RMHL and SUPERTREX's exploratory pathway: the learning rate
        0.5 / N, ours, chosen on seeds 3 to 5 of LIF networks; the rates of 2,000 neurons at the
        rate of a rate network's 1,000 units would make them diverge.

        Examples
        --------
        >>> from neurosim.spiking import Lif
        >>> Lif().tuned(Force())
        Force(alpha=80.0, every=12)
        >>> Lif(n_units=1000).tuned(Rmhl()).learning_rate
        0.0005
        """
        rate = 0.5 / self.n_units
        changed: Any
        if isinstance(rule, Rmhl):
            changed = dataclasses.replace(rule, learning_rate=rate)
            return changed
        if isinstance(rule, Supertrex):
            exploratory = dataclasses.replace(rule.exploratory, learning_rate=rate)
            changed = dataclasses.replace(rule, exploratory=exploratory)
            return changed
        if not isinstance(rule, Force):
            return rule
        alpha = 1 / (self.initial_gain * self.rate_unit**2)
        every = max(1, round(self.learn_interval / self.dt))
        tuned: Any = dataclasses.replace(rule, alpha=float(f"{alpha:.12g}"), every=every)
        return tuned

    def build(self, n_outputs: int, n_inputs: int, rng: np.random.Generator) -> Network:
        """Draw omega, Q and V, in this order."""
        n = self.n_units
        target, source = np.nonzero(rng.random((n, n)) < self.connection_probability)
        scale = self.gain * self.per_khz / (self.connection_probability * np.sqrt(n))
        weight = scale * rng.standard_normal(len(source))
        if self.balanced:
            received = np.maximum(1, np.bincount(target, minlength=n))
            mean = np.bincount(target, weight, minlength=n) / received
            weight -= mean[target]
        return Network(
            recurrent=Synapses(source, target, weight),
            feedback=rng.uniform(-self.feedback_scale, self.feedback_scale, (n, n_outputs)),
            inputs=rng.uniform(-self.input_scale, self.input_scale, (n, n_inputs)),
            nonlinearity=FilteredSpikes(np.zeros(n), 1000.0 / self.rate_unit),
            leak=np.float64(1),
            noise=np.float64(0),
            silent=np.zeros(0, np.int64),
            x=np.zeros(n),
            drive=np.zeros(n),
        )
