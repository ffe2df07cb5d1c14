"""The deposits of providers: how far each upload has come, and what became of the delivery."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Table,
    func,
    insert,
    select,
    update,
)

from oais.database.schema import METADATA, identifier, new_identifier, reference, texts


class DepositState(StrEnum):
    """Where a deposit stands; the last four are its end."""

    UPLOADING = "uploading"
    RECEIVED = "received"
    CHECKING = "checking"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


WAITING: Final = (DepositState.RECEIVED, DepositState.CHECKING)
"""Whole, and not yet decided on; one being checked by a worker that ended is waiting again."""

LIVE: Final = (DepositState.UPLOADING, *WAITING)
"""Not decided on; its bytes lie in ``sip/uploads``."""

DECIDED: Final = (DepositState.ACCEPTED, DepositState.REFUSED)
"""Its bytes lie there until what is kept of it is proven."""

KEPT: Final = (*LIVE, *DECIDED)
"""Nobody but who proves it removes its bytes."""

DEPOSITS: Final = Table(
    "deposits",
    METADATA,
    identifier(),
    reference("person", "people.identifier"),
    *texts(
        "name",
        "agreement",
        "fingerprint",
        "state",
        "promised",
        "receipt",
        "note",
        "created_at",
        "changed_at",
        "due_at",
    ),
    *(Column(name, BigInteger, nullable=False) for name in ("length", "offset")),
    Column("attempts", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """One delivery of a person: ``offset`` of ``length`` bytes are durable.

    ``agreement`` counts for a bag that names none; ``fingerprint`` is the sender's own, by which he knows the
    upload again. ``promised`` is the name of the receipt from when the upload is whole, ``receipt`` that of
    the one that was given: another one's, where the content was held already. ``note`` tells why an ingest
    was stopped, or why the bytes of one that was decided on stay, and ``due_at`` is the moment from which an
    ingest is tried (again).
    """

    identifier: str = field(default_factory=new_identifier)
    person: str
    name: str
    length: int
    offset: int = 0
    agreement: str = ""
    fingerprint: str = ""
    state: DepositState = DepositState.UPLOADING
    promised: str = ""
    receipt: str = ""
    note: str = ""
    attempts: int = 0
    created_at: str
    changed_at: str
    due_at: str = ""

    @property
    def held(self) -> bool:
        """Whether the archive held this content already, under the receipt of an earlier delivery."""
        return self.receipt not in {"", self.promised}


def add(connection: Connection, deposit: Deposit) -> None:
    """Enter a new deposit."""
    connection.execute(insert(DEPOSITS).values(asdict(deposit)))


def change(connection: Connection, identifier: str, **values: str | int) -> Deposit:
    """Change columns of a deposit that is there and return it as it is now."""
    connection.execute(update(DEPOSITS).where(DEPOSITS.c.identifier == identifier).values(**values))
    changed = by_identifier(connection, identifier)
    assert changed is not None
    return changed


def by_identifier(connection: Connection, identifier: str) -> Deposit | None:
    """Return a deposit by its identifier."""
    return next(iter(_found(connection, DEPOSITS.c.identifier == identifier)), None)


def of_person(connection: Connection, person: str, *, most: int) -> list[Deposit]:
    """Return what a person delivered, the newest first, at most so many."""
    return _found(connection, DEPOSITS.c.person == person)[:most]


def held_bytes(connection: Connection, person: str) -> int:
    """Return how many bytes the live deposits of a person have or will have."""
    held = select(func.coalesce(func.sum(DEPOSITS.c.length), 0))
    total = connection.execute(
        held.where(DEPOSITS.c.person == person, DEPOSITS.c.state.in_(LIVE))
    ).scalar_one()
    return int(total)


def uploading(connection: Connection, person: str) -> int:
    """Return how many uploads of a person are begun and not whole."""
    count = select(func.count()).select_from(DEPOSITS)
    mine = DEPOSITS.c.person == person, DEPOSITS.c.state == DepositState.UPLOADING
    return connection.execute(count.where(*mine)).scalar_one()


def kept_of(connection: Connection, person: str) -> list[Deposit]:
    """Return the deliveries of a person that are not decided on, or were and whose bytes may still stay."""
    return _found(connection, DEPOSITS.c.person == person, DEPOSITS.c.state.in_(KEPT))


def waiting(connection: Connection) -> int:
    """Return how many are whole and not yet decided on."""
    count = select(func.count()).select_from(DEPOSITS).where(DEPOSITS.c.state.in_(WAITING))
    return connection.execute(count).scalar_one()


def due(connection: Connection, now: str) -> list[Deposit]:
    """Return what waits to be ingested at this moment, the oldest first."""
    return _found(connection, DEPOSITS.c.state.in_(WAITING), DEPOSITS.c.due_at <= now)[::-1]


def live(connection: Connection, *, most: int) -> list[Deposit]:
    """Return the deposits of everybody that are not decided on, the newest first, at most so many."""
    return _found(connection, DEPOSITS.c.state.in_(LIVE))[:most]


def idle(connection: Connection, since: str) -> list[Deposit]:
    """Return the uploads that nothing was added to since that moment."""
    return _found(connection, DEPOSITS.c.state == DepositState.UPLOADING, DEPOSITS.c.changed_at <= since)


def staying(connection: Connection, *, most: int) -> list[Deposit]:
    """Return the deposits that were decided on and whose bytes stay, the newest first, at most so many."""
    return _found(connection, DEPOSITS.c.state.in_(DECIDED), DEPOSITS.c.note != "")[:most]


def _found(connection: Connection, *conditions: ColumnElement[bool]) -> list[Deposit]:
    wanted = select(DEPOSITS).where(*conditions).order_by(DEPOSITS.c.created_at.desc(), DEPOSITS.c.identifier)
    rows = connection.execute(wanted).mappings()
    return [Deposit(**{**row, "state": DepositState(row["state"])}) for row in rows]
