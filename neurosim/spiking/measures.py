"""Two numbers of a spiking run: how well the movement went on by itself, how fast neurons fired."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def test_correlation(result: xr.Dataset) -> float:
    """Pearson correlation of hand and target over all test trials, mean of the axes.

    NaN where nothing was tested or recorded, or where the hand did not move.

    Parameters
    ----------
    result
        Of a run, with ``hand`` recorded.

    Examples
    --------
    >>> import xarray as xr
    >>> wave = np.sin(np.arange(200) / 5.0)[:, np.newaxis]
    >>> made = xr.Dataset(
    ...     {"hand": (("time", "axis"), 2 * wave), "target": (("time", "axis"), wave)},
    ...     {"time": np.arange(200.0), "phase": ("trial", ["train", "test"])},
    ...     {"trial_ms": 100.0},
    ... )
    >>> round(test_correlation(made), 6)
    1.0
    """
    if "hand" not in result:
        return float("nan")
    tested = result["time"].values >= _test_start(result)
    hand, target = result["hand"].values[tested], result["target"].values[tested]
    if len(hand) < 2:
        return float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        each = [np.corrcoef(h, t)[0, 1] for h, t in zip(hand.T, target.T, strict=True)]
    return float(np.mean(each))


test_correlation.__test__ = False  # type: ignore[attr-defined]  # no test, whatever its name


def mean_rate_hz(result: xr.Dataset) -> float:
    """Firing rate in Hz, mean of all neurons in the test trials, or in all where none are tests.

    Parameters
    ----------
    result
        Of a spiking run.

    Examples
    --------
    >>> import xarray as xr
    >>> made = xr.Dataset(
    ...     {"spike_time": ("spike", [5.0, 50.0, 150.0]), "w": ("neuron", [0.0, 0.0])},
    ...     {"phase": ("trial", ["train", "test"])},
    ...     {"trial_ms": 100.0, "steps": 1000, "parameters": '{"reservoir": {"dt": 0.2}}'},
    ... )
    >>> mean_rate_hz(made)
    5.0
    """
    import json

    dt = json.loads(result.attrs["parameters"])["reservoir"]["dt"]
    end = result.attrs["steps"] * dt
    start = min(_test_start(result), end)
    start = 0.0 if start == end else start
    spikes = np.count_nonzero(result["spike_time"].values >= start)
    return float(1000 * spikes / (result.sizes["neuron"] * max(end - start, dt)))


def _test_start(result: xr.Dataset) -> float:
    return float(result.attrs["trial_ms"]) * int(np.sum(result["phase"].values == "train"))
