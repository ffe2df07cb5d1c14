"""Changing the catalogue: packages are replaced whole, nodes where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count, islice
from typing import Final

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from oais.information.packages import AipRecord
from search_index.catalogue.changes import note
from search_index.catalogue.database import parts
from search_index.catalogue.reading import aip_numbers
from search_index.catalogue.rows import Row, Rows, rows_of, storable
from search_index.catalogue.schema import AIPS, FACTS, NODES, OF_AN_AIP, PRODUCTS
from search_index.catalogue.sqlite import add_directions, drop_directions
from search_index.nodes import PlannedNode

_ROWS_AT_ONCE: Final = 500
"""Rows of a package that are in memory together, so that it does not grow with the products."""


def write_records(connection: Connection, records: Sequence[AipRecord]) -> dict[str, int]:
    """Replace what is known of packages; return their row numbers, which a package keeps for life."""
    numbers = aip_numbers(connection, [record.aip_id for record in records])
    following = _next_number(connection, AIPS)
    _drop_rows(connection, numbers.values())
    for record in records:
        if record.aip_id not in numbers:
            numbers[record.aip_id] = following
            following += 1
    prepared = [(numbers[record.aip_id], rows_of(record)) for record in records]
    if prepared:
        _insert_rows(connection, prepared)
    note(connection, bump(connection, "generation"), numbers.values())
    return numbers


def remove_records(connection: Connection, aip_ids: Sequence[str]) -> None:
    """Forget packages; an unknown one is passed over."""
    numbers = aip_numbers(connection, aip_ids).values()
    _drop_rows(connection, numbers)
    note(connection, bump(connection, "generation"), numbers)


def write_nodes(connection: Connection, nodes: Iterable[PlannedNode]) -> dict[str, int]:
    """Enter the nodes that are new or changed, or whose words are not written; return their row numbers."""
    known = {row.path: row for row in connection.execute(select(NODES))}
    changed: dict[str, Row] = {}
    following = _next_number(connection, NODES)
    for node in nodes:
        row = node_row(node)
        before = known.get(node.path)
        number = changed[node.path]["no"] if node.path in changed else None
        if before is not None:
            if before.worded and all(getattr(before, key) == value for key, value in row.items()):
                continue
            number = before.no
        elif number is None:
            number, following = following, following + 1
        changed[node.path] = {"no": number, "worded": False, **row}
    if changed:
        paths = list(changed)
        for part in parts(paths):
            connection.execute(delete(NODES).where(NODES.c.path.in_(part)))
        connection.execute(insert(NODES), list(changed.values()))
        bump(connection, "nodes")
    return {path: row["no"] for path, row in changed.items()}


def mark_worded(connection: Connection) -> None:
    """Note that the words of all nodes are written."""
    connection.execute(update(NODES).where(NODES.c.worded.is_(False)).values(worded=True))


def node_row(node: PlannedNode) -> Row:
    """Return what the catalogue keeps of a node."""
    return {
        "path": node.path,
        "title": storable(node.title),
        "description": storable(node.description),
        "kind": node.kind,
        "level": node.level,
        "mission": node.mission,
        "theme": node.theme,
        "position": node.order,
    }


def bump(connection: Connection, counter: str) -> int:
    """Tell readers, by a higher count, that they must look again; return that count."""
    now = 1 + int(connection.execute(select(FACTS.c.value).where(FACTS.c.name == counter)).scalar_one())
    connection.execute(update(FACTS).where(FACTS.c.name == counter).values(value=str(now)))
    return now


def _next_number(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.coalesce(func.max(table.c.no), 0))).scalar_one()) + 1


def _drop_rows(connection: Connection, numbers: Iterable[int]) -> None:
    for part in parts(list(numbers)):
        of_aips = select(PRODUCTS.c.no).where(PRODUCTS.c.aip_no.in_(part))
        drop_directions(connection, connection.execute(of_aips).scalars().all())
        for table in OF_AN_AIP:
            connection.execute(delete(table).where(table.c.aip_no.in_(part)))
        connection.execute(delete(AIPS).where(AIPS.c.no.in_(part)))


def _insert_rows(connection: Connection, prepared: Sequence[tuple[int, Rows]]) -> None:
    connection.execute(insert(AIPS), [{"no": number, **rows.aip} for number, rows in prepared])
    numbers_of_products = count(_next_number(connection, PRODUCTS))
    for table in OF_AN_AIP:
        rows = ({"aip_no": number, **row} for number, each in prepared for row in getattr(each, table.name))
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            if table is PRODUCTS:
                batch = [
                    {"no": number, **row} for number, row in zip(numbers_of_products, batch, strict=False)
                ]
                add_directions(connection, batch)
            connection.execute(insert(table), batch)
