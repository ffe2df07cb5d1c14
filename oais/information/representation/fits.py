"""What the headers of a FITS file say: values, units of data with their columns, and what is odd."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from oais.information.findings import Finding, finding
from oais.information.representation.fits_blocks import FitsReading, Hdu
from oais.information.representation.fits_cards import Cards

_TFORM = re.compile(r"(\d*)([LXBIJKAEDCMPQ])(.*)\Z", re.DOTALL)
_WIDTHS = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
_TYPES = {8: "uint8", 16: "int16", 32: "int32", 64: "int64", -32: "float32", -64: "float64"}
_ISO_DATE = re.compile(
    r"[+-]?\d{4,5}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d*)?Z?)?\Z"  # the Z is not of the standard, but clear
)
_OLD_DATE = re.compile(r"(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/\d\d\Z")
_DATE_KEYWORD = re.compile(r"DATE(-[A-Z]{3})?\Z")
MOST_TILES_SIDE = 1 << 17
"""Pixels on one side of a tile-compressed image that are taken for possible."""


def describe_fits(
    reading: FitsReading,
) -> tuple[tuple[Mapping[str, Any], ...], tuple[Mapping[str, Any], ...], tuple[Finding, ...]]:
    """Return headers, structure and all findings of a FITS file that has been read."""
    headers = tuple(hdu.cards.values for hdu in reading.hdus)
    structure = tuple(describe_hdu(hdu) for hdu in reading.hdus)
    odd = (fault for hdu in reading.hdus for fault in _header_findings(reading.path, hdu))
    return headers, structure, (*reading.findings, *odd)


def is_tile_compressed(reading: FitsReading) -> bool:
    """Return whether any HDU holds an image compressed by tiles (FITS 4.0 §10.1)."""
    return any(hdu.cards.values.get("ZIMAGE") is True for hdu in reading.hdus)


def describe_hdu(hdu: Hdu) -> dict[str, Any]:
    """Describe one HDU in plain values; ``shape`` is slowest axis first, as numpy has it."""
    cards = hdu.cards
    kind = hdu_kind(cards)
    unit: dict[str, Any] = {
        "unit": hdu.number,
        "name": cards.text("EXTNAME") or ("PRIMARY" if hdu.number == 0 else ""),
        "kind": kind,
        "shape": _shape(cards, "Z" if kind == "compressed image" else ""),
        "checksum": hdu.checksum,
        "datasum": hdu.datasum,
    }
    if kind.endswith("table"):
        unit["rows"] = cards.integer("NAXIS2")
        unit["shape"] = [unit["rows"] or 0]
        unit["columns"] = columns(cards)
    else:
        bitpix = cards.integer("ZBITPIX" if kind == "compressed image" else "BITPIX")
        unit["type"] = _TYPES.get(bitpix or 0, "")
        unit["value_unit"] = cards.text("BUNIT")
    return unit


def hdu_kind(cards: Cards) -> str:
    """Return what an HDU holds: image, compressed image, binary table, ASCII table or groups."""
    extension = cards.text("XTENSION")
    if cards.values.get("ZIMAGE") is True:
        return "compressed image"
    if extension in ("BINTABLE", "A3DTABLE"):
        return "binary table"
    if extension == "TABLE":
        return "ascii table"
    if cards.values.get("GROUPS") is True:
        return "random groups"
    return "image" if extension in ("", "IMAGE", "IUEIMAGE") else extension.lower()


def columns(cards: Cards) -> list[dict[str, Any]]:
    """Return the columns of a table: name, unit, format and, where the file has one, description."""
    fields = min(cards.integer("TFIELDS") or 0, 999)
    found = []
    for n in range(1, fields + 1):
        column = {
            "name": str(cards.values.get(f"TTYPE{n}") or f"col{n}"),
            "unit": cards.text(f"TUNIT{n}"),
            "format": cards.text(f"TFORM{n}"),
        }
        if dimension := cards.text(f"TDIM{n}"):
            column["dimension"] = dimension
        found.append(column)
    return found


def column_width(tform: str) -> tuple[int, int, str] | None:
    """Return bytes, repeat count and type code of a binary column (FITS 4.0 §7.3.1), or None."""
    match = _TFORM.match(tform.strip())
    if not match:
        return None
    repeat = int(match[1][:12]) if match[1] else 1
    code = match[2]
    if code == "X":
        return (repeat + 7) // 8, repeat, code
    return repeat * _WIDTHS[code], repeat, code


def _shape(cards: Cards, prefix: str) -> list[int]:
    axes = min(cards.integer(f"{prefix}NAXIS") or 0, 999)
    return [cards.integer(f"{prefix}NAXIS{n}") or 0 for n in range(axes, 0, -1)]


def _header_findings(path: str, hdu: Hdu) -> Iterator[Finding]:
    cards = hdu.cards
    name = f"HDU {hdu.number}"
    if cards.repeated:
        yield finding("FIT-010", path, f"{name}: given more than once: {_some(cards.repeated)}")
    if cards.unparsed:
        yield finding("FIT-011", path, f"{name}: no value of FITS: {_some(cards.unparsed)}")
    if cards.unprintable:
        found = f"{cards.unprintable} cards hold characters other than printable ASCII"
        yield finding("FIT-011", path, f"{name}: {found}")
    strange = [
        f"{keyword} = {value!r}"
        for keyword, value in cards.values.items()
        if _DATE_KEYWORD.match(keyword) and not is_fits_date(value)
    ]
    if strange:
        yield finding("FIT-013", path, f"{name}: {_some(strange)}, expected YYYY-MM-DD[Thh:mm:ss]")
    for fault in _table_faults(cards, hdu.data_size):
        yield finding("FIT-014", path, f"{name}: {fault}")


def is_fits_date(value: object) -> bool:
    """Return whether a date value is blank or written as FITS 4.0 §9.1.1 allows."""
    if value is None or value == "":
        return True
    return isinstance(value, str) and bool(_ISO_DATE.match(value) or _OLD_DATE.match(value))


def _table_faults(cards: Cards, data_size: int) -> Iterator[str]:
    """Tell where the description of a binary table cannot be that of its data."""
    if hdu_kind(cards) not in ("binary table", "compressed image"):
        return
    fields = cards.integer("TFIELDS")
    if fields is None or not 0 <= fields <= 999:
        yield f"TFIELDS is {cards.values.get('TFIELDS')!r}, expected 0 to 999"
        return
    widths = [column_width(cards.text(f"TFORM{n}")) for n in range(1, fields + 1)]
    missing = [f"TFORM{n}" for n, width in enumerate(widths, 1) if width is None]
    if missing:
        yield f"no column format in {_some(missing)}"
        return
    row = sum(width[0] for width in widths if width)
    if row != cards.integer("NAXIS1"):
        yield f"the columns take {row} bytes a row, NAXIS1 is {cards.integer('NAXIS1')}"
    heap = cards.integer("THEAP")
    if heap is not None and not 0 <= heap <= data_size:
        yield f"THEAP is {heap}, the data have {data_size} bytes"
    yield from _tile_faults(cards)


def _tile_faults(cards: Cards) -> Iterator[str]:
    if cards.values.get("ZIMAGE") is not True:
        return
    axes = cards.integer("ZNAXIS")
    if axes is None or not 0 <= axes <= 999:
        yield f"ZNAXIS is {cards.values.get('ZNAXIS')!r}, expected 0 to 999"
        return
    tiles = 1
    for n in range(1, axes + 1):
        length = cards.integer(f"ZNAXIS{n}")
        tile = cards.integer(f"ZTILE{n}") or (length if n == 1 else 1) or 0
        if length is None or not 0 <= length < MOST_TILES_SIDE:
            yield f"ZNAXIS{n} is {cards.values.get(f'ZNAXIS{n}')!r}"
            return
        if not 0 < tile <= max(length, 1):
            yield f"ZTILE{n} is {tile}, ZNAXIS{n} is {length}"
            return
        tiles *= -(-length // tile)
    if tiles != cards.integer("NAXIS2"):
        yield f"the image has {tiles} tiles, the table has {cards.integer('NAXIS2')} rows"


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
