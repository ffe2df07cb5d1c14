"""Finding: filters, counts, identifiers, orders and pages against a plain reading of the records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oais.errors import NotFoundError, WrongUsageError
from oais.information.description import ProvenanceLink
from oais.information.packages import AipRecord, VersionRecord
from search_index.conditions import parse_conditions
from search_index.entries import SubmissionEntry
from search_index.index import Index
from search_index.query import FACETS, ORDERS, Query
from tests.search_index.factory import LEVELS, MISSIONS, product, record


def _values(held: AipRecord, facet: str) -> set[str]:
    description = held.description
    if facet == "mission":
        return {description.mission}
    cores = [item.obscore for item in description.products]
    found: dict[str, set[str | None]] = {
        "level": {description.level, *(item.level for item in description.products)},
        "kind": {description.kind, *(item.kind for item in description.products)},
        "target": {core.target_name for core in cores},
        "product_type": {item.product_type for item in description.products},
        "dataproduct_type": {core.dataproduct_type for core in cores},
    }
    return {value for value in found[facet] if value}


CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "mission": st.lists(st.sampled_from(MISSIONS), max_size=2).map(tuple),
        "level": st.lists(st.sampled_from(LEVELS), max_size=2).map(tuple),
        "kind": st.sampled_from(["", "science", "report", "nothing"]),
        "product_type": st.sampled_from(["light curve", "target pixels", "report"]),
        "dataproduct_type": st.sampled_from(["image", "timeseries"]),
        "node": st.sampled_from(["alpha", "beta/n1", "gamma/n0/sector-1", "gamma/n0/sector-", "x"]),
    },
)


@given(chosen=CHOICES)
def test_filters_find_what_a_plain_reading_finds(
    filled: Index, held: list[AipRecord], chosen: dict[str, str | tuple[str, ...]]
) -> None:
    """All that is chosen must hold; several values of a facet are alternatives."""
    found = filled.find(Query(**chosen, limit=1000))  # type: ignore[arg-type]
    expected = {item.aip_id for item in held if _holds(item, chosen)}
    assert {hit.aip.aip_id for hit in found.hits} == expected
    assert found.total == len(expected)


def _holds(held: AipRecord, chosen: dict[str, str | tuple[str, ...]]) -> bool:
    for name, wanted in chosen.items():
        if name == "node":
            node = held.description.node
            if node != wanted and not node.startswith(f"{wanted}/"):
                return False
            continue
        alternatives = {wanted} if isinstance(wanted, str) else set(wanted)
        alternatives.discard("")
        if alternatives and not alternatives & _values(held, name):
            return False
    return True


@given(chosen=CHOICES, facet=st.sampled_from(FACETS))
def test_a_count_is_what_a_click_finds(
    filled: Index, chosen: dict[str, str | tuple[str, ...]], facet: str
) -> None:
    """The number beside a value is the total of the query that chooses this value instead."""
    counts = filled.find(Query(**chosen)).facets[facet]  # type: ignore[arg-type]
    for count in counts[:3]:
        narrowed = Query(**{**chosen, facet: count.value})  # type: ignore[arg-type]
        assert filled.find(narrowed).total == count.count
    assert [(-count.count, count.value) for count in counts] == sorted(
        (-count.count, count.value) for count in counts
    )


@pytest.mark.parametrize("turned", ["", "-"])
@pytest.mark.parametrize("order", [name for name in ORDERS if name != "distance"])
def test_pages_have_no_gap_and_no_repeat(filled: Index, order: str, turned: str) -> None:
    """Pages put together are the whole answer in one stable order, whatever the page size."""
    query = {"order": turned + order, "words": "camera"}
    whole = [hit.aip.aip_id for hit in filled.find(Query(**query, limit=1000)).hits]  # type: ignore[arg-type]
    for size in (1, 7, 100):
        pages = []
        for offset in range(0, 28 if size == 1 else 300, size):
            page = filled.find(Query(**query, offset=offset, limit=size))  # type: ignore[arg-type]
            assert page.total == 300
            pages += [hit.aip.aip_id for hit in page.hits]
        assert pages == whole[: len(pages)]
    assert len(set(whole)) == 300


def test_orders_sort_by_what_they_say(empty: Index) -> None:
    """Time, size and arrival go by value, titles and identifiers naturally, the unknown comes last."""
    early, late = product("e.fits", t_min=1.0, t_max=2.0), product("l.fits", t_min=5.0, t_max=6.0)
    empty.add(
        [
            record("p.10", early, title="Run 9", size=5, ingested_at="2026-01-03T00:00:00Z"),
            record("p.9", late, title="run 10", size=9, ingested_at="2026-01-02T00:00:00Z"),
            record("p.1", title="Run 9", size=7, ingested_at="2026-01-01T00:00:00Z"),
        ]
    )

    def by(order: str) -> list[str]:
        return [hit.aip.aip_id for hit in empty.find(Query(order=order)).hits]

    assert by("title") == ["p.1", "p.10", "p.9"]
    assert by("id") == ["p.1", "p.9", "p.10"]
    assert by("time") == ["p.10", "p.9", "p.1"]
    assert by("-time") == ["p.9", "p.10", "p.1"]
    assert by("-size") == ["p.9", "p.1", "p.10"]
    assert by("-ingested") == ["p.10", "p.9", "p.1"]


STEPS = {"Flat field": ("skipped", "completed"), "Dark": ("completed", "completed")}
METRICS: dict[str, tuple[object, object]] = {"cdpp_2_5_hours": (42.5, 180), "mad": ("N/A", "9.5e1")}


@pytest.fixture
def measured(empty: Index) -> Index:
    """Two packages with metrics and steps, and a third without any."""
    records = []
    for n, name in enumerate(("alpha.0001", "alpha.0002")):
        links = tuple(ProvenanceLink("step", step, told[n]) for step, told in STEPS.items())
        values = {metric: told[n] for metric, told in METRICS.items()}
        raw = product("raw.fits", calib_level=0)
        fine = product("a.fits", values=values, provenance=links, calib_level=2 + n, proposal_id=f"P{n}")
        records.append(record(name, raw, fine))
    empty.add([*records, record("alpha.0003", product("c.fits", calib_level=0))])
    return empty


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("cdpp_2_5_hours < 50", "1"),
        ("CDPP 2 5 hours>=42.5", "12"),
        ("cdpp_2_5_hours = 180.0", "2"),
        ("cdpp_2_5_hours != 180", "1"),
        ("Flat Field = skipped", "1"),
        ("flat_field != Skipped", "2"),
        ("Flat field=skipped; Dark=completed", "1"),
        ("Flat field=skipped; cdpp_2_5_hours > 50", ""),
        ("mad > 0", "2"),
        ("mad = n/a", "1"),
        ("calib_level >= 2", "12"),
        ("calib_level = 0", "123"),
        ("calib_level > 2", "2"),
        ("nothing < 5", ""),
        (" ; ", "123"),
    ],
)
def test_conditions_on_values(measured: Index, where: str, numbers: str) -> None:
    """Numbers are compared as numbers, wherever they are written; what is none fits no order of numbers."""
    hits = measured.find(Query(where=parse_conditions(where), order="id")).hits
    assert [hit.aip.aip_id for hit in hits] == [f"alpha.000{number}" for number in numbers]


def test_conditions_find_nothing_in_branches_left_out(measured: Index) -> None:
    """What one may not know of answers to no condition, and to no proposal."""
    hidden = Query(where=parse_conditions("calib_level >= 0"), without=("alpha",))
    assert measured.find(hidden).total == 0
    assert [hit.aip.aip_id for hit in measured.find(Query(proposal="p1")).hits] == ["alpha.0002"]
    assert measured.find(Query(proposal="p1", without=("alpha",))).total == 0


@pytest.mark.parametrize(
    "where", ["mad", "mad <", "< 5", "mad < high", "mad == 5", "a" * 300 + " < 1", ";".join(["a=1"] * 21)]
)
def test_conditions_that_cannot_be_read_are_told(where: str) -> None:
    """Each names what was found."""
    with pytest.raises(WrongUsageError):
        parse_conditions(where)


def test_a_visit_is_found_by_the_name_it_is_shown_by(empty: Index) -> None:
    """Where headers name no visit the observation stands in its place, and without one the package."""
    named = record("alpha.0001", product("a.fits", values={"visit": "V1"}, obs_id="star-1"))
    observed = record("alpha.0002", product("b.fits", obs_id="star-2-s0005"))
    nameless = record("alpha.0003", product("c.fits"))
    empty.add([named, observed, nameless])

    def found(visit: str) -> list[str]:
        return [hit.aip.aip_id for hit in empty.find(Query(visit=visit, order="id")).hits]

    assert found("STAR-2*") == ["alpha.0002"]
    assert found("alpha.0003") == ["alpha.0003"]
    assert found("V1") == ["alpha.0001"]
    assert found("star-1") == []


def test_an_observation_request_selects_the_packages_of_all_its_visits(empty: Index) -> None:
    """Of the newest versions, by the whole name and its mission; what may not be known is not counted."""
    of_one = {"values": {"observation_request": "OR 1"}}
    empty.add(
        [
            record("v.1", product("a.fits", **of_one)),
            record("v.2", product("a.fits", **of_one), node="alpha/secret"),
            record("w.1", product("a.fits", values={"observation_request": "OR 11"})),
            record("x.1", product("a.fits")),
        ]
    )

    def of(request: str | tuple[str, ...], **more: object) -> list[str]:
        return [hit.aip.aip_id for hit in empty.find(Query(request=request, order="id", **more)).hits]  # type: ignore[arg-type]

    assert of("alpha:OR 1") == ["v.1", "v.2"]
    assert of("alpha:OR 1", without=("alpha/secret",)) == ["v.1"]
    assert of(("alpha:OR 1", "alpha:OR 11")) == ["v.1", "v.2", "w.1"]
    for unknown in ("beta:OR 1", "OR 1", "alpha:or 1", "%"):
        assert of(unknown) == []
    with pytest.raises(WrongUsageError, match="request: a value of"):
        Query(request="x" * 1000)


def test_identifiers_patterns_and_ranges_select(empty: Index) -> None:
    """A list, wildcards and a natural range select packages; what nothing answers to is reported."""
    empty.add([record(f"set.{n}", product("a.fits", obs_id=f"OBS-{n}")) for n in (1, 2, 9, 10, 11, 100)])

    def found(*ids: str) -> tuple[list[str], tuple[str, ...]]:
        result = empty.find(Query(ids=ids, order="id"))
        return [hit.aip.aip_id for hit in result.hits], result.unknown

    assert found("set.1", "OBS-10", "set.7") == (["set.1", "set.10"], ("set.7",))
    assert found("set.1*") == (["set.1", "set.10", "set.11", "set.100"], ())
    assert found("OBS-?") == (["set.1", "set.2", "set.9"], ())
    assert found("set.2..set.10") == (["set.2", "set.9", "set.10"], ())
    assert found("set.11..") == (["set.11", "set.100"], ())
    assert found("*.[1]*", "b..a", "..") == (
        ["set.1", "set.2", "set.9", "set.10", "set.11", "set.100"],
        ("*.[1]*", "b..a"),
    )
    assert found("*a" * 60) == ([], ("*a" * 60,))


def _named_by(item: AipRecord, name: str) -> bool:
    node = item.description.node
    return name in {node, item.aip_id} or node.startswith(f"{name}/")


@given(
    chosen=CHOICES,
    among=st.lists(
        st.sampled_from(
            ["alpha/n1", "beta", "gamma/n0/sector-1", "gamma/n0/sector-", "nothing", "alpha.n0.000000"]
        ),
        min_size=1,
        unique=True,
    ).map(tuple),
)
def test_any_of_several_places_and_identifiers_will_do(
    filled: Index, held: list[AipRecord], chosen: dict[str, str | tuple[str, ...]], among: tuple[str, ...]
) -> None:
    """The union of places, with all below them, and identifiers; the rest of a query narrows it."""
    found = filled.find(Query(**chosen, among=among, limit=1000))  # type: ignore[arg-type]
    named = [item for item in held if any(_named_by(item, name) for name in among)]
    assert {hit.aip.aip_id for hit in found.hits} == {item.aip_id for item in named if _holds(item, chosen)}
    assert found.unknown == tuple(name for name in among if not any(_named_by(item, name) for item in held))


def test_what_is_left_out_is_as_if_it_were_not_there(filled: Index) -> None:
    """Branches left out are in no hit, no total, no count, and their identifiers are unknown."""
    without = ("alpha", "beta/n0", "gamma/n1/sector-1")
    found = filled.find(Query(without=without, ids=("alpha.n0.000000", "*"), limit=1000))
    assert found.unknown == ("alpha.n0.000000",)
    named = filled.find(Query(without=without, among=("alpha", "beta", "gamma/n1/sector-1"), limit=1000))
    assert named.unknown == ("alpha", "gamma/n1/sector-1")
    assert {hit.aip.mission for hit in named.hits} == {"beta"}
    nodes = {hit.aip.node for hit in found.hits}
    assert not any(node == path or node.startswith(path + "/") for node in nodes for path in without)
    assert "gamma/n1/sector-10" in nodes
    assert {count.value for count in found.facets["mission"]} == {"beta", "gamma"}
    assert sum(count.count for count in found.facets["mission"]) == found.total == len(found.hits)


@pytest.mark.parametrize(
    "wrong",
    [
        {"offset": -1},
        {"offset": 10**9},
        {"limit": 0},
        {"limit": 10**6},
        {"order": "__class__"},
        {"order": "distance"},
        {"order": "--title"},
        {"mission": "m" * 300},
        {"target": tuple(str(n) for n in range(101))},
        {"ids": tuple(str(n) for n in range(1001))},
        {"among": tuple(str(n) for n in range(1001))},
        {"among": ("m" * 300,)},
    ],
)
def test_a_malformed_query_cannot_be_made(wrong: dict[str, object]) -> None:
    """Pages, orders and values past their limits are wrong usage before anything is read."""
    with pytest.raises(WrongUsageError):
        Query(**wrong)  # type: ignore[arg-type]


def test_a_package_is_read_back_as_it_was_described(filled: Index, held: list[AipRecord]) -> None:
    """Products, their ObsCore columns, values and provenance come back exactly."""
    for item in held[:20]:
        entry = filled.aip(item.aip_id)
        assert entry is not None
        assert (entry.title, entry.size, entry.object_path) == (
            item.description.title,
            item.size,
            item.object_path,
        )
        assert entry.values == item.description.values
        products = filled.products(item.aip_id, 1)
        assert tuple(product.product for product in products) == item.description.products
        assert [version.number for version in filled.versions(item.aip_id)] == [1]
    assert filled.aip("nobody") is None
    assert filled.versions("nobody") == ()


def test_products_of_what_the_catalogue_does_not_have_are_not_found(filled: Index) -> None:
    """An unknown package and an older version are said to be missing, with what to do."""
    with pytest.raises(NotFoundError):
        filled.products("nobody")
    with pytest.raises(NotFoundError) as missing:
        filled.products("alpha.n0.000000", 7)
    assert "stored package" in missing.value.remedy


def test_a_missing_value_stays_missing(empty: Index) -> None:
    """What is not known is None, also where a header held what is no number; it is never 0."""
    strange = product("a.fits", s_ra=float("nan"), s_dec=1.0, t_min=float("inf"), em_min=None)
    empty.add([record("x", strange)])
    entry = empty.aip("x")
    assert entry is not None
    assert (entry.ra, entry.dec, entry.t_min, entry.t_max) == (None, None, None, None)
    core = empty.products("x")[0].product.obscore
    assert (core.s_ra, core.s_dec, core.t_min, core.em_min) == (None, 1.0, None, None)


def test_a_delivery_is_known_by_its_key(empty: Index) -> None:
    """Every version's delivery is known by its submission key, the older one too."""
    versions = (
        VersionRecord(1, "2026-01-01T00:00:00Z", "first", 1, 1, "key-1", "r1"),
        VersionRecord(2, "2026-01-02T00:00:00Z", "second", 1, 1, "key-2", "r2"),
    )
    empty.add([record("x", version=2, versions=versions, submission_key="key-2", receipt="r2")])
    assert empty.submission("key-1") == SubmissionEntry("x", 1, "r1")
    assert empty.submission("key-2") == SubmissionEntry("x", 2, "r2")
    assert empty.submission("key-3") is None


def test_a_file_that_a_header_names_is_resolved(empty: Index) -> None:
    """A reference is found by its name, also without endings, and never by who names it."""
    link = ProvenanceLink("reference file", "RF_FIL1", "REF_Dark_V0104.fits", "RF_FIL1")
    empty.add(
        [
            record("ref", product("REF_Dark_V0104.fits.gz", sha256="d" * 64)),
            record("other", product("REF_Dark_V0105.fits")),
            record("visit", product("visit.fits", provenance=(link,))),
        ]
    )
    for name in ("REF_Dark_V0104.fits.gz", "REF_Dark_V0104.fits", "REF_Dark_V0104", "x/REF_Dark_V0104.fits"):
        holders = empty.by_file_name(name)
        assert [(holder.aip_id, holder.sha256) for holder in holders] == [("ref", "d" * 64)]
    assert empty.by_file_name("REF_Dark_V0103.fits") == ()
    assert empty.by_file_name("") == ()
