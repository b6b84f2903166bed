r"""RNN5: recurrent weights learned by gradient, so that features of a part approach the whole's.

Tang et al. 2018. With f the features (N,) of a partly visible object, not negative as after a
rectifier, and y those of the whole one:

    h(0) = f,  h(t) = ReLU(W h(t-1) + I(t)),  I(t) = f where no other input is asked for
    L = mean over images, units and steps t = 1 ... T-1 of (h(t) - y)^2

T = 5 steps, the feed-forward one counted. All of them count in the loss, not the last alone: each
is read out, and each gives W a gradient by a short path. W starts small, random and positive: at 0
or below, a unit that is silent in f would have no gradient. Pairs in random order, RMSprop:

    v <- rho v + (1 - rho) (dL/dW)^2,  W <- W - rate / sqrt(v) dL/dW,  rho = 0.9

Memory: W, its gradient and v are 3 N^2 numbers, 200 MB for N = 4096 in single precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim._compile import cached_loop
from neurosim.errors import InputError, check_integer, check_positive
from neurosim.hopfield import _checks
from neurosim.hopfield._base import Network
from neurosim.hopfield._connections import Full
from neurosim.hopfield._gradient import loss_and_gradient, rmsprop
from neurosim.hopfield._input import Input
from neurosim.hopfield._kernels import Array

INITIAL = 0.01
"""Largest sum of the weights that a unit receives, before learning."""

KEPT = 0.9
"""rho, the part of the running mean of squared gradients that is kept in an update."""

DIVERGED = 1e3
"""Learning has diverged where the loss is this many times that without recurrence."""


@dataclass(frozen=True)
class Learned:
    """Recurrence learned from pairs of part and whole.

    Parameters
    ----------
    time_steps
        T, at least 2.
    learning_rate
        About the change of a weight in an update.
    epochs
        Passes over all pairs.
    batch_size
        Pairs in an update.

    Examples
    --------
    Two units that go together, one of them hidden:

    >>> import numpy as np
    >>> part, whole = [[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]
    >>> kind = Learned(time_steps=2, learning_rate=0.01, epochs=200)
    >>> kind.fit(part, whole, rng=np.random.default_rng(0)).step(part, part).round(1)
    array([[1., 1.],
           [1., 1.]])
    """

    name: ClassVar[str] = "rnn5"
    bipolar: ClassVar[bool] = False
    references: ClassVar[tuple[str, ...]] = ("tang2018",)

    time_steps: int = 5
    learning_rate: float = 1e-4
    epochs: int = 20
    batch_size: int = 128

    def __post_init__(self) -> None:
        check_integer(self, "time_steps", self.time_steps, minimum=2)
        check_positive(self, "learning_rate", self.learning_rate)
        check_integer(self, "epochs", self.epochs, minimum=1)
        check_integer(self, "batch_size", self.batch_size, minimum=1)

    def fit(
        self,
        partial: ArrayLike,
        whole: ArrayLike,
        *,
        rng: np.random.Generator,
        progress: bool = False,
    ) -> LearnedNetwork:
        """Learn W.

        Parameters
        ----------
        partial, whole
            (pairs, units) features of the visible part, and of the whole object.
        rng
            For the first weights and the order of the pairs.
        progress
            Show a progress bar.

        Raises
        ------
        InputError
            Arrays that do not match, or learning that diverges.
        """
        from tqdm.auto import tqdm

        f = _checks.patterns("Learned", partial, bipolar=False, what="partial")
        y = _checks.patterns("Learned", whole, bipolar=False, what="whole").astype(f.dtype)
        if f.shape != y.shape:
            raise InputError(
                f"Learned: partial and whole must be pairs, given {f.shape} and {y.shape}"
            )
        number, n_units = f.dtype.type, f.shape[1]
        W = rng.random((n_units, n_units), f.dtype)
        W *= number(INITIAL / n_units)
        square = np.zeros_like(W)
        without = float(np.mean((f - y) ** 2)) or inf
        starts = range(0, len(f), self.batch_size)
        losses = np.zeros((self.epochs, len(starts)))
        bar = tqdm(total=losses.size, unit="batch", disable=not progress, leave=False)
        for epoch in range(self.epochs):
            order = rng.permutation(len(f))
            for batch, first in enumerate(starts):
                rows = order[first : first + self.batch_size]
                loss, gradient = loss_and_gradient(W, f[rows], y[rows], self.time_steps)
                if not loss < DIVERGED * without:
                    raise InputError(
                        f"Learned: learning diverged in epoch {epoch + 1} (loss {loss:.3g}, without"
                        f" recurrence {without:.3g}): use a learning_rate below"
                        f" {self.learning_rate}"
                    )
                rate, kept = number(self.learning_rate), number(KEPT)
                cached_loop(rmsprop)(W, gradient, square, rate, kept)
                losses[epoch, batch] = loss
                bar.update()
        bar.close()
        return LearnedNetwork(
            kind=self, connections=Full(W), alive=np.ones_like(f[0]), losses=losses.mean(axis=1)
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class LearnedNetwork(Network):
    """A network that has learned its recurrence.

    Attributes
    ----------
    losses
        (epochs,) mean loss of the batches while learning.
    """

    limits: ClassVar[tuple[float, float]] = (0.0, inf)
    own_input: ClassVar[Input] = Input()

    losses: NDArray[np.float64]

    def _energy(self, states: Array, field: Array) -> NDArray[np.float64]:
        raise InputError("Learned: W need not be symmetric, so that there is no energy")
