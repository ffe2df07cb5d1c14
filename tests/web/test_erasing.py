"""Erasing an account by page and by program: told first, done by its owner or for him, and no way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive
from oais.database import requests
from oais.database.requests import Owner
from oais.functions.administration import initialise
from oais.functions.people.tokens import make_token
from oais.functions.service import Service, open_service
from oais.web.app import create_app
from policies.principals import Role
from tests.web.people import PASSWORD, account, enter, stored

Browser = Callable[[], TestClient]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """An archive with an administrator, an owner, and somebody who may take over."""
    archive: Archive = initialise(tmp_path / "home", name="Erasing")
    opened = open_service(archive)
    account(opened, "keeper", Role.ADMINISTRATOR)
    owner = account(opened, "owner")
    account(opened, "heir")
    with opened.database.writing() as connection:
        requests.assign(connection, [Owner("tess:AO-1", owner.identifier, "PI")])
    yield opened
    opened.database.close()


@pytest.fixture
def browser(service: Service) -> Browser:
    """Return what makes a new browser at the site."""
    app = create_app(service.archive, service=service)
    return lambda: TestClient(app, base_url="http://localhost", follow_redirects=False)


def test_the_last_administrator_is_told_before_anything_is_typed(browser: Browser, service: Service) -> None:
    """No form asks for a password that could do nothing; with another administrator there is one."""
    visitor = enter(browser(), "keeper")
    form = 'name="password"'
    page = visitor.client.get("/me/erase").text
    assert "keeper is the last administrator; make another administrator first." in page
    assert form not in page
    french = visitor.client.get("/me/erase", headers={"Accept-Language": "fr"}).text
    assert "last administrator" not in french
    account(service, "second", Role.ADMINISTRATOR)
    page = visitor.client.get("/me/erase").text
    assert ("last administrator" in page, form in page) == (False, True)


def test_one_erases_oneself(browser: Browser, service: Service) -> None:
    """The page says what goes and stays; a fault comes back on it; afterwards no login opens anything."""
    visitor = enter(browser(), "owner")
    assert 'href="/me/erase"' in visitor.client.get("/me").text
    page = visitor.client.get("/me/erase").text
    assert "tess:AO-1" in page
    assert "What stays, and why" in page
    assert "an earlier release wrote when it imported accounts" in page
    for fields, told in (
        ({"password": PASSWORD}, "alone owns tess:AO-1"),
        ({"password": "wrong", "heir": "heir"}, "present password is not right"),
        ({"password": PASSWORD, "heir": "<b>"}, "no account &#39;&lt;b&gt;&#39;"),
    ):
        answer = visitor.send("/me/erase", **fields)
        assert (answer.status_code, told in answer.text) == (422, True)
    done = visitor.send("/me/erase", password=PASSWORD, heir="heir")
    assert (done.status_code, done.headers["location"]) == (303, "/login?told=account-erased")
    assert "Max-Age=0" in done.headers["set-cookie"]
    assert "Your account is erased" in browser().get(done.headers["location"]).text
    assert browser().post("/login", data={"login": "owner", "password": PASSWORD}).status_code != 303
    with service.database.reading() as connection:
        (owner,) = requests.owners_of(connection, "tess:AO-1")
    assert owner.person == stored(service, "heir").identifier


def test_the_page_speaks_french(browser: Browser) -> None:
    """Also of what is refused."""
    visitor = enter(browser(), "owner")
    visitor.client.headers["Accept-Language"] = "fr"
    assert "Ce qui reste, et pourquoi" in visitor.client.get("/me/erase").text
    assert "seul propriétaire de tess:AO-1" in visitor.send("/me/erase", password=PASSWORD).text


def test_an_administrator_types_the_name_once_more(browser: Browser, service: Service) -> None:
    """Another name erases nobody; nobody else has the page."""
    owner = stored(service, "owner").identifier
    address = f"/desk/people/of/{owner}/erase"
    assert enter(browser(), "heir").client.get(address).status_code == 403
    keeper = enter(browser(), "keeper")
    assert address in keeper.client.get(f"/desk/people/of/{owner}").text
    assert "owner" in keeper.client.get(address).text
    refused = keeper.send("/desk/people/erase", person=owner, login="heir", heir="heir")
    assert (refused.status_code, "not owner" in refused.text) == (422, True)
    done = keeper.send("/desk/people/erase", person=owner, login="Owner", heir="heir")
    assert (done.status_code, done.headers["location"]) == (303, "/desk/people")
    assert keeper.client.get(address).status_code == 404


def test_programs_do_the_same(browser: Browser, service: Service) -> None:
    """Told, refused without a name or password, done with them; the token that asked counts no more."""
    owner = stored(service, "owner")
    token = make_token(service, owner.identifier, "owner", "mine", ["account"]).secret
    client, proof = browser(), {"Authorization": f"Bearer {token}"}
    told = client.get("/api/v1/me/erasure", headers=proof).json()
    assert (told["login"], told["alone"], told["tokens"]) == ("owner", ["tess:AO-1"], 1)
    wrong = client.post("/api/v1/me/erase", json={"password": "no", "heir": "heir"}, headers=proof)
    assert wrong.status_code == 422
    right = {"password": PASSWORD, "heir": "heir"}
    assert client.post("/api/v1/me/erase", json=right, headers=proof).status_code == 204
    assert client.get("/api/v1/me", headers=proof).status_code == 401
    keeper = make_token(
        service, stored(service, "keeper").identifier, "keeper", "mine", ["administer"]
    ).secret
    proof = {"Authorization": f"Bearer {keeper}"}
    heir = f"/api/v1/people/{stored(service, 'heir').identifier}"
    account(service, "last")
    assert client.get(f"{heir}/erasure", headers=proof).json()["alone"] == ["tess:AO-1"]
    assert client.post(f"{heir}/erase", json={}, headers=proof).status_code == 422
    body = {"login": "heir", "heir": "last"}
    assert client.post(f"{heir}/erase", json=body, headers=proof).status_code == 204
