"""Docstrings are plain text with few marks; this marks what would mean something else to Sphinx.

- A block that is indented more than the paragraph above it is shown as it stands: equations.
- ``|x|`` is an absolute value, ``x_`` a name and ``*`` a product, where they are not code; a letter
  with a stop at the begin of a line is not the first item of a list.
"""

from __future__ import annotations

import re

CODE = re.compile(r"(``.+?``|`[^`]+`_?_?|:\w+:`[^`]+`)")
SECTION = re.compile(r"-{3,}$")


def marked(lines: list[str]) -> list[str]:
    """The lines with blocks of equations literal and special characters escaped.

    Works on the text before the first section: within sections indentation has a meaning.
    """
    out: list[str] = []
    prose, literal, doctest = True, False, False
    for number, line in enumerate(lines):
        if SECTION.match(line):
            prose = False
        indented = line.startswith("   ")
        if not line.strip():
            doctest = False
        elif line.lstrip().startswith(">>>"):
            doctest = True
        begins = prose and indented and number and not lines[number - 1].strip() and not literal
        if begins and not doctest and not _belongs_to_list(lines, number):
            out.extend([".. code-block:: none", ""])
            literal = True
        if line.strip() and not indented:
            literal = False
        if doctest and prose and indented:
            out.append(line.strip() if line.strip() else line)
        else:
            out.append(line if literal or doctest else _escaped(line))
    return out


def _belongs_to_list(lines: list[str], number: int) -> bool:
    """Whether an indented block goes on with the item of a list above it."""
    above = next((line for line in reversed(lines[:number]) if line.strip()), "")
    block = next((line for line in reversed(lines[:number]) if line and line[0] not in " "), "")
    return above.endswith("::") or bool(re.match(r"(-|\d+\.|\.\.) ", block))


def _escaped(line: str) -> str:
    line = re.sub(r"^( *)([A-Za-z]\.)(?=\s|$)", r"\1\\\2", line)
    parts = CODE.split(line)
    parts[::2] = [re.sub(r"(?<!\\)([|*])|(?<=\w)_(?=[\W]|$)", _escape, part) for part in parts[::2]]
    return "".join(parts)


def _escape(found: re.Match[str]) -> str:
    return "\\" + found[0]
