"""A CEF file against the ECSV made of it: astropy reads the one, a reader of its own the other.

Nothing here is shared with what wrote the ECSV, so that a fault of that is not repeated.
"""

from __future__ import annotations

import csv
import gzip
import math
from pathlib import Path
from typing import Any, Final

import astropy
import numpy as np
from astropy.io import ascii  # noqa: A004 - its own name
from astropy.units import Unit

READER = f"astropy {astropy.__version__}"
_NUMBERS: Final = {"FLOAT": float, "DOUBLE": float, "INT": int, "BYTE": int}


def compare_ecsv(path: Path, target: Path) -> dict[str, int]:
    """Return how much was found equal: records, columns, values, units, fill values, lines of the header.

    Raises ValueError naming the first thing that differs.
    """
    data = path.read_bytes()
    text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8")
    head, variables, records = _read_cef(text.replace("\r\n", "\n"))
    table = ascii.read(target.read_text("utf-8").split("\n"), format="ecsv")
    columns = [
        (name if count == 1 else f"{name}[{n}]", facts)
        for name, (count, facts) in variables.items()
        for n in range(count)
    ]
    if table.colnames != [name for name, _ in columns]:
        raise ValueError("the columns are not the variables of the CEF")
    if len(table) != len(records):
        raise ValueError(f"{len(records)} records became {len(table)} rows")
    if list(table.meta.get("cef_header", ())) != head:
        raise ValueError("the header was not kept line by line")
    for place, (name, facts) in enumerate(columns):
        _compare_column(table[name], facts, [record[place] for record in records])
    return {
        "records": len(records),
        "columns": len(columns),
        "values": len(records) * len(columns),
        "units": sum(bool(facts.get("UNITS")) for _, facts in columns),
        "fill values": sum("FILLVAL" in facts for _, facts in columns),
        "header lines": len(head),
    }


def _read_cef(text: str) -> tuple[list[str], dict[str, tuple[int, dict[str, str]]], list[list[str]]]:
    """Read header lines, variables (cells a record and attributes) and records of a CEF file."""
    lines = text.split("\n")
    place = next(n for n, line in enumerate(lines) if line.strip().upper().startswith("DATA_UNTIL"))
    until = _value(lines[place])
    variables: dict[str, tuple[int, dict[str, str]]] = {}
    facts: dict[str, str] | None = None
    marker = ""
    for line in lines[:place]:
        key, _, _ = line.partition("=")
        key = key.strip().upper()
        if line.lstrip().startswith("!") or not key:
            continue
        if key == "START_VARIABLE":
            facts = {}
        elif key == "END_VARIABLE" and facts is not None:
            if "DATA" not in facts:
                cells = math.prod(int(size) for size in facts.get("SIZES", "1").split(","))
                variables[_value(line)] = (cells, facts)
            facts = None
        elif facts is not None:
            facts[key] = _value(line)
        elif key == "END_OF_RECORD_MARKER":
            marker = _value(line)
    return [*lines[: place + 1], ""], variables, _records(lines[place + 1 :], until, marker)


def _value(line: str) -> str:
    return line.partition("=")[2].strip().strip('"')


def _records(lines: list[str], until: str, marker: str) -> list[list[str]]:
    kept = []
    stated = None
    for line in lines:
        if line.strip() == until:
            break
        if line.lstrip().startswith("!"):
            key, _, count = line.strip(" !").partition("=")
            stated = int(count) if key.strip().upper() == "RECORDS" and count.strip().isdigit() else stated
        elif line.strip():
            kept.append(line)
    parts = " ".join(kept).split(marker) if marker else kept
    cells = [next(csv.reader([part.strip()], skipinitialspace=True)) for part in parts if part.strip()]
    if stated is not None and stated != len(cells):
        raise ValueError(f"the CEF states {stated} records and has {len(cells)}")
    return [[cell.strip() for cell in record] for record in cells]


def _compare_column(column: Any, facts: dict[str, str], cells: list[str]) -> None:
    name = column.name
    unit = facts.get("UNITS", "")
    if column.unit != (Unit(unit, parse_strict="silent") if unit else None):
        raise ValueError(f"the unit of {name} was {unit!r} and is {column.unit!s}")
    kept = {"UNITS": unit, "FILLVAL": facts.get("FILLVAL", ""), "VALUE_TYPE": facts["VALUE_TYPE"].upper()}
    found = {key: str(column.meta.get(key, "")) for key in kept}
    if found != kept:
        raise ValueError(f"what is told of {name} was {kept} and is {found}")
    number = _NUMBERS.get(facts["VALUE_TYPE"].upper())
    values = np.ma.filled(column, "") if number is None else column
    for row, (cell, value) in enumerate(zip(cells, values, strict=True), 1):
        same = str(value) == cell if number is None else _equal(number(cell), value)
        if not same:
            raise ValueError(f"record {row}: {name} was {cell[:40]!r} and is {str(value)[:40]!r}")


def _equal(before: float, after: Any) -> bool:
    return bool(before == after) or (math.isnan(before) and bool(np.isnan(after)))
