"""Where a number came from: parameters, versions, commit, machine."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np


def package_version() -> str:
    """Version of this package."""
    try:
        return version("neurosim")
    except PackageNotFoundError:  # used from a source tree that is not installed
        return "0+unknown"


@cache
def commit() -> str:
    """Commit of the source tree in use, with ``+changes`` if it was edited; empty if none."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(here), *words], capture_output=True, text=True, check=True, timeout=5
        ).stdout.strip()

    try:
        if not git("ls-files", "--", __file__):  # installed below some other project's repository
            return ""
        changed = git("status", "--porcelain", "--", str(here))
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def describe(value: Any) -> Any:
    """A frozen parameter object as plain JSON data, with the name of its class."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: describe(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"kind": type(value).__name__} | fields
    if isinstance(value, dict):
        return {str(key): describe(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [describe(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):  # what matters is whether they are the same
        told = f"{value.dtype.str}{value.shape}".encode() + value.tobytes()
        return {"kind": "array", "sha256": hashlib.sha256(told).hexdigest()[:16]}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no infinity
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"cannot describe {type(value).__name__}")


def fingerprint(value: Any) -> str:
    """Short hash of a description; equal parameters have equal fingerprints."""
    return hashlib.sha256(json.dumps(describe(value), sort_keys=True).encode()).hexdigest()[:16]


def environment() -> dict[str, str]:
    """Versions and machine, as attributes of a result."""
    import numba
    import scipy
    import xarray

    return {
        "neurosim_version": package_version(),
        "neurosim_commit": commit(),
        "python_version": platform.python_version(),
        "numpy_version": np.__version__,
        "numba_version": numba.__version__,
        "scipy_version": scipy.__version__,
        "xarray_version": xarray.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }
