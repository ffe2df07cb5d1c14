"""Rows of ADQL that are taken together before they are counted, or read from the index in short."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from oais.information.description import ProductDescription
from oais.information.packages import AipRecord
from search_index.adql.answering import Limits, answer, answer_page
from search_index.adql.parsing import parse
from search_index.adql.statement import statement
from search_index.index import Index
from tests.search_index.factory import product, record

HIDDEN = "alpha/hidden"
BASE = "https://archive.example"
Rows = list[tuple[AipRecord, ProductDescription]]
Told = list[tuple[Any, ...]]


def _package(number: int, node: str) -> AipRecord:
    """One package of several products, some alike and some not; every fifth tells no target at all."""
    types = ["light curve", "image", "light curve", "mask", "light curve"][: 1 + number % 5]
    products = (
        product(
            f"{number}-{place}.fits",
            product_type=name,
            target_name=f"star {number % 3 + place % 2}" if number % 5 else None,
            obs_id=f"OBS {number}",
            dataproduct_type="image" if name == "image" else None,
            s_ra=float(number * 17 % 40 + place),
            t_min=58_000.0 + number,
        )
        for place, name in enumerate(types)
    )
    facts = {"node": node, "level": f"N{number % 3}", "mission": "beta" if number % 2 else "alpha"}
    return record(f"alpha.{number:02}", *products, **facts)


PACKAGES = [_package(number, HIDDEN if number % 4 == 3 else "alpha/n1") for number in range(24)]


@pytest.fixture
def alike(empty: Index) -> Index:
    """An index of packages with products that are alike."""
    empty.add(PACKAGES)
    return empty


def _seen() -> Rows:
    seen = (each for each in PACKAGES if each.description.node != HIDDEN)
    return [(each, item) for each in seen for item in each.description.products]


def _counted(key: Callable[[AipRecord, ProductDescription], tuple[Any, ...]]) -> Told:
    """Return what is counted by a key, with the number last, in the order of the keys."""
    counts = Counter(key(*row) for row in _seen())
    return sorted(((*each, number) for each, number in counts.items()), key=str)


COUNTS: dict[str, Callable[[], Told]] = {
    "SELECT product_type, COUNT(*) FROM obscore GROUP BY product_type": lambda: _counted(
        lambda _, item: (item.product_type,)
    ),
    "SELECT mission, package_level, COUNT(*) AS n FROM obscore GROUP BY mission, package_level ORDER BY n": (
        lambda: _counted(lambda aip, _: (aip.description.mission, aip.description.level))
    ),
    "SELECT target_name, mission, COUNT(*) FROM obscore GROUP BY mission, target_name": lambda: _counted(
        lambda aip, item: (item.obscore.target_name, aip.description.mission)
    ),
    "SELECT UPPER(dataproduct_type), COUNT(*) FROM obscore GROUP BY UPPER(dataproduct_type)": lambda: (
        _counted(lambda _, item: ((item.obscore.dataproduct_type or "").upper() or None,))
    ),
    "SELECT obs_id, COUNT(*) * 2 + 1 FROM obscore GROUP BY obs_id HAVING COUNT(*) > 2": lambda: [
        (name, 2 * n + 1) for name, n in _counted(lambda _, item: (item.obscore.obs_id,)) if n > 2
    ],
    "SELECT mission, COUNT(*) FROM obscore WHERE product_type = 'mask' OR mission > 'b' GROUP BY mission": (
        lambda: [
            (name, kept)
            for name in ("alpha", "beta")
            if (
                kept := sum(
                    aip.description.mission == name and (name == "beta" or item.product_type == "mask")
                    for aip, item in _seen()
                )
            )
        ]
    ),
    "SELECT COUNT(*), COUNT(DISTINCT product_type), MAX(obs_id) FROM obscore WHERE product_type <> 'x'": (
        lambda: [(len(_seen()), 3, max(item.obscore.obs_id or "" for _, item in _seen()))]
    ),
    "SELECT COUNT(*) FROM obscore WHERE mission = 'gamma'": lambda: [(0,)],
    "SELECT COUNT(target_name), SUM(package_size) FROM obscore GROUP BY package_kind": lambda: [
        (
            sum(item.obscore.target_name is not None for _, item in _seen()),
            sum(aip.size for aip, _ in _seen()),
        )
    ],
    "SELECT mission, COUNT(*), SUM(s_ra) FROM obscore GROUP BY mission": lambda: [
        (name, n, sum(item.obscore.s_ra or 0 for aip, item in _seen() if aip.description.mission == name))
        for name, n in _counted(lambda aip, _: (aip.description.mission,))
    ],
    "SELECT DISTINCT target_name FROM obscore ORDER BY target_name DESC": lambda: [
        (name,) for name, _ in _counted(lambda _, item: (item.obscore.target_name,))
    ],
    "SELECT DISTINCT product_type, package_id FROM obscore": lambda: [
        row[:2] for row in _counted(lambda aip, item: (item.product_type, aip.aip_id))
    ],
    "SELECT DISTINCT COUNT(*) FROM obscore GROUP BY package_id": lambda: [
        (n,) for n in {row[-1] for row in _counted(lambda aip, _: (aip.aip_id,))}
    ],
}
"""Queries, and what a plain count of the products that may be known of gives, in any order."""


@pytest.mark.parametrize("query", COUNTS)
def test_counts_are_those_of_a_plain_count(alike: Index, query: str) -> None:
    """However many products of a package are alike, each is counted, and none that is hidden."""
    rows = answer(alike, query, (HIDDEN,), BASE).rows
    assert sorted(rows, key=str) == sorted(COUNTS[query](), key=str)
    assert rows


@pytest.mark.parametrize("order", ["s_ra", "s_ra DESC", "target_name DESC", "t_max", "obs_id", "t_min DESC"])
@pytest.mark.parametrize("condition", ["", "WHERE s_ra > 9", "WHERE mission = 'beta'"])
def test_sorted_pages_are_those_of_a_plain_sort(alike: Index, order: str, condition: str) -> None:
    """What has no value comes last, equal ones by package and place; what is hidden moves nothing."""
    name, _, falling = order.partition(" ")
    kept = [
        (aip, place, item)
        for aip in PACKAGES
        for place, item in enumerate(aip.description.products)
        if aip.description.node != HIDDEN
        and ("s_ra" not in condition or (item.obscore.s_ra or 0) > 9)
        and ("beta" not in condition or aip.description.mission == "beta")
    ]
    known = [row for row in kept if getattr(row[2].obscore, name) is not None]
    known.sort(key=lambda row: getattr(row[2].obscore, name), reverse=bool(falling))
    unknown = [row for row in kept if getattr(row[2].obscore, name) is None]
    query = f"SELECT product_name FROM obscore {condition} ORDER BY {order}"
    page = answer_page(alike, query, (HIDDEN,), BASE, Limits(9, 5))
    expected = [(item.path.rpartition("/")[2],) for _, _, item in [*known, *unknown]]
    assert (list(page.rows), page.total) == (expected[5:14], len(kept))


@pytest.mark.parametrize(
    "asked", ["ORDER BY {}", "WHERE mission = 'alpha' ORDER BY {} DESC", "WHERE {0} = {0}"]
)
@pytest.mark.parametrize("name", ["s_ra", "s_dec", "target_name", "t_max", "obs_id"])
def test_no_wide_row_is_read_to_sort_or_count(alike: Index, asked: str, name: str) -> None:
    """The table of products is read for the rows of a page alone, by their numbers."""
    made = statement(parse(f"SELECT product_path FROM obscore {asked.format(name)}"))
    for sql in (made.sql, made.counting) if "ORDER" in asked else (made.counting,):
        plan = _plan(alike, sql, made.parameters)
        read = [step for step in plan if step.startswith(("SCAN p", "SEARCH p"))]
        assert read
        assert all("COVERING INDEX" in step or "PRIMARY KEY" in step for step in read), plan


@pytest.mark.parametrize("name", ["product_type", "instrument_name", "calib_level", "access_format", "s_fov"])
@pytest.mark.parametrize(
    "query",
    [
        "SELECT mission, {0}, COUNT(*) FROM obscore GROUP BY mission, {0}",
        "SELECT DISTINCT {0} FROM obscore WHERE {0} IS NOT NULL",
        "SELECT {0}, COUNT(*) FROM obscore WHERE 1 = package_has('level', 'N1') GROUP BY {0}",
        "SELECT product_path FROM obscore ORDER BY mission, {0} DESC",
        "SELECT product_path FROM obscore WHERE {0} IS NOT NULL",
    ],
)
def test_what_is_alike_is_read_together(alike: Index, query: str, name: str) -> None:
    """Beside the rows of a page nothing is read but one row for all products of a package that are alike."""
    made = statement(parse(query.format(name)))
    for sql in filter(None, (made.sql, made.counting)):
        plan = _plan(alike, sql, {**made.parameters, "m0": "[]"})
        read = [step for step in plan if step.startswith(("SCAN p", "SEARCH p"))]
        # What is counted without a condition on products is counted as it lies, up to what is told.
        by_packages = sql == made.counting and "WHERE" not in query
        by = "COVERING INDEX products_by_aip" if by_packages else "PRIMARY KEY"
        assert f"SEARCH p USING {by} (aip_no=?)" in read, plan
        assert not any(step.startswith("SCAN p") for step in read), plan


@pytest.mark.parametrize(
    ("order", "index"),
    [
        ("product_name", "COVERING INDEX products_by_name"),
        ("product_name DESC", "COVERING INDEX products_by_name"),
        ("t_min DESC", "INDEX products_by_start"),
        ("s_ra", "COVERING INDEX products_by_ra"),
        ("s_dec DESC, s_ra", "INDEX products_by_dec"),
        ("", "sqlite_autoindex_aips_1"),
    ],
)
@pytest.mark.parametrize("condition", ["", "WHERE mission = 'beta'", "WHERE package_size > 7"])
def test_what_stands_in_order_is_read_in_it(alike: Index, order: str, index: str, condition: str) -> None:
    """A page sorted by names, starts or positions, or not at all, reads and sorts no row but those shown."""
    by = f"ORDER BY {order}" if order else ""
    made = statement(parse(f"SELECT product_path FROM obscore {condition} {by}"))
    plan = _plan(alike, made.sql, made.parameters)
    first = plan[: plan.index("SCAN chosen")]
    assert any("SCAN" in step and step.endswith(index) for step in first), plan
    assert "USE TEMP B-TREE FOR ORDER BY" not in first, plan


@pytest.mark.parametrize("order", ["s_ra", "s_dec DESC"])
def test_what_lies_in_a_cone_is_sorted_by_itself(alike: Index, order: str) -> None:
    """Where packages are looked up first, no index of all positions is walked."""
    query = (
        "SELECT product_path FROM obscore WHERE 1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(10, 20, 1)) ORDER BY "
    )
    made = statement(parse(query + order))
    plan = _plan(alike, made.sql, {**made.parameters, "m0": "[]"})
    assert not any("products_by_ra" in step or "products_by_dec" in step for step in plan), plan


def _plan(index: Index, sql: str, parameters: dict[str, object]) -> list[str]:
    given = {**parameters, "seen": "[]", "limit": 1, "offset": 0}
    with closing(sqlite3.connect(index.root / "catalogue.sqlite")) as connection:
        connection.create_function("sky_apart", 4, lambda *_: 0.0)
        return [step for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}", given)]
