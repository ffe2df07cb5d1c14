"""Table A of the bad inputs as data: what is done to a sound bag, and what must be said of it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.sip.bags import (
    PAYLOAD,
    Spoil,
    also_listing,
    chmod,
    digest,
    flipped,
    holding,
    instead,
    renew_oxum,
    replacing,
    seal_tags,
    twins,
    unix_socket,
    with_payload,
    write,
)

MANIFEST = "manifest-sha512.txt"
SOME = digest(b"x", "sha512").encode()
FITS = digest(PAYLOAD["data/img.fits"], "sha512").encode()
LINE = FITS + b"  data/img.fits\n"


def encoding(name: bytes) -> Spoil:
    """A declaration of another encoding."""
    return replacing("bagit.txt", b"UTF-8", name)


def without(path: str) -> Spoil:
    """Take a file away."""

    def spoil(root: Path) -> None:
        (root / path).unlink()
        seal_tags(root)

    return spoil


def only(algorithm: str) -> Spoil:
    """A bag whose manifest is of another algorithm."""

    def spoil(root: Path) -> None:
        (root / MANIFEST).unlink()
        lines = (f"{digest(data, algorithm)}  {path}\n" for path, data in PAYLOAD.items())
        holding(f"manifest-{algorithm}.txt", "".join(lines).encode())(root)

    return spoil


def second_manifest(lines: bytes) -> Spoil:
    """A sha256 manifest beside the other."""
    return holding("manifest-sha256.txt", lines)


def sha256_lines(*paths: str) -> bytes:
    """Lines of a sha256 manifest."""
    return "".join(f"{digest(PAYLOAD[path], 'sha256')}  {path}\n" for path in paths).encode()


def oxum(value: bytes) -> Spoil:
    """Another Payload-Oxum."""
    return holding("bag-info.txt", b"External-Identifier: a.1\n" + value)


def fetching(url: bytes) -> Spoil:
    """A file that is not there but promised."""

    def spoil(root: Path) -> None:
        (root / "data/img.fits").unlink()
        holding("fetch.txt", url + b" 2880 data/img.fits\n")(root)
        renew_oxum(root)

    return spoil


def nested(root: Path) -> None:
    """The bag stands one directory further down."""
    inner = root / "inner"
    inner.mkdir()
    for entry in list(root.iterdir()):
        if entry != inner:
            entry.rename(inner / entry.name)


def sparse(root: Path) -> None:
    """A payload file that claims 64 MiB and occupies nothing."""
    with (root / "data/img.fits").open("r+b") as stream:
        stream.truncate(64 << 20)


def emptied(root: Path) -> None:
    """A bag without payload files."""
    for path in PAYLOAD:
        (root / path).unlink()
    holding(MANIFEST, b"")(root)
    renew_oxum(root)


def replaced_by_directory(root: Path) -> None:
    """bagit.txt is a directory."""
    (root / "bagit.txt").unlink()
    (root / "bagit.txt").mkdir()


NFC, NFD = "data/N\u00fa\u00f1ez", "data/Nu\u0301n\u0303ez"
ID = b"External-Identifier: "
OXUM = b"Payload-Oxum: 2886.3\n"

# row, case: what is done to a sound bag, code, severity at intake, verdict of the pure standard
CASES: dict[str, tuple[Spoil, str, str, bool]] = {
    "A1 no bagit.txt": (without("bagit.txt"), "BAG-001", "error", False),
    "A1 bagit.txt is a directory": (replaced_by_directory, "BAG-001", "error", False),
    "A1 bagit.txt of 0 bytes": (holding("bagit.txt", b""), "BAG-002", "error", False),
    "A1 binary": (holding("bagit.txt", b"\xff\x00\x81"), "BAG-002", "error", False),
    "A1 byte-order mark": (replacing("bagit.txt", b"BagIt", b"\xef\xbb\xbfBagIt"), "BAG-005", "error", False),
    "A1 version 0.97": (replacing("bagit.txt", b"1.0", b"0.97"), "BAG-004", "warning", True),
    "A1 version 9.9": (replacing("bagit.txt", b"1.0", b"9.9"), "BAG-003", "error", False),
    "A1 version abc": (replacing("bagit.txt", b"1.0", b"abc"), "BAG-002", "error", False),
    "A1 version in Arabic digits": (
        replacing("bagit.txt", b"1.0", "\u0661.\u0660".encode()),
        "BAG-002",
        "error",
        False,
    ),
    "A1 white space in the declaration": (
        replacing("bagit.txt", b": 1.0", b" : 1.0"),
        "BAG-002",
        "error",
        False,
    ),
    "A1 third line": (also_listing(b"More: 1\n", "bagit.txt"), "BAG-002", "error", False),
    "A2 iso-8859-1": (encoding(b"ISO-8859-1"), "BAG-006", "error", True),
    **{
        f"A2 {name}": (encoding(name.encode()), "BAG-007", "error", False)
        for name in (
            "utf-7",
            "idna",
            "unicode_escape",
            "bz2",
            "zip",
            "hex",
            "rot13",
            "undefined",
            "UTF-8\0",
            "no-such",
            "../../etc/passwd",
            "mbcs",
            "punycode",
        )
    },
    "A2 utf-16 declared, UTF-8 written": (encoding(b"UTF-16"), "BAG-008", "error", False),
    "A3 no manifest": (without(MANIFEST), "BAG-011", "error", False),
    "A3 md5 only": (only("md5"), "BAG-012", "error", True),
    "A3 sha1 only": (only("sha1"), "BAG-012", "error", True),
    "A3 unknown algorithm": (
        holding("manifest-crc32.txt", b"00000000  data/img.fits\n"),
        "BAG-013",
        "error",
        False,
    ),
    "A4 manifests of different sets": (
        second_manifest(sha256_lines("data/img.fits")),
        "BAG-016",
        "error",
        False,
    ),
    "A4 a manifest lists what the other does not": (
        also_listing(SOME + b"  data/more\n"),
        "BAG-019",
        "error",
        False,
    ),
    "A5 outside data/": (also_listing(SOME + b"  bagit.txt\n"), "BAG-041", "error", False),
    **{
        f"A5 {path}": (also_listing(SOME + b"  " + path.encode() + b"\n"), "BAG-040", "error", False)
        for path in (
            "/etc/passwd",
            "../secret",
            "data/../../secret",
            "../OBS-10/data/secret.txt",
            "~/x",
            "~root/x",
            "C:/x",
            "C:\\x",
            "\\\\server\\share",
            "data\\..\\..\\x",
            "\\\\?\\C:\\x",
            "//server/x",
        )
    },
    "A5 dot part": (replacing(MANIFEST, b"data/img.fits", b"data/./img.fits"), "BAG-042", "error", True),
    "A5 dot-dot inside": (
        replacing(MANIFEST, b"data/img.fits", b"data/run1/../img.fits"),
        "BAG-042",
        "error",
        True,
    ),
    "A5 empty part": (replacing(MANIFEST, b"data/img.fits", b"data//img.fits"), "BAG-042", "error", True),
    "A5 ./ before the path": (
        replacing(MANIFEST, b"data/img.fits", b"./data/img.fits"),
        "BAG-042",
        "error",
        True,
    ),
    "A5 ~ below data": (with_payload("data/~user"), "BAG-049", "error", True),
    "A5 drive letter below data": (with_payload("data/C:"), "BAG-049", "error", True),
    "A5 backslash below data": (with_payload("data/a\\b"), "BAG-043", "error", True),
    "A5 alias of a listed file": (also_listing(FITS + b"  data/./img.fits\n"), "BAG-023", "error", False),
    "A6 newline": (with_payload("data/a\nb", listed="data/a%0Ab"), "BAG-044", "error", True),
    "A6 carriage return": (with_payload("data/a\rb", listed="data/a%0Db"), "BAG-044", "error", True),
    "A6 NUL": (also_listing(SOME + b"  data/a\0b\n"), "BAG-040", "error", False),
    "A6 tab": (with_payload("data/a\tb"), "BAG-044", "error", True),
    "A6 control character": (with_payload("data/a\x1bb"), "BAG-044", "error", True),
    "A6 bidi override": (with_payload("data/a\u202eb"), "BAG-044", "error", True),
    "A6 leading space": (with_payload("data/ a"), "BAG-045", "error", True),
    "A6 trailing space": (with_payload("data/a "), "BAG-045", "error", True),
    "A6 trailing dot": (with_payload("data/a."), "BAG-045", "error", True),
    "A6 leading dot": (with_payload("data/.a"), "BAG-046", "error", True),
    "A6 long path": (with_payload("data/" + "d" * 200 + ("/" + "e" * 200) * 5), "BAG-047", "error", True),
    "A6 deep path": (with_payload("data" + "/d" * 33), "BAG-047", "error", True),
    "A6 long name": (also_listing(SOME + b"  data/" + b"n" * 256 + b"\n"), "BAG-047", "error", False),
    "A6 reserved on Windows": (with_payload("data/CON.txt"), "BAG-048", "warning", True),
    "A7 lone %": (with_payload("data/50%"), "BAG-050", "warning", True),
    "A7 bare %2e": (with_payload("data/a%2e%2e"), "BAG-050", "warning", True),
    "A7 %0A decoded": (with_payload("data/a\nb", listed="data/a%0ab"), "BAG-044", "error", True),
    "A8 normalization twins": (twins(NFC, NFD), "BAG-052", "error", True),
    "A8 case twins": (twins("data/Twin", "data/twin"), "BAG-051", "error", True),
    "A8 single mismatch": (with_payload(NFD, listed=NFC), "BAG-053", "warning", True),
    "A9 not UTF-8 on disk": (with_payload("data/a\udcff"), "BAG-054", "error", False),
    "A10 symlink to a file": (
        instead("data/img.fits", lambda p: p.symlink_to("/etc/passwd")),
        "BAG-060",
        "error",
        False,
    ),
    "A10 symlink to a directory": (lambda r: (r / "data/d").symlink_to("/etc"), "BAG-060", "error", False),
    "A10 dangling": (lambda r: (r / "data/d").symlink_to("nowhere"), "BAG-060", "error", False),
    "A10 loop": (lambda r: (r / "data/d").symlink_to("d"), "BAG-060", "error", False),
    "A10 symlink in the root": (
        lambda r: (r / "notes.txt").symlink_to("bagit.txt"),
        "BAG-060",
        "error",
        False,
    ),
    "A10 manifest is a symlink": (
        instead(MANIFEST, lambda p: p.symlink_to("/etc/passwd")),
        "BAG-060",
        "error",
        False,
    ),
    "A10 hard link": (lambda r: os.link(r / "data/img.fits", r.parent / "other"), "BAG-061", "error", True),
    "A10 FIFO": (instead("data/img.fits", os.mkfifo), "BAG-060", "error", False),
    "A10 FIFO as manifest": (instead(MANIFEST, os.mkfifo), "BAG-060", "error", False),
    "A10 socket": (instead("data/img.fits", unix_socket), "BAG-060", "error", False),
    "A10 setuid": (chmod("data/img.fits", 0o4755), "BAG-062", "error", True),
    "A11 sparse": (sparse, "BAG-063", "warning", False),
    "A12 missing": (without("data/img.fits"), "BAG-019", "error", False),
    "A12 unlisted": (lambda r: write(r, "data/more", b"x"), "BAG-018", "error", False),
    "A12 same-size flip": (flipped("data/img.fits"), "BAG-020", "error", False),
    "A12 truncated": (lambda r: write(r, "data/img.fits", b"SIMPLE"), "BAG-020", "error", False),
    "A12 appended byte": (
        lambda r: write(r, "data/img.fits", PAYLOAD["data/img.fits"] + b"x"),
        "BAG-020",
        "error",
        False,
    ),
    "A12 changed tag file": (lambda r: write(r, "bag-info.txt", b"A: b\n"), "BAG-020", "error", False),
    "A13 same line twice": (also_listing(LINE), "BAG-023", "error", False),
    "A13 two digests": (also_listing(SOME + b"  data/img.fits\n"), "BAG-025", "error", False),
    "A13 short digest": (also_listing(b"abc  data/img.fits\n"), "BAG-022", "error", False),
    "A13 not hexadecimal": (also_listing(b"z" * 128 + b"  data/img.fits\n"), "BAG-022", "error", False),
    "A13 no path": (also_listing(SOME + b"\n"), "BAG-021", "error", False),
    "A13 blank line": (also_listing(b"\n\n"), "BAG-027", "warning", True),
    "A13 no final line end": (
        lambda r: holding(MANIFEST, (r / MANIFEST).read_bytes()[:-1])(r),
        "BAG-029",
        "warning",
        True,
    ),
    "A13 binary mark": (replacing(MANIFEST, b"  data/img", b" *data/img"), "BAG-026", "warning", True),
    "A13 md5sum's backslash": (replacing(MANIFEST, LINE, b"\\" + LINE), "BAG-028", "warning", True),
    "A13 directory listed": (also_listing(SOME + b"  data/run1\n"), "BAG-032", "error", False),
    "A14 long line": (also_listing(SOME + b"  data/" + b"a" * 5000 + b"\n"), "BAG-030", "error", False),
    "A15 no Payload-Oxum": (oxum(b""), "BAG-076", "warning", True),
    "A15 two": (oxum(OXUM * 2), "BAG-077", "error", False),
    "A15 negative": (oxum(b"Payload-Oxum: -2886.3\n"), "BAG-078", "error", False),
    "A15 no dot": (oxum(b"Payload-Oxum: 2886\n"), "BAG-078", "error", False),
    "A15 Arabic digits": (oxum("Payload-Oxum: \u0663.\u0663\n".encode()), "BAG-078", "error", False),
    "A15 wrong": (oxum(b"Payload-Oxum: 3307.3\n"), "BAG-079", "error", False),
    "A16 folded line first": (holding("bag-info.txt", b"  folded\n" + OXUM), "BAG-071", "error", False),
    "A16 no colon": (holding("bag-info.txt", OXUM + b"no colon\n"), "BAG-071", "error", False),
    "A16 NUL": (holding("bag-info.txt", OXUM + b"A: b\0c\n"), "BAG-074", "error", True),
    "A16 1 MB value": (
        holding("bag-info.txt", OXUM + b"A: " + b"b" * (1 << 20) + b"\n"),
        "BAG-073",
        "error",
        True,
    ),
    "A16 identifier twice": (
        holding("bag-info.txt", OXUM + ID + b"a.1\n" + ID + b"a.2\n"),
        "BAG-075",
        "error",
        True,
    ),
    "A16 not UTF-8": (holding("bag-info.txt", OXUM + b"A: \xff\n"), "BAG-008", "error", False),
    "A16 byte-order mark": (holding("bag-info.txt", b"\xef\xbb\xbf" + OXUM), "BAG-009", "error", False),
    "A16 label before the colon in white space": (
        holding("bag-info.txt", OXUM + b"A : b\n"),
        "BAG-071",
        "error",
        False,
    ),
    **{
        f"A17 {url.decode()}": (fetching(url), "BAG-081", "error", False)
        for url in (
            b"http://example.org/a",
            b"https://example.org/a",
            b"http://169.254.169.254/",
            b"file:///etc/passwd",
            b"gopher://example.org/1",
            b"data:,abc",
        )
    },
    "A17 not a web address": (fetching(b"file:///etc/passwd"), "BAG-086", "error", False),
    "A17 no URL": (fetching(b"nonsense"), "BAG-082", "error", False),
    "A17 tag file": (holding("fetch.txt", b"http://example.org/a - bagit.txt\n"), "BAG-084", "error", False),
    "A17 escaping": (holding("fetch.txt", b"http://example.org/a - ../a\n"), "BAG-040", "error", False),
    "A17 not listed": (
        holding("fetch.txt", b"http://example.org/a - data/more\n"),
        "BAG-083",
        "error",
        False,
    ),
    "A18 unlisted tag file": (lambda r: write(r, "notes.txt", b"x"), "BAG-090", "error", True),
    "A18 executable extra": (lambda r: write(r, "evil.sh", b"#!/bin/sh\n"), "BAG-090", "error", True),
    "A18 tag manifest lists itself": (
        also_listing(SOME + b"  tagmanifest-sha512.txt\n", "tagmanifest-sha512.txt"),
        "BAG-094",
        "error",
        False,
    ),
    "A18 tag manifest lists payload": (
        also_listing(LINE, "tagmanifest-sha512.txt"),
        "BAG-095",
        "error",
        False,
    ),
    "A18 tag manifest without manifest": (
        lambda r: write(r, "tagmanifest-sha512.txt", b""),
        "BAG-092",
        "error",
        False,
    ),
    "A18 no tag manifest": (lambda r: (r / "tagmanifest-sha512.txt").unlink(), "BAG-091", "warning", True),
    "A19 empty payload": (emptied, "BAG-065", "error", True),
    "A19 0-byte manifest": (holding(MANIFEST, b""), "BAG-018", "error", False),
    "A20 identifier with /": (holding("bag-info.txt", OXUM + ID + b"a/../b\n"), "BAG-080", "error", True),
    "A20 look-alike": (
        holding("bag-info.txt", OXUM + ID + "t\u0435st".encode() + b"\n"),
        "BAG-080",
        "error",
        True,
    ),
    "A21 bag inside bag": (with_payload("data/inner/bagit.txt"), "BAG-066", "warning", True),
    "A21 bag one level down": (nested, "BAG-067", "error", False),
}
