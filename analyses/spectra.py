r"""Power spectra: bands, peaks, the part that is no rhythm, tremor, and coherence.

    P(f)         density, by Welch's method: Hann windows of 1 / resolution seconds that overlap by
                 half, each without its mean; in units^2 / Hz
    power(band)  = sum of P(f) df over the frequencies f in the band, both ends included
    A(f)         = 10^offset / (knee + f^exponent), the aperiodic part, in the terms of Donoghue et
                 al. 2020 (Nat. Neurosci. 23:1655)
    C(f)         = |P_xy|^2 / (P_xx P_yy), magnitude-squared coherence

A sine of amplitude a has power a^2 / 2 in any band that holds its frequency and two resolutions
more on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyses.intervals import Estimate, bootstrap
from analyses.sampling import as_signal, check_band, sampling_interval
from neurosim.errors import InputError, check_between, check_positive

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

TREMOR = (4.0, 6.0)
"""Band of Parkinsonian rest tremor, in Hz."""

BETA = (13.0, 30.0)
"""Beta band, in Hz."""

BROAD = (5.0, 95.0)
"""Band to which relative power refers, in Hz."""

INDEPENDENT = 1 / (1 + 2 / 36)
"""Independent segments for each of Welch's: Hann windows that overlap by half share (1/6)^2 of
their spectra's variance with each of two neighbours (Welch 1967, IEEE Trans. Audio 15:70)."""


NEAR = 0.1
"""Distance from the aperiodic part, in log10 of power, from which on a frequency loses weight."""


def power_spectra(
    signal: xr.DataArray | ArrayLike,
    interval: float | None = None,
    *,
    resolution: float = 1.0,
) -> xr.DataArray:
    """Power spectral density of each of Welch's segments.

    Parameters
    ----------
    signal
        (time), and any other dimensions, with times in ms; see
        :func:`analyses.sampling.as_signal`.
    interval
        Between samples, in ms, of a plain array.
    resolution
        Step from one frequency to the next, in Hz; segments last its inverse.

    Returns
    -------
    xarray.DataArray
        (time, frequency, ...): ``time`` the middle of each segment in ms, ``frequency`` in Hz.

    Raises
    ------
    InputError
        As :func:`analyses.sampling.as_signal`, or a signal shorter than one segment.

    Examples
    --------
    >>> power_spectra(np.random.default_rng(0).standard_normal(2000), interval=1.0).sizes
    Frozen({'time': 3, 'frequency': 501})
    """
    import xarray as xr
    from scipy.signal import spectrogram

    signal = as_signal(signal, interval, owner="power_spectra")
    length = _segment(signal, resolution, "power_spectra")
    f, middles, P = spectrogram(
        signal.to_numpy(),
        1 / sampling_interval(signal),
        window="hann",
        nperseg=length,
        noverlap=length // 2,
        detrend="constant",
        axis=0,
    )
    coords = {name: each for name, each in signal.coords.items() if "time" not in each.dims}
    return xr.DataArray(
        np.moveaxis(P, -1, 0),
        dims=("time", "frequency", *signal.dims[1:]),
        coords={
            "time": ("time", signal["time"].to_numpy()[0] + 1e3 * middles, {"units": "ms"}),
            "frequency": ("frequency", f, {"units": "Hz"}),
            **coords,
        },
        attrs={"long_name": "power spectral density", "units": _density(signal)},
    )


def power_spectrum(
    signal: xr.DataArray | ArrayLike,
    interval: float | None = None,
    *,
    resolution: float = 1.0,
) -> xr.DataArray:
    """Power spectral density, (frequency, ...): the mean of :func:`power_spectra` over time.

    Examples
    --------
    >>> times = np.arange(4000.0)
    >>> tremor = 0.3 * np.sin(2 * np.pi * 5 * times / 1e3)
    >>> P = power_spectrum(tremor, interval=1.0)
    >>> peak_frequency(P, 3, 30)
    5.0
    >>> round(float(band_power(P, 4, 6)), 4)
    0.045
    """
    return power_spectra(signal, interval, resolution=resolution).mean("time", keep_attrs=True)


def band_power(spectrum: xr.DataArray, low: float, high: float) -> xr.DataArray:
    """Power in a band, in units of the signal squared, by all dimensions but frequency.

    Parameters
    ----------
    spectrum
        With ``frequency`` in Hz, as from :func:`power_spectrum` or :func:`power_spectra`.
    low, high
        Band in Hz, both ends included.

    Raises
    ------
    InputError
        A band without frequencies, or beyond the spectrum.

    Examples
    --------
    >>> white = np.random.default_rng(0).standard_normal(60_000)
    >>> round(float(band_power(power_spectrum(white, interval=1.0), 0, 500)), 2)
    1.0
    """
    chosen = _within(spectrum, low, high, "band_power")
    f = spectrum["frequency"].to_numpy()
    return chosen.sum("frequency") * (f[1] - f[0])


def relative_power(
    spectrum: xr.DataArray,
    low: float,
    high: float,
    of: tuple[float, float] = BROAD,
) -> xr.DataArray:
    """Share of the power in the band ``of`` that lies in the band from ``low`` to ``high``.

    Raises
    ------
    InputError
        As :func:`band_power`, a band that is not within the other, or one without power.

    Examples
    --------
    >>> white = np.random.default_rng(0).standard_normal(60_000)
    >>> round(float(relative_power(power_spectrum(white, interval=1.0), 13, 30)), 1)  # 18 of 91
    0.2
    """
    if not of[0] <= low < high <= of[1]:
        raise InputError(
            f"relative_power: expected a band within {of[0]:g} to {of[1]:g} Hz, "
            f"given {low:g} to {high:g}"
        )
    whole = band_power(spectrum, *of)
    if not (whole > 0).all():
        raise InputError(f"relative_power: there is no power from {of[0]:g} to {of[1]:g} Hz")
    return band_power(spectrum, low, high) / whole


def peak_frequency(spectrum: xr.DataArray, low: float, high: float) -> float:
    """Frequency of the highest local maximum in a band, in Hz, to the spectrum's resolution.

    Parameters
    ----------
    spectrum
        (frequency).
    low, high
        Band in Hz; the maximum may lie at its ends where the spectrum falls off beyond.

    Raises
    ------
    InputError
        As :func:`band_power`, or no local maximum in the band.

    Examples
    --------
    >>> import xarray as xr
    >>> P = xr.DataArray([9.0, 4.0, 5.0, 3.0, 1.0], {"frequency": np.arange(5.0)}, "frequency")
    >>> peak_frequency(P, 1, 4)
    2.0
    """
    _single(spectrum, "peak_frequency")
    within = _within(spectrum, low, high, "peak_frequency")["frequency"].to_numpy()
    f, P = spectrum["frequency"].to_numpy(), spectrum.to_numpy()
    inner = np.flatnonzero((P[1:-1] > P[:-2]) & (P[1:-1] >= P[2:])) + 1
    peaks = inner[np.isin(f[inner], within)]
    if not peaks.size:
        raise InputError(f"peak_frequency: the spectrum has no peak from {low:g} to {high:g} Hz")
    return float(f[peaks[P[peaks].argmax()]])


@dataclass(frozen=True)
class Aperiodic:
    """The part of a spectrum that is no rhythm, A(f) = 10^offset / (knee + f^exponent).

    Attributes
    ----------
    offset, exponent, knee
        A is flat below the frequency knee^(1 / exponent), and falls beyond.
    misfit
        Root mean square of what a fit left of the spectrum outside the rhythms, in dB. Some 0.7 dB
        are the noise of a mean over 40 segments; several say that A has another shape.

    Examples
    --------
    >>> Aperiodic(offset=1.0, exponent=2.0).power([1.0, 10.0])
    array([10. ,  0.1])
    """

    offset: float
    exponent: float
    knee: float = 0.0
    misfit: float = 0.0

    def power(self, frequency: ArrayLike) -> NDArray[np.float64]:
        """A at frequencies in Hz, in the spectrum's units."""
        return 10**self.offset / (self.knee + np.asarray(frequency, float) ** self.exponent)


def fit_aperiodic(
    spectrum: xr.DataArray,
    low: float,
    high: float,
    *,
    rhythms: Sequence[tuple[float, float]],
    knee: bool = False,
) -> Aperiodic:
    """Fit the aperiodic part to what lies outside the rhythms.

    Minimises the sum of ln(1 + (log10 P - log10 A)^2 / 0.1^2) over the frequencies in the range and
    outside the rhythms: least squares for what lies within a tenth of a decade of A, with little
    weight for what does not, such as line noise or a notch filter. No peaks are fitted; where a
    rhythm lies is for the caller to say, and the same for all conditions that are compared.

    Parameters
    ----------
    spectrum
        (frequency), best the mean of many segments.
    low, high
        Range in Hz; ``low`` above 0. The exponent depends on it.
    rhythms
        Bands in Hz in which the spectrum rises above A, wide enough to hold the feet of the peaks;
        may be empty.
    knee
        Whether A is flat at its low end, as field potentials of the cortex often are; else the knee
        is 0 and A straight in log-log.

    Raises
    ------
    InputError
        As :func:`band_power`; fewer than ten frequencies outside the rhythms, or one without power.

    Examples
    --------
    >>> import xarray as xr
    >>> f = np.arange(1.0, 100.0)
    >>> peak = 0.5 * np.exp(-((f - 20) ** 2) / 18)
    >>> P = xr.DataArray(10 / f + peak, {"frequency": f}, "frequency")
    >>> found = fit_aperiodic(P, 3, 95, rhythms=[(10, 30)])
    >>> round(found.exponent, 2), round(found.offset, 2)
    (1.0, 1.0)
    """
    from scipy.optimize import least_squares
    from scipy.stats import siegelslopes

    _single(spectrum, "fit_aperiodic")
    check_positive("fit_aperiodic", "low", low)
    chosen = _within(spectrum, low, high, "fit_aperiodic")
    f = chosen["frequency"].to_numpy()
    outside = np.ones(len(f), bool)
    for start, end in rhythms:
        check_band("fit_aperiodic", start, end, float(spectrum["frequency"][-1]))
        outside &= (f < start) | (f > end)
    P = chosen.to_numpy()[outside]
    if len(P) < 10 or not (P > 0).all():
        raise InputError(
            f"fit_aperiodic: expected at least ten frequencies with power from {low:g} to "
            f"{high:g} Hz outside the rhythms, given {int((P > 0).sum())}"
        )
    x, y = np.log10(f[outside]), np.log10(P)
    slope, offset = siegelslopes(y, x)

    def rest(point: NDArray[np.float64]) -> NDArray[np.float64]:
        """log10 P - log10 A; a knee is the frequency 10^point[2]."""
        falls = point[1] * x
        if knee:
            falls = np.logaddexp(np.log(10) * point[1] * point[2], np.log(10) * falls) / np.log(10)
        return y - point[0] + falls

    bends = [[float(b)] for b in np.log10((low, np.sqrt(low * high)))] if knee else [[]]
    fits = [
        least_squares(rest, [offset, -slope, *bend], loss="cauchy", f_scale=NEAR) for bend in bends
    ]
    best = min(fits, key=lambda each: each.cost).x
    offset, exponent = float(best[0]), float(best[1])
    return Aperiodic(
        offset,
        exponent,
        knee=float(10 ** (exponent * best[2])) if knee else 0.0,
        misfit=float(10 * np.sqrt(np.mean(rest(best) ** 2))),
    )


def periodic(
    spectrum: xr.DataArray,
    low: float,
    high: float,
    *,
    rhythms: Sequence[tuple[float, float]],
    knee: bool = False,
) -> xr.DataArray:
    """A spectrum from ``low`` to ``high`` Hz less its aperiodic part.

    The fit is that of :func:`fit_aperiodic`, for each spectrum of several. Noise makes the rest
    negative in places, so that the power summed up over a band without a rhythm is about zero, if
    the spectrum is the mean of many segments (of L, the fit is too low by about 1 / (2 L) of A).

    Examples
    --------
    >>> import xarray as xr
    >>> f = np.arange(1.0, 100.0)
    >>> peak = 0.5 * np.exp(-((f - 20) ** 2) / 18)
    >>> P = xr.DataArray(10 / f + peak, {"frequency": f}, "frequency")
    >>> rest = periodic(P, 3, 95, rhythms=[(10, 30)])
    >>> float(band_power(rest, 13, 30).round(1)), float(peak.sum().round(1))
    (3.7, 3.8)
    """
    import xarray as xr

    chosen = _within(spectrum, low, high, "periodic")
    f = chosen["frequency"].to_numpy()

    def rest(P: NDArray[np.float64]) -> NDArray[np.float64]:
        one = xr.DataArray(P, {"frequency": f}, "frequency")
        return P - fit_aperiodic(one, low, high, rhythms=rhythms, knee=knee).power(f)

    dims = [["frequency"]]
    found = xr.apply_ufunc(
        rest, chosen, input_core_dims=dims, output_core_dims=dims, vectorize=True, keep_attrs=True
    )
    return found.transpose(*spectrum.dims)


def tremor_power(
    hand: xr.DataArray | ArrayLike,
    interval: float | None = None,
    *,
    rng: np.random.Generator,
    band: tuple[float, float] = TREMOR,
    resolution: float = 0.5,
    n_resamples: int = 2000,
) -> Estimate:
    """Power of the hand's movement in the band of tremor, summed over axes, with its interval.

    Parameters
    ----------
    hand
        (time, axis) or (time) of one movement, or with a dimension ``trial``: positions, or what an
        accelerometer says.
    interval
        Between samples, in ms, of a plain array.
    rng
        Source of the bootstrap: over trials where there are at least two, else over the segments of
        the one. That is the spread within a run; between networks or people, bootstrap over those.
    band
        In Hz. Voluntary movement that fast counts as well: compare with a condition without tremor.
    resolution
        In Hz.
    n_resamples
        Of the bootstrap.

    Raises
    ------
    InputError
        As :func:`power_spectra` and :func:`band_power`, or fewer than two segments and trials.

    Examples
    --------
    >>> times = np.arange(0, 20_000, 10.0)
    >>> tremor = 0.2 * np.sin(2 * np.pi * 5 * times / 1e3)
    >>> found = tremor_power(tremor, interval=10.0, rng=np.random.default_rng(0))
    >>> round(float(found.value), 4)
    0.02
    """
    hand = as_signal(hand, interval, owner="tremor_power")
    power = band_power(power_spectra(hand, resolution=resolution), *band)
    if "axis" in power.dims:
        power = power.sum("axis")
    if power.sizes.get("trial", 1) > 1:
        power = power.mean("time")
    rows = power.to_numpy().ravel()
    return bootstrap(np.mean, rows, rng=rng, n_resamples=n_resamples)


def coherence(
    x: xr.DataArray | ArrayLike,
    y: xr.DataArray | ArrayLike,
    interval: float | None = None,
    *,
    resolution: float = 1.0,
    significance: float = 0.05,
) -> xr.DataArray:
    """Magnitude-squared coherence of two signals, from 0 to 1 by frequency.

    Parameters
    ----------
    x, y
        (time), of the same times.
    interval
        Between samples, in ms, of plain arrays.
    resolution
        In Hz.
    significance
        Share of independent signals whose coherence is above the threshold at a given frequency.

    Returns
    -------
    xarray.DataArray
        (frequency), with the attribute ``threshold`` = 1 - significance^(1 / (L - 1)), L the number
        of independent segments (Rosenberg et al. 1989, Prog. Biophys. Mol. Biol. 53:1).

    Raises
    ------
    InputError
        As :func:`power_spectra`; other dimensions, different times, fewer than three segments, a
        signal that does not vary.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> times = np.arange(20_000.0)
    >>> rhythm = np.sin(2 * np.pi * 20 * times / 1e3)
    >>> stn, cortex = rhythm + 2 * rng.standard_normal((2, len(times)))
    >>> found = coherence(stn, cortex, interval=1.0)
    >>> bool(found.sel(frequency=20) > 0.9), bool(found.sel(frequency=70) < found.threshold)
    (True, True)
    """
    import xarray as xr
    from scipy.signal import coherence as magnitude_squared

    check_between("coherence", "significance", significance, 0, 1)
    x, y = (as_signal(each, interval, owner="coherence") for each in (x, y))
    for each in (x, y):
        if each.ndim != 1:
            raise InputError(
                f"coherence: expected two signals over time alone, "
                f"given one with {', '.join(map(str, each.dims))}"
            )
        if not each.std() > 0:
            raise InputError("coherence: a signal that does not vary has no coherence")
    if len(x) != len(y) or not np.allclose(x["time"], y["time"], rtol=0, atol=1e-3):
        raise InputError("coherence: expected two signals of the same times")
    length = _segment(x, resolution, "coherence")
    segments = 1 + (len(x) - length) // (length - length // 2)
    if segments < 3:
        raise InputError(
            f"coherence: a resolution of {resolution:g} Hz leaves {segments} segments of "
            f"{len(x)} samples, expected at least 3"
        )
    f, C = magnitude_squared(
        x.to_numpy(), y.to_numpy(), 1 / sampling_interval(x), nperseg=length, noverlap=length // 2
    )
    return xr.DataArray(
        C,
        {"frequency": ("frequency", f, {"units": "Hz"})},
        "frequency",
        attrs={
            "long_name": "coherence",
            "units": "1",
            "threshold": 1 - significance ** (1 / (segments * INDEPENDENT - 1)),
        },
    )


def plot_spectrum(
    ax: Axes,
    spectrum: xr.DataArray,
    *,
    aperiodic: Aperiodic | None = None,
    band: tuple[float, float] | None = None,
    **style: Any,
) -> None:
    """Draw a spectrum on logarithmic axes.

    Parameters
    ----------
    ax
        Axes to draw on.
    spectrum
        (frequency); what is at 0 Hz is left out.
    aperiodic
        Drawn as a dashed line.
    band
        Shaded, in Hz.
    **style
        For the line.
    """
    _single(spectrum, "plot_spectrum")
    shown = spectrum[spectrum["frequency"].to_numpy() > 0]
    (line,) = ax.loglog(shown["frequency"], shown, **style)
    if aperiodic is not None:
        dashed: dict[str, Any] = {"ls": "--", "lw": 0.8, "color": line.get_color()}
        ax.plot(shown["frequency"], aperiodic.power(shown["frequency"]), **dashed)
    if band is not None:
        ax.axvspan(*band, color="0.93", lw=0, zorder=0)
    unit = spectrum.attrs.get("units")
    ax.set_xlabel("frequency (Hz)")
    ax.set_ylabel(f"power ({unit})" if unit else "power")


def _segment(signal: xr.DataArray, resolution: float, owner: str) -> int:
    """Samples of one of Welch's segments."""
    check_positive(owner, "resolution", resolution)
    dt = sampling_interval(signal)
    length = round(1 / (resolution * dt))
    if length > len(signal):
        raise InputError(
            f"{owner}: a resolution of {resolution:g} Hz needs at least {1e3 / resolution:g} ms, "
            f"given {len(signal) * dt * 1e3:g} ms"
        )
    if length < 4:
        raise InputError(
            f"{owner}: expected a resolution of at most {1 / (4 * dt):g} Hz, given {resolution:g}"
        )
    return length


def _within(spectrum: xr.DataArray, low: float, high: float, owner: str) -> xr.DataArray:
    """The part of a spectrum in a band, both ends included."""
    if "frequency" not in spectrum.dims or spectrum.sizes["frequency"] < 2:
        raise InputError(f"{owner}: expected a spectrum with a dimension 'frequency'")
    f = spectrum["frequency"].to_numpy()
    check_band(owner, low, high, float(f[-1]))
    near = 1e-6 * (f[1] - f[0])  # frequencies are rounded multiples
    chosen = spectrum.isel(frequency=(f >= low - near) & (f <= high + near))
    if not chosen.sizes["frequency"]:
        raise InputError(
            f"{owner}: no frequency lies from {low:g} to {high:g} Hz, "
            f"given a resolution of {f[1] - f[0]:g} Hz"
        )
    return chosen


def _single(spectrum: xr.DataArray, owner: str) -> None:
    if spectrum.dims != ("frequency",):
        raise InputError(
            f"{owner}: expected one spectrum, (frequency), "
            f"given {', '.join(map(str, spectrum.dims))}"
        )


def _density(signal: xr.DataArray) -> str:
    """Unit of a density, from the channels' unit where they have the same, or the signal's."""
    names = set(np.ravel(signal.coords["unit"])) if "unit" in signal.coords else set()
    name = names.pop() if len(names) == 1 else signal.attrs.get("units")
    return f"{name}²/Hz" if name else "1/Hz"
