"""Reaches for reward in plain numbers: where they end, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses import movement

if TYPE_CHECKING:
    import xarray as xr

LAST = 50
"""Training trials, the last ones, whose successes are counted."""


def aims(result: xr.Dataset) -> NDArray[np.float64]:
    """Direction of the hand from the target that is shown, at the outcome of each trial.

    Parameters
    ----------
    result
        Of :meth:`neurosim.simulate.Simulation.run` with
        :class:`tasks.motor.rewarded.RewardedReaching`.

    Returns
    -------
    array
        (trial) in degrees, counter-clockwise; NaN for trials that were not run.
    """
    ends = result["trial"].to_numpy() * result.attrs["trial_ms"]
    ends = ends + result["outcome_time"].to_numpy()
    hand = result["hand"].sel(time=ends, method="nearest").to_numpy()
    angle = np.degrees(np.arctan2(hand[:, 1], hand[:, 0])) - result["target_angle"].to_numpy()
    angle = (angle + 180) % 360 - 180
    return np.where(np.isnan(result["success"].to_numpy()), np.nan, angle)


def summary(result: xr.Dataset) -> dict[str, Any]:
    """What ``--json`` prints of a result: that of every movement, and successes and aims.

    Parameters
    ----------
    result
        As for :func:`aims`.
    """
    train = result["phase"].to_numpy() == "train"
    aim, success = aims(result), result["success"].to_numpy()

    def mean(values: NDArray[np.float64]) -> float | None:
        values = values[np.isfinite(values)]
        return float(values.mean()) if len(values) else None

    return movement.summary(result) | {
        "zone_degree": float(result["zone_angle"][-1]),
        "train_aim_degree": mean(aim[train][-LAST:]),
        "train_success": mean(success[train][-LAST:]),
        "test_aim_degree": mean(aim[~train]),
        "test_success": mean(success[~train]),
        "rewarded": mean(result["reward"].to_numpy()[train]),
    }


def lines(result: xr.Dataset) -> list[tuple[str, str]]:
    """Name and text of each line that is printed of a result."""
    values = summary(result)
    if values["diverged"]:
        return [("diverged", f"at step {values['diverged_step']:,}")]
    found = [
        ("task", f"{values['task']}, learned by {values['rule']}"),
        ("network", f"{values['units']:,} units, {values['dtype']}, seed {values['seed']}"),
        ("zone", f"{values['zone_degree']:.3g} degrees from the target shown"),
    ]
    for phase in ("train", "test"):
        aim, success = values[f"{phase}_aim_degree"], values[f"{phase}_success"]
        if aim is not None and success is not None:
            name = f"last {LAST}" if phase == "train" else "test"
            found.append((name, f"aim {aim:.3g} degrees, {100 * success:.3g} % in the zone"))
    speed = f"{values['steps']:,} steps in {values['wall_s']:.1f} s"
    return [*found, ("speed", f"{speed} ({values['steps_per_second']:,.0f} steps/s)")]
