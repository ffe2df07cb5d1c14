"""Rows written as CSV and VOTable, a piece at a time; the same rows give the same bytes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.derived_tables import Label
from oais.information.representation.rows import Field, Piece, Rows
from oais.information.text import printable

_TOGETHER = 2_048
"""Rows that are text at a time."""

_DATATYPES = {
    "L": "boolean",
    "B": "unsignedByte",
    "I": "short",
    "J": "int",
    "K": "long",
    "E": "float",
    "D": "double",
    "A": "unicodeChar",
}
_NOT_FINITE = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}
_FORMULA = tuple("=+-@\t\r#'")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results">
"""
_END_OF_TABLE = "</TABLEDATA></DATA>\n</TABLE>\n"
_TAIL = "</RESOURCE>\n</VOTABLE>\n"


def write_csv(target: BinaryIO, label: Label, rows: Rows) -> None:
    """Write what ``csv_text`` gives, in UTF-8."""
    for text in csv_text(label, rows):
        target.write(text.encode())


def csv_text(label: Label, rows: Rows) -> Iterator[str]:
    """Yield CSV (RFC 4180) below lines of ``#`` with the label, then a line of column names.

    Numbers are written in as many digits as give them back exactly; no value is an empty cell; a text
    that a spreadsheet would run as a formula has an apostrophe before it.
    """
    yield "".join(f"# {name}: {printable(value, 10_000)}\n" for name, value in label)
    units = "; ".join(f"{field.name} [{field.unit}]" for field in rows.fields if field.unit)
    yield f"# units: {printable(units, 100_000)}\n"
    yield _csv_lines([[_harmless(name) for field in rows.fields for name in _names(field)]])
    for piece in _in_turn(rows.read()):
        columns = [_cells(values) for values in piece.columns]
        plain = [
            [[_harmless(cell) for cell in cells] for cells in column] if field.code == "A" else column
            for field, column in zip(rows.fields, columns, strict=True)
        ]
        yield _csv_lines([cell for cells in row for cell in cells] for row in zip(*plain, strict=True))


def _csv_lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _names(field: Field) -> Iterable[str]:
    if field.size == 1 or field.code == "A":
        return (field.name,)
    return (f"{field.name}[{n}]" for n in range(field.size))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_votable(
    target: BinaryIO, label: Label, tables: Iterable[tuple[Rows, Label]], after: Label = ()
) -> None:
    """Write what ``votable_text`` gives, in UTF-8."""
    for text in votable_text(label, tables, after):
        target.write(text.encode())


def votable_text(label: Label, tables: Iterable[tuple[Rows, Label]], after: Label = ()) -> Iterator[str]:
    """Yield VOTable 1.4 with the label as INFO elements, and each table with its own, rows as TABLEDATA.

    What is told ``after`` the tables stands behind them.
    """
    yield f"{_HEAD}{_infos(label)}"
    for rows, facts in tables:
        yield from _table_text(rows, facts)
    yield f"{_infos(after)}{_TAIL}"


def write_fault(target: BinaryIO, message: str) -> None:
    """Write VOTable that tells why there is no table (DALI 1.1 §4.4)."""
    told = f'<INFO name="QUERY_STATUS" value="ERROR">{_xml(message)}</INFO>\n'
    target.write((_HEAD + told + _TAIL).encode())


def _infos(label: Label) -> str:
    return "".join(f'<INFO name="{_xml(name)}" value="{_xml(value)}"/>\n' for name, value in label)


def _table_text(rows: Rows, facts: Label) -> Iterator[str]:
    fields = "".join(map(_field, rows.fields))
    yield f'<TABLE name="{_xml(rows.name)}">\n{_infos(facts)}{fields}<DATA><TABLEDATA>\n'
    for piece in _in_turn(rows.read()):
        columns = [
            [_xml(" ".join(cells)) for cells in _votable_cells(field, values)]
            for field, values in zip(rows.fields, piece.columns, strict=True)
        ]
        yield "".join(f"<TR><TD>{'</TD><TD>'.join(row)}</TD></TR>\n" for row in zip(*columns, strict=True))
    yield _END_OF_TABLE


def _field(field: Field) -> str:
    several = field.size != 1 and field.code != "A"
    size = ' arraysize="*"' if field.code == "A" else f' arraysize="{field.size}"' if several else ""
    facts = (("unit", field.unit), ("ucd", field.ucd), ("utype", field.utype))
    told = "".join(f' {name}="{_xml(fact)}"' for name, fact in facts if fact)
    head = f'<FIELD name="{_xml(field.name)}" datatype="{_DATATYPES[field.code]}"{size}{told}'
    meaning = f"><DESCRIPTION>{_xml(field.description)}</DESCRIPTION></FIELD>" if field.description else "/>"
    return f"{head}{meaning}\n"


def _votable_cells(field: Field, values: NDArray[Any]) -> list[list[str]]:
    """Return cells as VOTable spells them; an array that lacks a value has no cell left empty (§5.1)."""
    cells = _cells(values, missing="?" if field.code == "L" else "0" if field.size > 1 else "")
    if field.code in "ED" and not bool(np.isfinite(values).all()):
        cells = [[_NOT_FINITE.get(cell, cell) for cell in row] for row in cells]
    return cells


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _cells(values: NDArray[Any], missing: str = "") -> list[list[str]]:
    """Return a column's cells as texts; numpy writes the shortest that gives the number back."""
    texts = np.ma.getdata(values).astype(np.str_)
    if np.ma.is_masked(values):
        texts = np.where(np.ma.getmaskarray(values), missing, texts)
    cells: list[list[str]] = texts.tolist()
    return cells


def _in_turn(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield smaller pieces: a number as text takes many times its room."""
    for piece in pieces:
        for first in range(0, piece.rows, _TOGETHER):
            yield Piece(tuple(column[first : first + _TOGETHER] for column in piece.columns))
