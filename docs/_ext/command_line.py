"""The page of the command line, from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import typer.main
from typer.core import TyperArgument

from neurosim.cli.app import app

ORDER = "run show list sweep reproduce inspect analyze compare fit export cite".split()
"""In which a user meets the commands; what is not named here comes last."""


def markdown() -> str:
    """All commands with their usage, examples and options, as Markdown."""
    root = typer.main.get_command(app)
    names = sorted(root.commands, key=lambda name: (*ORDER, name).index(name))
    return "\n".join(
        line for name in names for line in _section(f"neurosim {name}", root.commands[name], 2)
    )


def _section(path: str, command: Any, level: int) -> Iterator[str]:
    """The lines about a command and those below it."""
    yield from (f"{'#' * level} {path}", "")
    yield from _help(command.help or "")
    if not hasattr(command, "commands"):
        yield from _usage(path, command)
        return
    yield from ("| command | |", "|---|---|")
    for name, below in command.commands.items():
        yield f"| `{path} {name}` | {_summary(below)} |"
    yield ""
    for names in _alike(command.commands):
        first = command.commands[names[0]]
        yield from _section(f"{path} " + ", ".join(names), first, level + 1)


def _summary(command: Any) -> str:
    text = command.short_help or (command.help or "").split("\n\n")[0]
    return " ".join(text.split())


def _alike(commands: dict[str, Any]) -> list[list[str]]:
    """Names of commands, those together that have the same help and options."""
    groups: dict[Any, list[str]] = {}
    for name, command in commands.items():
        options = tuple((*each.opts, each.default) for each in command.params)
        groups.setdefault(str((command.help, options)), []).append(name)
    return list(groups.values())


def _help(text: str) -> Iterator[str]:
    """Prose as it stands; what is indented, the examples, as code."""
    lines = inspect.cleandoc(text).splitlines()
    prose = "\n".join(
        line for line in lines if not line.startswith("  ") and line != "For example:"
    )
    examples = [line.strip() for line in lines if line.startswith("  ")]
    yield from (prose.strip(), "")
    if examples:
        yield from ("```bash", *examples, "```", "")


def _usage(path: str, command: Any) -> Iterator[str]:
    """What is to be given and what can be."""
    given = [each for each in command.params if isinstance(each, TyperArgument)]
    options = [each for each in command.params if not isinstance(each, TyperArgument)]
    words = [each.name.upper() for each in given] + (["[OPTIONS]"] if options else [])
    yield from ("```text", " ".join([path.replace(", ", "|"), *words]), "```", "")
    if command.params:
        types = inspect.signature(command.callback, eval_str=True).parameters
        yield from ("| option | takes | default | |", "|---|---|---|---|")
        for each in (*given, *options):
            names = [each.name.upper()] if each in given else each.opts
            cells = (
                " ".join(f"`{name}`" for name in names),
                _kind(types[each.name].annotation),
                "*required*" if each.required else _default(each.default),
                " ".join((each.help or "").split()).replace("|", "\\|"),
            )
            yield f"| {' | '.join(cells)} |"
        yield ""


KINDS = {int: "integer", float: "number", str: "text", Path: "path", bool: ""}


def _kind(annotation: Any) -> str:
    """What an option takes, in a word."""
    if annotation in KINDS:
        return KINDS[annotation]
    first, *_ = get_args(annotation)  # of Annotated, of ... | None, of list
    return _kind(first) + (", repeated" if get_origin(annotation) is list else "")


def _default(value: Any) -> str:
    empty = value is None or value is False or value == () or value == []
    return "" if empty else f"`{value}`"
