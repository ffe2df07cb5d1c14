"""The API: described as it is, the same answers as the pages, strict about what it takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from oais.archive import Archive
from oais.functions.service import Service, open_service
from oais.web.app import DOORS, create_app
from policies.principals import Duty, Role
from tests.web.conftest import CURVE_FILE, CURVE_PATH, LIGHT_CURVE
from tests.web.people import account, enter, token_in

AS_JSON = {"Accept": "application/json"}
TWINS = {
    "/": "/api/v1/holdings",
    "/tree": "/api/v1/tree",
    "/tree/tess/n1": "/api/v1/tree/tess/n1",
    "/search?q=55525572&per_page=10": "/api/v1/search?q=55525572&per_page=10",
    "/timeline?at=2018-12-01&node=tess": "/api/v1/timeline?at=2018-12-01&node=tess",
    f"/aip/{LIGHT_CURVE}": f"/api/v1/aips/{LIGHT_CURVE}",
    f"/aip/{LIGHT_CURVE}/v1": f"/api/v1/aips/{LIGHT_CURVE}/v1",
    f"/aip/{LIGHT_CURVE}/v1/products/{CURVE_PATH}": f"/api/v1/aips/{LIGHT_CURVE}/v1/products/{CURVE_PATH}",
}


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    """The description of the API as the site hands it out."""
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    plain: dict[str, Any] = answer.json()
    return plain


@pytest.fixture(scope="module")
def service(archive: Archive) -> Service:
    """The archive of the demo's products with an administrator."""
    settings = replace(archive.settings, logins_per_minute=0, requests_per_minute=0, packages_per_minute=0)
    made = open_service(replace(archive, settings=settings))
    account(made, "api-ada", Role.ADMINISTRATOR)
    return made


@pytest.fixture
def staff(service: Service) -> TestClient:
    """A browser in which an administrator is logged in."""
    app = create_app(service.archive, service=service)
    made = TestClient(app, base_url="http://localhost", follow_redirects=False)
    enter(made, "api-ada")
    return made


def test_the_description_names_every_door(document: dict[str, Any]) -> None:
    """Each address and method of the API stands in it, with who may come in, and nothing that is none."""
    described = {
        (path, method.upper()) for path, operations in document["paths"].items() for method in operations
    }
    declared = {
        (APIRoute(door.path, door.endpoint).path_format, method)
        for door in DOORS
        if door.for_programs
        for method in door.methods
        if method != "OPTIONS"
    }
    assert described >= declared
    assert {path for path, _ in described} == {path for path, _ in declared}
    assert document["openapi"].startswith("3.1")


def test_the_description_says_who_may_come_in(document: dict[str, Any]) -> None:
    """What asks a duty needs a proof, and what does not can be asked without one."""
    for door in DOORS:
        if not door.for_programs or "OPTIONS" in door.methods:
            continue
        path = APIRoute(door.path, door.endpoint).path_format
        for method in door.methods:
            operation = document["paths"][path][method.lower()]
            assert ({} not in operation["security"]) is isinstance(door.asks, Duty)
            assert operation["summary"]


def test_every_reference_of_the_description_leads_somewhere(document: dict[str, Any]) -> None:
    """No schema is named that is not there, and operation ids are unique."""
    text = json.dumps(document)
    named = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(document["components"]["schemas"])
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))


def test_people_can_read_it_too(client: TestClient, document: dict[str, Any]) -> None:
    """The page shows every address without a script or anything from elsewhere."""
    page = client.get("/api").text
    for path in document["paths"]:
        assert path in page
    assert "https://" not in page.partition("<main")[2].partition("</main>")[0].replace("https://archive", "")


@pytest.mark.parametrize(("page", "answer"), TWINS.items())
def test_programs_get_what_pages_show(client: TestClient, page: str, answer: str) -> None:
    """The API's answer is the page's twin."""
    assert client.get(answer).json() == client.get(page, headers=AS_JSON).json()


def test_files_are_handed_out_alike(client: TestClient) -> None:
    """Bytes, ranges and headers are those of the pages' downloads."""
    address = f"/api/v1/aips/{LIGHT_CURVE}/v1/files/{CURVE_PATH}"
    whole = client.get(address)
    assert whole.content == CURVE_FILE.read_bytes()
    part = client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])


@pytest.mark.parametrize("accept", ["text/html", "*/*", "application/json", "image/png", ""])
def test_errors_are_problem_details_whatever_is_accepted(client: TestClient, accept: str) -> None:
    """A program always gets a problem it can read, never a page."""
    answer = client.get("/api/v1/aips/no.such.thing", headers={"Accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"title", "status", "detail", "remedy"} <= set(answer.json())


@pytest.mark.parametrize(
    ("name", "call", "status"),
    [
        ("mass assignment", lambda send: send("/api/v1/me/queries", name="a", query="q", person="x"), 422),
        ("wrong type", lambda send: send("/api/v1/me/tokens", name="a", scopes="read"), 422),
        ("wrong scope", lambda send: send("/api/v1/me/tokens", name="a", scopes=["all"]), 422),
        ("no number", lambda send: send("/api/v1/me/tokens", name="a", scopes=["read"], days="x"), 422),
        ("null", lambda send: send("/api/v1/me/queries", name=None, query="q"), 422),
        ("another's request", lambda send: send("/api/v1/me/delegations", request="O", delegate="x"), 403),
        ("bad role", lambda send: send("/api/v1/people/x", method="PATCH", role="god"), 422),
        ("bad state", lambda send: send("/api/v1/people/x", method="PATCH", state="expired"), 422),
        ("no such person", lambda send: send("/api/v1/people/x", method="PATCH", role="archivist"), 404),
        ("no such group", lambda send: send("/api/v1/groups/x/end"), 404),
        ("bad day", lambda send: send("/api/v1/groups", name="a", until="2026-02-30"), 422),
        ("bad address", lambda send: send("/api/v1/people/providers", login="p", name="p", email="x"), 422),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_done_is_told(
    staff: TestClient, name: str, call: Callable[[Callable[..., int]], int], status: int
) -> None:
    """Extra fields, wrong types and things that are not there are 4xx problems, and nothing is changed."""

    def send(address: str, *, method: str = "POST", **body: object) -> int:
        answer = staff.request(method, address, json=body, headers={"X-CSRF-Token": token_in(staff)})
        assert answer.headers["content-type"] == "application/problem+json", name
        return answer.status_code

    assert call(send) == status


def test_groups_by_the_api(staff: TestClient, service: Service) -> None:
    """A group is made, filled, emptied and ended; another of its name is another group."""
    account(service, "api-member")
    token = {"X-CSRF-Token": token_in(staff)}
    made = staff.post("/api/v1/groups", json={"name": "Team", "until": "2090-01-01"}, headers=token).json()
    address = f"/api/v1/groups/{made['identifier']}"
    joined = staff.put(f"{address}/members/api-member", json={}, headers=token).json()
    assert [member["login"] for member in joined["members"]] == ["api-member"]
    assert staff.delete(f"{address}/members/api-member", headers=token).status_code == 204
    assert staff.get(address).json()["members"] == []
    assert staff.post(f"{address}/end", json={}, headers=token).json()["in_force"] is False
    again = staff.post("/api/v1/groups", json={"name": "Team"}, headers=token).json()
    assert again["identifier"] != made["identifier"]


def test_accounts_by_the_api(staff: TestClient, service: Service) -> None:
    """A provider is made with a token that is told once; a person is disabled and enabled again."""
    token = {"X-CSRF-Token": token_in(staff)}
    body = {"login": "api-machine", "name": "Machine", "email": "machine@example.org", "agreements": ["tess"]}
    made = staff.post("/api/v1/people/providers", json=body, headers=token)
    assert made.status_code == 201, made.text
    address = f"/api/v1/people/{made.json()['identifier']}"
    told = staff.post(f"{address}/tokens", json={"name": "drop"}, headers=token).json()
    assert told["secret"].startswith("oais_")
    assert "secret" not in staff.get(f"{address}/tokens").text
    assert staff.patch(address, json={"state": "disabled"}, headers=token).json()["state"] == "disabled"
    assert staff.patch(address, json={"state": "active"}, headers=token).json()["state"] == "active"
    assert staff.delete(f"/api/v1/tokens/{told['token']['identifier']}", headers=token).status_code == 204
