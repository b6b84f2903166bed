r"""A mass on a damped spring, pulled by the readout; an example of a plant of one's own.

In each of two dimensions, with the readout z as the place to which the spring pulls,

    x'' + 2 zeta omega x' + omega^2 x = omega^2 z,        omega = 2 pi f

which is s' = A s + B z for the state s = (x, x'), with A = ((0, 1), (-omega^2, -2 zeta omega)) and
B = (0, omega^2). The readout holds for a step h, over which the solution is exact (Van Loan 1978,
IEEE Trans. Autom. Control 23:395):

    s(t + h) = Phi s(t) + Gamma z,   exp(h | A  B |) = | Phi  Gamma |
                                           | 0  0 |    | 0    1     |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import check_non_negative, check_positive
from neurosim.extending import State, implements, move


@dataclass(frozen=True)
class SpringMass:
    """A mass on a damped spring in the plane; outputs are where the spring pulls to.

    Parameters
    ----------
    frequency
        f, of the undamped mass, in Hz.
    damping_ratio
        zeta: 1 is critical damping, less swings.
    """

    frequency: float = 10.0
    damping_ratio: float = 1.0

    n_outputs: ClassVar[int] = 2
    axes: ClassVar[tuple[str, ...]] = ("x", "y")
    output_quantity: ClassVar[str] = "equilibrium position"
    output_unit: ClassVar[str] = "1"
    invertible: ClassVar[bool] = False
    states: ClassVar[tuple[State, ...]] = (
        State("mass_position", "mass_axis", ("x", "y"), "position of the mass", "1"),
        State("mass_velocity", "mass_axis", ("x", "y"), "velocity of the mass", "1/s"),
    )

    def __post_init__(self) -> None:
        check_positive(self, "frequency", self.frequency)
        check_non_negative(self, "damping_ratio", self.damping_ratio)

    def kernel(self, dt: float) -> SpringMassKernel:
        """The compiled piece for steps of ``dt`` in ms, at rest in the origin."""
        from scipy.linalg import expm

        omega = 2 * np.pi * self.frequency
        whole = np.zeros((3, 3))
        whole[0, 1] = 1.0
        whole[1] = -(omega**2), -2 * self.damping_ratio * omega, omega**2
        step = expm(whole * dt * 1e-3)
        return SpringMassKernel(np.zeros(4), step[:2, :2].copy(), step[:2, 2].copy())


class SpringMassKernel(NamedTuple):
    """The plant's memory (x, y, x', y'), and Phi (2, 2) and Gamma (2,) of the equation above."""

    state: NDArray[np.float64]
    Phi: NDArray[np.float64]
    Gamma: NDArray[np.float64]


@implements(move, SpringMassKernel)
def _(plant, z, hand):
    s, Phi, Gamma = plant.state, plant.Phi, plant.Gamma
    for k in range(2):
        x, v = s[k], s[2 + k]
        s[k] = Phi[0, 0] * x + Phi[0, 1] * v + Gamma[0] * z[k]
        s[2 + k] = Phi[1, 0] * x + Phi[1, 1] * v + Gamma[1] * z[k]
        hand[k] = s[k]
