"""One analysis of a recording: its numbers, a table of them, and a figure.

What ``neurosim analyze`` prints and draws. Each function takes a recording in the form of
:mod:`neurosim.io.form` and returns a :class:`Report`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from analyses.intervals import Estimate
from analyses.population.form import in_window, of_conditions, of_trials
from neurosim.errors import InputError, check_positive

if TYPE_CHECKING:
    import xarray as xr

Window = tuple[float, float] | None

BANDS = {"theta": (4.0, 8.0), "alpha": (8.0, 13.0), "beta": (13.0, 30.0), "gamma": (30.0, 95.0)}
"""Bands of the spectrum, in Hz; their powers are shares of that from 4 to 95 Hz."""

APERIODIC = (4.0, 95.0)
"""Range of the aperiodic fit, in Hz."""

RHYTHMS = (8.0, 30.0)
"""Band that the aperiodic fit leaves out, alpha and beta, in Hz."""

UNITS_SHOWN = 6
"""Units in the figure of PSTHs, those whose rates vary most between times and conditions."""


@dataclass(frozen=True)
class Report:
    """What an analysis found.

    Attributes
    ----------
    values
        Plain numbers by name; intervals are lists ``<name>_interval``.
    rows
        A table, where the analysis has one.
    draw
        Draws the figure into an empty ``matplotlib`` figure.
    size
        Of the figure, in inches.
    """

    values: dict[str, Any]
    rows: list[dict[str, Any]]
    draw: Callable[[Any], None]
    size: tuple[float, float] = field(default=(3.5, 2.6))


def rates_of(
    recording: xr.Dataset, *, bin_ms: float | None = None, smooth_ms: float | None = None
) -> xr.DataArray:
    """Rates by condition or by trial of a recording; spikes are binned and smoothed.

    Simulated movements have trials of training and of testing: where there are any of testing, only
    these count.

    Parameters
    ----------
    recording
        From :func:`neurosim.io.load` or :func:`neurosim.io.align`.
    bin_ms
        Width of the bins of spikes, 10 ms by default; not for what is rates already.
    smooth_ms
        Standard deviation of the Gaussian that rates by trial are filtered with. By default 20 ms
        for spikes, none for rates; 0 for none.

    Raises
    ------
    InputError
        A recording without rates and spikes, or of a session that is not cut into trials.

    Examples
    --------
    >>> from neurosim.io.form import of_spikes
    >>> found = of_spikes("", [3.0, 14.0], [0, 0], trial=[0, 0], condition=["left"])
    >>> found.attrs["window"] = [0.0, 20.0]
    >>> rates_of(found, smooth_ms=0).values.ravel()
    array([100., 100.], dtype=float32)
    """
    from analyses.population.psth import binned, smoothed
    from neurosim.io.events import event_names

    if "rates" not in recording and "spike_time" not in recording:
        kept = "; of a simulation, rates are kept with --record-rates N"
        raise InputError(
            f"{_name(recording)}: holds neither rates nor spikes"
            + kept * (recording.attrs.get("source") == "neurosim")
        )
    spikes = "rates" not in recording
    session = (
        "spike_trial" not in recording
        if spikes
        else not {"trial", "condition"} & set(recording["rates"].dims)
    )
    if session or (spikes and "window" not in recording.attrs):
        known = ", ".join(event_names(recording)) or "none"
        raise InputError(
            f"{_name(recording)}: {'spikes' if spikes else 'rates'} need an event around which "
            f"they are cut, given none: --event and --around A:B (events: {known})"
            + "; or --around alone, for times of trials as they are"
            * ("spike_trial" in recording)
        )
    if spikes:
        start, stop = (float(end) for end in recording.attrs["window"])
        width = 10.0 if bin_ms is None else bin_ms
        rates = binned(recording, window=(start, stop), width=width)
        smooth_ms = 20.0 if smooth_ms is None else smooth_ms
    else:
        if bin_ms is not None:
            raise InputError(f"{_name(recording)}: --bin is for spikes, the file holds rates")
        rates = recording["rates"]
        if "trial" in rates.dims and "test" in np.atleast_1d(recording.get("phase", "")):
            rates = rates.isel(trial=np.flatnonzero(recording["phase"].to_numpy() == "test"))
    if smooth_ms:
        if "trial" not in rates.dims:
            raise InputError(f"{_name(recording)}: --smooth is for trials, the file holds averages")
        rates = smoothed(rates, smooth_ms)
    return rates


def jpca_report(
    rates: xr.DataArray,
    window: Window,
    *,
    rng: np.random.Generator,
    components: int = 6,
    surrogates: int = 1000,
    progress: bool = False,
) -> Report:
    """Rotations: R2 of both fits and the frequency with intervals, and the test by surrogates.

    Raises
    ------
    InputError
        As :func:`analyses.population.jpca.jpca`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> time = np.arange(0, 300, 10)
    >>> phase = 2 * np.pi * np.arange(8) / 8
    >>> angle = 4 * np.pi * time[:, np.newaxis] / 1000 + phase
    >>> rates = labelled(np.cos(phase[:, np.newaxis, np.newaxis] + angle), time, units="1")
    >>> rng = np.random.default_rng(0)
    >>> found = jpca_report(rates, None, rng=rng, components=2, surrogates=19)
    >>> round(found.values["frequency_hz"], 2), found.values["surrogates"]
    (2.0, 19)
    """
    from analyses.population.bounds import interval
    from analyses.population.jpca import jpca, plot_plane, plot_rotation_test, rotation_test
    from analyses.population.maximum_entropy import MaximumEntropy

    rates = of_conditions(rates, "jpca")
    found = jpca(rates, window=window, n_components=components)

    def numbers(population: xr.DataArray) -> list[float]:
        one = jpca(population, window=window, n_components=components)
        return [float(one.r2), float(one.r2_skew), float(one.frequency[0])]

    value, low, high = interval(numbers, rates, rng=rng, limits=(0, np.inf))
    names = ("r2", "r2_skew", "frequency_hz")
    values: dict[str, Any] = {}
    for k, name in enumerate(names):
        top = 1.0 if name.startswith("r2") else np.inf
        ends = (np.asarray(low)[k], min(np.asarray(high)[k], top))
        values |= _with_interval(name, Estimate(np.asarray(value)[k], *ends))
    values["variance_of_components"] = found.attrs["variance_of_components"]
    values["softening"] = found.attrs["softening"]
    tested = None
    if surrogates:
        tested = rotation_test(
            rates, MaximumEntropy(rates), rng=rng, n=surrogates, window=window,
            n_components=components, progress=progress,
        )  # fmt: skip
        values |= {"p": float(tested.p), "p_skew": float(tested.p_skew)}
    values["surrogates"] = surrogates
    rows = [
        {"plane": k, "frequency_hz": float(f), "variance_explained": float(v)}
        for k, f, v in zip(
            found.plane.values.tolist(), found.frequency, found.variance_explained, strict=True
        )
    ]

    def draw(fig: Any) -> None:
        axes = np.atleast_1d(fig.subplots(1, 1 if tested is None else 2))
        plot_plane(axes[0], found)
        if tested is not None:
            plot_rotation_test(axes[1], tested)

    return Report(values, rows, draw, size=(3.5 if tested is None else 7.0, 3.0))


def psth_report(rates: xr.DataArray, window: Window) -> Report:
    """Rates by condition: trials, mean, and the highest mean over units with its time.

    Raises
    ------
    InputError
        As :func:`analyses.population.psth.psth`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rates = labelled([[[1.0], [3.0]]], [0, 10], condition=["left"])
    >>> psth_report(rates, None).rows[0]["peak_ms"]
    10.0
    """
    from analyses.population.psth import plot_psth, psth

    if "trial" in rates.dims:
        found = psth(in_window(of_trials(rates, "psth"), window, "psth"))
        trials: Sequence[int | None] = found["trials"].values.tolist()
    else:
        averages = in_window(of_conditions(rates, "psth"), window, "psth")
        found = averages.to_dataset(name="rate").assign(standard_error=averages * np.nan)
        trials = [None] * averages.sizes["condition"]
    over_units = found["rate"].mean("unit")
    peak = over_units.argmax("time").values
    rows = [
        {
            "condition": str(name),
            "trials": trials[k],
            "mean_rate": float(over_units[k].mean()),
            "peak_rate": float(over_units[k].max()),
            "peak_ms": float(found["time"].values[peak[k]]),
        }
        for k, name in enumerate(found["condition"].values)
    ]
    values = {
        "units_of_rates": found["rate"].attrs.get("units"),
        "n_units": found.sizes["unit"],
        "n_conditions": found.sizes["condition"],
        "n_trials": None if trials[0] is None else sum(n or 0 for n in trials),
    }

    def draw(fig: Any) -> None:
        spread = found["rate"].var(("condition", "time")).values
        shown = found["unit"].values[np.argsort(spread)[::-1][:UNITS_SHOWN]]
        for ax, unit in zip(fig.subplots(2, 3, squeeze=False).ravel(), shown, strict=False):
            ax.set_prop_cycle(color=_colors(found.sizes["condition"]))
            plot_psth(ax, found, unit)
            ax.set_title(f"unit {unit}")
        for ax in fig.axes[len(shown) :]:
            ax.remove()
        if found.sizes["condition"] <= 10:
            handles, labels = fig.axes[0].get_legend_handles_labels()
            fig.legend(handles, labels, loc="outside right upper", title="condition")

    return Report(values, rows, draw, size=(7.0, 4.0))


def dimensionality_report(
    rates: xr.DataArray, window: Window, *, rng: np.random.Generator
) -> Report:
    """Participation ratio with its interval, and the components that hold 80, 90 and 95 %.

    Raises
    ------
    InputError
        As :func:`analyses.population.dimensionality.participation_ratio`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rates = labelled(np.random.default_rng(0).standard_normal((4, 10, 6)), np.arange(10))
    >>> found = dimensionality_report(rates, None, rng=np.random.default_rng(1))
    >>> found.values["components_for_80"]
    5
    """
    from analyses.population.bounds import interval
    from analyses.population.dimensionality import (
        components_for,
        cumulative_variance,
        participation_ratio,
        plot_variance,
    )

    rates = in_window(of_conditions(rates, "dimensionality"), window, "dimensionality")
    ratio = interval(participation_ratio, rates, rng=rng, limits=(1, rates.sizes["unit"]))
    held = interval(cumulative_variance, rates, rng=rng, limits=(0, 1))
    values = _with_interval("participation_ratio", ratio) | {
        f"components_for_{share}": components_for(rates, share / 100) for share in (80, 90, 95)
    }
    rows = [
        {"components": k + 1, "share": float(share), "low": float(low), "high": float(high)}
        for k, (share, low, high) in enumerate(zip(*map(np.atleast_1d, held), strict=True))
    ]
    return Report(
        values | {"n_units": rates.sizes["unit"]},
        rows,
        lambda fig: plot_variance(fig.subplots(), held),
    )


def tangling_report(
    rates: xr.DataArray, window: Window, *, rng: np.random.Generator, components: int = 8
) -> Report:
    """Mean, 90th percentile and maximum of Q, the percentile with its interval over units.

    Raises
    ------
    InputError
        As :func:`analyses.population.tangling.tangling`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rates = labelled(np.random.default_rng(0).standard_normal((4, 10, 8)), np.arange(10))
    >>> sorted(tangling_report(rates, None, rng=np.random.default_rng(1)).values)[:2]
    ['max', 'mean']
    """
    from analyses.figures.style import COLORS
    from analyses.population.bounds import interval
    from analyses.population.tangling import tangling

    rates = of_conditions(rates, "tangling")

    def ninetieth(population: xr.DataArray) -> float:
        Q = tangling(population, window=window, n_components=components)
        return float(np.percentile(Q, 90))

    Q = tangling(rates, window=window, n_components=components)
    values = {"mean": float(Q.mean()), "max": float(Q.max()), "units": Q.attrs["units"]}
    values |= _with_interval(
        "percentile_90", interval(ninetieth, rates, rng=rng, limits=(0, np.inf))
    )
    rows = [
        {"condition": str(one.condition.values), "mean": float(one.mean()), "max": float(one.max())}
        for one in Q
    ]

    def draw(fig: Any) -> None:
        ax = fig.subplots()
        ax.plot(Q.time, Q.T, color="0.7", lw=0.6)
        ax.plot(Q.time, Q.median("condition"), color=COLORS[0], label="median of conditions")
        ax.set(xlabel="time (ms)", ylabel="tangling ($1/s^2$)", ylim=(0, None))
        ax.legend()

    return Report(values, rows, draw)


def latency_report(
    rates: xr.DataArray,
    window: Window,
    *,
    rng: np.random.Generator,
    onset: float = 0.0,
    permutations: int = 1000,
    progress: bool = False,
) -> Report:
    """When the condition can first be read from single trials, with its interval over trials.

    Raises
    ------
    InputError
        Averages instead of trials, or as :func:`analyses.latency.decode`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> x = np.random.default_rng(0).standard_normal((40, 10, 5))
    >>> x[20:, 4:] += 3
    >>> rates = labelled(x, 10.0 * np.arange(10), condition=["a"] * 20 + ["b"] * 20, trials=True)
    >>> found = latency_report(rates, None, rng=np.random.default_rng(1), permutations=99)
    >>> found.values["latency_ms"]
    40.0
    """
    from analyses.latency import decode, latency, plot_decoding

    if "trial" not in rates.dims:
        raise InputError("latency: expected single trials with conditions, given averages")
    rates = in_window(of_trials(rates, "latency"), window, "latency")
    activity = rates.reset_coords(drop=True).assign_coords(
        category=("trial", rates["condition"].to_numpy().astype(str)),
        time=rates["time"].to_numpy().astype(float),
    )
    found = decode(activity, rng=rng, onset=onset, n_permutations=permutations, progress=progress)
    first = latency(found, rng=rng)
    values = _with_interval("latency_ms", first) | {
        "onset_ms": onset,
        "highest_accuracy": float(found.accuracy.max()),
        "chance_level": found.attrs["chance_level"],
        "threshold": found.attrs["threshold"],
        "n_trials": rates.sizes["trial"],
        "permutations": permutations,
    }

    def draw(fig: Any) -> None:
        ax = fig.subplots()
        plot_decoding(ax, found, first)
        ax.axhline(found.attrs["chance_level"], color="0.6", lw=0.6)
        ax.set(xlabel="time (ms)", ylabel="accuracy", ylim=(0, 1.02))

    return Report(values, [], draw)


def spectrum_report(recording: xr.Dataset, window: Window, *, resolution: float = 1.0) -> Report:
    """Power of each channel: share of each band, peak in beta, exponent of the aperiodic part.

    Raises
    ------
    InputError
        No signals, several series with different times, or as
        :func:`analyses.spectra.power_spectrum`.

    Examples
    --------
    >>> from neurosim.io.form import of_signals
    >>> noise = np.random.default_rng(0).standard_normal(4000)
    >>> beta = np.sin(2 * np.pi * 20 * np.arange(4000) / 1000)
    >>> recording = of_signals("", (noise + beta)[:, np.newaxis], np.arange(4000))
    >>> spectrum_report(recording, None).rows[0]["beta_peak_hz"]
    20.0
    """
    import json

    from analyses.spectra import (
        BETA,
        fit_aperiodic,
        peak_frequency,
        plot_spectrum,
        power_spectrum,
        relative_power,
    )

    check_positive("spectrum", "resolution", resolution)
    if "signals" not in recording:
        series = json.loads(recording.attrs.get("series", "[]"))
        known = ", ".join(each["name"] for each in series)
        choose = f"; choose one of its series with --series (known: {known})" if known else ""
        raise InputError(f"{_name(recording)}: no signals were read{choose}")
    signals = recording["signals"].rename(channel_unit="unit")
    signals = in_window(signals, window, "spectrum")
    spectra = power_spectrum(signals, resolution=resolution)
    if "trial" in spectra.dims:
        spectra = spectra.mean("trial", keep_attrs=True)
    highest = float(spectra["frequency"][-1])
    bands = {name: band for name, band in BANDS.items() if band[1] <= highest}
    whole = (APERIODIC[0], max((band[1] for band in bands.values()), default=0.0))
    rows = []

    def exponent(one: xr.DataArray) -> float:
        return fit_aperiodic(one, *whole, rhythms=[RHYTHMS]).exponent

    for channel in spectra["channel"].values:
        one = spectra.sel(channel=channel)
        row: dict[str, Any] = {
            "channel": str(channel),
            "unit": str(one["unit"].values),
        }
        for name, band in bands.items():
            row[name] = float(relative_power(one, *band, of=whole))
        row["beta_peak_hz"] = _or_none(partial(peak_frequency, one, *BETA))
        row["exponent"] = _or_none(partial(exponent, one))
        rows.append(row)
    values = {
        "duration_ms": float(signals["time"][-1] - signals["time"][0]),
        "resolution_hz": resolution,
        "highest_hz": highest,
    }

    def draw(fig: Any) -> None:
        ax = fig.subplots()
        ax.set_prop_cycle(color=_colors(spectra.sizes["channel"]))
        for channel in spectra["channel"].values:
            plot_spectrum(ax, spectra.sel(channel=channel), label=str(channel))
        fig.legend(loc="outside right upper")

    return Report(values, rows, draw, size=(5.0, 3.5))


def _colors(n: int) -> list[Any]:
    """Colours for so many lines, told apart with every kind of colour vision."""
    from matplotlib import colormaps

    from analyses.figures.style import COLORS

    return (
        list(COLORS[:n]) if n <= len(COLORS) else list(colormaps["viridis"](np.linspace(0, 0.9, n)))
    )


def _with_interval(name: str, found: Estimate) -> dict[str, Any]:
    value, low, high = (float(part) for part in found)
    return {name: value, f"{name}_interval": [low, high]}


def _or_none(measure: Callable[[], float]) -> float | None:
    """A number of a spectrum, None where it has none: no peak, too narrow a range."""
    try:
        return measure()
    except InputError:
        return None


def _name(recording: xr.Dataset) -> str:
    return str(recording.attrs.get("file", "recording"))
