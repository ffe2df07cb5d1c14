"""The worker's round: orders, deposits, copies, audits, time stamps, mail, quick-looks, what has expired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from oais.errors import ArchiveError, as_fault
from oais.functions.auditing import Auditor
from oais.functions.copies.replication import Replicator
from oais.functions.deposit.clearing import Clearer
from oais.functions.deposit.intake import ingest_due
from oais.functions.deposit.uploads import sweep_expired
from oais.functions.ledger.stamping import Stamper
from oais.functions.mailing import send_due
from oais.functions.notifications import notify_due
from oais.functions.orders.building import Worker
from oais.functions.orders.clearing import clear_orders
from oais.functions.quicklooks.drawing import QuickLooker
from oais.functions.service import Service
from oais.functions.withdrawal.orders import end_orders_of_withdrawn

Chore = Callable[[], int]
"""A piece of work that is due; returns how much of it was done."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a chore did, or the fault that stopped it; the other chores go on."""

    chore: str
    count: int
    fault: ArchiveError | None = None


def chores_of(service: Service) -> Mapping[str, Chore]:
    """Return the chores of a worker, in the order in which a round does them."""
    worker = Worker(service)
    return {
        "orders of withdrawn AIPs ended": lambda: end_orders_of_withdrawn(service),
        "orders cleared": lambda: clear_orders(service),
        "orders built": lambda: int(worker.build_next() is not None),
        "deposits taken in": lambda: ingest_due(service),
        "versions copied": Replicator(service.archive).bring_due,
        "uploads proven and removed": Clearer(service).clear_due,
        "uploads expired": lambda: sweep_expired(service),
        "AIPs audited": Auditor(service).audit_due,
        "checkpoints stamped": Stamper(service.archive).stamp_due,
        "letters written": lambda: notify_due(service),
        "letters sent": lambda: send_due(service),
        "quick-looks made of products": QuickLooker(service.archive).draw_due,
    }


def work_round(chores: Mapping[str, Chore]) -> Iterator[Done]:
    """Do every chore once and yield those that did something or failed."""
    for name, chore in chores.items():
        try:
            done = Done(name, chore())
        except Exception as error:  # noqa: BLE001 - one chore's fault must not keep the others from their work
            done = Done(name, 0, as_fault(error))
        if done.count or done.fault:
            yield done
