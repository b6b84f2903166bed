"""Spike trains of a result as the table of units of an NWB file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


def add_units(file: Any, result: xr.Dataset) -> None:
    """Add the neurons of a spiking result and their spike times, in s, to an NWB file.

    Neurons that never fired are there, without spikes.

    Parameters
    ----------
    file
        A ``pynwb.NWBFile`` that is not written yet.
    result
        Of a spiking run.

    Raises
    ------
    InputError
        The result holds no spikes.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import xarray as xr
    >>> from pynwb import NWBFile
    >>> made = xr.Dataset(
    ...     {"spike_time": ("spike", [5.0, 7.5]), "spike_unit": ("spike", [1, 0]),
    ...      "readout_weights": ("neuron", [0.0, 0.0])},
    ...     attrs={"steps": 100, "parameters": '{"reservoir": {"dt": 0.2}}'},
    ... )
    >>> file = NWBFile("a network", "one", datetime.now(UTC))
    >>> add_units(file, made)
    >>> [[float(time) for time in unit] for unit in file.units["spike_times"][:]]
    [[0.0075], [0.005]]
    """
    import json

    if "spike_time" not in result:
        raise InputError("add_units: expected a result of a spiking network, given one of rates")
    seconds = result["spike_time"].to_numpy() / 1000
    units = result["spike_unit"].to_numpy()
    seconds = seconds[np.argsort(units, kind="stable")]  # by neuron, each in order of time
    ends = np.cumsum(np.bincount(units, minlength=result.sizes["neuron"]))
    dt = json.loads(result.attrs["parameters"])["reservoir"]["dt"]
    whole = [[0.0, float(result.attrs["steps"]) * dt / 1000]]
    for number, times in enumerate(np.split(seconds, ends[:-1])):
        file.add_unit(id=number, spike_times=times, obs_intervals=whole)
