"""Train a spiking reservoir on a task and test it: Brian2 between the steps of the one loop.

A run is a :class:`neurosim.Simulation` in all but what moves the neurons. Every ``dt`` the compiled
loop does one step: it reads the rates that Brian2 has filtered out of the spikes, reads out, moves
the plant, lets the rule learn, and sets the current from outside for the next ``dt``, in which
Brian2 integrates neurons and synapses. Tasks, rules, plants, schedules, recordings and
perturbations are those of rate networks, and what is fed back reaches the neurons one ``dt`` later
than there.

>>> from neurosim import Force, Recording, Schedule
>>> from neurosim.spiking import Lif
>>> from tasks.motor import motor_task
>>> network = Lif(n_units=50, dt_neuron=0.1)
>>> task, schedule = motor_task("butterfly", period=50.0), Schedule(1, 1, test_feedback="free")
>>> result = train(task, network.tuned(Force()), network, schedule=schedule, code="numpy")
>>> result.spike_time.dims
('spike',)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from neurosim._loop import Block
from neurosim.errors import InputError
from neurosim.perturbations import Kick, Perturbation
from neurosim.recording import Recording
from neurosim.rules import Rule
from neurosim.simulate import Simulation
from neurosim.spiking._base import SpikingReservoir
from neurosim.spiking._brian import code_target, require_brian2
from neurosim.spiking._network import BrianNetwork
from neurosim.spiking.lif import Lif
from neurosim.task import Schedule, Task

if TYPE_CHECKING:
    import xarray as xr

INITIAL_STATE = (4,)
"""Key of the seed of the neurons' initial state; see :data:`neurosim.perturbations._course.STREAM`
for the others."""


class SpikingSimulation(Simulation):
    """A run with spiking neurons: see :class:`neurosim.Simulation`.

    Parameters
    ----------
    task, rule, seed, schedule, recording, perturbations
        As there. All perturbations but ``kick`` are possible: lesioned units fire no spikes.
    reservoir
        The network's parameters: a :class:`Lif`, :class:`Izhikevich` or :class:`Theta`.
    code
        What Brian2 runs: ``"cython"``, ``"numpy"``, or ``"auto"`` (see
        :func:`neurosim.spiking.code_target`). The result is the same.

    Attributes
    ----------
    simulate_s, learn_s
        Seconds spent in Brian2 and in the steps of the loop (readout, plant, rule).

    Raises
    ------
    InputError
        The parts do not fit each other, memory would not suffice, or brian2 is missing.
    """

    def __init__(
        self,
        task: Task,
        rule: Rule,
        reservoir: SpikingReservoir | None = None,
        *,
        seed: int = 0,
        schedule: Schedule | None = None,
        recording: Recording | None = None,
        perturbations: Sequence[Perturbation] = (),
        code: str = "auto",
    ) -> None:
        for one in perturbations:
            if isinstance(one, Kick):
                raise InputError(
                    f"{one}: pushes the state of rate units, which spiking neurons have not; "
                    "expected another perturbation, or a rate network"
                )
        require_brian2()
        self.model = reservoir or Lif()
        self._brian: BrianNetwork | None = None
        super().__init__(
            task,
            rule,
            cast(Any, self.model),  # read as the rate network's parameters are
            seed=seed,
            schedule=schedule,
            recording=recording,
            perturbations=perturbations,
        )
        self.code = code_target(code)
        self.learn_s = 0.0

    @property
    def simulate_s(self) -> float:
        """Seconds spent in Brian2."""
        return self.loop_s - self.learn_s

    def compile(self) -> None:
        """Make the Brian2 network and the loop for these pieces."""
        if self._brian is None:
            key = np.random.SeedSequence(self.seed, spawn_key=INITIAL_STATE)
            initial = self.model.initial(self.model.n_units, np.random.default_rng(key))
            synapses: Any = self._recurrent
            self._brian = BrianNetwork(
                self.model, synapses.source, synapses.target, initial, self._step, self.code
            )
            shared = self.network.nonlinearity._replace(rate=self._brian.array("r"))
            self.network = self.network._replace(nonlinearity=shared, x=self._brian.array("x"))
            self._connect()
        super().compile()

    def _connect(self) -> None:
        if self._brian is not None:
            weights: Any = self.network.recurrent
            self._brian.connect(weights.weight, self.network.silent)

    def _change(self, trial: Any) -> None:
        super()._change(trial)
        self._connect()

    def _start_state(self) -> None:
        super()._start_state()
        if self._brian is not None:
            self._brian.reset()

    def advance(self) -> None:
        """Do one trial, or as much of it as is finite."""
        if self._loop is None:
            self.compile()
        assert self._brian is not None
        begun = time.perf_counter()
        self._noise = self._block(self.trial_steps)
        self._held = self.pieces
        self._brian.run(self.trial_steps * self.model.dt)
        self.loop_s += time.perf_counter() - begun
        if self.position == self.trial_steps:
            self._end_trial()

    def _step(self) -> None:
        """One step of the loop, called by Brian2."""
        begun = time.perf_counter()
        now, noise = self.position, self._noise
        block: Block = noise._replace(
            first=now, step=noise.step + now, n_steps=1, eta=noise.eta[now : now + 1]
        )
        if self._loop(*self._held, block, self.tape):
            self.position += 1
        else:
            self.diverged_step = self.step
            assert self._brian is not None
            self._brian.stop()
        self.learn_s += time.perf_counter() - begun

    def branch(self, *perturbations: Perturbation) -> Simulation:
        """Not possible: the state of Brian2's network cannot be copied.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(
            "SpikingSimulation: a spiking run cannot branch; run it again from its seed"
        )

    def run(
        self,
        *,
        progress: bool = False,
        checkpoint: str | Path | None = None,
        each_trial: Callable[[Simulation], None] | None = None,
    ) -> xr.Dataset:
        """Go on to the end of the schedule, or to the step at which the run diverges.

        Parameters
        ----------
        progress, each_trial
            As for :meth:`neurosim.Simulation.run`.
        checkpoint
            None: spiking runs cannot be kept half-way.

        Returns
        -------
        xarray.Dataset
            As of :meth:`neurosim.Simulation.run`, with ``rates`` in Hz; by ``spike``:
            ``spike_time`` (ms) and ``spike_unit``. More attributes: ``network``,
            ``test_correlation`` and ``mean_rate_hz`` (see :func:`neurosim.spiking.measures`),
            ``simulate_s``, ``learn_s``, ``brian2_code`` and ``brian2_version``.

        Raises
        ------
        InputError
            A checkpoint is given.
        """
        if checkpoint is not None:
            raise InputError("SpikingSimulation: a spiking run keeps no checkpoint; expected None")
        dataset = super().run(progress=progress, each_trial=each_trial)
        if self._brian is None:
            return dataset
        from neurosim.spiking.measures import mean_rate_hz, test_correlation

        times, units = self._brian.recorded()
        dataset["spike_time"] = ("spike", times, {"long_name": "time of a spike", "units": "ms"})
        dataset["spike_unit"] = ("spike", units, {"long_name": "neuron that fired", "units": "1"})
        if "rates" not in dataset:  # else the coordinate numbers the units whose rates are kept
            dataset = dataset.assign_coords(unit=("unit", np.arange(self.model.n_units)))
        else:
            dataset["rates"] = dataset["rates"] * self.model.rate_unit
            dataset["rates"].attrs = {"long_name": "filtered firing rate", "units": "Hz"}
        parameters = json.loads(dataset.attrs["parameters"])
        parameters["reservoir"]["dtype"] = self.model.dtype
        references = dict.fromkeys((*dataset.references.split(), *self.model.references))
        dataset.attrs |= {
            "parameters": json.dumps(parameters),
            "network": self.model.name,
            "references": " ".join(references),
            "simulate_s": self.simulate_s,
            "learn_s": self.learn_s,
            "brian2_code": self.code,
            "brian2_version": require_brian2().__version__,
        }
        dataset.attrs["test_correlation"] = test_correlation(dataset)
        dataset.attrs["mean_rate_hz"] = mean_rate_hz(dataset)
        return dataset


def train(
    task: Task,
    rule: Rule,
    reservoir: SpikingReservoir | None = None,
    *,
    seed: int = 0,
    schedule: Schedule | None = None,
    recording: Recording | None = None,
    perturbations: Sequence[Perturbation] = (),
    progress: bool = False,
    code: str = "auto",
) -> xr.Dataset:
    """Train a spiking reservoir on a task, test it, and return the labelled result.

    Parameters
    ----------
    task, rule, reservoir, seed, schedule, recording, perturbations, code
        As for :class:`SpikingSimulation`.
    progress
        Show a progress bar.

    Returns
    -------
    xarray.Dataset
        See :meth:`SpikingSimulation.run`.

    Raises
    ------
    InputError
        The parts do not fit each other, memory would not suffice, or brian2 is missing.
    """
    simulation = SpikingSimulation(
        task,
        rule,
        reservoir,
        seed=seed,
        schedule=schedule,
        recording=recording,
        perturbations=perturbations,
        code=code,
    )
    return simulation.run(progress=progress)
