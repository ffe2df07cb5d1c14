"""ADQL over the index: what it gives, against a plain reading of the records; what it refuses, and where."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oais.errors import StorageError, WrongUsageError
from oais.information.description import ProductDescription
from oais.information.packages import AipRecord
from search_index.adql.answering import MOST_ROWS, AdqlAnswer, Limits, answer, answer_page
from search_index.adql.columns import COLUMNS
from search_index.adql.faults import AdqlError
from search_index.adql.parsing import parse
from search_index.adql.statement import statement
from search_index.adql.tokens import LONGEST_QUERY
from search_index.catalogue.guarded import TooLongError
from search_index.catalogue.guarded import ask as ask_guarded
from search_index.index import Index, create_index
from tests.search_index.factory import product, record

BASE = "https://archive.example"
MANDATORY = {
    "dataproduct_type", "calib_level", "obs_collection", "obs_id", "obs_publisher_did", "access_url",
    "access_format", "access_estsize", "target_name", "s_ra", "s_dec", "s_fov", "s_region", "s_xel1",
    "s_xel2", "s_resolution", "t_min", "t_max", "t_exptime", "t_resolution", "t_xel", "em_min", "em_max",
    "em_res_power", "em_xel", "o_ucd", "pol_states", "pol_xel", "facility_name", "instrument_name",
}  # fmt: skip
"""The columns that ObsCore 1.1 demands (table 5)."""


def ask(index: Index, query: str, *without: str, rows: int = MOST_ROWS) -> AdqlAnswer:
    """Ask with the branches ``without`` hidden."""
    return answer(index, query, without, BASE, Limits(rows))


def rows_of(index: Index, query: str, *without: str) -> list[tuple[object, ...]]:
    """The rows of an answer."""
    return list(ask(index, query, *without).rows)


def test_all_mandatory_columns_stand_in_the_table_first(filled: Index) -> None:
    """``SELECT *`` gives the thirty columns of ObsCore, and then those of the archive."""
    columns = ask(filled, "SELECT TOP 1 * FROM ivoa.obscore").columns
    names = [column.name for column in columns]
    assert set(names[:32]) == MANDATORY | {"obs_title", "proposal_id"}
    assert names == list(COLUMNS)
    assert len(MANDATORY) == 30


def test_a_row_tells_a_product(filled: Index, held: list[AipRecord]) -> None:
    """What is stored stands there as it is; addresses are made of it."""
    (found,) = rows_of(
        filled,
        "SELECT TOP 1 package_id, obs_id, s_ra, access_url, access_format, access_estsize FROM ivoa.obscore",
    )
    core = held[0].description.products[0].obscore
    path = held[0].description.products[0].path
    address = f"{BASE}/aip/{held[0].aip_id}/v1/files/{path}"
    assert found == (held[0].aip_id, core.obs_id, core.s_ra, address, "application/fits", 3)


def test_rows_are_counted_and_summed_up(filled: Index, held: list[AipRecord]) -> None:
    """COUNT, GROUP BY, HAVING and ORDER BY agree with a plain count."""
    query = (
        "SELECT mission, COUNT(*) AS n, COUNT(DISTINCT package_id) FROM ivoa.obscore AS o "
        "WHERE o.product_kind = 'science' GROUP BY mission HAVING COUNT(*) > 1 ORDER BY n DESC, mission"
    )
    packages = Counter(item.description.mission for item in held)
    expected = sorted(((name, 2 * n, n) for name, n in packages.items()), key=lambda row: (-row[1], row[0]))
    assert rows_of(filled, query) == expected


def test_conditions_of_all_kinds(filled: Index, held: list[AipRecord]) -> None:
    """Comparisons, BETWEEN, IN, LIKE, IS NULL, NOT and arithmetic select what a plain reading does."""
    cores = [item.obscore for each in held for item in each.description.products]
    placed = [core for core in cores if core.s_ra is not None and core.s_dec is not None]
    counted = {
        "s_ra BETWEEN 10 AND 20.5": sum(10 <= (core.s_ra or 0) <= 20.5 for core in placed),
        "NOT s_ra < 180": sum((core.s_ra or 0) >= 180 for core in placed),
        "s_dec IS NULL": len(cores) - len(placed),
        "-s_dec * 2 + 1 > 60 AND s_ra / 2.0 <= 50": sum(
            -(core.s_dec or 0) * 2 + 1 > 60 and (core.s_ra or 0) / 2 <= 50 for core in placed
        ),
        "dataproduct_type IN ('image', 'cube') OR 1 = 2": sum(
            core.dataproduct_type == "image" for core in cores
        ),
        "target_name LIKE 'TIC %00'": sum((core.target_name or "").endswith("00") for core in cores),
        "target_name LIKE 'tic %'": 0,
        "target_name ILIKE 'tic %' -- in any case": sum(core.target_name is not None for core in cores),
        "instrument_name = 'it''s'": 0,
    }
    for condition, expected in counted.items():
        (found,) = rows_of(filled, f"SELECT COUNT(*) FROM ivoa.obscore WHERE {condition}")
        assert found == (expected,), condition


def test_names_in_quotes_and_of_the_table(filled: Index) -> None:
    """A column has its name with and without the table's, an alias or double quotes."""
    query = 'SELECT TOP 1 "s_ra", obscore.s_ra, ivoa.obscore.s_ra AS "Right Asc." FROM ivoa.obscore'
    answered = ask(filled, query)
    assert len(set(answered.rows[0])) == 1
    assert [column.name for column in answered.columns] == ["s_ra", "s_ra", "Right Asc."]
    assert answered.columns[0].unit == "deg"


def test_top_offset_and_too_many_rows(filled: Index) -> None:
    """TOP is what was asked for, a limit leaves rows out and says so, OFFSET goes on behind them."""
    assert [len(ask(filled, f"SELECT TOP {n} obs_id FROM obscore").rows) for n in (0, 1, 7)] == [0, 1, 7]
    limited = ask(filled, "SELECT package_id, product_path FROM obscore", rows=5)
    behind = ask(filled, "SELECT package_id, product_path FROM obscore OFFSET 5", rows=5)
    assert limited.more
    assert len(limited.rows) == len(behind.rows) == 5
    assert not set(limited.rows) & set(behind.rows)
    assert not ask(filled, "SELECT TOP 5 obs_id FROM obscore", rows=5).more
    assert ask(filled, "SELECT TOP 6 obs_id FROM obscore", rows=5).more


def _apart(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """Degrees between two directions, by the formula of Vincenty, which the archive does not use."""
    one, other, turn = math.radians(dec1), math.radians(dec2), math.radians(ra2 - ra1)
    across = math.hypot(
        math.cos(other) * math.sin(turn),
        math.cos(one) * math.sin(other) - math.sin(one) * math.cos(other) * math.cos(turn),
    )
    along = math.sin(one) * math.sin(other) + math.cos(one) * math.cos(other) * math.cos(turn)
    return math.degrees(math.atan2(across, along))


PLACES = {
    "middle": (329.717, -30.226, None),
    "field over it": (331.2, -30.0, 3.0),
    "field beside it": (331.2, -30.0, 2.0),
    "point beside it": (329.717, -30.2281, None),
    "point on the rim": (329.717, -30.2269, 0.0),
    "half the sky": (149.717, 30.226, 359.9991),
    "far": (10.0, 80.0, 1.0),
    "nowhere": (None, None, 1.0),
}
"""Products by what they are: where they look, and the diameter of their field, in degrees."""


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index of products around the position of the seed's query."""
    index = create_index(tmp_path_factory.mktemp("placed") / "search_index")
    index.add(
        record(f"alpha.{number}", product("a.fits", obs_id=name, s_ra=ra, s_dec=dec, s_fov=field))
        for number, (name, (ra, dec, field)) in enumerate(PLACES.items())
    )
    return index


def test_the_query_of_the_seed_returns_the_right_rows(placed: Index) -> None:
    """The query of the Data Distiller, its table renamed, finds the regions that meet the circle (CT-16)."""
    query = (
        "SELECT * FROM ivoa.obscore as o WHERE 1 = "
        "intersects(o.s_region, circle('ICRS', 329.717000, -30.226000, 0.001000))"
    )
    answered = ask(placed, query)
    at = [column.name for column in answered.columns].index("obs_id")
    expected = {
        name
        for name, (ra, dec, field) in PLACES.items()
        if ra is not None
        and dec is not None
        and _apart(ra, dec, 329.717, -30.226) <= 0.001 + (field or 0.0) / 2
    }
    assert {row[at] for row in answered.rows} == expected
    assert expected == {"middle", "field over it", "point on the rim", "half the sky"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 329.717, -30.226, 0.0022))", 3),
        ("CONTAINS(POINT(s_ra, s_dec), CIRCLE(POINT(329.717, -30.226), 0.0022)) = 1", 3),
        ("0 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(329.717, -30.226, 180))", 0),
        ("1 = CONTAINS(s_region, CIRCLE(329.717, -30.226, 2.4))", 4),
        ("1 = CONTAINS(POINT(329.717, -30.226), s_region)", 2),
        ("DISTANCE(POINT('ICRS', s_ra, s_dec), POINT('ICRS', 329.717, -30.226)) < 0.001", 2),
        ("DISTANCE(s_ra, s_dec, 329.717, -30.226) IS NULL", 1),
        ("1 = INTERSECTS(CIRCLE(s_ra, s_dec, 1), CIRCLE(10, 80, 0.5)) AND COORD2(POINT(1, s_dec)) > 0", 1),
    ],
)
def test_geometry(placed: Index, condition: str, expected: int) -> None:
    """Points, circles, regions and distances; what has no position is in none."""
    assert rows_of(placed, f"SELECT COUNT(*) FROM ivoa.obscore WHERE {condition}") == [(expected,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT package_id, product_path FROM obscore ORDER BY s_ra DESC",
        "SELECT TOP 20 obs_id AS name, s_dec FROM obscore WHERE s_dec > 0 ORDER BY name OFFSET 3",
        "SELECT * FROM obscore WHERE 1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(0, 0, 120)) AND t_min > 0",
        "SELECT product_path FROM obscore WHERE package_has('level', 'N1') = 1 AND NOT s_ra < 20",
        "SELECT DISTINCT target_name FROM obscore",
        "SELECT mission, COUNT(*) FROM obscore GROUP BY mission, target_name ORDER BY 2 DESC",
    ],
)
def test_pages_are_the_parts_of_the_whole(filled: Index, query: str) -> None:
    """One after the other they have every row once, in its order, and tell how many there are."""
    whole = ask(filled, query)
    assert whole.rows
    firsts = range(0, len(whole.rows) + 7, 7)
    pages = [answer_page(filled, query, (), BASE, Limits(7, first)) for first in firsts]
    assert [row for page in pages for row in page.rows] == list(whole.rows)
    assert {(page.total, page.more) for page in pages} == {(len(whole.rows), False)}


ORDERS: dict[str, Callable[[AipRecord, ProductDescription], Any]] = {
    "package_title": lambda aip, _: aip.description.title,
    "package_size DESC": lambda aip, _: -aip.size,
    "mission, 2 DESC": lambda aip, _: (aip.description.mission, _turned(aip.aip_id)),
    "UPPER(ingested_at)": lambda aip, _: aip.description.ingested_at,
    "package_size / 1000000, package_title": lambda aip, _: (aip.size // 10**6, aip.description.title),
    "t_min": lambda _, item: (item.obscore.t_min is None, item.obscore.t_min or 0),
    "mission, s_ra DESC": lambda aip, item: (
        aip.description.mission,
        item.obscore.s_ra is None,
        -(item.obscore.s_ra or 0),
    ),
}
CONDITIONS: dict[str, Callable[[AipRecord, ProductDescription], bool]] = {
    "1 = 1": lambda _aip, _item: True,
    "mission <> 'beta' AND product_level = 'N1'": lambda aip, item: (
        aip.description.mission != "beta" and item.level == "N1"
    ),
    "1 = package_has('mission', 'alpha', 'gamma') AND s_dec > 0": lambda aip, item: (
        aip.description.mission != "beta" and (item.obscore.s_dec or -1) > 0
    ),
    "NOT 1 = package_has('mission', 'beta')": lambda aip, _: aip.description.mission != "beta",
}


def _turned(text: str) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in text)


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("order", ORDERS)
def test_order_is_that_of_a_plain_sort(
    filled: Index, held: list[AipRecord], order: str, condition: str
) -> None:
    """By what packages or products have: as sorting all rows gives it, ties by package and place in it."""
    chosen, key = CONDITIONS[condition], ORDERS[order]
    rows = [(aip, item) for aip in held for item in aip.description.products if chosen(aip, item)]
    rows.sort(key=lambda row: (key(*row), row[0].aip_id))
    expected = [(item.path, aip.aip_id) for aip, item in rows]
    assert len(expected) > 44
    query = f"SELECT product_path, package_id FROM ivoa.obscore WHERE {condition} ORDER BY {order}"
    assert rows_of(filled, query) == expected
    page = answer_page(filled, query, (), BASE, Limits(13, 31))
    assert (list(page.rows), page.total) == (expected[31:44], len(expected))


def test_a_package_without_products_takes_no_row(empty: Index) -> None:
    """It stands before others in the order of packages, and a page has as many rows as without it."""
    bare = [replace_products(record(f"alpha.{number}", title=f"A {number}")) for number in range(9)]
    empty.add([*bare, record("alpha.x", product("a.fits"), product("b.fits"), title="Z")])
    for query in (
        "SELECT product_path FROM obscore ORDER BY package_title",
        "SELECT product_path FROM obscore WHERE 1 = package_has('mission', 'alpha')",
        "SELECT product_path FROM obscore WHERE s_ra IS NULL ORDER BY package_size",
    ):
        page = answer_page(empty, query, (), BASE, Limits(1, 1))
        assert (page.total, len(page.rows)) == (2, 1)
        assert page.rows[0][0].endswith("b.fits")


def replace_products(made: AipRecord) -> AipRecord:
    """The same package with nothing in it."""
    return replace(made, description=replace(made.description, products=()))


def test_what_may_not_be_known_of_is_in_no_row_and_no_sum(filled: Index, held: list[AipRecord]) -> None:
    """Rows are left out before anything is counted, sorted or compared, whatever the query says."""
    seen = [item for item in held if item.description.mission != "beta"]
    products = 3 * len(seen)
    for query, expected in {
        "SELECT COUNT(*) FROM obscore": [(products,)],
        "SELECT COUNT(*) FROM obscore WHERE mission = 'beta' OR 1 = 1": [(products,)],
        "SELECT COUNT(*) FROM obscore WHERE mission = 'beta'": [(0,)],
        "SELECT MAX(mission), MIN(package_id) FROM obscore": [("gamma", min(item.aip_id for item in seen))],
        "SELECT DISTINCT mission FROM obscore ORDER BY mission DESC": [("gamma",), ("alpha",)],
        "SELECT COUNT(*) FROM obscore WHERE 1 = package_has('mission', 'beta')": [(0,)],
        "SELECT COUNT(*) FROM obscore WHERE 0 = package_has('node', 'beta')": [(products,)],
        "SELECT mission FROM obscore WHERE mission = 'beta' GROUP BY mission": [],
    }.items():
        assert rows_of(filled, query, "beta") == expected, query


SIXTY_ONE = [f"1 = package_has('pi', 'x{number}')" for number in range(61)]
REFUSED = {
    "": "line 1, column 1: found the end of the query; expected SELECT",
    "DROP TABLE aips": "line 1, column 1: found 'DROP'; expected SELECT",
    "SELECT * FROM obscore; DROP TABLE aips": "found ';'",
    "SELECT *\nFROM obscore\nWHERE x = 1": "line 3, column 7: there is no column 'x'",
    "SELECT * FROM aips": "line 1, column 15: there is no table 'aips'",
    "SELECT * FROM sqlite_master": "there is no table",
    "SELECT * FROM tap.obscore": "there is no table 'tap.obscore'",
    "SELECT * FROM obscore, obscore": "line 1, column 22: found a second table: joins",
    "SELECT * FROM obscore JOIN obscore ON 1 = 1": "found JOIN: joins",
    "SELECT * FROM obscore CROSS JOIN obscore": "found CROSS: joins",
    "SELECT * FROM (SELECT * FROM obscore)": "line 1, column 15: found '(': subqueries",
    "SELECT * FROM obscore WHERE s_ra IN (SELECT 1)": "found SELECT: subqueries",
    "SELECT * FROM obscore UNION SELECT * FROM obscore": "found UNION",
    "WITH a AS (SELECT 1) SELECT * FROM a": "found WITH",
    "SELECT CASE WHEN 1 = 1 THEN 1 END FROM obscore": "found CASE",
    "SELECT load_extension('x') FROM obscore": "LOAD_EXTENSION is no function",
    "SELECT RAND() FROM obscore": "RAND cannot be asked here",
    "SELECT randomblob(1000000000) FROM obscore": "RANDOMBLOB is no function",
    "SELECT POINT(1, 2) FROM obscore": "POINT is no value",
    "SELECT * FROM obscore WHERE s_ra": "found a value; expected a condition",
    "SELECT s_ra > 1 FROM obscore": "found a condition; expected a value",
    "SELECT * FROM obscore WHERE s_ra = 'x'": "a text and a number are compared",
    "SELECT s_ra + obs_id FROM obscore": "column 15: found a text; expected a number",
    "SELECT SQRT(1, 2) FROM obscore": "SQRT has 2 values; expected 1",
    "SELECT s_ra FROM obscore GROUP BY s_dec": "s_ra stands beside what sums up rows",
    "SELECT COUNT(COUNT(*)) FROM obscore": "COUNT cannot stand here",
    "SELECT * FROM obscore WHERE COUNT(*) > 1": "COUNT cannot stand here",
    "SELECT s_ra FROM obscore HAVING s_ra > 1": "HAVING asks for GROUP BY",
    "SELECT s_ra FROM obscore ORDER BY 2": "expected a column of the answer, 1 to 1",
    "SELECT o.s_ra FROM obscore AS p": "there is no table 'o' in this query",
    "SELECT TOP -1 * FROM obscore": "expected a number of rows",
    "SELECT * FROM obscore OFFSET 1.5": "expected a number of rows",
    "SELECT 'open FROM obscore": "column 8: a quote (') opens here",
    "SELECT s_ra FROM obscore WHERE obs_id LIKE obs_id": "LIKE asks for a pattern in quotes",
    "SELECT s_ra FROM obscore WHERE obs_id = '\0'": "holds what is no text",
    "SELECT s_ra FROM obscore WHERE obs_id = '\udc80'": "holds what is no text",
    "SELECT s_ra\u202e FROM obscore": "found '\\\\u202e'",
    "SELECT 1e999 FROM obscore": "larger than any number",
    "SELECT * FROM obscore WHERE 1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(400, 0, 1))": "right ascension 400",
    "SELECT * FROM obscore WHERE 1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(1, 0, -1))": "radius -1.0",
    "SELECT * FROM obscore WHERE 1 = CONTAINS(POINT('GALACTIC', 1, 2), s_region)": "expected 'ICRS'",
    "SELECT * FROM obscore WHERE 1 = CONTAINS(POINT(1, 2), POLYGON(1, 2, 3, 4, 5, 6))": "POLYGON cannot",
    "SELECT * FROM obscore WHERE 1 = CONTAINS(obs_id, s_region)": "expected POINT",
    "SELECT * FROM obscore WHERE 1 = package_has('x', 'y')": "package_has knows no 'x'",
    "SELECT * FROM obscore WHERE 1 = package_has('target', obs_id)": "asks for what and which in quotes",
    "SELECT * FROM obscore WHERE 1 = package_has('time', 'never')": "is not a time span",
    "SELECT * FROM obscore WHERE 1 = package_has('words', 'a*')": "expected at least 3",
    f"SELECT {'(' * 500}1{')' * 500} FROM obscore": "nested more than 50 deep",
    f"SELECT {'NOT ' * 500} 1 = 1 FROM obscore": "nested more than 50 deep",
    f"SELECT {'1 + ' * 400} 1 FROM obscore": "more than 100 operations within each other",
    f"SELECT * FROM obscore WHERE {'1 = 1 OR ' * 600} 1 = 1": "more than 500 signs",
    f"SELECT {'obs_id || ' * 30} obs_id FROM obscore": "more than 20 texts are joined",
    f"SELECT {'1, ' * 300} 1 FROM obscore": "a list of 301 columns",
    f"SELECT 1 FROM obscore -- {'x' * LONGEST_QUERY}": "the query has",
    f"SELECT * FROM obscore WHERE {' AND '.join(SIXTY_ONE)}": "asked 61 times",
}


@pytest.mark.parametrize("query", REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_asked_is_refused_with_its_place(filled: Index, query: str) -> None:
    """Each names what was found; no word of it comes from the database."""
    with pytest.raises(AdqlError) as refusal:
        ask(filled, query)
    assert REFUSED[query] in refusal.value.message
    assert "sqlite" not in refusal.value.message.lower() or "sqlite" in query


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 / 0, 1.0 / 0, MOD(1, 0), SQRT(-1), LOG(0), POWER(10, 400) FROM obscore",
        "SELECT SUM(9223372036854775807), SUM(package_size * 999999999999999) FROM obscore",
        "SELECT -9223372036854775807 - 9, ABS(-9223372036854775807 - 9) FROM obscore",
        f"SELECT COUNT(*) FROM obscore WHERE obs_title LIKE '{'%a' * 400}%'",
        f"SELECT COUNT(*) FROM obscore WHERE obs_title LIKE '{'%' * 5000}'",
        "SELECT TOP 999999999999999 NULL FROM obscore OFFSET 999999999999999",
        "SELECT COUNT(*) FROM obscore WHERE s_ra IN (" + ", ".join(map(str, range(900))) + ")",
    ],
)
def test_what_would_break_a_database_is_answered(filled: Index, query: str) -> None:
    """Divisions by zero, numbers without bounds and patterns of stars have an answer like any other."""
    assert ask(filled, query).columns


def test_a_pattern_that_is_too_long_is_refused(filled: Index) -> None:
    """Beyond a thousand characters a pattern is no name of anything."""
    with pytest.raises(WrongUsageError, match="grows too large"):
        ask(filled, f"SELECT COUNT(*) FROM obscore WHERE package_id LIKE '{'%a' * 900}'")


def test_a_query_that_runs_too_long_is_stopped(filled: Index) -> None:
    """The clock is looked at while the database works; no time at all is not enough."""
    with pytest.raises(TooLongError, match="longer than 0 seconds"):
        answer(
            filled,
            "SELECT COUNT(*) FROM obscore WHERE SIN(s_ra) > 2 OR COS(s_dec) > 2 OR pi_name LIKE '%x%'",
            (),
            BASE,
            Limits(seconds=0.0),
        )


def test_values_of_a_package_are_looked_up_by_the_package(filled: Index) -> None:
    """A column of what a package is searched by costs its own few values, and not those of all packages."""
    made = statement(parse("SELECT visit, pi_name FROM obscore"))
    given = {**made.parameters, "seen": "[]", "limit": 1, "offset": 0}
    with closing(sqlite3.connect(filled.root / "catalogue.sqlite")) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {made.sql}", given).fetchall()
    assert sum("facet_values_by_aip" in step for *_, step in plan) == 2


def test_the_connection_reads_a_few_tables_and_nothing_else(filled: Index, tmp_path: Path) -> None:
    """The second wall: should our own SQL ever hold what it should not, the database does not do it."""
    path = filled.root / "catalogue.sqlite"
    for sql in (
        "SELECT * FROM told_values",
        "SELECT * FROM sqlite_master",
        "DELETE FROM aips",
        f"ATTACH '{tmp_path / 'x'}' AS x",
        "PRAGMA query_only=OFF",
        "SELECT load_extension('x')",
        "SELECT randomblob(9)",
        "CREATE TEMP TABLE x (y)",
    ):
        with pytest.raises(StorageError, match=r"not authorized|prohibited|authoriz"):
            ask_guarded(path, sql, {}, 1, functions={}, sums={})
    assert list(tmp_path.iterdir()) == []


def test_distinct_rows_are_sorted_by_what_is_selected(filled: Index) -> None:
    """By anything else their order would be that in which rows lie, as SQL says too."""
    with pytest.raises(AdqlError, match="sorted by what is selected"):
        ask(filled, "SELECT DISTINCT mission FROM obscore ORDER BY t_min")
    assert ask(filled, "SELECT DISTINCT mission, UPPER(mission) FROM obscore ORDER BY UPPER(mission), 1").rows
