"""How well a parameter is known: the least misfit in each of its bins, and the interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WITHIN = 3.84
"""Rise of the misfit at the ends of an interval: 95 % of chi-square with one degree of freedom."""

BINS = 10
"""Of a profile."""


class Range(NamedTuple):
    """Where a parameter is searched."""

    low: float
    high: float
    log: bool = False


class Profile(NamedTuple):
    """How the misfit depends on one parameter.

    Attributes
    ----------
    edges
        (bins + 1,) of the bins.
    misfit
        (bins,) least misfit found in each; infinite where nothing was tried.
    low, high
        Ends of the interval.
    """

    edges: NDArray[np.float64]
    misfit: NDArray[np.float64]
    low: float
    high: float


def profile_of(tried: NDArray[np.float64], misfits: NDArray[np.float64], limits: Range) -> Profile:
    """Profile of a parameter from what was tried.

    Parameters
    ----------
    tried, misfits
        (sets,) its values, and the misfit of each set of parameters.
    limits
        Where it was searched.

    Examples
    --------
    >>> found = profile_of(np.array([0.05, 0.15, 0.95]), np.array([9.0, 1.0, 7.0]), Range(0, 1))
    >>> round(found.low, 2), round(found.high, 2)
    (0.1, 0.2)
    """
    space = np.geomspace if limits.log else np.linspace
    edges = space(limits.low, limits.high, BINS + 1)
    at = np.clip(np.searchsorted(edges, tried, side="right") - 1, 0, BINS - 1)
    least = np.full(BINS, np.inf)
    np.minimum.at(least, at, misfits)
    inside = np.flatnonzero(least <= misfits.min() + WITHIN)
    return Profile(edges, least, float(edges[inside[0]]), float(edges[inside[-1] + 1]))


def plot_profile(ax: Axes, name: str, profile: Profile, *, log: bool = False) -> None:
    """Draw the least misfit in each bin of a parameter, and its interval as a band.

    Parameters
    ----------
    ax
        Axes to draw on.
    name
        Of the parameter.
    profile
        From :func:`search`.
    log
        Whether the parameter was searched on a logarithmic scale.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    from analyses.figures.style import COLORS

    ax.stairs(profile.misfit, profile.edges, baseline=None, color=COLORS[0])
    ax.axvspan(profile.low, profile.high, color=COLORS[0], alpha=0.15, lw=0)
    ax.set(xlabel=name, ylabel="least misfit", xscale="log" if log else "linear", yscale="log")
    for axis in (ax.xaxis, ax.yaxis) if log else (ax.yaxis,):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
