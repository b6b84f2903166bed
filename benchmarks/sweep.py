"""How much faster many runs are in several processes: ``python benchmarks/sweep.py``.

Eight runs of the butterfly, as ``neurosim run butterfly-arm`` has it but for fewer trials, by one
process and by two, in turn, each from an empty folder: with the start of the processes, compiled
code from its cache on disk. The smallest of the repeated times counts. The machine must be idle; on
one with other work, or with one memory channel for both, the ratio says that and not what the
package can do. Three minutes on two cores.

    python benchmarks/sweep.py --runs 8 --workers 2 --repeats 2
"""

from __future__ import annotations

import argparse
import tempfile
import time

from neurosim.ensembles import Processes
from neurosim.sweeps import Plan, Study
from tasks.motor.points import motor_run


def seconds(study: Study, workers: int) -> float:
    """Time of all runs, in s."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(study, motor_run, folder)
        begun = time.perf_counter()
        with Processes(workers) as processes:
            plan.run(processes)
        if plan.failed:
            raise SystemExit(f"{len(plan.failed)} runs failed")
        return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=3, help="of training, and one of test")
    given = parser.parse_args()
    study = Study(
        fixed={
            "task": "butterfly-arm",
            "units": given.units,
            "trials": given.trials,
            "test_trials": 1,
        },
        seeds=range(given.runs),
    )
    seconds(Study(study.fixed), 1)  # the compiled code is on disk
    times: dict[int, list[float]] = {1: [], given.workers: []}
    for _ in range(given.repeats):
        for workers, found in times.items():
            found.append(seconds(study, workers))
            print(f"{given.runs} runs, {workers} processes: {found[-1]:.1f} s", flush=True)
    print(f"ratio {min(times[1]) / min(times[given.workers]):.2f}")


if __name__ == "__main__":
    main()
