"""The answer to a search, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from oais.functions.access.views.frame import Page
from oais.functions.access.views.places import AipCard
from oais.functions.resolving.resolver import Named


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
class VisitRow:
    """One visit among the hits, told of by those of its packages that answer; ``packages`` they are in all.

    ``name`` tells it from all others. ``distance`` is in degrees from the centre that was asked for, ``size``
    in bytes, ``status`` says who may have its data, and ``locked`` that whoever asks may not have them all.
    ``report`` is the address of its quality report, within the site. ``valid_from`` and ``valid_to`` are
    those of reference files; an end that is open is told in words.
    """

    name: str
    title: str
    visit: str
    observation: str
    report: str
    target: str
    ra: float | None
    dec: float | None
    distance: float | None
    magnitude: float | None
    status: str
    locked: bool
    processing: str
    start: str
    stop: str
    mission: str
    level: str
    kind: str
    instrument: str
    detector: str
    pi: str
    spectral_type: str
    observation_type: str
    revision: str
    valid_from: str
    valid_to: str
    ingested_at: str
    products: int
    size: int
    packages: int
    aip_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindView:
    """The answer to a search; ``places`` are nodes whose own words match.

    ``unknown`` repeats each identifier, pattern or range that nothing in the archive answers to. Where
    ``visits`` were asked for, the page is one of them and ``hits`` are their packages. ``raw_hidden`` are the
    packages that answer too, and that the question hides because they are raw data. ``named`` is
    what the name of a target was resolved to, where the cone lies around one.
    """

    hits: tuple[AipCard, ...]
    facets: tuple[Facet, ...]
    page: Page
    unknown: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    visits: tuple[VisitRow, ...] = ()
    raw_hidden: int = 0
    named: Named | None = None
