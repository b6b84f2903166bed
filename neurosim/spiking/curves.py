"""How fast single neurons fire at constant currents, to set beside theory."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_non_negative, check_positive
from neurosim.spiking._base import SpikingReservoir
from neurosim.spiking._brian import code_target, compiling, require_brian2
from neurosim.spiking._network import neurons


def firing_rates(
    model: SpikingReservoir,
    currents: ArrayLike,
    *,
    duration: float = 1000.0,
    settle: float = 200.0,
    code: str = "auto",
) -> NDArray[np.float64]:
    """Simulated f-I curve: neurons of a model, not connected, each at a constant current.

    Parameters
    ----------
    model
        Parameters of the neuron.
    currents
        (C,) the whole current I, bias included, in the model's unit.
    duration, settle
        Time in which spikes count, and time before it, in ms.
    code
        As for :func:`neurosim.spiking.code_target`.

    Returns
    -------
    ndarray
        (C,) in Hz: spikes after the first over the time from the first to the last; 0 for fewer
        than two spikes.

    Raises
    ------
    InputError
        Currents that are no list of finite numbers, a time that is not positive, or no brian2.

    Examples
    --------
    >>> from neurosim.spiking import Lif
    >>> firing_rates(Lif(), [-41.0, -30.0], duration=300.0, code="numpy").round()
    array([ 0., 69.])
    """
    b2 = require_brian2()
    check_positive("firing_rates", "duration", duration)
    check_non_negative("firing_rates", "settle", settle)
    drive = np.asarray(currents, float)
    if drive.ndim != 1 or not drive.size or not np.all(np.isfinite(drive)):
        raise InputError(f"firing_rates: currents must be finite numbers, (C,), given {currents!r}")
    with compiling(code_target(code)):
        clock = b2.Clock(dt=model.dt_neuron * b2.ms, name="neuron_clock")
        group = neurons(model, len(drive), clock)
        for name, values in model.initial(len(drive), np.random.default_rng(0)).items():
            group.variables[name].get_value()[:] = values
        group.variables["x"].get_value()[:] = drive - model.bias
        spikes = b2.SpikeMonitor(group, name="spikes")
        b2.Network(group, spikes).run((settle + duration) * b2.ms, namespace={})
    times, units = np.array(spikes.t_[:]) * 1000, np.array(spikes.i[:])
    rates = np.zeros(len(drive))
    for i in range(len(drive)):
        own = times[(units == i) & (times >= settle)]
        if len(own) > 1:
            rates[i] = 1000 * (len(own) - 1) / (own[-1] - own[0])
    return rates
