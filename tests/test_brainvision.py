"""BrainVision recordings are read as stored, or refused in one line."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurosim.io.brainvision
from neurosim.errors import InputError
from neurosim.io.brainvision import read_brainvision

NUMBERS = np.array([[1, -2, 300], [4, 5, -600], [7, 8, 900], [10, 11, 12]])
"""4 times, 3 channels."""

HEADER = """Brain Vision Data Exchange Header File Version 1.0
; a comment

[Common Infos]
Codepage=UTF-8
DataFile=rec.eeg
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels=3
SamplingInterval=2000

[Binary Infos]
BinaryFormat=INT_16

[Channel Infos]
Ch1=LFP,,0.1,µV
Ch2=ECoG\\1 left,,,
Ch3=force,ref,0.5,N

[Comment]
free = text = with [brackets
and lines that are no options
"""


def write(folder: Path, header: str = HEADER, data: bytes | None = None) -> Path:
    path = folder / "rec.vhdr"
    path.write_text(header, encoding="utf-8")
    (folder / "rec.eeg").write_bytes(NUMBERS.astype("<i2").tobytes() if data is None else data)
    return path


def test_the_examples_run() -> None:
    assert doctest.testmod(neurosim.io.brainvision).failed == 0


def test_values_units_and_times(tmp_path: Path) -> None:
    recording = read_brainvision(write(tmp_path))
    assert recording.dims == ("time", "channel")
    assert recording["channel"].values.tolist() == ["LFP", "ECoG, left", "force"]
    assert recording["unit"].values.tolist() == ["µV", "µV", "N"]
    np.testing.assert_allclose(recording, NUMBERS * [0.1, 1, 0.5], rtol=1e-15)
    assert recording["time"].values.tolist() == [0, 2, 4, 6]
    assert recording["time"].attrs["units"] == "ms"
    assert recording.attrs["sampling_frequency"] == 500


@pytest.mark.parametrize("kind", ["INT_16", "IEEE_FLOAT_32"])
@pytest.mark.parametrize("orientation", ["MULTIPLEXED", "VECTORIZED"])
@pytest.mark.parametrize("order", ["NO", "YES"])
def test_all_layouts_hold_the_same(tmp_path: Path, kind: str, orientation: str, order: str) -> None:
    header = HEADER.replace("INT_16", f"{kind}\nUseBigEndianOrder={order}")
    header = header.replace("MULTIPLEXED", orientation)
    dtype = np.dtype({"INT_16": "i2", "IEEE_FLOAT_32": "f4"}[kind])
    stored = NUMBERS if orientation == "MULTIPLEXED" else NUMBERS.T
    data = stored.astype(dtype.newbyteorder(">" if order == "YES" else "<")).tobytes()
    recording = read_brainvision(write(tmp_path, header, data))
    np.testing.assert_allclose(recording, NUMBERS * [0.1, 1, 0.5], rtol=1e-7)


def test_chosen_channels_in_the_order_asked(tmp_path: Path) -> None:
    recording = read_brainvision(write(tmp_path), channels=["force", "LFP"])
    np.testing.assert_allclose(recording, NUMBERS[:, [2, 0]] * [0.5, 0.1], rtol=1e-15)
    assert recording["unit"].values.tolist() == ["N", "µV"]


def test_data_file_named_after_the_header(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER.replace("DataFile=rec.eeg", "DataFile=$b.eeg"))
    assert read_brainvision(path).shape == (4, 3)


def test_header_in_another_codepage(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(HEADER.encode("latin-1"))
    assert read_brainvision(path)["unit"].values[0] == "µV"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Brain Vision Data", "Some Other", "is not a BrainVision header"),
        ("[Binary Infos]", "[Other]", r"no section \[Binary Infos\]"),
        ("SamplingInterval=2000", "", "does not say samplinginterval"),
        ("SamplingInterval=2000", "SamplingInterval=fast", "given 'fast'"),
        ("SamplingInterval=2000", "SamplingInterval=nan", "given 'nan'"),
        ("SamplingInterval=2000", "SamplingInterval=-5", "above 0, given -5"),
        ("INT_16", "UINT_16", "must be IEEE_FLOAT_32 or INT_16, given 'UINT_16'"),
        ("BINARY", "ASCII", "DataFormat must be BINARY, given 'ASCII'"),
        ("MULTIPLEXED", "DIAGONAL", "given 'DIAGONAL'"),
        ("NumberOfChannels=3", "NumberOfChannels=4", r"is '4', \[Channel Infos\] names 3"),
        ("Ch2=", "Ch7=", "does not say ch2"),
        ("0.5,N", "half,N", "resolution of Ch3 must be a number, given 'half'"),
        ("0.5,N", "0,N", "given '0'"),
        ("Ch3=force", "Ch3=LFP", "two channels have the same name"),
        ("DataFile=rec.eeg", "DataFile=gone.eeg", "gone.eeg: cannot be read"),
        ("DataFile=rec.eeg", "DataFile=rec.eeg\nDataFile=b.eeg", "damaged header"),
    ],
)
def test_damaged_header(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in HEADER
    with pytest.raises(InputError, match=message) as raised:
        read_brainvision(write(tmp_path, HEADER.replace(old, new, 1)))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("size", [0, 5, 23])
def test_data_cut_short(tmp_path: Path, size: int) -> None:
    with pytest.raises(InputError, match=f"holds {size} bytes, expected a multiple of 6"):
        read_brainvision(write(tmp_path, data=bytes(size)))


def test_no_header(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_brainvision(tmp_path / "none.vhdr")


def test_unknown_channel_lists_those_present(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown channel 'forse': did you mean 'force'") as raised:
        read_brainvision(write(tmp_path), channels=["forse"])
    assert "known: LFP, ECoG, left, force" in str(raised.value)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_changed_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data) -> None:
    path = write(tmp_path_factory.mktemp("rec"))
    raw = bytearray(HEADER.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path.write_bytes(bytes(raw))
    try:
        recording = read_brainvision(path)
    except InputError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert recording.size > 0
