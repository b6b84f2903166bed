"""The rate reservoir in Brian2, beside the compiled loop: two simulators for one network.

    tau x' = -x + J r + Q z + V u,   r = f(x),   z = W r

with Euler's method in both. Brian2 gets the drawn weights, the state and the readout weights of a
:class:`neurosim.Simulation` and writes its own code for the equations; nothing of the compiled loop
is in it. In float64 and without noise the two differ by rounding, which a chaotic network
multiplies: with gain 1.5 and tau = 10 ms they stay within 1e-9 for 200 ms.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_integer
from neurosim.simulate import Simulation
from neurosim.spiking._brian import code_target, compiling, require_brian2

RATE = {
    "tanh": "tanh(x)",
    "relu": "clip(x, 0, inf)",
    "logistic": "1 / (1 + exp(-x))",
    "linear": "x",
}
"""f(x) in Brian2's words."""


def trajectories(
    simulation: Simulation, n_steps: int, *, code: str = "auto"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The next steps of a rate network, without learning, by the compiled loop and by Brian2.

    Parameters
    ----------
    simulation
        A run at the begin of an unperturbed trial with free feedback, its network in float64; it
        stays where it is.
    n_steps
        T, at most to the end of the trial.
    code
        As for :func:`neurosim.spiking.code_target`.

    Returns
    -------
    tuple of ndarray
        The state x of all units after each step, (T, N), by the loop and by Brian2.

    Raises
    ------
    InputError
        A network in float32 or with noise, a trial with given feedback or less than ``n_steps``
        left, or brian2 is missing.

    Examples
    --------
    >>> from neurosim import Force, Reservoir, Schedule
    >>> from tasks.motor import motor_task
    >>> network = Reservoir(n_units=40, noise=0.0, dtype="float64")
    >>> run = Simulation(motor_task("butterfly", period=50.0), Force(), network,
    ...                  schedule=Schedule(0, 1, test_feedback="free"))
    >>> ours, theirs = trajectories(run, 100, code="numpy")
    >>> bool(abs(ours - theirs).max() < 1e-12)
    True
    """
    _check(simulation, n_steps)
    return _by_loop(simulation, n_steps), _by_brian2(simulation, n_steps, code_target(code))


def _check(simulation: Simulation, n_steps: int) -> None:
    check_integer("trajectories", "n_steps", n_steps, minimum=1)
    reservoir = simulation.reservoir
    if reservoir.dtype != "float64" or reservoir.noise:
        raise InputError(
            "trajectories: expected a network in float64 without noise, "
            f"given {reservoir.dtype} and noise {reservoir.noise}"
        )
    if simulation.finished or simulation.position or len(simulation.trial.forced):
        raise InputError("trajectories: expected a run at the begin of a trial with free feedback")
    if simulation.perturbations or simulation.senses:
        raise InputError("trajectories: expected a run without perturbations and without senses")
    if n_steps > simulation.trial_steps:
        raise InputError(
            f"trajectories: n_steps must be at most {simulation.trial_steps}, the steps of a "
            f"trial, given {n_steps}"
        )


def _by_loop(simulation: Simulation, n_steps: int) -> NDArray[np.float64]:
    simulation.compile()
    pieces, tape = copy.deepcopy((simulation.pieces, simulation.tape))
    block = simulation._block(0)._replace(learning=False, n_steps=1)
    states = np.empty((n_steps, simulation.reservoir.n_units))
    for k in range(n_steps):
        simulation._loop(*pieces, block._replace(first=k, step=simulation.step + k), tape)
        states[k] = pieces[0].x
    return states


def _by_brian2(simulation: Simulation, n_steps: int, code: str) -> NDArray[np.float64]:
    b2 = require_brian2()
    reservoir, network = simulation.reservoir, simulation.network
    readout = simulation.rule.weights(simulation.kernel).sum(axis=0)
    n, n_outputs = reservoir.n_units, len(readout)
    step = reservoir.dt * b2.ms
    given = b2.TimedArray(simulation.trial.inputs @ network.inputs.T, dt=step, name="given")
    with compiling(code):
        clock = b2.Clock(dt=step, name="rate_clock")
        units = b2.NeuronGroup(
            n,
            f"""
            dx/dt = (-x + drive + fed + given(t, i)) / tau : 1
            r = {RATE[reservoir.nonlinearity]} : 1
            drive : 1
            fed : 1
            """,
            method="euler",
            namespace={"tau": reservoir.time_constant * b2.ms, "given": given},
            clock=clock,
            name="units",
        )
        outputs = b2.NeuronGroup(n_outputs, "z : 1", clock=clock, name="outputs")
        recurrent = _summed(units, units, "drive_post = w * r_pre", network.recurrent.to_dense())
        decoder = _summed(units, outputs, "z_post = w * r_pre", readout)
        decoder.summed_updaters["z_post"].when = "end"  # what is fed back was read out a step ago
        objects: list[Any] = [units, outputs, recurrent, decoder]
        if network.feedback.shape[1]:
            objects.append(_summed(outputs, units, "fed_post = w * z_pre", network.feedback))
        units.variables["x"].get_value()[:] = network.x
        outputs.variables["z"].get_value()[:] = simulation.signals.z
        states = b2.StateMonitor(units, "x", record=True, when="end", name="states")
        b2.Network(*objects, states).run(n_steps * step, namespace={})
    return np.array(states.x_).T


def _summed(source: Any, target: Any, sums: str, weights: NDArray[Any]) -> Any:
    """Synapses with weights (target, source) that add up a continuous quantity."""
    b2 = require_brian2()
    name = f"{source.name}_to_{target.name}"
    synapses = b2.Synapses(source, target, f"w : 1\n{sums} : 1 (summed)", name=name,
                           clock=target.clock)  # fmt: skip
    to, of = np.nonzero(weights)
    if len(to):
        synapses.connect(i=of, j=to)
        synapses.w = weights[to, of]
    else:  # an untrained readout
        synapses.connect(i=[0], j=[0])
        synapses.w = 0
    return synapses
