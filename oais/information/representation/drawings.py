"""The numbers behind drawings of a product, read by limited processes: what there is, and each kind of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from oais.information.representation.intervals import Interval
from oais.information.representation.reading import MOST_POINTS, Ask, ask_reader

Floats = tuple[float, ...]
NamedUnit = tuple[str, str]
"""A column's name and unit."""

EVERYWHERE: Final = Interval("", "")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file that can be drawn: an image, or a table of ``rows`` with its columns of numbers.

    ``drawings`` are those it gives, the best first; ``time`` is its column of times or empty; ``fits`` tells
    whether the first suits it so well that it is shown unasked. ``left_out`` are columns of numbers that are
    too large to be drawn, ``vectors`` those with many numbers a row.
    """

    number: int
    name: str
    rows: int
    columns: tuple[NamedUnit, ...]
    time: str
    drawings: tuple[str, ...]
    fits: bool
    left_out: tuple[str, ...] = ()
    vectors: tuple[NamedUnit, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are drawn: those in an ``interval`` of UTC, or between two numbers of the column itself."""

    interval: Interval = EVERYWHERE
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """Points of one column, thinned so that the extremes stay, and what was counted of all of them.

    ``mjd`` is their time as MJD of UTC, empty where no such time is told. ``good`` points are finite and
    without a quality flag, ``flagged`` ones have one (some of them are in ``flagged_x`` and so on),
    ``missing`` ones are not finite; ``least``, ``greatest`` and ``mean`` are of the good ones.
    """

    name: str
    unit: str
    x: Floats
    y: Floats
    mjd: Floats
    flagged_x: Floats
    flagged_y: Floats
    flagged_mjd: Floats
    good: int
    flagged: int
    missing: int
    least: float | None
    greatest: float | None
    mean: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """Columns over another, ``x``, whose time counts in ``scale``; ``within`` of ``total`` rows are drawn.

    Of every drawing ``read`` counts the rows that were read for it; ``whole`` is False where those are not
    all: they lie all over the table then, or are its first ones where it is read ``in_order``.
    """

    unit: int
    unit_name: str
    x: NamedUnit
    scale: str
    quality: str
    total: int
    read: int
    within: int
    whole: bool
    in_order: bool
    tracks: tuple[Track, ...]


@dataclass(frozen=True, slots=True)
class EventMap:
    """How many events lie in each field: rows of ``counts`` go up with y, its columns with x.

    The ranges hold all but a few far away, which are counted as ``outside``.
    """

    unit: int
    unit_name: str
    x: NamedUnit
    y: NamedUnit
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    counts: tuple[tuple[int, ...], ...]
    total: int
    read: int
    whole: bool
    in_order: bool
    counted: int
    outside: int
    missing: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values lie in each step between two ``edges``, one more than ``counts``."""

    unit: int
    unit_name: str
    x: NamedUnit
    edges: Floats
    counts: tuple[int, ...]
    logarithmic: bool
    total: int
    read: int
    whole: bool
    in_order: bool
    counted: int
    missing: int
    least: float | None
    greatest: float | None


@dataclass(frozen=True, slots=True)
class GoodTimes:
    """Intervals from ``starts`` to ``stops``, the first of ``total``; ``length`` is the sum of all."""

    unit: int
    unit_name: str
    names: tuple[str, str]
    time_unit: str
    scale: str
    starts: Floats
    stops: Floats
    start_mjd: Floats
    stop_mjd: Floats
    length: float | None
    total: int
    read: int
    whole: bool
    in_order: bool
    missing: int


@dataclass(frozen=True, slots=True)
class Spans:
    """Pieces of time, each with its beginning in UTC and its rows; ``whole`` when all rows were counted."""

    unit: int
    unit_name: str
    spans: tuple[tuple[str, int], ...]
    whole: bool


def read_outline(path: Path, ask: Ask = ask_reader) -> tuple[Part, ...]:
    """Return what of a file can be drawn; raises NotShownError when it is damaged or holds no numbers."""
    return tuple(_part(unit) for unit in ask(path, "outline")["units"])


def _part(plain: dict[str, Any]) -> Part:
    columns = tuple((name, unit) for name, unit in plain["columns"])
    vectors = tuple((name, unit) for name, unit in plain.get("vectors", ()))
    lists = {name: tuple(plain.get(name, ())) for name in ("drawings", "left_out")}
    return Part(**{**plain, "columns": columns, "vectors": vectors, **lists})


def read_series(
    path: Path,
    unit: int | None = None,
    x: str = "",
    y: tuple[str, ...] = (),
    wanted: Wanted | None = None,
    fold: tuple[float, float] | None = None,
    max_points: int = 2_000,
    ask: Ask = ask_reader,
) -> Series:
    """Read columns over another, folded by (period, epoch) in its own numbers; raises NotShownError."""
    most = max(2, min(max_points, MOST_POINTS))
    plain = asked_drawing(ask, path, unit, "series", wanted, x=x, y=list(y), fold=fold, most=most)
    return Series(**{**plain, "tracks": tuple(Track(**_frozen(track)) for track in plain["tracks"])})


def read_event_map(
    path: Path,
    unit: int | None = None,
    x: str = "",
    y: str = "",
    wanted: Wanted | None = None,
    bins: int = 100,
    ask: Ask = ask_reader,
) -> EventMap:
    """Count the events of a table in fields of two columns, its sky by default; raises NotShownError."""
    return EventMap(**asked_drawing(ask, path, unit, "map", wanted, x=x, y=y, bins=bins))


def read_histogram(
    path: Path,
    unit: int | None = None,
    x: str = "",
    wanted: Wanted | None = None,
    bins: int = 60,
    ask: Ask = ask_reader,
) -> Histogram:
    """Count the values of a column, its energy by default; raises NotShownError."""
    return Histogram(**asked_drawing(ask, path, unit, "histogram", wanted, x=x, bins=bins))


def read_good_times(path: Path, unit: int | None = None, ask: Ask = ask_reader) -> GoodTimes:
    """Read the intervals of a table with columns START and STOP; raises NotShownError."""
    return GoodTimes(**asked_drawing(ask, path, unit, "intervals", None))


def read_spans(path: Path, unit: int | None, hours: int, ask: Ask = ask_reader) -> Spans:
    """Count the rows of each piece of ``hours``, none where their time is not told; raises NotShownError."""
    return Spans(**asked_drawing(ask, path, unit, "spans", None, hours=hours))


def asked_drawing(
    ask: Ask, path: Path, unit: int | None, kind: str, wanted: Wanted | None, **wish: Any
) -> dict[str, Any]:
    """Have a drawing made with the rows that are wanted; return its answer with tuples for its lists."""
    told = wanted or Wanted()
    span = {
        "start": told.interval.start,
        "stop": told.interval.stop,
        "low": told.low,
        "high": told.high,
    }
    return _frozen(ask(path, "drawing", unit=unit, kind=kind, span=span, **wish))


def _frozen(plain: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with tuples for its lists of plain values."""
    return {key: _tuple(value) if isinstance(value, list) else value for key, value in plain.items()}


def _tuple(values: list[Any]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)
