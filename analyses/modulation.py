r"""How power in a band goes with behaviour: the beta rhythm with grip force, say.

Signal and behaviour are cut into windows that do not overlap. Of each window

    P = power of the signal in the band            Hann window
    b = mean of the behaviour

A window counts as movement where b is above rest + threshold (most - rest), rest and most being the
5th and 95th percentile of b. Then

    correlation = Pearson's, of 10 log10 P with b
    contrast    = 10 (mean log10 P in movement - mean log10 P at rest), in dB

and intervals come from drawing blocks of neighbouring windows again, for the contrast among those
of movement and of rest apart. Few movements give few independent values, whatever the interval
says: their number is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyses.intervals import Estimate, bootstrap, percentiles, resample
from analyses.sampling import as_signal, sampling_interval
from analyses.spectra import band_power, power_spectrum
from neurosim.errors import InputError, check_between, check_integer, check_positive

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


class Modulation(NamedTuple):
    """Band power against behaviour, from :func:`modulation`.

    Attributes
    ----------
    correlation
        From -1 to 1.
    contrast
        Of movement against rest, in dB; below 0 where movement suppresses the rhythm.
    movements
        Number of separate movements.
    windows
        By ``time`` (ms, the middle of a window): ``power``, ``behaviour`` and ``moving``.
    """

    correlation: Estimate
    contrast: Estimate
    movements: int
    windows: xr.Dataset


def modulation(
    signal: xr.DataArray | ArrayLike,
    behaviour: xr.DataArray | ArrayLike,
    interval: float | None = None,
    *,
    band: tuple[float, float],
    rng: np.random.Generator,
    window: float = 500.0,
    block: int = 4,
    threshold: float = 0.2,
    n_resamples: int = 2000,
) -> Modulation:
    """Correlation of band power with behaviour, and contrast of movement against rest.

    Parameters
    ----------
    signal, behaviour
        (time), of the same times. Behaviour rises with movement: force, or speed.
    interval
        Between samples, in ms, of plain arrays.
    band
        In Hz, both ends included.
    rng
        Source of the bootstrap.
    window
        Length in ms; its inverse is the resolution of the spectrum.
    block
        Windows that are drawn together, as they follow each other.
    threshold
        Share of the range of behaviour above rest at which movement begins.
    n_resamples
        Of the bootstrap.

    Raises
    ------
    InputError
        As :func:`analyses.spectra.band_power`; other dimensions, different times, a behaviour that
        does not vary, a window without power, or fewer than two blocks with movement or with rest.

    Examples
    --------
    A rhythm at 20 Hz that is suppressed to half its amplitude, a quarter of its power:

    >>> rng = np.random.default_rng(0)
    >>> times = np.arange(60_000.0)
    >>> force = np.sin(2 * np.pi * times / 10_000) > 0
    >>> stn = (1 - 0.5 * force) * np.sin(2 * np.pi * 20 * times / 1e3)
    >>> stn += 0.01 * rng.standard_normal(len(times))
    >>> found = modulation(stn, force, interval=1.0, band=(13, 30), rng=rng)
    >>> round(float(found.contrast.value), 1), found.movements
    (-6.0, 6)
    """
    signal, behaviour = (
        as_signal(each, interval, owner="modulation") for each in (signal, behaviour)
    )
    check_positive("modulation", "window", window)
    check_integer("modulation", "block", block, minimum=1)
    check_between("modulation", "threshold", threshold, 0, 1)
    windows = _windows(signal, behaviour, band, window)
    power, b = windows["power"].to_numpy(), windows["behaviour"].to_numpy()
    rest, most = np.percentile(b, (5, 95))
    if not most > rest:
        raise InputError("modulation: the behaviour does not vary")
    moving = b > rest + threshold * (most - rest)
    blocks = np.arange(len(b)) // block
    for state, name in ((moving, "movement"), (~moving, "rest")):
        count = len(np.unique(blocks[state]))
        if count < 2:
            raise InputError(
                f"modulation: expected at least two blocks of {block * window:g} ms with {name}, "
                f"given {count}"
            )
    options: dict[str, Any] = {"rng": rng, "n_resamples": n_resamples}
    level = 10 * np.log10(power)
    drawn = [
        resample(np.mean, level[state], over=blocks[state], **options)
        for state in (moving, ~moving)
    ]
    contrast = Estimate(
        np.float64(level[moving].mean() - level[~moving].mean()),
        *percentiles(drawn[0] - drawn[1]),
    )
    correlation = bootstrap(_correlation, level, b, over=blocks, **options)
    starts = np.diff(moving.astype(int), prepend=0) > 0
    return Modulation(
        correlation,
        contrast,
        int(starts.sum()),
        windows.assign(moving=("time", moving)),
    )


def plot_modulation(ax: Axes, found: Modulation, **style: Any) -> None:
    """Draw band power over time, movement shaded, behaviour below in grey.

    Parameters
    ----------
    ax
        Axes to draw on.
    found
        From :func:`modulation`.
    **style
        For the line of power.
    """
    windows = found.windows
    seconds = windows["time"].to_numpy() / 1e3
    half = (seconds[1] - seconds[0]) / 2
    for middle in seconds[windows["moving"].to_numpy()]:
        ax.axvspan(middle - half, middle + half, color="0.93", lw=0, zorder=0)
    power, b = windows["power"].to_numpy(), windows["behaviour"].to_numpy()
    level = 10 * np.log10(power / np.median(power))
    ax.plot(seconds, level, **style)
    height = (level.max() - level.min()) / 4
    ax.plot(seconds, level.min() + height * ((b - b.min()) / np.ptp(b) - 1.2), color="0.6", lw=0.8)
    ax.set_xlabel("time (s)")
    ax.set_ylabel("power (dB of median)")


def _windows(
    signal: xr.DataArray, behaviour: xr.DataArray, band: tuple[float, float], window: float
) -> xr.Dataset:
    """Band power and mean behaviour of each window."""
    import xarray as xr

    for each in (signal, behaviour):
        if each.ndim != 1:
            raise InputError(
                f"modulation: expected a signal and a behaviour over time alone, "
                f"given one with {', '.join(map(str, each.dims))}"
            )
    if len(signal) != len(behaviour) or not np.allclose(
        signal["time"], behaviour["time"], rtol=0, atol=1e-3
    ):
        raise InputError("modulation: expected a signal and a behaviour of the same times")
    interval = 1e3 * sampling_interval(signal)
    length = round(window / interval)
    count = len(signal) // max(length, 1)
    if not 2 <= count < len(signal):
        raise InputError(
            f"modulation: expected at least two windows of {window:g} ms, several samples each, "
            f"given {len(signal)} samples, one every {interval:g} ms"
        )
    x, b, times = (
        each.to_numpy()[: count * length].reshape(count, length)
        for each in (signal, behaviour, signal["time"])
    )
    power = band_power(power_spectrum(x.T, interval, resolution=1e3 / window), *band).to_numpy()
    if not (power > 0).all():
        raise InputError("modulation: expected power in the band in every window, one has none")
    return xr.Dataset(
        {"power": ("time", power), "behaviour": ("time", b.mean(axis=1))},
        coords={"time": ("time", times.mean(axis=1), {"units": "ms"})},
    )


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Pearson's; 0 where one of the two does not vary, as may happen in a resample."""
    u, v = x - x.mean(), y - y.mean()
    size = np.sqrt((u @ u) * (v @ v))
    return float(u @ v / size) if size > 0 else 0.0
