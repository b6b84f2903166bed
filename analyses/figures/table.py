"""Tables of studies as files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from neurosim.files import written_whole


def write_csv(path: Path, lines: list[dict[str, Any]]) -> None:
    """Write lines of equal keys as CSV, whole or not at all."""
    with written_whole(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        for line in lines:
            writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in line.items()})
