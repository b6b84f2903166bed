"""Every notebook runs from its text to its end, draws its figures, and leaves nothing behind."""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
import nbclient
import pytest
from conftest import DATA

FOLDER = Path(__file__).parents[1] / "notebooks"
FIGURES = {
    "tour": 5,
    "own_rule": 2,
    "own_task": 5,
    "occlusion": 6,
    "recordings": 6,
    "parkinson": 4,
}
LONGEST = 600
"""Seconds that a cell may take on a busy machine, with everything to be compiled."""


@pytest.fixture
def outside(monkeypatch, tmp_path):
    """A kernel of this interpreter, one thread, inline figures, and real data where there are."""
    monkeypatch.delenv("MPLBACKEND", raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))  # no one else's kernels
    for library in ("OPENBLAS", "NUMBA", "OMP"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "1")
    monkeypatch.setenv("NEUROSIM_DATA", str(DATA))
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def executed(name, folder):
    notebook = jupytext.read(FOLDER / f"{name}.py", fmt="py:percent")
    nbclient.NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=LONGEST,
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    return notebook


def outputs(notebook):
    return [each for cell in notebook.cells for each in cell.get("outputs", ())]


@pytest.mark.parametrize("name", FIGURES)
def test_notebook_runs_and_draws(name, outside):
    notebook = executed(name, outside)
    made = outputs(notebook)
    images = [each for each in made if "image/png" in each.get("data", {})]
    assert len(images) == FIGURES[name]
    assert not [each for each in made if each.output_type == "error"]
    assert list(outside.iterdir()) == []
    if name == "recordings":
        told = "".join(each.get("text", "") for each in made)
        assert ("recording: motor cortex" in told) == DATA.is_dir()


def test_every_notebook_is_known():
    assert {path.stem for path in FOLDER.glob("*.py")} == set(FIGURES)
    assert not list(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("name", FIGURES)
def test_form(name):
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    assert notebook.metadata["kernelspec"] == {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    assert notebook.metadata["jupytext"]["text_representation"]["format_name"] == "percent"
    assert not outputs(notebook)
    first, last = notebook.cells[0], notebook.cells[-1]
    assert first.cell_type == last.cell_type == "markdown"
    assert re.match(r"# \w", first.source)
    assert "You will" in first.source
    assert re.search(r"(minutes|hour) to read, .*(minute|minutes) to run", first.source, re.S)
    assert "## Try it" in last.source
    for target in re.findall(r"\]\((\w+)\.ipynb\)", text):
        assert target in FIGURES


def test_readme_lists_every_notebook():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| \[(\w+)\.py\]\(\1\.py\)", text, re.M)) == set(FIGURES)
