"""``neurosim inspect``: what a file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from neurosim.cli.app import app

SHOWN = 12
"""Names in a line; of more, the first ones and their number."""


@app.command()
def inspect(
    file: Annotated[
        Path, typer.Argument(help="NWB, BrainVision, BIDS folder, MATLAB, NPZ, CSV or NetCDF.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what a recording or result holds: sizes, units, conditions, events, sampling.

    For example:

      neurosim inspect recording.nwb

      neurosim inspect psth.npz --json
    """
    from neurosim.io import describe, load

    found = describe(load(file))
    if as_json:
        typer.echo(json.dumps(found))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    for name, text in _lines(found):
        table.add_row(f"[bold]{name}[/bold]", text)
    Console(highlight=False).print(table)


def _lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What is there, a line for each; what is not has none."""
    lines = [("file", f"{found['file']} ({found['format']})"), ("kind", found["kind"])]
    lines.append(("sizes", ", ".join(f"{dim} {n:,}" for dim, n in found["sizes"].items())))
    if found["task"]:
        lines.append(("simulation", f"{found['task']}, {found['rule']}, seed {found['seed']}"))
    if found["rate_units"]:
        stated = "no units stated" if found["rate_units"] == "1" else found["rate_units"]
        lines.append(("rates", stated))
    if found["start_ms"] is not None:
        lines.append(("times", f"{found['start_ms']:g} to {found['end_ms']:g} ms"))
    if found["interval_ms"]:
        step = found["interval_ms"]
        lines.append(("sampling", f"every {step:g} ms ({1000 / step:g} Hz)"))
    conditions = [f"{k} ({n} trials)" if n else k for k, n in found["conditions"].items()]
    channels = [_channel(each) for each in found["channels"]]
    series = [f"{each['name']} {_sampled(each)}" for each in found["series"]]
    events = [f"{name} ({n})" for name, n in found["events"].items()]
    missing = [f"{n:,} in {name}" for name, n in found["missing"].items()]
    for name, items in (
        ("conditions", conditions),
        ("columns of trials", found["columns"]),
        ("events", events),
        ("channels", channels),
        ("series", series),
        ("NaN", missing),
    ):
        if items:
            more = f", ... ({len(items)})" if len(items) > SHOWN else ""
            lines.append((name, ", ".join(items[:SHOWN]) + more))
    return lines


def _channel(each: dict[str, str]) -> str:
    about = ", ".join(each[key] for key in ("type", "unit") if each.get(key))
    return f"{each['name']} ({about})" if about else each["name"]


def _sampled(each: dict[str, Any]) -> str:
    shape = " x ".join(map(str, each["shape"]))
    step = each["interval_ms"]
    return f"({shape}, {f'{1000 / step:g} Hz' if step else 'uneven times'}, {each['unit']})"
