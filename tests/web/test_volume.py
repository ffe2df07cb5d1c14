"""How the archive grew: figures that add up, as page, JSON, CSV and drawing, of what one may know."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from lxml import etree
from starlette.testclient import TestClient

from oais.archive import Archive
from oais.functions.access.views import MissionYear, VolumeView, Year
from oais.functions.service import Service
from oais.web.bars import OTHERS, volume_drawing
from oais.web.languages import load_languages
from policies.principals import Role
from tests.web.conftest import Rules
from tests.web.people import account, enter
from tests.web.test_orders import JSON, browser, service

__all__ = ["service"]


def on_disk(archive: Archive) -> int:
    """The bytes of content in the objects, counted without the archive's own code."""
    return sum(
        path.stat().st_size for path in Path(archive.aip_root).glob("**/v*/content/**/*") if path.is_file()
    )


def test_the_volume_is_what_lies_on_the_disk(client: TestClient, archive: Archive) -> None:
    """The last year holds every byte of content once, also of what two versions share."""
    told = client.get("/volume", headers=JSON).json()
    (last,) = told["years"]
    assert last["held"] == last["added"] == on_disk(archive)
    assert last["held"] == client.get("/", headers=JSON).json()["size"]
    assert last["versions"] == 4
    assert told["missions"] == ["TESS"]
    assert told["yearly"] is None


def test_the_same_as_csv(client: TestClient) -> None:
    """A row for each year and mission, named as in JSON."""
    answer = client.get("/volume.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    told = client.get("/volume", headers=JSON).json()["rows"]
    assert rows == [{name: str(value) for name, value in row.items()} for row in told]


def test_what_may_not_be_known_is_not_counted(under_rules: Rules) -> None:
    """A hidden branch is missing in the sums, and a mission of which all is hidden is not named."""
    some = under_rules("  - {node: tess/n0, policy: hidden}\n").get("/volume", headers=JSON).json()
    assert some["years"][-1]["versions"] == 3
    hidden = under_rules("  - {node: tess, policy: hidden}\n")
    assert hidden.get("/volume", headers=JSON).json()["years"] == []
    assert "TESS" not in hidden.get("/volume.csv").text
    assert "Nothing has been taken in yet" in hidden.get("/volume").text


def test_the_staff_see_it_beside_the_downloads(service: Service) -> None:
    """The page of downloads shows what is held too."""
    account(service, "keeper", Role.ADMINISTRATOR)
    keeper = browser(service)
    enter(keeper, "keeper")
    page = keeper.get("/desk/usage").text
    assert "Volume held by year" in page
    assert 'href="/volume"' in page


def test_the_drawing_speaks_the_reader_s_language(client: TestClient) -> None:
    """Its title, axis and sizes are French on a French page, and English on others."""
    french = client.get("/volume", headers={"Accept-Language": "fr"}).text
    for said in ("Volume conservé par an", "conservé, Mo", " à la fin de "):
        assert said in french
    assert "held, " not in french
    assert "held, MB" in client.get("/volume").text


def grown(missions: int, years: range) -> VolumeView:
    """A view in which mission ``n`` adds ``n`` bytes a year, but the first nothing."""
    names = [f"M{number}" for number in range(missions)]
    rows = tuple(
        MissionYear(year, name, 1, number, number * (year - years.start + 1))
        for year in years
        for number, name in enumerate(names)
    )
    totals = tuple(
        Year(year, missions, 1, sum(row.held for row in rows if row.year == year)) for year in years
    )
    return VolumeView(totals, tuple(names), rows, 1)


@pytest.mark.parametrize("missions", [1, 6, 7, 12])
def test_bars_are_as_high_as_what_is_held(missions: int) -> None:
    """The heights of a year's parts are in proportion, the smallest missions are drawn as one."""
    view = grown(missions + 1, range(2000, 2026))
    drawn = volume_drawing(view, load_languages()["en"])
    assert (drawn.names[-1] == OTHERS) == (missions + 1 > 6)
    drawing = etree.fromstring(drawn.svg.encode())
    parts: dict[float, float] = {}
    for part in drawing.iter("{*}rect"):
        left = float(part.get("x", ""))
        parts[left] = parts.get(left, 0.0) + float(part.get("height", ""))
    heights = [parts[left] for left in sorted(parts)]
    shares = [year.held / view.years[-1].held for year in view.years]
    assert [height / heights[-1] for height in heights] == pytest.approx(shares, abs=0.02)
    named = [name for text in drawing.iter("{*}text") if re.fullmatch("20[0-9]{2}", name := str(text.text))]
    assert len(named) <= 13
    assert named[-1] == "2025"
