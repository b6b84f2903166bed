"""``neurosim export``: a result in a format that other tools open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosim.cli.app import app
from neurosim.cli.output import of_file


@app.command()
def export(
    result: Annotated[Path, typer.Argument(help="A result, NetCDF.")],
    file: Annotated[Path, typer.Argument(help="What is written, NWB.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write a simulated result as NWB.

    For example:

      neurosim export butterfly-arm-supertrex-seed0.nc butterfly.nwb
    """
    from neurosim.files import check_ending, check_output
    from neurosim.io import write_nwb
    from neurosim.recording import load

    check_ending(file, (".nwb",))
    check_output(file, force=force)
    dataset = load(result)
    with of_file(result):
        write_nwb(dataset, file)
    typer.echo(f"wrote {file}")
