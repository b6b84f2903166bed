"""What ``neurosim reproduce`` runs: the studies, what each costs, and its small version.

A study is a module of this package with a function ``reproduce(*, out, workers, progress, tell,
**options)``, which runs what is missing, writes tables and figures, and returns the lines of the
table. Costs are for a machine of two cores (a virtual one on an AMD EPYC server, otherwise idle).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Study:
    """A study as the command line knows it.

    Attributes
    ----------
    title
        What comes out of it.
    source
        Where the published numbers are from that ours are set beside.
    runs, minutes
        Of all of it with the defaults, on two cores.
    full
        Its options, and their values by default.
    quick
        Options that are smaller with ``--quick``.
    quick_runs, quick_minutes
        As ``runs`` and ``minutes``.
    figures
        Names that ``--figures`` takes, and what it is by default.
    examples
        Options of calls that are shown in the help.
    data
        What the folder given by ``--data`` holds; empty where there is none to give.
    data_needed
        Whether there must be one.
    shown
        Which lines of the table are printed.
    """

    title: str
    source: str
    runs: int
    minutes: float
    full: dict[str, Any]
    quick: dict[str, Any]
    quick_runs: int
    quick_minutes: float
    figures: str = ""
    examples: tuple[str, ...] = ()
    data: str = ""
    data_needed: bool = True
    shown: Callable[[dict[str, Any]], bool] = field(default=lambda line: True)

    @property
    def cost(self) -> str:
        """How many runs and how long, in words."""
        return (
            f"{_amount(self.runs, self.minutes)} on two cores; "
            f"--quick: {_amount(self.quick_runs, self.quick_minutes)}"
        )


def _amount(runs: int, minutes: float) -> str:
    took = f"{minutes:.0f} minutes" if minutes >= 1.5 else "a minute"
    return f"{runs} runs, {took}" if runs > 1 else took


def _published(line: dict[str, Any]) -> bool:
    return line["published"] is not None


CATALOGUE: dict[str, Study] = {
    "sankar2021": Study(
        title="Table 1 of Sankar et al. 2021, the replication of SUPERTREX, and arms of 3 to 50 "
        "segments",
        source="Sankar, Thou, Rougier & Leblois 2021, ReScience C, doi 10.5281/zenodo.4596425: "
        "Table 1 (columns of the authors' scripts and of the replication), and the arms of 3 to "
        "50 segments",
        runs=198,
        minutes=60,
        full={"figures": None, "rows": None, "presets": None, "seeds": 11},
        quick={
            "figures": "table",
            "rows": "1-force,2-rmhl,2-supertrex,segments-3,segments-10,segments-30",
            "presets": "paper,replication",
            "seeds": 2,
        },
        quick_runs=8,
        quick_minutes=2.4,
        figures="table, segments; default: those of --rows, else table",
        examples=(
            "",
            "--figures segments",
            '--rows "2\'-supertrex,3-supertrex" --presets robust --seeds 3',
        ),
    ),
    "pyle2019": Study(
        title="Figures of Pyle & Rosenbaum 2019: three rules on three tasks, and state information",
        source="Pyle & Rosenbaum 2019, Neural Computation 31:1430, their scripts as run by Sankar "
        "et al. 2021, Table 1; for state information no numbers are published",
        runs=128,
        minutes=38,
        full={"figures": None, "tasks": None, "seeds": 11},
        quick={"tasks": "2", "seeds": 2},
        quick_runs=10,
        quick_minutes=3,
        figures="learning, state; default: all",
        examples=("", "--figures state --seeds 3"),
    ),
    "robust": Study(
        title="How the deviation depends on the constants of the robust preset",
        source="",
        runs=72,
        minutes=22,
        full={"variants": None, "rows": None, "seeds": 4},
        quick={"variants": "robust,transfer 0,transfer 1", "rows": "2'-supertrex", "seeds": 2},
        quick_runs=6,
        quick_minutes=1.8,
        examples=("--out docs/robust",),
    ),
    "tang2018": Study(
        title="People and models of Tang et al. 2018, who named occluded objects, and our network "
        "on fc7",
        source="Tang, Schrimpf, Lotter et al. 2018, PNAS 115:8835",
        runs=1,
        minutes=0.5,
        full={"images": 60, "seed": 0},
        quick={"images": 10},
        quick_runs=1,
        quick_minutes=0.4,
        examples=("--data occlusion_psychophysics",),
        data="released trials and answers",
        shown=_published,
    ),
    "occlusion": Study(
        title="Every attractor network on every front-end, for familiar and novel digits",
        source="Tang, Schrimpf, Lotter et al. 2018, PNAS 115:8835, in time.csv",
        runs=27,
        minutes=10,
        full={"features": None, "seeds": 3},
        quick={"features": "pixels", "seeds": 1},
        quick_runs=3,
        quick_minutes=1.1,
        examples=("--out docs/occlusion",),
    ),
    "reaching": Study(
        title="Reservoirs that learned to reach, by each rule and not at all, beside motor cortex",
        source="the recording: Churchland, Cunningham et al. 2012, Nature 487:51",
        runs=21,
        minutes=2.6,
        full={"seeds": 3, "units": 400, "train_trials": 240, "draws": 100},
        quick={"seeds": 1, "units": 200, "train_trials": 120, "draws": 50},
        quick_runs=7,
        quick_minutes=0.5,
        examples=("--data motor_cortex_reaching --out docs/reaching",),
        data="psth.npz, a recording of reaches",
    ),
    "basal-ganglia": Study(
        title="Beta in a spiking STN and GPe, by dopamine and under stimulation, beside a "
        "patient's",
        source="the source of each line",
        runs=110,
        minutes=4.6,
        full={"seeds": 5},
        quick={"seeds": 1},
        quick_runs=22,
        quick_minutes=0.9,
        examples=("--data parkinson_lfp_gripforce --out docs/basal_ganglia",),
        data="a recording with subthalamic channels",
    ),
    "parkinson": Study(
        title="Depletion, levodopa, pallidotomy and stimulation beside what was found in patients",
        source="the source of each line",
        runs=286,
        minutes=38,
        full={"seeds": 11, "units": 1000, "period": 5000.0},
        quick={"seeds": 2, "units": 400, "period": 2500.0},
        quick_runs=52,
        quick_minutes=2.4,
        examples=("--data parkinson_lfp_gripforce --out docs/parkinson",),
        data="a recording with subthalamic channels and grip",
        data_needed=False,
    ),
    "hopfield": Study(
        title="How many patterns attractor networks hold: Hebb, pseudo-inverse, dense and modern",
        source="Amit, Gutfreund & Sompolinsky 1985; Personnaz, Guyon & Dreyfus 1986; Krotov & "
        "Hopfield 2016; Demircigil et al. 2017 (at least so many)",
        runs=286,
        minutes=3.5,
        full={"largest": None, "seeds": 11},
        quick={"largest": 100, "seeds": 2},
        quick_runs=34,
        quick_minutes=0.5,
        examples=("--out docs/hopfield",),
        shown=_published,
    ),
}


def module_of(name: str) -> Any:
    """The module of a study.

    Examples
    --------
    >>> module_of("basal-ganglia").__name__
    'analyses.figures.basal_ganglia'
    """
    return import_module(f"analyses.figures.{name.replace('-', '_')}")
