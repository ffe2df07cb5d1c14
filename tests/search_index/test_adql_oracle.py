"""Whatever way rows are taken, answers are those of plain SQL over a table of all that may be known of."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from math import acos, cos, degrees, radians
from typing import Any, Final

import pytest

from oais.information.packages import AipRecord
from search_index.adql.answering import Limits, answer, answer_page
from search_index.adql.columns import COLUMNS
from search_index.index import Index, create_index
from tests.search_index.factory import product, record

HIDDEN: Final = "alpha/hidden"
BASE: Final = "https://archive.example"
QUERIES: Final = 400

_PLAIN: Final = [name for name, column in COLUMNS.items() if ":base" not in column.sql]
_OF_PACKAGES: Final = ("mission", "package_level", "package_id", "package_size", "node")
_SHARED: Final = ("target_name", "product_type", "obs_id", "instrument_name", "calib_level", "s_fov")
_OWN: Final = ("s_ra", "t_min", "product_name", "access_estsize", "em_min", "product_path")
_CONDITIONS: Final = (
    "mission = 'beta'", "package_level <> 'N0'", "target_name = 'star 1'", "product_type LIKE 'i%'",
    "instrument_name IS NULL", "calib_level > 1", "s_fov < 2.5", "s_ra > 9", "access_estsize >= 5",
    "product_name < '12'", "target_name = 'star 0' OR s_ra < 4", "NOT (obs_id = 'OBS 3')", "1 = 0",
    "1 = package_has('mission', 'beta')", "1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(5.0, 0.0, 12.0))",
)  # fmt: skip


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, sqlite3.Connection]]:
    """An index of products that are alike in some things, and a table of those that may be known of."""
    dice = random.Random(11)
    index = create_index(tmp_path_factory.mktemp("taken") / "search_index")
    index.add(_package(number, dice) for number in range(60))
    with closing(sqlite3.connect(index.root / "catalogue.sqlite")) as catalogue:
        columns = ", ".join(f"{COLUMNS[name].sql} AS {name}" for name in _PLAIN)
        joined = "FROM aips a JOIN products p ON p.aip_no = a.no"
        rows = catalogue.execute(
            f"SELECT {columns}, p.position AS place {joined} WHERE a.node <> ?", [HIDDEN]
        )
        with closing(sqlite3.connect(":memory:")) as oracle:
            oracle.execute("PRAGMA case_sensitive_like=ON")
            oracle.execute(f"CREATE TABLE obscore ({', '.join(_PLAIN)}, place)")
            oracle.executemany(f"INSERT INTO obscore VALUES ({', '.join('?' * (len(_PLAIN) + 1))})", rows)
            yield index, oracle
    index.close()


def _package(number: int, dice: random.Random) -> AipRecord:
    products = (
        product(
            f"{number}-{place}.fits",
            product_type=dice.choice(("light curve", "image", "mask")),
            target_name=dice.choice(("star 0", "star 1", f"star {number}", None)),
            obs_id=f"OBS {number % 7}",
            instrument_name=dice.choice(("A", "B", None)),
            calib_level=dice.choice((0, 1, 2, None)),
            s_ra=dice.choice((None, float(dice.randrange(40)))),
            s_dec=float(dice.randrange(-3, 3)),
            s_fov=dice.choice((None, 1.5, 2.5)),
            t_min=dice.choice((None, 58_000.0 + dice.randrange(30))),
            em_min=dice.choice((None, 5e-7)),
            size=dice.randrange(9_000),
        )
        for place in range(dice.randrange(1, 7))
    )
    facts = {"node": HIDDEN if number % 4 == 3 else "alpha/n1", "level": f"N{number % 3}"}
    return record(f"alpha.{number:02}", *products, mission="beta" if number % 2 else "alpha", **facts)


def _queries(dice: random.Random) -> Iterator[tuple[str, str]]:
    """Yield queries, and each as plain SQL with what breaks the ties of its order."""
    while True:
        names = dice.sample([*_OF_PACKAGES, *_SHARED, *_OWN], dice.randrange(1, 4))
        conditions = dice.sample(_CONDITIONS, dice.choice((0, 0, 1, 1, 2)))
        where = f" WHERE {' AND '.join(f'({one})' for one in conditions)}" if conditions else ""
        kind = dice.choice(("rows", "distinct", "counted", "whole"))
        listed = ", ".join(names)
        if kind == "rows":
            order = [f"{name} {dice.choice(('ASC', 'DESC'))}" for name in names[: dice.randrange(4)]]
            by = f" ORDER BY {', '.join(order)}" if order else ""
            last = ", ".join([*(f"{one} NULLS LAST" for one in order), "package_id", "place"])
            yield (
                f"SELECT package_id, product_path, {listed} FROM obscore{where}{by}",
                f"SELECT package_id, product_path, {listed} FROM obscore{where} ORDER BY {last}",
            )
        elif kind == "distinct":
            yield (f"SELECT DISTINCT {listed} FROM obscore{where}",) * 2
        elif kind == "counted":
            sums = dice.choice(
                ("COUNT(*)", "COUNT(*), MIN(target_name)", "MAX(s_ra)", "COUNT(DISTINCT obs_id)")
            )
            having = dice.choice(("", " HAVING COUNT(*) > 2"))
            yield (f"SELECT {listed}, {sums} FROM obscore{where} GROUP BY {listed}{having}",) * 2
        else:
            sums = "COUNT(*), COUNT(DISTINCT target_name), MAX(obs_id), COUNT(s_ra), SUM(package_size)"
            yield (f"SELECT {sums} FROM obscore{where}",) * 2


def _expected(oracle: sqlite3.Connection, sql: str) -> list[tuple[Any, ...]]:
    """Return what plain SQL gives; the functions of the archive stand as what they mean."""
    plain = sql.replace("1 = package_has('mission', 'beta')", "mission = 'beta'")
    near = "s_ra IS NOT NULL AND apart(s_ra, s_dec) <= 12.0"
    plain = plain.replace("1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(5.0, 0.0, 12.0))", near)
    oracle.create_function("apart", 2, _apart, deterministic=True)
    return list(oracle.execute(plain))


def _apart(ra: float, dec: float) -> float:
    """Return the degrees between a direction and that of right ascension 5 on the equator."""
    return degrees(acos(min(1.0, cos(radians(dec)) * cos(radians(ra - 5.0)))))


def test_answers_are_those_of_plain_sql(
    taken: tuple[Index, sqlite3.Connection], seeded: random.Random
) -> None:
    """Rows in order, pages and their totals, distinct ones and sums, whatever is asked and sorted by."""
    index, oracle = taken
    kinds: Counter[str] = Counter()
    for query, plain in islice(_queries(seeded), QUERIES):
        rows, expected = answer(index, query, (HIDDEN,), BASE).rows, _expected(oracle, plain)
        assert sorted(rows, key=repr) == sorted(expected, key=repr), query
        if "place" in plain:
            assert list(rows) == expected, query
            page = answer_page(index, query, (HIDDEN,), BASE, Limits(7, 5))
            assert (list(page.rows), page.total) == (expected[5:12], len(expected)), query
        kinds["found" if expected else "nothing"] += 1
    assert min(kinds.values()) > QUERIES // 20
