"""Raw data are left out where a query says so: what is raw, and that no other thing ever goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oais.information.packages import AipRecord
from search_index.index import Index, create_index
from search_index.query import Query
from tests.search_index.factory import product, record

RAW = {"raw.zero", "raw.one", "raw.beside", "raw.report"}


def _held() -> Iterator[AipRecord]:
    levels: dict[str, tuple[int | None, ...]] = {
        "raw.zero": (0,),
        "raw.one": (1, 1),
        "raw.beside": (None, 1),
        "good.two": (2,),
        "good.three": (3,),
        "good.mixed": (0, 1, 2),
        "plain.untold": (None,),
    }
    for name, told in levels.items():
        items = [product(f"{name}.{at}.fits", calib_level=level) for at, level in enumerate(told)]
        yield record(name, *items, node="alpha/n0" if name == "raw.one" else "alpha/n1/curves")
    for kind in ("engineering", "calibration", "document"):
        item = product(f"{kind}.fits", kind=kind, calib_level=None if kind == "document" else 1)
        yield record(f"never.{kind}", item, kind=kind)
    yield record("raw.report", product("r.fits", calib_level=0), product("r.pdf", kind="report"))
    servant = product("hk.fits", kind="engineering")
    yield record("never.with-housekeeping", product("s.fits", calib_level=0), servant)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """An index of packages of every sort."""
    made = create_index(tmp_path / "search_index")
    made.add(_held())
    return made


def _found(index: Index, query: Query) -> set[str]:
    return {hit.aip.aip_id for hit in index.find(query).hits}


def test_raw_data_alone_are_left_out(index: Index) -> None:
    """All that tells a level tells one below 2; housekeeping and reference files stay at any level."""
    everything = {item.aip_id for item in _held()}
    assert _found(index, Query()) == everything
    left = index.find(Query(without_raw=True))
    assert {hit.aip.aip_id for hit in left.hits} == everything - RAW
    assert (left.total, left.left_out) == (len(everything) - len(RAW), len(RAW))
    assert index.find(Query()).left_out == 0
    counted = {one.value: one.count for one in left.facets["kind"]}
    assert counted == {"science": 5, "engineering": 2, "calibration": 1, "document": 1}


def test_what_is_left_out_is_counted_under_the_other_filters(index: Index) -> None:
    """Of what else answers, in the branches that may be known; and anew when something changes."""
    assert index.find(Query(without_raw=True, ids="raw.*")).left_out == len(RAW)
    assert index.find(Query(without_raw=True, ids="good.*")).left_out == 0
    assert index.find(Query(without_raw=True, without=("alpha/n0",))).left_out == len(RAW) - 1
    index.add([record("raw.one", product("raw.one.fits", calib_level=2))])
    again = index.find(Query(without_raw=True))
    assert again.left_out == len(RAW) - 1
    assert "raw.one" in {hit.aip.aip_id for hit in again.hits}
