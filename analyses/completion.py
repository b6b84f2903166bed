"""What recurrence adds to what a front-end sees of occluded objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.intervals import Estimate, bootstrap

if TYPE_CHECKING:
    import xarray as xr

READOUTS = ("raw", "bipolar", "recurrent", "shuffled")


def accuracy(
    result: xr.Dataset,
    name: str,
    *,
    seed: int = 0,
    n_resamples: int = 1000,
) -> Estimate:
    """Share of correct answers by visibility, with an interval from objects drawn again.

    Parameters
    ----------
    result
        Of :func:`tasks.vision.complete`.
    name
        ``raw``, ``bipolar``, ``recurrent``, ``shuffled``, or ``feedforward``, the better one of the
        first two on average.
    seed, n_resamples
        Of the bootstrap.

    Returns
    -------
    Estimate
        Each part (n_visibilities,), in the order of :func:`visibilities`.
    """
    chosen = feedforward(result) if name == "feedforward" else name
    correct = result[chosen].values == result.category.values
    return bootstrap(
        lambda right, index: _by(index, right, len(visibilities(result))),
        correct,
        _index(result),
        over=result.object.values,
        rng=np.random.default_rng(seed),
        n_resamples=n_resamples,
    )


def gain(result: xr.Dataset, *, seed: int = 0, n_resamples: int = 1000) -> Estimate:
    """Points of accuracy that recurrence adds to the better feed-forward read-out.

    The average over visibilities, with an interval from objects drawn again.

    Parameters
    ----------
    result
        Of :func:`tasks.vision.complete`.
    seed, n_resamples
        Of the bootstrap.
    """
    true = result.category.values
    more = (result.recurrent.values == true) - 1.0 * (result[feedforward(result)].values == true)
    return bootstrap(
        lambda points, index: 100 * _by(index, points, len(visibilities(result))).mean(),
        more,
        _index(result),
        over=result.object.values,
        rng=np.random.default_rng(seed),
        n_resamples=n_resamples,
    )


def feedforward(result: xr.Dataset) -> str:
    """The better feed-forward read-out, averaged over visibilities: ``raw`` or ``bipolar``."""
    return max(("raw", "bipolar"), key=lambda name: mean_accuracy(result, name))


def mean_accuracy(result: xr.Dataset, name: str) -> float:
    """Share of correct answers, averaged over visibilities."""
    correct = result[name].values == result.category.values
    return float(_by(_index(result), correct, len(visibilities(result))).mean())


def by_step(result: xr.Dataset) -> NDArray[np.float64]:
    """Share of correct answers by visibility and step, (n_visibilities, steps + 1)."""
    correct = result.predicted.values == result.category.values[:, np.newaxis]
    return np.array([correct[_index(result) == i].mean(axis=0) for i in range(_count(result))])


def visibilities(result: xr.Dataset) -> NDArray[np.float64]:
    """Visibilities that were asked for, in percent, ascending."""
    return np.unique(result.visibility.values)


def summary(result: xr.Dataset) -> dict[str, Any]:
    """What ``--json`` prints of a result: plain numbers, None where there is none."""
    attrs = result.attrs
    design = json.loads(attrs["parameters"])["design"]
    took = result.steps_to_converge.values
    recurrent = attrs["network"] != "none"
    points = gain(result)
    estimates = {
        name: [np.asarray(part) for part in accuracy(result, name)]
        for name in READOUTS
        if name in result
    }
    return {
        "task": attrs["task"],
        "network": attrs["network"],
        "features": attrs["features"],
        "pictures": attrs["pictures"],
        "protocol": attrs["protocol"],
        "seed": int(attrs["seed"]),
        "accuracy_feedforward": mean_accuracy(result, feedforward(result)),
        "accuracy_raw": mean_accuracy(result, "raw"),
        "accuracy_bipolar": mean_accuracy(result, "bipolar"),
        "accuracy_recurrent": mean_accuracy(result, "recurrent"),
        "accuracy_shuffled": mean_accuracy(result, "shuffled") if recurrent else None,
        "chance": 1 / len(attrs["categories"]),
        "gain_points": float(points.value),
        "gain_interval": [float(points.low), float(points.high)],
        "accuracy_by_visibility": [
            {"visibility": float(percent)}
            | {name: float(value[i]) for name, (value, _, _) in estimates.items()}
            | {
                f"{name}_interval": [float(low[i]), float(high[i])]
                for name, (_, low, high) in estimates.items()
            }
            for i, percent in enumerate(visibilities(result))
        ],
        "best_step": float(np.median(result.best_step)),
        "median_steps_to_converge": float(np.median(took[took >= 0]))
        if (took >= 0).any()
        else None,
        "converged": float((took >= 0).mean()),
        "images": int(attrs["images"]),
        "stored": int(design["stored"]),
        "trials": int(result.sizes["trial"]),
        "steps": int(design["steps"]),
        "wall_s": float(attrs["wall_s"]),
        "version": attrs["neurosim_version"],
    }


def lines(result: xr.Dataset) -> list[tuple[str, str]]:
    """Name and text of each line that is printed of a result."""
    values = summary(result)
    each = values["accuracy_by_visibility"]

    def by_visibility(name: str) -> str:
        return "  ".join(f"{row[name]:.3f}" for row in each)

    low, high = values["gain_interval"]
    took = values["median_steps_to_converge"]
    text = [
        (
            "task",
            f"{values['pictures']} seen by {values['features']}, completed by {values['network']}, "
            f"{values['protocol']}, seed {values['seed']}",
        ),
        (
            "objects",
            f"{values['images']:,}, {values['stored']:,} of them stored; "
            f"{values['trials']:,} trials",
        ),
        ("visibility (%)", "  ".join(f"{row['visibility']:5.3g}" for row in each)),
        ("features, raw", by_visibility("raw")),
        ("features, bipolar", by_visibility("bipolar")),
    ]
    if values["network"] != "none":
        text += [
            ("recurrent", by_visibility("recurrent")),
            ("shuffled weights", by_visibility("shuffled")),
            ("gain", f"{values['gain_points']:+.1f} points ({low:+.1f} to {high:+.1f})"),
            ("best step", f"{values['best_step']:g} of {values['steps']}"),
            (
                "convergence",
                f"{values['converged']:.0%} of trials"
                + ("" if took is None else f", after {took:g} steps (median)"),
            ),
        ]
    return [*text, ("time", f"{values['wall_s']:.1f} s"), ("version", values["version"])]


def _median(values: NDArray) -> float | None:
    return float(np.median(values)) if len(values) else None


def _index(result: xr.Dataset) -> NDArray[np.intp]:
    """Which of the visibilities each trial has."""
    return np.searchsorted(visibilities(result), result.visibility.values)


def _count(result: xr.Dataset) -> int:
    return len(visibilities(result))


def _by(index: NDArray[np.intp], values: NDArray, count: int) -> NDArray[np.float64]:
    """Mean of the values of each index, (count,)."""
    means: NDArray[np.float64] = np.bincount(index, values, count) / np.bincount(
        index, minlength=count
    )
    return means
