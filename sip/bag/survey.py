"""What lies in the bag's directory: one ``lstat`` of everything, nothing opened, no link followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from oais.disk_faults import require_fault_of_file
from sip.bag.findings import FindingLog
from sip.bag.paths import is_plain, name_faults, twin_keys

PAYLOAD = "data/"
"""What every payload path begins with (§2.1.2)."""

_SPECIAL_BITS = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX
_SPARSE_FROM = 1 << 20
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


@dataclass(slots=True)
class Survey:
    """Sizes of all regular files by path, and the directories; both relative to the bag.

    ``stamps`` has inode and modification time (ns) of each file, where they were asked for.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)
    other: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    stamps: dict[str, tuple[int, int]] = field(default_factory=dict)

    def payload(self) -> list[str]:
        """Return the payload files, in order of path."""
        return sorted(path for path in self.sizes if path.startswith(PAYLOAD))

    def tag_files(self) -> list[str]:
        """Return all files outside the payload, in order of path."""
        return sorted(path for path in self.sizes if not path.startswith(PAYLOAD))

    def top_files(self) -> list[str]:
        """Return the names of the files in the bag's top directory."""
        return sorted(path for path in self.sizes if "/" not in path)


def survey_bag(root: Path, log: FindingLog, *, stamps: bool = False) -> Survey:
    """List everything below ``root`` and report what is neither file nor directory, or has odd bits.

    Raises OSError when the disk fails or this process has too much open: that is no fault of the bag's.
    """
    survey = Survey()

    def unreadable(path: str, error: OSError) -> None:
        require_fault_of_file(error)
        log.add("BAG-064", path, f"{path or 'the bag'}: {error.strerror}")

    for path, status in walk_plainly(os.fspath(root), unreadable):
        mode = status.st_mode
        if stat.S_ISREG(mode):
            survey.sizes[path] = status.st_size
            if stamps:
                survey.stamps[path] = (status.st_ino, status.st_mtime_ns)
            if not is_plain(path):
                survey.odd.append(path)
            if status.st_nlink > 1 or mode & _SPECIAL_BITS or _may_be_sparse(status):
                _report_odd_bits(path, status, log)
        elif stat.S_ISDIR(mode):
            survey.directories.add(path)
            if mode & _SPECIAL_BITS & ~stat.S_ISGID:  # set-group-ID on directories is only inherited
                log.add("BAG-062", path, f"mode {stat.S_IMODE(mode):04o}; expected no special bits")
        else:
            survey.other.add(path)
            log.add("BAG-060", path, f"{path} is {kind_of(mode)}; expected a file or a directory")
    return survey


def walk_plainly(
    root: str, unreadable: Callable[[str, OSError], None]
) -> Iterator[tuple[str, os.stat_result]]:
    """Yield path and ``lstat`` of everything below ``root``, in no order worth relying on.

    What cannot be listed is told to ``unreadable`` and the walk goes on.
    """
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(os.path.join(root, prefix)) as listing:
                for entry in listing:
                    path = prefix + entry.name
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append(f"{path}/")
                    yield path, status
        except OSError as error:
            unreadable(prefix.rstrip("/"), error)


def kind_of(mode: int) -> str:
    """Return in words what a file mode says it is."""
    return next((name for test, name in _KINDS if test(mode)), "an unknown kind of object")


def is_sparse(status: os.stat_result) -> bool:
    """Return whether a file claims far more bytes than it occupies on disk."""
    return status.st_size >= _SPARSE_FROM and status.st_blocks * 512 < status.st_size // 2


def _may_be_sparse(status: os.stat_result) -> bool:
    return status.st_size >= _SPARSE_FROM and is_sparse(status)


def _report_odd_bits(path: str, status: os.stat_result, log: FindingLog) -> None:
    if status.st_nlink > 1:
        log.add("BAG-061", path, f"{path} has {status.st_nlink} names; expected one")
    if status.st_mode & _SPECIAL_BITS:
        mode = stat.S_IMODE(status.st_mode)
        log.add("BAG-062", path, f"mode of {path} is {mode:04o}; expected no special bits")
    if is_sparse(status):
        held = status.st_blocks * 512
        log.add("BAG-063", path, f"{path} claims {status.st_size} bytes and occupies {held}")


def check_names(paths: set[str], log: FindingLog) -> None:
    """Report every rule of names that one of the odd ``paths`` breaks."""
    for path in sorted(paths):
        for code, message in name_faults(path):
            log.add(code, path, f"{path}: {message}")


def check_twins(survey: Survey, log: FindingLog) -> None:
    """Report files whose names differ only in case or only in Unicode normalization (§6.1)."""
    by_case: dict[str, str] = {}
    by_form: dict[str, str] = {}
    for path in survey.sizes:
        folded, composed = twin_keys(path)
        if composed != path or not path.isascii():
            other = by_form.setdefault(composed, path)
            if other != path:
                log.add("BAG-052", path, f"{path} and {other} differ in normalization only")
                continue
        other = by_case.setdefault(folded, path)
        if other != path:
            log.add("BAG-051", path, f"{path} and {other} differ in case only")
