"""Search: what a form or a command line asks, checked, answered with hits, facets and pages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oais.errors import WrongUsageError
from oais.functions.access.cards import aip_card
from oais.functions.access.decisions import Asker
from oais.functions.access.places import check_page
from oais.functions.access.views import Facet, FacetValue, FindView, Page
from policies.access import Action
from search_index.entries import FacetCount
from search_index.index import Index
from search_index.query import Query, choices, parse_cone, parse_time

LONGEST_WORDS = 256
PAGE_SIZES = (10, 25, 50, 100)
FACET_TITLES = {
    "mission": "Mission",
    "level": "Level",
    "kind": "Kind",
    "product_type": "Product type",
    "dataproduct_type": "Data product",
    "target": "Target",
}
_VALUES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Question:
    """A search as it is typed, all text; ``cone`` is RA,DEC,RADIUS in degrees, ``time`` FROM/TO.

    ``ids`` may hold several identifiers, patterns or ranges, parted by commas or spaces. ``request`` is one
    observation request, written MISSION:NAME. ``among`` are the places and identifiers of a profile, of
    which any will do; nobody types them.
    """

    words: str = ""
    mission: str = ""
    level: str = ""
    kind: str = ""
    target: str = ""
    product_type: str = ""
    dataproduct_type: str = ""
    cone: str = ""
    time: str = ""
    node: str = ""
    ids: str = ""
    request: str = ""
    among: tuple[str, ...] = ()
    order: str = ""
    page: int = 1
    per_page: int = 25


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
        facets=tuple(facet for facet in facets if facet.values),
        page=Page(question.page, question.per_page, found.total),
        unknown=found.unknown,
        places=tuple(node.path for node in found.nodes if asker.may(Action.SEE, node.path)),
    )


def query_of(question: Question, without: tuple[str, ...]) -> Query:
    """Return a question as the index takes it; raises WrongUsageError for what cannot be read."""
    query = Query(
        words=question.words,
        mission=question.mission,
        level=question.level,
        kind=question.kind,
        target=question.target,
        product_type=question.product_type,
        dataproduct_type=question.dataproduct_type,
        node=question.node,
        ids=tuple(question.ids.replace(",", " ").split()),
        request=question.request,
        among=question.among,
        without=without,
        order=question.order,
    )
    if question.cone:
        query = replace(query, cone=parse_cone(question.cone))
    if question.time:
        query = replace(query, time=parse_time(question.time))
    offset = (question.page - 1) * question.per_page
    return replace(query, offset=offset, limit=question.per_page)


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
