"""Searches of the form said in ADQL: the query finds the same packages, whatever the form asks."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oais.information.description import ProductDescription, ProvenanceLink
from oais.information.packages import AipRecord
from search_index.adql.answering import answer
from search_index.adql.translation import adql_of
from search_index.conditions import parse_conditions
from search_index.index import Index, create_index
from search_index.query import FACETS, ORDERS, TRAITS, Cone, Query, Range, TimeSpan
from tests.search_index.factory import LEVELS, MISSIONS, product, record

PIS = ("Ada Lovelace", "Émilie du Châtelet", "O'Neil", "Ada")
STARS = ("G2V", "G", "K7", "M 5.5")
TARGETS = ("TIC 1", "TIC-1", "HD 1001", "Crab; 'nebula'")


def _product(aip_id: str, number: int, dice: random.Random) -> ProductDescription:
    values = {
        "pi": dice.choice(PIS),
        "spectral_type": dice.choice(STARS),
        "revision": dice.choice(["3", "03", "12"]),
        "category": dice.choice(["GTO", "GO"]),
        "noise": dice.choice(["1.5", "2", "N/A", 3]),
    }
    placed = {"s_ra": dice.uniform(9, 11), "s_dec": dice.uniform(-1, 1)} if dice.random() < 0.8 else {}
    start = dice.uniform(58_000, 58_100)
    timed = {"t_min": start, "t_max": start + 9} if dice.random() < 0.8 else {}
    reference = dice.random() < 0.3
    return product(
        f"{aip_id}-{number}.fits",
        kind="calibration" if reference else dice.choice(["science", "report"]),
        level=dice.choice(LEVELS),
        product_type=dice.choice(["flat", "curve"]),
        dataproduct_type=dice.choice(["image", "timeseries", None]),
        target_name=dice.choice([*TARGETS, None]),
        calib_level=dice.choice([0, 1, 2, None]),
        obs_id=f"obs{dice.randrange(12)}",
        proposal_id=dice.choice(["P1", "P2", None]),
        values=values if dice.random() < 0.7 else {},
        valid_from=dice.choice([58_010.0, None]) if reference else None,
        valid_to=dice.choice([58_050.0, None]) if reference else None,
        provenance=(ProvenanceLink("step", "Flat field", dice.choice(["done", "skipped"])),),
        **placed,
        **timed,
    )


def _records() -> list[AipRecord]:
    dice = random.Random(7)
    found = []
    for number in range(60):
        mission, level = dice.choice(MISSIONS), dice.choice(LEVELS)
        aip_id = f"{mission}.{number:03d}"
        values: dict[str, Any] = {"observation_request": f"OR{number % 5}", "visit": f"V{number % 9}"}
        values |= {"magnitude": dice.choice([8.5, 9.0, 12.25])} if number % 3 else {}
        products = [_product(aip_id, each, dice) for each in range(dice.randrange(1, 4))]
        node = f"{mission}/{level.lower()}"
        found.append(record(aip_id, *products, mission=mission, node=node, level=level, values=values))
    return found


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index of packages that have something of all that the form asks for."""
    index = create_index(tmp_path_factory.mktemp("rich") / "search_index")
    index.add(_records())
    return index


def _some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2).map(tuple)


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "words": st.sampled_from(["alpha", "titl*", "obs3", "  ", "nothing at all"]),
    "mission": _some(*MISSIONS, "alp", "x"),
    "level": _some(*LEVELS, "n"),
    "kind": _some("science", "calibration", "re"),
    "target": _some(*TARGETS, "tic1", "HD*", "HD"),
    "product_type": _some("flat", "cur"),
    "dataproduct_type": _some("image", "time", "?mage"),
    "pi": _some(*PIS, "ada", "love", "o'*"),
    "visit": _some("V1", "v2", "V"),
    "observation": _some("obs3", "obs1", "obs1*"),
    "observation_type": _some("GTO", "go", "G"),
    "proposal": _some("P1", "p2", "P"),
    "spectral_type": _some(*STARS, "m5.5"),
    "revision": _some("3", "12", "1"),
    "reference": _some("flat", "*"),
    "magnitude": st.sampled_from([Range(8.5, 9.0), Range(None, 8.5), Range(9.1, None), Range()]),
    "cone": st.builds(Cone, st.floats(9, 11), st.floats(-1, 1), st.sampled_from([0.001, 0.3, 1.0, 180.0])),
    "time": st.sampled_from([TimeSpan(58_020, 58_030), TimeSpan(None, 58_004.5), TimeSpan(58_109, None)]),
    "valid": st.sampled_from([TimeSpan(58_051, 58_060), TimeSpan(None, 58_009), TimeSpan(58_049, None)]),
    "node": st.sampled_from(["alpha", "beta/n1", "gamma/n", "x"]),
    "ids": _some("alpha.0*", "*.00?", "beta.001..beta.030", "obs5", "nobody"),
    "request": _some("alpha:OR1", "beta:OR2", "OR1"),
    "among": _some("alpha", "gamma/n1", "beta.0*", "obs2"),
    "targets": st.lists(st.sampled_from([*TARGETS, "hd*", Cone(10, 0, 0.4)]), max_size=2).map(tuple),
    "where": st.sampled_from(["noise < 2; Flat field = skipped", "noise = N/A", "noise != 2", "_ = 1"]).map(
        parse_conditions
    ),
    "without_raw": st.just(True),
    "together": st.sampled_from(["alpha:OR1/V1", "x"]),
}
"""All that a search asks by, and some of what may be asked."""


def _found(index: Index, query: Query) -> set[str]:
    return {hit.aip.aip_id for hit in index.find(query).hits}


def _answered(index: Index, query: Query) -> set[str]:
    rows = answer(index, adql_of(query), query.without, "https://archive.example").rows
    return {row[0] for row in rows}


def test_everything_the_form_asks_is_tried() -> None:
    """A field that comes to the search must be said in ADQL too."""
    pages = {"without", "order", "offset", "limit", "facets", "visits"}
    assert set(FIELDS) == set(Query.__dataclass_fields__) - pages
    assert {*FACETS, *TRAITS} < set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
@given(data=st.data())
def test_a_field_alone_finds_the_same_packages(rich: Index, name: str, data: st.DataObject) -> None:
    """Each field by itself, and beside the circle and the time that must hold for one product."""
    query = Query(**{name: data.draw(FIELDS[name])}, limit=1000)
    assert _answered(rich, query) == _found(rich, query)


@given(chosen=st.fixed_dictionaries({}, optional=FIELDS), without=_some("alpha", "beta/n0", "gamma/n1"))
def test_fields_together_find_the_same_packages(
    rich: Index, chosen: dict[str, Any], without: tuple[str, ...]
) -> None:
    """Whatever is filled in at once, and whatever whoever asks may not know of."""
    query = Query(**chosen, without=without, limit=1000)
    assert _answered(rich, query) == _found(rich, query)


def test_the_fields_tell_packages_apart(rich: Index) -> None:
    """The proof would hold of an index that finds nothing: each field finds some packages and not all."""
    telling = {
        "mission": "alpha", "pi": ("ada",), "target": "tic1", "ids": ("alpha.0*",), "request": ("alpha:OR1",),
        "where": parse_conditions("noise < 2"), "valid": TimeSpan(58_051, 58_060), "cone": Cone(10, 0, 0.3),
        "time": TimeSpan(58_020, 58_030), "magnitude": Range(8.5, 9.0), "words": "obs3", "reference": "*",
        "without_raw": True,
    }  # fmt: skip
    for name, value in telling.items():
        assert 0 < len(_answered(rich, Query(**{name: value}))) < 60, name  # type: ignore[arg-type]


@pytest.mark.parametrize("order", [f"{turn}{order}" for order in ORDERS for turn in ("", "-")])
def test_every_order_can_be_said(rich: Index, order: str) -> None:
    """An order of the search is one of the query, or none, and the packages are the same."""
    query = Query(cone=Cone(10, 0, 2), order=order, limit=1000)
    assert _answered(rich, query) == _found(rich, query)


def test_the_nearest_come_first(rich: Index) -> None:
    """Without another order a circle begins with what lies nearest to its centre, as in the search."""
    query = Query(cone=Cone(10, 0, 2), limit=1000)
    first = answer(rich, adql_of(query), (), "").rows[0][0]
    assert first == rich.find(query).hits[0].aip.aip_id
