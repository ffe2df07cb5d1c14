"""A closer look at a product: which drawing fits it, and the numbers of the one that is wanted.

All of this is data, and for who may download them only: an ``OpenedFile`` holds the decision. What was read
is kept by the digests of the stored bytes, so that nothing is ever shown of others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from oais.errors import NotFoundError, WrongUsageError
from oais.functions.access import cards
from oais.functions.access.decisions import Asker
from oais.functions.access.packages import Shown
from oais.functions.access.places import crumbs
from oais.functions.access.views import OpenedFile
from oais.functions.access.views.looks import LookView, SpansView, SpanView
from oais.functions.quicklooks.answers import ReadyFirst
from oais.information.description import ProductDescription
from oais.information.representation.choosing import IMAGE, SERIES, spectral_column
from oais.information.representation.drawings import EVERYWHERE, Part, read_outline, read_spans
from oais.information.representation.drawn_counts import MOST_BINS
from oais.information.representation.intervals import parse_interval
from oais.information.representation.kinds import KINDS, Drawn
from oais.information.representation.reading import Ask, NotShownError, ask_reader
from oais.information.representation.wish import Wish, moment_wanted, wanted_of
from oais.information.text import printable

SPANS: Final[Mapping[str, int]] = {"1h": 1, "6h": 6, "24h": 24}
"""Pieces of time that series are shown in, by their hours; they begin with the day."""

MOST_COLUMNS: Final = KINDS[SERIES].limits.columns
"""Columns of a series in one drawing."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that never change: where they lie, and what they are known by."""

    path: Path
    digests: tuple[tuple[str, str], ...]
    ask: Ask = ask_reader
    """Who reads them."""

    @classmethod
    def of(cls, path: Path, digests: Mapping[str, str], ask: Ask) -> Stored:
        """Return the key of a stored file."""
        return cls(path, tuple(sorted(digests.items())), ask)

    @classmethod
    def at(cls, home: Path, path: Path, digests: Mapping[str, str]) -> Stored:
        """Return the key of a file stored in a home, of which drawings may lie ready."""
        return cls.of(path, digests, ReadyFirst(home, digests["sha512"]))


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn of a product: ``part`` of its ``parts``, by a ``wish`` that says all, and the numbers."""

    parts: tuple[Part, ...]
    part: Part
    wish: Wish
    drawn: Drawn
    spans: SpansView | None


def look(home: Path, asker: Asker, shown: Shown, opened: OpenedFile, path: str, wish: Wish) -> LookView:
    """Return a drawing of an opened product; raises as ``drawing_of``."""
    product = described(shown, path)
    found = drawing_of(Stored.at(home, opened.disk_path, opened.digests), product, wish)
    return LookView(
        crumbs=crumbs(asker, shown.node),
        reference=shown.reference,
        version=shown.version,
        product=cards.product_card(product, opened.digests),
        parts=found.parts,
        part=found.part,
        kind=found.wish.kind,
        name=name_of(found.part, found.wish.kind, found.wish.x),
        wish=found.wish,
        drawn=found.drawn,
        spans=found.spans,
    )


def drawing_of(stored: Stored, product: ProductDescription, wish: Wish) -> Drawing:
    """Return what is drawn of a product's bytes.

    Raises:
        WrongUsageError: the wish cannot be.
        NotFoundError: there is nothing to draw, or not what is wanted.
    """
    name = product.path.rsplit("/", maxsplit=1)[-1]
    parts = parts_of(stored)
    if not parts:
        raise NotFoundError(f"{name} holds nothing that is drawn")
    part = _chosen(parts, product, wish)
    kind = wish.kind or part.drawings[0]
    if kind not in part.drawings:
        offered = ", ".join(part.drawings) or "nothing"
        raise NotFoundError(f"{printable(kind)!r} is not drawn of {name}: there is {offered}")
    wish = _settled(replace(wish, kind=kind, unit=part.number), part)
    spans = None
    if wish.span:
        wish, spans = _of_span(stored, wish)
    return Drawing(parts, part, wish, _drawn(stored, wish), spans)


def described(shown: Shown, path: str) -> ProductDescription:
    """Return what is described of a product; raises NotFoundError for another file."""
    for product in shown.description.products:
        if product.path == path:
            return product
    raise NotFoundError(f"{shown.reference} has no product {printable(path)!r}")


@lru_cache(maxsize=512)
def parts_of(stored: Stored) -> tuple[Part, ...]:
    """Return what of a stored file can be drawn; nothing where it cannot be read."""
    try:
        return tuple(part for part in read_outline(stored.path, stored.ask) if part.drawings)
    except NotShownError:
        return ()


def shown_unasked(parts: tuple[Part, ...], product: ProductDescription) -> Part | None:
    """Return the part whose drawing is shown on the product's page: of an image its image first."""
    fitting = [part for part in parts if part.fits]
    if product.obscore.dataproduct_type in {"image", "cube"}:
        fitting.sort(key=lambda part: part.drawings[0] != IMAGE)
    else:
        fitting.sort(key=lambda part: part.drawings[0] == IMAGE)
    return next(iter(fitting), None)


def name_of(part: Part, kind: str, x: str = "") -> str:
    """Return what people call a drawing."""
    if kind != SERIES:
        return KINDS[kind].called
    names = [name for name, _ in part.columns]
    over = x or spectral_column(names) or part.time
    if over and over == spectral_column(names):
        return "spectrum"
    # The flux of particles has components, or no such name: only that of a source of light is told by it.
    light = any(name.upper().endswith("FLUX") for name in names)
    return ("light curve" if light else "time series") if over == part.time else "series"


def _chosen(parts: tuple[Part, ...], product: ProductDescription, wish: Wish) -> Part:
    if wish.unit is not None:
        found = next((part for part in parts if part.number == wish.unit), None)
        if found is None:
            numbers = ", ".join(str(part.number) for part in parts)
            raise NotFoundError(f"nothing is drawn of HDU {wish.unit}: there is {numbers}")
        return found
    able = [part for part in parts if not wish.kind or wish.kind in part.drawings]
    return shown_unasked(tuple(able), product) or next(iter(able or parts))


def _settled(wish: Wish, part: Part) -> Wish:
    """Return a wish within its limits; raises WrongUsageError."""
    if len(wish.y) > MOST_COLUMNS:
        raise WrongUsageError(f"{len(wish.y)} columns are wanted, at most {MOST_COLUMNS} fit in a drawing")
    if wish.period is not None and not (math.isfinite(wish.period) and wish.period > 0):
        raise WrongUsageError(f"the period is {wish.period}, expected a number greater than 0")
    if not math.isfinite(wish.epoch):
        raise WrongUsageError(f"the epoch is {wish.epoch}, expected a finite number")
    if wish.span and wish.span not in SPANS:
        raise WrongUsageError(f"the span is {printable(wish.span)!r}, expected {', '.join(SPANS)}")
    most = KINDS[wish.kind].limits.most_bins or MOST_BINS
    if wish.bins is not None and not 1 <= wish.bins <= most:
        raise WrongUsageError(f"{wish.bins} bins are wanted, expected 1 to {most}")
    if wish.span and (wish.kind != SERIES or not part.time):
        return replace(wish, span="")
    return wish


def _of_span(stored: Stored, wish: Wish) -> tuple[Wish, SpansView]:
    """Return the wish for the piece of time that ``start`` lies in, else the first with rows."""
    spans = spans_of(stored, wish.unit, wish.span)
    if not spans.spans:
        raise NotFoundError(f"no row has a time in UTC that could lie in {wish.span}")
    start = _boundary(wish.start, wish.span) if wish.start else spans.spans[0].start
    try:
        end = datetime.fromisoformat(start) + timedelta(hours=SPANS[wish.span])
    except OverflowError:
        raise WrongUsageError(f"no {wish.span} can follow {start}: there the calendar ends") from None
    return replace(wish, start=start, end=_written(end)), spans


def _boundary(text: str, span: str) -> str:
    interval = parse_interval(text, "") or EVERYWHERE
    moment = datetime.fromisoformat(interval.start.replace(":60", ":59")).replace(tzinfo=UTC)
    return _written(moment.replace(hour=moment.hour // SPANS[span] * SPANS[span]))


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H}:00:00Z"


@lru_cache(maxsize=64)
def spans_of(stored: Stored, unit: int | None, span: str) -> SpansView:
    """Return how many rows lie in each piece of time; raises NotShownError."""
    found = read_spans(stored.path, unit, SPANS[span], stored.ask)
    pieces = tuple(SpanView(f"{start}Z", rows) for start, rows in found.spans)
    held = tuple(piece for piece in pieces if piece.rows)
    missing = tuple(piece.start for piece in pieces if not piece.rows)
    return SpansView(span, held, missing, found.whole)


def _drawn(stored: Stored, wish: Wish) -> Drawn:
    """Return the numbers; where a few faulty requests want what is not there, nothing is kept of them."""
    wanted_of(wish)
    moment_wanted(wish)
    return _kept(stored, replace(wish, span=""))


@lru_cache(maxsize=48)
def _kept(stored: Stored, wish: Wish) -> Drawn:
    return KINDS[wish.kind].read(stored.path, wish, stored.ask)
