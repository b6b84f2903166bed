r"""Recordings in the BrainVision Core Data Format (``.vhdr`` header, ``.eeg`` samples).

The header is an INI file; a channel's entry is ``Ch<n>=<name>,<reference>,<resolution>,<unit>``,
commas in names written as ``\1``, and

    value in <unit> = stored number x <resolution>            (empty: 1 and microvolt)

for integers and floats alike. Samples are stored by time (``MULTIPLEXED``) or by channel
(``VECTORIZED``). Markers (``.vmrk``) are not read.
"""

from __future__ import annotations

import configparser
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurosim.errors import InputError, suggest
from neurosim.io.reading import content
from neurosim.memory import check_memory

if TYPE_CHECKING:
    import xarray as xr

FORMATS = {"IEEE_FLOAT_32": "f4", "INT_16": "i2"}
"""Binary formats that are read, and their NumPy types."""

DEFAULT_UNIT = "µV"


class _Header(NamedTuple):
    data: Path
    dtype: np.dtype[np.generic]
    by_time: bool
    interval_us: float
    names: list[str]
    resolutions: list[float]
    units: list[str]


def read_brainvision(path: str | Path, channels: Sequence[str] | None = None) -> xr.DataArray:
    """Read a recording, or some of its channels.

    Parameters
    ----------
    path
        Of the ``.vhdr`` header; the samples lie where it says, beside it.
    channels
        Names of those wanted; all by default. Only these are read from disk.

    Returns
    -------
    xarray.DataArray
        float64, (time, channel), in each channel's unit, with the coordinates ``time`` (ms from the
        first sample), ``channel`` and ``unit`` (of each channel), and the attribute
        ``sampling_frequency`` (Hz).

    Raises
    ------
    InputError
        A file is missing, damaged or of an unsupported kind, or a channel is not in it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> np.array([[1, 10], [2, 20]], "<i2").tofile(folder / "grip.eeg")
    >>> _ = (folder / "grip.vhdr").write_text('''Brain Vision Data Exchange Header File Version 1.0
    ... [Common Infos]
    ... DataFile=grip.eeg
    ... DataOrientation=MULTIPLEXED
    ... NumberOfChannels=2
    ... SamplingInterval=1000
    ... [Binary Infos]
    ... BinaryFormat=INT_16
    ... [Channel Infos]
    ... Ch1=LFP,,0.1,uV
    ... Ch2=force,,0.5,N
    ... ''')
    >>> read_brainvision(folder / "grip.vhdr", channels=["force"]).values
    array([[ 5.],
           [10.]])
    """
    import xarray as xr

    header = _header(Path(path))
    wanted = list(header.names if channels is None else channels)
    for name in wanted:
        if name not in header.names:
            raise InputError(f"{path}: {suggest(name, header.names, what='channel')}")
    index = [header.names.index(name) for name in wanted]
    stored = _samples(header)
    check_memory(16 * len(stored) * len(index), f"{path}: reading {len(index)} channels")
    samples = stored[:, index] * np.array(header.resolutions, np.float64)[index]
    return xr.DataArray(
        samples,
        dims=("time", "channel"),
        coords={
            "time": ("time", np.arange(len(samples)) * header.interval_us / 1e3, {"units": "ms"}),
            "channel": wanted,
            "unit": ("channel", [header.units[i] for i in index]),
        },
        attrs={"sampling_frequency": 1e6 / header.interval_us},
    )


def _samples(header: _Header) -> np.ndarray:
    """The stored numbers, (time, channel), not yet read from disk."""
    n_channels = len(header.names)
    frame = n_channels * header.dtype.itemsize
    try:
        size = header.data.stat().st_size
        if size == 0 or size % frame:
            raise InputError(
                f"{header.data}: holds {size} bytes, expected a multiple of {frame} "
                f"({n_channels} channels of {header.dtype.itemsize} bytes); cut short?"
            )
        shape = (size // frame, n_channels) if header.by_time else (n_channels, size // frame)
        stored = np.memmap(header.data, header.dtype, mode="r", shape=shape)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{header.data}: cannot be read ({_reason(error)})") from None
    return stored if header.by_time else stored.T


def _header(path: Path) -> _Header:
    raw = content(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:  # written with Codepage=ANSI
        text = raw.decode("latin-1")
    title, _, body = text.partition("\n")
    if not title.replace(" ", "").startswith("BrainVisionDataExchangeHeaderFile"):
        raise InputError(f"{path}: is not a BrainVision header; its first line should say so")
    body = body.partition("[Comment]")[0]  # free text follows
    parser = configparser.ConfigParser(delimiters="=", comment_prefixes=";", interpolation=None)
    try:
        parser.read_string(body)
        return _parsed(path, parser)
    except configparser.NoSectionError as error:
        raise InputError(f"{path}: has no section [{error.section}]") from None
    except configparser.NoOptionError as error:
        raise InputError(f"{path}: [{error.section}] does not say {error.option}") from None
    except configparser.Error as error:
        raise InputError(f"{path}: damaged header ({_reason(error)})") from None


def _parsed(path: Path, parser: configparser.ConfigParser) -> _Header:
    common = "Common Infos"

    def choice(section: str, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        given = parser.get(section, key, fallback=default) if default else parser.get(section, key)
        if given.upper() not in allowed:
            raise InputError(f"{path}: {key} must be {' or '.join(allowed)}, given {given!r}")
        return given.upper()

    def number(key: str, given: str, expected: str) -> float:
        try:
            value = float(given)
        except ValueError:
            value = math.nan
        if not 0 < abs(value) < math.inf:
            raise InputError(f"{path}: {key} must be {expected}, given {given!r}")
        return value

    choice(common, "DataFormat", ("BINARY",), "BINARY")
    choice(common, "DataType", ("TIMEDOMAIN",), "TIMEDOMAIN")
    orientation = choice(common, "DataOrientation", ("MULTIPLEXED", "VECTORIZED"))
    kind = FORMATS[choice("Binary Infos", "BinaryFormat", tuple(FORMATS))]
    order = choice("Binary Infos", "UseBigEndianOrder", ("NO", "YES"), "NO")
    interval_us = number("SamplingInterval", parser.get(common, "SamplingInterval"), "microseconds")
    if interval_us < 0:
        raise InputError(f"{path}: SamplingInterval must be above 0, given {interval_us:g}")

    entries = parser.options("Channel Infos")
    n_channels = parser.get(common, "NumberOfChannels")
    if not entries or n_channels != str(len(entries)):
        raise InputError(
            f"{path}: NumberOfChannels is {n_channels!r}, [Channel Infos] names {len(entries)}"
        )
    names, resolutions, units = [], [], []
    for i in range(len(entries)):
        entry = parser.get("Channel Infos", f"Ch{i + 1}")
        name, _, resolution, unit = (entry.split(",") + [""] * 3)[:4]
        names.append(name.replace("\\1", ","))
        resolutions.append(number(f"resolution of Ch{i + 1}", resolution or "1", "a number"))
        units.append(unit or DEFAULT_UNIT)
    if len(set(names)) < len(names):
        raise InputError(f"{path}: two channels have the same name ({', '.join(names)})")

    data = path.parent / parser.get(common, "DataFile").replace("$b", path.stem)
    dtype = np.dtype(kind).newbyteorder(">" if order == "YES" else "<")
    return _Header(
        data, dtype, orientation == "MULTIPLEXED", interval_us, names, resolutions, units
    )


def _reason(error: Exception) -> str:
    """What went wrong, on one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())
