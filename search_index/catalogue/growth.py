"""How the holdings grew: what came in by year and mission, as far as one may know of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select

from oais.keeping import remembered
from search_index.catalogue.branches import is_below
from search_index.catalogue.schema import AIPS, VERSIONS
from search_index.entries import Grown

_KEPT_SUMS: Final = 16


class Growth:
    """What came in, of one generation of the catalogue, summed up by node, mission and year."""

    def __init__(self, connection: Connection) -> None:
        key = (AIPS.c.node, AIPS.c.mission, func.substr(VERSIONS.c.created_at, 1, 4))
        query = select(*key, func.count(), func.sum(VERSIONS.c.added)).group_by(*key)
        rows = connection.execute(query.join(AIPS, AIPS.c.no == VERSIONS.c.aip_no))
        self._rows: Final = [
            (node, Grown(mission, int(year), int(versions), int(size)))
            for node, mission, year, versions, size in rows
            if year.isdecimal()
        ]
        self._known: dict[tuple[str, ...], tuple[Grown, ...]] = {}

    def by_year(self, without: tuple[str, ...] = ()) -> tuple[Grown, ...]:
        """Return what came in by year and mission, in this order, but in the branches ``without``."""
        return remembered(self._known, _KEPT_SUMS, without, lambda: self._summed(without))

    def _summed(self, without: tuple[str, ...]) -> tuple[Grown, ...]:
        tops, found = frozenset(without), dict[tuple[int, str], Grown]()
        for node, grown in self._rows:
            if not is_below(node, tops):
                before = found.get((grown.year, grown.mission), Grown(grown.mission, grown.year, 0, 0))
                versions, size = before.versions + grown.versions, before.size + grown.size
                found[grown.year, grown.mission] = Grown(grown.mission, grown.year, versions, size)
        return tuple(found[key] for key in sorted(found))
