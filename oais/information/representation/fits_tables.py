"""Columns and images out of FITS files, a bounded piece at a time, without loading a file.

Works on sequential streams, so a gzip file needs no temporary copy; a plain file is sought in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.fits import column_width, hdu_kind
from oais.information.representation.fits_blocks import (
    BLOCK,
    MOST_HDUS,
    MOST_HEADER,
    data_size,
    end_of_header,
    padded,
)
from oais.information.representation.fits_cards import Cards, parse_cards
from oais.information.representation.opening import GZIP_MAGIC, GzipReader, Readable

CHUNK = 4 << 20
_SKIP = 1 << 20
_FARTHEST = 1 << 43
"""A place that every file system has and no product reaches, for headers that tell of more bytes."""

NUMPY: Final = {"L": "i1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
_IMAGE = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


@dataclass(slots=True)
class Source:
    """A FITS file read from front to back; ``plain`` is set when it can be sought in."""

    stream: Readable
    plain: BinaryIO | None

    def skip(self, count: int) -> None:
        """Go over ``count`` bytes."""
        if self.plain is not None:
            self.plain.seek(min(self.plain.tell() + count, _FARTHEST))
            return
        while count > 0 and (part := self.stream.read(min(count, _SKIP))):
            count -= len(part)


@dataclass(frozen=True, slots=True)
class FoundHdu:
    """The HDU that was looked for; the source stands at the first byte of its data."""

    number: int
    header: bytes
    cards: Cards
    size: int


def open_source(stream: BinaryIO) -> Source:
    """Return a FITS file, gzip'd or plain, at its beginning."""
    stream.seek(0)
    head = stream.read(len(GZIP_MAGIC))
    stream.seek(0)
    return Source(GzipReader(stream), None) if head == GZIP_MAGIC else Source(stream, stream)


def find_hdu(source: Source, unit: int | None, kinds: tuple[str, ...] = ()) -> FoundHdu:
    """Go to HDU number ``unit``, or to the first with data of one of ``kinds``.

    Raises:
        ValueError: there is none, or the file is damaged before it.
    """
    wanted = f"HDU {unit}" if unit is not None else " or ".join(kinds)
    for number in range(MOST_HDUS):
        found = read_hdu(source, number)
        if found is None:
            raise ValueError(f"the file has no {wanted}")
        kind = hdu_kind(found.cards)
        if number == unit or (unit is None and found.size and kind in kinds):
            if kinds and (kind not in kinds or not found.size):
                raise ValueError(f"HDU {number} holds {kind}, not {' or '.join(kinds)}")
            return found
        source.skip(padded(found.size))
    raise ValueError(f"the file has more than {MOST_HDUS} HDUs")


def read_hdu(source: Source, number: int) -> FoundHdu | None:
    """Read the header that begins here, of HDU ``number``; None where no HDU begins.

    Raises:
        ValueError: the header does not end, or does not tell the size of the data.
    """
    header = _header(source)
    if not header:
        return None
    cards = parse_cards(header)
    size, fault = data_size(cards, primary=number == 0)
    if fault:
        raise ValueError(f"HDU {number}: {fault}")
    return FoundHdu(number, header, cards, size)


def _header(source: Source) -> bytes:
    blocks: list[bytes] = []
    while len(blocks) * BLOCK < MOST_HEADER:
        block = source.stream.read(BLOCK)
        if not blocks and not block.startswith((b"SIMPLE", b"XTENSION")):
            return b""
        if len(block) < BLOCK:
            raise ValueError("the file ends in a header")
        blocks.append(block)
        if end_of_header(block) is not None:
            return b"".join(blocks)
    raise ValueError("the header is too long")


@dataclass(frozen=True, slots=True)
class FitsColumn:
    """One column of a binary table: where it lies in the row and how its numbers are made."""

    name: str
    unit: str
    format: str
    offset: int
    repeat: int
    code: str
    scale: float
    zero: float
    null: int | None

    @property
    def is_number(self) -> bool:
        """Whether each row holds exactly one real number."""
        return self.repeat == 1 and self.code in NUMPY and self.code != "L"


def fits_columns(cards: Cards) -> list[FitsColumn]:
    """Return the columns of a binary table; raises ValueError when its description is absurd."""
    found, offset = [], 0
    for n in range(1, min(cards.integer("TFIELDS") or 0, 999) + 1):
        layout = column_width(cards.text(f"TFORM{n}"))
        if layout is None:
            raise ValueError(f"TFORM{n} is no column format")
        width, repeat, code = layout
        found.append(
            FitsColumn(
                name=str(cards.values.get(f"TTYPE{n}") or f"col{n}"),
                unit=cards.text(f"TUNIT{n}"),
                format=cards.text(f"TFORM{n}"),
                offset=offset,
                repeat=repeat,
                code=code,
                scale=_number(cards, f"TSCAL{n}", 1.0),
                zero=_number(cards, f"TZERO{n}", 0.0),
                null=cards.integer(f"TNULL{n}"),
            )
        )
        offset += width
    row = cards.integer("NAXIS1") or 0
    if offset > row:
        raise ValueError(f"the columns take {offset} bytes a row, NAXIS1 is {row}")
    return found


def _number(cards: Cards, keyword: str, default: float) -> float:
    value = cards.values.get(keyword)
    return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else default


def row_chunks(source: Source, cards: Cards, rows: int) -> Iterator[tuple[bytes, int]]:
    """Yield pieces of at most ``rows`` whole rows: their bytes and how many they are."""
    width = cards.integer("NAXIS1") or 0
    if width <= 0:
        return
    together = max(1, CHUNK // width)
    left = rows
    while left > 0:
        count = min(together, left)
        data = source.stream.read(count * width)
        whole = len(data) // width
        if whole:
            yield data[: whole * width], whole
        if whole < count:
            return
        left -= count


def column_values(column: FitsColumn, data: bytes, rows: int, width: int) -> NDArray[np.float64]:
    """Return one number a row as float64, NaN where the column says there is none."""
    raw = np.ndarray((rows,), dtype=NUMPY[column.code], buffer=data, offset=column.offset, strides=(width,))
    return real_values(column, raw)


def real_values(column: FitsColumn, raw: NDArray[Any]) -> NDArray[np.float64]:
    """Return stored numbers of a column as those they stand for, NaN where it says there is none."""
    values = raw.astype(np.float64)
    if column.scale != 1.0 or column.zero != 0.0:
        with np.errstate(all="ignore"):
            values = values * column.scale + column.zero
    if column.null is not None and column.code in "BIJK":
        values[raw == column.null] = np.nan
    return values


def cell(column: FitsColumn, row: bytes) -> Any:
    """Return one cell in plain values: text, a number, or a list of at most eight numbers."""
    if column.code == "A":
        text = row[column.offset : column.offset + column.repeat]
        return text.split(b"\0")[0].decode("latin-1").rstrip()
    if column.code not in NUMPY or column.repeat == 0:
        return f"({column.format})"
    shown = min(column.repeat, 8)
    raw = np.frombuffer(row, dtype=NUMPY[column.code], count=shown, offset=column.offset)
    if column.code == "L":
        values: list[Any] = [{84: True, 70: False}.get(int(flag)) for flag in raw]
    else:
        values = [_plain(column, number) for number in raw.tolist()]
    return values[0] if column.repeat == 1 else values


def _plain(column: FitsColumn, number: float) -> float | int | None:
    if number == column.null or number != number or abs(number) == float("inf"):  # noqa: PLR0124
        return None
    if column.scale == 1.0 and column.zero == int(column.zero) and isinstance(number, int):
        return number + int(column.zero)
    return number * column.scale + column.zero


def _heap_layout(cards: Cards) -> tuple[int, int]:
    """Return offset and size of the heap in a binary table's data (FITS 4.0 §7.3.5)."""
    table = (cards.integer("NAXIS1") or 0) * (cards.integer("NAXIS2") or 0)
    start = cards.integer("THEAP")
    start = table if start is None else start
    return start, table + (cards.integer("PCOUNT") or 0) - start


def heap_fault(source: Source, found: FoundHdu) -> str:
    """Return which variable-length array points outside its heap; empty when none does."""
    arrays = [column for column in fits_columns(found.cards) if column.code in "PQ" and column.repeat]
    if not arrays:
        return ""
    width = found.cards.integer("NAXIS1") or 0
    _, heap = _heap_layout(found.cards)
    for data, rows in row_chunks(source, found.cards, found.cards.integer("NAXIS2") or 0):
        for column in arrays:
            word = ">i4" if column.code == "P" else ">i8"
            strides = (width, np.dtype(word).itemsize)
            pairs = np.ndarray((rows, 2), word, data, column.offset, strides).astype(np.float64)
            element = column_width(column.format.partition(column.code)[2][:1])
            ends = pairs[:, 1] + pairs[:, 0] * (element[0] if element else 1)
            if bool(((pairs < 0).any(axis=1) | ((pairs[:, 0] > 0) & (ends > heap))).any()):
                return f"an array of {column.name} lies outside the heap of {heap} bytes"
    return ""


def image_rows(source: Source, cards: Cards, step: int) -> Iterator[NDArray[np.float64]]:
    """Yield the last two axes of an image, ``step`` rows at a time, as float64 with NaN for blanks."""
    width, height = cards.integer("NAXIS1") or 0, cards.integer("NAXIS2") or 1
    dtype = np.dtype(_IMAGE[cards.integer("BITPIX") or 8])
    scale, zero = _number(cards, "BSCALE", 1.0), _number(cards, "BZERO", 0.0)
    blank = cards.integer("BLANK")
    line = width * dtype.itemsize
    taken = max(1, min(step, CHUNK // max(line, 1)))
    for start in range(0, height, step):
        count = min(taken, height - start)
        data = source.stream.read(count * line)
        if len(data) < count * line:
            return
        source.skip((min(step, height - start) - count) * line)
        raw = np.frombuffer(data, dtype=dtype).reshape(count, width)
        with np.errstate(all="ignore"):
            values = raw.astype(np.float64) * scale + zero
        if blank is not None and dtype.kind != "f":
            values[raw == blank] = np.nan
        yield values
