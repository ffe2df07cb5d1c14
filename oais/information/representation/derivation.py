"""Tables made of stored products inside the limited child: cut to an interval, written in another format."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from oais.information.representation.derived_tables import UNWRITTEN, DerivedTable, Label, table_place
from oais.information.representation.fits_writing import cut_fits, write_fits
from oais.information.representation.identification import identify_stream
from oais.information.representation.intervals import Interval
from oais.information.representation.opening import GzipReader, open_regular
from oais.information.representation.pronom import PronomNeededError
from oais.information.representation.record_rows import cdf_rows, cef_rows
from oais.information.representation.rows import FoundTables, Rows, fits_rows
from oais.information.representation.signatures import CDF_FORMATS, FITS_FORMATS
from oais.information.representation.table_writing import write_csv, write_votable


def derive(path: Path, target: Path, form: str, ends: Sequence[str], label: Label) -> dict[str, Any]:
    """Write the tables of a product to ``target``, which is new; ``ends`` are none or those of an interval.

    As CSV each table has a file of its own (``table_place``). Returns what became of each table. Raises
    ValueError with the reason when none can be made.
    """
    interval = Interval(*ends) if ends else None
    with open_regular(path) as (stream, _):
        try:
            tables = _derived(stream, target, form, interval, label)
        except OSError as error:
            if error.errno == errno.EFBIG:
                raise ValueError("what is made of it would be larger than is allowed") from error
            return {UNWRITTEN: error.strerror or str(error)}
    return {"tables": [asdict(table) for table in tables]}


def _derived(
    stream: BinaryIO, target: Path, form: str, interval: Interval | None, label: Label
) -> list[DerivedTable]:
    format_id = _format_of(stream)
    if form == "fits" and format_id in FITS_FORMATS:
        if interval is None:
            raise ValueError("it is FITS as it is")
        with target.open("xb") as written:
            return cut_fits(stream, written, interval, (*label, ("interval", str(interval))))
    found = _tables(stream, format_id, interval)
    made = [_told(rows) for rows in found.rows]
    facts = [_facts(rows, table, interval) for rows, table in zip(found.rows, made, strict=True)]
    label = (*label, *(("left out", f"{table.table}: {table.left_out}") for table in found.left_out))
    tables = list(zip(found.rows, facts, strict=True))
    if form == "csv":
        for number, (rows, told) in enumerate(tables):
            with table_place(target, number).open("xb") as written:
                write_csv(written, (*label, *told), rows)
    else:
        with target.open("xb") as written:
            (write_votable if form == "votable" else write_fits)(written, label, tables)
    return [*made, *found.left_out]


def _told(rows: Rows) -> DerivedTable:
    time, kept = rows.time, sum(piece.rows for piece in rows.read())
    return DerivedTable(rows.name, time.name if time else "", time.compared if time else "", kept, rows.total)


def _facts(rows: Rows, table: DerivedTable, interval: Interval | None) -> Label:
    """Return what is told of one table beside the label of all."""
    facts = [("table", rows.name), ("rows", f"{table.kept} of {table.total}")]
    if rows.time is not None:
        return [*facts, ("interval", str(interval)), ("compared", f"{table.time}: {table.compared}")]
    return facts if interval is None else [*facts, ("interval", "none: its rows have no time")]


def _format_of(stream: BinaryIO) -> str:
    try:
        return identify_stream(stream, "").format_id
    except PronomNeededError:  # our own signatures know every format that has tables
        return ""


def _tables(stream: BinaryIO, format_id: str, interval: Interval | None) -> FoundTables:
    stream.seek(0)
    if format_id in FITS_FORMATS:
        return fits_rows(stream, interval)
    if format_id in CDF_FORMATS:
        return cdf_rows(stream, interval)
    if format_id == "oais/cef":
        return FoundTables([cef_rows(stream, interval)], [], "")
    if format_id == "oais/cef-gzip":
        return FoundTables([cef_rows(GzipReader(stream), interval)], [], "")
    raise ValueError("it is no table of FITS, CDF or CEF")
