"""Requests nobody sends by mistake: each gets a 4xx that tells nothing, never a 5xx or a stack."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message

from oais.archive import Archive
from oais.web.app import DOORS
from tests.web.conftest import CURVE_PATH, CURVE_URL, LIGHT_CURVE, OLD_KEY, client_of

PAGES = sorted({door.path for door in DOORS if "GET" in door.methods and not door.for_programs})
ADDRESSES = {path: path for path in PAGES if "{" not in path} | {
    "/tree/{path:path}": "/tree/tess",
    "/aip/{aip_id}": f"/aip/{LIGHT_CURVE}",
    "/aip/{aip_id}/v{version:int}": f"/aip/{LIGHT_CURVE}/v1",
    "/aip/{aip_id}/v{version:int}/provenance": f"/aip/{LIGHT_CURVE}/v1/provenance",
    "/tree/{path:path}/inventory": "/tree/tess/inventory",
    "/aip/{aip_id}/v{version:int}/citation.bib": f"/aip/{LIGHT_CURVE}/v1/citation.bib",
    "/aip/{aip_id}/v{version:int}/products/{path:path}": f"/aip/{LIGHT_CURVE}/v1/products/{CURVE_PATH}",
    "/aip/{aip_id}/v{version:int}/look/{path:path}": f"/aip/{LIGHT_CURVE}/v1/look/{CURVE_PATH}",
    "/aip/{aip_id}/v{version:int}/rows/{path:path}": f"/aip/{LIGHT_CURVE}/v1/rows/{CURVE_PATH}",
    "/aip/{aip_id}/v{version:int}/plots/{path:path}": f"/aip/{LIGHT_CURVE}/v1/plots/{CURVE_PATH}",
    "/aip/{aip_id}/v{version:int}/files/{path:path}": CURVE_URL,
    "/keys/{key_id}.pem": f"/keys/{OLD_KEY.key_id}.pem",
    "/static/{name}": "/static/site.css",
    "/tree/{path:path}/feed.atom": "/tree/tess/feed.atom",
    "/desk/refused/{identifier}": "/desk/refused/none",
    "/desk/people/of/{identifier}": "/desk/people/of/nobody",
    "/desk/people/of/{identifier}/erase": "/desk/people/of/nobody/erase",
    "/desk/groups/of/{identifier}": "/desk/groups/of/none",
    "/basket/{identifier}/package": "/basket/none/package",
    "/orders/{identifier}": "/orders/none",
    "/orders/{identifier}/packages/{number:int}": "/orders/none/packages/1",
    "/me/deposits/{identifier}": "/me/deposits/0123",
    "/unsubscribe/{identifier}/{proof}": "/unsubscribe/nobody/none",
}
"""Each page's path and an address of it; those of paths with parts to fill are written out."""
METHODS = ("OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO")


def ask(
    app: ASGIApp, raw_path: bytes, path: str, headers: list[tuple[bytes, bytes]], query: bytes = b""
) -> int:
    """The status of a request that no well-behaved client would send."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": raw_path,
        "query_string": query,
        "headers": headers,
        "root_path": "",
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
    }
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    body = b"".join(message.get("body", b"") for message in messages)
    assert b"Traceback" not in body
    status: int = messages[0]["status"]
    return status


def methods_at(address: str) -> list[str]:
    """The methods that the doors of an address declare."""
    (path,) = (path for path, tried in ADDRESSES.items() if tried == address)
    return sorted({method for door in DOORS if door.path == path for method in door.answers_to})


def test_the_table_names_every_route() -> None:
    """A new page must be tried with every method too."""
    assert set(ADDRESSES) == set(PAGES)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", ADDRESSES.values())
def test_nothing_but_reading_exists(client: TestClient, address: str, method: str) -> None:
    """Every other method is answered with 405 and the ones that are allowed."""
    allowed = methods_at(address)
    if method not in allowed:
        answer = client.request(method, address)
        assert answer.status_code == 405
        assert answer.headers["allow"] == ", ".join(allowed)


@pytest.mark.parametrize("address", ADDRESSES.values())
def test_head_is_decided_like_get(client: TestClient, address: str) -> None:
    """HEAD has the status and headers of GET and no body."""
    head, whole = client.head(address), client.get(address)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]


PATHS = (
    b"/aip/../etc/passwd",
    b"/static/../site.css",
    b"/static/%2e%2e/site.css",
    b"/tree/%2e%2e/%2e%2e",
    b"/static/%252e%252e/site.css",
    b"/static/..%5csite.css",
    b"/static/site.css%00.png",
    b"/tree//tess",
    b"//evil.example/tree",
    b"/tree;x=1",
    b"/tree/",
    b"/TREE",
    b"/tree/%c0%ae%c0%ae",
    b"/tree/%ff",
    b"/@evil.example",
    b"/tree/" + b"a" * 8192,
    b"/aip/x%0d%0aSet-Cookie:a=b",
    b"/aip/%20",
    b"/aip/" + b"a" * 500,
    b"/aip/x/v0",
    b"/aip/x/v99999999999999999999999",
    b"/aip/x/v-1",
    b"/aip/x@v0",
    b"/aip/x@v1@v2",
    b"/tree/__proto__",
    b"/static/",
    b"/docs",
    b"/openapi.json",
    b"/redoc",
    b"/search/x",
)


@pytest.mark.parametrize("raw_path", PATHS, ids=lambda raw: raw[:40].decode("ascii"))
def test_strange_addresses_are_4xx(client: TestClient, raw_path: bytes) -> None:
    """No form of an address climbs, redirects, or breaks anything."""
    from urllib.parse import unquote

    path = unquote(raw_path.decode("ascii"))
    assert ask(client.app, raw_path, path, [(b"host", b"localhost")]) in {400, 404, 414}


HOSTS: tuple[list[bytes], ...] = (
    [b"evil.example"],
    [b"localhost@evil.example"],
    [b"a@localhost"],
    [b"localhost", b"evil.example"],
    [],
    [b""],
    [b"localhost:evil"],
    [b"localhost/x"],
    [b"[::1"],
    [b"localhost, evil.example"],
    [b"127.0.0.1.evil.example"],
)


@pytest.mark.parametrize("hosts", HOSTS, ids=repr)
def test_only_our_own_names_are_answered(client: TestClient, hosts: list[bytes]) -> None:
    """Another, a doubled, a missing or a malformed Host is refused; forwarded ones are not read."""
    headers = [(b"host", host) for host in hosts] + [(b"x-forwarded-host", b"localhost")]
    assert ask(client.app, b"/", "/", headers) == 400


@pytest.mark.parametrize("host", [b"localhost", b"LOCALHOST:8000", b"127.0.0.1:9", b"[::1]:8000"])
def test_this_machines_names_are_answered(client: TestClient, host: bytes) -> None:
    """The loopback names are ours on any port."""
    assert ask(client.app, b"/about", "/about", [(b"host", host)]) == 200


QUERIES = (
    "q=a&q=b",
    "&".join(f"p{n}=1" for n in range(10_000)),
    "&".join(f"p{n}" for n in range(200)),
    "q=%00",
    "q=%ff",
    "q=%0d%0aX: y",
    "page=-1",
    "page=0",
    "page=1000000000",
    "page=x",
    "page=1e3",
    "page=",
    "per_page=1000000",
    "per_page=7",
    "order=__class__",
    "order=title;drop",
    "q=" + "a" * 257,
    "cone=1,2",
    "cone=nan,0,1",
    "cone=1,2,1e999",
    "cone=400,0,1",
    "near=x&ra=1",
    "near=x&radius=wide",
    "raw=no",
    "time=yesterday",
    "time=2026-02-30/",
    "time=9/1",
    "ids=" + "a," * 900,
    "level=" + "x" * 300,
    "q=" + "a" * 200_000,
)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:24])
def test_strange_questions_are_4xx(client: TestClient, query: str) -> None:
    """A question that is doubled, endless, malformed or out of bounds is refused, in both forms."""
    status = ask(client.app, b"/search", "/search", [(b"host", b"localhost")], query.encode())
    assert status in {400, 414}


WORDS = (
    "w*",
    "*",
    "?",
    "t:[a TO z]",
    "((((((((((",
    "NOT " * 60,
    '"',
    "AND",
    "the of and",
    "a AND OR NOT",
    "\u202eabc",
    "🛰",
    "[a-z]+(",
    "title:x",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "\\",
    "x" * 256,
    "ab* cd* ef*",
    "^2 ~3",
)


@pytest.mark.parametrize("words", WORDS)
def test_strange_words_are_answered_or_refused(client: TestClient, words: str) -> None:
    """Words are words: operators, wildcards and markup find something, nothing, or are refused."""
    answer = client.get("/search", params={"q": words})
    assert answer.status_code in {200, 400}
    assert "<script>" not in answer.text
    assert "Traceback" not in answer.text


ACCEPTS = {
    "": 200,
    "*/*": 200,
    "text/*": 200,
    "application/json;q=0": 406,
    "image/png": 406,
    "text/html;q=abc": 406,
    ",,,": 406,
    "application/json, */*;q=0": 200,
    "../../x": 406,
    "a" * 5000: 406,
    "TEXT/HTML": 200,
    "text/html;q=2": 406,
}


@pytest.mark.parametrize("accept", ACCEPTS, ids=lambda accept: accept[:20])
def test_odd_accept_headers(client: TestClient, accept: str) -> None:
    """What asks for neither form is 406 with problem details; nothing breaks."""
    answer = client.get("/about", headers={"Accept": accept})
    assert answer.status_code == ACCEPTS[accept]
    if answer.status_code == 406:
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_more_wanted_form_wins(client: TestClient) -> None:
    """Weights are honoured, and a browser's header gives the page."""
    for accept, form in (
        ("application/json, text/html;q=0.9", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/*;q=0.5, text/html;q=0.1", "application/json"),
    ):
        assert client.get("/about", headers={"Accept": accept}).headers["content-type"] == form


def test_errors_come_in_both_forms(client: TestClient) -> None:
    """The same refusal is a calm page, or problem details of RFC 9457."""
    page = client.get("/aip/no.such.thing")
    assert page.status_code == 404
    assert "<h1>Not Found</h1>" in page.text
    problem = client.get("/aip/no.such.thing", headers={"Accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == 404
    assert "no.such.thing" in problem.json()["detail"]


def test_a_defect_tells_only_a_reference(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks inside, the answer is a calm 500 with a reference and all headers, no stack."""
    from oais.functions.access.facade import Access

    def broken(self: Access) -> None:
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(Access, "holdings", broken)
    answer = client_of(archive).get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "reference" in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_answer_lets_strangers_sites_read(client: TestClient) -> None:
    """No origin is allowed to read by script, whatever it calls itself."""
    for origin in ("null", "https://evil.example"):
        answer = client.get("/", headers={"Origin": origin, "Cookie": "a=b"})
        assert not [name for name in answer.headers if name.startswith("access-control")]
