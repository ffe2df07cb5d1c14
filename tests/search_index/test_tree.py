"""The tree: every branch shows what lies in it and below it, empty ones included."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oais.errors import WrongUsageError
from oais.information.packages import VersionRecord
from search_index.entries import Amount, Grown
from search_index.index import Index, create_index
from tests.search_index.factory import PlainNode, product, record

SLUGS = ("a", "b", "a-b")
PATHS = st.lists(st.sampled_from(SLUGS), min_size=1, max_size=4).map("/".join)
PACKAGES = st.dictionaries(
    st.integers(0, 12).map("aip.{}".format),
    st.tuples(PATHS, st.integers(1, 3), st.integers(0, 10**12)),
    max_size=8,
)


def _below(path: str, branch: str) -> bool:
    return path == branch or path.startswith(branch + "/")


def _brute(packages: dict[str, tuple[str, int, int]], branch: str, without: tuple[str, ...]) -> Amount:
    held = [
        (products, size)
        for node, products, size in packages.values()
        if _below(node, branch) and not any(_below(node, hidden) for hidden in without)
    ]
    return Amount(len(held), sum(item[0] for item in held), sum(item[1] for item in held))


def _add(index: Index, packages: dict[str, tuple[str, int, int]], planned: set[str]) -> None:
    records = [
        record(aip_id, *(product(f"{n}.fits") for n in range(products)), node=node, size=size)
        for aip_id, (node, products, size) in packages.items()
    ]
    index.add(records, [PlainNode(path, path.upper()) for path in sorted(planned)])


@settings(max_examples=40)
@given(
    first=PACKAGES,
    second=PACKAGES,
    planned=st.sets(PATHS, max_size=4),
    without=st.sets(PATHS, max_size=2).map(lambda paths: tuple(sorted(paths))),
    removed=st.sets(st.integers(0, 12).map("aip.{}".format), max_size=4),
)
def test_amounts_are_those_of_a_plain_sum(
    first: dict[str, tuple[str, int, int]],
    second: dict[str, tuple[str, int, int]],
    planned: set[str],
    without: tuple[str, ...],
    removed: set[str],
) -> None:
    """After adding, replacing, moving and removing packages each node counts what is there."""
    with TemporaryDirectory() as folder:
        index = create_index(Path(folder) / "search_index")
        _add(index, first, planned)
        index.children()  # so that what is remembered has to be forgotten
        _add(index, second, set())
        index.remove(removed)
        packages = {key: value for key, value in (first | second).items() if key not in removed}
        seen = dict(_walk(index, without))
        rests = {node for node, _, _ in packages.values()} | planned
        shown = {path for path in rests if not any(_below(path, hidden) for hidden in without)}
        assert set(seen) == {above for path in shown for above in _lineage(path)}
        for path, total in seen.items():
            assert total == _brute(packages, path, without)
        for hidden in without:
            assert index.node(hidden, without) is None


def _walk(index: Index, without: tuple[str, ...], path: str = "") -> list[tuple[str, Amount]]:
    found = []
    for entry in index.children(path, limit=1000, without=without):
        assert entry.parent == path
        assert entry == index.node(entry.path, without)
        below = index.children(entry.path, limit=1000, without=without)
        assert entry.children == len(below)
        found += [(entry.path, entry.total), *_walk(index, without, entry.path)]
    return found


def _lineage(path: str) -> list[str]:
    slugs = path.split("/")
    return ["/".join(slugs[:depth]) for depth in range(1, len(slugs) + 1)]


def test_children_stand_in_the_planned_order(empty: Index) -> None:
    """Siblings stand by their order, then naturally by title; an unplanned one comes last."""
    nodes = [
        PlainNode("m/ten", "Sector 10", order=1),
        PlainNode("m/nine", "Sector 9", order=1),
        PlainNode("m/first", "Zeta", order=0),
    ]
    empty.add([record("x", node="m/unplanned")], [PlainNode("m", "Mission", kind="mission"), *nodes])
    titles = [entry.title for entry in empty.children("m")]
    assert titles == ["Zeta", "Sector 9", "Sector 10", "unplanned"]
    assert [entry.title for entry in empty.children("m", 1, 2)] == ["Sector 9", "Sector 10"]
    assert empty.children("m", 4) == ()
    mission = empty.node("m")
    assert mission is not None
    assert (mission.children, mission.own, mission.total.aips) == (4, Amount(), 1)


def test_a_changed_node_is_shown_as_it_is_now(empty: Index) -> None:
    """A node that is entered again with another title has one entry, and is found by new words only."""
    from search_index.query import Query

    empty.add([], [PlainNode("m", "Oldname")])
    empty.add([], [PlainNode("m", "Newname")])
    assert [entry.title for entry in empty.children()] == ["Newname"]
    assert [node.path for node in empty.find(Query(words="newname")).nodes] == ["m"]
    assert empty.find(Query(words="oldname")).nodes == ()


def test_a_hundred_thousand_siblings_are_paged(empty: Index) -> None:
    """A branch with very many children is shown page by page, without a gap or a repeat."""
    empty.add([], [PlainNode(f"m/{count}", f"Run {count}") for count in range(3_000)])
    pages = [empty.children("m", offset, 700) for offset in range(0, 3_000, 700)]
    assert [entry.title for page in pages for entry in page] == [f"Run {n}" for n in range(3_000)]


def test_holdings_tell_missions_and_levels(empty: Index) -> None:
    """Each mission's amounts by the level of its packages add up to its total."""
    empty.add(
        [
            record("a", node="m/n0", mission="m", level="N0", size=1),
            record("b", node="m/n1", mission="m", level="N1", size=2),
            record("c", node="k", mission="k", level="N1", size=4),
        ]
    )
    held = {holding.mission: holding for holding in empty.holdings()}
    assert held["m"].total == Amount(2, 2, 3)
    assert held["m"].levels == {"N0": Amount(1, 1, 1), "N1": Amount(1, 1, 2)}
    assert [holding.mission for holding in empty.holdings(without=("m",))] == ["k"]
    assert empty.holdings(without=("m", "k")) == ()


@pytest.mark.parametrize("page", [(-1, 10), (0, 0), (0, -1), (0, 10**6), (10**9, 10)])
def test_a_page_that_cannot_be_is_refused(empty: Index, page: tuple[int, int]) -> None:
    """Negative and huge pages are wrong usage."""
    with pytest.raises(WrongUsageError):
        empty.children("", *page)


@pytest.mark.parametrize("path", ["nowhere", "", "/", "m/", "../m", "m' OR 1=1", "\0", "m/*"])
def test_a_place_that_is_not_there_is_none(empty: Index, path: str) -> None:
    """Asking for a node that does not exist is answered with nothing."""
    empty.add([], [PlainNode("m", "Mission")])
    assert empty.node(path) is None


def test_growth_is_counted_by_year_and_mission(empty: Index) -> None:
    """Each version in its own year with what it added; branches left out are not counted."""

    def versions(*told: tuple[str, int]) -> tuple[VersionRecord, ...]:
        return tuple(
            VersionRecord(number, f"{day}T23:59:59Z", "", 1, 500, added=added)
            for number, (day, added) in enumerate(told, start=1)
        )

    index = empty
    two = versions(("2024-12-31", 100), ("2026-01-01", 20))
    index.add(
        [
            record("one", node="a/n1", mission="A", versions=two, size=120),
            record("two", node="a/n2", mission="A", versions=versions(("2024-01-01", 7)), size=7),
            record("three", node="b/n1", mission="B", versions=versions(("2026-05-05", 3)), size=3),
        ]
    )
    assert index.growth() == (Grown("A", 2024, 2, 107), Grown("A", 2026, 1, 20), Grown("B", 2026, 1, 3))
    assert index.growth(without=("a/n2", "b")) == (Grown("A", 2024, 1, 100), Grown("A", 2026, 1, 20))
    index.remove(["one"])
    assert index.growth() == (Grown("A", 2024, 1, 7), Grown("B", 2026, 1, 3))
