"""Which format a file is in: real files, our own signatures, names that mislead, PRONOM missing."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from oais.information.representation import pronom as pronom_door
from oais.information.representation.identification import (
    identify_file,
    identify_text,
    known_formats,
)
from oais.information.representation.inspection import Inspector
from oais.information.representation.pronom import ask_pronom, registered_media_type
from tests.information.fits_making import curve, primary, table
from tests.information.real_files import real_paths

EXPECTED = (
    (r"damaged/not_actually_fits\.fits\Z", {"fmt/97"}),
    (r"xml_schema/empty\.xml\Z", {"oais/empty"}),
    (r"mdi\.fd_Ic.*\.fits\Z", {"oais/fits-tile-compressed"}),
    (r"\.fits\.gz\Z", {"oais/fits-gzip"}),
    (r"\.(fits|fts)\Z", {"x-fmt/383"}),
    (r"\Aace/.*\.cdf\Z", {"fmt/1948"}),
    (r"\.cdf\Z", {"fmt/1950"}),
    (r"\.cef\Z", {"oais/cef"}),
    (r"\.cef\.gz\Z", {"oais/cef-gzip"}),
    (r"\.ceh\Z", {"oais/ceh"}),
    (r"\.csv\Z", {"x-fmt/18"}),
    (r"\.dat\Z", {"oais/ascii-table"}),
    (r"\.pdf\Z", {"fmt/17", "fmt/18", "fmt/19", "fmt/95"}),
    (r"\.tar\Z", {"x-fmt/265"}),
    (r"\.xsd\Z", {"x-fmt/280"}),
    (r"\.xml\Z", {"oais/pds4-label"}),
    (r"\.(md|txt)\Z", {"x-fmt/111"}),
    (r"\.(tab|TAB)\Z", {"x-fmt/13", "x-fmt/18", "x-fmt/111"}),
)


def expected_of(name: str) -> set[str]:
    """Return the formats that the name of a real file stands for."""
    return next(formats for pattern, formats in EXPECTED if re.search(pattern, name))


def test_every_real_file_is_identified(shared: Path, record_count: Callable[[str, int], None]) -> None:
    """All 159 real files are in the format that is known of them."""
    found = {name: identify_file(path, name) for name, path in real_paths(shared)}
    wrong = {name: one.format_id for name, one in found.items()}
    wrong = {name: one for name, one in wrong.items() if one not in expected_of(name)}
    assert wrong == {}
    assert len(found) == 159
    assert all(one.tool and one.basis and one.name and one.media_type for one in found.values())
    record_count("real files identified", len(found))


def test_without_pronom_our_own_signatures_tell_the_family(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the optional library all real files but HTML still get a format of the same family."""
    monkeypatch.setattr(pronom_door, "_pygfried", lambda: None)
    other = {"fmt/97": "x-fmt/111", "x-fmt/280": "fmt/101"}
    for name, path in real_paths(shared):
        found = identify_file(path, name)
        allowed = expected_of(name)
        allowed = allowed | {other[one] for one in allowed if one in other}
        if name.endswith(".pdf"):
            allowed = {"oais/pdf"}
        assert found.format_id in allowed, name
        assert found.tool.startswith("oais")


PACKETS = b"".join(bytes([0x08, 0x01, 0xC0, n]) + (9).to_bytes(2, "big") + bytes(10) for n in range(5))
TILED = primary() + table({"COMPRESSED_DATA": "1PB"}, bytes(8), 8, ZIMAGE=True)

MADE: dict[str, tuple[str, bytes, str]] = {
    "ASDF": ("x.asdf", b"#ASDF 1.0.0\n#ASDF_STANDARD 1.5.0\n", "oais/asdf"),
    "SPICE SPK": ("x.bsp", b"DAF/SPK " + bytes(1016), "oais/spice-daf"),
    "SPICE DSK": ("x.bds", b"DAS/DSK " + bytes(1016), "oais/spice-das"),
    "SPICE leap seconds": ("x.tls", b"KPL/LSK\n\\begindata\n", "oais/spice-text"),
    "PDS3 label": ("x.lbl", b"PDS_VERSION_ID = PDS3\r\nEND\r\n", "oais/pds3-label"),
    "PDS3 label with SFDU": (
        "x.lbl",
        b"CCSD3ZF0000100000001NJPL3IF0PDSX00000001\r\nPDS_VERSION_ID = PDS3\r\n",
        "oais/pds3-label",
    ),
    "PDS4 label": (
        "x.xml",
        b'<?xml version="1.0"?><Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1"/>',
        "oais/pds4-label",
    ),
    "CCSDS packets by extension": ("x.ccsds", PACKETS, "oais/ccsds-packets"),
    "VOTable": (
        "x.xml",
        b'<?xml version="1.0"?><VOTABLE xmlns="http://www.ivoa.net/xml/VOTable/v1.3"/>',
        "oais/votable",
    ),
    "ECSV": ("x.csv", b"# %ECSV 1.0\n# ---\na,b\n1,2\n", "oais/ecsv"),
    "CSV": ("x.txt", b"time,flux\n1,2\n3,4\n", "x-fmt/18"),
    "columns of numbers": ("x", b"1.0 2.0\n3.0 4.0D5\n", "oais/ascii-table"),
    "plain text": ("x.csv", b"A letter to the reader.\nNothing else\n", "x-fmt/111"),
    "CEF called FITS": ("x.fits", b'FILE_FORMAT_VERSION = "CEF-2.0"\n', "oais/cef"),
    "FITS called text": ("x.txt", curve([(0.0, 1.0, 0)]), "x-fmt/383"),
    "tile-compressed FITS": ("x.fits", TILED, "oais/fits-tile-compressed"),
    "gzip'd FITS without its name": ("x", gzip.compress(primary()), "oais/fits-gzip"),
    "gzip'd CSV": ("x.csv.gz", gzip.compress(b"a,b\n1,2\n3,4\n"), "oais/csv-gzip"),
    "gzip'd something": ("x.gz", gzip.compress(bytes(100)), "x-fmt/266"),
    "gzip in gzip": ("x.fits.gz", gzip.compress(gzip.compress(primary())), "x-fmt/266"),
    "gzip damaged": ("x.gz", b"\x1f\x8b\x08" + b"\xff" * 40, "x-fmt/266"),
    "noise": ("x.fits", bytes(range(1, 256)) * 3, "oais/unknown"),
    "empty": ("x.fits", b"", "oais/empty"),
}


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("pronom", ["with PRONOM", "without PRONOM"])
def test_signature_tells_format(
    kind: str, pronom: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What PRONOM lacks or blurs is told by our own signatures, whatever the name says."""
    if pronom == "without PRONOM":
        monkeypatch.setattr(pronom_door, "_pygfried", lambda: None)
    name, data, expected = MADE[kind]
    path = tmp_path / "file"
    path.write_bytes(data)
    assert identify_file(path, name).format_id == expected


def test_packets_are_not_guessed_from_bytes(tmp_path: Path) -> None:
    """Packet data have no magic: without the declared extension they stay unknown."""
    path = tmp_path / "file"
    path.write_bytes(PACKETS)
    assert identify_file(path, "x.dat").format_id != "oais/ccsds-packets"


@pytest.mark.parametrize("name", ["x.fits[1]", "-", "!out.fits", "a.fits(out)", "|cmd", "ftp:x"])
def test_shell_like_name_is_only_a_name(name: str, tmp_path: Path) -> None:
    """E2: names with a meaning for other tools are names on disk and nothing else."""
    path = tmp_path / name
    path.write_bytes(curve([(0.0, 1.0, 0)]))
    assert identify_file(path, name).format_id == "x-fmt/383"
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    """A missing file, a directory and a link are unknown, with the reason as basis."""
    (tmp_path / "real").write_bytes(primary())
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("missing", "link", "."):
        found = identify_file(tmp_path / name, name)
        assert found.format_id == "oais/unknown"
        assert found.basis


def test_register_has_media_types_of_iana_and_specifications() -> None:
    """No row uses an unregistered media type, all but the unknown point to a specification."""
    registered_x = {"application/x-votable+xml"}
    for known in known_formats().values():
        unregistered = "/x-" in known.media_type and known.media_type not in registered_x
        assert not unregistered, known.format_id
        assert known.specification or known.format_id == "oais/unknown"
    assert registered_media_type("application/x-tar, image/fits") == "image/fits"
    assert registered_media_type("") == "application/octet-stream"


def test_text_by_its_place_is_what_pronom_says_too(tmp_path: Path) -> None:
    """A tag file gets the same format without PRONOM; bytes that are no text get none."""
    tag = tmp_path / "bag-info.txt"
    tag.write_text("Payload-Oxum: 1.1\nSource-Organization: Somebody\n", encoding="utf-8")
    picture = tmp_path / "odd.txt"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")

    found = identify_text(tag)
    assert found is not None
    assert found.format_id == identify_file(tag, tag.name).format_id
    assert identify_text(picture) is None
    assert identify_text(tmp_path / "none.txt") is None


def test_what_our_own_signatures_tell_is_what_pronom_says_too(shared: Path) -> None:
    """FITS and CDF are told without PRONOM, and PRONOM has the same PUID for every real one of them."""
    ours = {"x-fmt/383", "fmt/1948", "fmt/1950"}
    told = 0
    for name, path in real_paths(shared):
        if (found := identify_file(path, name)).format_id not in ours:
            continue
        assert found.tool.startswith("oais signatures")
        with path.open("rb") as stream:
            by_pronom = ask_pronom(stream)
        assert by_pronom is not None
        assert by_pronom.format_id in {found.format_id, "UNKNOWN"}, name
        told += by_pronom.format_id == found.format_id
    assert told == 65


def test_a_file_of_many_gigabytes_is_told_as_fast_as_a_small_one(tmp_path: Path) -> None:
    """PRONOM sees the two ends of it: a PDF of 5 GiB is one, and 5 GiB of nothing take no time."""
    head, tail = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", b"\nstartxref\n0\n%%EOF\n"
    large, small, empty = (tmp_path / name for name in ("large.pdf", "small.pdf", "large.dat"))
    small.write_bytes(head + bytes(64) + tail)
    with large.open("wb") as stream:
        stream.write(head)
        stream.seek((5 << 30) - len(tail))
        stream.write(tail)
    with empty.open("wb") as stream:
        stream.truncate(5 << 30)
    with Inspector(workers=1, wall_seconds=20) as inspector:
        told = [item.format.format_id for item in
                inspector.inspect((path.name, path) for path in (small, large, empty))]  # fmt: skip
    assert told == ["fmt/18", "fmt/18", "oais/unknown"]
