"""Reaches for reward trial by trial: aim, zone and outcome."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analyses.figures import style
from analyses.figures.style import COLORS, PAGE
from analyses.rewarded import aims

if TYPE_CHECKING:
    import xarray as xr


def save_figure(result: xr.Dataset, path: str | Path) -> None:
    """Draw aim over trials, the success zone and what was rewarded; the ending says the format.

    Parameters
    ----------
    result
        As for :func:`analyses.rewarded.aims`.
    path
        File to write.
    """
    import json

    plt = style.pyplot()
    fig, ax = plt.subplots(figsize=(PAGE, 2.6), layout="constrained")
    parameters = json.loads(result.attrs["parameters"])["task"]
    reward, distance = parameters["reward"], float(result["target_distance"][0])
    half = float(np.degrees(np.arcsin(min(1.0, reward["radius"] / distance))))
    trials, zone = result["trial"].to_numpy(), result["zone_angle"].to_numpy()
    ax.fill_between(trials, zone - half, zone + half, color="0.88", lw=0, label="success zone")
    aim, paid = aims(result), result["reward"].to_numpy() == 1
    for chosen, color, label in ((paid, COLORS[2], "rewarded"), (~paid, COLORS[1], "not rewarded")):
        ax.plot(trials[chosen], aim[chosen], "o", ms=2.5, mew=0, color=color, label=label)
    alone = trials >= reward["practice"]
    ax.plot(trials[alone], aim[alone], color="0.5", lw=0.4, zorder=0)
    trained = int((result["phase"] == "train").sum())
    for at, text in ((0, "practice"), (reward["practice"], "reward alone"), (trained, "test")):
        if at < len(trials):
            ax.axvline(at - 0.5, color="0.7", lw=0.6)
            ax.text(at, 1.01, f" {text}", fontsize=7, transform=ax.get_xaxis_transform())
    ax.set(xlabel="trial", ylabel="aim (degrees from the target shown)")
    low, high = np.nanmin([*aim, *(zone - half)]), np.nanmax([*aim, *(zone + half)])
    ax.set_ylim(max(low, -45.0) - 2, min(high, 45.0) + 2)
    fig.legend(loc="outside lower center", ncols=3)
    style.save_figure(fig, path)
    plt.close(fig)
