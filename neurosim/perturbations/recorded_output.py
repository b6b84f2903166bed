r"""A recorded or simulated signal as pathological output: added to what a pathway puts out.

    z_p' = z_p + s A (x(t) - mean x) / scale

with strength s and a signal x from a file, t from the begin of the run: the field potential of the
spiking STN and GPe, say, with dopamine and without (neurosim.spiking.basal_ganglia), or that of a
patient. Left alone, scale is the standard deviation of x, so that A is that of what is added. To
compare two signals of one kind, give both the same scale: a quiet one then stays quiet.

The signal is interpolated linearly at the network's steps, and begins again where it ends, with a
jump. All outputs of the pathway get the same, and the rule learns from z_p', as with the other
disturbances of oscillation.py.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_non_negative, check_positive
from neurosim.perturbations._base import OfPathway, PerturbedTrial, Stream

if TYPE_CHECKING:
    from neurosim.simulate import Simulation


@dataclass(frozen=True)
class RecordedOutput(OfPathway):
    """A signal from a file on the output of a pathway.

    Parameters
    ----------
    strength
        s.
    pathway
        Which output.
    file
        Any that :func:`neurosim.io.load` reads ``signals`` from: a simulation of the basal ganglia
        (.nc), BrainVision, NWB, CSV. On the command line, a name without ``:``, ``=`` and ``@``.
    channel
        Of the file; the first by default.
    amplitude
        A, in units of the output.
    scale
        What of the signal makes an output of A, in units of the signal; 0: its standard deviation.

    Examples
    --------
    >>> print(RecordedOutput(0.5, file="depleted.nc"))
    recorded:0.5:depleted.nc
    """

    name: ClassVar[str] = "recorded"
    arguments: ClassVar[tuple[str, ...]] = ("strength", "file")

    file: str = ""
    channel: str = ""
    amplitude: float = 0.05
    scale: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_non_negative(self, "amplitude", self.amplitude)
        check_non_negative(self, "scale", self.scale)

    def check(self, run: Simulation) -> None:
        """Refuse a signal that cannot be read or does not vary."""
        super().check(run)
        _, values = self._signal()
        if not self.scale and not values.std() > 0:
            raise InputError(
                f"{self}: the signal does not vary; expected one that does, or a scale"
            )

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Add the signal."""
        interval, values = self._signal()
        at = trial.steps * trial.run.reservoir.dt / interval
        x = np.interp(at, np.arange(len(values)), values, period=len(values))
        added = self.amplitude * (x - values.mean()) / (self.scale or values.std())
        trial.modulation.added[:, trial.pathway(self.pathway)] += (strength * added)[:, np.newaxis]

    def _signal(self) -> tuple[float, NDArray[np.float64]]:
        """Interval between samples in ms, and samples."""
        if not self.file:
            raise InputError(f"{self.name}: expected the file of a signal, given none")
        changed = os.stat(self.file).st_mtime_ns if os.path.exists(self.file) else 0
        return _read(self.file, self.channel, changed)


@lru_cache(maxsize=8)
def _read(file: str, channel: str, changed: int) -> tuple[float, NDArray[np.float64]]:
    """A channel of a file that was changed at some time, so that it is read once."""
    from neurosim.io import load

    recording = load(file, channels=[channel] if channel else None)
    if "signals" not in recording or recording["signals"].dims != ("time", "channel"):
        raise InputError(f"{file}: expected signals over time without a break, (time, channel)")
    values = recording["signals"].to_numpy()[:, 0].astype(float)
    times = recording["time"].to_numpy().astype(float)
    if len(values) < 2 or not np.isfinite(values).all():
        raise InputError(f"{file}: expected at least two samples, all of them finite")
    interval = float((times[-1] - times[0]) / (len(times) - 1))
    check_positive(file, "the interval between samples", interval)
    if np.abs(np.diff(times) - interval).max() > 1e-3 * interval:
        raise InputError(f"{file}: expected samples at even intervals")
    return interval, values
