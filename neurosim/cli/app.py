"""The command itself: what all its subcommands share."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import typer.core

from neurosim.errors import suggest

DIVERGED = 3
"""Exit status of a run that diverged."""

INTERRUPTED = 130
"""Exit status after Ctrl-C."""


class Named(typer.core.TyperGroup):
    """Commands named after what they run; an unknown one is answered with the nearest."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            what = {"run": "task", "reproduce": "study", "analyze": "analysis"}.get(
                str(ctx.info_name), "command"
            )
            raise suggest(args[0], self.commands, what=what)
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Named,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Simulate reservoir and recurrent models of the brain.\n\n"
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
