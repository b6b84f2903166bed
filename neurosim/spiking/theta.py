r"""Theta neurons, after Nicola & Clopath 2017 (Nat Commun 8:2208).

    theta' = 1 - cos(theta) + pi^2 (1 + cos(theta)) I;   spike where theta passes pi

with time in s and I in 1/s^2, so that the firing rate at constant current is sqrt(I) Hz and the
rheobase is 0. The same neuron, with tan(theta / 2) multiplied by a constant tau that changes no
spike, is

    tau theta' = 1 - cos(theta) + (pi tau)^2 (1 + cos(theta)) I

and with tau = 10 ms instead of the paper's 1 s theta turns evenly enough for steps of 0.05 ms
(paper: 0.01 ms). G and Q are those of the paper's script of its 5 Hz sine (ModelDB 190565, figure
2), as are filters and constants of learning; ``tau``, ``dt``, ``dt_neuron``, ``input_scale`` and
``rate_unit`` are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import check_positive
from neurosim.spiking._base import SpikingReservoir


@dataclass(frozen=True)
class Theta(SpikingReservoir):
    """Network of theta neurons.

    Parameters
    ----------
    tau
        In ms; the scale of the phase, which matters to the integration only.

    See :class:`SpikingReservoir` for the others.

    Examples
    --------
    >>> Theta().firing_rate([-5.0, 100.0, 400.0])
    array([ 0., 10., 20.])
    """

    name: ClassVar[str] = "theta"
    unit: ClassVar[str] = "1/s^2"
    per_khz: ClassVar[float] = 1000.0  # the paper's rates are in Hz
    equations: ClassVar[str] = """
        dtheta/dt = (1 - cosine(theta) + scale * (1 + cosine(theta)) * (bias + s + x)) / tau : 1
    """
    threshold: ClassVar[str] = "theta >= turn / 2 and alive"
    reset: ClassVar[str] = "theta -= turn"
    method: ClassVar[str] = "rk2"
    initial_gain: ClassVar[float] = 1e-5
    learn_interval: ClassVar[float] = 0.5

    gain: float = 10.0
    feedback_scale: float = 10_000.0
    input_scale: float = 10_000.0
    tau: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "tau", self.tau)

    @property
    def rheobase(self) -> float:
        """The current above which a neuron fires without end."""
        return 0.0

    def firing_rate(self, current: ArrayLike) -> NDArray[np.float64]:
        """Theory: firing rate in Hz at constant current in 1/s^2, sqrt(I), 0 up to the rheobase."""
        return np.sqrt(np.maximum(0.0, np.asarray(current, float)))

    def constants(self) -> dict[str, Any]:
        """Values of the names in the equations."""
        from brian2 import ms

        from neurosim.spiking._brian import cosine

        return {
            "bias": self.bias,
            "tau": self.tau * ms,
            "scale": (np.pi * self.tau / 1000) ** 2,
            "turn": 2 * np.pi,
            "cosine": cosine(),
        }

    def initial(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Phases, uniform around the circle."""
        return {"theta": rng.uniform(-np.pi, np.pi, n)}
