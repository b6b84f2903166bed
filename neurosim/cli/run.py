"""``neurosim run``: one command a task."""

from __future__ import annotations

from typing import Any

import typer
import typer.core

from neurosim.cli.app import app
from neurosim.cli.movement import movement
from neurosim.cli.occlusion import occlusion
from neurosim.errors import suggest

MOVEMENTS = {
    "butterfly": "Draw a butterfly with the readout itself (task 1).",
    "butterfly-arm": "Draw a butterfly with a planar arm (tasks 2, 2' and the scaled arms).",
    "butterfly-arm-effort": "Draw with an arm whose joints cost effort to move (task 3).",
    "trace": "Draw a curve of your own, from a file.",
}


class _Tasks(typer.core.TyperGroup):
    """Commands named after tasks; an unknown one is answered with the nearest."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise suggest(args[0], self.commands)
        return super().resolve_command(ctx, args)


run = typer.Typer(
    cls=_Tasks,
    no_args_is_help=True,
    help="Train a network on a task, test it, and show what it learned.\n\n"
    "For example: `neurosim run butterfly-arm`; `neurosim run butterfly-arm --help` lists what can "
    "be set.",
)
for _task, _help in MOVEMENTS.items():
    run.command(_task, short_help=_help)(movement)
run.command("occlusion", short_help="See whole objects in their parts, by attractor networks.")(
    occlusion
)
app.add_typer(run, name="run")
