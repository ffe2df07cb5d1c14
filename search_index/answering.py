"""One answer to one query: a page of hits, told of as the catalogue has them."""

from __future__ import annotations

from collections.abc import Sequence

from search_index.answers import FindResult, Gathered, Hit, Package, Visit
from search_index.catalogue.columns import Columns
from search_index.catalogue.database import CatalogueConnection
from search_index.catalogue.reading import aip_entries
from search_index.catalogue.selection import Scored, Selected, selected
from search_index.catalogue.visits import one_page
from search_index.entries import NodeEntry
from search_index.query import Query
from search_index.view import View


def found(
    view: View,
    connection: CatalogueConnection,
    query: Query,
    scored: Scored | None,
    nodes: tuple[NodeEntry, ...],
) -> FindResult:
    """Return the page of hits that a query asks for; ``scored`` is what its words found."""
    columns = view.columns
    chosen = view.checked(lambda: selected(columns, connection, query, scored))
    page = one_page(columns, chosen.positions, query)
    hits = _hits(columns, connection, chosen, [position for each in page.members for position in each])
    together = [tuple(hits[position] for position in each if position in hits) for each in page.members]
    visits = map(Visit, page.names, together, page.packages) if query.visits else ()
    flat = tuple(hit for each in together for hit in each)
    return FindResult(flat, page.total, chosen.facets, nodes, chosen.unknown, tuple(visits), chosen.left_out)


def gathered(
    view: View, connection: CatalogueConnection, query: Query, scored: Scored | None, most: int
) -> tuple[tuple[Gathered, ...], int]:
    """Return up to ``most`` visits that a query finds, in its order, and how many there are."""
    columns = view.columns
    chosen = view.checked(lambda: selected(columns, connection, query, scored))
    page = one_page(columns, chosen.positions, query, most)

    def package(position: int) -> Package:
        apart = None if chosen.distances is None else float(chosen.distances[position])
        return Package(columns.aip_ids[position], columns.node(position), apart)

    members = (tuple(map(package, each)) for each in page.members)
    return tuple(map(Gathered, page.names, members, page.packages)), page.total


def _hits(
    columns: Columns, connection: CatalogueConnection, chosen: Selected, positions: Sequence[int]
) -> dict[int, Hit]:
    """Return the packages at some positions with their distances."""
    entries = aip_entries(connection, [columns.aip_ids[position] for position in positions])
    apart = chosen.distances
    return {
        position: Hit(entries[aip_id], None if apart is None else float(apart[position]))
        for position in positions
        if (aip_id := columns.aip_ids[position]) in entries
    }
