"""MATLAB files of version 5: whether they are well-formed, found out before SciPy reads them.

SciPy trusts what a file says of itself, and a flipped bit makes its reader crash, interpreter and
all. A file is a header of 128 bytes and elements: a type, a length, and so many bytes filled up to
a multiple of 8; up to 4 bytes may lie in the element's head. An array is an element of elements:
flags with its class, sizes, name, and content, which for cells and structures are arrays again;
a variable may be compressed as a whole (MAT-File Format, The MathWorks).
"""

from __future__ import annotations

import math
import zlib
from typing import NamedTuple

from neurosim.memory import check_memory

HEADER = 128
DEEPEST = 60
"""Arrays inside arrays; SciPy's reader calls itself for each."""

INT8, INT32, UINT32, MATRIX, COMPRESSED, UTF8 = 1, 5, 6, 14, 15, 16
NUMBERS = (1, 2, 3, 4, 5, 6, 7, 9, 12, 13)
TEXTS = (1, 2, 4, 16, 17, 18)
NAMES = (INT8, UTF8)
"""Types of elements that hold numbers, text and names."""

CELL, STRUCTURE, OBJECT, CHARACTERS, SPARSE, FUNCTION, OPAQUE = 1, 2, 3, 4, 5, 16, 17
NUMERIC = range(6, 16)
"""Classes of arrays."""

COMPLEX = 0x0800
MOST_AXES = 32


class _Element(NamedTuple):
    kind: int
    content: memoryview


class _Elements:
    """The elements of some bytes, one after the other."""

    def __init__(self, content: memoryview, order: str) -> None:
        self.content, self.order = content, order

    def number(self, content: memoryview) -> int:
        return int.from_bytes(content, self.order, signed=False)  # type: ignore[arg-type]

    def next(self, *kinds: int) -> _Element:
        """The next one, which must be of one of these types."""
        head = self.number(self._taken(4))
        if head >> 16:  # small: the content lies in the head
            kind, length = head & 0xFFFF, head >> 16
            content = self._taken(4)
            if length > len(content):
                raise ValueError(f"a small element of {length} bytes")
            content = content[:length]
        else:
            kind, length = head, self.number(self._taken(4))
            content = self._taken(length)
            if kind not in (MATRIX, COMPRESSED):
                self._taken(min(-length % 8, len(self.content)))
        if kind not in kinds:
            raise ValueError(f"an element of type {kind} where it cannot be")
        return _Element(kind, content)

    def _taken(self, length: int) -> memoryview:
        if length > len(self.content):
            raise ValueError(f"{length} bytes expected, {len(self.content)} are left; truncated?")
        taken, self.content = self.content[:length], self.content[length:]
        return taken


def checked(content: bytes, what: str) -> bytes:
    r"""The file with its variables as they are without compression.

    Parameters
    ----------
    content
        All bytes of a file of version 5.
    what
        For the message of too little memory.

    Raises
    ------
    ValueError
        It is damaged.
    InputError
        It needs more memory than is free.

    Examples
    --------
    >>> checked(bytes(124) + b"\0\1IM" + bytes([14, 0, 0, 0, 99, 0, 0, 0]), "a.mat")
    Traceback (most recent call last):
    ValueError: 99 bytes expected, 0 are left; truncated?
    """
    order = "little" if content[126:128] == b"IM" else "big"
    variables = _Elements(memoryview(content)[HEADER:], order)
    parts = [content[:HEADER]]
    while variables.content:
        kind, inner = variables.next(MATRIX, COMPRESSED)
        if kind == COMPRESSED:
            unpacked = _unpacked(inner, order, what)
            kind, inner = _Elements(memoryview(unpacked), order).next(MATRIX)
        _check_array(_Elements(inner, order), 0)
        parts += [n.to_bytes(4, order) for n in (MATRIX, len(inner))]  # type: ignore[arg-type]
        parts.append(inner)  # type: ignore[arg-type]
    return b"".join(parts)


def _unpacked(packed: memoryview, order: str, what: str) -> bytes:
    """What was compressed, if it is as long as its head says and fits in memory."""
    stream = zlib.decompressobj()
    head = stream.decompress(packed, 8)
    length = int.from_bytes(head[4:], order)  # type: ignore[arg-type]
    check_memory(2 * length, f"{what}: reading it")
    return head + stream.decompress(stream.unconsumed_tail, length + 1)


def _check_array(elements: _Elements, depth: int) -> None:
    """Whether an array is what SciPy will take it for."""
    if not elements.content and depth:
        return  # of a cell or field that is empty
    if depth > DEEPEST:
        raise ValueError(f"arrays inside arrays, more than {DEEPEST} deep")
    flags = elements.next(UINT32).content
    if len(flags) != 8:
        raise ValueError(f"flags of {len(flags)} bytes")
    flag = elements.number(flags[:4])
    kind = flag & 0xFF
    if kind == OPAQUE:
        for _ in range(3):
            elements.next(*NAMES)
        _check_inner(elements, 1, depth)
        return
    sizes = elements.next(INT32).content
    if len(sizes) % 4 or not 2 <= len(sizes) // 4 <= MOST_AXES:
        raise ValueError(f"{len(sizes)} bytes of sizes")
    shape = [elements.number(sizes[at : at + 4]) for at in range(0, len(sizes), 4)]
    elements.next(*NAMES)
    count = math.prod(shape)
    if kind in (CELL, STRUCTURE, OBJECT, CHARACTERS) and count > len(elements.content):
        raise ValueError(f"{count} entries in {len(elements.content)} bytes")
    if kind == CELL:
        _check_inner(elements, count, depth)
    elif kind in (STRUCTURE, OBJECT):
        if kind == OBJECT:
            elements.next(*NAMES)
        width = elements.number(elements.next(INT32).content)
        names = len(elements.next(*NAMES).content)
        if not width and names:
            raise ValueError("names of fields without length")
        _check_inner(elements, count * (names // width if width else 0), depth)
    elif kind == FUNCTION:
        _check_inner(elements, 1, depth)
    elif kind == CHARACTERS:
        elements.next(*TEXTS)
    elif kind in NUMERIC or kind == SPARSE:
        for _ in range((3 if kind == SPARSE else 1) + bool(flag & COMPLEX)):
            elements.next(*NUMBERS)
    else:
        raise ValueError(f"an array of class {kind}")


def _check_inner(elements: _Elements, count: int, depth: int) -> None:
    for _ in range(count):
        _check_array(_Elements(elements.next(MATRIX).content, elements.order), depth + 1)
