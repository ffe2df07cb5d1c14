"""Search: what a form or a command line asks, checked, answered with hits, facets and pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from oais.errors import WrongUsageError
from oais.functions.access.cards import aip_card
from oais.functions.access.decisions import Asker
from oais.functions.access.places import check_page
from oais.functions.access.question import VISITS, Question, query_of
from oais.functions.access.views import Facet, FacetValue, FindView, Page, VisitRow
from oais.functions.access.visits import visit_rows
from oais.information.text import printable
from policies.access import Action
from search_index.answers import FacetCount, Gathered, Hit, Package, Visit
from search_index.index import Index
from search_index.query import choices

LONGEST_WORDS = 256
PAGE_SIZES = (5, 10, 25, 50, 100)
FACET_TITLES = {
    "mission": "Mission",
    "level": "Level",
    "kind": "Kind",
    "product_type": "Product type",
    "dataproduct_type": "Data product",
    "target": "Target",
}
COMPLETED = ("target", "pi", "visit", "observation", "proposal", "spectral_type")
"""The fields of the form whose values are completed while they are typed."""

OFFERED = ("mission", "level", "kind", "observation_type", "reference")
"""The fields of the form that are chosen from a list."""

_VALUES_SHOWN = 12
_MOST_OFFERED = 200
_SUGGESTED = 40
_AT_ONCE = 500


def find(index: Index, asker: Asker, question: Question) -> FindView:
    """Answer a question from what the principal may read; raises WrongUsageError for a malformed one."""
    check_page(question.page)
    if question.per_page not in PAGE_SIZES:
        sizes = ", ".join(map(str, PAGE_SIZES))
        raise WrongUsageError(f"{question.per_page} rows a page is not one of {sizes}")
    if len(question.words) > LONGEST_WORDS:
        raise WrongUsageError(
            f"the words have {len(question.words)} characters; expected up to {LONGEST_WORDS}"
        )
    query = query_of(question, asker.branches_denied(Action.READ_METADATA))
    found = index.find(query)
    asker.prepare((hit.aip.node, hit.aip.aip_id) for hit in found.hits)
    cards = tuple(
        aip_card(hit.aip, locked=asker.locked(hit.aip.node, hit.aip.aip_id))
        for hit in found.hits
        if asker.may(Action.READ_METADATA, hit.aip.node, hit.aip.aip_id)
    )
    facets = tuple(
        _facet(name, title, found.facets.get(name, ()), getattr(question, name))
        for name, title in FACET_TITLES.items()
    )
    return FindView(
        hits=cards,
        visits=visit_rows(index, asker, found.visits),
        facets=tuple(facet for facet in facets if facet.values),
        page=Page(question.page, question.per_page, found.total),
        unknown=found.unknown,
        raw_hidden=found.left_out,
        named=question.named,
        places=tuple(node.path for node in found.nodes if asker.may(Action.SEE, node.path)),
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """All visits that answer: how many are ``told``, of how many, and their rows, some at a time and once."""

    told: int
    total: int
    rows: Iterator[tuple[VisitRow, ...]]


def listing(index: Index, asker: Asker, question: Question, most: int) -> Listing:
    """Return the visits that answer, up to ``most``, read as they are asked for; raises as ``find``.

    They are found and decided about at once, so that it is known beforehand how many will be told.
    """
    without = asker.branches_denied(Action.READ_METADATA)
    asked = query_of(replace(question, show=VISITS, page=1), without)
    found, total = index.visits(replace(asked, facets=False), most)
    asker.prepare((one.node, one.aip_id) for visit in found for one in visit.members)
    told = [visit for visit in found if any(_described(asker, one) for one in visit.members)]
    portions = (told[begin : begin + _AT_ONCE] for begin in range(0, len(told), _AT_ONCE))
    return Listing(len(told), total, (visit_rows(index, asker, _read(index, some)) for some in portions))


def _described(asker: Asker, package: Package) -> bool:
    return asker.may(Action.READ_METADATA, package.node, package.aip_id)


def _read(index: Index, found: Sequence[Gathered]) -> list[Visit]:
    """Return visits with what the catalogue knows of their packages; what has gone meanwhile is left out."""
    entries = index.aips([one.aip_id for visit in found for one in visit.members])
    return [
        Visit(
            visit.name,
            tuple(Hit(entries[one.aip_id], one.distance) for one in visit.members if one.aip_id in entries),
            visit.packages,
        )
        for visit in found
    ]


def names(index: Index, asker: Asker, facet: str, begin: str) -> tuple[str, ...]:
    """Return up to twenty values of a facet in which a word begins so, of what the asker may read.

    Raises WrongUsageError for a facet whose values are not completed.
    """
    if facet not in COMPLETED:
        raise WrongUsageError(f"{printable(facet)!r} is not one of {', '.join(COMPLETED)}")
    without = asker.branches_denied(Action.READ_METADATA)
    return tuple(item.value for item in index.named(facet, begin[:LONGEST_WORDS], without=without))


def choices_held(index: Index, asker: Asker) -> dict[str, tuple[str, ...]]:
    """Return what the search form offers to choose: values that are held and may be read, or the first."""
    without = asker.branches_denied(Action.READ_METADATA)
    most = dict.fromkeys(COMPLETED, _SUGGESTED) | dict.fromkeys(OFFERED, _MOST_OFFERED)
    return {
        facet: tuple(item.value for item in index.named(facet, "", limit=limit, without=without))
        for facet, limit in most.items()
    }


def _facet(name: str, title: str, counts: tuple[FacetCount, ...], chosen: str) -> Facet:
    """Return the values worth a click: those that narrow, and always the one that is chosen."""
    active = choices(chosen)
    values = [
        FacetValue(count.value, count.count, count.value in active)
        for count in counts[:_VALUES_SHOWN]
        if count.value
    ]
    missing = [FacetValue(value, 0, True) for value in active if all(value != v.value for v in values)]
    return Facet(name, title, tuple(missing + values))
