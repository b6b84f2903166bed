"""Compiled passes over the states, each over memory once, in place.

Nothing is summed across images, so that results do not depend on how a batch is cut into blocks.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


class Activation(NamedTuple):
    """How the units of a network answer to their field, in numbers of the states' type.

    u = scale (field + own s) + bias + drive; the new s is 0 in units that are not alive, else

    - binary: ``high`` where u > tolerance, ``low`` where u < -tolerance, else the old s;
    - graded: u, cut off at ``low`` and ``high``.

    A unit has moved when it changed by more than ``tolerance`` (times abs(s), where that is above
    1).
    """

    scale: np.floating
    own: np.floating
    bias: Array
    alive: Array
    low: np.floating
    high: np.floating
    tolerance: np.floating
    binary: bool


def advance(
    states: Array, field: Array, drive: Array, unit: Activation, moved: NDArray[np.int64]
) -> None:
    """All units of all images at once; ``moved`` counts those that did, -1 if one is not finite.

    ``drive`` is (0, 0) where there is none.
    """
    driven = drive.shape[0] > 0
    tie = unit.tolerance
    for k in range(states.shape[0]):
        count = 0
        lost = 0
        for i in range(states.shape[1]):
            s = states[k, i]
            u = unit.scale * (field[k, i] + unit.own * s) + unit.bias[i]
            if driven:
                u += drive[k, i]
            if unit.binary:
                new = unit.high if u > tie else (unit.low if u < -tie else s)
            else:  # in this form a NaN stays one
                new = unit.low if u < unit.low else (unit.high if u > unit.high else u)
            new *= unit.alive[i]
            count += abs(new - s) > max(unit.tolerance, unit.tolerance * abs(new))
            lost += not abs(new) < inf
            states[k, i] = new
        moved[k] = -1 if lost else count


def sweep(
    states: Array, field: Array, columns: Array, order: NDArray[np.int64], moved: NDArray[np.int64]
) -> None:
    """One unit after the other, in the given order; each sees the changes of those before.

    ``field`` holds u of all units and is kept up to date; ``columns[i]`` is what a unit s_i adds to
    it.
    """
    for k in range(states.shape[0]):
        s = states[k]
        h = field[k]
        moved[k] = 0
        for i in order:
            new = s[i]
            if h[i] > 0:
                new = 1
            elif h[i] < 0:
                new = -1
            change = new - s[i]
            if change != 0:
                s[i] = new
                moved[k] += 1
                for j in range(h.shape[0]):
                    h[j] += change * columns[i, j]
