"""Lesions of the network: units, recurrent connections or readout weights that are gone.

Which ones is drawn once a run; a stronger lesion contains a weaker one, and a lesion that grows
(``When.ramp``) contains what it was before, trial by trial. Units and connections work again where
the schedule ends, as after inactivation; readout weights are lost, and have to be learned again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import check_choice
from neurosim.perturbations._base import Perturbation, PerturbedTrial, Stream, check_pathway

if TYPE_CHECKING:
    from neurosim.simulate import Simulation


@dataclass(frozen=True)
class Lesion(Perturbation):
    """Lesion: a share of the units, recurrent connections or readout weights is gone.

    Parameters
    ----------
    strength
        The share.
    what
        ``"units"``, whose rates are 0; ``"connections"`` between units; or the weights of the
        ``"readout"``, which cannot grow again while the lesion lasts.
    pathway
        Whose readout weights.

    Examples
    --------
    >>> print(Lesion(0.2), Lesion(0.5, "readout", "exploratory"))
    lesion:units:0.2 lesion:readout:0.5:exploratory
    """

    name: ClassVar[str] = "lesion"
    arguments: ClassVar[tuple[str, ...]] = ("what", "strength", "pathway")

    what: str = "units"
    pathway: str = "mastery"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "what", self.what, ("units", "connections", "readout"))

    def check(self, run: Simulation) -> None:
        """Refuse a pathway that the rule does not have."""
        if self.what == "readout":
            check_pathway(self, self.pathway, run)

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Mark what is gone."""
        if self.what == "units":
            marks = trial.silent
        elif self.what == "connections":
            marks = trial.cut
        else:
            marks = trial.lost[trial.pathway(self.pathway)].reshape(-1)
        gone = stream().permutation(marks.size)[: round(float(strength[-1]) * marks.size)]
        marks[gone] = True
