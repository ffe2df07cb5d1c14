"""Tables made of stored products inside the limited child: cut to an interval, written in another format."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from oais.information.representation.derived_tables import UNWRITTEN, DerivedTable, Label
from oais.information.representation.fits_writing import cut_fits, write_fits
from oais.information.representation.identification import identify_stream
from oais.information.representation.intervals import Interval
from oais.information.representation.opening import GzipReader, open_regular
from oais.information.representation.pronom import PronomNeededError
from oais.information.representation.record_rows import cdf_rows, cef_rows
from oais.information.representation.rows import Rows, fits_rows
from oais.information.representation.signatures import CDF_FORMATS, FITS_FORMATS
from oais.information.representation.table_writing import write_csv, write_votable

_WRITERS: Mapping[str, Callable[[BinaryIO, Label, Rows], None]] = {
    "csv": write_csv,
    "votable": write_votable,
    "fits": write_fits,
}


def derive(path: Path, target: Path, form: str, ends: Sequence[str], label: Label) -> dict[str, Any]:
    """Write the table of a product to ``target``, which is new; ``ends`` are none or those of an interval.

    Returns what became of each table. Raises ValueError with the reason when none can be made.
    """
    interval = Interval(*ends) if ends else None
    with open_regular(path) as (stream, _):
        try:
            with target.open("xb") as written:
                cuts = _derived(stream, written, form, interval, label)
        except OSError as error:
            if error.errno == errno.EFBIG:
                raise ValueError("what is made of it would be larger than is allowed") from error
            return {UNWRITTEN: error.strerror or str(error)}
    return {"tables": [asdict(cut) for cut in cuts]}


def _derived(
    stream: BinaryIO, target: BinaryIO, form: str, interval: Interval | None, label: Label
) -> list[DerivedTable]:
    format_id = _format_of(stream)
    if form == "fits" and format_id in FITS_FORMATS:
        if interval is None:
            raise ValueError("it is FITS as it is")
        return cut_fits(stream, target, interval, (*label, ("interval", str(interval))))
    rows = _rows(stream, format_id, interval)
    kept = sum(piece.rows for piece in rows.read())
    time = rows.time
    facts = [("table", rows.name), ("rows", f"{kept} of {rows.total}")]
    if time is not None:
        facts += [("interval", str(interval)), ("compared", f"{time.name}: {time.compared}")]
    _WRITERS[form](target, (*label, *facts), rows)
    return [
        DerivedTable(rows.name, time.name if time else "", time.compared if time else "", kept, rows.total)
    ]


def _format_of(stream: BinaryIO) -> str:
    try:
        return identify_stream(stream, "").format_id
    except PronomNeededError:  # our own signatures know every format that has tables
        return ""


def _rows(stream: BinaryIO, format_id: str, interval: Interval | None) -> Rows:
    stream.seek(0)
    if format_id in FITS_FORMATS:
        return fits_rows(stream, interval)
    if format_id in CDF_FORMATS:
        return cdf_rows(stream, interval)
    if format_id == "oais/cef":
        return cef_rows(stream, interval)
    if format_id == "oais/cef-gzip":
        return cef_rows(GzipReader(stream), interval)
    raise ValueError("it is no table of FITS, CDF or CEF")
