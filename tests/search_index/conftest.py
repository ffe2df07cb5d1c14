"""Indexes that tests only read: made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from oais.information.packages import AipRecord
from search_index.index import Index, create_index
from tests.search_index.factory import many_nodes, many_records

SHARED_SIZE = 300


@pytest.fixture
def empty(tmp_path: Path) -> Index:
    """An index in a home of its own, with nothing in it."""
    return create_index(tmp_path / "search_index")


@pytest.fixture(scope="session")
def held() -> list[AipRecord]:
    """The records of the packages in `filled`."""
    return list(many_records(SHARED_SIZE))


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, held: list[AipRecord]) -> Index:
    """An index of 300 packages of three missions, to be read only."""
    index = create_index(tmp_path_factory.mktemp("filled") / "search_index")
    index.add(held, many_nodes())
    return index
