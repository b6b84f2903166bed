"""What two populations have in common: window, conditions and units, and whether they suffice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyses.population.alignment import PAIRINGS, common_names
from analyses.population.measures import FOLDS
from neurosim.errors import InputError, check_choice

if TYPE_CHECKING:
    import xarray as xr


def common_window(
    window: tuple[float, float] | None, populations: list[xr.DataArray], start: float, dt: float
) -> tuple[float, float]:
    """The window in times of the lattice that all have.

    Parameters
    ----------
    window
        Asked for, in ms; None for all common times.
    populations
        With times on the lattice.
    start, dt
        Of the lattice, in ms.

    Raises
    ------
    InputError
        No common times, a window beyond them, or fewer than three in it.
    """
    first = max(float(each["time"].values[0]) for each in populations)
    last = min(float(each["time"].values[-1]) for each in populations)
    if last < first:
        spans = " and ".join(
            f"{each['time'].values[0]:g} to {each['time'].values[-1]:g} ms" for each in populations
        )
        raise InputError(f"compare: the times do not overlap, given {spans}")
    if window is None:
        window = first, last
    elif not first - 1e-6 <= window[0] < window[1] <= last + 1e-6:
        raise InputError(
            f"compare: window must lie within the times that both have, {first:g} to {last:g} ms, "
            f"given {window[0]:g} to {window[1]:g} ms"
        )
    low = start + np.ceil((window[0] - start) / dt - 1e-6) * dt
    high = start + np.floor((window[1] - start) / dt + 1e-6) * dt
    if high - low < 1.5 * dt:
        raise InputError(
            f"compare: expected at least 3 common times, {dt:g} ms apart, given "
            f"{window[0]:g} to {window[1]:g} ms"
        )
    return float(low), float(high)


def pairing_of(pairing: str | None, populations: list[xr.DataArray], needed: int) -> str:
    """How conditions are paired.

    Parameters
    ----------
    pairing
        Asked for; None: by names where enough are the same.
    populations
        The first is the model, the last the recording.
    needed
        Conditions that the measures need.

    Raises
    ------
    InputError
        An unknown pairing, or one that these populations do not allow.
    """
    model, data = populations[0], populations[-1]
    names = common_names(model, data)
    if pairing is None:
        return "names" if len(names) >= max(needed, FOLDS) else "best"
    check_choice("compare", "pairing", pairing, PAIRINGS)
    if pairing == "names" and not names:
        shown = " and ".join(
            ", ".join(map(str, each["condition"].values[:3])) + ", ..." for each in (model, data)
        )
        raise InputError(f"compare: no condition has the same name in both, given {shown}")
    counts = [each.sizes["condition"] for each in populations]
    if pairing == "order" and len(set(counts)) > 1:
        raise InputError(
            "compare: pairing 'order' needs as many conditions of each, given "
            + " and ".join(map(str, counts))
        )
    return pairing


def of_names(rates: xr.DataArray, names: list[str], which: str) -> xr.DataArray:
    """Conditions of these names, in this order.

    Raises
    ------
    InputError
        One is missing.
    """
    given = rates["condition"].values.tolist()
    missing = [name for name in names if name not in given]
    if missing:
        raise InputError(f"compare: {which} has no condition '{missing[0]}'")
    return rates.isel(condition=[given.index(name) for name in names])


def check_enough(
    n_conditions: int, n_units: int, n_half: int, n_components: int, by_trial: bool
) -> None:
    """Refuse too few before anything is drawn.

    Raises
    ------
    InputError
        Fewer conditions or units than the measures need.
    """
    needed = max(n_components, FOLDS)
    if n_conditions < needed:
        raise InputError(
            f"compare: expected at least {needed} conditions in common (principal components of "
            f"jPCA, folds), given {n_conditions}"
        )
    if n_units < n_components or n_half < n_components:
        halves = "" if by_trial else ", and twice as many of a recording without trials"
        raise InputError(
            f"compare: expected at least {n_components} units, as many as principal components"
            f"{halves}; given {n_units} in common"
        )
