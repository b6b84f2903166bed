"""A study as one labelled dataset."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.errors import InputError
from neurosim.sweeps.store import Store
from neurosim.sweeps.study import NUMBERS, Study, shown

if TYPE_CHECKING:
    import xarray as xr

UNITS = {"wall_s": "s"}


def open_study(folder: str | Path) -> xr.Dataset:
    """Open the runs of a study, as far as they are done.

    Parameters
    ----------
    folder
        Where they are kept.

    Returns
    -------
    xarray.Dataset
        By the swept parameters, ``condition`` and ``seed``: ``deviation``, ``satisfactory``,
        ``diverged``, ``steps`` and ``wall_s``, NaN where a run is missing or failed;
        ``trial_distance`` with one more dimension, ``trial``; ``failed``, and ``error``, what it
        failed of; ``result``, the file of the whole result for :func:`neurosim.load`, empty where
        none is kept. Attributes: what is fixed, and the perturbations of each condition, as JSON.

    Raises
    ------
    InputError
        No study is kept there, or one of a newer version.

    Examples
    --------
    >>> open_study("gain").deviation.sel(condition="healthy").mean("seed")  # doctest: +SKIP
    """
    import xarray as xr

    store = Store(folder)
    told = store.study()
    if told is None:
        raise InputError(f"{folder}: no study is kept there")
    try:
        addresses = [str(address) for address in told["addresses"]]
        version = str(told["neurosim_version"])
        study = Study(*(told[name] for name in ("fixed", "sweep", "conditions", "seeds", "keep")))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(f"{folder}: study.json is damaged ({error!r})") from None
    if len(addresses) != study.size:
        raise InputError(
            f"{folder}: study.json is damaged, it has {len(addresses)} of {study.size} points"
        )
    known = {address: store.record(address) for address in dict.fromkeys(addresses)}
    records = [known[address] or {"error": ""} for address in addresses]
    dims = tuple(study.dims)
    shape = tuple(study.dims.values())

    def along(values: list[Any], dtype: Any, *more: int) -> Any:
        return np.array(values, dtype).reshape(*shape, *more)

    variables: dict[str, Any] = {}
    for name, long_name in NUMBERS.items():
        numbers = [record.get("numbers", {}).get(name) for record in records]
        attributes = {"long_name": long_name, "units": UNITS.get(name, "1")}
        variables[name] = (dims, along(numbers, float), attributes)
    distances = [record.get("trial_distance", []) for record in records]
    longest = max(map(len, distances))
    padded = [[*some, *[None] * (longest - len(some))] for some in distances]
    variables["trial_distance"] = (
        (*dims, "trial"),
        along(padded, float, longest),
        {"long_name": "mean distance from target; trials that a point does not have are NaN"},
    )
    errors = [record["error"] for record in records]
    variables["failed"] = (dims, along([bool(error) for error in errors], bool))
    variables["error"] = (dims, along(errors, str))
    files = {
        address: str(store.result_file(address))
        for address, record in known.items()
        if record and store.result_file(address).is_file()
    }
    variables["result"] = (dims, along([files.get(address, "") for address in addresses], str))
    coordinates: dict[str, Any] = {name: _axis(values) for name, values in study.sweep.items()}
    coordinates |= {
        "condition": list(study.conditions),
        "seed": list(study.seeds),
        "trial": np.arange(longest),
    }
    attributes = {
        "source": "neurosim",
        "kind": "study",
        "fixed": json.dumps(study.fixed),
        "conditions": json.dumps(study.conditions),
        "neurosim_version": version,
    }
    return xr.Dataset(variables, coordinates, attributes)


def _axis(values: Sequence[Any]) -> list[Any]:
    """Numbers as they are, anything else as ``--set`` takes it."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return list(values)
    return [shown(value) for value in values]
