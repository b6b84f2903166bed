"""Train a reservoir on a task and test it: the state of a run around the one compiled loop.

>>> from neurosim import Rmhl, train
>>> from tasks.motor import motor_task
>>> task = motor_task("butterfly", period=200.0)
>>> result = train(task, Rmhl(), seed=1, schedule=Schedule(train_trials=2, test_trials=1))
>>> dict(result.trial_distance.sizes)
{'trial': 3}
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim._loop import Block, TrialArrays, compiled_loop, unmodulated
from neurosim.errors import InputError, check_choice, check_integer
from neurosim.interrupt import DeferredInterrupt
from neurosim.memory import check_memory
from neurosim.nonlinearity import rates
from neurosim.perturbations import Course, Perturbation, PerturbedTrial
from neurosim.plants import BinaryReward, NoEffort
from neurosim.recording import Recording, trial_coordinates
from neurosim.reservoir import HEALTHY, Reservoir, Signals
from neurosim.rules import Rule
from neurosim.task import SENSES, Schedule, Task

if TYPE_CHECKING:
    import xarray as xr

NOISE_BYTES = 2**19
"""Noise is drawn for as many steps at once as fit here, so that it stays in a fast cache."""


REWARD, EXPLORATION = (1,), (2,)
"""Numbers, with the run's seed and that of the trial, of the streams that binary reward needs."""


class Simulation:
    """A run: drawn network, learning rule, plant and how far they have come.

    Parameters
    ----------
    task
        What to do.
    rule
        How the readout learns.
    reservoir
        The network's parameters.
    seed
        Of the one generator from which network, unit noise and exploration draw, each from a
        stream of its own.
    schedule, recording
        Trials and feedback; what is kept.
    perturbations
        What is done to the network in its course, in any order (see
        :mod:`neurosim.perturbations`); their draws come from streams of their own.

    Raises
    ------
    InputError
        The parts do not fit each other, or memory would not suffice.
    """

    def __init__(
        self,
        task: Task,
        rule: Rule,
        reservoir: Reservoir | None = None,
        *,
        seed: int = 0,
        schedule: Schedule | None = None,
        recording: Recording | None = None,
        perturbations: Sequence[Perturbation] = (),
    ) -> None:
        self.task = task
        self.rule = rule
        self.reservoir = reservoir = reservoir or Reservoir()
        self.schedule = schedule or Schedule()
        self.recording = recording or Recording()
        check_integer("Simulation", "seed", seed, minimum=0)
        self.seed = int(seed)
        plant = task.plant
        self.train_feedback = self.schedule.train_feedback or rule.training_feedback
        self.test_feedback = self.schedule.test_feedback or task.test_feedback
        self.plant, self._plant = plant.kernel(reservoir.dt), plant
        self.perturbations = tuple(perturbations)
        self.senses: tuple[str, ...] = tuple(getattr(task, "senses", ()))
        self.reward: BinaryReward | None = getattr(task, "reward", None)
        self._check_parts()

        n_outputs, n_axes, n_pathways = plant.n_outputs, len(plant.axes), len(rule.pathways)
        self.trial_steps = task.n_steps(reservoir.dt)
        self.course = Course(self.perturbations, self)
        dtype = np.dtype(reservoir.dtype)
        steps = self.schedule.trials * self.trial_steps
        n_states = len(self.plant.state)
        self.tape = self.recording.tape(steps, reservoir, n_pathways, n_outputs, n_axes, n_states)
        network_stream, *self.noise_streams = np.random.default_rng(seed).spawn(3)
        n_fed = n_outputs if reservoir.feedback == "on" else 0
        self.network = reservoir.build(n_fed, self.n_inputs, network_stream)
        self._recurrent = self.network.recurrent
        self.signals = Signals(
            r=np.zeros(reservoir.n_units, dtype),
            z=np.zeros(n_outputs),
            parts=np.zeros((n_pathways, n_outputs)),
            dopamine=np.array(HEALTHY),
            plasticity=np.ones(n_pathways),
            hand=np.zeros(n_axes),
            mean_square=np.zeros(1),
        )
        self._x0 = self.network.x.copy()
        self._plant0 = self.plant.state.copy()
        self._start_state()
        self.kernel = rule.kernel(reservoir.n_units, n_outputs, dtype)
        self.cost = self._cost()

        self.index = 0
        self.position = 0
        self.begin_trial()
        self.trial_distance = np.full(self.schedule.trials, np.nan)
        kept = self.schedule.trials if self.recording.trial_weights else 0
        self.trial_weights = np.full((kept, *rule.weights(self.kernel).shape), np.nan, dtype)
        replayed = min(self.schedule.train_trials, self.schedule.test_trials)
        replayed = replayed if self.test_feedback == "replay" else 0
        self.replayed = np.zeros((replayed, self.trial_steps, n_outputs), dtype)
        self.diverged_step = -1
        self.first_step = 0
        self.compile_s = 0.0
        self.loop_s = 0.0
        self.wall_s = 0.0
        self._loop: Any = None

    def _check_parts(self) -> None:
        rule, task, reservoir = self.rule, self.task, self.reservoir
        plant = task.plant
        for sense in self.senses:
            check_choice(f"task '{task.name}'", "senses", sense, SENSES)
        if "joints" in self.senses and not hasattr(plant, "lengths"):
            raise InputError(f"task '{task.name}': has no joints to be told of; expected an arm")
        if rule.needs_output_target and not plant.invertible:
            raise InputError(
                f"rule '{rule.name}' compares the readout with a wanted readout, which task "
                f"'{task.name}' does not define: it gives a wanted hand position, and many joint "
                "angles reach it; use 'supertrex' or 'rmhl', which need only the error of the hand"
            )
        for phase in ("train_feedback", "test_feedback"):
            if getattr(self, phase) == "target" and not plant.invertible:
                raise InputError(
                    f"{phase}: 'target' needs a wanted readout, which task '{task.name}' does not "
                    "define; expected 'free'" + (" or 'replay'" if phase[1] == "e" else "")
                )
        if self.reward and rule.pathways[-1] != "exploratory":
            raise InputError(
                f"rule '{rule.name}' learns from an error at each step, task '{task.name}' gives "
                "reward alone; use 'supertrex' or 'rmhl'"
            )
        if self.reward and task.effort:
            raise InputError(f"task '{task.name}': expected an effort or a reward, given both")
        if task.effort and len(task.effort.costs) != plant.n_outputs:
            raise InputError(
                f"Effort: expected {plant.n_outputs} costs, one an output, "
                f"given {len(task.effort.costs)}"
            )
        if self.test_feedback == "replay" and self.schedule.test_trials:
            if not self.schedule.train_trials:
                raise InputError(
                    "test_feedback 'replay' feeds back what training trials put out, "
                    "given train_trials = 0; use test_feedback 'free'"
                )
        n_outputs, n_axes = plant.n_outputs, len(plant.axes)
        needed = reservoir.bytes_needed() + rule.bytes_needed(
            reservoir.n_units, n_outputs, reservoir.dtype
        )
        check_memory(needed, f"a network of {reservoir.n_units:,} units learning by '{rule.name}'")
        steps = task.n_steps(reservoir.dt)
        replayed = self.schedule.test_trials if self.test_feedback == "replay" else 0
        needed += 8 * steps * (2 * n_axes + self.n_inputs + (3 + replayed) * n_outputs)
        if self.perturbations:
            n_pathways = len(rule.pathways)
            needed += 8 * steps * ((n_pathways + 1) * n_outputs + 2 * n_pathways + len(HEALTHY))
        needed += self.recording.bytes_needed(
            steps * self.schedule.trials,
            reservoir.dt,
            len(rule.pathways),
            n_outputs,
            n_axes,
            len(self.plant.state),
        )
        check_memory(needed, f"recording {self.schedule.trials} trials of {steps:,} steps")

    def _cost(self) -> Any:
        """The compiled piece that says what the rule is told of besides the hand's error."""
        if self.reward is None:
            return self.task.effort.kernel() if self.task.effort else NoEffort()
        dt = self.reservoir.dt
        trials = (self.task.trial(index, dt) for index in range(self.schedule.trials))
        outcomes = [round(trial.events["outcome"] / dt) for trial in trials]
        stream = np.random.default_rng((self.seed, *REWARD))
        return self.reward.kernel(outcomes, self.trial_steps, stream)

    @property
    def _n_sensed(self) -> tuple[int, int]:
        """How many inputs tell of the hand, and of the joints."""
        plant = self.task.plant
        return (
            len(plant.axes) if "hand" in self.senses else 0,
            (len(self.plant.state) or plant.n_outputs) if "joints" in self.senses else 0,
        )

    @property
    def n_inputs(self) -> int:
        """M, the inputs that the task gives and those that tell of the plant's state."""
        return self.task.n_inputs + sum(self._n_sensed)

    @property
    def pieces(self) -> tuple[Any, ...]:
        """The tuples of arrays that the loop works on."""
        return self.network, self.signals, self.kernel, self.plant, self.cost, self.trial

    @property
    def learning(self) -> bool:
        """Whether the present trial is a training trial."""
        return self.index < self.schedule.train_trials

    @property
    def step(self) -> int:
        """Steps done in the run."""
        return self.index * self.trial_steps + self.position

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.schedule.trials * self.trial_steps

    @property
    def diverged(self) -> bool:
        """Whether error or weights became infinite or undefined; the run stops there."""
        return self.diverged_step >= 0

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.diverged or self.index == self.schedule.trials

    @property
    def distance(self) -> float:
        """d now: the root of the slow running mean of the error."""
        return float(np.sqrt(self.signals.mean_square[0]))

    def branch(self, *perturbations: Perturbation) -> Simulation:
        """A second run that goes on from here with more perturbations; this one stays as it is.

        It is, to the bit, the run that had them from the beginning, so that one training serves
        many experiments after it.

        Parameters
        ----------
        *perturbations
            Besides those of this run. They begin in a trial that has not begun yet.

        Raises
        ------
        InputError
            A perturbation would have begun already.

        Examples
        --------
        >>> from neurosim import Rmhl
        >>> from neurosim.perturbations import Silence, When
        >>> from tasks.motor import motor_task
        >>> task = motor_task("butterfly", period=100.0)
        >>> run = Simulation(task, Rmhl(), Reservoir(n_units=50), schedule=Schedule(1, 1))
        >>> while run.learning:
        ...     run.advance()
        >>> silenced = run.branch(Silence(when=When("test"))).run()
        >>> float(silenced.hand[-1, 0])
        0.0
        """
        from neurosim.checkpoint import copy_state

        other = Simulation(
            self.task,
            self.rule,
            self.reservoir,
            seed=self.seed,
            schedule=self.schedule,
            recording=self.recording,
            perturbations=(*self.perturbations, *perturbations),
        )
        begun = self.index + (self.position > 0)
        for one in perturbations:
            if (first := other.course.first_trial(one)) < begun:
                raise InputError(
                    f"{one}: begins in trial {first}, which has begun; "
                    f"expected a schedule from trial {begun} on"
                )
        copy_state(self, other)
        other._loop = self._loop
        return other

    def _start_state(self) -> None:
        self.network.x[:] = self._x0
        self.signals.r[:] = rates(self.network.nonlinearity, self._x0)
        self.signals.z[:] = 0
        self.plant.state[:] = self._plant0
        self._history = np.zeros((self.trial_steps, len(self.signals.z)), self._x0.dtype)
        self.signals.hand[:] = 0

    def feedback_of(self, index: int) -> str:
        """What is fed back in a trial: ``"free"``, ``"target"`` or ``"replay"``."""
        learning = index < self.schedule.train_trials
        return self.train_feedback if learning else self.test_feedback

    def begin_trial(self) -> None:
        """Lay out the present trial: what the task gives, and what perturbations make of it."""
        dtype = self.signals.r.dtype
        steps, n_outputs = self.trial_steps, self.task.plant.n_outputs
        given = self.task.trial(self.index, self.reservoir.dt)
        trial_coordinates(given, self.task.plant, self.task.name)
        target = np.ascontiguousarray(given.target, np.float64)
        self._check_given("target", target, len(self.task.plant.axes))
        target = self.course.target(self.index, target)
        wanted = target if self.task.plant.invertible else np.zeros((steps, 0))
        inputs = np.zeros((steps, self.n_inputs))
        if given.inputs is not None:
            self._check_given("inputs", np.asarray(given.inputs), self.task.n_inputs)
            inputs[:, : self.task.n_inputs] = given.inputs
        feedback = self.feedback_of(self.index)
        forced = np.zeros((0, n_outputs), dtype)
        if feedback == "target":
            forced = wanted.astype(dtype)
        elif feedback == "replay":
            which = self.index - self.schedule.train_trials
            forced = self.replayed[which % len(self.replayed)]
        changed = self.course.trial(self.index)
        self._change(changed)
        self.trial = TrialArrays(
            target=target,
            wanted=wanted,
            inputs=np.ascontiguousarray(inputs, dtype),
            n_hand=self._n_sensed[0],
            n_joints=self._n_sensed[1],
            forced=forced,
            delay=changed.delay,
            history=self._history,
            lost=np.argwhere(changed.lost),
            modulation=changed.modulation
            if changed.is_modulated
            else unmodulated(0, len(self.rule.pathways), n_outputs),
            output=np.zeros((steps, n_outputs), dtype),
            distance_sum=np.zeros(1),
        )

    def _change(self, trial: PerturbedTrial) -> None:
        """Make network and plant what they are in a trial."""
        recurrent = self._recurrent
        if trial.is_cut:
            weight = recurrent.weight.copy()
            weight.reshape(-1)[trial.cut] = 0
            recurrent = recurrent._replace(weight=weight)
        self.network = self.network._replace(
            recurrent=recurrent, silent=np.flatnonzero(trial.silent)
        )
        self._kicks = trial.kicks
        if trial.plant is not self._plant:
            kernel = trial.plant.kernel(self.reservoir.dt)
            self.plant, self._plant = kernel._replace(state=self.plant.state), trial.plant
        self.signals.dopamine[:] = HEALTHY
        self.signals.plasticity[:] = 1

    def _check_given(self, name: str, given: NDArray[np.float64], columns: int) -> None:
        what = f"task '{self.task.name}': {name} of a trial must"
        expected = (self.trial_steps, columns)
        if given.shape != expected:
            raise InputError(f"{what} have shape {expected}, given {given.shape}")
        if not np.all(np.isfinite(given)):
            raise InputError(f"{what} be finite, given {np.sum(~np.isfinite(given))} that are not")

    def compile(self) -> None:
        """Make the loop ready for these pieces, from its cache on disk where it holds them."""
        begun = time.perf_counter()
        network = self.network
        self._loop = compiled_loop(
            network.recurrent, network.nonlinearity, self.kernel, self.plant, self.cost
        )
        self._loop(*self.pieces, self._block(0), self.tape)
        self.compile_s = time.perf_counter() - begun

    def _block(self, count: int) -> Block:
        """The next ``count`` steps, with their noise."""
        units, n_outputs = self.reservoir.n_units, self.task.plant.n_outputs
        dtype = self.signals.r.dtype
        for_units, for_outputs = self.noise_streams
        rows = count if self.learning else 0
        eta = 2 * for_outputs.random((rows, n_outputs), dtype) - 1
        if self.reward and self.reward.alone(self.index):
            stream = np.random.default_rng((self.seed, *EXPLORATION, self.index))
            eta[:] = 2 * stream.random(n_outputs, dtype) - 1
        return Block(
            first=self.position,
            step=self.step,
            n_steps=count,
            unit_noise=for_units.random((rows if self.reservoir.noise else 0, units), dtype),
            eta=eta,
            learning=self.learning,
        )

    def advance(self) -> None:
        """Do the next block of steps, at most to the end of the trial."""
        if self._loop is None:
            self.compile()
        begun = time.perf_counter()
        if self.position in self._kicks:
            self.network.x[:] += self._kicks[self.position]
        stops = [step for step in self._kicks if step > self.position]
        longest = max(1, NOISE_BYTES // self.signals.r.nbytes)
        block = self._block(
            min([longest, *(s - self.position for s in (*stops, self.trial_steps))])
        )
        done = self._loop(*self.pieces, block, self.tape)
        self.loop_s += time.perf_counter() - begun
        if done < block.n_steps:
            self.diverged_step = self.step + done
        self.position += done
        if self.position == self.trial_steps:
            self._end_trial()

    def _end_trial(self) -> None:
        if self.index == self.schedule.train_trials - 1:
            self.rule.finish(self.kernel)
        weights = self.rule.weights(self.kernel)
        if not np.all(np.isfinite(weights)):
            self.diverged_step = self.step
            return
        self.trial_distance[self.index] = self.trial.distance_sum[0] / self.trial_steps
        if len(self.trial_weights):
            self.trial_weights[self.index] = weights
        first_replayed = self.schedule.train_trials - len(self.replayed)
        if self.learning and self.index >= first_replayed:
            self.replayed[self.index - first_replayed] = self.trial.output
        self.index += 1
        self.position = 0
        self._history = self.trial.output
        if not self.finished:
            if self.task.reset:
                self._start_state()
            self.begin_trial()

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
        progress
            Show a progress bar with the present distance from the target.
        checkpoint
            File that holds the state after each trial, and at an interruption; where it exists
            already and belongs to the same run, the run goes on from there.
        each_trial
            Called after each trial.

        Returns
        -------
        xarray.Dataset
            See :func:`neurosim.recording.result`.

        Raises
        ------
        KeyboardInterrupt
            Passed on, after the checkpoint was written.
        InputError
            The checkpoint belongs to another run, or cannot be read.
        """
        from neurosim.checkpoint import load, save
        from neurosim.recording import result

        path = Path(checkpoint) if checkpoint else None
        if path and path.exists():
            load(path, self)
        begun = time.perf_counter() - self.wall_s
        with _bar(self, progress) as bar, DeferredInterrupt() as interrupt:
            try:
                while not self.finished:
                    trial, before = self.index, self.step
                    self.advance()
                    bar.update(self.step - before)
                    if self.index > trial or self.diverged:
                        self.wall_s = time.perf_counter() - begun
                        bar.set_postfix_str(f"trial {self.index}, distance {self.distance:.3g}")
                        if path:
                            save(path, self)
                        if each_trial:
                            each_trial(self)
                    interrupt.check()
            except KeyboardInterrupt:
                self.wall_s = time.perf_counter() - begun
                if path and interrupt.count < 2:  # a second Ctrl-C came in the midst of a step
                    save(path, self)
                raise
        self.wall_s = time.perf_counter() - begun
        return result(self)


def _bar(simulation: Simulation, shown: bool) -> Any:
    from tqdm.auto import tqdm

    return tqdm(
        total=simulation.steps,
        initial=simulation.step,
        unit="step",
        unit_scale=True,
        disable=not shown,
        desc=f"{simulation.task.name}, {simulation.rule.name}",
        leave=False,
    )


def train(
    task: Task,
    rule: Rule,
    reservoir: Reservoir | None = None,
    *,
    seed: int = 0,
    schedule: Schedule | None = None,
    recording: Recording | None = None,
    perturbations: Sequence[Perturbation] = (),
    progress: bool = False,
    checkpoint: str | Path | None = None,
) -> xr.Dataset:
    """Train a reservoir on a task, test it, and return the labelled result.

    Parameters
    ----------
    task, rule, reservoir, seed, schedule, recording, perturbations
        As for :class:`Simulation`.
    progress, checkpoint
        As for :meth:`Simulation.run`.

    Returns
    -------
    xarray.Dataset
        Recorded signals by time, distance by trial, readout weights, and everything needed to run
        it again as attributes; see :func:`neurosim.recording.result`.

    Raises
    ------
    InputError
        The parts do not fit each other, or memory would not suffice.

    Examples
    --------
    >>> from neurosim import Force, Reservoir
    >>> from tasks.motor import motor_task
    >>> task = motor_task("butterfly", period=200.0)
    >>> schedule = Schedule(train_trials=1, test_trials=1)
    >>> result = train(task, Force(), Reservoir(n_units=50), schedule=schedule)
    >>> result.hand.dims
    ('time', 'axis')
    """
    simulation = Simulation(
        task,
        rule,
        reservoir,
        seed=seed,
        schedule=schedule,
        recording=recording,
        perturbations=perturbations,
    )
    return simulation.run(progress=progress, checkpoint=checkpoint)
