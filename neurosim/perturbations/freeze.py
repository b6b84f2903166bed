"""Stop a pathway from learning, whatever it puts out.

    W_p <- W_p + (1 - s) dW_p

For recursive least squares the gate of P is lowered with that of the weights: what is not learned
from is not remembered. SUPERTREX's transfer from a frozen exploratory pathway takes nothing out of
its weights, so that what it teaches adds to the movement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.perturbations._base import OfPathway, PerturbedTrial, Stream


@dataclass(frozen=True)
class Freeze(OfPathway):
    """Freeze the weights of a pathway, or slow their learning.

    Parameters
    ----------
    strength
        s; at 1 nothing is learned.
    pathway
        Whose weights.

    Examples
    --------
    >>> from neurosim.perturbations import When
    >>> print(Freeze(pathway="mastery", when=When(first_trial=3, last_trial=6)))
    freeze:mastery@trial=3..6
    """

    name: ClassVar[str] = "freeze"
    arguments: ClassVar[tuple[str, ...]] = ("pathway", "strength")
    needs_training: ClassVar[bool] = True

    @property
    def claims(self) -> frozenset[str]:
        """How fast the pathway learns."""
        return frozenset({f"the learning of the {self.pathway} pathway"})

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Lower the gain of the weight change."""
        trial.modulation.plasticity[:, trial.pathway(self.pathway)] = 1 - strength
