"""The notebooks, which are plain Python files, as pages: ``notebooks/*.py`` in ``tutorials``."""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
from nbformat.v4 import new_markdown_cell
from sphinx.application import Sphinx


def convert(app: Sphinx) -> None:
    """Write each notebook anew where it has changed, and take away those that are gone."""
    folder = Path(app.srcdir, "tutorials")
    sources = {source.stem: source for source in Path(app.srcdir, "../notebooks").glob("*.py")}
    for old in folder.glob("*.ipynb"):
        if old.stem not in sources:
            old.unlink()
    for stem, source in sources.items():
        notebook = jupytext.read(source, fmt="py:percent")
        notebook.metadata.setdefault(
            "kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"}
        )
        for cell in notebook.cells:  # links between notebooks lead to pages
            cell.source = re.sub(r"\]\((\w+)\.py\)", r"](\1.ipynb)", cell.source)
        note = f"*Get this notebook:* [{source.name}](../../notebooks/{source.name})"
        notebook.cells.insert(1, new_markdown_cell(note))
        for number, cell in enumerate(notebook.cells):  # the same file for the same notebook
            cell["id"] = f"cell-{number}"
        text = jupytext.writes(notebook, fmt="ipynb")
        page = folder / f"{stem}.ipynb"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Convert before Sphinx looks for pages."""
    app.connect("builder-inited", convert)
    return {"parallel_read_safe": True}
