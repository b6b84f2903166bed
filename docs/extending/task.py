r"""Cycling: turn a crank forward or backward, as told; an example of a task of one's own.

After the task of Russo et al. 2018 (Neuron 97:953). For a hand on a circle of radius 1, from the
bottom, at f cycles per second in the direction s = 1 (forward) or -1 (backward):

    x(t) = s sin(2 pi f t),  y(t) = -cos(2 pi f t)

Two inputs tell the direction: (1, 0) forward, (0, 1) backward, through the whole trial.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from neurosim.errors import InputError, check_positive
from neurosim.plants import Direct, Plant
from neurosim.task import Label, Trial


@dataclass(frozen=True)
class Cycling:
    """Cycle forward in even trials and backward in odd ones.

    Parameters
    ----------
    plant
        What moves; its end point must have two coordinates.
    frequency
        f, in Hz.
    duration
        Of a trial, in ms.
    """

    plant: Plant = field(default_factory=Direct)
    frequency: float = 2.0
    duration: float = 1000.0

    name = "cycling"
    effort = None
    n_inputs = 2
    test_feedback = "free"
    unit = "1"
    reset = True

    def __post_init__(self) -> None:
        check_positive(self, "frequency", self.frequency)
        check_positive(self, "duration", self.duration)
        if len(self.plant.axes) != 2:
            raise InputError(
                f"Cycling: plant must move in two dimensions, given {len(self.plant.axes)}"
            )

    def n_steps(self, dt: float) -> int:
        """Steps of one trial."""
        return round(self.duration / dt)

    def trial(self, index: int, dt: float) -> Trial:
        """The trial of this number, counted from 0 through training and test."""
        backward = index % 2
        sign = -1.0 if backward else 1.0
        phase = 2e-3 * np.pi * self.frequency * dt * np.arange(self.n_steps(dt))
        inputs = np.zeros((len(phase), self.n_inputs))
        inputs[:, backward] = 1.0
        return Trial(
            target=np.column_stack([sign * np.sin(phase), -np.cos(phase)]),
            inputs=inputs,
            labels={"direction": Label(("forward", "backward")[backward], "direction of cycling")},
        )
