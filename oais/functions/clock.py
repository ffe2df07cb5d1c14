"""The clock of a service: what is released by date must not trust a clock that was put back.

A clock that stands before what the archive already wrote down, or at the beginning of Unix time, is wrong
for certain; then nothing is served.
"""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Final

from oais.archive import Archive, Clock, Home, timestamp
from oais.disk_faults import storage_errors
from oais.errors import ConfigurationError
from oais.files import open_regular
from oais.functions.security_log import path_of
from oais.information.identifiers import RECEIPT_ID
from oais.ledger.opened import newest

_FIRST: Final = datetime(1971, 1, 1, tzinfo=UTC)
_SLACK: Final = timedelta(seconds=60)
"""How far a clock may be set back by those who keep it right; for that long it stands still."""

_LONGEST_LINE: Final = 1 << 20


class ForwardClock:
    """A clock that never goes back; raises ConfigurationError once it was put back by more than a minute."""

    def __init__(self, clock: Clock, since: datetime) -> None:
        self._clock = clock
        self._latest = since
        self._telling = threading.Lock()

    def __call__(self) -> datetime:
        """Return the present moment, or the latest one that was told."""
        with self._telling:
            now = self._clock()
            if now < self._latest - _SLACK:
                raise ConfigurationError(
                    f"the clock says {timestamp(now)}, and the archive has known {timestamp(self._latest)}",
                    remedy="set the clock of this machine right; nothing is served before",
                )
            self._latest = max(self._latest, now)
            return self._latest


def forward_clock(archive: Archive) -> ForwardClock:
    """Return the archive's clock as a service may trust it.

    Raises ConfigurationError when it stands before the newest entry of the ledger, or in 1970.
    """
    clock = ForwardClock(
        archive.clock, max(_newest_receipt(archive), _newest_event(archive), _newest_entry(archive))
    )
    clock()
    return clock


def _newest_receipt(archive: Home) -> datetime:
    """Return when the newest receipt was given: its name begins with that moment."""
    newest = max(archive.receipts.glob("*"), default=archive.receipts)
    names = (path.stem for path in max(newest.glob("*"), default=newest).glob("r*.json"))
    known = [name for name in names if RECEIPT_ID.fullmatch(name)]
    if not known:
        return _FIRST
    return datetime.strptime(max(known)[1:17], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _newest_entry(archive: Home) -> datetime:
    """Return when the newest entry of the ledger was made; a damaged line is a matter of its audit."""
    last = newest(archive.home / "ledger")
    return _FIRST if last is None else datetime.fromisoformat(last.statement.at)


def _newest_event(archive: Home) -> datetime:
    """Return when the last security event was; a line that cannot be read is the log's own matter."""
    path = path_of(archive.home)
    with storage_errors("reading the security log"):
        if not path.exists():
            return _FIRST
        with open(open_regular(path, follow=True), "rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _LONGEST_LINE))
            last = log.read().splitlines()[-1:]
    try:
        return datetime.fromisoformat(json.loads(last[0])["at"]).astimezone(UTC)
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
        return _FIRST
