"""Whatever is in a file: it is read, or refused in one line that names it.

Every reader of the package is in ``fuzz.READERS``. The same cases in every run; for new ones:

    pytest --hypothesis-profile=search tests/test_fuzz_readers.py
    python tests/fuzz.py 60                  # in processes that may crash or hang
"""

from __future__ import annotations

import io
import json
import os
import struct
import tempfile
import zipfile
import zlib
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fuzz
from fuzz import KINDS, READERS, Damage, limited, outcome, refusal
from neurosim.io.reading import check_hdf5

EVERY = settings.default.max_examples
"""100, or more in a search."""

DAMAGES = st.lists(
    st.builds(Damage, st.sampled_from(KINDS), st.floats(0, 1), st.integers(0, 2**16 - 1)),
    min_size=1,
    max_size=3,
)
EXTRAS = {"nwb": ("pynwb",), "onnx": ("onnx", "onnxruntime")}


@cache
def made(name):
    """A valid file of a kind, and those that belong to it."""
    return READERS[name].make()


@pytest.fixture(params=READERS)
def name(request):
    for package in EXTRAS.get(request.param, ()):
        pytest.importorskip(package)
    return request.param


def some(cost):
    """As many cases as a reader is quick."""
    return settings(
        max_examples=max(5, EVERY // (3 * cost)),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def test_damage(name, tmp_path):
    reader, files = READERS[name], made(name)
    assert outcome(reader, files, tmp_path) == ""  # those of no damage are read

    @some(reader.cost)
    @given(st.sampled_from(sorted(files)), DAMAGES)
    def check(which, damages):
        outcome(reader, {**files, which: fuzz.damaged(files[which], damages)}, tmp_path)

    check()


def test_random_bytes(name, tmp_path):
    reader, files = READERS[name], made(name)
    first = next(iter(files))

    @some(2 * reader.cost)
    @given(st.binary(max_size=200), st.sampled_from((0, 4, 8, 16, 128, 136, 512)))
    def check(content, kept):
        outcome(reader, {**files, first: files[first][:kept] + content}, tmp_path)

    check()


def test_truncation(name, tmp_path):
    reader, files = READERS[name], made(name)
    n = max(4, 20 // reader.cost)
    for which, content in files.items():
        for length in {0, 1, len(content) - 1, *np.linspace(2, len(content) - 2, n, dtype=int)}:
            outcome(reader, {**files, which: content[:length]}, tmp_path)


def test_no_file(name, tmp_path):
    """A folder, nothing, links in a circle, a pipe, a name that is too long."""
    reader, files = READERS[name], made(name)
    first, *others = files

    def folder(path):
        path.mkdir()

    def circle(path):
        path.symlink_to(path.name)

    for k, make in enumerate((folder, lambda path: None, circle, os.mkfifo)):
        own = tmp_path / str(k)
        for other in others:
            (own / other).parent.mkdir(parents=True, exist_ok=True)
            (own / other).write_bytes(files[other])
        (own / first).parent.mkdir(parents=True, exist_ok=True)
        make(own / first)
        with limited(60):
            message = refusal(lambda own=own: reader.read(own / first))
        # a picture that is no file is passed over, a folder may be one of BIDS
        assert message or "/" in first
        assert not message or str(own) in message
    if "/" not in first:
        long = tmp_path / ("x" * 300 + Path(first).suffix)
        assert refusal(lambda: reader.read(long))


# ------------------------------------------------------------------------- what values may be

STRANGE = (
    np.array([]),
    np.zeros((0, 3)),
    np.array(3.0),
    np.array([np.nan, np.inf, 1.0, 2.0]),
    np.array(["a", "b"]),
    np.array([b"\xff", b"b"]),
    np.array([1 + 2j]),
    np.zeros((2, 2, 2, 2)),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    np.array(["2020-01-01"], "M8[D]"),
    np.array([-1, 2**62]),
    np.array([True, False]),
    np.full(6, 1e308),
)
OBJECTS = np.array([{"a": 1}, None], object)


def arrays_of(content):
    with np.load(io.BytesIO(content)) as archive:
        return dict(archive)


@pytest.mark.parametrize("name", [name for name in READERS if "npz" in name])
def test_arrays_of_other_kinds(name, tmp_path):
    reader, files = READERS[name], made(name)
    (file, content), *_ = files.items()
    arrays = arrays_of(content)
    for key in arrays:
        rest = {other: value for other, value in arrays.items() if other != key}
        outcome(reader, {file: fuzz.npz(**rest)}, tmp_path)
        for strange in STRANGE:
            outcome(reader, {file: fuzz.npz(**rest, **{key: strange})}, tmp_path)
        message = outcome(reader, {file: fuzz.npz(**rest, **{key: OBJECTS})}, tmp_path)
        assert message  # nothing is read that would run code


@pytest.mark.parametrize("name", ["matlab5", "features mat", "trials mat"])
def test_matlab_values_of_other_kinds(name, tmp_path):
    from scipy.io import loadmat, savemat

    reader, files = READERS[name], made(name)
    (file, content), *_ = files.items()
    values = {k: v for k, v in loadmat(io.BytesIO(content)).items() if k[0] != "_"}
    cells = np.empty(2, object)
    cells[:] = [np.zeros((2, 2)), "text"]
    for key in values:
        for strange in (*(s for s in STRANGE if s.dtype.kind != "M"), cells, {"a": 1.0}):
            stored = io.BytesIO()
            savemat(stored, {**values, key: strange})
            outcome(reader, {file: stored.getvalue()}, tmp_path)


def leaves(value, at=()):
    """Places in nested lists and tables."""
    yield at
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, item in items:
        yield from leaves(item, (*at, key))


def with_value(value, at, new):
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = with_value(value[at[0]], at[1:], new)
    return copy


def test_studies_of_other_kinds(tmp_path):
    """Every value of every file of a store is replaced by every kind of value."""
    reader, files = READERS["store"], made("store")
    for which, content in files.items():
        told = json.loads(content)
        told = {key: value for key, value in told.items() if key != "parameters"}
        for at in leaves(told):
            if "environment" in at or "traceback" in at:
                continue
            for new in (None, -1, "x", [], {}):
                changed = json.dumps(with_value(told, at, new)).encode()
                outcome(reader, {**files, which: changed}, tmp_path)


def netcdf(dataset):
    with tempfile.TemporaryDirectory() as folder:
        dataset.to_netcdf(Path(folder) / "a.nc", engine="h5netcdf")
        return (Path(folder) / "a.nc").read_bytes()


def test_recordings_that_lack_something(tmp_path):
    from neurosim.recording import load

    reader, files = READERS["recording.nc"], made("recording.nc")
    (tmp_path / "whole.nc").write_bytes(files["result.nc"])
    whole = load(tmp_path / "whole.nc")
    for lacking in (*whole.variables, None):
        rest = whole.drop_vars(lacking) if lacking else whole.isel(time=slice(0))
        outcome(reader, {"result.nc": netcdf(rest)}, tmp_path)
    for name in ("trial_ms", "task", "source"):
        for value in ("x", -1.0, np.nan, 0.0, [1.0, 2.0]):
            other = whole.assign_attrs({name: value})
            outcome(reader, {"result.nc": netcdf(other)}, tmp_path)


# ------------------------------------------------------------------------------ huge promises


def promising(shape, dtype="<f8"):
    """An ``.npz`` whose array says that it has this shape."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
        header = header.ljust(117) + "\n"
        content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
        for name in ("rates", "spike_unit", "x", "whole"):
            archive.writestr(f"{name}.npy", content + bytes(80))
        for name, value in {"time_ms": [0.0, 1.0], "spike_time_ms": [1.0]}.items():
            single = io.BytesIO()
            np.save(single, value)
            archive.writestr(f"{name}.npy", single.getvalue())
    return stored.getvalue()


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(1000000, 1000000, 3)", "(-1, 2)"])
@pytest.mark.parametrize("dtype", ["<f8", "<U0", "|S0"])
@pytest.mark.parametrize("name", ["npz of rates", "trace npz", "features npz"])
def test_npz_that_promises_much(tmp_path, name, shape, dtype):
    file = next(iter(made(name)))
    assert outcome(READERS[name], {file: promising(shape, dtype)}, tmp_path)


@pytest.mark.parametrize("name", sorted(READERS.keys() - {"onnx", "released trials", "checkpoint"}))
def test_what_needs_more_memory_than_is_free(name, tmp_path, monkeypatch):
    """Of files that are whole; small pictures are read without asking."""
    reader, files = READERS[name], made(name)
    if name == "nwb":
        pytest.importorskip("pynwb")
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=10))
    message = outcome(reader, files, tmp_path)
    assert "GiB of memory" in message or "/" in next(iter(files))


def hdf5(tmp_path, **sizes):
    """An HDF5 file with datasets of these sizes, of which nothing was written."""
    with h5py.File(tmp_path / "made.h5", "w") as file:
        for name, shape in sizes.items():
            file.create_dataset(name, shape, "f8", chunks=tuple(min(n, 1000) for n in shape))
            file[name].attrs["MATLAB_class"] = np.bytes_("double")
    return (tmp_path / "made.h5").read_bytes()


def test_hdf5_that_promises_much(tmp_path):
    content = hdf5(tmp_path, rates=(10**6, 10**6, 3), time_ms=(10**12,))
    for name in ("result", "recording.nc", "trace nc"):
        message = outcome(READERS[name], {next(iter(made(name))): content}, tmp_path)
        assert "GiB of memory" in message
    with_head = b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM" + bytes(384) + content
    assert outcome(READERS["features mat"], {"features.mat": with_head}, tmp_path)


def test_nwb_that_promises_much(tmp_path):
    pytest.importorskip("pynwb")
    path = tmp_path / "big.nwb"
    path.write_bytes(made("nwb")["result.nwb"])
    with h5py.File(path, "r+") as file:
        places = []

        def keep(at, each):
            if isinstance(each, h5py.Dataset) and each.ndim == 1 and each.dtype.kind == "f":
                places.append((at, each))

        file.visititems(keep)
        for at, each in places:
            attributes, dtype = dict(each.attrs), each.dtype
            del file[at]
            made_ = file.create_dataset(at, (10**12,), dtype, chunks=(1000,))
            made_.attrs.update(attributes)
    message = refusal(lambda: fuzz.inspected(path))
    assert str(path) in message


def element(kind, content):
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def array(kind, shape, *content):
    flags = element(6, struct.pack("<II", kind, 0))
    sizes = element(5, struct.pack(f"<{len(shape)}i", *shape))
    return element(14, flags + sizes + element(1, b"x") + b"".join(content))


HEAD = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
NUMBER = array(6, (1, 1), element(9, struct.pack("<d", 3.0)))


@pytest.mark.parametrize(
    "content",
    [
        array(4, (10**5, 10**5), element(16, b"")),  # text of blanks
        array(1, (10**5, 10**5)),  # cells
        array(2, (10**5, 10**5), element(5, b"\x20\0\0\0"), element(1, b"a".ljust(32))),
        array(6, (1, 1), element(8, bytes(8))),  # numbers of a type that is none
        array(6, (1, 1), element(99, bytes(8))),
        array(6, (1, 1), element(14, bytes(8))),  # an array where numbers are expected
        array(99, (1, 1), element(9, bytes(8))),
        array(2, (1, 1), element(5, bytes(4)), element(1, b"ab")),  # names without length
        element(15, zlib.compress(struct.pack("<II", 14, 2**32 - 8) + bytes(10**6))),
        element(15, zlib.compress(NUMBER)[:-9]),
        element(15, b"no zlib"),
        struct.pack("<II", 14, 2**32 - 1),
        struct.pack("<I", 14 | 200 << 16),
    ],
)  # fmt: skip
def test_matlab_that_lies(tmp_path, content):
    """Most of these make SciPy take all memory, or crash."""
    assert outcome(READERS["matlab5"], {"a.mat": HEAD + content}, tmp_path)


def test_matlab_arrays_inside_arrays(tmp_path):
    def nested(depth):
        content = NUMBER
        for _ in range(depth):
            content = array(1, (1, 1), content)
        return HEAD + content

    assert "expected an array" in outcome(READERS["matlab5"], {"a.mat": nested(20)}, tmp_path)
    for depth in (100, 20_000):
        message = outcome(READERS["matlab5"], {"a.mat": nested(depth)}, tmp_path)
        assert "deep" in message


def test_a_heap_of_hdf5_that_does_not_end(tmp_path):
    """The HDF5 library would read it for ever."""
    content = made("result")["result.nc"]
    heap = content.index(b"GCOL")
    size = int.from_bytes(content[heap + 8 : heap + 16], "little")
    place = heap + 16
    while place < heap + size and int.from_bytes(content[place : place + 2], "little"):
        length = int.from_bytes(content[place + 8 : place + 16], "little")
        place += 16 + length + -length % 8
    for at, new in ((place + 8, bytes(8)), (heap + 24, b"\xf0" + b"\xff" * 7)):
        bad = content[:at] + new + content[at + 8 :]
        assert "does not end" in outcome(READERS["result"], {"a.nc": bad}, tmp_path)
    path = tmp_path / "whole.nc"
    path.write_bytes(content)
    assert check_hdf5(path) == path


def sparse(path, size):
    """A file of that size which takes no room on the disk."""
    try:
        with open(path, "r+b" if path.exists() else "wb") as file:
            file.truncate(size)
    except OSError as error:
        pytest.skip(f"the file system has no files of {size:,} bytes ({error})")


@pytest.mark.parametrize(
    ("name", "which"),
    [
        ("bids", "sub_ieeg.eeg"), ("bids", "sub_ieeg.vhdr"), ("bids", "sub_events.tsv"),
        ("trace csv", "table.csv"), ("csv of rates", "table.csv"), ("study", "study.toml"),
        ("store", "study.json"), ("features mat", "features.mat"), ("matlab5", "rates.mat"),
    ],
)  # fmt: skip
def test_files_larger_than_memory(tmp_path, name, which):
    files = made(name)
    for file, content in files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(content)
    sparse(tmp_path / which, 2**42)
    message = refusal(lambda: READERS[name].read(tmp_path / next(iter(files))))
    assert "GiB of memory" in message or "holds unknown bytes" in message
    assert str(tmp_path) in message


def test_tables_that_would_fill_memory(tmp_path):
    lines = [f"{k},{k},{k},c{k}" for k in range(10_000)]
    table = "\n".join(["rate,unit,time_ms,condition", *lines]).encode()
    message = outcome(READERS["csv of rates"], {"table.csv": table}, tmp_path)
    assert "given 10,000 for 10,000 x 10,000 x 10,000" in message
    spikes = fuzz.npz(spike_time_ms=[1.0], spike_unit=[10**12])
    message = outcome(READERS["npz of spikes"], {"spikes.npz": spikes}, tmp_path)
    assert "must be below 10,000,000, given 1,000,000,000,000" in message


def test_pictures_that_promise_much(tmp_path):
    files = dict(made("png"))
    content = bytearray(files["dark/square.png"])
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    files["dark/square.png"] = bytes(content)
    assert outcome(READERS["png"], files, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "seeds = 1000000000000",
        "seeds = {start = 0, stop = 1, num = 1000000000000}",
        f"seeds = {'[' * 3000}",
        f"seeds = [{'9' * 5000}]",
        "seeds = [1979-05-27]",
        "conditions = [[]]",
        "conditions.a = 3",
        "keep = []",
        "sweep.gain = {start = nan, stop = 1, num = 3}",
        "sweep.gain = [[[1]]]",
        "fixed.task = {}",
        'fixed.task = "' + "x" * 10**6 + '"\nfixed.deviation = 1',
    ],
)
def test_studies_of_absurd_size(tmp_path, line):
    (tmp_path / "study.toml").write_text(line)
    message = refusal(lambda: fuzz.read_study_file(tmp_path / "study.toml"))
    assert "study.toml" in message or not message
