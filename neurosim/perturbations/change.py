"""Change the task in mid-course: another target, another arm."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, check_between, check_positive
from neurosim.perturbations._base import Perturbation, PerturbedTrial, Stream

if TYPE_CHECKING:
    from neurosim.simulate import Simulation


@dataclass(frozen=True)
class TargetChange(Perturbation):
    """Change of the target: turned about the origin and scaled.

    Parameters
    ----------
    strength
        Share of the turn and of the change of scale.
    rotation
        In degrees, anticlockwise.
    scale
        Factor on the size.

    Examples
    --------
    >>> from neurosim.perturbations import When
    >>> print(TargetChange(rotation=90.0, when=When(first_trial=5)))
    target:90@trial=5..
    """

    name: ClassVar[str] = "target"
    arguments: ClassVar[tuple[str, ...]] = ("rotation", "scale")

    rotation: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_between(self, "rotation", self.rotation, -360, 360)
        check_positive(self, "scale", self.scale)

    @property
    def claims(self) -> frozenset[str]:
        """Where the hand should go."""
        return frozenset({"the target"})

    def check(self, run: Simulation) -> None:
        """Refuse to turn what has not two dimensions."""
        n_axes = len(run.task.plant.axes)
        if self.rotation and n_axes != 2:
            raise InputError(f"{self}: only a target in the plane can turn, this has {n_axes} axes")

    def retarget(
        self, target: NDArray[np.float64], strength: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Turn and scale the target."""
        target = target * (1 + strength * (self.scale - 1))[:, np.newaxis]
        if self.rotation:
            angle = np.radians(strength * self.rotation)
            x, y = target.T
            target = np.column_stack(
                [x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)]
            )
        return target


@dataclass(frozen=True)
class ArmChange(Perturbation):
    """Change of the arm: factors on the lengths of its segments, as growth or a tool makes them.

    Parameters
    ----------
    strength
        Share of the change.
    factors
        One for all segments, or one each.

    Examples
    --------
    >>> print(ArmChange(factors=(0.8, 1.1)))
    arm:0.8,1.1
    """

    name: ClassVar[str] = "arm"
    arguments: ClassVar[tuple[str, ...]] = ("factors",)

    factors: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        super().__post_init__()
        for factor in self.factors:
            check_positive(self, "factors", factor)

    @property
    def claims(self) -> frozenset[str]:
        """What the hand hangs on."""
        return frozenset({"the arm"})

    def check(self, run: Simulation) -> None:
        """Refuse a plant without segments, or factors that are not one each."""
        segments = len(getattr(run.task.plant, "lengths", ()))
        if not segments:
            raise InputError(f"{self}: task '{run.task.name}' has no arm")
        if len(self.factors) not in (1, segments):
            raise InputError(
                f"{self}: expected one factor or {segments}, one a segment, "
                f"given {len(self.factors)}"
            )

    def apply(self, trial: PerturbedTrial, strength: NDArray[np.float64], stream: Stream) -> None:
        """Change the lengths for the whole trial."""
        arm: Any = trial.plant
        factors = 1 + strength[-1] * (np.array(self.factors) - 1)
        lengths = tuple(float(length) for length in factors * arm.lengths)
        trial.plant = dataclasses.replace(arm, lengths=lengths)
