"""What networks ask of the arrays they are given."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError


def numbers(owner: str, what: str, value: ArrayLike) -> NDArray[Any]:
    """The value as an array of finite real numbers."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError(f"{owner}: {what} must be one array, given rows of mixed sizes") from None
    if array.dtype.kind not in "biuf":
        raise InputError(f"{owner}: {what} must be real numbers, given {array.dtype}")
    if not np.isfinite(array).all():
        count = np.count_nonzero(~np.isfinite(array))
        raise InputError(f"{owner}: {what} must be finite, given {count} NaN or infinite values")
    return array


def patterns(owner: str, value: ArrayLike, *, bipolar: bool, what: str = "patterns") -> Any:
    """The value as (patterns, units), in double precision where it is given so, else in single."""
    array = numbers(owner, what, value)
    if array.ndim != 2 or 0 in array.shape:
        raise InputError(f"{owner}: {what} must be (patterns, units), given shape {array.shape}")
    if bipolar and not (np.abs(array) == 1).all():
        odd = array[np.abs(array) != 1][0]
        raise InputError(f"{owner}: {what} must be -1 or +1, given {odd}")
    precision = np.float64 if array.dtype == np.float64 else np.float32
    return np.ascontiguousarray(array, precision)


def states(
    owner: str, value: ArrayLike, n_units: int, *, bipolar: bool, what: str = "states"
) -> NDArray[Any]:
    """The value as (images, units)."""
    array = numbers(owner, what, value)
    if array.ndim != 2 or array.shape[1] != n_units:
        raise InputError(
            f"{owner}: {what} must be (images, {n_units} units), given shape {array.shape}"
        )
    if bipolar and not ((array == 0) | (np.abs(array) == 1)).all():
        odd = array[(array != 0) & (np.abs(array) != 1)][0]
        raise InputError(f"{owner}: {what} must be -1, +1 or 0 (not known), given {odd}")
    return array


def spread(
    owner: str, value: ArrayLike, shape: tuple[int, int], what: str, dtype: Any
) -> NDArray[Any]:
    """The value, given for each image or once for all, as (images, units)."""
    array = numbers(owner, what, value)
    if array.shape not in (shape, shape[1:]):
        raise InputError(
            f"{owner}: {what} must be {shape} or {shape[1:]}, (images, units) or (units,),"
            f" given shape {array.shape}"
        )
    return np.broadcast_to(array.astype(dtype, copy=False), shape)


def warn(message: str | None) -> None:
    """Warn, if there is something to say, at the line that called ``store``."""
    if message:
        warnings.warn(message, stacklevel=3)


def repeated(owner: str, stored: NDArray[Any]) -> str | None:
    """How many patterns are the same as another one, if any are."""
    count = _duplicates(stored)
    if not count:
        return None
    return f"{owner}: {count} of the {len(stored)} patterns are the same as another one"


def dependent(owner: str, stored: NDArray[Any], count: int, combinations: str) -> str | None:
    """How many patterns are combinations of the others, if any are."""
    if not count:
        return None
    return (
        f"{owner}: {count} of the {len(stored)} patterns are {combinations} of the others"
        f" ({_duplicates(stored)} the same as another one)"
    )


def _duplicates(stored: NDArray[Any]) -> int:
    """How many rows there are beyond the different ones."""
    return len(stored) - len({row.tobytes() for row in stored + 0})
