"""One query answered on columns: filters make a mask, facets are counted on it, one page is cut from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import Connection, Text, cast, func, or_, select

from search_index.answers import FacetCount
from search_index.catalogue.columns import Columns
from search_index.catalogue.facets import Mask, Positions, numbers_in
from search_index.catalogue.ranks import Keys
from search_index.catalogue.raw_data import raw_data
from search_index.catalogue.resolving import of_any
from search_index.catalogue.schema import AIPS, HAS_VALIDITY, OBSERVATIONS, PRODUCTS
from search_index.catalogue.told_values import fulfilling
from search_index.query import FACETS, NAMED_WHOLE, TRAITS, Query, TimeSpan, as_order, choices
from search_index.sky import distances, inside

MOST_FACET_VALUES: Final = 200
"""Values of one facet that an answer lists, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What the words of a query found: row numbers, and how many of the words each has in its names."""

    numbers: Positions
    scores: Positions


@dataclass(frozen=True, slots=True)
class Selected:
    """What a query selects: positions in order, distances by position if asked, facets, unknown ids.

    ``left_out`` are the packages that answered but for being raw data, which the query does not want.
    """

    positions: Positions
    distances: Keys | None
    facets: dict[str, tuple[FacetCount, ...]]
    unknown: tuple[str, ...]
    left_out: int


def selected(columns: Columns, connection: Connection, query: Query, scored: Scored | None) -> Selected:
    """Return all that a query selects, sorted, with the counts of its facets."""
    visible = columns.visible(query.without)
    identified, unknown = _identified(columns, connection, choices(query.ids), visible)
    named, missing = _identified(columns, connection, choices(query.among), visible, nodes=True)
    base = _all(visible, [mask for mask in (identified, named) if mask is not None])
    if query.targets is not None:
        base &= of_any(columns, connection, query.targets)
    if query.node:
        base &= columns.below(query.node)
    if requests := choices(query.request):
        base &= _observed(columns, connection, requests)
    if scored is not None:
        base &= columns.mask(columns.positions(scored.numbers))
    apart = _placed(columns, connection, query)
    if apart is not None:
        base &= np.isfinite(apart)
    elif query.time is not None:
        base &= _overlapping(columns, connection, query.time)
    base &= _told(columns, connection, query)
    masks = _chosen(columns, query, FACETS)
    whole = _all(base, masks.values())
    left_out = 0
    if query.without_raw:
        raw = raw_data(columns, connection)
        left_out = int(np.count_nonzero(whole & raw))
        base &= ~raw
        whole &= ~raw
    return Selected(
        positions=_sorted(columns, query, whole, scored, apart),
        distances=apart,
        facets=_facets(columns, base, masks, of_visits=query.visits) if query.facets else {},
        unknown=unknown + missing,
        left_out=left_out,
    )


def _told(columns: Columns, connection: Connection, query: Query) -> Mask:
    """Return the packages that have the traits, the magnitude and the validity that a query asks for."""
    mask = _all(np.ones(columns.size, dtype=np.bool_), _chosen(columns, query, TRAITS).values())
    if query.magnitude is not None:
        low, high = query.magnitude.low, query.magnitude.high
        magnitudes = columns.rank("magnitude")
        mask &= ~np.isnan(magnitudes)
        mask &= (magnitudes >= (-np.inf if low is None else low)) & (
            magnitudes <= (np.inf if high is None else high)
        )
    for condition in query.where:
        mask &= fulfilling(columns, connection, condition)
    if query.together:
        mask &= columns.together(query.together)
    if query.valid is not None:
        mask &= _valid(columns, connection, query.valid)
    return mask


def _chosen(columns: Columns, query: Query, names: Iterable[str]) -> dict[str, Mask]:
    """Return, for each facet or trait that a query chooses in, the packages that it leaves."""
    return {
        name: columns.holding(name, picked, whole=name in NAMED_WHOLE, without=query.without)
        for name in names
        if (picked := choices(getattr(query, name)))
    }


def _valid(columns: Columns, connection: Connection, asked: TimeSpan) -> Mask:
    """Return the packages with a product whose validity shares a moment with the interval; open ends hold."""
    begins, ends = PRODUCTS.c.valid_from, PRODUCTS.c.valid_to
    # Not DISTINCT: SQLite would walk all products in the order of their packages instead of these few.
    query = select(PRODUCTS.c.aip_no).where(HAS_VALIDITY)
    if asked.stop is not None:
        query = query.where(or_(begins.is_(None), begins <= asked.stop))
    if asked.start is not None:
        query = query.where(or_(ends.is_(None), ends >= asked.start))
    return columns.mask(
        columns.positions(np.array(connection.execute(query).scalars().all(), dtype=np.int64))
    )


def _all(base: Mask, masks: Iterable[Mask]) -> Mask:
    whole = base.copy()
    for mask in masks:
        whole &= mask
    return whole


def _facets(
    columns: Columns, base: Mask, masks: dict[str, Mask], *, of_visits: bool
) -> dict[str, tuple[FacetCount, ...]]:
    """Count each facet under all filters but its own, so that each count is what a click would find."""
    found = {}
    for name in FACETS:
        others = _all(base, [mask for other, mask in masks.items() if other != name])
        column = columns.facet(name)
        counts = column.counts_of_visits(others) if of_visits else column.counts(others)
        # The codes rise with the values: a stable sort by count leaves equal counts in that order.
        best = np.argsort(-counts, kind="stable")[:MOST_FACET_VALUES]
        found[name] = tuple(
            FacetCount(column.values[code], int(counts[code])) for code in best if counts[code]
        )
    return found


def _placed(columns: Columns, connection: Connection, query: Query) -> Keys | None:
    """Return each package's least distance from the cone's centre, infinite outside; None without a cone."""
    if query.cone is None:
        return None
    found = columns.near(connection, query.cone)
    apart = distances(query.cone, found[:, 1:4])
    hit = inside(query.cone, apart)
    if query.time is not None:
        hit &= _spans_overlap(found[:, 4], found[:, 5], query.time)
    positions = columns.positions(found[:, 0].astype(np.int64))
    hit &= positions >= 0
    least = np.full(columns.size, np.inf)
    np.minimum.at(least, positions[hit], apart[hit])
    return least


def _spans_overlap(starts: Keys, stops: Keys, time: TimeSpan) -> Mask:
    """Return which spans share a moment with ``time``; an unknown span (NaN) shares none."""
    overlap = ~np.isnan(starts)
    if time.stop is not None:
        overlap &= starts <= time.stop
    if time.start is not None:
        overlap &= stops >= time.start
    return np.asarray(overlap, dtype=np.bool_)


def _overlapping(columns: Columns, connection: Connection, time: TimeSpan) -> Mask:
    numbers = func.aggregate_strings(cast(PRODUCTS.c.aip_no, Text), ",")
    query = select(numbers).where(PRODUCTS.c.span_min.is_not(None))
    if time.stop is not None:
        query = query.where(PRODUCTS.c.span_min <= time.stop)
    if time.start is not None:
        query = query.where(PRODUCTS.c.span_max >= time.start)
    return columns.mask(columns.positions(numbers_in(connection.execute(query).scalar())))


def _observed(columns: Columns, connection: Connection, requests: tuple[str, ...]) -> Mask:
    """Return the packages whose newest version is of one of these observation requests."""
    newest = (AIPS.c.no == OBSERVATIONS.c.aip_no) & (AIPS.c.version == OBSERVATIONS.c.version)
    query = select(OBSERVATIONS.c.aip_no).join(AIPS, newest).where(OBSERVATIONS.c.request.in_(requests))
    numbers = connection.execute(query.distinct()).scalars().all()
    return columns.mask(columns.positions(np.array(numbers, dtype=np.int64)))


def _identified(
    columns: Columns, connection: Connection, asked: tuple[str, ...], visible: Mask, *, nodes: bool = False
) -> tuple[Mask | None, tuple[str, ...]]:
    """Return the packages with any of the asked identifiers, and what of them nothing visible answers to.

    With ``nodes`` a name may also be that of a node: it stands for all that rests there and below.
    """
    if not asked:
        return None, ()
    mask = np.zeros(columns.size, dtype=np.bool_)
    unknown = []
    names = columns.identifiers(connection)
    for wanted in dict.fromkeys(asked):
        found = _at(columns, names.named(wanted)) & visible
        if not found.any():
            found = _at(columns, names.matching(wanted))
        if nodes:
            found |= columns.below(wanted)
        found &= visible
        mask |= found
        if not found.any():
            unknown.append(wanted)
    return mask, tuple(unknown)


def _at(columns: Columns, numbers: Sequence[int]) -> Mask:
    """Return the packages with these row numbers."""
    return columns.mask(columns.positions(np.array(numbers, dtype=np.int64)))


def _sorted(
    columns: Columns, query: Query, mask: Mask, scored: Scored | None, apart: Keys | None
) -> Positions:
    """Return the selected positions in order; what has no key comes last, ties go by identifier."""
    positions = np.nonzero(mask)[0]
    order, turned = as_order(query, scored is not None)
    if order == "relevance":
        score = np.zeros(columns.size)
        if scored is not None:
            where = columns.positions(scored.numbers)
            score[where[where >= 0]] = scored.scores[where >= 0]
        keys = [columns.rank("title")[positions], -score[positions]]
    elif order == "distance":
        assert apart is not None
        keys = [apart[positions]]
    else:
        keys = [columns.rank(order)[positions]]
    if turned:
        keys[-1] = -keys[-1]
    return positions[np.lexsort((positions, *keys))]
