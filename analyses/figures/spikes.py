"""Spikes and what is read out of them, before, during and after learning.

Above, the spikes of some neurons; below, the decoded output over its target. Everything is drawn
from the result alone, so that a saved file draws again without running.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analyses.figures import style
from analyses.figures.movement import TARGET, label, limits
from analyses.figures.style import COLORS, PAGE
from neurosim.errors import InputError, check_integer, check_positive

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figure(result: xr.Dataset, *, neurons: int = 50, window: float = 1000.0) -> Figure:
    """Draw spikes and output of a spiking run, page-wide, one column a stage.

    The stages are the first trial, the first in which the readout learns (if that is another) or
    else the last training trial, and the last test trial. A first trial in which learning is frozen
    (:class:`neurosim.perturbations.Freeze`) shows the network before learning.

    Parameters
    ----------
    result
        Of a spiking run with ``hand`` recorded.
    neurons
        So many of the first neurons are drawn.
    window
        From the begin of a trial, in ms; a shorter trial is drawn with those that follow it in the
        same stage.

    Returns
    -------
    matplotlib.figure.Figure
        Close it after use.

    Raises
    ------
    InputError
        A result without spikes or without a recorded hand.
    """
    check_integer("figure", "neurons", neurons, minimum=1)
    check_positive("figure", "window", window)
    if "spike_time" not in result or "hand" not in result:
        raise InputError("figure: expected a spiking run in which the hand was recorded")
    plt = style.pyplot()
    stages = _stages(result)
    fig, axes = plt.subplots(
        2,
        len(stages),
        figsize=(PAGE, 3.2),
        layout="constrained",
        squeeze=False,
        sharex="col",
        height_ratios=(1.3, 1),
    )
    ends = _ends(result, stages, window)
    shown = [_within(result["time"].values, *span) for span in ends]
    targets = np.concatenate([result["target"].values[samples] for samples in shown])
    hands = np.concatenate([result["hand"].values[samples] for samples in shown])
    for column, (name, span, samples) in enumerate(zip(stages, ends, shown, strict=True)):
        raster, output = axes[:, column]
        raster.set_title(name)
        _raster(raster, result, span, neurons)
        _output(output, result, span, samples)
        output.set_ylim(*limits(targets, hands))
        if column:
            raster.tick_params(labelleft=False)
            output.tick_params(labelleft=False)
    axes[0, 0].set_ylabel("neuron")
    axes[1, 0].set_ylabel(label(result["hand"], "decoded output"))
    handles, names = axes[1, 0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=len(names))
    fig.suptitle(_title(result), fontsize=9)
    return fig


def save_figure(result: xr.Dataset, path: str | Path) -> None:
    """Draw a spiking run into a file, whole or not at all.

    Parameters
    ----------
    result
        As for :func:`figure`.
    path
        Its ending says the format: png, pdf or svg.
    """
    fig = figure(result)
    try:
        style.save_figure(fig, path)
    finally:
        style.pyplot().close(fig)


def _trials(result: xr.Dataset) -> tuple[int, int, int]:
    """Training trials, all trials, and the last trial that was begun."""
    n_train = int(np.sum(result["phase"].values == "train"))
    last = int(result["time"].values[-1] // result.attrs["trial_ms"])
    return n_train, result.sizes["trial"], last


def _stages(result: xr.Dataset) -> dict[str, int]:
    """Names of what is shown, and the trial in which each begins."""
    n_train, _, last = _trials(result)
    trial_ms = float(result.attrs["trial_ms"])
    learns = 0
    if "weight_norm" in result:
        changed = result["weight_norm"].values.any(axis=1)
        learns = int(result["time"].values[changed.argmax()] // trial_ms) if changed.any() else last
    stages: dict[str, int] = {}
    if n_train and learns > 0:
        stages["before learning"] = 0
    if n_train:
        stages["learning begins" if learns == 0 else "during learning"] = min(learns, last)
        if learns == 0 and min(n_train - 1, last) > 0:
            stages["learning ends"] = min(n_train - 1, last)
    if last >= n_train:
        stages["test, free running" if _free(result) else "test"] = last
    return stages


def _free(result: xr.Dataset) -> bool:
    schedule = json.loads(result.attrs["parameters"])["schedule"]
    return bool(schedule["test_feedback"] == "free")


def _ends(result: xr.Dataset, stages: dict[str, int], window: float) -> list[tuple[float, float]]:
    """Begin and end of what is shown of each stage, in ms."""
    n_train, n_trials, _ = _trials(result)
    trial_ms = float(result.attrs["trial_ms"])
    spans = []
    for trial in stages.values():
        stop = (n_train if trial < n_train else n_trials) * trial_ms
        begin = min(trial * trial_ms, max(stop - window, 0.0)) if trial >= n_train else (
            trial * trial_ms
        )  # fmt: skip
        spans.append((begin, min(begin + window, stop)))
    return spans


def _within(times: Any, start: float, stop: float) -> Any:
    return (times >= start) & (times < stop)


def _raster(ax: Axes, result: xr.Dataset, span: tuple[float, float], neurons: int) -> None:
    times, units = result["spike_time"].values, result["spike_unit"].values
    chosen = _within(times, *span) & (units < neurons)
    ax.plot((times[chosen] - span[0]) / 1000, units[chosen], "|", color="0.15", ms=2.4, mew=0.5)
    ax.set_xlim(0, (span[1] - span[0]) / 1000)
    ax.set_ylim(-1, min(neurons, result.sizes["neuron"]))


def _output(ax: Axes, result: xr.Dataset, span: tuple[float, float], samples: Any) -> None:
    time = (result["time"].values[samples] - span[0]) / 1000
    for k, name in enumerate(result["axis"].values):
        ax.plot(time, result["target"].values[samples, k], label="" if k else "target", **TARGET)
        color = COLORS[k % len(COLORS)]
        ax.plot(time, result["hand"].values[samples, k], color=color, label=str(name), zorder=3)
    ax.set_xlabel("time (s)")


def _title(result: xr.Dataset) -> str:
    attrs = result.attrs
    told = f"{attrs['task']}, {result.sizes['neuron']:,} {attrs['network']} neurons, "
    told += f"{attrs['rule']}, seed {attrs['seed']}"
    if np.isfinite(attrs["test_correlation"]):
        told += f": correlation {attrs['test_correlation']:.4f} in the test"
    return told
