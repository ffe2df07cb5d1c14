"""What a crash left behind: removed, finished, or recorded, before anything else is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aip.medium import REPLACING
from aip.root import renew_reader
from oais.archive import Archive
from oais.confirming import require_open
from oais.disk_faults import storage_errors
from oais.errors import InUseError
from oais.files import is_unfinished
from oais.functions.data_management import finish_index
from oais.functions.ledger.recording import AUDITS, ledger_of, record_kept
from oais.functions.ledger.unrecorded import Begun, begun_by, marks_left, take_away
from oais.functions.storage import BUILDING, aip_store
from oais.functions.withdrawal.removing import finish_withdrawals
from oais.information.text import printable
from oais.ledger.log import CHECKPOINTS
from oais.locks import exclusive_lock
from oais.walking import remove_tree


def sweep(archive: Archive) -> list[str]:
    """Remove what a crash left, finish half-made versions and withdrawals; say what was done.

    Where something was being kept (``ledger.unrecorded``), versions and withdrawals half made are
    finished and what did not come into the ledger any more is added to it: looked for among what was begun,
    or among all where a mark does not name that. What was half indexed is indexed
    again. The reader in the storage root is brought up to this release's. While any process builds packages
    nothing is swept: what lies there is its work. Raises StorageError, also while the archive is closed;
    DamageError when the ledger is damaged.
    """
    require_open(archive.home)
    try:
        with exclusive_lock(archive.staging / BUILDING, "the staging area", wait=False):
            done = [*_remove_remains(archive), *renew_reader(archive.aip_root)]
            done += [*_remove_unfinished(archive.home / "ledger"), *finish_index(archive)]
            marks, ledger = marks_left(archive), ledger_of(archive)
            if marks or not ledger.signed:
                done += _finish(archive, begun_by(marks) if ledger.signed else None)
                take_away(marks)
            else:
                ledger.head()  # nothing comes in that could not be recorded
            return done
    except InUseError:
        return []


def look_again(archive: Archive) -> list[str]:
    """Look through all that is kept for what a crash left, whether or not it was marked; say what was done.

    Raises StorageError while packages are being built, DamageError when the ledger is damaged.
    """
    with exclusive_lock(archive.staging / BUILDING, "the staging area", wait=False):
        marks = marks_left(archive)
        done = _finish(archive, None)
        take_away(marks)
        return done


def _finish(archive: Archive, begun: Begun | None) -> list[str]:
    aip_ids = None if begun is None else begun.aip_ids
    done = [*aip_store(archive).recover(aip_ids), *finish_withdrawals(archive)]
    if added := record_kept(archive, begun):
        entries = "entry" if added == 1 else "entries"
        done.append(f"added {added} {entries} to the ledger, which a crash had kept out")
    return done


def _remove_unfinished(ledger: Path) -> Iterator[str]:
    """Remove small files that were never whole, from the folders in which was written last."""
    for folder in (ledger, ledger / AUDITS, *_newest(ledger / CHECKPOINTS), *_newest(ledger / "receipts")):
        for path in sorted(folder.glob(".*.tmp")):
            if is_unfinished(path.name):
                path.unlink()
                yield f"removed ledger/{path.relative_to(ledger)}, which was never whole"


def _newest(folder: Path) -> Iterator[Path]:
    """Yield a folder and what was last added to: the last folder in it, and the last in that."""
    while folder.is_dir():
        yield folder
        folder = max((path for path in folder.iterdir() if path.is_dir()), default=folder / "none")


def _remove_remains(archive: Archive) -> Iterator[str]:
    (archive.staging / REPLACING).unlink(missing_ok=True)
    for room in (archive.staging, archive.custody):
        for path in sorted(room.iterdir()):
            if path.is_dir() and not path.is_symlink() and path.name != "locks":
                with storage_errors(f"removing {room.name}/{printable(path.name)}"):
                    remove_tree(path)
                yield f"removed {room.name}/{path.name}, left by a process that ended before it was done"
