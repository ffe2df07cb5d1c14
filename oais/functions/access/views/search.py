"""The answer to a search, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from oais.functions.access.views.frame import Page
from oais.functions.access.views.places import AipCard


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value to narrow a search by, and how many AIPs it would leave."""

    value: str
    count: int
    active: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A property that hits can be narrowed by; ``name`` is the name of the form's field."""

    name: str
    title: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class FindView:
    """The answer to a search; ``places`` are nodes whose own words match.

    ``unknown`` repeats each identifier, pattern or range that nothing in the archive answers to.
    """

    hits: tuple[AipCard, ...]
    facets: tuple[Facet, ...]
    page: Page
    unknown: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
