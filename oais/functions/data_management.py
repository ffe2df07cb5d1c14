"""Data management: the index and catalogue, which are made from ``aip/`` and can be made again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from aip.reading import read_record
from oais.archive import Archive
from oais.functions.database_check import UncheckedError, fault_of
from oais.functions.storage import aip_store
from oais.information.findings import Finding, finding
from oais.information.identifiers import object_path
from oais.information.packages import AipRecord
from policies.tree import Node
from search_index.catalogue.sqlite import FILE_NAME as CATALOGUE
from search_index.index import open_index
from search_index.writing import remove_unfinished


def stored_records(archive: Archive, progress: Callable[[], None] | None = None) -> Iterator[AipRecord]:
    """Yield the record of every AIP in the store that can be read."""
    for stored in aip_store(archive).objects():
        yield read_record(stored)
        if progress is not None:
            progress()


def rebuild_index(archive: Archive, progress: Callable[[], None] | None = None) -> int:
    """Make index and catalogue anew from ``aip/`` alone; return how many AIPs they hold."""
    tree = archive.policies.tree  # asked for once: each time it is looked whether the files changed
    nodes = {node.path: node for node in tree.nodes()}

    def placed() -> Iterator[AipRecord]:
        for record in stored_records(archive, progress):
            for node in tree.chain(record.description.node):
                nodes.setdefault(node.path, node)
            yield record

    return open_index(archive.index_root).rebuild(placed(), _growing(nodes))


def _growing(nodes: dict[str, Node]) -> Iterator[Node]:
    """Yield the nodes as they are when asked for: templated ones are known once the records were read."""
    yield from sorted(nodes.values(), key=lambda node: node.path)


def check_index(archive: Archive) -> list[Finding]:
    """Return every difference between what is stored and what the index says; raises StorageError.

    Of a catalogue whose file is damaged nothing else is asked.
    """
    path = archive.index_root / CATALOGUE
    try:
        wrong = fault_of(path) if path.exists() else ""
    except UncheckedError:
        wrong = ""  # whoever asks it next says so
    if wrong:
        place = path.relative_to(archive.home).as_posix()
        return [finding("IDX-009", place, f"{place}: {wrong}")]
    with closing(open_index(archive.index_root)) as index:
        return list(index.check(stored_records(archive)))


def index_records(archive: Archive, records: Iterable[AipRecord]) -> None:
    """Make newly stored AIPs findable, with all nodes above them.

    Two processes may have stored two versions of one AIP and tell of them in any order: the newest counts.
    """
    newest: dict[str, AipRecord] = {}
    with closing(open_index(archive.index_root)) as index:
        for record in sorted(records, key=_head):
            known = index.aip(record.aip_id)
            if known is None or known.version <= _head(record):
                newest[record.aip_id] = record
        if newest:
            index.add(newest.values(), nodes_above(archive, newest.values()))
            # One that was withdrawn since it was stored must not stay: its withdrawal came before this.
            gone = [aip_id for aip_id in newest if not (archive.aip_root / object_path(aip_id)).is_dir()]
            if gone:
                index.remove(gone)


def finish_index(archive: Archive) -> list[str]:
    """Index again what a stop kept from being found by its words; say what was done, if anything was.

    What the stop left of a commit that never came to be is removed.
    """
    done = [
        f"removed {archive.index_root.name}/{name}, left by a stop"
        for name in remove_unfinished(archive.index_root)
    ]
    with closing(open_index(archive.index_root)) as index:
        left = index.unfinished() if index.is_made() else []
        found = {aip_id: aip_store(archive).find(aip_id) for aip_id in left}
        records = [read_record(stored) for stored in found.values() if stored is not None]
        if records:
            index.add(records, nodes_above(archive, records))
        if len(records) < len(left):
            index.remove([aip_id for aip_id, stored in found.items() if stored is None])
    if left:
        done.append(f"indexed {len(left)} AIPs again, which a stop had left half indexed")
    return done


def _head(record: AipRecord) -> int:
    return max(version.number for version in record.versions)


def nodes_above(archive: Archive, records: Iterable[AipRecord]) -> list[Node]:
    """Return the tree's nodes from the missions down to where the records rest."""
    nodes = {node.path: node for node in archive.policies.tree.nodes()}
    for record in records:
        for node in archive.policies.tree.chain(record.description.node):
            nodes[node.path] = node
    return list(nodes.values())
