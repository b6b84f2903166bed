"""Brian2: imported late, and told how to compile so that no result depends on the compiler.

Brian2 writes code for Cython, which needs a C++ compiler, or for NumPy. By default it lets the
compiler reorder and fuse floating-point operations, and a chaotic network tells such roundings
apart within a second. Here they are forbidden, nothing of Brian2 draws random numbers, and the
models use no function whose last digit differs between the two: the spikes are the same.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from neurosim.errors import InputError, check_choice

TARGETS = ("auto", "cython", "numpy")
REORDERING = {"-ffast-math", "-fno-finite-math-only"}


@cache
def require_brian2() -> Any:
    """The package brian2.

    Raises
    ------
    InputError
        It is missing, or does not fit the installed NumPy.
    """
    hook = sys.excepthook
    try:
        import brian2
    except ImportError as error:
        raise InputError(
            f"spiking networks need brian2 ({error}); pip install 'neurosim[spiking]'"
        ) from None
    except AttributeError as error:  # brian2 2.9, the last for Python 3.11, and NumPy 2.4
        raise InputError(
            f"the installed brian2 does not work with the installed NumPy ({error}); "
            "pip install 'neurosim[spiking]' finds versions that fit"
        ) from None
    finally:
        sys.excepthook = hook  # brian2 replaces it for the whole session
    return brian2


def code_target(target: str = "auto") -> str:
    """The code that Brian2 will write: ``"cython"`` or ``"numpy"``.

    Parameters
    ----------
    target
        One of :data:`TARGETS`. ``"auto"``: what the user's preferences for Brian2 say; if they say
        nothing, Cython where a test compilation works, else NumPy.

    Raises
    ------
    InputError
        Another word.

    Examples
    --------
    >>> code_target("numpy")
    'numpy'
    """
    check_choice("Brian2", "target", target, TARGETS)
    if target != "auto":
        return target
    prefs = require_brian2().prefs
    chosen = prefs["codegen.target"]
    if isinstance(chosen, str) and chosen != "auto":
        return chosen
    from brian2.devices.device import auto_target

    require_brian2().BrianLogger.suppress_name("codegen_fallback")
    return str(auto_target().class_name)


@contextmanager
def compiling(target: str) -> Iterator[None]:
    """Brian2's preferences while a network is made or run; as they were afterwards."""
    prefs = require_brian2().prefs
    flags = "codegen.cpp.extra_compile_args_gcc"
    before = {name: prefs[name] for name in ("codegen.target", flags)}
    prefs["codegen.target"] = target
    prefs[flags] = [f for f in before[flags] if f not in REORDERING] + ["-ffp-contract=off"]
    try:
        yield
    finally:
        for name, value in before.items():
            prefs[name] = value


@cache
def cosine() -> Any:
    """The C library's cosine for both targets; NumPy's own differs in the last digit."""
    import numba

    brian2 = require_brian2()
    compiled = numba.vectorize(["float64(float64)"])(_cosine)

    def of_array(angle: Any) -> Any:
        return compiled(angle)

    made = brian2.Function(of_array, arg_units=[1], return_unit=1)
    made.implementations.add_numpy_implementation(of_array, discard_units=True)
    made.implementations.add_implementation("cython", code=None, name="cos")
    return made


def _cosine(angle: float) -> float:
    return math.cos(angle)
