"""Physiology in and out, one format a file; :func:`load` is the one door.

>>> sorted(__all__)
['align', 'cut', 'describe', 'load', 'write_nwb']

Names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosim.io.describing import describe
    from neurosim.io.events import align
    from neurosim.io.nwb_writer import write_nwb
    from neurosim.io.opening import load
    from neurosim.io.result import cut

_HOME = {
    "align": "events",
    "cut": "result",
    "describe": "describing",
    "load": "opening",
    "write_nwb": "nwb_writer",
}

__all__ = ["align", "cut", "describe", "load", "write_nwb"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"neurosim.io.{_HOME[name]}"), name)
