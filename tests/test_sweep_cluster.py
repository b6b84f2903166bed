"""Studies on a Dask cluster of several processes, some of which are killed."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass, field

import numpy as np
import pytest
import xarray as xr

import neurosim.cli.sweep  # noqa: F401  it adds its command
from neurosim import Reservoir, Rmhl, Schedule, Trial, load
from neurosim.ensembles import ONE_THREAD, Processes
from neurosim.errors import InputError
from neurosim.plants import Direct
from neurosim.sweeps import Run, Study, cluster, open_study, run_study
from tasks.motor.points import motor_run

distributed = pytest.importorskip("distributed", reason="needs the extra cluster")
dask = pytest.importorskip("dask")

PATIENCE = 60
SLOW = Study(
    {"task": "butterfly", "rule": "rmhl", "units": 400, "period": 400.0, "trials": 9},
    {"gain": [1.2, 1.5]},
    seeds=range(3),
)
"""Runs of about half a second."""


@pytest.fixture(scope="module")
def local():
    """A scheduler with two processes that work."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # of the workers that are killed
    with (
        dask.config.set(
            {
                "distributed.scheduler.allowed-failures": 1,
                "distributed.scheduler.worker-saturation": 1.0,  # no run waits at a worker
            }
        ),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            silence_logs=logging.CRITICAL,
            env=dict.fromkeys(ONE_THREAD, "1"),
        ) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the study gives on this machine."""
    return run_study(SLOW, motor_run, tmp_path_factory.mktemp("here"))


def numbers(data):
    """What does not depend on time and place."""
    return data[["deviation", "satisfactory", "diverged", "steps", "trial_distance"]]


def test_a_worker_killed_in_mid_run_costs_only_time(local, expected, tmp_path):
    killed = []

    def kill():
        with distributed.Client(local.scheduler_address, set_as_default=False) as client:
            while not sum(client.nthreads().values()) or not any(client.processing().values()):
                time.sleep(0.02)
            busy = next(address for address, tasks in client.processing().items() if tasks)
            time.sleep(0.1)
            killed.extend(client.run(os.getpid, workers=[busy]).values())
            os.kill(killed[0], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    with cluster.scheduler(local.scheduler_address) as executor:
        data = run_study(SLOW, motor_run, tmp_path, executor=executor)
    thread.join(PATIENCE)
    assert len(killed) == 1
    assert not data.failed.any()
    xr.testing.assert_equal(numbers(data), numbers(expected))


def test_the_command_on_a_cluster(local, neurosim, tmp_path):
    (tmp_path / "study.toml").write_text(
        "seeds = 3\nkeep = 'result'\n"
        "fixed = {task = 'butterfly', rule = 'rmhl', units = 20, period = 20.0}\n"
    )
    words = ("sweep", "study.toml", "--quiet", "--scheduler", local.scheduler_address)
    assert neurosim(*words) == (0, "", "")
    data = open_study(tmp_path / "study")
    assert all(load(path).attrs["deviation"] == deviation for path, deviation in
               zip(data.result.values.flat, data.deviation.values.flat, strict=True))  # fmt: skip


@dataclass(frozen=True)
class Deadly:
    """A task in which the process is killed, or not."""

    deadly: bool
    name: str = "deadly"
    plant: Direct = field(default_factory=Direct)
    effort: None = None
    n_inputs: int = 0
    test_feedback: str = "free"
    unit: str = "1"
    reset: bool = True

    def n_steps(self, dt):
        return 20

    def trial(self, index, dt):
        if self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return Trial(np.zeros((20, 2)))


def deadly_run(point):
    """A run that kills whoever does it, or a harmless one."""
    return Run(Deadly(point.values["deadly"]), Rmhl(), Reservoir(n_units=20), Schedule(1, 1))


@pytest.mark.parametrize("where", ["cluster", "here"])
def test_a_run_that_kills_its_worker_fails_alone(local, tmp_path, where):
    study = Study(sweep={"deadly": [False, True]}, seeds=range(2))
    on_cluster = where == "cluster"
    opened = cluster.scheduler(local.scheduler_address) if on_cluster else Processes(2)
    with opened as executor:
        data = run_study(study, deadly_run, tmp_path, executor=executor)
    assert data.failed.values.reshape(2, 2).tolist() == [[False, False], [True, True]]
    told = "KilledWorker" if on_cluster else "its process died twice"
    assert all(told in error for error in data.error.sel(deadly="true").values.flat)


def test_workers_of_another_version_are_refused(local):
    def pretend(name):
        import neurosim.provenance

        neurosim.provenance.version = name

    with distributed.Client(local.scheduler_address, set_as_default=False) as client:
        from importlib.metadata import version

        client.run(pretend, lambda name: "0.0.1")
        try:
            with (
                pytest.raises(InputError, match=r"have neurosim 0\.0\.1, here is"),
                cluster.scheduler(local.scheduler_address),
            ):
                pass
        finally:
            client.run(pretend, version)


def unused_port():
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    "address, says",
    [
        ("tcp://127.0.0.1:{port}", "no Dask scheduler answers at 'tcp://127.0.0.1:{port}' within"),
        ("127.0.0.1:{port}", "within 0.5 s"),
        ("tcp://nowhere.invalid:8786", "no Dask scheduler answers"),
        ("nonsense", "missing port number"),
        ("foo://x:1", "unknown address scheme 'foo'"),
        ("tcp://127.0.0.1:port", "no Dask scheduler answers at 'tcp://127.0.0.1:port'"),
        ("", "no Dask scheduler answers at ''"),
    ],
)
def test_a_scheduler_that_does_not_answer(address, says):
    port = unused_port()
    with (
        pytest.raises(InputError) as caught,
        cluster.scheduler(address.format(port=port), timeout=0.5),
    ):
        pass
    assert says.format(port=port) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9])
def test_what_answers_is_no_scheduler(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk():
            connection, _ = server.accept()
            connection.sendall(answer)
            time.sleep(1)
            connection.close()

        threading.Thread(target=talk, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with (
            pytest.raises(InputError, match="no Dask scheduler answers"),
            cluster.scheduler(address, timeout=0.5),
        ):
            pass


def test_a_worker_is_no_scheduler(local):
    with (
        pytest.raises(InputError, match=r"is a Dask Worker, expected a scheduler"),
        cluster.scheduler(next(iter(local.scheduler_info["workers"]))),
    ):
        pass


def test_a_scheduler_that_goes_away(tmp_path):
    gone = threading.Event()
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
    ) as started:

        def leave():
            while not list(tmp_path.glob("s/runs/*.json")):
                time.sleep(0.02)
            started.close()
            gone.set()

        threading.Thread(target=leave, daemon=True).start()
        with (
            pytest.raises(InputError, match="the cluster went away; finished runs are kept"),
            cluster.scheduler(started.scheduler_address) as executor,
        ):
            run_study(SLOW, motor_run, tmp_path / "s", executor=executor)
    assert gone.wait(PATIENCE)
    partly = open_study(tmp_path / "s")
    assert 0 < int(partly.steps.notnull().sum()) < SLOW.size
    assert not partly.failed.any()


# -------------------------------------------------------------------------------------- SLURM

SBATCH = """#!{python}
# Begins a job script here, as SLURM does elsewhere: a copy, since the script itself is removed.
import subprocess, sys
script = open(sys.argv[-1]).read()
with open("{folder}/job.out", "ab") as out:
    words = ["bash", "-c", script]
    job = subprocess.Popen(words, stdout=out, stderr=out, start_new_session=True)
open("{folder}/submitted", "a").write(script)
print("Submitted batch job", job.pid)
"""
SCANCEL = """#!{python}
import os, signal, sys
for job in sys.argv[1:]:
    os.killpg(int(job), signal.SIGKILL)
open("{folder}/cancelled", "a").write(" ".join(sys.argv[1:]) + " ")
"""


@pytest.fixture
def submits(tmp_path, monkeypatch):
    """A folder with commands that submit jobs, on the path."""
    folder = tmp_path / "slurm"
    folder.mkdir()
    for name, text in {"sbatch": SBATCH, "scancel": SCANCEL}.items():
        (folder / name).write_text(text.format(python=sys.executable, folder=folder))
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_a_study_on_slurm_jobs(submits, expected, tmp_path, monkeypatch):
    pytest.importorskip("dask_jobqueue", reason="needs the extra cluster")
    monkeypatch.chdir(tmp_path)
    options = {"jobs": 2, "memory": "1GB", "interface": "lo", "walltime": "00:10:00",
               "queue": "short", "scheduler_options": {"dashboard_address": ":0"}}  # fmt: skip
    with cluster.slurm(options) as executor:
        data = run_study(SLOW, motor_run, tmp_path / "s", executor=executor)
    xr.testing.assert_equal(numbers(data), numbers(expected))
    scripts = (submits / "submitted").read_text()
    assert scripts.count("#SBATCH -p short") == 2
    assert all(scripts.count(f"export {name}=1") == 2 for name in ONE_THREAD)
    assert scripts.count("--nthreads 1") == 2
    assert len((submits / "cancelled").read_text().split()) == 2


@pytest.mark.parametrize(
    "options, says",
    [
        ({}, "[slurm]: expected jobs, their number, and perhaps queue"),
        ({"jobs": 0}, "jobs must be a whole number of at least 1, given 0"),
        ({"jobs": 1, "cores": "8"}, "cores must be a whole number of at least 1, given '8'"),
        ({"jobs": 1, "walltim": "1:00"}, "option of [slurm] 'walltim': did you mean 'walltime'"),
        ({"jobs": 1}, "memory"),
    ],
)
def test_options_of_slurm(submits, options, says):
    pytest.importorskip("dask_jobqueue", reason="needs the extra cluster")
    with pytest.raises(InputError) as caught, cluster.slurm(options):
        pass
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_no_slurm_here(monkeypatch, tmp_path):
    pytest.importorskip("dask_jobqueue", reason="needs the extra cluster")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="no sbatch is found here"), cluster.slurm({"jobs": 1}):
        pass


def test_what_is_not_installed_is_named(monkeypatch):
    for name, shown in (("dask_jobqueue", "dask-jobqueue"), ("distributed", "distributed")):
        monkeypatch.setitem(sys.modules, name, None)
        opened = cluster.slurm({"jobs": 1}) if "job" in name else cluster.scheduler("tcp://a:1")
        with pytest.raises(InputError, match=rf"{shown}, which .* 'neurosim\[cluster\]'"), opened:
            pass
