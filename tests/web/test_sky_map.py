"""The map of the sky in a real browser: positions are read off it, and its words can be read."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from playwright.sync_api import Browser

from oais.archive import Archive
from oais.functions.service import Service, open_service
from tests.web.test_browser import browser, site

__all__ = ["browser", "site"]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def service(archive: Archive) -> Service:
    """The archive, at which nobody but strangers looks here."""
    return open_service(archive)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_words_on_the_map_of_the_sky_lie_apart(browser: Browser, site: str, language: str) -> None:
    """On the smallest screen, where letters are largest for the map, no word covers another."""
    page = browser.new_page(viewport={"width": 360, "height": 900}, locale=language)
    page.goto(f"{site}/sky?ground=planes")
    boxes = [one.bounding_box() for one in page.locator("svg.plot text.tick").all()]
    shown = [box for box in boxes if box is not None and box["width"]]
    assert len(shown) > 5
    for one, other in combinations(shown, 2):
        aside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        above = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        assert aside or above, (one, other)
    page.close()


@pytest.mark.parametrize("width", [360, 1440])
def test_the_map_of_the_sky_tells_positions(browser: Browser, site: str, width: int) -> None:
    """With scripts: in its middle lies the origin, arrow keys move a cross."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{site}/sky")
    told, box = page.locator("[data-readout]"), page.locator("svg.plot").bounding_box()
    assert box is not None
    middle = page.locator("svg.plot .sky").bounding_box()
    assert middle is not None
    x, y = middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2
    page.mouse.move(x, y)
    seen = re.search(r"\(([\d.]+)° ([+−])([\d.]+)°, ICRS\)", told.inner_text())
    assert seen is not None
    assert min(float(seen[1]), 360 - float(seen[1])) < 1.5
    assert float(seen[3]) < 1.5
    page.mouse.move(x - middle["width"] / 4, y)
    assert 88 < float(told.inner_text().partition("(")[2].partition("°")[0]) < 92
    page.locator(".frame").focus()
    before = told.inner_text()
    page.keyboard.press("ArrowUp")
    assert told.inner_text() != before
    assert told.get_attribute("aria-live") == "polite"
    assert page.locator("svg.plot .cross").get_attribute("d")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/sky\?ra=[\d.]+&dec=-?[\d.]+#here"))
    page.close()
