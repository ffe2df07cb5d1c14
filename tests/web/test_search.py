"""The search page and its tables, against plain readings of the same records and astropy's own angles."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import random
import re
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io.votable import parse_single_table
from astropy.time import Time
from lxml import html
from sqlalchemy import Connection
from starlette.testclient import TestClient

from benchmarks.holdings import pretend
from oais.functions.access import finding
from oais.functions.access.decisions import Asker
from oais.functions.access.views import VisitRow
from oais.functions.access.visits import visit_rows
from oais.functions.administration import initialise
from oais.information.packages import AipRecord
from policies.in_force import PoliciesInForce
from search_index.answers import Visit
from search_index.catalogue.columns import Columns
from search_index.index import Index
from search_index.query import Cone
from search_index.sky import Floats
from tests.search_index.factory import product, record
from tests.web.conftest import LIGHT_CURVE, Rules, client_of

JSON = {"Accept": "application/json"}
HIDDEN = "tess/n0"
TWELVE = [
    *("Visit ID", "Observation ID", "Quality Report", "Target Name", "RA (deg)", "DEC (deg)"),
    *("Distance (deg)", "Magnitude (mag)", "Property Status", "Processing Chain Vrs"),
    *("Obs Start", "Obs Stop"),
]
"""The columns of a table of results, written from the specification (CB-22)."""


@dataclass(frozen=True)
class Known:
    """One visit as it was made up."""

    name: str
    target: str
    ra: float
    dec: float
    start: float
    stop: float
    magnitude: float
    pi: str
    hidden: bool


@dataclass(frozen=True)
class Held:
    """A site whose index knows visits that are not stored, some of them in a hidden branch."""

    client: TestClient
    visits: tuple[Known, ...]

    @property
    def shown(self) -> list[Known]:
        """The visits that strangers may know of."""
        return [visit for visit in self.visits if not visit.hidden]

    def names(self, query: str) -> list[str]:
        """The visits that a question finds, in the answer's order."""
        told = self.client.get(f"/search?per_page=100&{query}", headers=JSON)
        assert told.status_code == 200, told.text
        return [visit["visit"] for visit in told.json()["visits"]]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """Ninety visits of two packages each, a third of them hidden, and three reference files."""
    archive = initialise(tmp_path_factory.mktemp("search") / "home", name="Search")
    rules = archive.home / "policies" / "access.yaml"
    text = rules.read_text("utf-8").replace("nodes: []", f"nodes:\n  - {{node: {HIDDEN}, policy: hidden}}\n")
    assert "policy: hidden" in text
    if "  hidden:" not in text:
        text = text.replace(
            "policies:\n", "policies:\n  hidden: {metadata: hidden, data: closed, reason: test}\n"
        )
    rules.write_text(text, "utf-8")
    visits = tuple(_visits())
    pretend(archive, [*(item for visit in visits for item in _packages(visit)), *_references()])
    again = replace(archive, in_force=PoliciesInForce(archive.home / "policies"))
    return Held(client_of(again), visits)


def _visits() -> Iterator[Known]:
    dice = random.Random(9)
    for number in range(90):
        start = 58_000 + dice.uniform(0, 300)
        near_pole = number % 5 == 0
        yield Known(
            name=f"V{number:03}",
            target=f"HD {1000 + number}",
            ra=dice.choice((dice.uniform(0, 4), dice.uniform(356, 360), dice.uniform(0, 360))),
            dec=dice.uniform(86, 90) if near_pole else dice.uniform(-12, 12),
            start=start,
            stop=start + dice.uniform(0.1, 5),
            magnitude=round(dice.uniform(6, 14), 2),
            pi=dice.choice(("Ada Lovelace", "Vera Rubin", "Emmy Noether")),
            hidden=number % 3 == 0,
        )


def _packages(visit: Known) -> Iterator[AipRecord]:
    branch = "n0/target-pixel-files" if visit.hidden else "n1/light-curves"
    number = int(visit.name[1:])
    values = {
        "visit": visit.name,
        "observation": str(500 + number),
        "pi": visit.pi,
        "magnitude": visit.magnitude,
        "spectral_type": f"{'FGK'[number % 3]}{number % 9}V",
        "category": ("TIME-CRITICAL", "ROUTINE")[number % 2],
        "archive_revision": f"{1 + number % 3:02}",
        "pipeline_version": "3.1",
    }
    for part in ("a", "b"):
        name = f"tess.{visit.name.lower()}.{part}"
        core: dict[str, Any] = {
            "obs_id": f"o{number}",
            "target_name": visit.target,
            "s_ra": visit.ra,
            "s_dec": visit.dec,
            "t_min": visit.start,
            "t_max": visit.stop,
        }
        items = [product(f"{name}_lc.fits", values=values, **core)]
        if part == "b":
            items.append(product(f"{name}_report.pdf", kind="report", product_type="quality report"))
        yield record(name, *items, mission="TESS", node=f"tess/{branch}/sector-5", receipt=f"r-{name}")


def _references() -> Iterator[AipRecord]:
    for name, kind, first, last in (
        ("flat", "REF_APP_FlatField", 58_000.0, 58_100.0),
        ("dark", "REF_APP_DarkFrame", 58_100.0, None),
        ("leap", "REF_APP_LeapSeconds", None, 58_050.0),
    ):
        item = product(f"{name}.fits", kind="calibration", product_type=kind, valid_from=first, valid_to=last)
        yield record(
            f"tess.{name}", item, mission="TESS", kind="calibration", node="tess/n1/light-curves/sector-5"
        )


def pick(page: Any, path: str) -> list[Any]:
    """Return what an XPath finds."""
    return list(page.xpath(path))


def apart(visit: Known, ra: float, dec: float) -> float:
    """Return the angle to a position in degrees, as astropy computes it."""
    centre = SkyCoord(ra, dec, unit="deg")
    return float(centre.separation(SkyCoord(visit.ra, visit.dec, unit="deg")).deg)


@pytest.mark.parametrize(
    ("ra", "dec", "radius", "degrees"),
    [
        ("1.5", "0", "", (1.5, 0.0)),
        ("359.5", "-3", "10", (359.5, -3.0)),
        ("120", "89.5", "5", (120.0, 89.5)),
        ("00:06:00", "+02:30:00", "20", (1.5, 2.5)),
        ("0h6m0s", "2d30m", "20", (1.5, 2.5)),
        ("0", "0", "180", (0.0, 0.0)),
    ],
)
def test_a_cone_finds_and_measures_as_astropy_does(
    held: Held, ra: str, dec: str, radius: str, degrees: tuple[float, float]
) -> None:
    """Over the seam, at the pole, sexagesimal, and with the radius of 5 degrees that no one typed."""
    query = {"ra": ra, "dec": dec, "per_page": "100"} | ({"radius": radius} if radius else {})
    told = held.client.get("/search", params=query, headers=JSON).json()["visits"]
    within = {visit.name: apart(visit, *degrees) for visit in held.shown}
    expected = {name: angle for name, angle in within.items() if angle <= float(radius or 5)}
    assert expected
    assert {visit["visit"]: visit["distance"] for visit in told} == pytest.approx(expected, abs=1e-6)
    assert [visit["distance"] for visit in told] == sorted(visit["distance"] for visit in told)


@pytest.mark.parametrize(
    ("start", "stop"),
    [("2017-10-01", "2017-11-15"), ("2018-03-01T06:00", ""), ("", "2017-10-20"), ("58100", "58100")],
)
def test_a_time_finds_all_visits_that_overlap_it(held: Held, start: str, stop: str) -> None:
    """A visit is found when it shares a moment with the interval, whose ends may be open."""

    def mjd(text: str, default: float) -> float:
        return float(text) if text.isdigit() else float(Time(text).utc.mjd) if text else default

    last = mjd(stop, np.inf) + (1 if "-" in stop else 0)
    expected = {v.name for v in held.shown if v.start < last + 1e-9 and v.stop >= mjd(start, -np.inf)}
    assert set(held.names(f"start={start}&stop={stop}")) - {"tess.flat", "tess.dark", "tess.leap"} == expected
    assert expected


def test_each_field_finds_what_a_plain_reading_finds(held: Held) -> None:
    """Alone and combined: target in any writing, magnitudes, PI, visit, observation, type, revision, star."""

    def numbers(keep: Any) -> set[str]:
        return {visit.name for visit in held.shown if keep(int(visit.name[1:]), visit)}

    asked = {
        "target=HD+1001": numbers(lambda n, v: n == 1),
        "target=hd1001": numbers(lambda n, v: n == 1),
        "target=HD-10*": numbers(lambda n, v: True),
        "target=HD": set(),
        "mag_min=7&mag_max=9.5": numbers(lambda n, v: 7 <= v.magnitude <= 9.5),
        "mag_max=8": numbers(lambda n, v: v.magnitude <= 8),
        "pi=rubin": numbers(lambda n, v: v.pi == "Vera Rubin"),
        "pi=vera+rubin": numbers(lambda n, v: v.pi == "Vera Rubin"),
        "pi=ubin": set(),
        "visit=v00": numbers(lambda n, v: n < 10),
        "visit=V001": {"V001"},
        "observation=501": {"V001"},
        "observation=o2": {"V002"},
        "observation_type=TIME-CRITICAL": numbers(lambda n, v: n % 2 == 0),
        "revision=2": numbers(lambda n, v: n % 3 == 1),
        "revision=02": numbers(lambda n, v: n % 3 == 1),
        "spectral_type=G": numbers(lambda n, v: n % 3 == 1),
        "spectral_type=G1V": numbers(lambda n, v: n % 9 == 1),
        "pi=ada&mag_min=10&observation_type=ROUTINE": numbers(
            lambda n, v: v.pi == "Ada Lovelace" and v.magnitude >= 10 and n % 2 == 1
        ),
    }
    for query, expected in asked.items():
        assert set(held.names(query)) == expected, query


def test_reference_files_are_found_by_type_and_validity(held: Held) -> None:
    """The types come from the holdings; all are the union, several any of them, and open ends hold."""
    page = html.document_fromstring(held.client.get("/search").content)
    offered = pick(page, "//select[@name='reference']/option/text()")
    assert offered == ["All", "REF_APP_DarkFrame", "REF_APP_FlatField", "REF_APP_LeapSeconds"]
    asked = {
        "reference=*": {"flat", "dark", "leap"},
        "reference=REF_APP_FlatField&reference=REF_APP_DarkFrame": {"flat", "dark"},
        "valid_from=58120": {"dark"},
        "valid_from=58040&valid_to=58060": {"flat", "leap"},
        "valid_to=57000": {"leap"},
    }
    for query, expected in asked.items():
        assert set(held.names(query)) == {f"tess.{name}" for name in expected}, query


def test_reference_files_show_when_they_hold(held: Held) -> None:
    """Their table has both ends of the validity, in words where it is open; other columns can be chosen."""
    page = html.document_fromstring(held.client.get("/search?reference=*&order=id").content)
    headings = [" ".join(cell.text_content().split()) for cell in pick(page, "//th")]
    assert headings[1:] == [
        "Visit ID",
        "Property Status",
        "Title",
        "Mission",
        "Level",
        "Valid from",
        "Valid to",
    ]
    rows = [
        [" ".join(cell.text_content().split()) for cell in pick(row, "td")]
        for row in pick(page, "//tbody/tr")
    ]
    assert {row[1]: tuple(row[-2:]) for row in rows} == {
        "tess.dark": ("2017-12-13 00:00:00 UTC", "no end"),
        "tess.flat": ("2017-09-04 00:00:00 UTC", "2017-12-13 00:00:00 UTC"),
        "tess.leap": ("no beginning", "2017-10-24 00:00:00 UTC"),
    }
    (facet,) = pick(page, "//ul[@class='facet']//a[contains(@href, 'mission=TESS')]/@href")
    assert "columns=" not in facet
    page = html.document_fromstring(held.client.get("/search?reference=*&columns=visit,valid_to").content)
    assert [cell.text_content().strip() for cell in pick(page, "//th")] == ["Choose", "Visit ID", "Valid to"]
    (other,) = held.client.get("/search?visit=V001", headers=JSON).json()["visits"]
    assert (other["valid_from"], other["valid_to"]) == ("", "")


def test_a_visit_is_one_row_of_twelve_columns(held: Held) -> None:
    """Two packages of a visit are one row; what is not known is told so, and no cone means no distance."""
    page = html.document_fromstring(held.client.get("/search?visit=V001").content)
    headings = [" ".join(cell.text_content().split()) for cell in pick(page, "//th")]
    assert headings == ["Choose", *TWELVE]
    (row,) = pick(page, "//tbody/tr")
    cells = dict(
        zip(headings, (" ".join(cell.text_content().split()) for cell in pick(row, "td")), strict=True)
    )
    known = next(visit for visit in held.visits if visit.name == "V001")
    assert cells["Observation ID"] == "501"
    assert cells["Target Name"] == "HD 1001"
    assert float(cells["RA (deg)"]) == pytest.approx(known.ra, abs=1e-6)
    assert (cells["Distance (deg)"], cells["Quality Report"]) == ("N.A.", "Report")
    assert cells["Property Status"] == "public"
    for column, moment in (("Obs Start", known.start), ("Obs Stop", known.stop)):
        shown = Time(cells[column].removesuffix(" UTC"), format="iso", scale="utc")
        # A float of days tells moments of these years apart by 0.6 microseconds.
        assert abs((shown - Time(moment, format="mjd", scale="utc")).sec) < 1.5e-6
    assert "Showing 1 to 1 of 1 visits" in held.client.get("/search?visit=V001").text
    (reference,) = held.client.get("/search?reference=*&valid_to=57000", headers=JSON).json()["visits"]
    assert (reference["ra"], reference["magnitude"], reference["report"]) == (None, None, "")


def test_rows_are_sorted_and_leafed_through_by_the_server(held: Held) -> None:
    """Each heading's order is stable over the pages, missing values last, either way round."""
    for order, key in (("magnitude", "magnitude"), ("target", "target"), ("stop", "stop"), ("dec", "dec")):
        for turned in ("", "-"):
            rows: list[dict[str, Any]] = []
            for page in (1, 2):
                address = f"/search?order={turned}{order}&per_page=50&page={page}"
                answer = held.client.get(address, headers=JSON).json()
                rows += answer["visits"]
            assert answer["page"]["total"] == len(rows) == len(held.shown) + 3
            values = [row[key] for row in rows if row[key] not in (None, "")]
            assert values == sorted(values, reverse=bool(turned))
            assert all(row[key] in (None, "") for row in rows[len(values) :])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("start=0001-01-01T00:00:00%2B14:00", True),
        ("stop=0001-01-01T00:00:00%2B14:00", False),
        ("start=9999-12-31T23:59:59-14:00", False),
        ("stop=9999-12-31T23:59:59-14:00", True),
    ],
)
def test_the_ends_of_the_calendar_are_times_in_any_zone(held: Held, query: str, found: bool) -> None:
    """In UTC they are days that no calendar of ours has; all visits lie between them."""
    assert (len(held.names(query)) > 1) is found  # one reference file holds for ever


def test_five_rows_are_a_page(held: Held) -> None:
    """The smallest page there is to choose: leafing from one to the next meets every row once (CT-17)."""
    pages, address = [], "/search?order=id&per_page=5"
    while address:
        page = html.document_fromstring(held.client.get(address).content)
        pages.append(pick(page, "//tbody/tr//a[starts-with(@href, '/visit?of=')]/@href"))
        address = next(iter(pick(page, "//a[@rel='next']/@href")), "")
    assert {len(rows) for rows in pages[:-1]} == {5}
    assert 1 <= len(pages[-1]) <= 5
    rows = [row for each in pages for row in each]
    assert len(rows) == len(set(rows)) == len(held.shown) + 3
    first = html.document_fromstring(held.client.get("/search?per_page=5").content)
    sizes = pick(first, "//p[starts-with(normalize-space(), 'Rows on a page')]/a")
    assert [link.text for link in sizes] == ["5", "10", "25", "50", "100"]
    assert [link.text for link in sizes if link.get("aria-current")] == ["5"]
    (told,) = set(pick(first, "//div[@class='pager']/span/text()"))
    assert told.startswith(f"Showing 1 to 5 of {len(rows)}")


def test_facets_count_visits(held: Held) -> None:
    """Each count is the number of rows that its link leads to."""
    told = held.client.get("/search?mag_min=8", headers=JSON).json()
    for facet in told["facets"]:
        for value in facet["values"][:3]:
            query = {"mag_min": "8", facet["name"]: value["value"]}
            answer = held.client.get("/search", params=query, headers=JSON).json()
            assert answer["page"]["total"] == value["count"], (facet["name"], value)


def test_columns_are_chosen_and_stay(held: Held) -> None:
    """Other columns are shown in the table's order, by an address that sorting and leafing keep."""
    page = html.document_fromstring(held.client.get("/search?columns=pi&columns=visit&columns=level").content)
    headings = [cell.text_content().strip() for cell in pick(page, "//th")]
    assert headings == ["Choose", "Visit ID", "Level", "PI"]
    assert all("columns=" in link for link in pick(page, "//th/a/@href | //a[@rel='next']/@href"))
    assert held.client.get("/search?columns=nonsense").status_code == 400


def test_reset_and_faults_keep_the_form_honest(held: Held) -> None:
    """A form that cannot be asked comes back filled in, with what is wrong; Reset empties every field."""
    answer = held.client.get("/search?q=x&ra=25h&dec=1&pi=Ada")
    assert answer.status_code == 400
    page = html.document_fromstring(answer.content)
    assert "not a right ascension" in pick(page, "//*[@role='alert']")[0].text_content()
    filled = {field.get("name"): field.get("value") for field in pick(page, "//input[@value]")}
    assert (filled["ra"], filled["pi"], filled["q"]) == ("25h", "Ada", "x")
    (reset,) = pick(page, "//a[text()='Reset']/@href")
    empty = html.document_fromstring(held.client.get(reset).content)
    fields = pick(empty, "//form[@role='search']//input[@name]")
    assert {field.get("name"): field.get("value") for field in fields if field.get("value")} == {
        "raw": "hide",
        "radius": "5.0",
    }
    for wrong in (
        "ra=10",
        "radius=x&ra=1&dec=1",
        "mag_min=x",
        "mag_min=9&mag_max=8",
        "start=x",
        "valid_to=1/2",
    ):
        assert held.client.get(f"/search?{wrong}").status_code == 400, wrong


def test_the_same_results_as_csv_votable_and_json(held: Held) -> None:
    """Three forms hold the same visits with the same numbers; the VOTable is read by astropy."""
    query = "ra=1.5&dec=0&radius=30"
    told = held.client.get(f"/search/table?format=json&{query}").json()
    assert told["total"] == len(told["visits"]) == len(held.names(query))
    lines = held.client.get(f"/search/table?format=csv&{query}").text.splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    with io.BytesIO(held.client.get(f"/search/table?format=votable&{query}").content) as stream:
        table = parse_single_table(stream).to_table()
    assert table["ra"].unit == units.deg
    for one, row, line in zip(told["visits"], table, rows, strict=True):
        assert (
            (one["visit"], one["target"]) == (row["visit"], row["target"]) == (line["visit"], line["target"])
        )
        assert one["distance"] == row["distance"] == float(line["distance"])
        assert one["start"] == line["start"]
    known = {visit.name: visit for visit in held.visits}
    for one in told["visits"]:
        start = Time(known[one["visit"]].start, format="mjd", scale="utc")
        assert abs((Time(one["start"]) - start).sec) < 1e-6
    assert held.client.get("/search/table?format=xls").status_code == 400


@pytest.mark.parametrize("form", ["csv", "votable", "json", "urls"])
def test_a_table_in_portions_is_the_same(held: Held, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Read one visit at a time or all at once, for many, one or none: the same bytes, none asked by HEAD."""
    for query in ("", "visit=V001", "visit=none", "order=-time&ra=1.5&dec=0&radius=30"):
        address = f"/search/table?format={form}&{query}"
        whole = _undated(held.client.get(address).content)
        with monkeypatch.context() as patch:
            patch.setattr(finding, "_AT_ONCE", 1)
            parted = _undated(held.client.get(address).content)
        if form == "urls":  # of some visits at a time, by the names of files
            whole, parted = (b"\n".join(sorted(each.splitlines())) for each in (whole, parted))
        assert parted == whole, query
        head = held.client.head(address)
        assert (head.content, "content-length" in head.headers) == (b"", False)  # 0 would be a lie
        if form == "json":
            told = json.loads(whole)
            assert whole == json.dumps(told, ensure_ascii=False, indent=2).encode()
            assert told["total"] == len(told["visits"])


def _undated(table: bytes) -> bytes:
    return re.sub(rb"(?m)^(# at: |<INFO name=.at.).*$", b"", table)


def test_a_table_begins_before_all_of_it_is_read(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many visits it has is known at once; their rows are read as they are sent, and only those."""
    read: list[int] = []
    sent: list[tuple[int, bytes]] = []
    stay = asyncio.Event()

    def some(index: Index, asker: Asker, visits: Sequence[Visit]) -> tuple[VisitRow, ...]:
        read.append(len(visits))
        return visit_rows(index, asker, visits)

    monkeypatch.setattr(finding, "_AT_ONCE", 2)
    monkeypatch.setattr(finding, "visit_rows", some)

    async def answered() -> None:
        begun = False

        async def receive() -> dict[str, object]:
            nonlocal begun
            if begun:
                await stay.wait()
            begun = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.body":
                sent.append((len(read), message["body"]))

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": "/search/table", "raw_path": b"/search/table",
            "query_string": b"format=csv",
            "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("localhost", 80),
        }  # fmt: skip
        await held.client.app(scope, receive, send)

    asyncio.run(answered())
    assert sum(read) > 4
    assert sent[0][0] == 1
    assert f"rows: {sum(read)} of {sum(read)}" in sent[0][1].decode()
    assert sent[-1][0] == len(read)


def test_commands_to_copy_ask_the_same(held: Held) -> None:
    """The box gives curl, wget and Python; the list for wget has the address of each file."""
    page = html.document_fromstring(held.client.get("/search?visit=V001").content)
    curl, wget, python = (item.text_content() for item in pick(page, "//dl[@class='copied']/dd"))
    assert "wget --input-file=-" in wget
    compile(python, "copied", "exec")
    address = curl.partition("'")[2].rpartition("'")[0]
    assert "V001" in held.client.get(address).text
    files = held.client.get("/search/table?format=urls&visit=V001").text.splitlines()
    assert sorted(line.rpartition("/")[2] for line in files) == [
        "tess.v001.a_lc.fits",
        "tess.v001.b_lc.fits",
        "tess.v001.b_report.pdf",
    ]


def test_products_of_a_visit_are_filtered_and_leafed_through(held: Held) -> None:
    """All products of all its packages, in five columns and their size; the filter lets some through."""
    page = html.document_fromstring(held.client.get("/visit?of=TESS:V001").content)
    headings = [cell.text_content().strip() for cell in pick(page, "//th")]
    assert headings == ["Choose", "File Name", "File Type", "Product Level", "Observation Category", "Size"]
    assert len(pick(page, "//tbody/tr")) == 3
    told = held.client.get("/visit?of=TESS:V001&q=REPORT", headers=JSON).json()
    assert ([row["name"] for row in told["rows"]], told["products"]) == (["tess.v001.b_report.pdf"], 3)
    for unknown in ("TESS:V999", "", "TESS:V00", "TESS:v001"):
        assert held.client.get("/visit", params={"of": unknown}).status_code == 404


def test_a_visit_shows_what_its_data_look_like(client: TestClient, under_rules: Rules) -> None:
    """Two drawings with their times stand above the products, for who may have the data alone."""
    of = "/visit?of=TESS%3Atic55525572-s0005"
    page = html.document_fromstring(client.get(of).content)
    captions = [" ".join(cell.text_content().split()) for cell in pick(page, "//figure/figcaption")]
    assert captions == [
        "light curve · 2018-11-15 11:25:39.948000 UTC",
        "target pixel file · 2018-11-15 11:25:39.948000 UTC",
    ]
    drawn = [client.get(address) for address in pick(page, "//figure//img/@src")]
    assert [answer.status_code for answer in drawn] == [200, 200]
    assert {answer.headers["content-type"].partition(";")[0] for answer in drawn} <= {
        "image/svg+xml",
        "image/png",
    }
    assert drawn[0].content != drawn[1].content
    assert pick(html.document_fromstring(client.get(f"{of}&q=pdf").content), "//figure") == []
    closed = under_rules("  - {node: tess, policy: later}\n").get(of)
    assert (closed.status_code, "<figure>" in closed.text) == (200, False)


def test_hidden_visits_are_nowhere(held: Held) -> None:
    """They are not found, counted, completed, sorted into a list of targets, nor have a page of their own."""
    hidden = next(visit for visit in held.visits if visit.hidden)
    assert held.client.get("/search", headers=JSON).json()["page"]["total"] == len(held.shown) + 3
    for query in (
        f"target={hidden.target}",
        f"visit={hidden.name}",
        f"ra={hidden.ra}&dec={hidden.dec}&radius=.001",
    ):
        assert held.names(query) == [], query
    for field, begin in (("target", "HD"), ("visit", "V"), ("observation", "5")):
        names = set()
        for more in range(10):
            told = held.client.get(
                "/search/names",
                params={field: f"{begin} 10{more}"[:5] if field == "target" else f"{begin}{more}"},
                headers=JSON,
            )
            names |= set(told.json()["names"])
        assert not names & {hidden.target, hidden.name, str(500 + int(hidden.name[1:]))}
    page = held.client.get(f"/visit?of=TESS:{hidden.name}")
    unknown = held.client.get("/visit?of=TESS:V999")
    assert page.status_code == 404
    assert page.text.replace(hidden.name, "V999") == unknown.text


def test_names_are_completed_as_they_are_typed(held: Held) -> None:
    """By how any word begins, in any case, twenty at most; a field that is none is refused."""
    told = held.client.get("/search/names?target=hd+101", headers=JSON).json()["names"]
    assert told == [
        v.target for v in sorted(held.shown, key=lambda v: v.target) if v.target.startswith("HD 101")
    ]
    assert held.client.get("/search/names?pi=noe", headers=JSON).json()["names"] == ["Emmy Noether"]
    options = html.document_fromstring(held.client.get("/search/names?pi=vera").text)
    assert pick(options, "//option/@value") == ["Vera Rubin"]
    assert held.client.get("/search/names?title=x").status_code == 400


def _form(client: TestClient) -> dict[str, str]:
    page = html.document_fromstring(client.get("/search/list").content)
    return {"csrf": pick(page, "//input[@name='csrf']/@value")[0]}


def _kept(client: TestClient, form: dict[str, str]) -> str:
    """Send a list and return the address that it comes to."""
    sent = client.post("/search/list", data=form, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def test_a_list_of_targets_tells_of_each_line(held: Held) -> None:
    """Names and positions mixed, a thousand of them; what is not resolved is told by its number."""
    hidden = next(visit for visit in held.visits if visit.hidden)
    one, two = held.shown[:2]
    position = SkyCoord(two.ra, two.dec, unit="deg").to_string("hmsdms", sep=":", precision=4)
    lines = [
        one.target,
        "# a remark",
        f"{two.ra} {two.dec}",
        position,
        "nobody 7",
        hidden.target,
        "400 10",
        "",
    ]
    lines += [held.shown[n % len(held.shown)].target.lower() for n in range(1_000 - 6)]
    form = _form(held.client) | {"targets": "\n".join(lines), "radius": "0.01"}
    address = _kept(held.client, form)
    told = held.client.get(address, headers=JSON).json()
    assert len(told["lines"]) == 1_000
    assert [line["number"] for line in told["unresolved"]] == [5, 6, 7]
    by_number = {line["number"]: line for line in told["lines"]}
    assert by_number[1]["aip_ids"] == [f"tess.{one.name.lower()}.{part}" for part in "ab"]
    for number in (3, 4):
        assert f"tess.{two.name.lower()}.a" in by_number[number]["aip_ids"]
        assert by_number[number]["distance"] == pytest.approx(0, abs=1e-6)
    assert len(held.client.get(address).content) < 150_000
    table = held.client.post("/search/list", data=form | {"take": "csv"}).text
    assert len({row["line"] for row in csv.DictReader(io.StringIO(table))}) == 1_000
    form["targets"] += "\nHD 1001"
    assert held.client.post("/search/list", data=form).status_code == 400


def test_a_cone_lies_around_a_name(held: Held) -> None:
    """The target's own position is the centre, told with where it came from; a hidden one is nobody's."""
    star = held.shown[4]
    name = star.target.lower().replace(" ", "")
    address = f"/search?near={name}&radius=6&per_page=100"
    told = held.client.get(address, headers=JSON).json()
    position = told["named"]["position"]
    assert (position["ra"], position["dec"]) == pytest.approx((star.ra, star.dec))
    assert position["source"] == "the archive's index"
    wanted = sorted((apart(visit, star.ra, star.dec), visit.name) for visit in held.shown)
    assert [row["visit"] for row in told["visits"]] == [name for angle, name in wanted if angle <= 6]
    assert told["visits"][0]["distance"] == pytest.approx(0, abs=1e-6)
    assert held.client.get(address.replace("/search", "/api/v1/search")).json() == told
    page = html.document_fromstring(held.client.get(address).content)
    (note,) = pick(page, "//div[@role='note']")
    said = " ".join(note.text_content().split())
    assert f"RA {star.ra:.6f}°, Dec {star.dec:+.6f}° (the archive's index)" in said
    assert pick(page, "//details[@open]//input[@name='near']/@value") == [name]
    hidden = next(visit for visit in held.visits if visit.hidden)
    nothing = held.client.get(f"/search?near={hidden.target}", headers=JSON).json()
    assert (nothing["page"]["total"], nothing["named"]["position"]) == (0, None)
    french = held.client.get(f"/search?near={hidden.target}", headers={"Accept-Language": "fr"})
    assert "Aucune position n’est connue pour" in french.text
    both = held.client.get("/search?near=x&ra=1&dec=1")
    assert both.status_code == 400
    assert "A name and a position are given. Give either of them." in both.text


def test_faults_of_a_list_are_told_in_french(held: Held) -> None:
    """Each line's fault in the reader's language, none of them left in English (and marked so)."""
    lines = ["400 10", "10 -95", "5 +95:00:00", "x" * 300, "nobody 7", held.shown[0].target]
    form = _form(held.client) | {"targets": "\n".join(lines), "radius": "0.01"}
    address = _kept(held.client, form)
    in_french = {"Accept-Language": "fr"}
    page = html.document_fromstring(held.client.get(address, headers=in_french).content)
    (note,) = pick(page, "//div[@role='note']")
    told = [" ".join(item.text_content().split()) for item in pick(note, ".//li")]
    assert told[0].endswith(
        "'400' n’est pas une ascension droite ; elle va de 0 à 360 degrés ou s’écrit en heures, "
        "par exemple 83.63 ou 05:34:31.9"
    )
    for line, value in ((told[1], "-95"), (told[2], "+95:00:00")):
        assert f"'{value}' n’est pas une déclinaison ; elle va de -90 à 90 degrés" in line
    assert told[3].endswith("plus de 256 caractères")
    assert told[4].endswith("aucune cible ne porte ce nom")
    assert not pick(note, ".//*[@lang='en']"), "a sentence without a translation is marked as English"
    for wrong, fault in (
        ({"targets": "x\n" * 1_001}, "a liste compte 1001 cibles ; au plus 1000 sont admises"),
        ({"radius": "11"}, "e rayon '11' n’est pas supérieur à 0 et d’au plus 10 degrés"),
    ):
        refused = held.client.post("/search/list", data=form | wrong, headers=in_french)
        assert refused.status_code == 400
        (alert,) = pick(html.document_fromstring(refused.content), "//main//h1/following::p[1]")
        assert fault in alert.text_content()


def test_a_list_of_targets_comes_as_a_file(held: Held) -> None:
    """A text file is read as what is typed; refused is what is no text, and what lacks the token."""
    form = _form(held.client) | {"radius": "0.1"}
    files = {"file": ("list.txt", b"HD 1001\nnobody\n", "text/plain")}
    sent = held.client.post("/search/list/file", data=form, files=files, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    told = held.client.get(sent.headers["location"], headers=JSON)
    assert [bool(line["fault"]) for line in told.json()["lines"]] == [False, True]
    wrong = {"file": ("list.txt", b"\xff\xfe\x00", "text/plain")}
    assert held.client.post("/search/list/file", data=form, files=wrong).status_code == 400
    assert (
        held.client.post("/search/list/file", data={"csrf": "x", "radius": "1"}, files=files).status_code
        == 403
    )


def test_conditions_narrow_a_search(held: Held, client: TestClient) -> None:
    """By what the data say of themselves; what cannot be read comes back in the form."""
    found = client.get("/search", params={"where": "calib_level >= 2"}, headers=JSON).json()
    assert found["page"]["total"] == 1
    assert LIGHT_CURVE in found["hits"][0]["aip_id"]
    assert not client.get("/search?where=calib_level>9", headers=JSON).json()["visits"]
    page = html.document_fromstring(client.get("/search?where=Dark%20=%20skipped").content)
    assert pick(page, "//input[@name='where']/@value") == ["Dark = skipped"]
    (ready,) = pick(page, "//nav//a[text()='Science-ready']/@href")
    assert parse_qs(ready.partition("?")[2])["where"] == ["Dark = skipped; calib_level >= 2"]
    again = html.document_fromstring(client.get(ready).content)
    (less,) = pick(again, "//nav//a[text()='Science-ready' and @aria-current]/@href")
    assert parse_qs(less.partition("?")[2])["where"] == ["Dark = skipped"]
    wrong = client.get("/search?where=Dark")
    assert wrong.status_code == 400
    assert 'name="where" maxlength="1000" value="Dark"' in wrong.text
    hidden = next(visit for visit in held.visits if visit.hidden)
    assert hidden.name not in held.client.get("/search?where=magnitude>0&per_page=100").text


def test_a_search_begins_without_raw_data(client: TestClient) -> None:
    """Where one begins to search the choice is ticked; an address without it answers as it always did."""
    everything = client.get("/search?show=packages", headers=JSON).json()
    hidden = client.get("/search?show=packages&raw=hide", headers=JSON).json()
    gone = {hit["aip_id"] for hit in everything["hits"]} - {hit["aip_id"] for hit in hidden["hits"]}
    assert gone == {"tess.tic55525572.s0005.tp"}, "target pixels are raw, housekeeping is not"
    assert (everything["raw_hidden"], hidden["raw_hidden"]) == (0, 1)
    assert client.get("/api/v1/search?raw=hide&show=packages").json() == hidden
    for begin in ("/", "/search?raw=hide"):
        page = html.document_fromstring(client.get(begin).content)
        (box,) = pick(page, "//form[@role='search']//input[@name='raw']")
        assert (box.get("type"), box.get("value"), box.get("checked")) == ("checkbox", "hide", "checked")
        assert pick(page, "//header//nav//a[text()='Search']/@href") == ["/search?raw=hide"]
    (note,) = pick(page, "//p[contains(., 'Without 1 package of raw data.')]")
    (shown,) = pick(note, "a/@href")
    again = html.document_fromstring(client.get(shown).content)
    assert not pick(again, "//form[@role='search']//input[@name='raw']/@checked")
    assert not pick(again, "//p[contains(., 'of raw data.')]")
    table = client.get("/search/table?format=csv&raw=hide&ids=tess.tic55525572.s0005.tp").text
    assert "# rows: 0 of 0" in table
    wrong = client.get("/search?raw=no", headers=JSON)
    assert wrong.status_code == 400
    assert "raw is 'no'; expected hide" in wrong.json()["detail"]


def test_a_list_is_a_search_with_an_address(held: Held) -> None:
    """One table of the visits of all its targets, narrowed, sorted and taken along as any other search."""
    hidden = next(visit for visit in held.visits if visit.hidden)
    one, two, three = held.shown[:3]
    lines = [one.target, f"{two.ra} {two.dec}", "nobody 7", three.target.lower(), hidden.target]
    form = _form(held.client) | {"targets": "\n".join(lines), "radius": "0.01"}
    address = _kept(held.client, form)
    assert address == _kept(held.client, form), "the same list has the same address"
    query = address.partition("?")[2]
    told = held.client.get(f"/search?{query}", headers=JSON).json()
    near = [v for v in held.shown if abs(v.ra - two.ra) < 0.01 and abs(v.dec - two.dec) < 0.01]
    wanted = {v.name for v in (*near, *(v for v in held.shown if v.target in (one.target, three.target)))}
    assert {visit["visit"] for visit in told["visits"]} == wanted
    assert held.client.get(f"/api/v1/search?{query}").json()["visits"] == told["visits"]
    narrowed = held.client.get(f"/search?{query}&target={one.target}", headers=JSON).json()
    assert {visit["target"] for visit in narrowed["visits"]} == {one.target}
    table = held.client.get(f"/search/table?{query}&format=csv").text.splitlines()
    assert len(list(csv.DictReader(line for line in table if line[0] != "#"))) == len(wanted)
    page = html.document_fromstring(held.client.get(f"/search?{query}&order=-title").content)
    (note,) = pick(page, "//div[@role='note']")
    said = " ".join(note.text_content().split())
    assert said.startswith("Found for 5 targets of a list.")
    assert said.endswith("2 lines could not be resolved: 3, 5")
    assert pick(page, "//form[@role='search']//input[@name='list']/@value") == [query.partition("=")[2]]
    assert all(query in link for link in pick(page, "//table//th/a/@href"))
    assert hidden.name not in held.client.get(f"/search?{query}").text


def test_the_positions_of_a_list_are_measured_once(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its table, for what it lacks, and for the next page: each position is looked for a single time."""
    lines = [f"{visit.ra} {visit.dec}" for visit in held.shown[:40]]
    form = _form(held.client) | {"targets": "\n".join(lines), "radius": "0.0123"}
    query = _kept(held.client, form).partition("?")[2]
    measured: list[Cone] = []
    near = Columns.near

    def counted(columns: Columns, connection: Connection, cone: Cone) -> Floats:
        measured.append(cone)
        return near(columns, connection, cone)

    monkeypatch.setattr(Columns, "near", counted)
    pages = [held.client.get(f"/search?{query}&per_page=5&page={page}") for page in (1, 2)]
    assert [page.status_code for page in pages] == [200, 200]
    assert "Showing 1 to 5" in pages[0].text
    assert len(measured) == len(set(measured)) <= len(lines)


def test_a_list_that_is_not_kept_is_told(held: Held) -> None:
    """Neither found nor guessed, in any form; and a list that names nothing is not kept."""
    for address in ("/search?list=", "/search/list?list=", "/search/table?format=csv&list=", "/choose?list="):
        answer = held.client.get(f"{address}{'0' * 32}", headers=JSON)
        assert answer.status_code == 404, address
        assert "no such list of targets" in answer.json()["detail"]
    assert held.client.get("/api/v1/lists/nothing").status_code == 404
    for targets in ("", "# a remark", "\n\n"):
        refused = held.client.post("/search/list", data=_form(held.client) | {"targets": targets})
        assert refused.status_code == 400


SENDING_JSON = {"Content-Type": "application/json"}


def test_programs_keep_lists(held: Held) -> None:
    """The answer names the list, and tells of each line as its address does; faults are told."""
    program = TestClient(held.client.app, base_url="http://localhost")
    one = held.shown[0]
    answer = program.post("/api/v1/lists", json={"targets": f"{one.target}\n400 10\n", "radius": "0.1"})
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert [line["number"] for line in told["unresolved"]] == [2]
    assert program.get(f"/api/v1/lists/{told['identifier']}").json() == told
    found = program.get(f"/api/v1/search?list={told['identifier']}").json()
    assert {visit["target"] for visit in found["visits"]} == {one.target}
    for wish in ({"targets": "x", "radius": "-1"}, {"targets": "x\n" * 1_001}):
        assert program.post("/api/v1/lists", json=wish).status_code == 400
    lone = program.post("/api/v1/lists", content=rb'{"targets": "\ud800"}', headers=SENDING_JSON)
    assert 400 <= lone.status_code < 500
    assert program.post("/api/v1/lists", json={"targets": "x", "other": 1}).status_code == 422


def test_what_is_found_goes_into_the_basket(client: TestClient) -> None:
    """What is ticked, all products that a filter lets through, and all packages of a list."""
    (visit,) = client.get("/search?q=55525572", headers=JSON).json()["visits"]
    ticked = client.get("/choose", params={"pick": ",".join(visit["aip_ids"])})
    assert LIGHT_CURVE in ticked.text
    address = f"/visit?of={visit['name']}&q=light"
    page = html.document_fromstring(client.get(address).content)
    (form,) = pick(page, "//form[@action='/basket/picks']")
    fields = {field.get("name"): field.get("value") for field in pick(form, ".//input[@type='hidden']")}
    answer = client.post("/basket/picks", data=fields | {"take": "visit"})
    assert answer.status_code == 303, answer.text
    basket = client.get("/basket").text
    assert "_lc.fits" in basket or LIGHT_CURVE in basket
    fields = _form(client) | {"targets": "TIC 55525572", "take": "basket"}
    assert client.post("/search/list", data=fields).headers["location"] == "/basket"


def test_closed_files_are_in_no_list_for_wget(under_rules: Rules) -> None:
    """Their visit is described as private until its day, and no address of theirs is handed out."""
    client = under_rules("  - {node: tess/n1, policy: later}\n")
    (visit,) = client.get("/search?q=55525572", headers=JSON).json()["visits"]
    assert "private until 2031-05-01" in visit["status"]
    assert visit["locked"]
    french = html.document_fromstring(client.get("/search?q=55525572&lang=fr").content)
    (told,) = pick(french, "//td[@data-label='Statut de propriété']")
    assert "privé jusqu’au 2031-05-01" in told.text_content()
    files = client.get("/search/table?format=urls").text
    assert "_tp.fits" in files
    assert "_lc.fits" not in files
