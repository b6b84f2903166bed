r"""Beta in a subthalamic field potential, simulated or recorded, and what goes with it.

    above = 10 log10(power(beta) / power of the aperiodic part in beta)         in dB

The aperiodic part (analyses/spectra.py) is fitted from 3 to 55 Hz, with a knee, outside 10 to
45 Hz, where the rhythm and its first harmonic lie. In dB above it, a simulated field potential and
a recorded one can be set beside each other, whatever their units and electrodes.

Coherence is that of the spikes of ten STN neurons with those of ten GPe neurons, as of what an
electrode in each nucleus hears; whole populations are coherent without any rhythm, since the STN's
chance fluctuations drive the GPe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyses.spectra import (
    BETA,
    band_power,
    coherence,
    fit_aperiodic,
    peak_frequency,
    power_spectrum,
    relative_power,
)
from neurosim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

FITTED = (3.0, 55.0)
RHYTHM = (10.0, 45.0)
"""Where the aperiodic part is fitted, and what is left out of that, in Hz."""

HEARD = 10
"""Neurons of each nucleus whose spikes make its signal for coherence."""

SHORTEST = 3000.0
"""Of a simulation whose spectrum is told, in ms."""


def beta(spectrum: xr.DataArray) -> dict[str, float | None]:
    """Power of the beta band, its share, its peak and how far it stands out.

    Parameters
    ----------
    spectrum
        (frequency), as of :func:`analyses.spectra.power_spectrum`.

    Returns
    -------
    dict
        ``beta_power`` in units of the signal squared, ``beta_share`` of the power from 5 to 95 Hz,
        ``beta_peak_hz`` (None where there is no peak) and ``beta_above_db``.

    Raises
    ------
    InputError
        As :func:`analyses.spectra.fit_aperiodic`.

    Examples
    --------
    >>> import xarray as xr
    >>> f = np.arange(1.0, 100.0)
    >>> P = xr.DataArray(1 / f, {"frequency": f}, "frequency")
    >>> P.loc[20] = 10 * P.sel(frequency=slice(13, 30)).sum()
    >>> found = beta(P)
    >>> found["beta_peak_hz"], round(found["beta_above_db"], 1)
    (20.0, 10.4)
    """
    power = float(band_power(spectrum, *BETA))
    aperiodic = fit_aperiodic(spectrum, *FITTED, rhythms=[RHYTHM], knee=True)
    f = spectrum["frequency"].to_numpy()
    within = f[(f >= BETA[0]) & (f <= BETA[1])]
    below = float(aperiodic.power(within).sum() * (f[1] - f[0]))
    try:
        peak: float | None = peak_frequency(spectrum, *BETA)
    except InputError:  # no local maximum
        peak = None
    return {
        "beta_power": power,
        "beta_share": float(relative_power(spectrum, *BETA)),
        "beta_peak_hz": peak,
        "beta_above_db": float(10 * np.log10(power / below)),
    }


def spikes_of(result: xr.Dataset, population: str, n: int | None = HEARD) -> xr.DataArray:
    """Spikes per ms of the first neurons of a nucleus, (time).

    Parameters
    ----------
    result
        Of :func:`neurosim.spiking.basal_ganglia.simulate_basal_ganglia`.
    population
        STN or GPe.
    n
        How many neurons; None: all.

    Examples
    --------
    >>> from neurosim.spiking.basal_ganglia import BasalGanglia, simulate_basal_ganglia
    >>> small = BasalGanglia(n_stn=20, n_gpe=40)
    >>> result = simulate_basal_ganglia(small, duration=50, target="numpy")
    >>> counts = spikes_of(result, "GPe", None)
    >>> rate = result.signals.sel(channel="GPe rate")  # of a neuron, in spikes/s
    >>> np.allclose(counts, rate * 40 / 1000)
    True
    """
    import xarray as xr

    chosen = result["unit"].to_numpy()[result["population"].to_numpy() == population][:n]
    kept = np.isin(result["spike_unit"].to_numpy(), chosen)
    ms = (result["spike_time"].to_numpy()[kept] + 1e-6).astype(int)
    counts = np.bincount(ms, minlength=result.sizes["time"]).astype(float)
    return xr.DataArray(counts, {"time": result["time"]}, "time")


def lfp_spectrum(result: xr.Dataset) -> xr.DataArray:
    """Power spectral density of the STN's field potential, (frequency), in steps of 1 Hz."""
    return power_spectrum(result["signals"].sel(channel="STN LFP"))


def summary(result: xr.Dataset) -> dict[str, Any]:
    """Rates, beta and coherence of a simulation, as plain numbers.

    Parameters
    ----------
    result
        Of :func:`neurosim.spiking.basal_ganglia.simulate_basal_ganglia`.

    Returns
    -------
    dict
        Besides what :func:`beta` gives (in pA squared): ``stn_rate_hz``, ``gpe_rate_hz``, and
        ``coherence`` at the peak, or the mean of beta where there is none, with the
        ``coherence_threshold`` of 5 %. None for spectra of less than 3 s.

    Examples
    --------
    >>> from neurosim.spiking.basal_ganglia import BasalGanglia, simulate_basal_ganglia
    >>> small = BasalGanglia(n_stn=20, n_gpe=40)
    >>> found = summary(simulate_basal_ganglia(small, duration=50, target="numpy"))
    >>> found["dopamine"], found["beta_power"]
    (1.0, None)
    """
    mean = result["signals"].mean("time")
    told: dict[str, Any] = {
        "dopamine": float(result.attrs["dopamine"]),
        "stimulation_hz": float(result.attrs["stimulation"]),
        "seed": int(result.attrs["seed"]),
        "duration_ms": float(result.sizes["time"]),
        "stn_rate_hz": float(mean.sel(channel="STN rate")),
        "gpe_rate_hz": float(mean.sel(channel="GPe rate")),
    }
    names = ("beta_power", "beta_share", "beta_peak_hz", "beta_above_db")
    told |= dict.fromkeys((*names, "coherence", "coherence_threshold"))
    if told["duration_ms"] < SHORTEST:
        return told
    told |= beta(lfp_spectrum(result))
    stn, gpe = spikes_of(result, "STN"), spikes_of(result, "GPe")
    if stn.any() and gpe.any():
        C = coherence(stn, gpe)
        peak = told["beta_peak_hz"]
        at = C.sel(frequency=slice(*BETA)) if peak is None else C.sel(frequency=peak)
        told["coherence"] = float(at.mean())
        told["coherence_threshold"] = float(C.attrs["threshold"])
    return told


def lines(result: xr.Dataset) -> list[tuple[str, str]]:
    """What is printed of a simulation: names and texts."""
    told = summary(result)
    pulses = f"{told['stimulation_hz']:g} Hz" if told["stimulation_hz"] else "none"
    found = [
        ("network", f"STN and GPe, {result.sizes['unit']:,} neurons, seed {told['seed']}"),
        ("dopamine", f"{told['dopamine']:g} (1: healthy)"),
        ("stimulation", pulses),
        ("duration", f"{told['duration_ms'] / 1000:g} s"),
        ("firing rates", f"STN {told['stn_rate_hz']:.3g}, GPe {told['gpe_rate_hz']:.3g} spikes/s"),
    ]
    if told["beta_power"] is None:
        return [*found, ("beta", f"not told of less than {SHORTEST / 1000:g} s")]
    peak = told["beta_peak_hz"]
    found.append(
        (
            "beta, 13-30 Hz",
            f"{told['beta_power']:.3g} pA², {told['beta_above_db']:.1f} dB above the aperiodic "
            f"part, {100 * told['beta_share']:.0f} % of 5-95 Hz, "
            + (f"peak at {peak:g} Hz" if peak is not None else "no peak"),
        )
    )
    if told["coherence"] is not None:
        found.append(
            (
                "coherence",
                f"{told['coherence']:.2f} between {HEARD} STN and {HEARD} GPe neurons "
                f"(chance: below {told['coherence_threshold']:.2f})",
            )
        )
    return found
