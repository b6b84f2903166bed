r"""What a rate network is: its parameters and how they are drawn. The loop is in simulate.py.

    tau x' = -x + J r + Q z + V u                     x, r: (N,), z: (K,), u: (M,)
    r = f(x) + eps,  eps_i ~ U(-alpha, alpha) afresh for each unit and step

integrated by Euler's method with step dt (Pyle & Rosenbaum 2019, their network equation, without
the inputs u, which they do not use).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.connectivity import KINDS, recurrent_weights
from neurosim.errors import (
    InputError,
    check_between,
    check_choice,
    check_integer,
    check_non_negative,
    check_positive,
)
from neurosim.nonlinearity import NONLINEARITIES, nonlinearity

DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Reservoir:
    """A recurrent rate network; defaults are those of Pyle & Rosenbaum 2019.

    Parameters
    ----------
    n_units
        N.
    gain
        lambda, which sets the spectral radius of J (see connectivity.py).
    connectivity
        ``"sparse"``, ``"dense"`` or ``"fixed_in_degree"`` (see connectivity.py).
    connection_probability, in_degree
        Of the sparse kinds.
    time_constant, dt
        tau and the Euler step, in ms.
    nonlinearity
        f: ``"tanh"``, ``"relu"``, ``"logistic"`` or ``"linear"``.
    noise
        alpha, in units of the rate; absent in test phases.
    feedback
        ``"on"`` or ``"off"``: whether the readout is fed back. Whether what is fed back is the
        network's own readout or a given one is the rule's and the task's business.
    feedback_scale, input_scale
        Q ~ U(-feedback_scale, feedback_scale), V likewise.
    initial_state
        x(0) ~ U(-initial_state, initial_state).
    dtype
        ``"float32"`` or ``"float64"``: of states and weights.

    Examples
    --------
    >>> Reservoir(n_units=200).time_constant
    10.0
    """

    n_units: int = 1000
    gain: float = 1.5
    connectivity: str = "sparse"
    connection_probability: float = 0.1
    in_degree: int = 100
    time_constant: float = 10.0
    dt: float = 0.2
    nonlinearity: str = "tanh"
    noise: float = 0.025
    feedback: str = "on"
    feedback_scale: float = 1.0
    input_scale: float = 1.0
    initial_state: float = 0.5
    dtype: str = "float32"

    def __post_init__(self) -> None:
        check_integer(self, "n_units", self.n_units, minimum=1)
        for field in ("gain", "noise", "feedback_scale", "input_scale", "initial_state"):
            check_non_negative(self, field, getattr(self, field))
        for field in ("time_constant", "dt"):
            check_positive(self, field, getattr(self, field))
        check_choice(self, "connectivity", self.connectivity, KINDS)
        check_choice(self, "nonlinearity", self.nonlinearity, tuple(NONLINEARITIES))
        check_choice(self, "feedback", self.feedback, ("on", "off"))
        check_choice(self, "dtype", self.dtype, DTYPES)
        check_positive(self, "connection_probability", self.connection_probability)
        check_between(self, "connection_probability", self.connection_probability, 0, 1)
        check_integer(self, "in_degree", self.in_degree, minimum=1)
        if self.connectivity == "fixed_in_degree" and self.in_degree > self.n_units:
            raise InputError(
                f"Reservoir: in_degree must be at most n_units = {self.n_units}, "
                f"given {self.in_degree}"
            )
        if self.dt > self.time_constant:
            raise InputError(
                f"Reservoir: dt must be at most time_constant = {self.time_constant} ms, "
                f"given {self.dt} ms"
            )

    def bytes_needed(self) -> int:
        """Memory of the recurrent weights, in bytes; for ``sparse`` while they are drawn."""
        item = np.dtype(self.dtype).itemsize
        if self.connectivity == "dense":
            return self.n_units**2 * item
        if self.connectivity == "sparse":  # two arrays of places in 8 bytes, and which count
            return int(17 * self.connection_probability * self.n_units**2)
        index = 2 if self.n_units <= np.iinfo(np.uint16).max else 4
        return self.n_units * self.in_degree * (item + index)

    def build(self, n_outputs: int, n_inputs: int, rng: np.random.Generator) -> Network:
        """Draw J, Q, V and x(0), in this order, and lay out the memory of a network."""
        dtype = np.dtype(self.dtype)
        recurrent = recurrent_weights(
            self.connectivity,
            self.n_units,
            self.gain,
            rng,
            probability=self.connection_probability,
            in_degree=self.in_degree,
            dtype=dtype,
        )

        def uniform(scale: float, *shape: int) -> NDArray[Any]:
            return rng.uniform(-scale, scale, shape).astype(dtype)

        feedback = uniform(self.feedback_scale, self.n_units, n_outputs)
        inputs = uniform(self.input_scale, self.n_units, n_inputs)
        x = uniform(self.initial_state, self.n_units)
        return Network(
            recurrent=recurrent,
            feedback=feedback,
            inputs=inputs,
            nonlinearity=nonlinearity(self.nonlinearity, dtype),
            leak=dtype.type(self.dt / self.time_constant),
            noise=dtype.type(self.noise),
            silent=np.zeros(0, np.int64),
            x=x,
            drive=np.zeros_like(x),
        )


class Network(NamedTuple):
    """A reservoir's drawn weights and its state, as the loop takes them.

    Attributes
    ----------
    recurrent
        J by rows, or dense.
    feedback, inputs
        Q (N, K) and V (N, M).
    leak
        dt / tau.
    noise
        alpha.
    silent
        Numbers of the units that are lesioned: their rate is 0.
    x, drive
        (N,) state and the input to it.
    """

    recurrent: Any
    feedback: NDArray[np.floating]
    inputs: NDArray[np.floating]
    nonlinearity: Any
    leak: np.floating
    noise: np.floating
    silent: NDArray[np.int64]
    x: NDArray[np.floating]
    drive: NDArray[np.floating]


BETTER, WORSE, EXPLORATION, NOISE = range(4)
"""Places in ``Signals.dopamine``."""

HEALTHY = (1.0, 1.0, 1.0, 0.0)
"""``Signals.dopamine`` without perturbation."""


class Signals(NamedTuple):
    """What passes between network, rule and plant in a step.

    Attributes
    ----------
    r
        (N,) rates.
    z
        (K,) readout.
    parts
        (pathways, K) outputs that sum to z.
    dopamine
        (4,) gain of the reward signal phi for outcomes better and worse than expected, gain of
        exploration psi, and what is added to phi; 1, 1, 1, 0 in health.
    plasticity
        (pathways,) gain of the weight change of each; 1 in health.
    hand
        (axes,) position of the end point.
    mean_square
        (1,) m, the slow running mean of the error.
    """

    r: NDArray[np.floating]
    z: NDArray[np.float64]
    parts: NDArray[np.float64]
    dopamine: NDArray[np.float64]
    plasticity: NDArray[np.float64]
    hand: NDArray[np.float64]
    mean_square: NDArray[np.float64]
