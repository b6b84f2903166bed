"""A batch of images from step to step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError, check_integer
from neurosim.hopfield import _checks
from neurosim.hopfield._input import Input

if TYPE_CHECKING:
    from neurosim.hopfield._base import Network

Array = NDArray[np.floating]


class Run(NamedTuple):
    """What :meth:`Network.run` gives back.

    Attributes
    ----------
    states
        (images, units) at the end.
    converged
        (images,) whether the last update that was computed left the image as it was.
    steps_to_converge
        (images,) first step whose state all later updates leave as it is; -1 where not converged.
    recorded
        (recorded steps, images, units), in the order asked for.
    """

    states: Array
    converged: NDArray[np.bool_]
    steps_to_converge: NDArray[np.int64]
    recorded: Array


class Trajectory(Iterator[tuple[int, Array]]):
    """Steps 0 (the start) to the last, as pairs (step, states), each computed when asked for.

    The states are those of all images, (images, units), to be read until the next step and copied
    to be kept. Images that have converged are not computed again until the input changes. Arguments
    are those of :meth:`Network.run`.

    Attributes
    ----------
    states
        (images, units) now.
    steps_to_converge
        (images,) so far: first step whose state the next update left as it was, -1 where none did.

    Examples
    --------
    >>> from neurosim.hopfield import PseudoInverse
    >>> network = PseudoInverse().store([[1, 1, 1, -1], [1, -1, 1, 1]])
    >>> for step, states in network.trajectory([[1, 1, 0, 0]], steps=2):
    ...     print(step, states)
    0 [[1. 1. 0. 0.]]
    1 [[ 1.  1.  1. -1.]]
    2 [[ 1.  1.  1. -1.]]
    """

    def __init__(
        self,
        network: Network,
        states: ArrayLike,
        steps: int,
        *,
        input: Input | None = None,
        input_weights: ArrayLike | None = None,
        masks: ArrayLike | None = None,
        rng: np.random.Generator | None = None,
        progress: bool = False,
    ) -> None:
        name = network._name
        check_integer(name, "steps", steps, minimum=0)
        self._input = network.own_input if input is None else input
        if (self._input.mask_at is None) != (masks is None):
            raise InputError(f"{name}: masks and an Input with mask_at must be given together")
        self._network, self._steps, self._rng, self._progress = network, steps, rng, progress
        self.states = network._start(states)
        shape, dtype = self.states.shape, network.dtype
        self._drive: Array | None = None
        self._mask: Array | None = None
        if self._input.source(0) == "image":
            self._drive = self.states * dtype.type(self._input.strength)
        if input_weights is not None:
            weights = _checks.spread(name, input_weights, shape, "input_weights", dtype)
            self._drive = None if self._drive is None else self._drive * weights
        if masks is not None:
            self._mask = _checks.spread(name, masks, shape, "masks", dtype)
        self.steps_to_converge = np.full(shape[0], -1)
        self._course = self._compute()

    def __next__(self) -> tuple[int, Array]:
        return next(self._course)

    def _compute(self) -> Iterator[tuple[int, Array]]:
        from tqdm.auto import tqdm

        shown = self.states.view()
        shown.flags.writeable = False
        yield 0, shown
        source: str | None = "image"
        field = np.empty_like(shown[: self._network._rows])
        for t in tqdm(range(self._steps), unit="step", disable=not self._progress, leave=False):
            if self._input.source(t) != source:
                source = self._input.source(t)
                self._change(source)
            order = self._network._order(self._rng)
            active = np.flatnonzero(self.steps_to_converge < 0)
            for first in range(0, len(active), len(field) or 1):
                rows = active[first : first + len(field)]
                moved = self._advance(rows, field, order)
                if (moved < 0).any():
                    name = self._network._name
                    raise InputError(f"{name}: the states grew beyond all numbers at step {t + 1}")
                self.steps_to_converge[rows[moved == 0]] = t
            yield t + 1, shown

    def _change(self, source: str | None) -> None:
        """Another input from now on: what stood still under the last one may move again."""
        self._drive = None
        if source == "mask" and self._mask is not None:
            self._drive = self._mask * self._network.dtype.type(self._input.strength)
        self.steps_to_converge[:] = -1

    def _advance(self, rows: Any, field: Array, order: Any) -> Any:
        """One update of some images, in place where they lie together."""
        together = rows[-1] - rows[0] + 1 == len(rows)
        part: Any = slice(rows[0], rows[-1] + 1) if together else rows
        states = self.states[part]
        drive = None if self._drive is None else self._drive[part]
        moved = self._network._advance(states, drive, field[: len(rows)], order)
        if not together:
            self.states[part] = states
        return moved
