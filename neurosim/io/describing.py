"""What a recording holds, in plain numbers and words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.io.events import condition_names, event_names

if TYPE_CHECKING:
    import xarray as xr


def describe(dataset: xr.Dataset) -> dict[str, Any]:
    """Kind, sizes, units, times, conditions and events of a recording.

    Parameters
    ----------
    dataset
        From :func:`neurosim.io.load`.

    Returns
    -------
    dict
        Plain values, None where there is nothing to say: ``file``, ``format``, ``kind``, ``sizes``
        by dimension, ``rate_units``, ``start_ms``, ``end_ms``, ``interval_ms`` (None where
        sampling is uneven), ``spikes``, ``conditions`` (trials of each; None for averages),
        ``columns`` of trials, ``events`` (occurrences of each), ``channels`` (name, unit, type),
        ``series`` of NWB (name, size, unit, interval), ``missing`` (values that are NaN), and of
        simulations ``task``, ``rule``, ``seed``.

    Examples
    --------
    >>> from neurosim.io.form import of_rates
    >>> rates = of_rates("", np.ones((2, 3, 1)), ("condition", "time", "unit"), [0, 10, 20])
    >>> found = describe(rates)
    >>> found["kind"], found["interval_ms"], found["conditions"]
    ('rates by condition', 10.0, {'0': None, '1': None})
    """
    attrs = dataset.attrs
    time = dataset["time"].to_numpy() if "time" in dataset.variables else np.empty(0)
    if not time.size and "spike_time" in dataset and dataset.sizes["spike"]:
        spikes = dataset["spike_time"].to_numpy()
        time = np.array([spikes.min(), spikes.max()])
    steps = np.diff(time) if "time" in dataset.variables else np.empty(0)
    even = steps.size > 0 and np.allclose(steps, steps.mean(), rtol=1e-3, atol=0)
    return {
        "file": attrs.get("file"),
        "format": attrs.get("format"),
        "kind": kind_of(dataset),
        "sizes": {str(dim): int(size) for dim, size in dataset.sizes.items()},
        "rate_units": dataset["rates"].attrs.get("units") if "rates" in dataset else None,
        "start_ms": float(time[0]) if time.size else None,
        "end_ms": float(time[-1]) if time.size else None,
        "interval_ms": float(steps.mean()) if even else None,
        "spikes": int(dataset.sizes["spike"]) if "spike_time" in dataset else None,
        "conditions": _conditions(dataset),
        "columns": condition_names(dataset),
        "events": _events(dataset),
        "channels": _channels(dataset),
        "series": json.loads(attrs.get("series", "[]")),
        "missing": {
            str(name): int(np.isnan(each.to_numpy()).sum())
            for name, each in dataset.data_vars.items()
            if each.dtype.kind == "f" and bool(np.isnan(each.to_numpy()).any())
        },
        **{name: _plain(attrs.get(name)) for name in ("task", "rule", "seed")},
    }


def kind_of(dataset: xr.Dataset) -> str:
    """What a recording is, in a few words.

    Examples
    --------
    >>> from neurosim.io.form import of_spikes
    >>> kind_of(of_spikes("", [1.0], [0]))
    'spikes of a session'
    """
    kinds = []
    if "rates" in dataset:
        first = next((dim for dim in ("condition", "trial") if dim in dataset["rates"].dims), None)
        kinds.append(f"rates by {first}" if first else "rates of a session")
    if "spike_time" in dataset:
        kinds.append("spikes by trial" if "spike_trial" in dataset else "spikes of a session")
    if "signals" in dataset:
        kinds.append("signals by trial" if "trial" in dataset["signals"].dims else "signals")
    return ", ".join(kinds) or "movement without rates"


def _conditions(dataset: xr.Dataset) -> dict[str, int | None]:
    if "condition" not in dataset.coords:
        return {}
    names = dataset["condition"].to_numpy().astype(str)
    if dataset["condition"].dims == ("condition",):
        return dict.fromkeys(names.tolist())
    found, counts = np.unique(names, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _events(dataset: xr.Dataset) -> dict[str, int]:
    found = {}
    for name in event_names(dataset):
        if name in dataset.variables:
            found[name] = int(np.isfinite(dataset[name].to_numpy().astype(float)).sum())
        else:
            found[name] = int((dataset["event_name"].to_numpy().astype(str) == name).sum())
    return found


def _channels(dataset: xr.Dataset) -> list[dict[str, str]]:
    if "channel" not in dataset.coords:
        return []
    columns = {"name": "channel", "unit": "channel_unit", "type": "channel_type"}
    shown = {
        key: dataset[name].to_numpy() for key, name in columns.items() if name in dataset.coords
    }
    return [
        dict(zip(shown, map(str, row), strict=True)) for row in zip(*shown.values(), strict=True)
    ]


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value
