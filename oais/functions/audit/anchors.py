"""What nothing else says how it was: the settings, the service key, and how far the log of events went.

The report of an audit, which the ledger signs, holds how they were; the next audit compares. The settings are
the administrator's to change, so another one is told once. The service key is nobody's to change, nor is the
log's past: they are compared with the oldest report whose word still stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from oais.archive import Home
from oais.disk_faults import storage_errors
from oais.errors import StorageError
from oais.files import read_regular
from oais.functions.audit.reports import Kept, kept_reports
from oais.functions.security_log import LogState, path_of, read_state
from oais.functions.service_key import SERVICE_KEY, proof_of
from oais.information.findings import Finding, finding

_SETTINGS: Final = "oais.yaml"
_KEPT: Final = "beside"
_UNREADABLE: Final = "AUD-009"


@dataclass(frozen=True, slots=True)
class Anchors:
    """How three files were; what was not there, or was not read, is empty.

    ``settings`` is a sha512, ``key`` the proof of the service key, ``line`` the sha256 of the last of so
    many ``lines`` that the security log had ``at`` a moment.
    """

    at: str = ""
    settings: str = ""
    key: str = ""
    lines: int = 0
    line: str = ""

    def as_plain(self) -> dict[str, Any]:
        """Return it as a report holds it."""
        log = {"at": self.at, "lines": self.lines, "sha256": self.line}
        return {"settings": self.settings, "service_key": self.key, "security_log": log}


def anchors_of(report: Kept) -> Anchors | None:
    """Return what a report holds, None of one that holds nothing, or that is no report."""
    with suppress(LookupError, TypeError, ValueError):
        kept = report[_KEPT]
        log = kept["security_log"]
        return Anchors(
            str(log["at"]),
            str(kept["settings"]),
            str(kept["service_key"]),
            int(log["lines"]),
            str(log["sha256"]),
        )
    return None


def known_anchors(home: Home, doubted: Collection[str] = ()) -> Anchors:
    """Return what the newest report holds that has any; none of those ``doubted``, named by their paths.

    Raises StorageError.
    """
    kept = ((path.relative_to(home.home).as_posix(), found) for path, _, found in _anchored(home))
    return next((found for place, found in kept if place not in doubted), Anchors())


def last_compared(home: Home) -> datetime | None:
    """Return when the audit ended that last compared what lies beside the AIPs; None if none did.

    Raises StorageError.
    """
    for _, report, _ in _anchored(home):
        with suppress(LookupError, TypeError, ValueError):
            return datetime.fromisoformat(report["ended_at"]).astimezone(UTC)
    return None


def _anchored(home: Home) -> Iterator[tuple[Path, Kept, Anchors]]:
    """Yield the reports that hold how things were, the newest first, with that."""
    for path, report in kept_reports(home):
        found = anchors_of(report)
        if found is not None:
            yield path, report, found


def compare(home: Home, before: Anchors) -> tuple[list[Finding], Anchors]:
    """Return what is not as it was ``before``, and how it is now, for the next audit.

    What cannot be read now is compared by the next audit with what it was before.
    """
    now, found = before, list[Finding]()
    log = LogState(lines=before.lines, last=before.line)
    try:
        log = read_state(path_of(home.home), before.lines)
        told = list(_log_findings(home, log, before))
        if not told:  # else the line that is missed is looked for again, until it is back
            now = replace(now, at=home.now(), lines=log.lines, line=log.last)
        found += told
    except StorageError as error:
        place = path_of(home.home).relative_to(home.home).as_posix()
        found.append(finding(_UNREADABLE, place, error.message))
    for place, judge in ((_SETTINGS, _judge_settings), (SERVICE_KEY, _judge_key)):
        try:
            with storage_errors(f"reading {place}"):
                path = home.home / place
                data = read_regular(path) if path.exists() else None
            now, told = judge(data, now, log.keys)
            found += told
        except StorageError as error:
            found.append(finding(_UNREADABLE, place, error.message))
    return found, now


def _log_findings(home: Home, log: LogState, before: Anchors) -> Iterator[Finding]:
    """Yield that lines were cut off the end of the log, or that all of it was written anew."""
    path = path_of(home.home)
    place = path.relative_to(home.home).as_posix()
    if before.lines and not path.exists():
        yield finding("AUD-011", place, f"{place} is missing")
    elif log.lines < before.lines:
        told = f"{place} has fewer than the {before.lines} lines that it had on {before.at}"
        yield finding("AUD-011", place, told)
    elif before.lines and log.then != before.line:
        told = f"{place}: line {before.lines} is another one than on {before.at}"
        yield finding("AUD-011", place, told)


def _judge_settings(data: bytes | None, before: Anchors, _: Collection[str]) -> tuple[Anchors, list[Finding]]:
    """Tell once that the settings are others: the report that tells it holds them as they are now."""
    found = hashlib.sha512(data or b"").hexdigest()
    if before.settings in {"", found}:
        return replace(before, settings=found), []
    digests = f"sha512 is {found[:16]}…, was {before.settings[:16]}…"
    told = f"{_SETTINGS} was changed since the last report ({digests})"
    return replace(before, settings=found), [finding("AUD-017", _SETTINGS, told)]


def _judge_key(data: bytes | None, before: Anchors, made: Collection[str]) -> tuple[Anchors, list[Finding]]:
    """Tell of another service key, until it is back, or an event says that it took the other's place."""
    found = proof_of(data) if data is not None else ""
    if found and (before.key in {"", found} or found in made):
        return replace(before, key=found), []
    if before.key == found:
        return before, []
    told = f"{SERVICE_KEY} is not the key that it was" if found else f"{SERVICE_KEY} is missing"
    return before, [finding("AUD-018", SERVICE_KEY, told)]
