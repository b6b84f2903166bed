"""When the hand starts to move, in a recording or a result: numbers, a table and a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.kinematics import speed
from analyses.population.onset import movement_onset, onset_latency
from analyses.reports import Report, Window
from analyses.sampling import filtered
from neurosim.errors import InputError, suggest

if TYPE_CHECKING:
    import xarray as xr


def onset_report(
    recording: xr.Dataset,
    window: Window = None,
    *,
    rng: np.random.Generator,
    event: str | None = None,
    cutoff: float | None = None,
    method: str = "threshold",
    threshold: float = 0.1,
) -> Report:
    """Latency of movement onset after an event: median with its interval over trials.

    Of a simulation the trials of testing count, where there are any, and its ``hand``; of a
    recording its ``signals``, each of them a coordinate of what moves (or a force). Trials in which
    nothing begins to move in the window are counted and left out.

    Parameters
    ----------
    recording
        By trial, from :func:`neurosim.io.load` or :func:`neurosim.io.align`.
    window
        From and to so many ms after the event movements are looked for; None for all from 0 on.
    rng
        Source of the bootstrap.
    event
        Times of trials from which latencies count. None: ``go_time`` where trials have it, and
        otherwise time 0, to which the recording was cut.
    cutoff
        Of a low-pass filter before speed is taken, in Hz; None for none.
    method, threshold
        As for :func:`analyses.population.onset.movement_onset`.

    Raises
    ------
    InputError
        No position by trial, no such event, channels in different units, or fewer than two trials
        with an onset.

    Examples
    --------
    >>> import xarray as xr
    >>> times = np.arange(0.0, 500.0, 10.0)
    >>> reach = np.clip((times - 200) / 200, 0, 1)[:, np.newaxis]
    >>> found = xr.Dataset(
    ...     {"hand": (("trial", "time", "axis"), [reach, reach, reach])},
    ...     coords={
    ...         "time": ("time", times, {"units": "ms"}),
    ...         "go_time": ("trial", [50.0, 50.0, 50.0], {"units": "ms"}),
    ...     },
    ... )
    >>> report = onset_report(found, rng=np.random.default_rng(0), method="extrapolation")
    >>> round(report.values["latency_ms"])
    140
    """
    position, go, event = _position(recording, event)
    if cutoff is not None:
        position = filtered(position, high=cutoff)
    profile = speed(position).transpose("trial", "time")
    start, stop = window or (0.0, np.inf)
    times = profile["time"].to_numpy().astype(float)
    onset, reason = np.full(len(go), np.nan), ""
    for k, at in enumerate(go):
        if not np.isfinite(at):
            reason = "the event did not happen"
            continue
        one = profile.isel(trial=[k], time=(times >= at + start) & (times <= at + stop))
        try:
            onset[k] = movement_onset(one, method=method, threshold=threshold)[0]
        except InputError as error:
            reason = str(error)
    begun = np.isfinite(onset)
    if begun.sum() < 2:
        raise InputError(
            f"onset: expected at least two trials with an onset, given {begun.sum()} of "
            f"{len(onset)}; the last without: {reason}"
        )
    latency = onset_latency(profile["trial"][begun].copy(data=onset[begun]), rng=rng, go=go[begun])
    values: dict[str, Any] = {
        "latency_ms": float(latency.value),
        "latency_ms_interval": [float(latency.low), float(latency.high)],
        "n_trials": int(begun.sum()),
        "n_without_onset": int((~begun).sum()),
        "event": event,
        "method": method,
    }
    if method == "threshold":
        values["threshold"] = threshold

    def draw(fig: Any) -> None:
        from analyses.figures.style import COLORS

        ax = fig.subplots()
        for k in np.flatnonzero(begun):
            own = profile.values[k]
            ax.plot(times - go[k], own, color="0.7", lw=0.6)
            ax.plot(onset[k] - go[k], np.interp(onset[k], times, own), "o", ms=3, color=COLORS[1])
        ax.axvline(latency.value, color=COLORS[0])
        ax.axvspan(latency.low, latency.high, color=COLORS[0], alpha=0.2, lw=0)
        ax.set(xlabel=f"time from {event} (ms)", ylabel=f"speed ({profile.attrs['units']})")

    return Report(values, _by_condition(profile, onset - go), draw)


def _position(
    recording: xr.Dataset, event: str | None
) -> tuple[xr.DataArray, NDArray[np.float64], str]:
    """(trial, time, axis), the time of the event in each trial, and its name."""
    from neurosim.io.events import event_names

    file = recording.attrs.get("file", "recording")
    if "hand" in recording:
        position = recording["hand"]
    elif "signals" in recording:
        position = recording["signals"].rename(channel="axis")
        units = np.unique(recording["channel_unit"]) if "channel_unit" in recording else ["1"]
        if len(units) > 1:
            given = ", ".join(map(str, units))
            raise InputError(
                f"{file}: expected channels in one unit, the coordinates of what moves, given "
                f"{given}; choose with --channel"
            )
        position.attrs["units"] = str(units[0]) or "1"
    else:
        raise InputError(f"{file}: expected a hand or signals, given neither")
    if "trial" not in position.dims:
        raise InputError(
            f"{file}: expected trials, given one session; cut them with --event and --around A:B "
            f"(events: {', '.join(event_names(recording)) or 'none'})"
        )
    go = np.zeros(position.sizes["trial"])
    if event is None and "window" not in recording.attrs and "go_time" in recording.variables:
        event = "go_time"
    if event is not None:
        known = [name for name in event_names(recording) if name in recording.variables]
        if event not in known:
            raise InputError(f"{file}: {suggest(event, known, what='event')}")
        go = recording[event].to_numpy().astype(float)
    if "test" in np.atleast_1d(recording.get("phase", "")):
        test = np.flatnonzero(recording["phase"].to_numpy() == "test")
        position, go = position.isel(trial=test), go[test]
    if "trial" not in position.coords:
        position = position.assign_coords(trial=np.arange(len(go)))
    return position, go, event or str(recording.attrs.get("event", "0 ms"))


def _by_condition(profile: xr.DataArray, latency: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Median latency of each condition."""
    if "condition" not in profile.coords:
        return []
    conditions = profile["condition"].to_numpy()
    rows = []
    for name in np.unique(conditions):
        own = latency[(conditions == name) & np.isfinite(latency)]
        middle = float(np.median(own)) if own.size else None
        rows.append({"condition": str(name), "trials": own.size, "median_latency_ms": middle})
    return rows
