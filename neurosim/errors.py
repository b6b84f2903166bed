"""Mistakes of the person who calls, told in one line, and the checks that find them.

Parameter objects check themselves once, when they are made; nothing else needs to ask again.
Messages name the object, the attribute, what is allowed and what was given.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Integral, Real

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 60
LONGEST = 100
"""Characters of a value that a message shows."""


class InputError(ValueError):
    """A mistake in what was given; its message is one line that a person can act on.

    Examples
    --------
    >>> raise InputError("Reservoir: gain must be a number of at least 0, given -1")
    Traceback (most recent call last):
    neurosim.errors.InputError: Reservoir: gain must be a number of at least 0, given -1
    """

    def __init__(self, message: object) -> None:
        super().__init__(" ".join(str(message).splitlines()))  # names of files may break lines


def suggest(name: object, options: Iterable[str], what: str = "task") -> InputError:
    """The error for an unknown name, with the nearest known one; the caller raises it.

    Parameters
    ----------
    name
        What was given.
    options
        What is known.
    what
        What is named.

    Examples
    --------
    >>> print(suggest("buterfly", ("butterfly", "trace")))
    unknown task 'buterfly': did you mean 'butterfly'? (known: butterfly, trace)
    >>> print(suggest("maze", ("butterfly", "trace")))
    unknown task 'maze' (known: butterfly, trace)
    """
    known = tuple(options)
    near = _nearest(name, known)
    guess = f": did you mean {near!r}?" if near else ""
    listed = ", ".join(" ".join(option.split()) for option in known) or "none"
    return InputError(f"unknown {what} {_shown(name)}{guess} (known: {listed})")


def check_positive(owner: object, name: str, value: object) -> None:
    """Refuse all but finite numbers above 0.

    Parameters
    ----------
    owner
        The parameter object, or its name.
    name
        Of the attribute.
    value
        To be checked.

    Raises
    ------
    InputError
        Also for booleans, NaN and infinities.

    Examples
    --------
    >>> check_positive("Reservoir", "dt", 0.2)
    """
    if not (_finite(value) and value > 0):  # type: ignore[operator]
        raise _refusal(owner, name, "a number above 0", value)


def check_non_negative(owner: object, name: str, value: object) -> None:
    """Refuse all but finite numbers of at least 0; see :func:`check_positive`.

    Raises
    ------
    InputError
        Also for booleans, NaN and infinities.

    Examples
    --------
    >>> check_non_negative("Reservoir", "noise", 0.0)
    """
    if not (_finite(value) and value >= 0):  # type: ignore[operator]
        raise _refusal(owner, name, "a number of at least 0", value)


def check_between(owner: object, name: str, value: object, low: float, high: float) -> None:
    """Refuse all but numbers from ``low`` to ``high``, both allowed; see :func:`check_positive`.

    Raises
    ------
    InputError
        Also for booleans and NaN.

    Examples
    --------
    >>> check_between("Rmhl", "error_filter", 0.8, 0, 1)
    """
    if not (_finite(value) and low <= value <= high):  # type: ignore[operator]
        raise _refusal(owner, name, f"a number from {low} to {high}", value)


def check_integer(owner: object, name: str, value: object, *, minimum: int) -> None:
    """Refuse all but whole numbers of at least ``minimum``; see :func:`check_positive`.

    Raises
    ------
    InputError
        Also for booleans and for whole numbers given as floats.

    Examples
    --------
    >>> check_integer("Reservoir", "n_units", 1000, minimum=1)
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < minimum:
        raise _refusal(owner, name, f"a whole number of at least {minimum}", value)


def check_choice(owner: object, name: str, value: object, choices: Iterable[str]) -> None:
    """Refuse all but the given words; see :func:`check_positive`.

    Raises
    ------
    InputError
        With the nearest choice, where there is one.

    Examples
    --------
    >>> check_choice("Reservoir", "dtype", "float32", ("float32", "float64"))
    """
    known = tuple(choices)
    if not (isinstance(value, str) and value in known):
        near = _nearest(value, known)
        error = _refusal(owner, name, f"one of {', '.join(map(repr, known))}", value)
        raise InputError(f"{error}: did you mean {near!r}?") if near else error


def _finite(value: object) -> bool:
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond the range of floats
        return False


def _nearest(name: object, known: tuple[str, ...]) -> str | None:
    spelled = {option.lower(): option for option in known}
    near = get_close_matches(str(name).lower(), spelled, n=1)
    return spelled[near[0]] if near else None


def _refusal(owner: object, name: str, expected: str, value: object) -> InputError:
    title = owner if isinstance(owner, str) else type(owner).__name__
    return InputError(f"{title}: {name} must be {expected}, given {_shown(value)}")


def _shown(value: object) -> str:
    """A value as it was written, short and on one line."""
    if isinstance(value, Real) and hasattr(value, "item"):  # NumPy's scalars
        value = value.item()
    text = " ".join(_SHOWN.repr(value).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
