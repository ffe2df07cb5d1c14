"""The steps of the tutorial, walked at a real site: its pictures are taken on the way."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Page

LOOKS: Final = tuple((language, scheme) for language in ("en", "fr") for scheme in ("light", "dark"))
WIDTH, HEIGHT = 1000, 640
"""Pixels of a picture: what a reader sees of a page at once."""

LARGEST: Final = 40_000
"""Bytes of a picture."""

_QUALITY: Final = 55


def steps(page: Page, url: str, build: Callable[[], None]) -> Iterator[str]:
    """Walk from the first page to a package, and yield each step's name where its picture can be taken.

    ``build`` makes the packages that were ordered. Raises TimeoutError of playwright where a page lacks
    what the tutorial says of it.
    """
    page.goto(url)
    page.fill("main [name=q]", "55525572 light curve")
    yield "search"
    page.press("main [name=q]", "Enter")
    page.wait_for_selector("main tbody a[href^='/visit?of=']")
    yield "results"
    page.click("main tbody a[href^='/visit?of=']")
    page.locator("main a[href*='/products/'][href$='_lc.fits']").first.click()
    page.wait_for_selector("main figure svg")
    page.locator("h1").first.scroll_into_view_if_needed()
    yield "product"
    page.goto(f"{url}/tree/tess/hk")
    page.click("main a[href^='/choose?node=']")
    page.wait_for_selector("main input[name=picks]")
    yield "choose"
    page.click("main button[name=take]")
    page.goto(f"{url}/basket")
    page.wait_for_selector("main form[action$='/order']")
    yield "basket"
    page.locator("main form[action$='/order'] p button").first.click()
    page.wait_for_url("**/orders/*")
    build()
    page.reload()
    page.wait_for_selector("main a[href*='/packages/']")
    yield "order"


def file_name(step: str, language: str, scheme: str) -> str:
    """Return the name of a picture among the site's static files."""
    return f"help-{step}-{language}-{scheme}.webp"


def keep(page: Page, path: Path) -> None:
    """Take a picture of what is seen of a page and write it as WebP."""
    seen = Image.open(io.BytesIO(page.screenshot()))
    seen.convert("RGB").save(path, "WEBP", quality=_QUALITY, method=6)
