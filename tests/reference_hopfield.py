"""The oracle of the attractor networks: one image at a time, straight from the equations.

float64; W is always formed. Patterns are (Q, N), states (N,). It imports nothing of the package.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

Array = NDArray[Any]


def hebb_weights(patterns: Array) -> Array:
    n_units = patterns.shape[1]
    W = np.zeros((n_units, n_units))
    for xi in patterns:
        W += np.outer(xi, xi) / n_units
    np.fill_diagonal(W, 0)
    return W


def projection(patterns: Array) -> Array:
    """Xi Xi^+, patterns as columns of Xi."""
    return patterns.T @ np.linalg.pinv(patterns.T)


def saturating_weights(patterns: Array, tau: float, h: float) -> tuple[Array, Array]:
    """W and b of Li, Michel & Porod, by integrating da/dt = (A - tau B) a + I over a time h.

    With x = (a, 1): dx/dt = [[M, I], [0, 0]] x, so that expm of h times this matrix holds both.
    """
    last = patterns[-1].astype(float)
    n_units = len(last)
    A = projection((patterns[:-1] - last).astype(float))
    B = np.eye(n_units) - A
    M = A - tau * B
    system = np.zeros((n_units + 1, n_units + 1))
    system[:-1, :-1] = M
    system[:-1, -1] = last - M @ last
    solved = expm(h * system)
    return solved[:-1, :-1], solved[:-1, -1]


def saturating_step(W: Array, b: Array, a: Array, drive: Array | float = 0.0) -> Array:
    return np.clip(W @ a + b + drive, -1, 1)


def sign_step(W: Array, s: Array, drive: Array | float = 0.0) -> Array:
    u = W @ s + drive
    return np.where(np.abs(u) < 1e-12, s, np.sign(u))


def sign_sweep(W: Array, s: Array, order: Array, drive: Array | float = 0.0) -> Array:
    s = s.astype(float)
    drive = np.broadcast_to(drive, s.shape)
    for i in order:
        u = W[i] @ s + drive[i]
        if abs(u) > 1e-12:
            s[i] = np.sign(u)
    return s


def sign_energy(W: Array, s: Array, drive: Array | float = 0.0) -> float:
    return float(-0.5 * s @ W @ s - np.sum(drive * s))


def modern_step(X: Array, beta: float, s: Array, drive: Array | float = 0.0) -> Array:
    p = np.exp(beta * (X @ s) - np.max(beta * (X @ s)))
    return X.T @ (p / p.sum()) + drive


def modern_energy(X: Array, beta: float, s: Array, drive: Array | float = 0.0) -> float:
    lse = np.log(np.sum(np.exp(beta * (X @ s)))) / beta
    M = max(np.linalg.norm(x) for x in X)
    return float(-lse + s @ s / 2 + np.log(len(X)) / beta + M**2 / 2 - np.sum(drive * s))


def dense_energy(patterns: Array, n: int, s: Array) -> float:
    n_units = len(s)
    return -n_units / n * sum((xi @ s / n_units) ** n for xi in patterns)


def dense_step(patterns: Array, n: int, s: Array, drive: Array | float = 0.0) -> Array:
    """Each unit takes the sign in which the energy is lower, the others as they are."""
    new = s.astype(float)
    drive = np.broadcast_to(drive, s.shape)
    for i in range(len(s)):
        up, down = s.astype(float), s.astype(float)
        up[i], down[i] = 1, -1
        u = (dense_energy(patterns, n, down) - dense_energy(patterns, n, up)) / 2 + drive[i]
        if abs(u) > 1e-12:
            new[i] = np.sign(u)
    return new


def rectified_step(W: Array, h: Array, drive: Array | float = 0.0) -> Array:
    return np.maximum(W @ h + drive, 0)


def recurrent_loss(W: Array, partial: Array, whole: Array, time_steps: int) -> float:
    """Mean over pairs, units and the steps after the first of (h - y)^2."""
    errors = []
    for f, y in zip(partial, whole, strict=True):
        h = f
        for _ in range(time_steps - 1):
            h = rectified_step(W, h, f)
            errors.append((h - y) ** 2)
    return float(np.mean(errors))
