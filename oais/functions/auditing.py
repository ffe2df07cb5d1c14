"""The worker's audits: a little of what is due at each round, told of when all of it was read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from oais.functions.audit.anchors import last_compared
from oais.functions.audit.depths import Depth
from oais.functions.audit.due import due_at
from oais.functions.audit.indexed import with_index
from oais.functions.audit.register import Register
from oais.functions.audit.running import Manner, opened_run
from oais.functions.audit.selecting import Selection, select_for_audit
from oais.functions.audit.summary import AuditSummary
from oais.functions.copies.locations import HOME, roots, why_away
from oais.functions.ledger.recording import record_audit
from oais.functions.notifications import report_damage
from oais.functions.service import Service
from oais.information.budget import Budget

_ROUND: Final = 5.0
"""Seconds that a round reads for; an AIP that takes longer is read to its end."""

_LOOK_AGAIN: Final = 60.0
"""Seconds after which it is looked again whether anything became due."""

_SCAN_AGAIN: Final = 3600.0
"""Seconds after which it is looked again for AIPs that came in: they are not due before a day is over."""

_DAY: Final = timedelta(days=1)
"""After which what lies beside the AIPs is compared again: a log of years takes a while to read."""


class Auditor:
    """Audits what is due by the settings, location by location, in pieces that leave time for other work.

    ``clock`` tells seconds, for tests.
    """

    def __init__(self, service: Service, *, clock: Callable[[], float] = monotonic) -> None:
        self._service, self._archive, self._clock = service, service.archive, clock
        self._idle_until: dict[str, float] = {}
        self._scanned: dict[str, float] = {}
        self._beside_at: datetime | None = None
        self._index_at = 0.0
        rate = service.archive.settings.audit_bytes_per_second
        self._budget = Budget(rate) if rate else None

    def audit_due(self) -> int:
        """Audit for a few seconds; return how many AIPs were read. Raises DamageError, StorageError."""
        if not self._archive.settings.audit_by_worker:
            return 0
        for name, root in roots(self._archive).items():
            if self._clock() < self._idle_until.get(name, 0.0) or (name != HOME and why_away(root)):
                continue
            count = self._audit(name)
            if count:
                return count
            self._idle_until[name] = self._clock() + _LOOK_AGAIN
        return 0

    def _audit(self, location: str) -> int:
        chosen = select_for_audit(self._archive, due=True, location=location)
        look = self._clock() >= self._scanned.get(location, 0.0)
        with closing(Register(self._archive, location, chosen.root)) as register:
            if look:
                register.look_for_new()
                self._scanned[location] = self._clock() + _SCAN_AGAIN
            beside = location == HOME and self._beside_is_due(register)
            if register.warning or not (beside or self._is_due(register, chosen)):
                return 0
        end = self._clock() + _ROUND
        manner = Manner(
            None, budget=self._budget, look=False, beside=beside, enough=lambda: self._clock() >= end
        )
        with opened_run(self._archive, chosen, manner) as run:
            count = sum(1 for _ in run.results())
            told = run.summary()
            if run.complete and location == HOME:
                told = self._with_index(told)
            self._tell(told)
            if run.complete and beside:
                self._beside_at = self._archive.clock()
        return count

    def _is_due(self, register: Register, chosen: Selection) -> bool:
        now = self._archive.now()
        return any(register.any_of(due_at(self._archive, depth, now, chosen)) for depth in Depth)

    def _beside_is_due(self, register: Register) -> bool:
        """Return whether what lies beside the AIPs was not compared for a day; raises StorageError.

        The reports say when it was, and before the first one the oldest AIP: a worker that is begun anew each
        night would else never come to it where no AIP is due. What lies ahead of the clock says nothing.
        """
        now = self._archive.clock()
        self._beside_at = self._beside_at or last_compared(self._archive) or _oldest(register) or now
        return not timedelta(0) <= now - self._beside_at < _DAY

    def _with_index(self, told: AuditSummary) -> AuditSummary:
        """Compare the index too, when that is due and nothing is being indexed."""
        days = self._archive.settings.audit_index_days
        if not days or self._clock() < self._index_at:
            return told
        compared = with_index(self._archive, told)
        if compared is None:
            return told
        self._index_at = self._clock() + days * _DAY.total_seconds()
        return compared

    def _tell(self, told: AuditSummary) -> None:
        """Mail damage as soon as it is found, once; keep the summary of a run that came to its end.

        That is kept also when the database, from which the letters go, is what is damaged.
        """
        try:
            if not told.intact:
                report_damage(self._service, told)
        finally:
            if told.complete:
                record_audit(self._archive, told.started_at, told.as_plain())


def _oldest(register: Register) -> datetime | None:
    """Return since when the archive has AIPs, as far as the register knows."""
    ((since,),) = register.rows("SELECT min(light_at) FROM aip WHERE light_at != ''")
    return None if since is None else datetime.fromisoformat(since)
