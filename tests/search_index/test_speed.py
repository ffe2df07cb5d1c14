"""Speed at 20,000 packages: what a tree page and a search ask of the index, on one worker."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from search_index.index import Index, create_index
from search_index.query import Cone, Query, TimeSpan
from tests.search_index.factory import LEVELS, MISSIONS, many_nodes, many_records

PACKAGES = 20_000
CLEAR_REBUILD = 400
"""Packages a second that a rebuild must reach on two quiet cores; a loaded machine gets a quarter."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index of 20,000 packages, which has to be built in good time itself."""
    index = create_index(tmp_path_factory.mktemp("large") / "search_index")
    before = time.perf_counter()
    index.rebuild(many_records(PACKAGES), many_nodes())
    assert PACKAGES / (time.perf_counter() - before) > CLEAR_REBUILD / 4
    return index


def _asked(index: Index, dice: random.Random) -> Callable[[], object]:
    """Return one of the questions that people ask, with other values each time."""
    mission, level = dice.choice(MISSIONS), dice.choice(LEVELS)
    number, ra, dec = dice.randrange(PACKAGES), dice.uniform(0, 360), dice.uniform(-90, 90)
    start = dice.uniform(58_000, 60_000)
    path = f"{mission}/{level.lower()}"
    queries = [
        Query(words=f"TIC {55_000_000 + number * 7}"),
        Query(words="light curve", mission=mission),
        Query(words=f"visit {number % 50} camera", level=level),
        Query(words=f"obs{number:06d}"[:-2] + "*"),
        Query(cone=Cone(ra, dec, dice.uniform(0.1, 10))),
        Query(time=TimeSpan(start, start + 10), order="time"),
        Query(node=path, order="-size", offset=dice.randrange(900)),
        Query(mission=mission, kind="report", without=(path,)),
    ]
    asked: list[Callable[[], object]] = [lambda query=query: index.find(query) for query in queries]  # type: ignore[misc]
    asked.append(lambda: (index.node(path), index.children(path), index.holdings()))
    return dice.choice(asked)


@pytest.mark.long
def test_tree_and_search_answer_at_once(
    large: Index, seeded: random.Random, record_count: Callable[[str, int], None]
) -> None:
    """Of 300 mixed questions hardly one is slow; how fast they are stands in benchmarks."""
    large.find(Query(words="light curve"))
    times = []
    for _ in range(300):
        ask = _asked(large, seeded)
        before = time.perf_counter()
        ask()
        times.append(time.perf_counter() - before)
    p95 = sorted(times)[int(len(times) * 0.95)]
    record_count("index p95 in microseconds at 20,000 AIPs", round(p95 * 1e6))
    assert p95 <= 0.5  # a guard against a slow path; the figure itself stands in benchmarks/


@pytest.mark.long
def test_columns_are_loaded_anew_in_good_time(large: Index, tmp_path: Path) -> None:
    """The first question after a change loads everything again, and does not hang at it."""
    large.add(many_records(1, seed=9))
    before = time.perf_counter()
    assert large.find(Query(words="light curve")).total == PACKAGES
    assert time.perf_counter() - before < 20  # it may not hang; how fast it is stands in benchmarks/
