"""What to cite: the papers behind the pieces that a result was made with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from math import isclose
from typing import Any

from neurosim.errors import InputError, suggest


@cache
def entries() -> dict[str, str]:
    """All BibTeX entries of the package, by key.

    Examples
    --------
    >>> entries()["pyle2019"].splitlines()[0]
    '@article{pyle2019,'
    """
    text = files("neurosim").joinpath("references.bib").read_text(encoding="utf-8")
    found = {}
    for entry in text.split("\n\n"):
        if key := re.match(r"@\w+\{(\w+),", entry):
            found[key[1]] = entry.strip()
    return found


def bibtex(keys: Iterable[str]) -> str:
    """BibTeX of some papers.

    Parameters
    ----------
    keys
        As in the ``references`` of rules, networks and front-ends.

    Raises
    ------
    InputError
        An unknown key.

    Examples
    --------
    >>> print(bibtex(["jaeger2001", "pyle2019"]).count("@"))
    2
    """
    known = entries()
    wanted = list(dict.fromkeys(keys))
    for key in wanted:
        if key not in known:
            raise suggest(key, known, what="reference")
    return "\n\n".join(known[key] for key in sorted(wanted))


def papers(attributes: Mapping[str, Any]) -> list[str]:
    """Keys of the papers behind a result: its rule, network, task, plant and perturbations.

    Rules, networks and front-ends name theirs, which a result keeps as its ``references``; the
    others are known by the objects in its parameters. A file that was given (a target, a recording,
    features) is not known by its papers.

    Parameters
    ----------
    attributes
        Of a result: ``references``, words; ``parameters``, JSON as
        :func:`neurosim.provenance.describe` writes it, or the objects themselves.

    Raises
    ------
    InputError
        There is nothing to tell papers by.

    Examples
    --------
    >>> papers({"parameters": {"task": {"kind": "Reaching", "barriers": ["none", "left"]}}})
    ['churchland2012', 'flash1985']
    """
    if not {"references", "parameters"} & set(attributes):
        raise InputError("cite: expected a result of this package, given no references")
    parameters = attributes.get("parameters", {})
    if isinstance(parameters, str):
        parameters = json.loads(parameters)
    found = set(str(attributes.get("references", "")).split())
    for thing in _things(parameters):
        found.update(_own().get(thing["kind"], ()), _of(thing))
    if attributes.get("pictures") == "digits":
        found.add("alpaydin1998")
    return sorted(found)


def _of(thing: dict[str, Any]) -> tuple[str, ...]:
    """Papers behind a task, plant, perturbation or experiment, as its parameters describe it."""
    match thing["kind"]:
        case "Drawing" if thing.get("curve") is None:
            return ("pyle2019",)  # their butterfly; another curve is not theirs
        case "Arm" | "Effort":
            return ("pyle2019",)
        case "TorqueArm":
            upper, lower = thing["lengths"]
            return ("li2004", "cheng2000") if isclose(lower, 1.79 * upper) else ("li2004",)
        case "Reaching" | "RewardedReaching" as kind:
            maze = ("churchland2012",) if set(thing["barriers"]) != {"none"} else ()
            return ("flash1985", *maze, *(("pekny2015",) if kind == "RewardedReaching" else ()))
        case "Depletion" | "Levodopa":
            return ("frank2004",)
        case "Tremor" | "Beta":
            return ("brown2003",)
        case "BasalGanglia":
            return ("mazzoni2008", "stimberg2019")
        case "Completion" | "Mlp":
            return ("pedregosa2011",)
    return ()


@cache
def _own() -> dict[str, tuple[str, ...]]:
    """Papers that rules and networks name, by kind."""
    from neurosim.hopfield import NETWORKS
    from neurosim.rules import RULES
    from neurosim.spiking import NETWORKS as SPIKING

    kinds: list[Any] = [*RULES.values(), *NETWORKS.values(), *SPIKING.values()]
    return {kind.__name__: kind.references for kind in kinds}


def _things(value: Any) -> Iterator[dict[str, Any]]:
    """Every described object in plain data, however deep."""
    if isinstance(value, dict):
        if "kind" in value:
            yield value
        for item in value.values():
            yield from _things(item)
    elif isinstance(value, list):
        for item in value:
            yield from _things(item)
