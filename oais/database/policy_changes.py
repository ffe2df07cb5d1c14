"""Which policies were in force since when, by their digest."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Integer, Table, func, insert, select

from oais.database.schema import METADATA, texts

CHANGES: Final = Table(
    "policy_changes", METADATA, Column("number", Integer, primary_key=True), *texts("since", "digest")
)


def in_force(connection: Connection) -> str:
    """Return the digest of the policies last noted; an empty text when there are none yet."""
    newest = select(CHANGES.c.digest).order_by(CHANGES.c.number.desc()).limit(1)
    return connection.execute(newest).scalar() or ""


def note(connection: Connection, since: str, digest: str) -> None:
    """Note that other policies are in force."""
    number = connection.execute(select(func.coalesce(func.max(CHANGES.c.number), 0))).scalar_one() + 1
    connection.execute(insert(CHANGES).values(number=number, since=since, digest=digest))


def history(connection: Connection) -> list[tuple[str, str]]:
    """Return since when which digest was in force, the newest first."""
    rows = connection.execute(select(CHANGES.c.since, CHANGES.c.digest).order_by(CHANGES.c.number.desc()))
    return [(row.since, row.digest) for row in rows]
