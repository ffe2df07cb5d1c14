"""The site in a real browser: nothing blocked, nothing too wide, readable for all, quicker with htmx."""

from __future__ import annotations

import socket
import threading
import zipfile
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, StorageState, sync_playwright

from oais.archive import Archive
from oais.functions.orders.building import Worker
from oais.functions.service import Service, open_service
from oais.web.app import create_app
from policies.principals import Role
from tests.web.conftest import CURVE_PATH, LIGHT_CURVE
from tests.web.people import PASSWORD, account

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/tree",
    "/tree/tess",
    "/tree/tess/n1/light-curves/sector-5",
    "/search?q=55525572",
    f"/aip/{LIGHT_CURVE}",
    f"/aip/{LIGHT_CURVE}/v1/products/{CURVE_PATH}",
    f"/aip/{LIGHT_CURVE}/v1/look/{CURVE_PATH}?span=6h&y=SAP_FLUX&y2=SAP_BKG&flagged=1",
    f"/aip/{LIGHT_CURVE}/v1/look/{CURVE_PATH}?plot=histogram",
    f"/aip/{LIGHT_CURVE}/v1/rows/{CURVE_PATH}?page=2",
    "/about",
    "/login",
    "/register",
    "/reset",
    "/code",
    f"/choose?pick={LIGHT_CURVE}",
    "/choose?ids=tess.*+nobody",
    "/basket",
    "/orders",
    "/volume",
    "/sky",
    "/sky?ground=cells&ra=84.3&dec=-80.5",
    "/sky?ground=planes",
    "/timeline?at=2018-12-01",
    "/tree/tess/n1/light-curves/sector-5/inventory",
    f"/aip/{LIGHT_CURVE}/v2/provenance",
    "/changes",
)
STAFF_PAGES = (
    "/me",
    "/me/erase",
    "/me/delegations",
    "/me/queries",
    "/me/subscriptions",
    "/me/tokens",
    "/me/deposits",
    "/orders",
    "/desk/people",
    "/desk/approvals",
    "/desk/groups",
    "/desk/policies",
    "/desk/audits",
    "/desk/formats",
    "/desk/embargoes",
    "/desk/usage",
    "/desk/log",
)
"""What only people with an account see; an administrator sees all of it but what is for providers."""

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def service(archive: Archive) -> Service:
    """The archive with an administrator."""
    opened = open_service(archive)
    account(opened, "onlooker", Role.ADMINISTRATOR)
    return opened


@pytest.fixture(scope="module")
def site(service: Service) -> Iterator[str]:
    """The site on a free loopback port."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(service.archive, service=service)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture(scope="module")
def browser(program: Callable[[str], str]) -> Iterator[Browser]:
    """A headless Chromium that asks nobody but the site."""
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=program("chromium"), args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def logged_in(browser: Browser, site: str) -> StorageState:
    """The cookies of the administrator, who logged in with the keyboard alone."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/login")
    page.focus("[name=login]")
    page.keyboard.type("onlooker")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me")
    state = context.storage_state()
    context.close()
    return state


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_page_is_readable_for_all(browser: Browser, site: str, address: str, scheme: str, width: int) -> None:
    """Nothing is blocked or wider than the screen, and axe finds no fault, in light and in dark."""
    assert faults_of(browser, site + address, scheme, width) == []


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
@pytest.mark.parametrize("address", STAFF_PAGES)
def test_page_of_an_account_is_readable_for_all(
    browser: Browser, site: str, logged_in: StorageState, address: str, scheme: str, width: int
) -> None:
    """The same of what only people with an account see."""
    assert faults_of(browser, site + address, scheme, width, logged_in) == []


def faults_of(
    browser: Browser,
    address: str,
    scheme: str,
    width: int,
    state: StorageState | None = None,
    token: str = "",
) -> list[str]:
    """What the browser, axe or the width of the screen has against a page."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=False,
        storage_state=state,
        extra_http_headers={"Authorization": f"Bearer {token}"} if token else None,
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        faults.append("wider than the screen")
    found = Axe().run(page).response["violations"]
    context.close()
    return faults + [f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in found]


def test_choose_order_and_download_without_scripts(
    browser: Browser, site: str, service: Service, logged_in: StorageState
) -> None:
    """From a search over the basket to the package of an order, with links and buttons alone."""
    context = browser.new_context(java_script_enabled=False, storage_state=logged_in)
    page = context.new_page()
    page.goto(f"{site}/search?q=55525572")
    page.click("text=Choose files from all that was found")
    page.click("text=Put what is ticked into the basket")
    page.goto(f"{site}/basket")
    page.click("button >> text=/^Order$/")
    page.wait_for_url("**/orders/*")
    Worker(service).build_next()
    page.reload()
    with page.expect_download() as started:
        page.click("a >> text=/^Download /")
    assert zipfile.is_zipfile(started.value.path())
    context.close()


def test_without_scripts_everything_is_there(browser: Browser, site: str) -> None:
    """A reader whose browser runs no script searches, narrows, and unfolds the tree all the same."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/search")
    page.fill("#q", "55525572")
    page.press("#q", "Enter")
    page.click("aside >> text=N0")
    assert page.locator("tbody tr").count() == 1
    page.goto(f"{site}/tree")
    levels = page.locator(".row a[href='/tree/tess/n0/target-pixel-files']").first
    assert not levels.is_visible()
    page.click("a[href='/tree/tess/n0'] >> xpath=../../details/summary")
    assert levels.is_visible()
    context.close()


@pytest.mark.parametrize("width", [360, 480, 700])
def test_light_curve_fits_a_narrow_screen(browser: Browser, site: str, width: int) -> None:
    """The whole drawing is seen without scrolling, its words are large enough and stand apart."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{site}/aip/{LIGHT_CURVE}/v1/products/{CURVE_PATH}")
    frame = page.locator(".frame")
    assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")
    edges = frame.bounding_box()
    boxes = [text.bounding_box() for text in page.locator(".plot .tick").all() if text.is_visible()]
    places = [box for box in boxes if box is not None]
    assert edges is not None
    assert len(places) >= 8
    for box in places:
        assert box["height"] >= 9
        assert edges["x"] <= box["x"]
        assert box["x"] + box["width"] <= edges["x"] + edges["width"]
    for n, one in enumerate(places):
        for other in places[n + 1 :]:
            apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            shared = min(each["y"] + each["height"] for each in (one, other)) - max(one["y"], other["y"])
            assert apart or shared <= 0.4 * min(one["height"], other["height"])
    page.close()


def test_search_renews_while_one_types(browser: Browser, site: str) -> None:
    """With scripts the hits change in place, and the address with them."""
    page = browser.new_page()
    page.goto(f"{site}/search")
    page.type("#q", "housekeeping")
    page.wait_for_url("**/search?q=housekeeping**")
    page.wait_for_function("document.querySelectorAll('#answer tbody tr').length === 1")
    assert page.input_value("#q") == "housekeeping"
    page.close()


def test_deep_branches_unfold_in_place(browser: Browser, site: str) -> None:
    """With scripts a branch that was not sent along is fetched when it is opened."""
    page = browser.new_page()
    page.goto(f"{site}/tree")
    page.evaluate("document.querySelectorAll('details:not([hx-get])').forEach(branch => branch.open = true)")
    closed = page.locator("details[hx-get='/tree/tess/n1/light-curves']")
    closed.locator("summary").first.click()
    page.wait_for_selector("a[href='/tree/tess/n1/light-curves/sector-5']")
    page.close()
