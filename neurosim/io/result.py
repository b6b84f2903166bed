"""NetCDF: results of this package, and recordings that were saved in its labelled form.

A movement is recorded without a break; where its trials are all as long, it is cut into them, and
``time`` counts from the start of each.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.errors import InputError, check_positive
from neurosim.io.form import rising
from neurosim.io.reading import read_netcdf

if TYPE_CHECKING:
    import xarray as xr


def read(path: Path) -> xr.Dataset:
    """A result by trial; see :func:`neurosim.io.load`.

    Raises
    ------
    InputError
        The file cannot be read, or holds no variable of the form.

    Examples
    --------
    >>> import tempfile
    >>> from neurosim.io.form import of_rates
    >>> rates = of_rates("", np.ones((2, 3, 1)), ("condition", "time", "unit"), [0, 10, 20])
    >>> path = Path(tempfile.mkdtemp()) / "rates.nc"
    >>> rates.to_netcdf(path, engine="h5netcdf")
    >>> read(path)["rates"].sizes
    Frozen({'condition': 2, 'time': 3, 'unit': 1})
    """
    dataset = read_netcdf(path, decode_times=False)
    if not {"rates", "signals", "spike_time", "hand"} & set(dataset):
        known = ", ".join(map(str, dataset)) or "none"
        kind = dataset.attrs.get("kind")
        what = f" (a result of kind '{kind}')" if kind else ""
        raise InputError(
            f"{path}: expected a variable rates, spike_time, signals or hand, found {known}{what}; "
            "rates of a simulation are kept with --record-rates"
        )
    dataset = _checked(path, dataset)
    if "trial_ms" not in dataset.attrs:
        return dataset
    try:
        return cut(dataset)
    except (TypeError, ValueError) as error:  # xarray's, of parts that do not fit each other
        raise InputError(f"{path}: {error}") from None


def cut(dataset: xr.Dataset) -> xr.Dataset:
    """A simulated movement by trial; a last trial that was not finished is left out.

    Parameters
    ----------
    dataset
        With ``time`` without a break and the attribute ``trial_ms``.

    Raises
    ------
    InputError
        Trials that do not hold a whole number of samples, or none that is complete.

    Examples
    --------
    >>> import xarray as xr
    >>> result = xr.Dataset(
    ...     {"hand": ("time", np.arange(5.0))},
    ...     coords={"time": ("time", 10.0 * np.arange(5)), "phase": ("trial", ["train", "test"])},
    ...     attrs={"trial_ms": 20.0},
    ... )
    >>> cut(result)["hand"].values
    array([[0., 1.],
           [2., 3.]])
    """
    if "time" not in dataset.coords:
        raise InputError("result: expected times, given none")
    times = rising("result", dataset["time"].to_numpy())
    check_positive("result", "trial_ms", trial_ms := _plain(dataset.attrs["trial_ms"]))
    interval = float(times[1] - times[0]) if len(times) > 1 else trial_ms
    length = round(trial_ms / interval)
    if length < 1 or abs(length * interval - trial_ms) > 1e-3 * interval:
        raise InputError(
            f"result: expected trials with a whole number of samples, given {trial_ms:g} ms "
            f"sampled every {interval:g} ms"
        )
    trials = len(times) // length
    if not trials:
        raise InputError(f"result: no trial is complete, {len(times)} of {length} samples")
    sampled = [name for name in dataset.data_vars if "time" in dataset[name].dims]
    whole = dataset[sampled].isel(time=slice(trials * length)).drop_vars("time")
    found = whole.coarsen(time=length).construct(time=("trial", "time"))
    found = found.assign_coords(time=("time", times[:length] - times[0], {"units": "ms"}))
    for name, each in dataset.variables.items():
        if each.dims == ("trial",):
            found = found.assign_coords({name: ("trial", each.to_numpy()[:trials], each.attrs)})
        elif "time" not in each.dims and "trial" not in each.dims and name not in found.variables:
            found[name] = each
    if "condition" not in found.coords:
        task = str(dataset.attrs.get("task", "all"))
        found = found.assign_coords(condition=("trial", np.full(trials, task)))
    return found


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _checked(path: Path, dataset: xr.Dataset) -> xr.Dataset:
    """Dimensions, and time in ms; what the file does not say about channels is empty."""
    forms = {
        "rates": (("condition", "time", "unit"), ("trial", "time", "unit"), ("time", "unit")),
        "signals": (("trial", "time", "channel"), ("time", "channel")),
        "spike_time": (("spike",),),
    }
    for name, allowed in forms.items():
        if name not in dataset:
            continue
        given = dataset[name].dims
        if set(given) not in [set(dims) for dims in allowed]:
            expected = " or ".join(f"({', '.join(dims)})" for dims in allowed)
            raise InputError(
                f"{path}: {name} must be {expected}, given ({', '.join(map(str, given))})"
            )
        time = dataset[name] if name == "spike_time" else dataset[name].coords.get("time")
        if time is None or time.attrs.get("units") != "ms":
            raise InputError(f"{path}: times of {name} must have the attribute units = 'ms'")
    if "spike_time" in dataset and not {"spike_unit", "unit"} <= set(dataset.variables):
        raise InputError(f"{path}: spikes need spike_unit and the coordinate unit")
    if "rates" in dataset:
        dataset.attrs["units_stated"] = int("units" in dataset["rates"].attrs)
    if "signals" in dataset:
        n = dataset.sizes["channel"]
        if "channel" not in dataset.coords:
            dataset = dataset.assign_coords(channel=np.arange(n))
        if "channel_unit" not in dataset.coords:
            dataset = dataset.assign_coords(channel_unit=("channel", [""] * n))
    return dataset
