"""What the catalogue has, laid beside what it would write of the stored packages today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from oais.information.packages import AipRecord
from search_index.catalogue.reading import aip_numbers
from search_index.catalogue.rows import Row, Rows, rows_of
from search_index.catalogue.schema import AIPS, NODES, OF_AN_AIP
from search_index.nodes import PlannedNode

_INTERNAL: Final = {"no", "aip_no"}


def known_aip_ids(connection: Connection) -> set[str]:
    """Return the identifiers of all packages in the catalogue."""
    return set(connection.execute(select(AIPS.c.aip_id)).scalars())


def known_nodes(connection: Connection) -> Iterator[tuple[int, PlannedNode]]:
    """Yield all nodes in the catalogue by their row numbers, as they were when they were planned."""
    rows: Iterable[Any] = connection.execute(
        select(NODES, NODES.c.position.label("order")).order_by(NODES.c.path)
    )
    yield from ((row.no, row) for row in rows)


def different_facts(connection: Connection, records: Sequence[AipRecord]) -> dict[str, list[str]]:
    """Return, of each package that the catalogue has, the facts that differ from its record."""
    numbers = aip_numbers(connection, [record.aip_id for record in records])
    kept = _kept_rows(connection, list(numbers.values()))
    return {
        record.aip_id: _differences(rows_of(record), kept[numbers[record.aip_id]])
        for record in records
        if record.aip_id in numbers
    }


def _differences(stored: Rows, kept: dict[str, list[Row]]) -> list[str]:
    wanted = {"aips": [stored.aip]}
    wanted.update((table.name, list(getattr(stored, table.name))) for table in OF_AN_AIP)
    return [where for name, rows in wanted.items() for where in _where_different(name, rows, kept[name])]


def _where_different(name: str, stored: list[Row], found: list[Row]) -> Iterator[str]:
    """Yield ``table.column: the catalogue says …, the store says …``; an audit tells which is right."""
    if len(stored) != len(found):
        yield f"{name}: the catalogue has {len(found)} rows, the store makes {len(stored)}"
        return
    for wanted, kept in zip(sorted(stored, key=_key), sorted(found, key=_key), strict=True):
        for column, value in wanted.items():
            if kept[column] != value:
                yield f"{name}.{column}: the catalogue says {kept[column]!r}, the store says {value!r}"


def _kept_rows(connection: Connection, numbers: list[int]) -> dict[int, dict[str, list[Row]]]:
    """Return all rows of some packages by row number and table, as `rows_of` would give them."""
    names = ["aips", *(table.name for table in OF_AN_AIP)]
    kept: dict[int, dict[str, list[Row]]] = {number: {name: [] for name in names} for number in numbers}
    for row in connection.execute(select(AIPS).where(AIPS.c.no.in_(numbers))).mappings():
        kept[row["no"]]["aips"].append(_without_numbers(row))
    for table in OF_AN_AIP:
        for row in connection.execute(select(table).where(table.c.aip_no.in_(numbers))).mappings():
            kept[row["aip_no"]][table.name].append(_without_numbers(row))
    return kept


def _without_numbers(row: Any) -> Row:
    return {key: value for key, value in row.items() if key not in _INTERNAL}


def _key(row: Row) -> str:
    """Return a sort key made of what tells the rows of one package apart."""
    telling = ("product", "version", "position", "number", "facet", "value", "identifier", "submission_key")
    return repr([row[name] for name in telling if name in row])
