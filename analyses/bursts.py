r"""Bursts of a rhythm: how often, how long, how strong.

A rhythm in the beta band of patients comes in bursts, longer and stronger off medication
(Tinkhauser et al. 2017, Brain 140:2968). Here

    envelope = |analytic signal of the signal filtered to the band|
    burst    = stretch of at least 100 ms in which the envelope is above a threshold

with the 75th percentile of the envelope as the threshold. So defined, bursts fill about a quarter
of any signal, noise as well. Conditions are therefore compared with one threshold for all of them,
that of a reference condition or the mean of all; the band is usually 3 Hz on both sides of the
peak.

A band of width w cannot show anything shorter than about 1 / w seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyses.sampling import as_signal, filtered, sampling_interval
from neurosim.errors import InputError, check_between, check_non_negative, check_positive

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Bursts:
    """Bursts in a signal, from :func:`bursts`.

    Attributes
    ----------
    onset, duration
        (burst), in ms.
    amplitude
        (burst), largest envelope, in units of the signal.
    threshold
        Of the envelope.
    length
        Of the signal, in ms.
    """

    onset: NDArray[np.float64]
    duration: NDArray[np.float64]
    amplitude: NDArray[np.float64]
    threshold: float
    length: float

    @property
    def rate(self) -> float:
        """Bursts per s."""
        return 1e3 * len(self.onset) / self.length

    def distribution(self, edges: ArrayLike) -> NDArray[np.float64]:
        """Share of bursts by duration, between each of the ``edges`` (ms) and the next.

        Raises
        ------
        InputError
            There are no bursts.
        """
        if not len(self.duration):
            raise InputError("Bursts: there are none, so they have no durations")
        return np.histogram(self.duration, np.asarray(edges, float))[0] / len(self.duration)


def envelope(
    signal: xr.DataArray | ArrayLike, interval: float | None = None, *, low: float, high: float
) -> xr.DataArray:
    """Amplitude of a rhythm over time: that of the analytic signal after filtering to the band.

    Parameters
    ----------
    signal
        (time), and any other dimensions; see :func:`analyses.sampling.as_signal`.
    interval
        Between samples, in ms, of a plain array.
    low, high
        Band in Hz; see :func:`analyses.sampling.filtered`.

    Raises
    ------
    InputError
        As :func:`analyses.sampling.filtered`.

    Examples
    --------
    >>> times = np.arange(2000.0)
    >>> beta = 3 * np.sin(2 * np.pi * 20 * times / 1e3)
    >>> float(envelope(beta, interval=1.0, low=17, high=23)[1000].round(2))
    3.0
    """
    from scipy.signal import hilbert

    check_positive("envelope", "low", low)
    within = filtered(signal, interval, low=low, high=high)
    return within.copy(data=np.abs(hilbert(within.to_numpy(), axis=0)))


def bursts(
    signal: xr.DataArray | ArrayLike,
    interval: float | None = None,
    *,
    low: float,
    high: float,
    percentile: float = 75.0,
    threshold: float | None = None,
    shortest: float = 100.0,
) -> Bursts:
    """Find the bursts of a rhythm.

    Parameters
    ----------
    signal
        (time); see :func:`analyses.sampling.as_signal`.
    interval
        Between samples, in ms, of a plain array.
    low, high
        Band in Hz.
    percentile
        Of the envelope, which is the threshold where none is given.
    threshold
        Of the envelope, in units of the signal: of another condition, to compare with it.
    shortest
        Duration in ms below which nothing counts as a burst.

    Returns
    -------
    Bursts
        Without those that begin before or end after the signal, whose durations are not known.

    Raises
    ------
    InputError
        As :func:`envelope`, more than one signal, or one that does not vary.

    Examples
    --------
    Three bursts of 400 ms, 1 s apart, threshold at half their amplitude:

    >>> times = np.arange(4000.0)
    >>> on = ((times + 200) % 1000 < 400) & (times > 500) & (times < 3500)
    >>> found = bursts(
    ...     on * np.sin(2 * np.pi * 20 * times / 1e3), interval=1.0, low=13, high=27, threshold=0.5
    ... )
    >>> found.onset.round(-1), found.duration.round(-1), found.rate
    (array([ 800., 1800., 2800.]), array([400., 400., 400.]), 0.75)
    """
    signal = as_signal(signal, interval, owner="bursts")
    check_between("bursts", "percentile", percentile, 0, 100)
    check_non_negative("bursts", "shortest", shortest)
    if signal.ndim != 1:
        raise InputError(
            f"bursts: expected one signal, (time), given {', '.join(map(str, signal.dims))}"
        )
    if not signal.std() > 0:
        raise InputError("bursts: the signal does not vary")
    amplitude = envelope(signal, low=low, high=high).to_numpy()
    if threshold is None:
        threshold = float(np.percentile(amplitude, percentile))
    check_positive("bursts", "threshold", threshold)
    step = np.diff((amplitude > threshold).astype(np.int8))
    starts, ends = np.flatnonzero(step == 1) + 1, np.flatnonzero(step == -1) + 1
    ends = ends[1:] if amplitude[0] > threshold else ends
    starts = starts[: len(ends)]
    dt = 1e3 * sampling_interval(signal)
    kept = (ends - starts) * dt >= shortest
    starts, ends = starts[kept], ends[kept]
    return Bursts(
        onset=signal["time"].to_numpy()[starts],
        duration=np.asarray((ends - starts) * dt, float),
        amplitude=np.array([amplitude[a:b].max() for a, b in zip(starts, ends, strict=True)]),
        threshold=threshold,
        length=len(signal) * dt,
    )


def plot_durations(ax: Axes, found: Bursts, *, width: float = 100.0, **style: Any) -> None:
    """Draw the share of bursts by duration, in bins of ``width`` ms, as a stepped line.

    Raises
    ------
    InputError
        There are no bursts.
    """
    check_positive("plot_durations", "width", width)
    last = found.duration.max(initial=0.0)
    edges = np.arange(0, last + 2 * width, width)
    ax.stairs(found.distribution(edges), edges, **style)
    ax.set_xlabel("duration of bursts (ms)")
    ax.set_ylabel("share of bursts")
