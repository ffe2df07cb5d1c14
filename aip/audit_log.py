"""The log of audits inside an object: PREMIS events, a line each, bound to the line before by its digest.

Sound results are rolled up: a line stands for all audits since the line before, so that daily audits add a
few lines in a year. What changes (damage, or that it is gone) is always a line of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aip.stored import AUDITS
from oais.files import make_directories, open_regular, sync_directories, sync_paths
from oais.information.chained_log import append_entry, broken_lines, is_torn
from oais.information.findings import Finding, finding

_LONGEST = 64 << 20
_TAIL = 1 << 20


@dataclass(frozen=True, slots=True)
class RollUp:
    """How many days one line may stand for; 0 writes a line for each audit."""

    days: int = 0

    def wants(self, before: Sequence[Mapping[str, Any]], entry: Mapping[str, Any]) -> bool:
        """Return whether an audit needs a line of its own, after those ``before`` it."""
        if self.days == 0 or not before or before[-1].get("findings") != entry["findings"]:
            return True
        if not entry["algorithms"]:
            return False  # names alone prove no bytes
        same = [line for line in before if set(entry["algorithms"]) <= set(line.get("algorithms", ()))]
        return not same or self._is_old(str(same[-1].get("started_at", "")), entry["started_at"])

    def _is_old(self, last: str, now: str) -> bool:
        try:
            return datetime.fromisoformat(now) - datetime.fromisoformat(last) >= timedelta(days=self.days)
        except (ValueError, TypeError):
            return True


def append_audit(root: Path, entry: Mapping[str, Any], *, durable: bool = True) -> None:
    """Add a line and make it durable; raises OSError. Two auditors at once write one after the other.

    One that is not made ``durable`` here counts when ``keep_audits`` has.
    """
    path = root / AUDITS
    made = make_directories(path.parent)
    append_entry(path, entry, durable=durable)
    if durable:
        sync_directories(folder.parent for folder in made)


def keep_audits(roots: Iterable[Path]) -> None:
    """Make the lines of many objects durable, and wait for the disk together; raises OSError."""
    logs = [root / AUDITS for root in roots]
    sync_paths(logs, [above for path in logs for above in (path.parent, path.parent.parent)])


def recorded_audits(root: Path) -> list[dict[str, Any]]:
    """Return the newest lines that can be read, oldest first; of a log that cannot be read none."""
    try:
        with open(open_regular(root / AUDITS), "rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - _TAIL))
            lines = stream.read().splitlines()
    except OSError:
        return []
    return [plain for line in lines if (plain := _plain(line))]


def _plain(line: bytes) -> dict[str, Any]:
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return plain if isinstance(plain, dict) else {}


def check_audit_log(root: Path) -> Iterator[Finding]:
    """Yield a finding for every line of the log that is not as it was written, or was cut out."""
    try:
        with open(open_regular(root / AUDITS), "rb") as stream:
            data = stream.read(_LONGEST)
    except FileNotFoundError:
        return
    except OSError as error:
        yield finding("AIP-004", AUDITS, f"{AUDITS} cannot be read: {error.strerror}")
        return
    *lines, rest = data.split(b"\n")
    for number in broken_lines(lines):
        message = f"line {number} of {AUDITS} is not as it was written, or does not follow the one before"
        yield finding("AIP-011", AUDITS, message)
    if is_torn(rest):
        yield finding("AIP-015", AUDITS, f"the last line of {AUDITS} was not finished")
    elif rest:
        yield finding("AIP-011", AUDITS, f"the last line of {AUDITS} is cut short")
