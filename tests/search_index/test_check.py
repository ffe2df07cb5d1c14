"""Checking: each way in which the index can differ from what is stored has its code."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from oais.errors import StorageError
from oais.information.packages import AipRecord
from search_index import writing
from search_index.index import Index, create_index
from search_index.query import Query
from search_index.words.documents import aip_document
from search_index.words.store import write_words
from tests.search_index.factory import many_nodes, many_records, product, record


@pytest.fixture
def stored() -> list[AipRecord]:
    """The packages that are stored."""
    return list(many_records(6))


@pytest.fixture
def index(tmp_path: Path, stored: list[AipRecord]) -> Index:
    """An index that has them all."""
    made = create_index(tmp_path / "search_index")
    made.add(stored, many_nodes(2))
    return made


def _codes(index: Index, stored: list[AipRecord]) -> list[tuple[str, str]]:
    return [(found.code, found.path) for found in index.check(iter(stored))]


def test_a_sound_index_has_no_findings(index: Index, stored: list[AipRecord]) -> None:
    """What was entered and not touched agrees with what is stored."""
    assert _codes(index, stored) == []


def test_stored_but_not_indexed(index: Index, stored: list[AipRecord]) -> None:
    """A package that the index never saw is named."""
    new = record("new.1")
    assert _codes(index, [*stored, new]) == [("IDX-001", "new.1"), ("IDX-004", "new.1")]
    index.add([new])
    assert _codes(index, [*stored, new]) == []


def test_indexed_but_not_stored(index: Index, stored: list[AipRecord]) -> None:
    """A package that is no longer stored is named once."""
    gone = stored.pop()
    assert _codes(index, stored) == [("IDX-002", gone.aip_id)]
    index.remove([gone.aip_id])
    assert _codes(index, stored) == []


def test_other_facts(index: Index, stored: list[AipRecord]) -> None:
    """A stored package that changed since it was indexed is named with what differs."""
    changed = replace(stored[0], size=7)
    (found,) = index.check([changed, *stored[1:]])
    assert found.code == "IDX-003"
    assert f"aips.size: the catalogue says {stored[0].size}, the store says 7" in found.message


def test_other_words(index: Index, stored: list[AipRecord]) -> None:
    """A changed title changes facts and words."""
    description = replace(stored[0].description, title="Quite another title")
    changed = replace(stored[0], description=description)
    assert [code for code, _ in _codes(index, [changed, *stored[1:]])] == ["IDX-003", "IDX-005"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE products SET s_ra = s_ra + 1e-9 WHERE no = 1", "IDX-003"),
        ("UPDATE products SET sha256 = 'x' WHERE no = 2", "IDX-003"),
        ("DELETE FROM products WHERE no = 3", "IDX-003"),
        ("DELETE FROM facet_values WHERE aip_no = 2 AND facet = 'level'", "IDX-003"),
        ("UPDATE provenance SET value = 'other.fits' WHERE aip_no = 1", "IDX-003"),
        ("UPDATE products_together SET alike = alike + 1 WHERE aip_no = 1", "IDX-003"),
        ("DELETE FROM products_together WHERE aip_no = 2", "IDX-003"),
        ("INSERT INTO software_named VALUES (1, 7, 'stray', '', '')", "IDX-003"),
        ("DELETE FROM submissions WHERE aip_no = 1", "IDX-003"),
        ("UPDATE versions SET size = size + 1 WHERE aip_no = 1", "IDX-003"),
        ("INSERT INTO identifiers VALUES ('stray', 1)", "IDX-003"),
        ("UPDATE nodes SET title = 'Other' WHERE path = 'alpha'", "IDX-007"),
        ("DELETE FROM nodes WHERE path = 'alpha/empty'", "IDX-006"),
        ("DELETE FROM sky WHERE no = 1", "IDX-008"),
        ("UPDATE sky SET x = 0 WHERE no = 1", "IDX-008"),
    ],
)
def test_a_changed_row_is_found(index: Index, stored: list[AipRecord], statement: str, expected: str) -> None:
    """Whatever was changed in the catalogue behind its back is found, and a rebuild mends it."""
    connection = sqlite3.connect(index.root / "catalogue.sqlite")
    changed = connection.execute(statement).rowcount
    connection.commit()
    connection.close()
    assert changed
    assert expected in [code for code, _ in _codes(index, stored)]
    index.rebuild(iter(stored), many_nodes(2))
    assert _codes(index, stored) == []


def test_words_without_a_package(index: Index, stored: list[AipRecord]) -> None:
    """Words that lead to nothing the catalogue has are named, and lead to nothing."""
    stray = record("stray.1", product("a.fits", target_name="Strayword"))
    write_words(index.root / "whoosh", [aip_document(999, stray)])
    assert _codes(index, stored) == [("IDX-006", "stray.1")]
    assert index.find(Query(words="strayword")).total == 0


def _answers(index: Index, asked: list[str]) -> list[list[str]]:
    return [sorted(hit.aip.aip_id for hit in index.find(Query(words=word, limit=100)).hits) for word in asked]


def test_a_flipped_bit_in_the_words_is_told_or_changes_no_answer(
    index: Index, stored: list[AipRecord], seeded: random.Random, record_count: Callable[[str, int], None]
) -> None:
    """N1: wherever a bit flips in the files of words, the check tells of it, or every word finds the same."""
    documents = [aip_document(0, held) for held in stored]
    terms = {*chain(*(each.names | each.words for each in documents))}
    asked = seeded.sample(sorted(term for term in terms if len(term) > 3 and term.isalnum()), 20)
    before, told = _answers(index, asked), 0
    for path in sorted((index.root / "whoosh").iterdir()):
        sound = path.read_bytes()
        for _ in range(12 if sound else 0):
            changed = bytearray(sound)
            changed[seeded.randrange(len(sound))] ^= 1 << seeded.randrange(8)
            path.write_bytes(changed)
            try:
                silent = _codes(Index(index.root), stored) == []
            except StorageError:
                silent = False
            told += not silent
            if silent:
                assert _answers(Index(index.root), asked) == before
        path.write_bytes(sound)
    assert told
    record_count("flips in the words that were told", told)


def test_a_document_under_another_number_is_found(index: Index, stored: list[AipRecord]) -> None:
    """Its words would lead to another package: IDX-005."""
    write_words(index.root / "whoosh", [aip_document(2, stored[0])])
    assert _codes(index, stored) == [("IDX-005", stored[0].aip_id)]


def _killed(act: Callable[[], None]) -> None:
    """Run ``act`` in a child process that dies when words are about to be written."""
    child = os.fork()
    if child == 0:
        try:
            setattr(writing, "write_words", lambda *_, **__: os._exit(9))  # noqa: B010
            act()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_killed_between_catalogue_and_words(index: Index, stored: list[AipRecord]) -> None:
    """A crash between the two is found, answers stay sound, and adding again repairs it."""
    new = record("new.1", title="Unheard of")
    _killed(lambda: create_index(index.root).add([new]))
    everything = [*stored, new]
    assert _codes(index, everything) == [("IDX-004", "new.1")]
    assert index.find(Query(words="unheard")).total == 0
    assert index.find(Query(limit=100)).total == len(everything)
    index.add([new])
    assert _codes(index, everything) == []
    assert index.find(Query(words="unheard")).total == 1


def test_killed_while_nodes_were_entered(index: Index, stored: list[AipRecord]) -> None:
    """A node whose words were lost is found, and entering the tree again repairs it."""
    from tests.search_index.factory import PlainNode

    node = PlainNode("delta", "Mission delta", kind="mission")
    _killed(lambda: create_index(index.root).add([], [node]))
    assert _codes(index, stored) == [("IDX-007", "delta")]
    index.add([], [node])
    assert _codes(index, stored) == []


def test_strange_values_are_kept_without_a_false_alarm(index: Index, stored: list[AipRecord]) -> None:
    """Numbers that are none, text that is not UTF-8 and huge counts are stored and agree when checked."""
    values = {"snr": float("nan"), "list": [float("inf"), 1], "name": "caf\udce9", "nul": "a\0b"}
    odd = product(
        "odd\udce9.fits",
        target_name="Tar\0get",
        s_xel1=10**30,
        s_xel2=float("nan"),
        t_exptime=float("-inf"),
        valid_from=float("nan"),
        values=values,
    )
    strange = record("strange.1", odd, title="Nul \0 and \udcff", values={"x": float("nan")})
    index.add([strange])
    assert _codes(index, [*stored, strange]) == []
    (entry,) = index.products("strange.1")
    assert entry.product.values == values | {"snr": None, "list": [None, 1]}
    assert entry.product.obscore.s_xel1 is None
    assert index.find(Query(words="nul")).total == 1
