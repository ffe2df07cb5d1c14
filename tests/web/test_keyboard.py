"""The ways of people through the site with the keyboard alone, and without any script."""

from __future__ import annotations

import mailbox
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest
from playwright.sync_api import Browser, Download, Page

from oais.archive import Archive, open_archive
from oais.database import requests
from oais.database.requests import Owner
from oais.functions.data_management import rebuild_index
from oais.functions.mailing import send_due
from oais.functions.orders.building import Worker
from oais.functions.service import open_service
from oais.information.representation.inspection import Inspector
from policies.principals import Role
from tests.functions.embargoed import REQUEST, SECRET, deliver
from tests.web.conftest import CURVE_FILE, LIGHT_CURVE, copied
from tests.web.depositing import Depository, served
from tests.web.people import PASSWORD, account
from tests.web.test_browser import browser
from tests.web.test_codes import CODE

__all__ = ["browser"]

pytestmark = pytest.mark.browser

RULES = """
policies:
  open: {metadata: public, data: open, reason: free}
  coded: {metadata: public, data: email-code, reason: a valid address is asked}
  observers:
    metadata: public
    data: embargo
    rule: {after_last_visit: 12 months}
    reason: private to its owners
nodes:
  - {node: tess/n1, policy: coded}
  - {node: generic/products, policy: observers}
"""
MOST_TABS = 80
PATIENCE = 30.0
"""Seconds within which a letter must be there."""


@pytest.fixture(scope="module")
def site(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Depository]:
    """An archive with an administrator and a PI, served: open data, data for a code, and the PI's own."""
    folder = tmp_path_factory.mktemp("keyboard")
    copied(archive, folder / "home")
    (folder / "home" / "policies" / "access.yaml").write_text(RULES, "utf-8")
    opened = open_archive(folder / "home")
    with Inspector(workers=1) as inspector:
        deliver(opened, inspector, folder, "V1", "observation_request: OR 1\nvisit: V1\n")
    rebuild_index(opened)
    service = open_service(opened)
    account(service, "keeper", Role.ADMINISTRATOR)
    account(service, "dan")
    pia = account(service, "pia")
    with service.database.writing() as connection:
        requests.assign(connection, [Owner(REQUEST, pia.identifier, "PI")])
    with served(Depository(service, "")) as depository:
        yield depository


@dataclass(frozen=True)
class Hands:
    """Somebody without a mouse, whose browser runs no scripts."""

    page: Page
    site: Depository

    def open(self, path: str) -> None:
        """Type an address of the site."""
        self.page.goto(self.site.url + path)

    def move_to(self, pattern: str) -> None:
        """Press Tab until what is called so has the focus, which must then be seen."""
        passed: list[str] = []
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            at = self.page.locator(":focus")
            passed.append(" ".join(str(at.evaluate(_NAME)).split()) if at.count() else "")
            if re.search(pattern, passed[-1]):
                assert at.evaluate("e => getComputedStyle(e).outlineStyle") != "none"
                return
        pytest.fail(f"{self.page.url}: {pattern!r} is not among {passed}")

    def enter(self, pattern: str, text: str) -> None:
        """Write into a field."""
        self.move_to(pattern)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def press(self, pattern: str) -> None:
        """Press a button, or follow a link."""
        self.move_to(pattern)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def take(self, pattern: str) -> Download:
        """Follow a link that downloads."""
        self.move_to(pattern)
        with self.page.expect_download() as started:
            self.page.keyboard.press("Enter")
        return started.value

    def log_in(self, login: str) -> None:
        """Come in by the door of the site."""
        self.open("/")
        self.press(r"^Log in")
        self.enter("^Username", login)
        self.enter("^Password", PASSWORD)
        self.press("^Log in$")

    def reads(self, text: str) -> bool:
        """Whether a text stands on the page."""
        return text in self.page.locator("main").inner_text()


_NAME = "e => (e.labels?.length ? [...e.labels].map(one => one.innerText).join(' ') : e.innerText)"


@pytest.fixture
def hands(browser: Browser, site: Depository) -> Iterator[tuple[Hands, Hands]]:
    """Two people at browsers of their own."""
    contexts = [browser.new_context(java_script_enabled=False) for _ in range(2)]
    one, other = (Hands(context.new_page(), site) for context in contexts)
    yield one, other
    for context in contexts:
        context.close()


def letter(site: Depository, to: str) -> str:
    """The one letter to an address that nobody read yet."""
    box = mailbox.Maildir(site.service.archive.home / "mail")
    found: list[tuple[str, mailbox.MaildirMessage]] = []
    # A code is queued after its page was sent, so the letter may not be there at the first look.
    deadline = monotonic() + PATIENCE
    while not found and monotonic() < deadline:
        send_due(site.service)
        found = [(key, mail) for key, mail in box.items() if mail["To"] == to]
    ((key, mail),) = found
    box.remove(key)
    return str(mail.get_payload(decode=True), "utf-8")  # type: ignore[arg-type]


def link_in(text: str) -> str:
    """The path of the first link of a letter."""
    found = re.search(r"http://[^/\s]+(\S+)", text)
    assert found is not None, text
    return found[1]


def test_from_registration_to_a_package(hands: tuple[Hands, Hands], site: Depository) -> None:
    """Ask for an account, be approved, log in, search, choose, order, and have the bytes."""
    wilma, keeper = hands
    wilma.open("/")
    wilma.press("^Log in")
    wilma.press("^Ask for an account")
    for field, text in (
        ("^Username", "wilma"),
        ("^Your name", "Wilma"),
        ("^E-mail", "wilma@example.org"),
        ("^Password", PASSWORD),
        ("^What you need", "pixels"),
    ):
        wilma.enter(field, text)
    wilma.move_to("^I have read")
    wilma.page.keyboard.press("Space")
    wilma.press("^Ask for the account")
    wilma.open(link_in(letter(site, "wilma@example.org")))
    wilma.press("^Confirm|^Yes|^This")
    keeper.log_in("keeper")
    keeper.open(link_in(letter(site, "keeper@example.org")))
    keeper.press("^Approve wilma$")
    wilma.open(link_in(letter(site, "wilma@example.org")))
    wilma.enter("^Username", "wilma")
    wilma.enter("^Password", PASSWORD)
    wilma.press("^Log in$")
    wilma.press("^Search$")
    wilma.enter("^Words$", "pixel")
    with wilma.page.expect_navigation():
        wilma.page.keyboard.press("Enter")
    wilma.press("^Show raw data too")
    wilma.press("^Choose files from all")
    wilma.press("^Put what is ticked")
    wilma.press("^Order$")
    Worker(site.service).build_next()
    wilma.press("^renew it|^Your orders")
    if not wilma.reads("Ready"):
        wilma.press("^Data request 1")
    assert zipfile.is_zipfile(wilma.take("^Download ").path())
    assert "/orders/" in letter(site, "wilma@example.org")


def test_a_stranger_with_a_code(hands: tuple[Hands, Hands], site: Depository) -> None:
    """From the page of a package to the code, back to the page, and to the bytes."""
    stranger, _ = hands
    stranger.open(f"/aip/{LIGHT_CURVE}/v1")
    stranger.press("^Ask for an access code")
    stranger.enter("^E-mail", "ada@example.org")
    stranger.press("^Mail me a code")
    code = CODE.search(letter(site, "ada@example.org"))
    assert code is not None
    stranger.enter("^Code from the mail", code[0])
    stranger.press("^Open downloads")
    if "/aip/" not in stranger.page.url:
        stranger.press("^Go on")
    assert stranger.page.url.endswith(f"/aip/{LIGHT_CURVE}/v1")
    assert Path(stranger.take(r"^Download .*_lc\.fits").path()).read_bytes() == CURVE_FILE.read_bytes()


def test_a_pi_shares_and_takes_back(hands: tuple[Hands, Hands], site: Depository) -> None:
    """The delegate has the bytes from his next click on, and after the cancelling not even the link."""
    pia, dan = hands
    dan.log_in("dan")
    dan.open("/aip/V1")
    assert dan.reads("The data are closed")
    pia.log_in("pia")
    pia.press("^Share$")
    pia.enter("^Name or username", "dan")
    pia.press("^Show registered people")
    pia.move_to("^Dan")
    pia.page.keyboard.press("Space")
    pia.press("^Give access")
    assert "pia" in letter(site, "dan@example.org").casefold()
    dan.open("/aip/V1")
    assert Path(dan.take(r"^Download secret\.csv").path()).read_bytes() == b"V1"
    pia.press("^Cancel access")
    dan.open("/aip/V1")
    assert dan.reads("The data are closed")
    assert dan.page.locator("a:has-text('Download secret.csv')").count() == 0
    assert dan.page.request.get(f"{site.url}/aip/V1/v1/files/{SECRET}").status == 403


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_menu_is_folded_where_the_screen_is_narrow(
    browser: Browser, site: Depository, scripts: bool
) -> None:
    """On a phone it takes one line, a key opens it, and all places of the desk are in it."""
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": 360, "height": 800})
    keeper = Hands(context.new_page(), site)
    keeper.log_in("keeper")
    head = keeper.page.locator(".own").bounding_box()
    assert head is not None
    assert head["height"] < 60
    assert not keeper.page.locator("#own").is_visible()
    keeper.move_to("^Menu$")
    keeper.page.keyboard.press("Enter")
    keeper.press("^Desk$")
    assert keeper.page.content().count('href="/desk/log"') == 1
    keeper.move_to("^More pages here$")
    keeper.page.keyboard.press("Enter")
    keeper.press("^Security log$")
    assert keeper.page.url.endswith("/desk/log")
    keeper.page.set_viewport_size({"width": 1280, "height": 800})
    assert not keeper.page.get_by_role("button", name="Menu").is_visible()
    keeper.press("^Embargoes$")
    assert keeper.page.url.endswith("/desk/embargoes")
    context.close()
