r"""Peri-stimulus time histograms: spikes or rates of trials, binned, smoothed and averaged.

The spikes of all trials and units lie in one flat list: an ``xarray.Dataset`` with ``spike_time``
(ms), ``spike_trial`` and ``spike_unit`` (numbers of the trial and unit, from 0) along ``spike``,
and the coordinates ``condition`` (trial) and ``unit``. Times count from an event of the trial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from analyses.population.form import labelled, of_trials, sampling_interval
from neurosim.errors import InputError, check_positive, suggest

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

REACH = 4.0
"""Standard deviations from its middle at which the Gaussian is cut."""


def spikes(
    time: ArrayLike,
    trial: ArrayLike,
    unit: ArrayLike,
    *,
    condition: ArrayLike,
    units: ArrayLike | int,
) -> xr.Dataset:
    """Spikes of many trials and units in the form of this file.

    Parameters
    ----------
    time, trial, unit
        Of each spike: time from the trial's event in ms, number of the trial and of the unit.
    condition
        Of each trial; trials without spikes have one too.
    units
        Names of the units, or their number.

    Raises
    ------
    InputError
        Different lengths, times that are NaN, trials or units beyond those there are.

    Examples
    --------
    >>> found = spikes([3.0, 8.0], [0, 1], [0, 0], condition=["left", "right"], units=1)
    >>> dict(found.sizes)
    {'spike': 2, 'trial': 2, 'unit': 1}
    """
    import xarray as xr

    times = np.asarray(time, float)
    names = np.arange(units) if isinstance(units, int) else np.asarray(units)
    conditions = np.asarray(condition)
    indices = []
    for what, index, length in (("trial", trial, len(conditions)), ("unit", unit, len(names))):
        numbers = np.asarray(index)
        if numbers.shape != times.shape or times.ndim != 1:
            raise InputError(
                f"spikes: time and {what} must be lists of the same length, given {times.shape} "
                f"and {numbers.shape}"
            )
        if numbers.size and (numbers.dtype.kind not in "ui"):
            raise InputError(f"spikes: {what} must be whole numbers, given {numbers.dtype}")
        if numbers.size and not (numbers.min() >= 0 and numbers.max() < length):
            wrong = numbers[(numbers < 0) | (numbers >= length)][0]
            raise InputError(f"spikes: {what} must be from 0 to {length - 1}, given {wrong}")
        indices.append(numbers.astype(np.int64, copy=False))
    if not np.isfinite(times).all():
        raise InputError(f"spikes: {(~np.isfinite(times)).sum()} times are NaN or infinite")
    return xr.Dataset(
        {
            "spike_time": ("spike", times, {"units": "ms"}),
            "spike_trial": ("spike", indices[0]),
            "spike_unit": ("spike", indices[1]),
        },
        coords={"condition": ("trial", conditions), "unit": names},
    )


def binned(found: xr.Dataset, *, window: tuple[float, float], width: float = 10.0) -> xr.DataArray:
    """Rates of trials: spikes in each bin over its width.

    Parameters
    ----------
    found
        From :func:`spikes`.
    window
        Start of the first bin and end of the last, in ms.
    width
        Of a bin, in ms; a whole number of them fills the window.

    Returns
    -------
    xarray.DataArray
        (trial, time, unit), in spikes/s, float32; ``time`` is the middle of each bin.

    Raises
    ------
    InputError
        A window that the bins do not fill, or no trials or units.

    Examples
    --------
    >>> found = spikes([3.0, 8.0, 12.0], [0, 0, 0], [0, 0, 0], condition=["left"], units=1)
    >>> binned(found, window=(0, 20)).values.ravel()
    array([200., 100.], dtype=float32)
    """
    check_positive("binned", "width", width)
    start, stop = window
    n_bins = round((stop - start) / width)
    if n_bins < 1 or abs(n_bins * width - (stop - start)) > 1e-6 * width:
        raise InputError(
            f"binned: window must be a whole number of bins of {width:g} ms, given {start:g} to "
            f"{stop:g} ms"
        )
    for variable in ("spike_time", "spike_trial", "spike_unit"):
        if variable not in found:
            raise InputError(
                f"binned: spikes must have {variable}, given {', '.join(map(str, found)) or 'none'}"
            )
    n_trials, n_units = found.sizes.get("trial", 0), found.sizes.get("unit", 0)
    if "condition" not in found.coords or n_trials * n_units == 0:
        raise InputError(f"binned: spikes hold {n_trials} trials with conditions, {n_units} units")
    bins = np.floor((found["spike_time"].values - start) / width)
    inside = (bins >= 0) & (bins < n_bins)
    cell = found["spike_trial"].values * n_bins + bins.astype(np.int64)
    cell = cell * n_units + found["spike_unit"].values
    rates = np.zeros(n_trials * n_bins * n_units, np.float32)
    np.add.at(rates, cell if inside.all() else cell[inside], np.float32(1))
    rates *= np.float32(1000 / width)
    return labelled(
        rates.reshape(n_trials, n_bins, n_units),
        start + (np.arange(n_bins) + 0.5) * width,
        condition=found["condition"],
        unit=found["unit"],
        trials=True,
    )


def smoothed(rates: xr.DataArray, deviation: float) -> xr.DataArray:
    """Rates of trials filtered over time with a Gaussian.

    Towards both ends, where part of the Gaussian lies outside, the rest of it is scaled up, so that
    a constant rate stays what it is.

    Parameters
    ----------
    rates
        (trial, time, unit).
    deviation
        Standard deviation of the Gaussian, in ms.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_trials`; uneven times; a deviation that is not above
        0.

    Examples
    --------
    >>> found = spikes([55.0], [0], [0], condition=["left"], units=1)
    >>> rates = smoothed(binned(found, window=(0, 110)), deviation=10)
    >>> rates.values[0, 4:7, 0].round(1)
    array([24.2, 39.9, 24.2], dtype=float32)
    """
    from scipy.ndimage import gaussian_filter1d

    check_positive("smoothed", "deviation", deviation)
    rates = of_trials(rates, "smoothed")
    sigma = deviation / sampling_interval(rates, "smoothed")
    look = {"sigma": sigma, "truncate": REACH, "mode": "constant"}
    inside = gaussian_filter1d(np.ones(rates.sizes["time"]), **look)
    filtered = gaussian_filter1d(rates.values, axis=1, **look)
    filtered /= inside[:, np.newaxis].astype(filtered.dtype)
    return rates.copy(data=filtered)


def psth(rates: xr.DataArray) -> xr.Dataset:
    """Mean over the trials of each condition, with its standard error.

    Parameters
    ----------
    rates
        (trial, time, unit), smoothed or not.

    Returns
    -------
    xarray.Dataset
        ``rate`` and ``standard_error`` (condition, time, unit), in the units of the rates;
        ``trials`` (condition), their number. ``rate`` is what the other analyses take.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_trials`; a condition with a single trial.

    Examples
    --------
    >>> rates = labelled([[[1.0]], [[3.0]]], [0], condition=["left", "left"], trials=True)
    >>> found = psth(rates)
    >>> found.rate.values.ravel(), found.standard_error.values.ravel()
    (array([2.]), array([1.]))
    """
    import xarray as xr

    rates = of_trials(rates, "psth")
    names, index, n = np.unique(
        rates["condition"].to_numpy(), return_inverse=True, return_counts=True
    )
    if n.min() < 2:
        raise InputError(
            "psth: expected at least two trials of each condition, given 1 of "
            f"{names[n.argmin()]}; a single trial has no standard error"
        )
    shape = (len(names), *rates.shape[1:])
    mean, error = np.empty(shape), np.empty(shape)
    for k in range(len(names)):
        x = rates.values[index == k]
        mean[k] = x.mean(axis=0, dtype=float)
        x = x - mean[k].astype(x.dtype)
        error[k] = np.sqrt(np.einsum("rtu,rtu->tu", x, x) / (n[k] - 1) / n[k])
    averaged = labelled(mean, rates["time"], condition=names, unit=rates["unit"])
    averaged.attrs = dict(rates.attrs)
    return xr.Dataset(
        {
            "rate": averaged,
            "standard_error": averaged.copy(data=error),
            "trials": ("condition", n),
        }
    )


def plot_psth(ax: Axes, found: xr.Dataset, unit: Any, **style: Any) -> None:
    """Draw the rate of a unit in each condition, with a band of one standard error.

    Parameters
    ----------
    ax
        Axes to draw on.
    found
        From :func:`psth`.
    unit
        Its name.
    **style
        For the lines.

    Raises
    ------
    InputError
        No such unit; those there are are listed.
    """
    if unit not in found["unit"].values:
        raise suggest(unit, map(str, found["unit"].values), what="unit")
    for name, one in found.sel(unit=unit).groupby("condition"):
        rate, error = (one[each].values.ravel() for each in ("rate", "standard_error"))
        (line,) = ax.plot(found["time"], rate, label=str(name), **style)
        ax.fill_between(
            found["time"], rate - error, rate + error, color=line.get_color(), alpha=0.2, lw=0
        )
    ax.set(xlabel="time (ms)", ylabel=f"rate ({found['rate'].attrs.get('units', '')})")
