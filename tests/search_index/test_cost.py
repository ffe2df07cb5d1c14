"""What an answer costs, counted in questions to the database: it does not grow with what is held."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event

from search_index.catalogue.sqlite import FILE_NAME
from search_index.index import Index, create_index
from search_index.query import Cone, Query, TimeSpan
from tests.search_index.factory import many_nodes, many_records, product, record

ASKED: dict[str, Callable[[Index], object]] = {
    "a place and what is below it": lambda index: (index.node("tess"), index.children("tess")),
    "the holdings": lambda index: index.holdings(),
    "words": lambda index: index.find(Query(words="light curve", limit=5)),
    "words that begin alike": lambda index: index.find(Query(words="obs*", limit=5)),
    "a place": lambda index: index.find(Query(node="tess/n1", order="-size", limit=5)),
    "a cone": lambda index: index.find(Query(cone=Cone(180.0, 0.0, 90.0), limit=5)),
    "a time": lambda index: index.find(Query(time=TimeSpan(58_000, 60_000), order="time", limit=5)),
}


@contextmanager
def statements() -> Iterator[list[str]]:
    """Give a list that each statement is added to that is executed meanwhile."""
    executed: list[str] = []

    def note(*told: object) -> None:
        executed.append(str(told[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index of fewer packages than `filled`."""
    index = create_index(tmp_path_factory.mktemp("small") / "search_index")
    index.add(many_records(60), many_nodes())
    return index


@pytest.mark.parametrize("question", ASKED)
def test_answer_costs_as_many_statements_however_much_is_held(
    question: str, small: Index, filled: Index
) -> None:
    """The database is asked as often for five times the packages."""
    asked = []
    for index in (small, filled):
        ASKED[question](index)
        with statements() as executed:
            ASKED[question](index)
        asked.append(len(executed))
    assert asked[0] == asked[1] <= 12, executed


KEPT: dict[str, Callable[[Index], object]] = {
    "the formats": lambda index: index.formats(),
    "all observation requests": lambda index: index.requests_observed(),
    "all visits": lambda index: index.observations(),
    "packages of no request": lambda index: index.unobserved(),
}


@pytest.mark.parametrize("question", KEPT)
def test_what_is_told_of_all_is_read_once(question: str, empty: Index) -> None:
    """It is not read again before something has come in, and then it tells of that too."""
    request = {"observation_request": "OR 1", "visit": "V1"}
    empty.add([record("alpha.0001", product("a.fits", values=request)), record("alpha.0002")])
    first = KEPT[question](empty)
    with statements() as executed:
        assert KEPT[question](empty) == first
    assert not [statement for statement in executed if "facts" not in statement]
    more = {"observation_request": "OR 2", "visit": "V2"}
    other = product("b.fits", format_id="fmt/1", values=more)
    empty.add([record("alpha.0003", other), record("alpha.0004")])
    assert KEPT[question](empty) != first


def test_all_visits_are_those_of_all_requests(empty: Index) -> None:
    """Read at once they are what is told of each: of a request that only older versions name, those."""
    older = record("alpha.0001", product("a.fits", values={"observation_request": "OR 1", "visit": "V1"}))
    newest = record("alpha.0001", product("a.fits", values={"observation_request": "OR 2", "visit": "V1"}))
    (first,), (second,) = older.versions, newest.versions
    moved = replace(newest, versions=(first, replace(second, number=2)))
    moved = replace(moved, description=replace(moved.description, version=2))
    same = record("alpha.0002", product("b.fits", values={"observation_request": "OR 2", "visit": "V7"}))
    empty.add([moved, same])
    requests = ["alpha:OR 1", "alpha:OR 2"]
    assert {told.request for told in empty.observations()} == set(requests)
    assert set(empty.observations()) == set(empty.visits_of(requests))
    assert len(empty.observations()) == 3


def test_a_question_of_validity_reads_reference_files_alone(filled: Index) -> None:
    """They are few among all products, and the database walks an index that has only them."""
    asked: list[tuple[str, Any]] = []

    def note(*told: Any) -> None:
        asked.append((told[2], told[3]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        filled.find(Query(valid=TimeSpan(58_000, 59_000)))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    ((statement, values),) = [told for told in asked if "valid_from" in told[0]]
    with closing(sqlite3.connect(filled.root / FILE_NAME)) as database:
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert "products_by_validity" in plan[0]


def test_rows_of_a_large_package_are_entered_some_at_a_time(empty: Index) -> None:
    """Memory does not grow with the products: no statement is given all rows of them at once."""
    batches: list[int] = []

    def note(*told: Any) -> None:
        batches.append(len(told[3]) if told[5] else 1)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        empty.add([record("alpha.0001", *(product(f"{n}.fits") for n in range(1_200)))], many_nodes())
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert max(batches) == 500
    assert len(empty.products("alpha.0001")) == 1_200
