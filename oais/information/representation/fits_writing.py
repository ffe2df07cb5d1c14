"""FITS written row by row: stored rows copied as they lie, or rows of other formats; headers by astropy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from oais.information.representation.derived_tables import DerivedTable, Label
from oais.information.representation.fits import hdu_kind
from oais.information.representation.fits_blocks import BLOCK, MOST_HDUS, padded
from oais.information.representation.fits_cards import Cards
from oais.information.representation.fits_tables import NUMPY, FoundHdu, Source, open_source, read_hdu
from oais.information.representation.intervals import Interval
from oais.information.representation.rows import (
    TABLES,
    Field,
    FitsTable,
    Piece,
    Rows,
    fits_table,
    name_of,
)

if TYPE_CHECKING:
    from astropy.io.fits import Header

_COPIED = 1 << 20
_SUMS = ("CHECKSUM", "DATASUM")


def cut_fits(stream: BinaryIO, target: BinaryIO, interval: Interval, label: Label) -> list[DerivedTable]:
    """Copy a FITS file with only those rows of its tables that lie in an interval, the rest as it is.

    Every table whose rows have a time is cut; raises ValueError when there is none, or when one has arrays
    of varying length, which lie outside its rows.
    """
    cuts: list[DerivedTable] = []
    reasons = ["the file has no binary table"]
    source, primary = open_source(stream), Cards()
    for number in range(MOST_HDUS):
        found = read_hdu(source, number)
        if found is None:
            break
        primary = found.cards if number == 0 else primary
        table = _to_cut(found, primary, reasons)
        if table is None:
            _copy_hdu(source, target, found, label)
        else:
            cuts.append(_cut_table(source, target, table, interval))
    if not cuts:
        raise ValueError(reasons[1] if len(reasons) > 1 else reasons[0])
    return cuts


def _to_cut(found: FoundHdu, primary: Cards, reasons: list[str]) -> FitsTable | None:
    if hdu_kind(found.cards) not in TABLES:
        return None
    try:
        table = fits_table(found, primary, timed=True)
    except ValueError as error:
        reasons.append(str(error))
        return None
    if found.cards.integer("PCOUNT"):
        raise ValueError(f"HDU {found.number} has arrays of varying length, which are not cut")
    return table


def _copy_hdu(source: Source, target: BinaryIO, found: FoundHdu, label: Label) -> None:
    header = _labelled(found.header, label) if found.number == 0 else found.header
    target.write(header)
    left = padded(found.size)
    while left > 0:
        data = source.stream.read(min(left, _COPIED))
        if not data:
            raise ValueError(f"the file ends inside HDU {found.number}")
        target.write(data)
        left -= len(data)


def _cut_table(source: Source, target: BinaryIO, table: FitsTable, interval: Interval) -> DerivedTable:
    """Write a table's header, then the rows that stay; the number of rows is put in when it is known."""
    assert table.time is not None
    begins, kept = target.tell(), 0
    target.write(_cut_header(table, interval, 0))
    for data, count in table.chunks(source):
        keep = table.within(interval, data, count)
        rows = np.frombuffer(data, dtype=np.dtype((np.void, table.width)))
        target.write(rows[keep].tobytes())
        kept += int(keep.sum())
    source.skip(padded(table.found.size) - table.found.size)
    _fill(target, kept * table.width)
    ends = target.tell()
    target.seek(begins)
    target.write(_cut_header(table, interval, kept))
    target.seek(ends)
    return DerivedTable(name_of(table.found), table.time.name, table.time.compared, kept, table.total)


def _cut_header(table: FitsTable, interval: Interval, kept: int) -> bytes:
    assert table.time is not None
    header = _parsed(table.found.header)
    header["NAXIS2"] = kept
    for keyword in _SUMS:
        header.remove(keyword, ignore_missing=True)
    header["CUTROWS"] = (kept, f"rows kept of {table.total}")
    header.add_history(f"derived: rows kept whose {table.time.name} ({table.time.compared})")
    header.add_history(f"derived: lies in {interval}")
    return _written(header)


def _labelled(stored: bytes, label: Label) -> bytes:
    header = _parsed(stored)
    for keyword in _SUMS:
        header.remove(keyword, ignore_missing=True)
    header["DERIVED"] = (True, "made from another file, see HISTORY")
    for name, value in label:
        header.add_history(f"{name}: {value}".encode("ascii", "backslashreplace").decode("ascii"))
    return _written(header)


def write_fits(target: BinaryIO, label: Label, tables: Sequence[tuple[Rows, Label]]) -> None:
    """Write tables as the extensions of a FITS file whose primary header has the label and theirs."""
    empty = [("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 0), ("EXTEND", True)]
    told = [pair for _, facts in tables for pair in facts]
    target.write(_labelled(_written(_header(empty)), (*label, *told)))
    for rows, _ in tables:
        _write_table(target, rows)


def _write_table(target: BinaryIO, rows: Rows) -> None:
    kept = sum(piece.rows for piece in rows.read())
    layout = np.dtype([(f"c{n}", *_stored_type(field)) for n, field in enumerate(rows.fields)])
    target.write(_written(_header(_table_cards(rows, layout, kept))))
    for piece in rows.read():
        target.write(_stored(piece, layout))
    _fill(target, kept * layout.itemsize)


def _table_cards(rows: Rows, layout: np.dtype[Any], kept: int) -> list[tuple[str, Any]]:
    cards: list[tuple[str, Any]] = [
        ("XTENSION", "BINTABLE"),
        ("BITPIX", 8),
        ("NAXIS", 2),
        ("NAXIS1", layout.itemsize),
        ("NAXIS2", kept),
        ("PCOUNT", 0),
        ("GCOUNT", 1),
        ("TFIELDS", len(rows.fields)),
        ("EXTNAME", _ascii(rows.name)),
    ]
    for n, field in enumerate(rows.fields, 1):
        cards += [(f"TTYPE{n}", _ascii(field.name)), (f"TFORM{n}", f"{field.size}{field.code}")]
        cards += [(f"TUNIT{n}", _ascii(field.unit))] if field.unit else []
    return cards


def _stored_type(field: Field) -> tuple[str, tuple[int]]:
    """Return type and shape of a cell as it is stored."""
    return (f"S{field.size}", (1,)) if field.code == "A" else (NUMPY[field.code], (field.size,))


def _stored(piece: Piece, layout: np.dtype[Any]) -> bytes:
    stored = np.zeros(piece.rows, layout)
    for name, column in zip(layout.names or (), piece.columns, strict=True):
        is_text = layout[name].base.kind == "S"
        stored[name] = np.char.encode(column, "ascii", "replace") if is_text else column
    data: bytes = stored.tobytes()
    return data


def _fill(target: BinaryIO, size: int) -> None:
    target.write(bytes(padded(size) - size))


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")


def _parsed(stored: bytes) -> Header:
    from astropy.io.fits import Header

    return Header.fromstring(stored)


def _header(cards: Iterable[tuple[str, Any]]) -> Header:
    from astropy.io.fits import Header

    return Header(cards)


def _written(header: Header) -> bytes:
    written: bytes = header.tostring(padding=True).encode("ascii")
    assert len(written) % BLOCK == 0
    return written
