"""The command itself: what all its subcommands share."""

from __future__ import annotations

from typing import Annotated

import typer

DIVERGED = 3
"""Exit status of a run that diverged."""

INTERRUPTED = 130
"""Exit status after Ctrl-C."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Simulate reservoir models of the brain that learn movements.\n\n"
    "Start with `neurosim run butterfly-arm`; see `neurosim list` for what there is.",
)


@app.callback(invoke_without_command=True)
def _main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from neurosim.provenance import package_version

        typer.echo(package_version())
        raise typer.Exit
