"""Simulated results as NWB, which any tool for physiology opens; pynwb is in the extra ``nwb``.

The hand and its target are ``SpatialSeries`` of the module ``behavior``; rates and all else that
was recorded over time are ``TimeSeries`` of the module ``simulation``. Trials follow one another
without a break. Parameters, seed and versions are in ``notes`` (JSON), the command in
``source_script``. The subject is ``model``, of age 0, as checkers of NWB ask for one, and of no
species.

What was not simulated by this package is written too, to the module ``recording``, without a
subject, of whom the labelled form says nothing.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.errors import InputError
from neurosim.files import written_whole
from neurosim.io.nwb import require_pynwb

if TYPE_CHECKING:
    import xarray as xr

SPATIAL = ("hand", "target")


def write_nwb(result: xr.Dataset, path: str | Path) -> None:
    """Write a simulated result as NWB, whole or not at all.

    Parameters
    ----------
    result
        Of :func:`neurosim.train` or :func:`neurosim.load`, or in the form of
        :mod:`neurosim.io.form`: anything over ``time``, by trial or by condition or not.
    path
        Of the ``.nwb`` file, which is replaced if it exists.

    Raises
    ------
    InputError
        pynwb is missing, nothing was recorded over time, or it was not evenly sampled in ms.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from neurosim.io import load
    >>> from neurosim.io.form import of_rates
    >>> rates = of_rates("", np.ones((2, 3, 1)), ("condition", "time", "unit"), [0, 10, 20])
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "rates.nwb"
    >>> write_nwb(rates, path)
    >>> load(path)["rates"].sizes
    Frozen({'time': 6, 'unit': 1})
    """
    require_pynwb()
    import h5py
    from pynwb import NWBHDF5IO, NWBFile, TimeSeries
    from pynwb.behavior import Position, SpatialSeries
    from pynwb.file import Subject

    sampled = {
        str(name): each
        for name, each in result.data_vars.items()
        if "time" in each.dims and each.dtype.kind in "biuf"
    }
    if not sampled:
        raise InputError("write_nwb: expected something recorded over time, given nothing")
    interval = _interval(result)
    now = datetime.now(UTC)
    attrs = result.attrs
    simulated = "neurosim_version" in attrs
    module = "simulation" if simulated else "recording"
    whom = "no animal or person was recorded" if simulated else "converted from another form"
    file = NWBFile(
        session_description=str(attrs.get("title", module)),
        identifier=str(uuid.uuid4()),
        session_start_time=now,
        experiment_description=f"{module}; {whom}",
        session_id=_session(attrs),
        notes=json.dumps({str(k): _plain(v) for k, v in attrs.items() if k != "command"}),
        keywords=[module],
        **_source(attrs),
    )
    if simulated:
        file.subject = Subject(
            subject_id="model", description="a simulated network", sex="U", age="P0D"
        )
    signals = file.create_processing_module(module, whom)
    position = Position(name="position")
    for name, each in sampled.items():
        made: dict[str, Any] = {
            "name": name,
            "data": _whole(each),
            "rate": 1000 / interval,
            "starting_time": 0.0,
            "description": str(each.attrs.get("long_name", name)),
            "unit": str(each.attrs.get("units", "1")),
        }
        if name in SPATIAL:
            frame = "origin at the centre of the workspace"
            position.add_spatial_series(SpatialSeries(**made, reference_frame=frame))
        else:
            signals.add(TimeSeries(**made))
    if position.spatial_series:
        file.create_processing_module("behavior", "movement of the hand").add(position)
    _add_trials(file, result, interval)
    if "spike_time" in result and result.attrs.get("kind") == "movement":
        from neurosim.spiking.nwb import add_units

        add_units(file, result)
    laid_out = BytesIO()  # in memory, as in neurosim.recording.save
    with h5py.File(laid_out, "w") as stored, NWBHDF5IO(file=stored, mode="w") as opened:
        opened.write(file)
    with written_whole(path) as temporary:
        temporary.write_bytes(laid_out.getbuffer())


def _first(result: xr.Dataset) -> str | None:
    """The dimension whose entries follow one another, if the samples are cut."""
    dims = {dim for each in result.data_vars.values() if "time" in each.dims for dim in each.dims}
    return next((dim for dim in ("trial", "condition") if dim in dims), None)


def _whole(values: xr.DataArray) -> np.ndarray:
    """Samples one after another, (time, ...)."""
    first = next((dim for dim in ("trial", "condition") if dim in values.dims), None)
    if first is None:
        return values.transpose("time", ...).to_numpy()
    array = values.transpose(first, "time", ...).to_numpy()
    return array.reshape(-1, *array.shape[2:])


def _interval(result: xr.Dataset) -> float:
    time = result["time"]
    times = time.to_numpy().astype(float)
    if time.attrs.get("units") != "ms":
        raise InputError("write_nwb: time must have the attribute units = 'ms'")
    steps = np.diff(times)
    if not steps.size or not np.allclose(steps, steps.mean(), rtol=1e-3, atol=0):
        raise InputError("write_nwb: expected at least two times, evenly spaced")
    return float((times[-1] - times[0]) / len(steps))


def _add_trials(file: Any, result: xr.Dataset, interval: float) -> None:
    """The table of trials; times in s from the start."""
    first = _first(result)
    columns = {
        str(name): each
        for name, each in result.variables.items()
        if each.dims == (first or "trial",) and each.dtype.kind in "biufUO" and name != "trial"
    }
    if first is not None:
        length = result.sizes["time"] * interval
        starts = np.arange(result.sizes[first]) * length
        begin = float(result["time"].to_numpy()[0])
    elif "trial" in result.sizes and "trial_ms" in result.attrs:
        length = float(result.attrs["trial_ms"])
        starts, begin = np.arange(result.sizes["trial"]) * length, 0.0
    else:
        return
    for name, each in columns.items():
        about = str(each.attrs.get("long_name", name.replace("_", " ")))
        file.add_trial_column(_column(name, each), f"{about}{_unit(each)}")
    for k, start in enumerate(starts):
        row = {
            _column(name, each): _value(each, k, start - begin) for name, each in columns.items()
        }
        file.add_trial(start_time=start / 1000, stop_time=(start + length) / 1000, **row)


def _column(name: str, each: Any) -> str:
    """Columns of times end in ``_time``, by which readers know them."""
    if each.attrs.get("units") != "ms":
        return name
    stem = name.removesuffix("_time")
    return f"{stem}_time" if stem not in ("start", "stop") else f"trial_{stem}_time"


def _unit(each: Any) -> str:
    unit = each.attrs.get("units", "1")
    return "" if unit == "1" else ", in s" if unit == "ms" else f", in {unit}"


def _value(each: Any, k: int, start: float) -> Any:
    value = _plain(each.to_numpy()[k])
    return (value + start) / 1000 if each.attrs.get("units") == "ms" else value


def _session(attrs: dict[str, Any]) -> str:
    parts = [str(attrs[name]) for name in ("task", "rule") if name in attrs]
    if "seed" in attrs:
        parts.append(f"seed{int(attrs['seed'])}")
    return "-".join(parts) or "simulation"


def _source(attrs: dict[str, Any]) -> dict[str, str]:
    if "command" not in attrs:
        return {}
    return {"source_script": str(attrs["command"]), "source_script_file_name": "neurosim"}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value
