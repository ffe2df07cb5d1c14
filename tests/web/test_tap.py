"""The service for programs of the Virtual Observatory, asked as they ask it."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from astropy.io.votable import parse, parse_single_table
from astropy.io.votable.tree import VOTableFile
from lxml import etree
from starlette.concurrency import run_in_threadpool
from starlette.testclient import TestClient
from starlette.types import Message

from oais.archive import Archive
from oais.database.requests import owners_of
from oais.functions.people.tokens import make_token
from oais.web.app import create_app
from oais.web.doors import LARGEST_BODY
from policies.principals import Scope
from tests.functions.embargoed import REQUEST
from tests.web.conftest import LIGHT_CURVE, Rules
from tests.web.filled import Filled

SYNC = "/tap/sync"
QUERY = "SELECT package_id, s_ra, t_min FROM ivoa.obscore WHERE s_ra IS NOT NULL"


def sent(client: TestClient, **parameters: Any) -> httpx2.Response:
    """Ask by POST, as pyvo and TOPCAT do."""
    return client.post(SYNC, data={"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": QUERY, **parameters})


def statuses(answer: httpx2.Response) -> list[tuple[str, str]]:
    """What the document says of the query, with the text beside it."""
    document: VOTableFile = parse(io.BytesIO(answer.content))
    (resource,) = document.resources
    assert resource.type == "results"
    return [(info.value, info.content or "") for info in resource.infos if info.name == "QUERY_STATUS"]


def test_a_query_is_answered_by_get_and_by_post(client: TestClient) -> None:
    """The same VOTable either way, with types, units and meanings that programs need."""
    posted = sent(client)
    got = client.get(SYNC, params={"query": QUERY, "lang": "adql-2.0"})
    assert posted.status_code == got.status_code == 200
    assert posted.content == got.content
    assert posted.headers["content-type"] == "application/x-votable+xml"
    assert statuses(posted) == [("OK", "")]
    table = parse_single_table(io.BytesIO(posted.content))
    assert len(table.array) == 3
    assert LIGHT_CURVE in list(table.array["package_id"])
    fields = {field.name: (field.datatype, str(field.unit), field.ucd) for field in table.fields}
    assert fields["s_ra"] == ("double", "deg", "pos.eq.ra")
    assert fields["t_min"] == ("double", "d", "time.start;obs.exposure")


def test_a_query_of_several_lines_is_asked_by_address(client: TestClient) -> None:
    """Line breaks and tabs are part of a query; another control character is part of nothing."""
    lines = QUERY.replace(" FROM", "\r\nFROM").replace(" WHERE", "\n\tWHERE")
    assert client.get(SYNC, params={"QUERY": lines}).content == sent(client, QUERY=lines).content
    assert client.get(SYNC, params={"QUERY": QUERY + "\x1b"}).status_code == 400
    assert client.get(SYNC, params={"QUERY": QUERY, "RUNID": "a\r\nX: y"}).status_code == 400


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("votable", "application/x-votable+xml"),
        ("application/x-votable+xml;serialization=TABLEDATA", "application/x-votable+xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("json", "application/json"),
    ],
)
def test_answers_come_in_the_form_that_was_asked_for(client: TestClient, form: str, media_type: str) -> None:
    """RESPONSEFORMAT, or FORMAT as older programs say."""
    for name in ("RESPONSEFORMAT", "FORMAT"):
        assert sent(client, **{name: form}).headers["content-type"] == media_type


def test_rows_that_are_left_out_are_told(client: TestClient) -> None:
    """MAXREC 0 asks for the columns alone; fewer rows than there are is an overflow, enough is none."""
    assert statuses(sent(client, MAXREC=2)) == [("OK", ""), ("OVERFLOW", "")]
    assert statuses(sent(client, MAXREC=0)) == [("OK", ""), ("OVERFLOW", "")]
    assert statuses(sent(client, MAXREC=3)) == [("OK", "")]
    assert statuses(sent(client, MAXREC=999_999_999)) == [("OK", "")]
    assert len(parse_single_table(io.BytesIO(sent(client, MAXREC=2).content)).array) == 2


WRONG = {
    "an unknown column": (
        {"QUERY": "SELECT x FROM ivoa.obscore"},
        "line 1, column 8: there is no column 'x'",
    ),
    "no query": ({"QUERY": " "}, "there is no QUERY"),
    "another language": ({"LANG": "PQL"}, "LANG is 'PQL'"),
    "another request": ({"REQUEST": "drop"}, "REQUEST is 'drop'"),
    "an upload": ({"UPLOAD": "t,http://169.254.169.254/"}, "tables cannot be uploaded"),
    "rows below none": ({"MAXREC": "-1"}, "MAXREC is '-1'"),
    "rows that are no number": ({"MAXREC": "NaN"}, "MAXREC is 'NaN'"),
    "rows beyond numbers": ({"MAXREC": "9" * 30}, "MAXREC is"),
    "an odd form": ({"RESPONSEFORMAT": "exe\r\nSet-Cookie: a=b"}, "RESPONSEFORMAT is"),
    "markup": ({"QUERY": "SELECT '<b>&' FROM nowhere"}, "there is no table 'nowhere'"),
    "a very long query": ({"QUERY": f"SELECT 1 FROM obscore -- {'x' * 100_000}"}, "the query has"),
    "many parentheses": ({"QUERY": f"SELECT {'(' * 500}1{')' * 500} FROM obscore"}, "nested more than"),
    "a query twice": ({"query": QUERY}, "QUERY is given twice"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_as_votable(client: TestClient, what: str) -> None:
    """A program reads why it got no table, as DALI says, and nothing of it gets into a header."""
    parameters, message = WRONG[what]
    answer = sent(client, **parameters)
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    ((status, told),) = statuses(answer)
    assert status == "ERROR"
    assert message in told


@pytest.mark.parametrize(
    ("body", "form", "status"),
    [
        (b"QUERY=%ed%a0%80", "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"QUERY=" + b"x" * LARGEST_BODY, "application/x-www-form-urlencoded", 413),
        (b"--a\r\n\r\n--a--", "multipart/form-data; boundary=a", 415),
    ],
)
def test_a_body_that_is_none_is_told_as_votable(
    client: TestClient, body: bytes, form: str, status: int
) -> None:
    """What cannot be read as a form is told as the rest is, and under its own status."""
    answer = client.post(SYNC, content=body, headers={"Content-Type": form})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/x-votable+xml"
    assert [told for told, _ in statuses(answer)] == ["ERROR"]


def test_a_token_asks_as_its_owner(filled: Filled) -> None:
    """Who sends the token of an account asks as that account; a wrong one is told, and is no stranger."""
    service = filled.service
    client = TestClient(create_app(service.archive, service=service), base_url="http://localhost")
    with service.database.reading() as connection:
        (owner,) = owners_of(connection, REQUEST)
    token = make_token(service, owner.person, "owner", "tap", [Scope.READ])
    query = "SELECT package_id FROM ivoa.obscore"
    client.headers["Authorization"] = f"Bearer {token.secret}"
    assert statuses(sent(client, QUERY=query)) == [("OK", "")]
    client.headers["Authorization"] = "Bearer made-up"
    assert sent(client, QUERY=query).status_code == 401


def test_another_site_cannot_make_a_browser_ask(client: TestClient) -> None:
    """Cookies alone prove no intent, as at every door that takes a form."""
    query = {"QUERY": QUERY}
    assert client.post(SYNC, data=query, headers={"Origin": "https://evil.example"}).status_code == 403
    cookie = {"Cookie": f"oais-visit={'s' * 43}", "Origin": "null"}
    assert client.post(SYNC, data=query, headers=cookie).status_code == 403


def test_what_is_hidden_is_hidden_here_too(under_rules: Rules) -> None:
    """The rows are those of whoever asks, whichever door he comes by."""
    hidden = under_rules("  - {node: tess/n1, policy: hidden}\n")
    assert LIGHT_CURVE not in sent(hidden, QUERY="SELECT * FROM ivoa.obscore").text
    assert statuses(sent(hidden, QUERY=f"SELECT 1 FROM obscore WHERE package_id = '{LIGHT_CURVE}'")) == [
        ("OK", "")
    ]


def _xml(client: TestClient, name: str) -> etree._Element:
    answer = client.get(f"/tap/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    return etree.fromstring(answer.content)


def test_the_service_tells_what_it_is(client: TestClient) -> None:
    """Capabilities lead to the addresses of the service; tables name every column that a row has."""
    told = _xml(client, "capabilities")
    base = "http://127.0.0.1:8000/tap"
    addresses = [element.text for element in told.iter("accessURL")]
    assert addresses == [base, f"{base}/capabilities", f"{base}/availability", f"{base}/tables"]
    assert [element.text for element in told.iter("hard")] == ["20000"]
    assert next(_xml(client, "availability").iter("{*}available")).text == "true"
    named = [element.findtext("name") for element in _xml(client, "tables").iter("column")]
    whole = parse_single_table(io.BytesIO(sent(client, QUERY="SELECT TOP 1 * FROM ivoa.obscore").content))
    assert named == [field.name for field in whole.fields]


def test_a_query_that_comes_slowly_keeps_nobody_out(archive: Archive) -> None:
    """A place among queries is for those that are reckoned, not for bodies that are still to come."""
    app = create_app(replace(archive, settings=replace(archive.settings, packages_at_once=1)))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": SYNC, "raw_path": SYNC.encode(), "query_string": b"", "root_path": "",
        "server": ("localhost", 80), "client": ("192.0.2.1", 1),
        "headers": [(b"host", b"localhost"), (b"content-length", b"9"),
                    (b"content-type", b"application/x-www-form-urlencoded")],
    }  # fmt: skip
    statuses: list[int] = []

    async def receive() -> Message:
        if not statuses:  # others ask while the body is on its way
            client = TestClient(app, base_url="http://localhost")
            answer = await run_in_threadpool(client.get, SYNC, params={"QUERY": QUERY})
            statuses.append(answer.status_code)
        return {"type": "http.request", "body": b"RUNID=one"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    asyncio.run(app(scope, receive, send))
    assert statuses == [200, 400]
