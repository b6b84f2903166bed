"""A signal over time, simulated or recorded: checked once, labelled, filtered, cut into trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from neurosim.errors import InputError, check_non_negative, check_positive

if TYPE_CHECKING:
    import xarray as xr

UNIFORM = 1e-3
"""Largest deviation of a sampling interval from their median, as a share of it."""


def as_signal(
    values: xr.DataArray | ArrayLike, interval: float | None = None, *, owner: str = "signal"
) -> xr.DataArray:
    """A signal with its times, of which every sample is there.

    Parameters
    ----------
    values
        With a dimension ``time`` and its coordinate in ms, as in every result and recording here;
        or a plain array, (time) or (time, axis).
    interval
        Between samples, in ms, where ``values`` has no times of its own.
    owner
        Whose input it is, for messages.

    Returns
    -------
    xarray.DataArray
        float64, ``time`` (ms) the first dimension.

    Raises
    ------
    InputError
        No times or two sets of them, times in another unit or not uniform, fewer than two samples,
        or a sample that is not finite.

    Examples
    --------
    >>> as_signal([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]], interval=10.0).time.values
    array([ 0., 10., 20.])
    """
    import xarray as xr

    if isinstance(values, xr.DataArray):
        signal = values.astype(float)
        if "time" not in signal.dims:
            found = ", ".join(map(str, signal.dims)) or "none"
            raise InputError(f"{owner}: expected a dimension 'time', given {found}")
        signal = signal.transpose("time", ...)
    else:
        array = np.asarray(values, float)
        if array.ndim not in (1, 2):
            raise InputError(
                f"{owner}: expected an array (time) or (time, axis), given {array.ndim} axes; "
                "name more of them with xarray"
            )
        signal = xr.DataArray(array, dims=("time", "axis")[: array.ndim])
    has_times = "time" in signal.coords
    if has_times == (interval is not None):
        given = "both" if has_times else "neither"
        raise InputError(
            f"{owner}: expected either a coordinate 'time' or the interval between samples in ms, "
            f"given {given}"
        )
    if len(signal) < 2:
        raise InputError(f"{owner}: expected at least two samples, given {len(signal)}")
    if interval is not None:
        check_positive(owner, "interval", interval)
        signal = signal.assign_coords(
            time=("time", np.arange(len(signal)) * interval, {"units": "ms"})
        )
    _check_times(signal, owner)
    _check_finite(signal, owner)
    return signal


def sampling_interval(signal: xr.DataArray) -> float:
    """Time from one sample of :func:`as_signal` to the next, in s.

    Examples
    --------
    >>> sampling_interval(as_signal([0.0, 1.0, 0.0], interval=2.0))
    0.002
    """
    times = signal["time"].to_numpy()
    return float((times[-1] - times[0]) / (len(times) - 1) / 1e3)


def check_band(owner: str, low: float, high: float, nyquist: float) -> None:
    """Refuse a band of frequencies (Hz) that is empty or ends beyond the Nyquist frequency.

    Raises
    ------
    InputError
        With the band and the highest frequency there is.

    Examples
    --------
    >>> check_band("spectrum", 13, 30, nyquist=500.0)
    """
    check_non_negative(owner, "low", low)
    check_positive(owner, "high", high)
    if low >= high:
        raise InputError(f"{owner}: expected a band with low < high, given {low:g} to {high:g} Hz")
    if high > nyquist * (1 + 1e-9):
        raise InputError(
            f"{owner}: expected a band up to at most {nyquist:g} Hz, half the sampling frequency, "
            f"given {low:g} to {high:g} Hz"
        )


def filtered(
    values: xr.DataArray | ArrayLike,
    interval: float | None = None,
    *,
    low: float = 0.0,
    high: float,
) -> xr.DataArray:
    """The part of a signal in a band, without delay.

    A Butterworth filter of second order, forwards and backwards: half the amplitude is left at
    ``low`` and ``high``. The signal is continued at its ends by its point reflection; still, the
    first and last 1 / (high - low) seconds are less certain.

    Parameters
    ----------
    values, interval
        As for :func:`as_signal`.
    low, high
        Band in Hz; from ``low`` = 0 on, a low-pass filter, as before differentiating a recorded
        position (6 to 12 Hz are customary for the hand).

    Raises
    ------
    InputError
        A band that reaches the Nyquist frequency, or fewer samples than 1 / (high - low) seconds.

    Examples
    --------
    >>> times = np.arange(0, 2000.0)
    >>> mixed = np.sin(0.04 * np.pi * times) + 5  # 20 Hz
    >>> left = filtered(mixed, interval=1.0, low=13, high=30)[500:1500]
    >>> float(left.std().round(2)), float(abs(left.mean()).round(2))
    (0.71, 0.0)
    """
    from scipy import signal as scipy_signal

    signal = as_signal(values, interval, owner="filtered")
    rate = 1 / sampling_interval(signal)
    check_band("filtered", low, high, rate / 2)
    if high > 0.99 * rate / 2:
        raise InputError(
            f"filtered: high must be below {rate / 2:g} Hz, half the sampling frequency, "
            f"given {high:g}"
        )
    needed = int(np.ceil(rate / (high - low)))
    if len(signal) <= needed:
        raise InputError(
            f"filtered: a band of {high - low:g} Hz needs more than {needed} samples, "
            f"given {len(signal)}"
        )
    band, kind = ((low, high), "bandpass") if low > 0 else (high, "lowpass")
    sections = scipy_signal.butter(2, band, kind, fs=rate, output="sos")
    padded = min(len(signal) - 1, 3 * needed)
    return signal.copy(
        data=scipy_signal.sosfiltfilt(sections, signal.to_numpy(), axis=0, padlen=padded)
    )


def by_trial(result: xr.Dataset, name: str = "hand") -> xr.DataArray:
    """A signal of a simulated result, cut into its trials.

    Parameters
    ----------
    result
        Of a run; its attribute ``trial_ms`` says how long a trial is.
    name
        Of the signal, recorded over ``time``.

    Returns
    -------
    xarray.DataArray
        (trial, time, ...), ``time`` in ms from the start of the trial, ``phase`` ("train",
        "test") a coordinate of the trial. A last trial that was not finished is left out.

    Raises
    ------
    InputError
        The signal was not recorded, trials do not hold a whole number of samples, or none is
        complete.

    Examples
    --------
    >>> import xarray as xr
    >>> result = xr.Dataset(
    ...     {"error": ("time", np.arange(7.0))},
    ...     coords={"time": np.arange(7) * 10.0, "phase": ("trial", ["train", "train", "test"])},
    ...     attrs={"trial_ms": 30.0},
    ... )
    >>> by_trial(result, "error").values
    array([[0., 1., 2.],
           [3., 4., 5.]])
    """
    if name not in result or "time" not in result[name].dims or "trial_ms" not in result.attrs:
        raise InputError(
            f"by_trial: expected the result of a simulation with {name!r} recorded over time"
        )
    signal = result[name].transpose("time", ...)
    times = signal["time"].to_numpy()
    trial_ms = float(result.attrs["trial_ms"])
    interval = float(times[1] - times[0]) if len(times) > 1 else trial_ms
    length = round(trial_ms / interval)
    if abs(length * interval - trial_ms) > UNIFORM * interval:
        raise InputError(
            f"by_trial: expected trials with a whole number of samples, "
            f"given {trial_ms:g} ms sampled every {interval:g} ms"
        )
    trials = len(signal) // length
    if not trials:
        raise InputError(f"by_trial: no trial is complete, {len(signal)} of {length} samples")
    cut = signal[: trials * length].drop_vars("time")
    cut = cut.coarsen(time=length).construct(time=("trial", "time"))
    return cut.assign_coords(
        time=("time", times[:length] - times[0], {"units": "ms"}),
        trial=np.arange(trials),
        phase=("trial", result["phase"].to_numpy()[:trials]),
    )


def _check_times(signal: xr.DataArray, owner: str) -> None:
    times = signal["time"].to_numpy()
    unit = signal["time"].attrs.get("units", "ms")
    if unit != "ms":
        raise InputError(f"{owner}: expected time in ms, given {unit}")
    if not np.issubdtype(times.dtype, np.number) or not np.isfinite(times).all():
        raise InputError(f"{owner}: expected times that are numbers, in ms")
    steps = np.diff(times.astype(float))
    usual = float(np.median(steps))
    if usual <= 0:
        raise InputError(f"{owner}: expected rising times, given steps of {usual:g} ms")
    odd = np.abs(steps - usual) > UNIFORM * usual
    if odd.any():
        at = int(odd.argmax())
        raise InputError(
            f"{owner}: expected uniform sampling, given steps of {usual:g} ms but "
            f"{steps[at]:g} ms after {times[at]:g} ms; interpolate first"
        )


def _check_finite(signal: xr.DataArray, owner: str) -> None:
    values = signal.to_numpy().reshape(len(signal), -1)
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        times = signal["time"].to_numpy()[bad]
        raise InputError(
            f"{owner}: expected finite samples, given {bad.sum()} that are not, from "
            f"{times[0]:g} to {times[-1]:g} ms; fill or cut the gap first"
        )
