"""Reservoirs that reach, as populations to set beside a recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analyses.fit import Range
from analyses.reaching import reach_times
from analyses.reports import rates_of
from neurosim.errors import InputError, check_choice, check_integer
from neurosim.overrides import parameters, replaced
from neurosim.recording import Recording
from neurosim.reservoir import Reservoir
from neurosim.rules import Rule
from neurosim.simulate import train
from neurosim.task import Schedule
from tasks.motor.reaching import SHOWN, Reaching
from tasks.motor.reaching_presets import RESERVOIR, reaching_rule, reaching_task

if TYPE_CHECKING:
    import xarray as xr

KINDS = ("untrained", "force", "rmhl", "supertrex")
"""How a network learns to reach; ``untrained``: not at all."""

EVENT = "go_time"
"""From which times count. Wanted movements begin 150 ms later."""

SPAN = (-50.0, 550.0)
"""Times that are kept, in ms; ranges for normalisation are of these."""

INTERVAL = 10.0
"""Between the times that are kept, in ms."""

RANGES = {
    "gain": Range(0.5, 2.5),
    "time_constant": Range(10.0, 200.0, log=True),
    "noise": Range(0.001, 0.1, log=True),
    "connection_probability": Range(0.02, 0.5, log=True),
    "feedback_scale": Range(0.1, 3.0, log=True),
    "input_scale": Range(0.1, 5.0, log=True),
    "learning_rate": Range(0.0005, 0.02, log=True),
}
"""Where parameters are searched unless a range is given."""

SHORT = {
    "tau": "time_constant",
    "connectivity": "connection_probability",
    "feedback": "feedback_scale",
}
"""Other names under which they are known."""


FITTED = (
    ("feedback_scale", 1.97),
    ("gain", 1.48),
    ("input_scale", 2.02),
    ("time_constant", 28.8),
)
"""Parameters with which a network has most in common with a recording; see docs/reaching.md."""


@dataclass(frozen=True)
class Reacher:
    """A reservoir that learns to reach to targets around a circle, and then reaches to each once.

    Called with parameters and a seed it gives its population: a model for
    :func:`analyses.fit.search`.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    n_targets
        Number of conditions.
    n_units
        Of the network.
    train_trials
        At least so many: training is in whole blocks of all targets.
    shown_until
        As for :class:`tasks.motor.reaching.Reaching`: whether the target stays.
    span
        First and last time kept, in ms from the go signal.
    chosen
        Names and values of parameters that are not those of the preset.

    Examples
    --------
    >>> rates = Reacher("untrained", n_units=30)({"gain": 1.2}, seed=1)
    >>> dict(rates.sizes)
    {'condition': 8, 'time': 61, 'unit': 30}
    """

    kind: str = "force"
    n_targets: int = 8
    n_units: int = RESERVOIR.n_units
    train_trials: int = 240
    shown_until: str = "end"
    span: tuple[float, float] = SPAN
    chosen: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        check_choice(self, "kind", self.kind, KINDS)
        check_integer(self, "n_targets", self.n_targets, minimum=1)
        check_integer(self, "train_trials", self.train_trials, minimum=1)
        check_choice(self, "shown_until", self.shown_until, SHOWN)

    @property
    def task(self) -> Reaching:
        """Delayed reaching without an arm."""
        return reaching_task(n_targets=self.n_targets, shown_until=self.shown_until)

    @property
    def rule(self) -> Rule:
        """How it learns; FORCE, with nothing to learn from, where it does not."""
        return reaching_rule("force" if self.kind == "untrained" else self.kind, self.task)

    @property
    def reservoir(self) -> Reservoir:
        """The network that is known to learn to reach, of this size."""
        return replace(RESERVOIR, n_units=self.n_units)

    @property
    def schedule(self) -> Schedule:
        """Training in whole blocks, and a test of one block."""
        blocks = 0 if self.kind == "untrained" else -(-self.train_trials // self.n_targets)
        return Schedule(train_trials=blocks * self.n_targets, test_trials=self.n_targets)

    def parameters(self) -> list[str]:
        """Names of the numbers that can be changed."""
        rule = {} if self.kind == "untrained" else parameters(self.rule)
        known = parameters(self.reservoir) | rule
        return sorted(name for name, value in known.items() if isinstance(value, float))

    def run(self, chosen: dict[str, float], seed: int) -> xr.Dataset:
        """Train and test; see :func:`neurosim.recording.result`.

        Raises
        ------
        InputError
            A parameter out of range, or a network that diverges.
        """
        values = dict(self.chosen) | chosen
        texts = {name: repr(float(value)) for name, value in values.items()}
        reservoir = replaced(self.reservoir, texts)
        result = train(
            self.task,
            replaced(self.rule, texts),
            reservoir,
            seed=seed,
            schedule=self.schedule,
            recording=Recording(("hand", "rates"), INTERVAL, units=tuple(range(self.n_units))),
        )
        if result.attrs["diverged"]:
            raise InputError("Reacher: the network diverged")
        return result

    def population(self, result: xr.Dataset) -> xr.DataArray:
        """Rates of the test trials, (condition, time, unit), times from the go signal.

        Its coordinate ``path_error`` (condition) is how far off the hand is, in percent of the
        targets' distance.
        """
        from analyses.population.form import of_conditions
        from neurosim.io import align
        from neurosim.io.result import cut

        rates = of_conditions(rates_of(align(cut(result), EVENT, self.span)), "Reacher")
        reaches = reach_times(result)
        test = reaches.isel(trial=reaches["phase"].values == "test")
        order = np.argsort(test["condition"].values)  # each condition is tested once
        return rates.assign_coords(
            path_error=("condition", test["path_error_percent"].values[order])
        )

    def __call__(self, chosen: dict[str, float], seed: int) -> xr.DataArray:
        """Population for parameters and a seed."""
        return self.population(self.run(chosen, seed))

    def like(self, recording: xr.DataArray) -> Reacher:
        """The same with as many conditions as a recording, and at its times.

        Raises
        ------
        InputError
            Times before or after those of a trial, or nearer to each other than are kept.
        """
        times = recording["time"].to_numpy().astype(float)
        task = self.task
        dt = (times[-1] - times[0]) / max(len(times) - 1, 1)
        if dt < INTERVAL * (1 - 1e-6):
            raise InputError(
                f"Reacher: rates of networks are kept every {INTERVAL:g} ms, those of the "
                f"recording every {dt:g} ms; give them in bins of at least {INTERVAL:g} ms"
            )
        before = task.baseline + task.delay[0]
        after = task.n_steps(1.0) - before
        # bins of the recording's interval are filled at both ends
        span = (
            np.floor((times[0] - dt / 2) / INTERVAL) * INTERVAL,
            np.ceil((times[-1] + dt / 2) / INTERVAL) * INTERVAL,
        )
        if not (-before <= span[0] and span[1] < after):
            raise InputError(
                f"Reacher: trials last from {-before:g} to {after:g} ms around the go signal, the "
                f"recording from {times[0]:g} to {times[-1]:g} ms"
            )
        return replace(
            self, n_targets=recording.sizes["condition"], span=(float(span[0]), float(span[1]))
        )
