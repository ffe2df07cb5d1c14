"""The site in a real browser: nothing blocked, nothing too wide, readable for all, quicker with htmx."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from oais.archive import Archive
from oais.web.app import create_app
from tests.web.conftest import CURVE_PATH, LIGHT_CURVE

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/tree",
    "/tree/tess",
    "/tree/tess/n1/light-curves/sector-5",
    "/search?q=55525572",
    f"/aip/{LIGHT_CURVE}",
    f"/aip/{LIGHT_CURVE}/v1/products/{CURVE_PATH}",
    "/about",
    "/code",
    f"/choose?pick={LIGHT_CURVE}",
    "/choose?ids=tess.*+nobody",
    "/basket",
    "/orders",
)
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
def site(archive: Archive) -> Iterator[str]:
    """The site on a free loopback port."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(archive), log_level="error"))
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


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_page_is_readable_for_all(browser: Browser, site: str, address: str, scheme: str, width: int) -> None:
    """Nothing is blocked or wider than the screen, and axe finds no fault, in light and in dark."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=False,
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site + address)
    too_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    faults = Axe().run(page).response["violations"]
    context.close()
    assert complaints == []
    assert not too_wide
    assert [f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in faults] == []


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
            assert apart or abs(one["y"] - other["y"]) >= one["height"] * 0.6
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
