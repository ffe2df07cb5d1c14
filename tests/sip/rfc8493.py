"""Every rule of RFC 8493 that a bag can keep or break, as a table: what is done to a sound bag, the verdict.

``bagit`` is why bagit-python 1.9.0 comes to another verdict than the standard, where it does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.sip.bags import (
    PAYLOAD,
    Spoil,
    also_listing,
    flipped,
    holding,
    instead,
    renew_oxum,
    replacing,
    seal_tags,
    twins,
    with_payload,
    write,
)
from tests.sip.spoiled import FITS, MANIFEST, NFC, NFD, OXUM, SOME, sha256_lines


@dataclass(frozen=True)
class Rule:
    """One rule: its clause, what was done, whether the bag is valid, and the code told (or none)."""

    clause: str
    done: str
    spoil: Spoil
    valid: bool
    code: str = ""
    bagit: str = ""


def _nothing(_: Path) -> None:
    """Leave the bag as it is."""


def _then(*spoils: Spoil) -> Spoil:
    def spoil(root: Path) -> None:
        for one in spoils:
            one(root)

    return spoil


def _lines(change: Callable[[bytes], bytes], ends: bytes = b"\n", name: str = MANIFEST) -> Spoil:
    def spoil(root: Path) -> None:
        lines = (root / name).read_bytes().splitlines()
        holding(name, b"".join(change(line) + ends for line in lines))(root)

    return spoil


def _gone(path: str) -> Spoil:
    return lambda root: (root / path).unlink()


def _named(name: str, code: str = "", listed: str = "", bagit: str = "", clause: str = "§6.1") -> Rule:
    listed = f"data/{listed}" if listed else ""
    spoil = with_payload(f"data/{name}", listed=listed) if listed else with_payload(f"data/{name}")
    shown = name.encode("unicode_escape").decode()
    return Rule(clause, f"a payload file called `{shown}`", spoil, True, code, bagit)


def _listed(path: str, bagit: str = "") -> Rule:
    spoil = also_listing(SOME + b"  " + path.encode() + b"\n")
    return Rule("§5.1", f"the manifest lists `{path}`", spoil, False, "BAG-040", bagit)


def _two_manifests(root: Path) -> None:
    holding("manifest-sha256.txt", sha256_lines(*PAYLOAD))(root)


STRICT = "does not ask for it"
DECODES = "does not decode %25, so it looks for a file of that name"

RULES: tuple[Rule, ...] = (
    Rule("§2.1", "nothing: the bag is sound", _nothing, True),
    Rule("§2.1.1", "no bagit.txt", _gone("bagit.txt"), False, "BAG-001"),
    Rule("§2.1.1", "bagit.txt is empty", holding("bagit.txt", b""), False, "BAG-002"),
    Rule(
        "§2.1.1",
        "bagit.txt has a third line",
        also_listing(b"More: 1\n", "bagit.txt"),
        False,
        "BAG-002",
        STRICT,
    ),
    Rule(
        "§2.1.1",
        "the lines of bagit.txt are in the other order",
        holding("bagit.txt", b"Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n"),
        False,
        "BAG-002",
        STRICT,
    ),
    Rule("§2.1.1", "a version that does not exist", replacing("bagit.txt", b"1.0", b"9.9"), False, "BAG-003"),
    Rule(
        "§2.1.1",
        "a byte-order mark before the declaration",
        replacing("bagit.txt", b"BagIt-V", b"\xef\xbb\xbfBagIt-V"),
        False,
        "BAG-005",
    ),
    Rule("§2.1.1", "an unknown encoding", replacing("bagit.txt", b"UTF-8", b"no-such"), False, "BAG-007"),
    Rule("§2.1.2", "no payload directory", lambda r: (r / "data").rename(r / "payload"), False, "BAG-010"),
    Rule("§2.1.2", "an empty directory in the payload", lambda r: (r / "data/empty").mkdir(), True),
    Rule(
        "§2.1.2",
        "a link in the payload",
        lambda r: (r / "data/d").symlink_to("/etc"),
        False,
        "BAG-060",
        "follows links",
    ),
    Rule("§2.1.3", "no payload manifest", _then(_gone(MANIFEST), seal_tags), False, "BAG-011"),
    Rule("§2.1.3", "two manifests that list the same files", _two_manifests, True),
    Rule(
        "§3",
        "two manifests that list different files",
        holding("manifest-sha256.txt", sha256_lines("data/img.fits")),
        False,
        "BAG-016",
        STRICT,
    ),
    Rule(
        "§2.1.3", "a line without path", also_listing(SOME + b"\n"), False, "BAG-021", "passes over the line"
    ),
    Rule("§2.1.3", "a digest of the wrong length", also_listing(b"abc  data/x\n"), False, "BAG-022"),
    Rule(
        "§2.1.3",
        "a digest that is not hexadecimal",
        also_listing(b"z" * 128 + b"  data/x\n"),
        False,
        "BAG-022",
    ),
    Rule("§2.1.3", "digests in upper case", _lines(lambda x: x[:128].upper() + x[128:]), True),
    Rule("§2.1.3", "a tab between digest and path", _lines(lambda x: x.replace(b"  ", b"\t")), True),
    Rule("§2.1.3", "five spaces between digest and path", _lines(lambda x: x.replace(b"  ", b"     ")), True),
    Rule("§2.1.3", "the same line twice", also_listing(FITS + b"  data/img.fits\n"), False, "BAG-023"),
    Rule(
        "§2.1.3",
        "a file twice, with two digests",
        also_listing(SOME + b"  data/img.fits\n"),
        False,
        "BAG-025",
    ),
    Rule("§2.1.3", "a manifest lists a tag file", also_listing(SOME + b"  bagit.txt\n"), False, "BAG-041"),
    Rule("§2.1.3", "a manifest lists a directory", also_listing(SOME + b"  data/run1\n"), False, "BAG-032"),
    _named("a\nb", "BAG-044", "a%0Ab", clause="§2.1.3"),
    _named("a\rb", "BAG-044", "a%0Db", clause="§2.1.3"),
    _named("a\nb", "BAG-044", "a%0ab", "decodes %0A in capitals only", "§2.1.3"),
    _named("50%", "", "50%25", DECODES, "§2.1.3"),
    _named("50%", "BAG-050", clause="§2.1.3"),
    _named("a%2e%2e", "BAG-050", clause="§2.1.3"),
    Rule(
        "§2.2.1",
        "a tag file that no tag manifest lists",
        lambda r: write(r, "notes.txt", b"x"),
        True,
        "BAG-090",
    ),
    Rule("§2.2.1", "no tag manifest", _gone("tagmanifest-sha512.txt"), True, "BAG-091"),
    Rule(
        "§2.2.1", "a changed tag file", lambda r: write(r, "bag-info.txt", b"A: b\n" + OXUM), False, "BAG-020"
    ),
    Rule(
        "§2.2.1",
        "a tag manifest lists itself",
        also_listing(SOME + b"  tagmanifest-sha512.txt\n", "tagmanifest-sha512.txt"),
        False,
        "BAG-094",
    ),
    Rule(
        "§2.2.1",
        "a tag manifest lists a payload file",
        also_listing(FITS + b"  data/img.fits\n", "tagmanifest-sha512.txt"),
        False,
        "BAG-095",
    ),
    Rule(
        "§2.2.1",
        "a tag manifest does not list the payload manifest",
        lambda r: write(r, "tagmanifest-sha512.txt", b""),
        False,
        "BAG-092",
        STRICT,
    ),
    Rule("§2.2.2", "no bag-info.txt", _then(_gone("bag-info.txt"), seal_tags), True, "BAG-070"),
    Rule("§2.2.2", "a value on several lines", holding("bag-info.txt", b"A: b\n  c\n\td\n" + OXUM), True),
    Rule("§2.2.2", "a label twice", holding("bag-info.txt", b"A: b\nA: c\n" + OXUM), True),
    Rule("§2.2.2", "a line without colon", holding("bag-info.txt", b"no colon\n" + OXUM), False, "BAG-071"),
    Rule(
        "§2.2.2",
        "white space before the colon",
        holding("bag-info.txt", b"A : b\n" + OXUM),
        False,
        "BAG-071",
        STRICT,
    ),
    Rule("§2.2.2", "Payload-Oxum twice", holding("bag-info.txt", OXUM * 2), False, "BAG-077", STRICT),
    Rule(
        "§2.2.2",
        "Payload-Oxum without a dot",
        holding("bag-info.txt", b"Payload-Oxum: 2886\n"),
        False,
        "BAG-078",
    ),
    Rule(
        "§2.2.2",
        "Payload-Oxum of another payload",
        holding("bag-info.txt", b"Payload-Oxum: 1.1\n"),
        False,
        "BAG-079",
    ),
    Rule(
        "§2.2.3",
        "fetch.txt promises a file that is not there",
        _then(
            _gone("data/img.fits"), holding("fetch.txt", b"https://e.org/a 2880 data/img.fits\n"), renew_oxum
        ),
        False,
        "BAG-085",
    ),
    Rule(
        "§2.2.3",
        "fetch.txt names a file that is there",
        holding("fetch.txt", b"https://e.org/a - data/img.fits\n"),
        True,
        "BAG-081",
    ),
    Rule(
        "§2.2.3",
        "fetch.txt names a file that no manifest lists",
        holding("fetch.txt", b"https://e.org/a - data/more\n"),
        False,
        "BAG-083",
        "passes over what is promised and not listed",
    ),
    Rule(
        "§2.2.3",
        "fetch.txt names a tag file",
        holding("fetch.txt", b"https://e.org/a - bagit.txt\n"),
        False,
        "BAG-084",
        STRICT,
    ),
    Rule("§2.2.3", "fetch.txt has a line without URL", holding("fetch.txt", b"nonsense\n"), False, "BAG-082"),
    Rule(
        "§2.2.3",
        "fetch.txt leaves the bag",
        holding("fetch.txt", b"https://e.org/a - ../a\n"),
        False,
        "BAG-040",
    ),
    *(
        Rule("§2.3", f"lines of {name} end with {called}", _lines(lambda x: x, ends, name), True)
        for name in (MANIFEST, "bag-info.txt", "bagit.txt")
        for called, ends in (("CR LF", b"\r\n"), ("CR", b"\r"))
    ),
    Rule(
        "§2.3",
        "a byte-order mark in bag-info.txt",
        holding("bag-info.txt", b"\xef\xbb\xbf" + OXUM),
        False,
        "BAG-009",
        "takes the mark off",
    ),
    Rule(
        "§2.3",
        "bag-info.txt is not in the encoding declared",
        holding("bag-info.txt", b"A: \xff\n" + OXUM),
        False,
        "BAG-008",
    ),
    Rule(
        "§2.4",
        "a manifest of an unknown algorithm",
        holding("manifest-crc32.txt", b"00  data/img.fits\n"),
        False,
        "BAG-013",
        "passes over it",
    ),
    Rule(
        "§3",
        "a payload file that no manifest lists",
        _then(lambda r: write(r, "data/more", b"x"), renew_oxum),
        False,
        "BAG-018",
    ),
    Rule(
        "§3", "a listed file that is not there", _then(_gone("data/img.fits"), renew_oxum), False, "BAG-019"
    ),
    Rule("§3", "one changed byte, the same size", flipped("data/img.fits"), False, "BAG-020"),
    _listed("/etc/passwd"),
    _listed("../secret"),
    _listed("data/../../secret"),
    _listed("~/x"),
    _listed("~root/x"),
    _listed("C:/x"),
    _listed("C:\\x"),
    _listed("\\\\server\\share"),
    _listed("data\\..\\..\\x"),
    Rule(
        "§5.1",
        "a `.` in a path of the manifest",
        replacing(MANIFEST, b"data/img", b"data/./img"),
        True,
        "BAG-042",
    ),
    _named("~user", "BAG-049", clause="§5.1"),
    _named("C:", "BAG-049", clause="§5.1"),
    _named("a~b"),
    Rule("§6.1.1", "two names that differ in case", twins("data/Twin", "data/twin"), True, "BAG-051"),
    Rule("§6.1.2", "two names that differ in normalization", twins(NFC, NFD), True, "BAG-052"),
    Rule(
        "§6.1.2",
        "a name normalized otherwise in the manifest",
        with_payload(NFD, listed=NFC),
        True,
        "BAG-053",
    ),
    *(
        _named(name, "BAG-048", clause="§6.1.3")
        for name in (
            "CON",
            "con.txt",
            "PRN",
            "AUX.fits",
            "nul",
            "COM1",
            "com9.log",
            "LPT1.x",
            "a<b",
            "a>b",
            "a?b",
        )
    ),
    *(_named(name, "BAG-048", clause="§6.1.3") for name in ('a"b', "a|b", "a:b", "x*y")),
    *(_named(name, clause="§6.1.3") for name in ("CONSOLE", "COM10", "auxiliary.fits", "nul-1")),
    _named("a\\b", "BAG-043", clause="§6.1.3"),
    _named("a.", "BAG-045", clause="§6.1.3"),
    _named("a ", "BAG-045", bagit="takes the space off", clause="§6.1.3"),
    _named(" a", "BAG-045", clause="§6.1.3"),
    _named("a b", clause="§6.1.3"),
    Rule("§6.1.4", "lines marked with `*`", _lines(lambda x: x.replace(b"  ", b" *")), True, "BAG-026"),
    Rule(
        "§6.1.4",
        "a link instead of a manifest",
        instead(MANIFEST, lambda p: p.symlink_to("/etc/passwd")),
        False,
        "BAG-060",
    ),
)
