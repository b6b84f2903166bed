"""BIDS folders: signals with what the tables beside them say, events, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.io import align, describe, load

STEM = "sub-01_task-grip_run-1"
HEADER = f"""Brain Vision Data Exchange Header File Version 1.0
[Common Infos]
DataFile={STEM}_ieeg.eeg
DataOrientation=MULTIPLEXED
NumberOfChannels=2
SamplingInterval=2000
[Binary Infos]
BinaryFormat=INT_16
[Channel Infos]
Ch1=LFP,,0.5,µV
Ch2=grip,,1,N
"""
CHANNELS = """name\ttype\tunits\tsampling_frequency\tstatus
grip\tMISC\tN\t500.0\tgood
LFP\tDBS\tμV\t500.0\tbad
"""
EVENTS = """onset\tduration\ttrial_type
0.02\t0\tgo_left
0.05\t0\tgo_right
0.08\t0\tgo_left
0.199\t0\tgo_left
"""
SAMPLES = np.arange(200).reshape(100, 2)


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "study" / "sub-01" / "ieeg"
    home.mkdir(parents=True)
    (home / f"{STEM}_ieeg.vhdr").write_text(HEADER, encoding="utf-8")
    SAMPLES.astype("<i2").tofile(home / f"{STEM}_ieeg.eeg")
    (home / f"{STEM}_channels.tsv").write_text("\ufeff" + CHANNELS, encoding="utf-8")
    (home / f"{STEM}_events.tsv").write_text(EVENTS)
    return tmp_path / "study"


def table(folder, what):
    return folder / "sub-01" / "ieeg" / f"{STEM}_{what}.tsv"


def test_folder_and_header_hold_the_same(folder):
    found = load(folder)
    header = load(folder / "sub-01" / "ieeg" / f"{STEM}_ieeg.vhdr")
    np.testing.assert_array_equal(found["signals"], header["signals"])
    np.testing.assert_array_equal(found["signals"], SAMPLES * [0.5, 1])
    assert found["channel_type"].values.tolist() == ["DBS", "MISC"]
    assert found["channel_status"].values.tolist() == ["bad", "good"]
    told = describe(found)
    assert told["events"] == {"go_left": 3, "go_right": 1}
    assert told["interval_ms"] == 2
    assert told["channels"][1] == {"name": "grip", "unit": "N", "type": "MISC"}


def test_aligned_to_events_that_name_the_condition(folder):
    found = load(folder, channels=["grip"])
    with pytest.warns(UserWarning, match="1 of 4 trials .* not within the recording: 1"):
        cut = align(found, ["go_left", "go_right"], (-4, 4))
    assert cut["condition"].values.tolist() == ["go_left", "go_right", "go_left"]
    assert cut["time"].values.tolist() == [-4, -2, 0, 2, 4]
    np.testing.assert_array_equal(cut["signals"][1, :, 0], SAMPLES[23:28, 1])


@pytest.mark.parametrize(
    ("what", "text", "message"),
    [
        ("channels", CHANNELS.replace("LFP", "STN"), "does not describe channel 'LFP'"),
        ("channels", CHANNELS.replace("μV\t500.0", "μV\t1000.0"), "LFP is sampled at 1000 Hz, the"),
        ("channels", CHANNELS.replace("units", "unit"), "has no column 'units'"),
        ("channels", "", "is empty"),
        ("events", EVENTS.replace("0.05", "n/a"), "line 3: onset must be a number, in s"),
        ("events", EVENTS.replace("0.05\t0\t", "0.05\t"), "line 3 has 2 values, expected 3"),
        ("events", EVENTS.replace("onset", "start"), "has no column 'onset'"),
    ],
)
def test_tables_that_do_not_fit(folder, what, text, message):
    table(folder, what).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as raised:
        load(folder)
    assert "\n" not in str(raised.value)


def test_units_of_table_and_header_differ(folder):
    table(folder, "channels").write_text(CHANNELS.replace("μV", "mV"), encoding="utf-8")
    with pytest.warns(UserWarning, match="LFP is said to be in mV, the recording in µV"):
        assert load(folder)["channel_unit"].values[0] == "µV"


def test_without_tables(folder):
    table(folder, "channels").unlink()
    table(folder, "events").unlink()
    assert describe(load(folder))["events"] == {}


def test_several_recordings_or_none(folder, tmp_path):
    other = folder / "sub-01" / "ieeg" / "sub-01_task-rest_ieeg.vhdr"
    other.write_text(HEADER, encoding="utf-8")
    with pytest.raises(InputError, match="holds 2 recordings, name one"):
        load(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no BrainVision recording"):
        load(tmp_path / "empty")


def test_the_grip_force_recording(real_data):
    path = real_data / "parkinson_lfp_gripforce"
    if not path.is_dir():
        pytest.skip("no recording of grip force")
    told = describe(load(path))
    assert told["sizes"] == {"time": 19001, "channel": 10}
    assert told["interval_ms"] == 1
    kinds = [each["type"] for each in told["channels"]]
    assert kinds == ["DBS"] * 3 + ["ECOG"] * 6 + ["MISC"]
