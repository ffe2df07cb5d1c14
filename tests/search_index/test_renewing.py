"""After a change only what changed is read again, and the answers are those of an index opened anew."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from oais.information.packages import AipRecord
from search_index import browsing
from search_index.answers import FindResult
from search_index.catalogue import changes
from search_index.index import Index, open_index
from search_index.query import FACETS, ORDERS, Cone, Query
from tests.search_index.factory import many_nodes, many_records, product, record
from tests.search_index.test_cost import statements

EVERYWHERE = Cone(0.0, 0.0, 180.0)
OTHER = product("o.fits", s_ra=10.0, s_dec=10.0, target_name="Other star", t_min=58_000.0, t_max=58_001.0)
PLACES = ("alpha", "beta", "beta/n2/other")
Changes = Callable[[list[AipRecord]], tuple[list[AipRecord], list[AipRecord]]]
"""Of what is held: what is removed first, and what is added then, one after another."""

CHANGES: dict[str, Changes] = {
    "one comes": lambda _held: ([], [record("alpha.new", OTHER)]),
    "one comes that tells nothing new": lambda held: ([], [replace(held[7], aip_id="alpha.new")]),
    "one is replaced": lambda held: ([], [_other(held[7])]),
    "one leaves": lambda held: ([held[3]], []),
    "the newest leaves and another comes": lambda held: ([held[-1]], [record("zeta.new", OTHER)]),
    "nothing is known of who leaves": lambda _held: ([record("nobody")], []),
    "all leave": lambda held: (held, []),
    "several change": lambda held: ([], [_other(one) for one in held[9:14]]),
}


def _other(one: AipRecord) -> AipRecord:
    """Return a package in which all that finding asks of is another."""
    description = replace(one.description, products=(OTHER,), title="Other", node="beta/n2/other", level="N2")
    return replace(one, description=description, size=one.size + 1)


@pytest.fixture
def index(empty: Index) -> Index:
    """An index of sixty packages whose columns are all in memory."""
    empty.add(many_records(60), many_nodes())
    _asked(empty)
    return empty


def _asked(index: Index) -> list[object]:
    """Return the answers to questions of every kind."""
    kinds = [
        *(Query(order=order, limit=100) for order in ORDERS if order not in {"distance", "relevance"}),
        Query(visits=True, limit=100),
        Query(cone=EVERYWHERE, order="distance", limit=100),
        Query(cone=Cone(10.0, 10.0, 5.0), limit=100),
        Query(ids="alpha.*", limit=100),
        Query(node="alpha", limit=100),
        Query(target="other*", limit=100),
    ]
    found: list[FindResult] = [index.find(query) for query in kinds]
    names = [index.named(facet, "", limit=100) for facet in FACETS]
    rests = [ask(index, path, ()) for ask in (browsing.contents, browsing.coverage) for path in PLACES]
    everywhere = (browsing.sky(index, ()), browsing.nearest(index, 58_000.5, "", ()), index.formats())
    return [*found, *names, *rests, *everywhere, index.resolve(["Other star", EVERYWHERE])]


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_found_as_by_an_index_opened_anew(change: str, index: Index) -> None:
    """Whatever comes, changes or leaves, an index that has read all before answers like one that has not."""
    before = _asked(index)
    removed, added = CHANGES[change](list(many_records(60)))
    index.remove([one.aip_id for one in removed])
    for one in added:
        index.add([one])
    after = _asked(index)
    assert after == _asked(open_index(index.root))
    assert (after == before) is (change == "nothing is known of who leaves")


def _of_all(executed: list[str]) -> list[str]:
    """Return the statements that read all packages, or all facets."""
    of_some = ("WHERE aips", "WHERE facet_values")
    read = [one for one in executed if "FROM aips" in one or "FROM facet_values" in one]
    return [one for one in read if not any(mark in one for mark in of_some) and "JOIN" not in one]


def test_what_did_not_change_is_not_read_again(index: Index) -> None:
    """One new package does not let all others be read."""
    index.add([record("alpha.new", OTHER)])
    with statements() as executed:
        index.find(Query(limit=100))
    assert not _of_all(executed), executed


def test_what_was_read_beforehand_is_not_read_again(index: Index) -> None:
    """Who asks first after a start waits for nothing that could be read before."""
    opened = open_index(index.root)
    with statements() as before:
        opened.warm()
    with statements() as executed:
        assert _asked(opened) == _asked(index)
    assert _of_all(before)
    assert not [one for one in executed if one in before and "facts" not in one]


def test_who_asks_while_all_is_read_is_answered_rightly(index: Index) -> None:
    """Questions that come from several threads at once, beside the reading, find what they find later."""
    opened = open_index(index.root)
    with ThreadPoolExecutor(4) as threads:
        reading = threads.submit(opened.warm)
        asked = [threads.submit(_asked, opened) for _ in range(3)]
        expected = _asked(index)
        assert [one.result() for one in asked] == [expected] * 3
        reading.result()


@pytest.mark.parametrize(("name", "most"), [("MOST_CHANGED", 4), ("MOST_GENERATIONS", 2)])
def test_all_is_read_after_too_much_changed(
    index: Index, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    """After very many changes, or of very many packages, all is read anew, and the answer is right."""
    monkeypatch.setattr(changes, name, most)
    for one in list(many_records(60))[20:25]:
        index.add([_other(one)])
    with statements() as executed:
        answer = index.find(Query(limit=100))
    assert _of_all(executed)
    assert answer == open_index(index.root).find(Query(limit=100))
