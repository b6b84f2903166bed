"""Fixtures that several files share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

from neurosim.cli import main

# The same cases in every run, so that a change is to blame when a property fails; to look for new
# ones: pytest --hypothesis-profile=search
settings.register_profile("same", derandomize=True)
settings.register_profile("search", max_examples=1000)
settings.load_profile("same")

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real recordings, where a checkout has one beside it."""
    if not DATA.is_dir():
        pytest.skip("no folder shared/data with real recordings beside the repository")
    return DATA


@pytest.fixture
def neurosim(monkeypatch, capsys, tmp_path):
    """Call the command in this process: (exit status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["neurosim", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return left.value.code or 0, out, err

    return call
