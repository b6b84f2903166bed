r"""Subthalamic nucleus (STN) and external pallidum (GPe): beta without dopamine, none with it.

The network of Bahuguna, Sahasranamam & Kumar 2020 (PLoS Comput Biol 16:e1007748), without bursts:
leaky integrate-and-fire neurons, the same in both nuclei, with alpha-shaped conductances,

    C dv/dt = g_L (E_L - v) + g_ex (E_ex - v) + g_in (E_in - v)        v > V_th: spike, v <- V_reset
    g(t)    = J e (t - d) / tau exp(-(t - d) / tau)      after a spike, with peak J and delay d

Cortex excites the STN, the STN the GPe, the GPe inhibits itself and the STN:

    cortex -> STN    Poisson, nu_ctx = 1400 / s to each neuron, J uniform in 0.5 to 1.5 nS
    rest -> GPe      Poisson, nu_GPe to each neuron, J the same: all excitation but the STN's, less
                     the striatum's inhibition
    STN -> GPe       each STN neuron to 2.3 % of 2000, 1.2 nS, 6 ms
    GPe -> STN       each GPe neuron to 3.5 % of 1000, 0.8 nS, 6 ms
    GPe -> GPe       2.0 %, 0.725 nS, 3 ms

**Dopamine** D, 1 in health and 0 where all is lost, keeps the striatal neurons of the indirect
pathway quiet. Without it they inhibit the GPe more (Kumar, Cardanobile, Rotter & Aertsen 2011,
Front Syst Neurosci 5:86), which leaves it a smaller net input:

    nu_GPe = nu_0 + D (nu_1 - nu_0)                      nu_0 = 700 / s, nu_1 = 1100 / s

**Stimulation** of the STN excites axons, and inhibits somata through the terminals that end on
them: in monkeys the STN falls nearly silent, while the pallidum, driven by its axons, keeps its
rate (Moran, Stein, Tischler, Belelovsky & Bar-Gad 2011, Front Syst Neurosci 5:21). So each pulse
activates a share p of the GPe's axons where they end in the STN, at once, and the same share of the
STN's axons, whose spikes reach the GPe after their delay. Axons do not tire, and no spike runs
backwards.

What is the paper's: the neurons, the numbers of neurons, all J, d and shares of targets, and the
ranges of the inputs (1000 to 1800 / s to the STN, 300 to 1500 / s to the GPe), from its figures and
the authors' scripts. What is ours: which inputs stand for health and depletion, the straight line
between them, and p = 0.1. The paper's border of oscillation at nu_ctx = 1400 / s lies at
nu_GPe = 900 / s (its Fig. 2C), halfway between ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import (
    InputError,
    check_between,
    check_integer,
    check_non_negative,
    check_positive,
)
from neurosim.provenance import describe, environment
from neurosim.spiking._brian import code_target, compiling, require_brian2
from neurosim.spiking.basal_ganglia_network import integrate

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Projection:
    """Connections from one nucleus to another.

    Parameters
    ----------
    share
        Targets of a neuron, as a share of the target's neurons; drawn with replacement.
    weight
        J, peak conductance in nS.
    delay
        d, in ms.

    Examples
    --------
    >>> Projection(share=0.023, weight=1.2, delay=6.0).targets(2000)
    46
    """

    share: float
    weight: float
    delay: float

    def __post_init__(self) -> None:
        check_between(self, "share", self.share, 0, 1)
        check_non_negative(self, "weight", self.weight)
        check_positive(self, "delay", self.delay)

    def targets(self, n_units: int) -> int:
        """Targets of a neuron among ``n_units``."""
        return round(self.share * n_units)


@dataclass(frozen=True)
class BasalGanglia:
    """The STN and the GPe, their inputs and a stimulating electrode.

    Parameters
    ----------
    dopamine
        D, from 0 (all lost) to 1 (health).
    stimulation
        Pulses in the STN, in Hz; 0: none.
    recruited
        p, the share of axons that a pulse activates.
    cortical_input
        nu_ctx, events / s to each STN neuron.
    pallidal_input
        nu_0 and nu_1, events / s to each GPe neuron without dopamine and in health.
    n_stn, n_gpe
        Neurons. Each has more inputs where there are more.
    stn_gpe, gpe_stn, gpe_gpe
        Connections.

    Examples
    --------
    >>> BasalGanglia(dopamine=0.25).gpe_input
    800.0
    """

    dopamine: float = 1.0
    stimulation: float = 0.0
    recruited: float = 0.1
    cortical_input: float = 1400.0
    pallidal_input: tuple[float, float] = (700.0, 1100.0)
    n_stn: int = 1000
    n_gpe: int = 2000
    stn_gpe: Projection = Projection(0.023, 1.2, 6.0)
    gpe_stn: Projection = Projection(0.035, 0.8, 6.0)
    gpe_gpe: Projection = Projection(0.02, 0.725, 3.0)

    def __post_init__(self) -> None:
        check_between(self, "dopamine", self.dopamine, 0, 1)
        check_between(self, "stimulation", self.stimulation, 0, 1000)
        check_between(self, "recruited", self.recruited, 0, 1)
        check_non_negative(self, "cortical_input", self.cortical_input)
        if not (isinstance(self.pallidal_input, tuple) and len(self.pallidal_input) == 2):
            raise InputError(
                "BasalGanglia: pallidal_input must be two numbers, without dopamine and in health, "
                f"given {self.pallidal_input!r}"
            )
        for value in self.pallidal_input:
            check_non_negative(self, "pallidal_input", value)
        for name in ("n_stn", "n_gpe"):
            check_integer(self, name, getattr(self, name), minimum=1)
        for name in ("stn_gpe", "gpe_stn", "gpe_gpe"):
            if not isinstance(getattr(self, name), Projection):
                raise InputError(
                    f"BasalGanglia: {name} must be a Projection, given {getattr(self, name)!r}"
                )
        if not any(
            (
                self.stn_gpe.targets(self.n_gpe),
                self.gpe_stn.targets(self.n_stn),
                self.gpe_gpe.targets(self.n_gpe),
            )
        ):
            raise InputError(
                f"BasalGanglia: there are no connections among {self.n_stn} STN and {self.n_gpe} "
                "GPe neurons; expected more neurons, or larger shares of targets"
            )

    @property
    def gpe_input(self) -> float:
        """nu_GPe, events / s to each GPe neuron."""
        depleted, healthy = self.pallidal_input
        return depleted + self.dopamine * (healthy - depleted)


def simulate_basal_ganglia(
    model: BasalGanglia | None = None,
    *,
    duration: float = 3000.0,
    warm_up: float = 500.0,
    seed: int = 0,
    target: str = "auto",
    progress: bool = False,
) -> xr.Dataset:
    """Simulate the network; a second takes about one on one core, once it is compiled.

    Parameters
    ----------
    model
        The network; healthy by default.
    duration
        What is recorded, in ms.
    warm_up
        Before that, in ms. It begins with potentials drawn between reset and threshold.
    seed
        Of one generator, whose streams draw connections, inputs and first potentials: networks of
        the same seed have the same connections, with dopamine and without.
    target
        Of Brian2's code: ``"cython"``, compiled when first used (half a minute), ``"numpy"`` or
        ``"auto"``, see :func:`neurosim.spiking.code_target`. The spikes are the same.
    progress
        Show a progress bar.

    Returns
    -------
    xarray.Dataset
        ``spike_time`` (spike) in ms, with ``spike_unit``; ``population`` (unit), STN or GPe;
        ``signals`` (time, channel) every ms: ``STN LFP`` in pA, the sum of the absolute excitatory
        and inhibitory currents into a neuron, averaged over the STN (a proxy of a field potential:
        Mazzoni et al. 2008, PLoS Comput Biol 4:e1000239, for cortex), ``STN rate`` and
        ``GPe rate`` in spikes/s of a neuron, in bins of 1 ms. A file of it is read by
        :func:`neurosim.io.load`.

    Raises
    ------
    InputError
        A value out of range, or Brian2 is not installed.

    Examples
    --------
    >>> from neurosim.spiking.basal_ganglia import BasalGanglia, simulate_basal_ganglia
    >>> small = BasalGanglia(n_stn=20, n_gpe=40)
    >>> result = simulate_basal_ganglia(small, duration=20, warm_up=0, target="numpy")
    >>> dict(result.signals.sizes)
    {'time': 20, 'channel': 3}
    """
    model = model or BasalGanglia()
    owner = "simulate_basal_ganglia"
    check_positive(owner, "duration", duration)
    check_non_negative(owner, "warm_up", warm_up)
    check_integer(owner, "seed", seed, minimum=0)
    target = code_target(target)
    length, skipped = round(duration), round(warm_up)
    if length != duration or skipped != warm_up:
        raise InputError(
            f"{owner}: duration and warm_up must be whole numbers of ms, "
            f"given {duration:g} and {warm_up:g}"
        )
    with compiling(target), _bar(skipped + length, progress) as report:
        times, units, lfp = integrate(model, skipped + length, int(seed), report)
    kept = times >= skipped
    times = np.round(times[kept] - skipped, 1)
    result = _result(model, times, units[kept], lfp[skipped:])
    given = {"model": describe(model), "seed": int(seed), "duration": length, "warm_up": skipped}
    result.attrs |= {"seed": int(seed), "code_target": target, "parameters": json.dumps(given)}
    return result


@contextmanager
def _bar(length: int, shown: bool) -> Iterator[Any]:
    """A progress bar in ms of the model's time, as Brian2's report; None where it is not shown."""
    from tqdm.auto import tqdm

    with tqdm(total=length, unit="ms", desc="basal ganglia", disable=not shown, leave=False) as bar:

        def report(elapsed: Any, completed: float, start: Any, duration: Any) -> None:
            bar.update(round(completed * length) - bar.n)

        yield report if shown else None


def _result(
    model: BasalGanglia,
    times: NDArray[np.float64],
    units: NDArray[np.int64],
    lfp: NDArray[np.float64],
) -> xr.Dataset:
    """The labelled result."""
    import xarray as xr

    length, n_units = len(lfp), model.n_stn + model.n_gpe
    channels: dict[str, tuple[NDArray[Any], str]] = {"STN LFP": (lfp, "pA")}
    for name, of, n in (
        ("STN rate", units < model.n_stn, model.n_stn),
        ("GPe rate", units >= model.n_stn, model.n_gpe),
    ):
        counts = np.bincount((times[of] + 1e-6).astype(int), minlength=length)
        channels[name] = (counts * (1e3 / n), "spikes/s")
    result = xr.Dataset(
        {
            "spike_time": ("spike", times, {"long_name": "time of the spike", "units": "ms"}),
            "spike_unit": ("spike", units, {"long_name": "number of the neuron, from 0"}),
            "signals": (
                ("time", "channel"),
                np.stack([values for values, _ in channels.values()], axis=1),
                {"long_name": "field potential and rates of the nuclei"},
            ),
        },
        coords={
            "time": ("time", np.arange(length, dtype=float), {"units": "ms"}),
            "channel": ("channel", list(channels)),
            "channel_unit": ("channel", [unit for _, unit in channels.values()]),
            "unit": ("unit", np.arange(n_units)),
            "population": ("unit", ["STN"] * model.n_stn + ["GPe"] * model.n_gpe),
        },
    )
    result.attrs = {
        "Conventions": "CF-1.11",
        "title": "STN and GPe, spiking",
        "source": "neurosim",
        "kind": "basal_ganglia",
        "references": "bahuguna2020 kumar2011 moran2011",
        "dopamine": float(model.dopamine),
        "stimulation": float(model.stimulation),
        "brian2_version": require_brian2().__version__,
        **environment(),
    }
    return result
