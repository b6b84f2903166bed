r"""Izhikevich neurons, after Nicola & Clopath 2017 (Nat Commun 8:2208).

    C v' = k (v - v_rest) (v - v_threshold) - u + I
      u' = a (b (v - v_rest) - u);   spike where v >= v_peak, then v = v_reset, u = u + d

Current is in pA. From the paper's script of its 5 Hz sine (ModelDB 190565, figure 2): all defaults
but ``dt``, ``input_scale`` and ``rate_unit``; b = -2 with v_threshold = v_rest + 40 - b / k is the
script's, the paper's table has b = 0 and the same rheobase. The script does not balance the weights
of a neuron.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_between, check_non_negative, check_positive
from neurosim.spiking._base import SpikingReservoir


@dataclass(frozen=True)
class Izhikevich(SpikingReservoir):
    """Network of Izhikevich neurons.

    Parameters
    ----------
    capacitance
        C, in pF.
    k
        In nS / mV.
    v_rest, v_threshold, v_peak, v_reset
        In mV.
    recovery_rate
        a, per ms.
    recovery_coupling
        b, in nS.
    spike_adaptation
        d, in pA.

    See :class:`SpikingReservoir` for the others.

    Examples
    --------
    >>> round(Izhikevich().rheobase, 6)
    1000.0
    """

    name: ClassVar[str] = "izhikevich"
    unit: ClassVar[str] = "pA"
    per_khz: ClassVar[float] = 1.0  # the paper's rates are in 1/ms
    equations: ClassVar[str] = """
        dv/dt = (k * (v - v_rest) * (v - v_threshold) - u + bias + s + x) / capacitance : 1
        du/dt = a * (b * (v - v_rest) - u) : 1
    """
    threshold: ClassVar[str] = "v >= v_peak and alive"
    reset: ClassVar[str] = "v = v_reset; u += d"
    initial_gain: ClassVar[float] = 2e-6
    learn_interval: ClassVar[float] = 0.8

    gain: float = 5000.0
    feedback_scale: float = 5000.0
    input_scale: float = 5000.0
    bias: float = 1000.0
    balanced: bool = False
    dt_neuron: float = 0.04
    capacitance: float = 250.0
    k: float = 2.5
    v_rest: float = -60.0
    v_threshold: float = -19.2
    v_peak: float = 30.0
    v_reset: float = -65.0
    recovery_rate: float = 0.01
    recovery_coupling: float = -2.0
    spike_adaptation: float = 200.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("capacitance", "k", "recovery_rate"):
            check_positive(self, field, getattr(self, field))
        check_non_negative(self, "spike_adaptation", self.spike_adaptation)
        check_between(self, "recovery_coupling", self.recovery_coupling, -1e6, 1e6)
        if not max(self.v_reset, self.v_threshold) < self.v_peak:
            raise InputError(
                "Izhikevich: v_reset and v_threshold must be below v_peak = "
                f"{self.v_peak} mV, given {self.v_reset} and {self.v_threshold} mV"
            )

    @property
    def rheobase(self) -> float:
        """The current at which rest and threshold merge, k (v_threshold + b / k - v_rest)^2 / 4."""
        width = self.v_threshold + self.recovery_coupling / self.k - self.v_rest
        return self.k * width**2 / 4

    def constants(self) -> dict[str, Any]:
        """Values of the names in the equations."""
        from brian2 import ms

        return {
            "bias": self.bias,
            "capacitance": self.capacitance * ms,
            "k": self.k,
            "v_rest": self.v_rest,
            "v_threshold": self.v_threshold,
            "v_peak": self.v_peak,
            "v_reset": self.v_reset,
            "a": self.recovery_rate / ms,
            "b": self.recovery_coupling,
            "d": self.spike_adaptation,
        }

    def initial(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Membrane potentials, uniform between rest and peak; no recovery current."""
        return {"v": rng.uniform(self.v_rest, self.v_peak, n), "u": np.zeros(n)}
