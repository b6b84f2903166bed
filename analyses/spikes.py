"""Spike trains of a result: firing rates, regularity, variability and synchrony, by elephant.

elephant (in the extra ``spiking``) does the statistics; here results become its spike trains and
its numbers labelled data.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses import movement
from neurosim.errors import InputError, check_choice, check_integer, check_positive

if TYPE_CHECKING:
    import xarray as xr

PHASES = ("all", "train", "test")


def summary(result: xr.Dataset) -> dict[str, Any]:
    """What ``--json`` prints of a spiking run: plain numbers, None where there is none.

    Parameters
    ----------
    result
        Of :meth:`neurosim.spiking.SpikingSimulation.run`.
    """

    def number(name: str) -> float | None:
        value = float(result.attrs[name])
        return value if np.isfinite(value) else None

    return movement.summary(result) | {
        "network": str(result.attrs["network"]),
        "test_correlation": number("test_correlation"),
        "mean_rate_hz": number("mean_rate_hz"),
        "simulate_s": number("simulate_s"),
        "learn_s": number("learn_s"),
        "brian2_code": str(result.attrs["brian2_code"]),
    }


def lines(result: xr.Dataset) -> list[tuple[str, str]]:
    """Name and text of each line that is printed of a spiking run."""
    values = summary(result)

    def told(name: str, unit: str = "") -> str:
        return "-" if values[name] is None else f"{values[name]:.3g}{unit}"

    seconds = f"{told('simulate_s', ' s')} in Brian2 ({values['brian2_code']}), "
    return [
        *movement.lines(result),
        ("neurons", f"{values['network']}, {told('mean_rate_hz', ' Hz')}"),
        ("correlation in test", told("test_correlation")),
        ("time", seconds + told("learn_s", " s in readout and learning")),
    ]


def spike_trains(result: xr.Dataset, phase: str = "all", units: Any = None) -> list[Any]:
    """Spike trains for elephant and any other tool that knows neo.

    Parameters
    ----------
    result
        Of a spiking run.
    phase
        ``"all"``, ``"train"`` or ``"test"``.
    units
        Numbers of the neurons; None: all.

    Returns
    -------
    list of neo.SpikeTrain
        One a neuron, in ms from the start of the run.

    Raises
    ------
    InputError
        No spikes, no such phase or neuron, or elephant is missing.
    """
    start, stop = _span(result, phase)
    n = result.sizes["neuron"]
    chosen = np.arange(n) if units is None else np.asarray(units, int)
    if chosen.size and (chosen.min() < 0 or chosen.max() >= n):
        raise InputError(f"spike_trains: units must be from 0 to {n - 1}, given {chosen.tolist()}")
    neo, quantities = _require_elephant()
    times, of = result["spike_time"].to_numpy(), result["spike_unit"].to_numpy()
    within = (times >= start) & (times <= stop)
    order = np.argsort(of[within], kind="stable")
    ends = np.cumsum(np.bincount(of[within], minlength=n))
    each = np.split(times[within][order], ends[:-1])
    return [
        neo.SpikeTrain(each[unit], units=quantities.ms, t_start=start, t_stop=stop)
        for unit in chosen
    ]


def by_trial(result: xr.Dataset) -> xr.Dataset:
    """Spikes in the form of recordings, for histograms and all that is made of them.

    Parameters
    ----------
    result
        Of a spiking run.

    Returns
    -------
    xarray.Dataset
        See :mod:`neurosim.io.form`: times count from the start of their trial; the condition of a
        trial is its phase.

    Raises
    ------
    InputError
        No spikes.
    """
    from neurosim.io.form import of_spikes

    _, end = _span(result, "all")
    trial_ms = float(result.attrs["trial_ms"])
    n_trials = int(np.ceil(end / trial_ms - 1e-9))
    times = result["spike_time"].to_numpy()
    trial = np.minimum((times / trial_ms).astype(int), n_trials - 1)
    return of_spikes(
        "by_trial",
        times - trial * trial_ms,
        result["spike_unit"].to_numpy(),
        units=np.arange(result.sizes["neuron"]),
        trial=trial,
        condition=result["phase"].to_numpy()[:n_trials],
    )


def statistics(
    result: xr.Dataset, phase: str = "test", *, units: int = 100, window: float = 100.0
) -> xr.Dataset:
    """Rate, regularity, variability and synchrony of a network's neurons.

    Parameters
    ----------
    result
        Of a spiking run.
    phase
        ``"all"``, ``"train"`` or ``"test"``.
    units
        At most so many neurons, evenly spaced by their numbers; numbers say nothing about a neuron.
    window
        In ms, of the spike counts for the Fano factor.

    Returns
    -------
    xarray.Dataset
        By ``neuron``: ``rate`` (Hz); ``cv``, the coefficient of variation of the inter-spike
        intervals, 1 for a Poisson process, NaN for fewer than 3 spikes; ``fano``, variance over
        mean of the counts in windows, 1 for a Poisson process, NaN for no spikes or fewer than 2
        windows. Once: ``synchrony``, spike-contrast of Ciba et al. 2018 (J Neurosci Methods
        293:136), 1 for identical trains, NaN for fewer than 2 neurons with spikes.

    Raises
    ------
    InputError
        No spikes recorded, no such phase, numbers that are not positive, or elephant is missing.
    """
    import xarray as xr

    check_integer("statistics", "units", units, minimum=1)
    check_positive("statistics", "window", window)
    n = result.sizes["neuron"]
    chosen = np.unique(np.linspace(0, n - 1, min(units, n)).astype(int))
    trains = spike_trains(result, phase, chosen)
    _, quantities = _require_elephant()
    from elephant import statistics as of
    from elephant.spike_train_synchrony import spike_contrast

    start, stop = _span(result, phase)
    edges = np.arange(start, stop + 1e-9, window)
    rate = [float(of.mean_firing_rate(t).rescale(quantities.Hz)) for t in trains]
    cv = [float(of.cv(of.isi(t))) if len(t) > 2 else np.nan for t in trains]
    fano = [_fano(of, train, edges) for train in trains]
    firing = [train for train in trains if len(train)]
    synchrony = np.nan
    if len(firing) > 1:
        with warnings.catch_warnings():  # it knows no empty bins at its finest resolution
            warnings.simplefilter("ignore")
            synchrony = float(spike_contrast(firing))
    return xr.Dataset(
        {
            "rate": ("neuron", rate, {"long_name": "firing rate", "units": "Hz"}),
            "cv": ("neuron", cv, {"long_name": "CV of inter-spike intervals", "units": "1"}),
            "fano": ("neuron", fano, {"long_name": "Fano factor of counts", "units": "1"}),
            "synchrony": ((), synchrony, {"long_name": "spike-contrast", "units": "1"}),
        },
        {"neuron": chosen},
        {"phase": phase, "window_ms": window},
    )


def _fano(of: Any, train: Any, edges: NDArray[np.floating]) -> float:
    """elephant's Fano factor takes one spike train a window."""
    if len(edges) < 3 or not len(train):
        return float("nan")
    cut = np.split(train.magnitude, np.searchsorted(train.magnitude, edges))[1:-1]
    return float(of.fanofactor(cut))


def _span(result: xr.Dataset, phase: str) -> tuple[float, float]:
    """Begin and end of a phase, in ms."""
    check_choice("spikes", "phase", phase, PHASES)
    if "spike_time" not in result:
        raise InputError("spikes: expected a result of a spiking network, given one of rates")
    dt = json.loads(result.attrs["parameters"])["reservoir"]["dt"]
    end = float(result.attrs["steps"]) * dt
    border = float(result.attrs["trial_ms"]) * int(np.sum(result["phase"].values == "train"))
    spans = {"all": (0.0, end), "train": (0.0, min(border, end)), "test": (border, end)}
    start, stop = spans[phase]
    if not start < stop:
        raise InputError(f"spikes: the run has no {phase} phase")
    return start, stop


def _require_elephant() -> tuple[Any, Any]:
    try:
        import elephant  # noqa: F401
        import neo
        import quantities
    except ImportError as error:
        raise InputError(
            f"spike trains need elephant ({error}); pip install 'neurosim[spiking]'"
        ) from None
    return neo, quantities
