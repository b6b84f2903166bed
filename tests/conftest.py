"""Fixtures that several files share."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real recordings, where a checkout has one beside it."""
    if not DATA.is_dir():
        pytest.skip("no folder shared/data with real recordings beside the repository")
    return DATA
