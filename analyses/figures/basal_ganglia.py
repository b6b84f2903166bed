"""Beta without dopamine, and its end under stimulation, beside a patient's recording.

The three states are those of :mod:`neurosim.spiking.basal_ganglia`: healthy (D = 1), depleted
(D = 0) and depleted with stimulation at 130 Hz. Besides, the states between; stimulation at 20 Hz;
and a range of everything in the model that is not the paper's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.basal_ganglia import beta, lfp_spectrum, summary
from analyses.figures.basal_ganglia_figure import HIGHEST, compare, save_figure
from analyses.figures.running import run_jobs
from analyses.figures.style import save_both
from analyses.figures.table import write_csv
from analyses.spectra import BETA, coherence, power_spectrum
from neurosim.errors import InputError, check_integer
from neurosim.spiking.basal_ganglia import BasalGanglia, simulate_basal_ganglia

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["reproduce", "save_figure"]

DURATION = 4000.0
"""Of a run, in ms, after half a second that is not recorded."""

HEALTHY = BasalGanglia()
DEPLETED = BasalGanglia(dopamine=0.0)
STATES: dict[str, BasalGanglia] = {
    "healthy": HEALTHY,
    "depleted": DEPLETED,
    "stimulated": replace(DEPLETED, stimulation=130.0),
}
DOPAMINE = (0.25, 0.5, 0.75)
CORTICAL = (1200.0, 1600.0)
PALLIDAL = ((600.0, 1000.0), (800.0, 1200.0))
RECRUITED = (0.05, 0.2, 0.3)

SECONDS = 5.0
"""A run on one core."""

MEASURES = (
    *("stn_rate_hz", "gpe_rate_hz", "coherence"),
    *("beta_power", "beta_share", "beta_peak_hz", "beta_above_db"),
)


@dataclass(frozen=True)
class Job:
    """One run of the network."""

    model: BasalGanglia
    seed: int
    duration: float = DURATION


def conditions() -> dict[str, BasalGanglia]:
    """All states that are run, by name.

    Examples
    --------
    >>> conditions()["dopamine 0.25"].gpe_input
    800.0
    """
    found = STATES | {f"dopamine {D:g}": replace(HEALTHY, dopamine=D) for D in DOPAMINE}
    found["stimulated at 20 Hz"] = replace(DEPLETED, stimulation=20.0)
    for p in RECRUITED:
        found[f"stimulated, recruited {p:g}"] = replace(STATES["stimulated"], recruited=p)
    ranges: list[tuple[str, dict[str, Any]]] = [
        *((f"cortical input {nu:g}", {"cortical_input": nu}) for nu in CORTICAL),
        *((f"pallidal input {a:g}-{b:g}", {"pallidal_input": (a, b)}) for a, b in PALLIDAL),
    ]
    for name, changed in ranges:
        found |= {f"{state}, {name}": replace(STATES[state], **changed) for state in STATES}
    return found


def run_state(job: Job) -> dict[str, Any]:
    """Run a job; numbers, spectrum and the last second of the field potential."""
    result = simulate_basal_ganglia(job.model, duration=job.duration, seed=job.seed)
    P = lfp_spectrum(result)
    kept = P.sel(frequency=slice(0, HIGHEST))
    lfp = result["signals"].sel(channel="STN LFP").to_numpy()[-1000:]
    return summary(result) | {"spectrum": kept.to_numpy().tolist(), "lfp": lfp.tolist()}


def reproduce(
    *,
    data: Path,
    seeds: int = 5,
    out: Path = Path("basal-ganglia"),
    **how: Any,
) -> list[dict[str, Any]]:
    """Run all states; write ``table.csv``, ``states.csv`` and ``figure`` (.png, .pdf).

    Parameters
    ----------
    data
        Folder of a BrainVision recording with subthalamic channels named ``LFP...``, or the file.
    seeds
        Seeds 0 to seeds - 1.
    out, **how
        As for :func:`analyses.figures.running.run_jobs`.

    Returns
    -------
    list of dict
        The table: ours, mean of the seeds with the least and the largest, beside the recording,
        the mean of its subthalamic channels with the least and the largest, and what is published.

    Raises
    ------
    InputError
        No recording there, or one without subthalamic channels.
    """
    check_integer("basal-ganglia", "seeds", seeds, minimum=1)
    recorded, spectra = _recording(data)
    jobs = {name: [Job(model, k) for k in range(seeds)] for name, model in conditions().items()}
    by_job = run_jobs(run_state, {j: SECONDS for some in jobs.values() for j in some}, out, **how)
    found = {name: [by_job[job] for job in some] for name, some in jobs.items()}
    states = [_state(name, some, found) for name, some in found.items()]
    write_csv(out / "states.csv", states)
    table = _table(found, recorded)
    write_csv(out / "table.csv", table)
    save_both(compare(found, spectra, _excerpt(data)), out / "figure")
    return table


def _state(
    name: str, some: list[dict[str, Any]], found: dict[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """A line of ``states.csv``: means of the seeds, and the power beside the healthy network's."""
    line: dict[str, Any] = {
        "state": name,
        "dopamine": some[0]["dopamine"],
        "stimulation_hz": some[0]["stimulation_hz"],
        "seeds": len(some),
    }
    for measure in MEASURES:
        values = [each[measure] for each in some if each[measure] is not None]
        line[measure] = float(np.mean(values)) if values else None
    changed = name.partition(", ")[2]
    same = f"healthy, {changed}" if f"healthy, {changed}" in found else "healthy"
    ratio = _ratios(some, found[same], "beta_power")
    line |= {"over_healthy_least": min(ratio), "over_healthy_largest": max(ratio)}
    return line


def _ratios(some: list[dict[str, Any]], others: list[dict[str, Any]], measure: str) -> list[float]:
    """Of runs with the same seed."""
    return [a[measure] / b[measure] for a, b in zip(some, others, strict=True)]


PUBLISHED: dict[str, tuple[str, str]] = {
    "beta power, depleted / healthy": ("rises", "Brown 2003; Kühn et al. 2006"),
    "beta power, stimulated / depleted": ("falls", "Kühn et al. 2008"),
    "beta power, stimulated at 20 Hz / depleted": ("", ""),
    "beta peak, depleted (Hz)": ("15 in monkeys", "Holgado et al. 2010, Table 5"),
    "beta above aperiodic, depleted (dB)": ("", ""),
    "beta above aperiodic, dopamine 0.5 (dB)": ("", ""),
    "beta above aperiodic, healthy (dB)": ("", ""),
    "share of beta in 5-95 Hz, depleted": ("", ""),
    "coherence, depleted": ("rises", "Mallet et al. 2008"),
    "coherence, healthy": ("", ""),
    "STN rate, depleted (spikes/s)": ("25.8 ± 14.9 in monkeys", "Bergman et al. 1994"),
    "STN rate, depleted / healthy": ("rises", "Bergman et al. 1994"),
    "GPe rate, depleted (spikes/s)": ("44.8 ± 4.6 in monkeys", "Raz et al. 2000"),
    "GPe rate, depleted / healthy": ("falls", "Mallet et al. 2008"),
    "STN rate, stimulated / depleted": ("falls", "Moran et al. 2011"),
    "GPe rate, stimulated / depleted": ("unchanged", "Moran et al. 2011"),
}
"""What is known of each measure, and from where; empty where we know of no number."""


def _table(
    found: dict[str, list[dict[str, Any]]], recorded: dict[str, list[float]]
) -> list[dict[str, Any]]:
    """Ours, recorded, published."""
    healthy, depleted = found["healthy"], found["depleted"]
    stimulated, half = found["stimulated"], found["dopamine 0.5"]
    slow = found["stimulated at 20 Hz"]
    above, power, share = "beta_above_db", "beta_power", "beta_share"
    stn, gpe, peak = "stn_rate_hz", "gpe_rate_hz", "beta_peak_hz"

    def of(some: list[dict[str, Any]], measure: str) -> list[float]:
        return [each[measure] for each in some if each[measure] is not None]

    ours = (
        _ratios(depleted, healthy, power),
        _ratios(stimulated, depleted, power),
        _ratios(slow, depleted, power),
        of(depleted, peak),
        of(depleted, above),
        of(half, above),
        of(healthy, above),
        of(depleted, share),
        of(depleted, "coherence"),
        of(healthy, "coherence"),
        of(depleted, stn),
        _ratios(depleted, healthy, stn),
        of(depleted, gpe),
        _ratios(depleted, healthy, gpe),
        _ratios(stimulated, depleted, stn),
        _ratios(stimulated, depleted, gpe),
    )
    beside = {measure: [np.nan] for measure in PUBLISHED}
    beside["beta peak, depleted (Hz)"] = recorded[peak]
    beside["beta above aperiodic, depleted (dB)"] = recorded[above]
    beside["share of beta in 5-95 Hz, depleted"] = recorded[share]
    beside["coherence, depleted"] = recorded["coherence"]
    return [
        {
            "measure": measure,
            "ours": float(np.mean(values)),
            "least": float(min(values)),
            "largest": float(max(values)),
            "recording": float(np.mean(beside[measure])),
            "recording_least": float(min(beside[measure])),
            "recording_largest": float(max(beside[measure])),
            "published": published,
            "source": source,
        }
        for (measure, (published, source)), values in zip(PUBLISHED.items(), ours, strict=True)
    ]


def _open(data: Path) -> xr.Dataset:
    from neurosim.io import load

    found = sorted(Path(data).rglob("*.vhdr")) if Path(data).is_dir() else [Path(data)]
    if not found:
        raise InputError(f"{data}: expected a folder with a BrainVision recording (.vhdr)")
    recording = load(found[0])
    names = recording["channel"].to_numpy().tolist() if "signals" in recording else []
    if not any(str(name).startswith("LFP") for name in names):
        raise InputError(f"{found[0]}: expected channels named LFP..., the subthalamic ones")
    return recording


def _recording(data: Path) -> tuple[dict[str, list[float]], xr.DataArray]:
    """Measures of each subthalamic channel, and their spectra, (frequency, channel)."""
    signals = _open(data)["signals"]
    names = [str(name) for name in signals["channel"].to_numpy()]
    lfp = [name for name in names if name.startswith("LFP")]
    cortex = [name for name in names if name.startswith("ECOG")]
    spectra = power_spectrum(signals.sel(channel=lfp))
    told = [beta(spectra.sel(channel=name)) for name in lfp]
    found = {
        measure: [value for each in told if (value := each[measure]) is not None]
        for measure in ("beta_peak_hz", "beta_above_db", "beta_share")
    }
    found["coherence"] = [np.nan]
    if cortex:
        found["coherence"] = [
            float(
                coherence(signals.sel(channel=a), signals.sel(channel=b))
                .sel(frequency=each["beta_peak_hz"] or BETA[0], method="nearest")
                .item()
            )
            for a, each in zip(lfp, told, strict=True)
            for b in cortex
        ]
    return found, spectra


def _excerpt(data: Path) -> NDArray[np.float64]:
    """A second of the first subthalamic channel, every ms, from the middle."""
    signals = _open(data)["signals"]
    one = signals.isel(channel=int(np.argmax(signals["channel"].str.startswith("LFP").values)))
    times = one["time"].to_numpy()
    return np.interp(times.mean() + np.arange(1000.0), times, one.to_numpy())
