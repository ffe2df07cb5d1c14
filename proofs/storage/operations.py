"""The operations that are swept; a new one is ten lines, here or beside its like."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Final, cast

from aip.audit import UNREADABLE, UNREADABLE_BESIDE
from aip.reading import read_record
from oais.errors import StorageError
from oais.files import write_durably
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.data_management import index_records, rebuild_index
from oais.functions.ingest import ingest
from oais.functions.ledger.recording import record_kept
from oais.functions.orders import consumers, placing, selection
from oais.functions.orders.building import LEASE, Worker
from oais.functions.orders.clearing import clear_orders
from oais.functions.policy.history import policy_history
from oais.functions.policy.recording import record_policies
from oais.functions.withdrawal.asking import approve, ask
from oais.functions.withdrawal.keeping import withdrawal_of
from oais.information.representation.inspection import Inspector
from policies.principals import Role
from proofs.storage import copying, people, trusting
from proofs.storage.operation import Operation
from proofs.storage.world import FIRST, HELD, SECOND, Clock, Inspecting, World, deliver

NEW = "x.new"


_NO_VERDICT = frozenset({UNREADABLE, UNREADABLE_BESIDE, "AIP-013"})
"""What an audit says of a disk that fails: that it could not read or note, never that bytes are others."""


def _audit(world: World) -> None:
    alone = replace(world.archive, settings=replace(world.archive.settings, workers=64))
    summary = run_audit(alone, select_for_audit(alone, None, None, 0), from_disk=False)
    found = [each for result in summary.damaged for each in result.findings]
    if any(each.code not in _NO_VERDICT for each in found):
        raise AssertionError(f"a false alarm: {found}")
    if found:
        raise StorageError(found[0].message, remedy=found[0].remedy)


def _place_order(world: World) -> None:
    access = open_access(world.archive, consumers.OPERATOR, world.people.database)
    consumer = consumers.consumer_of(world.people, access, "b" * 43)
    placing.place(consumer, selection.found(access, Question()).picks, "zip")


def _orders(world: World) -> Counter[str]:
    return Counter({"orders": sum(_by_state(world).values())})


def _by_state(world: World) -> dict[str, int]:
    with world.people.database.reading() as connection:
        rows = connection.exec_driver_sql("select state, count(*) from orders group by state").all()
    return {str(row[0]): int(row[1]) for row in rows}


def _archivists(world: World) -> None:
    """Make two archivists, of whom one asks that the AIP be withdrawn."""
    for login in ("ann", "ben"):
        people.account(world, login, Role.ARCHIVIST)
    ask(world.people, world.facts["ann"], HELD, why="error", reason="it is wrong", basis="a letter")


def _withdraw(world: World) -> None:
    approve(world.people, world.facts["ben"], HELD)


def _withdrawals(world: World) -> Counter[str]:
    found = withdrawal_of(world.archive, HELD)
    return Counter([] if found is None else [f"withdrawal {found.state(world.archive.now())}"])


def _keep(world: World) -> None:
    """Store an AIP that the ledger is not told of."""
    kept = ingest(world.archive, world.pack(NEW, 1, FIRST), cast("Inspector", Inspecting()))
    assert kept.stored is not None
    index_records(world.archive, [read_record(kept.stored)])


def _build_order(world: World) -> None:
    """Build what waits, also what a worker that is gone had begun; of one that failed its owner was told."""
    clock = cast("Clock", world.archive.clock)
    clock.now += 2 * LEASE
    while Worker(world.people).build_next() is not None:
        pass
    if "building" in _by_state(world):
        raise StorageError("an order is being built by somebody else", remedy="wait until that has ended")


def _wait_for_order(world: World) -> None:
    """Let an order be built."""
    _place_order(world)
    assert Worker(world.people).build_next() is not None


def _clear_orders(world: World) -> None:
    """Clear the room of orders after their packages have waited as long as they are kept."""
    clock = cast("Clock", world.archive.clock)
    clock.now += timedelta(days=world.archive.settings.order_days + 1)
    clear_orders(world.people)


def _packages(world: World) -> Counter[str]:
    found = Counter(
        f"package {path.suffix}" for path in world.archive.dip_root.rglob("order-*.*") if path.is_file()
    )
    return found + Counter({f"order {state}": number for state, number in _by_state(world).items()})


def _change_policy(world: World) -> None:
    rules = world.home / "policies" / "access.yaml"
    write_durably(rules, rules.read_bytes().replace(b"released to everybody", b"free for all"))
    record_policies(world.people)
    if trouble := world.archive.in_force.trouble():  # those before stay in force, and status says so
        raise StorageError(trouble, remedy="'oais policy check' tells what to mend")


def _policies(world: World) -> Counter[str]:
    return Counter(f"policies of {len(change.files)} files" for change in policy_history(world.home))


OPERATIONS: Final = (
    Operation("ingest", lambda world: deliver(world, NEW, 1), lambda world: world.pack(NEW, 1, FIRST)),
    Operation(
        "new version", lambda world: deliver(world, HELD, 2), lambda world: world.pack(HELD, 2, SECOND)
    ),
    Operation("audit", _audit, lambda world: record_policies(world.people), warns=True),
    Operation("rebuild", lambda world: rebuild_index(world.archive)),
    Operation("ledger", lambda world: record_kept(world.archive), _keep),
    Operation("policy change", _change_policy, lambda world: record_policies(world.people), _policies),
    Operation("order placed", _place_order, people.begun),
    Operation("order built", _build_order, _place_order, facts=_orders),
    Operation("order expired", _clear_orders, _wait_for_order, _packages),
    Operation("withdrawal", _withdraw, _archivists, facts=_withdrawals),
    *people.OPERATIONS,
    *copying.OPERATIONS,
    *trusting.OPERATIONS,
)
