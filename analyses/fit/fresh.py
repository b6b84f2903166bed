"""Networks that no search saw, with the parameters that it found: how many are as the recording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from analyses.fit.measures import PATH, PATH_LIMIT, path_error
from analyses.fit.target import Target
from analyses.population.measures import OF_ONE, Measure
from neurosim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


class Fresh(NamedTuple):
    """Networks drawn anew.

    Attributes
    ----------
    seeds
        Of the networks.
    refused
        Why networks could not be measured, one line each.
    measures
        A line for each measure of one population, and one for the path error where it is matched:
        ``recording`` (None for the path error), the ends ``low`` and ``high`` between which a
        network is to lie (those of the recording's interval at 95 %, in all conditions),
        ``networks``, their values, and ``inside``, how many lie there.
    inside
        How many networks lie there in all matched measures.
    """

    seeds: list[int]
    refused: list[str]
    measures: list[dict[str, Any]]
    inside: int


def fresh_networks(
    target: Target,
    model: Callable[[dict[str, float], int], xr.DataArray],
    parameters: dict[str, float],
    seeds: Sequence[int],
    *,
    progress: bool = False,
) -> Fresh:
    """Draw networks and see how many lie within the interval of the recording.

    Measures are of all conditions and of as many units as were recorded, means over random choices
    of them. Measures of likeness are not among them.

    Parameters
    ----------
    target, model
        As for :func:`analyses.fit.search`.
    parameters
        Those found.
    seeds
        Not those of the search.
    progress
        Show a progress bar.

    Raises
    ------
    InputError
        No network could be measured.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> def decaying(chosen, seed, units=20):
    ...     rng = np.random.default_rng(seed)
    ...     times, start = 10 * np.arange(30), rng.standard_normal((8, 1, 4))
    ...     x = start * np.exp(-times[:, np.newaxis] / chosen["tau"] / [1, 2, 3, 4])
    ...     return labelled(x @ rng.standard_normal((4, units)), times, units="1")
    >>> recording = decaying({"tau": 50.0}, seed=7)
    >>> target = Target(recording, ["tangling"], rng=np.random.default_rng(0))
    >>> found = fresh_networks(target, decaying, {"tau": 50.0}, seeds=range(3))
    >>> [line["measure"] for line in found.measures if line["matched"]]
    ['tangling']
    """
    from tqdm import tqdm

    values, refused = [], []
    for seed in tqdm(seeds, desc="drawn anew", disable=not progress):
        try:
            rates = model(parameters, seed)
            own = target.whole_of(rates, np.random.default_rng(seed))
        except InputError as error:
            refused.append(str(error))
            continue
        path = [path_error(rates)] if any(target.reaching) else []
        values.append([*own, *path])
    if not values:
        raise InputError(f"fit: none of {len(refused)} networks could be measured: {refused[-1]}")
    measured = np.array(values)
    intervals = target.whole(np.random.default_rng(0))
    lines = []
    for each, interval, column in zip(OF_ONE, intervals, measured.T, strict=False):
        value, low, high = map(float, interval)
        lines.append(_line(each, target, value, low, high, column))
    if any(target.reaching):
        lines.append(_line(PATH, target, None, 0.0, PATH_LIMIT, measured[:, -1]))
    matched = [line for line in lines if line["matched"]]
    each_inside = [
        all(line["low"] <= line["networks"][k] <= line["high"] for line in matched)
        for k in range(len(values))
    ]
    return Fresh(list(seeds), refused, lines, sum(each_inside) if matched else 0)


def _line(
    measure: Measure, target: Target, value: float | None, low: float, high: float, networks: Any
) -> dict[str, Any]:
    inside = (low <= networks) & (networks <= high)
    return {
        "measure": measure.name,
        "unit": measure.unit,
        "matched": measure in target.measures,
        "recording": value,
        "low": low,
        "high": high,
        "networks": [float(each) for each in networks],
        "inside": int(inside.sum()),
    }
