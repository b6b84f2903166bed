"""One door: what a file is, by its content and its ending, and its reader."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from neurosim.errors import InputError, suggest
from neurosim.io.reading import check_file, reason

if TYPE_CHECKING:
    import xarray as xr

ENDINGS = {
    ".nwb": "NWB",
    ".mat": "MATLAB",
    ".npz": "NPZ",
    ".csv": "CSV",
    ".tsv": "CSV",
    ".vhdr": "BrainVision",
    ".nc": "NetCDF",
}
"""Formats by the endings that say so."""

_READERS = {
    "NWB": "nwb",
    "MATLAB": "named",
    "NPZ": "named",
    "CSV": "table",
    "BrainVision": "bids",
    "BIDS": "bids",
    "NetCDF": "result",
}


def load(
    path: str | Path,
    *,
    channels: Sequence[str] | None = None,
    series: Sequence[str] | None = None,
    condition: str | None = None,
    units: str | None = None,
) -> xr.Dataset:
    """Read a recording or a simulated result.

    ============ =================================================================================
    ``.nwb``     spikes, trials and continuous series; see :mod:`neurosim.io.nwb`
    ``.vhdr``    BrainVision recording, or a BIDS folder of one; see :mod:`neurosim.io.bids`
    ``.mat``     MATLAB, version 5 or 7.3, with the names of :mod:`neurosim.io.named`
    ``.npz``     arrays with the names of :mod:`neurosim.io.named`
    ``.csv``     a table of spikes, rates or signals; see :mod:`neurosim.io.table`
    ``.nc``      a result of this package; see :mod:`neurosim.io.result`
    ============ =================================================================================

    Parameters
    ----------
    path
        Of the file, or of a BIDS folder.
    channels
        Names of the channels wanted; all by default.
    series
        NWB: names of the continuous series wanted, which must have the same times; by default all,
        where they do, and none otherwise.
    condition
        Column of the trials by which they are averaged and told apart; by default the one that is
        named ``condition``.
    units
        Of rates, for a file that does not say.

    Returns
    -------
    xarray.Dataset
        In the form of :mod:`neurosim.io.form`, with the attributes ``file`` and ``format``.

    Raises
    ------
    InputError
        The file is missing, damaged, not what its ending says, or holds none of this.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "reach.npz"
    >>> np.savez(path, rates=np.ones((2, 5, 3)), time_ms=10 * np.arange(5), units="spikes/s")
    >>> load(path)["rates"].sizes
    Frozen({'condition': 2, 'time': 5, 'unit': 3})
    """
    from neurosim.io.events import with_condition
    from neurosim.io.form import with_units

    path = Path(path)
    kind = recognise(path)
    if series is not None and kind != "NWB":
        raise InputError(f"{path}: series are of NWB files, this is {kind}")
    module = import_module(f"neurosim.io.{_READERS[kind]}")
    given = {"channels": channels} if kind in ("BrainVision", "BIDS") else {}
    if kind == "NWB":
        given = {"series": series}
    dataset: xr.Dataset = module.read(path, **given)
    dataset = with_units(dataset, path, units)
    if channels is not None and not given.get("channels"):
        dataset = _chosen(dataset, path, channels)
    if condition is not None:
        dataset = with_condition(dataset, condition, path)
    dataset.attrs |= {"file": str(path), "format": kind}
    return dataset


def recognise(path: str | Path) -> str:
    r"""What a file is, from its first bytes.

    Raises
    ------
    InputError
        The file is missing or of no known kind, or its ending says something else.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "reach.npz"
    >>> _ = path.write_text("time_ms,unit\n3,0\n")
    >>> try:
    ...     recognise(path)
    ... except InputError as error:
    ...     print(str(error).partition(": ")[2])
    is not what its ending says: NPZ expected, it holds text
    """
    path = Path(path)
    if os.path.isdir(path):  # unlike Path.is_dir, for any name
        return "BIDS"
    check_file(path)
    expected = ENDINGS.get(path.suffix.lower())
    found = _content(path)
    if found == "text" and expected in ("CSV", None):
        found = "CSV"
    if expected is None and (found in ("CSV", "empty") or found not in _READERS):
        known = ", ".join(ENDINGS)
        raise InputError(f"{path}: expected a file ending in {known}, given '{path.suffix}'")
    if found == "empty":
        raise InputError(f"{path}: is empty")
    if expected not in (None, found):
        raise InputError(
            f"{path}: is not what its ending says: {expected} expected, it holds {found}"
        )
    return found


def _content(path: Path) -> str:
    """What the first bytes say; ``text`` or ``unknown bytes`` where they say nothing more."""
    import h5py

    try:
        with path.open("rb") as opened:
            first = opened.read(4096)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from None
    if not first:
        return "empty"
    if first.startswith(b"PK\x03\x04"):
        return "NPZ"
    if first.startswith(b"MATLAB 5.0") or first.startswith(b"MATLAB 7.3"):
        return "MATLAB"
    if first.startswith(b"CDF"):
        return "NetCDF"
    if h5py.is_hdf5(path):
        try:
            with h5py.File(path, "r") as stored:
                return "NWB" if "nwb_version" in stored.attrs else "NetCDF"
        except Exception as error:  # h5py raises many kinds for damaged files
            raise InputError(f"{path}: is damaged, perhaps truncated ({reason(error)})") from None
    if b"\0" in first:
        return "unknown bytes"
    title = first[:200].decode("utf-8-sig", "replace").replace(" ", "")
    return "BrainVision" if title.startswith("BrainVisionDataExchangeHeader") else "text"


def _chosen(dataset: xr.Dataset, path: Path, channels: Sequence[str]) -> xr.Dataset:
    if "signals" not in dataset:
        raise InputError(f"{path}: holds no channels to choose from")
    known = [str(name) for name in dataset["channel"].values]
    for name in channels:
        if name not in known:
            raise InputError(f"{path}: {suggest(name, known, what='channel')}")
    return dataset.isel(channel=[known.index(name) for name in channels])
