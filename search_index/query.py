"""A question put to the index, checked when it is made so that nothing further in has to.

Every limit here is a refusal with a reason: a question that is too long or malformed is a
WrongUsageError, never a slow answer and never a traceback.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from oais.errors import WrongUsageError
from oais.information.text import printable
from search_index.conditions import Condition

ORDERS = (
    *("relevance", "title", "id", "time", "size", "ingested", "distance"),
    *("stop", "target", "ra", "dec", "magnitude", "visit", "observation"),
)
"""What hits can be sorted by; a leading ``-`` turns the order round. Ties are broken by identifier."""

LARGEST_PAGE = 1_000
LARGEST_OFFSET = 10_000_000
MOST_IDS = 1_000
LONGEST_CHOICE = 256
MOST_CHOICES = 100

_MJD_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cone:
    """A circle on the sky: centre and radius in ICRS degrees, the rim included.

    Raises WrongUsageError for a centre off the sky or a radius outside ]0, 180].
    """

    ra: float
    dec: float
    radius: float

    def __post_init__(self) -> None:
        if not 0 <= self.ra <= 360:
            raise WrongUsageError(f"right ascension {self.ra} is not between 0 and 360 degrees")
        if not -90 <= self.dec <= 90:
            raise WrongUsageError(f"declination {self.dec} is not between -90 and 90 degrees")
        if not 0 < self.radius <= 180:
            raise WrongUsageError(f"radius {self.radius} is not above 0 and up to 180 degrees")


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A closed interval in MJD (UTC days); an end that is None is open."""

    start: float | None = None
    stop: float | None = None

    def __post_init__(self) -> None:
        for end in (self.start, self.stop):
            if end is not None and not math.isfinite(end):
                raise WrongUsageError(f"time {end} is not a number of days")
        if self.start is not None and self.stop is not None and self.start > self.stop:
            raise WrongUsageError(f"the time span ends ({self.stop}) before it begins ({self.start})")


@dataclass(frozen=True, slots=True)
class Range:
    """A closed interval of magnitudes; an end that is None is open."""

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise WrongUsageError(f"the smallest magnitude ({self.low}) is above the largest ({self.high})")


Choice = str | tuple[str, ...]
"""One value of a facet, or several of which any will do."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to find: all that is given must hold, several values of one facet are alternatives.

    ``ids`` are identifiers of packages or observations, patterns with ``*`` and ``?``, or ranges
    ``first..last`` in natural order. ``request`` is an observation request, MISSION:NAME. ``node`` takes the
    node and all below it; ``among`` are nodes and identifiers, of which any will do, and so are ``targets``:
    whole names of targets, and cones in which they lie. ``where`` are conditions on values of which a package
    must have one each. ``without`` leaves out whole branches (those that the one who asks may not know of),
    ``without_raw`` raw data. Cone and time must hold for the same product. ``valid`` is an interval that
    the validity of a reference file overlaps. Traits and targets are found in any case, by patterns with
    ``*`` and ``?``; a PI, a visit, an observation and a spectral type also by how a word of theirs begins,
    where nothing is called so. With ``visits`` the page is one of visits, each with all its packages that
    answer; ``together`` is the name of one. Raises WrongUsageError when a part is malformed or past its
    limit.
    """

    words: str = ""
    mission: Choice = ()
    level: Choice = ()
    kind: Choice = ()
    target: Choice = ()
    product_type: Choice = ()
    dataproduct_type: Choice = ()
    pi: Choice = ()
    visit: Choice = ()
    observation: Choice = ()
    observation_type: Choice = ()
    proposal: Choice = ()
    spectral_type: Choice = ()
    revision: Choice = ()
    reference: Choice = ()
    magnitude: Range | None = None
    cone: Cone | None = None
    time: TimeSpan | None = None
    valid: TimeSpan | None = None
    node: str = ""
    ids: Choice = ()
    request: Choice = ()
    among: tuple[str, ...] = ()
    targets: tuple[str | Cone, ...] | None = None
    where: tuple[Condition, ...] = ()
    without: tuple[str, ...] = ()
    without_raw: bool = False
    order: str = ""
    offset: int = 0
    limit: int = 50
    facets: bool = field(default=True)
    visits: bool = False
    together: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.offset <= LARGEST_OFFSET:
            raise WrongUsageError(f"offset {self.offset} is not between 0 and {LARGEST_OFFSET}")
        if not 1 <= self.limit <= LARGEST_PAGE:
            raise WrongUsageError(f"limit {self.limit} is not between 1 and {LARGEST_PAGE}")
        if self.order and self.order.removeprefix("-") not in ORDERS:
            raise WrongUsageError(
                f"order {printable(self.order)!r} is not known; expected one of {', '.join(ORDERS)}"
            )
        if self.order.removeprefix("-") == "distance" and self.cone is None:
            raise WrongUsageError("hits can be sorted by distance only from the centre of a cone")
        for name in (*FACETS, *TRAITS):
            _check_choices(name, choices(getattr(self, name)), MOST_CHOICES)
        _check_choices("ids", choices(self.ids), MOST_IDS)
        _check_choices("request", choices(self.request), MOST_CHOICES)
        _check_choices("among", self.among, MOST_IDS)
        _check_choices("targets", tuple(one for one in self.targets or () if isinstance(one, str)), MOST_IDS)


FACETS = ("mission", "level", "kind", "target", "product_type", "dataproduct_type")
"""What hits are counted by; each is also a field of ``Query``."""

TRAITS = (
    *("pi", "visit", "observation", "observation_type", "proposal"),
    *("spectral_type", "revision", "reference"),
)
"""What else packages are found by; each is also a field of ``Query``."""

NAMED_WHOLE = frozenset({"target", "observation_type", "proposal", "revision", "reference"})
"""Facets and traits of which the beginning of a name is not enough."""


def choices(chosen: Choice) -> tuple[str, ...]:
    """Return the alternatives as a tuple; an empty text chooses nothing."""
    if isinstance(chosen, str):
        return (chosen,) if chosen else ()
    return tuple(value for value in chosen if value)


def _check_choices(name: str, values: tuple[str, ...], most: int) -> None:
    if len(values) > most:
        raise WrongUsageError(f"{name}: {len(values)} values were given; at most {most} can be")
    for value in values:
        if len(value) > LONGEST_CHOICE:
            raise WrongUsageError(
                f"{name}: a value of {len(value)} characters; expected up to {LONGEST_CHOICE}"
            )


def parse_cone(text: str) -> Cone:
    """Read ``RA,DEC,RADIUS`` in degrees; raises WrongUsageError naming what was found."""
    try:
        ra, dec, radius = (float(part) for part in _short(text).split(","))
    except ValueError:
        raise WrongUsageError(
            f"{printable(text)!r} is not a cone; expected RA,DEC,RADIUS in degrees such as 83.6,22.0,1.5"
        ) from None
    return Cone(ra, dec, radius)


def parse_time(text: str) -> TimeSpan:
    """Read ``FROM/TO``, each an ISO 8601 date or time in UTC, an MJD, or empty for an open end.

    A date alone means the whole of that day, at either end. A single date or time without ``/`` is the
    span of that day or moment. Raises WrongUsageError naming what was found.
    """
    first, slash, last = _short(text).partition("/")
    if not slash:
        last = first
    start, stop = _moment(first.strip(), text), _moment(last.strip(), text)
    if start is None and stop is None:
        raise _not_a_time(text)
    return TimeSpan(start and start[0], stop and stop[1])


def parse_range(low: str, high: str) -> Range:
    """Read the ends of a range of magnitudes, an empty one is open; raises WrongUsageError."""
    return Range(_magnitude(low), _magnitude(high))


def _magnitude(text: str) -> float | None:
    try:
        number = float(_short(text)) if text else None
    except ValueError:
        number = math.nan
    if number is not None and not math.isfinite(number):
        raise WrongUsageError(f"{printable(text)!r} is not a magnitude; expected a number such as 9.5")
    return number


def _short(text: str) -> str:
    if len(text) > LONGEST_CHOICE:
        raise WrongUsageError(f"a value of {len(text)} characters; expected up to {LONGEST_CHOICE}")
    return text


def _moment(text: str, whole: str) -> tuple[float, float] | None:
    """Return the first and the last MJD that a date, time or number stands for."""
    if not text:
        return None
    try:
        return (float(text), float(text))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _not_a_time(whole) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    first = (moment - _MJD_EPOCH) / _DAY  # whatever its zone: at the ends of the calendar UTC has no such day
    last = first + (1.0 - 1e-9 if len(text) <= len("2018-01-01") else 0.0)
    return (first, last)


def _not_a_time(text: str) -> WrongUsageError:
    return WrongUsageError(
        f"{printable(text)!r} is not a time span; expected FROM/TO such as 2018-01-01/2018-06-30"
    )


def as_order(query: Query, has_words: bool) -> tuple[str, bool]:
    """Return the order that holds and whether it is turned round: nearest first, or best words first."""
    if query.order:
        return query.order.removeprefix("-"), query.order.startswith("-")
    if query.cone is not None:
        return "distance", False
    return ("relevance" if has_words else "title"), False


def is_plain(value: Any) -> bool:
    """Return whether a mission value is text or a number that words can be made of."""
    return isinstance(value, str | int | float) and not isinstance(value, bool)
