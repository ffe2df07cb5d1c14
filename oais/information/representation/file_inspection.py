"""Reading one file to its end: its format, its headers, and every fault that its own format shows.

Called in the limited child only (see ``worker``); nothing here guards against time or memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from oais.information.findings import Finding, finding
from oais.information.packages import FormatIdentification, Inspection
from oais.information.representation.cdf import read_cdf
from oais.information.representation.cef import read_cef
from oais.information.representation.contents import Contents
from oais.information.representation.fits import describe_fits, hdu_kind, is_tile_compressed
from oais.information.representation.fits_blocks import FitsReading, read_fits
from oais.information.representation.fits_tables import FoundHdu, heap_fault, open_source
from oais.information.representation.identification import (
    expected_formats,
    identify_stream,
    known_formats,
)
from oais.information.representation.opening import (
    GZIP_MAGIC,
    GzipReader,
    UnreadableError,
    decompressed,
    open_regular,
)
from oais.information.representation.pds4 import read_label
from oais.information.representation.signatures import CDF_FORMATS, FITS_FORMATS, FITS_MAGIC, HEAD
from oais.information.representation.text_tables import read_text_table
from oais.information.xml import DEFAULT_LIMITS

_SAYS_FITS = re.compile(r"\.(fits|fit|fts|fz)(\.gz)?\Z", re.IGNORECASE)
_SAYS_XML = re.compile(r"\.(xml|lblx|xsd|vot|votable)\Z", re.IGNORECASE)
_UNREAD = FormatIdentification("oais/unknown", "", "", "application/octet-stream", "", "not read")
_NO_HEAPS = frozenset({"FIT-002", "FIT-003", "FIT-012", "FIT-014"})
_GZIP_CHUNK = 1 << 20
_XML_FORMATS = frozenset({"fmt/101", "x-fmt/280", "oais/votable"})


def inspect_file(path: Path, name: str) -> Inspection:
    """Inspect the regular file at ``path`` under the name its provider gave it."""
    identified = _UNREAD
    try:
        with open_regular(path) as (stream, _):
            identified = identify_stream(stream, name)
            identified, contents = _read(stream, name, identified)
    except UnreadableError as error:
        contents = Contents(findings=(finding(error.code, name, error.message),))
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror or error}"
        contents = Contents(findings=(finding("FMT-002", name, reason),))
    return Inspection(name, identified, contents.headers, contents.structure, contents.findings)


def _read(
    stream: BinaryIO, name: str, identified: FormatIdentification
) -> tuple[FormatIdentification, Contents]:
    if identified.format_id in FITS_FORMATS or _SAYS_FITS.search(name):
        return _read_fits(stream, name, identified)
    reader = _reader(identified.format_id) or _reader_by_name(stream, name)
    contents = reader(stream, name) if reader else Contents()
    if identified.format_id == "oais/unknown":
        remark = (finding("FMT-001", name, "no signature of a known format matches"),)
        return identified, replace(contents, findings=contents.findings + remark)
    expected = expected_formats(name)
    if expected and not _is_one_of(identified, expected):
        says = ", ".join(sorted(known_formats()[known].name for known in expected))
        message = f"the bytes are {identified.name} ({identified.format_id}), the name says {says}"
        remark = (finding("FMT-008", name, message),)
        return identified, replace(contents, findings=contents.findings + remark)
    return identified, contents


def _is_one_of(identified: FormatIdentification, expected: frozenset[str]) -> bool:
    """Return whether a format is expected, or has the same media type as one that is."""
    if identified.format_id in expected:
        return True
    types = {known_formats()[known].media_type for known in expected}
    return identified.media_type in types - {"application/octet-stream"}


def _read_fits(
    stream: BinaryIO, name: str, identified: FormatIdentification
) -> tuple[FormatIdentification, Contents]:
    head = stream.read(len(FITS_MAGIC))
    stream.seek(0)
    if not head.startswith((FITS_MAGIC, GZIP_MAGIC)):
        found = f"the bytes are {identified.name} ({identified.format_id}), expected FITS"
        return identified, Contents(findings=(finding("FIT-001", name, found),))
    reading = read_fits(decompressed(stream, head), name)
    if identified.format_id == "x-fmt/383" and is_tile_compressed(reading):
        known = known_formats()["oais/fits-tile-compressed"]
        basis = f"{identified.basis}; ZIMAGE = T in a later header"
        identified = replace(identified, format_id=known.format_id, name=known.name, basis=basis)
    headers, structure, findings = describe_fits(reading)
    if not any(found.code in _NO_HEAPS for found in findings):
        findings = (*findings, *_heap_findings(stream, reading))
    return identified, Contents(headers, structure, findings)


def _heap_findings(stream: BinaryIO, reading: FitsReading) -> Iterator[Finding]:
    """Look where the variable-length arrays of a plain file point; a gzip file is not read again."""
    for hdu in reading.hdus:
        if "table" not in hdu_kind(hdu.cards) or not hdu.cards.integer("PCOUNT"):
            continue
        source = open_source(stream)
        if source.plain is None:
            return
        source.skip(hdu.data_at)
        try:
            fault = heap_fault(source, FoundHdu(hdu.number, b"", hdu.cards, hdu.data_size))
        except ValueError as error:
            fault = str(error)
        if fault:
            yield finding("FIT-014", reading.path, f"HDU {hdu.number}: {fault}")


def _reader(format_id: str) -> Callable[[BinaryIO, str], Contents] | None:
    """Return the reader of a format, or None for one that is kept without being read."""
    if format_id in CDF_FORMATS:
        return read_cdf
    if format_id in _XML_FORMATS:
        return lambda stream, name: read_label(_whole(stream), name, pds4=False)
    return _READERS.get(format_id)


def _reader_by_name(stream: BinaryIO, name: str) -> Callable[[BinaryIO, str], Contents] | None:
    """Return the reader of XML for what is named so: a program that trusts the name will parse it."""
    empty = not stream.read(1)
    stream.seek(0)
    return _reader("fmt/101") if _SAYS_XML.search(name) and not empty else None


def _whole(stream: BinaryIO) -> bytes:
    return stream.read(DEFAULT_LIMITS.size + 1)


def _read_cef_gzip(stream: BinaryIO, name: str) -> Contents:
    contents = read_cef(GzipReader(stream), name, whole=True)
    return _with_whole_gzip(stream, name, contents)


def _read_csv_gzip(stream: BinaryIO, name: str) -> Contents:
    contents = read_text_table(GzipReader(stream).read(HEAD), name, blanks=False)
    return _with_whole_gzip(stream, name, contents)


def _with_whole_gzip(stream: BinaryIO, name: str, contents: Contents) -> Contents:
    """Inflate a gzip file to its end, within limits: only then its own checksum is known to hold."""
    stream.seek(0)
    reader = GzipReader(stream)
    try:
        while reader.read(_GZIP_CHUNK):
            pass
    except UnreadableError as error:
        damage = finding(error.code, name, error.message)
        return replace(contents, findings=(*contents.findings, damage))
    return contents


_READERS: dict[str, Callable[[BinaryIO, str], Contents]] = {
    "oais/cef": lambda stream, name: read_cef(stream, name, whole=True),
    "oais/ceh": lambda stream, name: read_cef(stream, name, whole=False),
    "oais/cef-gzip": _read_cef_gzip,
    "oais/csv-gzip": _read_csv_gzip,
    "x-fmt/266": lambda stream, name: _with_whole_gzip(stream, name, Contents()),
    "oais/pds4-label": lambda stream, name: read_label(_whole(stream), name, pds4=True),
    "x-fmt/18": lambda stream, name: read_text_table(stream.read(HEAD), name, blanks=False),
    "x-fmt/13": lambda stream, name: read_text_table(stream.read(HEAD), name, blanks=False),
    "oais/ascii-table": lambda stream, name: read_text_table(stream.read(HEAD), name, blanks=True),
}
