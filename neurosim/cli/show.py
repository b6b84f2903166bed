"""``neurosim show``: a result again, without running."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from neurosim.cli.app import app
from neurosim.cli.output import ANIMATIONS, FIGURES, draw, lines, of_file, print_lines, summary


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A result, NetCDF.")],
    figure: Annotated[
        Path | None, typer.Option(help="Figure: png, pdf or svg; default: beside the file.")
    ] = None,
    animate: Annotated[Path | None, typer.Option(help="Animation of the drawing, gif.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the summary of a result and draw it again, without running.

    For example:

      neurosim show butterfly-arm-supertrex-seed0.nc --figure again.pdf

      neurosim show butterfly-arm-supertrex-seed0.nc --json
    """
    from neurosim.files import check_ending, check_output
    from neurosim.recording import load

    result = load(file)
    if figure is None and animate is None and not as_json:
        figure, force = file.with_suffix(".png"), True  # the result's own picture, drawn again
    for path, endings in ((figure, FIGURES), (animate, ANIMATIONS)):
        if path is not None:
            check_ending(path, endings)
            check_output(path, force=force)
    with of_file(file):
        told: Any = summary(result) if as_json else lines(result)  # before anything is written
        draw(result, figure, animate, progress=sys.stderr.isatty())
    if as_json:
        typer.echo(json.dumps(told))
        return
    print_lines(told)
    for path in (figure, animate):
        if path is not None:
            typer.echo(f"wrote {path}")
