"""The doors: who is let in, what may be brought, and that no other site's page can send it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.testclient import TestClient

from oais.archive import Archive
from oais.errors import RefusedError
from oais.web.app import DOORS as SITE_DOORS
from oais.web.app import create_app
from oais.web.bodies import MOST_FIELDS
from oais.web.doors import LARGEST_BODY, Door, Public
from oais.web.forms import Form, form_of, token_of
from oais.web.rendering import answer_json, respond
from policies.access import Action
from policies.principals import Duty

JSON_BODY = {"Content-Type": "application/json"}


class _Note(Form):
    text: str
    ticked: tuple[str, ...] = ()


class _JsonNote(Form):
    text: str


def _show(request: Request) -> Response:
    return respond(request, "about.html", {"name": "x"})


def _keep(request: Request) -> Response:
    return answer_json(form_of(request, _Note).model_dump())


def _take(request: Request, note: _JsonNote) -> Response:
    return answer_json(note.model_dump())


def _form(request: Request) -> Response:
    return answer_json({"token": token_of(request)})


def _break_off(_request: Request) -> Response:
    def blocks() -> Iterator[bytes]:
        yield b"begun"
        raise RefusedError("the right was taken away")

    return StreamingResponse(blocks(), headers={"Content-Length": "100"})


DOORS = (
    Door("/broken", _break_off, Public.NOTHING),
    Door("/form", _form, Public.NOTHING),
    Door("/note", _keep, Public.NOTHING, ("POST",)),
    Door("/api/v1/notes", _take, Public.NOTHING, ("POST",)),
    Door("/api/v1/secret", _take, Duty.MANAGE_PEOPLE, ("POST",)),
    Door("/desk/secret", _show, Duty.MANAGE_PEOPLE),
)


@pytest.fixture
def client(archive: Archive) -> Iterator[TestClient]:
    """A stranger's browser at a site with doors made for this test."""
    app = create_app(archive, doors=(*SITE_DOORS, *DOORS))
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def token(client: TestClient) -> str:
    """The token of a form that this browser was shown."""
    given: str = client.get("/form").json()["token"]
    return given


def test_a_form_of_our_own_page_is_taken(client: TestClient, token: str) -> None:
    """With its token a form comes through, single values and ticked ones as the model says."""
    answer = client.post("/note", data={"csrf": token, "text": "a", "ticked": ["x", "y"]})
    assert answer.json() == {"text": "a", "ticked": ["x", "y"]}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "http://[evil"},
        {"Origin": "localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_is_refused(client: TestClient, token: str, headers: dict[str, str]) -> None:
    """Even with the right token, what a page of another site sends is refused."""
    answer = client.post("/note", data={"csrf": token, "text": "a"}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("sent", [[], [""], ["0" * 64], ["{token}x"], ["{token}", "{token}"], ["é"]])
def test_a_form_without_its_token_is_refused(client: TestClient, token: str, sent: list[str]) -> None:
    """A missing, guessed, doubled or mended token is none."""
    data = {"text": "a", "csrf": [item.replace("{token}", token) for item in sent]}
    assert client.post("/note", data=data).status_code == 403


def test_a_token_is_one_browsers(client: TestClient, token: str) -> None:
    """The token of one browser is refused from another."""
    client.cookies.clear()
    client.get("/form")
    assert client.post("/note", data={"csrf": token, "text": "a"}).status_code == 403


def test_a_program_with_cookies_needs_the_token(client: TestClient, token: str) -> None:
    """JSON from a browser that brings cookies needs the token in a header; without cookies it needs none."""
    assert client.post("/api/v1/notes", json={"text": "a"}).status_code == 403
    sent = client.post("/api/v1/notes", json={"text": "a"}, headers={"X-CSRF-Token": token})
    assert sent.json() == {"text": "a"}
    client.cookies.clear()
    assert client.post("/api/v1/notes", json={"text": "a"}).json() == {"text": "a"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b'{"text": NaN}', 400),
        (b'{"text": "a", "text": "b"}', 400),
        (b'{"text": ' + b"9" * 10_000 + b"}", 400),
        (b'{"text": "\xff"}', 400),
        (b'{"text": "\\ud800"}', 422),
        (b'{"text": "a\\u0000"}', 400),
        (b'{"text": "\\\\\\u0000"}', 400),
        (b'{"text": 1}', 422),
        (b'{"text": null}', 422),
        (b'[{"text": "a"}]', 422),
        (b'{"text": "a", "role": "administrator"}', 422),
        (b"", 422),
        (b'{"text": "' + b"a" * 4001 + b'"}', 422),
        (b'{"text": "' + b"a" * LARGEST_BODY + b'"}', 413),
    ],
    ids=lambda value: str(value)[:24],
)
def test_json_that_is_none_of_ours(client: TestClient, body: bytes, status: int) -> None:
    """Depth, doubled names, odd numbers, wrong types and fields too many are refused, never a 5xx."""
    answer = client.post("/api/v1/notes", content=body, headers=JSON_BODY)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
)
def test_a_body_of_another_type_is_415(client: TestClient, headers: dict[str, str]) -> None:
    """What a form of another site could send, or is packed, is not read."""
    assert client.post("/api/v1/notes", content=b'{"text": "a"}', headers=headers).status_code == 415


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("text=a&other=b", 422),
        ("text=a&text=b", 422),
        ("ticked=a", 422),
        ("text=%ff", 400),
        ("text=a%00b", 400),
        ("&".join("ticked=a" for _ in range(MOST_FIELDS + 1)), 400),
        ("text=" + "a" * LARGEST_BODY, 413),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_form_that_is_none_of_ours(client: TestClient, token: str, body: str, status: int) -> None:
    """Fields doubled, missing, unknown or too many are refused."""
    answer = client.post(
        "/note",
        content=f"csrf={token}&{body}",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == status


def test_a_duty_is_asked_before_the_body_is_read(client: TestClient) -> None:
    """Who may not come in learns nothing of what would have been wrong with what he brought."""
    answer = client.post("/api/v1/secret", content=b"{" * 100_000, headers=JSON_BODY)
    assert answer.status_code == 401
    assert "Basic" in answer.headers["www-authenticate"]
    page = client.get("/desk/secret", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["www-authenticate"]) == (401, 'Bearer realm="archive"')


def test_a_written_backslash_is_no_nul(client: TestClient) -> None:
    """A backslash before u0000 that is itself escaped is text like any other."""
    answer = client.post("/api/v1/notes", content=b'{"text": "\\\\u0000"}', headers=JSON_BODY)
    assert answer.json() == {"text": "\\u0000"}


def test_the_methods_of_an_address_are_told_together(client: TestClient) -> None:
    """A method that no door of the address answers to is 405 with all that one does."""
    answer = client.get("/note")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "door", [door for door in DOORS if "POST" in door.methods], ids=lambda door: door.path
)
def test_reading_never_comes_to_a_door_that_changes(client: TestClient, door: Door) -> None:
    """GET and HEAD of an address that only takes things are 405."""
    assert client.get(door.path).status_code == 405
    assert client.head(door.path).status_code == 405


def test_who_asks_too_often_is_told_when_to_go_on(archive: Archive) -> None:
    """Past the limit of a minute the answer is 429 with Retry-After; reading pages is not counted."""
    few = replace(archive, settings=replace(archive.settings, requests_per_minute=3))
    app = create_app(few, doors=DOORS)
    client = TestClient(app, base_url="http://localhost")
    sent = [client.post("/api/v1/notes", json={"text": "a"}) for _ in range(5)]
    assert [answer.status_code for answer in sent].count(200) == 3
    refused = [answer for answer in sent if answer.status_code == 429]
    assert {1 <= int(answer.headers["retry-after"]) <= 20 for answer in refused} == {True}


@pytest.mark.parametrize("credential", ["Bearer x", "Basic eDp5", "Basic %%", "Digest x", "", "Bearer a b"])
def test_a_wrong_credential_is_never_overlooked(client: TestClient, credential: str) -> None:
    """Who proves himself wrongly is not taken for a stranger: 401, also where strangers may come in."""
    for address in ("/", "/about", "/tree"):
        assert client.get(address, headers={"Authorization": credential}).status_code == 401


@pytest.mark.parametrize("cookie", ["x", "", "a" * 43, "a" * 8000, '"quoted"', "a" * 43 + "; oais-session=b"])
def test_a_session_that_is_none_is_401_and_cleared(client: TestClient, cookie: str) -> None:
    """A made-up, doubled or endless session cookie is refused and taken back."""
    answer = client.get("/tree", headers={"Cookie": f"oais-session={cookie}"})
    assert answer.status_code == 401
    assert 'oais-session=""' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_cookies_keep_to_this_host(archive: Archive) -> None:
    """Over TLS a cookie keeps to this host, out of the reach of scripts and of other sites' forms."""
    settings = replace(archive.settings, base_url="https://archive.example")
    app = create_app(replace(archive, settings=settings), doors=DOORS)
    client = TestClient(app, base_url="https://archive.example")
    (cookie,) = client.get("/form").headers.get_list("set-cookie")
    assert cookie.startswith("__Host-oais-visit=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_a_right_taken_away_under_way_ends_the_answer(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """What was begun is cut short, so nobody takes it for whole; the log has one line and no traceback."""
    assert client.get("/broken").content == b"begun"
    (told,) = (record for record in caplog.records if record.name == "oais.web")
    assert told.getMessage() == "an answer was broken off: the right was taken away"
    assert told.exc_info is None


def test_a_crowded_door_answers_at_once_and_only_itself(archive: Archive) -> None:
    """Who is one too many is told when to come back, with the headers of every page; others are served."""
    inside, go_on = threading.Event(), threading.Event()

    def slow(_request: Request) -> Response:
        inside.set()
        assert go_on.wait(60)
        return Response("done")

    doors = (
        Door("/slow", slow, Public.NOTHING, at_once=1),
        Door("/api/v1/slow", slow, Public.NOTHING, at_once=1),
        Door("/form", _form, Public.NOTHING),
    )
    client = TestClient(create_app(archive, doors=doors), base_url="http://localhost")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.get, "/slow")
        assert inside.wait(60)
        inside.clear()
        second = pool.submit(client.get, "/api/v1/slow")
        assert inside.wait(60)
        crowded = client.get("/slow")
        by_program = client.get("/slow", headers={"Accept": "application/json"})
        by_api = client.get("/api/v1/slow")
        assert client.get("/form").status_code == 200
        go_on.set()
        assert first.result().text == second.result().text == "done"
    assert "<h1>" in crowded.text
    for answer in (by_program, by_api):
        assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.json()["status"], answer.json()["title"]) == (429, "Too Many Requests")
    assert (crowded.status_code, int(crowded.headers["retry-after"]) > 0) == (429, True)
    assert crowded.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in crowded.headers["content-security-policy"]
    assert client.get("/slow").text == "done"


def test_some_may_wait_before_a_crowded_door(archive: Archive) -> None:
    """Who finds a seat is served when the one before him has left; who finds none is turned away."""
    inside, go_on = threading.Semaphore(0), threading.Semaphore(0)

    def slow(_request: Request) -> Response:
        inside.release()
        assert go_on.acquire(timeout=60)
        return Response("done")

    doors = (Door("/slow", slow, Public.NOTHING, at_once=1, waiting=1),)
    site = TestClient(create_app(archive, doors=doors), base_url="http://localhost")
    with site as client, ThreadPoolExecutor(3) as pool:
        first = pool.submit(client.get, "/slow")
        assert inside.acquire(timeout=60)
        others = [pool.submit(client.get, "/slow") for _ in range(2)]
        (turned_away,), waiting = wait(others, timeout=60, return_when=FIRST_COMPLETED)
        assert turned_away.result().status_code == 429
        assert not inside.acquire(blocking=False)
        go_on.release(2)
        assert first.result().text == waiting.pop().result().text == "done"
        go_on.release()
        assert client.get("/slow").text == "done"


@pytest.mark.parametrize("limit", ["packages_at_once", "packages_at_once_each"])
def test_what_builds_is_prepared_for_so_many_at_a_time(archive: Archive, limit: str) -> None:
    """One too many is 429 with Retry-After; whose package is on its way, however slowly, takes no place."""
    inside, go_on = threading.Event(), threading.Event()
    sending, sent = threading.Event(), threading.Event()

    def blocks() -> Iterator[bytes]:
        yield b"begun"
        sending.set()
        assert sent.wait(60)

    def build(what: str = "") -> Response:
        if what == "slowly":
            inside.set()
            assert go_on.wait(60)
        return StreamingResponse(blocks()) if what == "long" else Response("done")

    changed: dict[str, Any] = {limit: 1}
    few = replace(archive, settings=replace(archive.settings, **changed))
    app = create_app(few, doors=(Door("/api/v1/build", build, Action.DOWNLOAD, builds=True),))
    client = TestClient(app, base_url="http://localhost")
    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(client.get, "/api/v1/build?what=long")
        assert sending.wait(60)
        slow = pool.submit(client.get, "/api/v1/build?what=slowly")
        assert inside.wait(60)
        crowded = client.get("/api/v1/build?what=more")
        assert client.get("/api/v1/build").status_code == 200  # it names nothing, so nothing is built
        go_on.set()
        assert slow.result().text == "done"
        sent.set()
        assert long.result().text == "begun"
    assert (crowded.status_code, int(crowded.headers["retry-after"])) == (429, 5)
    assert crowded.headers["content-type"] == "application/problem+json"
    assert client.get("/api/v1/build?what=more").text == "done"


def test_the_doors_that_build_packages_are_limited_for_each_network(archive: Archive) -> None:
    """Reading what costs much is counted by household, in all such doors together; light pages stay free."""
    few = replace(archive, settings=replace(archive.settings, packages_per_minute=3))
    app = create_app(few)

    def of(address: str) -> TestClient:
        return TestClient(app, base_url="http://localhost", client=(address, 50000))

    asked = ["/choose?ids=tess.*", "/api/v1/package?ids=tess.*.hk", "/choose?node=tess", "/choose?q=tess"]
    one = of("192.0.2.1")
    assert [one.get(address).status_code for address in asked] == [200, 200, 200, 429]
    neighbour = of("192.0.2.200").get("/api/v1/package?ids=tess.*.hk")
    assert (neighbour.status_code, 1 <= int(neighbour.headers["retry-after"]) <= 20) == (429, True)
    assert of("198.51.100.1").get("/api/v1/package?ids=tess.*.hk").status_code == 200
    for free in ("/", "/tree", "/choose", "/search?q=tess", "/basket"):
        assert [one.get(free).status_code for _ in range(5)] == [200] * 5
