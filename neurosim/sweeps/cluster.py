"""Where runs are done besides this machine: a Dask cluster, or SLURM jobs through dask-jobqueue.

What a study needs of them is an executor, which Dask gives; scheduling, workers that die and data
on the way are Dask's.
"""

from __future__ import annotations

import asyncio
import inspect
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from neurosim.ensembles import ONE_THREAD
from neurosim.errors import InputError, check_integer, suggest
from neurosim.provenance import package_version

TIMEOUT_S = 10.0
"""How long a scheduler may take to answer."""


@contextmanager
def scheduler(address: str, *, timeout: float = TIMEOUT_S) -> Iterator[Executor]:
    """An executor on the workers of a running Dask scheduler.

    Parameters
    ----------
    address
        As ``tcp://host:8786``.
    timeout
        How long it may take to answer, in s.

    Raises
    ------
    InputError
        Dask is not installed, no scheduler answers there, or its workers have another version of
        this package or none.

    Examples
    --------
    >>> with scheduler("tcp://node7:8786") as executor:  # doctest: +SKIP
    ...     run_study(study, motor_run, "gain", executor=executor)
    """
    distributed = _import("distributed")
    try:
        kind = asyncio.run(asyncio.wait_for(_identity(address), timeout))
    except Exception as error:  # the many ways of a network
        why = f": {error}" if isinstance(error, ValueError) else f" within {timeout:g} s"
        raise InputError(f"--scheduler: no Dask scheduler answers at '{address}'{why}") from None
    if kind != "Scheduler":
        raise InputError(f"--scheduler: at '{address}' is a Dask {kind}, expected a scheduler")
    with distributed.Client(address, timeout=timeout, set_as_default=False) as client:
        yield _executor(client)


@contextmanager
def slurm(options: Mapping[str, Any]) -> Iterator[Executor]:
    """An executor on SLURM jobs, which end when the block does.

    Parameters
    ----------
    options
        ``jobs``, their number, and what ``dask_jobqueue.SLURMCluster`` takes: ``queue``,
        ``account``, ``walltime``, ``memory``, ``cores`` (1) and others. A job has a process of one
        thread for each core.

    Raises
    ------
    InputError
        dask-jobqueue is not installed, no ``sbatch`` is found here, or an option is not known.

    Examples
    --------
    >>> with slurm({"jobs": 4, "cores": 8, "memory": "16GB"}) as executor:  # doctest: +SKIP
    ...     run_study(study, motor_run, "gain", executor=executor)
    """
    jobqueue, distributed = _import("dask_jobqueue"), _import("distributed")
    given = {"cores": 1, **options}
    if "jobs" not in given:
        raise InputError("[slurm]: expected jobs, their number, and perhaps " + ", ".join(_USUAL))
    jobs = given.pop("jobs")
    check_integer("[slurm]", "jobs", jobs, minimum=1)
    check_integer("[slurm]", "cores", given["cores"], minimum=1)
    known = _options(jobqueue)
    for name in given:
        if name not in known:
            raise suggest(name, known, what="option of [slurm]")
    if shutil.which("sbatch") is None:
        raise InputError("--slurm: no sbatch is found here; expected a machine that submits jobs")
    prologue = [f"export {name}=1" for name in ONE_THREAD]
    given = {"processes": given["cores"], **given}
    given["job_script_prologue"] = [*given.get("job_script_prologue", []), *prologue]
    # No run waits at a worker, where it would be blamed for the worker's end.
    with _import("dask.config").set({"distributed.scheduler.worker-saturation": 1.0}):
        try:
            cluster = jobqueue.SLURMCluster(**given)
        except (TypeError, ValueError) as error:
            raise InputError(f"[slurm]: {error}") from None
    with cluster:
        cluster.scale(jobs=jobs)
        with distributed.Client(cluster, set_as_default=False) as client:
            yield _executor(client)


_USUAL = ("queue", "account", "walltime", "memory", "cores")


def _options(jobqueue: Any) -> list[str]:
    """Names that the classes of dask-jobqueue take together."""
    job = jobqueue.slurm.SLURMJob
    classes = (*jobqueue.SLURMCluster.__mro__, *job.__mro__)
    names = {
        name
        for kind in classes
        if kind.__module__.startswith("dask_jobqueue")
        for name in inspect.signature(kind.__init__).parameters
    }
    return sorted(names - {"self", "args", "kwargs", "base_class_kwargs", "scheduler"})


async def _identity(address: str) -> str:
    """What answers at an address: ``"Scheduler"``, if it is one."""
    from distributed.core import rpc

    async with rpc(address) as remote:
        return str((await remote.identity())["type"])


def _executor(client: Any) -> Executor:
    here = package_version()
    try:
        versions = set(client.run(package_version).values())
    except Exception as error:
        raise InputError(
            f"the workers of {client.scheduler.address} cannot import neurosim ({error}); "
            "install it there"
        ) from None
    if others := versions - {here}:
        raise InputError(
            f"the workers of {client.scheduler.address} have neurosim {', '.join(sorted(others))}, "
            f"here is {here}; install the same version"
        )
    executor: Executor = client.get_executor(pure=False)
    return executor


def _import(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise InputError(
            f"a cluster needs {name.replace('_', '-')}, which is not installed: "
            "pip install 'neurosim[cluster]'"
        ) from None
