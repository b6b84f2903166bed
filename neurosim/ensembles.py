"""Many runs: in parallel processes, each kept by what it depends on, so that none is run twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from neurosim.errors import InputError
from neurosim.files import written_whole
from neurosim.provenance import fingerprint, package_version

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def run_all(
    worker: Callable[[Any], dict[str, Any]],
    jobs: Sequence[Any],
    store: Path,
    *,
    workers: int = 2,
    progress: bool = False,
    desc: str = "runs",
) -> list[dict[str, Any]]:
    """Run a function on every job, in processes of one thread each.

    Parameters
    ----------
    worker
        A function of one job at the top level of a module; returns a JSON-able record.
    jobs
        Frozen parameter objects or plain data; equal jobs are run once.
    store
        Folder with one file a job, named by the fingerprint of the job and the package's version.
        What is there already is not run again, so that an interrupted call continues.
    workers
        Number of processes.
    progress
        Show a progress bar.

    Returns
    -------
    list of dict
        Records in the order of the jobs.

    Raises
    ------
    KeyboardInterrupt
        Passed on; finished runs are in the store.
    """
    from tqdm.auto import tqdm

    store.mkdir(parents=True, exist_ok=True)
    files = {job: store / f"{fingerprint([job, package_version()])}.json" for job in jobs}
    missing = [job for job, file in files.items() if not file.exists()]
    with tqdm(
        total=len(files),
        initial=len(files) - len(missing),
        desc=desc,
        unit="run",
        disable=not progress,
    ) as bar:
        if missing:
            _run_missing(worker, missing, files, workers, bar)
    return [_read(files[job]) for job in jobs]


def _run_missing(
    worker: Callable[[Any], dict[str, Any]],
    jobs: list[Any],
    files: dict[Any, Path],
    workers: int,
    bar: Any,
) -> None:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    pool = ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn"))
    try:
        pending = {pool.submit(worker, job): job for job in jobs}
        for future in as_completed(pending):
            with written_whole(files[pending[future]]) as temporary:
                temporary.write_text(json.dumps(future.result(), indent=1))
            bar.update()
    except BaseException:
        for process in list(pool._processes.values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    pool.shutdown()


def _read(file: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read ({error}); remove it to run it again") from None
    return record
