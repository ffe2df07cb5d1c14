"""What was observed at the same time: the API and its page, against the times in the files' own headers."""

from __future__ import annotations

from typing import Any

import pytest
from astropy.io import fits
from astropy.time import Time
from starlette.testclient import TestClient

from tests.web.conftest import CURVE_FILE, CURVE_PATH, LIGHT_CURVE, Rules

API = "/api/v1/timeline"
JSON = {"Accept": "application/json"}
CURVE = "light curve"
HIDDEN = "  - {node: tess/n1, policy: hidden}\n"
CLOSED = "  - {node: tess/n1, policy: closed}\n"


def of_types(client: TestClient, query: str) -> dict[str, dict[str, Any]]:
    """What is told, by type."""
    answer = client.get(f"{API}?{query}")
    assert answer.status_code == 200, answer.text
    return {one["product_type"]: one for one in answer.json()["products"]}


@pytest.fixture(scope="module")
def ends() -> tuple[Time, Time]:
    """When the light curve begins and ends, as astropy reads its header."""
    with fits.open(CURVE_FILE) as opened:
        header = opened[0].header
        return tuple(Time(header[key], scale="utc") for key in ("DATE-OBS", "DATE-END"))


@pytest.mark.parametrize(
    ("at", "side"),
    [("2018-11-01", "before"), ("2018-12-01T06:30:00.5Z", "within"), ("58849.25", "after")],
)
def test_the_offset_is_that_of_the_headers(
    client: TestClient, ends: tuple[Time, Time], at: str, side: str
) -> None:
    """Seconds to the nearer end, less than 0 for what is over, 0 for what holds the moment."""
    moment = (
        Time(float(at), format="mjd") if at.isascii() and "-" not in at else Time(at.rstrip("Z"), scale="utc")
    )
    offset = {
        "before": (ends[0] - moment).sec,
        "within": 0.0,
        "after": (ends[1] - moment).sec,
    }[side]
    told = of_types(client, f"at={at}")[CURVE]
    assert told["offset"] == pytest.approx(offset, abs=2e-3)
    assert abs((Time(told["start"].rstrip("Z"), scale="utc") - ends[0]).sec) < 1e-3
    assert abs((Time(told["stop"].rstrip("Z"), scale="utc") - ends[1]).sec) < 1e-3
    assert told["covering"] == (side == "within")


def test_its_page_and_its_preview_are_there(client: TestClient) -> None:
    """Both addresses lead somewhere, and the name picks the product."""
    told = of_types(client, "at=2018-12-01")[CURVE]
    assert told["address"] == f"/aip/{LIGHT_CURVE}/v2/products/{CURVE_PATH}"
    assert client.get(told["address"]).status_code == 200
    assert client.get(told["preview"]).headers["content-type"].startswith("image/svg+xml")
    assert told["reference"] == f"{LIGHT_CURVE}@v2/{CURVE_PATH}"


def test_a_place_narrows_it(client: TestClient) -> None:
    """Only what rests there and below is told; a place that is not there is none."""
    assert set(of_types(client, "at=2018-12-01&node=tess/n1")) == {CURVE}
    assert len(of_types(client, "at=2018-12-01&node=tess")) == len(of_types(client, "at=2018-12-01")) == 3
    answer = client.get(f"{API}?at=2018-12-01&node=tess/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "query",
    [
        *("", "at=", "at=%20", "at=yesterday", "at=nan", "at=inf", "at=1e12", "at=2018-01-01/2018-02-01"),
        *("at=2018-02-30", f"at={'1' * 81}", "at=%00", f"at=2018-01-01&node={'a' * 501}", "at=1&at=2"),
    ],
)
def test_what_is_no_moment_is_told(client: TestClient, query: str) -> None:
    """Problem details with what is wrong, also to people."""
    answer = client.get(f"{API}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["detail"]
    if "%20" not in query and query.partition("=")[2]:
        assert client.get(f"/timeline?{query}").status_code == 400


def test_the_page_shows_the_same(client: TestClient) -> None:
    """Without a script: what is told, where it leads, and the moments around; without a moment the form."""
    page = client.get("/timeline?at=2018-12-01&node=tess", headers={"Accept": "text/html"}).text
    assert CURVE_PATH in page
    assert 'href="/timeline?at=2018-11-30T00%3A00%3A00Z&amp;node=tess"' in page
    assert "at this moment" in page
    before = client.get("/timeline?at=2018-11-15T11:25:00", headers={"Accept": "text/html"}).text
    assert "later" in before
    form = client.get("/timeline", headers={"Accept": "text/html"}).text
    assert 'name="at"' in form
    assert CURVE_PATH not in form
    french = client.get("/timeline?at=2018-12-01&lang=fr", headers={"Accept": "text/html"}).text
    assert "Au même moment" in french
    wrong = client.get("/timeline?at=hier&lang=fr", headers={"Accept": "text/html"}).text
    assert "n’est pas un instant" in wrong
    assert "is not a moment" not in wrong
    twin = client.get("/timeline?at=2018-12-01", headers=JSON).json()
    assert twin == client.get(f"{API}?at=2018-12-01").json()


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31T23:00:00"])
def test_the_ends_of_the_calendar_are_moments(client: TestClient, at: str) -> None:
    """The page leads no further than there are years."""
    assert client.get(f"/timeline?at={at}", headers={"Accept": "text/html"}).status_code == 200


def test_a_product_leads_to_its_moment(client: TestClient) -> None:
    """From the page of a product to what was observed then."""
    page = client.get(f"/aip/{LIGHT_CURVE}/v2/products/{CURVE_PATH}", headers={"Accept": "text/html"}).text
    (address,) = {part.partition('"')[0] for part in page.split('href="') if part.startswith("/timeline")}
    assert CURVE_PATH in client.get(address, headers={"Accept": "text/html"}).text


def test_what_is_hidden_is_never_told(under_rules: Rules) -> None:
    """Not by a product, not by a count, and its place is none."""
    hidden = under_rules(HIDDEN)
    told = hidden.get(f"{API}?at=2018-12-01").json()
    assert (CURVE in {one["product_type"] for one in told["products"]}, told["types"]) == (False, 2)
    unknown = hidden.get(f"{API}?at=2018-12-01&node=tess/n7").text
    assert hidden.get(f"{API}?at=2018-12-01&node=tess/n1").text.replace("tess/n1", "tess/n7") == unknown


def test_what_is_closed_is_told_without_a_drawing(under_rules: Rules) -> None:
    """The description is public: a padlock stands beside it, and nothing of the data is offered."""
    told = of_types(under_rules(CLOSED), "at=2018-12-01")
    assert (told[CURVE]["locked"], told[CURVE]["preview"]) == (True, "")
    page = under_rules(CLOSED).get("/timeline?at=2018-12-01", headers={"Accept": "text/html"}).text
    assert f"/plots/{CURVE_PATH}" not in page
