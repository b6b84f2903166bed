"""Every attractor network on every front-end, for familiar and novel digits.

Seeds start at 10: none of those is used on which the defaults of the experiment were chosen.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analyses import completion
from analyses.figures import occlusion_time
from analyses.figures.occlusion_time import Job as Timed
from analyses.figures.running import chosen, run_jobs
from analyses.figures.style import COLORS, PAGE, pyplot, save_both
from analyses.figures.table import write_csv

FIRST_SEED = 10
FEATURES = ("mlp", "pixels", "hmax", "random")
NETWORKS = ("rnnh", "hebb", "pinv", "modern", "dense", "rnn5")
PROTOCOLS = ("familiar", "novel")
STEPS = 64
KEPT = (
    "accuracy_raw",
    "accuracy_bipolar",
    "accuracy_feedforward",
    "accuracy_recurrent",
    "accuracy_shuffled",
    "gain_points",
    "best_step",
    "converged",
)

SECONDS = {"mlp": 75.0, "pixels": 35.0, "hmax": 20.0, "random": 32.0, "time": 64.0}
"""A job on one core, by its front-end; and one of ``time``."""


@dataclass(frozen=True)
class Job:
    """All networks on one set of features.

    Attributes
    ----------
    features
        Front-end.
    protocol, seed, stored
        As in :class:`tasks.vision.Completion`.
    """

    features: str
    protocol: str
    seed: int
    stored: int = 100


def run_networks(job: Job) -> dict[str, Any]:
    """What is kept of each network, by its name."""
    from tasks.vision import Completion, Experiment, Pictures, digits
    from tasks.vision.features import front_end

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # HMAX has fewer bands here, Hebb stores beyond capacity
        source = Pictures(digits(), front_end(job.features), seed=job.seed, name="digits")
        design = Completion(protocol=job.protocol, stored=job.stored, steps=STEPS)
        experiment = Experiment.of(source, design, seed=job.seed)
        found = {}
        for network in NETWORKS:
            if network == "rnn5" and job.features == "random":
                continue  # the control needs no learning on top
            values = completion.summary(experiment.run(network))
            found[network] = {name: values[name] for name in KEPT}
    return found


def work(job: Any) -> dict[str, Any]:
    """Run a job of either kind."""
    return occlusion_time.run_times(job) if isinstance(job, Timed) else run_networks(job)


def reproduce(
    features: str | None = None, *, seeds: int = 3, out: Path = Path("occlusion"), **how: Any
) -> list[dict[str, Any]]:
    """Run everything; write ``table`` and ``time``, each as .csv, .png and .pdf.

    Parameters
    ----------
    features
        Comma-separated, of :data:`FEATURES`; None for all. ``time`` is of the default front-end.
    seeds
        Seeds 10 to 9 + seeds.
    out, **how
        As for :func:`analyses.figures.running.run_jobs`.

    Returns
    -------
    list of dict
        A line for each front-end, protocol and network: accuracies averaged over visibilities of
        10, 20, 30 and 40 % and over seeds, and the gain in points with its range over seeds.

    Raises
    ------
    InputError
        Unknown front-ends.
    """
    jobs = {
        (name, protocol): [Job(name, protocol, FIRST_SEED + k) for k in range(seeds)]
        for name in chosen(features, FEATURES, "front-end")
        for protocol in PROTOCOLS
    }
    timed = [Timed(FIRST_SEED + k) for k in range(seeds)]
    every: dict[Any, float] = {job: SECONDS[job.features] for some in jobs.values() for job in some}
    found = run_jobs(work, every | dict.fromkeys(timed, SECONDS["time"]), out, **how)
    lines: list[dict[str, Any]] = []
    for (front_end, protocol), some in jobs.items():
        for network in found[some[0]]:
            runs = [found[job][network] for job in some]
            gains = [run["gain_points"] for run in runs]
            lines.append(
                {
                    "features": front_end,
                    "protocol": protocol,
                    "network": network,
                    "seeds": f"{FIRST_SEED}-{FIRST_SEED + seeds - 1}",
                    **{
                        name.removeprefix("accuracy_"): float(np.mean([run[name] for run in runs]))
                        for name in KEPT[:5]
                    },
                    "gain_points": float(np.mean(gains)),
                    "least_gain": float(np.min(gains)),
                    "largest_gain": float(np.max(gains)),
                    "best_step": float(np.median([run["best_step"] for run in runs])),
                    "converged": float(np.mean([run["converged"] for run in runs])),
                }
            )
    write_csv(out / "table.csv", lines)
    save_both(figure(lines), out / "table")
    occlusion_time.write([found[job] for job in timed], out)
    return lines


def figure(lines: list[dict[str, Any]]) -> Any:
    """Accuracy of every network on every front-end, beside the feed-forward read-outs."""
    shown = list(dict.fromkeys(line["features"] for line in lines))
    fig, panels = pyplot().subplots(
        1, len(shown), figsize=(PAGE, 2.6), sharey=True, squeeze=False, layout="constrained"
    )
    for ax, features in zip(panels[0], shown, strict=True):
        for protocol, color, shift in zip(
            PROTOCOLS, (COLORS[0], COLORS[1]), (-0.15, 0.15), strict=True
        ):
            mine = [s for s in lines if (s["features"], s["protocol"]) == (features, protocol)]
            x = np.array([NETWORKS.index(line["network"]) for line in mine]) + shift
            ax.bar(x, [line["recurrent"] for line in mine], 0.28, color=color, label=protocol)
            if protocol == "familiar":
                ax.axhline(
                    mine[0]["feedforward"], color="0.2", ls="--", lw=0.9, label="feed-forward"
                )
                ax.scatter(x - shift, [line["shuffled"] for line in mine], 12, "k", marker="_",
                           label="shuffled weights", zorder=3)  # fmt: skip
        ax.set_title(features)
        ax.set_xticks(range(len(NETWORKS)), NETWORKS, rotation=60)
        ax.axhline(0.1, color="0.6", ls=":", lw=0.8)
    panels[0][0].set(ylabel="accuracy, 10 to 40 % visible", ylim=(0, 1))
    fig.legend(*panels[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return fig
