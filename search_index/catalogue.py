"""The catalogue: what is known of packages, versions, products and nodes, in one database file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from oais.errors import StorageError
from oais.information.packages import AipRecord
from search_index.rows import Row, Rows, rows_of, storable
from search_index.schema import (
    AIPS,
    FACTS,
    METADATA,
    NODES,
    OF_AN_AIP,
    PRODUCTS,
    SCHEMA_VERSION,
)
from search_index.sqlite import (
    FILE_NAME,
    add_directions,
    catalogue_errors,
    create_sky,
    drop_directions,
    open_engine,
)

_T = TypeVar("_T")

MOST_PARAMETERS = 500
"""Values in one ``IN (…)``: every database takes as many."""


class PlannedNode(Protocol):
    """What the index needs to know of a node of the tree; ``policies.tree.Node`` has more."""

    @property
    def path(self) -> str:
        """Slugs joined by ``/``, the mission's first."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def description(self) -> str:
        """What it holds, in a sentence or two."""

    @property
    def kind(self) -> str:
        """``mission``, ``branch`` or ``data set``."""

    @property
    def level(self) -> str:
        """The native level, or nothing."""

    @property
    def mission(self) -> str:
        """The mission's name."""

    @property
    def theme(self) -> str:
        """The theme it is grouped under."""

    @property
    def order(self) -> int:
        """Its place among its siblings."""


class Catalogue:
    """One database file of the current schema; readers and one writer may be in it at once."""

    def __init__(self, folder: Path, *, lasting: bool = True) -> None:
        self.path = folder / FILE_NAME
        self.engine = open_engine(self.path, lasting=lasting)

    def create(self) -> None:
        """Make the tables in an empty file."""
        with self.writing() as connection:
            METADATA.create_all(connection)
            create_sky(connection)
            facts = {"schema": SCHEMA_VERSION, "generation": "0", "nodes": "0"}
            connection.execute(insert(FACTS), [{"name": key, "value": value} for key, value in facts.items()])

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection to ask with."""
        with catalogue_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes all come to be at the end, or none."""
        with catalogue_errors(), self.engine.begin() as connection:
            yield connection

    def generations(self) -> tuple[int, int]:
        """Return the counters of packages and of nodes; raises StorageError for another schema."""
        with self.reading() as connection:
            facts = {row.name: row.value for row in connection.execute(select(FACTS))}
        found = facts.get("schema")
        if found != SCHEMA_VERSION:
            raise StorageError(
                f"the catalogue {FILE_NAME} has schema {found}, expected {SCHEMA_VERSION}",
                remedy="run `oais index rebuild`; nothing is lost, it is made from the stored packages",
            )
        return int(facts["generation"]), int(facts["nodes"])


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
    bump(connection, "generation")
    return numbers


def remove_records(connection: Connection, aip_ids: Sequence[str]) -> None:
    """Forget packages; an unknown one is passed over."""
    _drop_rows(connection, aip_numbers(connection, aip_ids).values())
    bump(connection, "generation")


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


def aip_numbers(connection: Connection, aip_ids: Sequence[str]) -> dict[str, int]:
    """Return the row numbers of the packages that are known."""
    found: dict[str, int] = {}
    for part in parts(aip_ids):
        query = select(AIPS.c.aip_id, AIPS.c.no).where(AIPS.c.aip_id.in_(part))
        found.update((row.aip_id, row.no) for row in connection.execute(query))
    return found


def parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Cut a long list into parts that one ``IN (…)`` takes."""
    for start in range(0, len(values), MOST_PARAMETERS):
        yield values[start : start + MOST_PARAMETERS]


def bump(connection: Connection, counter: str) -> None:
    """Tell readers, by a higher count, that they must look again."""
    now = connection.execute(select(FACTS.c.value).where(FACTS.c.name == counter)).scalar_one()
    connection.execute(update(FACTS).where(FACTS.c.name == counter).values(value=str(int(now) + 1)))


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
    following = _next_number(connection, PRODUCTS)
    for table in OF_AN_AIP:
        batch: list[dict[str, Any]] = [
            {"aip_no": number, **row} for number, rows in prepared for row in getattr(rows, table.name)
        ]
        if table is PRODUCTS:
            for row in batch:
                row["no"], following = following, following + 1
            add_directions(connection, batch)
        if batch:
            connection.execute(insert(table), batch)
