"""What is printed and drawn of a result: the modules named after its kind know how."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

FIGURES = (".png", ".pdf", ".svg")
ANIMATIONS = (".gif",)


def draw(result: xr.Dataset, figure: Path | None, animate: Path | None, *, progress: bool) -> None:
    """Draw a result into the files that are named."""
    from neurosim.errors import InputError

    kind = result.attrs["kind"]
    if figure is not None:
        import_module(f"analyses.figures.{kind}").save_figure(result, figure)
    if animate is not None:
        if kind != "movement":
            raise InputError(f"--animate draws movements, not a result of kind '{kind}'")
        import_module("analyses.figures.animation").animate(result, animate, progress=progress)


def summary(result: xr.Dataset) -> dict[str, Any]:
    """What --json prints of a result: plain numbers, null where there is none."""
    found: dict[str, Any] = import_module(f"analyses.{result.attrs['kind']}").summary(result)
    return found


def print_summary(result: xr.Dataset) -> None:
    """Print a result for a person."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    for name, text in import_module(f"analyses.{result.attrs['kind']}").lines(result):
        table.add_row(f"[bold]{name}[/bold]", text)
    Console(highlight=False).print(table)
