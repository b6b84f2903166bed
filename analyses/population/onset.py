r"""When a movement begins, from its speed.

``threshold``: the speed last rises through a share of its peak before that peak.
``extrapolation``: a line through the points at which it last rises through a quarter and three
quarters of its peak is followed back to speed 0. A threshold is late by the time that the movement
needs to reach it, which is longer for slow movements; the line takes that out where speed rises
evenly.

Between samples speed is taken as straight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.intervals import Estimate, bootstrap
from neurosim.errors import InputError, check_choice, check_integer

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

METHODS = ("threshold", "extrapolation")
QUARTERS = (0.25, 0.75)


def movement_onset(
    speed: xr.DataArray,
    *,
    method: str = "threshold",
    threshold: float = 0.1,
    after: float | None = None,
) -> xr.DataArray:
    """Onset of the movement in each trial.

    Parameters
    ----------
    speed
        (trial, time), in any unit; time in ms.
    method
        ``threshold`` or ``extrapolation``; see above.
    threshold
        Share of the peak, for ``threshold``.
    after
        Only times from this one on are looked at, in ms: the go signal. None for all.

    Returns
    -------
    xarray.DataArray
        (trial), in ms.

    Raises
    ------
    InputError
        Other dimensions, no time in ms, NaN, speed below 0, a trial without movement, or one that
        is on its way already at the first time.

    Examples
    --------
    >>> import xarray as xr
    >>> speed = xr.DataArray(
    ...     [[0.0, 0.0, 2.0, 4.0, 2.0]], dims=("trial", "time"),
    ...     coords={"time": ("time", [0, 10, 20, 30, 40], {"units": "ms"})},
    ... )
    >>> movement_onset(speed).values, movement_onset(speed, method="extrapolation").values
    (array([12.]), array([10.]))
    """
    import xarray as xr

    check_choice("movement_onset", "method", method, METHODS)
    if not 0 < threshold < 1:
        raise InputError(
            "movement_onset: threshold must be a share of the peak between 0 and 1, given "
            f"{threshold}"
        )
    times, values, speed = _checked(speed, after)
    onsets = np.empty(len(values))
    for k, profile in enumerate(values):
        if method == "threshold":
            onsets[k] = _crossing(times, profile, threshold, speed, k)
        else:
            first, last = (_crossing(times, profile, share, speed, k) for share in QUARTERS)
            rise = (last - first) / (QUARTERS[1] - QUARTERS[0])
            onsets[k] = first - QUARTERS[0] * rise
    coordinates = {name: each for name, each in speed.coords.items() if each.dims == ("trial",)}
    return xr.DataArray(
        onsets,
        dims=("trial",),
        coords=coordinates,
        name="movement_onset",
        attrs={"units": "ms", "method": method},
    )


def onset_latency(
    onset: xr.DataArray,
    *,
    rng: np.random.Generator,
    go: float | NDArray[np.float64] = 0.0,
    n_resamples: int = 2000,
) -> Estimate:
    """Median reaction time with its interval over trials.

    Parameters
    ----------
    onset
        From :func:`movement_onset`.
    rng
        Source of the bootstrap.
    go
        Time of the go signal in ms, one for all trials or one for each.
    n_resamples
        Of the bootstrap.

    Raises
    ------
    InputError
        Go signals of another number than trials or not finite, or a single trial.

    Examples
    --------
    >>> import xarray as xr
    >>> onset = xr.DataArray([210.0, 240.0, 250.0, 260.0, 300.0], dims="trial")
    >>> onset_latency(onset, rng=np.random.default_rng(0), go=50.0).value
    np.float64(200.0)
    """
    given = np.asarray(go, float)
    if given.shape not in ((), onset.shape) or not np.isfinite(given).all():
        raise InputError(
            f"onset_latency: expected a finite go time, or one for each of {onset.size} trials, "
            f"given {np.isfinite(given).sum()}"
        )
    check_integer("onset_latency", "n_resamples", n_resamples, minimum=1)
    return bootstrap(np.median, onset.values - given, rng=rng, n_resamples=n_resamples)


def plot_onset(ax: Axes, speed: xr.DataArray, onset: xr.DataArray, **style: Any) -> None:
    """Draw the speed of all trials with their onsets.

    Parameters
    ----------
    ax
        Axes to draw on.
    speed
        (trial, time), as given to :func:`movement_onset`.
    onset
        From :func:`movement_onset`.
    **style
        For the lines.
    """
    from analyses.figures.style import COLORS

    look: dict[str, Any] = {"color": "0.7", "lw": 0.6} | style
    times = speed["time"].values.astype(float)
    for profile, at in zip(speed.transpose("trial", "time").values, onset.values, strict=True):
        ax.plot(times, profile, **look)
        ax.plot(at, np.interp(at, times, profile), "o", ms=3, color=COLORS[1])
    ax.set(xlabel="time (ms)", ylabel=f"speed ({speed.attrs.get('units', '')})")


def _checked(
    speed: xr.DataArray, after: float | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], xr.DataArray]:
    """Times and speeds from ``after`` on."""
    import xarray as xr

    from analyses.population.form import check_time

    if not isinstance(speed, xr.DataArray) or set(speed.dims) != {"trial", "time"}:
        given = getattr(speed, "dims", type(speed).__name__)
        raise InputError(f"movement_onset: expected speed (trial, time), given {given}")
    check_time(speed, "movement_onset")
    speed = speed.transpose("trial", "time")
    if after is not None:
        speed = speed.isel(time=speed["time"].values >= after)
    if speed.sizes["time"] < 3 or speed.sizes["trial"] == 0:
        raise InputError(
            "movement_onset: expected trials with at least 3 times, given "
            f"{speed.sizes['trial']} trials and {speed.sizes['time']} times"
        )
    values = speed.values.astype(float)
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise InputError(f"movement_onset: speed holds {wrong} NaN or infinite values")
    if values.min() < 0:
        raise InputError(f"movement_onset: speed must be at least 0, given {values.min():g}")
    return speed["time"].values.astype(float), values, speed


def _crossing(
    times: NDArray[np.float64],
    profile: NDArray[np.float64],
    share: float,
    speed: xr.DataArray,
    k: int,
) -> float:
    """Time at which speed last rises through a share of its peak before the peak."""
    peak = int(profile.argmax())
    level = share * profile[peak]
    below = np.flatnonzero(profile[:peak] < level)
    if not below.size:
        name = speed["trial"].values[k] if "trial" in speed.coords else k
        state = "without movement" if profile[peak] == 0 else "on its way at the first time"
        raise InputError(f"movement_onset: trial {name} is {state}")
    i = below[-1]
    part = (level - profile[i]) / (profile[i + 1] - profile[i])
    return float(times[i] + part * (times[i + 1] - times[i]))
