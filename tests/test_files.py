"""Outputs appear whole or not at all; results go to disk and come back."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurosim import Direct, InputError, Recording, Reservoir, Rmhl, Schedule, load, save, train
from neurosim.files import check_output, written_whole
from tasks.motor.drawing import Drawing


def test_written_whole(tmp_path):
    path = tmp_path / "out.txt"
    with written_whole(path) as temporary:
        temporary.write_text("new")
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".txt"
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(error), written_whole(path) as temporary:
        temporary.write_text("half of the n")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_what_is_written(tmp_path):
    umask = os.umask(0o022)
    try:
        with written_whole(tmp_path / "out") as temporary:
            temporary.touch()
        assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o644
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(umask)


def test_check_output(tmp_path):
    path = tmp_path / "out.nc"
    assert check_output(str(path), force=False) == path
    assert list(tmp_path.iterdir()) == []  # nothing is left of the trial
    path.write_text("precious")
    assert check_output(path, force=True) == path
    assert path.read_text() == "precious"
    with pytest.raises(InputError, match=r"exists already.*--force"):
        check_output(path, force=False)
    with pytest.raises(InputError, match="is a folder"):
        check_output(tmp_path, force=True)
    with pytest.raises(InputError, match="there is no folder"):
        check_output(tmp_path / "none" / "out.nc", force=False)
    with pytest.raises(InputError, match="cannot be written"):
        check_output(path / "out.nc", force=False)  # below a file


def test_check_output_in_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(InputError, match=r"cannot be written .*Permission denied"):
        check_output(tmp_path / "out.nc", force=False)


@pytest.fixture(scope="module")
def result():
    """A small run with everything recorded."""
    signals = (*Recording().signals, "rates")
    return train(
        Drawing("small", Direct(), period=20.0),
        Rmhl(),
        Reservoir(n_units=20, dtype="float64"),
        schedule=Schedule(2, 1),
        recording=Recording(signals, interval=1.0, units=(1, 5), trial_weights=True),
    )


@pytest.fixture(scope="module")
def saved(result, tmp_path_factory):
    """Bytes of the file of that run."""
    path = tmp_path_factory.mktemp("saved") / "run.nc"
    save(result, path)
    return path.read_bytes()


def test_load_gives_what_was_saved(result, saved, tmp_path):
    path = tmp_path / "run.nc"
    path.write_bytes(saved)
    loaded = load(path)
    xr.testing.assert_equal(loaded, result)
    for name in result.variables:
        assert loaded[name].dtype.kind == result[name].dtype.kind
        assert loaded[name].attrs == result[name].attrs
    assert loaded.attrs.keys() == result.attrs.keys()
    assert loaded.attrs["parameters"] == result.attrs["parameters"]
    path.unlink()
    loaded.readout.values.sum()  # nothing is left to be read from the file


def test_plain_xarray_opens_it(result, saved, tmp_path):
    path = tmp_path / "run.nc"
    path.write_bytes(saved)
    with xr.open_dataset(path) as opened:
        xr.testing.assert_equal(opened.load(), result)
        assert opened.time.dtype.kind == "f"  # ms, not a date
        assert opened.readout.attrs["units"] == "1"
        assert opened.attrs["source"] == "neurosim"


def test_saving_a_second_time_replaces(result, tmp_path):
    save(result, tmp_path / "run.nc")
    save(result.assign(more=1), tmp_path / "run.nc")
    assert "more" in load(tmp_path / "run.nc")
    assert [path.name for path in tmp_path.iterdir()] == ["run.nc"]


def test_saving_what_cannot_be_saved_leaves_the_old_file(result, tmp_path):
    path = tmp_path / "run.nc"
    path.write_text("old")
    with pytest.raises(Exception, match=r".+"):
        save(result.assign_attrs(strange=object()), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def refused(path: Path) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.7, 0.99])
def test_a_truncated_result(saved, tmp_path, part):
    path = tmp_path / "run.nc"
    path.write_bytes(saved[: int(part * len(saved))])
    refused(path)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_random_bytes(tmp_path, content):
    path = tmp_path / "run.nc"
    path.write_bytes(content)
    refused(path)


def test_no_result(tmp_path):
    assert "no such file" in refused(tmp_path / "none.nc")
    (tmp_path / "folder.nc").mkdir()
    refused(tmp_path / "folder.nc")
    path = tmp_path / "other.nc"
    xr.Dataset({"a": ("x", np.arange(3))}).to_netcdf(path, engine="h5netcdf")
    assert "not a result of neurosim" in refused(path)
    (tmp_path / "text.nc").write_text("time,x,y\n0,1,2\n")
    assert "NetCDF" in refused(tmp_path / "text.nc")
