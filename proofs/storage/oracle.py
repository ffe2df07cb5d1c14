"""What must hold after any step failed, asked of the archive as a new process finds it.

Every question is answered with what is wrong; nothing wrong is an empty list.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from aip.storage import AipStore
from aip.stored import StoredAip
from oais.archive import Archive
from oais.confirming import why_closed
from oais.errors import StorageError
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.ledger.recording import known_in, ledger_of
from oais.functions.receipts import each_receipt
from oais.functions.recovery import sweep
from oais.functions.reopening import reopen
from oais.information.findings import refuses
from oais.information.packages import Receipt
from proofs.storage.operations import Operation
from proofs.storage.world import Clock, World

Facts = Counter[str]
_LATER = timedelta(hours=1)
"""How long after the fault the operation is repeated: nobody is believed to be at it still."""

_PAYLOAD = "representations/original/data/"


@dataclass(frozen=True, slots=True)
class Expected:
    """The facts before an operation and after it."""

    before: Facts
    after: Facts


def facts_of(world: World, operation: Operation) -> Facts:
    """Return what stands in an archive, each thing as often as it does."""
    archive = world.archive
    found = Counter(operation.facts(world))
    for stored in AipStore(archive.aip_root, archive.staging / "locks").objects():
        found.update(f"stored {stored.aip_id}@v{number}" for number in stored.versions)
    for _, receipt in each_receipt(archive):
        if isinstance(receipt, Receipt):
            found[f"receipt {receipt.status} {receipt.aip_id}@v{receipt.version}"] += 1
    for kind, subject in known_in(ledger_of(archive)):
        if kind != "audit":
            found[f"ledger {kind} {subject if kind == 'aip-version' else ''}"] += 1
    return found


def recovered(world: World) -> list[str]:
    """Return what is wrong before and after the archive is opened again and swept."""
    wrong = [f"half visible: {told}" for told in _stored(world)]
    world = world.opened_again()
    if why_closed(world.home):
        with suppress(StorageError):
            sweep(world.archive)
            wrong.append("swept, although a write was not confirmed")
        told = reopen(world.archive).findings
        wrong += [f"read back: {found.message}" for _, found in told if refuses([found])]
    sweep(world.archive)
    return wrong + [f"left behind: {told}" for told in _left_behind(world.archive)]


def judged(world: World, operation: Operation, expected: Expected, *, acknowledged: bool) -> list[str]:
    """Return what is wrong with a swept archive in which the operation came to an end somehow."""
    cast("Clock", world.archive.clock).now += _LATER
    wrong = [f"after recovery: {told}" for told in (*_seen(world), *_unproven(world))]
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
    yield from (f"done twice: {fact}" for fact in found - expected.after)
    yield from _seen(world)
    yield from _unproven(world)
    yield from (f"left behind: {told}" for told in _left_behind(world.archive))
    yield from (f"index: {found.message}" for found in check_index(world.archive))
    answers = _answers(world.archive)
    rebuild_index(world.archive)
    if _answers(world.archive) != answers:
        yield "the rebuilt index answers otherwise"


def _stored(world: World) -> Iterator[str]:
    """Compare what a reader sees, byte by byte, with what was sent; a reader needs no recovery."""
    for stored in AipStore(world.archive.aip_root, world.archive.staging / "locks").objects():
        for number in stored.versions:
            yield from _other_bytes(world, stored, number)


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


def _left_behind(archive: Archive) -> Iterator[str]:
    for room in (archive.staging, archive.custody):
        yield from (name for name in os.listdir(room) if name not in {"locks", "building.lock"})


def _answers(archive: Archive) -> object:
    access = open_access(archive)
    with closing(access.index):
        found = access.find(Question())
        return (found.page.total, sorted(map(repr, found.hits)), access.index.holdings())
