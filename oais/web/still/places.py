"""Where each address of the site comes to lie in a still copy; an address without a place is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urljoin, urlsplit

HERE: Final = "/copy"
"""The address of the page that tells what the copy is; the site itself has none of that name."""

_PAGES = re.compile(r"/(?:tree|sky|volume|about|keys|copy|aip/[^/]+|aip/[^/]+/v[0-9]+(?:/provenance)?)?")
_NODE = re.compile(r"/tree/(?!.*feed\.atom$).+")
_PRODUCT = re.compile(r"(/aip/[^/]+/v[0-9]+)/products/(.+)")
_PLOT = re.compile(r"/aip/[^/]+/v[0-9]+/plots/.+")
_PLAIN = re.compile(r"/aip/[^/]+/v[0-9]+/citation\.bib|/keys/[^/]+\.pem|/static/[^/]+|/volume\.csv")
_FILE = re.compile(r"/aip/([^/]+)/v([0-9]+)/files/(.+)")
_LISTS = frozenset({"/products.csv", "/products.vot"})
_NUMBERS = ("page", "branches")
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\%]|[. ](?=/|$)')
_PICTURES = {"image/svg+xml": ".svg", "image/png": ".png"}


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the site, decoded: its path, and which page of a long list it is."""

    path: str
    numbers: tuple[tuple[str, int], ...] = ()

    @property
    def target(self) -> str:
        """Return it as a request asks for it."""
        query = "&".join(f"{name}={number}" for name, number in self.numbers)
        return quote(self.path) + (f"?{query}" if query else "")

    @property
    def is_page(self) -> bool:
        """Whether it is HTML."""
        return any(kind.fullmatch(self.path) for kind in (_PAGES, _NODE, _PRODUCT))

    @property
    def is_made(self) -> bool:
        """Whether it is none of the site's: the copy's own page and lists."""
        return self.path == HERE or self.path in _LISTS

    @property
    def file(self) -> tuple[str, str] | None:
        """Return the version and the logical path of a stored file, where it is the address of one."""
        match = _FILE.fullmatch(self.path)
        return (f"{match[1]}@v{match[2]}", match[3]) if match else None

    @property
    def product_page(self) -> Address | None:
        """Return the page of the product whose bytes are here, where this is a stored file's address."""
        match = _FILE.fullmatch(self.path)
        return Address(f"/aip/{match[1]}/v{match[2]}/products/{match[3]}") if match else None

    def place(self, media_type: str = "") -> str:
        """Return the path of the file that holds it, fit for any file system."""
        path = self.path.strip("/")
        if self.is_page and _PRODUCT.fullmatch(self.path):
            path += ".html"
        elif self.is_page:
            name = "-".join(f"{name}-{number}" for name, number in self.numbers) or "index"
            path = f"{path}/{name}.html" if path else f"{name}.html"
        elif _PLOT.fullmatch(self.path):
            path += _PICTURES[media_type]
        return _UNFIT.sub(lambda met: quote(met[0], safe="").replace(".", "%2E"), path)


def address_behind(link: str, page: Address) -> tuple[Address | None, str]:
    """Return the address a link leads to, None when a copy has no place for it; and the fragment."""
    parts = urlsplit(urljoin(page.target, link))
    path = unquote(parts.path)
    kinds = (_PAGES, _NODE, _PRODUCT, _PLOT, _PLAIN, _FILE)
    if parts.scheme or parts.netloc or not (path in _LISTS or any(kind.fullmatch(path) for kind in kinds)):
        return None, ""
    asked = parse_qs(parts.query)
    numbers = tuple(
        (name, int(asked[name][-1]))
        for name in _NUMBERS
        if name in asked and asked[name][-1].isdecimal() and int(asked[name][-1]) > 1
    )
    static = path.startswith("/static/")
    return Address(path, () if static else numbers), parts.fragment


def is_outside(link: str) -> bool:
    """Return whether a link leads away from the site, to another host or a mail."""
    parts = urlsplit(link)
    return bool(parts.scheme or parts.netloc)


def relative(place: str, page: str) -> str:
    """Return the link from the file ``page`` to the file ``place``, both below the top of the copy."""
    here, there = page.split("/")[:-1], place.split("/")
    shared = 0
    while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
        shared += 1
    steps = [".."] * (len(here) - shared) + there[shared:]
    return quote("/".join(steps))
