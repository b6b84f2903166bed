"""A learned movement in plain numbers, and in lines for a person to read."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr


def summary(result: xr.Dataset) -> dict[str, Any]:
    """What ``--json`` prints of a result: plain numbers, None where there is none.

    Parameters
    ----------
    result
        Of :meth:`neurosim.simulate.Simulation.run`.
    """
    attrs = result.attrs

    def numbers(phase: str) -> list[float | None]:
        values = result.trial_distance.values[result.phase.values == phase]
        return [float(v) if isfinite(v) else None for v in values]

    parameters = json.loads(attrs["parameters"])
    return {
        "task": attrs["task"],
        "rule": attrs["rule"],
        "preset": attrs.get("preset"),
        "seed": int(attrs["seed"]),
        "units": parameters["reservoir"]["n_units"],
        "dtype": parameters["reservoir"]["dtype"],
        "deviation": float(attrs["deviation"]) if isfinite(attrs["deviation"]) else None,
        "satisfactory": bool(attrs["satisfactory"]),
        "diverged": bool(attrs["diverged"]),
        "diverged_step": int(attrs["diverged_step"]) if attrs["diverged"] else None,
        "train_distance": numbers("train"),
        "test_distance": numbers("test"),
        "steps": int(attrs["steps"]),
        "steps_per_second": float(attrs["steps_per_second"]),
        "compile_s": float(attrs["compile_s"]),
        "wall_s": float(attrs["wall_s"]),
        "version": attrs["neurosim_version"],
    }


def lines(result: xr.Dataset) -> list[tuple[str, str]]:
    """Name and text of each line that is printed of a result."""
    values = summary(result)
    preset = f" ({values['preset']})" if values["preset"] else ""
    deviation = values["deviation"]
    if values["diverged"]:
        verdict = f"diverged at step {values['diverged_step']:,}"
    elif deviation is None:
        verdict = "no test trials"
    else:
        verdict = f"{deviation:.4g} ({'' if values['satisfactory'] else 'not '}satisfactory)"

    def by_trial(name: str) -> str:
        return " ".join("-" if d is None else f"{d:.3g}" for d in values[name])

    return [
        ("task", f"{values['task']}, learned by {values['rule']}{preset}"),
        ("network", f"{values['units']:,} units, {values['dtype']}, seed {values['seed']}"),
        ("deviation", verdict),
        ("distance in training", by_trial("train_distance")),
        ("distance in test", by_trial("test_distance")),
        (
            "speed",
            f"{values['steps']:,} steps, {values['steps_per_second']:,.0f} steps/s, "
            f"{values['wall_s']:.1f} s of which {values['compile_s']:.1f} s to compile or load",
        ),
        ("version", values["version"]),
    ]
