"""Rebuilding: the same answers byte for byte, never a half index, and a way back from any damage."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from oais.errors import ArchiveError, StorageError
from oais.information.packages import AipRecord
from search_index.index import Index, create_index, open_index
from search_index.query import Cone, Query, TimeSpan
from tests.search_index.factory import many_nodes, many_records, record

QUERIES = (
    Query(limit=1000),
    Query(words="camera", limit=1000),
    Query(words="light curve visit 7"),
    Query(words="tic 5500*", order="-size"),
    Query(words="sector 12"),
    Query(cone=Cone(0, 80, 40)),
    Query(cone=Cone(180, 0, 90), time=TimeSpan(58_300, 58_900), order="time"),
    Query(mission="alpha", level=("N0", "N1"), kind="report"),
    Query(node="beta", order="-ingested"),
    Query(ids=("alpha.*", "gamma.n0.000002..gamma.n0.000100", "nobody")),
    Query(without=("beta", "alpha/n0"), target="TIC 55000014"),
)


def answers(index: Index, held: list[AipRecord]) -> bytes:
    """Return everything that a fixed set of questions is answered with, as bytes."""
    told: list[object] = [asdict(index.find(query)) for query in QUERIES]
    told += [asdict(holding) for holding in index.holdings()]
    waiting = [""]
    while waiting:
        below = index.children(waiting.pop(), limit=1000)
        told += [asdict(entry) for entry in below]
        waiting += [entry.path for entry in below]
    for item in held:
        told.append(asdict(index.aip(item.aip_id)))  # type: ignore[arg-type]
        told += [asdict(entry) for entry in index.products(item.aip_id)]
        told += [asdict(entry) for entry in index.versions(item.aip_id)]
        told.append(asdict(index.submission(item.description.submission_key)))  # type: ignore[arg-type]
    return json.dumps(told, ensure_ascii=False).encode()


def test_answers_do_not_depend_on_how_the_index_came_to_be(tmp_path: Path, seeded: random.Random) -> None:
    """Added in any order, in any batches, replaced and removed: a rebuild answers the same bytes."""
    held = list(many_records(120))
    shuffled = seeded.sample(held, len(held))
    index = create_index(tmp_path / "search_index")
    index.add([replace(item, size=1) for item in shuffled[:30]], many_nodes(3))
    index.add([record("gone.1"), record("gone.2")])
    for start in range(0, len(shuffled), 17):
        index.add(shuffled[start : start + 17], many_nodes())
    index.remove(["gone.1", "gone.2", "never"])
    before = answers(index, held)
    assert index.rebuild(iter(held), many_nodes()) == 120
    assert answers(index, held) == before
    assert answers(create_index(tmp_path / "search_index"), held) == before
    other = create_index(tmp_path / "other" / "search_index")
    other.rebuild(iter(shuffled), many_nodes())
    assert answers(other, held) == before


def test_adding_again_changes_nothing(tmp_path: Path) -> None:
    """The same packages and nodes a second time leave every answer as it was."""
    held = list(many_records(40))
    index = create_index(tmp_path / "search_index")
    index.add(held, many_nodes())
    before = answers(index, held)
    index.add(held, many_nodes())
    assert answers(index, held) == before


def test_nodes_are_asked_for_after_the_last_record(tmp_path: Path) -> None:
    """What records bring to the tree while they are read is in the rebuilt index."""
    from tests.search_index.factory import PlainNode

    seen: list[PlainNode] = []

    def reading() -> Iterator[AipRecord]:
        yield record("x", node="m/made")
        seen.append(PlainNode("m/made", "Made while reading"))

    def nodes() -> Iterator[PlainNode]:
        yield from seen

    index = create_index(tmp_path / "search_index")
    index.rebuild(reading(), nodes())
    entry = index.node("m/made")
    assert entry is not None
    assert entry.title == "Made while reading"


def test_readers_never_see_a_half_index(tmp_path: Path) -> None:
    """While packages are added and the index is rebuilt, every answer is one that was true."""
    held = list(many_records(200))
    root = tmp_path / "search_index"
    create_index(root).rebuild(iter(held), many_nodes())
    late = [record(f"late.{n:02d}", title="Latecomer camera") for n in range(10)]
    wrong: list[str] = []
    ended = threading.Event()
    asked = [0, 0]

    def ask(number: int, index: Index) -> None:
        low = 200
        while not ended.is_set():
            try:
                found = index.find(Query(words="camera", limit=5))
                tree = sum(entry.total.aips for entry in index.children())
            except ArchiveError as error:
                wrong.append(error.message)
                return
            if not low <= found.total <= 210 or not 200 <= tree <= 210 or len(found.hits) != 5:
                wrong.append(f"{found.total} hits, {tree} in the tree, {len(found.hits)} on the page")
            low = found.total
            asked[number] += 1

    same = create_index(root)
    threads = [threading.Thread(target=ask, args=(n, same)) for n in range(2)]
    for thread in threads:
        thread.start()
    writer = create_index(root)
    for count, item in enumerate(late, 1):
        writer.add([item])
        if count % 3 == 0:
            writer.rebuild(iter([*held, *late[:count]]), many_nodes())
    ended.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert min(asked) > 0
    assert same.find(Query(words="latecomer")).total == 10


def test_two_processes_add_one_after_the_other(tmp_path: Path) -> None:
    """Writers in several processes wait for each other, and nothing is lost."""
    root = tmp_path / "search_index"
    children = []
    for number in range(3):
        child = os.fork()
        if child == 0:
            try:
                for count in range(5):
                    create_index(root).add([record(f"w{number}.{count}")], many_nodes(2))
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    index = create_index(root)
    assert index.find(Query(words="title")).total == 15
    assert list(index.check(record(f"w{n}.{count}") for n in range(3) for count in range(5))) == []


def test_what_stops_a_rebuild_leaves_the_index_whole(tmp_path: Path) -> None:
    """A fault half way through keeps the old index, and the next rebuild works."""
    index = create_index(tmp_path / "search_index")
    held = list(many_records(30))
    index.add(held, many_nodes())
    before = answers(index, held)

    def broken() -> Iterator[AipRecord]:
        yield from held[:10]
        raise StorageError("the disk is gone")

    with pytest.raises(StorageError, match="the disk is gone"):
        index.rebuild(broken(), many_nodes())
    assert answers(index, held) == before
    assert index.rebuild(iter(held), many_nodes()) == 30
    assert sorted(path.name for path in tmp_path.iterdir()) == [".search_index.lock", "search_index"]


def _another_schema(root: Path) -> None:
    connection = sqlite3.connect(root / "catalogue.sqlite")
    connection.execute("UPDATE facts SET value = '0' WHERE name = 'schema'")
    connection.commit()
    connection.close()


def _no_tables(root: Path) -> None:
    (root / "catalogue.sqlite").write_bytes(b"")


def _no_database(root: Path) -> None:
    (root / "catalogue.sqlite").write_bytes(b"not a database at all" * 1000)


def _no_words(root: Path) -> None:
    for path in (root / "whoosh").iterdir():
        path.unlink()


def _cut_words(root: Path) -> None:
    for path in (root / "whoosh").glob("*.toc"):
        path.write_bytes(path.read_bytes()[:20])


def _garbled_words(root: Path) -> None:
    for path in (root / "whoosh").glob("*.seg"):
        path.write_bytes(random.Random(5).randbytes(path.stat().st_size))


@pytest.mark.parametrize(
    "damage",
    [_another_schema, _no_tables, _no_database, _no_words, _cut_words, _garbled_words],
    ids=lambda damage: damage.__name__.strip("_"),
)
def test_a_damaged_index_says_so_and_is_rebuilt(tmp_path: Path, damage: object) -> None:
    """Another schema, a damaged or missing file: one clear fault with its remedy, and a way back."""
    root = tmp_path / "search_index"
    held = list(many_records(10))
    create_index(root).add(held, many_nodes(2))
    damage(root)  # type: ignore[operator]
    index = create_index(root)
    with pytest.raises(StorageError) as fault:
        index.find(Query(words="camera"))
    assert "oais index rebuild" in fault.value.remedy
    with pytest.raises(StorageError):
        index.add(held)
    index.rebuild(iter(held), many_nodes(2))
    assert index.find(Query(words="camera")).total == 10
    assert list(index.check(iter(held))) == []


def test_a_folder_that_the_disk_does_not_list_stops_a_rebuild_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoosh takes such a folder for an empty one: a clear error all the same, and the index stays whole."""
    root = tmp_path / "search_index"
    index = create_index(root)
    index.add([record("x")], many_nodes(1))
    listing = os.listdir

    def failing(path: str) -> list[str]:
        if str(path).endswith(".new/whoosh"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return listing(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", failing)
        with pytest.raises(StorageError, match="index of words"):
            index.rebuild([record("x")], many_nodes(1))
    assert open_index(root).find(Query()).total == 1


def test_a_deleted_index_never_looks_empty(tmp_path: Path) -> None:
    """Where the index is gone nothing is answered or added but the remedy, even to who had it open."""
    root = tmp_path / "search_index"
    index = create_index(root)
    index.add([record("x")], many_nodes(2))
    assert index.find(Query()).total == 1
    shutil.rmtree(root)
    root.mkdir()  # as opening the archive makes its rooms again
    acts = (
        lambda: index.find(Query()),
        index.children,
        index.holdings,
        lambda: index.aip("x"),
        lambda: list(index.check([record("x")])),
        lambda: index.add([record("y")], many_nodes(2)),
        lambda: index.remove(["x"]),
    )
    for act in (*acts, lambda: open_index(tmp_path / "never").find(Query())):
        with pytest.raises(StorageError, match="the index is missing") as fault:
            act()
        assert "oais index rebuild" in fault.value.remedy
    assert not index.is_made()
    assert list(root.iterdir()) == []
    assert index.rebuild([record("x")], many_nodes(2)) == 1
    assert index.is_made()
    assert index.find(Query()).total == 1
