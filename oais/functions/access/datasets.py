"""What a data set holds, when it was observed and where it has gaps: from the index, no file read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from oais.errors import NotFoundError
from oais.functions.access.cards import iso_time
from oais.functions.access.decisions import Asker
from oais.functions.access.documents import documents_of
from oais.functions.access.packages import resolve_links
from oais.functions.access.places import check_page, crumbs, place
from oais.functions.access.views import (
    ContentRow,
    DataSetView,
    Gap,
    InventoryView,
    Lane,
    Page,
    SoftwareNamed,
)
from oais.information.description import ProvenanceLink
from oais.information.text import printable
from policies.access import Action
from search_index import browsing
from search_index.entries import Content, Covered
from search_index.index import Index

SHORTEST_GAP: Final = 60.0
"""Seconds. Data that follow each other within them are told as one piece."""

GAPS_SHOWN: Final = 50
"""Gaps on one page."""

_DAY: Final = 86_400.0


def data_set(index: Index, asker: Asker, path: str) -> DataSetView:
    """Return what rests at a place and below, of what the principal may read."""
    without = asker.branches_denied(Action.READ_METADATA)
    return DataSetView(
        contents=tuple(_rows(browsing.contents(index, path, without))),
        lanes=tuple(_lane(covered) for covered in _covered(index, path, without)),
        documents=documents_of(index, asker, path),
        software=tuple(_software(index, asker, path, without)),
    )


def inventory(index: Index, asker: Asker, path: str, product_type: str = "", page: int = 1) -> InventoryView:
    """Return coverage and gaps of a place; raises NotFoundError for a place or type that is not known.

    ``page`` leafs through the gaps, the earliest first. Of a place that is only listed nothing is told.
    """
    check_page(page)
    node = place(index, asker, path)
    covered = _covered(index, path, asker.branches_denied(Action.READ_METADATA))
    if product_type:
        covered = tuple(one for one in covered if one.product_type == product_type)
        if not covered:
            raise NotFoundError(f"{printable(path)!r} has no data of type {printable(product_type)!r}")
    lanes = tuple(map(_lane, covered))
    gaps = sorted(gap for lane in lanes for gap in _gaps(lane))
    first = (page - 1) * GAPS_SHOWN
    return InventoryView(
        node=node,
        crumbs=crumbs(asker, path),
        product_type=product_type,
        lanes=lanes,
        gaps=tuple(
            Gap(name, iso_time(start), iso_time(stop), (stop - start) * _DAY)
            for start, stop, name in gaps[first : first + GAPS_SHOWN]
        ),
        page=Page(page, GAPS_SHOWN, len(gaps)),
    )


def _rows(contents: Iterable[Content]) -> Iterator[ContentRow]:
    """Yield a row for each kind, level and type, with all formats that it comes in."""
    found: dict[tuple[str, str, str], list[Content]] = {}
    for content in contents:
        found.setdefault((content.product_type, content.kind, content.level), []).append(content)
    for (product_type, kind, level), same in found.items():
        starts = [one.t_min for one in same if one.t_min is not None]
        stops = [one.t_max for one in same if one.t_max is not None]
        yield ContentRow(
            product_type=product_type,
            kind=kind,
            level=level,
            formats=tuple(dict.fromkeys(one.format_name for one in same if one.format_name)),
            files=sum(one.files for one in same),
            size=sum(one.size for one in same),
            start=iso_time(min(starts, default=None)),
            stop=iso_time(max(stops, default=None)),
        )


def _covered(index: Index, path: str, without: tuple[str, ...]) -> tuple[Covered, ...]:
    return browsing.coverage(index, path, without, within=SHORTEST_GAP)


def _lane(covered: Covered) -> Lane:
    held = covered.intervals
    return Lane(
        product_type=covered.product_type,
        files=covered.files,
        start=iso_time(held[0][0]),
        stop=iso_time(held[-1][1]),
        covered=sum(stop - start for start, stop in held) * _DAY,
        gaps=len(held) - 1,
        pieces=held,
    )


def _gaps(lane: Lane) -> Iterator[tuple[float, float, str]]:
    """Yield where each gap of a lane begins and ends (MJD), and of what type the data are."""
    for (_, begin), (end, _) in pairwise(lane.pieces):
        yield begin, end, lane.product_type


def _software(index: Index, asker: Asker, path: str, without: tuple[str, ...]) -> Iterator[SoftwareNamed]:
    """Yield the software that headers name, with what holds it resolved as this principal may know."""
    for named in browsing.made_with(index, path, without):
        link = ProvenanceLink("software", named.name, named.value, "", named.target)
        (resolved,) = resolve_links(index, asker, [link])
        yield SoftwareNamed(resolved.name, resolved.value, resolved.target, named.aips)
