"""Lists of plain values as typed rows, to be written as CSV or VOTable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.rows import Field, Piece, Rows

_TYPES: Final = {"D": np.float64, "K": np.int64}
_TOGETHER: Final = 1 << 21
"""Characters of texts in one piece: 8 MB in an array, unless a single row has more."""


def listed_in_turn(
    name: str, columns: Mapping[str, tuple[str, str]], total: int, some: Iterable[Sequence[object]]
) -> Rows:
    """Return attributes of things as a table: ``columns`` are unit and code (A, D or K) by attribute.

    The things come some at a time and once; how long their texts are is not known. A number that is None has
    no value in its row.
    """
    fields = tuple(Field(attribute, unit, code) for attribute, (unit, code) in columns.items())

    def read() -> Iterator[Piece]:
        for things in some:
            cells = [[getattr(thing, field.name) for field in fields] for thing in things]
            yield from tabled(name, fields, cells).read()

    return Rows(name, fields, total, None, read)


def tabled(name: str, columns: Sequence[Field], rows: Sequence[Sequence[Any]]) -> Rows:
    """Return rows of plain values as a table; the codes of its columns are A, D or K.

    A number that is None has no value in its row, a text that is None is empty.
    """
    told = [(field, [row[number] for row in rows]) for number, field in enumerate(columns)]

    def read() -> Iterator[Piece]:
        for some in _portions(columns, rows):
            yield Piece(tuple(_array(field.code, cells[some]) for field, cells in told))

    return Rows(name, tuple(_sized(field, cells) for field, cells in told), len(rows), None, read)


def _portions(columns: Sequence[Field], rows: Sequence[Sequence[Any]]) -> Iterator[slice]:
    """Yield rows to read together: in an array each text takes the room of the longest in its column."""
    texts = [number for number, field in enumerate(columns) if field.code == "A"]
    first, widest = 0, [1] * len(texts)
    for last, row in enumerate(rows):
        wider = [max(wide, len(row[number] or "")) for wide, number in zip(widest, texts, strict=True)]
        if last > first and sum(wider) * (last + 1 - first) > _TOGETHER:
            yield slice(first, last)
            first, wider = last, [len(row[number] or "") for number in texts]
        widest = wider
    if rows:
        yield slice(first, len(rows))


def _sized(field: Field, values: Sequence[Any]) -> Field:
    if field.code != "A":
        return field
    return replace(field, size=max((len(value.encode()) for value in values if value), default=1))


def _array(code: str, values: Sequence[Any]) -> NDArray[Any]:
    """Return a column, shape (rows, 1), masked where there is no value."""
    if code == "A":
        return np.array(["" if value is None else value for value in values], dtype=np.str_).reshape(-1, 1)
    missing = [value is None for value in values]
    numbers = np.array([0 if value is None else value for value in values], dtype=_TYPES[code])
    return np.ma.masked_array(numbers, missing).reshape(-1, 1)
