"""Data sets, their times and gaps, the sky, and how things were made: against what was delivered."""

from __future__ import annotations

import math
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from astropy.coordinates import SkyCoord
from lxml import etree, html
from starlette.testclient import TestClient

from oais.archive import Archive
from oais.functions.access.views import Lane, SkyPoint
from oais.functions.administration import initialise
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.copies.locations import add_location
from oais.functions.copies.replication import sync_all
from oais.functions.submission import submit
from oais.web.plots import WIDTH
from oais.web.skymap import HEIGHT, aitoff, link_of, placed
from oais.web.timeline import time_ticks, timeline
from policies.loading import check_policies
from tests.functions.deliveries import write_bag
from tests.information.pdfs import pdf
from tests.web.browsed import (
    DAYS,
    GAPS,
    HIDDEN_MISSION,
    HIDDEN_TARGET,
    STARS,
    Delivered,
    browsed_archive,
)
from tests.web.conftest import client_of

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """The archive to browse, to be read only."""
    return browsed_archive(tmp_path_factory.mktemp("browsed"))


@pytest.fixture(scope="module")
def stranger(delivered: Delivered) -> TestClient:
    """A stranger at its site."""
    return client_of(delivered.archive)


def asked(client: TestClient, address: str) -> dict[str, Any]:
    """Return what a page tells as JSON; its HTML must come too."""
    assert client.get(address, headers={"Accept": "text/html"}).status_code == 200
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def seconds(first: str, last: str) -> float:
    """The time from one moment to another."""
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


def test_gaps_are_the_times_between_what_was_delivered(stranger: TestClient) -> None:
    """Every gap is told, to the second; what follows within a minute, or overlaps, is none."""
    told = asked(stranger, "/tree/lucida/hk/inventory")
    assert [(gap["start"], gap["stop"]) for gap in told["gaps"]] == [
        (f"{start}Z", f"{stop}Z") for start, stop in GAPS
    ]
    assert [gap["seconds"] for gap in told["gaps"]] == pytest.approx(
        [seconds(*gap) for gap in GAPS], abs=0.01
    )
    (lane,) = told["lanes"]
    uncovered = sum(seconds(*gap) for gap in GAPS)
    assert lane["covered"] == pytest.approx(seconds(DAYS[0][0], DAYS[-1][1]) - uncovered, abs=0.01)
    assert (lane["files"], lane["gaps"]) == (len(DAYS), len(GAPS))
    page = stranger.get("/tree/lucida/hk/inventory").text
    assert "2020-01-03 00:00:00 UTC" in page
    assert "2 d 6 h" in page


def test_the_inventory_of_one_product(stranger: TestClient) -> None:
    """A data set's inventory can be narrowed to a type; one that is not there is not found."""
    assert len(asked(stranger, "/tree/lucida/hk/inventory?product=temperatures")["gaps"]) == len(GAPS)
    assert asked(stranger, "/tree/lucida/n1/maps/inventory")["lanes"] == []  # no time is known of the map
    assert stranger.get("/tree/lucida/hk/inventory?product=nothing").status_code == 404
    assert stranger.get("/tree/lucida/hk/inventory?page=0").status_code == 400
    assert asked(stranger, "/tree/lucida/hk/inventory?page=9")["gaps"] == []


def test_a_data_set_tells_what_it_holds(stranger: TestClient) -> None:
    """Type, format, size and period of the products, and where to choose by identifier or date."""
    told = asked(stranger, "/tree/lucida/hk")["data_set"]
    (row,) = told["contents"]
    assert row["product_type"] == "temperatures"
    assert row["formats"] == ["Flexible Image Transport System"]
    assert (row["files"], row["size"]) == (len(DAYS), 2880 * len(DAYS))
    assert (row["start"], row["stop"]) == ("2020-01-01T00:00:00Z", "2020-02-02T00:00:00Z")
    page = stranger.get("/tree/lucida/hk").text
    assert '<input type="hidden" name="node" value="lucida/hk">' in page
    found = stranger.get("/choose?node=lucida/hk&ids=&time=2020-01-05/2020-01-05", headers=JSON).json()
    assert len(found["ticks"]) == 2


def test_a_day_is_chosen_from_any_branch(stranger: TestClient) -> None:
    """A mission and a branch have the form as a data set does; it asks for what rests below them."""
    for place in ("lucida", "lucida/n1", "lucida/hk"):
        form = stranger.get(f"/tree/{place}").text.partition('action="/choose"')[2].partition("</form>")[0]
        assert f'name="node" value="{place}"' in form
        assert 'name="time"' in form
    told = stranger.get(
        "/choose?node=lucida/hk&time=2020-01-05", headers={"Accept": "application/json"}
    ).json()
    assert told["total"] == 2


def test_documents_of_all_versions_are_told_by_what_they_are_about(stranger: TestClient) -> None:
    """The user guides and the calibration report of a branch, none of another's, each kind by its name."""
    told = asked(stranger, "/tree/lucida/n1/curves")["data_set"]["documents"]
    assert [(one["kind"], one["about"], one["version"], one["valid_from"][:10]) for one in told] == [
        ("Calibration report", "n1", "1.1", "2020-01-01"),
        ("User guide", "n1", "1.0", "2020-01-01"),
        ("User guide", "n1", "2.0", "2020-06-01"),
    ]
    page = stranger.get("/tree/lucida/n1/curves").text
    for address in re.findall(r'href="(/aip/lucida\.(?:guide|cal)[^"]+)"', page):
        assert stranger.get(address).status_code == 200
    assert len(asked(stranger, "/tree/lucida/documents")["data_set"]["documents"]) == 4


def test_a_product_names_the_documents_valid_when_it_was_produced(stranger: TestClient) -> None:
    """A curve of June 15 has the second guide, which counts from June on, and not the first."""
    address = "/aip/lucida.curve/v1/products/representations/original/data/lc_1.fits"
    told = asked(stranger, address)["documents"]
    assert [(one["kind"], one["version"]) for one in told] == [
        ("Calibration report", "1.1"),
        ("User guide", "2.0"),
    ]


INSTRUMENTS = ["ASP", "CIS", "DWP", "EDI", "EFW", "FGM", "PEA", "RAP", "STA", "WBD", "WHI", "AUX"]
EDITIONS = {"1.0": "20050101", "1.3": "20100601", "2.0": "20150101"}


def test_twelve_instruments_have_a_table_of_their_documents(shared: Path, tmp_path: Path) -> None:
    """By instrument and kind with each edition, all to be read; data lead to what counted (EH-27, EH-28)."""
    archive = initialise(tmp_path / "home", name="Cluster")
    (data,) = (shared / "data" / "cluster" / "asp").glob("C1_CP_ASP_ACTIVE*.cef")
    tags = {"Source-Organization": "ESA", "Submission-Agreement": "cluster"}
    payloads = {
        f"documents.{edition}": {
            f"CAA_EST_{part}_{one}_v{edition}_{day}.pdf": pdf([[(50, 700, f"{part} {one} {edition}")]])
            for one in INSTRUMENTS
            for part in ("UG", "CR", "ICD")
        }
        for edition, day in EDITIONS.items()
    }
    for name, payload in {**payloads, "data": {data.name: data.read_bytes()}}.items():
        bag = write_bag(tmp_path / name, payload, tags | {"External-Identifier": f"cluster.{name}"})
        assert [told.outcome for told in submit(archive, [bag])] == ["stored"]
    client = client_of(archive)
    page: Any = html.document_fromstring(client.get("/tree/cluster/documents").content)
    (table,) = page.xpath('//table[caption="Documents by what they are about"]')
    heads = [head.text_content() for head in table.xpath(".//thead//th")]
    assert heads == ["About", "Calibration report", "Interface control document", "User guide"]
    rows = {row.findtext("th"): [cell.xpath("a/text()") for cell in row.findall("td")] for row in table[2]}
    full = ["aspoc", "aux", "cis", "dwp", "edi", "efw", "fgm", "peace", "rapid", "staff", "wbd", "whisper"]
    assert rows == dict.fromkeys(full, [["2.0", "1.3", "1.0"]] * 3)
    addresses = table.xpath(".//a/@href")
    assert {client.head(address).status_code for address in addresses} == {200}
    assert len(set(addresses)) == len(INSTRUMENTS) * 3 * len(EDITIONS)
    shown = asked(client, f"/aip/cluster.data/v1/products/representations/original/data/{data.name}")
    valid = [(one["about"], one["version"], one["valid_to"][:10]) for one in shown["documents"]]
    assert valid == [("aspoc", "1.3", "2015-01-01")] * 3  # it was produced on 2010-11-09


def test_other_documents_come_in_and_a_plot_is_found_by_each_instrument(tmp_path: Path) -> None:
    """A technical note, a format, and a comparison of two instruments that names both (EH-29, EH-30)."""
    archive = initialise(tmp_path / "home", name="Cluster")
    notes = {"CAA_EST_TN_FGM_v1.0.pdf": pdf([[(50, 700, "Offsets")]])}
    others = {
        "documents/CEF_format.pdf": pdf([[(50, 700, "Exchange format")]]),
        "documents/spin_plane.pdf": pdf([[(50, 700, "DC field")]]),
    }
    added = b"title: Comparison of spin plane fields\nvalues: {instruments: STAFF-SC and WHISPER}\n"
    for name, payload in (("tn", notes), ("notes", others)):
        tags = {"Source-Organization": "ESA", "Submission-Agreement": "cluster"}
        tags["External-Identifier"] = f"cluster.{name}"
        more = {"metadata/submission.yaml": added} if name == "notes" else {}
        bag = write_bag(tmp_path / name, payload, tags, extra_tags=more)
        assert [told.outcome for told in submit(archive, [bag])] == ["stored"]
    client = client_of(archive)
    documents = asked(client, "/tree/cluster/documents")["data_set"]["documents"]
    assert [(one["kind"], one["about"], one["version"]) for one in documents if one["kind"]] == [
        ("Technical note", "fgm", "1.0")
    ]
    held = {Path(one["path"]).name for one in asked(client, "/aip/cluster.notes")["documents"]}
    assert {"CEF_format.pdf", "spin_plane.pdf"} <= held
    for instrument in ("STAFF-SC", "WHISPER"):
        found = asked(client, f"/search?show=packages&q={instrument}")["hits"]
        assert [hit["aip_id"] for hit in found] == ["cluster.notes"]


def test_software_is_told_with_the_packages_that_name_it(stranger: TestClient) -> None:
    """What headers name as having made the curves."""
    (named,) = asked(stranger, "/tree/lucida/n1/curves")["data_set"]["software"]
    assert (named["name"], named["value"], named["aips"]) == ("pipeline", "7.2", 1)


def test_the_portal_groups_missions_and_what_is_held_elsewhere(stranger: TestClient) -> None:
    """By theme and discipline; a reference leads out, what is planned nowhere; no hidden theme is named."""
    groups = asked(stranger, "/")["groups"]
    found = {(group["theme"], group["discipline"]): group for group in groups}
    stars = found["Universe sciences", "stars"]
    assert [mission["title"] for mission in stars["missions"]] == ["Lucida"]
    assert [entry["title"] for entry in stars["references"]] == ["Far archive"]
    assert not any("Shadow" in theme for theme, _ in found)
    page = stranger.get("/").text
    assert '<a href="https://archive.example.org/spectra" rel="external noreferrer">Far archive</a>' in page
    assert "<h4>Lucida II</h4>" in page


def test_a_reference_that_leads_nowhere_is_a_fault(delivered: Delivered, tmp_path: Path) -> None:
    """What is held elsewhere needs an address, and an address is one of the web; each fault is named."""
    policies = tmp_path / "policies"
    shutil.copytree(delivered.archive.home / "policies", policies)
    (policies / "references.yaml").write_text(
        "references:\n  - {title: Lost}\n  - {title: Odd, address: 'javascript:alert(1)'}\n"
    )
    told = [f"{found.path} {found.message}" for found in check_policies(policies)]
    assert any("references.yaml:3" in line and "https://" in line for line in told), told
    (policies / "references.yaml").write_text("references:\n  - {title: Lost}\n")
    (told_of,) = check_policies(policies)
    assert "'Lost' without an address" in told_of.message


def test_data_name_their_publications(stranger: TestClient) -> None:
    """Those about a place stand on its page and on all below it, and lead out of the site."""
    for place, titles in {
        "lucida": ["All papers"],
        "lucida/n1": ["All papers", "On curves"],
        "lucida/n1/curves": ["All papers", "On curves"],
        "lucida/hk": ["All papers", "On warmth"],
    }.items():
        told = asked(stranger, f"/tree/{place}")["publications"]
        assert [one["title"] for one in told] == titles, place
    page = stranger.get("/tree/lucida/n1/curves").text
    assert '<a href="https://doi.example.org/10.1/curves" rel="external noreferrer">On curves</a>' in page


def test_news_and_menu_are_the_archive_s_own(stranger: TestClient) -> None:
    """The newest three stand on the first page, all on that of what is new; the menu is on every page."""
    titles = ["A workshop", "The first star", "The agreement is signed", "The oldest"]
    assert [item["title"] for item in asked(stranger, "/")["news"]] == titles[:3]
    assert [item["title"] for item in asked(stranger, "/changes")["news"]] == titles
    assert '<a href="/tree/lucida">The first star</a></strong><br>Alnitak came in.' in stranger.get("/").text
    for address in ("/", "/search", "/nowhere"):
        menu = stranger.get(address).text.partition('<nav aria-label="Site">')[2].partition("</nav>")[0]
        assert (
            '<a href="https://archive.example.org/workshops" rel="external noreferrer">Workshops</a>' in menu
        )
        assert '<a href="/help/tutorial">Tutorials</a>' in menu


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("menu:\n  - {title: Out, address: //evil.example}\n", 2, "/ for a page of this site"),
        ("menu:\n  - {title: Out, address: '/\\evil.example'}\n", 2, "/ for a page of this site"),
        ("menu:\n" + "  - {title: One, address: /help}\n" * 7, 2, "up to 6 in the menu"),
        ("news:\n  - {day: 2026-02-30, title: Never}\n", 2, "a day that exists"),
        ("publications:\n  - {title: Nowhere}\n", 2, "address"),
        ("papers: []\n", 1, "publications"),
    ],
)
def test_faults_of_what_is_referred_to_are_named(
    delivered: Delivered, tmp_path: Path, text: str, line: int, expected: str
) -> None:
    """Each with its line and what is expected; nothing of the file is in force then."""
    policies = tmp_path / "policies"
    shutil.copytree(delivered.archive.home / "policies", policies)
    (policies / "references.yaml").write_text(text)
    (told,) = check_policies(policies)
    assert told.path == f"references.yaml:{line}"
    assert expected in f"{told.message} {told.remedy}"


def test_drawings_speak_the_reader_s_language(stranger: TestClient, delivered: Delivered) -> None:
    """Map, inventory and graph say in French what they show, and no English word of theirs is left."""
    for address, said, english in (
        ("/sky", r"[0-9]+ paquets à [0-9]+ \w+", "packages at"),
        ("/tree/lucida/hk/inventory", r"du 2020-01-01 au 2020-02-02, 2 lacunes", "gaps"),
        ("/tree/lucida/hk", r"du 2020-01-01 au 2020-02-02, 2 lacunes", "gaps"),
        (f"/aip/{delivered.curve}/v1/provenance", r"[0-9]+ choses, [0-9]+ liens de l’une", "made from it"),
    ):
        for asked_for in (address, f"{address}?picture=svg"):
            drawn = stranger.get(asked_for, headers={"Accept-Language": "fr"}).text
            drawing = drawn[drawn.index("<desc>") :].partition("</svg>")[0]
            assert re.match(f"<desc>{said}", drawing), drawing[:200]
            assert english not in drawing


def test_padlocks_say_when_they_open(stranger: TestClient) -> None:
    """In the tree and in lists of packages."""
    (branch,) = [one for one in asked(stranger, "/tree/lucida/n1")["node"]["branches"] if one["locked"]]
    assert (branch["path"], branch["opens"][:10]) == ("lucida/n1/maps", "2031-05-01")
    for address in ("/tree/lucida/n1", "/tree/lucida/n1/maps"):
        assert "closed until 2031-05-01" in stranger.get(address).text
    (card,) = asked(stranger, "/tree/lucida/n1/maps")["aips"]
    assert card["opens"][:10] == "2031-05-01"


def reference_aitoff(longitude: float, latitude: float) -> tuple[float, float]:
    """The projection by its definition: an azimuthal equidistant map of half the longitude, twice as wide.

    By vectors: the angle from the centre of the map is measured along the great circle.
    """
    half, height = math.radians(longitude / 2), math.radians(latitude)
    x, y, z = math.cos(height) * math.cos(half), math.cos(height) * math.sin(half), math.sin(height)
    far, across = math.atan2(math.hypot(y, z), x), math.hypot(y, z)
    if across == 0:
        return 0.0, 0.0
    return math.degrees(2 * far * y / across), math.degrees(far * z / across)


@pytest.mark.parametrize("longitude", [-180, -179.9, -90, -1e-7, 0, 33.3, 90, 179.999, 180])
@pytest.mark.parametrize("latitude", [-90, -45.5, -1e-7, 0, 1e-9, 30, 89.99, 90])
def test_the_projection_is_aitoffs(longitude: float, latitude: float) -> None:
    """Every direction lies where the definition puts it."""
    assert aitoff(longitude, latitude) == pytest.approx(reference_aitoff(longitude, latitude), abs=1e-6)


def test_known_points_of_the_map() -> None:
    """The poles are the tops, the seam both sides, and right ascension grows to the left."""
    assert aitoff(0, 90) == pytest.approx((0, 90))
    assert aitoff(180, 0) == pytest.approx((180, 0))
    assert placed(0, 0) == pytest.approx((WIDTH / 2, HEIGHT / 2))
    assert placed(90, 0)[0] < WIDTH / 2 < placed(270, 0)[0]
    assert placed(0, 45)[1] < HEIGHT / 2
    assert placed(359.999, 0)[0] == pytest.approx(placed(0.001, 0)[0], abs=0.02)


def test_the_map_shows_each_target_where_it_is(stranger: TestClient) -> None:
    """Every mark leads to a list that has its target; a package alone leads to its page."""
    told = asked(stranger, "/sky")
    assert told["placed"] == len(STARS) + 3
    assert [mission["mission"] for mission in told["missions"]] == ["Lucida"]
    points = {point["target"]: point for point in told["points"] if point["target"]}
    for name in set(STARS) - {"Alnitak"}:
        assert (points[name]["ra"], points[name]["dec"]) == pytest.approx(STARS[name], abs=1e-6)
    (together,) = [point for point in told["points"] if point["aips"] > 1]
    found = stranger.get(link_of(SkyPoint(**together)), headers=JSON).json()
    assert {hit["target"] for hit in found["hits"]} == {"Alnitak"}
    assert found["page"]["total"] == together["aips"] == 3
    drawing = etree.fromstring(re.search(r"<svg.*?</svg>", stranger.get("/sky").text, re.DOTALL)[0].encode())  # type: ignore[index]
    links = drawing.findall(".//{*}a")
    assert len(links) == len(told["points"])
    assert {stranger.get(link.get("href", "")).status_code for link in links} == {200}
    assert len(drawing.findall(".//{*}path[@class='field f0']")) == 1


def test_the_ground_of_the_map_can_be_chosen(stranger: TestClient) -> None:
    """Made of what is held: each package counts in the cell it lies in; planes are drawn."""
    told = asked(stranger, "/sky")
    assert sum(cell["aips"] for cell in told["cells"]) == told["placed"]
    assert told["order"] == 3
    cells = stranger.get("/sky?ground=cells").text
    assert cells.count('class="cell c') == len(told["cells"])
    planes = stranger.get("/sky?ground=planes").text
    assert ("plane galactic" in planes, "plane ecliptic" in planes, "Galactic centre" in planes) == (
        True,
    ) * 3
    assert stranger.get("/sky?ground=photograph").status_code == 400
    assert stranger.get("/sky?ground=cells&picture=svg").text.count('class="cell c') == len(told["cells"])
    assert "Plan galactique" in stranger.get("/sky?ground=planes&lang=fr").text


def test_a_cell_leads_to_its_position(stranger: TestClient) -> None:
    """Without a script: the page tells of the middle of the cell, and keeps the ground."""
    page = stranger.get("/sky?ground=cells&mission=Lucida").text
    link = re.search(r'href="(/sky\?[^"#]*ra=[^"#]*)#here"', page)
    assert link is not None
    there = stranger.get(link[1].replace("&amp;", "&")).text
    assert "ICRS (J2000)" in there
    assert 'class="here"' in there
    assert '<input type="hidden" name="ground" value="cells">' in there


def test_a_position_is_told_in_three_frames(stranger: TestClient) -> None:
    """As people write it; the nearest marks first, with their distance; half a position and none are told."""
    ra, dec = STARS["Alnitak"]
    told = asked(stranger, f"/sky?ra={ra}&dec={dec}")["asked"]
    assert (told["ra"], told["dec"]) == pytest.approx((ra, dec))
    expected = SkyCoord(ra, dec, unit="deg").galactic
    assert told["galactic"] == pytest.approx((expected.l.deg, expected.b.deg), abs=1e-4)
    distances = [apart for _point, apart in told["near"]]
    assert distances == sorted(distances)
    assert distances[0] < 0.01
    written = asked(stranger, "/sky?ra=05:34:31.9&dec=%2B22:00:52")["asked"]
    assert 'value="83.632917"' in stranger.get("/sky?ra=05:34:31.9&dec=%2B22:00:52").text, (
        "no digits of chance"
    )
    assert written["written"] == "05h34m31.9s +22°00′52″"
    for query, fault in (("ra=5", "has no declination"), ("ra=x&dec=1", "not a right ascension")):
        answer = stranger.get(f"/sky?{query}", headers=JSON)
        assert (answer.status_code, fault in answer.text) == (400, True)
    assert "is not a right ascension" not in stranger.get("/sky?ra=x&dec=1&lang=fr").text


def test_nothing_hidden_is_browsed(stranger: TestClient) -> None:
    """Neither the map nor a graph, a list or a count tells of what may not be known."""
    for address in (
        "/", "/tree", "/sky", "/timeline?at=2020-01-01",
        "/tree/lucida", "/tree/lucida/n0", "/tree/lucida/n1/curves",
        "/aip/lucida.raw/v1/provenance", "/aip/lucida.flat/v1/provenance", "/aip/lucida.curve/v1/provenance",
    ):  # fmt: skip
        for headers in (JSON, {"Accept": "text/html"}):
            text = stranger.get(address, headers=headers).text.casefold()
            assert HIDDEN_TARGET.casefold() not in text, address
            assert HIDDEN_MISSION.casefold() not in text, address
    for address in (
        "/sky?mission=Umbra", "/sky?mission=Umbra&ground=cells",
        "/tree/umbra/n1/curves", "/tree/umbra/n1/curves/inventory",
        "/aip/umbra.curve/v1/provenance",
    ):  # fmt: skip
        assert stranger.get(address).status_code == 404
    unknown = stranger.get("/sky?mission=Nobody", headers=JSON).text
    assert unknown.replace("Nobody", "Umbra") == stranger.get("/sky?mission=Umbra", headers=JSON).text


def test_the_graph_leads_from_raw_data_to_what_came_of_it(stranger: TestClient) -> None:
    """Raw data, reference file, software and step stand before the curve, their own origin before them."""
    told = asked(stranger, "/aip/lucida.curve/v1/provenance")
    steps = {step["key"]: step for step in told["lineage"]["steps"]}
    drawn = {
        (one["role"], one["value"] or one["name"], one["target"], one["column"]) for one in steps.values()
    }
    assert drawn >= {
        ("input", "raw_1.fits", "lucida.raw", -1),
        ("reference file", "flat_1.fits", "lucida.flat", -1),
        ("software", "7.2", "", -1),
        ("step", "COMPLETE", "", -1),
        ("input", "raw_0.fits", "", -2),
        ("software", "7.1", "", -2),
    }  # fmt: skip
    edges = {tuple(steps[end]["target"] for end in edge) for edge in told["lineage"]["edges"]}
    assert ("lucida.raw", "lucida.curve@v1") in edges
    assert ("", "lucida.flat") in edges
    assert ("lucida.curve@v1", "lucida.map") in edges
    assert [link["target"] for link in told["derived"]] == ["lucida.map"]
    page = stranger.get("/aip/lucida.curve/v1/provenance").text
    drawing = re.search(r"<svg xmlns.*?</svg>", page, re.DOTALL)
    assert drawing is not None
    addresses = [link.get("href", "") for link in etree.fromstring(drawing[0].encode()).iter("{*}a")]
    assert len(addresses) == len(steps)
    assert {stranger.get(address).status_code for address in addresses if address != "#list"} == {200}
    assert 'id="list"' in page


def test_the_origin_of_one_product(stranger: TestClient) -> None:
    """One product's page is narrowed to it; one that is not there is not found."""
    path = "representations/original/data/lc_1.fits"
    told = asked(stranger, f"/aip/lucida.curve/v1/provenance?product={path}")
    assert told["product"] == path
    assert told["links"]
    assert stranger.get("/aip/lucida.curve/v1/provenance?product=nothing").status_code == 404
    assert stranger.get("/aip/lucida.curve/v9/provenance").status_code == 404


def test_how_a_package_is_kept(tmp_path: Path) -> None:
    """Signature, copies and audit are told as they are: before, with a copy, without it, after damage."""
    archive: Archive = browsed_archive(tmp_path).archive
    client = client_of(archive)

    def kept() -> dict[str, Any]:
        told: dict[str, Any] = asked(client, "/aip/lucida.raw/v1/provenance")["preservation"]
        return told

    assert kept() == {"audit": None, "copies": 1, "locations": 1, "key": archive.signer.key_id, "sound": True}
    add_location(archive, "far", tmp_path / "far")
    assert (kept()["copies"], kept()["locations"], kept()["sound"]) == (1, 2, False)
    list(sync_all(archive))
    assert (kept()["copies"], kept()["sound"]) == (2, True)
    run_audit(archive, select_for_audit(archive))
    assert kept()["audit"]["intact"]
    (stored,) = archive.aip_root.glob("*/*/*/lucida%2eraw")
    (stored / "logs/signatures/v1.inventory.json.sig").write_bytes(bytes(64))
    assert (kept()["key"], kept()["sound"]) == ("", False)
    (stored / "v1/content/representations/original/data/raw_1.fits").write_bytes(b"x")
    run_audit(archive, select_for_audit(archive))
    assert not kept()["audit"]["intact"]


def lane(*pieces: tuple[float, float]) -> Lane:
    """A lane of the given pieces."""
    return Lane("data", len(pieces), "", "", 0.0, len(pieces) - 1, pieces)


def test_the_timeline_is_to_scale() -> None:
    """Bars are as long as the pieces beside the whole, however many there are."""
    drawing = etree.fromstring(timeline([lane((100.0, 110.0), (140.0, 145.0), (190.0, 200.0))]).encode())
    (bars,) = drawing.findall(".//{*}path[@class='covered']")
    found = [
        (float(left), float(right))
        for left, right in re.findall(r"M([0-9.]+) [0-9.]+H([0-9.]+)", bars.get("d", ""))
    ]
    width = found[-1][1] - found[0][0]
    assert [(right - left) / width for left, right in found] == pytest.approx([0.1, 0.05, 0.1], abs=0.002)
    assert (found[1][0] - found[0][0]) / width == pytest.approx(0.4, abs=0.002)
    many = timeline([lane(*((float(day), day + 0.5) for day in range(100_000)))])
    assert len(many) < 30_000
    assert timeline([]) == ""


@pytest.mark.parametrize("days", [1e-4, 0.01, 0.5, 1, 3, 40, 200, 900, 5_000, 30_000])
def test_ticks_are_round_moments(days: float) -> None:
    """From seconds to centuries a few moments are named, all within, in order."""
    ticks = time_ticks(58_849.0, 58_849.0 + days)
    assert 1 <= len(ticks) <= 20, ticks
    assert [moment for moment, _ in ticks] == sorted({moment for moment, _ in ticks})
    assert all(58_849.0 <= moment <= 58_849.0 + days for moment, _ in ticks)
