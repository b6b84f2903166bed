"""Perturbations as they are written on the command line: NAME[:ARG[:ARG]][@WHEN].

An argument is a value, in the order of the perturbation's ``arguments``, or ``parameter=value``.
WHEN is a comma-separated list of ``train`` or ``test``, ``trial=A..B`` (``A..``, ``..B`` or ``A``;
trials count from 0 through training and test) and ``ramp=TRIALS``.
"""

from __future__ import annotations

import dataclasses
import re

from neurosim.errors import InputError, suggest
from neurosim.overrides import replaced
from neurosim.perturbations import KINDS
from neurosim.perturbations._base import Perturbation, When

GRAMMAR = "NAME[:ARG[:ARG]][@WHEN], as dopamine:0.6@trial=5.."


def parse(text: str) -> Perturbation:
    """Read one perturbation; ``str()`` of a perturbation writes what this reads.

    Raises
    ------
    InputError
        Unknown name, arguments or schedule; values out of range.

    Examples
    --------
    >>> parse("dopamine:0.6:better@trial=5..")  # doctest: +ELLIPSIS
    Depletion(strength=0.6, when=When(phase=None, first_trial=5, ...), affects='better')
    >>> print(parse("tremor:0.5:amplitude=0.1@test"))
    tremor:0.5:amplitude=0.1@test
    """
    told, at, when = text.strip().partition("@")
    name, *words = (word.strip() for word in told.split(":"))
    if not name:
        raise InputError(f"perturbation: expected {GRAMMAR}, given '{text}'")
    if name not in KINDS:
        raise suggest(name, KINDS, what="perturbation")
    kind = KINDS[name]
    values = _values(kind, words, text)
    made = replaced(kind(), values)
    return dataclasses.replace(made, when=_when(when, text)) if at else made


def _values(kind: type[Perturbation], words: list[str], text: str) -> dict[str, str]:
    """The text of each parameter that is given."""
    places = list(kind.arguments)
    known = [f.name for f in dataclasses.fields(kind) if f.name != "when"]
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = (part.strip() for part in word.rpartition("="))
        if equals and name not in known:
            raise suggest(name, known, what=f"parameter of {kind.name}")
        if not equals:
            if not places:
                raise InputError(
                    f"{text}: {kind.name} takes {usage(kind)}, given {len(words)} arguments"
                )
            name = places[0]
        if not value:
            raise InputError(f"{text}: the value of '{name}' is missing; expected {usage(kind)}")
        if name in values:
            raise InputError(f"{text}: '{name}' is given twice")
        places = [place for place in places if place != name]
        values[name] = value
    return values


def _when(text: str, whole: str) -> When:
    """A schedule."""
    given: dict[str, object] = {}
    for part in text.split(","):
        name, equals, value = (word.strip() for word in part.partition("="))
        read: dict[str, object] = {}
        if name in ("train", "test") and not equals:
            read["phase"] = name
        elif name == "trial" and (found := re.fullmatch(r"(\d*)(\.\.)?(\d*)", value)) and value:
            first, dots, last = found.groups()
            if dots and (first or last):
                read["first_trial"] = int(first or 0)
                read["last_trial"] = int(last) if last else None
            elif first:
                read["first_trial"] = read["last_trial"] = int(first)
        elif name == "ramp" and re.fullmatch(r"\d*\.?\d+|\d+\.", value):
            read["ramp"] = float(value)
        if not read:
            raise InputError(
                f"{whole}: expected train, test, trial=A..B or ramp=TRIALS after '@', "
                f"given '{part.strip()}'"
            )
        if given.keys() & read.keys():
            raise InputError(f"{whole}: '{part.strip()}' says again when")
        given |= read
    return When(**given)  # type: ignore[arg-type]


def usage(kind: type[Perturbation]) -> str:
    """How a perturbation is written, without its schedule.

    Examples
    --------
    >>> usage(KINDS["dopamine"])
    'dopamine[:STRENGTH[:AFFECTS]]'
    """
    inside = ""
    for argument in reversed(kind.arguments):
        inside = f"[:{argument.upper()}{inside}]"
    return kind.name + inside
