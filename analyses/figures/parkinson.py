"""Parkinson's disease in the model beside what has been found: run it all, and its tables.

Seeds 11 and up are reported; constants were chosen on others, up to 4.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from analyses.figures.parkinson_figure import draw
from analyses.figures.running import run_jobs
from analyses.figures.style import save_both
from analyses.figures.table import write_csv
from analyses.parkinson import drawing, reaching
from analyses.parkinson.findings import FINDINGS, Finding, Records
from analyses.parkinson.patients import DEPLETION
from analyses.parkinson.recording import recorded_beta, simulated_beta
from neurosim.errors import check_integer

FIRST_SEED = 11
DEPLETIONS = (0.2, 0.4, 0.6, 0.8, 1.0)


def work(job: Any) -> dict[str, Any]:
    """Run a job of any experiment."""
    return reaching.work(job) if isinstance(job, reaching.Reach) else drawing.work(job)


def experiments(
    *,
    seeds: int = 11,
    units: int = 1000,
    period: float = 5000.0,
    out: Path = Path("parkinson"),
    first_seed: int = FIRST_SEED,
    depletions: tuple[float, ...] = DEPLETIONS,
    **how: Any,
) -> list[Records]:
    """Everything that each network goes through.

    Parameters
    ----------
    seeds, first_seed
        How many networks, and the seed of the first.
    units, period
        Of networks that draw: number of units, and length of a trial in ms.
    depletions
        Shares of dopamine that are lost, in dose-response curves; they include the patient's.
    out, **how
        As for :func:`analyses.figures.running.run_jobs`.

    Returns
    -------
    list of dict
        By network; see :data:`analyses.parkinson.findings.Records`.
    """
    numbers = range(first_seed, first_seed + seeds)
    jobs: dict[int, list[Any]] = {
        seed: [
            *drawing.jobs(seed, depletions, n_units=units, period=period),
            *(reaching.Reach(name, seed, depletions) for name in reaching.EXPERIMENTS),
        ]
        for seed in numbers
    }
    # the longest first, so that no core waits for the last
    every = sorted((j for some in jobs.values() for j in some), key=_rank)
    records = run_jobs(work, {job: seconds(job) for job in every}, out, **how)
    networks: list[Records] = []
    for seed in numbers:
        found: dict[str, Any] = {"seed": seed, "before": {}}
        for job in jobs[seed]:
            if isinstance(job, drawing.After):
                found["after"] = records[job]
            elif isinstance(job, drawing.Before):
                found["before"][f"{job.name} {job.strength:g}"] = records[job]
            else:
                found[job.experiment] = records[job]
        networks.append(found)
    return networks


def seconds(job: Any) -> float:
    """What a job takes on one core."""
    if isinstance(job, reaching.Reach):
        return {"variability": 9.0, "surprise": 15.0, "vigour": 20.0}[job.experiment]
    part = job.network.n_units / 1000 * job.network.period / 5000
    return 1.0 + part * (130.0 if isinstance(job, drawing.After) else 10.0)


def _rank(job: Any) -> int:
    return [drawing.After, drawing.Before, reaching.Reach].index(type(job))


def reproduce(
    *,
    out: Path = Path("parkinson"),
    data: Path | None = None,
    **options: Any,
) -> list[dict[str, Any]]:
    """Run all experiments; write ``table.csv``, ``doses.csv``, ``outputs.csv`` and the figure.

    Parameters
    ----------
    out, **options
        As for :func:`experiments`; at least two seeds.
    data
        Folder of a recording with subthalamic channels and grip force: its beta rhythm is set
        beside the model's in ``beta.csv``.

    Returns
    -------
    list of dict
        A line for each test of direction.
    """
    check_integer("parkinson", "seeds", options.get("seeds", 2), minimum=2)
    beside = recorded_beta(data) if data else []
    networks = experiments(out=out, **options)
    lines = [line_of(finding, networks) for finding in FINDINGS]
    write_csv(out / "table.csv", lines)
    write_csv(out / "doses.csv", doses(networks))
    write_csv(out / "outputs.csv", outputs(networks))
    write_csv(out / "beta.csv", beside + simulated_beta(networks))

    save_both(draw(networks, lines), out / "figure")
    return lines


def line_of(finding: Finding, networks: list[Records]) -> dict[str, Any]:
    """One line of the table."""
    estimate = finding.estimate(networks)
    values = finding.values(networks)
    spread = float(np.std(values, ddof=1))
    return {
        "row": finding.row,
        "finding": finding.finding,
        "source": finding.source,
        "effect": finding.effect,
        "mean": float(estimate.value),
        "low": float(estimate.low),
        "high": float(estimate.high),
        "standardised": float(estimate.value) / spread if spread else float("nan"),
        "networks": f"{int(np.sum(values > 0))}/{len(values)}",
        "comes_out": bool(estimate.low > 0),
    }


def doses(networks: list[Records]) -> list[dict[str, Any]]:
    """Error of learning, retention and execution by condition and depletion, with intervals."""
    lines = []
    for key in networks[0]["after"]["execution"]:
        name, depletion = key.split()
        for what in ("learning", "retention", "execution"):
            values = [
                r["before"][key]["mastery"] if what == "learning" else r["after"][what][key]
                for r in networks
            ]
            lines.append({"measure": what, "condition": name, "depletion": float(depletion)})
            lines[-1] |= _summary(values)
    return lines


def outputs(networks: list[Records]) -> list[dict[str, Any]]:
    """The order of pathological and silenced output, by kind and amplitude of the former."""
    lines = []
    silenced = f"pallidotomy {DEPLETION:g}"
    for key in networks[0]["after"]["outputs"]:
        kind, amplitude = key.split()
        worse = [r["after"]["outputs"][key] - r["after"]["execution"][silenced] for r in networks]
        line = {"output": kind, "amplitude": float(amplitude)}
        lines.append(line | {"effect": "execution: output minus silenced"} | _summary(worse))
        if key in networks[0]["before"]:
            better = [
                r["before"][silenced]["mastery"] - r["before"][key]["mastery"] for r in networks
            ]
            lines.append(line | {"effect": "learning: silenced minus output"} | _summary(better))
    return lines


def _summary(values: list[float]) -> dict[str, Any]:
    from analyses.intervals import bootstrap

    estimate = bootstrap(np.mean, np.array(values), rng=np.random.default_rng(0))
    return {"mean": float(estimate.value), "low": float(estimate.low), "high": float(estimate.high)}
