"""How fast the compiled pieces are, against the usual NumPy program, in one run.

Two things are measured, with one thread: a step of SUPERTREX on the two-segment arm with the
transfer gate open all the time (the dearest case), and an update of recursive least squares alone.
The NumPy program is tests/reference.py, in float64 as it stands and, for the update, the same lines
in float32; the compiled update is in float64 whatever the network is in. All versions take turns
within each round, so that a machine that is busy with other things slows all of them alike;
reported are medians over the rounds, and of ratios within a round.

    python benchmarks/report.py --units 1000 4000
"""

# ruff: noqa: E402
from __future__ import annotations

import os

for _name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"  # read when NumPy is imported

import argparse
import csv
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

import numba
import numpy as np

import reference
from neurosim import Reservoir, Schedule, Simulation, Supertrex
from neurosim.rules.rls import rls, update
from tasks.motor import motor_task

COPIED = 2**25
"""Numbers of float64 (256 MiB) copied to measure the machine's bandwidth: no cache holds them."""

ALWAYS = {"gate_threshold": 1e9, "mastery_gain": 0.0}
"""The gate is open at every error, and what passes it is multiplied by 0: the same arithmetic, but
a network that has not learned anything yet is not driven into divergence by it."""

ARM = motor_task("butterfly-arm")
NUMPY, NUMPY32 = "NumPy float64", "NumPy float32"


@dataclass(frozen=True)
class Version:
    """One way to do the same work.

    Attributes
    ----------
    name
        As in the table.
    run
        Does a number of steps or updates and says how many; called once before it is measured.
    synapses
        Recurrent connections of a step, N^2 pairs of units of an update.
    bytes_moved
        By one of them, between the processor and the arrays that grow with N^2: each read and each
        write of an array counts once.
    """

    name: str
    run: Callable[[], int]
    synapses: int
    bytes_moved: float


@dataclass(frozen=True)
class Row:
    """A line of the table; what the columns mean is said in benchmarks/README.md."""

    what: str
    units: int
    version: str
    microseconds: float
    per_second: float
    ns_per_synapse: float
    mb_moved: float
    gb_per_second: float
    share_of_copy: float
    times_numpy_float64: float
    times_numpy_float32: float


# ------------------------------------------------------------------------------ what is measured


def compiled_step(n_units: int, dtype: str) -> Version:
    """Steps of the compiled loop, with the drawing of noise and the default recording."""
    run = Simulation(
        ARM,
        Supertrex(tutor="filtered", **ALWAYS),
        Reservoir(n_units=n_units, dtype=dtype),
        schedule=Schedule(train_trials=50, test_trials=0),
    )

    def steps() -> int:
        before = run.step
        while run.step < before + 2000:
            run.advance()
            if run.finished:
                raise RuntimeError("the run ended before it was measured; it took fewer rounds")
        return run.step - before

    recurrent = run.network.recurrent
    moved = sum(array.nbytes for array in recurrent) + 8 * n_units * (n_units + 1) / run.rule.every
    return Version(f"compiled {dtype}", steps, recurrent.synapses, moved)


def numpy_step(n_units: int) -> Version:
    """The same steps in plain NumPy, float64."""
    drawn = Simulation(
        ARM, Supertrex(**ALWAYS), Reservoir(n_units=n_units, dtype="float64"),
        schedule=Schedule(train_trials=1, test_trials=0),
    )  # fmt: skip
    J, Q = drawn.network.recurrent.to_dense(), drawn.network.feedback
    synapses = drawn.network.recurrent.synapses
    rule = reference.Supertrex(n_units, 2, tutor="filtered", improvements_only=False, **ALWAYS)
    rng = np.random.default_rng(0)
    count = max(20, 100_000 // n_units)
    target = drawn.trial.target[:count]
    state: dict[str, Any] | None = None

    def steps() -> int:
        nonlocal state
        done = reference.simulate(
            J, Q, drawn.network.x, target,
            rule=rule,
            plant=lambda z: reference.arm(z, ARM.plant.lengths),
            eps=0.025 * (2 * rng.random((count, n_units)) - 1),
            eta=2 * rng.random((count, 2)) - 1,
            state=state,
        )  # fmt: skip
        state = done["state"]
        return count

    moved = 8 * n_units**2 * (1 + NUMPY_PASSES / rule.every)
    return Version(NUMPY, steps, synapses, moved)


NUMPY_PASSES = 7
"""Reads and writes of (N, N) arrays in reference.rls_update: P r reads one; the outer product
writes one; times g c reads and writes one; P -= reads two and writes one."""


@numba.njit
def _updates(memory: Any, R: Any) -> None:
    for t in range(R.shape[0]):
        update(memory, R[t], 1.0)


def _rates(count: int, n_units: int, dtype: str) -> Any:
    return np.tanh(np.random.default_rng(1).standard_normal((count, n_units))).astype(dtype)


def compiled_update(n_units: int, dtype: str) -> Version:
    """Updates of P as the rules do them; the lower triangle is read and written once."""
    memory = rls(n_units, 10.0)
    R = _rates(max(4, 200_000_000 // n_units**2), n_units, dtype)

    def updates() -> int:
        _updates(memory, R)
        return len(R)

    moved = 8 * n_units * (n_units + 1)
    return Version(f"compiled, rates {dtype}", updates, n_units**2, moved)


def numpy_update(n_units: int, dtype: str) -> Version:
    """The usual three lines."""
    P = np.eye(n_units, dtype=dtype) / np.dtype(dtype).type(10)
    R = _rates(max(1, 10_000_000 // n_units**2), n_units, dtype)

    def updates() -> int:
        for r in R:
            reference.rls_update(P, r)
        return len(R)

    moved = NUMPY_PASSES * n_units**2 * np.dtype(dtype).itemsize
    return Version(f"NumPy {dtype}", updates, n_units**2, moved)


def step_versions(n_units: int) -> list[Version]:
    """All ways to do a step."""
    return [
        compiled_step(n_units, "float32"),
        compiled_step(n_units, "float64"),
        numpy_step(n_units),
    ]


def update_versions(n_units: int) -> list[Version]:
    """All ways to do an update of P."""
    return [
        compiled_update(n_units, "float32"),
        compiled_update(n_units, "float64"),
        numpy_update(n_units, "float32"),
        numpy_update(n_units, "float64"),
    ]


# ------------------------------------------------------------------------------ how it is measured


def _seconds(run: Callable[[], int]) -> float:
    """Of one of the steps, updates or copies that a call does."""
    begun = time.perf_counter()
    count = run()
    return (time.perf_counter() - begun) / count


def measure(what: str, units: int, versions: list[Version], rounds: int) -> list[Row]:
    """Let the versions take turns, and a large copy with them; medians over the rounds."""
    source, sink = np.ones(COPIED), np.zeros(COPIED)

    def copy() -> int:
        np.copyto(sink, source)
        return 1

    for run in (copy, *(version.run for version in versions)):
        run()
    taken: dict[str, list[float]] = {version.name: [] for version in versions}
    bandwidth = []
    for _ in range(rounds):
        bandwidth.append(2 * source.nbytes / _seconds(copy))
        for version in versions:
            taken[version.name].append(_seconds(version.run))
    rows = []
    for version in versions:
        seconds = median(taken[version.name])

        def times(baseline: str, own: list[float] = taken[version.name]) -> float:
            if baseline not in taken:
                return float("nan")
            return median(b / a for a, b in zip(own, taken[baseline], strict=True))

        rows.append(
            Row(
                what=what,
                units=units,
                version=version.name,
                microseconds=seconds * 1e6,
                per_second=1 / seconds,
                ns_per_synapse=seconds * 1e9 / version.synapses,
                mb_moved=version.bytes_moved / 1e6,
                gb_per_second=version.bytes_moved / seconds / 1e9,
                share_of_copy=version.bytes_moved / seconds / median(bandwidth),
                times_numpy_float64=times(NUMPY),
                times_numpy_float32=times(NUMPY32),
            )
        )
    rows.append(copy_row(bandwidth, source.nbytes))
    return rows


def copy_row(bandwidth: list[float], nbytes: int) -> Row:
    """The machine's own speed, as a line of the table."""
    speed, nan = median(bandwidth), float("nan")
    return Row(
        "copy", nbytes // 8, "np.copyto", 2 * nbytes / speed * 1e6, speed / 2 / nbytes, nan,
        2 * nbytes / 1e6, speed / 1e9, 1.0, nan, nan,
    )  # fmt: skip


# ------------------------------------------------------------------------------ what is shown

HEADINGS = (
    ("what", "what", "{}"),
    ("units", "N", "{:,}"),
    ("version", "version", "{}"),
    ("microseconds", "us", "{:,.1f}"),
    ("per_second", "per s", "{:,.0f}"),
    ("ns_per_synapse", "ns/synapse", "{:.3f}"),
    ("mb_moved", "MB moved", "{:,.2f}"),
    ("gb_per_second", "GB/s", "{:.1f}"),
    ("share_of_copy", "of copy", "{:.0%}"),
    ("times_numpy_float64", "x NumPy f64", "{:.1f}"),
    ("times_numpy_float32", "x NumPy f32", "{:.1f}"),
)


def table(rows: list[Row]) -> str:
    """The rows as plain text; a dash where there is no number."""

    def text(row: Row, name: str, form: str) -> str:
        value = getattr(row, name)
        return "-" if value != value else form.format(value)

    cells = [[heading for _, heading, _ in HEADINGS]]
    cells += [[text(row, name, form) for name, _, form in HEADINGS] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    words = (0, 2)  # columns of words stand left, of numbers right
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def write(rows: list[Row], path: Path) -> None:
    """The rows as CSV; empty where there is no number."""
    names = [name for name, _, _ in HEADINGS]
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            values = [getattr(row, name) for name in names]
            writer.writerow(
                ["" if v != v else f"{v:.6g}" if isinstance(v, float) else v for v in values]
            )


def main() -> None:
    """Measure, print the table, write the CSV."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--units", type=int, nargs="+", default=[1000, 4000], metavar="N",
        help="sizes for the update of P; the first is also the network's (default: 1000 4000)",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=7, help="of which medians are taken (7)")
    parser.add_argument("--out", type=Path, default=HERE / "speed.csv", help="CSV to write")
    chosen = parser.parse_args()
    if min(chosen.units) < 1 or chosen.rounds < 1:
        parser.error("--units and --rounds must be at least 1")
    first = chosen.units[0]
    rows = measure("step", first, step_versions(first), chosen.rounds)
    for n_units in chosen.units:
        rows += measure("update of P", n_units, update_versions(n_units), chosen.rounds)
    print(table(rows))
    write(rows, chosen.out)
    print(f"wrote {chosen.out}")


if __name__ == "__main__":
    main()
