"""How fast attractor networks complete a large batch, against the plain matrix program, in one run.

Measured are RNNh by its rank structure, stopping each image when it has converged, against NumPy
with the weight matrix formed, clip(a W^T + b), all images at every step; and retrieval by the
modern Hopfield network. Both use as many threads as BLAS is allowed (OPENBLAS_NUM_THREADS and the
like; by default all cores). The versions take turns within each round, with a large matrix product
and a large copy, the machine's limits for arithmetic and memory; reported are medians over rounds.

    python benchmarks/hopfield.py                                   # 1,000 images, 20 steps
    python benchmarks/hopfield.py --images 13000 --steps 256 --dense-steps 2 --rounds 1
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from neurosim.hopfield import Modern, Run, Saturating

UNITS, STORED = 4096, 325
SIDE = 3072
"""Of the square matrices whose product measures the machine's arithmetic."""


class Work(NamedTuple):
    """What a call did: image-steps asked for and computed, operations and bytes of the computed."""

    asked: float
    computed: float
    operations: float
    moved: float


Version = Callable[[], Work]


def problem(images: int, units: int = UNITS, stored: int = STORED) -> tuple[Any, Any]:
    """Bipolar patterns of five categories, a fifth of the units on, and parts of them."""
    rng = np.random.default_rng(0)
    rate = rng.beta(0.4, 1.6, (5, units))[np.arange(stored) % 5]
    patterns = np.where(rng.random(rate.shape) < rate, np.float32(1), np.float32(-1))
    states = patterns[np.arange(images) % stored]
    visible = rng.uniform(0.05, 0.4, (images, 1)).astype("float32")
    for row, part in zip(states, visible, strict=True):
        hidden = rng.random(units, "float32") > part
        row[hidden] = np.where(rng.random(hidden.sum(), "float32") < 0.1, 1, -1)
    return patterns, states


def structured(images: int, steps: int) -> tuple[Version, list[Run]]:
    """RNNh as the library runs it; the last run is kept in the list."""
    patterns, states = problem(images)
    network, runs = Saturating().store(patterns), []
    rank = len(network.connections.V)

    def run() -> Work:
        runs[:] = [network.run(states, steps)]
        took = runs[0].steps_to_converge
        computed = float(np.where(took < 0, steps, took + 1).sum())
        # states are read twice, the field is written and read, the states written
        return Work(images * steps, computed, computed * 4 * UNITS * rank, computed * UNITS * 20)

    return run, runs


def dense(images: int, steps: int) -> Version:
    """The same with W formed: all images, every step."""
    patterns, states = problem(images)
    network = Saturating().store(patterns)
    W, b = network.connections.matrix(), network.bias

    def run() -> Work:
        a = states
        for _ in range(steps):
            a = a @ W.T
            a += b
            np.clip(a, -1, 1, out=a)
        done = float(images * steps)
        return Work(done, done, done * 2 * UNITS**2, done * UNITS * 24)

    return run


def modern(images: int, steps: int = 3) -> Version:
    """Retrieval: updates until all images have converged, three at most."""
    patterns, states = problem(images)
    network = Modern(inverse_temperature=20.0).store(patterns)

    def run() -> Work:
        took = network.run(states, steps).steps_to_converge
        computed = float(np.where(took < 0, steps, took + 1).sum())
        return Work(images, computed, computed * 4 * UNITS * STORED, computed * UNITS * 20)

    return run


def product() -> Version:
    """A square matrix product."""
    left, right = np.ones((2, SIDE, SIDE), "float32")
    out = np.empty_like(left)

    def run() -> Work:
        np.matmul(left, right, out=out)
        return Work(1, 1, 2 * SIDE**3, 3 * out.nbytes)

    return run


def copy() -> Version:
    """A copy of 256 MiB, which no cache holds."""
    source, sink = np.ones(2**25), np.zeros(2**25)

    def run() -> Work:
        np.copyto(sink, source)
        return Work(1, 1, 0, 2 * source.nbytes)

    return run


def measure(versions: dict[str, Version], rounds: int) -> dict[str, tuple[list[float], Work]]:
    """Seconds of each version in each round, and what it did; each is called once before."""
    work = {name: run() for name, run in versions.items()}
    taken: dict[str, list[float]] = {name: [] for name in versions}
    for _ in range(rounds):
        for name, run in versions.items():
            begun = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - begun)
    return {name: (taken[name], work[name]) for name in versions}


def ratio(measured: dict[str, tuple[list[float], Work]]) -> float:
    """How many times as fast RNNh is as the dense program, for an image-step asked for."""
    fast, slow = measured["RNNh"], measured["dense"]
    ratios = (
        (b / slow[1].asked) / (a / fast[1].asked) for a, b in zip(fast[0], slow[0], strict=True)
    )
    return median(ratios)


def table(measured: dict[str, tuple[list[float], Work]]) -> str:
    """One line a version."""
    rate = {n: work.operations / median(taken) for n, (taken, work) in measured.items()}
    bandwidth = {n: work.moved / median(taken) for n, (taken, work) in measured.items()}
    lines = [f"{'version':9}{'s':>9}{'computed':>10}{'GFLOP/s':>9}{'of product':>12}"
             f"{'GB/s':>7}{'of copy':>9}"]  # fmt: skip
    for name, (taken, work) in measured.items():
        lines.append(
            f"{name:9}{median(taken):9.3f}{work.computed / work.asked:10.2f}"
            f"{rate[name] / 1e9:9.1f}{rate[name] / rate['product']:12.0%}"
            f"{bandwidth[name] / 1e9:7.2f}{bandwidth[name] / bandwidth['copy']:9.0%}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument(
        "--dense-steps", type=int, help="steps of the dense program, all alike (default: --steps)"
    )
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    fast, runs = structured(chosen.images, chosen.steps)
    fast()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    measured = measure(
        {
            "RNNh": fast,
            "dense": dense(chosen.images, chosen.dense_steps or chosen.steps),
            "modern": modern(chosen.images),
            "product": product(),
            "copy": copy(),
        },
        chosen.rounds,
    )
    print(table(measured))
    print(f"\nRNNh: {ratio(measured):.1f} times as fast as the dense program, image by image and")
    print(f"step by step; {runs[0].converged.mean():.0%} of images converged; peak memory of the")
    print(f"process with {chosen.images:,} images and {chosen.steps} steps {peak / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
