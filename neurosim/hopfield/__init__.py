"""Attractor networks that complete a pattern from a part of it, one kind a file.

A kind is a set of parameters; ``store(patterns)`` (for :class:`Learned`, ``fit``) gives a network
that runs whole batches of images:

    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> patterns = rng.choice([-1.0, 1.0], (10, 200))
    >>> part = patterns * (rng.random(patterns.shape) < 0.3)
    >>> end = PseudoInverse().store(patterns).run(part, steps=20)
    >>> bool((end.states == patterns).all()), end.steps_to_converge.max()
    (True, np.int64(2))
"""

from typing import Any

from neurosim.hopfield._base import Network
from neurosim.hopfield._input import Input
from neurosim.hopfield._trajectory import Run, Trajectory
from neurosim.hopfield.dense import Dense
from neurosim.hopfield.hebb import Hebb
from neurosim.hopfield.learned import Learned
from neurosim.hopfield.modern import Modern
from neurosim.hopfield.pseudo_inverse import PseudoInverse
from neurosim.hopfield.saturating import Saturating

__all__ = [
    "NETWORKS",
    "Dense",
    "Hebb",
    "Input",
    "Learned",
    "Modern",
    "Network",
    "PseudoInverse",
    "Run",
    "Saturating",
    "Trajectory",
]

NETWORKS: dict[str, type[Any]] = {
    kind.name: kind for kind in (Hebb, PseudoInverse, Saturating, Modern, Dense, Learned)
}
"""All kinds by their names on the command line."""
