"""Rules of OCFL for content paths and logical paths: relative, plain and free of conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

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


def check_path(path: str, codes: PathCodes, where: str) -> list[Finding]:
    """Check the form of one path; a path at fault gives one finding, or two if both rules break."""
    if "/." not in path and "//" not in path and path[:1] not in ("", ".", "/") and path[-1] != "/":
        return []  # what nearly every path is, told without taking it apart
    faults = []
    if path.startswith("/") or path.endswith("/"):
        message = f"{codes.word} {path!r} must not begin or end with a slash"
        faults.append(finding(codes.edge, where, message))
    if any(element in ("", ".", "..") for element in path.strip("/").split("/")):
        message = f"{codes.word} {path!r} has an element that is empty, . or .."
        faults.append(finding(codes.element, where, message))
    return faults


def check_conflicts(paths: Iterable[str], codes: PathCodes, where: str) -> Iterator[Finding]:
    """Yield a finding for each path that is named twice, or that is also a directory of another."""
    files: set[str] = set()
    for path in paths:
        if path in files:
            yield finding(codes.conflict, where, f"{codes.word} {path!r} is named more than once")
        files.add(path)
    ordered = sorted(files, key=_with_descendants_next)
    for path, following in pairwise(ordered):
        if following.startswith(path + "/"):
            yield finding(codes.conflict, where, f"{codes.word} {path!r} is a file and a directory at once")


def _with_descendants_next(path: str) -> str:
    """Return a key that sorts ``a/b`` right after ``a`` and before ``a-b``."""
    return path.replace("/", "\0")
