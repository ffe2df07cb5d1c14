"""What a browser, axe, a narrow screen and a scale have against a page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

LARGEST: Final = 150_000
"""Bytes of a page with its styles and scripts, without pictures."""

_ANSWERED: Final = "Failed to load resource: the server responded with a status of"
"""What the browser tells of an error page itself."""
_WEIGHT: Final = """() => {
  const parts = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return parts.filter(part => !['img', 'image', 'icon', 'other'].includes(part.initiatorType))
    .reduce((sum, part) => sum + part.decodedBodySize, 0);
}"""
_TOO_WIDE: Final = "document.documentElement.scrollWidth > window.innerWidth"


@dataclass(frozen=True, slots=True)
class Look:
    """How wide a reader's screen is and whether it is dark; ``rules`` of axe to apply, all without."""

    scheme: Any
    width: int
    rules: tuple[str, ...] = ()


_COLOURS: Final = ("color-contrast",)
"""The rules of axe whose answer depends on the scheme: the dark has the same elements in other colours."""

WIDTHS: Final = (1600, 360)


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody looks: a language, and each look at a page that is opened once."""

    language: str
    looks: tuple[Look, ...]

    def __str__(self) -> str:
        return self.language


WAYS: Final = (
    Way(
        "en",
        (Look("light", 1600), Look("light", 360), Look("dark", 360, _COLOURS), Look("dark", 1600, _COLOURS)),
    ),
    Way("fr", (Look("dark", 360),)),
)


@dataclass(slots=True)
class Judge:
    """Looks at pages in one way and keeps what is wrong with each, and a picture of it where asked."""

    browser: Browser
    url: str
    way: Way
    pictures: Path | None = None
    faults: dict[str, list[str]] = field(default_factory=dict)
    _asked: list[str] = field(default_factory=list)
    _told: list[str] = field(default_factory=list)

    def context(self, state: StorageState | None, token: str = "") -> BrowserContext:
        """Open a browser for a person, or for a provider's token."""
        context = self.browser.new_context(
            viewport={"width": self.way.looks[0].width, "height": 900},
            color_scheme=self.way.looks[0].scheme,
            locale="fr-FR" if self.way.language == "fr" else "en-GB",
            storage_state=state,
            extra_http_headers={"Authorization": f"Bearer {token}"} if token else {},
        )
        context.on("request", lambda request: self._asked.append(request.url))
        context.on("console", lambda message: self._told.append(message.text))
        context.on("weberror", lambda error: self._told.append(str(error.error)))
        return context

    def look(self, page: Page, address: str) -> None:
        """Open an address and keep what is wrong with it."""
        self._asked.clear()
        self._told.clear()
        answer = page.goto(self.url + address)
        assert answer is not None
        found = [f"status {answer.status}"] if answer.status >= 500 else []
        found += [f"asks elsewhere: {asked}" for asked in self._asked if not asked.startswith(self.url)]
        found += [told for told in self._told if not told.startswith(_ANSWERED)]
        found += self._of(page)
        page.evaluate(Axe().axe_script)
        for look in self.way.looks:
            found += self._seen(page, look, address)
        if found:
            self.faults[f"{self.way} {address}"] = found

    def _seen(self, page: Page, look: Look, address: str) -> list[str]:
        """Return what is wrong with an open page at one width and scheme, and keep its picture."""
        page.emulate_media(color_scheme=look.scheme)
        page.set_viewport_size({"width": look.width, "height": 900})
        if self.pictures is not None:
            name = re.sub(r"[^\w.=-]+", "_", address).strip("_")[:90] or "home"
            shown = f"{self.way}-{look.scheme}-{look.width}_{name}.png"
            page.screenshot(path=self.pictures / shown, full_page=True)
        told = [
            f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in _violations(page, look.rules)
        ]
        return [f"{look.scheme} {look.width}: {fault}" for fault in told]

    def _of(self, page: Page) -> list[str]:
        """Return what is wrong with a page that is open, whatever its colours."""
        found = []
        if page.locator("html").get_attribute("lang") != self.way.language:
            found.append("in another language")
        if (weight := page.evaluate(_WEIGHT)) > LARGEST:
            found.append(f"weighs {weight} bytes")
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement.matches('.skip, [autofocus], [autofocus] ~ *, main *')"):
            found.append("the first Tab does not lead to the content")
        page.evaluate("document.activeElement.blur()")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate(_TOO_WIDE):
                found.append(f"wider than {width} pixels")
        return found


def _violations(page: Page, rules: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the violations that axe, which the page has already, finds by some rules or by all."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found: list[dict[str, Any]] = page.evaluate(
        "options => axe.run(document, options).then(told => told.violations)", options
    )
    return found
