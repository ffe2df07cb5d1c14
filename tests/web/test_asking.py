"""Asking for access on the page of closed data: whom it reaches, how often, and what it tells nobody."""

from __future__ import annotations

import json
import mailbox
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive
from oais.database import requests
from oais.database.requests import Owner
from oais.functions.administration import initialise
from oais.functions.data_management import rebuild_index
from oais.functions.mailing import send_due
from oais.functions.notifications import wishes
from oais.functions.people.accounts import disable
from oais.functions.people.authority import OPERATOR
from oais.functions.security_log import path_of
from oais.functions.service import Service, open_service
from oais.information.representation.inspection import Inspector
from oais.web.app import create_app
from policies.principals import Role
from tests.functions.embargoed import REQUEST, RULES, deliver
from tests.functions.serving import StillClock
from tests.web.people import PASSWORD, Visitor, account, enter

HIDDEN = RULES.replace("nodes:", "  secret: {metadata: hidden, data: closed, reason: x}\nnodes:").replace(
    "policy: observers", "policy: secret"
)
CLOSED = RULES.replace(
    "nodes:", "  team: {metadata: public, data: closed, reason: x, contact: team@example.org}\nnodes:"
).replace("policy: observers", "policy: team")
VISIT = "/visit?of=Various%3AOR%201/V1"
WISH = {"about": "V1@v1", "purpose": "To compare it with our own <b>photometry</b>.\nBcc: eve@example.org"}


class Site:
    """The archive with its people, a clock, and the mail it sent."""

    def __init__(self, service: Service, clock: StillClock) -> None:
        self.service, self.clock = service, clock

    def browser(self) -> TestClient:
        """A browser that was never here."""
        app = create_app(self.service.archive, service=self.service)
        return TestClient(app, base_url="http://localhost", follow_redirects=False)

    def asks(self, login: str) -> Visitor:
        """Somebody logged in."""
        return enter(self.browser(), login)

    def mails(self) -> list[tuple[str, str]]:
        """To whom which texts went about access; the outbox is emptied."""
        while send_due(self.service):
            pass
        folder = mailbox.Maildir(self.service.archive.home / "mail", create=True)
        told = [
            (mail["To"], mail.get_payload(decode=True).decode())  # type: ignore[union-attr]
            for mail in folder
            if mail["Subject"] == "Somebody asks for access"
        ]
        folder.clear()
        return sorted(told)

    def rule(self, text: str) -> None:
        """Put other rules in force."""
        (self.service.archive.home / "policies" / "access.yaml").write_text(text)


@pytest.fixture
def site(tmp_path: Path, inspector: Inspector) -> Site:
    """Two visits of a request of pia's and of dora's, who is disabled; two of the staff and a reader."""
    clock = StillClock()
    archive: Archive = replace(initialise(tmp_path / "home", name="Embargoed"), clock=clock)
    (archive.home / "policies" / "access.yaml").write_text(RULES)
    for visit in ("V1", "V2"):
        deliver(archive, inspector, tmp_path, visit, f"observation_request: OR 1\nvisit: {visit}\n")
    rebuild_index(archive)
    service = open_service(archive)
    for login, role in (
        ("keeper", Role.ARCHIVIST),
        ("boss", Role.ADMINISTRATOR),
        ("reader", Role.REGISTERED),
    ):
        account(service, login, role)
    for login in ("pia", "dora"):
        owner = account(service, login)
        with service.database.writing() as connection:
            requests.assign(connection, [Owner(REQUEST, owner.identifier, "PI")])
    disable(service, OPERATOR, "dora")
    return Site(service, clock)


def test_a_wish_reaches_the_owner_and_the_archivists_once(site: Site) -> None:
    """From the button of the page to one letter each; asked again it is told so and nothing is sent."""
    reader = site.asks("reader")
    for address, about in (("/aip/V1", "V1@v1"), (VISIT, "V1"), ("/me/ask?about=V1", "V1")):
        page = reader.client.get(address).text
        form = page[page.index('action="/me/ask"') :].partition("</form>")[0]
        assert re.search(f'name="about"[^>]* value="{about}"', form)
        assert 'name="purpose"' in form
        assert "with your name, username and e-mail address" in page
    sent = reader.send("/me/ask", **WISH)
    assert sent.status_code == 202
    assert "passed on to those who decide" in sent.text
    letters = dict(site.mails())
    assert set(letters) == {"pia@example.org", "keeper@example.org", "boss@example.org"}
    for text in letters.values():
        assert "Reader (reader, reader@example.org) asks for the data of V1@v1" in text
        assert "    Bcc: eve@example.org" in text
        assert "/aip/V1/v1\n" in text
    assert "/me/delegations?observation=generic:OR%201&person=reader" in letters["pia@example.org"]
    assert "/me/delegations" not in letters["keeper@example.org"]
    for told in ("pia", "keeper", "boss", "dora"):
        assert told not in sent.text
    again = reader.send("/me/ask", about="V1", purpose="Please!")
    assert (again.status_code, "You asked for these data before" in again.text) == (202, True)
    assert site.mails() == []
    lines = [json.loads(line) for line in path_of(site.service.archive.home).read_text("utf-8").splitlines()]
    assert [line["subject"] for line in lines if line["event"] == "access asked"] == ["V1@v1"]


def test_strangers_and_those_who_have_the_data_are_not_offered_it(site: Site) -> None:
    """A stranger is asked to log in; the owner, and whoever asks for open data, is told why not."""
    stranger = site.browser()
    page = stranger.get("/aip/V1").text
    assert "/me/ask" not in page
    assert 'href="/login?next=/aip/V1"' in page
    button = re.search(r'href="/login\?next=([^"]+)"', stranger.get(VISIT).text)
    assert button is not None
    assert unquote(button[1]) == VISIT
    assert f'name="next" value="{VISIT}"' in stranger.get(f"/login?next={button[1]}").text
    assert stranger.get("/me/ask?about=V1").status_code == 401
    assert Visitor(stranger).send("/me/ask", **WISH).status_code == 401
    pia = site.asks("pia")
    assert "/me/ask" not in pia.client.get("/aip/V1").text
    assert pia.send("/me/ask", **WISH).status_code == 403
    assert site.mails() == []


def test_a_wish_tells_nothing_of_what_is_hidden(site: Site) -> None:
    """The form is the same for any name, and a wish for hidden data is answered as one for none at all."""
    site.rule(HIDDEN)
    reader = site.asks("reader")
    forms, answers = [], []
    for name in ("V1", "V9"):
        forms.append(
            re.sub(r'name="csrf" value="[^"]*"', "", reader.client.get(f"/me/ask?about={name}").text)
        )
        answers.append(reader.send("/me/ask", about=name, purpose="please"))
    assert forms[0].replace("V1", "V9") == forms[1]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace("V1", "V9") == answers[1].text
    assert site.mails() == []
    assert "access asked" not in path_of(site.service.archive.home).read_text("utf-8")


def test_the_contact_of_a_policy_is_asked_too(site: Site) -> None:
    """Data that nobody's request owns go to the contact, if it is an address, and to the archivists."""
    site.rule(CLOSED)
    answer = site.browser().post("/api/v1/me/wishes", json=WISH, auth=("reader", PASSWORD))
    assert (answer.status_code, answer.json()) == (202, {"about": "V1@v1", "new": True})
    assert [to for to, _ in site.mails()] == ["boss@example.org", "keeper@example.org", "team@example.org"]


def test_wishes_are_few_and_say_what_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a purpose, or with one too long, the form comes back; past a day's number there is a 429."""
    monkeypatch.setattr(wishes, "MOST_A_DAY", 1)
    reader = site.asks("reader")
    for purpose in (" ", "x" * 1_001):
        back = reader.send("/me/ask", about="V1", purpose=purpose)
        assert back.status_code == 422
        assert "1 to 1000 characters" in back.text
    assert reader.send("/me/ask", **WISH).status_code == 202
    full = reader.send("/me/ask", about="V2", purpose="please")
    assert full.status_code == 429
    assert int(full.headers["retry-after"]) > 0
    site.clock.move(hours=24, seconds=1)
    assert site.asks("reader").send("/me/ask", about="V2", purpose="please").status_code == 202
