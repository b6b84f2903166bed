"""``neurosim reproduce``: published tables and figures again, ours beside theirs.

One command a study, each made from its entry in :data:`analyses.figures.studies.CATALOGUE`.
"""

import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from analyses.figures.studies import CATALOGUE, Study, module_of
from neurosim.cli.app import INTERRUPTED, Named, app
from neurosim.cli.output import cell, plain

reproduce = typer.Typer(
    cls=Named,
    no_args_is_help=True,
    help="Run a study again and print ours beside the published numbers.\n\n"
    "What it costs is said first. Finished runs are kept in the folder; when the same command is "
    "given again, only what is missing is run. `--quick` runs a small version in minutes.",
)
app.add_typer(reproduce, name="reproduce")

Table = list[dict[str, Any]]

OWN: dict[str, tuple[type, str, int | None]] = {
    "figures": (str, "", None),
    "rows": (str, "Comma-separated: rows of the table by name, task or rule.", None),
    "presets": (str, "Comma-separated: paper, replication, robust.", None),
    "tasks": (str, "Comma-separated: 1, 2, 3.", None),
    "variants": (str, "Comma-separated: changes to the preset, by name.", None),
    "features": (str, "Comma-separated front-ends: mlp, pixels, hmax, random.", None),
    "seeds": (int, "Seeds of every row.", 1),
    "seed": (int, "Of all random draws.", 0),
    "images": (int, "Objects that our network completes; 0: all 325.", 0),
    "units": (int, "Units of each network.", 6),
    "train_trials": (int, "Training trials.", 1),
    "draws": (int, "Resamples, halvings, surrogates.", 2),
    "period": (float, "Of a trial, in ms.", None),
    "largest": (int, "Networks of at most so many units.", 1),
}
"""Options of single studies: type, help (of figures, the study's own), and the least value."""

COMMON: dict[str, tuple[Any, Any]] = {
    "workers": (Annotated[int, typer.Option(help="Parallel processes.", min=1)], 2),
    "out": (
        Annotated[
            Path | None,
            typer.Option(help="Folder; default: the study's name, with --quick NAME-quick."),
        ],
        None,
    ),
    "quick": (Annotated[bool, typer.Option("--quick", help="A small version, in minutes.")], False),
    "as_json": (Annotated[bool, typer.Option("--json", help="Print one JSON object.")], False),
    "quiet": (
        Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")],
        False,
    ),
}
"""Options of all studies: annotation and default."""


def _command(name: str, study: Study) -> Callable[..., None]:
    """The command of a study, whose options typer reads from its signature."""

    def command(*, workers: int, out: Path | None, quick: bool, as_json: bool, quiet: bool,
                **own: Any) -> None:  # fmt: skip
        defaults = study.full | (study.quick if quick else {})
        options = defaults | {key: value for key, value in own.items() if value is not None}
        folder = out or Path(f"{name}-quick" if quick else name)
        table = _run(name, folder, workers, options, quick=quick, quiet=quiet)
        if as_json:
            told = {"study": name, "quick": quick, "source": study.source, "out": str(folder)}
            typer.echo(json.dumps(told | {"rows": plain(table)}))
        elif not quiet:
            _print_table([line for line in table if study.shown(line)] or table)
            if study.source:
                typer.echo(f"published: {study.source}")
            typer.echo(f"wrote tables and figures to {folder}")

    parameters = {key: (_option(study, key), None) for key in study.full} | COMMON
    if study.data:
        data = typer.Option(help=f"Folder with {study.data}.")
        needed = (Annotated[Path, data], inspect.Parameter.empty)
        parameters = {
            "data": needed if study.data_needed else (Annotated[Path | None, data], None)
        } | parameters
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for key, (kind, default) in parameters.items()
        ]
    )
    command.__annotations__ = {key: kind for key, (kind, _) in parameters.items()}
    examples = "\n\n".join(f"  neurosim reproduce {name} {words}" for words in study.examples)
    command.__doc__ = f"{study.title}.\n\n{study.cost}.\n\nFor example:\n\n{examples}\n"
    return command


def _option(study: Study, key: str) -> Any:
    """An option of its own, whose default is another one with --quick."""
    kind, text, least = OWN[key]
    full, quick = (options.get(key, study.full[key]) for options in (study.full, study.quick))
    shown = "all" if full is None else str(full)
    if quick != full:
        shown += f"; quick: {quick}"
    how: dict[str, Any] = {"help": text, "show_default": shown}
    if key == "figures":
        how = {"help": f"Comma-separated: {study.figures}.", "show_default": False}
    if least is not None:
        how["min"] = least
    return Annotated[kind | None, typer.Option(**how)]


for _name, _study in CATALOGUE.items():
    reproduce.command(_name, short_help=f"{_study.title} ({_study.cost}).")(_command(_name, _study))


def _run(
    name: str, folder: Path, workers: int, options: dict[str, Any], *, quick: bool, quiet: bool
) -> Table:
    """Run a study into its folder, after its cost is said; or say how to go on."""
    from neurosim.files import check_folder

    check_folder(folder)

    def tell(cost: Any) -> None:
        smaller = f" (quick: {_smaller(CATALOGUE[name], options)})" if quick else ""
        typer.echo(f"{name}{smaller}: {cost.told(workers)}", err=True)

    try:
        table: Table = module_of(name).reproduce(
            **options,
            workers=workers,
            out=folder,
            progress=not quiet and sys.stderr.isatty(),
            tell=None if quiet else tell,
        )
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted; finished runs are kept in {folder}, give the same command again to "
            "go on",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    return table


def _smaller(study: Study, options: dict[str, Any]) -> str:
    """What is less than in the whole study, as ``2 of 11 seeds, presets paper``."""
    changed = {key: options[key] for key, full in study.full.items() if options[key] != full}
    return ", ".join(
        f"{value} of {study.full[key]} {key.replace('_', ' ')}"
        if isinstance(study.full[key], (int, float))
        else f"{key} {value}"
        for key, value in changed.items()
    )


def _print_table(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    for k, name in enumerate(table[0]):
        shown.add_column(name.replace("_", " "), overflow="fold", no_wrap=k == 0)
    for line in table:
        shown.add_row(*map(cell, line.values()))
    Console(highlight=False, width=max(160, Console().width)).print(shown)
