"""Comparing the index with what is stored: what is missing, what is left over, what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select

from oais.information.findings import Finding, finding
from oais.information.packages import AipRecord
from search_index.catalogue import Catalogue, aip_numbers
from search_index.documents import aip_document, aip_key, node_document, node_key
from search_index.rows import Row, Rows, rows_of
from search_index.schema import AIPS, NODES, OF_AN_AIP
from search_index.sqlite import count_directions
from search_index.words import WordReader

_BATCH: Final = 200
_INTERNAL: Final = {"no", "aip_no"}
_SHOWN: Final = 8


def differences(catalogue: Catalogue, words: Path, records: Iterable[AipRecord]) -> Iterator[Finding]:
    """Yield every difference; ``records`` are all stored packages, each once."""
    digests = WordReader(words).digests()
    stored: set[str] = set()
    waiting = iter(records)
    while batch := list(islice(waiting, _BATCH)):
        stored.update(record.aip_id for record in batch)
        with catalogue.reading() as connection:
            yield from _batch(connection, batch, digests)
    with catalogue.reading() as connection:
        known = set(connection.execute(select(AIPS.c.aip_id)).scalars())
        for aip_id in sorted(known - stored):
            digests.pop(aip_key(aip_id), None)
            yield finding("IDX-002", aip_id, f"{aip_id} is in the catalogue, but no AIP of it is stored")
        yield from _nodes(connection, digests)
        yield from _directions(connection)
    for key in sorted(digests):
        name = key.partition(":")[2]
        yield finding("IDX-006", name, f"words are indexed for {name}, which the catalogue does not have")


def _batch(connection: Connection, records: list[AipRecord], digests: dict[str, str]) -> Iterator[Finding]:
    numbers = aip_numbers(connection, [record.aip_id for record in records])
    kept = _kept_rows(connection, list(numbers.values()))
    for record in records:
        aip_id = record.aip_id
        number = numbers.get(aip_id)
        if number is None:
            yield finding("IDX-001", aip_id, f"{aip_id} is stored, but the catalogue does not have it")
        else:
            yield from _facts(aip_id, rows_of(record), kept[number])
        yield from _words(record, digests.pop(aip_key(aip_id), None))


def _facts(aip_id: str, expected: Rows, kept: dict[str, list[Row]]) -> Iterator[Finding]:
    wanted = {"aips": [expected.aip]}
    wanted.update((table.name, getattr(expected, table.name)) for table in OF_AN_AIP)
    different = [where for name, rows in wanted.items() for where in _where_different(name, rows, kept[name])]
    if different:
        shown = ", ".join(different[:_SHOWN])
        more = f" and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        yield finding("IDX-003", aip_id, f"the catalogue differs from {aip_id} in {shown}{more}")


def _where_different(name: str, expected: list[Row], found: list[Row]) -> Iterator[str]:
    """Yield ``table: found …, expected …`` for each fact that differs."""
    if len(expected) != len(found):
        yield f"{name}: found {len(found)} rows, expected {len(expected)}"
        return
    for wanted, kept in zip(sorted(expected, key=_key), sorted(found, key=_key), strict=True):
        for column, value in wanted.items():
            if kept[column] != value:
                yield f"{name}.{column}: found {kept[column]!r}, expected {value!r}"


def _words(record: AipRecord, digest: str | None) -> Iterator[Finding]:
    aip_id = record.aip_id
    if digest is None:
        yield finding("IDX-004", aip_id, f"no words are indexed for {aip_id}, which is stored")
    elif digest != aip_document(0, record).digest:
        yield finding("IDX-005", aip_id, f"the words indexed for {aip_id} are not those of the stored AIP")


def _nodes(connection: Connection, digests: dict[str, str]) -> Iterator[Finding]:
    for row in connection.execute(select(NODES).order_by(NODES.c.path)):
        digest = digests.pop(node_key(row.path), None)
        if digest != node_document(row.no, row).digest:
            found = "no words are" if digest is None else "other words are"
            yield finding("IDX-007", row.path, f"{found} indexed for the node {row.path}")


def _directions(connection: Connection) -> Iterator[Finding]:
    found, expected = count_directions(connection)
    if found != expected:
        message = f"found {found} directions, expected {expected} products with a position"
        yield finding("IDX-008", "catalogue.sqlite", message)


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
    telling = ("product", "position", "number", "facet", "value", "identifier", "submission_key")
    return repr([row[name] for name in telling if name in row])
