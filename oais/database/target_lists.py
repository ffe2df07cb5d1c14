"""Lists of targets that somebody looked for: each once, under a name that tells nothing of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection, Table, delete, insert, select, union_all

from oais.database.notices import SUBSCRIPTIONS
from oais.database.saved_queries import SAVED_QUERIES
from oais.database.schema import METADATA, identifier, texts

TARGET_LISTS: Final = Table(
    "target_lists",
    METADATA,
    identifier(),
    *texts("lines", "radius", "network", "kept_at"),
)

_NAME: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetList:
    """A list as it was sent, the radius around its positions in degrees, who sent it last, and when.

    ``network`` is a keyed digest of where it came from; it only tells apart who fills the room.
    """

    identifier: str
    lines: str
    radius: str
    network: str
    kept_at: str


def keep(connection: Connection, kept: TargetList) -> None:
    """Keep a list, instead of the same one that was kept before."""
    connection.execute(delete(TARGET_LISTS).where(TARGET_LISTS.c.identifier == kept.identifier))
    connection.execute(insert(TARGET_LISTS).values(asdict(kept)))


def by_identifier(connection: Connection, wanted: str) -> TargetList | None:
    """Return a list, None when it is not kept."""
    found = connection.execute(select(TARGET_LISTS).where(TARGET_LISTS.c.identifier == wanted)).mappings()
    return next((TargetList(**row) for row in found), None)


def unsaved(connection: Connection) -> list[TargetList]:
    """Return what no saved search and no subscription asks for, newest first, without the lines."""
    searches = union_all(
        select(SAVED_QUERIES.c.query.label("text")).where(SAVED_QUERIES.c.query.contains("list=")),
        select(SUBSCRIPTIONS.c.question).where(SUBSCRIPTIONS.c.question.contains('"list"')),
    )
    saved = {name for text in connection.execute(searches).scalars() for name in _NAME.findall(text)}
    columns = (TARGET_LISTS.c[name] for name in ("identifier", "radius", "network", "kept_at"))
    ordered = select(*columns).order_by(TARGET_LISTS.c.kept_at.desc(), TARGET_LISTS.c.identifier)
    rows = connection.execute(ordered).mappings()
    return [TargetList(lines="", **row) for row in rows if row["identifier"] not in saved]


def forget(connection: Connection, identifiers: Sequence[str]) -> None:
    """Delete lists."""
    for named in identifiers:
        connection.execute(delete(TARGET_LISTS).where(TARGET_LISTS.c.identifier == named))
