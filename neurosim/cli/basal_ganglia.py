"""``neurosim run basal-ganglia``: subthalamic nucleus and pallidum, with dopamine and without."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from neurosim.cli.output import FIGURES, draw, print_summary, summary


def basal_ganglia(
    dopamine: Annotated[float, typer.Option(help="From 0, all lost, to 1, healthy.")] = 1.0,
    stimulate: Annotated[
        float, typer.Option(help="Pulses in the STN, in Hz; 0: none.", metavar="HZ")
    ] = 0.0,
    duration: Annotated[float, typer.Option(help="What is recorded, in ms.")] = 5000.0,
    seed: Annotated[int, typer.Option(help="Of all random draws.", min=0)] = 0,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any other parameter, as cortical_input=1200 or recruited=0.2."),
    ] = None,
    target: Annotated[
        str, typer.Option(help="Code that Brian2 writes: auto, cython or numpy.")
    ] = "auto",
    out: Annotated[Path | None, typer.Option(help="Result, NetCDF.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Figure: png, pdf or svg.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Simulate the STN and the GPe in spikes: without dopamine beta arises, stimulation ends it.

    Without --out, --figure and --json, the result and its figure are written to
    basal-ganglia-seedN.nc and .png; otherwise only what is named is written. The first run takes
    half a minute more, to compile.

    For example:

      neurosim run basal-ganglia --dopamine 0

      neurosim run basal-ganglia --dopamine 0 --stimulate 130 --json

      neurosim run basal-ganglia --dopamine 0 --duration 60000 --out depleted.nc

      neurosim run butterfly-arm --perturb "recorded:1:depleted.nc@test"
    """
    from neurosim.errors import InputError
    from neurosim.files import check_ending, check_output
    from neurosim.overrides import check_known, parse, replaced
    from neurosim.recording import save
    from neurosim.spiking.basal_ganglia import BasalGanglia, simulate_basal_ganglia

    model = BasalGanglia(dopamine=dopamine, stimulation=stimulate)
    values = parse(set_ or [])
    for name in {"stn_gpe", "gpe_stn", "gpe_gpe", "share", "weight", "delay"} & values.keys():
        raise InputError(f"--set: '{name}' is of connections, which are changed in Python")
    check_known(values, model)
    model = replaced(model, values)
    stem = f"basal-ganglia-seed{seed}"
    if out is None and figure is None and not as_json:
        out, figure = Path(f"{stem}.nc"), Path(f"{stem}.png")
    for path, endings in ((out, (".nc",)), (figure, FIGURES)):
        if path is not None:
            check_ending(path, endings)
            check_output(path, force=force)

    shown = not quiet and sys.stderr.isatty()
    result = simulate_basal_ganglia(
        model, duration=duration, seed=seed, target=target, progress=shown
    )
    result.attrs["command"] = " ".join(["neurosim", *sys.argv[1:]])
    if out is not None:
        save(result, out)
    draw(result, figure, None, progress=shown)
    written = [str(path) for path in (out, figure) if path is not None]
    if as_json:
        typer.echo(json.dumps(summary(result) | {"written": written}))
    elif not quiet:
        print_summary(result)
        for name in written:
            typer.echo(f"wrote {name}")
