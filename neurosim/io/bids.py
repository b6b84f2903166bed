"""BIDS iEEG and EEG: a BrainVision recording with the tables that lie beside it.

``*_channels.tsv`` gives each channel's type, unit and status, ``*_events.tsv`` the events: their
``onset`` in s, and ``trial_type`` (or ``value``) as their name (BIDS 1.10, modality-specific
files). A BrainVision file that lies alone is read as well.
"""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neurosim.errors import InputError
from neurosim.io.brainvision import read_brainvision
from neurosim.io.reading import content

if TYPE_CHECKING:
    import xarray as xr

MODALITIES = ("_ieeg", "_eeg")
MICRO = str.maketrans({"μ": "u", "µ": "u"})
"""Both characters that are written for micro."""


def read(path: Path, channels: Sequence[str] | None = None) -> xr.Dataset:
    """Signals and events of a recording; see :func:`neurosim.io.load`.

    Parameters
    ----------
    path
        Of the ``.vhdr`` header, or of a folder that holds one, at any depth.
    channels
        Names of those wanted; all by default.

    Raises
    ------
    InputError
        As :func:`neurosim.io.brainvision.read_brainvision`; no recording or several in a folder;
        tables that do not fit the recording.

    Examples
    --------
    >>> import tempfile
    >>> try:
    ...     read(Path(tempfile.mkdtemp()))
    ... except InputError as error:
    ...     print(str(error).partition(": ")[2])
    holds no BrainVision recording (.vhdr)
    """
    import xarray as xr

    header = _header(path)
    signals = read_brainvision(header, channels)
    described = _beside(header, "channels")
    found = xr.Dataset({"signals": signals.rename(unit="channel_unit")})
    if described is not None:
        found = _with_channels(found, *described)
    events = _beside(header, "events")
    return found if events is None else _with_events(found, *events)


def _header(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = sorted(path.rglob("*.vhdr"))
    if not found:
        raise InputError(f"{path}: holds no BrainVision recording (.vhdr)")
    if len(found) > 1:
        names = ", ".join(str(each.relative_to(path)) for each in found[:5])
        more = ", ..." if len(found) > 5 else ""
        raise InputError(f"{path}: holds {len(found)} recordings, name one ({names}{more})")
    return found[0]


def _beside(header: Path, what: str) -> tuple[Path, dict[str, list[str]]] | None:
    """Columns of the table of that kind beside a recording, if there is one."""
    stem = next((header.stem.removesuffix(m) for m in MODALITIES if header.stem.endswith(m)), None)
    path = header.with_name(f"{stem}_{what}.tsv")
    if stem is None or not path.is_file():
        return None
    try:
        text = content(path).decode("utf-8-sig")
        rows = list(csv.reader(text.splitlines(), delimiter="\t"))
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    rows = [row for row in rows if row]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise InputError(
                f"{path}: line {number} has {len(row)} values, expected {len(rows[0])}"
            )
    if not rows:
        raise InputError(f"{path}: is empty")
    return path, {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}


def _with_channels(found: xr.Dataset, path: Path, table: dict[str, list[str]]) -> xr.Dataset:
    names = [str(name) for name in found["channel"].values]
    for column in ("name", "type", "units"):
        if column not in table:
            raise InputError(f"{path}: has no column {column!r}, given {', '.join(table)}")
    missing = [name for name in names if name not in table["name"]]
    if missing:
        raise InputError(f"{path}: does not describe channel {missing[0]!r} of the recording")
    rows = [table["name"].index(name) for name in names]
    rate = found["signals"].attrs["sampling_frequency"]
    for name, row in zip(names, rows, strict=True):
        given = _number(table.get("sampling_frequency", ["n/a"] * (row + 1))[row])
        if math.isfinite(given) and abs(given / rate - 1) > 1e-3:
            raise InputError(
                f"{path}: {name} is sampled at {given:g} Hz, the recording at {rate:g} Hz"
            )
        unit, read_as = table["units"][row], str(found["channel_unit"].sel(channel=name).item())
        if unit != "n/a" and unit.translate(MICRO) != read_as.translate(MICRO):
            warnings.warn(
                f"{path.name}: {name} is said to be in {unit}, the recording in {read_as}, "
                "which is taken",
                stacklevel=4,
            )
    found = found.assign_coords(channel_type=("channel", [table["type"][row] for row in rows]))
    if "status" in table:
        status = ("channel", [table["status"][row] for row in rows])
        found = found.assign_coords(channel_status=status)
    return found


def _with_events(found: xr.Dataset, path: Path, table: dict[str, list[str]]) -> xr.Dataset:
    if "onset" not in table:
        raise InputError(f"{path}: has no column 'onset', given {', '.join(table)}")
    onsets = np.array([_number(each) for each in table["onset"]]) * 1000
    if not np.isfinite(onsets).all():
        line = int((~np.isfinite(onsets)).argmax()) + 2
        raise InputError(f"{path}: line {line}: onset must be a number, in s")
    names = table.get("trial_type") or table.get("value") or ["event"] * len(onsets)
    return found.assign(
        event_time=("event", onsets, {"units": "ms"}),
        event_name=("event", np.array(names, dtype=str)),
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
