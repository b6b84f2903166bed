"""Studies as TOML files."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neurosim.errors import InputError, check_between, check_integer, suggest
from neurosim.io.reading import content
from neurosim.sweeps.study import LONGEST, Study

KEYS = ("fixed", "sweep", "conditions", "seeds", "keep", "slurm")
RANGE = ("start", "stop", "num", "log")


class StudyFile(NamedTuple):
    """What a file says.

    Attributes
    ----------
    study
        What is to be run.
    slurm
        Options for ``--slurm``, by their names.
    """

    study: Study
    slurm: dict[str, Any]


def read_study(path: str | Path) -> StudyFile:
    r"""Read a study file.

    Parameters
    ----------
    path
        TOML with the tables ``[fixed]``, ``[sweep]`` and ``[conditions]`` and the keys ``seeds``
        and ``keep``: the parameters of :class:`Study`. ``seeds`` may be a number n, for 0 to n - 1.
        A list may be written as a range: ``{start = 1e-4, stop = 1e-2, num = 5, log = true}``.
        ``[slurm]`` holds options of the cluster.

    Raises
    ------
    InputError
        No such file, no TOML, an unknown key, or a study that makes no sense.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "study.toml"
    ...     _ = file.write_text("seeds = 2\n[sweep]\ngain = {start = 1, stop = 2, num = 3}\n")
    ...     read_study(file).study.sweep
    {'gain': (1.0, 1.5, 2.0)}
    """
    path = Path(path)
    if not os.path.isfile(path):  # unlike Path.is_file, for any name
        raise InputError(f"{path}: there is no such study file")
    try:
        found = tomllib.loads(content(path).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as TOML ({error})") from None
    for key in found:
        if key not in KEYS:
            raise suggest(key, KEYS, what=f"key in {path}")
    for table in ("fixed", "sweep", "conditions", "slurm"):
        if not isinstance(found.setdefault(table, {}), dict):
            raise InputError(f"{path}: {table} must be a table, given {found[table]!r}")
    try:
        given: dict[str, Any] = {name: found[name] for name in ("keep",) if name in found}
        if found["conditions"]:
            given["conditions"] = found["conditions"]
        if "seeds" in found:
            given["seeds"] = _seeds(found["seeds"])
        sweep = {name: values_of(name, value) for name, value in found["sweep"].items()}
        return StudyFile(Study(fixed=found["fixed"], sweep=sweep, **given), found["slurm"])
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _seeds(given: Any) -> Any:
    if isinstance(given, int):
        check_integer("Study", "seeds", given, minimum=0)
        return range(given)
    return values_of("seeds", given)


def values_of(name: str, given: Any) -> Any:
    """The values of a list, or of a range as a table.

    Parameters
    ----------
    name
        Of the parameter.
    given
        A list, or a table with ``start``, ``stop``, ``num`` and perhaps ``log``: values evenly
        spaced, both ends included, to 12 digits; whole numbers where both ends and all steps are.

    Raises
    ------
    InputError
        A range with unknown or missing keys, or a value out of range.

    Examples
    --------
    >>> values_of("units", {"start": 100, "stop": 10_000, "num": 3, "log": True})
    [100, 1000, 10000]
    """
    if not isinstance(given, Mapping):
        return given
    for key in given:
        if key not in RANGE:
            raise suggest(key, RANGE, what=f"key of the range of {name}")
    for key in ("start", "stop", "num"):
        if key not in given:
            raise InputError(f"{name}: a range needs start, stop and num, given no {key}")
    start, stop, num, log = (given.get(key, False) for key in RANGE)
    check_integer(name, "num", num, minimum=0)
    check_between(name, "num", num, 0, LONGEST)
    if not isinstance(log, bool):
        raise InputError(f"{name}: log must be true or false, given {log!r}")
    for key in ("start", "stop"):
        check_between(name, key, given[key], -1e300, 1e300)
    if log and not (start > 0 and stop > 0):
        raise InputError(f"{name}: a log range needs ends above 0, given {start} and {stop}")
    space = np.geomspace if log else np.linspace
    values = space(start, stop, num)
    whole = np.rint(values)
    if isinstance(start, int) and isinstance(stop, int) and np.allclose(values, whole, rtol=1e-12):
        return [int(value) for value in whole]
    return [float(f"{value:.12g}") for value in values]  # as a person would write them
