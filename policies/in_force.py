"""The policies in force: read again as soon as their files change, unless what is there now is faulty."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from oais.information.findings import Finding
from policies.loading import AGREEMENTS, PolicySet, deny_all, load_policies, reload_policies

_Stamp = tuple[tuple[str, int, int, int], ...]


class PoliciesInForce:
    """The policies of a folder at any moment.

    Whoever asks looks at the files' times, sizes and numbers; only what changed is read. A faulty change
    leaves the policies that were in force, and ``findings`` tells its faults until it is mended.
    """

    def __init__(self, directory: Path, *, required: bool = True) -> None:
        """Read the folder; raises ConfigurationError listing every fault when policies are ``required``.

        Else everything is denied until the faults are mended.
        """
        self._directory = directory
        self._reading = threading.Lock()
        self._stamp = _stamp(directory)
        self._findings: tuple[Finding, ...] = ()
        if required:
            self._policies = load_policies(directory)
        else:
            self._policies, self._findings = reload_policies(deny_all(), directory)
        self._watch: Callable[[PolicySet], None] = _nobody_watches

    def watched_by(self, watch: Callable[[PolicySet], None]) -> None:
        """Tell ``watch`` the policies now, and others before they come in force; if it raises they do not."""
        self.current()
        with self._reading:
            watch(self._policies)
            self._watch = watch

    def current(self) -> PolicySet:
        """Return the policies in force now."""
        if _stamp(self._directory) != self._stamp:
            self._read_again()
        return self._policies

    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong with files that were changed and are therefore not in force."""
        self.current()
        return self._findings

    def trouble(self) -> str:
        """Return what whoever keeps the archive must know of its policies; empty where all is well."""
        findings = self.findings()
        if not findings:
            return ""
        if self._policies.nothing_allowed:
            return "no policy is in force, so everything is denied to all but the staff"
        return "the policies were changed and have faults, so those of before are in force"

    def _read_again(self) -> None:
        with self._reading:
            stamp = _stamp(self._directory)  # before reading: a change meanwhile is seen the next time
            if stamp == self._stamp:
                return
            policies, findings = reload_policies(self._policies, self._directory)
            if policies.digests != self._policies.digests:
                self._watch(policies)
            self._policies, self._findings, self._stamp = policies, findings, stamp


def _nobody_watches(_policies: PolicySet) -> None:
    """Stand where no service records what is in force."""


def _stamp(directory: Path) -> _Stamp:
    """Return what changes when a file of the policies is written, replaced, added or removed."""
    found = []
    for folder in (directory, directory / AGREEMENTS):
        try:
            with os.scandir(folder) as entries:
                found += [_trace(entry) for entry in entries if entry.name.endswith(".yaml")]
        except OSError:
            found.append((str(folder), 0, 0, 0))
    return tuple(sorted(found))


def _trace(entry: os.DirEntry[str]) -> tuple[str, int, int, int]:
    """Return name, time, size and number of a file; what vanished or cannot be seen has none."""
    try:
        seen = entry.stat()
    except OSError:
        return entry.path, 0, 0, 0
    return entry.path, seen.st_mtime_ns, seen.st_size, seen.st_ino
