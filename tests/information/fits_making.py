"""FITS files made by hand for tests, right and wrong, without the library that is the second opinion."""

from __future__ import annotations

import struct
from collections.abc import Mapping

Value = str | int | float | bool


def card(keyword: str, value: Value) -> bytes:
    """Return one 80-character card in fixed format."""
    if isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, str):
        text = "'" + value.replace("'", "''").ljust(8) + "'"
    else:
        text = f"{value!s:>20}"
    return f"{keyword:<8}= {text}".ljust(80).encode("latin-1")[:80]


def header(cards: Mapping[str, Value], *raw: bytes) -> bytes:
    """Return a header unit: the cards, then raw cards, END and blanks."""
    body = b"".join(card(keyword, value) for keyword, value in cards.items())
    body += b"".join(line.ljust(80)[:80] for line in raw) + b"END".ljust(80)
    return body + b" " * (-len(body) % 2880)


def block(data: bytes, fill: bytes = b"\0") -> bytes:
    """Return data with the fill of its last block."""
    return data + fill * (-len(data) % 2880)


def primary(cards: Mapping[str, Value] | None = None, *raw: bytes) -> bytes:
    """Return a primary header without data."""
    return header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, **(cards or {})}, *raw)


def image(*lengths: int, data: bytes | None = None, **more: Value) -> bytes:
    """Return a primary HDU with a 16-bit image, NAXIS1 first; zeros unless data are given."""
    axes: dict[str, Value] = {f"NAXIS{n}": length for n, length in enumerate(lengths, 1)}
    count = 1
    for length in lengths:
        count *= length
    content = bytes(2 * count) if data is None else data
    first: dict[str, Value] = {"SIMPLE": True, "BITPIX": 16, "NAXIS": len(lengths)}
    return header({**first, **axes, **more}) + block(content)


def table(columns: Mapping[str, str], rows: bytes, width: int, heap: bytes = b"", **more: Value) -> bytes:
    """Return a binary table extension: names and formats of the columns, rows of ``width`` bytes."""
    cards: dict[str, Value] = {
        "XTENSION": "BINTABLE",
        "BITPIX": 8,
        "NAXIS": 2,
        "NAXIS1": width,
        "NAXIS2": len(rows) // width if width else 0,
        "PCOUNT": len(heap),
        "GCOUNT": 1,
        "TFIELDS": len(columns),
    }
    for n, (name, form) in enumerate(columns.items(), 1):
        cards[f"TTYPE{n}"] = name
        cards[f"TFORM{n}"] = form
    return header({**cards, **more}) + block(rows + heap)


def curve(points: list[tuple[float, float, int]], *names: str) -> bytes:
    """Return a file with one table of time, flux and quality."""
    rows = b"".join(struct.pack(">ddi", *point) for point in points)
    time, flux, quality = names or ("TIME", "FLUX", "QUALITY")
    return primary() + table({time: "D", flux: "D", quality: "J"}, rows, 20)
