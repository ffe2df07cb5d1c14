"""Names that only hidden packages have: they change nothing of what others find, by the form or in ADQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from search_index.adql.answering import answer
from search_index.adql.translation import adql_of
from search_index.index import Index, create_index
from search_index.query import Query
from tests.search_index.factory import product, record

SECRET = "alpha/secret"


@pytest.fixture
def worlds(tmp_path: Path) -> tuple[Index, Index]:
    """An index without what is hidden, and one with it, whose names are like those of others."""
    seen = record(
        "alpha.1",
        product("a.fits", target_name="TIC-1", obs_id="V101", values={"pi": "Kovacs", "revision": 3}),
        mission="alpha",
        level="N1",
        title="Curves of ko vacs",
    )
    hidden = record(
        "V101..V105",
        product("b.fits", target_name="TIC 1", obs_id="x", values={"pi": "Ko", "revision": 3}),
        mission="al",
        level="N",
        node=SECRET,
        title="Kovacscurves",
    )
    without, present = (create_index(tmp_path / name) for name in ("without", "present"))
    without.add([seen])
    present.add([seen, hidden])
    return without, present


ASKED = (
    Query(pi="Ko"),
    Query(pi="ko*"),
    Query(mission="al"),
    Query(level="n"),
    Query(target="TIC 1"),
    Query(target="tic1"),
    Query(targets=("TIC 1",)),
    Query(ids="V101..V105"),
    Query(words="ko-vacs-curves"),
)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_a_hidden_name_changes_nothing(worlds: tuple[Index, Index], asked: Query) -> None:
    """Who may not know of a package finds what he would find if it were not there."""
    for index in worlds:
        query = Query(
            **{name: getattr(asked, name) for name in Query.__dataclass_fields__ if name != "without"},
            without=(SECRET,),
        )
        assert [hit.aip.aip_id for hit in index.find(query).hits] == ["alpha.1"]
        assert [row[0] for row in answer(index, adql_of(query), (SECRET,), "").rows] == ["alpha.1"]
