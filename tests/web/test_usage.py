"""The page of downloads: a chart beside each table, of what the table shows and of nothing else."""

from __future__ import annotations

import re

import pytest
from lxml import etree
from starlette.testclient import TestClient

from oais.database import statistics
from oais.functions.orders.counting import Usage
from oais.functions.service import Service
from oais.web.bars import Drawing, usage_drawing
from oais.web.plots import MOST_APART
from policies.principals import Role
from tests.web.people import account, enter
from tests.web.test_orders import browser, service

__all__ = ["service"]

TITLE = "Downloads by month and country"


def drawn(rows: list[Usage]) -> Drawing:
    """The drawing of rows, in English."""
    return usage_drawing(rows, TITLE, "downloads", "others")


def heights(drawing: Drawing) -> list[tuple[str, float]]:
    """What each part of a bar says it is, and how high it is."""
    parts = etree.fromstring(drawing.svg.encode()).iter("{*}rect")
    return [(part.findtext("{*}title") or "", float(part.get("height", ""))) for part in parts]


def test_a_bar_is_as_high_as_its_downloads() -> None:
    """Heights are in proportion, each part says what it is, and a month without downloads is a gap."""
    drawing = drawn(
        [Usage("2027-01", "fr", 5, 30, 1), Usage("2026-11", "de", 5, 10, 1), Usage("2026-11", "fr", 9, 20, 1)]
    )
    told = dict(heights(drawing))
    assert list(told) == ["2026-11, fr: 20", "2026-11, de: 10", "2027-01, fr: 30"]
    assert told["2026-11, fr: 20"] / told["2027-01, fr: 30"] == pytest.approx(2 / 3, abs=0.01)
    labels = [text.text for text in etree.fromstring(drawing.svg.encode()).iter("{*}text")]
    assert [label for label in labels if re.fullmatch("20..-..", str(label))] == [
        "2026-11",
        "2026-12",
        "2027-01",
    ]
    assert not [label for label in labels if "." in str(label)], "there is no half of a download"


def test_the_smallest_are_drawn_as_one() -> None:
    """The largest are told apart, all others add up; nothing is left out."""
    rows = [Usage("2026-11", f"n{number}", 5, number + 1, 1) for number in range(9)]
    drawing = drawn(rows)
    assert drawing.names == ("n8", "n7", "n6", "n5", "n4", "others")
    assert len(drawing.names) == MOST_APART + 1
    assert heights(drawing)[-1][0] == "2026-11, others: 10"


def test_a_name_is_no_markup() -> None:
    """What a data set is called cannot break out of the drawing."""
    title, _ = heights(drawn([Usage("2026-11", '<script>"&', 5, 1, 1)]))[0]
    assert title == '2026-11, <script>"&: 1'


def test_without_downloads_nothing_is_drawn() -> None:
    """No rows, no drawing."""
    assert drawn([]) == Drawing("", "", ())


def keeper(service: Service) -> TestClient:
    """The browser of an administrator."""
    account(service, "keeper", Role.ADMINISTRATOR)
    return enter(browser(service), "keeper").client


def test_the_page_draws_what_its_tables_show(service: Service) -> None:
    """Groups too small to be shown are in neither drawing; the words are in the reader's language."""
    month = service.archive.now()[:7]
    with service.database.writing() as connection:
        for number in range(7):
            statistics.count(connection, month, "tess/hk", "fr", str(number), 10)
        for number in range(4):
            statistics.count(connection, month, "tess/n1", "de", str(number), 10)
    client = keeper(service)
    page = client.get("/desk/usage").text
    assert f"<title>{month}, tess/hk: 7</title>" in page
    assert f"<title>{month}, fr: 7</title>" in page
    assert "tess/n1:" not in page
    assert ", de:" not in page
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*picture=svg)"', page)]
    assert len(links) == 3
    assert [f"{month}, tess/hk: 7", f"{month}, fr: 7"] == [
        dict.fromkeys(
            re.findall("<title>([^<]*: [^<]*)</title>", client.get(f"/desk/usage{link}").text)
        ).popitem()[0]
        for link in links[:2]
    ]
    french = client.get("/desk/usage?lang=fr").text
    assert "<title>Téléchargements par mois et par pays</title>" in french
    assert TITLE not in french


def test_a_long_table_shows_the_newest_rows(service: Service) -> None:
    """The page stays light however much was downloaded; it says how many rows there are and where all are."""
    with service.database.writing() as connection:
        for number in range(250):
            taken = {"month": f"2025-{1 + number % 12:02}", "node": f"tess/n1/{number}", "country": "fr"}
            told = {"visitors": 5, "downloads": 7, "size": 10}
            connection.execute(statistics.DOWNLOADS.insert().values(**taken, **told))
    client = keeper(service)
    page = client.get("/desk/usage?first=2025-01&last=2025-12").text
    assert page.count('<td class="date">2025-') == 200 + 12
    assert "newest 200 of 250 rows" in " ".join(page.split())
    assert page.index("2025-12</td>") < page.index("2025-11</td>")
    (address,) = re.findall(r'href="(/api/v1/usage[^"]*)"', page)
    every = client.get(address.replace("&amp;", "&")).json()
    assert len(every["data_sets"]) == 250
    assert "200 plus récentes des 250" in client.get("/desk/usage?first=2025-01&last=2025-12&lang=fr").text


def test_a_quiet_archive_draws_nothing(service: Service) -> None:
    """Without downloads the page says so, and has no empty drawing."""
    client = keeper(service)
    page = client.get("/desk/usage").text
    assert TITLE not in page
    assert page.count("Nothing to show.") == 2
    assert client.get("/desk/usage?picture=png&of=countries").status_code == 404
