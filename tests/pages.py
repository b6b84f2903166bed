"""The blocks of code in the pages of the documentation."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """What stands between the fences of one language."""
    return [found[2] for found in BLOCK.finditer(page.read_text()) if found[1] == language]


def run(page: Path) -> dict[str, object]:
    """Run the blocks of Python of a page, one after the other, in the working folder."""
    text, names = page.read_text(), {"__name__": "page"}
    for found in BLOCK.finditer(text):
        if found[1] == "python":
            above = "\n" * text.count("\n", 0, found.start(2))  # an error names the page's line
            exec(compile(above + found[2], str(page), "exec"), names)
    return names


def commands(page: Path) -> list[list[str]]:
    """The words of each `neurosim` command of a page, without comments and redirections."""
    lines = "".join(blocks(page, "bash")).replace("\\\n", " ").splitlines()
    split = [shlex.split(line, comments=True) for line in lines]
    return [
        words[1 : words.index(">") if ">" in words else None]
        for words in split
        if words[:1] == ["neurosim"]
    ]
