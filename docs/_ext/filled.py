"""Pages that are made when the site is built, from the package and the tables its commands wrote.

In a page ``<!-- filled: NAME -->`` stands for what the function ``NAME`` below gives.
"""

from __future__ import annotations

import re
from pathlib import Path

import command_line
import published
from sphinx.application import Sphinx

from neurosim.bibliography import entries
from neurosim.hopfield import NETWORKS as ATTRACTORS
from neurosim.rules import RULES
from neurosim.spiking import NETWORKS as SPIKING
from tasks.vision.features import FRONT_ENDS

HERE = Path(__file__).parent


def references() -> str:
    """A table of the pieces that have papers."""
    kinds = {
        "rule": RULES,
        "spiking network": SPIKING,
        "attractor network": ATTRACTORS,
        "front-end": FRONT_ENDS,
    }
    lines = ["| | | papers |", "|---|---|---|"]
    for what, pieces in kinds.items():
        for name, piece in pieces.items():
            papers = ", ".join(f"`{key}`" for key in piece.references)
            if papers:
                lines.append(f"| {what} | `{name}` | {papers} |")
    return "\n".join(lines)


FILLED = {
    "references": references,
    "commands": command_line.markdown,
    "published": lambda: published.markdown(HERE.parent),
    "bibliography": lambda: "\n".join(
        ["```bibtex", "\n\n".join(text for _, text in sorted(entries().items())), "```"]
    ),
}


def fill(app: Sphinx, page: str, source: list[str]) -> None:
    """Put into a page what is named in it."""
    source[0] = re.sub(r"<!-- filled: (\w+) -->", lambda found: FILLED[found[1]](), source[0])


def outdated(app: Sphinx, *_: object) -> list[str]:
    """Pages that are read again, whatever has changed."""
    return ["cli", "published", "citing"]


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill pages before they are parsed."""
    app.connect("source-read", fill)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True}
