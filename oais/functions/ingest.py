"""Ingest: what a provider delivers becomes an AIP, or is refused with every reason at once.

One straight pipeline. Stored first, findable second: a crash leaves a staged folder that is swept, or a
stored AIP that is not yet indexed, never a findable package that is not stored.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aip.reading import read_description, read_report
from aip.sealing import seal
from aip.staging import StagedAip, stage_aip
from aip.stored import StoredAip
from oais.archive import Archive
from oais.disk_faults import storage_errors
from oais.errors import DamageError, NotFoundError
from oais.files import make_directories, rename_into_place
from oais.functions.description import Identity
from oais.functions.generation import generate_contents
from oais.functions.ledger.recording import delivered, record
from oais.functions.ledger.unrecorded import UNMARKED, Mark
from oais.functions.quality import Assured, assure_quality
from oais.functions.receipts import issue_receipt, open_receipt, receipt_from_plain
from oais.functions.reporting import SILENT, Reporter
from oais.functions.storage import aip_store, ingesting
from oais.functions.withdrawal.keeping import told_why, tombstone_of
from oais.information.findings import Finding, finding
from oais.information.identifiers import receipt_name, submission_key
from oais.information.ledger.statements import Statement
from oais.information.packages import UNBOUND, Handover, PackageContents, Receipt, Submission
from oais.information.representation.inspection import Inspector
from oais.information.text import printable
from oais.locks import exclusive_lock
from oais.walking import remove_tree
from search_index.index import open_index
from sip.admission import ReceiveLimits
from sip.copying import settle
from sip.receive import content_digest, receive


@dataclass(frozen=True, slots=True)
class Ingested:
    """The outcome of one delivery: its receipt, the AIP, and whether that was held already.

    ``statements`` are what the ledger is to hold of it; whoever asked for the ingest records them, many
    deliveries with one signature.
    """

    receipt: Receipt
    stored: StoredAip | None
    held: bool = False
    statements: tuple[Statement, ...] = ()


def ingest(
    archive: Archive,
    delivery: Path,
    inspector: Inspector,
    *,
    handover: Handover = UNBOUND,
    reporter: Reporter = SILENT,
    mark: Mark = UNMARKED,
) -> Ingested:
    """Take in one delivery as it was handed over; what will be kept is noted in the mark before.

    Raises ArchiveError when we are stopped (no space, damage); a fault in the delivery is in the receipt.
    """
    with storage_errors(f"the ingest of {printable(delivery.name)}"), ingesting(archive):
        reporter.step("receive", printable(delivery.name))
        submission = receive_submission(archive, delivery, reporter, handover.receipt_id)
        try:
            reporter.step("check", f"{len(submission.files)} files")
            assured = assure_quality(archive, submission, inspector, handover)
            if not assured.report.passed:
                return refuse(archive, submission, assured, mark)
            return store_submission(archive, submission, assured, reporter, mark)
        finally:
            with suppress(OSError):
                remove_tree(submission.custody)


def receive_submission(
    archive: Archive, delivery: Path, reporter: Reporter = SILENT, receipt_id: str = ""
) -> Submission:
    """Take a delivery into custody: every byte copied and hashed once."""
    now = archive.clock()
    with storage_errors(f"receiving {delivery.name}"):
        return receive(
            delivery,
            archive.custody,
            receipt_id=receipt_id or receipt_name(now, secrets.token_hex(4)),
            now=now,
            limits=limits_of(archive),
            workers=archive.settings.workers or None,
            progress=reporter.advance,
        )


def limits_of(archive: Archive) -> ReceiveLimits:
    """Return how much one delivery may ask of this archive."""
    settings = archive.settings
    return ReceiveLimits(bytes=settings.max_delivery_bytes, members=settings.max_delivery_files)


def store_submission(
    archive: Archive,
    submission: Submission,
    assured: Assured,
    reporter: Reporter = SILENT,
    mark: Mark = UNMARKED,
) -> Ingested:
    """Build, seal and store the AIP of a submission that passed; the same content again is not stored."""
    aip_id = assured.aip_id
    key = submission_key(assured.agreement.name, content_digest(submission.files, aip_id))
    with one_ingest_of(archive, aip_id):
        previous = aip_store(archive).find(aip_id)
        held = receipt_of_held(archive, previous, key, mark)
        if held is not None:
            return Ingested(held, previous, held=True)
        conflict = version_conflict(assured, previous) or withdrawn_before(archive, assured, previous)
        if conflict is not None:
            return refuse(archive, submission, assured.with_finding(conflict), mark)
        identity = Identity(aip_id, previous.head + 1 if previous else 1, key)
        with closing(FileResolver(archive)) as resolve:
            contents = generate_contents(archive, submission, assured, identity, resolve)
        reporter.step("build", f"{aip_id} version {identity.version}")
        staged = stage_aip(contents, archive.staging, previous)
        return _seal_and_store(archive, staged, contents, reporter, mark)


def _seal_and_store(
    archive: Archive, staged: StagedAip, contents: PackageContents, reporter: Reporter, mark: Mark
) -> Ingested:
    receipt = receipt_from_plain(dict(contents.report["receipt"]))
    try:
        reporter.step("seal", f"signed with key {archive.signer.key_id}")
        sealed = seal(staged, archive.signer)
        reporter.step("store", f"{staged.aip_id}@v{staged.version}")
        mark.note(receipt.receipt_id, staged.aip_id)
        stored = aip_store(archive).store(sealed, mark.files)
    except BaseException:
        shutil.rmtree(staged.path, ignore_errors=True)
        raise
    issue_receipt(archive, receipt)
    return Ingested(receipt, stored, statements=delivered(archive, receipt, stored))


def receipt_of_held(
    archive: Archive, stored: StoredAip | None, key: str, mark: Mark = UNMARKED
) -> Receipt | None:
    """Return the receipt under which this very content is already in, issued again if it was lost."""
    if stored is None:
        return None
    for version in reversed(stored.versions):
        if read_description(stored, version).submission_key == key:
            receipt = receipt_from_plain(dict(read_report(stored, version)["receipt"]))
            return _receipt_again(archive, receipt, mark)
    return None


def _receipt_again(archive: Archive, receipt: Receipt, mark: Mark) -> Receipt:
    """Return a receipt that was given before; one that was lost is issued again, and recorded."""
    try:
        return open_receipt(archive, receipt.receipt_id)
    except (NotFoundError, DamageError):
        _note_receipt(mark, receipt)
        issue_receipt(archive, receipt)
        record(archive, archive.signer, delivered(archive, receipt))
        return receipt


def version_conflict(assured: Assured, previous: StoredAip | None) -> Finding | None:
    """Return why a delivery may not become a new version of what is stored, if so."""
    if previous is None:
        return None
    held = read_description(previous)
    if held.agreement != assured.agreement.name:
        message = (
            f"{previous.aip_id} belongs to agreement {held.agreement}, this delivery came under "
            f"{assured.agreement.name}"
        )
        return finding("ING-002", "bag-info.txt", message)
    if not assured.agreement.new_versions:
        message = (
            f"{previous.aip_id} is held as v{previous.head} with other content, "
            f"and agreement {held.agreement} forbids new versions"
        )
        return finding("ING-001", "bag-info.txt", message)
    if not assured.tag("External-Identifier"):
        message = (
            f"no External-Identifier is given, and {previous.aip_id}, as made from the delivery's name, "
            f"is held as v{previous.head} with other content"
        )
        return finding("ING-007", "bag-info.txt", message)
    return None


def withdrawn_before(archive: Archive, assured: Assured, previous: StoredAip | None) -> Finding | None:
    """Return why an identifier may not be used, when its AIP was withdrawn and may not come back."""
    tombstone = None if previous is not None else tombstone_of(archive, assured.aip_id)
    if tombstone is None:
        return None
    message = f"{assured.aip_id} was withdrawn on {tombstone.at[:10]}: {told_why(tombstone.why)}"
    return finding("ING-008", "bag-info.txt", message)


def _note_receipt(mark: Mark, receipt: Receipt) -> None:
    mark.note(receipt.receipt_id, "")
    mark.sync()


def refuse(archive: Archive, submission: Submission, assured: Assured, mark: Mark = UNMARKED) -> Ingested:
    """Keep the refused bytes as they came and sign the receipt that says why."""
    receipt = Receipt(
        receipt_id=submission.receipt_id,
        status="refused",
        source_name=submission.source_name,
        received_at=submission.received_at,
        agreement=assured.agreement.name if assured.has_agreement else "",
        provider=assured.agreement.provider.organization if assured.has_agreement else "",
        delivery_digest=submission.delivery_digest,
        aip_id=assured.aip_id,
        findings=assured.report.findings,
    )
    if archive.settings.keep_refused and submission.custody.exists():
        with storage_errors(f"keeping the refused delivery {submission.receipt_id}"):
            settle(submission.custody, len(submission.files))
            make_directories(archive.refused)
            rename_into_place(submission.custody, archive.refused / submission.receipt_id)
    _note_receipt(mark, receipt)
    issue_receipt(archive, receipt)
    return Ingested(receipt, None, statements=delivered(archive, receipt))


class FileResolver:
    """Finds the AIP that holds a file named in a header."""

    def __init__(self, archive: Archive) -> None:
        self._index = open_index(archive.index_root)

    def __call__(self, name: str) -> str:
        """Return the identifier and version of the holder, or an empty text."""
        holders = self._index.by_file_name(name)
        return f"{holders[-1].aip_id}@v{holders[-1].version}" if holders else ""

    def close(self) -> None:
        """Let go of the index."""
        self._index.close()


@contextmanager
def one_ingest_of(archive: Archive, aip_id: str) -> Iterator[None]:
    """Let one process at a time make a version of an AIP, or withdraw it."""
    locks = archive.staging / "locks"
    make_directories(locks)
    name = hashlib.sha256(aip_id.encode()).hexdigest()[:16]
    with exclusive_lock(locks / f"ingest-{name}.lock", f"the ingest of {aip_id}"):
        yield
