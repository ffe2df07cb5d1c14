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
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Final

import watchfiles

from oais.archive import Archive
from oais.disk_faults import storage_errors
from oais.errors import StorageError
from oais.files import write_durably
from oais.functions.coordination import Disposition
from oais.functions.parting import SEE_TO_IT, Proof
from oais.functions.receipts import receipt_as_plain
from oais.functions.reporting import SILENT, Reporter
from oais.functions.submission import submit
from oais.information.packages import Receipt
from oais.information.text import printable, readable_json
from oais.walking import walk

SETTLED_AFTER = 30.0
"""Seconds without any change after which a delivery without a marker counts as complete."""

_PASSING = (".part", ".tmp", ".ready", ".receipt.json", ".filepart", ".swp")

_LONGEST_NAME: Final = 220
"""Bytes of a delivery's name that leave room for what the name of its receipt adds."""

_BY_HAND: Final = "see to it, and remove it by hand; sent again it would be recognised as already held"
_RENAME: Final = "give it a shorter name"
_NO_RECEIPT: Final = "remove what is in the way; the ledger has it: 'oais receipt {}'"

State = Mapping[str, tuple[int, int, int, int]]


@dataclass(slots=True)
class _Taken:
    """A delivery that was taken and is not removed yet: as it was then, and why it stays; or it is ``stuck``.

    What could not be removed is not tried again.
    """

    state: State
    proof: Proof
    told: str = ""
    stuck: bool = False


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
    _long: set[Path] = field(default_factory=set)
    _special: dict[Path, State] = field(default_factory=dict)

    def ready(self, now: float) -> list[Path]:
        """Return the deliveries that are complete at ``now`` (seconds of a steady clock)."""
        ready = []
        present = set()
        for path, marked in waiting_in(self.archive):
            present.add(path.name)
            if path in self._taken or self._too_long(path) or self._is_known(path):
                continue
            if marked or self._settled(path, now):
                ready.append(path)
        for name in set(self._seen) - present:
            del self._seen[name]
        self._special = {path: state for path, state in self._special.items() if path.name in present}
        return ready

    def _too_long(self, path: Path) -> bool:
        """Return whether no receipt could be left for a delivery, which is told once."""
        length = len(os.fsencode(path.name))
        if length > _LONGEST_NAME and path not in self._long:
            self._long.add(path)
            most = f"expected up to {_LONGEST_NAME}, which leave room for its receipt's name"
            self._warn(path, f"its name has {length} bytes, {most}", _RENAME)
        return length > _LONGEST_NAME

    def _is_known(self, path: Path) -> bool:
        """Return whether it is a link, a pipe or the like that was told of and is still what it was."""
        return path in self._special and self._special[path] == _state_of(path)

    def _warn(self, delivery: Path, why: str, remedy: str) -> None:
        self.reporter.warn(f"{printable(delivery.name)} stays in the drop folder: {why}", remedy)

    def _settled(self, path: Path, now: float) -> bool:
        state = _state_of(path)
        known, since = self._seen.get(path.name, (None, now))
        if state != known:
            since = now
        self._seen[path.name] = (state, since)
        return now - since >= self.settled_after

    def take(self, now: float | None = None, agreement: str = "") -> Iterator[Disposition]:
        """Ingest what is complete, leave receipts, and remove what was taken and is proven.

        None is recognised by what its manifests claim: what is removed was read.
        """
        self._part()
        states = {path: _state_of(path) for path in self.ready(monotonic() if now is None else now)}
        for disposition in submit(self.archive, list(states), agreement=agreement, by_claim=False):
            if disposition.receipt is not None:
                proof = Proof(disposition.receipt)
                self._taken[disposition.delivery] = _Taken(states[disposition.delivery], proof)
                self._answer(disposition.delivery, disposition.receipt)
            elif not _is_delivery(disposition.delivery):
                self._special[disposition.delivery] = states[disposition.delivery]
            yield disposition
        self._part()

    def _answer(self, delivery: Path, receipt: Receipt) -> None:
        """Leave the receipt; what lies in its way stops no other delivery, for the ledger has the receipt."""
        try:
            leave_receipt(delivery, receipt)
        except StorageError as error:
            told = f"the receipt of {printable(delivery.name)} cannot be left beside it"
            self.reporter.warn(f"{told}: {error.message}", _NO_RECEIPT.format(receipt.receipt_id))

    def _part(self) -> None:
        """Remove what was taken, if it is still what it was and every copy of it is proven."""
        for delivery, taken in list(self._taken.items()):
            if not _is_still(delivery, taken.state):
                del self._taken[delivery]  # it is another delivery by now, or somebody removed it
            elif why := self._why_not(taken):
                self._stays(delivery, taken, why, SEE_TO_IT)
            elif _is_still(delivery, taken.state):  # proving took its time
                self._remove(delivery, taken)

    def _stays(self, delivery: Path, taken: _Taken, why: str, remedy: str) -> None:
        if why != taken.told:
            self._warn(delivery, why, remedy)
        taken.told = why

    def _remove(self, delivery: Path, taken: _Taken) -> None:
        """Remove a delivery; what cannot be removed, or in part, is not taken for another one."""
        try:
            _remove(delivery)
        except (OSError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or "its directories lie too deep within each other"
            taken.stuck, taken.state = True, _state_of(delivery)
            name = taken.proof.receipt.receipt_id
            self._stays(delivery, taken, f"it was taken ({name}) but cannot be removed: {reason}", _BY_HAND)
        else:
            del self._taken[delivery]

    def _why_not(self, taken: _Taken) -> str:
        if taken.stuck:
            return taken.told
        if not taken.state:
            return "it cannot be looked through, so that nobody knows whether it is still what was taken"
        return taken.proof.why_not(self.archive)


def waiting_in(archive: Archive) -> Iterator[tuple[Path, bool]]:
    """Yield what lies in the drop folder by name, and whether it is marked as complete."""
    for path in sorted(archive.incoming.iterdir()):
        if not path.name.startswith(".") and not path.name.endswith(_PASSING):
            yield path, os.path.lexists(f"{path}.ready")


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


def _remove(delivery: Path) -> None:
    """Remove a delivery and its marker, a marker that is a directory left alone; raises OSError."""
    if delivery.is_dir() and not delivery.is_symlink():
        shutil.rmtree(delivery)
    else:
        delivery.unlink()
    with suppress(FileNotFoundError, IsADirectoryError, PermissionError):
        os.unlink(f"{delivery}.ready")


def _is_delivery(path: Path) -> bool:
    """Return whether a file or a directory lies there, or nothing; a link is neither."""
    return not os.path.lexists(path) or (not path.is_symlink() and (path.is_file() or path.is_dir()))


def _is_still(delivery: Path, state: State) -> bool:
    return os.path.lexists(delivery) and _state_of(delivery) == state


def _state_of(path: Path) -> State:
    """Return name, size, times of change and inode of everything in a delivery, links not followed.

    The time of a file's bytes can be set back by whoever wrote them, that of its entry cannot. Nothing is
    returned for what cannot be looked through.
    """
    try:
        state = {"": _facts(os.lstat(path))}
        if path.is_dir() and not path.is_symlink():
            state.update((entry.path, _facts(entry.status)) for entry in walk(path))
    except OSError:
        return {}
    return state


def _facts(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
