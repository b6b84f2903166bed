r"""How a hand moves: speed, size, length, duration and smoothness, simulated or recorded.

    v(t)      = |dx/dt|                             central differences
    amplitude = max_t |x(t) - x(start)|
    SPARC     = - int_0^fc sqrt((1/fc)^2 + (dV/df)^2) df,     V(f) = |F v(f)| / |F v(0)|
    LDLJ      = - ln(T^3 / max(v)^2  int |d^3x/dt^3|^2 dt)

SPARC, the spectral arc length (Balasubramanian, Melendez-Calderon, Roby-Brami & Burdet 2015,
J. NeuroEng. Rehabil. 12:112), with their scripts' parameters: fc is the last frequency up to 10 Hz
at which V is at least 0.05, the spectrum is that of the speed padded with zeros to 2^4 times the
next power of two. LDLJ, the log dimensionless jerk (Hogan & Sternad 2009, J. Mot. Behav. 41:529,
normalised by peak speed as by Balasubramanian et al. 2015), with the jerk as a vector, so that
turning counts. Both are dimensionless, negative, and nearer to zero for smoother movements; a
minimum-jerk reach (Flash & Hogan 1985) from rest to rest has LDLJ = -ln(204.8) = -5.32 and, lasting
1 s, SPARC = -1.41.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyses.sampling import as_signal, sampling_interval
from neurosim.errors import InputError, check_between

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

CUTOFF = 10.0
"""Highest frequency that enters SPARC, in Hz."""

AMPLITUDE_THRESHOLD = 0.05
"""Height of the normalised spectrum at which SPARC's band ends."""

PADDING = 4
"""Powers of two by which SPARC pads the speed with zeros."""


def velocity(position: xr.DataArray | ArrayLike, interval: float | None = None) -> xr.DataArray:
    """First derivative of position, per s.

    Noise grows by it: a recorded position is low-passed first (:func:`analyses.sampling.filtered`).

    Parameters
    ----------
    position
        (time, axis) or (time), and any other dimensions, with times in ms; see
        :func:`analyses.sampling.as_signal`.
    interval
        Between samples, in ms, of a plain array.

    Raises
    ------
    InputError
        As :func:`analyses.sampling.as_signal`, and fewer than three samples.

    Examples
    --------
    >>> velocity([0.0, 1.0, 4.0, 9.0], interval=1000.0).values  # t^2
    array([0., 2., 4., 6.])
    """
    position = as_signal(position, interval, owner="velocity")
    if len(position) < 3:
        raise InputError(f"velocity: expected at least three samples, given {len(position)}")
    found = position.differentiate("time", edge_order=2) * 1e3
    return found.assign_attrs(units=f"{position.attrs.get('units', '1')}/s")


def speed(position: xr.DataArray | ArrayLike, interval: float | None = None) -> xr.DataArray:
    """Length of the velocity, without the dimension ``axis``; see :func:`velocity`.

    Examples
    --------
    >>> speed([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]], interval=1000.0).values
    array([5., 5., 5.])
    """
    v = _with_axis(velocity(position, interval))
    return ((v**2).sum("axis") ** 0.5).assign_attrs(v.attrs)


def spectral_arc_length(
    profile: xr.DataArray | ArrayLike, interval: float | None = None
) -> xr.DataArray:
    """SPARC of a speed profile, by all dimensions but time.

    Parameters
    ----------
    profile
        Speed of one movement from its onset to its end, as from :func:`speed`.
    interval
        Between samples, in ms, of a plain array.

    Raises
    ------
    InputError
        Sampled at less than 20 Hz, or a speed that is zero or negative throughout.

    Examples
    --------
    >>> time = np.linspace(0, 1, 101)
    >>> bell = 30 * time**2 * (1 - time) ** 2
    >>> round(float(spectral_arc_length(bell, interval=10.0)), 3)
    -1.406
    """
    import xarray as xr

    profile = as_signal(profile, interval, owner="spectral_arc_length")
    return xr.apply_ufunc(
        _spectral_arc_length,
        profile,
        sampling_interval(profile),
        input_core_dims=[["time"], []],
        vectorize=True,
    )


def log_dimensionless_jerk(
    position: xr.DataArray | ArrayLike, interval: float | None = None
) -> xr.DataArray:
    """LDLJ of one movement from its onset to its end, by all dimensions but time and axis.

    Third differences magnify noise by the cube of the sampling frequency: a recorded position is
    low-passed first, and only movements sampled and filtered alike can be compared.

    Parameters
    ----------
    position, interval
        As for :func:`velocity`.

    Raises
    ------
    InputError
        Fewer than four samples, or no movement.

    Examples
    --------
    >>> time = np.linspace(0, 1, 1001)
    >>> reach = 10 * time**3 - 15 * time**4 + 6 * time**5
    >>> round(float(log_dimensionless_jerk(reach, interval=1.0)), 2)
    -5.31
    """
    import xarray as xr

    position = _with_axis(as_signal(position, interval, owner="log_dimensionless_jerk"))
    return xr.apply_ufunc(
        _log_dimensionless_jerk,
        position,
        sampling_interval(position),
        input_core_dims=[["time", "axis"], []],
        vectorize=True,
    )


def kinematics(
    position: xr.DataArray | ArrayLike, interval: float | None = None, *, threshold: float = 0.05
) -> xr.Dataset:
    """All measures of each movement.

    Parameters
    ----------
    position
        (time, axis) or (time), and any other dimensions, a movement each: trials, say, from
        :func:`analyses.sampling.by_trial`.
    interval
        Between samples, in ms, of a plain array.
    threshold
        Share of its own peak speed: the movement lasts from the first to the last sample at which
        the hand is at least that fast. A tremor at rest above it counts as movement.

    Returns
    -------
    xarray.Dataset
        By the other dimensions: ``onset`` and ``duration`` (ms), and of the samples between onset
        and end ``peak_speed`` and ``mean_speed`` (per s), ``amplitude`` (largest distance from the
        position at onset), ``path_length``, ``spectral_arc_length`` and ``log_dimensionless_jerk``.

    Raises
    ------
    InputError
        As the single measures; a hand at rest, or a movement of fewer than four samples.

    Examples
    --------
    >>> time = np.linspace(0, 1, 101)
    >>> reach = 0.2 * (10 * time**3 - 15 * time**4 + 6 * time**5)
    >>> found = kinematics(reach, interval=10.0)
    >>> round(float(found.peak_speed), 3), float(found.duration)
    (0.375, 880.0)
    """
    import xarray as xr

    check_between("kinematics", "threshold", threshold, 0, 1)
    position = _with_axis(as_signal(position, interval, owner="kinematics"))
    profile = speed(position)
    columns = xr.apply_ufunc(
        _measure,
        position,
        profile,
        kwargs={
            "times": position["time"].to_numpy(),
            "dt": sampling_interval(position),
            "threshold": threshold,
        },
        input_core_dims=[["time", "axis"], ["time"]],
        output_core_dims=[[]] * len(_Measures._fields),
        vectorize=True,
    )
    unit = position.attrs.get("units", "1")
    units = _Measures("ms", "ms", profile.units, profile.units, unit, unit, "1", "1")
    return xr.Dataset(
        {
            name: column.assign_attrs(units=measured_in)
            for name, column, measured_in in zip(_Measures._fields, columns, units, strict=True)
        },
        attrs={"threshold": threshold},
    )


def plot_speed(
    ax: Axes,
    position: xr.DataArray | ArrayLike,
    interval: float | None = None,
    *,
    threshold: float = 0.05,
    **style: Any,
) -> None:
    """Draw speed against time, with onset, end and peak of the movement.

    Parameters
    ----------
    ax
        Axes to draw on.
    position, interval, threshold
        One movement, as for :func:`kinematics`.
    **style
        For the line.
    """
    position = as_signal(position, interval, owner="plot_speed")
    profile = speed(position)
    found = kinematics(position, threshold=threshold)
    (line,) = ax.plot(profile["time"], profile, **style)
    ends = np.array([found.onset, found.onset + found.duration])
    ax.plot(ends, profile.sel(time=ends, method="nearest"), "|", ms=8, color=line.get_color())
    ax.plot(profile.idxmax("time"), found.peak_speed, "o", ms=3, color=line.get_color())
    ax.set_xlabel("time (ms)")
    ax.set_ylabel("speed" if profile.units == "1/s" else f"speed ({profile.units})")


class _Measures(NamedTuple):
    onset: Any
    duration: Any
    peak_speed: Any
    mean_speed: Any
    amplitude: Any
    path_length: Any
    spectral_arc_length: Any
    log_dimensionless_jerk: Any


def _with_axis(position: xr.DataArray) -> xr.DataArray:
    return position if "axis" in position.dims else position.expand_dims("axis", -1)


def _measure(
    position: NDArray[np.float64],
    profile: NDArray[np.float64],
    *,
    times: NDArray[np.float64],
    dt: float,
    threshold: float,
) -> _Measures:
    """Of one movement: position (time, axis), speed (time)."""
    peak = profile.max()
    if peak == 0:
        raise InputError("kinematics: the hand does not move")
    fast = np.flatnonzero(profile >= threshold * peak)
    first, last = fast[0], fast[-1]
    x, v = position[first : last + 1], profile[first : last + 1]
    steps = np.linalg.norm(np.diff(x, axis=0), axis=1)
    return _Measures(
        onset=times[first],
        duration=times[last] - times[first],
        peak_speed=peak,
        mean_speed=v.mean(),
        amplitude=np.linalg.norm(x - x[0], axis=1).max(),
        path_length=steps.sum(),
        spectral_arc_length=_spectral_arc_length(v, dt),
        log_dimensionless_jerk=_log_dimensionless_jerk(x, dt),
    )


def _spectral_arc_length(v: NDArray[np.float64], dt: float) -> float:
    if dt * 2 * CUTOFF > 1 + 1e-9:
        raise InputError(
            f"spectral_arc_length: expected sampling at {2 * CUTOFF:g} Hz or more, given {1 / dt:g}"
        )
    if not v.sum() > 0:
        raise InputError("spectral_arc_length: the hand does not move")
    n = 2 ** (int(np.ceil(np.log2(len(v)))) + PADDING)
    f = np.fft.rfftfreq(n, dt)
    f = f[f <= CUTOFF]
    V = np.abs(np.fft.rfft(v, n))[: len(f)] / v.sum()
    last = np.flatnonzero(V >= AMPLITUDE_THRESHOLD)[-1]
    f, V = f[: last + 1], V[: last + 1]
    return -float(np.hypot(np.diff(f) / f[-1], np.diff(V)).sum())


def _log_dimensionless_jerk(x: NDArray[np.float64], dt: float) -> float:
    if len(x) < 4:
        raise InputError(
            f"log_dimensionless_jerk: expected a movement of at least 4 samples, given {len(x)}"
        )
    jerk = np.diff(x, 3, axis=0) / dt**3
    peak = np.linalg.norm(np.gradient(x, dt, axis=0), axis=1).max()
    if peak == 0:
        raise InputError("log_dimensionless_jerk: the hand does not move")
    T = (len(x) - 1) * dt
    with np.errstate(divide="ignore"):  # steady movement has no jerk: infinitely smooth
        return -float(np.log(T**4 / peak**2 * (jerk**2).sum(axis=1).mean()))
