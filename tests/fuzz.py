"""Files that readers must take or refuse: valid ones of every kind, and how they are damaged.

As a script, a long search in processes that may crash:

    python tests/fuzz.py SECONDS [NAME ...]

prints what went wrong in each kind of file, with the numbers of the cases.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from neurosim.errors import InputError

Files = Mapping[str, bytes]
"""Contents by name below a folder; the first is the one that a reader is given."""


class Reader(NamedTuple):
    """What reads a kind of file.

    Attributes
    ----------
    make
        A valid file, or several that belong together.
    read
        Of the path of the first: everything that a person would do with the content.
    cost
        How many times as long as a short one a case takes.
    """

    make: Callable[[], Files]
    read: Callable[[Path], Any]
    cost: int = 1


def saved(name: str, write: Callable[[Path], Any]) -> Files:
    """The file that a function writes."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / name)
        return {name: (Path(folder) / name).read_bytes()}


def npz(**arrays: Any) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


@cache
def simulation() -> Any:
    """A run with one of everything, not yet begun: (a function that makes it)."""
    from neurosim import Direct, Recording, Reservoir, Rmhl, Schedule, Simulation
    from tasks.motor.drawing import Drawing

    return lambda: Simulation(
        Drawing("small", Direct(), period=20.0),
        Rmhl(),
        Reservoir(n_units=8),
        schedule=Schedule(2, 1),
        recording=Recording((*Recording().signals, "rates"), 2.0, units=(1, 5)),
    )


@cache
def a_result() -> Files:
    from neurosim.recording import save

    return saved("result.nc", lambda path: save(simulation()().run(), path))


def a_checkpoint() -> Files:
    from neurosim.checkpoint import save

    begun = simulation()()
    begun.advance()
    return saved("run.checkpoint", lambda path: save(path, begun))


def read_checkpoint(path: Path) -> None:
    from neurosim.checkpoint import load

    fresh = simulation()()
    load(path, fresh)
    while not fresh.finished:
        fresh.advance()


def read_result(path: Path) -> None:
    from neurosim.recording import load

    load(path)


def inspected(path: Path) -> None:
    """As ``neurosim inspect`` does."""
    from neurosim.cli.inspect import _lines
    from neurosim.io import describe, load

    found = describe(load(path))
    json.dumps(found)
    _lines(found)


RNG = np.random.default_rng(5)
TIME = 10.0 * np.arange(6)
RATES = RNG.random((4, 6, 3))
SPIKES = {
    "spike_time_ms": np.array([3.0, 8.0, 1.5, 30.0]),
    "spike_unit": np.array([0, 1, 1, 0]),
    "spike_trial": np.array([0, 0, 1, 1]),
    "condition": np.array(["left", "right"]),
    "trial_go_time_ms": np.array([1.0, 2.0]),
}


def an_nwb() -> Files:
    from neurosim.io.nwb_writer import write_nwb

    result = simulation()().run()
    return saved("result.nwb", lambda path: write_nwb(result, path))


VHDR = """Brain Vision Data Exchange Header File Version 1.0
[Common Infos]
DataFile=sub_ieeg.eeg
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels=2
SamplingInterval=1000
[Binary Infos]
BinaryFormat=INT_16
[Channel Infos]
Ch1=LFP,,0.1,uV
Ch2=MOV,,0.5,N
"""
BIDS = {
    "sub_ieeg.vhdr": VHDR.encode(),
    "sub_ieeg.eeg": RNG.integers(-99, 99, (40, 2)).astype("<i2").tobytes(),
    "sub_channels.tsv": b"name\ttype\tunits\tstatus\nLFP\tSEEG\tuV\tgood\nMOV\tMISC\tN\tgood\n",
    "sub_events.tsv": b"onset\tduration\ttrial_type\n0.01\t0\tgo\n0.02\t0\tstop\n",
}

MATLAB = {
    "rates": RATES,
    "time_ms": TIME,
    "condition": np.array(["a", "b", "c", "d"], object),
    "units": "spikes/s",
    "other": {"cell": np.array([1.0, "text"], object), "logical": np.array([True, False])},
    "complex": np.array([1 + 2j]),
    "whole": np.arange(3, dtype=np.uint8),
}


def matlab5(compressed: bool, version: str = "5") -> Files:
    from scipy.io import savemat
    from scipy.sparse import eye_array

    content = dict(MATLAB, sparse=eye_array(3, format="csc"))
    if version == "4":
        content = {"whole": RATES[0], "category": [1, 2, 1, 2, 1, 2], "other": "text"}

    def write(path: Path) -> None:
        savemat(path, content, format=version, do_compression=compressed)

    return saved("rates.mat", write)


def matlab73() -> Files:
    def write(path: Path) -> None:
        with h5py.File(path, "w", userblock_size=512) as file:
            names = []
            for k, name in enumerate(("a", "b", "c", "d")):
                text = np.array([list(map(ord, name))], np.uint16).T
                file[f"#refs#/{k}"] = text
                file[f"#refs#/{k}"].attrs["MATLAB_class"] = np.bytes_("char")
                names.append(file[f"#refs#/{k}"].ref)
            for name, value, kind in (
                ("rates", RATES.T, "double"),
                ("time_ms", TIME[:, np.newaxis], "double"),
                ("condition", np.array([names], h5py.ref_dtype), "cell"),
                ("units", np.array([list(map(ord, "Hz"))], np.uint16).T, "char"),
                ("nothing", np.array([0, 0], np.uint64), "double"),
            ):
                file[name] = value
                file[name].attrs["MATLAB_class"] = np.bytes_(kind)
            file["nothing"].attrs["MATLAB_empty"] = np.uint8(1)
        content = bytearray(path.read_bytes())
        content[:128] = b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\0\2IM"
        path.write_bytes(content)

    return saved("rates.mat", write)


FEATURES = {
    "whole": RNG.random((4, 6)),
    "category": np.array(["faces", "chairs", "faces", "fruits"]),
    "object_id": np.array([11, 12, 13, 20]),
    "occluded": RNG.random((3, 6)),
    "object": np.array([20, 11, 20]),
    "visibility": np.array([5.0, 100.0, 0.0]),
    "mask": RNG.random((2, 6)),
}


def feature_matlab() -> Files:
    from scipy.io import savemat

    values = FEATURES | {"category": FEATURES["category"].astype(object)}
    return saved("features.mat", lambda path: savemat(path, values))


def read_features(path: Path) -> None:
    from tasks.vision.features import load_features

    load_features(path)


TRIALS = {
    "who": [5, 5], "pres": [1, 61], "answer": [1, 1], "black": [80.0, 90.0], "soa": [25, 150],
    "masked": [0, 1],
}  # fmt: skip
FIELDS = {
    "subject": "who", "object": "pres", "response": "answer", "hidden": "black", "soa": "soa",
    "mask": "masked",
}  # fmt: skip


def trial_matlab() -> Files:
    from scipy.io import savemat

    return saved("trials.mat", lambda path: savemat(path, {"trials": TRIALS}))


def read_trials(path: Path) -> None:
    from tasks.vision.tang2018_matlab import read_matlab_trials

    read_matlab_trials(path, FIELDS, "trials")


COLUMNS = {
    "subject": [1, 1, 2, 2], "object_id": [1, 61, 2, 62],
    "category": ["animals", "chairs", "animals", "chairs"],
    "response": ["animals", "chairs", "faces", "chairs"], "correct": [1, 1, 0, 1],
    "visible_percent": [10.0, 20.0, 30.0, 15.0], "soa_ms": [25, 150, 75, 50],
    "soa_measured_ms": [25.1, 150.2, 75.0, 50.0],
    "masked": [0, 1, 1, 0], "reaction_time_ms": [500.0, 600.0, 700.0, 800.0],
    "n_bubbles": [2, 1, 2, 1],
}  # fmt: skip


def released() -> Files:
    """Trials and places of bubbles in the form of the released data."""
    rows = zip(*COLUMNS.values(), strict=True)
    lines = [",".join(COLUMNS), *(",".join(map(str, row)) for row in rows)]
    return {
        "trials.csv.gz": gzip.compress("\n".join(lines).encode(), mtime=0),
        "bubble_centers.npz": npz(centers=np.array([[5, 6, 0], [7, 0, 0], [8, 9, 0], [1, 0, 0]])),
    }


def read_released(path: Path) -> None:
    from tasks.vision.tang2018 import read_centres, read_trials

    read_centres(path.parent, read_trials(path.parent, practice=True))


def pictures(ending: str, **options: Any) -> Callable[[], Files]:
    def make() -> Files:
        from PIL import Image

        found = {}
        for kind, grey in (("dark", 0), ("light", 255)):
            picture = Image.new("L", (16, 16), 128)
            picture.paste(grey, (4, 4, 12, 12))
            content = io.BytesIO()
            picture.save(content, **options)
            found[f"{kind}/square{ending}"] = content.getvalue()
        return found

    return make


def read_pictures(path: Path) -> None:
    from tasks.vision.images import from_folder

    from_folder(path.parents[1], 16)


def a_network() -> Files:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = RNG.random((2 * 3, 4)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["image"], ["flat"], name="flatten"),
            helper.make_node("Gemm", ["flat", "W"], ["sum"], name="fc"),
            helper.make_node("Relu", ["sum"], ["rate"], name="relu"),
        ],
        "net",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ("N", 1, 2, 3))],
        [helper.make_tensor_value_info("rate", TensorProto.FLOAT, ["N", 4])],
        [numpy_helper.from_array(weights, "W")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return saved("net.onnx", lambda path: onnx.save(model, path))


def read_network(path: Path) -> None:
    from tasks.vision.features import OnnxLayer

    images = np.random.default_rng(0).random((2, 2, 3)).astype(np.float32)
    fitted = OnnxLayer(path, "relu").fit(images, np.array([0, 1]), np.random.default_rng(0))
    fitted.features(images)


def read_trace(path: Path) -> None:
    from tasks.motor.targets import load_trace, resample, scale_to

    channel = "LFP" if path.suffix == ".vhdr" else None
    resample(scale_to(load_trace(path, channel=channel).values).values, 20, periodic=True)


def trace_netcdf() -> Files:
    import xarray as xr

    time = ("time", TIME, {"units": "ms"})
    drawn = xr.Dataset({"x": ("time", np.sin(TIME)), "y": ("time", np.cos(TIME))}, {"time": time})
    return saved("trace.nc", lambda path: drawn.to_netcdf(path, engine="h5netcdf"))


STUDY = b"""seeds = 2
keep = "summary"
[fixed]
task = "butterfly"
rule = "rmhl"
units = 8
[sweep]
gain = [1.2, 1.5]
noise = { start = 1e-4, stop = 1e-2, num = 3, log = true }
[conditions]
healthy = []
silent = ["silence@test"]
"""


def read_study_file(path: Path) -> None:
    from neurosim.sweeps import read_study

    study = read_study(path).study
    next(study.points())


@cache
def a_store() -> Files:
    """The files of a study that was run."""
    from concurrent.futures import ThreadPoolExecutor

    from neurosim.sweeps import Study, run_study
    from tasks.motor.points import motor_run

    fixed = {"task": "butterfly", "rule": "rmhl", "units": 8, "period": 20.0, "trials": 1}
    study = Study(fixed=fixed, sweep={"gain": [1.2, -1.0]}, conditions={"a": ["silence@test"]})
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as here:
        run_study(study, motor_run, folder, executor=here)
        files = sorted(Path(folder).rglob("*.json"), key=lambda file: file.name != "study.json")
        return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def read_store(path: Path) -> None:
    from neurosim.cli.sweep import _states, rows
    from neurosim.sweeps import Plan, open_study
    from neurosim.sweeps.study import Study
    from tasks.motor.points import motor_run

    data = open_study(path.parent)
    json.dumps([rows(data), _states(data)])
    told = json.loads(a_store()["study.json"])
    plan = Plan(Study(*(told[k] for k in ("fixed", "sweep", "conditions"))), motor_run, path.parent)
    if plan.missing:
        from neurosim.sweeps.cost import mean_seconds

        mean_seconds(plan)


def read_record(path: Path) -> None:
    from neurosim.ensembles import _read

    _read(path)


def recorded(path: Path) -> None:
    from neurosim.perturbations.recorded_output import RecordedOutput

    RecordedOutput(0.5, file=str(path))._signal()


def csv(text: str) -> Callable[[], Files]:
    return lambda: {"table.csv": text.encode()}


SPIKE_TABLE = "spike_time_ms,unit,trial,condition\n3,a,1,left\n8,b,1,left\n2,a,2,right\n"
RATE_TABLE = "rate (spikes/s),unit,time_ms,condition\n1,0,0,a\n2,1,0,a\n3,0,10,a\n4,1,10,a\n"
SIGNAL_TABLE = "time_s,force (N),emg (mV)\n0,0.1,1\n0.01,0.2,2\n0.02,0.4,3\n"

READERS = {
    "result": Reader(a_result, read_result, 3),
    "recording.nc": Reader(a_result, inspected, 4),
    "checkpoint": Reader(a_checkpoint, read_checkpoint, 2),
    "nwb": Reader(an_nwb, inspected, 20),
    "bids": Reader(lambda: BIDS, inspected, 2),
    "matlab5": Reader(lambda: matlab5(False), inspected, 2),
    "matlab5 compressed": Reader(lambda: matlab5(True), inspected, 2),
    "matlab4": Reader(lambda: matlab5(False, "4"), read_features),
    "matlab7.3": Reader(matlab73, inspected, 2),
    "npz of rates": Reader(
        lambda: {"rates.npz": npz(rates=RATES, time_ms=TIME, units="Hz")}, inspected, 2
    ),
    "npz of spikes": Reader(lambda: {"spikes.npz": npz(**SPIKES)}, inspected, 2),
    "npz of signals": Reader(
        lambda: {"lfp.npz": npz(signals=RATES[0], sampling_frequency=1000, units="uV")}, inspected
    ),
    "csv of spikes": Reader(csv(SPIKE_TABLE), inspected, 2),
    "csv of rates": Reader(csv(RATE_TABLE), inspected, 2),
    "csv of signals": Reader(csv(SIGNAL_TABLE), inspected, 2),
    "trace csv": Reader(csv("time_ms,x,y\n0,0,0\n10,1,0\n20,1,1\n30,0,1\n"), read_trace),
    "trace npz": Reader(
        lambda: {"trace.npz": npz(x=np.sin(TIME), y=np.cos(TIME), t=TIME)}, read_trace
    ),
    "trace nc": Reader(trace_netcdf, read_trace, 3),
    "trace vhdr": Reader(lambda: BIDS, read_trace),
    "features npz": Reader(lambda: {"fc7.npz": npz(**FEATURES)}, read_features),
    "features mat": Reader(feature_matlab, read_features),
    "trials mat": Reader(trial_matlab, read_trials, 3),
    "png": Reader(pictures(".png", format="png"), read_pictures),
    "jpeg": Reader(pictures(".jpg", format="jpeg"), read_pictures),
    "tiff": Reader(pictures(".tif", format="tiff"), read_pictures),
    "bmp": Reader(pictures(".bmp", format="bmp"), read_pictures),
    "onnx": Reader(a_network, read_network, 3),
    "released trials": Reader(released, read_released, 3),
    "study": Reader(lambda: {"study.toml": STUDY}, read_study_file),
    "store": Reader(a_store, read_store, 4),
    "runs": Reader(lambda: {"run.json": b'{"deviation": 0.5, "trials": [1, 2]}'}, read_record),
    "recorded output": Reader(lambda: BIDS, recorded),
}


class Late(BaseException):
    """A case took too long; no reader catches it."""


class Damage(NamedTuple):
    """One thing done to a file: what, where (a share of its length), and with what."""

    kind: str
    place: float
    value: int


KINDS = ("cut", "flip", "set", "zeros", "ones", "huge", "drop", "repeat", "insert", "digit")
HUGE = (2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63 - 1, 2**64 - 1, 10**6, 10**12)


def damaged(content: bytes, damages: list[Damage]) -> bytes:
    """The content after each of the damages."""
    for kind, place, value in damages:
        at = min(int(place * len(content)), max(0, len(content) - 1))
        length = 1 + value % 16
        before, after = content[:at], content[at + length :]
        if kind == "cut":
            content = before
        elif kind == "flip" and content:
            content = before + bytes([content[at] ^ (1 << value % 8)]) + content[at + 1 :]
        elif kind == "set":
            content = before + bytes([value % 256]) + content[at + 1 :]
        elif kind in ("zeros", "ones"):
            content = before + (b"\0" if kind == "zeros" else b"\xff") * length + after
        elif kind == "huge":
            number = HUGE[value % len(HUGE)]
            width = 4 if number < 2**32 and value % 2 else 8
            content = before + number.to_bytes(width, "little") + content[at + width :]
        elif kind == "drop":
            content = before + after
        elif kind == "repeat":
            content = before + content[at : at + length] * (2 + value % 3) + after
        elif kind == "insert":
            content = before + random.Random(value).randbytes(length) + content[at:]
        elif kind == "digit":  # a number of a text becomes another
            places = [i for i, byte in enumerate(content) if 48 <= byte < 58]
            if places:
                at = places[int(place * (len(places) - 1))]
                words = (b"-1", b"1e999", b"nan", b"9" * 30, b"0", b"''", b"null", b"[]", b"x", b"")
                content = content[:at] + words[value % len(words)] + content[at + 1 :]
    return content


def a_case(number: int, files: Files) -> Files:
    """The damaged files of a number."""
    draw = random.Random(number)
    name = draw.choice(list(files))
    damages = [
        Damage(draw.choice(KINDS), draw.random(), draw.randrange(2**16))
        for _ in range(draw.choice((1, 1, 1, 2, 3)))
    ]
    return {**files, name: damaged(files[name], damages)}


def outcome(reader: Reader, files: Files, folder: Path) -> str:
    """Read the files, put into a folder of their own; why they are refused, or nothing.

    Raises
    ------
    AssertionError
        They are neither read nor refused in one line that names one of them.
    """
    with tempfile.TemporaryDirectory(dir=folder) as own:
        for name, content in files.items():
            (Path(own) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(own) / name).write_bytes(content)
        before = sorted(Path(own).rglob("*"))
        message = refusal(lambda: reader.read(Path(own) / next(iter(files))))
        assert sorted(Path(own).rglob("*")) == before
    assert not message or own in message or any(Path(name).name in message for name in files), (
        f"does not name the file: {message}"
    )
    return message


def refusal(call: Callable[[], Any]) -> str:
    """Why a call is refused, in one line; nothing if it is not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call()
        except InputError as error:
            message = str(error)
            assert len(message.splitlines()) == 1 and len(message) < 2000, repr(message)
            return message
    return ""


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """A case that takes longer is ended."""

    def stop(*_: Any) -> None:
        raise Late(f"took more than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _search_in_child(reader: Reader, first: int, until: float, pipe: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (12 * 2**30, -1))
    files, number = reader.make(), first
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < until:
            os.write(pipe, b"%d\n" % number)
            try:
                with limited(20):
                    outcome(reader, a_case(number, files), Path(folder))
            except BaseException as error:  # what readers may not raise
                at = traceback.extract_tb(error.__traceback__)
                own = [f for f in at if "/tests/" not in f.filename and "neurosim" in f.filename]
                own += [f for f in at if "/tasks/" in f.filename]
                where = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
                told = f"{type(error).__name__} {where} {' '.join(str(error).split())[:150]}"
                os.write(pipe, f"! {told}\n".encode())
            number += 1


def search(name: str, seconds: float, first: int) -> None:
    """Damage a kind of file for so long; print what is found, once each."""
    until, told, number, begun = time.monotonic() + seconds, {}, first, first
    while time.monotonic() < until:
        out, into = os.pipe()
        child = os.fork()
        if not child:
            os.close(out)
            try:
                _search_in_child(READERS[name], number, until, into)
            finally:
                os._exit(0)
        os.close(into)
        with open(out) as lines:
            while select.select([lines], [], [], 60)[0] and (line := lines.readline()):
                if line.startswith("!"):
                    told.setdefault(line[2:70], (number, line[2:].strip(), [0]))[2][0] += 1
                else:
                    number = int(line)
        os.kill(child, signal.SIGKILL)  # where it hangs
        _, status = os.waitpid(child, 0)
        if time.monotonic() < until or os.WTERMSIG(status) not in (0, signal.SIGKILL):
            what = f"CRASH or hang, signal {os.WTERMSIG(status)}"
            told.setdefault(what, (number, what, [0]))[2][0] += 1
        number += 1
    print(f"{name}: {number - begun} cases, {sum(c[0] for *_, c in told.values())} wrong")
    for case, line, (count,) in told.values():
        print(f"    {count} x, first case {case}: {line}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    for wanted in sys.argv[2:] or READERS:
        search(wanted, float(sys.argv[1]), int(os.environ.get("FIRST", 0)))
