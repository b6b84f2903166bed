"""Whether a run fits in memory, known before it starts."""

from __future__ import annotations

from neurosim.errors import InputError


def check_memory(needed: int, what: str) -> None:
    """Refuse what needs more memory than the machine has free.

    Parameters
    ----------
    needed
        Bytes.
    what
        For the message.

    Raises
    ------
    InputError
        With the memory needed and the memory free, in GiB.
    """
    import psutil

    free = psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            f"{what} needs {needed / 2**30:,.1f} GiB of memory, {free / 2**30:,.1f} GiB are free"
        )
