"""A network's delayed reaches in plain numbers, and in lines for a person to read."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from analyses import movement
from analyses.reaching import reach_times, root_mean_square

if TYPE_CHECKING:
    import xarray as xr


def summary(result: xr.Dataset) -> dict[str, Any]:
    """What ``--json`` prints of a result: plain numbers, None where there is none.

    Besides those of every movement: ``path_error_percent`` (root mean square over the test trials,
    in percent of the target's distance), ``still_error_percent`` (of a hand that does not move),
    ``endpoint_error_percent``, ``reaction_time_ms`` and ``movement_time_ms`` (medians over the test
    trials with a reach, of which there are ``reaches``), ``path_error_percent_by_trial``.

    Parameters
    ----------
    result
        Of :meth:`neurosim.simulate.Simulation.run` with :class:`tasks.motor.reaching.Reaching`.
    """
    parameters = json.loads(result.attrs["parameters"])["task"]
    values = movement.summary(result) | {
        "inputs": parameters["inputs"],
        "conditions": len(np.unique(result["condition"])),
        "trial_ms": float(result.attrs["trial_ms"]),
        "reaches": 0,
    }
    measured = ("path_error_percent", "still_error_percent", "endpoint_error_percent",
                "reaction_time_ms", "movement_time_ms", "path_error_percent_by_trial")  # fmt: skip
    values |= dict.fromkeys(measured)
    if result.sizes["time"] * _interval(result) < result.attrs["trial_ms"]:
        return values  # diverged in the first trial
    reaches = reach_times(result)
    errors = reaches["path_error_percent"].values
    values["path_error_percent_by_trial"] = [float(e) if isfinite(e) else None for e in errors]
    tested = reaches.isel(trial=reaches["phase"].values == "test")
    if result.attrs["diverged"] or not tested.sizes["trial"]:
        return values
    end = 100 * tested["endpoint_error"] / tested["target_distance"]
    times = {name: tested[name].values for name in ("reaction_time", "movement_time")}
    found = np.isfinite(times["reaction_time"])
    return values | {
        "reaches": int(found.sum()),
        "path_error_percent": root_mean_square(tested["path_error_percent"]),
        "still_error_percent": root_mean_square(tested["still_error_percent"]),
        "endpoint_error_percent": float(np.median(end)),
        **{
            f"{name}_ms": float(np.median(each[found])) if found.any() else None
            for name, each in times.items()
        },
    }


def lines(result: xr.Dataset) -> list[tuple[str, str]]:
    """Name and text of each line that is printed of a result."""
    values = summary(result)
    if values["diverged"]:
        verdict = f"diverged at step {values['diverged_step']:,}"
    elif values["path_error_percent"] is None:
        verdict = "no test trials"
    else:
        verdict = (
            f"{values['path_error_percent']:.3g} % of the targets' distance "
            f"(a hand that stays: {values['still_error_percent']:.3g})"
        )
    n_test = len(values["test_distance"])
    found = [
        ("task", f"{values['task']} to {values['conditions']} conditions, "
                 f"learned by {values['rule']} in {len(values['train_distance'])} trials"),
        ("network", f"{values['units']:,} units, {values['dtype']}, seed {values['seed']}"),
        ("path error", verdict),
    ]  # fmt: skip
    if values["endpoint_error_percent"] is not None:
        found.append(("error at the end", f"{values['endpoint_error_percent']:.3g} %, median"))
    if values["reaches"]:
        found.append(
            (
                "times",
                f"reaction {values['reaction_time_ms']:.0f} ms, movement "
                f"{values['movement_time_ms']:.0f} ms, medians of {values['reaches']} reaches in "
                f"{n_test} test trials",
            )
        )
    return [
        *found,
        *(line for line in movement.lines(result) if line[0] in ("speed", "version")),
    ]


def _interval(result: xr.Dataset) -> float:
    """Between samples, in ms."""
    times = result["time"].values
    return float(times[1] - times[0]) if len(times) > 1 else 0.0
