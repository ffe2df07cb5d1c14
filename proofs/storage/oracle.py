"""What must hold after any step failed, asked of the archive as a new process finds it.

Every question is answered with what is wrong; nothing wrong is an empty list.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from aip.audit import audit_aip
from aip.storage import AipStore
from aip.stored import StoredAip
from oais.archive import Archive
from oais.confirming import why_closed
from oais.errors import StorageError
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.copies.locations import HOME, locations
from oais.functions.copies.replication import sync
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.ledger.recording import known_in, ledger_of
from oais.functions.receipts import each_receipt
from oais.functions.recovery import sweep
from oais.functions.reopening import reopen
from oais.information.findings import Severity, refuses
from oais.information.packages import Receipt
from proofs.storage.operation import Operation
from proofs.storage.world import Clock, World

Facts = Counter[str]
_PAYLOAD = "representations/original/data/"


@dataclass(frozen=True, slots=True)
class Expected:
    """The facts before an operation and after it, and what was wrong before: an operation may mend that."""

    before: Facts
    after: Facts
    ill: frozenset[str]

    def new(self, wrong: Iterable[str], *, done: bool) -> Iterator[str]:
        """Yield what is wrong and may not be: all when the operation is done, until then what it brought."""
        yield from (told for told in wrong if done or told not in self.ill)


def ill_before(world: World) -> frozenset[str]:
    """Return what is wrong with an archive in which the operation was not begun."""
    return frozenset((*_seen(world), *_unproven(world)))


def facts_of(world: World, operation: Operation) -> Facts:
    """Return what stands in an archive, each thing as often as it does."""
    archive = world.archive
    found = Counter(operation.facts(world))
    for name, store in _stores(archive).items():
        for stored in store.objects():
            found.update(f"{name} has {stored.aip_id}@v{number}" for number in stored.versions)
    for _, receipt in each_receipt(archive):
        if isinstance(receipt, Receipt):
            found[f"receipt {receipt.status} {receipt.aip_id}@v{receipt.version}"] += 1
    for kind, subject in known_in(ledger_of(archive)):
        if kind != "audit":
            found[f"ledger {kind} {subject if kind == 'aip-version' else ''}"] += 1
    return found


def _stores(archive: Archive) -> dict[str, AipStore]:
    """Return the archive's own store and those of its locations, by name."""
    kept = {location.name: location.store() for location in locations(archive)}
    return {HOME: AipStore(archive.aip_root, archive.staging / "locks"), **kept}


def recovered(world: World, expected: Expected, *, acknowledged: bool) -> list[str]:
    """Return what is wrong before and after the archive is opened again and swept."""
    world = world.opened_again()
    wrong = [f"half visible: {told}" for told in expected.new(_stored(world), done=acknowledged)]
    wrong += _opened(world.archive, expected)
    sweep(world.archive)
    return wrong + [f"left behind: {told}" for told in _left_behind(world.archive)]


def _opened(archive: Archive, expected: Expected) -> Iterator[str]:
    """Open what an unconfirmed write closed, after it was seen to be closed."""
    closed = [location for location in locations(archive) if location.closed]
    yield from (f"copied to {one.name}, which is closed" for one in closed if not sync(archive, one).away)
    if why_closed(archive.home):
        with suppress(StorageError):
            sweep(archive)
            yield "swept, although a write was not confirmed"
    elif not closed:
        return
    # What the operation is to mend is damaged still; an operator opens the archive despite that.
    told = reopen(archive, despite_damage=bool(expected.ill))
    found = [found for one in (told.home, *told.locations.values()) for _, found in one.findings]
    yield from (f"read back: {one.message}" for one in found if refuses([one]) and not expected.ill)


def judged(world: World, operation: Operation, expected: Expected, *, acknowledged: bool) -> list[str]:
    """Return what is wrong with a swept archive in which the operation came to an end somehow."""
    world = world.opened_again()
    cast("Clock", world.archive.clock).now += operation.later
    told = expected.new((*_seen(world), *_unproven(world)), done=acknowledged)
    wrong = [f"after recovery: {each}" for each in told]
    wrong += _compared(facts_of(world, operation), expected, acknowledged=acknowledged)
    wrong += [f"repeated: {told}" for told in _repeated(world, operation, expected)]
    return wrong


def _compared(found: Facts, expected: Expected, *, acknowledged: bool) -> Iterator[str]:
    low = expected.after if acknowledged else expected.before & expected.after
    yield from (f"{'acknowledged and ' * acknowledged}lost: {fact}" for fact in low - found)
    yield from (f"from nowhere: {fact}" for fact in found - (expected.after | expected.before))


def _repeated(world: World, operation: Operation, expected: Expected) -> Iterator[str]:
    """Do the operation once more; it is done then, and once."""
    operation.act(world)
    found = facts_of(world, operation)
    yield from (f"not done: {fact}" for fact in expected.after - found)
    yield from (f"done twice: {fact}" for fact in found - expected.after if fact not in operation.again)
    yield from _seen(world)
    yield from _unproven(world)
    yield from (f"left behind: {told}" for told in _left_behind(world.archive))
    for location in locations(world.archive):
        yield from (f"left at {location.name}: {name}" for name in _names_in(location.staging))
    yield from (f"index: {found.message}" for found in check_index(world.archive))
    answers = _answers(world.archive)
    rebuild_index(world.archive)
    if _answers(world.archive) != answers:
        yield "the rebuilt index answers otherwise"


def _stored(world: World) -> Iterator[str]:
    """Compare what a reader sees, byte by byte, with what was sent; a reader needs no recovery."""
    for name, store in _stores(world.archive).items():
        for stored in store.objects():
            for number in stored.versions:
                yield from (f"{name}: {told}" for told in _other_bytes(world, stored, number))


def _seen(world: World) -> Iterator[str]:
    """Compare what is stored and what is found; the index may be behind until the archive starts again."""
    yield from _stored(world)
    store = AipStore(world.archive.aip_root, world.archive.staging / "locks")
    there = {stored.aip_id for stored in store.objects()}
    access = open_access(world.archive)
    with closing(access.index):
        yield from (
            f"{hit.aip_id} is found and not stored"
            for hit in access.find(Question()).hits
            if hit.aip_id not in there
        )


def _other_bytes(world: World, stored: StoredAip, number: int) -> Iterator[str]:
    sent = world.sent.get((stored.aip_id, number))
    if sent is None:
        yield f"{stored.aip_id}@v{number} was never sent"
        return
    found = {}
    for path, digest in stored.inventory.versions[number].state.items():
        place = stored.path / stored.inventory.manifest[digest][0]
        if path.startswith(_PAYLOAD):
            found[path.removeprefix(_PAYLOAD)] = place.read_bytes()
        elif not place.is_file():
            yield f"{stored.aip_id}@v{number} has no {path}"
    if found != sent:
        yield f"{stored.aip_id}@v{number} holds other bytes than were sent"


def _unproven(world: World) -> Iterator[str]:
    """Yield what an audit of everything finds, the ledger with it."""
    alone = replace(world.archive, settings=replace(world.archive.settings, workers=64))
    summary = run_audit(alone, select_for_audit(alone, None, None, 0), from_disk=False)
    for result in summary.damaged:
        yield from (f"{result.aip_id}: {found.code} {found.message}" for found in result.findings)
    trusted = world.archive.trusted_keys()
    for location in locations(world.archive):
        for root in location.store().found_roots():
            audited = audit_aip(root, trusted, algorithms=("sha512",), record=False)
            told = (found for found in audited.findings if found.severity is Severity.ERROR)
            yield from (f"{location.name}, {audited.aip_id}: {found.code} {found.message}" for found in told)


def _left_behind(archive: Archive) -> Iterator[str]:
    for room in (archive.staging, archive.custody):
        yield from _names_in(room)
    yield from (path.name for path in archive.index_root.rglob("*.toc.*"))


def _names_in(room: Path) -> list[str]:
    return [name for name in os.listdir(room) if name not in {"locks", "building.lock"}]


def _answers(archive: Archive) -> object:
    access = open_access(archive)
    with closing(access.index):
        found = access.find(Question())
        return (found.page.total, sorted(map(repr, found.hits)), access.index.holdings())
