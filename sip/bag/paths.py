"""The policy for names: what escapes the bag, what cannot be kept, and what looks alike.

Names come from strangers and end on other people's disks, so a path is judged for every operating
system, not only for the one we run on (RFC 8493 §5.1 and §6.1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LONGEST_NAME: Final = 255
"""Bytes of one name."""

LONGEST_PATH: Final = 1_024
"""Bytes of a path."""

DEEPEST: Final = 32
"""Directories above a file."""

PLAIN = r"[A-Za-z0-9_][A-Za-z0-9_+=,@-]*(?:\.[A-Za-z0-9_+=,@-]+)*"
"""A name that no rule can object to, but for the reserved ones and its length."""

_PLAIN_PATH = re.compile(rf"{PLAIN}(?:/{PLAIN})*")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_MAYBE_RESERVED = re.compile(r"(?:^|/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:[./]|$)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_ENCODED = re.compile(r"%(0[AaDd]|25)")
_WINDOWS_FORBIDDEN = frozenset('<>:"|?*')
_STEERING = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cn"})


def is_plain(path: str) -> bool:
    """Return whether no rule of names can object to ``path``: the quick way past ``name_faults``."""
    return (
        len(path) <= LONGEST_NAME
        and _PLAIN_PATH.fullmatch(path) is not None
        and path.count("/") < DEEPEST
        and _MAYBE_RESERVED.search(path) is None
    )


def why_it_escapes(path: str) -> str:
    """Return how ``path`` leaves the bag on some operating system, or an empty string."""
    unified = path.replace("\\", "/")
    if unified.startswith("/"):
        return "it is absolute"
    if unified.startswith("~"):
        return "it begins in a home directory"
    if _DRIVE.match(unified):
        return "it begins with a drive letter"
    depth = 0
    for part in unified.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            return "its '..' climb above the bag"
    return "it holds a NUL character" if "\0" in path else ""


def resolved(path: str) -> str:
    """Return the path without '.', '..' and empty parts; only for paths that do not escape."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def percent_decoded(path: str, *, with_percent: bool) -> str:
    """Undo the encoding of line feed, carriage return and, from BagIt 1.0 on, the percent sign (§2.1.3)."""
    if "%" not in path:
        return path

    def character(match: re.Match[str]) -> str:
        if match[1] == "25" and not with_percent:
            return match[0]
        return chr(int(match[1], 16))

    return _ENCODED.sub(character, path)


def percent_encoded(path: str) -> str:
    """Write a path as a manifest of BagIt 1.0 does: CR, LF and % encoded and nothing else (§2.1.3)."""
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def twin_keys(path: str) -> tuple[str, str]:
    """Return what the path becomes where case, and where normalization, is not kept apart."""
    if path.isascii():
        return path.lower(), path
    composed = unicodedata.normalize("NFC", path)
    return unicodedata.normalize("NFC", composed.casefold()), composed


def name_faults(path: str) -> Iterator[tuple[str, str]]:
    """Yield the finding code and message of every rule of names that ``path`` breaks."""
    if is_plain(path):
        return
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        yield "BAG-054", "the name is not UTF-8"
        return
    parts = path.split("/")
    if length > LONGEST_PATH or len(parts) > DEEPEST:
        yield "BAG-047", f"{length} bytes in {len(parts)} parts; at most {LONGEST_PATH} in {DEEPEST}"
    if "\\" in path:
        yield "BAG-043", "the name has a backslash"
    for part in parts:
        yield from _part_faults(part)


def _part_faults(part: str) -> Iterator[tuple[str, str]]:
    if len(part.encode()) > LONGEST_NAME:
        yield "BAG-047", f"{len(part.encode())} bytes in one name; at most {LONGEST_NAME}"
    # Spaces other than the plain one look like it and are not: no package takes them as part of a name.
    steering = [c for c in part if unicodedata.category(c) in _STEERING or not c.isprintable()]
    if steering:
        yield "BAG-044", f"U+{ord(steering[0]):04X} in the name; expected visible characters only"
    if part[:1].isspace() or part[-1:].isspace() or part[-1:] == ".":
        yield "BAG-045", f"{part!r} begins or ends with a space, or ends with a dot"
    elif part.startswith("."):
        yield "BAG-046", f"{part!r} begins with a dot"
    if part.startswith("~") or _DRIVE.fullmatch(part[:2]):
        yield "BAG-049", f"{part!r} looks like a home directory or a drive"
    if _RESERVED.fullmatch(part) or not _WINDOWS_FORBIDDEN.isdisjoint(part):
        yield "BAG-048", f"{part!r} cannot be a name on Windows"
