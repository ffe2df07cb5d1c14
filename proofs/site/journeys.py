"""What people come for, walked from the first page on by clicks and keys alone; clicks are counted.

Choosing is by where a link leads and what a field is called, never by the words on it.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Page

from oais.functions.orders.building import Worker
from proofs.site.world import World
from tests.functions.embargoed import SECRET
from tests.web.depositing import tar_of_bag
from tests.web.people import PASSWORD

ROOT: Final = Path(__file__).resolve().parents[2]
STAR: Final = "55525572"
SERVANT: Final = "tess.tic55525572.s0005.hk"
PIXELS: Final = "tess.tic55525572.s0005.tp"
PRIVATE: Final = "/aip/V1"


@dataclass(slots=True)
class Walker:
    """Somebody at the site, with a browser and a folder; an Enter that sends a form counts as a click."""

    world: World
    page: Page
    folder: Path
    clicks: int = 0

    def at(self, address: str) -> None:
        """Begin at a page that one knows."""
        self.page.goto(self.world.url + address)

    def click(self, selector: str) -> None:
        """Click the first thing that fits, and count it."""
        self.clicks += 1
        self.page.locator(selector).first.click()

    def fill(self, name: str, text: str) -> None:
        """Fill in a field of the page's content."""
        self.page.locator(f"main [name={name}]").first.fill(text)

    def sees(self, selector: str) -> None:
        """Wait until something is there to be seen."""
        self.page.locator(selector).first.wait_for(timeout=15_000)

    def enter(self, name: str) -> None:
        """Send the form of a field by Enter, and count it."""
        self.clicks += 1
        self.page.locator(f"main [name={name}]").first.press("Enter")

    def log_in(self, login: str) -> None:
        """Log in on the first page, and be there again."""
        self.at("/")
        self.fill("login", login)
        self.fill("password", PASSWORD)
        self.enter("password")
        self.page.locator("#own").wait_for(state="attached")

    def search(self, words: str) -> None:
        """Search from the first page, where one is."""
        self.fill("q", words)
        self.click("main form[action='/search'] button")

    def download(self, selector: str) -> Path:
        """Click what is downloaded, and return the file."""
        with self.page.expect_download() as started:
            self.click(selector)
        return Path(started.value.path())


Journey = Callable[[Walker], None]


def plot_a_light_curve(walker: Walker) -> None:
    """Task 1: find the light curve of a star and plot it, in at most five clicks."""
    walker.at("/")
    walker.search(f"{STAR} light curve")
    walker.click("main tbody a[href^='/visit?of=']")
    walker.click("main a[href*='/products/'][href$='_lc.fits']")
    walker.sees("main figure svg, main figure img")
    assert walker.clicks <= 5, walker.clicks


def order_a_day_of_housekeeping(walker: Walker) -> None:
    """Task 2: order all housekeeping of a day, in at most six clicks with its download."""
    walker.at("/")
    walker.click("nav a[href='/tree']")
    walker.click("main a[href='/tree/tess/hk']")
    walker.fill("time", "2018-11-15")
    walker.click("main form[action='/choose'] button")
    walker.sees(f"main input[name=picks][value^='{SERVANT}']")
    walker.click("main button[name=take]")
    if not walker.page.url.endswith("/basket"):
        walker.click("nav a[href='/basket']")
    walker.click("main form[action$='/order'] p button")
    walker.page.wait_for_url("**/orders/*")
    while Worker(walker.world.filled.service).build_next():
        pass
    walker.page.reload()
    assert zipfile.is_zipfile(walker.download("main a[href*='/packages/']"))
    assert walker.clicks <= 6, walker.clicks


def ask_for_private_data(walker: Walker) -> None:
    """Task 3: see why a data set is private and ask for access, in at most four clicks with the login."""
    walker.log_in("guest")
    walker.search("V1")
    walker.click("main tbody a[href^='/visit?of=']")
    walker.sees("main .note[role=note] >> text=private to its owners")
    walker.fill("purpose", "To compare it with my own curve")
    walker.click("main form[action='/me/ask'] button")
    walker.sees("main .lead")
    assert walker.clicks <= 4, walker.clicks
    assert any("compare it" in text for text in walker.world.letters_to("keeper@example.org"))


def look_around_without_scripts(walker: Walker) -> None:
    """A public visitor without JavaScript: the tree, a search, and a file whose bytes are those delivered."""
    walker.at("/tree")
    walker.click("main a[href='/tree/tess']")
    walker.at("/")
    walker.search("housekeeping")
    walker.click("main tbody a[href^='/visit?of=']")
    walker.click("main tbody a[href^='/aip/']")
    got = walker.download("main a[href*='/files/'][download]").read_bytes()
    assert got.startswith(b"SIMPLE  =")


def order_with_a_mailed_code(walker: Walker) -> None:
    """A visitor gets a code from a real mail server, types it in, and orders what asked for it."""
    address = "visitor@example.org"
    walker.at(f"/aip/{PIXELS}")
    walker.click("main a[href^='/code']")
    walker.fill("address", address)
    walker.enter("address")
    walker.sees("main [role=status]")
    walker.fill("code", walker.world.code_for(address))
    walker.enter("code")
    walker.page.wait_for_url("**/aip/**")
    walker.click("main a[href^='/choose?pick=']")
    walker.click("main button[name=take]")
    if not walker.page.url.endswith("/basket"):
        walker.click("nav a[href='/basket']")
    walker.click("main form[action$='/order'] p button")
    walker.page.wait_for_url("**/orders/*")
    while Worker(walker.world.filled.service).build_next():
        pass
    walker.page.reload()
    assert zipfile.is_zipfile(walker.download("main a[href*='/packages/']"))


def share_with_a_colleague(walker: Walker) -> None:
    """A PI gives a registered person access to a request; that person then downloads what was closed."""
    reader = Walker(walker.world, _another(walker.page.context).new_page(), walker.folder)
    reader.log_in("guest")
    reader.at(PRIVATE)
    assert reader.page.locator("main a[href*='/files/'][download]").count() == 0
    walker.log_in("owner")
    walker.at("/me/delegations?observation=generic:OR 1&person=guest")
    walker.click("main input[type=radio][value=guest]")
    walker.click("main form[method=post][action='/me/delegations'] button")
    reader.page.reload()
    assert reader.download("main a[href*='/files/'][download]").read_bytes() == b"V1"
    reader.page.context.close()


def deliver_two_bags(walker: Walker) -> None:
    """A provider uploads a sound bag and a broken one, and reads what is wrong and what to do."""
    token = walker.world.filled.depository.token
    walker.page.context.set_extra_http_headers({"Authorization": f"Bearer {token}"})
    for name, sound in (("walked", True), ("broken", False)):
        parcel = walker.folder / f"{name}.tar"
        parcel.write_bytes(tar_of_bag(walker.folder, f"deposit.{name}", sound=sound))
        walker.at("/me/deposits")
        walker.page.locator("main input[type=file]").first.set_input_files(parcel)
        walker.click("main form:has(input[type=file]) button")
        walker.page.wait_for_url("**/me/deposits/*")
        assert walker.world.filled.depository.ingest() == 1
        walker.page.reload()
        walker.sees(f"main a[href='/aip/deposit.{name}/v1']" if sound else "main li.fail .soft")


def find_a_planted_damage(walker: Walker) -> None:
    """An audit names a file that somebody changed on the disk; the desk says so, and with what to mend it."""
    home = walker.world.filled.service.archive.home
    (damaged,) = (path for path in home.glob(f"aip/**/v1/content/{SECRET}") if path.read_bytes() == b"V1")
    damaged.chmod(0o644)
    damaged.write_bytes(b"X1")
    command = [sys.executable, "-m", "oais", "audit", "V1", "--home", str(home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert SECRET in done.stdout + done.stderr
    walker.log_in("keeper")
    walker.click("nav a[href='/desk']")
    walker.click("nav a[href='/desk/audits']")
    wrong = walker.page.locator("main .wrong", has_text="V1").first
    wrong.wait_for(timeout=15_000)
    told = wrong.inner_text()
    assert SECRET in told, told
    assert "oais repair V1" in told or "oais audit V1" in told, told
    walker.at(PRIVATE)
    walker.sees("main .side .bad")


def approve_a_registration(walker: Walker) -> None:
    """Somebody registers and confirms his address; an administrator approves; he logs in."""
    newcomer = Walker(walker.world, _another(walker.page.context).new_page(), walker.folder)
    newcomer.at("/register")
    for name, text in (
        ("login", "newcomer"),
        ("name", "New Comer"),
        ("email", "newcomer@example.org"),
        ("password", PASSWORD),
        ("purpose", "To look at stars"),
    ):
        newcomer.fill(name, text)
    newcomer.page.locator("main [name=agreed]").check()
    newcomer.click("main form[action='/register'] button")
    newcomer.sees("main .lead")
    (letter,) = walker.world.letters_to("newcomer@example.org")
    link = next(word for word in letter.split() if "/verify" in word)
    newcomer.at(link[link.index("/verify") :])
    newcomer.click("main form button")
    newcomer.sees("main .lead")
    walker.log_in("keeper")
    walker.click("nav a[href='/desk']")
    walker.click("nav a[href='/desk/approvals']")
    walker.click("main form[action='/desk/approvals/approve'] button")
    walker.sees("main")
    newcomer.log_in("newcomer")
    newcomer.page.context.close()


JOURNEYS: Final[tuple[tuple[Journey, bool], ...]] = (
    (plot_a_light_curve, True),
    (order_a_day_of_housekeeping, True),
    (ask_for_private_data, True),
    (look_around_without_scripts, False),
    (order_with_a_mailed_code, True),
    (share_with_a_colleague, True),
    (deliver_two_bags, False),
    (approve_a_registration, True),
    (find_a_planted_damage, True),
)
"""Each journey, and whether its browser runs scripts; the last one damages the archive."""


def walk(journey: Journey, scripts: bool, browser: Browser, world: World, folder: Path) -> int:
    """Walk a journey in a browser of its own; return its clicks."""
    context = browser.new_context(java_script_enabled=scripts, locale="en-GB", accept_downloads=True)
    context.set_default_timeout(20_000)
    walker = Walker(world, context.new_page(), folder)
    try:
        journey(walker)
    finally:
        context.close()
    return walker.clicks


def _another(context: BrowserContext) -> BrowserContext:
    """Return a browser of somebody else."""
    browser = context.browser
    assert browser is not None
    return browser.new_context(locale="en-GB", accept_downloads=True)
