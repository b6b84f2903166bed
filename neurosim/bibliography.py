"""What to cite: the papers behind the pieces that a result was made with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from neurosim.errors import suggest


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
