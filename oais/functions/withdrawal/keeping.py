"""The records of withdrawals, kept for ever as signed files ``ledger/withdrawals/AIP/NUMBER.STEP.json``.

AIP is the name of the AIP's folder in the store, so that one look tells whether an AIP was ever withdrawn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from oais.archive import Archive, Home
from oais.disk_faults import NotRegularError, storage_errors
from oais.errors import DamageError, NotFoundError
from oais.files import make_directories, read_regular, sync_directory, write_durably
from oais.information.identifiers import object_path
from oais.information.signature import verify_signature
from oais.information.text import printable, readable_json
from oais.information.withdrawals import (
    WHY_TOLD,
    Deletion,
    Readmission,
    Record,
    Request,
    Ruling,
    Step,
    Tombstone,
    Why,
    Withdrawal,
    record_as_plain,
    record_from_plain,
    standing,
)

ROOM: Final = "ledger/withdrawals"
_FILE: Final = re.compile(rf"([1-9][0-9]{{0,3}})\.({'|'.join(Step)})\.json")
_KINDS: Final = (Request, Ruling, Tombstone, Deletion, Readmission)
_NAMES: Final = {
    Step.REQUEST: "request",
    Step.DECISION: "ruling",
    Step.TOMBSTONE: "tombstone",
    Step.DELETION: "deletion",
    Step.READMISSION: "readmission",
}


class WithdrawnError(NotFoundError):
    """The AIP was withdrawn and a tombstone remains (RFC 9110 §15.5.11); ``staff`` may read all of it."""

    http_status = 410

    def __init__(self, tombstone: Tombstone, *, staff: bool = True) -> None:
        super().__init__(
            f"{tombstone.aip_id} was withdrawn on {tombstone.at[:10]}: {told_why(tombstone.why)}",
            remedy=f"its tombstone at /aip/{tombstone.aip_id} tells what it was",
        )
        self.tombstone = tombstone
        self.staff = staff


def told_why(word: str) -> str:
    """Return a kind of reason in words; one of a later release as it stands."""
    return WHY_TOLD.get(Why(word), word) if word in set(Why) else printable(word)


def folder_of(home: Home, aip_id: str) -> Path:
    """Return where the records of an AIP's withdrawals are kept, if there are any."""
    return home.home / ROOM / object_path(aip_id).rpartition("/")[2]


def subject_of(record: Record) -> str:
    """Return what the ledger calls a record: ``ID@NUMBER/STEP``."""
    return f"{record.aip_id}@{record.number}/{record.step}"


def path_of(home: Home, subject: str) -> Path:
    """Return the file of a record by its name in the ledger; raises ValueError for no such name."""
    aip_id, _, rest = subject.rpartition("@")
    path = folder_of(home, aip_id) / f"{rest.replace('/', '.', 1)}.json"
    if not _FILE.fullmatch(path.name):
        raise ValueError(f"{printable(subject)} is no record of a withdrawal")
    return path


def keep(archive: Archive, record: Record) -> Path:
    """Sign a record and keep it; the same record kept again writes the same bytes. Raises StorageError."""
    data = readable_json(record_as_plain(record) | {"key_id": archive.signer.key_id})
    path = path_of(archive, subject_of(record))
    with storage_errors(f"keeping the {record.step} of the withdrawal of {record.aip_id}"):
        for made in make_directories(path.parent):
            sync_directory(made.parent)
        write_durably(path.with_suffix(".json.sig"), archive.signer.sign(data))
        write_durably(path, data)
    return path


def withdrawals_of(home: Home, aip_id: str) -> list[Withdrawal]:
    """Return all withdrawals of an AIP, the oldest first; raises DamageError, StorageError."""
    return list(_numbered(home, folder_of(home, aip_id), aip_id))


def withdrawal_of(home: Home, aip_id: str) -> Withdrawal | None:
    """Return the newest withdrawal of an AIP, None when nobody ever asked; raises as ``withdrawals_of``."""
    return next(reversed(withdrawals_of(home, aip_id)), None)


def tombstone_of(home: Home, aip_id: str) -> Tombstone | None:
    """Return the tombstone that stands for an AIP, None where it was never withdrawn or may come back.

    Whoever asks has looked into the store before: until the AIP has left it, it is there, whole. Raises
    DamageError, StorageError.
    """
    found = standing(withdrawals_of(home, aip_id))
    return None if found is None else found.tombstone


def each_withdrawal(home: Home) -> Iterator[tuple[Path, list[Withdrawal] | DamageError]]:
    """Yield the folder of every AIP whose withdrawal was asked for, with its withdrawals or what is wrong."""
    with storage_errors("reading the records of withdrawals"):
        room = home.home / ROOM
        folders = sorted(room.iterdir()) if room.is_dir() else []
    for folder in folders:
        try:
            if found := list(_numbered(home, folder, "")):
                yield folder, found
        except DamageError as error:
            yield folder, error


def sound_withdrawals(home: Home) -> Iterator[list[Withdrawal]]:
    """Yield the withdrawals of each AIP, the oldest first; damaged records are for the audit to tell."""
    for _, found in each_withdrawal(home):
        if not isinstance(found, DamageError):
            yield found


def kept_records(home: Home) -> Iterator[tuple[str, Path]]:
    """Yield every record by its name in the ledger, damaged ones too, in the order of their names."""
    for folder, found in each_withdrawal(home):
        if isinstance(found, DamageError):
            continue  # an audit names it
        for path, _, _ in _files(folder):
            number, step, _ = path.name.split(".")
            yield f"{found[0].aip_id}@{number}/{step}", path


@dataclass(frozen=True, slots=True)
class Vouched:
    """What tombstones answer for: versions, as the ledger names them with their sha512, and receipts."""

    versions: frozenset[tuple[str, str]]
    receipts: frozenset[str]


def vouched(home: Home, aip_id: str = "") -> Vouched:
    """Return what the tombstones of an AIP, or of all, answer for; damaged ones answer for nothing."""
    found = _sound(home, aip_id) if aip_id else chain.from_iterable(sound_withdrawals(home))
    stones = [each.tombstone for each in found if each.tombstone is not None]
    lost = [(stone.aip_id, version) for stone in stones for version in stone.versions]
    return Vouched(
        frozenset((f"{about}@v{version.number}", version.inventory) for about, version in lost),
        frozenset(version.receipt for _, version in lost),
    )


def _sound(home: Home, aip_id: str) -> list[Withdrawal]:
    try:
        return withdrawals_of(home, aip_id)
    except DamageError:
        return []


def _numbered(home: Home, folder: Path, aip_id: str) -> Iterator[Withdrawal]:
    trusted: dict[str, bytes] = {}
    found: dict[int, dict[str, Any]] = {}
    for path, number, step in _files(folder):
        trusted = trusted or home.trusted_keys()
        kind = next(kind for kind in _KINDS if kind.step == step)
        record = _verified(path, kind, trusted)
        if (
            record.number != number
            or folder_of(home, record.aip_id) != folder
            or aip_id not in {"", record.aip_id}
        ):
            raise DamageError(f"{path.name} is a record of {record.aip_id}", remedy=_RESTORE)
        found.setdefault(number, {})[_NAMES[step]] = record
    for number in sorted(found):
        if "request" not in found[number] or ("tombstone" in found[number] and "ruling" not in found[number]):
            raise DamageError(f"{folder.name}: a record of withdrawal {number} is missing", remedy=_RESTORE)
        yield Withdrawal(**found[number])


def _files(folder: Path) -> Iterator[tuple[Path, int, Step]]:
    with storage_errors("reading the records of a withdrawal"):
        try:
            paths = sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return
    for path in paths:
        match = _FILE.fullmatch(path.name)
        if match is not None:
            yield path, int(match[1]), Step(match[2])


def _verified(path: Path, kind: Any, trusted: dict[str, bytes]) -> Any:
    """Read one record; raises DamageError unless a trusted key signed it, StorageError."""
    with storage_errors(f"reading {path.name}"):
        try:
            data = read_regular(path, follow=False)
            signature = read_regular(path.with_suffix(".json.sig"), follow=False)
        except (FileNotFoundError, NotRegularError) as error:
            told = f"{path.name} or its signature cannot be read: {error.strerror}"
            raise DamageError(told, remedy=_RESTORE) from error
    try:
        plain = json.loads(data)
        signed = verify_signature(trusted.get(plain["key_id"], b""), data, signature)
        record = record_from_plain(kind, plain)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamageError(f"{path.name} cannot be read: {printable(str(error))}", remedy=_RESTORE) from error
    if not signed:
        raise DamageError(
            f"{path.name} is not what the archive signed: it and {path.name}.sig do not fit", remedy=_RESTORE
        )
    return record


_RESTORE: Final = f"restore {ROOM} from a copy"
