"""The names of version directories: ``v1``, ``v2`` or, zero-padded, ``v0001`` (section 3.3)."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from itertools import pairwise

from oais.information.findings import Finding, finding

_NAME = re.compile(r"v[0-9]{1,18}")


def version_number(name: str) -> int:
    """Return the number of a version directory's name, or 0 if it is no such name."""
    return int(name[1:]) if _NAME.fullmatch(name) else 0


def is_padded(name: str) -> bool:
    """Return whether the version number is written with leading zeros."""
    return name.startswith("v0")


def check_version_names(names: Iterable[str], where: str) -> Generator[Finding, None, tuple[str, ...]]:
    """Check the keys of a ``versions`` block; return the usable ones in the order of their numbers."""
    usable = []
    for name in names:
        if version_number(name):
            usable.append(name)
        elif name.startswith("v"):
            yield finding("E105", where, f"version {name}: the number must be one of 1, 2, 3, … in digits")
        else:
            yield finding("E104", where, f"version name {name} does not begin with v")
    ordered = tuple(sorted(usable, key=version_number))
    if ordered:
        yield from _check_sequence(ordered, where)
        yield from _check_convention(ordered, where)
    return ordered


def _check_sequence(ordered: tuple[str, ...], where: str) -> Iterator[Finding]:
    if version_number(ordered[0]) != 1:
        yield finding("E009", where, f"the versions begin with {ordered[0]}, expected version 1")
    for before, after in pairwise(ordered):
        if version_number(after) > version_number(before) + 1:
            yield finding("E010", where, f"{after} follows {before}: versions between are missing")


def _check_convention(ordered: tuple[str, ...], where: str) -> Iterator[Finding]:
    first = ordered[0]
    for name in ordered[1:]:
        if is_padded(first) and not is_padded(name) and len(name) >= len(first):
            yield finding("E011", where, f"version {name} does not begin with v0, unlike {first}")
        elif not same_convention(first, name):
            yield finding("E012", where, f"versions {first} and {name} are numbered in different manners")


def same_convention(first: str, other: str) -> bool:
    """Return whether both names are unpadded, or both padded to the same length."""
    if is_padded(first) or is_padded(other):
        return is_padded(first) and is_padded(other) and len(first) == len(other)
    return True
