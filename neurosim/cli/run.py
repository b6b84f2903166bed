"""``neurosim run``: one command a task."""

from __future__ import annotations

import typer

from neurosim.cli.app import Named, app
from neurosim.cli.basal_ganglia import basal_ganglia
from neurosim.cli.movement import movement
from neurosim.cli.occlusion import occlusion
from neurosim.cli.reaching import reaching
from neurosim.cli.rewarded import rewarded

MOVEMENTS = {
    "butterfly": "Draw a butterfly with the readout itself (task 1).",
    "butterfly-arm": "Draw a butterfly with a planar arm (tasks 2, 2' and the scaled arms).",
    "butterfly-arm-effort": "Draw with an arm whose joints cost effort to move (task 3).",
    "trace": "Draw a curve of your own, from a file.",
}


run = typer.Typer(
    cls=Named,
    no_args_is_help=True,
    help="Train a network on a task, test it, and show what it learned.\n\n"
    "For example: `neurosim run butterfly-arm`; `neurosim run butterfly-arm --help` lists what can "
    "be set.",
)
for _task, _help in MOVEMENTS.items():
    run.command(_task, short_help=_help)(movement)
run.command("reaching", short_help="Reach to targets after a delay.")(reaching)
run.command("rewarded-reaching", short_help="Reach by success and failure alone.")(rewarded)
run.command("occlusion", short_help="See whole objects in their parts, by attractor networks.")(
    occlusion
)
run.command("basal-ganglia", short_help="STN and GPe in spikes: beta without dopamine.")(
    basal_ganglia
)
app.add_typer(run, name="run")
