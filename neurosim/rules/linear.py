"""The two vector operations that all readouts share."""

from __future__ import annotations

from neurosim._compile import kernel


@kernel
def multiply(W, r, z):  # type: ignore[no-untyped-def]
    """z = W r, with W (outputs, units)."""
    for k in range(W.shape[0]):
        row = W[k]
        total = W.dtype.type(0)
        for j in range(r.shape[0]):
            total += row[j] * r[j]
        z[k] = total


@kernel
def add_outer(W, k, factor, r):  # type: ignore[no-untyped-def]
    """W[k] += factor r for one output k."""
    row = W[k]
    a = W.dtype.type(factor)
    for j in range(r.shape[0]):
        row[j] += a * r[j]


@kernel
def norm(W):  # type: ignore[no-untyped-def]
    """Frobenius norm of W."""
    total = 0.0
    for k in range(W.shape[0]):
        for j in range(W.shape[1]):
            total += W[k, j] * W[k, j]
    return total**0.5
