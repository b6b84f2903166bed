"""Keep the state of an interrupted run, and go on from it to the same bits.

A checkpoint holds what changes during a run; what is drawn at its start (recurrent, feedback and
input weights) is drawn again from the seed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.errors import InputError
from neurosim.files import written_whole
from neurosim.io.reading import read_npz
from neurosim.provenance import describe, package_version
from neurosim.recording import arrays

if TYPE_CHECKING:
    from neurosim.simulate import Simulation

REMADE = (
    "network.recurrent.",
    "network.feedback",
    "network.inputs",
    "network.silent",
    "trial.target",
    "trial.wanted",
    "trial.inputs",
    "trial.forced",
    "trial.lost",
    "trial.modulation.",
)
"""Arrays that are not kept: drawn again from the seed, or given again by task and perturbations."""

COUNTERS = ("index", "position", "diverged_step", "wall_s")


def identity(simulation: Simulation) -> dict[str, Any]:
    """What must be equal for one run to go on from another's checkpoint."""
    return {
        "version": package_version(),
        "seed": simulation.seed,
        "task": describe(simulation.task),
        "rule": describe(simulation.rule),
        "reservoir": describe(simulation.reservoir),
        "schedule": describe(simulation.schedule),
        "recording": describe(simulation.recording),
        "perturbations": describe(simulation.perturbations),
    }


def _changing(simulation: Simulation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("network", "signals", "kernel", "cost", "trial", "tape"):
        found |= arrays(getattr(simulation, name), name + ".")
    found["plant.state"] = simulation.plant.state
    for name in ("trial_distance", "trial_weights", "replayed"):
        found[name] = getattr(simulation, name)
    return {name: array for name, array in found.items() if not name.startswith(REMADE)}


def save(path: Path, simulation: Simulation) -> None:
    """Write the state, whole or not at all."""
    header = {
        "identity": identity(simulation),
        "counters": {name: getattr(simulation, name) for name in COUNTERS},
        "streams": [stream.bit_generator.state for stream in simulation.noise_streams],
    }
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, header=np.array(json.dumps(header)), **_changing(simulation))


def load(path: Path, simulation: Simulation) -> None:
    """Bring a fresh simulation to the state in a checkpoint.

    Raises
    ------
    InputError
        The file is no checkpoint, or that of another run.
    """
    held: dict[str, Any] = read_npz(path)
    try:
        header = json.loads(str(held.pop("header")))
        theirs = dict(header["identity"])
    except Exception as error:  # a damaged archive raises almost anything
        raise _damaged(path, error) from None
    for key, value in identity(simulation).items():
        if theirs.get(key) != value:
            raise InputError(
                f"{path}: checkpoint of another run, its {key} differs; "
                "expected the same parameters, or another file"
            )
    try:
        _restore(simulation, header["counters"], held, header["streams"])
    except Exception as error:
        raise _damaged(path, error) from None


def _restore(
    simulation: Simulation,
    counters: dict[str, Any],
    held: dict[str, Any],
    streams: Sequence[Mapping[str, Any]],
) -> None:
    if not 0 <= counters["index"] <= simulation.schedule.trials:
        raise ValueError(f"trial {counters['index']} of {simulation.schedule.trials}")
    for name in COUNTERS:
        setattr(simulation, name, counters[name])
    simulation.first_step = simulation.step
    if not simulation.finished:
        simulation.begin_trial()
    for name, array in _changing(simulation).items():
        if held[name].shape != array.shape:  # would be repeated to fit
            raise ValueError(f"{name} is {held[name].shape}, expected {array.shape}")
        array[...] = held[name]
    for stream, state in zip(simulation.noise_streams, streams, strict=True):
        stream.bit_generator.state = state


def copy_state(simulation: Simulation, other: Simulation) -> None:
    """Bring a fresh simulation to where another one with the same parts is."""
    counters = {name: getattr(simulation, name) for name in COUNTERS}
    streams = [stream.bit_generator.state for stream in simulation.noise_streams]
    _restore(other, counters, _changing(simulation), streams)


def _damaged(path: Path, error: Exception) -> InputError:
    text = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"{path}: cannot be read as a checkpoint ({text[:100]})")
