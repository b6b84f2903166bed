"""``neurosim fit``: search parameters of a network for the best match to a recorded population."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.app import INTERRUPTED, app
from neurosim.cli.output import FIGURES, cell, check_outputs, parts, plain, span

if TYPE_CHECKING:
    from analyses.fit import Found, Fresh, Range


@app.command()
def fit(
    data: Annotated[Path, typer.Argument(help="Recording: .nwb, .mat, .npz, .csv or .nc.")],
    measures: Annotated[
        str | None,
        typer.Option(
            help="Comma-separated: jpca, dimensionality, tangling, cca, procrustes, cka, rsa, "
            "decoding, path; default: jpca, and path with a rule that learns."
        ),
    ] = None,
    parameters: Annotated[
        str,
        typer.Option(help="Comma-separated: gain, time_constant, ...; or with a range, gain=1:2."),
    ] = "gain,time_constant,input_scale",
    rule: Annotated[str, typer.Option(help="untrained, force, rmhl or supertrex.")] = "untrained",
    shown_until: Annotated[
        str, typer.Option(help="The target is shown to the network until: end or go.")
    ] = "end",
    units: Annotated[int, typer.Option(help="Units of the network.", min=1)] = 200,
    train_trials: Annotated[int, typer.Option(help="Training trials of each network.", min=1)] = 40,
    networks: Annotated[
        int, typer.Option(help="Networks drawn for each set of parameters.", min=1)
    ] = 3,
    trials: Annotated[
        int, typer.Option(help="Sets of parameters in all, by all processes.", min=1)
    ] = 100,
    fresh: Annotated[
        int,
        typer.Option(
            help="Networks drawn anew with what was found: how many are as the recording.", min=0
        ),
    ] = 0,
    sampler: Annotated[str, typer.Option(help="tpe or cmaes.")] = "tpe",
    window: Annotated[
        str | None, typer.Option(help="First and last time matched, as A:B in ms; default: all.")
    ] = None,
    data_event: Annotated[
        str | None, typer.Option(help="Event of its trials from which the recording's times count.")
    ] = None,
    storage: Annotated[
        Path | None, typer.Option(help="SQLite file of the search; default: fit-DATA.db.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of networks and search.", min=0)] = 0,
    figure: Annotated[
        Path | None, typer.Option(help="Profiles of the parameters: png, pdf or svg.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing figure.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Search the parameters with which a reaching network moves most as a recording does.

    The least is sought of the sum over all measures of z^2, z being the difference of network and
    recording in standard deviations of the recording over units drawn again; of measures of
    likeness it counts how far a network falls short of the recording's halves, and of path each 5 %
    of the targets' distance by which the hand misses its path. So a network that moves as the
    recording but does not reach is not found.

    Every second condition is held out and only reported on, in all measures. The search is kept in
    a file: given again after it was stopped, the same command goes on, and given in several
    terminals they share the work.

    For example:

      neurosim fit psth.npz --window 100:300 --measures jpca --trials 200

      neurosim fit psth.npz --rule force --parameters gain=0.8:2,time_constant=5:50 --json

      neurosim fit psth.npz --rule force --shown-until go --measures jpca,path --fresh 10
    """
    import numpy as np

    from analyses.fit import Target, fresh_networks, require_optuna, search
    from analyses.population.reading import population
    from analyses.reaching_model import Reacher
    from neurosim.provenance import fingerprint

    check_outputs({figure: FIGURES}, force=force)
    require_optuna(sampler)
    reacher = Reacher(rule, n_units=units, train_trials=train_trials, shown_until=shown_until)
    space = _space(parameters, reacher)
    target = Target(
        population(data, event=data_event),
        parts(measures or ("jpca" if rule == "untrained" else "jpca,path")),
        window=span("--window", window),
        rng=np.random.default_rng(0),  # the same target for all seeds of the search
    )
    reacher = reacher.like(target.rates)
    path = storage or Path(f"fit-{data.stem}.db")
    shown = not quiet and sys.stderr.isatty()
    drawn = None
    try:
        found = search(
            target,
            reacher,
            space,
            storage=path,
            name=fingerprint(reacher),
            trials=trials,
            sampler=sampler,
            networks=networks,
            seed=seed,
            progress=shown,
        )
        if fresh:
            seeds = range(seed + networks, seed + networks + fresh)
            drawn = fresh_networks(target, reacher, found.best, seeds, progress=shown)
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted; what was tried is kept in {path}, give the same command again to go on",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    if figure is not None:
        _draw(found, space, figure)
    if as_json:
        told = _told(found, drawn) | {"data": str(data), "rule": rule, "storage": str(path)}
        told |= {"seed": seed, "figure": str(figure) if figure else None}
        typer.echo(json.dumps(plain(told)))
    elif not quiet:
        _print(found, drawn)
        typer.echo(f"kept in {path}" + (f"; wrote {figure}" if figure else ""))


def _space(text: str, reacher: Any) -> dict[str, Range]:
    """``"gain,noise=0:0.1"`` as ranges."""
    from analyses.fit import Range
    from analyses.reaching_model import RANGES, SHORT
    from neurosim.errors import InputError, suggest

    space: dict[str, Range] = {}
    for part in text.split(","):
        given, equals, limits = part.strip().partition("=")
        name = SHORT.get(given, given)
        if name not in (known := reacher.parameters()):
            raise suggest(given, known, what="parameter")
        if name in space:
            raise InputError(f"--parameters: '{name}' is given twice")
        if not equals:
            if name not in RANGES:
                raise InputError(f"--parameters: give a range for {name}, as {name}=1:2")
            space[name] = RANGES[name]
            continue
        try:
            low, high = map(float, limits.split(":"))
        except ValueError:
            raise InputError(
                f"--parameters: expected {name}=LOW:HIGH, given '{part.strip()}'"
            ) from None
        space[name] = Range(low, high, log=low > 0 and name in RANGES and RANGES[name].log)
    return space


def _told(found: Found, drawn: Fresh | None) -> dict[str, Any]:
    """What --json prints."""
    return {
        "best": found.best,
        "misfit": found.misfit,
        "held_out_misfit": found.held_out,
        "trials": found.trials,
        "failed": found.failed,
        "measures": found.measures,
        "importance": found.importance,
        "profiles": {
            name: {
                "low": profile.low,
                "high": profile.high,
                "edges": profile.edges.tolist(),
                "misfit": profile.misfit.tolist(),
            }
            for name, profile in found.profiles.items()
        },
        "fresh": None if drawn is None else drawn._asdict(),
    }


def _print(found: Found, drawn: Fresh | None) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, width=max(110, Console().width))
    console.print(
        f"misfit {found.misfit:.3g} in training conditions, {found.held_out:.3g} in held-out ones, "
        f"of {len(found.measures)} measures; {found.trials} sets tried, {found.failed} not measured"
    )
    table = Table("parameter", "best", "interval", "searched", "importance", box=None,
                  pad_edge=False)  # fmt: skip
    for name, profile in found.profiles.items():
        share = found.importance.get(name)
        table.add_row(
            name,
            f"{found.best[name]:.3g}",
            f"{profile.low:.3g} to {profile.high:.3g}",
            f"{profile.edges[0]:.3g} to {profile.edges[-1]:.3g}",
            "" if share is None else f"{share:.2f}",
        )
    console.print(table)
    table = Table("measure", "recording", "model", "held-out recording", "held-out model",
                  box=None, pad_edge=False)  # fmt: skip
    for line in found.measures:
        table.add_row(
            line["measure"],
            f"{line['recording']:.3g} ± {line['deviation']:.2g}",
            f"{line['model']:.3g}",
            f"{line['held_out_recording']:.3g} ± {line['held_out_deviation']:.2g}",
            f"{line['held_out_model']:.3g}",
        )
    console.print(table)
    if drawn is None:
        return
    n = len(drawn.seeds) - len(drawn.refused)
    console.print(
        f"{drawn.inside} of {n} networks that were drawn anew lie within the recording's interval "
        f"in all measures matched ({len(drawn.refused)} not measured)"
    )
    table = Table("measure", "matched", "recording", "interval", "networks", "inside", box=None,
                  pad_edge=False)  # fmt: skip
    for line in drawn.measures:
        table.add_row(
            line["measure"],
            "yes" if line["matched"] else "no",
            cell(line["recording"]),
            f"{line['low']:.3g} to {line['high']:.3g}",
            f"{min(line['networks']):.3g} to {max(line['networks']):.3g}",
            f"{line['inside']} of {n}",
        )
    console.print(table)


def _draw(found: Found, space: dict[str, Range], path: Path) -> None:
    from analyses.figures import style
    from analyses.fit import plot_profile

    plt = style.pyplot()
    fig, panels = plt.subplots(
        1, len(space), figsize=(2.3 * len(space), 2.2), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for ax, (name, limits) in zip(panels[0], space.items(), strict=True):
        plot_profile(ax, name, found.profiles[name], log=limits.log)
        ax.label_outer()
    style.save_figure(fig, path)
    plt.close(fig)
