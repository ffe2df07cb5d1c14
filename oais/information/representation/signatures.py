"""Signatures of our own: the formats of space data, told by their first bytes.

A signature is asked of at most ``HEAD`` bytes. Those in ``own_signature`` say as much as PRONOM would, or
more, so that it need not be asked of the formats that come most;
those in ``plain_signature`` are asked when PRONOM is not there, or has found nothing better than text.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from oais.information.representation.opening import GZIP_MAGIC
from oais.information.representation.text_tables import (
    first_lines,
    guess_delimiter,
    looks_like_numbers,
)

HEAD = 1 << 16
"""Bytes at the beginning of a file that signatures look at."""

FITS_MAGIC = b"SIMPLE  = "
FITS_FORMATS = frozenset({"x-fmt/383", "oais/fits-tile-compressed", "oais/fits-gzip"})
CDF_FORMATS = frozenset({"fmt/1948", "oais/cdf-2.6", "fmt/1950"})
CEF_FORMATS = frozenset({"oais/cef", "oais/cef-gzip"})
TEXT_TABLES = frozenset({"x-fmt/18", "x-fmt/13", "oais/ascii-table", "oais/csv-gzip"})
DRAWN_FORMATS = FITS_FORMATS | CDF_FORMATS | CEF_FORMATS | TEXT_TABLES
"""Formats of which something may be drawn."""

_BINARY = (
    (b"#ASDF ", "oais/asdf"),
    (b"DAF/", "oais/spice-daf"),
    (b"NAIF/DAF", "oais/spice-daf"),
    (b"DAS/", "oais/spice-das"),
    (b"NAIF/DAS", "oais/spice-das"),
    (b"KPL/", "oais/spice-text"),
    (b"# %ECSV ", "oais/ecsv"),
    (b"\xcd\xf3\x00\x01", "fmt/1950"),
    (b"\xcd\xf2\x60\x02", "oais/cdf-2.6"),
    (b"\x00\x00\xff\xff\x00\x00\xff\xff", "fmt/1948"),
)
_PLAIN = (
    (b"%PDF-", "oais/pdf"),
    (GZIP_MAGIC, "x-fmt/266"),
    (b"PK\x03\x04", "x-fmt/263"),
    (b"<?xml", "fmt/101"),
    (b"\xef\xbb\xbf<?xml", "fmt/101"),
)
_PACKED = {
    "x-fmt/383": "oais/fits-gzip",
    "oais/fits-tile-compressed": "oais/fits-gzip",
    "oais/cef": "oais/cef-gzip",
    "x-fmt/18": "oais/csv-gzip",
}
_CEF = re.compile(rb"^\s*FILE_FORMAT_VERSION\s*=\s*\"CEF-2", re.MULTILINE)
_CEH = re.compile(rb"^\s*START_(META|VARIABLE)\s*=\s*\w", re.MULTILINE)
_PDS3 = re.compile(rb"\A(CCSD3Z[^\n]{0,40}\r?\n)?\s*PDS_VERSION_ID\s*=\s*PDS3")
_PDS4_ROOT = re.compile(rb"<(?:\w+:)?(?:Product_\w+|Ingest_LDD)[\s>]")
_VOTABLE_ROOT = re.compile(rb"<(?:\w+:)?VOTABLE[\s>]")
_ZIMAGE = re.compile(rb"ZIMAGE  = +T")


@dataclass(frozen=True, slots=True)
class Match:
    """A signature that was met: the id of the format, and what was seen."""

    format_id: str
    basis: str


def own_signature(head: bytes, name: str) -> Match | None:
    """Return a format that we tell at least as well as PRONOM; ``name`` only chooses what is tried."""
    if not head:
        return Match("oais/empty", "no bytes")
    if head.startswith(GZIP_MAGIC):
        return _inside_gzip(head)
    for magic, format_id in _BINARY:
        if head.startswith(magic):
            return Match(format_id, f"bytes {magic!r} at 0")
    if head.startswith(FITS_MAGIC):
        compressed = _ZIMAGE.search(head)
        if not compressed or compressed.start() % 80:
            return Match("x-fmt/383", f"bytes {FITS_MAGIC!r} at 0")
        return Match("oais/fits-tile-compressed", f"card ZIMAGE = T at {compressed.start()}")
    if name.lower().endswith((".ccsds", ".pkts")) and _packets(head):
        return Match("oais/ccsds-packets", "the declared extension and a chain of packet lengths")
    return _text_signature(head)


def _text_signature(head: bytes) -> Match | None:
    if b"\0" in head:
        return None
    if _PDS3.match(head):
        return Match("oais/pds3-label", "PDS_VERSION_ID = PDS3 at the beginning")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        if b"http://pds.nasa.gov/pds4/" in head and (root := _PDS4_ROOT.search(head)):
            return Match("oais/pds4-label", f"element {root[0]!r} and the PDS4 namespace")
        if root := _VOTABLE_ROOT.search(head[:4096]):
            return Match("oais/votable", f"element {root[0]!r}")
        return None
    if found := _CEF.search(head):
        return Match("oais/cef", f"FILE_FORMAT_VERSION at {found.start()}")
    if found := _CEH.search(head):
        return Match("oais/ceh", f"START_{found[1].decode('ascii')} at {found.start()}")
    return None


def _inside_gzip(head: bytes) -> Match | None:
    """Tell what a gzip file holds, by inflating the peek and no more."""
    try:
        inner = zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        return None
    match = own_signature(inner, "") if inner[:2] != GZIP_MAGIC else None
    match = match or plain_signature(inner)
    if match is None or match.format_id not in _PACKED:
        return None
    return Match(_PACKED[match.format_id], f"gzip; inside: {match.basis}")


def plain_signature(head: bytes) -> Match | None:
    """Return the common format that the first bytes tell, tables and text last; None for none."""
    for magic, format_id in _PLAIN:
        if head.startswith(magic):
            return Match(format_id, f"bytes {magic!r} at 0")
    if head[257:262] == b"ustar":
        return Match("x-fmt/265", "bytes b'ustar' at 257")
    return table_signature(head) or _plain_text(head)


def table_signature(head: bytes) -> Match | None:
    """Return the kind of table that a text is: every line with the same cells."""
    if b"\0" in head:
        return None
    lines = [line for line in first_lines(head) if not line.startswith("#")]
    if len(lines) < 2:
        return None
    if looks_like_numbers(lines):
        return Match("oais/ascii-table", f"{len(lines)} lines with as many numbers each")
    delimiter = guess_delimiter(lines)
    if not delimiter:
        return None
    basis = f"{len(lines)} lines with as many cells each, parted by {delimiter!r}"
    return Match("x-fmt/13" if delimiter == "\t" else "x-fmt/18", basis)


def _plain_text(head: bytes) -> Match | None:
    cut = head[: len(head) - 3] if len(head) >= HEAD else head  # a character may be cut there
    try:
        text = cut.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if _CONTROL.search(text):
        return None
    return Match("x-fmt/111" if text.isascii() else "x-fmt/16", "all bytes looked at are text")


_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
"""Control characters other than tab and the ends of lines and pages."""


def _packets(head: bytes) -> bool:
    """Return whether a chain of space packets fills the head (CCSDS 133.0-B-2 §4.1)."""
    at = 0
    while at + 6 <= len(head):
        if head[at] >> 5:  # the packet version number, 0 for space packets
            return False
        at += 7 + int.from_bytes(head[at + 4 : at + 6], "big")
    return at == len(head) or (at > len(head) and len(head) >= HEAD)
