"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurosim.errors import InputError


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """A temporary name beside ``path`` that takes its place when the block ends without error."""
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp's files are private
        os.replace(temporary, path)
    except OSError as error:
        if error.errno is None or error.filename not in (None, name):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None  # not the temporary name
    finally:
        temporary.unlink(missing_ok=True)


def check_output(path: str | Path, *, force: bool) -> Path:
    """Find out before the work whether a file can be written.

    Raises
    ------
    InputError
        The folder is missing or not writable, the path is a folder, or the file exists and
        ``force`` is not set.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder, expected the name of a file")
    if not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written, there is no folder {path.parent}")
    if path.exists() and not force:
        raise InputError(f"{path}: exists already; use --force to replace it or another name")
    try:
        handle, probe = tempfile.mkstemp(prefix=".neurosim-", dir=path.parent)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
    os.close(handle)
    os.unlink(probe)
    return path


def check_ending(path: str | Path, endings: tuple[str, ...]) -> None:
    """Refuse a file name with another ending, which would be written in another format.

    Raises
    ------
    InputError
        With the endings that are allowed.
    """
    ending = Path(path).suffix
    if ending.lower() not in endings:
        raise InputError(
            f"{path}: expected a name ending in {' or '.join(endings)}, given '{ending}'"
        )


def check_folder(path: str | Path) -> Path:
    """Make a folder for results, or find out before the work that it cannot be made.

    Raises
    ------
    InputError
        A file has that name, or the folder cannot be made or written.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be made a folder ({error.strerror})") from None
    check_output(path / "probe", force=True)
    return path
