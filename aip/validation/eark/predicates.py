"""What a requirement may ask of one element: each predicate returns what is wrong, or nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from pathlib import Path

from aip.validation.eark.document import MetsView, attribute_of
from oais.information.fixity import hash_file
from oais.information.xml import Element

Predicate = Callable[[Element, MetsView], str]

_NAME = re.compile(r"[^\W\d][\w.-]*")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]*/[A-Za-z0-9][\w!#$&^.+-]*(\s*;.*)?")
_WHEN = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_ADDRESS = re.compile(r"(https?|ftp)://\S+|urn:\S+")
ALGORITHMS = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}
"""METS's names of the digests that are computed here; others are read and not compared."""
CHECKSUM_TYPES = frozenset({*ALGORITHMS, "Adler-32", "CRC32", "HAVAL", "MNP", "TIGER", "WHIRLPOOL"})
METADATA_TYPES = frozenset(
    {
        *("MARC", "MODS", "EAD", "DC", "NISOIMG", "LC-AV", "VRA", "TEIHDR", "DDI", "FGDC", "LOM", "PREMIS"),
        *("PREMIS:OBJECT", "PREMIS:AGENT", "PREMIS:RIGHTS", "PREMIS:EVENT", "TEXTMD", "METSRIGHTS"),
        *("ISO 19115:2003 NAP", "EAC-CPF", "LIDO", "OTHER"),
    }
)


def stated(name: str) -> Predicate:
    """The attribute is there and not empty."""

    def check(element: Element, _: MetsView) -> str:
        return "" if attribute_of(element, name) else f"{name} is missing"

    return check


def equal(name: str, value: str) -> Predicate:
    """The attribute has this value."""

    def check(element: Element, _: MetsView) -> str:
        found = attribute_of(element, name)
        return "" if found == value else f"{name} is {found!r}, expected {value!r}"

    return check


def one_of(name: str, values: Collection[str]) -> Predicate:
    """The attribute has one of these values, however its dashes are typed."""
    known = {_plain(value) for value in values}

    def check(element: Element, _: MetsView) -> str:
        found = attribute_of(element, name)
        return "" if _plain(found) in known else f"{name} is {found!r}, expected one of the vocabulary's"

    return check


def _plain(text: str) -> str:
    return "".join("-" if unicodedata.category(c) == "Pd" else c for c in text)


def _matching(pattern: re.Pattern[str], expected: str) -> Callable[[str], Predicate]:
    def of(name: str) -> Predicate:
        def check(element: Element, _: MetsView) -> str:
            found = attribute_of(element, name)
            return "" if pattern.fullmatch(found) else f"{name} is {found!r}, expected {expected}"

        return check

    return of


media_type = _matching(_MEDIA_TYPE, "a media type such as application/xml")
moment = _matching(_WHEN, "a date and time such as 2026-01-31T12:00:00Z")
address = _matching(_ADDRESS, "the address of a METS profile")


def identified(element: Element, view: MetsView) -> str:
    """The element has an ID that is a name of XML and stands once in the document."""
    found = element.get("ID") or ""
    if not _NAME.fullmatch(found):
        return f"ID is {found!r}, expected a name that begins with a letter"
    return "" if view.ids[found] == 1 else f"ID {found} stands {view.ids[found]} times in the document"


def pointing(element: Element, view: MetsView) -> str:
    """``xlink:href`` is there, stays inside the package, and leads to a file of it."""
    href = attribute_of(element, "xlink:href")
    if not href:
        return "xlink:href is missing"
    if view.files is None or re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", href.removeprefix("file:")):
        return ""
    target = view.target_of(element)
    if not target:
        return f"xlink:href {href!r} leaves the package"
    return "" if target in view.files else f"xlink:href {href!r} leads to no file of the package"


def sized(element: Element, view: MetsView) -> str:
    """SIZE is the number of bytes of the file."""
    found = attribute_of(element, "SIZE")
    if not re.fullmatch(r"[0-9]{1,19}", found):
        return f"SIZE is {found!r}, expected a number of bytes"
    path = _file_of(element, view)
    size = path.stat().st_size if path is not None else int(found)
    return "" if size == int(found) else f"SIZE is {found}, the file has {size} bytes"


def summed(element: Element, view: MetsView) -> str:
    """CHECKSUM is that of the file, where its algorithm is one we compute."""
    expected = attribute_of(element, "CHECKSUM").lower()
    if not re.fullmatch(r"[0-9a-f]+", expected):
        return f"CHECKSUM is {expected!r}, expected hexadecimal digits"
    algorithm = ALGORITHMS.get(attribute_of(element, "CHECKSUMTYPE"))
    path = _file_of(element, view)
    if path is None or algorithm is None:
        return ""
    found = hash_file(path, (algorithm,)).digests.get(algorithm, "")
    return (
        "" if found == expected else f"CHECKSUM is {expected[:16]}…, {algorithm} of the file is {found[:16]}…"
    )


def _file_of(element: Element, view: MetsView) -> Path | None:
    location = element.find("{*}FLocat")
    target = view.target_of(location if location is not None else element)
    return (view.files or {}).get(target)


def group_by(name: str, use: str) -> Predicate:
    """The attribute is the ID of a file group for this use, or for any where ``use`` is empty."""

    def check(element: Element, view: MetsView) -> str:
        found = attribute_of(element, name)
        if not found:
            return f"{name} is missing"
        if found in view.uses and view.uses[found].startswith(use):
            return ""
        return f"{name} is {found!r}, expected the ID of a file group{f' with USE {use}' if use else ''}"

    return check
