"""Cluster Exchange Format (CEF-2) files and CEH header includes, read by their text headers.

Syntax after the CEF-2 definition (DS-QMW-TN-0010): ``KEY = value`` lines, ``!`` comments, blocks
``START_META = NAME … END_META = NAME`` with ENTRY lines, blocks ``START_VARIABLE``, then DATA_UNTIL
and the records. A CEH file is a piece of such a header without the leading FILE_FORMAT_VERSION.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from oais.information.findings import Finding, finding
from oais.information.representation.contents import LONGEST_VALUE, MOST_ENTRIES, Contents
from oais.information.representation.opening import Readable

MOST_HEADER = 5 << 20
MOST_NUMBERS = 10_000
"""Numbers of a variable in a record that are read."""

_DIGITS = 9
_LINE = 1 << 16
_KEY_VALUE = re.compile(r"\s*([A-Za-z_][\w.\-]*)\s*=\s*(.*?)\s*\Z", re.DOTALL)


@dataclass(slots=True)
class CefHeader:
    """The header of a CEF file: file attributes and META entries, and its variables in order."""

    values: dict[str, Any] = field(default_factory=dict)
    variables: list[dict[str, Any]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    data_until: str = ""
    rest: bytes = b""
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a variable says of itself, by its name: all that the file has of it."""


def read_cef(stream: Readable, path: str, *, whole: bool) -> Contents:
    """Read the header of a CEF (``whole``) or CEH file; UnreadableError comes from a gzip stream."""
    header = parse_cef_header(stream)
    findings = [finding(code, path, message) for code, message in header.faults]
    if whole:
        findings.extend(_missing(header, path))
    unit = {
        "unit": 0,
        "name": str(header.values.get("DATASET_ID") or header.values.get("FILE_NAME") or ""),
        "kind": "cef table" if whole else "cef header",
        "columns": header.variables,
    }
    return Contents((header.values,), (unit,), tuple(findings))


def _missing(header: CefHeader, path: str) -> Iterator[Finding]:
    for name in ("FILE_NAME", "FILE_FORMAT_VERSION"):
        if name not in header.values:
            yield finding("FMT-007", path, f"{name} is missing from the header")
    if not header.variables:
        yield finding("FMT-006", path, "the header describes no variable")
    if not header.data_until:
        yield finding("FMT-006", path, "the header has no DATA_UNTIL: the file ends in its header")


def lines_of(stream: Readable, limit: int) -> Iterator[bytes]:
    """Yield the lines of a text file without their ends, at most ``limit`` bytes of them."""
    kept = b""
    taken = 0
    while taken < limit and (chunk := stream.read(_LINE)):
        taken += len(chunk)
        *lines, kept = (kept + chunk).split(b"\n")
        yield from lines
        if len(kept) > 16 * _LINE:
            return
    if kept:
        yield kept


def parse_cef_header(stream: Readable) -> CefHeader:
    """Read header lines up to DATA_UNTIL; faults are collected, nothing is raised for them."""
    header = CefHeader()
    block = _Block()
    for raw in lines_of(stream, MOST_HEADER):
        line = raw.decode("utf-8", "replace").strip()
        if not line or line.startswith("!"):
            continue
        match = _KEY_VALUE.match(line)
        if not match:
            header.faults.append(("FMT-007", f"no KEY = value: {line[:80]!r}"))
        elif match[1].upper() == "DATA_UNTIL":
            header.data_until = _unquoted(match[2])
            break
        else:
            block.take(header, match[1], match[2])
        if len(header.faults) > 20 or len(header.values) > MOST_ENTRIES:
            break
    if block.name:
        header.faults.append(("FMT-006", f"{block.kind} {block.name} is not ended"))
    return header


@dataclass(slots=True)
class _Block:
    """The META or VARIABLE block being read."""

    kind: str = ""
    name: str = ""
    entries: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)

    def take(self, header: CefHeader, key: str, value: str) -> None:
        upper = key.upper()
        if upper in ("START_META", "START_VARIABLE"):
            if self.name:
                header.faults.append(("FMT-006", f"{self.kind} {self.name} is not ended"))
            self.kind, self.name = upper.removeprefix("START_"), value
            self.entries, self.attributes = [], {}
        elif upper in ("END_META", "END_VARIABLE"):
            self._end(header, value)
        elif self.kind == "META":
            if upper == "ENTRY" and len(self.entries) < MOST_ENTRIES:
                self.entries.append(_unquoted(value))
        elif self.kind == "VARIABLE":
            self.attributes[upper] = _unquoted(value)
        else:
            header.values[upper] = _unquoted(value)

    def _end(self, header: CefHeader, name: str) -> None:
        if name != self.name:
            header.faults.append(("FMT-006", f"{self.kind} {self.name!r} is ended as {name!r}"))
        elif self.kind == "META":
            header.values[name] = "\n".join(self.entries)[:LONGEST_VALUE]
        else:
            header.variables.append(_column(name, self.attributes))
            header.attributes[name] = self.attributes
        self.kind = self.name = ""


def record_sizes(variable: Mapping[str, Any]) -> list[int]:
    """Return the sizes of a variable's axes in a record, [1] where none is told.

    Raises ValueError for those that no record has.
    """
    parts = [part.strip() for part in str(variable["sizes"]).split(",")]
    told = [part for part in parts if part.isascii() and part.isdigit()] or ["1"]
    sizes = [int(part) for part in told if len(part) <= _DIGITS]
    if len(sizes) < len(told) or not 0 < math.prod(sizes) <= MOST_NUMBERS:
        said = f"{variable['name']} has the sizes {', '.join(parts)[:40]} (SIZES)"
        raise ValueError(f"{said}, expected 1 to {MOST_NUMBERS} numbers a record")
    return sizes


def _column(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "unit": attributes.get("UNITS", ""),
        "format": attributes.get("VALUE_TYPE", ""),
        "sizes": attributes.get("SIZES", "1"),
        "description": attributes.get("CATDESC") or attributes.get("FIELDNAM", ""),
        "fill": attributes.get("FILLVAL", ""),
        "constant": "DATA" in attributes,
    }


def _unquoted(value: str) -> str:
    """Return a value without its quotes; a list of quoted strings stays as it is written."""
    if len(value) >= 2 and value[0] == value[-1] == '"' and '"' not in value[1:-1]:
        return value[1:-1]
    return value
