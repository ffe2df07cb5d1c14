"""What a question to the index is answered with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from search_index.entries import AipEntry, NodeEntry


@dataclass(frozen=True, slots=True)
class Hit:
    """One package that answers a query; ``distance`` in degrees from the cone's centre, if one was given."""

    aip: AipEntry
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that answers a query: those of its packages that do, and how many they are in all."""

    name: str
    hits: tuple[Hit, ...]
    packages: int


@dataclass(frozen=True, slots=True)
class Package:
    """A package that answers a query, by identifier, and where it rests; ``distance`` as of a ``Hit``."""

    aip_id: str
    node: str
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """One visit as a ``Visit``, its packages not yet read."""

    name: str
    members: tuple[Package, ...]
    packages: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is held of one target: its packages, the number of their visits, the nearest one's degrees."""

    aip_ids: tuple[str, ...]
    visits: int
    distance: float | None


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many hits a query would find if this value alone were chosen in its facet."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class FindResult:
    """One page of hits, how many there are in all, what they could be narrowed to, and what was not known.

    ``unknown`` repeats each identifier, pattern or range of the query that nothing in the archive
    answers to; ``nodes`` are the places of the tree whose own words match. Where ``visits`` were asked
    for, they are the page and what is counted, and ``hits`` are their packages. ``left_out`` are the packages
    that the query left out because they are raw data.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, tuple[FacetCount, ...]]
    nodes: tuple[NodeEntry, ...] = ()
    unknown: tuple[str, ...] = ()
    visits: tuple[Visit, ...] = ()
    left_out: int = 0
