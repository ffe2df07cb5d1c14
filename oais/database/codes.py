"""Access codes that were mailed, and the download sessions they opened; both known by keyed digests alone.

An address is here only as the HMAC that limits count by, and is forgotten after a day.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from oais.database.schema import METADATA, identifier, moments, new_identifier, texts

CODES: Final = Table(
    "access_codes",
    METADATA,
    identifier(),
    *(Column(name, Text, nullable=False, index=True) for name in ("address", "network", "browser")),
    *texts("digest", "person", "country"),
    Column("issued_at", Text, nullable=False, index=True),
    *texts("expires_at"),
    Column("tries", Integer, nullable=False),
    *moments("ended_at"),
)

DOWNLOAD_SESSIONS: Final = Table(
    "download_sessions",
    METADATA,
    identifier(),
    Column("digest", Text, nullable=False, unique=True),
    *texts("country", "opened_at", "expires_at"),
)

OPENED: Final = Table(
    "download_sessions_opened",
    METADATA,
    Column("month", Text, primary_key=True),
    Column("country", Text, primary_key=True),
    Column("sessions", Integer, nullable=False),
)
"""How many download sessions were opened, by month (``2026-11``) and country of the address's domain."""

_LIVING: Final = select(CODES).where(
    CODES.c.browser == bindparam("browser"),
    CODES.c.ended_at.is_(None),
    CODES.c.issued_at <= bindparam("now"),
    CODES.c.expires_at > bindparam("now"),
)
"""Made once: it is asked at every guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessCode:
    """One code: for whom, from where, and how often it was tried; it lives until ``ended_at``.

    ``person`` is the account it was mailed to, empty for an address that a stranger gave.
    """

    identifier: str = field(default_factory=new_identifier)
    address: str
    network: str
    browser: str
    digest: str = field(repr=False)
    person: str
    country: str
    issued_at: str
    expires_at: str
    tries: int = 0
    ended_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadSession:
    """The right of one browser to download what asks for an access code."""

    identifier: str = field(default_factory=new_identifier)
    digest: str = field(repr=False)
    country: str
    opened_at: str
    expires_at: str


def add(connection: Connection, code: AccessCode) -> None:
    """Enter a new code; older ones of its address or its browser end."""
    same = or_(CODES.c.address == code.address, CODES.c.browser == code.browser)
    connection.execute(update(CODES).where(same, CODES.c.ended_at.is_(None)).values(ended_at=code.issued_at))
    connection.execute(insert(CODES).values(asdict(code)))


def issued_since(connection: Connection, moment: str, *, address: str = "", network: str = "") -> int:
    """Return how many codes were issued after a moment, in all or for an address or a network."""
    count = select(func.count()).select_from(CODES).where(CODES.c.issued_at > moment)
    if address:
        count = count.where(CODES.c.address == address)
    if network:
        count = count.where(CODES.c.network == network)
    return connection.execute(count).scalar_one()


def living(connection: Connection, browser: str, now: str) -> AccessCode | None:
    """Return the code that a browser can use now; one issued in the future cannot be."""
    row = connection.execute(_LIVING, {"browser": browser, "now": now}).mappings().one_or_none()
    return None if row is None else AccessCode(**row)


def count_try(connection: Connection, code: AccessCode) -> None:
    """Count one attempt to use a code."""
    _change(connection, CODES.c.identifier == code.identifier, tries=code.tries + 1)


def end(connection: Connection, code: AccessCode, now: str) -> None:
    """End a code: it was used, or tried too often."""
    _change(connection, CODES.c.identifier == code.identifier, ended_at=now)


def open_session(connection: Connection, session: DownloadSession) -> None:
    """Enter a download session and count it in its month."""
    connection.execute(insert(DOWNLOAD_SESSIONS).values(asdict(session)))
    month = {"month": session.opened_at[:7], "country": session.country}
    counted = (OPENED.c.month == month["month"]) & (OPENED.c.country == month["country"])
    more = update(OPENED).where(counted).values(sessions=OPENED.c.sessions + 1)
    if connection.execute(more).rowcount == 0:
        connection.execute(insert(OPENED).values(**month, sessions=1))


def remove_all(connection: Connection, person: str) -> None:
    """Remove the codes that were mailed to an account."""
    connection.execute(delete(CODES).where(CODES.c.person == person))


def session_of(connection: Connection, digest: str, now: str) -> DownloadSession | None:
    """Return the download session of a digest while it lasts."""
    wanted = select(DOWNLOAD_SESSIONS).where(
        DOWNLOAD_SESSIONS.c.digest == digest,
        DOWNLOAD_SESSIONS.c.opened_at <= now,
        DOWNLOAD_SESSIONS.c.expires_at > now,
    )
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else DownloadSession(**row)


def opened(connection: Connection) -> list[tuple[str, str, int]]:
    """Return month, country and number of the download sessions that were opened."""
    wanted = select(OPENED).order_by(OPENED.c.month, OPENED.c.country)
    return [(row.month, row.country, row.sessions) for row in connection.execute(wanted)]


def sweep(connection: Connection, before: str, now: str) -> None:
    """Forget codes issued before a moment and download sessions that are over."""
    connection.execute(delete(CODES).where(CODES.c.issued_at < before))
    connection.execute(delete(DOWNLOAD_SESSIONS).where(DOWNLOAD_SESSIONS.c.expires_at <= now))


def _change(connection: Connection, which: ColumnElement[bool], **values: object) -> None:
    connection.execute(update(CODES).where(which).values(**values))
