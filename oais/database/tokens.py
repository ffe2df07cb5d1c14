"""API tokens; the token itself is known here by its digest alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import Column, Connection, Table, Text, bindparam, insert, select, update

from oais.database.schema import METADATA, identifier, moments, new_identifier, reference, texts

TOKENS: Final = Table(
    "tokens",
    METADATA,
    identifier(),
    reference("person", "people.identifier"),
    Column("digest", Text, nullable=False, unique=True),
    *texts("name", "scopes", "created_at", "expires_at"),
    *moments("revoked_at"),
)


_OF_DIGEST: Final = select(TOKENS).where(TOKENS.c.digest == bindparam("digest"))
"""Made once: it is asked at each request, and takes longer to make than to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token; ``scopes`` are words of ``policies.principals.Scope``, parted by spaces."""

    identifier: str = field(default_factory=new_identifier)
    person: str
    digest: str = field(repr=False)
    name: str
    scopes: str
    created_at: str
    expires_at: str
    revoked_at: str | None = None


def add(connection: Connection, token: Token) -> None:
    """Enter a new token."""
    connection.execute(insert(TOKENS).values(asdict(token)))


def by_digest(connection: Connection, digest: str) -> Token | None:
    """Return the token of a digest."""
    row = connection.execute(_OF_DIGEST, {"digest": digest}).mappings().one_or_none()
    return None if row is None else Token(**row)


def by_identifier(connection: Connection, identifier: str) -> Token | None:
    """Return a token by its identifier."""
    row = connection.execute(select(TOKENS).where(TOKENS.c.identifier == identifier)).mappings().one_or_none()
    return None if row is None else Token(**row)


def of_person(connection: Connection, person: str) -> list[Token]:
    """Return the tokens a person ever had, the newest first."""
    wanted = select(TOKENS).where(TOKENS.c.person == person).order_by(TOKENS.c.created_at.desc())
    return [Token(**row) for row in connection.execute(wanted).mappings()]


def revoke(connection: Connection, identifier: str, now: str) -> None:
    """Mark a token as revoked; it stays listed."""
    connection.execute(update(TOKENS).where(TOKENS.c.identifier == identifier).values(revoked_at=now))


def revoke_all(connection: Connection, person: str, now: str) -> None:
    """Mark all tokens of a person as revoked; those that were revoked earlier keep their moment."""
    living = (TOKENS.c.person == person) & TOKENS.c.revoked_at.is_(None)
    connection.execute(update(TOKENS).where(living).values(revoked_at=now))
