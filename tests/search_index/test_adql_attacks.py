"""Queries meant to break something, and queries at random: nothing breaks, nothing private comes out.

Two indexes are asked the same: one holds hidden packages, one does not. They answer alike, faults included.
"""

from __future__ import annotations

import random

import pytest

from oais.errors import ArchiveError, StorageError
from oais.information.packages import AipRecord
from search_index.adql.answering import Limits, answer, answer_page
from search_index.index import Index, create_index
from tests.search_index.adql_making import ATTACKS, Maker
from tests.search_index.factory import many_records, product, record

SECRET = "alpha/secret"
CANARY = "qzcanary"
QUERIES = 400


def _hidden() -> list[AipRecord]:
    """Packages whose every text is a canary, and whose numbers stand out in any sum."""
    found = []
    for number in range(7):
        made = product(
            f"{CANARY}{number}.fits",
            level=CANARY,
            product_type=CANARY,
            kind="science",
            target_name=f"{CANARY} {number}",
            obs_id=CANARY,
            obs_title=CANARY,
            proposal_id=CANARY,
            instrument_name=CANARY,
            s_ra=10.0,
            s_dec=0.0,
            s_fov=300.0,
            t_min=1.0,
            t_max=99_999.0,
            em_min=12345.0,
            calib_level=4,
            size=2**52,
            values={"pi": CANARY, "noise": 9, "spectral_type": CANARY, "revision": 99, "magnitude": -50},
        )
        aip_id = f"alpha.{CANARY}.{number}"
        facts = record(aip_id, made, node=SECRET, mission=CANARY, level=CANARY, size=2**52, title=CANARY)
        found.append(facts)
    return found


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Index, Index]:
    """An index without what is hidden, and one with it, delivered between the others."""
    without = create_index(tmp_path_factory.mktemp("without") / "search_index")
    present = create_index(tmp_path_factory.mktemp("with") / "search_index")
    seen, hidden = list(many_records(40)), _hidden()
    without.add(seen)
    mixed = [*seen, *hidden]
    random.Random(3).shuffle(mixed)
    present.add(mixed)
    return without, present


def answered(index: Index, query: str) -> str:
    """What somebody is told who may not know of the secret branch; a page of it is a part of the whole."""
    without, base = (SECRET,), "https://archive.example"
    try:
        found = answer(index, query, without, base, Limits(500))
        page = answer_page(index, query, without, base, Limits(7, first=3))
    except StorageError as fault:  # would be a fault of ours: the SQL that was made does not work
        raise AssertionError(f"{query!r}: {fault.message}") from fault
    except ArchiveError as refusal:
        return f"{type(refusal).__name__}: {refusal.message} {refusal.remedy}"
    assert not found.more, query
    assert (page.rows, page.total, page.more) == (found.rows[3:10], len(found.rows), False), query
    return repr(found)


def _tell_nothing(worlds: tuple[Index, Index], query: str, made_by: str = "") -> str:
    here, there = (answered(index, query) for index in worlds)
    assert here == there, (made_by, query)
    assert CANARY not in there or CANARY in query, (made_by, query)
    return there


def test_queries_at_random_tell_nothing(worlds: tuple[Index, Index]) -> None:
    """Both worlds answer alike to whatever is asked, with the same rows, sums, order and faults."""
    seed = random.SystemRandom().randrange(2**32)
    maker = Maker(seed)
    told = [_tell_nothing(worlds, maker.query(), f"seed {seed}") for _ in range(QUERIES)]
    assert sum(each.startswith("AdqlAnswer") for each in told) > QUERIES / 2


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_refused_or_are_plain_text(worlds: tuple[Index, Index], attack: str) -> None:
    """Behind a query, in a condition, in the place of a name, and within quotes."""
    quoted = attack.replace("'", "''")
    for query in (
        f"SELECT obs_id FROM obscore{attack}",
        f"SELECT obs_id FROM obscore WHERE {attack}",
        f"SELECT {attack} FROM obscore",
        f"SELECT obs_id FROM {attack}",
        f"SELECT obs_id FROM obscore WHERE obs_id = '{quoted}' OR obs_id LIKE '{quoted}'",
        f"SELECT obs_id FROM obscore WHERE 1 = package_has('target', '{quoted}')",
        f'SELECT obs_id AS "{attack.replace(chr(34), chr(34) * 2)}" FROM obscore',
    ):
        _tell_nothing(worlds, query)


SIDE_CHANNELS = (
    "SELECT COUNT(*), SUM(package_size), MAX(t_max), MIN(s_ra), AVG(magnitude) FROM obscore",
    "SELECT mission, COUNT(*) FROM obscore GROUP BY mission ORDER BY 2 DESC",
    "SELECT product_type, target_name, COUNT(*), MAX(obs_id) FROM obscore GROUP BY product_type, target_name",
    "SELECT package_level, COUNT(*) FROM obscore GROUP BY package_level HAVING COUNT(*) > 6",
    f"SELECT obs_id, COUNT(*) FROM obscore WHERE 1 / (package_size - {2**52}) < 9 GROUP BY obs_id",
    f"SELECT DISTINCT 1 / (package_size - {2**52}), product_type, obs_id FROM obscore",
    "SELECT TOP 3 obs_id FROM obscore ORDER BY s_ra DESC OFFSET 2",
    f"SELECT COUNT(*) FROM obscore WHERE 1 / (package_size - {2**52}) > 0 OR package_size = {2**52}",
    f"SELECT COUNT(*) FROM obscore WHERE node = '{SECRET}' AND SUM(1) > 0",
    f"SELECT SUM(package_size * {2**10}) FROM obscore",
    "SELECT TOP 1 obs_id FROM obscore ORDER BY t_min",
    "SELECT TOP 0 * FROM obscore",
    "SELECT TOP 1 obs_id FROM obscore ORDER BY package_size DESC OFFSET 1",
    f"SELECT COUNT(*) FROM obscore WHERE 1 = package_has('words', '{CANARY}')",
    f"SELECT COUNT(*) FROM obscore WHERE 0 = package_has('node', '{SECRET}')",
    f"SELECT COUNT(*) FROM obscore WHERE 1 = package_has('mission', '{CANARY[:4]}')",
    f"SELECT COUNT(*) FROM obscore WHERE target_name LIKE '{CANARY}%' OR pi_name LIKE '%{CANARY}%'",
    "SELECT COUNT(*) FROM obscore WHERE 1 = INTERSECTS(s_region, CIRCLE(200, 0, 40))",
    "SELECT DISTINCT pi_name, spectral_type, revision FROM obscore ORDER BY 1, 2, 3",
    "SELECT AVG(s_ra), AVG(s_dec * t_min), SUM(s_ra / 3) FROM obscore",
)


@pytest.mark.parametrize("query", SIDE_CHANNELS)
def test_no_sum_order_or_fault_tells_what_is_hidden(worlds: tuple[Index, Index], query: str) -> None:
    """Counts, extremes, divisions by zero, order and limits are those of the rows that may be seen."""
    _tell_nothing(worlds, query)


def test_the_proof_finds_what_it_looks_for(worlds: tuple[Index, Index]) -> None:
    """To whom nothing is hidden the worlds differ, and the canaries sing: the proof can fail."""
    without, present = worlds
    query = "SELECT COUNT(*), MAX(target_name), MAX(package_size) FROM obscore"
    rows = [answer(index, query, (), "").rows for index in (without, present)]
    assert rows[0] != rows[1]
    assert CANARY in repr(rows[1])
