"""ADQL beside the search: the block, the page and its tables, for a stranger and for an account."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from astropy.io.votable import parse_single_table
from lxml import html
from starlette.testclient import TestClient

from oais.functions.access.question import Question
from oais.web.app import create_app
from tests.web.conftest import LIGHT_CURVE, Rules
from tests.web.filled import LONG, Filled
from tests.web.people import enter

JSON = {"Accept": "application/json"}
PAGE = "/search/adql"


def asked(client: TestClient, query: str, **more: str | int) -> httpx2.Response:
    """Ask by an address."""
    return client.get(f"{PAGE}?{urlencode({'query': query, **more})}")


def rows(client: TestClient, query: str) -> list[list[Any]]:
    """All rows of an answer."""
    answer = asked(client, query, format="json")
    assert answer.status_code == 200, answer.text
    found: list[list[Any]] = answer.json()["rows"]
    return found


def pick(answer: httpx2.Response, path: str) -> list[Any]:
    """What an XPath expression finds in a page."""
    found = html.document_fromstring(answer.content).xpath(path)
    assert isinstance(found, list)
    return found


def shown_query(client: TestClient, address: str) -> str:
    """The query that stands below the results of a search."""
    (field,) = pick(client.get(address), "//form[@action='/search/adql']//textarea")
    return str(field.text)


FORMS = (
    *("", "q=light", "q=transit*", "mission=generic", "level=N1", "kind=science", "target=TIC*"),
    *("product_type=data", "dataproduct_type=timeseries", "mag_min=5&mag_max=15", "mag_max=11.9"),
    *("ra=72.7&dec=-60.9&radius=1", "cone=72.7,-60.9,0.1", "spectral_type=G", "pi=a", "visit=V1"),
    *("visit=W*", "observation=V", "observation_type=x", "proposal=P", "revision=1", "start=2018-11-01"),
    "stop=2018-12-01",
    *("time=2018-11-20/2018-11-21", "reference=*", "valid_from=2018-01-01"),
    *(
        "valid_to=2030-01-01",
        "node=generic/products",
        "ids=V*",
        f"ids={LONG}",
        "ids=V1..V2",
        "request=generic:OR+1",
        "where=size+>+1",
    ),
    *("near=TIC+55525572&radius=1", "near=nobody+knows+it"),
    *("raw=hide", "mission=generic&visit=V1&level=N1", "show=packages&order=-time"),
)
"""Each field of the form with something that some, all, or none of the holdings answer to."""


def _agrees(client: TestClient, form: str) -> int:
    """Whether a form finds the packages that its query finds; returns how many they are."""
    shown = "" if "show=" in form else "&show=packages"
    address = f"/search?{form}{shown}&per_page=100"
    answer = client.get(f"/api/v1{address}")
    assert answer.status_code == 200, (form, answer.text)
    packages = {hit["aip_id"] for hit in answer.json()["hits"]}
    query = shown_query(client, address)
    names = [column["name"] for column in asked(client, query, format="json").json()["columns"]]
    at = names.index("package_id")
    assert {row[at] for row in rows(client, query)} == packages, form
    return len(packages)


def test_every_field_of_the_form_is_asked_here() -> None:
    """A new field must be tried in ADQL too; the others page, sort, or name what somebody keeps."""
    parts = {part.partition("=")[0] for form in FORMS for part in form.split("&")}
    elsewhere = {"words", "page", "per_page", "among", "list", "targets", "named"}
    assert set(Question.__dataclass_fields__) - elsewhere <= parts


def test_a_stranger_finds_the_same(client: TestClient) -> None:
    """Whatever the form asks, the query that is shown finds the same packages of real products."""
    counts = [_agrees(client, form) for form in FORMS]
    assert max(counts) == 3
    assert 1 in counts


@pytest.mark.parametrize("login", ["", "reader"])
def test_visitors_and_accounts_find_the_same(filled: Filled, login: str) -> None:
    """The same where rights differ: rows that a search lists are rows of the table, and no others."""
    app = create_app(filled.service.archive, service=filled.service)
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    if login:
        enter(client, login)
    counts = [_agrees(client, form) for form in FORMS]
    assert max(counts) > 2
    assert 1 in counts


def test_what_is_hidden_is_no_row_and_no_count(client: TestClient, under_rules: Rules) -> None:
    """A package that one may not know of is in no row and no sum; nor does an error tell of it."""
    hidden = under_rules("  - {node: tess/n1, policy: hidden}\n")
    query = "SELECT COUNT(DISTINCT package_id), MAX(node) FROM ivoa.obscore"
    assert rows(client, query)[0][0] == 3
    (count, node), *_ = rows(hidden, query)
    assert count == 2
    assert node != "tess/n1"
    assert LIGHT_CURVE not in asked(hidden, "SELECT * FROM obscore", format="csv").text
    assert rows(hidden, f"SELECT COUNT(*) FROM obscore WHERE package_id = '{LIGHT_CURVE}'") == [[0]]
    assert rows(hidden, f"SELECT 1 FROM obscore WHERE 1 = package_has('identifier', '{LIGHT_CURVE}')") == []


def test_the_page_shows_rows_in_pages(client: TestClient) -> None:
    """Fifty rows a page, with the way to the others, and the same query in the form."""
    query = "SELECT package_id, product_path, access_url, s_ra FROM ivoa.obscore"
    total = len(rows(client, query))
    page = asked(client, query)
    assert len(pick(page, "//section//table//tbody/tr")) == min(total, 50)
    assert pick(page, "//textarea/text()") == [query]
    (link, *_) = pick(page, "//section//td/a[contains(@href, '/files/')]/@href")
    assert client.get(link).status_code == 200
    behind = asked(client, query, page=2)
    assert "nothing there" in behind.text or total > 50


def test_tables_hold_the_same_rows(client: TestClient) -> None:
    """CSV, VOTable and JSON give all rows, with units and meanings where the form knows them."""
    query = "SELECT package_id, s_ra, calib_level, s_fov FROM ivoa.obscore WHERE s_ra IS NOT NULL"
    expected = rows(client, query)
    assert expected
    text = asked(client, query, format="csv")
    lines = [line for line in text.text.splitlines() if not line.startswith("#")]
    table = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert [row["package_id"] for row in table] == [row[0] for row in expected]
    assert [float(row["s_ra"]) for row in table] == [row[1] for row in expected]
    votable = parse_single_table(io.BytesIO(asked(client, query, format="votable").content))
    assert list(votable.array["package_id"]) == [row[0] for row in expected]
    assert list(votable.array["s_ra"]) == [row[1] for row in expected]
    field = votable.get_field_by_id_or_name("s_ra")
    assert (field.unit, field.ucd, field.description) != (None, None, None)
    assert field.ucd == "pos.eq.ra"
    assert text.headers["content-disposition"] == 'attachment; filename="rows.csv"'


def test_a_wrong_query_comes_back_with_its_place(client: TestClient) -> None:
    """Who writes it wrongly sees what and where beside what was sent; a program gets problem details."""
    query = "SELECT s_ra\nFROM ivoa.obscore\nWHERE s_rb > '<script>'"
    answer = asked(client, query)
    page = answer
    assert answer.status_code == 400
    assert "no column &#39;s_rb&#39;" in answer.text
    assert "Perhaps s_ra is meant" in answer.text
    assert pick(page, "//*[@role='alert']//mark/text()") == ["s_rb > '<script>'"]
    assert pick(page, "//textarea/text()") == [query]
    told = client.get(f"{PAGE}?{urlencode({'query': query})}", headers=JSON)
    assert (told.status_code, told.headers["content-type"]) == (400, "application/problem+json")
    assert told.json()["detail"].startswith("line 3, column 7: there is no column 's_rb'")
    assert asked(client, "SELECT 1 FROM obscore", format="exe").status_code == 400
    assert asked(client, "SELECT 1 FROM obscore", page="x").status_code == 400


def test_the_page_asks_without_a_query(client: TestClient) -> None:
    """Before anything is asked there is an example that can be sent, and the columns of the table."""
    page = client.get(PAGE)
    (example,) = pick(page, "//textarea/text()")
    assert len(rows(client, example)) > 1
    assert "s_region" in pick(page, "//table//th[@scope='row']/code/text()")


def test_commands_hold_the_query_as_one_text(client: TestClient) -> None:
    """Whatever a query holds, the shell and Python take it as one text and run none of it."""
    nasty = "SELECT 'a''b\n$(touch x) `y` \" \"\"\" \\n\nADQL\n' FROM obscore -- \\"
    page = asked(client, nasty)
    shell, python = pick(page, "//dl[@class='copied asked']//code")
    said = subprocess.run(
        ["sh", "-c", shell.text.replace("curl ", 'printf "%s\\0" ', 1)], capture_output=True, check=True
    )
    assert f"query={nasty}".encode() in said.stdout.split(b"\0")
    asked_for: list[str] = []

    class Dal:
        """Takes the place of pyvo."""

        def __getattr__(self, _name: str) -> Any:
            return self

        def __call__(self, text: str = "") -> Any:
            asked_for.append(text)
            return self

    exec(python.text.replace("import pyvo", ""), {"pyvo": Dal()})
    assert nasty in asked_for


def test_a_search_that_no_address_can_hold_says_so(client: TestClient) -> None:
    """A search of very many names shows no form that would be refused; a long one that fits is sent."""
    names = ",".join(f"name{number:03}" for number in range(110))
    assert asked(client, shown_query(client, f"/search?ids={names}")).status_code == 200
    form = "&".join(
        f"{field}={'%C3%A9' * 250}" for field in ("pi", "visit", "observation", "proposal", "target")
    )
    page = client.get(f"/search?{form}").text
    assert "too long for an address" in page
    assert 'action="/search/adql"' not in page


def test_a_search_by_place_and_time_is_said_in_adql(client: TestClient) -> None:
    """The circle and the time stand as conditions on rows, and the query answers."""
    query = shown_query(client, "/search?ra=72.7&dec=-60.9&radius=1&start=2018-01-01&raw=hide&q=tic")
    assert "1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 72.7, -60.9, 1.0))" in query
    assert json.loads(asked(client, query, format="json").text)["rows"]


@pytest.mark.parametrize("before", ["", "\r\n", "\t", "\u2028", "\x85", "\r"])
def test_what_is_wrong_is_marked_where_it_stands(client: TestClient, before: str) -> None:
    """Lines are those of the query's own reader, not what every sign makes that some take for a new one."""
    page = asked(client, f"SELECT '{before}' AS a, nix FROM ivoa.obscore")
    assert page.status_code == 400
    (marked,) = pick(page, "//mark/text()")
    assert marked.startswith("nix FROM")
