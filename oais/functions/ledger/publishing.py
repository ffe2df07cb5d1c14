"""Checkpoints brought elsewhere: who keeps one notices when what came before it is rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oais.archive import Home
from oais.disk_faults import storage_errors
from oais.errors import DamageError, WrongUsageError
from oais.files import make_directories, write_durably
from oais.functions.ledger.recording import require_ledger
from oais.functions.ledger.stamping import stamp_later, stamp_owed, token_of
from oais.functions.ledger.verifying import compare_elsewhere
from oais.functions.mailing.queueing import queue_mail
from oais.functions.service import Service
from oais.information.ledger.notes import Checkpoint
from oais.mail import Letter, Subject, parse_address


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint and where a copy of it lies now; ``owed`` tells why it has no time stamp yet."""

    checkpoint: Checkpoint
    path: Path
    owed: str = ""


def publish(home: Home, folder: Path) -> Published:
    """Copy the newest checkpoint into a folder, beside those that lie there from earlier times.

    The ledger must still have the history that each of them was signed over. Raises DamageError when it
    has not, WrongUsageError for a folder inside the archive, NotFoundError without a ledger, StorageError.
    """
    if folder.resolve().is_relative_to(home.home):
        raise WrongUsageError(
            f"{folder} lies inside the archive", remedy="name a folder on another machine or disk"
        )
    ledger = require_ledger(home)
    head = ledger.head()
    stem = head.origin.replace("/", "-")
    kept = sorted(folder.glob(f"{stem}.*.txt"))
    wrong = next(compare_elsewhere(home, kept), None)
    if wrong is not None:
        raise DamageError(f"{wrong.path}: {wrong.message}", remedy=f"nothing was published. {wrong.remedy}")
    path = folder / f"{stem}.{head.size}.txt"
    with storage_errors(f"publishing to {folder}"):
        make_directories(folder)
        write_durably(path, note := ledger.checkpoint_with(head.size))
    stamp_later(home, head.size, note)
    stamped = stamp_owed(home)
    _bring_tokens(home, [*kept, path])
    return Published(head, path, stamped.owed.get(f"{head.size}.txt", ""))


def _bring_tokens(home: Home, published: Sequence[Path]) -> None:
    """Put the time stamps beside the checkpoints of a folder that have none yet."""
    for path in published:
        size, target = path.stem.rpartition(".")[2], path.with_name(f"{path.name}.tsr")
        with storage_errors(f"publishing to {path.parent}"):
            token = token_of(home, path.read_bytes(), int(size)) if size.isdecimal() else b""
            if token and not target.exists():
                write_durably(target, token)


def mail_checkpoint(service: Service, address: str) -> Checkpoint:
    """Queue a letter with the newest checkpoint; raises AddressError, and as ``publish``."""
    to = parse_address(address)
    ledger = require_ledger(service.archive)
    head = ledger.head()
    note = ledger.checkpoint_with(head.size)
    stamp_later(service.archive, head.size, note)
    text = _LETTER.format(size=head.size, checkpoint=note.decode())
    with service.database.writing() as connection:
        queue_mail(connection, service, Letter(to, Subject.CHECKPOINT, text))
    return head


_LETTER = """\
Please keep this letter. It holds a checkpoint of the archive's ledger: the signed sum of its first {size}
entries. Whoever has it can tell whether any of them was changed since.

{checkpoint}
To compare it with the ledger later, save the five lines above (they begin with "oais-archive/") to a file:

    oais ledger verify --checkpoint FILE
"""
