"""The drop folder ``sip/incoming``: providers move a delivery in, the archive takes it and leaves a receipt.

A delivery is taken when a file ``NAME.ready`` stands beside it, or when nothing in it has changed for a
while. Its source is removed only when it is stored, or kept byte for byte in ``sip/refused``; the receipt
is left beside it as ``NAME.receipt.json``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic

import watchfiles

from oais.archive import Archive
from oais.errors import StorageError
from oais.files import write_durably
from oais.functions.coordination import Disposition
from oais.functions.receipts import receipt_as_plain
from oais.functions.submission import submit
from oais.information.text import readable_json
from oais.walking import walk

SETTLED_AFTER = 30.0
"""Seconds without any change after which a delivery without a marker counts as complete."""

_PASSING = (".part", ".tmp", ".ready", ".receipt.json", ".filepart", ".swp")

State = Mapping[str, tuple[int, int, int]]


@dataclass(slots=True)
class DropFolder:
    """What was seen in the drop folder at the last look, so that growth is noticed."""

    archive: Archive
    settled_after: float = SETTLED_AFTER
    _seen: dict[str, tuple[State, float]] = field(default_factory=dict)

    def ready(self, now: float) -> list[Path]:
        """Return the deliveries that are complete at ``now`` (seconds of a steady clock)."""
        ready = []
        present = set()
        for path, marked in waiting_in(self.archive):
            present.add(path.name)
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
        """Ingest what is complete, remove what was taken, and leave receipts."""
        for disposition in submit(
            self.archive, self.ready(monotonic() if now is None else now), agreement=agreement
        ):
            if disposition.receipt is not None:
                leave_receipt(disposition)
            yield disposition


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


def leave_receipt(disposition: Disposition) -> None:
    """Put the receipt beside the delivery, then remove the delivery and its marker."""
    assert disposition.receipt is not None
    delivery = disposition.delivery
    plain = receipt_as_plain(disposition.receipt)
    write_durably(delivery.with_name(f"{delivery.name}.receipt.json"), readable_json(plain))
    try:
        if delivery.is_dir() and not delivery.is_symlink():
            shutil.rmtree(delivery)
        else:
            delivery.unlink()
        delivery.with_name(f"{delivery.name}.ready").unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"{delivery.name} was taken (receipt {disposition.receipt.receipt_id}) but cannot be removed "
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
