"""The beta rhythm of a patient's subthalamic nucleus, beside that put into the model.

The share of the power from 5 to 95 Hz that lies in 13-30 Hz, and its peak: of each subthalamic
channel, and of the exploratory output of the networks. Movement suppresses the rhythm of the
recording: the contrast of power during grips and at rest, see :mod:`analyses.modulation`. That of
the model is given, and constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analyses.intervals import bootstrap
from analyses.modulation import modulation
from analyses.parkinson.findings import Records
from analyses.parkinson.patients import DEPLETION
from analyses.spectra import BETA, BROAD, band_power, peak_frequency, power_spectra, power_spectrum
from neurosim.errors import InputError
from neurosim.io import load

SUBTHALAMIC = "LFP"
"""What names of subthalamic channels begin with."""

FORCE = "MOV"
"""What names of channels with grip force begin with."""


def recorded_beta(folder: Path) -> list[dict[str, Any]]:
    """Beta of each subthalamic channel, and how movement changes it.

    Parameters
    ----------
    folder
        With a BrainVision recording that has subthalamic channels and grip force.

    Returns
    -------
    list of dict
        A line for each channel; intervals of the share over windows of a second, of the contrast
        in dB over blocks of windows.

    Raises
    ------
    InputError
        No such recording, or no such channels.
    """
    files = sorted(Path(folder).rglob("*.vhdr"))
    if not files:
        raise InputError(f"{folder}: expected a folder with a BrainVision recording (.vhdr)")
    recording = load(files[0])
    signals = recording["signals"]
    names = [str(name) for name in signals.channel.to_numpy()]
    forces = [name for name in names if name.startswith(FORCE)]
    subthalamic = [name for name in names if name.startswith(SUBTHALAMIC)]
    if not (forces and subthalamic):
        raise InputError(
            f"{files[0]}: expected channels that begin with {SUBTHALAMIC} and {FORCE}, "
            f"given {', '.join(names)}"
        )
    force = signals.sel(channel=forces[0]).drop_vars("channel")
    lines = []
    for name in subthalamic:
        signal = signals.sel(channel=name).drop_vars("channel")
        spectrum = power_spectrum(signal)
        each = power_spectra(signal)
        beta, broad = (band_power(each, *band).to_numpy() for band in (BETA, BROAD))
        share = bootstrap(
            lambda part, all_: part.sum() / all_.sum(), beta, broad, rng=np.random.default_rng(0)
        )
        grip = modulation(signal, force, band=BETA, rng=np.random.default_rng(0))
        lines.append(
            {
                "source": f"recording, {name}",
                "n": len(beta),
                "power": None,  # in another unit than the model's
                "peak_hz": peak_frequency(spectrum, *BETA),
                "beta_share": float(share.value),
                "low": float(share.low),
                "high": float(share.high),
                "grip_db": float(grip.contrast.value),
                "grip_low": float(grip.contrast.low),
                "grip_high": float(grip.contrast.high),
            }
        )
    return lines


def simulated_beta(networks: Sequence[Records]) -> list[dict[str, Any]]:
    """Beta of the exploratory output by condition; intervals of the share over networks."""
    lines = []
    for key in ("healthy 0", f"off {DEPLETION:g}", f"levodopa {DEPLETION:g}"):
        powers = [record["after"]["hand"][key] for record in networks]
        shares = np.array([power["output beta"] / power["output broad"] for power in powers])
        share = bootstrap(np.mean, shares, rng=np.random.default_rng(0))
        lines.append(
            {
                "source": f"model, {key.split()[0]}",
                "n": len(shares),
                "power": float(np.mean([power["output beta"] for power in powers])),
                "peak_hz": None,  # given: see patients.py
                "beta_share": float(share.value),
                "low": float(share.low),
                "high": float(share.high),
                "grip_db": None,
                "grip_low": None,
                "grip_high": None,
            }
        )
    return lines
