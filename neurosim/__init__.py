"""Reservoir and recurrent models of the brain: simulate them, train them, set them beside data.

    >>> from neurosim import Reservoir, Supertrex, train
    >>> Reservoir().n_units
    1000

Names are imported when they are first used, so that ``import neurosim`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosim.errors import InputError
    from neurosim.plants import Arm, Direct, Effort, arm_of
    from neurosim.recording import Recording, load, save
    from neurosim.reservoir import Reservoir
    from neurosim.rules import RULES, Force, Ridge, Rmhl, Supertrex
    from neurosim.simulate import Simulation, train
    from neurosim.sweeps import Study, open_study, run_study
    from neurosim.task import Schedule, Trial

_HOME = {
    "InputError": "errors",
    "Arm": "plants",
    "Direct": "plants",
    "Effort": "plants",
    "arm_of": "plants",
    "Recording": "recording",
    "load": "recording",
    "save": "recording",
    "Reservoir": "reservoir",
    "RULES": "rules",
    "Force": "rules",
    "Ridge": "rules",
    "Rmhl": "rules",
    "Supertrex": "rules",
    "Schedule": "task",
    "Simulation": "simulate",
    "Study": "sweeps",
    "open_study": "sweeps",
    "run_study": "sweeps",
    "Trial": "task",
    "train": "simulate",
}

__all__ = [
    "RULES",
    "Arm",
    "Direct",
    "Effort",
    "Force",
    "InputError",
    "Recording",
    "Reservoir",
    "Ridge",
    "Rmhl",
    "Schedule",
    "Simulation",
    "Study",
    "Supertrex",
    "Trial",
    "arm_of",
    "load",
    "open_study",
    "run_study",
    "save",
    "train",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "__version__":
        return import_module("neurosim.provenance").package_version()
    if name in _HOME:
        return getattr(import_module(f"neurosim.{_HOME[name]}"), name)
    raise AttributeError(f"module 'neurosim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
