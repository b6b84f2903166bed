"""What is printed and drawn of a result or a table, and what several commands read alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

FIGURES = (".png", ".pdf", ".svg")
ANIMATIONS = (".gif",)
KINDS = ("movement", "completion", "basal_ganglia")
"""Of results, after which modules of ``analyses`` are named."""


def check_outputs(outputs: dict[Path | None, tuple[str, ...]], *, force: bool) -> list[str]:
    """Find out before the work whether files can be written; their names.

    Parameters
    ----------
    outputs
        Endings that are allowed, by file; None for a file that is not asked for.
    force
        Whether files are replaced.

    Raises
    ------
    InputError
        Another ending, no such folder, or a file that exists already.
    """
    from neurosim.files import check_ending, check_output

    for path, endings in outputs.items():
        if path is not None:
            check_ending(path, endings)
            check_output(path, force=force)
    return [str(path) for path in outputs if path is not None]


def span(name: str, text: str | None) -> tuple[float, float] | None:
    """``"100:300"`` as two times in ms; None where nothing is given.

    Parameters
    ----------
    name
        Of the option, for the message.
    text
        What was given.

    Raises
    ------
    InputError
        Anything else than two rising numbers with a colon between.

    Examples
    --------
    >>> span("--window", "100:300")
    (100.0, 300.0)
    """
    from neurosim.errors import InputError

    if text is None:
        return None
    try:
        start, stop = map(float, text.split(":"))
    except ValueError:
        start = stop = 0.0
    if not (isfinite(start) and isfinite(stop) and start < stop):
        raise InputError(
            f"{name}: expected two times in ms, A:B with A below B, as 100:300, given '{text}'"
        )
    return start, stop


def parts(text: str) -> list[str]:
    """``"x, y"`` as a list.

    Examples
    --------
    >>> parts("x, y")
    ['x', 'y']
    """
    return [part.strip() for part in text.split(",")]


def numbers(name: str, text: str) -> tuple[float, ...]:
    """``"0.3,0.6"`` as numbers.

    Parameters
    ----------
    name
        Of the option, for the message.
    text
        What was given.

    Raises
    ------
    InputError
        Anything else than numbers with commas between.

    Examples
    --------
    >>> numbers("--distances", "0.3,0.6")
    (0.3, 0.6)
    """
    from neurosim.errors import InputError

    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{name}: expected numbers with commas between, given '{text}'") from None


def draw(result: xr.Dataset, figure: Path | None, animate: Path | None, *, progress: bool) -> None:
    """Draw a result into the files that are named."""
    from neurosim.errors import InputError

    kind = result.attrs["kind"]
    if figure is not None:
        import_module(f"analyses.figures.{_module(result)}").save_figure(result, figure)
    if animate is not None:
        if kind != "movement":
            raise InputError(f"--animate draws movements, not a result of kind '{kind}'")
        import_module("analyses.figures.animation").animate(result, animate, progress=progress)


def summary(result: xr.Dataset) -> dict[str, Any]:
    """What --json prints of a result: plain numbers, null where there is none."""
    found: dict[str, Any] = import_module(f"analyses.{_module(result)}").summary(result)
    return found


def lines(result: xr.Dataset) -> list[tuple[str, str]]:
    """What is printed of a result for a person: names and texts."""
    found: list[tuple[str, str]] = import_module(f"analyses.{_module(result)}").lines(result)
    return found


def print_summary(result: xr.Dataset) -> None:
    """Print a result for a person."""
    print_lines(lines(result))


def print_lines(told: list[tuple[str, str]]) -> None:
    """Print names and texts as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    for name, text in told:
        table.add_row(f"[bold]{name}[/bold]", text)
    Console(highlight=False).print(table)


def _module(result: xr.Dataset) -> str:
    """Modules of ``analyses`` and ``analyses.figures`` that know such a result."""
    from neurosim.errors import suggest

    if "spike_time" in result and result.attrs["kind"] == "movement":
        return "spikes"
    if {"success", "zone_angle", "outcome_time", "hand"} <= set(result.variables):
        return "rewarded"
    if {"go_time", "target_distance", "hand"} <= set(result.variables):
        return "reaches"  # a movement of which more is known
    kind = str(result.attrs["kind"])
    if kind not in KINDS:
        raise suggest(kind, KINDS, what="kind of result")
    return kind


@contextmanager
def of_file(file: Path) -> Iterator[None]:
    """Tell in one line that a file lacks what is read of it, being damaged or of another version.

    Parameters
    ----------
    file
        From which comes what the block works on.

    Raises
    ------
    InputError
        In place of what missing or misplaced values raise.
    """
    from neurosim.errors import InputError

    try:
        yield
    except InputError as error:
        if str(file) in str(error):
            raise
        raise InputError(f"{file}: {error}") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise InputError(
            f"{file}: is damaged, or no whole result of this version ({why[:100]})"
        ) from error


def plain(value: Any) -> Any:
    """Values as JSON has them: null for what is no finite number.

    Examples
    --------
    >>> plain({"p": float("nan"), "ends": (0.5, float("inf"))})
    {'p': None, 'ends': [0.5, None]}
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def cell(value: Any) -> str:
    """A value in a table for a person.

    Examples
    --------
    >>> cell(0.12345), cell(None), cell(12), cell(True)
    ('0.123', '-', '12', 'yes')
    """
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
