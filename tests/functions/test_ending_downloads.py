"""A right that ends while a download runs ends the download, whatever the right was (table J, row J4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import FileIO
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, open_archive
from oais.database import requests
from oais.database.requests import Owner
from oais.files import open_sealed
from oais.functions.codes import DOWNLOADS_LAST, code_request, issue_code, redeem_code
from oais.functions.data_management import rebuild_index
from oais.functions.ingest import ingest
from oais.functions.mailing import send_due
from oais.functions.orders import handouts, packages
from oais.functions.people.accounts import disable
from oais.functions.people.authority import OPERATOR
from oais.functions.people.delegation import cancel_delegation, delegate
from oais.functions.people.sessions import end_other_sessions
from oais.functions.people.tokens import make_token, revoke_token
from oais.functions.service import Service, open_service
from oais.information.representation.inspection import Inspector
from oais.mail import Maildir
from oais.web import downloads
from oais.web.app import create_app
from tests.functions.deliveries import TAGS, write_bag
from tests.functions.embargoed import REQUEST, RULES, SECRET
from tests.functions.serving import StillClock
from tests.web.people import PASSWORD, account, enter

CONTENT = bytes(range(256)) * 2048
STEP = 1 << 14
FILE = f"/aip/V1/v1/files/{SECRET}"
PACKAGE = "/api/v1/package?pick=V1@v1"
CODED = RULES.replace("policy: observers", "policy: coded").replace(
    "policies:", "policies:\n  coded: {metadata: public, data: email-code, reason: an address is asked}"
)

Ending = Callable[[], object]
"""What takes the right away."""


@dataclass(frozen=True)
class Place:
    """A site with one file under an embargo, whose PI is ``pi``, and the time in the test's hand."""

    service: Service
    clock: StillClock

    def browser(self) -> TestClient:
        """A browser that was never here; what is broken off comes back as far as it came."""
        app = create_app(self.service.archive, service=self.service)
        return TestClient(app, base_url="http://localhost", follow_redirects=False)

    def owner(self) -> str:
        """Enter the PI of the request and return the identifier."""
        person = account(self.service, "pi").identifier
        with self.service.database.writing() as connection:
            requests.assign(connection, [Owner(REQUEST, person, "PI")])
        return person


@pytest.fixture
def place(
    archive: Archive, inspector: Inspector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """Limits are a thousandth of the real ones, and so is the file."""
    (archive.home / "policies" / "access.yaml").write_text(RULES)
    tags = {**TAGS, "Submission-Agreement": "generic", "External-Identifier": "V1"}
    words = {"metadata/submission.yaml": b"observation_request: OR 1\nvisit: V1\n"}
    bag = write_bag(tmp_path / "V1.bag", {"secret.csv": CONTENT}, tags, extra_tags=words)
    assert ingest(archive, bag, inspector).receipt.status == "accepted"
    rebuild_index(archive)
    clock = StillClock()
    clock.now = archive.clock()
    service = open_service(open_archive(archive.home, clock=clock))
    for module, name, size in (
        (downloads, "BLOCK", STEP // 4),
        (downloads, "ASKED_EVERY", STEP),
        (handouts, "_BLOCK", STEP // 4),
        (handouts, "ASKED_EVERY", STEP),
        (packages, "_FRESH_FOR", 1),
    ):
        monkeypatch.setattr(module, name, size)
    yield Place(service, clock)
    service.database.close()


def by_session(place: Place) -> tuple[TestClient, Ending]:
    """The owner's browser; he ends its session from elsewhere."""
    owner, browser = place.owner(), place.browser()
    enter(browser, "pi")
    return browser, lambda: end_other_sessions(place.service, owner)


def by_account(place: Place) -> tuple[TestClient, Ending]:
    """The owner's browser; his account is disabled."""
    owner, browser = place.owner(), place.browser()
    enter(browser, "pi")
    return browser, lambda: disable(place.service, OPERATOR, owner)


def by_token(place: Place) -> tuple[TestClient, Ending]:
    """A program of the owner's, by a token that is revoked."""
    owner, browser = place.owner(), place.browser()
    made = make_token(place.service, owner, owner, "program", ["read", "download"])
    browser.headers["Authorization"] = f"Bearer {made.secret}"
    return browser, lambda: revoke_token(place.service, owner, made.token.identifier)


def by_expired_token(place: Place) -> tuple[TestClient, Ending]:
    """The same by a token whose time runs out."""
    browser, _ = by_token(place)
    return browser, lambda: place.clock.move(days=91)


def by_password(place: Place) -> tuple[TestClient, Ending]:
    """A program that gives name and password; the account is disabled."""
    owner, browser = place.owner(), place.browser()
    browser.auth = httpx2.BasicAuth("pi", PASSWORD)
    return browser, lambda: disable(place.service, OPERATOR, owner)


def by_delegation(place: Place) -> tuple[TestClient, Ending]:
    """A delegate's browser; the owner cancels the delegation."""
    owner, browser = place.owner(), place.browser()
    account(place.service, "dan")
    made = delegate(place.service, owner, REQUEST, "dan")
    enter(browser, "dan")
    return browser, lambda: cancel_delegation(place.service, owner, made.identifier)


def by_ended_delegation(place: Place) -> tuple[TestClient, Ending]:
    """The same by a delegation whose last moment comes."""
    owner, browser = place.owner(), place.browser()
    account(place.service, "dan")
    delegate(place.service, owner, REQUEST, "dan", until=place.clock.now + timedelta(minutes=1))
    enter(browser, "dan")
    return browser, lambda: place.clock.move(minutes=1)


def by_code(place: Place) -> tuple[TestClient, Ending]:
    """A stranger's browser that gave a code; its day is over."""
    service, browser = place.service, place.browser()
    (service.archive.home / "policies" / "access.yaml").write_text(CODED)
    wish = code_request(service, browser="b", network="n", address="ada@example.fr")
    issue_code(service, wish)
    send_due(service)
    code = re.search(r"\w{4}-\w{4}-\w{4}", Maildir(service.archive.home / "mail").newest())
    assert code is not None
    browser.cookies.set("oais-downloads", redeem_code(service, "b", code[0], network="n").secret)
    return browser, lambda: place.clock.move(days=DOWNLOADS_LAST.days)


RIGHTS = (
    by_session,
    by_account,
    by_token,
    by_expired_token,
    by_password,
    by_delegation,
    by_ended_delegation,
    by_code,
)


@pytest.mark.parametrize("right", RIGHTS)
def test_a_running_file_ends_with_the_right(
    place: Place, monkeypatch: pytest.MonkeyPatch, right: Callable[[Place], tuple[TestClient, Ending]]
) -> None:
    """With the right it comes whole; once the right has ended, at most two steps more are sent."""
    browser, end = right(place)
    assert browser.get(FILE).content == CONTENT

    def ended_meanwhile(path: Path, size: int, name: str) -> FileIO:
        end()
        return open_sealed(path, size, name)

    monkeypatch.setattr(downloads, "open_sealed", ended_meanwhile)
    broken = browser.get(FILE)
    assert broken.status_code == 200
    assert len(broken.content) <= 2 * STEP
    assert browser.get(FILE).status_code in {401, 403}


@pytest.mark.parametrize("right", RIGHTS)
def test_a_running_package_ends_with_the_right(
    place: Place, monkeypatch: pytest.MonkeyPatch, right: Callable[[Place], tuple[TestClient, Ending]]
) -> None:
    """A package that is made while it is sent is asked about before each of its files."""
    browser, end = right(place)
    whole = browser.get(PACKAGE)
    assert CONTENT in whole.content
    asked = packages.Watch.__call__

    def ended_meanwhile(watch: packages.Watch, item: object) -> None:
        asked(watch, item)  # type: ignore[arg-type]
        end()

    monkeypatch.setattr(packages.Watch, "__call__", ended_meanwhile)
    broken = browser.get(PACKAGE)
    assert broken.status_code == 200
    assert len(broken.content) < len(whole.content)
    assert browser.get(PACKAGE).status_code in {401, 403}


def test_a_code_of_a_browser_that_is_logged_in_lasts_while_it_downloads(place: Place) -> None:
    """Who has an account and gave a code as a stranger keeps the right of the code to the end of a file."""
    browser, _ = by_code(place)
    account(place.service, "rita")
    enter(browser, "rita")
    assert browser.get(FILE).content == CONTENT
