"""How many patterns an attractor network holds: the share that it retrieves, and where that falls.

A pattern is started from as it is stored, or with some of its units flipped, and the network runs
until it stands still. Two criteria: *within*, at most 5 % of the units are wrong at the end (an
overlap of at least 0.9 with the pattern), and *errorless*, none is. The first is that of the
physicists, for whom a few wrong units are retrieval (Amit, Gutfreund & Sompolinsky 1985: 1.6 % at
the capacity of Hebb's rule); the second is what capacities "without errors" are about.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_between, check_integer
from neurosim.hopfield import Network

WRONG = 0.05
"""Share of the units that may be wrong in a pattern that counts as retrieved."""


class Retrieved(NamedTuple):
    """Shares of the patterns that are retrieved, by both criteria."""

    within: float
    errorless: float


def flipped(patterns: ArrayLike, share: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """Patterns with a share of their units flipped, drawn for each anew.

    Parameters
    ----------
    patterns
        (patterns, units).
    share
        0 to 1. Where it is no whole number of units, that is rounded up or down at random, so that
        the mean share is what is asked for.
    rng
        Draws the units.

    Returns
    -------
    array
        (patterns, units).

    Raises
    ------
    InputError
        A share that is none.

    Examples
    --------
    >>> import numpy as np
    >>> part = flipped(np.ones((2, 10)), 0.2, np.random.default_rng(0))
    >>> (part < 0).sum(axis=1)
    array([2, 2])
    """
    check_between("flipped", "share", share, 0, 1)
    found = np.array(patterns, copy=True)
    n_patterns, n_units = found.shape
    count = np.floor(round(share * n_units, 9) + rng.random((n_patterns, 1)))
    found[rng.permuted(np.arange(n_units) < count, axis=1)] *= -1
    return found


def retrieved(
    network: Network,
    patterns: ArrayLike,
    start: ArrayLike,
    *,
    steps: int = 100,
    rng: np.random.Generator | None = None,
) -> Retrieved:
    """Run a network from some states and compare where it ends with the patterns.

    Parameters
    ----------
    network
        That has stored the patterns, and perhaps others.
    patterns
        (patterns, units), -1 or +1, that are wanted. States that are no signs count by their sign.
    start
        (patterns, units) where each begins.
    steps
        At most so many updates.
    rng
        For asynchronous updates.

    Returns
    -------
    Retrieved
        Shares of the patterns.

    Raises
    ------
    InputError
        As of :meth:`neurosim.hopfield.Network.run`.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.hopfield import PseudoInverse
    >>> rng = np.random.default_rng(0)
    >>> patterns = rng.choice([-1.0, 1.0], (10, 100))
    >>> network = PseudoInverse().store(patterns)
    >>> retrieved(network, patterns, flipped(patterns, 0.1, rng))
    Retrieved(within=1.0, errorless=1.0)
    """
    wanted = np.asarray(patterns)
    end = network.run(start, steps, rng=rng).states
    wrong = (end * wanted <= 0).sum(axis=1)
    return Retrieved(
        within=float((wrong <= WRONG * wanted.shape[1]).mean()),
        errorless=float((wrong == 0).mean()),
    )


def capacity(loads: ArrayLike, shares: ArrayLike) -> float:
    """The load at which half of the patterns are retrieved.

    Between the last load that retrieves at least half and the next, log load is taken as linear in
    the share.

    Parameters
    ----------
    loads
        Numbers of patterns, rising.
    shares
        Of the patterns retrieved at each.

    Returns
    -------
    float
        Infinite where the largest load still retrieves half of its patterns; 0 where none does.

    Raises
    ------
    InputError
        Loads that do not rise from above 0, or shares of another number.

    Examples
    --------
    >>> round(capacity([10, 20, 40], [1.0, 0.9, 0.1]), 1)
    28.3
    >>> capacity([10, 20], [1.0, 0.9])
    inf
    """
    load, share = np.asarray(loads, float), np.asarray(shares, float)
    check_integer("capacity", "loads", load.size, minimum=1)
    if load.shape != share.shape or (np.diff(load, prepend=0.0) <= 0).any():
        raise InputError("capacity: expected loads that rise from above 0, and a share of each")
    enough = np.flatnonzero(share >= 0.5)
    if not len(enough):
        return 0.0
    last = int(enough[-1])
    if last == len(load) - 1:
        return float("inf")
    part = (share[last] - 0.5) / (share[last] - share[last + 1])
    return float(load[last] * (load[last + 1] / load[last]) ** part)
