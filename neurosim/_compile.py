"""How compiled pieces are put together and kept on disk.

A rule, a plant or a nonlinearity is a ``typing.NamedTuple`` of numbers and arrays. The loop calls
generic functions (``readout(rule, ...)``, ``move(plant, ...)``); :func:`implements` says which
implementation belongs to which kind of tuple, and numba picks it by type while it compiles. The one
loop therefore serves every combination and its machine code can be cached on disk, which is not so
for jitted functions handed over as arguments.

numba's cache looks only at the file of the cached function. An edit to a rule's file would leave
the loop's old machine code in use. :func:`cached_loop` keys the cache folder by a hash of all
sources that can reach the machine code.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.extending import overload

FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
"""Floating-point freedoms the kernels use: sums may be reordered, but NaN and inf keep their
meaning, so that a diverging run is seen."""

KEPT_CACHES = 8
"""Cache folders of other versions of the sources that are left in place."""

NOT_COMPILED = ("cli", "io", "sweeps")
"""Folders of this package without a piece of the loop."""

Function = TypeVar("Function", bound=Callable[..., Any])


def implements(generic: Callable[..., Any], kind: type) -> Callable[[Function], Function]:
    """Register the compiled implementation of a generic function for one kind of tuple.

    Parameters
    ----------
    generic
        The function that compiled code calls; its first argument decides.
    kind
        The ``NamedTuple`` class for which the decorated function is meant.
    """

    def register(implementation: Function) -> Function:
        def choose(*arguments: Any) -> Function | None:
            if getattr(arguments[0], "instance_class", None) is kind:
                return implementation
            return None

        overload(generic, strict=False, jit_options={"fastmath": FASTMATH})(choose)
        return implementation

    return register


def kernel(function: Function) -> Function:
    """Compile a helper that pieces share, with the floating-point freedoms of this package."""
    compiled: Any = numba.njit(fastmath=FASTMATH)(function)
    return compiled


@cache
def package_hash() -> str:
    """Hash of the sources of this package that compiled code may come from, as they are now."""
    root = Path(__file__).parent
    files = root.rglob("*.py")
    return _hash(sorted(f for f in files if f.relative_to(root).parts[0] not in NOT_COMPILED))


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.name).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def own_files() -> set[str]:
    """Source files of loaded modules that are not installed: a person's own."""
    installed = tuple({sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()})
    loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return {f for f in loaded if f and f.endswith(".py") and not f.startswith(installed)}


def cache_root() -> Path:
    """Folder of the compiled code: ``NUMBA_CACHE_DIR`` if set, else the person's cache folder."""
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(chosen) / "neurosim"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "neurosim" / "compiled"


@cache
def cached_loop(function: Callable[..., Any], pieces: frozenset[type] = frozenset()) -> Any:
    """Compile the loop for the given kinds of pieces, with a cache on disk that cannot go stale.

    Parameters
    ----------
    function
        The loop, a plain Python function.
    pieces
        The classes of the tuples it will be called with. With one from outside this package (a rule
        in a person's own file), all loaded files that are not installed count for the cache's key;
        one without a file (typed at a prompt) is compiled afresh in each process.
    """
    own = __name__.split(".")[0]
    foreign = {inspect.getmodule(kind) for kind in pieces if kind.__module__.split(".")[0] != own}
    files = {getattr(module, "__file__", None) for module in foreign}
    if None in files:
        return numba.njit(fastmath=FASTMATH)(function)
    if files:
        files |= own_files()
    key = package_hash() + ("-" + _hash(sorted(Path(str(f)) for f in files)) if files else "")
    root = cache_root()
    try:
        (root / key).mkdir(parents=True, exist_ok=True)
    except OSError:
        return numba.njit(fastmath=FASTMATH)(function)
    _forget_old(root, keep=key)
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(root / key)
    try:
        return numba.njit(cache=True, fastmath=FASTMATH)(function)
    finally:
        config.CACHE_DIR = before


def _forget_old(root: Path, keep: str) -> None:
    """Remove all but the newest cache folders of other sources."""
    others = [folder for folder in root.iterdir() if folder.is_dir() and folder.name != keep]
    others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in others[KEPT_CACHES:]:
        shutil.rmtree(folder, ignore_errors=True)
