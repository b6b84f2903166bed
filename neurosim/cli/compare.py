"""``neurosim compare``: a simulated and a recorded population side by side."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.app import app
from neurosim.cli.output import FIGURES, check_outputs, span

if TYPE_CHECKING:
    from analyses.intervals import Estimate
    from analyses.population.comparison import Comparison


@app.command()
def compare(
    model: Annotated[Path, typer.Argument(help="Result of a run that recorded rates, .nc.")],
    data: Annotated[Path, typer.Argument(help="Recording: .nwb, .mat, .npz, .csv or .nc.")],
    window: Annotated[
        str | None, typer.Option(help="First and last time compared, as A:B in ms; default: all.")
    ] = None,
    untrained: Annotated[
        Path | None, typer.Option(help="The same network untrained, .nc: a floor.")
    ] = None,
    model_event: Annotated[
        str | None, typer.Option(help="Event of its trials from which the model's times count.")
    ] = None,
    data_event: Annotated[
        str | None, typer.Option(help="Event of its trials from which the recording's times count.")
    ] = None,
    pairing: Annotated[
        str | None,
        typer.Option(help="Of conditions: names, order or best; default: names if there are."),
    ] = None,
    draws: Annotated[int, typer.Option(help="Resamples, halvings, surrogates.", min=2)] = 100,
    seed: Annotated[int, typer.Option(help="Of all random draws.", min=0)] = 0,
    figure: Annotated[Path | None, typer.Option(help="Figure: png, pdf or svg.")] = None,
    table: Annotated[Path | None, typer.Option(help="Table, CSV.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Set a simulated population beside a recorded one: dimensions, rotation, tangling, likeness.

    Both are put on the times of the coarser one and on as many conditions and units; where that
    needs a choice, numbers are means over random choices. Each has an interval (95 %), a ceiling
    (halves of the recording) and floors (surrogates of it, and an untrained network).

    For example:

      neurosim compare reach.nc psth.npz --window 100:300 --figure compare.png

      neurosim compare reach.nc monkey.nwb --model-event go --data-event go_time --json
    """
    import numpy as np

    from analyses.figures.comparison import save_figure
    from analyses.figures.table import write_csv
    from analyses.population.compare import compare as side_by_side
    from analyses.population.reading import population

    written = check_outputs({table: (".csv",), figure: FIGURES}, force=force)
    found = side_by_side(
        population(model, event=model_event),
        population(data, event=data_event),
        rng=np.random.default_rng(seed),
        window=span("--window", window),
        untrained=None if untrained is None else population(untrained, event=model_event),
        pairing=pairing,
        n=draws,
        progress=not quiet and sys.stderr.isatty(),
    )
    if table is not None:
        write_csv(table, found.lines())
    if figure is not None:
        save_figure(found, figure)
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "model": str(model),
                    "data": str(data),
                    "window": found.window,
                    "interval": found.interval,
                    "conditions": found.conditions,
                    "pairing": found.pairing,
                    "seed": seed,
                    "draws": draws,
                    "rows": found.lines(),
                    "written": written,
                }
            )
        )
    elif not quiet:
        _print(found)
        for name in written:
            typer.echo(f"wrote {name}")


def _print(found: Comparison) -> None:
    from rich.console import Console
    from rich.table import Table

    trained = any(row.untrained is not None for row in found.rows)
    columns = ["measure", "units", "model", "recording", "ceiling", "max. entropy", "shuffled"]
    shown = Table(box=None, pad_edge=False)
    for name in [*columns, *["untrained"] * trained]:
        shown.add_column(name, no_wrap=True)
    for row in found.rows:
        name, unit, *_ = row.measure
        shown.add_row(
            name if unit == "1" else f"{name} ({unit})",
            str(row.units),
            *(_measured(each) for each in (row.model, row.recording)),
            *(_range(each) for each in (row.ceiling, row.maximum_entropy, row.shuffled)),
            *[_measured(row.untrained)] * trained,
        )
    low, high = found.window
    console = Console(highlight=False, width=max(120, Console().width))
    console.print(
        f"{found.conditions} conditions, paired by {found.pairing}; {low:g} to {high:g} ms, every "
        f"{found.interval:g} ms; halves of {found.rows[0].ceiling_units} units"
    )
    console.print(shown)


def _measured(each: Estimate | None) -> str:
    """A value and how far its interval reaches; a side that is cut at a limit is the shorter."""
    if each is None:
        return ""
    reach = max(each.value - each.low, each.high - each.value)
    return f"{_short(each.value)} ± {_short(reach)}"


def _range(each: Estimate) -> str:
    return f"{_short(each.low)} to {_short(each.high)}"


def _short(number: Any) -> str:
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.2g}"
