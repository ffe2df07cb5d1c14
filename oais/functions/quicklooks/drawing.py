"""The worker's quick-looks: the newest version first, a little at each round, while nothing is ingested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Final

from aip.reading import read_description
from aip.stored import StoredFile
from oais.archive import Home
from oais.errors import DamageError, InUseError, NotFoundError, StorageError
from oais.files import make_directories
from oais.functions.access.looking import SPANS, Stored, drawing_of, shown_unasked
from oais.functions.access.views.looks import Wish
from oais.functions.quicklooks.answers import Answers, ReadAndKeep
from oais.functions.quicklooks.register import Register, Waiting, ledger_length
from oais.functions.storage import find_aip, is_ingesting
from oais.information.description import ProductDescription
from oais.information.identifiers import parse_aip_reference
from oais.information.representation.choosing import SERIES
from oais.information.representation.drawings import read_outline
from oais.information.representation.reading import NotShownError
from oais.information.representation.signatures import DRAWN_FORMATS, TEXT_TABLES
from oais.information.text import printable
from oais.locks import exclusive_lock

_ROUND: Final = 5.0
"""Seconds that a round draws for; a drawing that takes longer is drawn to its end."""


_MOMENT: Final = 0.001
"""Seconds by which times of files are rounded at most."""


class QuickLooker:
    """Draws what was stored before anybody asks, in pieces that leave time for other work.

    ``clock`` tells seconds, for tests.
    """

    def __init__(self, home: Home, *, clock: Callable[[], float] = monotonic) -> None:
        self._home, self._clock = home, clock
        self._answers = Answers(home.home)
        self._counted = False
        self._seen = -1
        """Bytes of the ledger up to which everything is drawn."""

    def draw_due(self) -> int:
        """Draw for a few seconds; return how many products were gone through. Raises StorageError."""
        length = ledger_length(self._home)
        if not self._home.settings.quicklook_bytes or length == self._seen or is_ingesting(self._home):
            return 0
        locks = self._home.staging / "locks"
        make_directories(locks)
        try:
            with (
                exclusive_lock(locks / "quicklooks.lock", "the quick-looks", wait=False),
                closing(Register(self._home)) as register,
            ):
                return self._round(register, length)
        except InUseError:
            return 0  # another worker draws

    def _round(self, register: Register, length: int) -> int:
        if not self._counted:
            self._answers.count()
            self._counted = True
        register.look_for_new()
        end, count = self._clock() + _ROUND, 0
        while (version := register.newest_waiting()) is not None:
            count += self._draw(register, version, end)
            if self._clock() >= end:
                break
        else:
            self._seen = length
        self._answers.make_room(self._home.settings.quicklook_bytes)
        return count

    def _draw(self, register: Register, version: Waiting, end: float) -> int:
        """Draw the products of a version until a moment; return how many."""
        since = datetime.fromisoformat(version.at).timestamp()
        if since <= self._answers.too_old + _MOMENT:
            register.done(version)  # what is there was used or stored later, and is all that fits
            return 0
        try:
            products = _products(self._home, version)
        except NotFoundError:
            register.forget(version)  # it was withdrawn
            return 0
        except (DamageError, StorageError) as error:
            register.could_not(version, "", error.message)
            register.done(version)
            return 0
        kept = self._answers.kept

        def enough() -> bool:
            """Something new was drawn, so that no round is in vain, and other work may wait."""
            return self._answers.kept > kept and (self._clock() >= end or is_ingesting(self._home))

        for count, (number, product, file) in enumerate(products, 1):
            if not self._draw_product(register, version, product, file, enough):
                register.came_to(version, number)
                return count
        register.done(version)
        return len(products)

    def _draw_product(
        self,
        register: Register,
        version: Waiting,
        product: ProductDescription,
        file: StoredFile,
        enough: Callable[[], bool],
    ) -> bool:
        """Draw a product; return whether it was drawn to its end."""
        sha512, since = file.digests["sha512"], datetime.fromisoformat(version.at).timestamp()
        stored = Stored.of(file.path, file.digests, ReadAndKeep(self._answers, sha512, since))
        try:
            drawings = draw_product(stored, product, self._home.settings.quicklook_pieces)
            return not any(enough() for _ in drawings)
        except NotShownError as error:
            if product.format_id not in TEXT_TABLES:  # a text need not be a table
                reason = error.message.removeprefix(f"{printable(file.path.name)}: ")
                register.could_not(version, product.path, reason)
            return True
        finally:
            if not file.path.exists():
                self._answers.forget(sha512)  # its AIP was withdrawn meanwhile


def draw_product(stored: Stored, product: ProductDescription, pieces: int) -> Iterator[None]:
    """Draw what the product's page shows, and of a series its pieces, a drawing after each stop.

    Raises NotShownError.
    """
    yield
    parts = tuple(part for part in read_outline(stored.path, stored.ask) if part.drawings)
    part = shown_unasked(parts, product)
    if part is None:
        return
    drawing_of(stored, product, Wish())
    if part.drawings[0] != SERIES or not part.time or not pieces:
        return
    for span in SPANS:
        wish = Wish(kind=SERIES, unit=part.number, span=span)
        yield
        try:
            spans = drawing_of(stored, product, wish).spans
        except NotFoundError:
            return  # its time is not one of UTC
        for piece in spans.spans[1:pieces] if spans else ():
            yield
            drawing_of(stored, product, replace(wish, start=piece.start))


def _products(home: Home, version: Waiting) -> list[tuple[int, ProductDescription, StoredFile]]:
    """Return the products of a version that may have a drawing and were not gone through, by their numbers.

    Raises NotFoundError, DamageError, StorageError.
    """
    asked = parse_aip_reference(version.reference)
    stored = find_aip(home, asked.aip_id)
    opened = stored.open(asked.version or stored.head)
    products = read_description(stored, opened.number).products
    return [
        (number, product, opened.file(product.path))
        for number, product in enumerate(products)
        if number >= version.next and product.format_id in DRAWN_FORMATS
    ]
