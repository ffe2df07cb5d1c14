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
from search_index.catalogue.sqlite import FILE_NAME, count_directions
from search_index.words.documents import aip_document, aip_key, node_document, node_key
from search_index.words.store import WordReader

_BATCH: Final = 200
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
        for aip_id in sorted(known_aip_ids(connection) - stored):
            digests.pop(aip_key(aip_id), None)
            yield finding("IDX-002", aip_id, f"{aip_id} is in the catalogue, but no AIP of it is stored")
        yield from _nodes(connection, digests)
        yield from _directions(connection)
    for key in sorted(digests):
        name = key.partition(":")[2]
        yield finding("IDX-006", name, f"words are indexed for {name}, which the catalogue does not have")


def _batch(
    connection: CatalogueConnection, records: list[AipRecord], digests: dict[str, str]
) -> Iterator[Finding]:
    different = different_facts(connection, records)
    for record in records:
        aip_id = record.aip_id
        if aip_id in different:
            yield from _facts(aip_id, different[aip_id])
        else:
            yield finding("IDX-001", aip_id, f"{aip_id} is stored, but the catalogue does not have it")
        yield from _words(record, digests.pop(aip_key(aip_id), None))


def _facts(aip_id: str, different: list[str]) -> Iterator[Finding]:
    if different:
        shown = ", ".join(different[:_SHOWN])
        more = f" and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        yield finding("IDX-003", aip_id, f"the catalogue differs from {aip_id} in {shown}{more}")


def _words(record: AipRecord, digest: str | None) -> Iterator[Finding]:
    aip_id = record.aip_id
    if digest is None:
        yield finding("IDX-004", aip_id, f"no words are indexed for {aip_id}, which is stored")
    elif digest != aip_document(0, record).digest:
        yield finding("IDX-005", aip_id, f"the words indexed for {aip_id} are not those of the stored AIP")


def _nodes(connection: CatalogueConnection, digests: dict[str, str]) -> Iterator[Finding]:
    for node in known_nodes(connection):
        digest = digests.pop(node_key(node.path), None)
        if digest != node_document(0, node).digest:
            found = "no words are" if digest is None else "other words are"
            yield finding("IDX-007", node.path, f"{found} indexed for the node {node.path}")


def _directions(connection: CatalogueConnection) -> Iterator[Finding]:
    found, expected = count_directions(connection)
    if found != expected:
        message = f"found {found} directions, expected {expected} products with a position"
        yield finding("IDX-008", FILE_NAME, message)
