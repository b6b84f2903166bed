"""What a perturbation costs that does nothing: ratios of step times, in turn within one process.

python benchmarks/perturbations.py --rounds 15
"""

# ruff: noqa: E402
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time

import numpy as np

from neurosim import Recording, Schedule, Simulation
from neurosim.perturbations import Silence, When
from tasks.motor import motor_task, preset_rule

CASES = {
    "absent": (),
    "waiting for a later trial": (Silence(when=When(first_trial=3)),),
    "of strength 0": (Silence(0.0),),
}


def simulation(perturbations: tuple[Silence, ...]) -> Simulation:
    """SUPERTREX on the two-segment arm, N = 1000, ready for its first trial."""
    task = motor_task("butterfly-arm")
    return Simulation(
        task,
        preset_rule("supertrex", task, "paper"),
        seed=1,
        schedule=Schedule(4, 0),
        recording=Recording(()),
        perturbations=perturbations,
    )


def main() -> None:
    """Time blocks of steps of each case in turn, and print medians of the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--blocks", type=int, default=30, help="of some 130 steps")
    options = parser.parse_args()
    runs = {name: simulation(perturbations) for name, perturbations in CASES.items()}
    for run in runs.values():
        run.advance()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(options.rounds):
        # each case is first, second and third equally often
        names = [*runs][round_ % 3 :] + [*runs][: round_ % 3]
        for name in names:
            begun, steps = time.perf_counter(), runs[name].step
            for _ in range(options.blocks):
                runs[name].advance()
            times[name].append((time.perf_counter() - begun) / (runs[name].step - steps))
    absent = np.array(times["absent"])
    for name, values in times.items():
        ratio = np.array(values) / absent
        low, high = np.percentile(ratio, [25, 75])
        print(
            f"{name:28} {1e6 * np.median(values):6.2f} us a step, "
            f"{np.median(ratio):.4f} times absent (quartiles {low:.4f} to {high:.4f})"
        )


if __name__ == "__main__":
    main()
