"""Every page there is: all doors that answer with one, each opened by the first visitor who may.

Doors without a parameter are asked as they are; to the others the links of the pages lead, so that a new page
joins by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import APIResponse, BrowserContext
from starlette.routing import compile_path

from oais.web.app import DOORS
from oais.web.doors import API, Door

EXAMPLES: Final = 3
"""Pages looked at behind one door with a parameter, for each visitor."""

ASKED: Final = frozenset({"/visit"})
"""Doors that have a page only for a question."""

_LINK: Final = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)"')


@dataclass(slots=True)
class Pages:
    """What was found: addresses by visitor, and the doors behind which a page was seen."""

    of: dict[str, list[str]] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    def gather(self, visitor: str, context: BrowserContext, url: str, more: Collection[str] = ()) -> None:
        """Ask for every page that a visitor may open and nobody did before, and follow its links."""
        plain = [door.path for door in page_doors() if "{" not in door.path]
        waiting = [*more, *plain]
        behind: Counter[str] = Counter()
        while waiting:
            address = waiting.pop(0)
            door = door_of(address)
            known = address in self.seen or door is None or door.path in self.others
            if known:
                continue
            assert door is not None
            many = behind[door.path] >= EXAMPLES and ("{" in door.path or door.path in ASKED)
            if many and address not in more:
                continue
            self.seen.add(address)
            answer = context.request.get(url + address, max_redirects=0, headers={"Accept": "text/html"})
            if answer.status >= 500 or self._is_page(answer, door):
                behind[door.path] += 1
                self.reached.add(door.path)
                self.of.setdefault(visitor, []).append(address)
                waiting += followed(answer.text())
            elif answer.status in (401, 403):
                self.seen.discard(address)

    def _is_page(self, answer: APIResponse, door: Door) -> bool:
        # A part that is put into a page, as names while they are typed, is no page itself.
        is_html = answer.text().startswith("<!doctype html>") if answer.status == 200 else True
        if answer.status == 200 and not is_html:
            self.others.add(door.path)
        return answer.status == 200 and is_html

    @property
    def unreached(self) -> set[str]:
        """Doors of pages, or of what may be one, that nothing led to."""
        return {door.path for door in page_doors()} - self.reached - self.others


def page_doors() -> list[Door]:
    """Return the doors that people's browsers may ask for a page."""
    return [door for door in DOORS if "GET" in door.methods and not door.path.startswith((API, "/static/"))]


def door_of(address: str) -> Door | None:
    """Return the door behind which an address lies."""
    path = urlsplit(address).path
    return next((door for door in page_doors() if compile_path(door.path)[0].match(path)), None)


def followed(html: str) -> list[str]:
    """Return the links of a page that lead to doors with a parameter, with the question where it matters."""
    found: dict[str, None] = {}
    for link in map(unescape, _LINK.findall(html)):
        door = door_of(link)
        if door is not None and ("{" in door.path or door.path in ASKED):
            found[link if door.path in ASKED else link.partition("?")[0]] = None
    return list(found)
