"""What moving joints costs: sum_k c_k |z_k - zbar_k|, added to the error of the hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim._compile import implements
from neurosim.errors import check_between, check_choice, check_non_negative


@dataclass(frozen=True)
class Effort:
    """Cost of moving joints, added to the instantaneous error: sum_k c_k |z_k - zbar_k|.

    Parameters
    ----------
    costs
        c_k, one an output.
    reference
        What zbar is the running mean of. ``"output"``: the whole output z, so that the cost is c_k
        times how fast joint k moves, as the paper's words say. ``"exploratory"``: the exploratory
        output alone, as in the authors' scripts; whatever the mastery pathway produces then counts
        as effort, and with the exploratory pathway silent the cost is c_k |z_k|.
    filter
        Coefficient of the running mean, per step.
    """

    costs: tuple[float, ...]
    reference: str = "output"
    filter: float = 0.2

    def __post_init__(self) -> None:
        for cost in self.costs:
            check_non_negative(self, "costs", cost)
        check_choice(self, "reference", self.reference, ("output", "exploratory"))
        check_between(self, "filter", self.filter, 0, 1)

    def kernel(self) -> EffortKernel:
        """The compiled piece."""
        return EffortKernel(
            np.array(self.costs, float),
            np.zeros(len(self.costs)),
            float(self.filter),
            self.reference == "exploratory",
        )


class NoEffort(NamedTuple):
    """Moving is free."""


class EffortKernel(NamedTuple):
    """Costs c, running mean zbar, its coefficient, and what it follows."""

    c: NDArray[np.float64]
    zbar: NDArray[np.float64]
    b: float
    exploratory: bool


def effort(kind, signals):  # type: ignore[no-untyped-def]
    """The cost of this step (compiled code only)."""
    raise TypeError("effort() is resolved by compiled code")


@implements(effort, NoEffort)
def _(kind, signals):  # type: ignore[no-untyped-def]
    return 0.0


@implements(effort, EffortKernel)
def _(kind, signals):  # type: ignore[no-untyped-def]
    followed = signals.parts[-1] if kind.exploratory else signals.z
    total = 0.0
    for k in range(kind.c.shape[0]):
        total += kind.c[k] * abs(signals.z[k] - kind.zbar[k])
        kind.zbar[k] += kind.b * (followed[k] - kind.zbar[k])
    return total
