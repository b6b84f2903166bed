"""Change named parameters of frozen parameter objects, as ``--set name=value`` does."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, TypeVar

from neurosim.errors import InputError, suggest

Parameters = TypeVar("Parameters")


def parse(assignments: Iterable[str]) -> dict[str, str]:
    """``["gain=1.3"]`` as ``{"gain": "1.3"}``.

    Raises
    ------
    InputError
        No equals sign, or a name given twice.
    """
    found: dict[str, str] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise InputError(f"--set: expected name=value, given '{text}'")
        if name.strip() in found:
            raise InputError(f"--set: '{name.strip()}' is given twice")
        found[name.strip()] = value.strip()
    return found


def parameters(value: Any) -> dict[str, Any]:
    """All parameters of a frozen object and of those inside it, by name."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        inner = getattr(value, field.name)
        if dataclasses.is_dataclass(inner):
            found |= parameters(inner)
        else:
            found[field.name] = inner
    return found


def check_known(values: dict[str, str], *objects: Any) -> None:
    """Refuse a name that no object has.

    Raises
    ------
    InputError
        With the nearest known name.
    """
    known = {name for value in objects for name in parameters(value)}
    for name in values:
        if name not in known:
            raise suggest(name, sorted(known), what="parameter")


def replaced(value: Parameters, values: dict[str, str]) -> Parameters:
    """The same object with the parameters it has among ``values`` changed.

    Each text is read as the type that the parameter is declared to have; the object checks its
    range.

    Raises
    ------
    InputError
        A text that cannot be read as that type, or a value out of range.
    """
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        present = getattr(value, field.name)
        if dataclasses.is_dataclass(present):
            inner = replaced(present, values)
            if inner != present:
                changes[field.name] = inner
        elif field.name in values:
            owner = type(value).__name__
            changes[field.name] = _read(owner, field.name, values[field.name], str(field.type))
    return dataclasses.replace(value, **changes) if changes else value  # type: ignore[type-var]


def _read(owner: str, name: str, text: str, declared: str) -> Any:
    if declared == "str":
        return text
    if declared == "bool":
        if text.lower() in ("true", "yes", "1", "on"):
            return True
        if text.lower() in ("false", "no", "0", "off"):
            return False
        raise InputError(f"{owner}: {name} must be true or false, given '{text}'")
    if declared.startswith("tuple["):
        item = declared[len("tuple[") :].split(",")[0]
        return tuple(_read(owner, name, part.strip(), item) for part in text.split(","))
    kind, expected = (int, "a whole number") if declared == "int" else (float, "a number")
    try:
        return kind(text)
    except ValueError:
        raise InputError(f"{owner}: {name} must be {expected}, given '{text}'") from None
