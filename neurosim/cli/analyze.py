"""``neurosim analyze``: one analysis of a recorded or simulated file; one command each."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from neurosim.cli.analyzing import (
    Around,
    AsJson,
    Channel,
    Event,
    Figure,
    File,
    Force,
    Seed,
    Series,
    Window,
    aligned,
    generator,
    of_rates,
    show,
)
from neurosim.cli.app import Named, app
from neurosim.cli.output import FIGURES, check_outputs, parts, span

if TYPE_CHECKING:
    import xarray as xr

    from analyses.reports import Report
    from analyses.reports import Window as Span

analyze = typer.Typer(
    cls=Named,
    no_args_is_help=True,
    help="Run one analysis on a recording or a result, print its numbers, draw it.\n\n"
    "Say what is in a file with `neurosim inspect FILE`.",
)
app.add_typer(analyze, name="analyze")


@analyze.command()
@of_rates
def jpca(
    rates: "xr.DataArray",
    window: "Span",
    components: Annotated[int, typer.Option(help="Principal components.", min=2)] = 6,
    surrogates: Annotated[
        int, typer.Option(help="Surrogates of the test; 0 for none.", min=0)
    ] = 1000,
    seed: Seed = 0,
) -> "Report":
    """Rotations of the population: R2, frequency, and a test against surrogates.

    Surrogates keep the means and covariances across times, units and conditions. Intervals are for
    another sample of units.

    For example:

      neurosim analyze jpca psth.npz --window 100:300

      neurosim analyze jpca spikes.nwb --event move_time --around -200:400 --window 0:200
    """
    from analyses.reports import jpca_report

    return jpca_report(
        rates,
        window,
        rng=generator(seed),
        components=components,
        surrogates=surrogates,
        progress=sys.stderr.isatty(),
    )


@analyze.command()
@of_rates
def psth(rates: "xr.DataArray", window: "Span") -> "Report":
    """Rates by condition, averaged over trials.

    For example:

      neurosim analyze psth spikes.nwb --event go_time --around -200:600 --figure psth.png
    """
    from analyses.reports import psth_report

    return psth_report(rates, window)


@analyze.command()
@of_rates
def dimensionality(rates: "xr.DataArray", window: "Span", seed: Seed = 0) -> "Report":
    """Participation ratio, and the variance that principal components hold.

    For example:

      neurosim analyze dimensionality psth.npz --window 0:400
    """
    from analyses.reports import dimensionality_report

    return dimensionality_report(rates, window, rng=generator(seed))


@analyze.command()
@of_rates
def tangling(
    rates: "xr.DataArray",
    window: "Span",
    components: Annotated[int, typer.Option(help="Principal components.", min=1)] = 8,
    seed: Seed = 0,
) -> "Report":
    """Trajectory tangling: whether nearby states move on in different directions.

    For example:

      neurosim analyze tangling psth.npz --figure tangling.pdf
    """
    from analyses.reports import tangling_report

    return tangling_report(rates, window, rng=generator(seed), components=components)


@analyze.command()
@of_rates
def latency(
    rates: "xr.DataArray",
    window: "Span",
    onset: Annotated[float, typer.Option(help="Time from which latency counts, in ms.")] = 0.0,
    permutations: Annotated[int, typer.Option(help="Shuffled labels.", min=1)] = 1000,
    seed: Seed = 0,
) -> "Report":
    """When the condition can be read from single trials.

    For example:

      neurosim analyze latency spikes.nwb --event cue_time --around -100:500 --condition target
    """
    from analyses.reports import latency_report

    return latency_report(
        rates,
        window,
        rng=generator(seed),
        onset=onset,
        permutations=permutations,
        progress=sys.stderr.isatty(),
    )


@analyze.command()
def onset(
    file: File,
    window: Annotated[
        str | None,
        typer.Option(help="From and to so many ms after the event movements are looked for."),
    ] = None,
    method: Annotated[str, typer.Option(help="threshold or extrapolation.")] = "threshold",
    threshold: Annotated[float, typer.Option(help="threshold: share of the peak speed.")] = 0.1,
    cutoff: Annotated[
        float | None, typer.Option(help="Low-pass filter before speed is taken, in Hz.")
    ] = None,
    channel: Channel = None,
    series: Series = None,
    event: Annotated[
        str | None,
        typer.Option(help="Event from which latency counts; default: go_time, or 0 ms."),
    ] = None,
    around: Annotated[
        str | None, typer.Option(help="Cut trials out of a session, from and to ms after --event.")
    ] = None,
    condition: Annotated[
        str | None, typer.Option(help="Column of trials that is their condition.")
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    figure: Figure = None,
    force: Force = False,
) -> None:
    """When the hand starts to move: latency from the go signal, with its interval over trials.

    Of a simulation the hand of the test trials, of a recording its channels, the coordinates of
    what moves. A recorded position is filtered before its speed is taken, see --cutoff.

    For example:

      neurosim analyze onset reaching-force-seed0.nc

      neurosim analyze onset monkey.nwb --series hand --event go_time --around -100:800 --cutoff 10
    """
    check_outputs({figure: FIGURES}, force=force)
    from analyses.onset_report import onset_report
    from neurosim.io import load

    recording = load(
        file,
        channels=None if channel is None else parts(channel),
        series=None if series is None else parts(series),
        condition=condition,
    )
    if around is not None:
        recording, event = aligned(recording, None, event, around), None
    found = onset_report(
        recording,
        span("--window", window),
        rng=generator(seed),
        event=event,
        cutoff=cutoff,
        method=method,
        threshold=threshold,
    )
    show("onset", file, window, found, as_json, figure)


@analyze.command()
def spectrum(
    file: File,
    window: Window = None,
    resolution: Annotated[float, typer.Option(help="Step between frequencies, in Hz.")] = 1.0,
    channel: Channel = None,
    series: Series = None,
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
    check_outputs({figure: FIGURES}, force=force)
    from analyses.reports import spectrum_report
    from neurosim.io import load

    recording = load(
        file,
        channels=None if channel is None else parts(channel),
        series=None if series is None else parts(series),
    )
    recording = aligned(recording, window, event, around)
    found = spectrum_report(recording, span("--window", window), resolution=resolution)
    show("spectrum", file, window, found, as_json, figure)
