"""CEF-2 records written as ECSV 1.0 (astropy APE 6) without the loss of a digit or a line of the header.

Numbers are copied in the digits of the file. The header goes into ``meta`` line by line, and what ECSV has
a place for (name, unit, description, type) into its columns too. What cannot be kept so is refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from oais.information.representation.cef import CefHeader, parse_cef_header
from oais.information.representation.opening import Readable
from oais.information.representation.series import MOST_TEXT

TYPES = {
    "FLOAT": "float64",
    "DOUBLE": "float64",
    "INT": "int64",
    "BYTE": "int64",
    "CHAR": "string",
    "ISO_TIME": "string",
    "ISO_TIME_RANGE": "string",
}
"""The type of an ECSV column by the VALUE_TYPE of its CEF variable."""

_DATA = re.compile(r"^[ \t]*DATA_UNTIL[^\n]*(?:\n|\Z)", re.MULTILINE | re.IGNORECASE)
_INCLUDE = re.compile(r"^[ \t]*INCLUDE[ \t]*=[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_CELL = re.compile(r'\s*(?:"([^"]*)"|([^,"]*?))\s*(?:,|\Z)')
_PAIR = re.compile(r"\\ud([89ab][0-9a-f]{2})\\ud([c-f][0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    kind: str
    unit: str
    description: str
    fill: str
    variable: str


def write_ecsv(stream: Readable, target: BinaryIO) -> None:
    """Write the records of a CEF file as ECSV; raises ValueError for what could not be read back equal."""
    text = _whole_text(stream)
    start = _DATA.search(text)
    if start is None:
        raise ValueError("the header has no DATA_UNTIL")
    head = text[: start.end()]
    if included := _INCLUDE.search(head):
        raise ValueError(f"its header includes {included[1]}, which is another file: it is not whole alone")
    header = parse_cef_header(io.BytesIO(head.encode()))
    if header.faults:
        raise ValueError(f"its header is at fault: {header.faults[0][1]}")
    columns = _columns(header)
    out = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    out.writelines(_header_lines(header, head, columns))
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(column.name for column in columns)
    for number, cells in enumerate(_records(text[start.end() :], header), 1):
        rows.writerow(_checked(cells, columns, number))
    out.detach()


def _whole_text(stream: Readable) -> str:
    data = stream.read(MOST_TEXT)
    if len(data) == MOST_TEXT:
        raise ValueError(f"it is longer than {MOST_TEXT} bytes")
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8, which ECSV is written in") from error


def _columns(header: CefHeader) -> list[_Column]:
    columns = []
    for variable in header.variables:
        if variable["constant"]:
            continue
        kind = str(variable["format"]).upper()
        if kind not in TYPES:
            raise ValueError(f"{variable['name']} is of the type {kind or 'of none'}")
        count = _size(str(variable["sizes"]), variable["name"])
        facts = (kind, str(variable["unit"]), str(variable["description"]), str(variable["fill"]))
        name = str(variable["name"])
        names = [name] if count == 1 else [f"{name}[{n}]" for n in range(count)]
        columns += [_Column(each, *facts, name) for each in names]
    if len({column.name for column in columns}) != len(columns) or not columns:
        raise ValueError("it describes no variable, or two of one name")
    return columns


def _size(sizes: str, name: str) -> int:
    """Return how many cells a record has for a variable: ``3`` or ``4,8``."""
    count = 1
    for size in sizes.split(","):
        if not re.fullmatch(r"[1-9][0-9]{0,3}", size.strip()):
            raise ValueError(f"{name} has the sizes {sizes[:40]!r}")
        count *= int(size)
    if count > 10_000:
        raise ValueError(f"{name} has the sizes {sizes[:40]!r}")
    return count


def _header_lines(header: CefHeader, head: str, columns: list[_Column]) -> Iterator[str]:
    yield "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n"
    for column in columns:
        facts: dict[str, Any] = {"name": column.name, "datatype": TYPES[column.kind]}
        facts |= {"unit": column.unit} if column.unit else {}
        facts |= {"description": column.description} if column.description else {}
        meta = {"VALUE_TYPE": column.kind, "UNITS": column.unit, "FILLVAL": column.fill}
        yield f"# - {_flow({**facts, 'meta': {**meta, 'variable': column.variable}})}\n"
    entries = {str(name): str(value) for name, value in header.values.items()}
    yield f"# meta: {_flow({'cef': entries, 'cef_header': head.split(chr(10))})}\n# schema: astropy-2.0\n"


def _flow(value: Any) -> str:
    """Return a value as JSON that is YAML too: YAML knows no halves of characters."""
    text = json.dumps(value)

    def whole(pair: re.Match[str]) -> str:
        high, low = int(f"d{pair[1]}", 16), int(f"d{pair[2]}", 16)
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"

    return _PAIR.sub(whole, text)


def _records(body: str, header: CefHeader) -> Iterator[list[str]]:
    """Yield the cells of each record; a text is told from a number by its type, not by its quotes."""
    marker = str(header.values.get("END_OF_RECORD_MARKER") or "\n")
    until = header.data_until
    end = re.search(rf"^[ \t]*{re.escape(until)}[ \t]*$", body, re.MULTILINE)
    if end is None and until.upper() != "EOF":
        raise ValueError(f"the data do not end with {until!r}: the file is cut")
    kept = body[: end.start()] if end else body
    lines = "\n".join(line for line in kept.split("\n") if not line.lstrip().startswith("!"))
    *records, rest = lines.split(marker)
    if rest.strip():
        records.append(rest)
    for record in records:
        if record.strip():
            yield _cells(record.strip())


def _cells(record: str) -> list[str]:
    cells, at = [], 0
    while at <= len(record):
        found = _CELL.match(record, at)
        if found is None:
            raise ValueError(f"the record {record[:60]!r} is not parted by commas")
        cells.append(found[1] if found[1] is not None else found[2])
        if found.end() == len(record) and not found[0].endswith(","):
            break
        at = found.end()
    return cells


def _checked(cells: list[str], columns: list[_Column], number: int) -> list[str]:
    if len(cells) != len(columns):
        raise ValueError(f"record {number} has {len(cells)} values, its header describes {len(columns)}")
    for cell, column in zip(cells, columns, strict=True):
        kind = TYPES[column.kind]
        try:
            (int if kind == "int64" else float if kind == "float64" else str)(cell)
        except ValueError:
            found = f"record {number}: {column.name} is {cell[:40]!r}"
            raise ValueError(f"{found}, which is no {column.kind}") from None
    return cells
