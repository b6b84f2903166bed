"""``neurosim analyze``: one analysis of a recorded or simulated file; one command each."""

from __future__ import annotations

import json
import sys
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.app import Named, app
from neurosim.cli.output import FIGURES

if TYPE_CHECKING:
    import xarray as xr

    from analyses.reports import Report

analyze = typer.Typer(
    cls=Named,
    no_args_is_help=True,
    help="Run one analysis on a recording or a result, print its numbers, draw it.\n\n"
    "Say what is in a file with `neurosim inspect FILE`.",
)
app.add_typer(analyze, name="analyze")

File = Annotated[Path, typer.Argument(help="NWB, BrainVision, BIDS, MATLAB, NPZ, CSV, NetCDF.")]
Window = Annotated[
    str | None, typer.Option(help="First and last time that are analysed, in ms, as 100:300.")
]
Event = Annotated[
    str | None, typer.Option(help="Cut trials around this event; several with commas between.")
]
Around = Annotated[
    str | None, typer.Option(help="From and to so many ms after --event; default: --window.")
]
Condition = Annotated[str | None, typer.Option(help="Column of trials that is their condition.")]
Units = Annotated[str | None, typer.Option(help="Of rates, where the file does not say.")]
Bin = Annotated[float | None, typer.Option("--bin", help="Width of bins of spikes, ms; 10.")]
Smooth = Annotated[
    float | None,
    typer.Option("--smooth", help="Gaussian over trials, standard deviation in ms; spikes: 20."),
]
Seed = Annotated[int, typer.Option(help="Of all random draws.", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Figure = Annotated[Path | None, typer.Option(help="Figure: png, pdf or svg.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing figure.")]


@analyze.command()
def jpca(
    file: File,
    window: Window = None,
    components: Annotated[int, typer.Option(help="Principal components.", min=2)] = 6,
    surrogates: Annotated[
        int, typer.Option(help="Surrogates of the test; 0 for none.", min=0)
    ] = 1000,
    event: Event = None,
    around: Around = None,
    condition: Condition = None,
    units: Units = None,
    bin_: Bin = None,
    smooth: Smooth = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    figure: Figure = None,
    force: Force = False,
) -> None:
    """Rotations of the population: R2, frequency, and a test against surrogates.

    Surrogates keep the means and covariances across times, units and conditions. Intervals are for
    another sample of units.

    For example:

      neurosim analyze jpca psth.npz --window 100:300

      neurosim analyze jpca spikes.nwb --event move_time --around -200:400 --window 0:200
    """
    _check(figure, force)
    from analyses.reports import jpca_report

    rates = _rates(file, window, event, around, condition, units, bin_, smooth)
    found = jpca_report(
        rates,
        _span("--window", window),
        rng=_rng(seed),
        components=components,
        surrogates=surrogates,
        progress=sys.stderr.isatty(),
    )
    _show("jpca", file, window, found, as_json, figure)


@analyze.command()
def psth(
    file: File,
    window: Window = None,
    event: Event = None,
    around: Around = None,
    condition: Condition = None,
    units: Units = None,
    bin_: Bin = None,
    smooth: Smooth = None,
    as_json: AsJson = False,
    figure: Figure = None,
    force: Force = False,
) -> None:
    """Rates by condition, averaged over trials.

    For example:

      neurosim analyze psth spikes.nwb --event go_time --around -200:600 --figure psth.png
    """
    _check(figure, force)
    from analyses.reports import psth_report

    rates = _rates(file, window, event, around, condition, units, bin_, smooth)
    _show("psth", file, window, psth_report(rates, _span("--window", window)), as_json, figure)


@analyze.command()
def dimensionality(
    file: File,
    window: Window = None,
    event: Event = None,
    around: Around = None,
    condition: Condition = None,
    units: Units = None,
    bin_: Bin = None,
    smooth: Smooth = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    figure: Figure = None,
    force: Force = False,
) -> None:
    """Participation ratio, and the variance that principal components hold.

    For example:

      neurosim analyze dimensionality psth.npz --window 0:400
    """
    _check(figure, force)
    from analyses.reports import dimensionality_report

    rates = _rates(file, window, event, around, condition, units, bin_, smooth)
    found = dimensionality_report(rates, _span("--window", window), rng=_rng(seed))
    _show("dimensionality", file, window, found, as_json, figure)


@analyze.command()
def tangling(
    file: File,
    window: Window = None,
    components: Annotated[int, typer.Option(help="Principal components.", min=1)] = 8,
    event: Event = None,
    around: Around = None,
    condition: Condition = None,
    units: Units = None,
    bin_: Bin = None,
    smooth: Smooth = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    figure: Figure = None,
    force: Force = False,
) -> None:
    """Trajectory tangling: whether nearby states move on in different directions.

    For example:

      neurosim analyze tangling psth.npz --figure tangling.pdf
    """
    _check(figure, force)
    from analyses.reports import tangling_report

    rates = _rates(file, window, event, around, condition, units, bin_, smooth)
    found = tangling_report(rates, _span("--window", window), rng=_rng(seed), components=components)
    _show("tangling", file, window, found, as_json, figure)


@analyze.command()
def latency(
    file: File,
    window: Window = None,
    onset: Annotated[float, typer.Option(help="Time from which latency counts, in ms.")] = 0.0,
    permutations: Annotated[int, typer.Option(help="Shuffled labels.", min=1)] = 1000,
    event: Event = None,
    around: Around = None,
    condition: Condition = None,
    units: Units = None,
    bin_: Bin = None,
    smooth: Smooth = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    figure: Figure = None,
    force: Force = False,
) -> None:
    """When the condition can be read from single trials.

    For example:

      neurosim analyze latency spikes.nwb --event cue_time --around -100:500 --condition target
    """
    _check(figure, force)
    from analyses.reports import latency_report

    rates = _rates(file, window, event, around, condition, units, bin_, smooth)
    found = latency_report(
        rates,
        _span("--window", window),
        rng=_rng(seed),
        onset=onset,
        permutations=permutations,
        progress=sys.stderr.isatty(),
    )
    _show("latency", file, window, found, as_json, figure)


@analyze.command()
def spectrum(
    file: File,
    window: Window = None,
    channel: Annotated[
        str | None, typer.Option(help="Channels, with commas between; default: all.")
    ] = None,
    series: Annotated[str | None, typer.Option(help="NWB: name of a continuous series.")] = None,
    resolution: Annotated[float, typer.Option(help="Step between frequencies, in Hz.")] = 1.0,
    event: Event = None,
    around: Around = None,
    as_json: AsJson = False,
    figure: Figure = None,
    force: Force = False,
) -> None:
    """Power spectra of channels: shares of bands, peak in beta, aperiodic exponent.

    For example:

      neurosim analyze spectrum recording.vhdr --channel LFP_RIGHT_0 --figure spectrum.png
    """
    _check(figure, force)
    from analyses.reports import spectrum_report
    from neurosim.io import load

    recording = load(file, channels=_parts(channel), series=_parts(series))
    recording = _aligned(recording, window, event, around)
    found = spectrum_report(recording, _span("--window", window), resolution=resolution)
    _show("spectrum", file, window, found, as_json, figure)


def _rates(
    file: Path,
    window: str | None,
    event: str | None,
    around: str | None,
    condition: str | None,
    units: str | None,
    bin_ms: float | None,
    smooth_ms: float | None,
) -> xr.DataArray:
    """Rates of a file, cut around events where that is asked for."""
    from analyses.reports import rates_of
    from neurosim.io import load

    recording = load(file, condition=condition, units=units)
    recording = _aligned(recording, window, event, around)
    return rates_of(recording, bin_ms=bin_ms, smooth_ms=smooth_ms)


def _aligned(
    recording: xr.Dataset, window: str | None, event: str | None, around: str | None
) -> xr.Dataset:
    from neurosim.errors import InputError
    from neurosim.io import align

    if event is None:
        if around is None:
            return recording
        if "spike_trial" not in recording:
            raise InputError("--around goes with --event")
        return recording.assign_attrs(window=_span("--around", around))
    span = _span("--around", around) or _span("--window", window)
    if span is None:
        raise InputError("--event needs the times around it, in ms: --around A:B")
    return align(recording, _parts(event) or [], span)


def _span(name: str, text: str | None) -> tuple[float, float] | None:
    """Two times in ms from A:B."""
    from neurosim.errors import InputError

    if text is None:
        return None
    try:
        start, stop = (float(part) for part in text.split(":"))
    except ValueError:
        start = stop = float("nan")
    if not (isfinite(start) and isfinite(stop) and start < stop):
        raise InputError(
            f"{name}: expected two times in ms from lower to higher, as 100:300, given '{text}'"
        )
    return start, stop


def _parts(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",")]


def _rng(seed: int) -> Any:
    import numpy as np

    return np.random.default_rng(seed)


def _check(figure: Path | None, force: bool) -> None:
    from neurosim.files import check_ending, check_output

    if figure is not None:
        check_ending(figure, FIGURES)
        check_output(figure, force=force)


def _show(
    name: str, file: Path, window: str | None, found: Report, as_json: bool, figure: Path | None
) -> None:
    """Draw and print what was found."""
    if figure is not None:
        from analyses.figures.style import pyplot, save_figure

        plt = pyplot()
        fig = plt.figure(figsize=found.size, layout="constrained")
        found.draw(fig)
        save_figure(fig, figure)
        plt.close(fig)
    span = _span("--window", window)
    if as_json:
        told: dict[str, Any] = {"analysis": name, "file": str(file), "window_ms": span}
        told |= found.values | {"rows": found.rows, "figure": str(figure) if figure else None}
        typer.echo(json.dumps(_plain(told)))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    values = Table(show_header=False, box=None, pad_edge=False)
    for key, value in found.values.items():
        if not key.endswith("_interval"):
            ends = found.values.get(f"{key}_interval")
            reach = f"  ({_cell(ends[0])} to {_cell(ends[1])})" if ends else ""
            values.add_row(f"[bold]{key.replace('_', ' ')}[/bold]", _cell(value) + reach)
    console.print(values)
    if found.rows:
        rows = Table(*(key.replace("_", " ") for key in found.rows[0]), box=None, pad_edge=False)
        for row in found.rows:
            rows.add_row(*map(_cell, row.values()))
        console.print(rows)
    if figure is not None:
        typer.echo(f"wrote {figure}")


def _plain(value: Any) -> Any:
    """Values as JSON has them: null for what is no number."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
