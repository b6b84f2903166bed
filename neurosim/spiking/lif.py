r"""Leaky integrate-and-fire neurons, after Nicola & Clopath 2017 (Nat Commun 8:2208).

    tau_m v' = -v + I;   spike where v >= v_threshold, then v = v_reset for tau_ref

Current is in mV (times membrane resistance). The published sets of constants differ in gain and
feedback; all are from the authors' scripts of a 5 Hz sine with 2,000 neurons (ModelDB 190565):

===================  ====  ==  =======================
script               G     Q   tau_d
===================  ====  ==  =======================
oscillator panel     0.1   30  20 ms (``Lif()``)
figure 2             0.04  10  20 ms (:data:`FIGURE_2`)
===================  ====  ==  =======================

The default is the one whose output stays longer in phase with the target when it runs by itself.
``dt``, ``input_scale`` and ``rate_unit`` are ours, and P(0) is that of figure 2 in both (panel:
half of it). The bias is the rheobase, at which no neuron starts to fire by itself; the network is
set going by those that start above threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_non_negative, check_positive
from neurosim.spiking._base import SpikingReservoir


@dataclass(frozen=True)
class Lif(SpikingReservoir):
    """Network of leaky integrate-and-fire neurons.

    Parameters
    ----------
    membrane_time_constant
        tau_m, in ms.
    refractory_time
        tau_ref, in ms.
    v_reset, v_threshold
        In mV.

    See :class:`SpikingReservoir` for the others.

    Examples
    --------
    >>> Lif().rheobase
    -40.0
    >>> Lif().firing_rate([-41.0, -30.0]).round(1)
    array([ 0. , 68.8])
    """

    name: ClassVar[str] = "lif"
    unit: ClassVar[str] = "mV"
    per_khz: ClassVar[float] = 1000.0  # the paper's rates are in Hz
    equations: ClassVar[str] = "dv/dt = (bias + s + x - v) / tau_m : 1 (unless refractory)"
    threshold: ClassVar[str] = "v >= v_threshold and alive"
    reset: ClassVar[str] = "v = v_reset"
    refractory: ClassVar[str | bool] = "tau_ref"
    initial_gain: ClassVar[float] = 5e-6
    learn_interval: ClassVar[float] = 2.5

    gain: float = 0.1
    feedback_scale: float = 30.0
    input_scale: float = 30.0
    bias: float = -40.0
    membrane_time_constant: float = 10.0
    refractory_time: float = 2.0
    v_reset: float = -65.0
    v_threshold: float = -40.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "membrane_time_constant", self.membrane_time_constant)
        check_non_negative(self, "refractory_time", self.refractory_time)
        if not self.v_reset < self.v_threshold:
            raise InputError(
                f"Lif: v_reset must be below v_threshold = {self.v_threshold} mV, "
                f"given {self.v_reset} mV"
            )

    @property
    def rheobase(self) -> float:
        """The current above which a neuron fires without end."""
        return self.v_threshold

    def firing_rate(self, current: ArrayLike) -> NDArray[np.float64]:
        """Theory: firing rate in Hz at constant current in mV, 0 up to the rheobase.

        1 / f = tau_ref + tau_m log((I - v_reset) / (I - v_threshold))
        """
        current = np.asarray(current, float)
        above = current > self.rheobase
        drive = np.where(above, current, self.v_threshold + 1.0)
        rise = np.log((drive - self.v_reset) / (drive - self.v_threshold))
        interval = self.refractory_time + self.membrane_time_constant * rise
        return np.where(above, 1000 / interval, 0.0)

    def constants(self) -> dict[str, Any]:
        """Values of the names in the equations."""
        from brian2 import ms

        return {
            "bias": self.bias,
            "tau_m": self.membrane_time_constant * ms,
            "tau_ref": self.refractory_time * ms,
            "v_reset": self.v_reset,
            "v_threshold": self.v_threshold,
        }

    def initial(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Membrane potentials, uniform between reset and the peak of a spike, 30 mV."""
        return {"v": rng.uniform(self.v_reset, 30.0, n)}


FIGURE_2 = Lif(gain=0.04, feedback_scale=10.0, input_scale=10.0)
"""Constants of the script of the paper's figure 2."""
