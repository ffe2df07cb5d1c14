"""Plain values as tables: rows are read in pieces, which do not grow with the widest text among them."""

from __future__ import annotations

import numpy as np
import pytest

from oais.information.representation.listing import tabled
from oais.information.representation.rows import Field

FIELDS = (Field("name", "", "A"), Field("number", "", "K"))


@pytest.mark.parametrize("at", [0, 2_500, 4_999])
def test_one_wide_text_does_not_widen_all_rows(at: int) -> None:
    """An array gives each of its texts the room of the longest: a query for it would take all memory."""
    rows = [("x" * (100_000 if number == at else number % 3), number) for number in range(5_000)]
    table = tabled("wide", FIELDS, rows)
    pieces = list(table.read())
    assert max(column.nbytes for piece in pieces for column in piece.columns) < 16 << 20
    names, numbers = (np.concatenate([piece.columns[at][:, 0] for piece in pieces]) for at in (0, 1))
    assert list(zip(names, numbers, strict=True)) == rows
    assert (table.total, table.fields[0].size) == (5_000, 100_000)


def test_few_short_rows_are_one_piece_and_no_rows_none() -> None:
    """Nothing is cut without need."""
    assert len(list(tabled("short", FIELDS, [("a", 1), (None, 2)]).read())) == 1
    assert list(tabled("none", FIELDS, []).read()) == []
