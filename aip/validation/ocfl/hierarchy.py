"""The directories between a storage root and its objects (section 4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aip.validation.ocfl.declaration import OBJECT, ROOT, declarations
from aip.validation.ocfl.entries import Entry, Kind, check_ordinary, list_directory
from aip.validation.ocfl.structure import EXTENSIONS, LOGS
from aip.validation.ocfl.version_names import version_number
from oais.information.findings import Finding, finding


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """The path of an object root, relative to the storage root."""

    path: str


@dataclass(slots=True)
class _Branch:
    """A directory of the hierarchy whose sub-directories are being visited."""

    path: str
    files: list[str]
    waiting: list[str]
    objects: int = 0
    faults: list[Finding] = field(default_factory=list)
    dead: list[_Branch] = field(default_factory=list)


def walk_hierarchy(root: Path, entries: list[Entry]) -> Iterator[Finding | ObjectPlace]:
    """Yield the place of each object below a storage root, and the faults of the way to it.

    Only the branch being visited is held, so memory does not grow with the number of objects.
    """
    others = {EXTENSIONS, *(entry.name for entry in declarations(entries, ROOT))}
    tops = [e.name for e in entries if e.kind is Kind.DIRECTORY and e.name not in others]
    branches = [_Branch("", [], tops[::-1])]
    while branches:
        branch = branches[-1]
        if not branch.waiting:
            branches.pop()
            if branches:
                yield from _judge(branch, branches[-1])
                branches[-1].objects += branch.objects
            continue
        path = branch.waiting.pop()
        inside = list_directory(root / path)
        if declarations(inside, OBJECT):
            branch.objects += 1
            yield ObjectPlace(path)
            yield from _check_terminal(root, path, inside)
        else:
            yield from check_ordinary(inside, path + "/")
            branches.append(_branch_of(path, inside))


def _branch_of(path: str, entries: list[Entry]) -> _Branch:
    files = [f"{path}/{entry.name}" for entry in entries if entry.kind is Kind.FILE]
    below = [f"{path}/{entry.name}" for entry in entries if entry.kind is Kind.DIRECTORY]
    branch = _Branch(path, files, below[::-1])
    if not entries:
        branch.faults.append(finding("E073", path, f"directory {path} is empty"))
    return branch


def _judge(branch: _Branch, parent: _Branch) -> Iterator[Finding]:
    """Say what is wrong with a directory, once it is known whether it leads to an object.

    A branch that leads to none is named at its highest directory, so it waits in its parent until
    the parent's own end is known.
    """
    for file in branch.files:
        if branch.objects:
            message = f"file {file} lies in a directory that leads to objects"
            branch.faults.append(finding("E084", file, message))
        else:
            branch.faults.append(finding("E072", file, f"file {file} is part of no object"))
    if branch.objects:
        yield from branch.faults
        for dead in branch.dead:
            yield from _report_dead(dead, "E085", "does not lead to an object")
    elif "/" in branch.path:
        parent.dead.append(branch)
    else:
        yield from _report_dead(branch, "E088", "holds no object and is no extension")


def _report_dead(top: _Branch, code: str, message: str) -> Iterator[Finding]:
    faults: list[Finding] = []
    waiting = [top]
    while waiting:
        branch = waiting.pop()
        faults.extend(branch.faults)
        waiting.extend(branch.dead)
    if any(fault.code != "E073" for fault in faults):
        yield finding(code, top.path, f"directory {top.path} {message}")
    yield from faults


def _check_terminal(root: Path, path: str, entries: list[Entry]) -> Iterator[Finding]:
    for entry in entries:
        if entry.kind is not Kind.DIRECTORY or entry.name in (LOGS, EXTENSIONS):
            continue
        if version_number(entry.name):
            continue
        below = f"{path}/{entry.name}"
        if declarations(list_directory(root / below), OBJECT):
            yield finding("E082", below, f"object {below} lies inside the object {path}")
