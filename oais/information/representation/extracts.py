"""Bounded extracts of products for pages: made in the limited child, answered as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from oais.information.representation.choosing import HISTOGRAM, time_column
from oais.information.representation.drawn_images import image
from oais.information.representation.drawn_tables import span_of
from oais.information.representation.fits import hdu_kind
from oais.information.representation.fits_blocks import padded
from oais.information.representation.fits_cards import cards_with_comments
from oais.information.representation.fits_tables import (
    FoundHdu,
    cell,
    find_hdu,
    fits_columns,
    open_source,
    read_hdu,
    row_chunks,
)
from oais.information.representation.fits_vectors import fits_vector_names
from oais.information.representation.identification import identify_stream
from oais.information.representation.kinds import READINGS, Offer, drawings_of
from oais.information.representation.members import CONTAINERS, member_table
from oais.information.representation.numbers import number_columns, open_numbers, open_table
from oais.information.representation.opening import open_regular
from oais.information.representation.rows import TABLES, name_of
from oais.information.representation.series import Table
from oais.information.representation.signatures import FITS_FORMATS
from oais.information.representation.vector_formats import vector_names

MOST_UNITS = 60
"""Units of one file that are listed."""


def table_rows(path: Path, unit: int | None, first: int, rows: int) -> dict[str, Any]:
    """Return columns and some rows of a table, from row ``first`` on, counted from 0.

    Of a container the rows are its members.
    """
    with _opened(path) as (stream, format_id):
        if format_id in CONTAINERS:
            return _text_rows(member_table(stream, format_id), first, rows)
        if format_id not in FITS_FORMATS:
            return _text_rows(open_table(stream, format_id), first, rows)
        source = open_source(stream)
        found = find_hdu(source, unit, TABLES)
        columns = fits_columns(found.cards)
        width = found.cards.integer("NAXIS1") or 0
        left = max(0, _length(found) - first)
        source.skip(min(first, _length(found)) * width)
        shown = []
        for data, count in row_chunks(source, found.cards, min(rows, left)):
            pieces = (data[n * width : (n + 1) * width] for n in range(count))
            shown += [[cell(column, row) for column in columns] for row in pieces]
        return {
            "unit": found.number,
            "columns": [[column.name, column.unit, column.format] for column in columns],
            "rows": shown,
            "total": _length(found),
        }


def _text_rows(table: Table, first: int, rows: int) -> dict[str, Any]:
    columns = [[name, unit, ""] for name, unit in zip(table.names, table.units, strict=True)]
    total = len(next(iter(table.numbers.values()))) if table.numbers else len(table.rows)
    return {"unit": 0, "columns": columns, "rows": table.cells(first, rows), "total": total}


def drawing(
    path: Path,
    unit: int | None,
    kind: str,
    span: Mapping[str, Any],
    seconds: float | None = None,
    **wish: Any,
) -> dict[str, Any]:
    """Return what a drawing of a table shows; ``span`` are the wanted rows (see ``span_of``).

    After some ``seconds`` no more of them are read, by default those of the kind.
    """
    open_part, make, patience = READINGS[kind]
    until = monotonic() + (patience if seconds is None else seconds)
    with _opened(path) as (stream, format_id):
        part = open_part(stream, format_id, unit)
        drawn = make(part, span=span_of(span), until=until, **wish)
        return {"unit": part.unit, "unit_name": part.name, **drawn}


def outline(path: Path) -> dict[str, Any]:
    """Return what of a file can be drawn: its tables and images, their columns, and the drawings of each."""
    with _opened(path) as (stream, format_id):
        if format_id in FITS_FORMATS:
            return {"units": list(_fits_units(stream))}
        numbers = open_numbers(stream, format_id, None)
        unit = _unit(0, "", numbers.columns, numbers.total, vector_names(stream, format_id))
        return {"units": [{**unit, "left_out": list(numbers.left_out)}]}


def _fits_units(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    source = open_source(stream)
    for number in range(MOST_UNITS):
        found = read_hdu(source, number)
        if found is None:
            return
        kind = hdu_kind(found.cards)
        if kind in TABLES and _length(found):
            columns = {column.name: column.unit for column in number_columns(found.cards)}
            vectors = fits_vector_names(found.cards)
            yield _unit(number, name_of(found), columns, _length(found), vectors)
        elif found.size and kind in ("image", "compressed image"):
            yield _unit(number, name_of(found), {}, 0, is_image=True)
        source.skip(padded(found.size))


def _unit(
    number: int,
    name: str,
    columns: Mapping[str, str],
    rows: int,
    vectors: Sequence[tuple[str, str]] = (),
    *,
    is_image: bool = False,
) -> dict[str, Any]:
    names = list(columns)
    drawings = drawings_of(Offer(tuple(names), tuple(name for name, _ in vectors), rows, is_image))
    return {
        "number": number,
        "name": name,
        "rows": rows,
        "columns": [list(column) for column in columns.items()],
        "time": time_column(names),
        "drawings": list(drawings),
        "fits": bool(drawings) and drawings[0] != HISTOGRAM,
        "vectors": [list(column) for column in vectors],
    }


def header_cards(path: Path, unit: int) -> dict[str, Any]:
    """Return the cards of one header: keyword, value as text, comment."""
    with _opened(path) as (stream, format_id):
        if format_id not in FITS_FORMATS:
            raise ValueError("only FITS files have header cards")
        found = find_hdu(open_source(stream), unit)
        return {"unit": found.number, "cards": cards_with_comments(found.header)}


@contextmanager
def _opened(path: Path) -> Any:
    with open_regular(path) as (stream, _):
        yield stream, identify_stream(stream, "").format_id


def _image(path: Path, unit: int | None, **wish: Any) -> dict[str, Any]:
    with _opened(path) as (stream, format_id):
        if format_id not in FITS_FORMATS:
            raise ValueError("only FITS images are shown")
        return image(stream, unit, **wish)


def _length(found: FoundHdu) -> int:
    return max(0, found.cards.integer("NAXIS2") or 0)


EXTRACTS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "table rows": table_rows,
    "drawing": drawing,
    "outline": outline,
    "image": _image,
    "header cards": header_cards,
}
