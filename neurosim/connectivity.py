"""Recurrent, input and feedback weights of a reservoir.

Weights have mean 0. For large N the spectral radius is sqrt(N times their variance), absent
connections included (Girko's circular law):

- ``sparse``: p N^2 connections placed at random, places drawn again counting once, weight ~
  Normal(0, lambda^2 / (p N)). This is how the scripts of Pyle & Rosenbaum 2019 and of Sankar et al.
  2021 draw J: a share 1 - exp(-p) of all connections exists, and the spectral radius is
  lambda sqrt((1 - exp(-p)) / p), 1.463 for lambda = 1.5 and p = 0.1. Learning is sensitive to it.
- ``dense``: all N^2 connections, weight ~ Normal(0, lambda^2 / N), spectral radius lambda;
- ``fixed_in_degree``: each unit hears exactly K others, weight ~ Normal(0, lambda^2 / K), spectral
  radius lambda.

Sparse matrices are stored by rows; the column numbers take 2 bytes where N < 65,536, because the
product J r is limited by how fast numbers reach the processor.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim._compile import implements

KINDS = ("sparse", "dense", "fixed_in_degree")


class SparseWeights(NamedTuple):
    """Recurrent weights by rows: row i holds entries ``start[i]`` to ``start[i + 1]``."""

    start: NDArray[np.int64]
    source: NDArray[np.unsignedinteger]
    weight: NDArray[np.floating]

    def to_dense(self) -> NDArray[np.floating]:
        """The same weights as an (N, N) array."""
        n = len(self.start) - 1
        dense = np.zeros((n, n), self.weight.dtype)
        dense[np.repeat(np.arange(n), np.diff(self.start)), self.source] = self.weight
        return dense

    @property
    def synapses(self) -> int:
        """Number of connections."""
        return len(self.weight)


class DenseWeights(NamedTuple):
    """All recurrent weights, (N, N); row i holds the inputs of unit i."""

    weight: NDArray[np.floating]

    def to_dense(self) -> NDArray[np.floating]:
        """The weights themselves."""
        return self.weight

    @property
    def synapses(self) -> int:
        """Number of connections."""
        return self.weight.size


def recurrent_weights(
    kind: str,
    n_units: int,
    gain: float,
    rng: np.random.Generator,
    *,
    probability: float = 0.1,
    in_degree: int = 100,
    dtype: DTypeLike = np.float32,
) -> SparseWeights | DenseWeights:
    """Draw the recurrent weights J of a reservoir.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    n_units
        Number of units N.
    gain
        lambda; above a spectral radius of 1 the autonomous network is chaotic.
    rng
        Source of all draws.
    probability, in_degree
        p of ``sparse``, inputs a unit K of ``fixed_in_degree``.
    dtype
        Of the weights.

    Examples
    --------
    >>> J = recurrent_weights("fixed_in_degree", 50, 1.5, np.random.default_rng(1), in_degree=10)
    >>> J.synapses
    500
    """
    if kind == "dense":
        return DenseWeights(_normal(rng, gain / np.sqrt(n_units), (n_units, n_units), dtype))
    index = np.uint16 if n_units <= np.iinfo(np.uint16).max else np.uint32
    if kind == "sparse":
        places = rng.integers(0, n_units**2, round(probability * n_units**2))
        places.sort()  # in place, as below: this is the most memory that a network ever takes
        first = np.ones(len(places), bool)
        first[1:] = places[1:] != places[:-1]
        places = places[first]
        start = np.searchsorted(places, n_units * np.arange(n_units + 1)).astype(np.int64)
        places %= n_units
        source = places.astype(index)
        scale = gain / np.sqrt(probability * n_units)
    else:
        source = np.empty((n_units, in_degree), index)
        for inputs in source:
            inputs[:] = np.sort(rng.choice(n_units, in_degree, replace=False))
        source = source.ravel()
        start = in_degree * np.arange(n_units + 1)
        scale = gain / np.sqrt(in_degree)
    weight = _normal(rng, scale, source.shape, dtype)
    return SparseWeights(start, source, weight)


def _normal(
    rng: np.random.Generator, sd: float, shape: tuple[int, ...], dtype: DTypeLike
) -> NDArray[np.floating]:
    kind: Any = np.dtype(dtype).type
    weight: NDArray[Any] = rng.standard_normal(shape, kind)
    weight *= kind(sd)  # in the same precision
    return weight


def product(weights, r, out):  # type: ignore[no-untyped-def]
    """Write J r into ``out`` (compiled code only)."""
    raise TypeError("product() is resolved by compiled code")


@implements(product, SparseWeights)
def _(weights, r, out):  # type: ignore[no-untyped-def]
    for i in range(out.shape[0]):
        source = weights.source[weights.start[i] : weights.start[i + 1]]
        weight = weights.weight[weights.start[i] : weights.start[i + 1]]
        total = out.dtype.type(0)
        for j in range(source.shape[0]):
            total += weight[j] * r[source[j]]
        out[i] = total


@implements(product, DenseWeights)
def _(weights, r, out):  # type: ignore[no-untyped-def]
    for i in range(out.shape[0]):
        row = weights.weight[i]
        total = out.dtype.type(0)
        for j in range(row.shape[0]):
            total += row[j] * r[j]
        out[i] = total
