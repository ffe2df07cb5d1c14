"""What an embargo is computed from, as people declared it: visits that are complete, and waivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from oais.database.schema import METADATA, texts

COMPLETIONS: Final = Table(
    "visit_completions",
    METADATA,
    Column("request", Text, primary_key=True),
    Column("visit", Text, primary_key=True),
    *texts("completed_at", "declared_by", "declared_at"),
)

WAIVERS: Final = Table(
    "embargo_waivers",
    METADATA,
    Column("request", Text, primary_key=True),
    *texts("waived_at", "waived_by", "reason", "declared_at"),
)

# Made once: every decision about data under an embargo asks them.
_REQUESTS: Final[ColumnElement[str]] = bindparam("requests", expanding=True)
_COMPLETIONS_OF: Final = select(COMPLETIONS).where(COMPLETIONS.c.request.in_(_REQUESTS))
_WAIVERS_OF: Final = select(WAIVERS).where(WAIVERS.c.request.in_(_REQUESTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """That a visit of an observation request was declared complete: as of when, by whom and when."""

    request: str
    visit: str
    completed_at: str
    declared_by: str
    declared_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """That the rest of an embargo is given up: from when on, by whom, why, and when that was declared."""

    request: str
    waived_at: str
    waived_by: str
    reason: str
    declared_at: str


def complete(connection: Connection, completion: Completion) -> None:
    """Declare a visit complete; what was declared before counts no more."""
    reopen(connection, completion.request, completion.visit)
    connection.execute(insert(COMPLETIONS).values(asdict(completion)))


def reopen(connection: Connection, request: str, visit: str) -> bool:
    """Take a declaration back; return whether there was one."""
    his = (COMPLETIONS.c.request == request) & (COMPLETIONS.c.visit == visit)
    return connection.execute(delete(COMPLETIONS).where(his)).rowcount > 0


def waive(connection: Connection, waived: Waived) -> None:
    """Enter a waiver; an earlier one of the same request counts no more."""
    unwaive(connection, waived.request)
    connection.execute(insert(WAIVERS).values(asdict(waived)))


def unwaive(connection: Connection, request: str) -> bool:
    """Take a waiver back; return whether there was one."""
    return connection.execute(delete(WAIVERS).where(WAIVERS.c.request == request)).rowcount > 0


def unname(connection: Connection, name: str, instead: str) -> None:
    """Let the waivers of whoever has a name bear another text instead of it."""
    connection.execute(update(WAIVERS).where(WAIVERS.c.waived_by == name).values(waived_by=instead))


def completions(connection: Connection, requests: Sequence[str]) -> list[Completion]:
    """Return which visits of some requests were declared complete."""
    rows = connection.execute(_COMPLETIONS_OF, {"requests": requests}).mappings()
    return [Completion(**row) for row in rows]


def waivers(connection: Connection, requests: Sequence[str]) -> list[Waived]:
    """Return the waivers of some requests."""
    rows = connection.execute(_WAIVERS_OF, {"requests": requests}).mappings()
    return [Waived(**row) for row in rows]


def requests_declared(connection: Connection) -> set[str]:
    """Return every request of which anything was declared."""
    rows = select(COMPLETIONS.c.request).union(select(WAIVERS.c.request))
    return set(connection.execute(rows).scalars())
