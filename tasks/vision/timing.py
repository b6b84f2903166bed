"""Time in the experiment and steps of the network.

A step has no duration of its own. :data:`STEP_MS` is chosen so that model and people stand beside
each other: the network of Tang et al. 2018 completes best at step 10 to 20, and signals in human
ventral cortex that tell an occluded object's category come about 100 ms later than a whole
object's. With 6.25 ms a step, 16 steps are 100 ms, steps 10 to 20 are 62 to 125 ms, and all five
onset asynchronies of the experiment (25, 50, 75, 100, 150 ms) are whole numbers of steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import check_positive

STEP_MS = 6.25
"""Duration of a step of the network, ms."""


def steps_of(soa_ms: float, step_ms: float = STEP_MS) -> int:
    """Steps that the network makes before the mask comes.

    Parameters
    ----------
    soa_ms
        Stimulus onset asynchrony: from the onset of the picture to that of the mask, ms.
    step_ms
        Duration of a step, ms.

    Returns
    -------
    int
        The nearest whole number, halves upwards, but at least 1: a picture that was shown is seen.

    Raises
    ------
    InputError
        Either is not a number above 0.

    Examples
    --------
    >>> [steps_of(soa) for soa in (25, 50, 75, 100, 150)]
    [4, 8, 12, 16, 24]
    >>> steps_of(100, step_ms=10)
    10
    """
    check_positive("steps_of", "soa_ms", soa_ms)
    check_positive("steps_of", "step_ms", step_ms)
    return max(1, int(np.floor(soa_ms / step_ms + 0.5)))


def ms_of(steps: ArrayLike, step_ms: float = STEP_MS) -> NDArray[np.float64]:
    """Time from the onset of the picture at which the network has made so many steps, ms.

    Parameters
    ----------
    steps
        Of any shape.
    step_ms
        Duration of a step, ms.

    Raises
    ------
    InputError
        ``step_ms`` is not a number above 0.

    Examples
    --------
    >>> ms_of([0, 4, 16])
    array([  0.,  25., 100.])
    """
    check_positive("ms_of", "step_ms", step_ms)
    return np.asarray(steps, np.float64) * step_ms
