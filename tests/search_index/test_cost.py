"""What an answer costs, counted in questions to the database: it does not grow with what is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

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
