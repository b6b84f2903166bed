"""What every stored network offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim._compile import cached_loop
from neurosim.errors import InputError, check_between, check_integer
from neurosim.hopfield import _checks
from neurosim.hopfield._input import Input
from neurosim.hopfield._kernels import Activation, Array, advance
from neurosim.hopfield._stored import Stored
from neurosim.hopfield._trajectory import Run, Trajectory
from neurosim.memory import check_memory

TOLERANCE = 1e-5
"""Graded units stand still while none changes by more than this in an update (times its size, where
that is above 1): some 100 roundings of single precision. Binary ones, when none flips."""

TIE = 1e-6
"""A binary unit whose field is this near 0 stays as it is: rounding would decide."""

BLOCK = 2**23
"""Bytes of the states that are computed together: they and their field stay in the cache."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Network(Stored, ABC):
    """A network that has stored its patterns; made by ``store`` (or ``fit``) of its kind.

    States are (images, units), in the precision of the patterns.
    """

    limits: ClassVar[tuple[float, float]]
    binary: ClassVar[bool] = False
    own_input: ClassVar[Input] = Input(strength=0.0)

    # ------------------------------------------------------------------ what a kind has to say

    @abstractmethod
    def _energy(self, states: Array, field: Array) -> NDArray[np.float64]:
        """(images,) energy without input; ``field`` is room for the field."""

    def _field(self, states: Array, field: Array) -> None:
        """What the units receive from each other, by the connections."""
        self.connections.field(states, field)

    def _bias(self) -> Array:
        """(units,) what each unit receives all the time."""
        return np.zeros_like(self.alive)

    def _order(self, rng: np.random.Generator | None) -> Any:
        """Order of the units in the next update; None: all at once."""
        return None

    def _advance(self, states: Array, drive: Array | None, field: Array, order: Any) -> Any:
        """One update in place; (images,) how many units moved, -1 if one is not finite."""
        number, connections, moved = self.dtype.type, self.connections, np.empty(len(states), int)
        unit = Activation(
            scale=number(connections.scale), own=number(connections.own), bias=self._bias(),
            alive=self.alive, low=number(self.limits[0]), high=number(self.limits[1]),
            tolerance=number(TIE if self.binary else TOLERANCE), binary=self.binary,
        )  # fmt: skip
        with np.errstate(over="ignore", invalid="ignore"):  # seen by what has moved
            self._field(states, field)
        driven = np.empty((0, 0), self.dtype) if drive is None else np.ascontiguousarray(drive)
        cached_loop(advance)(states, field, driven, unit, moved)
        return moved

    # ------------------------------------------------------------------ running

    def step(
        self,
        states: ArrayLike,
        drive: ArrayLike | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> Array:
        """One update: the states at t + 1 from those at t and the input I(t).

        Parameters
        ----------
        states
            (images, units).
        drive
            I(t), (images, units) or (units,); None: no input.
        rng
            For the order of units in asynchronous updates.
        """
        new, order = self._start(states), self._order(rng)
        for rows, driven in self._blocks(new, drive):
            if (self._advance(new[rows], driven, np.empty_like(new[rows]), order) < 0).any():
                raise InputError(f"{self._name}: the states grew beyond all numbers in a step")
        return new

    def energy(self, states: ArrayLike, drive: ArrayLike | None = None) -> NDArray[np.float64]:
        """(images,) energy of the states under the input I, by the equation of the kind."""
        given = self._start(states)
        total = np.empty(len(given))
        for rows, driven in self._blocks(given, drive):
            total[rows] = self._energy(given[rows], np.empty_like(given[rows]))
            if driven is not None:
                total[rows] -= dot(driven, given[rows])
        return total

    def trajectory(self, states: ArrayLike, steps: int, **how: Any) -> Trajectory:
        """All steps as an iterator over (step, states), with one batch in memory.

        Parameters
        ----------
        states, steps, **how
            As for :meth:`run`, but for ``record``.
        """
        return Trajectory(self, states, steps, **how)

    def run(
        self,
        states: ArrayLike,
        steps: int,
        *,
        input: Input | None = None,
        input_weights: ArrayLike | None = None,
        masks: ArrayLike | None = None,
        record: Iterable[int] = (),
        rng: np.random.Generator | None = None,
        progress: bool = False,
    ) -> Run:
        """Let the states go where they go.

        Parameters
        ----------
        states
            (images, units) to start from. Also for bipolar networks a unit may be 0: not known.
        steps
            Number of updates; sweeps over all units where updates are asynchronous.
        input
            What stays on beside the recurrence; None: what is usual for the kind.
        input_weights
            (images, units) or (units,) weight of the input by unit, such as how visible it is. To
            weight the start as well, give weighted states.
        masks
            (images, units) or (units,) patterns of the mask, where the input has one.
        record
            Steps at which the states of all images are kept.
        rng
            For asynchronous updates. In a sweep all images have the same random order.
        progress
            Show a progress bar.

        Raises
        ------
        InputError
            Arrays of another shape, values that are not finite (or not -1, 0, +1 for bipolar
            networks), steps to record that are not reached, states that grow beyond all numbers.

        Examples
        --------
        >>> from neurosim.hopfield import Saturating
        >>> network = Saturating().store([[1, 1, -1, -1], [1, -1, 1, -1]])
        >>> end = network.run([[0.0, 0.2, -0.1, 0.0]], steps=50, record=[0, 10])
        >>> end.states.round(2), end.steps_to_converge
        (array([[ 1.,  1., -1., -1.]], dtype=float32), array([13]))
        >>> end.recorded.shape
        (2, 1, 4)
        """
        wanted = [*record]
        for step in wanted:
            check_integer("run", "record", step, minimum=0)
            check_between("run", "record", step, 0, steps)
        course = self.trajectory(
            states, steps, input=input, input_weights=input_weights, masks=masks, rng=rng,
            progress=progress,
        )  # fmt: skip
        check_memory(len(wanted) * course.states.nbytes, f"recording {len(wanted)} steps")
        recorded = np.empty((len(wanted), *course.states.shape), self.dtype)
        for now, current in course:
            recorded[[step == now for step in wanted]] = current
        took = course.steps_to_converge
        return Run(course.states, took >= 0, took, recorded)

    # ------------------------------------------------------------------ what they share

    @property
    def _rows(self) -> int:
        """Images that are computed together."""
        return max(1, BLOCK // self.alive.nbytes)

    def _start(self, states: ArrayLike) -> Array:
        """A copy of the states, checked, with lesioned units at 0."""
        given = _checks.states(self._name, states, self.n_units, bipolar=self.binary)
        return np.multiply(given, self.alive, dtype=self.dtype, order="C")

    def _blocks(
        self, states: Array, drive: ArrayLike | None
    ) -> Iterator[tuple[slice, Array | None]]:
        spread = None
        if drive is not None:
            spread = _checks.spread(self._name, drive, states.shape, "drive", self.dtype)
        for first in range(0, len(states), self._rows):
            rows = slice(first, first + self._rows)
            yield rows, None if spread is None else spread[rows]


def dot(left: Array, right: Array) -> NDArray[np.float64]:
    """(images,) scalar products, summed in double precision."""
    return np.einsum("ij,ij->i", left, right, dtype=np.float64, casting="same_kind")
