"""What is recorded and how often, and the labelled result.

Memory is bounded by what is recorded (samples x size of the chosen signals), never by the number of
steps of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim._loop import Tape
from neurosim.errors import InputError, check_choice, check_integer, check_positive
from neurosim.files import written_whole

if TYPE_CHECKING:
    import xarray as xr

    from neurosim.plants import Plant
    from neurosim.reservoir import Reservoir
    from neurosim.simulate import Simulation
    from neurosim.task import Trial

SATISFACTORY = 0.5
"""A deviation below this counts as having learned the movement (Sankar et al. 2021), unless the
task has an attribute ``satisfactory`` of its own."""

SIGNALS = (
    "readout",
    "pathway_readout",
    "hand",
    "error",
    "distance",
    "weight_norm",
    "rates",
    "plant_state",
)


TAKEN = {
    *SIGNALS,
    *("target", "trial_distance", "trial_weights", "readout_weights", "success", "reward"),
    *("time", "axis", "pathway", "output", "neuron", "unit", "trial", "phase"),
}
"""Names in a result that no label of a trial can have."""


@dataclass(frozen=True)
class Recording:
    """Which signals are kept, and how often.

    Parameters
    ----------
    signals
        Any of ``readout``, ``pathway_readout`` (of each pathway), ``hand``, ``error``
        (instantaneous), ``distance`` (d, the root of its slow running mean), ``weight_norm`` (of
        each pathway), ``rates`` and ``plant_state`` (what a plant remembers, joint angles and
        velocities for instance; nothing for a plant without memory).
    interval
        Between samples, in ms; a multiple of the network's step.
    units
        Which units' rates are kept, for ``rates``.
    trial_weights
        Keep the readout weights of all pathways at the end of each trial.

    Examples
    --------
    >>> Recording(("hand", "rates"), interval=5.0, units=(0, 1, 2)).interval
    5.0
    """

    signals: tuple[str, ...] = (
        "readout",
        "pathway_readout",
        "hand",
        "error",
        "distance",
        "weight_norm",
        "plant_state",
    )
    interval: float = 10.0
    units: tuple[int, ...] = ()
    trial_weights: bool = False

    def __post_init__(self) -> None:
        for signal in self.signals:
            check_choice(self, "signals", signal, SIGNALS)
        check_positive(self, "interval", self.interval)
        for unit in self.units:
            check_integer(self, "units", unit, minimum=0)
        if ("rates" in self.signals) != bool(self.units):
            raise InputError(
                "Recording: signals 'rates' and units go together, "
                f"given signals {self.signals} and {len(self.units)} units"
            )

    def every(self, dt: float) -> int:
        """Steps from one sample to the next."""
        steps = round(self.interval / dt)
        if steps < 1 or abs(steps * dt - self.interval) > 1e-9 * self.interval:
            raise InputError(
                f"Recording: interval must be a multiple of dt = {dt} ms, given {self.interval} ms"
            )
        return steps

    def bytes_needed(
        self, n_steps: int, dt: float, n_pathways: int, n_outputs: int, n_axes: int, n_states: int
    ) -> int:
        """Memory of the samples of a run of ``n_steps``, in bytes."""
        sizes = {
            "readout": n_outputs,
            "pathway_readout": n_pathways * n_outputs,
            "hand": n_axes,
            "error": 1,
            "distance": 1,
            "weight_norm": n_pathways,
            "rates": len(self.units),
            "plant_state": n_states,
        }
        samples = -(-n_steps // self.every(dt))
        return 4 * samples * sum(sizes[signal] for signal in self.signals)

    def tape(
        self,
        n_steps: int,
        reservoir: Reservoir,
        n_pathways: int,
        n_outputs: int,
        n_axes: int,
        n_states: int,
    ) -> Tape:
        """Memory for the samples of a run of ``n_steps``."""
        every = self.every(reservoir.dt)
        if self.units and max(self.units) >= reservoir.n_units:
            raise InputError(
                f"Recording: units must be below n_units = {reservoir.n_units}, "
                f"given {max(self.units)}"
            )
        samples = -(-n_steps // every)

        def samples_of(signal: str, *shape: int) -> NDArray[np.float32]:
            length = samples if signal in self.signals else 0
            return np.full((length, *shape), np.nan, np.float32)

        return Tape(
            every=every,
            units=np.array(self.units, np.int64),
            readout=samples_of("readout", n_outputs),
            pathway_readout=samples_of("pathway_readout", n_pathways, n_outputs),
            hand=samples_of("hand", n_axes),
            error=samples_of("error"),
            distance=samples_of("distance"),
            weight_norm=samples_of("weight_norm", n_pathways),
            rates=samples_of("rates", len(self.units)),
            plant_state=samples_of("plant_state", n_states),
        )


def arrays(memory: Any, prefix: str = "") -> dict[str, NDArray[Any]]:
    """All arrays inside nested named tuples, by dotted name."""
    found: dict[str, NDArray[Any]] = {}
    for name, value in memory._asdict().items():
        if isinstance(value, np.ndarray):
            found[prefix + name] = value
        elif hasattr(value, "_asdict"):
            found |= arrays(value, f"{prefix}{name}.")
    return found


def result(simulation: Simulation) -> xr.Dataset:
    """What a run recorded, labelled, with everything needed to run it again.

    Parameters
    ----------
    simulation
        A run, finished or not; only what was done is returned.

    Returns
    -------
    xarray.Dataset
        By ``time`` (ms): ``target`` and ``hand`` (axis), ``readout`` (output),
        ``pathway_readout`` (pathway, output), ``error``, ``distance``, ``weight_norm`` (pathway),
        ``rates`` (unit), and what the plant remembers: ``joint_angle`` (joint), say.
        By ``trial``: ``trial_distance``, the mean distance from the target, and
        ``trial_weights`` (pathway, output, neuron), ``success`` and ``reward`` (1 or 0) where the
        task has a reward; as coordinates what the task says of each
        trial, and the times of its events (``go_time``, say, in ms from its start). Once:
        ``readout_weights`` (pathway, output, neuron). Attributes: ``deviation`` (mean distance over
        the test trials, NaN where there are none or the run diverged), ``satisfactory`` (whether it
        is below the task's limit, 0.5 if it has none), ``diverged``, ``parameters`` (JSON of task,
        rule, network, schedule, recording and perturbations), ``perturbations`` as on the command
        line, seed, versions, commit and timing.
    """
    import json

    import xarray as xr

    from neurosim.provenance import describe, environment

    task, rule, plant = simulation.task, simulation.rule, simulation.task.plant
    dt, every = simulation.reservoir.dt, simulation.tape.every
    samples = -(-simulation.step // every)
    steps = np.arange(samples) * every
    unit, quantity = plant.output_unit, plant.output_quantity
    tape = simulation.tape

    variables: dict[str, Any] = {}
    coordinates: dict[str, Any] = {}
    described = {
        "readout": (("output",), f"{quantity}, sum of all pathways", unit),
        "pathway_readout": (("pathway", "output"), f"{quantity} by pathway", unit),
        "hand": (("axis",), "position of the hand", task.unit),
        "error": ((), "instantaneous error: squared distance and effort", "1"),
        "distance": ((), "distance from target, slow running mean", task.unit),
        "weight_norm": (("pathway",), "Frobenius norm of the readout weights", "1"),
        "rates": (("unit",), "rate", "1"),
    }
    for signal in simulation.recording.signals:
        if signal not in described:
            continue
        dims, long_name, units = described[signal]
        variables[signal] = (
            ("time", *dims),
            getattr(tape, signal)[:samples],
            {"long_name": long_name, "units": units},
        )
    if "plant_state" in simulation.recording.signals:
        first = 0
        for state in plant.states:
            values = tape.plant_state[:samples, first : first + len(state.parts)]
            attributes = {"long_name": state.long_name, "units": state.unit}
            variables[state.name] = (("time", state.dim), values, attributes)
            coordinates[state.dim] = (state.dim, list(state.parts))
            first += len(state.parts)
    targets, of_trials = _given(simulation, steps)
    variables["target"] = (
        ("time", "axis"),
        targets,
        {"long_name": "wanted position of the hand", "units": task.unit},
    )
    n_trials = simulation.schedule.trials
    variables["trial_distance"] = (
        ("trial",),
        simulation.trial_distance,
        {"long_name": "mean distance from target", "units": task.unit},
    )
    weights = simulation.rule.weights(simulation.kernel)
    of_weights = {"long_name": "readout weights", "units": unit}
    variables["readout_weights"] = (("pathway", "output", "neuron"), weights, of_weights)
    if len(simulation.trial_weights):
        variables["trial_weights"] = (
            ("trial", "pathway", "output", "neuron"),
            simulation.trial_weights,
            {"long_name": "readout weights at the end of each trial", "units": unit},
        )
    if simulation.reward:
        for name, what in (("success", "hand in the success zone"), ("reward", "reward paid")):
            values = getattr(simulation.cost, name)
            variables[name] = (("trial",), values, {"long_name": what, "units": "1"})
    trained = simulation.schedule.train_trials
    dataset = xr.Dataset(
        variables,
        coords={
            "time": ("time", steps * dt, {"long_name": "time", "units": "ms"}),
            "axis": ("axis", list(plant.axes)),
            "pathway": ("pathway", list(rule.pathways)),
            "output": ("output", np.arange(plant.n_outputs)),
            "trial": ("trial", np.arange(n_trials), {"long_name": "trial, counted from 0"}),
            "phase": ("trial", ["train"] * trained + ["test"] * (n_trials - trained)),
            **of_trials,
            **coordinates,
        },
    )
    if "rates" in simulation.recording.signals:
        dataset = dataset.assign_coords(unit=("unit", list(simulation.recording.units)))
    deviation = (
        float(np.mean(simulation.trial_distance[trained:])) if n_trials > trained else np.nan
    )
    speed = (simulation.step - simulation.first_step) / max(simulation.loop_s, 1e-9)
    dataset.attrs = {
        "Conventions": "CF-1.11",
        "title": f"{task.name}, learned by {rule.name}",
        "source": "neurosim",
        "kind": "movement",
        "task": task.name,
        "rule": rule.name,
        "references": " ".join(getattr(rule, "references", ())),
        "seed": simulation.seed,
        "deviation": deviation,
        "satisfactory": int(deviation < getattr(task, "satisfactory", SATISFACTORY)),
        "diverged": int(simulation.diverged),
        "diverged_step": simulation.diverged_step,
        "steps": simulation.step,
        "trial_ms": simulation.trial_steps * dt,
        "perturbations": "; ".join(map(str, simulation.perturbations)),
        "parameters": json.dumps(
            {
                "task": describe(task),
                "rule": describe(rule),
                "reservoir": describe(simulation.reservoir),
                "schedule": describe(simulation.schedule),
                "recording": describe(simulation.recording),
                "perturbations": describe(simulation.perturbations),
                "seed": simulation.seed,
            }
        ),
        "compile_s": simulation.compile_s,
        "steps_per_second": speed,
        "wall_s": simulation.wall_s,
        **environment(),
    }
    return dataset


def trial_coordinates(trial: Trial, plant: Plant, task: str) -> tuple[str, ...]:
    """Names of the coordinates that a trial's labels and events become.

    Raises
    ------
    InputError
        A name that a result needs for something else, or that two of them have.

    Examples
    --------
    >>> from neurosim.plants import Direct
    >>> from neurosim.task import Trial
    >>> trial_coordinates(Trial(np.zeros((9, 2)), events={"go": 5.0}), Direct(), "reaching")
    ('go_time',)
    """
    names = (*trial.labels, *(f"{name}_time" for name in trial.events))
    taken = TAKEN.union(*((state.name, state.dim) for state in plant.states))
    for name in names:
        if name in taken or names.count(name) > 1:
            raise InputError(
                f"task '{task}': a trial's labels and events must have names of their own, "
                f"given '{name}', which a result has already"
            )
    return names


def _given(
    simulation: Simulation, steps: NDArray[np.int64]
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Wanted positions at the recorded steps, (samples, axes), and coordinates of all trials."""
    targets = np.empty((len(steps), len(simulation.task.plant.axes)), np.float32)
    trials, within = np.divmod(steps, simulation.trial_steps)
    dt = simulation.reservoir.dt
    bounds = np.searchsorted(trials, np.arange(simulation.schedule.trials + 1))
    values: dict[str, list[Any]] = {}
    attributes: dict[str, dict[str, str]] = {}
    for index in range(simulation.schedule.trials):
        trial = simulation.task.trial(index, dt)
        chosen = slice(*bounds[index : index + 2])
        targets[chosen] = simulation.course.target(index, trial.target)[within[chosen]]
        of_trial = [(label.value, label.long_name, label.unit) for label in trial.labels.values()]
        of_trial += [
            (at, f"{name}, from the start of the trial", "ms") for name, at in trial.events.items()
        ]
        names = trial_coordinates(trial, simulation.task.plant, simulation.task.name)
        for name, (value, long_name, unit) in zip(names, of_trial, strict=True):
            values.setdefault(name, []).append(value)
            attributes[name] = {"long_name": long_name, "units": unit}
    return targets, {name: ("trial", values[name], attributes[name]) for name in values}


def save(dataset: xr.Dataset, path: str | Path) -> None:
    """Write a result as NetCDF, whole or not at all.

    It is laid out in memory: HDF5 that cannot write on, the disk being full, crashes as it closes.
    """
    import h5netcdf  # type: ignore[import-untyped]
    import xarray as xr

    laid_out = BytesIO()
    with h5netcdf.File(laid_out, "w") as file:
        dataset.dump_to_store(xr.backends.H5NetCDFStore(file))
    with written_whole(path) as temporary:
        temporary.write_bytes(laid_out.getbuffer())


def load(path: str | Path) -> xr.Dataset:
    """Read a result into memory.

    Raises
    ------
    InputError
        The file is missing, truncated, no NetCDF file, or not a result of this package.
    """
    from neurosim.io.reading import read_netcdf

    dataset = read_netcdf(path)
    if dataset.attrs.get("source") != "neurosim":
        raise InputError(f"{path}: is NetCDF, but not a result of neurosim")
    return dataset
