"""All that an account may rely on, in one question: it is asked at each request that somebody is known by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    cast,
    literal_column,
    null,
    union_all,
)

from oais.database.delegations import IN_FORCE
from oais.database.groups import GROUPS_OF, earlier
from oais.database.people import AGREEMENTS_OF
from oais.database.requests import OWNED_BY

_GROUP, _OWNED, _SHARED, _AGREEMENT = "group", "owned", "shared", "agreement"


def _told(kind: str, wanted: Select[Any], name: str, *until: str) -> Select[Any]:
    """Return a statement's rows as kind, name, and the moments at which they end."""
    columns = wanted.selected_columns
    nothing: ColumnElement[str | None] = cast(null(), Text)
    ends = [columns[moment] for moment in until] or [nothing, nothing]
    return wanted.order_by(None).with_only_columns(literal_column(f"'{kind}'"), columns[name], *ends)


_STANDING: Final = union_all(
    _told(_GROUP, GROUPS_OF, "group", "until", "ends"),
    _told(_OWNED, OWNED_BY, "request"),
    _told(_SHARED, IN_FORCE, "request"),
    _told(_AGREEMENT, AGREEMENTS_OF, "agreement"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Groups, each with the moment from which on it gives no right any more, requests, and agreements."""

    groups: tuple[tuple[str, str | None], ...]
    owned: frozenset[str]
    shared: frozenset[str]
    agreements: frozenset[str]


def standing_of(connection: Connection, person: str, active: str, now: str) -> Standing:
    """Return what a person is in, has, is given by others now, and may deliver under.

    Whoever shares a request must have an account in the state ``active`` (``delegations.in_force``).
    """
    given = {"person": person, "delegate": person, "active": active, "now": now}
    rows = connection.execute(_STANDING, given).all()

    def named(kind: str) -> frozenset[str]:
        return frozenset(row[1] for row in rows if row[0] == kind)

    groups = ((name, earlier(until, ends)) for kind, name, until, ends in rows if kind == _GROUP)
    return Standing(tuple(groups), named(_OWNED), named(_SHARED), named(_AGREEMENT))
