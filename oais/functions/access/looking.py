"""A closer look at a product: which drawing fits it, and the numbers of the one that is wanted.

All of this is data, and for who may download them only: an ``OpenedFile`` holds the decision. What was read
is kept by the digests of the stored bytes, so that nothing is ever shown of others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from oais.errors import NotFoundError, WrongUsageError
from oais.functions.access import cards
from oais.functions.access.decisions import Asker
from oais.functions.access.packages import Shown
from oais.functions.access.places import crumbs
from oais.functions.access.views import OpenedFile
from oais.functions.access.views.looks import Drawn, LookView, SpansView, SpanView, Wish
from oais.functions.quicklooks.answers import ReadyFirst
from oais.information.description import ProductDescription
from oais.information.representation.choosing import (
    HISTOGRAM,
    IMAGE,
    INTERVALS,
    MAP,
    SERIES,
    spectral_column,
)
from oais.information.representation.drawings import (
    EVERYWHERE,
    Part,
    Wanted,
    read_event_map,
    read_good_times,
    read_histogram,
    read_outline,
    read_series,
    read_spans,
)
from oais.information.representation.intervals import parse_interval
from oais.information.representation.reading import Ask, NotShownError, ask_reader, read_image
from oais.information.text import printable

SPANS: Final[Mapping[str, int]] = {"1h": 1, "6h": 6, "24h": 24}
"""Pieces of time that series are shown in, by their hours; they begin with the day."""

MOST_COLUMNS: Final = 6
"""Columns of a series in one drawing."""

POINTS_SHOWN: Final = 4_000
"""Points of a column in a drawing; of each interval its extremes stay, so no spike is lost."""

SIDE_SHOWN: Final = 800
"""Pixels of an image's longer side in its picture."""

_BINS: Final = {MAP: 100, HISTOGRAM: 60}
_MOST_BINS: Final = 256


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
        return {MAP: "event map", INTERVALS: "good times"}.get(kind, kind)
    names = [name for name, _ in part.columns]
    over = x or spectral_column(names) or part.time
    if over and over == spectral_column(names):
        return "spectrum"
    light = any("FLUX" in name.upper() for name in names)
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
    if wish.bins is not None and not 1 <= wish.bins <= _MOST_BINS:
        raise WrongUsageError(f"{wish.bins} bins are wanted, expected 1 to {_MOST_BINS}")
    if wish.span and (wish.kind != SERIES or not part.time):
        return replace(wish, span="")
    return wish


def wanted_of(wish: Wish) -> Wanted:
    """Return which rows a wish means: its ends are both numbers, or both UTC; raises WrongUsageError."""
    ends = [_number(text) for text in (wish.start, wish.end)]
    if any(end is not None for end in ends):
        if any(text and end is None for text, end in zip((wish.start, wish.end), ends, strict=True)):
            raise WrongUsageError(
                f"{printable(wish.start)} to {printable(wish.end)} mixes a number and a time",
                remedy="write both ends as numbers, or both as UTC",
            )
        if None not in ends and wish.end and float(wish.end) <= float(wish.start):
            raise WrongUsageError(f"{printable(wish.start)} to {printable(wish.end)} ends before it begins")
        return Wanted(low=ends[0], high=ends[1])
    return Wanted(parse_interval(wish.start, wish.end) or EVERYWHERE)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


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
    return _kept(stored, replace(wish, span=""))


@lru_cache(maxsize=48)
def _kept(stored: Stored, wish: Wish) -> Drawn:
    return _READERS[wish.kind](stored, wish)


def _read_series(stored: Stored, wish: Wish) -> Drawn:
    fold = None if wish.period is None else (wish.period, wish.epoch)
    wanted = wanted_of(wish)
    return read_series(stored.path, wish.unit, wish.x, wish.y, wanted, fold, POINTS_SHOWN, stored.ask)


def _read_map(stored: Stored, wish: Wish) -> Drawn:
    y = wish.y[0] if wish.y else ""
    bins = wish.bins or _BINS[MAP]
    return read_event_map(stored.path, wish.unit, wish.x, y, wanted_of(wish), bins, stored.ask)


def _read_histogram(stored: Stored, wish: Wish) -> Drawn:
    bins = wish.bins or _BINS[HISTOGRAM]
    return read_histogram(stored.path, wish.unit, wish.x, wanted_of(wish), bins, stored.ask)


def _read_image(stored: Stored, wish: Wish) -> Drawn:
    more: dict[str, Any] = {"stretch": wish.stretch, "plane": wish.plane, "grid": True, "ask": stored.ask}
    return read_image(stored.path, wish.unit, SIDE_SHOWN, **more)


_READERS: Final[Mapping[str, Callable[[Stored, Wish], Drawn]]] = {
    SERIES: _read_series,
    MAP: _read_map,
    HISTOGRAM: _read_histogram,
    INTERVALS: lambda stored, wish: read_good_times(stored.path, wish.unit, stored.ask),
    IMAGE: _read_image,
}
