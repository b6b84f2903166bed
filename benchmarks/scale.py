"""What runs cost as they grow: with units, connections, segments of the arm, runs and processes.

    python benchmarks/scale.py                       # all, half an hour on two cores
    python benchmarks/scale.py units connections     # some of it
    python benchmarks/scale.py runs --trials 1 # shorter runs

``units``
    A step of a network of 500 to 20,000 units: RMHL on a network of fixed in-degree (100 inputs a
    unit), RMHL and SUPERTREX on the sparse network of the papers (a tenth of all connections).
``connections``
    RMHL on 20,000 units that each hear 25 to 400 others.
``segments``
    RMHL and SUPERTREX, 1,000 units, on arms of 2 to 50 segments.
``runs``
    Full runs of ``neurosim run butterfly-arm``, 1 to 8 of them in one process and in several, each
    time from an empty folder, with the start of the processes. Beside it the same for arithmetic
    that touches no memory: what the machine's processors give at best, since many slow one another.

SUPERTREX has its transfer gate open at every error, so that P is updated at every tenth step: the
dearest kind of step. Every network has a process of its own, with one thread; its memory is the
most that this process held, interpreter and libraries included. Tables and figure are written to
``docs/scale``; what is not measured again keeps its table.
"""

# ruff: noqa: E402
from __future__ import annotations

import os

for _name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"  # read when NumPy is imported

import argparse
import csv
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from numpy import log, polyfit

from analyses.figures.style import COLORS, PAGE, pyplot, save_figure
from analyses.figures.table import write_csv
from neurosim import Recording, Reservoir, Rmhl, Schedule, Simulation, Supertrex
from neurosim.ensembles import Processes
from neurosim.files import check_folder
from neurosim.sweeps import Plan, Study
from tasks.motor import motor_task
from tasks.motor.points import motor_run

RULES = ("rmhl", "supertrex")

UNITS = (500, 1000, 2000, 5000, 10_000, 20_000)
IN_DEGREES = (25, 50, 100, 200, 400)
TABLES = ("units", "connections", "segments", "runs")
SEGMENTS = (2, 3, 5, 10, 20, 30, 50)


@dataclass(frozen=True)
class Case:
    """A network that learns to draw with an arm."""

    rule: str
    connectivity: str = "sparse"
    units: int = 1000
    in_degree: int = 100
    segments: int = 2


def learning(case: Case) -> Rmhl | Supertrex:
    """The rule, with a learning rate that neither large networks nor long arms diverge with."""
    rmhl = Rmhl(learning_rate=Rmhl().learning_rate * 1000 / case.units * 2 / case.segments)
    if case.rule == "rmhl":
        return rmhl
    # what passes the open gate is multiplied by 0: the same arithmetic, without diverging
    return Supertrex(rmhl, gate_threshold=1e9, mastery_gain=0.0)


def measure(case: Case, seconds: float) -> dict[str, Any]:
    """Time of a step, the median of stretches, and the memory of this process, which is new."""
    begun = time.perf_counter()
    run = Simulation(
        motor_task("butterfly-arm", n_segments=case.segments),
        learning(case),
        Reservoir(n_units=case.units, connectivity=case.connectivity, in_degree=case.in_degree),
        schedule=Schedule(train_trials=50, test_trials=0),
        recording=Recording(signals=()),
    )
    drawn = time.perf_counter() - begun
    run.advance()  # compiled
    stretches: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(stretches) < 5:
        begun, first = time.perf_counter(), run.step
        while run.step < first + 100:
            run.advance()
            if run.finished:
                raise RuntimeError("the run ended before it was measured")
        stretches.append((time.perf_counter() - begun) / (run.step - first))
    step, synapses = median(stretches), run.network.recurrent.synapses
    return {
        "rule": case.rule,
        "connectivity": case.connectivity,
        "units": case.units,
        "in_degree": synapses / case.units,
        "segments": case.segments,
        "synapses": synapses,
        "step_us": step * 1e6,
        "ns_per_synapse": step / synapses * 1e9,
        "draw_s": drawn,
        "process_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }


def cases(what: str) -> list[Case]:
    """The networks of a table."""
    if what == "units":
        return [
            Case(rule, connectivity, units)
            for rule, connectivity in (
                ("rmhl", "fixed_in_degree"),
                ("rmhl", "sparse"),
                ("supertrex", "sparse"),
            )
            for units in UNITS
        ]
    if what == "connections":
        return [Case("rmhl", "fixed_in_degree", 20_000, k) for k in IN_DEGREES]
    return [Case(rule, segments=n) for rule in RULES for n in SEGMENTS]


def networks(what: str, seconds: float) -> list[dict[str, Any]]:
    """A table of networks, each measured in a new process."""
    lines = []
    for case in cases(what):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            lines.append(process.submit(measure, case, seconds).result())
        print(*(f"{name} {_short(value)}" for name, value in lines[-1].items()), flush=True)
    return lines


# ------------------------------------------------------------------------------ runs and processes


def arithmetic(_: int) -> float:
    """Four seconds or so of what needs a processor and no memory."""
    begun, total = time.perf_counter(), 0
    for i in range(60_000_000):
        total += i & 7
    return time.perf_counter() - begun + 0 * total


def together(function: Callable[[int], Any], jobs: int, workers: int) -> float:
    """Time of calls in processes that have started, in s."""
    with Processes(workers) as processes:
        for started in [processes.submit(os.getpid) for _ in range(workers)]:
            started.result()
        begun = time.perf_counter()
        for done in [processes.submit(function, job) for job in range(jobs)]:
            done.result()
        return time.perf_counter() - begun


def study(runs: int, workers: int, rule: str, trials: int) -> float:
    """Time of a study from an empty folder, in s."""
    with tempfile.TemporaryDirectory() as folder:
        fixed = {"task": "butterfly-arm", "rule": rule, "trials": trials}
        plan = Plan(Study(fixed, seeds=range(runs)), motor_run, folder)
        begun = time.perf_counter()
        with Processes(workers) as processes:
            plan.run(processes)
        if plan.failed:
            raise RuntimeError(f"{len(plan.failed)} runs failed")
        return time.perf_counter() - begun


def ensembles(counts: list[int], workers: int, trials: int) -> list[dict[str, Any]]:
    """Times of runs by one process and by several."""
    lines = []
    for rule in RULES:
        study(1, 1, rule, 1)  # the compiled code is on disk
        for runs in counts:
            alone, many = (study(runs, w, rule, trials) for w in (1, workers))
            lines.append({"what": rule, "runs": runs, "workers": workers, "alone_s": alone,
                          "together_s": many, "ratio": alone / many})  # fmt: skip
            print(*lines[-1].values(), flush=True)
    alone, many = (together(arithmetic, 4 * workers, w) for w in (1, workers))
    lines.append({"what": "arithmetic", "runs": 4 * workers, "workers": workers, "alone_s": alone,
                  "together_s": many, "ratio": alone / many})  # fmt: skip
    print(*lines[-1].values(), flush=True)
    return lines


# ------------------------------------------------------------------------------ tables and figure


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def exponent(lines: list[dict[str, Any]]) -> float:
    """Of the number of connections, by which the time of a step grows: least squares over logs."""
    n, t = (log([float(line[name]) for line in lines]) for name in ("synapses", "step_us"))
    return float(polyfit(n, t, 1)[0])


def figure(tables: dict[str, list[dict[str, Any]]], out: Path) -> None:
    """All tables as one figure."""
    plt = pyplot()
    fig, axes = plt.subplots(2, 3, figsize=(PAGE, 4.4), layout="constrained")
    by_units = {}
    for line in tables["units"]:
        by_units.setdefault((line["rule"], line["connectivity"]), []).append(line)
    names = {"fixed_in_degree": "100 inputs a unit", "sparse": "a tenth of all"}
    for color, ((rule, kind), lines) in zip(COLORS, by_units.items(), strict=False):
        n = [float(line["units"]) for line in lines]
        label = f"{rule.upper()}, {names[kind]}"
        for ax, column in ((axes[0, 0], "step_us"), (axes[0, 1], "ns_per_synapse"),
                           (axes[0, 2], "process_mb")):  # fmt: skip
            ax.plot(n, [float(line[column]) for line in lines], "o-", ms=3, color=color,
                    label=label)  # fmt: skip
            ax.set_xscale("log")
    n = [float(u) for u in UNITS]
    axes[0, 2].plot(n, [8 * u**2 / 1e6 for u in n], ":", color="0.5", label="P alone, 8 N²")
    axes[0, 0].set(xlabel="units", ylabel="step (µs)", yscale="log")
    axes[0, 1].set(xlabel="units", ylabel="step (ns a synapse)", ylim=(0, 1.4))
    axes[0, 2].set(xlabel="units", ylabel="memory of the process (MB)", yscale="log")
    axes[0, 1].legend(loc="upper center")
    axes[0, 2].legend(handles=axes[0, 2].lines[-1:])

    synapses = [float(line["synapses"]) / 1e6 for line in tables["connections"]]
    step = [float(line["step_us"]) / 1e3 for line in tables["connections"]]
    axes[1, 0].plot(synapses, step, "o-", ms=3, color=COLORS[0])
    axes[1, 0].set(xlabel="connections of 20,000 units (millions)", ylabel="RMHL step (ms)",
                   xlim=(0, None), ylim=(0, None))  # fmt: skip
    for color, rule in zip((COLORS[1], COLORS[2]), RULES, strict=True):
        lines = [line for line in tables["segments"] if line["rule"] == rule]
        axes[1, 1].plot([float(line["segments"]) for line in lines],
                        [float(line["step_us"]) for line in lines], "o-", ms=3, color=color,
                        label=f"{rule.upper()}, 1,000 units")  # fmt: skip
    axes[1, 1].set(xlabel="segments of the arm", ylabel="step (µs)", ylim=(0, None))
    axes[1, 1].legend()
    for color, rule in zip((COLORS[1], COLORS[2]), RULES, strict=True):
        lines = [line for line in tables["runs"] if line["what"] == rule]
        workers = lines[0]["workers"]
        for column, style, who in (("alone_s", "o--", "1 process"),
                                   ("together_s", "o-", f"{workers} processes")):  # fmt: skip
            axes[1, 2].plot([float(line["runs"]) for line in lines],
                            [float(line[column]) for line in lines], style, ms=3, color=color,
                            label=f"{rule.upper()}, {who}")  # fmt: skip
    top = 1.7 * max(float(line["alone_s"]) for line in tables["runs"])  # room for the legend
    axes[1, 2].set(xlabel="runs", ylabel="time (s)", xlim=(0, None), ylim=(0, top))
    axes[1, 2].legend(loc="upper left")
    for ending in ("png", "pdf"):
        save_figure(fig, out / f"figure.{ending}")
    plt.close(fig)


def read(path: Path) -> list[dict[str, Any]]:
    """A table that was written before."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Measure, print, write tables and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"of {', '.join(TABLES)}")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each network")
    parser.add_argument("--runs", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--trials", type=int, default=10, help="of training, in each run")
    parser.add_argument("--out", type=Path, default=Path("docs/scale"))
    given = parser.parse_args()
    if unknown := set(given.what) - set(TABLES):
        parser.error(f"expected some of {', '.join(TABLES)}, given {', '.join(sorted(unknown))}")
    out = check_folder(given.out)
    out.mkdir(parents=True, exist_ok=True)
    for what in given.what or TABLES:
        if what == "runs":
            write_csv(out / "runs.csv", ensembles(given.runs, given.workers, given.trials))
        else:
            write_csv(out / f"{what}.csv", networks(what, given.seconds))
    tables = {what: read(out / f"{what}.csv") for what in TABLES if (out / f"{what}.csv").exists()}
    for what in ("units", "connections"):
        for rule, kind in dict.fromkeys(
            (x["rule"], x["connectivity"]) for x in tables.get(what, ())
        ):
            lines = [x for x in tables[what] if (x["rule"], x["connectivity"]) == (rule, kind)]
            print(f"{what}, {rule}, {kind}: time ~ synapses^{exponent(lines):.2f}")
    if len(tables) == len(TABLES):
        figure(tables, out)


if __name__ == "__main__":
    main()
