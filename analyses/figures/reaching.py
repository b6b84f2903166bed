"""Reservoirs that learned to reach, by each rule and not at all, beside motor cortex.

The recording is the one distributed with Elsayed & Cunningham 2017, of the data of Churchland et
al. 2012: averages of preprocessed rates of 50 units in 10 conditions, that have no names, so that
they are paired with those of the model by their dissimilarities. Its window of 100 to 300 ms is
compared with the same times after the model's go signal, 150 ms before the wanted movement begins.

Networks are those of the preset (:mod:`tasks.motor.reaching_presets`), to which the target is shown
until the end of the trial; the same where it goes off with the go signal, so that nothing from
outside tells the reaches apart any more; and the one that ``neurosim fit`` found, with its target
gone as well, trained and not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analyses.figures import style
from analyses.figures.running import run_jobs
from analyses.figures.style import COLORS, PAGE
from analyses.figures.table import write_csv
from analyses.population.compare import BOUNDS, ESTIMATES, OF_BOTH, OF_ONE, compare
from analyses.population.reading import population
from analyses.reaching import root_mean_square
from analyses.reaching_model import FITTED, KINDS, Reacher
from neurosim.errors import InputError

FILE = "psth.npz"
WINDOW = (100.0, 300.0)
FIRST_SEED = 10
NETWORKS: dict[str, Reacher] = {
    **{kind: Reacher(kind) for kind in KINDS},
    "force, off at go": Reacher("force", shown_until="go"),
    "fitted": Reacher("force", shown_until="go", chosen=FITTED),
    "fitted, untrained": Reacher("untrained", shown_until="go", chosen=FITTED),
}
"""What is set beside the recording, by the name it has in the table."""

SHOWN = (
    *("measure", "network", "path_error_percent", "model", "least", "largest"),
    *("recording", "recording_low", "recording_high", "within"),
)
"""Columns of the table that are printed."""


@dataclass(frozen=True)
class Job:
    """One network beside the recording.

    Attributes
    ----------
    data
        File of the recording.
    reacher
        The network.
    seed
        Of the network, and of the draws of the comparison.
    draws
        ``n`` of :func:`analyses.population.compare.compare`.
    """

    data: str
    reacher: Reacher
    seed: int
    draws: int


def run_network(job: Job) -> dict[str, Any]:
    """The table of one network, and how well it reaches."""
    recording = population(job.data)
    rates = job.reacher.like(recording)({}, job.seed)
    found = compare(
        rates, recording, rng=np.random.default_rng(job.seed), window=WINDOW, n=job.draws
    )
    return {
        "rows": found.lines(),
        "path_error_percent": root_mean_square(rates["path_error"].values),
    }


def seconds(job: Job) -> float:
    """What a job takes on one core."""
    return 6.0 + 9.0 * job.reacher.n_units / 400 * job.reacher.train_trials / 240


def reproduce(
    *,
    data: Path,
    seeds: int = 3,
    units: int = 400,
    train_trials: int = 240,
    draws: int = 100,
    out: Path = Path("reaching"),
    **how: Any,
) -> list[dict[str, Any]]:
    """Run every network and write ``table.csv`` and ``table`` (.png, .pdf).

    Parameters
    ----------
    data
        Folder with ``psth.npz``.
    seeds
        Seeds 10 to 9 + seeds.
    units, train_trials
        Of each network.
    draws
        Of each comparison.
    out, **how
        As for :func:`analyses.figures.running.run_jobs`.

    Returns
    -------
    list of dict
        A line for each measure and network: ``model``, the mean over seeds, and the ``least`` and
        ``largest`` value; the recording with its interval, and ``within``, the share of networks
        whose value lies there; ``path_error_percent``, how well they reach, in percent of the
        targets' distance. The file has besides the mean ends of the intervals of single networks,
        and the ceiling and the floors of the first seed.

    Raises
    ------
    InputError
        The folder has no such file.
    """
    file = Path(data) / FILE
    if not file.is_file():
        raise InputError(f"{data}: expected a folder with {FILE}, which is not there")
    jobs = {
        name: [
            Job(
                str(file.resolve()),
                replace(reacher, n_units=units, train_trials=train_trials),
                FIRST_SEED + k,
                draws,
            )
            for k in range(seeds)
        ]
        for name, reacher in NETWORKS.items()
    }
    every = {job: seconds(job) for some in jobs.values() for job in some}
    found = run_jobs(run_network, every, out, **how)
    lines = [
        _line(name, k, [found[job] for job in some])
        for k in range(len(OF_ONE + OF_BOTH))
        for name, some in jobs.items()
    ]
    write_csv(out / "table.csv", lines)
    style.save_both(figure(lines), out / "table")
    return [{name: line[name] for name in SHOWN} for line in lines]


def _line(name: str, k: int, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Row k of the tables of several networks of a name."""
    rows = [record["rows"][k] for record in records]
    first = rows[0]
    values = np.array([row["model"] for row in rows])
    line: dict[str, Any] = {
        "measure": first["measure"],
        "unit": first["unit"],
        "network": name,
        "seeds": len(rows),
        "path_error_percent": float(np.mean([each["path_error_percent"] for each in records])),
        "units": first["units"],
        "model": float(values.mean()),
        "model_low": float(np.mean([row["model_low"] for row in rows])),
        "model_high": float(np.mean([row["model_high"] for row in rows])),
        "least": float(values.min()),
        "largest": float(values.max()),
        "within": None,
    }
    if first["recording"] is not None:
        inside = (first["recording_low"] <= values) & (values <= first["recording_high"])
        line["within"] = float(inside.mean())
    for each in ("recording", *BOUNDS):
        for end in ("", "_low", "_high"):
            line[each + end] = first[each + end]
    return line


def figure(lines: list[dict[str, Any]]) -> Any:
    """Every network beside the recording, a panel for each measure."""
    plt = style.pyplot()
    fig, panels = plt.subplots(
        2, len(OF_ONE), figsize=(PAGE, 4.8), sharey=True, layout="constrained"
    )
    names = ["recording", *NETWORKS, *BOUNDS]
    places = {name: len(names) - 1 - k for k, name in enumerate(names)}
    for ax, measure in zip(panels.flat, OF_ONE + OF_BOTH, strict=True):
        mine = {line["network"]: line for line in lines if line["measure"] == measure.name}
        first = next(iter(mine.values()))
        for name in ESTIMATES:
            if name in ("model", "untrained") or first[name] is None:
                continue
            low, high, y = first[f"{name}_low"], first[f"{name}_high"], places[name]
            if name in BOUNDS:
                color = COLORS[2] if name == "ceiling" else "0.6"
                ax.barh(y, high - low, left=low, height=0.5, color=color, alpha=0.5, lw=0)
            else:
                ax.plot([low, high], [y, y], "k")
                ax.axvspan(low, high, color="k", alpha=0.06, lw=0)
            ax.plot([first[name]], [y], "|" if name in BOUNDS else "o", color="k", ms=4)
        for kind, line in mine.items():
            color = COLORS[1] if "untrained" in kind else COLORS[0]
            ax.plot([line["model_low"], line["model_high"]], [places[kind]] * 2, color=color)
            ax.plot([line["model"]], [places[kind]], "o", color=color, ms=4)
            ends = [line["least"], line["largest"]]
            ax.plot(ends, [places[kind]] * 2, "|", color=color, ms=6)
        ax.use_sticky_edges = False
        ax.set_title(measure.name)
        ax.set_xlabel("" if measure.unit == "1" else measure.unit.replace("^2", "$^2$"))
        ax.set_yticks(list(places.values()), [name.replace("_", " ") for name in places])
    return fig
