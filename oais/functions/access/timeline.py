"""What was observed at the same time: of each type of product the one nearest to a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from oais.errors import WrongUsageError
from oais.functions.access.cards import precise_time
from oais.functions.access.decisions import Asker
from oais.functions.access.places import place
from oais.information.representation.signatures import DRAWN_FORMATS
from oais.information.text import printable
from policies.access import Action
from search_index import browsing
from search_index.entries import Nearest
from search_index.index import Index
from search_index.query import parse_time

_DECIMALS: Final = 6
"""Of an offset: an MJD tells no more than microseconds."""

_RANGE: Final = (-678_575.0, 2_973_484.0)
"""MJD of the years 1 to 9999, which the calendar of the archive has."""


@dataclass(frozen=True, slots=True)
class SameTime:
    """The product of one type that is nearest to a moment; addresses are within the site.

    ``offset`` are the seconds by which it begins after the moment, less than 0 where it ended before, 0 where
    it holds it; of its type ``covering`` products do. ``preview`` is the address of its drawing, empty where
    it has none, or none for whoever asks.
    """

    mission: str
    product_type: str
    kind: str
    level: str
    name: str
    reference: str
    node: str
    start: str
    stop: str
    offset: float
    covering: int
    locked: bool
    address: str
    preview: str


@dataclass(frozen=True, slots=True)
class TimelineView:
    """What is nearest to a moment below ``node``, the nearest first; ``types`` counts all types there are."""

    at: str
    node: str
    products: tuple[SameTime, ...]
    types: int


def timeline(index: Index, asker: Asker, at: str, node: str) -> TimelineView:
    """Return what the asker may know of, of each type the nearest; nothing where no moment is given.

    Raises WrongUsageError for what is no moment, NotFoundError for a place that is not known.
    """
    if node:
        place(index, asker, node)
    if not at:
        return TimelineView("", node, (), 0)
    moment = _moment(at)
    found = browsing.nearest(index, moment, node, asker.branches_denied(Action.READ_METADATA))
    asker.prepare((one.node, one.aip_id) for one in found.products)
    known = (one for one in found.products if asker.may(Action.READ_METADATA, one.node, one.aip_id))
    return TimelineView(
        at=precise_time(moment),
        node=node,
        products=tuple(_same_time(one, locked=asker.locked(one.node, one.aip_id)) for one in known),
        types=found.types,
    )


def _moment(at: str) -> float:
    """Return the MJD of a date (when it begins), a time in UTC or an MJD; raises WrongUsageError."""
    fault = WrongUsageError(
        f"{printable(at, 80)!r} is not a moment",
        remedy="write UTC such as 2018-01-31T12:00:00, a date, or an MJD such as 58149.5",
    )
    try:
        moment = parse_time(at).start if "/" not in at else None
    except WrongUsageError:
        raise fault from None
    if moment is None or not _RANGE[0] <= moment < _RANGE[1]:
        raise fault
    return moment


def _same_time(one: Nearest, *, locked: bool) -> SameTime:
    package = f"/aip/{quote(one.aip_id)}/v{one.version}"
    drawn = bool(one.dataproduct_type) and one.format_id in DRAWN_FORMATS and not locked
    return SameTime(
        mission=one.mission,
        product_type=one.product_type,
        kind=one.kind,
        level=one.level,
        name=one.name,
        reference=f"{one.aip_id}@v{one.version}/{one.path}",
        node=one.node,
        start=precise_time(one.start),
        stop=precise_time(one.stop),
        offset=round(one.offset, _DECIMALS),
        covering=one.covering,
        locked=locked,
        address=f"{package}/products/{quote(one.path)}",
        preview=f"{package}/plots/{quote(one.path)}" if drawn else "",
    )
