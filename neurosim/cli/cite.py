"""``neurosim cite``: the papers behind a result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosim.cli.app import app


@app.command()
def cite(file: Annotated[Path, typer.Argument(help="A result, NetCDF.")]) -> None:
    """Print BibTeX of the papers whose models a result was made with.

    For example:

      neurosim cite butterfly-arm-supertrex-seed0.nc > used.bib
    """
    from neurosim.bibliography import bibtex
    from neurosim.recording import load

    typer.echo(bibtex(load(file).attrs["references"].split()))
