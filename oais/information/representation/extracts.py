"""Bounded extracts of products for pages: made in the limited child, answered as plain values."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from oais.information.representation.decimation import Decimator, Floats, stretched
from oais.information.representation.fits_cards import cards_with_comments
from oais.information.representation.fits_tables import (
    CHUNK,
    FoundHdu,
    Source,
    cell,
    column_values,
    find_hdu,
    fits_columns,
    image_rows,
    open_source,
    row_chunks,
)
from oais.information.representation.identification import identify_stream
from oais.information.representation.opening import GzipReader, open_regular
from oais.information.representation.series import Table, cdf_table, cef_table, text_table
from oais.information.representation.signatures import CDF_FORMATS, FITS_FORMATS

MOST_ROWS = 4_000_000
"""Rows of a table that are all read for a curve; of a longer one, pieces spread over it are."""

MOST_IMAGE = 512 << 20
_TABLES = ("binary table",)
_PIECES = 400
_TIME = re.compile(r"(BJD|MJD|HJD|JD|TIME|DATE|EPOCH)", re.IGNORECASE)
_NOT_SIGNAL = re.compile(r"(ERR|BKG|BACKGROUND|QUAL|FLAG|STATUS|CADENCE|ROLL|(\A|_)ID(\Z|_))", re.IGNORECASE)
_QUALITY = re.compile(r"\A(SAP_)?(QUALITY|STATUS|FLAG|FLAGS)\Z", re.IGNORECASE)


def table_head(path: Path, unit: int | None, rows: int) -> dict[str, Any]:
    """Return columns and the first rows of a table."""
    with _opened(path) as (stream, format_id):
        if format_id not in FITS_FORMATS:
            return _text_head(_table(stream, format_id), rows)
        source = open_source(stream)
        found = find_hdu(source, unit, _TABLES)
        columns = fits_columns(found.cards)
        width = found.cards.integer("NAXIS1") or 0
        shown = []
        for data, count in row_chunks(source, found.cards, min(rows, _length(found))):
            pieces = (data[n * width : (n + 1) * width] for n in range(count))
            shown += [[cell(column, row) for column in columns] for row in pieces]
        return {
            "unit": found.number,
            "columns": [[column.name, column.unit, column.format] for column in columns],
            "rows": shown,
            "total": _length(found),
        }


def _text_head(table: Table, rows: int) -> dict[str, Any]:
    columns = [[name, unit, ""] for name, unit in zip(table.names, table.units, strict=True)]
    total = len(next(iter(table.numbers.values()))) if table.numbers else len(table.rows)
    return {"unit": 0, "columns": columns, "rows": table.rows[:rows], "total": total}


def light_curve(
    path: Path, unit: int | None, x: str | None, y: str | None, max_points: int
) -> dict[str, Any]:
    """Return at most ``max_points`` points of one column against another."""
    with _opened(path) as (stream, format_id):
        if format_id in FITS_FORMATS:
            return _fits_curve(stream, unit, x, y, max_points)
        table = _table(stream, format_id)
        names = chosen_columns(table.names, x, y)
        columns = [table.column(name) for name in names if name]
        decimator = Decimator(max_points, len(columns[0]))
        decimator.take(columns[0], columns[1], columns[2] if names[2] else None)
        units = [table.units[table.names.index(name)] for name in names[:2]]
        return _curve(names, units, decimator, whole=table.whole)


def _fits_curve(
    stream: BinaryIO, unit: int | None, x: str | None, y: str | None, max_points: int
) -> dict[str, Any]:
    source = open_source(stream)
    found = find_hdu(source, unit, _TABLES)
    numbers = {column.name: column for column in fits_columns(found.cards) if column.is_number}
    names = chosen_columns(list(numbers), x, y)
    columns = [numbers[name] for name in names if name]
    rows = _length(found)
    width = found.cards.integer("NAXIS1") or 0
    decimator = Decimator(max_points, min(rows, MOST_ROWS))
    for data, count in _sampled_chunks(source, found, rows, width):
        taken = [column_values(column, data, count, width) for column in columns]
        decimator.take(taken[0], taken[1], taken[2] if names[2] else None)
    units = [numbers[name].unit for name in names[:2]]
    return _curve(names, units, decimator, whole=decimator.taken >= rows, total=rows)


def _sampled_chunks(source: Source, found: FoundHdu, rows: int, width: int) -> Any:
    """Yield all rows, or of a very long table evenly spread pieces (its first rows when gzip'd)."""
    most = min(MOST_ROWS, max(1, MOST_IMAGE // max(width, 1)))
    if rows <= most or source.plain is None:
        yield from row_chunks(source, found.cards, min(rows, most))
        return
    start = source.plain.tell()
    piece = max(1, min(most // _PIECES, CHUNK // max(width, 1)))
    for n in range(_PIECES):
        source.plain.seek(start + (rows - piece) * n // (_PIECES - 1) * width)
        data = source.stream.read(piece * width)
        if len(data) == piece * width:
            yield data, piece


def _curve(
    names: Sequence[str], units: Sequence[str], points: Decimator, *, whole: bool, total: int = 0
) -> dict[str, Any]:
    kept_x, kept_y = points.points()
    return {
        "x_name": names[0],
        "x_unit": units[0],
        "y_name": names[1],
        "y_unit": units[1],
        "quality_name": names[2],
        "x": kept_x.tolist(),
        "y": kept_y.tolist(),
        "total": total or points.taken,
        "good": points.kept,
        "flagged": points.flagged,
        "whole": whole,
    }


def chosen_columns(names: Sequence[str], x: str | None, y: str | None) -> tuple[str, str, str]:
    """Return the names of the columns for x, y and quality (empty when there is none).

    Without a wish, x is the first that is a time and y the first flux, corrected before raw, else the
    first other column. Raises ValueError when a column is not there or none is a time.
    """
    for wanted in (x, y):
        if wanted is not None and wanted not in names:
            raise ValueError(f"no column of numbers is called {wanted!r}")
    if len(names) < 2:
        raise ValueError("the table has not two columns of numbers")
    x = x or next((name for name in names if _TIME.search(name)), "")
    if not x and all(name.startswith("col") for name in names):
        x = names[0]  # a table without names: by custom its first column is the time
    if not x:
        raise ValueError("no column of the table is a time")
    others = [name for name in names if name != x and not _NOT_SIGNAL.search(name)]
    fluxes = sorted(
        (name for name in others if "FLUX" in name.upper()),
        key=lambda name: (not name.upper().startswith("PDC"), names.index(name)),
    )
    signals = [name for name in others if not _TIME.search(name)]
    y = y or next(iter([*fluxes, *signals, *(name for name in names if name != x)]))
    return x, y, next((name for name in names if _QUALITY.match(name) and name not in (x, y)), "")


def image(path: Path, unit: int | None, max_side: int, low: float, high: float) -> dict[str, Any]:
    """Return an image made small and stretched between two percentiles; row 0 is the first stored."""
    with _opened(path) as (stream, format_id):
        if format_id not in FITS_FORMATS:
            raise ValueError("only FITS images are shown")
        source = open_source(stream)
        found = find_hdu(source, unit, ("image", "compressed image"))
        compressed = found.cards.values.get("ZIMAGE") is True
        shape, small = (_tiled if compressed else _plain)(source, found, max_side)
    grey, lowest, highest = stretched(small, low, high)
    return {
        "unit": found.number,
        "width": small.shape[1],
        "height": small.shape[0],
        "grey": base64.b64encode(grey).decode("ascii"),
        "shape": shape,
        "low": lowest,
        "high": highest,
    }


def _tiled(source: Source, found: FoundHdu, max_side: int) -> tuple[list[int], Floats]:
    """Return shape and small copy of a tile-compressed image."""
    from oais.information.representation.compressed_images import compressed_image

    if source.plain is None:
        raise ValueError("a tile-compressed image inside gzip is not shown")
    plane = compressed_image(source.plain, found.number)
    return list(plane.shape), _blocks(plane, _step(plane.shape, max_side))


def _plain(source: Source, found: FoundHdu, max_side: int) -> tuple[list[int], Floats]:
    """Return shape and small copy of an image that is stored pixel by pixel."""
    shape = [found.cards.integer("NAXIS2") or 1, found.cards.integer("NAXIS1") or 0]
    step = _step(shape, max_side)
    parts = image_rows(source, found.cards, step)
    rows = [_blocks(part, step, tall=len(part)) for part in parts]
    if not rows:
        raise ValueError("the image has no whole row")
    return shape, np.concatenate(rows)


def _step(shape: Sequence[int], max_side: int) -> int:
    return max(1, -(-max(shape) // max(1, max_side)))


def _blocks(plane: Floats, step: int, tall: int = 0) -> Floats:
    """Return the mean of blocks of ``step`` columns and ``tall`` (or ``step``) rows, NaN left out."""
    tall = tall or step
    high, wide = -(-plane.shape[0] // tall) * tall, -(-plane.shape[1] // step) * step
    padding = ((0, high - plane.shape[0]), (0, wide - plane.shape[1]))
    blocks = np.pad(plane, padding, constant_values=np.nan)
    blocks = blocks.reshape(high // tall, tall, wide // step, step)
    good = np.isfinite(blocks)
    count = good.sum(axis=(1, 3))
    total = np.where(good, blocks, 0.0).sum(axis=(1, 3))
    with np.errstate(all="ignore"):
        mean: Floats = np.where(count > 0, total / count, np.nan)
    return mean


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


def _table(stream: BinaryIO, format_id: str) -> Table:
    if format_id in CDF_FORMATS:
        return cdf_table(stream)
    if format_id in ("oais/cef", "oais/cef-gzip"):
        return cef_table(GzipReader(stream) if format_id == "oais/cef-gzip" else stream)
    if format_id in ("x-fmt/18", "x-fmt/13", "oais/ascii-table", "oais/csv-gzip"):
        reader = GzipReader(stream) if format_id == "oais/csv-gzip" else stream
        return text_table(reader, blanks=format_id == "oais/ascii-table")
    raise ValueError(f"no table is read from the format {format_id}")


def _length(found: FoundHdu) -> int:
    return max(0, found.cards.integer("NAXIS2") or 0)


EXTRACTS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "table head": table_head,
    "light curve": light_curve,
    "image": image,
    "header cards": header_cards,
}
