"""Some records of a CDF variable, without reading others beside them.

cdflib reads every block (VVR) whole of which a record is wanted; a variable that was written at once is one
block, so that pieces of it would each cost all of it. Where blocks are plain they are found by the index of
the variable (VXR) and only the wanted bytes are read; all else is left to cdflib (CDF Internal Format
Description §2.5-2.7).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

_INDEX, _PLAIN = 6, 7
"""Types of records of the file: an index, and values that are not compressed."""

_BIG: Final = frozenset({1, 2, 5, 7, 9, 11, 12})
_LITTLE: Final = frozenset({4, 6, 13})
"""Encodings whose floats are those of IEEE 754; the others are VAX's and are left to cdflib."""

_TYPES: Final = {
    1: "i1",
    2: "i2",
    4: "i4",
    8: "i8",
    11: "u1",
    12: "u2",
    14: "u4",
    41: "i1",
    21: "f4",
    22: "f8",
    31: "f8",
    33: "i8",
    44: "f4",
    45: "f8",
}
_MOST_BLOCKS: Final = 20_000
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class _Block:
    """Values of the records from ``first`` to ``last``, which begin at a byte of the file."""

    first: int
    last: int
    start: int


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable whose blocks are all plain: its type, numbers in a record, and blocks."""

    dtype: np.dtype[Any]
    cells: int
    blocks: tuple[_Block, ...]


class Records:
    """Reads records of the variables of an open CDF."""

    def __init__(self, cdf: Any) -> None:
        """``cdf`` is what ``open_cdf`` gave; it says where the bytes are, of a compressed file a copy."""
        self._cdf = cdf
        self._wide = bool(cdf.cdfversion == 3)
        self._found = cache(self._variable)

    def read(self, name: str, first: int, count: int) -> NDArray[Any]:
        """Return some records of a variable in its own type; raises what cdflib raises."""
        found = self._found(name)
        if found is not None:
            pieces = list(self._pieces(found, first, count))
            if sum(map(len, pieces)) == count * found.cells:
                return np.concatenate(pieces)
        return np.atleast_1d(self._cdf.varget(name, startrec=first, endrec=first + count - 1))

    def _pieces(self, found: _Variable, first: int, count: int) -> Iterator[NDArray[Any]]:
        size, last = found.dtype.itemsize * found.cells, first + count - 1
        with open(self._cdf.file, "rb") as stream:
            for block in found.blocks:
                begin, end = max(first, block.first), min(last, block.last)
                if begin <= end:
                    stream.seek(block.start + (begin - block.first) * size)
                    data = stream.read((end - begin + 1) * size)
                    yield np.frombuffer(data[: len(data) // size * size], found.dtype)

    def _variable(self, name: str) -> _Variable | None:
        """Return a variable that can be read by its blocks, None for one that cdflib has to read."""
        about, encoding = self._cdf.vdr_info(name), self._cdf._encoding  # noqa: SLF001 - told nowhere else
        kind = _TYPES.get(int(about.data_type))
        order = ">" if encoding in _BIG else "<" if encoding in _LITTLE else ""
        if kind is None or not order or about.sparse or not all(about.dim_vary) or not about.record_vary:
            return None
        with open(self._cdf.file, "rb") as stream:
            try:
                blocks = tuple(self._blocks(stream, int(about.head_vxr), _DEEPEST))
            except (struct.error, OverflowError, OSError, ValueError):
                return None
        cells = math.prod(int(size) for size in about.dim_sizes)
        in_order = all(one.last + 1 == other.first for one, other in pairwise(blocks))
        return _Variable(np.dtype(order + kind), cells, blocks) if blocks and in_order else None

    def _blocks(self, stream: BinaryIO, at: int, deep: int) -> Iterator[_Block]:
        """Yield the blocks of an index and of those that follow it; raises ValueError for other ones."""
        seen = 0
        while at > 0:
            following, entries = self._index(stream, at)
            for first, last, offset in entries:
                kind = self._kind(stream, offset)
                if kind == _INDEX and deep:
                    yield from self._blocks(stream, offset, deep - 1)
                elif kind == _PLAIN:
                    yield _Block(first, last, offset + (12 if self._wide else 8))
                else:
                    raise ValueError("a block is not plain")
            at, seen = following, seen + 1
            if seen > _MOST_BLOCKS:
                raise ValueError("the index does not end")

    def _kind(self, stream: BinaryIO, at: int) -> int:
        stream.seek(at)
        return int(struct.unpack(">qi" if self._wide else ">ii", stream.read(12 if self._wide else 8))[1])

    def _index(self, stream: BinaryIO, at: int) -> tuple[int, list[tuple[int, int, int]]]:
        """Return where the next index is, and first record, last record and place of each entry."""
        head = ">qiqii" if self._wide else ">iiiii"
        stream.seek(at)
        _, kind, following, room, used = struct.unpack(head, stream.read(struct.calcsize(head)))
        if kind != _INDEX or not 0 <= used <= room <= _MOST_BLOCKS:
            raise ValueError("this is no index")
        form = f">{room}i{room}i{room}{'q' if self._wide else 'i'}"
        told = struct.unpack(form, stream.read(struct.calcsize(form)))
        firsts, lasts, offsets = told[:room], told[room : 2 * room], told[2 * room :]
        return following, list(zip(firsts, lasts, offsets, strict=True))[:used]
