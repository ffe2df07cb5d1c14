"""Follows the links of the site from its first page on, and keeps what a stranger is given."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from starlette.types import ASGIApp

from oais.errors import ArchiveError, DamageError, StorageError
from oais.files import open_sealed
from oais.functions.access.facade import Access
from oais.information.fixity import copy_and_hash
from oais.web.still.asking import ask
from oais.web.still.pages import links_in
from oais.web.still.places import Address, address_behind

START = ("/", "/keys", "/volume", "/static/mark.svg", "/static/hero.svg")
_CLOSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


@dataclass(slots=True)
class Crawl:
    """What was found so far: pages as the site gave them, and files already in their place.

    ``pages`` and ``files`` give the place of each address in the copy; ``raw`` is where the pages wait
    until all links are known.
    """

    app: ASGIApp
    access: Access
    folder: Path
    raw: Path
    products: bool = True
    progress: Callable[[], None] | None = None
    pages: dict[Address, str] = field(default_factory=dict)
    files: dict[Address, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    size: int = 0
    _waiting: deque[Address] = field(default_factory=deque)
    _met: set[Address] = field(default_factory=set)

    @property
    def count_of_products(self) -> int:
        """How many of the files are data."""
        return sum(address.product_page in self.pages for address in self.files)

    async def run(self) -> None:
        """Follow all links; stored files come last, when it is known which of them are products."""
        self.raw.mkdir()
        for path in START:
            self.meet(Address(path))
        stored = []
        while self._waiting:
            address = self._waiting.popleft()
            if address.file:
                stored.append(address)
            elif not address.is_made:
                await self._fetch(address)
        for address in stored:
            if self.products or address.product_page not in self.pages:
                self._bring(address)

    def meet(self, address: Address) -> None:
        """Remember an address to be asked, once."""
        if address not in self._met:
            self._met.add(address)
            self._waiting.append(address)

    def place_of(self, address: Address) -> str | None:
        """Return where an address lies in the copy, if it does."""
        return self.pages.get(address) or self.files.get(address)

    def keep(self, address: Address, place: str, data: bytes) -> None:
        """Write a file of the copy."""
        place = self._claimed(place)
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.files[address] = place
        self.size += len(data)

    def keep_page(self, address: Address, place: str, data: bytes) -> None:
        """Let a page wait until all links are known."""
        self.pages[address] = self._claimed(place)
        (self.raw / str(len(self.pages))).write_bytes(data)

    def raw_pages(self) -> Iterator[tuple[Address, str, str]]:
        """Yield every page that waits: its address, its place, its HTML."""
        for number, (address, place) in enumerate(self.pages.items(), start=1):
            yield address, place, (self.raw / str(number)).read_text("utf-8")

    async def _fetch(self, address: Address) -> None:
        answer = await ask(self.app, address.target)
        if self.progress is not None:
            self.progress()
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise StorageError(f"the site could not answer {address.target}", remedy="run oais status")
        if answer.status != HTTPStatus.OK:
            return  # a stranger is not given it, so the copy has no place for it
        place = address.place(answer.media_type)
        if not address.is_page:
            self.keep(address, place, answer.body)
            return
        self.keep_page(address, place, answer.body)
        for link in links_in(answer.body.decode()):
            behind, _ = address_behind(link, address)
            if behind is not None:
                self.meet(behind)

    def _claimed(self, place: str) -> str:
        """Return a place nobody has, also where upper and lower case are the same."""
        stem, dot, suffix = place.rpartition(".") if "." in place.rpartition("/")[2] else (place, "", "")
        free, count = place, 1
        while free.casefold() in self.taken:
            count += 1
            free = f"{stem}~{count}{dot}{suffix}"
        self.taken.add(free.casefold())
        return free

    def _bring(self, address: Address) -> None:
        assert address.file is not None
        try:
            opened = self.access.open_file(*address.file)
        except ArchiveError as error:
            if error.http_status in _CLOSED:
                return
            raise
        place = self._claimed(address.place())
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_sealed(opened.disk_path, opened.size, opened.name) as source:
            target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            try:
                found = copy_and_hash(source.fileno(), target, ("sha512",))
            finally:
                os.close(target)
        if found.digests["sha512"] != opened.digests["sha512"]:
            raise DamageError(f"{opened.name} is not what was sealed: run an audit; nothing was written")
        self.digests[place] = found.digests["sha512"]
        self.files[address] = place
        self.size += found.size
        if self.progress is not None:
            self.progress()
