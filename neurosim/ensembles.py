"""Many runs: in parallel processes, each kept by what it depends on, so that none is run twice."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    as_completed,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from types import TracebackType
from typing import Any

from neurosim.errors import InputError, check_integer
from neurosim.files import written_whole
from neurosim.io.reading import content
from neurosim.provenance import fingerprint, package_version

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)

ATTEMPTS = 2
"""How often a run is begun whose process dies."""


class Processes(Executor):
    """Processes on this machine, with one BLAS and one numba thread each, as an executor.

    Each process is a pool of its own: when one dies (killed, or for lack of memory), only what it
    was doing is begun again, in a new process, and the others go on. All of them end with the
    process that started them, however that ends.

    Parameters
    ----------
    workers
        Number of processes.

    Raises
    ------
    InputError
        ``workers`` is no whole number above 0. From a submitted call: its process died twice, or
        could not be started.

    Examples
    --------
    >>> with Processes(2) as processes:  # doctest: +SKIP
    ...     processes.submit(pow, 2, 5).result()
    32
    """

    def __init__(self, workers: int) -> None:
        check_integer("Processes", "workers", workers, minimum=1)
        self._threads = ThreadPoolExecutor(workers)  # each waits for one process
        self._own = threading.local()
        self._pools: list[ProcessPoolExecutor] = []
        self._starting = threading.Lock()
        self._stopped = False

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function, of the top level of a module, in the next free process."""
        return self._threads.submit(self._run, function, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Begin nothing more; with ``wait``, after what was submitted is done."""
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        for pool in self._pools:
            pool.shutdown(wait=wait, cancel_futures=cancel_futures)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """After an error, Ctrl-C for instance, end the processes in the midst of what they do."""
        if kind is not None:
            with self._starting:
                self._stopped = True
            self._threads.shutdown(wait=False, cancel_futures=True)
            for pool in self._pools:
                for process in list((pool._processes or {}).values()):
                    process.terminate()
        self.shutdown()

    def _run(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        for _ in range(ATTEMPTS):
            pool = getattr(self._own, "pool", None) or self._start()
            try:
                return pool.submit(function, *args, **kwargs).result()
            except BrokenProcessPool:
                self._own.pool = None
        raise InputError("its process died twice (killed, perhaps for lack of memory)")

    def _start(self) -> ProcessPoolExecutor:
        with self._starting, _one_thread():
            if self._stopped:
                raise CancelledError
            pool = ProcessPoolExecutor(
                1, mp_context=get_context("spawn"), initializer=_leave_it_to_the_parent
            )
            self._pools.append(pool)
            begun = pool.submit(os.getpid)
        try:
            begun.result()
        except BrokenProcessPool:
            if self._stopped:
                raise CancelledError from None
            raise InputError(
                "no process could be started; in a script, runs must be started below "
                "if __name__ == '__main__':"
            ) from None
        self._own.pool = pool
        return pool


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes that are started meanwhile have one thread."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _leave_it_to_the_parent() -> None:
    """Let Ctrl-C be for the process that started this one, and end when that is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def record_file(store: Path, job: Any) -> Path:
    """Where :func:`run_all` keeps the record of a job, by what it depends on.

    Examples
    --------
    >>> record_file(Path("runs"), {"seed": 1}) == record_file(Path("runs"), {"seed": 2})
    False
    """
    return store / f"{fingerprint([job, package_version()])}.json"


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
    InputError
        A file in the store cannot be read, or a run's process died twice.
    KeyboardInterrupt
        Passed on, as is what the function raises; finished runs are in the store.
    """
    from tqdm.auto import tqdm

    store.mkdir(parents=True, exist_ok=True)
    files = {job: record_file(store, job) for job in jobs}
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
    with Processes(min(workers, len(jobs))) as processes:
        pending = {processes.submit(worker, job): job for job in jobs}
        for future in as_completed(pending):
            with written_whole(files[pending[future]]) as temporary:
                temporary.write_text(json.dumps(future.result(), indent=1))
            bar.update()


def _read(file: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = dict(json.loads(content(file).decode("utf-8")))
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{file}: cannot be read ({error}); remove it to run it again") from None
    return record
