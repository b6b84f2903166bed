"""What studies share: which parts are chosen, what their runs cost, and running them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from neurosim.ensembles import record_file, run_all
from neurosim.errors import suggest
from neurosim.sweeps.cost import in_words


class Cost(NamedTuple):
    """What a study will take.

    Attributes
    ----------
    runs, done
        All, and those that are kept from before.
    seconds
        Of those that are missing, one after the other.
    """

    runs: int
    done: int
    seconds: float

    def told(self, workers: int) -> str:
        """In a line.

        Examples
        --------
        >>> Cost(198, 150, 1728.0).told(2)
        '198 runs, 150 done; the others take about 14 minutes on 2 processes of an idle machine'
        >>> Cost(198, 198, 0.0).told(2)
        '198 runs, all done'
        """
        runs = f"{self.runs} run{'s' * (self.runs > 1)}"
        if self.done == self.runs:
            return f"{runs}, all done"
        done = f", {self.done} done; the others take" if self.done else ","
        processes = max(1, min(workers, self.runs - self.done))
        return (
            f"{runs}{done} about {in_words(self.seconds / processes)} on {processes} "
            f"process{'es' * (processes > 1)} of an idle machine"
        )


Tell = Callable[[Cost], None]


def cost(jobs: Mapping[Any, float], store: Path) -> Cost:
    """What jobs will take.

    Parameters
    ----------
    jobs
        And the seconds that each takes on one core.
    store
        Folder of the runs that are done.
    """
    missing = [job for job in jobs if not record_file(store, job).exists()]
    return Cost(len(jobs), len(jobs) - len(missing), sum(jobs[job] for job in missing))


def run_jobs(
    work: Callable[[Any], dict[str, Any]],
    jobs: Mapping[Any, float],
    out: Path,
    *,
    workers: int = 2,
    progress: bool = False,
    tell: Tell | None = None,
) -> dict[Any, dict[str, Any]]:
    """Say what jobs will take, and run those that are missing.

    Parameters
    ----------
    work
        A function of one job at the top level of a module; returns a JSON-able record.
    jobs
        Frozen parameter objects, and the seconds that each takes on one core.
    out
        Folder of the study; single runs are kept below ``runs/`` and not run again.
    workers
        Parallel processes.
    progress
        Show a progress bar.
    tell
        Called with the cost before anything is run.

    Returns
    -------
    dict
        The record of each job.
    """
    store = out / "runs"
    if tell is not None:
        tell(cost(jobs, store))
    records = run_all(
        work, list(jobs), store, workers=workers, progress=progress, desc=out.resolve().name
    )
    return dict(zip(jobs, records, strict=True))


def chosen(names: str | None, known: Iterable[str], what: str) -> list[str]:
    """Comma-separated names; None for all that are known.

    Raises
    ------
    InputError
        A name that is not known.

    Examples
    --------
    >>> chosen("segments", ("table", "segments"), "figure")
    ['segments']
    """
    known = tuple(known)
    wanted = [part.strip() for part in names.split(",")] if names else list(known)
    for name in wanted:
        if name not in known:
            raise suggest(name, known, what=what)
    return wanted
