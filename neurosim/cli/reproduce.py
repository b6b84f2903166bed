"""``neurosim reproduce``: published tables again, ours beside theirs."""

from __future__ import annotations

import json
import sys
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from neurosim.cli.app import INTERRUPTED, app


@app.command()
def reproduce(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="sankar2021 or robust.")],
    rows: Annotated[
        str | None,
        typer.Option(help="Comma-separated: 2'-supertrex, 2', supertrex, segments, ..."),
    ] = None,
    presets: Annotated[
        str | None, typer.Option(help="Comma-separated: paper, replication, robust; default: all.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Seeds a row; default 11 (robust: 4).", min=1)
    ] = None,
    workers: Annotated[int, typer.Option(help="Parallel processes.", min=1)] = 2,
    out: Annotated[Path | None, typer.Option(help="Folder; default: the paper's name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Run a published table again and print ours beside theirs.

    sankar2021: the tables of the replication of SUPERTREX; the first one is about 200 runs of 40 s.
    robust: how the deviation depends on the constants of the preset of that name, 64 runs.

    Finished runs are kept in the folder; when the same command is given again, only what is missing
    is run.

    For example:

      neurosim reproduce sankar2021

      neurosim reproduce sankar2021 --rows "2'-supertrex,3-supertrex" --presets robust --seeds 3

      neurosim reproduce robust --out docs/robust
    """
    from importlib import import_module

    from analyses.figures import STUDIES
    from neurosim.errors import InputError, suggest
    from neurosim.files import check_folder

    if study not in STUDIES:
        raise suggest(study, tuple(STUDIES), what="study")
    options: dict[str, Any] = {"workers": workers, "progress": not quiet and sys.stderr.isatty()}
    if seeds is not None:
        options["seeds"] = seeds
    if study == "sankar2021":
        options |= {"rows": rows, "presets": presets}
    elif rows or presets:
        raise InputError(f"--rows and --presets go with sankar2021, not '{study}'")
    folder = check_folder(out or Path(study))
    module = import_module(f"analyses.figures.{study}")
    try:
        table = module.reproduce(out=folder, **options)
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted; finished runs are kept in {folder}, give the same command again to "
            "go on",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        typer.echo(json.dumps({"study": study, "rows": _without_nan(table), "out": str(folder)}))
    elif not quiet:
        _print_table(table)
        typer.echo(f"wrote the table to {folder}")


def _without_nan(table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in line.items()}
        for line in table
    ]


def _print_table(table: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(*(name.replace("_", " ") for name in table[0]), box=None, pad_edge=False)
    for line in table:
        shown.add_row(*map(_cell, line.values()))
    Console(highlight=False, width=max(120, Console().width)).print(shown)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
