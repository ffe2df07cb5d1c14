"""The conformance declaration: the NAMASTE file that says which OCFL version a directory follows."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from aip.validation.ocfl.entries import Entry, Kind, read_file
from oais.information.findings import Finding, finding

SPECIFICATIONS = ("1.0", "1.1")
"""Versions of the specification known here, oldest first."""

_LONGEST = 256


@dataclass(frozen=True, slots=True)
class DeclarationCodes:
    """What is declared, and the code of each fault: the standard numbers object and root apart."""

    dvalue: str
    missing: str
    several: str
    not_a_file: str
    pattern: str
    tag: str
    value: str
    contents: str


OBJECT = DeclarationCodes("ocfl_object_", "E003", "E003", "E002", "E004", "E005", "E006", "E007")
"""Section 3.2 of the specification."""

ROOT = DeclarationCodes("ocfl_", "E069", "E076", "E075", "E077", "E078", "E079", "E080")
"""Section 4.2 of the specification."""


def declarations(entries: list[Entry], codes: DeclarationCodes) -> list[Entry]:
    """Return the entries that are, or were meant to be, a conformance declaration."""
    loose = re.compile(rf"(?:0|.?=){codes.dvalue}[0-9].*")
    return [entry for entry in entries if entry.name.startswith("0=") or loose.fullmatch(entry.name)]


def declared_version(name: str, codes: DeclarationCodes) -> str | None:
    """Return the version of the specification that a sound file name declares, else None."""
    for version in SPECIFICATIONS:
        if name == f"0={codes.dvalue}{version}":
            return version
    return None


def check_declaration(
    root: Path, entries: list[Entry], codes: DeclarationCodes
) -> Generator[Finding, None, str | None]:
    """Check the declaration and return the version it declares, or None if none can be told."""
    found = declarations(entries, codes)
    if not found:
        expected = f"0={codes.dvalue}{SPECIFICATIONS[-1]}"
        yield finding(codes.missing, "", f"no conformance declaration, expected a file {expected}")
    elif len(found) > 1:
        names = ", ".join(entry.name for entry in found)
        yield finding(codes.several, "", f"{len(found)} declarations ({names}), expected one")
    versions = []
    for entry in found:
        version = yield from _check_one(root, entry, codes)
        if version is not None:
            versions.append(version)
    return max(versions, default=None)


def _check_one(root: Path, entry: Entry, codes: DeclarationCodes) -> Generator[Finding, None, str | None]:
    name = entry.name
    version = declared_version(name, codes)
    if entry.kind is Kind.DIRECTORY:
        yield finding(codes.not_a_file, name, f"{name} is a directory, expected a text file")
    elif version is None:
        yield _misnamed(name, codes)
    elif entry.kind is Kind.FILE:
        expected = f"{codes.dvalue}{version}\n".encode()
        data = read_file(root / name, _LONGEST)
        if data != expected:
            shown = "a longer text" if data is None else repr(data)
            yield finding(codes.contents, name, f"{name} holds {shown}, expected {expected!r}")
    return version


def _misnamed(name: str, codes: DeclarationCodes) -> Finding:
    expected = " or ".join(f"0={codes.dvalue}{version}" for version in SPECIFICATIONS)
    message = f"declaration is named {name}, expected {expected}"
    tag, equals, _ = name.partition("=")
    if not equals:
        return finding(codes.pattern, name, message)
    return finding(codes.tag if tag != "0" else codes.value, name, message)
