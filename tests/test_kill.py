"""``kill -9`` at random moments: no finished trial is lost, and the same bits come out.

A hundred kills of a run with a checkpoint. The processes that are killed are forks of one that has
imported and compiled everything, so that a kill costs some ten ms and not the start of Python;
this file run as a script is that process.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tqdm.auto import tqdm

from neurosim import Recording, Reservoir, Schedule, Simulation, Supertrex, load, save
from neurosim.ensembles import ONE_THREAD
from neurosim.sweeps import open_study, read_study
from tasks.motor import motor_task
from tasks.motor.points import motor_run

KILLS = 100
SHARE = 0.3
"""Of the time of a run, which a process lives at most."""


def run():
    """A run whose checkpoint takes about as long to write as a trial takes."""
    return Simulation(
        motor_task("butterfly-arm", period=60.0),
        Supertrex(),
        Reservoir(n_units=100),
        seed=5,
        schedule=Schedule(train_trials=60, test_trials=5),
        recording=Recording(interval=2.0, trial_weights=True),
    )


def living(folder, pipe):
    """What a process does that may be killed: tell where it begins and each trial it finishes."""
    simulation = run()

    def tell(simulation):
        os.write(pipe, struct.pack("i", simulation.index))

    checkpoint = folder / "run.checkpoint"
    if checkpoint.exists():
        from neurosim.checkpoint import load as begin

        begin(checkpoint, simulation)
    tell(simulation)
    save(simulation.run(checkpoint=checkpoint, each_trial=tell), folder / "result.nc")


def one_life(folder, seconds):
    """Trials that a process told of, and whether it came to its end before it was killed."""
    told, tells = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(told)
            living(folder, tells)
        finally:
            os._exit(0 if (folder / "result.nc").exists() else 1)
    os.close(tells)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with open(told, "rb") as pipe:
        content = pipe.read()
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return [index for (index,) in struct.iter_unpack("i", content)], not os.WIFSIGNALED(status)


def same_bits(found, whole):
    xr.testing.assert_equal(found, whole)
    for name, each in whole.variables.items():
        if each.dtype.kind in "fiu":  # to which 0 and -0 are not the same
            assert found[name].values.tobytes() == each.values.tobytes(), name


def main(folder, seed):
    """Kill until :data:`KILLS` processes died, and let the last run come to its end."""
    folder = Path(folder)
    tqdm.set_lock(threading.RLock())  # forks share tqdm's own: one killed with it stops the others
    rng = np.random.default_rng(int(seed))
    save(run().run(), folder / "whole.nc")
    begun = time.perf_counter()
    run().run(checkpoint=folder / "run.checkpoint")
    longest_s = SHARE * (time.perf_counter() - begun)
    (folder / "run.checkpoint").unlink()
    counts = {"kills": 0, "runs": 0, "trials": 0, "while_writing": 0, "lost": 0}
    reached = 0
    while True:
        last = counts["kills"] >= KILLS
        told, done = one_life(folder, None if last else rng.uniform(0, longest_s))
        counts["kills"] += not done
        if told:
            counts["trials"] += 0 if last else told[-1] - told[0]
            counts["lost"] += told[0] < reached
            reached = max(reached, *told)
        for half in folder.glob(".*"):
            counts["while_writing"] += 1
            half.unlink()
        if done:
            same_bits(load(folder / "result.nc"), load(folder / "whole.nc"))
            counts["runs"] += 1
            reached = 0
            (folder / "result.nc").unlink()
            (folder / "run.checkpoint").unlink()
        if done and last:
            print(json.dumps(counts))
            return


def start(*words, cwd=None):
    """A process of one thread."""
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | dict.fromkeys(ONE_THREAD, "1"),
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_run_that_is_killed_a_hundred_times(tmp_path):
    process = start(__file__, tmp_path, 20261121)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    counts = json.loads(out)
    assert counts["kills"] >= KILLS and counts["runs"] >= 1
    assert counts["trials"] > 20  # of those that were killed
    assert counts["lost"] == 0
    assert counts["while_writing"] > 0  # some hit the writing of a checkpoint
    assert [file.name for file in tmp_path.iterdir()] == ["whole.nc"]


STUDY = """
seeds = 6
fixed = {task = "butterfly", rule = "rmhl", units = 200, period = 400.0, trials = 12}
"""
COMMAND = "import neurosim.cli.sweep; from neurosim.cli import main; main()"


def test_a_sweep_that_is_killed(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    words = ("-c", COMMAND, "sweep", "study.toml", "--workers", 2, "--quiet")
    runs = tmp_path / "study" / "runs"
    kept = {}
    for wanted in (1, 4):
        process = start(*words, cwd=tmp_path)
        while process.poll() is None and len(list(runs.glob("*.json"))) < wanted:
            time.sleep(0.01)
        process.kill()
        process.communicate(timeout=60)
        now = {file: file.read_bytes() for file in runs.glob("*.json")}
        assert kept.items() <= now.items() and len(now) >= wanted  # none is lost or run again
        kept = now
    process = start(*words, cwd=tmp_path)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    killed = open_study(tmp_path / "study")
    for point in read_study(tmp_path / "study.toml").study.points():
        whole = motor_run(point).simulation().run()
        found = killed.trial_distance.sel(seed=point.seed).values.ravel()
        np.testing.assert_array_equal(found, whole.trial_distance)


if __name__ == "__main__":
    main(*sys.argv[1:])
