"""``neurosim cite``: the papers behind a result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosim.cli.app import app
from neurosim.cli.output import of_file


@app.command()
def cite(
    file: Annotated[Path, typer.Argument(help="A result, NetCDF, or the folder of a sweep.")],
) -> None:
    """Print BibTeX of the papers behind what a result, or a sweep, was made with.

    For example:

      neurosim cite butterfly-arm-supertrex-seed0.nc > used.bib

      neurosim cite gain
    """
    import json

    from neurosim.bibliography import bibtex, papers
    from neurosim.errors import InputError
    from neurosim.recording import load

    if not file.is_dir():
        attributes = load(file).attrs
        with of_file(file):
            typer.echo(bibtex(papers(attributes)))
        return
    keys: set[str] = set()
    for record in sorted((file / "runs").glob("*.json")):
        try:
            keys.update(papers(json.loads(record.read_text())))
        except (InputError, ValueError):
            continue  # of a study that keeps no parameters, or damaged
    if not keys:
        raise InputError(f"{file}: expected a result or the folder of a sweep, with finished runs")
    typer.echo(bibtex(keys))
