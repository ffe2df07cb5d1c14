"""The kinds of drawings, one entry each: what they fit, how they are read in both processes, their limits.

A kind more is a module that makes its numbers, an entry here, and one in ``oais.web.pictures`` that draws
them; the site's forms, addresses and refusals follow from these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from oais.information.representation.choosing import (
    HISTOGRAM,
    IMAGE,
    INTERVALS,
    MAP,
    SERIES,
    SPECTROGRAM,
    energy_column,
    interval_columns,
    sky_columns,
    spectral_column,
    time_column,
)
from oais.information.representation.drawings import (
    EventMap,
    GoodTimes,
    Histogram,
    Series,
    read_event_map,
    read_good_times,
    read_histogram,
    read_series,
)
from oais.information.representation.drawn_counts import MOST_BINS, event_map, histogram, spans
from oais.information.representation.drawn_spectra import MOST_TIMES, spectrogram
from oais.information.representation.drawn_tables import intervals, series
from oais.information.representation.numbers import open_numbers
from oais.information.representation.reading import PATIENCE, Ask, GreyImage, read_image
from oais.information.representation.spectra import Spectrogram, read_spectrogram
from oais.information.representation.vector_formats import open_vectors
from oais.information.representation.wish import Wish, moment_wanted, wanted_of

Drawn = Series | EventMap | Histogram | GoodTimes | GreyImage | Spectrogram

POINTS_SHOWN: Final = 4_000
"""Points of a column in a drawing; of each interval its extremes stay, so no spike is lost."""

SIDE_SHOWN: Final = 800
"""Pixels of an image's longer side in its picture."""


Open = Callable[[BinaryIO, str, int | None], Any]
"""Opens a part of a stream of a format, that of the HDU or the first; raises ValueError."""

Make = Callable[..., dict[str, Any]]
"""Makes the numbers of a drawing of what was opened, as plain values; raises ValueError."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a part of a file has to be drawn: columns of one number a row, vectors, rows; or an image."""

    names: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    rows: int = 0
    is_image: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a part a kind takes: at least so many rows, ``bins`` of which more are not asked for.

    ``columns`` are those drawn at a time; after ``seconds`` no more rows are read.
    """

    fewest_rows: int = 2
    columns: int = 1
    bins: int = 0
    most_bins: int = 0
    seconds: float = PATIENCE


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of drawing: its name in addresses, what people call it, and what it is made of.

    ``fits`` tells how well it suits a part, 0 the best, None where it cannot be drawn. ``read`` has the
    limited process give its numbers, which there ``open`` and ``make`` are asked for; an image is read by a
    reader of its own.
    """

    name: str
    called: str
    fits: Callable[[Offer], int | None]
    read: Callable[[Path, Wish, Ask], Drawn]
    open: Open | None = None
    make: Make | None = None
    limits: Limits = Limits()


def _fits_intervals(offer: Offer) -> int | None:
    return 0 if interval_columns(offer.names) else None


def _fits_map(offer: Offer) -> int | None:
    if sky_columns(offer.names) and energy_column(offer.names):
        return 1
    return 5 if len(offer.names) > 1 else None


def _fits_series(offer: Offer) -> int | None:
    if len(offer.names) < 2:
        return None
    return 2 if time_column(offer.names) or spectral_column(offer.names) else 4


def _fits_histogram(offer: Offer) -> int | None:
    return 3 if offer.names else None


def _fits_spectrogram(offer: Offer) -> int | None:
    # Never the first: it is drawn on demand only, for it reads all components of all records.
    return 6 if offer.vectors else None


def _fits_image(offer: Offer) -> int | None:
    return 0 if offer.is_image else None


def _series(path: Path, wish: Wish, ask: Ask) -> Drawn:
    fold = None if wish.period is None else (wish.period, wish.epoch)
    return read_series(path, wish.unit, wish.x, wish.y, wanted_of(wish), fold, POINTS_SHOWN, ask)


def _map(path: Path, wish: Wish, ask: Ask) -> Drawn:
    y = wish.y[0] if wish.y else ""
    return read_event_map(path, wish.unit, wish.x, y, wanted_of(wish), _bins(wish), ask)


def _histogram(path: Path, wish: Wish, ask: Ask) -> Drawn:
    return read_histogram(path, wish.unit, wish.x, wanted_of(wish), _bins(wish), ask)


def _intervals(path: Path, wish: Wish, ask: Ask) -> Drawn:
    return read_good_times(path, wish.unit, ask)


def _spectrogram(path: Path, wish: Wish, ask: Ask) -> Drawn:
    y, at, scales = wish.y[0] if wish.y else "", moment_wanted(wish), (wish.axis, wish.colours)
    return read_spectrogram(path, wish.unit, y, wanted_of(wish), _bins(wish), at, scales, ask)


def _image(path: Path, wish: Wish, ask: Ask) -> Drawn:
    more: dict[str, Any] = {"stretch": wish.stretch, "plane": wish.plane, "grid": True, "ask": ask}
    return read_image(path, wish.unit, SIDE_SHOWN, **more)


def _bins(wish: Wish) -> int:
    return wish.bins or KINDS[wish.kind].limits.bins


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(SERIES, "series", _fits_series, _series, open_numbers, series, Limits(columns=6)),
        Kind(
            MAP, "event map", _fits_map, _map, open_numbers, event_map, Limits(bins=100, most_bins=MOST_BINS)
        ),
        Kind(
            HISTOGRAM,
            "histogram",
            _fits_histogram,
            _histogram,
            open_numbers,
            histogram,
            Limits(bins=60, most_bins=MOST_BINS),
        ),
        Kind(
            INTERVALS,
            "good times",
            _fits_intervals,
            _intervals,
            open_numbers,
            intervals,
            Limits(fewest_rows=1),
        ),
        Kind(IMAGE, "image", _fits_image, _image, limits=Limits(fewest_rows=0)),
        Kind(
            SPECTROGRAM,
            "spectrogram",
            _fits_spectrogram,
            _spectrogram,
            open_vectors,
            spectrogram,
            Limits(bins=240, most_bins=MOST_TIMES),
        ),
    )
}
"""Every kind of drawing, by its name in addresses."""

READINGS: Final[Mapping[str, tuple[Open, Make, float]]] = {
    **{
        kind.name: (kind.open, kind.make, kind.limits.seconds)
        for kind in KINDS.values()
        if kind.open and kind.make
    },
    "spans": (open_numbers, spans, PATIENCE),
}
"""What the limited process opens and makes, for how long: drawings of tables, and the pieces of time."""


def drawings_of(offer: Offer) -> tuple[str, ...]:
    """Return which drawings a part gives, the one that fits it best first."""
    ranked = ((kind.fits(offer), kind) for kind in KINDS.values() if offer.rows >= kind.limits.fewest_rows)
    return tuple(kind.name for _, kind in sorted(_able(ranked), key=lambda found: found[0]))


def _able(ranked: Iterable[tuple[int | None, Kind]]) -> Iterator[tuple[int, Kind]]:
    return ((rank, kind) for rank, kind in ranked if rank is not None)
