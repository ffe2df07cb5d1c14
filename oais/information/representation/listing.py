"""Lists of plain values as typed rows, to be written as CSV or VOTable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.rows import Field, Piece, Rows

_TYPES: Final = {"D": np.float64, "K": np.int64}


def listed(name: str, columns: Mapping[str, tuple[str, str]], rows: Sequence[object]) -> Rows:
    """Return attributes of things as a table: ``columns`` are unit and code (A, D or K) by attribute.

    A number that is None has no value in its row.
    """
    cells = [[getattr(row, attribute) for row in rows] for attribute in columns]
    told = list(zip(columns.items(), cells, strict=True))
    fields = tuple(_field(name, unit, code, values) for (name, (unit, code)), values in told)

    def read() -> Iterator[Piece]:
        if rows:
            yield Piece(tuple(_array(code, values) for (_, (_, code)), values in told))

    return Rows(name, fields, len(rows), None, read)


def _field(name: str, unit: str, code: str, values: Sequence[Any]) -> Field:
    longest = max((len(value.encode()) for value in values), default=1) if code == "A" else 1
    return Field(name, unit, code, longest)


def _array(code: str, values: Sequence[Any]) -> NDArray[Any]:
    """Return a column, shape (rows, 1), masked where there is no value."""
    if code == "A":
        return np.array(values, dtype=np.str_).reshape(-1, 1)
    missing = [value is None for value in values]
    numbers = np.array([0 if value is None else value for value in values], dtype=_TYPES[code])
    return np.ma.masked_array(numbers, missing).reshape(-1, 1)
