"""The sessions of people who logged in; the secret in their browser is known here by its digest alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import Boolean, Column, Connection, Table, Text, bindparam, delete, insert, select, update

from oais.database.schema import METADATA, identifier, moments, new_identifier, reference, texts

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    identifier(),
    reference("person", "people.identifier"),
    Column("digest", Text, nullable=False, unique=True),
    *texts("created_at", "seen_at", "expires_at"),
    *moments("last_login_at", "confirmed_at"),
    Column("remembered", Boolean, nullable=False),
)

_OF_DIGEST: Final = select(SESSIONS).where(SESSIONS.c.digest == bindparam("digest"))
"""Made once: it is asked at each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session; ``last_login_at`` is the login before, ``confirmed_at`` when a mailed code was given."""

    identifier: str = field(default_factory=new_identifier)
    person: str
    digest: str = field(repr=False)
    created_at: str
    seen_at: str
    expires_at: str
    last_login_at: str | None = None
    confirmed_at: str | None = None
    remembered: bool = False


def add(connection: Connection, session: Session) -> None:
    """Enter a new session."""
    connection.execute(insert(SESSIONS).values(asdict(session)))


def by_digest(connection: Connection, digest: str) -> Session | None:
    """Return the session of a secret's digest."""
    row = connection.execute(_OF_DIGEST, {"digest": digest}).mappings().one_or_none()
    return None if row is None else Session(**row)


def of_person(connection: Connection, person: str) -> list[Session]:
    """Return the sessions of a person, the newest first."""
    wanted = select(SESSIONS).where(SESSIONS.c.person == person).order_by(SESSIONS.c.created_at.desc())
    return [Session(**row) for row in connection.execute(wanted).mappings()]


def change(connection: Connection, identifier: str, **values: str) -> None:
    """Change moments of a session."""
    connection.execute(update(SESSIONS).where(SESSIONS.c.identifier == identifier).values(**values))


def end(connection: Connection, identifier: str) -> None:
    """End one session."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.identifier == identifier))


def end_all(connection: Connection, person: str, *, but: str = "") -> int:
    """End the sessions of a person, all ``but`` one, and return how many there were."""
    others = (SESSIONS.c.person == person) & (SESSIONS.c.identifier != but)
    return connection.execute(delete(SESSIONS).where(others)).rowcount


def sweep(connection: Connection, now: str) -> None:
    """Forget the sessions whose time is over."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= now))
