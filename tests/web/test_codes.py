"""Access codes at the site: asked for, mailed, typed, and nothing learned by asking (table H, H1 to H8)."""

from __future__ import annotations

import json
import logging
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, open_archive
from oais.functions.access.question import Question
from oais.functions.codes import ALPHABET
from oais.functions.mailing import send_due
from oais.functions.notifications import subscribe, subscriptions_of
from oais.functions.notifications.subscriptions import unsubscribe_link
from oais.functions.service import Service, open_service
from oais.web.app import create_app
from policies.access import Role
from tests.functions.serving import StillClock
from tests.web.conftest import CURVE_FILE, CURVE_URL, HOUSEKEEPING, LIGHT_CURVE, copied
from tests.web.people import ORIGIN, PASSWORD, account, enter

AS_PAGE = {"Accept": "text/html"}
CODE = re.compile(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")
RULES = """\
  coded:
    metadata: public
    data: email-code
    reason: a valid address is asked
  closely:
    metadata: public
    data: account
    code: true
    reason: registered people with a code
nodes:
  - {node: tess/n1, policy: coded}
  - {node: tess/hk, policy: closely}
"""


@dataclass(frozen=True)
class Place:
    """A site whose light curves ask for a code."""

    service: Service
    clock: StillClock

    def browser(self, place: str = "testclient") -> TestClient:
        """A browser that was never here, and the address it comes from."""
        app = create_app(self.service.archive, service=self.service)
        return TestClient(app, base_url="http://localhost", follow_redirects=False, client=(place, 50_000))

    def mailed(self) -> list[tuple[str, str]]:
        """Whom was mailed which code; the outbox is emptied."""
        send_due(self.service)
        folder = mailbox.Maildir(self.service.archive.home / "mail", create=True)
        told: list[tuple[str, str]] = []
        for mail in folder:
            text = str(mail.get_payload(decode=True), "utf-8")  # type: ignore[arg-type]
            told.extend((mail["To"], code) for code in CODE.findall(text))
        folder.clear()
        return told


@pytest.fixture
def place(archive: Archive, tmp_path: Path) -> Iterator[Place]:
    """A copy of the archive under rules that ask for codes, its clock in the test's hand."""
    clock = StillClock()
    home = tmp_path / "home"
    copied(archive, home)
    rules = home / "policies" / "access.yaml"
    rules.write_text(rules.read_text("utf-8").replace("nodes: []\n", RULES), "utf-8")
    clock.now = archive.clock()
    service = open_service(open_archive(home, clock=clock))
    yield Place(service, clock)
    service.database.close()


def send(browser: TestClient, page: str, **fields: str) -> httpx2.Response:
    """Send a form of the page as the page itself would."""
    token = browser.get("/code").text.partition('name="csrf" value="')[2].partition('"')[0]
    return browser.post(page, data={"csrf": token, **fields}, headers=ORIGIN)


def shape(answer: httpx2.Response) -> tuple[int, str, list[tuple[str, str]]]:
    """An answer without what is random in each: the form's token, the browser's cookie and the reference."""
    text = re.sub(r'name="csrf" value="[^"]*"', "", answer.text)
    text = re.sub(r'"request": "[^"]*"', "", text)
    headers = sorted((name, value) for name, value in answer.headers.items() if name != "set-cookie")
    return answer.status_code, text, headers


def test_an_address_opens_downloads_without_anybody(place: Place) -> None:
    """Refused, asked, mailed, typed, and back where one came from; then the very bytes."""
    browser = place.browser()
    refused = browser.get(CURVE_URL, headers=AS_PAGE)
    assert refused.status_code == 403
    way = re.search(r'href="(/code\?next=[^"]+)"', refused.text)
    assert way is not None
    assert browser.get(way[1]).status_code == 200
    asked = send(browser, "/code", address="Ada@Example.org", next=CURVE_URL)
    assert asked.status_code == 202
    ((to, code),) = place.mailed()
    assert to == "Ada@example.org"
    used = send(browser, "/code/use", code=code.lower(), next=CURVE_URL)
    assert (used.status_code, used.headers["location"]) == (303, CURVE_URL)
    curve = browser.get(CURVE_URL)
    assert curve.content == CURVE_FILE.read_bytes()
    assert "no-store" in curve.headers["cache-control"]
    assert "Downloads are open in this browser" in browser.get("/code").text
    assert place.browser().get(CURVE_URL).status_code == 403
    place.clock.move(hours=24)
    assert browser.get(CURVE_URL).status_code == 403


def test_the_cookie_names_nobody_and_is_out_of_reach(place: Place) -> None:
    """It is for this host, not for scripts, and ends with the downloads."""
    browser = place.browser()
    send(browser, "/code", address="ada@example.org")
    used = send(browser, "/code/use", code=place.mailed()[0][1])
    (cookie,) = [value for value in used.headers.get_list("set-cookie") if "oais-downloads" in value]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=86400" in cookie
    assert "ada" not in cookie


def test_opening_links_uses_nothing_up(place: Place) -> None:
    """A scanner that reads every page ten times, also with the code in the address, changes nothing."""
    browser = place.browser()
    send(browser, "/code", address="ada@example.org")
    ((_, code),) = place.mailed()
    for scanner in (place.browser(), browser):
        for address in ("/code", f"/code?code={code}", f"/code/use?code={code}"):
            for _ in range(10):
                assert scanner.get(address).status_code in {200, 400, 405}
                scanner.head(address)
    assert send(place.browser(), "/code/use", code=code).status_code == 403
    assert send(browser, "/code/use", code=code).status_code == 303


def test_a_form_of_another_site_mails_nothing(place: Place) -> None:
    """Without the token of this browser neither form is taken."""
    browser = place.browser()
    for address in ("/code", "/code/use"):
        answer = browser.post(address, data={"address": "ada@example.org"}, headers=ORIGIN)
        assert answer.status_code == 403
    foreign = {"Origin": "https://evil.example"}
    assert (
        browser.post("/api/v1/codes", json={"address": "a@example.org"}, headers=foreign).status_code == 403
    )
    assert place.mailed() == []


@pytest.mark.parametrize("api", [False, True], ids=["page", "program"])
def test_the_answer_is_the_same_whatever_is_known(place: Place, api: bool) -> None:
    """A new address, one with an account, one past its limit: same status, words and headers."""
    account(place.service, "ada")

    def wish(address: str) -> tuple[int, str, list[tuple[str, str]]]:
        browser = place.browser()
        if api:
            return shape(browser.post("/api/v1/codes", json={"address": address}))
        return shape(send(browser, "/code", address=address))

    answers = [wish(address) for address in ("new@example.org", *["ada@example.org"] * 5)]
    assert answers == [answers[0]] * 6
    assert answers[0][0] == 202
    assert len(place.mailed()) == 4


def test_the_answer_is_given_before_the_wish_is_looked_at(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes time, and differs, begins when the answer has been sent, so its time tells nothing."""
    order: list[str] = []
    monkeypatch.setattr("oais.web.site.codes.issue_code", lambda *_: order.append("issued"))
    browser = place.browser()
    answer = send(browser, "/code", address="ada@example.org")
    assert answer.status_code == 202
    assert order == ["issued"]

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("oais.web.site.codes.issue_code", fail)
    quiet = TestClient(
        browser.app, base_url="http://localhost", raise_server_exceptions=False, cookies=browser.cookies
    )
    assert shape(send(quiet, "/code", address="ada@example.org"))[:2] == shape(answer)[:2]


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@b@c", "a@example.org, b@example.org", "a@example.org\r\nBcc: b@example.org", "<b>@x"],
)
def test_what_is_no_address_is_told_in_words(place: Place, address: str) -> None:
    """422 with what is expected, on the page and for programs, and nothing is mailed."""
    page = send(place.browser(), "/code", address=address)
    assert page.status_code == 422
    assert "is not a valid address; expected one such as name@example.org" in page.text
    assert "<b>@x" not in page.text
    told = place.browser().post("/api/v1/codes", json={"address": address})
    assert told.status_code == 422
    assert "not a valid address" in told.json()["detail"]
    assert place.mailed() == []


def test_every_wrong_code_gets_the_same_answer(place: Place) -> None:
    """Mistyped, used, of another browser or too old: one status and one text."""
    browser = place.browser()
    send(browser, "/code", address="ada@example.org")
    ((_, code),) = place.mailed()
    answers = [
        send(browser, "/code/use", code="ABCD-EFGH-JKMN"),
        send(place.browser(), "/code/use", code=code),
    ]
    assert send(browser, "/code/use", code=code).status_code == 303
    answers.append(send(browser, "/code/use", code=code))
    stranger = place.browser()
    send(stranger, "/code", address="eve@example.org")
    late = place.mailed()[0][1]
    place.clock.move(minutes=10)
    answers.append(send(stranger, "/code/use", code=late))
    faults = [re.findall(r'role="alert">([^<]*)<', answer.text) for answer in answers]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert faults == [faults[0]] * 4


def test_a_program_keeps_its_request_in_place_of_a_cookie(place: Place) -> None:
    """Asked and given back in JSON; without the request the code is worth nothing."""
    program = place.browser()
    asked = program.post("/api/v1/codes", json={"address": "ada@example.org"})
    ((_, code),) = place.mailed()
    other = {"request": "x" * 43, "code": code}
    assert program.post("/api/v1/codes/use", json=other).status_code == 403
    for broken in ({"code": code}, {**other, "request": "\ud800" * 43}, {**other, "more": "x"}):
        body = json.dumps(broken)
        told = program.post("/api/v1/codes/use", content=body, headers={"Content-Type": "application/json"})
        assert told.status_code == 422
    used = program.post("/api/v1/codes/use", json={"request": asked.json()["request"], "code": code})
    assert used.status_code == 200
    assert set(used.json()) == {"until"}
    assert program.get(CURVE_URL).content == CURVE_FILE.read_bytes()


def test_an_account_gets_its_code_at_its_own_address(place: Place) -> None:
    """Nobody can name another address for it, and the code confirms the session that typed it."""
    account(place.service, "ada")
    browser = place.browser()
    enter(browser, "ada")
    assert 'name="address"' not in browser.get("/code").text
    send(browser, "/code", address="eve@example.org")
    ((to, code),) = place.mailed()
    assert to == "ada@example.org"
    assert send(browser, "/code/use", code=code).status_code == 303
    assert "A code was given in this session" in browser.get("/code").text
    assert browser.get(CURVE_URL).status_code == 200


def test_a_policy_can_ask_for_a_code_besides_the_login(place: Place) -> None:
    """Neither the login nor a stranger's code is enough; both together are."""
    account(place.service, "ada")
    browser = place.browser()
    told = browser.get(f"/aip/{HOUSEKEEPING}", headers={"Accept": "application/json"}).json()
    file = f"/aip/{HOUSEKEEPING}/v1/files/{told['products'][0]['path']}"
    send(browser, "/code", address="eve@example.org")
    send(browser, "/code/use", code=place.mailed()[0][1])
    assert browser.get(file).status_code == 401
    logged_in = place.browser()
    enter(logged_in, "ada")
    assert logged_in.get(file).status_code == 403
    send(logged_in, "/code")
    send(logged_in, "/code/use", code=place.mailed()[0][1])
    assert logged_in.get(file).status_code == 200


def test_the_code_is_nowhere_but_in_the_mail(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """No page, header, log line, database or event repeats it."""
    browser = place.browser()
    seen = []
    with caplog.at_level(logging.DEBUG):
        seen.append(send(browser, "/code", address="canary@example.org"))
        ((_, code),) = place.mailed()
        seen.append(send(browser, "/code/use", code=code))
        seen.append(send(browser, "/code/use", code=code))
    told = "".join(f"{answer.headers}{answer.text}" for answer in seen)
    kept = b"".join(
        path.read_bytes()
        for path in place.service.archive.home.rglob("*")
        if path.is_file() and "aip" not in path.parts
    )
    logged = "".join(line.getMessage() for line in caplog.records)
    for secret in (code, code.replace("-", "")):
        assert secret not in told + logged
        assert secret.encode() not in kept
    assert b"canary@example.org" not in kept


@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example", "/\\evil.example", "/logout"])
def test_next_leads_to_pages_of_ours_only(place: Place, evil: str) -> None:
    """An address of another site is forgotten; one stays on the page of codes."""
    browser = place.browser()
    assert "evil" not in browser.get("/code", params={"next": evil}).text
    send(browser, "/code", address="ada@example.org", next=evil)
    used = send(browser, "/code/use", code=place.mailed()[0][1], next=evil)
    assert (used.status_code, used.headers["location"]) == (303, "/code")


def test_a_subscription_is_made_and_ended_on_its_page(place: Place) -> None:
    """A place of the tree and a search; a search that cannot be understood is told."""
    ada = account(place.service, "ada").identifier
    browser = place.browser()
    me = enter(browser, "ada")
    assert me.send("/me/subscriptions", query="node=tess/n1").status_code == 303
    assert me.send("/me/subscriptions", query="cone=nowhere").status_code == 422
    (made,) = subscriptions_of(place.service, ada)
    assert made.name == "tess/n1"
    assert "tess/n1" in browser.get("/me/subscriptions").text
    assert "/me/subscriptions?query=node%3Dtess/n1" in browser.get("/tree/tess/n1").text
    assert me.send("/me/subscriptions/end", identifier=made.identifier).status_code == 303
    assert subscriptions_of(place.service, ada) == []


def test_a_program_subscribes_too(place: Place) -> None:
    """The same in JSON, for its own account only."""
    account(place.service, "ada")
    account(place.service, "bob")
    address, ada, bob = "/api/v1/subscriptions", ("ada", PASSWORD), ("bob", PASSWORD)
    program = place.browser()
    assert program.get(address).status_code == 401
    made = program.post(address, json={"query": "node=tess"}, auth=ada)
    assert made.status_code == 201
    assert program.post(address, json={"query": "time=never"}, auth=ada).status_code == 400
    told = program.get(address, auth=ada).json()["subscriptions"]
    assert [item["name"] for item in told] == ["tess"]
    one = f"{address}/{made.json()['identifier']}"
    assert program.delete(one, auth=bob).status_code == 404
    assert program.delete(one, auth=ada).status_code == 204
    assert program.get(address, auth=ada).json() == {"subscriptions": []}


def test_the_link_of_a_letter_ends_a_subscription_by_its_button_only(place: Place) -> None:
    """Opening it, however often, ends nothing; the button does, without a login."""
    ada = account(place.service, "ada").identifier
    made = subscribe(place.service, ada, "all", Question(node="tess"))
    path = unsubscribe_link(place.service, made).removeprefix(place.service.archive.settings.base_url)
    browser = place.browser()
    for _ in range(3):
        assert browser.get(path).status_code == 200
    assert len(subscriptions_of(place.service, ada)) == 1
    assert send(browser, f"{path}0").status_code == 404
    assert send(browser, path).status_code == 200
    assert subscriptions_of(place.service, ada) == []


@pytest.mark.parametrize(
    "page", [f"/aip/{LIGHT_CURVE}", "/tree/tess/n1", CURVE_URL.replace("files", "products")]
)
def test_a_page_that_asks_for_a_code_is_come_back_to(place: Place, page: str) -> None:
    """Its link takes the way back along, and the page where the code was typed offers it."""
    browser = place.browser()
    link = re.search(r'href="(/code[^"]*)"', browser.get(page, headers=AS_PAGE).text)
    assert link is not None
    asking = browser.get(link[1], headers=AS_PAGE).text
    assert f'name="next" value="{page}"' in asking


def test_a_basket_leads_to_the_code_that_its_data_ask_for(place: Place) -> None:
    """Also where things are chosen; the way back is the address with what was asked."""
    browser = place.browser()
    choosing = browser.get("/choose?node=tess/n1", headers=AS_PAGE).text
    assert 'href="/code?next=/choose%3Fnode%3Dtess' in choosing
    send(browser, "/basket/picks", picks=f"{LIGHT_CURVE}@v1")
    basket = browser.get("/basket", headers=AS_PAGE).text
    assert 'href="/code?next=/basket"' in basket
    assert "Nothing of it may be downloaded now. 1 package may not" in " ".join(basket.split())


def test_downloads_are_told_by_country_and_by_nobody_s_address(place: Place) -> None:
    """From four countries over the site; three are shown, the one with four visitors is not (EH-39)."""
    visitors = {"fr": 5, "de": 6, "es": 5, "au": 3}
    for country, many in visitors.items():
        for number in range(many):
            browser = place.browser(f"198.51.{ord(country[0])}.{number}")
            send(browser, "/code", address=f"visitor{number}@institute.{country}")
            ((_, code),) = place.mailed()
            send(browser, "/code/use", code=code)
            for _ in range(2 if country == "de" else 1):
                assert browser.get(CURVE_URL).status_code == 200
    account(place.service, "keeper", Role.ARCHIVIST)
    keeper = place.browser()
    enter(keeper, "keeper")
    month = place.service.archive.now()[:7]
    told = keeper.get(f"/api/v1/usage?first={month}&last={month}").json()
    size = CURVE_FILE.stat().st_size
    assert {row["name"]: (row["visitors"], row["downloads"], row["size"]) for row in told["countries"]} == {
        "fr": (5, 5, 5 * size),
        "de": (6, 12, 12 * size),
        "es": (5, 5, 5 * size),
    }
    (sector,) = told["data_sets"]
    assert (sector["name"], sector["visitors"]) == ("tess/n1/light-curves/sector-5", 19)
    assert told["not_shown"] == 1
    page = " ".join(keeper.get("/desk/usage").text.split())
    for country in ("fr", "de", "es"):
        assert f"<td>{country}</td>" in page
    assert "<td>au</td>" not in page
    kept = b"".join(path.read_bytes() for path in place.service.archive.home.rglob("*") if path.is_file())
    assert b"institute.fr" not in kept
    assert b"visitor0@" not in kept
    assert b"198.51." not in kept
