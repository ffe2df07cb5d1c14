"""Which observation requests and visits packages are of, read from the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, func, select

from oais.information.observations import Observation
from search_index.catalogue.database import AMONG, parts
from search_index.catalogue.schema import AIPS, OBSERVATIONS

_VISIT = tuple(item.name for item in fields(Observation))
_UNOBSERVED = 100
_NEWEST = OBSERVATIONS.c.version == AIPS.c.version

# Made once, as they are asked at every request: making a statement costs more than running it.
_EVER = (
    select(AIPS.c.aip_id, *(OBSERVATIONS.c[name] for name in _VISIT))
    .join(OBSERVATIONS, AIPS.c.no == OBSERVATIONS.c.aip_no)
    .order_by(AIPS.c.aip_id, OBSERVATIONS.c.version, OBSERVATIONS.c.position)
)
_NOW = _EVER.where(_NEWEST)
_OF_AIPS = _NOW.where(AIPS.c.aip_id.in_(AMONG))
_OF_REQUESTS = _NOW.where(OBSERVATIONS.c.request.in_(AMONG))
_OF_REQUESTS_EVER = _EVER.where(OBSERVATIONS.c.request.in_(AMONG))


def observed_by(connection: Connection, aip_ids: Sequence[str]) -> dict[str, tuple[Observation, ...]]:
    """Return the visits of the packages whose newest version is of any, by the package's identifier."""
    found: dict[str, tuple[Observation, ...]] = {}
    for part in parts(aip_ids):
        for row in connection.execute(_OF_AIPS, {"among": part}):
            found[row.aip_id] = (*found.get(row.aip_id, ()), _observation(row))
    return found


def visits_of(connection: Connection, requests: Sequence[str]) -> list[Observation]:
    """Return what all packages tell of these observation requests, each thing once.

    The newest versions tell; of a request that none of them names any more, the older ones that do.
    """
    found: dict[Observation, None] = {}
    for part in parts(requests):
        rows = connection.execute(_OF_REQUESTS, {"among": part})
        found.update((_observation(row), None) for row in rows)
    for part in parts(sorted(set(requests) - {item.request for item in found})):
        rows = connection.execute(_OF_REQUESTS_EVER, {"among": part})
        found.update((_observation(row), None) for row in rows)
    return list(found)


def observations(connection: Connection) -> list[Observation]:
    """Return what packages tell of all observation requests, as ``visits_of`` does of some."""
    rows = connection.execute(_NOW)
    found = dict.fromkeys(_observation(row) for row in rows)
    named = connection.execute(select(OBSERVATIONS.c.request).distinct()).scalars()
    left = set(named) - {item.request for item in found}
    return [*found, *visits_of(connection, sorted(left))]


def requests_observed(connection: Connection) -> list[tuple[str, str, str]]:
    """Return all observation requests with each node where packages of theirs rest, and one of those."""
    query = (
        select(OBSERVATIONS.c.request, AIPS.c.node, func.min(AIPS.c.aip_id))
        .join(AIPS, AIPS.c.no == OBSERVATIONS.c.aip_no)
        .where(_NEWEST)
        .group_by(OBSERVATIONS.c.request, AIPS.c.node)
        .order_by(OBSERVATIONS.c.request, AIPS.c.node)
    )
    return [(request, node, aip_id) for request, node, aip_id in connection.execute(query)]


def unobserved(connection: Connection) -> dict[str, list[str]]:
    """Return, by node, the first packages whose newest version names no observation request."""
    named = select(OBSERVATIONS.c.aip_no).where(OBSERVATIONS.c.aip_no == AIPS.c.no, _NEWEST)
    place = func.row_number().over(partition_by=AIPS.c.node, order_by=AIPS.c.aip_id).label("place")
    those = select(AIPS.c.node, AIPS.c.aip_id, place).where(~named.exists()).subquery()
    query = select(those.c.node, those.c.aip_id).where(those.c.place <= _UNOBSERVED)
    found: dict[str, list[str]] = {}
    for node, aip_id in connection.execute(query.order_by(those.c.node, those.c.aip_id)):
        found.setdefault(node, []).append(aip_id)
    return found


def _observation(row: Any) -> Observation:
    return Observation(*row[1:])
