"""Which software this is: packages, deliveries and agents of events name its version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "oais-archive"
"""The name under which this software is installed."""


@cache
def software_version() -> str:
    """Return the version of this software as installed, ``0+unknown`` when it is not installed."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "0+unknown"


@dataclass(frozen=True, slots=True)
class Release:
    """What changed with a release, as the changelog tells: kinds of changes, each with its sentences."""

    name: str
    remarks: tuple[str, ...]
    changes: tuple[tuple[str, tuple[str, ...]], ...]


_CHANGELOG = "CHANGELOG.md"


@cache
def releases() -> tuple[Release, ...]:
    """Return the releases that the changelog of this software names, the newest first; none without it."""
    here = Path(__file__).resolve().parents[1]
    for folder in (here, here.parent):  # as installed, else in the project's own tree
        try:
            return read_changelog((folder / _CHANGELOG).read_text("utf-8"))
        except OSError:
            continue
    return ()


def read_changelog(text: str) -> tuple[Release, ...]:
    """Read a changelog: a ``##`` heading for each release, below it ``###`` for each kind of changes."""
    found = []
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        head, *kinds = re.split(r"^### ", part, flags=re.MULTILINE)
        name, *remarks = filter(None, head.splitlines())
        changes = tuple((kind.splitlines()[0], tuple(_items(kind))) for kind in kinds)
        found.append(Release(name, tuple(remarks), changes))
    return tuple(found)


def _items(kind: str) -> list[str]:
    return [line.removeprefix("- ") for line in kind.splitlines() if line.startswith("- ")]
