r"""Trajectory tangling: whether nearby states move on in different directions.

Russo et al. 2018, Neuron 97:953. For the state x and its derivative at time t of any condition,

    Q(t) = max over t' of |dx_t - dx_t'|^2 / (|x_t - x_t'|^2 + eps),

t' any time of any condition, and eps a tenth of the mean of |x|^2, x being centred. The derivative
is the step from one time to the next over its length, and the state the one midway. Q is large
where two states that are close have different derivatives: no smooth autonomous system does that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.population.dimensionality import pca
from analyses.population.form import in_window, of_conditions, sampling_interval
from analyses.population.preprocessing import soft_normalised
from neurosim.errors import InputError, check_integer

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

EPS = 0.1
"""Of the mean square of the states."""

BLOCK = 2**22
"""Pairs of states that are looked at together; 32 MB."""


def tangling(
    rates: xr.DataArray,
    *,
    window: tuple[float, float] | None = None,
    n_components: int = 8,
    softening: float | None = None,
) -> xr.DataArray:
    """Tangling of a population at each time of each condition.

    Parameters
    ----------
    rates
        (condition, time, unit), not yet normalised; trials are averaged.
    window
        First and last time, in ms; None for all. Ranges are taken over all times.
    n_components
        Of the principal components that are the state; 8 as published.
    softening
        See :func:`analyses.population.preprocessing.soft_normalised`.

    Returns
    -------
    xarray.DataArray
        Q (condition, time), in 1/s^2, at the times between those of the rates.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_conditions`; fewer units than components, uneven or
        too few times, a window beyond the times, rates that do not vary.

    Examples
    --------
    On a circle at 2 Hz derivatives differ as states do, times 4 pi; eps lowers that a little:

    >>> from analyses.population.form import labelled
    >>> time = np.arange(0, 500, 10)
    >>> angle = 4 * np.pi * time / 1000
    >>> circle = labelled([np.column_stack([np.cos(angle), np.sin(angle)])], time, units="1")
    >>> Q = tangling(circle, n_components=2)
    >>> round(float(Q.mean()) ** 0.5 / (4 * np.pi), 2)
    0.99
    """
    import xarray as xr

    check_integer("tangling", "n_components", n_components, minimum=1)
    rates = of_conditions(rates, "tangling")
    if rates.sizes["unit"] < n_components:
        raise InputError(
            f"tangling: expected at least as many units as principal components, {n_components}, "
            f"given {rates.sizes['unit']}"
        )
    dt = sampling_interval(rates, "tangling", at_least=3) / 1000
    inside = in_window(soft_normalised(rates, softening), window, "tangling")
    if inside.sizes["time"] < 3:
        raise InputError(
            f"tangling: expected at least 3 times in the window, given {inside.sizes['time']}"
        )
    score = pca(inside, n_components)["score"].values
    x = (score[:, 1:] + score[:, :-1]) / 2
    dx = np.diff(score, axis=1) / dt
    Q = _tangling(x.reshape(-1, n_components), dx.reshape(-1, n_components))
    times = inside["time"].values.astype(float)
    return xr.DataArray(
        Q.reshape(x.shape[:2]),
        dims=("condition", "time"),
        coords={
            "condition": inside["condition"],
            "time": ("time", (times[1:] + times[:-1]) / 2, {"units": "ms"}),
        },
        name="tangling",
        attrs={"units": "1/s^2", "long_name": "trajectory tangling"},
    )


def plot_tangling(ax: Axes, a: xr.DataArray, b: xr.DataArray, **style: Any) -> None:
    """Draw tangling of one population against that of another, state by state.

    Points below the diagonal are states at which the first is less tangled.

    Parameters
    ----------
    ax
        Axes to draw on.
    a, b
        From :func:`tangling`, of the same conditions and times; ``a`` is drawn upwards.
    **style
        For the points.

    Raises
    ------
    InputError
        Different numbers of conditions or times.
    """
    if a.shape != b.shape:
        raise InputError(
            f"plot_tangling: both need the same conditions and times, given {a.shape} and {b.shape}"
        )
    look: dict[str, Any] = {"s": 2, "lw": 0} | style
    ax.scatter(b, a, **look)
    highest = float(max(a.max(), b.max()))
    ax.plot([0, highest], [0, highest], color="0.6", lw=0.6)
    ax.set(xlabel="tangling ($1/s^2$)", ylabel="tangling ($1/s^2$)")


def _tangling(x: NDArray[np.float64], dx: NDArray[np.float64]) -> NDArray[np.float64]:
    """Q of each state, (samples,), for states and derivatives (samples, component)."""
    eps = EPS * np.square(x).sum(axis=1).mean()
    Q = np.empty(len(x))
    rows = max(BLOCK // len(x), 1)
    for start in range(0, len(x), rows):
        part = slice(start, start + rows)
        Q[part] = (_square_distances(dx[part], dx) / (_square_distances(x[part], x) + eps)).max(1)
    return Q


def _square_distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.spatial.distance import cdist

    distances: NDArray[np.float64] = cdist(a, b, "sqeuclidean")
    return distances
