"""The drop folder ``sip/incoming``: providers move a delivery in, the archive takes it and leaves a receipt.

A delivery is taken when a file ``NAME.ready`` stands beside it, or when nothing in it has changed for a
while. The receipt is left beside it as ``NAME.receipt.json``. Its source is removed only when it is stored,
or kept byte for byte in ``sip/refused``, when that was read again from the disk, and when every location has
its copy; and only if it is still what was taken.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Final

import watchfiles

from oais.archive import Archive
from oais.disk_faults import storage_errors
from oais.errors import ArchiveError, StorageError
from oais.files import write_durably
from oais.functions.coordination import Disposition
from oais.functions.parting import owed_copies, unproven
from oais.functions.receipts import receipt_as_plain
from oais.functions.reporting import SILENT, Reporter
from oais.functions.submission import submit
from oais.information.packages import Receipt
from oais.information.text import readable_json
from oais.walking import walk

SETTLED_AFTER = 30.0
"""Seconds without any change after which a delivery without a marker counts as complete."""

_PASSING = (".part", ".tmp", ".ready", ".receipt.json", ".filepart", ".swp")

_SEE_TO_IT: Final = "'oais location sync' brings copies, 'oais audit' tells what is wrong; then it is removed"

State = Mapping[str, tuple[int, int, int]]


@dataclass(slots=True)
class _Taken:
    """A delivery that was taken and is not removed yet: as it was then, and why it stays; or it is ``lost``.

    What is kept of it is ``proven`` once it was read from the disk. What failed to be is not read again.
    """

    state: State
    receipt: Receipt
    told: str = ""
    proven: bool = False
    lost: bool = False


@dataclass(slots=True)
class DropFolder:
    """What was seen in the drop folder at the last look, so that growth is noticed.

    ``reporter`` is warned of a source that stays where it was.
    """

    archive: Archive
    settled_after: float = SETTLED_AFTER
    reporter: Reporter = SILENT
    _seen: dict[str, tuple[State, float]] = field(default_factory=dict)
    _taken: dict[Path, _Taken] = field(default_factory=dict)

    def ready(self, now: float) -> list[Path]:
        """Return the deliveries that are complete at ``now`` (seconds of a steady clock)."""
        ready = []
        present = set()
        for path, marked in waiting_in(self.archive):
            present.add(path.name)
            if path in self._taken:
                continue
            if marked or self._settled(path, now):
                ready.append(path)
        for name in set(self._seen) - present:
            del self._seen[name]
        return ready

    def _settled(self, path: Path, now: float) -> bool:
        state = _state_of(path)
        known, since = self._seen.get(path.name, (None, now))
        if state != known:
            since = now
        self._seen[path.name] = (state, since)
        return now - since >= self.settled_after

    def take(self, now: float | None = None, agreement: str = "") -> Iterator[Disposition]:
        """Ingest what is complete, leave receipts, and remove what was taken and is proven."""
        self._part()
        states = {path: _state_of(path) for path in self.ready(monotonic() if now is None else now)}
        for disposition in submit(self.archive, list(states), agreement=agreement):
            if disposition.receipt is not None:
                leave_receipt(disposition.delivery, disposition.receipt)
                self._taken[disposition.delivery] = _Taken(states[disposition.delivery], disposition.receipt)
            yield disposition
        self._part()

    def _part(self) -> None:
        """Remove what was taken, if it is still what it was and every copy of it is proven."""
        for delivery, taken in list(self._taken.items()):
            if not taken.state or _state_of(delivery) != taken.state:
                del self._taken[delivery]  # it is another delivery by now, or somebody removed it
            elif why := self._why_not(taken):
                if why != taken.told:
                    self.reporter.warn(f"{delivery.name} stays in the drop folder: {why}", _SEE_TO_IT)
                taken.told = why
            else:
                del self._taken[delivery]
                _remove(delivery, taken.receipt)

    def _why_not(self, taken: _Taken) -> str:
        if taken.lost:
            return taken.told
        try:
            if not taken.proven:
                told = unproven(self.archive, taken.receipt)
                taken.proven, taken.lost = not told, bool(told)
                if told:
                    return told
            return owed_copies(self.archive, taken.receipt)
        except ArchiveError as error:
            return error.message


def waiting_in(archive: Archive) -> Iterator[tuple[Path, bool]]:
    """Yield what lies in the drop folder by name, and whether it is marked as complete."""
    for path in sorted(archive.incoming.iterdir()):
        if not path.name.startswith(".") and not path.name.endswith(_PASSING):
            yield path, path.with_name(f"{path.name}.ready").exists()


def watch_folder(
    folder: DropFolder, *, once: bool = False, agreement: str = "", ended: Event | None = None
) -> Iterator[Disposition]:
    """Take what is complete, when something changes and every few seconds: once, or until ``ended``."""
    yield from folder.take(agreement=agreement)
    if once:
        return
    pause = max(0.05, min(folder.settled_after / 2, 5.0))
    changes = watchfiles.watch(
        folder.archive.incoming, rust_timeout=int(pause * 1000), yield_on_timeout=True, stop_event=ended
    )
    for _ in changes:
        yield from folder.take(agreement=agreement)


def leave_receipt(delivery: Path, receipt: Receipt) -> None:
    """Put the receipt beside the delivery; raises StorageError."""
    with storage_errors(f"leaving the receipt of {delivery.name}"):
        write_durably(
            delivery.with_name(f"{delivery.name}.receipt.json"), readable_json(receipt_as_plain(receipt))
        )


def _remove(delivery: Path, receipt: Receipt) -> None:
    """Remove a delivery and its marker."""
    try:
        if delivery.is_dir() and not delivery.is_symlink():
            shutil.rmtree(delivery)
        else:
            delivery.unlink()
        delivery.with_name(f"{delivery.name}.ready").unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"{delivery.name} was taken (receipt {receipt.receipt_id}) but cannot be removed "
            f"from the drop folder: {error.strerror}",
            remedy="remove it by hand; it would be recognised as already held",
        ) from error


def _state_of(path: Path) -> State:
    """Return name, size, change time and inode of everything in a delivery, links not followed."""
    try:
        status = os.lstat(path)
        state = {"": (status.st_size, status.st_mtime_ns, status.st_ino)}
        if path.is_dir() and not path.is_symlink():
            for entry in walk(path):
                found = entry.status
                state[entry.path] = (found.st_size, found.st_mtime_ns, found.st_ino)
    except OSError:
        return {}
    return state
