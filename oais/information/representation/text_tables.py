"""Tables in plain text: CSV and columns of numbers parted by blanks, read by their first lines.

Cells are text here and nowhere run as a formula; a table of CSV is rewritten by no one.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

from oais.information.findings import finding
from oais.information.representation.contents import Contents

MOST_COLUMNS = 2_000
_DELIMITERS = (",", "\t", ";", "|")


def read_text_table(head: bytes, path: str, *, blanks: bool) -> Contents:
    """Describe a table by the lines of ``head``; ``blanks`` for columns parted by blanks."""
    lines = first_lines(head)
    comments = [line for line in lines if line.startswith("#")]
    rows, delimiter = table_rows([line for line in lines if not line.startswith("#")], blanks)
    if not rows:
        return Contents(findings=(finding("FMT-006", path, "the table has no row"),))
    names = column_names(rows)
    kinds = _kinds(rows[1:] if has_names(rows) else rows, len(names))
    unit: dict[str, Any] = {
        "unit": 0,
        "name": "",
        "kind": "text table",
        "delimiter": "blank" if blanks else delimiter,
        "columns": [
            {"name": name, "unit": "", "format": kind} for name, kind in zip(names, kinds, strict=True)
        ],
    }
    header = {"COMMENT": "\n".join(comments)} if comments else {}
    return Contents((header,), (unit,))


def first_lines(head: bytes, longest: int = 200) -> list[str]:
    """Return the whole lines at the beginning of a text, without empty ones."""
    text = head.decode("utf-8", "replace").lstrip("\ufeff")
    lines = text.splitlines()
    if len(lines) > 1 and not text.endswith(("\n", "\r")):
        lines.pop()
    return [line for line in lines[:longest] if line.strip()]


def table_rows(lines: Sequence[str], blanks: bool) -> tuple[list[list[str]], str]:
    """Part lines into cells; return the rows and the delimiter, no rows when it is no table."""
    if blanks:
        return [line.split() for line in lines], " "
    delimiter = guess_delimiter(lines)
    if not delimiter:
        return [], ""
    try:
        return list(csv.reader(lines, delimiter=delimiter, strict=False)), delimiter
    except csv.Error:
        return [], ""


def guess_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that gives every line the same number of cells, or an empty string."""
    for delimiter in _DELIMITERS:
        try:
            counts = {len(row) for row in csv.reader(lines, delimiter=delimiter)}
        except csv.Error:
            continue
        if len(counts) == 1 and 1 < counts.pop() <= MOST_COLUMNS:
            return delimiter
    return ""


def looks_like_numbers(lines: Sequence[str]) -> bool:
    """Return whether every line has the same two or more numbers parted by blanks."""
    rows = [line.split() for line in lines if not line.startswith(("#", "!", "%"))]
    if len(rows) < 2 or len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        return False
    return all(is_number(cell) for row in rows for cell in row)


def is_number(cell: str) -> bool:
    """Return whether a cell is a number as float reads it, with D for an exponent allowed."""
    try:
        float(cell.strip().replace("D", "E").replace("d", "e"))
    except ValueError:
        return False
    return True


def has_names(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row names the columns: no number in it, but some below it."""
    if len(rows) < 2 or any(is_number(cell) for cell in rows[0]):
        return False
    return any(is_number(cell) for cell in rows[1])


def column_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the names in the first row, or col1, col2 … where it holds data."""
    width = min(len(rows[0]), MOST_COLUMNS)
    if has_names(rows):
        return [rows[0][n].strip() or f"col{n + 1}" for n in range(width)]
    return [f"col{n + 1}" for n in range(width)]


def _kinds(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    kinds = []
    for n in range(width):
        cells = [row[n] for row in rows if n < len(row) and row[n].strip()]
        kinds.append("number" if cells and all(map(is_number, cells)) else "text")
    return kinds
