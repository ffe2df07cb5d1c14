"""Submitting one delivery or thousands: processes side by side, indexed in batches, resumable.

What is in already is recognised before it is copied, so that an interrupted run is simply repeated.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from aip.reading import read_record
from oais.archive import Archive, open_archive
from oais.errors import ArchiveError, NotFoundError, StorageError, as_fault
from oais.functions.coordination import BATCH_SECONDS, Disposition, Outcome, Updates
from oais.functions.copies.replication import replicate
from oais.functions.ingest import Ingested, ingest
from oais.functions.ledger.unrecorded import Mark, marked
from oais.functions.receipts import open_receipt
from oais.functions.recovery import sweep
from oais.functions.reporting import SILENT, Reporter
from oais.information.identifiers import submission_key
from oais.information.packages import AipRecord, Handover, Receipt
from oais.information.representation.inspection import Inspector
from oais.information.text import printable
from oais.processes import end_with_parent, usable_cores
from search_index.index import Index, open_index
from sip.recognition import recognise_content

_BATCH = 256
_MANY = 8
"""From this many deliveries on processes work side by side; fewer are done before they have started."""


def submit(
    archive: Archive,
    deliveries: Sequence[Path],
    *,
    agreement: str = "",
    reporter: Reporter = SILENT,
    by_claim: bool = True,
) -> Iterator[Disposition]:
    """Ingest every delivery and yield what became of each, once it stands in the ledger and the index.

    One that stops us (its path is missing, the disk is full) does not stop the others, except that
    after a storage fault nothing more is begun. A bag whose manifests say that its content is in is read
    all the same unless that is believed ``by_claim``. Raises StorageError, before the first delivery is
    touched, when the index cannot be asked what is in; DamageError when the ledger is damaged.
    """
    if deliveries:
        _require_index(archive)
    sweep(archive)
    if not deliveries:
        return
    handover = Handover(agreement)
    workers = archive.settings.workers or usable_cores()
    alone = workers < 2 or len(deliveries) < _MANY
    done, most = (_one_by_one, 1) if alone else (_side_by_side, _BATCH)
    new: list[str] = []
    with (
        marked(archive, naming=True) as mark,
        closing(Updates(archive, reporter, most, mark)) as updates,
    ):
        way = _Way(handover, by_claim)
        for outcome in done(archive, mark, deliveries, way, reporter, workers):
            for disposition in updates.add(outcome):
                new += _newly_stored(disposition)
                yield disposition
        for disposition in updates.coordinate():
            new += _newly_stored(disposition)
            yield disposition
    replicate(archive, new, reporter)


def _newly_stored(disposition: Disposition) -> list[str]:
    return [disposition.receipt.aip_id] if disposition.receipt and disposition.outcome == "stored" else []


def _require_index(archive: Archive) -> None:
    """Put one question to the index, so that its fault is told once and not of each delivery."""
    with closing(open_index(archive.index_root)) as index:
        index.submission("")


def submit_one(archive: Archive, delivery: Path, handover: Handover) -> Disposition:
    """Ingest one delivery whose sender is bound by its handover, and index it; return what became of it."""
    sweep(archive)
    with marked(archive, naming=True) as mark, _desk(archive, mark) as desk:
        (disposition,) = Updates(archive, SILENT, 1, mark).add(desk.take_in(delivery, _Way(handover), SILENT))
    return disposition


def already_held(archive: Archive, index: Index, delivery: Path, agreement: str) -> Receipt | None:
    """Return the receipt of a bag whose content is in, told by its manifests alone, or None."""
    recognised = recognise_content(delivery) if delivery.is_dir() else None
    if recognised is None:
        return None
    named = recognised.agreement or agreement
    entry = index.submission(submission_key(named, recognised.digest))
    if entry is None:
        return None
    try:
        return open_receipt(archive, entry.receipt)
    except NotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class _Way:
    """How deliveries are taken in: bound by a handover, and recognised by what they claim or read whole."""

    handover: Handover
    by_claim: bool = True


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where one process takes in one delivery after the other: opened once, used for all of them."""

    archive: Archive
    index: Index
    inspector: Inspector
    mark: Mark

    def take_in(self, delivery: Path, way: _Way, reporter: Reporter) -> Outcome:
        """Recognise or ingest one delivery; whatever stops it is told and stops no other."""
        try:
            agreement = way.handover.agreement
            held = already_held(self.archive, self.index, delivery, agreement) if way.by_claim else None
            if held is not None:
                return Outcome(Disposition(delivery, held, skipped=True))
            ingested = ingest(
                self.archive,
                delivery,
                self.inspector,
                handover=way.handover,
                reporter=reporter,
                mark=self.mark,
            )
            record = self._unindexed(ingested)
        except Exception as error:  # noqa: BLE001 - what is met in one delivery must not stop the others
            return _stopped(delivery, as_fault(error))
        disposition = Disposition(delivery, ingested.receipt, skipped=ingested.held)
        return Outcome(disposition, record, ingested.statements)

    def _unindexed(self, ingested: Ingested) -> AipRecord | None:
        """Return the record of an AIP that the index does not know as it is now.

        That is one just stored, or one held from a run that ended before it was indexed.
        """
        if ingested.stored is None:
            return None
        known = self.index.aip(ingested.stored.aip_id) if ingested.held else None
        if known is not None and known.version == ingested.stored.head:
            return None
        return read_record(ingested.stored)


def _stopped(delivery: Path, error: ArchiveError) -> Outcome:
    told = printable(error.message)
    return Outcome(Disposition(delivery, None, told, error.remedy, error.exit_code))


@contextmanager
def _desk(archive: Archive, mark: Mark) -> Iterator[_Desk]:
    with closing(open_index(archive.index_root)) as index, Inspector(workers=1) as inspector:
        yield _Desk(archive, index, inspector, mark)


def _one_by_one(
    archive: Archive,
    mark: Mark,
    deliveries: Sequence[Path],
    way: _Way,
    reporter: Reporter,
    _workers: int,
) -> Iterator[Outcome | None]:
    with _desk(archive, mark) as desk:
        for delivery in deliveries:
            yield desk.take_in(delivery, way, reporter)


_worker: list[_Desk] = []


def _start_worker(home: Path, mark: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops the work, and keeps what is done
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    archive = open_archive(home)
    single = replace(archive, settings=replace(archive.settings, workers=1))
    _worker.append(_Desk(single, open_index(single.index_root), Inspector(workers=1), Mark(mark)))


def _work(delivery: Path, way: _Way) -> Outcome:
    return _worker[0].take_in(delivery, way, SILENT)


def _side_by_side(
    archive: Archive,
    mark: Mark,
    deliveries: Sequence[Path],
    way: _Way,
    reporter: Reporter,
    workers: int,
) -> Iterator[Outcome | None]:
    todo = iter(deliveries)
    # A process with threads must not fork; one without starts its workers at once, all modules loaded.
    context = get_context("fork" if threading.active_count() == 1 else "forkserver")
    with ProcessPoolExecutor(workers, context, _start_worker, (archive.home, mark.path)) as pool:
        running: dict[Future[Outcome], Path] = {}
        stopped = False
        while True:
            while not stopped and len(running) < 4 * workers and (delivery := next(todo, None)) is not None:
                running[pool.submit(_work, delivery, way)] = delivery
            if not running:
                return
            done, _ = wait(running, timeout=BATCH_SECONDS, return_when=FIRST_COMPLETED)
            if not done:
                yield None  # time to see to what waits
            for job in done:
                outcome = _outcome(job, running.pop(job))
                stopped = stopped or outcome.disposition.exit_code == 4
                reporter.advance(1)
                yield outcome


def _outcome(job: Future[Outcome], delivery: Path) -> Outcome:
    try:
        return job.result()
    except BrokenProcessPool:
        killed = "the process that took it in was killed; nothing half done was kept"
        return _stopped(delivery, StorageError(killed, remedy="submit it again"))
