"""What the commands of ``neurosim analyze`` share: options, reading, drawing, printing.

Annotations are objects here and in analyze.py, no strings: :func:`of_rates` hands them on to typer.
"""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.output import FIGURES, cell, check_outputs, parts, plain, span

if TYPE_CHECKING:
    import xarray as xr

    from analyses.reports import Report

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
Channel = Annotated[str | None, typer.Option(help="Channels, with commas between; default: all.")]
Series = Annotated[str | None, typer.Option(help="NWB: name of a continuous series.")]
Seed = Annotated[int, typer.Option(help="Of all random draws.", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Figure = Annotated[Path | None, typer.Option(help="Figure: png, pdf or svg.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing figure.")]


def of_rates(analysis: Callable[..., "Report"]) -> Callable[..., None]:
    """A command from an analysis of rates: it takes a file and the options of reading one.

    Parameters
    ----------
    analysis
        Of the rates and the window; what else it takes are options of its own. Its name and
        docstring are those of the command.
    """

    def command(
        *,
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
        **own: Any,
    ) -> None:
        check_outputs({figure: FIGURES}, force=force)
        from analyses.reports import rates_of
        from neurosim.io import load

        recording = aligned(load(file, condition=condition, units=units), window, event, around)
        rates = rates_of(recording, bin_ms=bin_, smooth_ms=smooth)
        found = analysis(rates, span("--window", window), **own)
        show(analysis.__name__, file, window, found, as_json, figure)

    file, span_, *shared, _ = inspect.signature(command).parameters.values()
    own = [each.replace(kind=file.kind) for each in inspect.signature(analysis).parameters.values()]
    # typer reads the signature, and the types from the annotations
    asked = [file, span_, *own[2:], *shared]
    command.__signature__ = inspect.Signature(asked)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in asked}
    command.__name__, command.__doc__ = analysis.__name__, analysis.__doc__
    return command


def aligned(
    recording: "xr.Dataset", window: str | None, event: str | None, around: str | None
) -> "xr.Dataset":
    """A recording as it is, or cut around an event.

    Raises
    ------
    InputError
        An event without the times around it, or those without an event.
    """
    from neurosim.errors import InputError
    from neurosim.io import align

    if event is None:
        if around is None:
            return recording
        if "spike_trial" not in recording:
            raise InputError("--around goes with --event")
        return recording.assign_attrs(window=span("--around", around))
    ends = span("--around", around) or span("--window", window)
    if ends is None:
        raise InputError("--event needs the times around it, in ms: --around A:B")
    return align(recording, parts(event), ends)


def show(
    name: str, file: Path, window: str | None, found: "Report", as_json: bool, figure: Path | None
) -> None:
    """Draw and print what was found."""
    if figure is not None:
        from analyses.figures.style import pyplot, save_figure

        plt = pyplot()
        fig = plt.figure(figsize=found.size, layout="constrained")
        found.draw(fig)
        save_figure(fig, figure)
        plt.close(fig)
    if as_json:
        told = {"analysis": name, "file": str(file), "window_ms": span("--window", window)}
        told |= found.values | {"rows": found.rows, "figure": str(figure) if figure else None}
        typer.echo(json.dumps(plain(told)))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    values = Table(show_header=False, box=None, pad_edge=False)
    for key, value in found.values.items():
        if not key.endswith("_interval"):
            ends = found.values.get(f"{key}_interval")
            reach = f"  ({cell(ends[0])} to {cell(ends[1])})" if ends else ""
            values.add_row(f"[bold]{key.replace('_', ' ')}[/bold]", cell(value) + reach)
    console.print(values)
    if found.rows:
        rows = Table(*(key.replace("_", " ") for key in found.rows[0]), box=None, pad_edge=False)
        for row in found.rows:
            rows.add_row(*map(cell, row.values()))
        console.print(rows)
    if figure is not None:
        typer.echo(f"wrote {figure}")


def generator(seed: int) -> Any:
    """The source of all random draws of a command."""
    import numpy as np

    return np.random.default_rng(seed)
