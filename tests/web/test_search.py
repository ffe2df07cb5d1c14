"""The search page and its tables, against plain readings of the same records and astropy's own angles."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io.votable import parse_single_table
from astropy.time import Time
from lxml import html
from starlette.testclient import TestClient

from benchmarks.holdings import pretend
from oais.functions.administration import initialise
from oais.information.packages import AipRecord
from policies.in_force import PoliciesInForce
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
        "radius": "5.0"
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
    told = held.client.post("/search/list", data=form, headers=JSON).json()
    assert len(told["lines"]) == 1_000
    assert [line["number"] for line in told["unresolved"]] == [5, 6, 7]
    by_number = {line["number"]: line for line in told["lines"]}
    assert by_number[1]["aip_ids"] == [f"tess.{one.name.lower()}.{part}" for part in "ab"]
    for number in (3, 4):
        assert f"tess.{two.name.lower()}.a" in by_number[number]["aip_ids"]
        assert by_number[number]["distance"] == pytest.approx(0, abs=1e-6)
    page = held.client.post("/search/list", data=form)
    assert len(page.content) < 150_000
    table = held.client.post("/search/list", data=form | {"take": "csv"}).text
    assert len({row["line"] for row in csv.DictReader(io.StringIO(table))}) == 1_000
    form["targets"] += "\nHD 1001"
    assert held.client.post("/search/list", data=form).status_code == 400


def test_a_list_of_targets_comes_as_a_file(held: Held) -> None:
    """A text file is read as what is typed; refused is what is no text, and what lacks the token."""
    form = _form(held.client) | {"radius": "0.1"}
    files = {"file": ("list.txt", b"HD 1001\nnobody\n", "text/plain")}
    told = held.client.post("/search/list/file", data=form, files=files, headers=JSON)
    assert told.status_code == 200, told.text
    assert [bool(line["fault"]) for line in told.json()["lines"]] == [False, True]
    wrong = {"file": ("list.txt", b"\xff\xfe\x00", "text/plain")}
    assert held.client.post("/search/list/file", data=form, files=wrong).status_code == 400
    assert (
        held.client.post("/search/list/file", data={"csrf": "x", "radius": "1"}, files=files).status_code
        == 403
    )


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
    files = client.get("/search/table?format=urls").text
    assert "_tp.fits" in files
    assert "_lc.fits" not in files
