"""The FITS rule on raw bytes: real files as their manifest judges them, and every fault of table E."""

from __future__ import annotations

import gzip
import io
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits as astropy_fits
from hypothesis import given
from hypothesis import strategies as st

from oais.information.findings import Severity
from oais.information.representation.fits import describe_fits
from oais.information.representation.fits_blocks import (
    FitsReading,
    ones_complement_sum,
    read_fits,
)
from oais.information.representation.fits_cards import parse_cards, parse_value
from oais.information.representation.opening import decompressed, open_regular
from tests.information.fits_making import block, card, curve, header, image, primary, table
from tests.information.real_files import FITS_NAME, manifest


def read_real(path: Path) -> FitsReading:
    """Read a real file as the inspection does."""
    with open_regular(path) as (stream, _):
        head = stream.read(2)
        stream.seek(0)
        return read_fits(decompressed(stream, head), path.name)


def codes_of(data: bytes) -> list[str]:
    """Return the codes of all findings of a file's bytes, errors of structure and oddities."""
    reading = read_fits(decompressed(io.BytesIO(data), data[:2]), "made.fits")
    return [found.code for found in describe_fits(reading)[2]]


def verdict(reading: FitsReading) -> str:
    """Return the counts in the words of the manifest."""
    checks = [hdu.checksum for hdu in reading.hdus if hdu.checksum != "absent"]
    sums = [hdu.datasum for hdu in reading.hdus if hdu.datasum != "absent"]
    if not checks and not sums:
        return "none"
    right = f"CHECKSUM {checks.count('ok')}/{len(checks)}"
    return f"{right} DATASUM {sums.count('ok')}/{len(sums)}"


def test_real_files_have_the_checksum_counts_of_their_manifest(
    shared: Path, record_count: Callable[[str, int], None]
) -> None:
    """Counts of right CHECKSUM and DATASUM are exactly those found by the independent program."""
    wrong = []
    rows = [row for row in manifest(shared) if FITS_NAME.search(row["path"])]
    judged = [row for row in rows if row["independent_checksum"]]
    for row in judged:
        found = verdict(read_real(shared / "data" / row["path"]))
        if found != row["independent_checksum"]:
            wrong.append(f"{row['path']}: {found}, manifest: {row['independent_checksum']}")
    assert wrong == []
    assert len(judged) == 96
    record_count("real FITS files whose checksums are as the manifest says", len(judged))


def test_sound_real_files_have_no_fault_and_damaged_ones_are_refused(shared: Path) -> None:
    """Only the files in damaged/ have errors; only stale sums are found wrong, no false failures."""
    for row in manifest(shared):
        if not FITS_NAME.search(row["path"]):
            continue
        found = read_real(shared / "data" / row["path"]).findings
        errors = [one.code for one in found if one.severity is Severity.ERROR]
        assert bool(errors) == row["path"].startswith("damaged/"), row["path"]
        stale = [one.code for one in found if one.code in ("FIT-008", "FIT-009")]
        expected = "STALE" in row["notes"] or "stale CHECKSUM" in row["notes"]
        assert bool(stale) == expected, row["path"]


def test_header_values_of_all_real_files_are_those_of_astropy(
    shared: Path, record_count: Callable[[str, int], None]
) -> None:
    """Our card parser reads the values astropy reads, in every HDU of every sound real file."""
    compared = 0
    differing = []
    for row in manifest(shared):
        if not FITS_NAME.search(row["path"]) or row["path"].startswith("damaged/"):
            continue
        reading = read_real(shared / "data" / row["path"])
        with warnings.catch_warnings(), (shared / "data" / row["path"]).open("rb") as stream:
            warnings.simplefilter("ignore")
            with astropy_fits.open(stream, disable_image_compression=True) as theirs:
                assert len(theirs) == len(reading.hdus), row["path"]
                for ours, hdu in zip(reading.hdus, theirs, strict=True):
                    for keyword, value in hdu.header.items():
                        if keyword in ("", "COMMENT", "HISTORY", "CONTINUE"):
                            continue
                        compared += 1
                        expected = None if isinstance(value, astropy_fits.card.Undefined) else value
                        if ours.cards.values[keyword] != expected:
                            differing.append((row["path"], keyword))
    # A string whose last CONTINUE ends in "&" keeps it by FITS 4.0 §4.2.1.2; astropy drops it.
    assert differing == [("sdo/resampled_hmi.fits", "SOURCE")]
    record_count("header values compared with astropy", compared)


def cut(data: bytes, count: int) -> bytes:
    """Return the data without their last bytes."""
    return data[:-count]


SOUND = curve([(float(n), 1.0, 0) for n in range(10)])
TILES: dict[str, Any] = {
    "ZIMAGE": True,
    "ZCMPTYPE": "RICE_1",
    "ZBITPIX": 16,
    "ZNAXIS": 2,
}
HEAP_FILE = primary() + table({"A": "1PE(3)"}, struct.pack(">ii", 3, 0), 8, heap=bytes(12))

CASES: dict[str, tuple[bytes, list[str]]] = {
    "sound table": (SOUND, []),
    "sound image": (image(10, 10), []),
    "sound variable-length array": (HEAP_FILE, []),
    "E1 not FITS": (b"<html>" + bytes(5000), ["FIT-001"]),
    "E1 empty": (b"", ["FIT-001"]),
    "E1 cut in the first block": (SOUND[:600], ["FIT-002"]),
    "E1 cut in a later header": (SOUND[:3500], ["FIT-002"]),
    "E1 cut in the data": (SOUND[: 2880 * 2 + 50], ["FIT-002"]),
    "E1 NAXIS1 of 10^12": (header(
        {"SIMPLE": True, "BITPIX": 8, "NAXIS": 1, "NAXIS1": 10**12}) + bytes(2880), ["FIT-002"]),
    "E1 NAXIS 999": (header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 999}), ["FIT-003"]),
    "E1 NAXIS 1000": (header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 1000}), ["FIT-003"]),
    "E1 NAXISn negative": (image(10).replace(b"%20d" % 10, b"%20d" % -9), ["FIT-003"]),
    "E1 BITPIX 7": (header({"SIMPLE": True, "BITPIX": 7, "NAXIS": 0}), ["FIT-003"]),
    "E1 no BITPIX": (header({"SIMPLE": True, "NAXIS": 0}), ["FIT-003"]),
    "E1 PCOUNT negative": (primary() + table({"A": "D"}, bytes(8), 8, PCOUNT=-8), ["FIT-003"]),
    "E1 TFIELDS 999": (primary() + table({"A": "D"}, bytes(8), 8, TFIELDS=999), ["FIT-014"]),
    "E1 TFORM no format": (primary() + table({"A": "Z"}, bytes(8), 8), ["FIT-014"]),
    "E1 columns wider than rows": (primary() + table({"A": "9D"}, bytes(8), 8), ["FIT-014"]),
    "E1 THEAP outside": (primary() + table({"A": "D"}, bytes(8), 8, THEAP=10**9), ["FIT-014"]),
    "E1 ZNAXIS 200 000 square": (
        primary() + table({"COMPRESSED_DATA": "1PB"}, bytes(8), 8,
                          **TILES, ZNAXIS1=200_000, ZNAXIS2=200_000), ["FIT-014"]),
    "E1 ZTILE 2^31": (
        primary() + table({"COMPRESSED_DATA": "1PB"}, bytes(8), 8,
                          **TILES, ZNAXIS1=8, ZNAXIS2=1, ZTILE1=2**31), ["FIT-014"]),
    "E1 a million COMMENT cards": (
        header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0}, *[b"COMMENT x"] * 1_000_000),
        ["FIT-012"]),
    "E1 20 000 empty HDUs": (
        primary() + header({"XTENSION": "IMAGE", "BITPIX": 8, "NAXIS": 0}) * 20_000, ["FIT-012"]),
    "E3 wrong DATASUM": (image(4, 4, DATASUM="1"), ["FIT-009"]),
    "E3 DATASUM no number": (image(4, 4, DATASUM="abc"), ["FIT-009"]),
    "E3 wrong CHECKSUM": (image(4, 4, CHECKSUM="0123456789abcdef"), ["FIT-008"]),
    "E3 trailing bytes": (SOUND + b"trailing", ["FIT-004"]),
    "E3 trailing block": (SOUND + b"x" * 2880, ["FIT-004"]),
    "E3 trailing zeros": (SOUND + bytes(28800), ["FIT-005"]),
    "E3 last block not whole": (cut(SOUND, 7), ["FIT-007"]),
    "E3 fill not zero": (image(4, data=bytes(8) + b"\1" * 2872), ["FIT-006"]),
    "E3 header fill not blank": (cut(primary(), 1) + b"x", ["FIT-006"]),
    "E3 duplicate keyword": (primary(None, card("OBJECT", "a"), card("OBJECT", "b")), ["FIT-010"]),
    "E3 character not ASCII": (primary(None, b"COMMENT \xe9\xe8"), ["FIT-011"]),
    "E3 control character": (primary(None, b"COMMENT a\x07b"), ["FIT-011"]),
    "E3 value of no form": (primary(None, b"EXPTIME = twelve"), ["FIT-011"]),
    "E3 string not ended": (primary(None, b"OBJECT  = 'Crab"), ["FIT-011"]),
    "E3 date of nonsense": (primary({"DATE-OBS": "yesterday"}), ["FIT-013"]),
    "E3 date 30 February has form": (primary({"DATE-OBS": "2026-13-30"}), ["FIT-013"]),
    "E3 date with a four-digit year": (primary({"DATE-OBS": "07/06/2011"}), ["FIT-013"]),
    "E3 gzip cut": (cut(gzip.compress(SOUND), 20), ["FMT-004"]),
    "E3 gzip of two members": (gzip.compress(SOUND[:2880]) + gzip.compress(SOUND[2880:]), []),
    "E3 gzip followed by other bytes": (gzip.compress(SOUND) + b"more", ["FMT-004"]),
    "E1 gzip bomb": (gzip.compress(image(64 << 20)), ["FMT-005"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_fault_gets_its_code(name: str, record_count: Callable[[str, int], None]) -> None:
    """Each row of E1 and E3 gives exactly the documented codes; sound files give none."""
    data, expected = CASES[name]
    assert codes_of(data) == expected
    record_count("bad FITS files told by their code", 1)


def test_fault_after_a_fault_is_told_too() -> None:
    """A wrong sum in the first HDU does not hide the cut in the second."""
    data = image(4, 4, DATASUM="1") + curve([(0.0, 0.0, 0)])[2880 : 2880 + 2890]
    assert codes_of(data) == ["FIT-009", "FIT-002"]


@given(st.binary(max_size=4000).map(lambda data: data[: len(data) // 4 * 4]))
def test_sum_is_that_of_the_standard(data: bytes) -> None:
    """The ones-complement sum equals a plain addition with the carry brought round each time."""
    total = 0
    for (word,) in struct.iter_unpack(">I", data):
        total += word
        if total > 0xFFFFFFFF:
            total -= 0xFFFFFFFF
    assert ones_complement_sum(data) == total


def test_sums_written_by_astropy_are_found_right() -> None:
    """A file whose sums the common library has written is found whole, one bit later it is not."""
    hdu = astropy_fits.PrimaryHDU(data=[[1, 2], [3, 4]])
    hdu.add_checksum()
    stream = io.BytesIO()
    hdu.writeto(stream)
    data = bytearray(stream.getvalue())
    assert codes_of(bytes(data)) == []
    data[2880] ^= 1
    assert codes_of(bytes(data)) == ["FIT-008", "FIT-009"]


@pytest.mark.parametrize(
    ("field", "known", "value"),
    [
        ("                    7 / x", True, 7),
        (" -1.5E+3", True, -1500.0),
        (" 1.5D3 /", True, 1500.0),
        (" .5", True, 0.5),
        ("                    T", True, True),
        (" 'it''s'  / comment", True, "it's"),
        (" '  led '", True, "  led"),
        (" ''", True, ""),
        ("", True, None),
        (" / only a comment", True, None),
        (" (1.0, 2.0) / complex", True, "(1.0, 2.0)"),
        (" 1E999", True, "1E999"),
        (" NaN", False, "NaN"),
    ],
)
def test_value_field_is_read(field: str, known: bool, value: object) -> None:
    """Every form of FITS 4.0 §4.2 is read, others stay text and are remarked."""
    assert parse_value(field) == (known, value)


@given(st.binary(max_size=2880))
def test_any_header_is_parsed(data: bytes) -> None:
    """No bytes make the card parser raise."""
    assert parse_cards(data).count <= 36


def test_long_string_goes_on_in_further_cards() -> None:
    """CONTINUE cards are joined, and a new keyword ends the chain."""
    cards = parse_cards(
        primary(None, b"LONG    = 'first &'", b"CONTINUE  'second &'", b"CONTINUE  'third' / c")
    )
    assert cards.values["LONG"] == "first second third"


def test_hierarch_keyword_is_spelled_as_in_the_file() -> None:
    """The ESO convention for long keywords is read."""
    cards = parse_cards(primary(None, b"HIERARCH ESO TEL ALT = 12.5 / altitude"))
    assert cards.values["ESO TEL ALT"] == 12.5


def test_block_helper_fills_whole_blocks() -> None:
    """The maker of test files keeps the block size."""
    assert len(block(b"x")) == 2880
