"""What goes into the ledger: every version, receipt, change of policies, audit and key that is kept.

What is kept is the source: whatever a crash kept out of the ledger is found there and added at the next
submission, which a mark tells to look (``unrecorded``).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aip.stored import INVENTORY, StoredAip, open_stored
from oais.archive import Archive, Home, signer_of
from oais.confirming import require_open
from oais.disk_faults import storage_errors, unreadable
from oais.errors import ConfigurationError, DamageError, NotFoundError
from oais.files import listed, make_directories, open_regular, write_durably
from oais.functions.copies.changes import LocationChange, location_changes
from oais.functions.ledger.told import told_versions
from oais.functions.ledger.unrecorded import Begun, marked
from oais.functions.policy.history import PolicyChange, policy_history
from oais.functions.receipts import open_receipt, receipt_names, receipt_path
from oais.functions.storage import aip_store
from oais.functions.withdrawal.keeping import kept_records, path_of, subject_of, vouched
from oais.information.identifiers import object_path
from oais.information.ledger.statements import Kind, Statement
from oais.information.listing import listing
from oais.information.packages import Receipt
from oais.information.signature import Signer
from oais.information.text import readable_json
from oais.information.trust_folder import TRUST, root_name, root_versions
from oais.information.withdrawals import Record
from oais.ledger.log import Ledger
from oais.ledger.opened import subjects

AUDITS: Final = "audits"
_VERSION: Final = re.compile(r"v[0-9]")
REPAIRS: Final = "repairs"

Known = Mapping[tuple[str, str], str]
"""What stands in the ledger: the sha512 by kind and subject."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A thing that belongs into the ledger; ``digests`` reads it: its sha512, and that of its listing."""

    kind: Kind
    subject: str
    digests: Callable[[], tuple[str, str]]


def ledger_of(home: Home) -> Ledger:
    """Return the ledger of an archive, begun or not; raises StorageError."""
    lock = home.staging / "locks" / "ledger.lock"
    return Ledger(home.home / "ledger", home.trusted_keys(), lock, home.ended_keys())


def require_ledger(home: Home) -> Ledger:
    """Return the ledger of an archive; raises NotFoundError before it is begun, StorageError."""
    ledger = ledger_of(home)
    if not ledger.signed:
        raise NotFoundError(
            "this archive has no ledger yet", remedy="the next 'oais submit' begins it with all that is kept"
        )
    return ledger


def known_in(ledger: Ledger) -> Known:
    """Return what the signed part of a ledger speaks of; raises DamageError, StorageError."""
    return subjects(ledger.root, ledger.head().size) if ledger.signed else {}


def standing(home: Home, known: Known) -> Known:
    """Return what the ledger speaks of without the versions that were withdrawn since, with a tombstone."""
    gone = vouched(home).versions
    if not gone:
        return known
    return {key: said for key, said in known.items() if key[0] != "aip-version" or (key[1], said) not in gone}


def delivered(home: Home, receipt: Receipt, stored: StoredAip | None = None) -> tuple[Statement, ...]:
    """Return what the ledger is to hold of a delivery: the version that was stored, and its receipt.

    Raises DamageError when they cannot be read back.
    """
    things = [] if stored is None else [_version(stored, stored.head)]
    return _statements(home, [*things, _receipt(home, receipt.receipt_id)])


def versioned(home: Home, stored: StoredAip) -> tuple[Statement, ...]:
    """Return what the ledger is to hold of a version that the archive itself made; raises DamageError."""
    return _statements(home, [_version(stored, stored.head)])


def record(home: Home, signer: Signer, statements: Sequence[Statement]) -> None:
    """Add statements in the order of their moments, all with one signature.

    Raises DamageError when the ledger is damaged, StorageError.
    """
    require_open(home.home)
    with storage_errors("the lock of the ledger"):
        make_directories(home.staging / "locks")
    ledger_of(home).append(sorted(statements, key=lambda statement: statement.at), signer)


def record_change(archive: Archive, change: PolicyChange) -> None:
    """Add that other policies came into force; raises DamageError, StorageError."""
    record(archive, archive.signer, _statements(archive, [_policies(change)]))


def record_location(archive: Archive, change: LocationChange) -> None:
    """Add that a location was added or removed; raises DamageError, StorageError."""
    record(archive, archive.signer, _statements(archive, [_location(change)]))


def record_withdrawal(archive: Archive, records: Sequence[Record]) -> None:
    """Add steps of a withdrawal, which are kept already; raises DamageError, StorageError."""
    things = [_withdrawal(subject_of(each), path_of(archive, subject_of(each))) for each in records]
    record(archive, archive.signer, _statements(archive, things))


def record_repair(archive: Archive, path: Path) -> None:
    """Add the report of a repair; raises DamageError, StorageError."""
    record(archive, archive.signer, _statements(archive, [_file("repair", path.stem, path)]))


def record_audit(home: Home, started_at: str, summary: Mapping[str, Any]) -> None:
    """Keep the summary of an audit and add it; without the signing key the next submission adds it.

    Raises DamageError when the ledger is damaged, StorageError.
    """
    path = home.home / "ledger" / AUDITS / f"{started_at}.json"
    with marked(home) as mark:
        with storage_errors("keeping the summary of the audit"):
            make_directories(path.parent)
            write_durably(path, readable_json(summary))
        mark.stays = True
        with suppress(ConfigurationError):
            signer = signer_of(home.home)
            record(home, signer, _statements(home, [_file("audit", path.stem, path)]))
            mark.stays = False


def record_keys(home: Home, signer: Signer) -> None:
    """Add the keys and lists of keys that do not stand there yet; raises DamageError, StorageError."""
    known = known_in(ledger_of(home))
    things = [thing for thing in (*_keys(home), *_roots(home)) if (thing.kind, thing.subject) not in known]
    if things:
        record(home, signer, _statements(home, things))


def record_kept(archive: Archive, begun: Begun | None = None) -> int:
    """Add everything that is kept and does not stand in the ledger yet; return how many entries.

    Of AIPs and receipts only those ``begun`` are looked at, if it is told. What is damaged itself is left to
    the audit. Raises DamageError when the ledger is damaged, StorageError.
    """
    known = standing(archive, known_in(ledger_of(archive)))
    missing = (thing for thing in kept_in(archive, known, begun) if (thing.kind, thing.subject) not in known)
    statements = [statement for thing in missing for statement in _if_whole(archive, thing)]
    if statements:
        record(archive, archive.signer, statements)
    return len(statements)


def _if_whole(archive: Archive, thing: Kept) -> tuple[Statement, ...]:
    """Return the statement of a thing, none of one that is damaged; its bytes are read once."""
    try:
        if thing.kind == "receipt":
            open_receipt(archive, thing.subject)
        return _statements(archive, [thing])
    except DamageError:
        return ()


def _statements(home: Home, things: Collection[Kept]) -> tuple[Statement, ...]:
    now = home.now()
    return tuple(Statement(now, thing.kind, thing.subject, *thing.digests()) for thing in things)


def kept_in(
    home: Home, known: Known | None = None, begun: Begun | None = None, *, told: Known | None = None
) -> Iterator[Kept]:
    """Yield all that belongs into the ledger; of AIPs all of whose versions are ``known`` nothing.

    Of AIPs and receipts only those ``begun``, if it is told; there are many of them. What is to be compared
    with what the ledger has ``told`` is read no further than that needs. Raises StorageError.
    """
    yield from _keys(home)
    yield from _roots(home)
    with suppress(DamageError):  # a line that cannot be read is missed by whoever verifies the ledger
        yield from map(_policies, reversed(policy_history(home.home)))
    with suppress(DamageError):
        yield from map(_location, location_changes(home.home))
    if begun is None:
        yield from _versions(home, known or {}, told or {})
        yield from (_receipt(home, name) for name in receipt_names(home, ""))
    else:
        yield from _all_versions(aip_store(home).roots_of(begun.aip_ids), {})
        yield from (_receipt(home, name) for name in begun.receipts if receipt_path(home, name).is_file())
    yield from _reports(home, "audit", AUDITS, ".json")
    yield from _reports(home, "repair", REPAIRS, ".xml")
    yield from (_withdrawal(subject, path) for subject, path in kept_records(home))


def _keys(home: Home) -> Iterator[Kept]:
    for key_id in home.trusted_keys():
        yield _file("key", key_id, home.home / "keys" / "trusted" / f"{key_id}.pem")


def _roots(home: Home) -> Iterator[Kept]:
    for version in root_versions(home.home):
        yield _file("trust", f"root.{version}", home.home / TRUST / root_name(version))


def _policies(change: PolicyChange) -> Kept:
    digest = hashlib.sha512(listing(change.files)).hexdigest()
    return Kept("policies", f"{change.digest}@{change.since}", lambda: (digest, ""))


def _location(change: LocationChange) -> Kept:
    return Kept("location", change.subject, lambda: (change.sha512, ""))


def _versions(home: Home, known: Known, told: Known) -> Iterator[Kept]:
    there = {
        (object_path(subject.partition("@")[0]), subject.partition("@")[2])
        for kind, subject in known
        if kind == "aip-version"
    }
    skipped = len(os.fspath(home.aip_root)) + 1
    for root in aip_store(home).found_roots():
        place = os.fspath(root)[skipped:]
        with storage_errors(f"reading {root.name}"), os.scandir(root) as listing:
            folders = [item.name for item in listing if _VERSION.match(item.name) and item.is_dir()]
        if not all((place, name) in there for name in folders):
            yield from _all_versions([root], told)


def _all_versions(roots: Iterable[Path], told: Known) -> Iterator[Kept]:
    for root in roots:
        aip_id, newest = told_versions(root, told)
        for number in range(1, newest + 1):
            yield _file("aip-version", f"{aip_id}@v{number}", root / f"v{number}" / INVENTORY)
        if newest:
            continue
        with suppress(DamageError, NotFoundError):  # an audit names what is damaged
            stored = open_stored(root)
            yield from (_version(stored, number) for number in stored.versions)


def _version(stored: StoredAip, number: int) -> Kept:
    def digests() -> tuple[str, str]:
        state = stored.inventory.versions[number].state
        inventory = _sha512(stored.path / f"v{number}" / INVENTORY)
        return inventory, hashlib.sha512(listing(state)).hexdigest()

    return Kept("aip-version", f"{stored.aip_id}@v{number}", digests)


def _receipt(home: Home, name: str) -> Kept:
    return _file("receipt", name, receipt_path(home, name))


def _reports(home: Home, kind: Kind, folder: str, suffix: str) -> Iterator[Kept]:
    for path in listed(home.home / "ledger" / folder, suffix):
        yield _file(kind, path.stem, path)


def _withdrawal(subject: str, path: Path) -> Kept:
    return _file("deaccession", subject, path)


def _file(kind: Kind, subject: str, path: Path) -> Kept:
    return Kept(kind, subject, lambda: (_sha512(path), ""))


def _sha512(path: Path) -> str:
    try:
        with open(open_regular(path), "rb") as stream:
            return hashlib.file_digest(stream, "sha512").hexdigest()
    except OSError as error:
        raise unreadable(path.name, error) from error
