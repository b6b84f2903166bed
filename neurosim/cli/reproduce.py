"""``neurosim reproduce``: published tables again, ours beside theirs; one command a study."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from neurosim.cli.app import INTERRUPTED, Named, app

reproduce = typer.Typer(
    cls=Named,
    no_args_is_help=True,
    help="Run a published table again and print ours beside theirs.\n\n"
    "Finished runs are kept in the folder; when the same command is given again, only what is "
    "missing is run.",
)
app.add_typer(reproduce, name="reproduce")

Table = list[dict[str, Any]]
Seeds = Annotated[int, typer.Option(help="Seeds of every row.", min=1)]
Workers = Annotated[int, typer.Option(help="Parallel processes.", min=1)]
Out = Annotated[Path | None, typer.Option(help="Folder; default: the study's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


@reproduce.command()
def sankar2021(
    rows: Annotated[
        str | None,
        typer.Option(help="Comma-separated: 2'-supertrex, 2', supertrex, segments, ..."),
    ] = None,
    presets: Annotated[
        str | None, typer.Option(help="Comma-separated: paper, replication, robust; default: all.")
    ] = None,
    seeds: Seeds = 11,
    workers: Workers = 2,
    out: Out = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Tables of Sankar et al. 2021, the replication of SUPERTREX: 198 runs, an hour on two cores.

    For example:

      neurosim reproduce sankar2021

      neurosim reproduce sankar2021 --rows "2'-supertrex,3-supertrex" --presets robust --seeds 3
    """

    def run(folder: Path, progress: bool) -> Table:
        from analyses.figures.sankar2021 import reproduce

        return reproduce(rows, presets, seeds=seeds, workers=workers, out=folder, progress=progress)

    _study("sankar2021", run, out, as_json, quiet)


@reproduce.command()
def pyle2019(
    figures: Annotated[
        str | None, typer.Option(help="Comma-separated: learning, state; default: all.")
    ] = None,
    seeds: Seeds = 11,
    workers: Workers = 2,
    out: Out = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Figures of Pyle & Rosenbaum 2019: three rules on three tasks, and state information.

    128 runs, an hour on two cores; `state` alone a quarter of that. For the disrupted learning of
    the paper: `neurosim reproduce parkinson`.

    For example:

      neurosim reproduce pyle2019 --figures state --seeds 3
    """

    def run(folder: Path, progress: bool) -> Table:
        from analyses.figures.pyle2019 import reproduce

        return reproduce(figures, seeds=seeds, workers=workers, out=folder, progress=progress)

    _study("pyle2019", run, out, as_json, quiet)


@reproduce.command()
def robust(
    seeds: Seeds = 4,
    workers: Workers = 2,
    out: Out = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """How the deviation depends on the constants of the robust preset: 72 runs, half an hour.

    For example:

      neurosim reproduce robust --out docs/robust
    """

    def run(folder: Path, progress: bool) -> Table:
        from analyses.figures.robust import reproduce

        return reproduce(seeds=seeds, workers=workers, out=folder, progress=progress)

    _study("robust", run, out, as_json, quiet)


@reproduce.command()
def tang2018(
    data: Annotated[Path, typer.Option(help="Folder with the released trials and answers.")],
    images: Annotated[
        int, typer.Option(help="Objects that our network completes; 0: all 325.", min=0)
    ] = 60,
    seed: Annotated[int, typer.Option(help="Of all random draws.", min=0)] = 0,
    out: Out = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """People and models of Tang et al. 2018 from the released trials, and our network on fc7.

    A minute. Printed are the lines that have a published number; table.csv has all.

    For example:

      neurosim reproduce tang2018 --data occlusion_psychophysics
    """

    def run(folder: Path, progress: bool) -> Table:
        from analyses.figures.tang2018 import reproduce

        return reproduce(data=data, out=folder, seed=seed, images=images or None, progress=progress)

    _study("tang2018", run, out, as_json, quiet, shown=lambda line: line["published"] is not None)


@reproduce.command()
def occlusion(
    seeds: Seeds = 3,
    workers: Workers = 2,
    out: Out = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Every attractor network on every front-end, for familiar and novel digits.

    24 runs, twenty minutes on two cores.

    For example:

      neurosim reproduce occlusion --out docs/occlusion
    """

    def run(folder: Path, progress: bool) -> Table:
        from analyses.figures.occlusion import reproduce

        return reproduce(seeds=seeds, workers=workers, out=folder, progress=progress)

    _study("occlusion", run, out, as_json, quiet)


@reproduce.command()
def reaching(
    data: Annotated[Path, typer.Option(help="Folder with psth.npz, a recording of reaches.")],
    seeds: Seeds = 3,
    workers: Workers = 2,
    units: Annotated[int, typer.Option(help="Units of each network.", min=6)] = 400,
    train_trials: Annotated[int, typer.Option(help="Training trials.", min=1)] = 240,
    draws: Annotated[int, typer.Option(help="Resamples, halvings, surrogates.", min=2)] = 100,
    out: Out = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Reservoirs that learned to reach, by each rule and not at all, beside motor cortex.

    With them one whose parameters were fitted to the recording. 21 runs, five minutes on two cores.

    For example:

      neurosim reproduce reaching --data motor_cortex_reaching --out docs/reaching
    """

    def run(folder: Path, progress: bool) -> Table:
        from analyses.figures.reaching import reproduce

        return reproduce(
            data=data,
            seeds=seeds,
            workers=workers,
            units=units,
            train_trials=train_trials,
            draws=draws,
            out=folder,
            progress=progress,
        )

    _study("reaching", run, out, as_json, quiet)


@reproduce.command("basal-ganglia")
def basal_ganglia(
    data: Annotated[Path, typer.Option(help="Folder of a recording with subthalamic channels.")],
    seeds: Seeds = 5,
    workers: Workers = 2,
    out: Out = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Beta in a spiking STN and GPe, by dopamine and under stimulation, beside a patient's.

    110 runs, ten minutes on two cores.

    For example:

      neurosim reproduce basal-ganglia --data parkinson_lfp_gripforce --out docs/basal_ganglia
    """

    def run(folder: Path, progress: bool) -> Table:
        from analyses.figures.basal_ganglia import reproduce

        return reproduce(data=data, seeds=seeds, workers=workers, out=folder, progress=progress)

    _study("basal-ganglia", run, out, as_json, quiet)


@reproduce.command()
def parkinson(
    seeds: Seeds = 11,
    workers: Workers = 2,
    data: Annotated[
        Path | None, typer.Option(help="Folder of a recording with subthalamic channels and grip.")
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Depletion, levodopa, pallidotomy and stimulation beside what was found in patients.

    286 jobs of learning and reaching networks, forty minutes on two cores.

    For example:

      neurosim reproduce parkinson --data parkinson_lfp_gripforce --out docs/parkinson
    """

    def run(folder: Path, progress: bool) -> Table:
        from analyses.figures.parkinson import reproduce

        return reproduce(seeds=seeds, workers=workers, out=folder, progress=progress, data=data)

    _study("parkinson", run, out, as_json, quiet)


def _study(
    name: str,
    run: Callable[[Path, bool], Table],
    out: Path | None,
    as_json: bool,
    quiet: bool,
    shown: Callable[[dict[str, Any]], bool] = lambda line: True,
) -> None:
    """Run a study into its folder and print its table, or say how to go on."""
    from neurosim.files import check_folder

    folder = check_folder(out or Path(name))
    try:
        table = run(folder, not quiet and sys.stderr.isatty())
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted; finished runs are kept in {folder}, give the same command again to "
            "go on",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        typer.echo(json.dumps({"study": name, "rows": _without_nan(table), "out": str(folder)}))
    elif not quiet:
        _print_table([line for line in table if shown(line)])
        typer.echo(f"wrote the table to {folder}")


def _without_nan(table: Table) -> Table:
    return [
        {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in line.items()}
        for line in table
    ]


def _print_table(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(*(name.replace("_", " ") for name in table[0]), box=None, pad_edge=False)
    for line in table:
        shown.add_row(*map(_cell, line.values()))
    Console(highlight=False, width=max(120, Console().width)).print(shown)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
