"""What became of deliveries, and the batches in which it comes into the ledger and the index.

OAIS calls it "coordinate updates": nothing is told before it stands in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from oais.archive import Archive
from oais.functions.data_management import index_records
from oais.functions.ledger.recording import record
from oais.functions.ledger.unrecorded import Mark
from oais.functions.receipts import receipt_as_plain
from oais.functions.reporting import Reporter
from oais.information.ledger.statements import Statement
from oais.information.packages import AipRecord, Receipt
from oais.information.text import printable

BATCH_SECONDS = 2.0
"""What was stored waits no longer than this before it is recorded and findable."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """What became of one delivery: its receipt, or what stopped us (``error`` with its exit code)."""

    delivery: Path
    receipt: Receipt | None
    error: str = ""
    remedy: str = ""
    exit_code: int = 0
    skipped: bool = False

    @property
    def outcome(self) -> str:
        """``stored``, ``held already``, ``refused``, or ``stopped`` by a fault that is not the delivery's."""
        if self.receipt is None:
            return "stopped"
        if self.receipt.status == "refused":
            return "refused"
        return "held already" if self.skipped else "stored"

    def as_plain(self) -> dict[str, object]:
        """Return what ``--json`` shows of it."""
        receipt = receipt_as_plain(self.receipt) if self.receipt else None
        return {
            "delivery": printable(str(self.delivery)),
            "receipt": receipt,
            "skipped": self.skipped,
            "error": self.error,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery, and what the index and the ledger are still to hear of it."""

    disposition: Disposition
    record: AipRecord | None = None
    statements: tuple[Statement, ...] = ()


class Updates:
    """Collects what was taken in; a batch at a time it comes into the ledger and the index, and is told of.

    When it is closed what still waits is seen to: an interruption comes between two deliveries.
    """

    def __init__(self, archive: Archive, reporter: Reporter, most: int, mark: Mark) -> None:
        self._archive = archive
        self._mark = mark
        self._reporter = reporter
        self._most = most
        self._waiting: list[Outcome] = []
        self._since = monotonic()

    def add(self, outcome: Outcome | None) -> Iterator[Disposition]:
        """Take one more outcome; yield those of a batch that is full or old, all of it done."""
        if outcome is not None:
            self._since = self._since if self._waiting else monotonic()
            self._waiting.append(outcome)
            self._mark.stays |= outcome.disposition.receipt is None  # it may have been stored all the same
        if len(self._waiting) >= self._most or monotonic() - self._since > BATCH_SECONDS:
            yield from self.coordinate()

    def coordinate(self) -> list[Disposition]:
        """Record and index what waits (OAIS: coordinate updates); return what became of it."""
        waiting, self._waiting = self._waiting, []
        statements = [statement for outcome in waiting for statement in outcome.statements]
        records = [outcome.record for outcome in waiting if outcome.record is not None]
        if statements:
            self._reporter.step("record", f"{len(statements)} entries of the ledger")
            record(self._archive, self._archive.signer, statements)
        if records:
            self._reporter.step("index", f"{len(records)} AIP{'s'[: len(records) != 1]}")
            index_records(self._archive, records)
        return [outcome.disposition for outcome in waiting]

    def close(self) -> None:
        """See to what waits."""
        self.coordinate()
