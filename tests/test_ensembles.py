"""Processes that run many things: one thread each, and what becomes of them when one is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from neurosim.ensembles import ONE_THREAD, Processes, run_all
from neurosim.errors import InputError

PATIENCE = 60


def threads(_):
    """What the process thinks of threads."""
    import numba

    return {name: os.environ.get(name) for name in ONE_THREAD} | {"numba": numba.get_num_threads()}


def double(job):
    """A quick run."""
    return {"job": job, "twice": 2 * job, "pid": os.getpid()}


def kill_once(marker):
    """A run that is killed in its midst the first time."""
    if not os.path.exists(marker):
        open(marker, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def die(_):
    """A run that is killed each time."""
    os.kill(os.getpid(), signal.SIGKILL)


def fail(job):
    """A run with a mistake."""
    raise ZeroDivisionError(f"job {job}")


def test_each_process_has_one_thread():
    before = dict(os.environ)
    with Processes(2) as processes:
        told = processes.submit(threads, 0).result(PATIENCE)
    assert told == dict.fromkeys(ONE_THREAD, "1") | {"numba": 1}
    assert dict(os.environ) == before


def test_a_killed_process_costs_only_its_own_run(tmp_path):
    with Processes(2) as processes:
        killed = processes.submit(kill_once, str(tmp_path / "begun"))
        others = [processes.submit(double, job) for job in range(8)]
        assert [future.result(PATIENCE)["twice"] for future in others] == list(range(0, 16, 2))
        assert killed.result(PATIENCE) > 0


def test_a_run_that_kills_its_process_is_given_up():
    with Processes(1) as processes:
        with pytest.raises(InputError, match="its process died twice"):
            processes.submit(die, 0).result(PATIENCE)
        assert processes.submit(double, 3).result(PATIENCE)["twice"] == 6


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "2"])
def test_number_of_processes(workers):
    with pytest.raises(InputError, match="workers must be a whole number of at least 1"):
        Processes(workers)


def test_runs_are_kept_and_not_run_again(tmp_path):
    first = run_all(double, [3, 1, 3], tmp_path / "runs", workers=2)
    assert [record["twice"] for record in first] == [6, 2, 6]
    assert first[0] == first[2]  # equal jobs are run once
    assert len(list((tmp_path / "runs").iterdir())) == 2
    second = run_all(double, [1, 2, 3], tmp_path / "runs")
    assert second[0] == first[1] and second[2] == first[0]
    assert second[1]["twice"] == 4


def test_what_a_run_raises_is_passed_on(tmp_path):
    with pytest.raises(ZeroDivisionError, match="job 7"):
        run_all(fail, [7], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_record_gets_one_line(tmp_path):
    run_all(double, [1], tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text()[:9])
    with pytest.raises(InputError, match=r"cannot be read .* remove it to run it again"):
        run_all(double, [1], tmp_path)


def children(pid):
    """Processes that run Python below another, without the tracker of shared memory."""
    return [
        child
        for child in psutil.Process(pid).children(recursive=True)
        if "resource_tracker" not in " ".join(child.cmdline())
    ]


SLEEPING = """
import time
from pathlib import Path
from neurosim.ensembles import Processes

def work(number):
    Path(f"begun-{number}").touch()
    time.sleep(600)

if __name__ == "__main__":
    with Processes(2) as processes:
        running = [processes.submit(work, number) for number in range(2)]
        running[0].result()
"""


def begin_sleeping(folder):
    """A process, and its two children, in the midst of what they do."""
    (folder / "parent.py").write_text(SLEEPING)
    parent = subprocess.Popen(
        [sys.executable, "parent.py"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + PATIENCE
    while len(list(folder.glob("begun-*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    return parent, children(parent.pid)


def test_processes_end_with_a_parent_that_is_killed(tmp_path):
    parent, started = begin_sleeping(tmp_path)
    assert len(started) == 2
    parent.kill()
    parent.communicate(timeout=PATIENCE)
    _, alive = psutil.wait_procs(started, timeout=PATIENCE)
    assert not alive


def test_ctrl_c_ends_processes_at_once(tmp_path):
    parent, started = begin_sleeping(tmp_path)
    os.killpg(parent.pid, signal.SIGINT)  # to all of them, as a terminal does
    _, err = parent.communicate(timeout=PATIENCE)
    _, alive = psutil.wait_procs(started, timeout=PATIENCE)
    assert not alive
    assert err.count("Traceback") == 1 and err.strip().endswith("KeyboardInterrupt")


def test_a_script_without_the_guard_is_told(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from neurosim.ensembles import Processes\n"
        "with Processes(1) as processes:\n"
        "    print(processes.submit(abs, -1).result())\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 1 and done.stdout == ""
    assert "must be started below if __name__ == '__main__':" in done.stderr.splitlines()[-1]


def test_records_are_plain_json(tmp_path):
    run_all(double, [5], tmp_path)
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text())["twice"] == 10
