"""Comparing the index with what is stored: what is missing, what is left over, what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from oais.information.findings import Finding, finding
from oais.information.packages import AipRecord
from search_index.catalogue.comparison import different_facts, known_aip_ids, known_nodes
from search_index.catalogue.database import Catalogue, CatalogueConnection
from search_index.catalogue.reading import aip_numbers
from search_index.catalogue.sqlite import FILE_NAME, count_directions
from search_index.words.documents import Found, aip_document, aip_key, node_document, node_key
from search_index.words.store import WordReader

_BATCH: Final = 200
_SHOWN: Final = 8


def differences(catalogue: Catalogue, words: Path, records: Iterable[AipRecord]) -> Iterator[Finding]:
    """Yield every difference; ``records`` are all stored packages, each once."""
    found = WordReader(words).found()
    stored: set[str] = set()
    waiting = iter(records)
    while batch := list(islice(waiting, _BATCH)):
        stored.update(record.aip_id for record in batch)
        with catalogue.reading() as connection:
            yield from _batch(connection, batch, found)
    with catalogue.reading() as connection:
        for aip_id in sorted(known_aip_ids(connection) - stored):
            found.pop(aip_key(aip_id), None)
            yield finding("IDX-002", aip_id, f"{aip_id} is in the catalogue, but no AIP of it is stored")
        yield from _nodes(connection, found)
        yield from _directions(connection)
    for key in sorted(found):
        name = key.partition(":")[2]
        yield finding("IDX-006", name, f"words are indexed for {name}, which the catalogue does not have")


def _batch(
    connection: CatalogueConnection, records: list[AipRecord], found: dict[str, Found]
) -> Iterator[Finding]:
    different = different_facts(connection, records)
    numbers = aip_numbers(connection, [record.aip_id for record in records])
    for record in records:
        aip_id = record.aip_id
        if aip_id in different:
            yield from _facts(aip_id, different[aip_id])
        else:
            yield finding("IDX-001", aip_id, f"{aip_id} is stored, but the catalogue does not have it")
        wanted = aip_document(numbers.get(aip_id, 0), record).found
        yield from _words(aip_id, wanted, found.pop(aip_key(aip_id), None))


def _facts(aip_id: str, different: list[str]) -> Iterator[Finding]:
    if different:
        shown = ", ".join(different[:_SHOWN])
        more = f" and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        yield finding("IDX-003", aip_id, f"the catalogue differs from {aip_id} in {shown}{more}")


def _words(aip_id: str, wanted: Found, found: Found | None) -> Iterator[Finding]:
    if found is None:
        yield finding("IDX-004", aip_id, f"no words are indexed for {aip_id}, which is stored")
    elif found != wanted:
        yield finding("IDX-005", aip_id, f"the words indexed for {aip_id} are not those of the stored AIP")


def _nodes(connection: CatalogueConnection, found: dict[str, Found]) -> Iterator[Finding]:
    for number, node in known_nodes(connection):
        held = found.pop(node_key(node.path), None)
        if held != node_document(number, node).found:
            told = "no words are" if held is None else "other words are"
            yield finding("IDX-007", node.path, f"{told} indexed for the node {node.path}")


def _directions(connection: CatalogueConnection) -> Iterator[Finding]:
    found, expected = count_directions(connection)
    if found != expected:
        message = f"found {found} directions, expected {expected} products with a position"
        yield finding("IDX-008", FILE_NAME, message)
