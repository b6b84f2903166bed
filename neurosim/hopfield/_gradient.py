r"""Learning recurrent weights by gradient through unrolled steps.

With h(0) = f and h(t) = ReLU(W h(t-1) + f), as rows (images, N), and L the mean over images, units
and steps t = 1 ... T-1 of (h(t) - y)^2, backwards from delta(T) = 0, c = 2 / (images N (T - 1)):

    delta(t) = c (h(t) - y) + W^T delta(t+1) where h(t) > 0, else 0
    dL/dW = sum over images and t of delta(t) h(t-1)^T
"""

from __future__ import annotations

import numpy as np

from neurosim.hopfield._kernels import Array


def loss_and_gradient(
    W: Array, partial: Array, whole: Array, time_steps: int
) -> tuple[float, Array]:
    """L and dL/dW.

    Parameters
    ----------
    W
        (units, units).
    partial, whole
        (images, units), f and y.
    time_steps
        T.

    Returns
    -------
    loss, gradient
        L, and (units, units).

    Examples
    --------
    >>> loss_and_gradient(np.zeros((1, 1)), np.array([[1.0]]), np.array([[3.0]]), 2)
    (4.0, array([[-4.]]))
    """
    h = np.empty((time_steps, *partial.shape), partial.dtype)
    h[0] = partial
    for t in range(1, time_steps):
        np.matmul(h[t - 1], W.T, out=h[t])
        h[t] += partial
        np.maximum(h[t], 0, out=h[t])
    delta = h[1:] - whole  # delta[t] belongs to h[t + 1]
    loss = float(np.mean(delta**2, dtype=float))
    delta *= partial.dtype.type(2 / delta.size)
    delta[-1] *= h[-1] > 0
    for t in range(time_steps - 3, -1, -1):
        delta[t] += delta[t + 1] @ W
        delta[t] *= h[t + 1] > 0
    n_units = len(W)
    return loss, delta.reshape(-1, n_units).T @ h[:-1].reshape(-1, n_units)


def rmsprop(W: Array, gradient: Array, square: Array, rate: np.floating, kept: np.floating) -> None:
    """v <- rho v + (1 - rho) g^2;  W <- W - rate g / (sqrt(v) + 1e-8), in place (compiled)."""
    small, new = W.dtype.type(1e-8), W.dtype.type(1) - kept
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            g = gradient[i, j]
            square[i, j] = kept * square[i, j] + new * g * g
            W[i, j] -= rate * g / (np.sqrt(square[i, j]) + small)
