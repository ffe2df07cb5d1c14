"""What needs somebody's hand today, and the archive in a few figures; each matter leads to its page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from oais.database import orders
from oais.database.orders import OrderState
from oais.errors import DamageError
from oais.functions.access.facade import Access
from oais.functions.deposit.plans import agreement_views
from oais.functions.desk.deliveries import Decided, QueueView, queue_view, refused_names
from oais.functions.desk.letters import mail_view
from oais.functions.desk.storage import StorageView, storage_view
from oais.functions.people.registration import waiting_for_approval
from oais.functions.service import Service
from oais.functions.withdrawal.listing import list_withdrawals
from policies.principals import Duty, may


class Matter(StrEnum):
    """What may need somebody's hand."""

    DAMAGED = "damaged"
    LOCATIONS = "locations"
    AWAY = "away"
    CLOSED = "closed"
    ASIDE = "aside"
    LATE_AUDITS = "late audits"
    LITTLE_ROOM = "little room"
    LEDGER = "ledger"
    STAMPS = "stamps"
    INDEX = "index"
    UNFINISHED = "unfinished"
    STOPPED = "stopped"
    OVERDUE = "overdue"
    REFUSED = "refused"
    WITHDRAWALS = "withdrawals"
    APPROVALS = "approvals"
    ORDERS = "orders"
    LETTERS = "letters"
    GIVEN_UP = "given up"


_URGENT = frozenset(
    {
        *(Matter.DAMAGED, Matter.LOCATIONS, Matter.AWAY, Matter.CLOSED),
        *(Matter.LITTLE_ROOM, Matter.LEDGER, Matter.INDEX),
    }
)

PAGES = {
    Matter.DAMAGED: "/desk/audits",
    Matter.LOCATIONS: "/desk/storage",
    Matter.AWAY: "/desk/storage",
    Matter.CLOSED: "/desk/storage",
    Matter.ASIDE: "/desk/storage",
    Matter.LATE_AUDITS: "/desk/audits",
    Matter.LITTLE_ROOM: "/desk/storage",
    Matter.LEDGER: "/desk/storage#ledger",
    Matter.STAMPS: "/desk/storage#ledger",
    Matter.INDEX: "/desk/storage#index",
    Matter.UNFINISHED: "/desk/storage#index",
    Matter.STOPPED: "/desk/ingest",
    Matter.OVERDUE: "/desk/agreements",
    Matter.REFUSED: "/desk/refused",
    Matter.WITHDRAWALS: "/desk/withdrawals",
    Matter.APPROVALS: "/desk/approvals",
    Matter.ORDERS: "/orders?everybody=true",
    Matter.LETTERS: "/desk/mail",
    Matter.GIVEN_UP: "/desk/mail",
}
"""Where each matter is seen to."""


@dataclass(frozen=True, slots=True)
class Task:
    """One matter that needs a hand: how many there are of it, about what, and where it is seen to."""

    matter: str
    count: int
    about: str
    address: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class DeskView:
    """What needs a hand, the urgent first, and the archive in figures; sizes in bytes."""

    tasks: tuple[Task, ...]
    aips: int
    products: int
    queued: int
    orders: int
    letters: int
    free: int
    ledger: int
    lately: tuple[Decided, ...]


def desk_view(service: Service, access: Access) -> DeskView:
    """Return what the asker may see to, and the figures; raises StorageError when the database fails."""
    queue, storage, mail = queue_view(service), storage_view(access), mail_view(service)
    with service.database.reading() as connection:
        under_way = orders.count(connection, None, (OrderState.QUEUED, OrderState.BUILDING))
        failed = orders.count(connection, None, (OrderState.FAILED,))
    found = [
        *_of_storage(storage, service.archive.settings.max_delivery_bytes),
        *_of_deliveries(service, access, queue),
        *_of_people(service, access),
        (Matter.ORDERS, failed, ""),
        (Matter.LETTERS, mail.troubled, ""),
        (Matter.GIVEN_UP, mail.given_up, ""),
    ]
    tasks = [_task(*one) for one in found if one[1]]
    return DeskView(
        tasks=tuple(sorted(tasks, key=lambda task: not task.urgent)),
        aips=storage.index.aips,
        products=storage.index.products,
        queued=len(queue.uploading) + len(queue.waiting) + len(queue.dropped),
        orders=under_way,
        letters=mail.waiting,
        free=storage.locations[0].free,
        ledger=storage.ledger.size if storage.ledger else 0,
        lately=queue.lately,
    )


Found = tuple[Matter, int, str]
"""A matter, how many there are of it (0: none), and about what."""


def _task(matter: Matter, count: int, about: str) -> Task:
    return Task(matter, count, about, PAGES[matter], matter in _URGENT)


def _of_storage(storage: StorageView, delivery: int) -> Iterator[Found]:
    yield Matter.LOCATIONS, bool(storage.fault), storage.fault
    for one in storage.locations:
        yield Matter.AWAY, bool(one.away), one.name
        yield Matter.CLOSED, bool(one.closed), one.name
        yield Matter.DAMAGED, one.troubled, one.name
        yield Matter.LATE_AUDITS, one.late, one.name
        yield Matter.ASIDE, one.aside, one.name
        # Another delivery of the largest size would not fit any more.
        yield Matter.LITTLE_ROOM, bool(one.room) and one.free < min(delivery, one.room // 20), one.name
    if storage.ledger is not None:
        yield Matter.LEDGER, bool(storage.ledger.fault), storage.ledger.fault
        yield Matter.STAMPS, storage.ledger.stamps_owed, ""
    yield Matter.INDEX, bool(storage.index.fault), storage.index.fault
    yield Matter.UNFINISHED, storage.index.unfinished, ""


def _of_deliveries(service: Service, access: Access, queue: QueueView) -> Iterator[Found]:
    yield Matter.STOPPED, queue.stopped, ""
    yield Matter.OVERDUE, sum(one.overdue for one in agreement_views(access)), ""
    yield Matter.REFUSED, len(refused_names(service.archive)), ""


def _of_people(service: Service, access: Access) -> Iterator[Found]:
    with suppress(DamageError):  # the list of locations is damaged, which is told of already
        yield Matter.WITHDRAWALS, len(list_withdrawals(service.archive).waiting), ""
    if may(access.principal, Duty.MANAGE_PEOPLE):
        yield Matter.APPROVALS, len(waiting_for_approval(service)), ""
