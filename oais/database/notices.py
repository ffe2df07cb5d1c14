"""What people want to be told, what they were told already, and how far the ledger was read for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import Column, Connection, Table, Text, UniqueConstraint, delete, func, insert, select, update

from oais.database.schema import METADATA, identifier, new_identifier, reference, texts

SUBSCRIPTIONS: Final = Table(
    "subscriptions",
    METADATA,
    identifier(),
    reference("person", "people.identifier"),
    *texts("name", "question", "made_at"),
    UniqueConstraint("person", "question"),
)

NOTICES: Final = Table(
    "notices",
    METADATA,
    reference("person", "people.identifier", primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("about", Text, primary_key=True),
    *texts("told_at"),
)
"""The unique key of each notice: so that nobody is ever told the same thing twice."""

READ_RECEIPTS: Final = Table("read_receipts", METADATA, Column("name", Text, primary_key=True))
"""The receipts that were read, of those that are not older than the mark."""

MARKS: Final = Table("marks", METADATA, Column("name", Text, primary_key=True), *texts("value"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A wish to hear of new data that a search would find; ``question`` is that search as JSON."""

    identifier: str = field(default_factory=new_identifier)
    person: str
    name: str
    question: str
    made_at: str


def subscribe(connection: Connection, subscription: Subscription) -> None:
    """Enter a subscription, instead of one to the same search."""
    same = (SUBSCRIPTIONS.c.person == subscription.person) & (
        SUBSCRIPTIONS.c.question == subscription.question
    )
    connection.execute(delete(SUBSCRIPTIONS).where(same))
    connection.execute(insert(SUBSCRIPTIONS).values(asdict(subscription)))


def by_identifier(connection: Connection, identifier: str) -> Subscription | None:
    """Return a subscription by its identifier."""
    wanted = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.identifier == identifier)
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else Subscription(**row)


def subscriptions(connection: Connection, person: str = "") -> list[Subscription]:
    """Return the subscriptions of a person, or of everybody."""
    wanted = select(SUBSCRIPTIONS).order_by(SUBSCRIPTIONS.c.person, SUBSCRIPTIONS.c.made_at)
    if person:
        wanted = wanted.where(SUBSCRIPTIONS.c.person == person)
    return [Subscription(**row) for row in connection.execute(wanted).mappings()]


def unsubscribe(connection: Connection, identifier: str) -> None:
    """End a subscription."""
    connection.execute(delete(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.identifier == identifier))


def note(connection: Connection, person: str, kind: str, about: str, now: str) -> bool:
    """Note that a person is told something; return whether it is for the first time."""
    key = {"person": person, "kind": kind, "about": about}
    told = select(NOTICES.c.told_at).filter_by(**key)
    if connection.execute(told).first() is not None:
        return False
    connection.execute(insert(NOTICES).values(**key, told_at=now))
    return True


def told_since(connection: Connection, person: str, kind: str, moment: str) -> int:
    """Return how many things of a kind were noted of a person after a moment."""
    count = select(func.count()).select_from(NOTICES).where(NOTICES.c.told_at > moment)
    return connection.execute(count.filter_by(person=person, kind=kind)).scalar_one()


def mark(connection: Connection, name: str) -> str | None:
    """Return how far something was read; None before the first reading."""
    return connection.execute(select(MARKS.c.value).filter_by(name=name)).scalar()


def move_mark(connection: Connection, name: str, value: str) -> None:
    """Remember how far something was read."""
    if connection.execute(update(MARKS).filter_by(name=name).values(value=value)).rowcount == 0:
        connection.execute(insert(MARKS).values(name=name, value=value))


def forget_read(connection: Connection, before: str) -> None:
    """Forget which receipts were read, of those before a name."""
    connection.execute(delete(READ_RECEIPTS).where(READ_RECEIPTS.c.name < before))


def read_receipts(connection: Connection) -> set[str]:
    """Return the names of the receipts that were read already."""
    return set(connection.execute(select(READ_RECEIPTS.c.name)).scalars())


def add_read(connection: Connection, names: Iterable[str]) -> None:
    """Note that receipts were read, by whichever worker was first."""
    new = sorted(set(names) - read_receipts(connection))
    if new:
        connection.execute(insert(READ_RECEIPTS), [{"name": name} for name in new])
