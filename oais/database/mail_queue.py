"""The queue of letters: sealed while they wait, and nothing but their fate once they are gone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import Column, Connection, Integer, Table, delete, func, insert, or_, select, update

from oais.database.schema import METADATA, identifier, moments, new_identifier, texts

MAIL_QUEUE: Final = Table(
    "mail_queue",
    METADATA,
    identifier(),
    *texts("subject", "envelope", "fault", "queued_at", "due_at"),
    Column("attempts", Integer, nullable=False),
    *moments("until", "sent_at", "given_up_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedLetter:
    """A letter and its fate; ``envelope`` holds address and text sealed, and is empty after the end.

    From ``until`` on it is not worth sending. ``fault`` is what the newest attempt met, without any words of
    the letter.
    """

    identifier: str = field(default_factory=new_identifier)
    subject: str
    envelope: str = field(repr=False)
    queued_at: str
    due_at: str
    until: str | None = None
    attempts: int = 0
    fault: str = ""
    sent_at: str | None = None
    given_up_at: str | None = None


def add(connection: Connection, letter: QueuedLetter) -> None:
    """Put a letter into the queue; it is there when the caller's transaction is."""
    connection.execute(insert(MAIL_QUEUE).values(asdict(letter)))


def claim(connection: Connection, now: str, until: str) -> QueuedLetter | None:
    """Return the letter that is due longest, one attempt counted; others may try again from ``until`` on."""
    due = (
        select(MAIL_QUEUE)
        .where(_WAITING, MAIL_QUEUE.c.due_at <= now)
        .order_by(MAIL_QUEUE.c.due_at, MAIL_QUEUE.c.identifier)
        .limit(1)
    )
    row = connection.execute(due).mappings().one_or_none()
    if row is None:
        return None
    claimed = QueuedLetter(**{**row, "due_at": until, "attempts": row["attempts"] + 1})
    _change(connection, claimed.identifier, due_at=until, attempts=claimed.attempts)
    return claimed


def put_off(connection: Connection, identifier: str, due_at: str, fault: str) -> None:
    """Try a letter again later."""
    _change(connection, identifier, due_at=due_at, fault=fault)


def end_sent(connection: Connection, identifier: str, now: str) -> None:
    """Record that a letter was taken, and forget to whom it went and what it said."""
    _change(connection, identifier, sent_at=now, fault="", envelope="")


def give_up(connection: Connection, identifier: str, now: str, fault: str) -> None:
    """Record that a letter will not be sent, and forget to whom it was and what it said."""
    _change(connection, identifier, given_up_at=now, fault=fault, envelope="")


def waiting_letters(connection: Connection) -> list[QueuedLetter]:
    """Return the letters that wait."""
    return [QueuedLetter(**row) for row in connection.execute(select(MAIL_QUEUE).where(_WAITING)).mappings()]


def remove(connection: Connection, identifier: str) -> None:
    """Take a letter out of the queue without a trace."""
    connection.execute(delete(MAIL_QUEUE).where(MAIL_QUEUE.c.identifier == identifier))


def waiting(connection: Connection) -> int:
    """Return how many letters wait."""
    count = connection.execute(select(func.count()).select_from(MAIL_QUEUE).where(_WAITING)).scalar()
    return count or 0


def troubled(connection: Connection, tries: int) -> tuple[list[str], int]:
    """Return what met the letters that wait and were tried, and how many were given up after so many tries.

    A letter that a server refused at once, as for a mistyped address, is no trouble of ours.
    """
    met = select(MAIL_QUEUE.c.fault).where(_WAITING, MAIL_QUEUE.c.fault != "")
    given_up = select(func.count()).where(
        MAIL_QUEUE.c.given_up_at.is_not(None), MAIL_QUEUE.c.attempts >= tries
    )
    return list(connection.execute(met).scalars()), connection.execute(given_up).scalar_one()


def ended(connection: Connection) -> list[QueuedLetter]:
    """Return the letters that were sent or given up, the newest first."""
    wanted = select(MAIL_QUEUE).where(~_WAITING).order_by(MAIL_QUEUE.c.queued_at.desc())
    return [QueuedLetter(**row) for row in connection.execute(wanted).mappings()]


def newest(connection: Connection, *, most: int) -> list[QueuedLetter]:
    """Return letters, those that wait before those that ended, the newest first, at most so many."""
    wanted = select(MAIL_QUEUE).order_by(_WAITING.desc(), MAIL_QUEUE.c.queued_at.desc()).limit(most)
    return [QueuedLetter(**row) for row in connection.execute(wanted).mappings()]


def sweep(connection: Connection, before: str) -> None:
    """Forget letters that ended before a moment."""
    old = or_(MAIL_QUEUE.c.sent_at < before, MAIL_QUEUE.c.given_up_at < before)
    connection.execute(delete(MAIL_QUEUE).where(old))


_WAITING = MAIL_QUEUE.c.sent_at.is_(None) & MAIL_QUEUE.c.given_up_at.is_(None)


def _change(connection: Connection, identifier: str, **values: object) -> None:
    connection.execute(update(MAIL_QUEUE).where(MAIL_QUEUE.c.identifier == identifier).values(**values))
