"""Rules of OCFL for content paths and logical paths: relative, plain and free of conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oais.information.findings import Finding, finding


@dataclass(frozen=True, slots=True)
class PathCodes:
    """The codes of the faults of a path: content paths and logical paths have their own."""

    word: str
    not_text: str
    edge: str
    element: str
    conflict: str


CONTENT = PathCodes("content path", "E098", "E100", "E099", "E101")
"""Section 3.5.2 of the specification."""

LOGICAL = PathCodes("logical path", "E051", "E053", "E052", "E095")
"""Section 3.5.3.1 of the specification."""


def is_plain(path: str) -> bool:
    """Return whether the path is relative and has no empty, ``.`` or ``..`` element."""
    return not any(element in ("", ".", "..") for element in path.split("/"))


def check_path(path: str, codes: PathCodes, where: str) -> Iterator[Finding]:
    """Check the form of one path; a path at fault gives one finding, or two if both rules break."""
    if path.startswith("/") or path.endswith("/"):
        yield finding(codes.edge, where, f"{codes.word} {path!r} must not begin or end with a slash")
    if not is_plain(path.strip("/")):
        yield finding(codes.element, where, f"{codes.word} {path!r} has an element that is empty, . or ..")


def check_conflicts(paths: Iterable[str], codes: PathCodes, where: str) -> Iterator[Finding]:
    """Yield a finding for each path that is named twice, or that is also a directory of another."""
    files: set[str] = set()
    for path in paths:
        if path in files:
            yield finding(codes.conflict, where, f"{codes.word} {path!r} is named more than once")
        files.add(path)
    folders: set[str] = set()
    for path in files:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    for path in sorted(files & folders):
        yield finding(codes.conflict, where, f"{codes.word} {path!r} is a file and a directory at once")
