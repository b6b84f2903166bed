"""What a learning rule, a plant or a perturbation of your own is written with.

A rule is a frozen dataclass with a method ``kernel``, which gives a ``typing.NamedTuple`` of
numbers and arrays. :func:`implements` says what the compiled loop does with that tuple:
``readout``, ``learn`` and ``weights`` for a rule (:class:`Rule` says the rest), ``move`` for a
plant (:class:`Plant`). Their bodies are compiled; calling these names from Python is an error. A
perturbation derives from :class:`Perturbation` and changes a :class:`PerturbedTrial`.

>>> from typing import NamedTuple
>>> import numpy as np
>>> class Doubled(NamedTuple):
...     state: np.ndarray  # (0,): a plant without memory
>>> @implements(move, Doubled)
... def _(plant, z, hand):
...     hand[0] = 2 * z[0]
"""

from neurosim._compile import implements, kernel
from neurosim.perturbations import Perturbation, PerturbedTrial
from neurosim.plants import Plant, State, effort, move
from neurosim.rules._base import Rule, learn, readout, weights
from neurosim.rules.linear import add_outer, multiply

__all__ = [
    "Perturbation",
    "PerturbedTrial",
    "Plant",
    "Rule",
    "State",
    "add_outer",
    "effort",
    "implements",
    "kernel",
    "learn",
    "move",
    "multiply",
    "readout",
    "weights",
]
