"""What is kept of a study: a folder with a file for each run, named by what the run depends on.

    FOLDER/study.json              which points there are, and the address of each
    FOLDER/runs/ADDRESS.json       numbers of a run, or why it failed; its parameters and versions
    FOLDER/runs/ADDRESS.nc         its whole result, where that is kept

A run is there when its ``.json`` is; the result is written before. Files appear whole or not at
all.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.errors import InputError
from neurosim.files import written_whole
from neurosim.io.reading import content, reason
from neurosim.sweeps.study import NUMBERS

if TYPE_CHECKING:
    import xarray as xr

FORMAT = 1
"""Of the files in a store; higher where an older version of this package would misread them."""


class Store:
    """A folder with the runs of a study.

    Parameters
    ----------
    folder
        Its path; it need not exist.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def record_file(self, address: str) -> Path:
        """Where the numbers of a run are."""
        return self.folder / "runs" / f"{address}.json"

    def result_file(self, address: str) -> Path:
        """Where the whole result of a run is, if it is kept."""
        return self.folder / "runs" / f"{address}.nc"

    def record(self, address: str) -> dict[str, Any] | None:
        """What is kept of a run; None if it was not run, or its file is damaged.

        It has ``error``; where that is empty also ``numbers`` and ``trial_distance``, each number
        a float or None.

        Raises
        ------
        InputError
            It was written by a newer version.
        """
        file = self.record_file(address)
        try:
            found = json.loads(content(file).decode("utf-8"))
        except (ValueError, RecursionError):
            return None
        checked = _checked(found, file)
        return checked if checked and _whole(checked) else None

    def write(self, address: str, record: dict[str, Any], result: xr.Dataset | None) -> None:
        """Keep what a run gave.

        Raises
        ------
        InputError
            The disk is full, or the folder cannot be written.
        """
        from neurosim.recording import save

        try:
            if result is not None:
                save(result, self.result_file(address))
            _write(self.record_file(address), record)
        except (OSError, RuntimeError) as error:  # HDF5 tells of a full disk by a RuntimeError
            raise self._unwritable(error) from None

    def study(self) -> dict[str, Any] | None:
        """Which points there are; None if nothing was ever run.

        Raises
        ------
        InputError
            It cannot be read, or was written by a newer version.
        """
        file = self.folder / "study.json"
        if not os.path.lexists(file):
            return None
        try:
            found = dict(json.loads(content(file).decode("utf-8")))
        except InputError:
            raise
        except (ValueError, TypeError, RecursionError) as error:
            raise InputError(f"{file}: cannot be read as a study ({reason(error)})") from None
        return _checked(found, file)

    def write_study(self, study: dict[str, Any]) -> None:
        """Keep which points there are; makes the folder.

        Raises
        ------
        InputError
            The disk is full, or the folder cannot be written.
        """
        try:
            (self.folder / "runs").mkdir(parents=True, exist_ok=True)
            _write(self.folder / "study.json", study)
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: Exception) -> InputError:
        why = getattr(error, "strerror", None) or str(error)
        return InputError(
            f"{self.folder}: cannot be written ({why[:200]}); finished runs are kept there, give "
            "the same command again to go on"
        )


def _write(file: Path, content: dict[str, Any]) -> None:
    from neurosim.provenance import package_version

    told = {"format": FORMAT, "neurosim_version": package_version()} | content
    with written_whole(file) as temporary:
        temporary.write_text(json.dumps(told, indent=1, allow_nan=False), "utf-8")


def _whole(record: dict[str, Any]) -> bool:
    """Whether a record has what is read of it."""
    error, numbers = record.get("error"), record.get("numbers")
    if error or not isinstance(error, str):
        return isinstance(error, str)
    distances = record.get("trial_distance")
    if not isinstance(numbers, dict) or not isinstance(distances, list):
        return False
    return all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        for value in (*map(numbers.get, NUMBERS), *distances)
    ) and all(isinstance(numbers.get(name), int | float) for name in ("steps", "wall_s"))


def _checked(found: Any, file: Path) -> dict[str, Any] | None:
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        return None
    if found["format"] > FORMAT:
        raise InputError(
            f"{file}: written by neurosim {found.get('neurosim_version', 'of a newer kind')} in "
            f"format {found['format']}, this version reads up to {FORMAT}; update neurosim or use "
            "another folder"
        )
    return found
