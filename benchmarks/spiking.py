"""What a spiking run costs, and where the time goes: Brian2 or learning.

Nicola & Clopath's protocol: a network before learning, while FORCE teaches it a 5 Hz sine (one
output), and going on by itself, 5 s of each. One thread. Brian2's code is compiled once and kept;
its compilation is not part of the seconds shown.

    python benchmarks/spiking.py                          # 2,000 LIF neurons, default code
    python benchmarks/spiking.py --code numpy --networks lif izhikevich theta --seconds 1
"""

# ruff: noqa: E402
from __future__ import annotations

import os

for _name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"  # read when NumPy is imported

import argparse
import time

import numpy as np

from neurosim import Force, Schedule
from neurosim.perturbations import Freeze, When
from neurosim.plants import Direct
from neurosim.spiking import NETWORKS, SpikingSimulation
from tasks.motor import Drawing

SECOND = 1000.0
HEADER = (
    f"{'network':<11}{'code':<8}{'model s':>8}{'run s':>8}{'Brian2 s':>10}{'learning s':>11}"
    f"{'us/step':>9}{'us/readout':>11}{'us/update':>10}{'Hz':>6}{'r':>7}"
)


def measure(name: str, n_units: int, seconds: int, seed: int, code: str) -> str:
    """One line of the table."""
    network = NETWORKS[name](n_units=n_units)
    rule = network.tuned(Force())

    def prepared(period: float, schedule: Schedule, frozen: int) -> SpikingSimulation:
        wave = np.sin(2 * np.pi * 5 * np.arange(2000) / 2000)[:, np.newaxis]
        task = Drawing("sine", Direct(("x",)), period=period, curve=wave)
        before = Freeze(pathway="output", when=When(last_trial=frozen - 1))
        return SpikingSimulation(
            task, rule, network, seed=seed, schedule=schedule, perturbations=[before], code=code
        )

    prepared(10.0, Schedule(1, 0), 1).run()  # what is not compiled yet is compiled here
    run = prepared(SECOND, Schedule(2 * seconds, seconds, test_feedback="free"), seconds)
    learned = []
    begun = time.perf_counter()
    result = run.run(each_trial=lambda run: learned.append(run.learn_s))
    wall = time.perf_counter() - begun
    model_s = 3 * seconds
    steps, calls = model_s * SECOND / network.dt_neuron, model_s * SECOND / network.dt
    test = learned[-1] - learned[2 * seconds - 1]
    train = learned[2 * seconds - 1] - learned[seconds - 1]
    updates = seconds * SECOND / network.dt / rule.every
    readout = 1e6 * test / (seconds * SECOND / network.dt)
    simulate, learn = run.simulate_s, run.learn_s
    step, update = 1e6 * simulate / steps, 1e6 * (train - test) / updates
    return (
        f"{name:<11}{run.code:<8}{model_s:>8}{wall:>8.1f}{simulate:>10.1f}{learn:>11.1f}"
        f"{step:>9.1f}{readout:>11.1f}{update:>10.0f}"
        f"{result.attrs['mean_rate_hz']:>6.1f}{result.attrs['test_correlation']:>7.3f}"
        f"   ({steps:,.0f} steps, {calls:,.0f} readouts, {updates:,.0f} updates)"
    )


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    told.add_argument("--networks", nargs="+", default=["lif"], choices=list(NETWORKS))
    told.add_argument("--units", type=int, default=2000)
    told.add_argument("--seconds", type=int, default=5, help="of each of the three phases")
    told.add_argument("--seed", type=int, default=0)
    told.add_argument("--code", default="auto", choices=["auto", "cython", "numpy"])
    given = told.parse_args()
    print(HEADER)
    for name in given.networks:
        print(measure(name, given.units, given.seconds, given.seed, given.code), flush=True)


if __name__ == "__main__":
    main()
