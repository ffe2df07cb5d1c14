"""People at the site: sessions that end when they should, tokens that may what they say, and the desk."""

from __future__ import annotations

import html
import json
import re
import shutil
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, open_archive
from oais.database import people, requests
from oais.database.requests import Owner
from oais.functions.administration import initialise
from oais.functions.backup import back_up
from oais.functions.data_management import rebuild_index
from oais.functions.people.accounts import Entry, disable, new_account
from oais.functions.people.sessions import IDLE_LASTS
from oais.functions.people.tokens import make_token
from oais.functions.security_log import path_of, read_log
from oais.functions.service import Service, open_service
from oais.web.app import create_app
from policies.principals import Role, Scope, State
from tests.web.people import PASSWORD, Visitor, account, enter, stored, token_in

AS_JSON = {"Accept": "application/json"}
Browser = Callable[[], TestClient]


class _Clock:
    """A clock that a test moves."""

    def __init__(self, archive: Archive) -> None:
        self.now = archive.clock()

    def __call__(self) -> datetime:
        """The moment that the test set."""
        return self.now


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """An archive with an administrator, two registered people and a provider."""
    archive = initialise(tmp_path_factory.mktemp("people") / "home", name="People")
    settings = replace(archive.settings, logins_per_minute=0, requests_per_minute=0)
    made = open_service(replace(archive, settings=settings, clock=_Clock(archive)))
    account(made, "ada", Role.ADMINISTRATOR)
    account(made, "bea", Role.ADMINISTRATOR)
    account(made, "machine", Role.PROVIDER)
    for login in ("billot", "cleo", "dora"):
        account(made, login)
    with made.database.writing() as connection:
        requests.assign(connection, [Owner("OR-1", stored_id(made, "billot"), "PI")])
    return made


def stored_id(service: Service, login: str) -> str:
    """The identifier of an account; asked on a connection of its own."""
    from oais.database import people

    with service.database.reading() as connection:
        found = people.by_login(connection, login)
    assert found is not None
    return found.identifier


@pytest.fixture
def browser(service: Service) -> Browser:
    """Return what makes a new browser at the site."""
    app = create_app(service.archive, service=service)
    return lambda: TestClient(app, base_url="http://localhost", follow_redirects=False)


def test_a_login_opens_what_needs_one(browser: Browser) -> None:
    """Before it 401 with the way to log in, after it the page; each login makes a session of its own."""
    client = browser()
    closed = client.get("/me", headers={"Accept": "text/html"})
    assert (closed.status_code, '/login?next=/me"' in closed.text) == (401, True)
    visitor = enter(client, "billot")
    first = client.cookies["oais-session"]
    assert client.get("/me").status_code == 200
    visitor.send("/login", login="billot", password=PASSWORD)
    assert client.cookies["oais-session"] != first
    assert browser().get("/me", headers={"Cookie": f"oais-session={first}"}).status_code == 401


def test_a_session_known_before_login_is_not_taken_over(browser: Browser) -> None:
    """A cookie that somebody planted is not the session after login."""
    client = browser()
    client.cookies.set("oais-visit", "p" * 43)
    enter(client, "billot")
    assert client.cookies["oais-session"] not in {"p" * 43, ""}


@pytest.mark.parametrize("ending", ["logout", "password", "disable", "idle", "ended elsewhere"])
def test_a_session_ends_when_it_should(browser: Browser, service: Service, ending: str) -> None:
    """After each of these the old cookie is 401 at the next request, and taken back."""
    login = f"ends-{ending.replace(' ', '-')}"
    person = account(service, login)
    client, other = browser(), browser()
    enter(client, login)
    held = client.cookies["oais-session"]
    if ending == "logout":
        Visitor(client).send("/logout")
    elif ending == "password":
        enter(other, login).send("/me/password", old=PASSWORD, new="an entirely new set of words 9")
    elif ending == "disable":
        disable(service, stored(service, "ada").identifier, person.identifier)
    elif ending == "idle":
        service.archive.clock.now += IDLE_LASTS + timedelta(seconds=1)  # type: ignore[attr-defined]
    else:
        enter(other, login).send("/me/sessions/end-others")
    answer = browser().get("/me", headers={"Cookie": f"oais-session={held}"})
    assert answer.status_code == 401
    assert "Max-Age=0" in answer.headers["set-cookie"]


@pytest.mark.parametrize("wish", [{}, {"end_tokens": "true"}], ids=["tokens kept", "tokens ended"])
def test_a_new_password_ends_tokens_where_that_is_wished(
    browser: Browser, service: Service, wish: dict[str, str]
) -> None:
    """The page offers it and says what happens without it; reset by mail says that they end."""
    person = account(service, f"changes-{len(wish)}")
    token = make_token(service, person.identifier, person.identifier, "mine", ["account"]).secret
    visitor = enter(browser(), person.login)
    page = visitor.client.get("/me").text
    assert "End my API tokens as well" in page
    assert "Tokens go on unless you end them here" in page
    visitor.send("/me/password", old=PASSWORD, new="an entirely new set of words 9", **wish)
    answer = browser().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == (401 if wish else 200)
    assert "all API tokens of the account end" in browser().get("/reset?secret=x").text


def test_a_new_address_is_asked_for_with_the_password(browser: Browser, service: Service) -> None:
    """The form asks for it; without it, or with a wrong one, nothing is mailed and the page says why."""
    account(service, "mover")
    visitor = enter(browser(), "mover")
    assert 'name="password"' in visitor.client.get("/me").text
    assert visitor.send("/me/address", email="stone@example.org").status_code == 422
    wrong = visitor.send("/me/address", email="stone@example.org", password="not my password at all")
    assert (wrong.status_code, "the present password is not right" in wrong.text.lower()) == (422, True)
    right = visitor.send("/me/address", email="stone@example.org", password=PASSWORD)
    assert (right.status_code, "Look into your mail" in right.text) == (200, True)


def test_the_password_of_an_open_session_is_not_guessed(service: Service) -> None:
    """Both forms that ask for the password count as attempts to log in; the next one is 429."""
    account(service, "left-open")
    settings = replace(service.archive.settings, logins_per_minute=4)
    careful = replace(service, archive=replace(service.archive, settings=settings))
    app = create_app(careful.archive, service=careful)
    visitor = enter(TestClient(app, base_url="http://localhost", follow_redirects=False), "left-open")
    asked = {"email": "a@example.org", "password": "a guess of somebody"}
    changed = {"old": "a guess of somebody", "new": "an entirely new set of words 9"}
    tried = [visitor.send("/me/address", **asked), visitor.send("/me/password", **changed)]
    tried += [visitor.send("/me/address", **asked), visitor.send("/me/password", **changed)]
    assert [answer.status_code for answer in tried] == [422, 422, 422, 429]
    assert int(tried[-1].headers["Retry-After"]) > 0


def test_passwords_sent_with_requests_are_counted_before_they_are_reckoned(service: Service) -> None:
    """Whether a guess is right is told to nobody who guessed too often; who proved his goes on meanwhile."""
    account(service, "reader")
    settings = replace(service.archive.settings, logins_per_minute=4)
    careful = replace(service, archive=replace(service.archive, settings=settings))
    client = TestClient(create_app(careful.archive, service=careful), base_url="http://localhost")

    def status(address: str, login: str, password: str) -> int:
        proof = b64encode(f"{login}:{password}".encode()).decode()
        answer = client.get(address, headers={"Authorization": f"Basic {proof}"})
        assert answer.status_code != 429 or int(answer.headers["Retry-After"]) > 0
        return answer.status_code

    assert status("/api/v1/me", "reader", PASSWORD) == 200
    guesses = [("/api/v1/me", "reader"), ("/about", "reader"), ("/tree", "nobody"), ("/about", "reader")]
    assert [status(*guess, "a guess of somebody") for guess in guesses] == [401, 401, 401, 429]
    assert status("/about", "billot", PASSWORD) == 429
    assert [status(address, "reader", PASSWORD) for address in ("/api/v1/me", "/about")] == [200, 200]


def test_a_changed_role_counts_at_the_next_request(browser: Browser, service: Service) -> None:
    """No session carries rights of its own: what was given or taken holds at once."""
    client, desk = browser(), browser()
    person = account(service, "climber")
    enter(client, "climber")
    assert client.get("/desk/people").status_code == 403
    visitor = enter(desk, "ada")
    visitor.send("/desk/people/role", person=person.identifier, role="administrator")
    assert client.get("/desk/people").status_code == 200
    visitor.send("/desk/people/role", person=person.identifier, role="registered")
    assert client.get("/desk/people").status_code == 403


def test_nobody_changes_his_own_rights(browser: Browser, service: Service) -> None:
    """Neither by the form nor by a field that the form of others has."""
    client = browser()
    visitor = enter(client, "ada")
    own = stored(service, "ada").identifier
    assert visitor.send("/desk/people/role", person=own, role="archivist").status_code == 403
    refused = client.patch(
        f"/api/v1/people/{own}", json={"role": "archivist"}, headers={"X-CSRF-Token": token_in(client)}
    )
    assert refused.status_code == 403
    assert stored(service, "ada").role == "administrator"


@pytest.mark.parametrize(
    ("login", "password"),
    [("billot", "wrong words for this one"), ("nobody", PASSWORD), ("", ""), ("billot\0", PASSWORD)],
)
def test_a_wrong_login_tells_nothing(browser: Browser, login: str, password: str) -> None:
    """Whatever was wrong, the answer is the same and no session is opened."""
    client = browser()
    answer = Visitor(client).send("/login", login=login, password=password)
    assert answer.status_code in {400, 401}
    assert "oais-session" not in client.cookies
    if answer.status_code == 401:
        assert "Name or password is not right" in answer.text
    assert password not in answer.text or not password


NEXT = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/%2f/evil.example",
    "/tree\r\nSet-Cookie: a=b",
    "/nowhere",
    "/logout",
    "/api/v1/me",
    "/" + "a" * 5000,
    " /tree",
    "tree",
    "/@evil.example",
    "/.//evil.example",
)


@pytest.mark.parametrize("wanted", NEXT, ids=lambda wanted: wanted[:20])
def test_login_goes_on_to_pages_of_ours_only(browser: Browser, wanted: str) -> None:
    """Another place to go on to is left out, in the form and after it."""
    client = browser()
    assert "evil" not in client.get("/login", params={"next": wanted[:1000]}).text.partition("<main")[2]
    answer = Visitor(client).send("/login", login="cleo", password=PASSWORD, next=wanted)
    assert answer.headers.get("location", "/me") == "/me"


def test_login_goes_on_where_one_came_from(browser: Browser) -> None:
    """A page of ours is gone on to, with what it was asked."""
    visitor = Visitor(browser())
    answer = visitor.send("/login", login="cleo", password=PASSWORD, next="/search?q=a&page=2")
    assert answer.headers["location"] == "/search?q=a&page=2"


def test_a_remembered_login_outlives_the_browser(browser: Browser) -> None:
    """Only with the tick the cookie has an end of its own."""
    for fields, lasting in (({"remember": "true"}, True), ({}, False)):
        visitor = Visitor(browser())
        answer = visitor.send("/login", login="cleo", password=PASSWORD, **fields)
        cookie = answer.headers["set-cookie"]
        assert ("Max-Age=2592000" in cookie) is lasting
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_a_remembered_login_is_ended_from_elsewhere(browser: Browser) -> None:
    """The page lists it with its end a month on; ended there, its cookie is 401 and taken back (EH-21)."""
    away, here = browser(), browser()
    enter(away, "dora", remember="true")
    visitor = enter(here, "dora")
    sessions = here.get("/me", headers=AS_JSON).json()["sessions"]
    longest = max(sessions, key=lambda session: session["expires_at"])
    assert visitor.send("/me/sessions/end", session=longest["identifier"]).status_code == 303
    told = away.get("/me", headers=AS_JSON)
    assert (told.status_code, 'oais-session=""' in told.headers["set-cookie"]) == (401, True)
    assert here.get("/me").status_code == 200


def bearer(secret: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {secret}"}


def made_token(client: TestClient, *scopes: Scope) -> tuple[str, str]:
    """A new token of whoever is logged in: its secret and its identifier."""
    body = {"name": "test", "scopes": list(scopes), "days": 1}
    answer = client.post("/api/v1/me/tokens", json=body, headers={"X-CSRF-Token": token_in(client)})
    assert answer.status_code == 201, answer.text
    return answer.json()["secret"], answer.json()["token"]["identifier"]


def test_a_token_may_what_its_scopes_say(browser: Browser) -> None:
    """With the scope it comes in, without it not; it never opens what its person may not."""
    client = browser()
    enter(client, "dora")
    caring, _ = made_token(client, Scope.ACCOUNT)
    reading, _ = made_token(client, Scope.READ)
    assert browser().get("/api/v1/me", headers=bearer(caring)).status_code == 200
    assert browser().get("/api/v1/me", headers=bearer(reading)).status_code == 403
    assert browser().get("/api/v1/tree", headers=bearer(reading)).status_code == 200
    assert browser().get("/api/v1/people", headers=bearer(caring)).status_code == 403


def test_a_token_makes_none_that_may_more(browser: Browser) -> None:
    """With the scope of an account it makes one of its own scopes, by API and by form, and no other."""
    client = browser()
    enter(client, "dora")
    caring, _ = made_token(client, Scope.ACCOUNT)
    wider = {"name": "sly", "scopes": ["account", "read", "download"]}
    refused = (
        browser().post("/api/v1/me/tokens", headers=bearer(caring), json=wider),
        browser().post("/me/tokens", headers=bearer(caring), data=wider),
    )
    assert [answer.status_code for answer in refused] == [403, 403]
    assert all("download, read" in answer.text for answer in refused)
    same = {"name": "same", "scopes": ["account"]}
    assert browser().post("/api/v1/me/tokens", headers=bearer(caring), json=same).status_code == 201
    assert "sly" not in {one["name"] for one in client.get("/api/v1/me/tokens").json()}


def test_tokens_that_do_not_count(browser: Browser) -> None:
    """Half a token, a revoked one and one in the address are none."""
    client = browser()
    enter(client, "dora")
    secret, identifier = made_token(client, Scope.ACCOUNT)
    assert browser().get("/api/v1/me", headers=bearer(secret[:20])).status_code == 401
    assert browser().get("/api/v1/me", params={"token": secret}).status_code == 401
    assert browser().get("/api/v1/me", params={"access_token": secret}).status_code == 401
    other = browser()
    enter(other, "cleo")
    token = {"X-CSRF-Token": token_in(other)}
    assert other.delete(f"/api/v1/me/tokens/{identifier}", headers=token).status_code == 404
    assert browser().get("/api/v1/me", headers=bearer(secret)).status_code == 200
    token = {"X-CSRF-Token": token_in(client)}
    assert client.delete(f"/api/v1/me/tokens/{identifier}", headers=token).status_code == 204
    assert browser().get("/api/v1/me", headers=bearer(secret)).status_code == 401


def test_basic_takes_a_password_or_a_token(browser: Browser) -> None:
    """As programs send it that know nothing else; and a token only with its owner's login."""
    client = browser()
    enter(client, "dora")
    secret, _ = made_token(client, Scope.ACCOUNT)
    for login, proof, status in (
        ("dora", PASSWORD, 200),
        ("dora", secret, 200),
        ("", secret, 200),
        ("cleo", secret, 401),
        ("dora", "not this one", 401),
    ):
        header = {"Authorization": f"Basic {b64encode(f'{login}:{proof}'.encode()).decode()}"}
        assert browser().get("/api/v1/me", headers=header).status_code == status


def test_nothing_shown_holds_a_hash(browser: Browser, service: Service) -> None:
    """No page and no answer tells a password's hash or a secret's digest."""
    client = browser()
    enter(client, "ada")
    made_token(client, Scope.READ)
    person = stored(service, "billot")
    for address in (
        "/me",
        "/me/tokens",
        "/desk/people",
        f"/desk/people/of/{person.identifier}",
        "/api/v1/me",
        "/api/v1/people",
        f"/api/v1/people/{person.identifier}",
        "/desk/log",
    ):
        for headers in (AS_JSON, {}):
            answer = client.get(address, headers=headers)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
            assert "argon2" not in answer.text
            assert "digest" not in answer.text


def test_delegation_by_its_page(browser: Browser, service: Service) -> None:
    """A PI finds a registered person, shares, edits and takes back; nobody else can touch it."""
    client, other = browser(), browser()
    owner, stranger = enter(client, "billot"), enter(other, "dora")
    page = client.get("/me/delegations", params={"observation": "OR-1", "person": "cl"})
    assert 'value="cleo"' in page.text
    assert owner.send("/me/delegations", request="OR-1", delegate="cleo").status_code == 303
    (given,) = client.get("/api/v1/me/delegations").json()["given"]
    assert (given["delegate"], given["in_force"]) == ("cleo", True)
    assert stranger.send("/me/delegations/cancel", delegation=given["identifier"]).status_code == 404
    assert stranger.send("/me/delegations", request="OR-1", delegate="dora").status_code == 403
    edited = owner.send(
        "/me/delegations/edit", delegation=given["identifier"], until="2090-01-31", note="for the paper"
    )
    assert edited.status_code == 303
    (given,) = client.get("/api/v1/me/delegations").json()["given"]
    assert (given["until"], given["note"]) == ("2090-02-01T00:00:00.000000Z", "for the paper")
    assert 'name="until" type="date" value="2090-01-31"' in client.get("/me/delegations").text
    by_program = client.patch(
        f"/api/v1/me/delegations/{given['identifier']}",
        json={"until": "2090-03-31"},
        headers={"X-CSRF-Token": token_in(client)},
    )
    assert by_program.json()["until"] == "2090-04-01T00:00:00.000000Z"
    assert owner.send("/me/delegations/cancel", delegation=given["identifier"]).status_code == 303
    (given,) = client.get("/api/v1/me/delegations").json()["given"]
    assert given["in_force"] is False


@pytest.mark.parametrize("until", ["2026-02-30", "yesterday", "2020-01-01", "010"])
def test_a_day_that_is_none_is_told(browser: Browser, until: str) -> None:
    """The form comes back with what is wrong with the day."""
    visitor = enter(browser(), "billot")
    answer = visitor.send("/me/delegations", request="OR-1", delegate="cleo", until=until)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_my_queries_are_mine(browser: Browser) -> None:
    """A search is saved with name and description, opened as it was, not seen by others, and deleted."""
    client, other = browser(), browser()
    owner, stranger = enter(client, "cleo"), enter(other, "dora")
    owner.send("/me/queries", name="Crab <b>", description="all of it", query="q=crab&level=N1")
    page = client.get("/me/queries").text
    assert 'href="/search?q=crab&amp;level=N1"' in page
    assert "Crab &lt;b&gt;" in page
    assert "Crab" not in other.get("/me/queries").text
    (kept,) = client.get("/api/v1/me/queries").json()
    assert stranger.send("/me/queries/delete", identifier=kept["identifier"]).status_code == 404
    assert owner.send("/me/queries/delete", identifier=kept["identifier"]).status_code == 303
    assert client.get("/api/v1/me/queries").json() == []


def test_a_search_leads_to_the_form_that_saves_it(browser: Browser) -> None:
    """Who is logged in is offered the form with the search filled in as it was asked; a stranger is not."""
    client = browser()
    address = "/search?q=crab+%26+co&level=N1"
    assert "/me/queries" not in client.get(address).text
    enter(client, "cleo")
    assert "/me/queries?query=" not in client.get("/search").text, "there is nothing to save"
    link = re.search(r'href="(/me/queries\?query=[^"]+)"', client.get(address).text)
    assert link is not None
    assert 'name="query" value="q=crab+%26+co&amp;level=N1"' in client.get(html.unescape(link[1])).text


def test_registration_goes_all_its_way(browser: Browser, service: Service) -> None:
    """Asked for, confirmed by the mail's button only, approved at the desk, logged in."""
    client, desk = browser(), browser()
    asked = {"login": "newcomer", "name": "New Comer", "email": "new@example.org", "password": PASSWORD}
    asked["agreed"] = "true"
    told = Visitor(client).send("/register", **asked)
    again = Visitor(browser()).send("/register", **asked)
    assert (told.status_code, _plain(told.text)) == (again.status_code, _plain(again.text))
    secret = _mailed(service, "verify")
    for _ in range(3):
        client.get("/verify", params={"secret": secret})
    assert stored(service, "newcomer").email_verified_at is None
    assert Visitor(client).send("/verify", secret=secret).status_code == 200
    assert Visitor(client).send("/login", login="newcomer", password=PASSWORD).status_code == 401
    visitor = enter(desk, "ada")
    assert "newcomer" in desk.get("/desk/approvals").text
    visitor.send("/desk/approvals/approve", person=stored(service, "newcomer").identifier)
    assert stored(service, "newcomer").state == State.ACTIVE
    enter(client, "newcomer")


def test_a_registration_at_fault_comes_back_filled(browser: Browser) -> None:
    """The empty form is shown, and one with a weak password comes back with what was entered but that."""
    client = browser()
    assert 'name="purpose"' in client.get("/register").text
    answer = Visitor(client).send(
        "/register",
        login="weak",
        name="W. Eak",
        email="weak@example.org",
        password="short words",
        agreed="true",
    )
    assert answer.status_code == 422
    assert 'value="W. Eak"' in answer.text
    assert "short words" not in answer.text


def test_who_registers_agrees_to_what_is_kept_of_him(browser: Browser, service: Service) -> None:
    """The form leads to what is kept; unticked it comes back and makes no account, ticked the log has it."""
    client = browser()
    form = client.get("/register").text
    assert re.search(r'<input name="agreed" type="checkbox"[^>]* required', form)
    assert 'href="/help#privacy"' in form
    told = client.get("/help").text.partition('id="privacy"')[2].partition("</dl>")[0]
    for word in ("Why", "Who sees it", "How long", "Cookies", "Your rights", "GDPR"):
        assert word in told, word
    asked = {"login": "wary", "name": "W. Ary", "email": "wary@example.org", "password": PASSWORD}
    back = Visitor(client).send("/register", **asked)
    assert (back.status_code, "tick that you agree" in back.text, PASSWORD in back.text) == (422, True, False)
    with service.database.reading() as connection:
        assert people.by_login(connection, "wary") is None
    assert Visitor(client).send("/register", **asked, agreed="true").status_code == 202
    lines = [json.loads(line) for line in path_of(service.archive.home).read_text("utf-8").splitlines()]
    (line,) = [line for line in lines if line["event"] == "registration"][-1:]
    assert (line["subject"], line["facts"]["agreed"]) == (
        stored(service, "wary").identifier,
        "what is kept of people",
    )


def test_a_password_is_set_anew_by_mail(browser: Browser, service: Service) -> None:
    """The answer tells nothing of who has an account; the link works once."""
    client = browser()
    account(service, "forgetful")
    known = Visitor(client).send("/reset", login="forgetful")
    unknown = Visitor(browser()).send("/reset", login="nobody-at-all")
    assert (known.status_code, _plain(known.text)) == (unknown.status_code, _plain(unknown.text))
    secret = _mailed(service, "reset")
    fresh = "seven entirely other words 4"
    assert Visitor(client).send("/reset/password", secret=secret, password="short").status_code == 422
    done = Visitor(client).send("/reset/password", secret=secret, password=fresh)
    assert done.status_code == 303
    assert "Your new password is set" in client.get(done.headers["location"]).text
    assert "Your new password" not in client.get("/login?told=anything").text
    assert Visitor(client).send("/reset/password", secret=secret, password=fresh).status_code == 422
    assert Visitor(client).send("/login", login="forgetful", password=fresh).status_code == 303


def _plain(page: str) -> str:
    """A page without what is bound to one browser."""
    return re.sub(r'name="csrf" value="[^"]*"', "", page)


def _mailed(service: Service, page: str) -> str:
    """The secret of the newest mail that links to a page."""
    from oais.functions.mailing import send_due

    send_due(service)
    box = Path(service.archive.home / "mail" / "new")
    letters = sorted(box.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    texts = [path.read_text("utf-8").replace("=\n", "").replace("=3D", "=") for path in letters]
    found = [match[1] for text in texts for match in re.finditer(rf"/{page}\?secret=([\w-]+)", text)]
    return found[-1]


def test_what_happened_stands_in_the_log(browser: Browser, service: Service) -> None:
    """Logins, failures and changed rights are told at the desk, and no address can be read there."""
    client = browser()
    Visitor(client).send("/login", login="billot", password="not the right words")
    enter(client, "ada")
    page = client.get("/desk/log")
    assert "login failed" in page.text
    assert "nothing was changed" in page.text
    assert read_log(service).broken is None
    assert "testclient" not in page.text


def test_the_panel_is_for_who_is_logged_in(browser: Browser) -> None:
    """Strangers find the login on the home page, people their panel with name and ways out."""
    client = browser()
    home = client.get("/").text
    assert 'name="password"' in home
    assert 'href="/help"' in home
    assert "Welcome" not in home
    enter(client, "billot")
    home = client.get("/").text
    assert 'name="password"' not in home
    for word in ("Welcome Billot", "Access delegation", "My queries", "My help", "Help page", "Log out"):
        assert word in home
    assert "/desk/" not in home


def test_accounts_are_leafed_through(browser: Browser, service: Service) -> None:
    """A page shows a hundred, each account stands on one page, and a question is kept while leafing."""
    with service.database.writing() as connection:
        for number in range(130):
            entry = Entry(f"many{number:03}", "One of <many>", f"many{number:03}@example.org")
            new_account(service, connection, entry, Role.REGISTERED, State.ACTIVE)
    client = browser()
    enter(client, "ada")
    question = "/desk/people?text=%3Cmany%3E&role=registered"
    first = client.get(question).text
    assert first.count('<a href="/desk/people/of/') == 100
    assert "Showing 1 to 100 of 130 accounts" in " ".join(first.split())
    (later,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = client.get(f"/desk/people{html.unescape(later)}").text
    assert "Showing 101 to 130 of 130 accounts" in " ".join(second.split())
    logins = re.findall(r">(many\d{3})<", first + second)
    assert logins == [f"many{number:03}" for number in range(130)]
    assert client.get(f"{question}&page=2", headers=AS_JSON).json()["page"]["total"] == 130
    assert client.get(f"{question}&page=0").status_code == 400
    assert 'rel="next"' not in client.get("/desk/people?text=many00").text


def test_links_logins_and_tokens_outlive_the_server(tmp_path: Path) -> None:
    """Backed up and restored under another address, all that people hold goes on as it was (EH-23)."""
    old = open_service(initialise(tmp_path / "home", name="People"))
    account(old, "dora")
    site = create_app(old.archive, service=old)
    client = TestClient(site, base_url="http://localhost", follow_redirects=False)
    enter(client, "dora", remember="true")
    secret, _ = made_token(client, Scope.ACCOUNT)
    profile = {"name": "Mine", "data_sets": "generic"}
    saved = client.post("/api/v1/me/profiles", json=profile, headers={"X-CSRF-Token": token_in(client)})
    assert saved.status_code == 201, saved.text
    back_up(old.archive, tmp_path / "backup")
    old.database.close()
    shutil.rmtree(old.archive.home)
    shutil.copytree(tmp_path / "backup", tmp_path / "elsewhere")
    with (tmp_path / "elsewhere" / "oais.yaml").open("a") as settings:
        settings.write("base_url: https://new.example.org\n")
    archive = open_archive(tmp_path / "elsewhere")
    rebuild_index(archive)
    new = open_service(archive)
    server = TestClient(create_app(new.archive, service=new), base_url="https://new.example.org")
    told = server.get("/api/v1/me", headers=bearer(secret)).json()
    assert told["account"]["person"]["login"] == "dora"
    cookie = {"Cookie": f"__Host-oais-session={client.cookies['oais-session']}"}
    kept = server.get("/me/queries", headers=cookie | AS_JSON).json()["profiles"]
    assert [profile["name"] for profile in kept] == ["Mine"]
    new.database.close()
