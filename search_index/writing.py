"""Changing the index: one writer at a time, catalogue first and words second, or all of it anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from oais.disk_faults import storage_errors
from oais.errors import StorageError
from oais.files import exchange_directories, read_regular, sync_tree, write_durably
from oais.information.packages import AipRecord
from oais.information.text import readable_json
from oais.locks import exclusive_lock
from search_index.catalogue.database import Catalogue
from search_index.catalogue.sqlite import FILE_NAME
from search_index.catalogue.writing import mark_worded, remove_records, write_nodes, write_records
from search_index.nodes import PlannedNode
from search_index.view import WORDS, is_made, require_made
from search_index.words.documents import WordDocument, aip_document, aip_key, node_document
from search_index.words.store import create_words, left_unfinished, write_words

UNFINISHED: Final = "unfinished.json"
"""The note of what is being entered."""

BATCH: Final = 500
"""Packages that are entered in one transaction."""


def add(root: Path, records: Iterable[AipRecord], nodes: Iterable[PlannedNode]) -> None:
    """Enter packages and nodes batch by batch, replacing what was known of them."""
    with _writer(root):
        require_made(root)
        waiting, planned = iter(records), list(nodes)
        with closing(Catalogue(root)) as catalogue:
            catalogue.generations()
            while (batch := list(islice(waiting, BATCH))) or planned:
                with _unfinished_meanwhile(root, {record.aip_id for record in batch}):
                    write_words(root / WORDS, list(_entered(catalogue, batch, planned)))
                if planned:
                    _mark(catalogue)
                planned = []


@contextmanager
def _unfinished_meanwhile(root: Path, aip_ids: set[str]) -> Iterator[None]:
    """Keep a note of packages whose words may not follow what the catalogue knows, until they have.

    One that was left by a stop stays, but for those that are entered now.
    """
    left = set(unfinished(root))
    with storage_errors("noting what is being indexed"):
        write_durably(root / UNFINISHED, readable_json(sorted(left | aip_ids)))
    yield
    with storage_errors("noting what was indexed"):
        if left <= aip_ids:
            (root / UNFINISHED).unlink()
        else:
            write_durably(root / UNFINISHED, readable_json(sorted(left - aip_ids)))


def unfinished(root: Path) -> list[str]:
    """Return the packages whose entering or removing was stopped: add or remove them again."""
    try:
        with storage_errors("reading what was being indexed"):
            return [str(aip_id) for aip_id in json.loads(read_regular(root / UNFINISHED))]
    except (StorageError, ValueError, TypeError):
        return []


def remove_unfinished(root: Path) -> list[str]:
    """Remove files of commits that a stop broke off; return their names. Raises StorageError."""
    if not left_unfinished(root / WORDS):
        return []
    with _writer(root), storage_errors("tidying up the index of words"):
        left = left_unfinished(root / WORDS)
        for path in left:
            path.unlink()
        return [path.relative_to(root).as_posix() for path in left]


def remove(root: Path, aip_ids: list[str]) -> None:
    """Forget packages, their words first, so that nothing is found that is not known."""
    with _writer(root):
        require_made(root)
        with _unfinished_meanwhile(root, set(aip_ids)):
            write_words(root / WORDS, (), [aip_key(aip_id) for aip_id in aip_ids])
            with closing(Catalogue(root)) as catalogue, catalogue.writing() as connection:
                remove_records(connection, aip_ids)


def rebuild(root: Path, records: Iterable[AipRecord], nodes: Iterable[PlannedNode]) -> int:
    """Build an index beside ``root`` and exchange the two; return how many packages it has.

    ``nodes`` are asked for after the last record. Until the exchange readers have the old index, whole;
    whatever stops the building leaves it untouched.
    """
    beside = root.with_name(f".{root.name}.new")
    with _writer(root), storage_errors("rebuilding the search index"):
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        count = _build(beside, records, nodes)
        root.mkdir(exist_ok=True)
        sync_tree(beside)
        exchange_directories(beside, root)
        shutil.rmtree(beside, ignore_errors=True)
    return count


def create_empty(root: Path) -> None:
    """Make an empty index where there is none; only whoever makes an archive may, nothing else is empty."""
    if not is_made(root):
        with _writer(root), storage_errors("making the search index"):
            root.mkdir(exist_ok=True)
            _create_missing(root)


def _create_missing(root: Path) -> None:
    """Make an empty index under the lock: the catalogue appears last, whole, by a rename."""
    if is_made(root):
        return
    shutil.rmtree(root / WORDS, ignore_errors=True)
    create_words(root / WORDS)
    unfinished = root / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    with closing(Catalogue(unfinished, lasting=False)) as catalogue:
        catalogue.create()
    (unfinished / FILE_NAME).rename(root / FILE_NAME)
    unfinished.rmdir()


def _build(folder: Path, records: Iterable[AipRecord], nodes: Iterable[PlannedNode]) -> int:
    create_words(folder / WORDS)
    count = 0

    def documents(catalogue: Catalogue) -> Iterator[WordDocument]:
        nonlocal count
        waiting = iter(records)
        while batch := list(islice(waiting, BATCH)):
            count += len(batch)
            yield from _entered(catalogue, batch, ())
        yield from _entered(catalogue, (), nodes)

    with closing(Catalogue(folder, lasting=False)) as catalogue:
        catalogue.create()
        write_words(folder / WORDS, documents(catalogue), whole=True)
        _mark(catalogue)
    with closing(Catalogue(folder)) as catalogue:
        catalogue.generations()  # leaves the file in write-ahead mode, so that no reader has to
    return count


def _entered(
    catalogue: Catalogue, records: Iterable[AipRecord], nodes: Iterable[PlannedNode]
) -> Iterator[WordDocument]:
    """Enter one batch in one transaction; yield the words that are to follow it."""
    latest = {record.aip_id: record for record in records}
    planned = {node.path: node for node in nodes}
    with catalogue.writing() as connection:
        numbers = write_records(connection, list(latest.values()))
        places = write_nodes(connection, planned.values())
    for aip_id, record in latest.items():
        yield aip_document(numbers[aip_id], record)
    for path, number in places.items():
        yield node_document(number, planned[path])


def _mark(catalogue: Catalogue) -> None:
    with catalogue.writing() as connection:
        mark_worded(connection)


def _writer(root: Path) -> AbstractContextManager[None]:
    """Wait until nobody else writes; the lock lies beside the folder, which a rebuild exchanges."""
    with storage_errors("the search index"):
        root.parent.mkdir(parents=True, exist_ok=True)
    return exclusive_lock(root.with_name(f".{root.name}.lock"), "the search index")
