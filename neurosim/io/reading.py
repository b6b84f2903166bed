"""What every reader asks first: is it a file, and does what it promises fit in memory.

Formats say how much they hold in a few bytes, which damage turns into anything; so nothing is read
before that is known. HDF5 and zip files of some kB may stand for terabytes.
"""

from __future__ import annotations

import mmap
import stat
import textwrap
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.memory import check_memory

if TYPE_CHECKING:
    import xarray as xr

HEAP = b"GCOL\1\0\0\0"
SEARCHED = 2**30
"""How a list of texts in HDF5 begins, and the largest file, in bytes, that is searched for them."""


def check_file(path: str | Path) -> Path:
    """Refuse all but regular files: a pipe, for one, may never end.

    Raises
    ------
    InputError
        Nothing is there, a folder, or what is no file.

    Examples
    --------
    >>> check_file("none.nc")
    Traceback (most recent call last):
    neurosim.errors.InputError: none.nc: there is no such file
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:  # too long a name, links in a circle, a zero in it
        raise InputError(f"{path}: cannot be read ({reason(error)})") from None
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: is a folder, expected a file")
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: is no regular file, but a pipe or a device")
    return path


def content(path: str | Path) -> bytes:
    """All bytes of a file.

    Raises
    ------
    InputError
        As :func:`check_file`; it cannot be read, or needs more memory than is free.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "two.txt"
    >>> _ = path.write_text("ab")
    >>> content(path)
    b'ab'
    """
    path = check_file(path)
    try:
        check_memory(path.stat().st_size, f"{path}: reading it")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from None


def read_npz(path: str | Path) -> dict[str, NDArray[Any]]:
    """All arrays of an ``.npz`` file; objects, whose reading may run code, are refused.

    Raises
    ------
    InputError
        The file is damaged or no archive, holds what is no array, or does not fit in memory.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.npz"
    >>> np.savez(path, x=[1, 2])
    >>> read_npz(path)
    {'x': array([1, 2])}
    """
    path = check_npz(path)
    try:
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise InputError(f"{path}: is no archive of named arrays, as numpy.savez writes it")
        with archive:
            arrays = dict(archive)
    except InputError:
        raise
    except Exception as error:  # zip and NumPy raise many kinds for damaged files
        raise InputError(f"{path}: cannot be read as .npz ({reason(error)})") from None
    for name, array in arrays.items():
        # an entry of no bytes may be there as often as it likes
        if not isinstance(array, np.ndarray) or (array.size and not array.itemsize):
            raise InputError(f"{path}: cannot be read as .npz ({name} is no array)")
    return arrays


def check_npz(path: str | Path) -> Path:
    """Refuse what is no file, or an archive that needs more memory than is free.

    Raises
    ------
    InputError
        As it says.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.npz"
    >>> np.savez(path, x=[1, 2])
    >>> check_npz(path).name
    'x.npz'
    """
    path = check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except Exception:  # no archive; those who read it say so in their words
        return path
    check_memory(size, f"{path}: reading it")
    return path


def check_hdf5(path: str | Path) -> Path:
    """Refuse a file whose lists of texts and references do not end.

    The HDF5 library (2.0) reads such a list, a "global heap", for ever. It is a signature, a
    length, and entries: a number, a length, and so many bytes filled up to a multiple of 8; number
    0 is what is free, its length that of the whole entry. Files beyond :data:`SEARCHED` are not
    searched.

    Raises
    ------
    InputError
        It is no file, or has such a list.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.nc"
    >>> _ = path.write_bytes(HEAP + (32).to_bytes(8, "little") + bytes(16))
    >>> try:
    ...     check_hdf5(path)
    ... except InputError as error:
    ...     print(str(error).partition(": ")[2])
    is damaged, a list of texts does not end
    """
    path = check_file(path)
    size = path.stat().st_size
    if not 0 < size <= SEARCHED:
        return path
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
            at = all_.find(HEAP)
            while at >= 0:
                if not _ends(all_, at):
                    raise InputError(f"{path}: is damaged, a list of texts does not end")
                at = all_.find(HEAP, at + len(HEAP))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from None
    return path


def _ends(stored: mmap.mmap, at: int) -> bool:
    """Whether each entry of a heap lies behind the one before, and in the heap."""
    end = at + int.from_bytes(stored[at + 8 : at + 16], "little")
    place = at + 16
    while place + 16 <= min(end, len(stored)):
        number = int.from_bytes(stored[place : place + 2], "little")
        length = int.from_bytes(stored[place + 8 : place + 16], "little")
        if number:
            length = 16 + length + -length % 8
        if length < 16 or place + length > end:
            return False
        place += length
    return True


def read_netcdf(path: str | Path, **decoding: Any) -> xr.Dataset:
    """A NetCDF-4 file as a whole, closed again.

    Parameters
    ----------
    path
        Of the file.
    **decoding
        For :func:`xarray.open_dataset`.

    Raises
    ------
    InputError
        The file is damaged, or does not fit in memory.

    Examples
    --------
    >>> import tempfile
    >>> import xarray as xr
    >>> path = Path(tempfile.mkdtemp()) / "x.nc"
    >>> xr.Dataset({"x": ("time", [1, 2])}).to_netcdf(path, engine="h5netcdf")
    >>> read_netcdf(path)["x"].values
    array([1, 2])
    """
    import h5py
    import xarray as xr

    path = check_hdf5(path)
    try:
        with h5py.File(path, "r") as stored:  # h5netcdf prints a traceback where this fails
            stored.attrs.get("_nc3_strict")
        with xr.open_dataset(path, engine="h5netcdf", **decoding) as opened:
            check_memory(opened.nbytes, f"{path}: reading it")
            return opened.load()
    except InputError:
        raise
    except Exception as error:  # h5py and xarray raise many kinds for a damaged file
        raise InputError(
            f"{path}: cannot be read as NetCDF, perhaps truncated ({reason(error)})"
        ) from None


def reason(error: Exception) -> str:
    """What went wrong, in a few words on one line.

    Examples
    --------
    >>> reason(ValueError("no number"))
    'no number'
    """
    text = str(getattr(error, "strerror", None) or error or type(error).__name__)
    return textwrap.shorten(text, 120, placeholder=" ...")
