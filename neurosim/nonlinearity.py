"""Rate functions r = f(x) of reservoir units, one small compiled piece each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim._compile import implements


class Tanh(NamedTuple):
    """r = tanh(x), rates in (-1, 1)."""


class FastTanh(NamedTuple):
    """tanh for float32, without branches so that it vectorises; within 4e-7 of tanh."""


class Relu(NamedTuple):
    """r = max(x, 0)."""


class Logistic(NamedTuple):
    """r = 1 / (1 + exp(-x)), rates in (0, 1)."""


class Linear(NamedTuple):
    """r = x."""


NONLINEARITIES = {"tanh": Tanh, "relu": Relu, "logistic": Logistic, "linear": Linear}

_RATES: dict[type, Callable[..., Any]] = {
    Tanh: np.tanh,
    FastTanh: np.tanh,
    Relu: lambda x: np.maximum(x, 0),
    Logistic: lambda x: 1 / (1 + np.exp(-x)),
    Linear: np.copy,
}


def rates(kind: Any, x: NDArray[np.floating]) -> NDArray[np.floating]:
    """f(x) outside compiled code."""
    r: NDArray[np.floating] = _RATES[type(kind)](x)
    return r


def nonlinearity(name: str, dtype: np.dtype) -> Any:
    """The compiled piece of a named nonlinearity for states of the given type."""
    if name == "tanh" and dtype == np.float32:
        return FastTanh()
    return NONLINEARITIES[name]()


def activate(kind, x, r):  # type: ignore[no-untyped-def]
    """Write f(x) into ``r`` (compiled code only)."""
    raise TypeError("activate() is resolved by compiled code")


@implements(activate, Tanh)
def _(kind, x, r):  # type: ignore[no-untyped-def]
    for i in range(x.shape[0]):
        r[i] = np.tanh(x[i])


@implements(activate, FastTanh)
def _(kind, x, r):  # type: ignore[no-untyped-def]
    one, two, limit = np.float32(1), np.float32(2), np.float32(9.2)
    for i in range(x.shape[0]):
        # Lambert's continued fraction of tanh at x/4, five levels deep, then
        # tanh(2 y) = 2 tanh(y) / (1 + tanh(y)^2) twice. Beyond 9.2, tanh rounds to 1.
        y = min(max(x[i], -limit), limit) * np.float32(0.25)
        s = y * y
        top = y * (np.float32(10395) + s * (np.float32(1260) + s * np.float32(21)))
        bottom = np.float32(10395) + s * (np.float32(4725) + s * (np.float32(210) + s))
        # tanh(y) = top / bottom; in fractions, 2 t / (1 + t^2) = 2 a b / (a^2 + b^2)
        top, bottom = two * top * bottom, top * top + bottom * bottom
        t = top / bottom
        r[i] = two * t / (one + t * t)


@implements(activate, Relu)
def _(kind, x, r):  # type: ignore[no-untyped-def]
    for i in range(x.shape[0]):
        r[i] = max(x[i], x.dtype.type(0))


@implements(activate, Logistic)
def _(kind, x, r):  # type: ignore[no-untyped-def]
    one = x.dtype.type(1)
    for i in range(x.shape[0]):
        r[i] = one / (one + np.exp(-x[i]))


@implements(activate, Linear)
def _(kind, x, r):  # type: ignore[no-untyped-def]
    for i in range(x.shape[0]):
        r[i] = x[i]
