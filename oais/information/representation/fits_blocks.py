"""The bytes of a FITS file against its own headers: sizes, padding and checksums in one reading.

FITS 4.0 §3 and §4.4.1 give the size of every HDU, appendix J the ones-complement sums. Done on raw
bytes in own code, because the common reader opens a cut file without an error and reports false
failures for files that carry CHECKSUM without DATASUM.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from oais.information.findings import Finding, finding
from oais.information.representation.fits_cards import CARD, Cards, parse_cards
from oais.information.representation.opening import Readable, UnreadableError

BLOCK = 2880
"""Bytes of a FITS block (FITS 4.0 §3.1)."""

MOST_HEADER = 5 << 20
MOST_HDUS = 2_000
MOST_HEADERS = 64 << 20
_CHUNK = BLOCK * 364  # about 1 MiB, a multiple of the 4 bytes that are summed
_END = b"END" + b" " * (CARD - 3)
_BITPIX = frozenset({8, 16, 32, 64, -32, -64})
_ALL_ONES = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Hdu:
    """One header and data unit as it lies in the file; offsets and sizes in bytes.

    ``checksum`` and ``datasum`` are ``ok``, ``wrong`` or ``absent``.
    """

    number: int
    header_at: int
    data_at: int
    data_size: int
    cards: Cards
    checksum: str
    datasum: str

    @property
    def end(self) -> int:
        """Offset of the first byte after the padded data."""
        return self.data_at + padded(self.data_size)


@dataclass(slots=True)
class FitsReading:
    """What one reading of a FITS file gave; ``size`` counts the decompressed bytes that were read."""

    path: str
    hdus: list[Hdu] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    size: int = 0

    def report(self, code: str, message: str) -> None:
        """Add a finding of the file."""
        self.findings.append(finding(code, self.path, message))


def padded(size: int) -> int:
    """Return ``size`` rounded up to whole FITS blocks."""
    return -(-size // BLOCK) * BLOCK


def read_fits(stream: Readable, path: str) -> FitsReading:
    """Read a FITS file to its end, without seeking; faults become findings, never exceptions."""
    reading = FitsReading(path)
    try:
        _read_hdus(stream, reading)
    except UnreadableError as error:
        reading.report(error.code, error.message)
    except OSError as error:
        reading.report("FMT-002", f"the file cannot be read: {error.strerror or error}")
    return reading


def _read_hdus(stream: Readable, reading: FitsReading) -> None:
    while True:
        first = stream.read(BLOCK)
        if not first:
            if not reading.hdus:
                reading.report("FIT-001", "the file is empty")
            return
        if not _begins_hdu(first, primary=not reading.hdus):
            _report_strange_block(stream, reading, first)
            return
        if len(reading.hdus) >= MOST_HDUS:
            reading.report("FIT-012", f"more than {MOST_HDUS} HDUs")
            return
        header = _read_header(stream, reading, first)
        if header is None or not _read_data(stream, reading, header):
            return


def _begins_hdu(block: bytes, *, primary: bool) -> bool:
    return block.startswith(b"SIMPLE  = " if primary else b"XTENSION= ")


def _report_strange_block(stream: Readable, reading: FitsReading, block: bytes) -> None:
    """Tell what follows where an HDU should begin (FITS 4.0 §3.5, §4.4.1.1)."""
    if not reading.hdus:
        reading.report("FIT-001", f"the file begins with {block[:8]!r}, expected b'SIMPLE  '")
        return
    count, blank = 0, True
    while block:
        count += len(block)
        blank = blank and not block.strip(b"\0 ")
        block = stream.read(_CHUNK)
    place = f"after byte {reading.size}, where the last HDU ends"
    reading.size += count
    if blank:
        reading.report("FIT-005", f"{count} fill bytes follow {place}")
    else:
        reading.report("FIT-004", f"{count} bytes that are no HDU follow {place}")


def _read_header(stream: Readable, reading: FitsReading, block: bytes) -> bytes | None:
    """Return the whole header unit, blocks up to the one with END, or report why there is none."""
    blocks: list[bytes] = []
    spent = sum(hdu.data_at - hdu.header_at for hdu in reading.hdus)
    size = 0
    number = len(reading.hdus)
    while True:
        size += len(block)
        reading.size += len(block)
        blocks.append(block)
        if end_of_header(block) is not None:
            break
        if len(block) < BLOCK:
            reading.report("FIT-002", f"the file ends in the header of HDU {number}, without END")
            return None
        if size > MOST_HEADER or spent + size > MOST_HEADERS:
            reading.report("FIT-012", f"the header of HDU {number} passes {MOST_HEADER} bytes")
            return None
        block = stream.read(BLOCK)
    header = b"".join(blocks)
    if len(block) < BLOCK:
        reading.report("FIT-002", f"the last header block of HDU {number} has {len(block)} bytes")
    elif header[size - BLOCK + _after_end(block) :].strip(b" "):
        reading.report("FIT-006", f"the header of HDU {number} is not blank after END")
    return header


def end_of_header(block: bytes) -> int | None:
    """Return where the END card of a block begins, or None; a cut card counts if it says END."""
    at = block.find(b"END")
    while at >= 0:
        if at % CARD == 0 and _END.startswith(block[at : at + CARD]):
            return at
        at = block.find(b"END", at + 1)
    return None


def _after_end(block: bytes) -> int:
    at = end_of_header(block)
    assert at is not None
    return at + CARD


def _read_data(stream: Readable, reading: FitsReading, header: bytes) -> bool:
    """Read the data unit that the header announces; return whether another HDU may follow."""
    number = len(reading.hdus)
    cards = parse_cards(header)
    size, fault = data_size(cards, primary=number == 0)
    header_at = reading.size - len(header)
    if fault:
        reading.report("FIT-003", f"HDU {number}: {fault}")
        reading.hdus.append(Hdu(number, header_at, reading.size, 0, cards, "absent", "absent"))
        return False
    fill = b" " if cards.text("XTENSION") == "TABLE" else b"\0"
    data_sum, found, clean = _sum_data(stream, size, fill)
    data_at = reading.size
    reading.size += found
    whole = found == padded(size)
    total = _folded(data_sum + ones_complement_sum(header)) if len(header) % 4 == 0 else 0
    hdu = Hdu(
        number,
        header_at,
        data_at,
        size,
        cards,
        _verdict(cards.values.get("CHECKSUM"), whole and total in (0, _ALL_ONES)),
        _verdict(cards.values.get("DATASUM"), whole and _is_sum(cards, data_sum)),
    )
    reading.hdus.append(hdu)
    _report_data(reading, hdu, found, clean)
    return whole


def _report_data(reading: FitsReading, hdu: Hdu, found: int, clean: bool) -> None:
    name = f"HDU {hdu.number}"
    if found < hdu.data_size:
        expected = f"expected {hdu.data_size} by its header"
        reading.report("FIT-002", f"{name}: the file ends after {found} bytes of data, {expected}")
        return
    if found < padded(hdu.data_size):
        short = padded(hdu.data_size) - found
        reading.report("FIT-007", f"{name}: the last block lacks {short} of its {BLOCK} bytes")
        return
    if not clean:
        reading.report("FIT-006", f"{name}: the bytes after its data are not the fill of the standard")
    for code, keyword, verdict in (
        ("FIT-008", "CHECKSUM", hdu.checksum),
        ("FIT-009", "DATASUM", hdu.datasum),
    ):
        if verdict == "wrong":
            stated = hdu.cards.values[keyword]
            reading.report(code, f"{name}: {keyword} {stated!s} is not that of the bytes")


def data_size(cards: Cards, *, primary: bool) -> tuple[int, str]:
    """Return the bytes of the data unit (without fill) by FITS 4.0 §4.4.1, or what is wrong."""
    bitpix, axes = cards.integer("BITPIX"), cards.integer("NAXIS")
    if bitpix not in _BITPIX:
        return 0, f"BITPIX is {cards.values.get('BITPIX')!r}, expected 8, 16, 32, 64, -32 or -64"
    if axes is None or not 0 <= axes <= 999:
        return 0, f"NAXIS is {cards.values.get('NAXIS')!r}, expected 0 to 999"
    lengths = [cards.integer(f"NAXIS{n}") for n in range(1, axes + 1)]
    for n, length in enumerate(lengths, 1):
        if length is None or length < 0:
            return 0, f"NAXIS{n} is {cards.values.get(f'NAXIS{n}')!r}, expected a length"
    known = [length for length in lengths if length is not None]
    if not known:
        return 0, ""
    groups = cards.values.get("GROUPS") is True and known[0] == 0
    if primary and not groups:
        return abs(bitpix) // 8 * math.prod(known), ""
    extra, repeats = cards.values.get("PCOUNT", 0), cards.values.get("GCOUNT", 1)
    if not (isinstance(extra, int) and isinstance(repeats, int) and extra >= 0 and repeats >= 0):
        return 0, f"PCOUNT and GCOUNT are {extra!r} and {repeats!r}, expected two counts"
    elements = math.prod(known[1:] if groups else known)
    return abs(bitpix) // 8 * repeats * (extra + elements), ""


def _sum_data(stream: Readable, size: int, fill: bytes) -> tuple[int, int, bool]:
    """Sum the data unit with its fill; return sum, bytes found, and whether the fill is right."""
    total, found, clean = 0, 0, True
    wanted = padded(size)
    while found < wanted:
        chunk = stream.read(min(_CHUNK, wanted - found))
        if not chunk:
            break
        if found + len(chunk) > size:
            clean = clean and not chunk[max(0, size - found) :].strip(fill)
        found += len(chunk)
        total = _folded(total + ones_complement_sum(chunk))
        if len(chunk) % 4:
            break
    return total, found, clean


def ones_complement_sum(data: bytes) -> int:
    """Return the 32-bit ones-complement sum of big-endian words (FITS 4.0 appendix J.1).

    Bytes after the last whole word are left out; every whole block has whole words.
    """
    words = np.frombuffer(data, dtype=">u4", count=len(data) // 4)
    return _folded(int(words.sum(dtype=np.uint64)))


def _folded(total: int) -> int:
    while total >> 32:
        total = (total & _ALL_ONES) + (total >> 32)
    return total


def _is_sum(cards: Cards, data_sum: int) -> bool:
    stated = str(cards.values.get("DATASUM")).strip()
    return stated.isascii() and stated.isdigit() and int(stated[:20]) == data_sum


def _verdict(stated: object, right: bool) -> str:
    if stated is None or stated == "":
        return "absent"
    return "ok" if right else "wrong"
