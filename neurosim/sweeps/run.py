"""Run the points of a study that are missing, on any executor, and keep each as it is done."""

from __future__ import annotations

import dataclasses
import math
import traceback
from collections.abc import Callable
from concurrent.futures import Executor, Future, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.ensembles import Processes
from neurosim.errors import InputError
from neurosim.files import check_folder
from neurosim.provenance import describe, environment, fingerprint, package_version
from neurosim.sweeps.store import Store
from neurosim.sweeps.study import NUMBERS, Point, Run, Study

if TYPE_CHECKING:
    import xarray as xr

Build = Callable[[Point], Run]
"""Makes the run of a point from its values; its seed and perturbations are set afterwards."""


def run_of(build: Build, point: Point) -> Run:
    """The run at a point.

    Raises
    ------
    InputError
        It cannot be built, or its trials are no whole number of steps.
    """
    run = dataclasses.replace(build(point), seed=point.seed, perturbations=point.perturbations)
    _ = run.steps
    return run


def run_study(
    study: Study,
    build: Build,
    folder: str | Path,
    *,
    executor: Executor | None = None,
    workers: int = 2,
    retry: bool = False,
    progress: bool = False,
) -> xr.Dataset:
    """Run what is missing of a study, and open it.

    Parameters
    ----------
    study
        What to run.
    build
        Makes the run of a point: :func:`tasks.motor.points.motor_run`, or a function of your own.
        It is called in this process.
    folder
        Where runs are kept. Those that are there already, by their parameters and the version of
        this package, are not run again.
    executor
        Where they are run: anything with the ``submit`` of :mod:`concurrent.futures`, such as
        ``distributed.Client(...).get_executor()``. None: processes on this machine.
    workers
        Number of processes on this machine.
    retry
        Run those that failed again.
    progress
        Show a progress bar.

    Returns
    -------
    xarray.Dataset
        See :func:`neurosim.sweeps.open_study`.

    Raises
    ------
    InputError
        No point can be built, the folder cannot be written, or is of a newer version.

    Examples
    --------
    >>> from tasks.motor.points import motor_run
    >>> study = Study(fixed={"task": "butterfly"}, sweep={"gain": [1.2, 1.5]}, seeds=range(3))
    >>> run_study(study, motor_run, "gain").deviation.mean("seed")  # doctest: +SKIP
    """
    from neurosim.sweeps.dataset import open_study

    plan = Plan(study, build, folder, retry=retry)
    if executor is not None:
        plan.run(executor, progress=progress)
    else:
        with Processes(workers) as processes:
            plan.run(processes, progress=progress)
    return open_study(folder)


class Plan:
    """What is to be done for a study: its points, and which of their runs are kept already.

    Parameters
    ----------
    study, build, folder, retry
        As for :func:`run_study`.
    progress
        Show a progress bar while the points are laid out.

    Attributes
    ----------
    addresses
        Of the run at each point, in order.
    missing
        Runs to be done, by address.
    done, failed
        Addresses of the runs that are kept.
    refused
        Why runs that cannot be built cannot, by address; they fail.

    Raises
    ------
    InputError
        No point can be built, or the store is of a newer version.
    """

    def __init__(
        self,
        study: Study,
        build: Build,
        folder: str | Path,
        *,
        retry: bool = False,
        progress: bool = False,
    ) -> None:
        from tqdm.auto import tqdm

        self.study, self.store = study, Store(folder)
        self.store.study()  # refuses that of a newer version
        self.addresses: list[str] = []
        self.missing: dict[str, Run] = {}
        self.done: set[str] = set()
        self.failed: set[str] = set()
        self.refused: dict[str, str] = {}
        points = tqdm(
            study.points(), desc="points", total=study.size, disable=not progress, leave=False
        )
        for point in points:
            self._add(point, build, retry)
        if len(self.refused) == len(set(self.addresses)):
            raise InputError(next(iter(self.refused.values())))

    def _add(self, point: Point, build: Build, retry: bool) -> None:
        try:
            run = run_of(build, point)
        except InputError as error:
            address = fingerprint([point, str(error)])
            self.refused[address] = str(error)
            self.addresses.append(address)
            return
        address = run.address
        self.addresses.append(address)
        if address in self.missing or address in self.done or address in self.failed:
            return
        record = self.store.record(address)
        if record and record["error"] and not retry:
            self.failed.add(address)
        elif record and not record["error"] and self._kept(address):
            self.done.add(address)
        else:
            self.missing[address] = run

    def _kept(self, address: str) -> bool:
        return self.study.keep == "summary" or self.store.result_file(address).is_file()

    def run(self, executor: Executor, *, progress: bool = False) -> None:
        """Do what is missing; finished runs are kept, also when this is interrupted.

        Raises
        ------
        InputError
            The folder cannot be written, or the cluster went away.
        """
        from tqdm.auto import tqdm

        check_folder(self.store.folder)
        self.store.write_study(self._manifest())
        for address, error in self.refused.items():
            self.store.write(address, {"error": error, "traceback": ""}, None)
            self.failed.add(address)
        whole = self.study.keep == "result"
        pending: dict[Future[Any], str] = {
            executor.submit(run_point, run, whole): address for address, run in self.missing.items()
        }
        total = len(self.done) + len(self.failed) + len(pending)
        with tqdm(
            total=total, initial=total - len(pending), unit="run", disable=not progress
        ) as bar:
            try:
                for future in as_completed(list(pending)):
                    self._keep(pending.pop(future), future)
                    bar.update()
                    if self.failed:
                        bar.set_postfix(failed=len(self.failed))
            finally:
                for future in pending:
                    future.cancel()

    def _keep(self, address: str, future: Future[Any]) -> None:
        if future.cancelled():
            raise InputError(
                f"the cluster went away; finished runs are kept in {self.store.folder}, give the "
                "same command again to go on"
            )
        try:
            record, result = future.result()
        except Exception as error:  # the process died, or could not begin
            record, result = _failure(error), None
        theirs = record.get("environment", {}).get("neurosim_version", package_version())
        if theirs != package_version():
            raise InputError(
                f"a worker ran with neurosim {theirs}, this is {package_version()}; install the "
                "same version"
            )
        run = self.missing.pop(address)
        self.store.write(address, {"parameters": describe(run)} | record, result)
        (self.failed if record["error"] else self.done).add(address)

    def _manifest(self) -> dict[str, Any]:
        study = self.study
        return {
            "fixed": study.fixed,
            "sweep": study.sweep,
            "conditions": study.conditions,
            "seeds": study.seeds,
            "keep": study.keep,
            "addresses": self.addresses,
        }


def run_point(run: Run, whole: bool) -> tuple[dict[str, Any], xr.Dataset | None]:
    """Do a run, in whichever process; what is kept of it, or why it failed.

    Parameters
    ----------
    run
        What to do.
    whole
        Whether the result is wanted too.

    Examples
    --------
    >>> from neurosim import Reservoir, Rmhl, Schedule
    >>> from tasks.motor import motor_task
    >>> task = motor_task("butterfly", period=10.0)
    >>> record, _ = run_point(Run(task, Rmhl(), Reservoir(n_units=20), Schedule(1, 1)), False)
    >>> record["numbers"]["steps"], record["phase"]
    (100.0, ['train', 'test'])
    >>> many = Reservoir(n_units=10**9)
    >>> run_point(Run(task, Rmhl(), many), False)[0]["error"]  # doctest: +ELLIPSIS
    "a network of 1,000,000,000 units learning by 'rmhl' needs ... GiB of memory, ... are free"
    """
    try:
        result = run.simulation().run()
    except Exception as error:
        return _failure(error), None
    record = {
        "error": "",
        "numbers": {name: _number(result.attrs[name]) for name in NUMBERS},
        "trial_distance": [_number(distance) for distance in result["trial_distance"].values],
        "phase": [str(phase) for phase in result["phase"].values],
        "environment": environment(),
    }
    return record, result if whole else None


def _failure(error: Exception) -> dict[str, Any]:
    text = " ".join(str(error).split())
    return {
        "error": text if isinstance(error, InputError) else f"{type(error).__name__}: {text}",
        "traceback": "".join(traceback.format_exception(error)),
    }


def _number(value: Any) -> float | None:
    """JSON has no NaN."""
    return float(value) if math.isfinite(value) else None
