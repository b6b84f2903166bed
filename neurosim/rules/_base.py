"""What every learning rule offers to the loop."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim._compile import kernel
from neurosim.rules.linear import norm


@runtime_checkable
class Rule(Protocol):
    """A learning rule: validated parameters and the compiled pieces made from them.

    A rule's file defines a frozen dataclass of this form, a ``NamedTuple`` of arrays (its kernel)
    and, for that tuple, the implementations of :func:`readout` and :func:`learn`.

    Attributes
    ----------
    name
        As on the command line.
    pathways
        Names of the pathways whose outputs sum to the readout, in the order of ``signals.parts``;
        the exploratory one is the last.
    needs_output_target
        The rule compares the readout with a wanted readout, so the task must give one.
    training_feedback
        ``"free"`` or ``"target"`` (teacher-forced).
    references
        Papers to cite, as keys of the package's bibliography; a rule of one's own needs none.
    """

    name: ClassVar[str]
    pathways: ClassVar[tuple[str, ...]]
    needs_output_target: ClassVar[bool]
    training_feedback: ClassVar[str]

    def kernel(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> Any:
        """Allocate the rule's arrays."""
        ...

    def bytes_needed(self, n_units: int, n_outputs: int, dtype: DTypeLike) -> int:
        """Memory of the rule's arrays, in bytes."""
        ...

    def weights(self, kernel: Any) -> NDArray[np.floating]:
        """Readout weights by pathway, (pathways, outputs, units)."""
        ...

    def finish(self, kernel: Any) -> None:
        """Whatever is done once at the end of training (offline rules)."""
        ...


def readout(rule, signals, eta, learning):  # type: ignore[no-untyped-def]
    """Fill ``signals.parts`` from ``signals.r`` (compiled code only).

    The loop lets perturbations act on them and sums them to ``signals.z``.
    """
    raise TypeError("readout() is resolved by compiled code")


def learn(rule, signals, error, wanted, step, learning):  # type: ignore[no-untyped-def]
    """Run the rule's filters and change its weights (compiled code only).

    Called once a step after the error is known; with ``learning`` False only filters go on.
    ``wanted`` is the wanted readout at this step, an empty array where the task has none. All
    weight changes of pathway p are multiplied by ``signals.plasticity[p]``, the reward signal and
    exploration by ``signals.dopamine``. A negative error: nothing is told in this step (see
    neurosim/plants/reward.py).
    """
    raise TypeError("learn() is resolved by compiled code")


def weights(rule, pathway):  # type: ignore[no-untyped-def]
    """The readout weights (K, N) of the pathway of this number (compiled code only)."""
    raise TypeError("weights() is resolved by compiled code")


@kernel
def weight_norms(rule, out):  # type: ignore[no-untyped-def]
    """Write the Frobenius norm of each pathway's weights into ``out``."""
    for p in range(out.shape[0]):
        out[p] = norm(weights(rule, p))


@kernel
def prune(rule, lost):  # type: ignore[no-untyped-def]
    """Set the weights in ``lost`` to 0: (L, 3) pathway, output and unit."""
    for j in range(lost.shape[0]):
        weights(rule, lost[j, 0])[lost[j, 1], lost[j, 2]] = 0
