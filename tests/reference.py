"""The oracle: the paper's network, plants, rules and metric in plain NumPy, float64.

Written straight from the equations, in the papers' symbols, to be checked by eye. It imports
nothing but NumPy, so that it shares no mistake with the package, and it serves the benchmarks as
the usual NumPy program that the compiled loop is measured against.

Shapes: N units, K outputs, D coordinates of the hand. J (N, N), Q (N, K), W (K, N), P (N, N).

One step, in this order:

1. state    x <- x + dt/tau (-x + J r + Q z(t-1) + W_in u)
2. rates    r = f(x) + eps
3. outputs  z = W r (+ eta)
4. error    e = |hand(z) - target|^2 + sum_k c_k |z_k - zbar_k|
5. filters  ebar <- 0.8 ebar + 0.2 e, zbar <- (1 - b) zbar + b z, m <- 0.9998 m + 0.0002 e
6. psi for the next step, from the new ebar
7. weights, from the new ebar and zbar

Sources: Pyle & Rosenbaum 2019 (SUPERTREX); Sussillo & Abbott 2009 (FORCE); Hoerzer, Legenstein &
Maass 2014 (RMHL); Sankar, Thou, Rougier & Leblois 2021 (the replication).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Readout = tuple[Array, dict[str, Array]]  # z, and its parts by name
ScalarOrArray = TypeVar("ScalarOrArray", float, Array)


# ---------------------------------------------------------------- linear algebra of the readout


def rls_update(P: Array, r: Array, g: float = 1.0) -> tuple[Array, float]:
    """Take one sample into the inverse correlation P, in place, weighted by the gate g.

    kvec = P r;  c = 1 / (1 + r . kvec);  P <- P - g c kvec kvec^T.  Returns kvec and c.
    """
    kvec = P @ r
    c = 1.0 / (1.0 + r @ kvec)
    P -= g * c * np.outer(kvec, kvec)
    return kvec, float(c)


def ridge_solution(R: Array, F: Array, alpha: float) -> Array:
    """Solve min_W |R W^T - F|^2 + alpha |W|^2:  W = F^T R (R^T R + alpha I)^-1.

    R (samples, N), F (samples, K) -> W (K, N). What FORCE with P(0) = I/alpha reaches when it
    learns from the same samples.
    """
    W: Array = np.linalg.solve(R.T @ R + alpha * np.eye(R.shape[1]), R.T @ F).T
    return W


# ---------------------------------------------------------------- plants and target


def direct(z: Array) -> Array:
    """Task 1: hand = z."""
    return z.copy()


def arm(z: Array, lengths: ArrayLike, pivot: ArrayLike = (0.0, -2.0)) -> Array:
    """Planar arm; z are relative joint angles in units of pi, zero pointing up.

    hand = pivot + sum_k l_k (sin(pi (z_1 + ... + z_k)), cos(pi (z_1 + ... + z_k))).
    """
    angles = np.pi * np.cumsum(z)
    x = np.sum(np.asarray(lengths) * np.sin(angles))
    y = np.sum(np.asarray(lengths) * np.cos(angles))
    hand: Array = np.asarray(pivot) + np.array([x, y])
    return hand


def butterfly(n_steps: int) -> Array:
    """One period of the butterfly, (n_steps, 2): theta = 2 pi t / n_steps for t = 0, 1, ...

    rho = (9 - sin(theta) + 2 sin(3 theta) + 2 sin(5 theta) - sin(7 theta)
           + 3 cos(2 theta) - 2 cos(4 theta)) / 14.4734;  (x, y) = rho (cos(theta), sin(theta)).
    """
    theta = 2 * np.pi * np.arange(n_steps) / n_steps
    rho = 9 - np.sin(theta) + 2 * np.sin(3 * theta) + 2 * np.sin(5 * theta) - np.sin(7 * theta)
    rho = (rho + 3 * np.cos(2 * theta) - 2 * np.cos(4 * theta)) / 14.4734
    return np.column_stack([rho * np.cos(theta), rho * np.sin(theta)])


# ---------------------------------------------------------------- scalar functions of the error


def effort(z: Array, zbar: Array, costs: ArrayLike) -> float:
    """Task 3: sum_k c_k |z_k - zbar_k|."""
    return float(np.sum(np.asarray(costs) * np.abs(z - zbar)))


def low_pass(mean: ScalarOrArray, value: ScalarOrArray, b: float) -> ScalarOrArray:
    """Forget a little: mean <- (1 - b) mean + b value."""
    return (1 - b) * mean + b * value


def phi(ebar_minus_e: float, exponent: float = 0.25, largest: float = np.inf) -> float:
    """Compressed reward: phi(u) = sign(u) min(|u|^exponent, largest)."""
    return float(np.sign(ebar_minus_e) * min(np.abs(ebar_minus_e) ** exponent, largest))


def psi(ebar: float, scale: float, exponent: float) -> float:
    """Exploration shrinks with the error: psi = scale (10 ebar)^exponent."""
    return float(scale * (10 * ebar) ** exponent)


def gate(ebar: float, h: float, steepness: float = 5e5) -> float:
    """Transfer gate, 1 (open) below h: g = 1/2 - 1/2 tanh(steepness (|ebar| - h))."""
    return float(0.5 - 0.5 * np.tanh(steepness * (np.abs(ebar) - h)))


def deviation(d: Array) -> float:
    """Mean over the test phase of the distance from target d."""
    return float(np.mean(d))


# ---------------------------------------------------------------- rules
#
# A step calls readout, then filter, then (in training only) learn. `eta` comes as draws from
# U(-1, 1), which the rule multiplies by its psi. `step` counts from 0 over the whole run.


@dataclass
class Force:
    """FORCE: W <- W - c (z - f) kvec^T every `every` steps, P(0) = I/alpha."""

    n_units: int
    n_outputs: int
    alpha: float = 10.0
    every: int = 10

    def __post_init__(self) -> None:
        """Weights and filters start at zero."""
        self.W = np.zeros((self.n_outputs, self.n_units))
        self.P = np.eye(self.n_units) / self.alpha
        self.z = np.zeros(self.n_outputs)

    def readout(self, r: Array, eta: Array | None, learning: bool) -> Readout:
        """Nothing explores: z = W r."""
        self.z = self.W @ r
        return self.z, {}

    def filter(self, ebar: float) -> None:
        """Nothing to filter."""

    def learn(self, step: int, r: Array, e: float, ebar: float, f: Array | None) -> None:
        """Recursive least squares on the error z - f from before the update."""
        assert f is not None, "FORCE needs the target output"
        if step % self.every == 0:
            kvec, c = rls_update(self.P, r)
            self.W -= c * np.outer(self.z - f, kvec)


@dataclass
class Rmhl:
    """RMHL: z = W r + eta, W <- W + learning_rate phi(ebar - e) (z - zbar) r^T every step.

    The paper's learning rate is 5 k, k = 0.0005. With `improvements_only` (task 1) the weights
    change only where e <= ebar.
    """

    n_units: int
    n_outputs: int
    learning_rate: float = 5 * 0.0005
    psi_scale: float = 0.025
    psi_exponent: float = 0.25
    psi_first: float = 0.01
    z_filter: float = 0.2
    phi_exponent: float = 0.25
    phi_max: float = np.inf
    improvements_only: bool = True

    def __post_init__(self) -> None:
        """Weights and filters start at zero."""
        self.W = np.zeros((self.n_outputs, self.n_units))
        self.z = np.zeros(self.n_outputs)
        self.zbar = np.zeros(self.n_outputs)
        self.psi = self.psi_first

    def readout(self, r: Array, eta: Array | None, learning: bool) -> Readout:
        """Output z = W r + eta; in testing eta = 0."""
        self.z = self.W @ r
        if learning and eta is not None:
            self.z = self.z + self.psi * eta
        return self.z, {}

    def filter(self, ebar: float) -> None:
        """Update zbar <- (1 - b) zbar + b z, and psi for the next step."""
        self.zbar = low_pass(self.zbar, self.z, self.z_filter)
        self.psi = psi(ebar, self.psi_scale, self.psi_exponent)

    def learn(self, step: int, r: Array, e: float, ebar: float, f: Array | None) -> None:
        """Exploration that helped is kept: dW = learning_rate phi (z - zbar) r^T."""
        if self.improvements_only and e > ebar:
            return
        dz = (
            self.learning_rate
            * phi(ebar - e, self.phi_exponent, self.phi_max)
            * (self.z - self.zbar)
        )
        self.W += np.outer(dz, r)


@dataclass
class Supertrex:
    """SUPERTREX: z = z1 + z2; RMHL explores in z2 = W2 r + eta, RLS masters it in z1 = W1 r.

    Every step          W2 <- W2 + exploratory_scale learning_rate phi(ebar - e) (z2 - zbar) r^T
    Every `every` steps W1 <- W1 + g a c z2* kvec^T and P <- P - g c kvec kvec^T, P(0) = I/alpha

    and, where W2 hands over instead of keeping what it taught, W2 <- W2 - transfer dW1;
    with g = gate(ebar), a = `mastery_gain`, zbar the low-pass of z2, and z2* = z2 (tutor
    'output') or zbar (tutor 'filtered').
    """

    n_units: int
    n_outputs: int
    learning_rate: float = 5 * 0.0005
    psi_scale: float = 0.025
    psi_exponent: float = 0.25
    psi_first: float = 0.01
    z_filter: float = 0.2
    phi_exponent: float = 0.25
    phi_max: float = np.inf
    improvements_only: bool = True
    exploratory_scale: float = 1.0
    mastery_gain: float = 0.5
    tutor: str = "output"
    gate_threshold: float = 1.5e-3
    gate_steepness: float = 5e5
    transfer: float = 0.0
    alpha: float = 10.0
    every: int = 10

    def __post_init__(self) -> None:
        """Weights and filters start at zero."""
        if self.tutor not in ("output", "filtered"):
            raise ValueError(f"tutor must be 'output' or 'filtered', got {self.tutor!r}")
        self.W1 = np.zeros((self.n_outputs, self.n_units))
        self.W2 = np.zeros((self.n_outputs, self.n_units))
        self.P = np.eye(self.n_units) / self.alpha
        self.z2 = np.zeros(self.n_outputs)
        self.zbar = np.zeros(self.n_outputs)
        self.psi = self.psi_first

    def readout(self, r: Array, eta: Array | None, learning: bool) -> Readout:
        """Output z = z1 + z2, z1 = W1 r, z2 = W2 r + eta; in testing z2 = 0."""
        z1 = self.W1 @ r
        self.z2 = self.W2 @ r if learning else np.zeros(self.n_outputs)
        if learning and eta is not None:
            self.z2 = self.z2 + self.psi * eta
        return z1 + self.z2, {"z1": z1, "z2": self.z2}

    def filter(self, ebar: float) -> None:
        """Update zbar <- (1 - b) zbar + b z2, and psi for the next step."""
        self.zbar = low_pass(self.zbar, self.z2, self.z_filter)
        self.psi = psi(ebar, self.psi_scale, self.psi_exponent)

    def learn(self, step: int, r: Array, e: float, ebar: float, f: Array | None) -> None:
        """Exploratory weights every step, mastery weights and P every `every` steps."""
        if not (self.improvements_only and e > ebar):
            rate = self.exploratory_scale * self.learning_rate
            dz2 = rate * phi(ebar - e, self.phi_exponent, self.phi_max) * (self.z2 - self.zbar)
            self.W2 += np.outer(dz2, r)
        if step % self.every == 0:
            g = gate(ebar, self.gate_threshold, self.gate_steepness)
            kvec, c = rls_update(self.P, r, g)
            z2star = self.z2 if self.tutor == "output" else self.zbar
            gained = g * self.mastery_gain * c * np.outer(z2star, kvec)
            self.W1 += gained
            self.W2 -= self.transfer * gained


# ---------------------------------------------------------------- the loop


def simulate(
    J: Array,
    Q: Array,
    x0: Array,
    target: Array,
    *,
    rule: Force | Rmhl | Supertrex,
    plant: Callable[[Array], Array],
    dt: float = 0.2,
    tau: float = 10.0,
    eps: Array | None = None,
    eta: Array | None = None,
    learning: bool = True,
    feedback: str | Array = "free",
    effort_costs: ArrayLike | None = None,
    effort_reference: str = "exploratory",
    inputs: Array | None = None,
    W_in: Array | None = None,
    target_output: Array | None = None,
    nonlinearity: Callable[[Array], Array] = np.tanh,
    state: dict[str, Any] | None = None,
    first_step: int | None = None,
) -> dict[str, Any]:
    """Run the network for as many steps as `target` (steps, D) has rows.

    eps (steps, N) is ready to be added to the rates; eta (steps, K) are draws from U(-1, 1), which
    the rule multiplies by psi. Both count as zero where `learning` is False. Row t of a `feedback`
    array (steps, K) stands in for z(t-1) at step t. Effort takes zbar from before this step's
    filters: the rule's ('exploratory'), or a low-pass of the whole z with b = 0.2 ('output').

    `rule` is changed in place. To go on, pass the returned "state" as `state` (x0 is then not
    used); steps are counted on from there unless `first_step` is given. Returns x, r, z, parts (z1
    and z2 of SUPERTREX), hand, e, ebar and d, a row for each step, and state.
    """
    if effort_reference not in ("exploratory", "output"):
        raise ValueError(f"effort_reference: 'exploratory' or 'output', got {effort_reference!r}")
    if isinstance(feedback, str) and feedback not in ("free", "off"):
        raise ValueError(f"feedback: 'free', 'off' or an array, got {feedback!r}")
    n_steps = len(target)
    if state is None:
        x, r, z = x0, nonlinearity(x0), np.zeros(rule.n_outputs)
        state = {"step": 0, "x": x, "r": r, "z": z, "zbar_output": z, "ebar": 0.0, "m": 0.0}
    x, r, z = state["x"], state["r"], state["z"]
    zbar_output, ebar, m = state["zbar_output"], state["ebar"], state["m"]
    first = state["step"] if first_step is None else first_step

    names = ("x", "r", "z", "hand", "e", "ebar", "d")
    history: dict[str, list[Any]] = {name: [] for name in names}
    pathways: list[dict[str, Array]] = []
    for t in range(n_steps):
        # State
        current = -x + J @ r
        if not isinstance(feedback, str):
            current = current + Q @ feedback[t]
        elif feedback == "free":
            current = current + Q @ z
        if inputs is not None:
            assert W_in is not None, "inputs need W_in"
            current = current + W_in @ inputs[t]
        x = x + dt / tau * current

        # Rates and outputs
        r = nonlinearity(x)
        if learning and eps is not None:
            r = r + eps[t]
        z, parts = rule.readout(r, None if eta is None else eta[t], learning)

        # Error
        hand = plant(z)
        e = float(np.sum((hand - target[t]) ** 2))
        if effort_costs is not None:
            assert not isinstance(rule, Force), "effort is for the rules that explore"
            zbar = rule.zbar if effort_reference == "exploratory" else zbar_output
            e += effort(z, zbar, effort_costs)

        # Filters, and psi for the next step
        ebar = low_pass(ebar, e, 0.2)
        m = low_pass(m, e, 0.0002)
        zbar_output = low_pass(zbar_output, z, 0.2)
        rule.filter(ebar)

        # Weights
        if learning:
            f = None if target_output is None else target_output[t]
            rule.learn(first + t, r, e, ebar, f)

        row = (x, r, z, hand, e, ebar, np.sqrt(m))
        for name, value in zip(names, row, strict=True):
            history[name].append(value)
        pathways.append(parts)

    result: dict[str, Any] = {name: np.array(values) for name, values in history.items()}
    result["parts"] = {name: np.array([p[name] for p in pathways]) for name in pathways[0]}
    result["state"] = {"step": first + n_steps, "x": x, "r": r, "z": z}
    result["state"] |= {"zbar_output": zbar_output, "ebar": ebar, "m": m}
    return result
