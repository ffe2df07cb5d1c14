"""Pages on paper, in a real browser: dark on white whatever the screen shows, nothing cut off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from oais.archive import Archive
from oais.functions.service import Service, open_service
from tests.web.conftest import CURVE_PATH, LIGHT_CURVE
from tests.web.filled import Filled
from tests.web.test_browser import browser, site
from tests.web.test_browser_filled import state_of

__all__ = ["browser", "site"]

pytestmark = pytest.mark.browser

PAPER = 680
"""Pixels between the margins of A4."""

PAGES = (
    *("/", "/search?q=tess", "/tree/tess", "/help", "/volume", f"/aip/{LIGHT_CURVE}"),
    f"/aip/{LIGHT_CURVE}/v1/products/{CURVE_PATH}",
)
_WIDER = "document.documentElement.scrollWidth"
_COLOUR = "selector => getComputedStyle(document.querySelector(selector)).color"


def printed(page: Page) -> Page:
    """A page as paper has it, though its reader prefers the dark."""
    page.emulate_media(media="print", color_scheme="dark")
    return page


@pytest.fixture(scope="module")
def service(archive: Archive) -> Service:
    """The archive as other tests may have filled it: nobody but strangers looks at it here."""
    return open_service(archive)


@pytest.fixture(scope="module")
def paper(browser: Browser, site: str) -> Iterator[Page]:
    """A sheet for a stranger."""
    context = browser.new_context(viewport={"width": PAPER, "height": 900}, base_url=site, locale="en-GB")
    yield printed(context.new_page())
    context.close()


@pytest.mark.parametrize("address", PAGES)
def test_a_page_fits_on_paper(paper: Page, address: str) -> None:
    """Nothing lies beside the paper, the words are dark, and no button or way about is printed."""
    paper.goto(address)
    assert paper.evaluate(_WIDER) <= PAPER
    assert paper.evaluate(_COLOUR, "h1") == "rgb(0, 0, 0)"
    for shown in ("nav:not(.crumbs)", "button", ".button", ".skip", "input[type=checkbox]"):
        assert not [one for one in paper.locator(shown).all() if one.is_visible()], shown
    assert paper.pdf(format="A4")[:5] == b"%PDF-"


def test_numbers_and_headers_are_printed(paper: Page) -> None:
    """What stands below a drawing, and the headers of a product, are no controls: paper has them too."""
    product = f"/aip/{LIGHT_CURVE}/v1/products/{CURVE_PATH}"
    for address in (product, f"{product.replace('/products/', '/look/')}?plot=histogram"):
        paper.goto(address)
        assert paper.locator("main .sheet table").first.is_visible(), address
        assert not [one for one in paper.locator("figcaption a").all() if one.is_visible()], (
            "nothing to click"
        )


def test_what_is_folded_is_printed(paper: Page) -> None:
    """The answers of the help page stand on paper, which nobody can unfold."""
    paper.goto("/help")
    answer = paper.locator("#questions ~ details p").first
    assert answer.bounding_box() is not None


def test_of_a_form_only_what_was_asked_is_printed(paper: Page) -> None:
    """Fields that were left empty are not: the words, and a level that was chosen, are."""
    paper.goto("/search?q=tess&level=N1")
    assert paper.locator("#q").is_visible()
    assert paper.locator("select[name=level]").is_visible()
    assert not paper.locator("select[name=mission]").is_visible()
    assert not paper.locator("input[name=target]").first.is_visible()


def test_an_order_is_printed_with_its_packages(browser: Browser, filled: Filled) -> None:
    """The names of its packages stay, though their buttons do not; the panel of the person goes."""
    context = browser.new_context(
        viewport={"width": PAPER, "height": 900}, storage_state=state_of(browser, filled, "owner")
    )
    page = printed(context.new_page())
    order = next(address for address in filled.pages["owner"] if address.startswith("/orders/"))
    page.goto(filled.depository.url + order)
    assert page.evaluate(_WIDER) <= PAPER
    assert page.locator("#progress li a").first.is_visible()
    assert not page.locator(".own").is_visible()
    context.close()


def test_a_row_of_many_columns_is_printed_as_a_list(paper: Page) -> None:
    """All columns of ADQL's table are more than paper is wide: each value stands beside its column's name."""
    paper.goto("/search/adql?query=SELECT+*+FROM+ivoa.obscore")
    assert paper.evaluate(_WIDER) <= PAPER
    cells = [cell for cell in paper.locator(".listed td").all() if cell.is_visible()]
    assert len(cells) > 20
    boxes = [box for cell in cells if (box := cell.bounding_box()) is not None]
    assert min(box["width"] for box in boxes) > PAPER / 3
    assert not paper.locator(".listed thead").is_visible()
