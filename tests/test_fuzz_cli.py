"""Whatever is typed: an answer, or one line on standard error and nothing left behind.

Words are drawn for every command of the real parser: options with values of the wrong kind, numbers
of absurd size, files that are none or damaged, outputs that cannot be written. What would take long
is replaced, so that a command that gets that far is refused there: everything before is real.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import sys
from functools import cache

import numpy as np
import pytest
import typer.main
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fuzz
from neurosim.cli import main
from neurosim.cli.app import app
from neurosim.errors import InputError

EVERY = settings.default.max_examples
STATUS = (0, 2, 3, 4, 130)


def commands(group, *words):
    """All commands by their words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *words, name)
        else:
            yield (*words, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))

NUMBERS = ("-1", "0", "1", "3", "0.5", "-0.0", "nan", "inf", "-inf", "1e400", "1e8", "1e15",
           "1e300", "1e-300", "99999999999999999999", "0x10", "1_000", "１２", "",
           " ", "None")  # fmt: skip
TEXTS = ("", " ", "x", "ü\u202e\u0301", "x" * 300, "-", "--", "a=b", "gain=1.3", "gain=nan",
         "gain=", "=1", "a:b", "100:300", "300:100", "nan:nan", ":", "1e400:2", "1:2:3", ",", ",,",
         "1,2,x",
         "0.3,0.3", "none", "all", "phase", "direct", "arm", "rmhl", "force", "paper", "lif", "mlp",
         "digits", "hebb", "jpca", "silence@test", "dopamine:2", "recorded:1:bad.nc@test", "@",
         "lesion:units:nan@trial=5..1", "kick:x@all", "\x1b[31m", "\ud800", "../..", "tcp://127.0.0.1:9",
         "no address", "parameters")  # fmt: skip
FILES = ("none.nc", "bad.nc", "text.nc", "folder", "folder.nc", "good.nc", "spikes.npz", "turn.npz",
         "bad.npz", "table.csv", "empty.csv", "study.toml", "bad.toml", "circle.nc", ".", "",
         "x" * 300 + ".nc", "missing/x.nc", "table.csv/x.nc", "/proc/none.nc", "bad.mat",
         "good.vhdr", "pictures", "net.onnx:x", "pipe.npz", "store")  # fmt: skip
OUTPUTS = ("none/x.nc", "folder.nc", "good.nc", "/proc/x.nc", "x.txt", "x", "", "table.csv/x.png",
           "x" * 300 + ".png", "folder.png", "x.png", "x.nc", "x.nwb", "x.gif", "x.csv", ".", "..",
           "\ud800.nc", "a\nb.nc")  # fmt: skip
VALUES = st.one_of(*map(st.sampled_from, (NUMBERS, TEXTS, FILES, OUTPUTS)), st.text(max_size=8))


@cache
def contents():
    """Files that commands find beside them."""
    time = np.arange(0, 300, 10)
    phase = 2 * np.pi * np.arange(8) / 8
    turn = 20 * np.cos(phase[:, None, None] + phase + 4 * np.pi * time[:, None] / 1000)
    good = fuzz.a_result()["result.nc"]
    return {
        "good.nc": good,
        "bad.nc": good[: len(good) // 2],
        "text.nc": b"time,x\n0,1\n",
        "spikes.npz": fuzz.npz(**fuzz.SPIKES),
        "turn.npz": fuzz.npz(rates=turn, time_ms=time, units="spikes/s"),
        "bad.npz": b"PK\3\4 nothing",
        "bad.mat": b"MATLAB 5.0".ljust(124) + b"\0\1IM" + bytes(range(200)),
        "table.csv": fuzz.SIGNAL_TABLE.encode(),
        "empty.csv": b"",
        "study.toml": fuzz.STUDY,
        "bad.toml": b"seeds = [1",
        "good.vhdr": fuzz.BIDS["sub_ieeg.vhdr"],
        "sub_ieeg.eeg": fuzz.BIDS["sub_ieeg.eeg"],
        "net.onnx": b"\x08\x08 no network",
        "store/study.json": b'{"format": 99}',
    }


def laid_out(folder):
    """Make the files, folders, a pipe, and a link in a circle."""
    for name in ("folder", "folder.nc", "folder.png", "pictures/a", "store"):
        (folder / name).mkdir(parents=True)
    for name, content in contents().items():
        (folder / name).write_bytes(content)
    os.mkfifo(folder / "pipe.npz")
    (folder / "circle.nc").symlink_to("circle.nc")


def found(folder):
    """What lies in a folder: contents of files by name."""
    return {
        path: path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        for path in folder.rglob("*")
        if not path.is_dir()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which commands run, and nothing in them that takes long."""
    place = tmp_path_factory.mktemp("here")
    laid_out(place)
    before = os.getcwd()
    os.chdir(place)
    patch = pytest.MonkeyPatch()

    def reached(*_, **__):
        raise InputError("a stand-in: this would have been run")

    for module, *names in (
        ("neurosim.simulate", "Simulation.run"),
        ("neurosim.spiking.basal_ganglia", "simulate_basal_ganglia"),
        ("neurosim.sweeps.cost", "_tried"),
        ("neurosim.cli.sweep", "_executor"),
        ("tasks.vision", "complete"),
        ("analyses.fit", "search"),
        ("analyses.population.compare", "compare"),
        ("analyses.reports", "jpca_report", "latency_report", "dimensionality_report",
         "tangling_report", "spectrum_report", "psth_report"),
        ("analyses.figures.animation", "animate"),
    ):  # fmt: skip
        for name in names:
            home = importlib.import_module(module)
            *inner, last = name.split(".")
            for part in inner:
                home = getattr(home, part)
            patch.setattr(home, last, (lambda *_: 1.0) if last == "_tried" else reached)
    with contextlib.suppress(ImportError):  # without brian2
        from neurosim.spiking import SpikingSimulation

        patch.setattr(SpikingSimulation, "run", reached)
        patch.setattr(SpikingSimulation, "__init__", reached)
    from neurosim.cli import reproduce

    class Reached:
        reproduce = staticmethod(reached)

    patch.setattr(reproduce, "module_of", lambda _: Reached)
    # as it is, but not made anew for each call
    patch.setattr(sys.modules["neurosim.cli"], "app", typer.main.get_command(app))
    yield place
    patch.undo()
    os.chdir(before)


def called(words):
    """Exit status, standard output and standard error of a call in this process."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["neurosim", *words]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as left:
        return left.code or 0, out.getvalue(), err.getvalue()
    finally:
        sys.argv = before
    raise AssertionError("did not exit")


def check(words, folder):
    """A call answers, or refuses in one line and leaves all as it was."""
    before = found(folder)
    with fuzz.limited(120):
        status, out, err = called(words)
    assert status in STATUS
    assert "Traceback" not in out + err
    after = found(folder)
    if status == 2:
        if not err and "Usage:" in out:  # no command was given
            return status, out, err
        lines = [line for line in err.splitlines() if not line.startswith("neurosim: warning: ")]
        notes = [line for line in lines[:-1] if " points" in line or line.endswith("two cores")]
        assert len(lines) - len(notes) == 1 and lines[-1].startswith("neurosim: "), err
        assert len(lines[-1]) > len("neurosim: ") and lines[-1].isprintable()
        assert after == before
    for path in after.keys() - before.keys():  # of an answer
        assert not path.name.startswith(".")
        path.unlink()
    for path, content in before.items():
        if after.get(path) != content:
            path.write_bytes(content)
    return status, out, err


def takes_value(option):
    return not (getattr(option, "is_flag", False) or getattr(option, "count", False))


@st.composite
def arguments(draw, command):
    """Words after those of a command."""
    words, options = [], []
    for each in command.params:
        if each.param_type_name == "argument":
            if draw(st.integers(0, 9)):
                words.append(draw(st.one_of(st.sampled_from(FILES), VALUES)))
        else:
            options.append(each)
    for option in draw(st.lists(st.sampled_from(options), max_size=4)) if options else ():
        if option.name in ("help", "as_json") and draw(st.booleans()):
            continue
        word = draw(st.sampled_from(option.opts))
        if not takes_value(option):
            words.append(word)
            continue
        kind = str(option.type_descriptor.annotation)
        likely = FILES if "Path" in kind else TEXTS if "str" in kind else NUMBERS
        likely = OUTPUTS if option.name in ("out", "figure", "animate", "table") else likely
        value = draw(st.one_of(st.sampled_from(likely), VALUES))
        words += [f"{word}={value}"] if word.startswith("--") else [word, value]
    if not draw(st.integers(0, 9)):
        words.append(draw(st.sampled_from(("--no-such-option", "--gain=3", "-z", "more", "--"))))
    return [*words, *draw(st.sampled_from(((), ("--json",))))]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command(words, folder):
    @settings(max_examples=max(10, EVERY // 6), deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(arguments(COMMANDS[words]))
    def test(more):
        check([*words, *more], folder)

    test()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_alone(words, folder):
    """Values that no option has, one option at a time."""
    needed = ["turn.npz"] * sum(p.param_type_name == "argument" for p in COMMANDS[words].params)
    for option in COMMANDS[words].params:
        if option.param_type_name == "argument" or option.name == "help":
            continue
        word = option.opts[0]
        strange = ("\x1b[31m\ud800", "99999999999999999999", "-1", "nan")
        for value in strange[: 4 if EVERY > 100 else 2] if takes_value(option) else (None,):
            check([*words, *needed, word if value is None else f"{word}={value}"], folder)


KNOWN = sorted({word for words in COMMANDS for word in words} | {"--version", "--help", "-h"})


@given(st.lists(st.one_of(st.text(max_size=6), st.sampled_from(KNOWN))))
@settings(max_examples=EVERY, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_words(folder, words):
    check(words, folder)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "reaching", "--delay", "1e8"), "GiB of memory"),
        (("run", "reaching", "--delay", "1e300"), "expected at most 1e.10 steps in all"),
        (("run", "butterfly", "--period", "1e15"), "years and .* GiB of memory, or more"),
        (("run", "butterfly", "--trials", "1000000000000"), "expected at most 1e.10 steps"),
        (("run", "rewarded-reaching", "--trials", "1000000000000"), "expected at most"),
        (("run", "butterfly", "--units", "1000000000"), "GiB of memory"),
        (("run", "butterfly", "--record-rates", "1000000000000"), "below n_units = 1000"),
        (("run", "reaching", "--record-rates", "401"), "units must be below n_units = 400"),
        (("run", "butterfly", "--interval", "1e-300"), "interval must be a multiple of dt"),
        (("show", "pipe.npz"), "is no regular file, but a pipe"),
        (("show", "circle.nc"), "circle.nc: cannot be read"),
        (("inspect", "store"), "holds no BrainVision recording"),
        (("run", "butterfly", "--out", "\x1b[31m.txt"), "\N{REPLACEMENT CHARACTER}\\[31m.txt"),
    ],
)  # fmt: skip
def test_what_is_told(folder, words, told):
    status, _, err = check(words, folder)
    assert status == 2
    assert re.search(told, err)


POINT = 'task = "butterfly"\nunits = 20\nperiod = 20.0\ntrials = 1\n'


@pytest.mark.parametrize(
    ("study", "more", "told"),
    [
        ("unitss = 3\n", (), "unknown key in s.toml 'unitss'"),
        (f"[fixed]\n{POINT}unitss = 3\n", (), r"unknown parameter 'unitss': did you mean 'units'"),
        (f"seeds = 0\n[fixed]\n{POINT}", (), "seeds is empty, so there are no points to run"),
        (f"seeds = 1000\n[fixed]\n{POINT}[sweep]\ngain = {{start = 1, stop = 2, num = 1000}}\n", (),
         r"1,000,000 points, more than 10,000; they take about \S+ \w+ on \d+ process"),
        (f"seeds = [1, 1]\n[fixed]\n{POINT}", (), "seeds holds 1 twice"),
        (f"[fixed]\n{POINT}[sweep]\ngain = [1.2, 1.2]\n", (), "gain holds 1.2 twice"),
        (f"[fixed]\n{POINT}[conditions]\na = ['silence@test']\nb = ['silence@test']\n", (),
         "conditions 'a' and 'b' are the same"),
        (f"[fixed]\n{POINT}", ("--out", "store"), "in format 99, this version reads up to"),
    ],
)  # fmt: skip
def test_studies_as_a_person_gives_them(folder, study, more, told):
    """A scheduler that does not answer: tests/test_sweep_cluster.py."""
    (folder / "s.toml").write_text(study)
    status, out, err = check(["sweep", "s.toml", *more], folder)
    assert (status, out) == (2, "")
    assert re.search(told, err), err
    (folder / "s.toml").unlink()


def results_that_lack_something():
    """Of a whole result all but one attribute or variable, or with another value of it."""
    import xarray as xr

    stored = io.BytesIO(contents()["good.nc"])
    whole = xr.open_dataset(stored, engine="h5netcdf").load()
    for name in whole.attrs.keys() - {"source"}:
        rest = {key: value for key, value in whole.attrs.items() if key != name}
        yield (
            f"no {name}",
            whole.copy().assign_attrs(rest).drop_attrs(deep=False).assign_attrs(rest),
        )
    for name in ("kind", "parameters", "task", "references", "perturbations"):
        for value in ("", "{}", "[]", "x\ny", 3.0):
            yield f"{name} {value!r}", whole.assign_attrs({name: value})
    for name in whole.variables:
        yield f"no {name}", whole.drop_vars(name)
    yield "no time", whole.isel(time=slice(0))
    yield "no trial", whole.isel(trial=slice(0))


@pytest.mark.parametrize(
    "words",
    [
        ("show", "s.nc", "--json"),
        ("show", "s.nc"),
        ("show", "s.nc", "--figure", "f.png"),
        ("cite", "s.nc"),
        ("inspect", "s.nc"),
        ("export", "s.nc", "s.nwb"),
        ("analyze", "onset", "s.nc"),
    ],
    ids=" ".join,
)
def test_results_that_lack_something(folder, words):
    """As a hand or another version would make them."""
    if words[0] == "export":
        pytest.importorskip("pynwb")
    drawn = words[0] == "show" and "--json" not in words
    for k, (what, dataset) in enumerate(results_that_lack_something()):
        if k % (8 if drawn or words[0] == "export" else 3):  # which take long
            continue
        dataset.to_netcdf(folder / "s.nc", engine="h5netcdf")
        try:
            check(words, folder)
        except Exception as error:
            raise AssertionError(what) from error
    (folder / "s.nc").unlink()
