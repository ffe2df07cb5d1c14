"""Pages of an answer, one hit a package or one a visit, and the names that may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from search_index.answers import FacetCount
from search_index.catalogue.columns import Columns
from search_index.catalogue.facets import Positions
from search_index.query import Query

MOST_TOGETHER: Final = 100
"""Packages of one visit that an answer names; visits have few, but other things may share a name."""


@dataclass(frozen=True, slots=True)
class OnePage:
    """The hits of one page: the positions each is made of, how many those were, and all hits there are."""

    names: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    packages: tuple[int, ...]
    total: int


def one_page(columns: Columns, positions: Positions, query: Query, most: int = 0) -> OnePage:
    """Cut a page out of the selected positions, of visits where the query asks for them.

    It has as many hits as the query says, or up to ``most`` where that is given.
    """
    cut = slice(query.offset, query.offset + (most or query.limit))
    if not query.visits:
        page = tuple((position,) for position in positions[cut].tolist())
        return OnePage(("",) * len(page), page, (1,) * len(page), len(positions))
    codes = columns.visits[positions]
    leading, counts = _leading(codes, len(columns.visit_names))
    shown = leading[cut]
    members: dict[int, list[int]] = {code: [] for code in shown.tolist()}
    wanted = np.zeros(len(columns.visit_names), dtype=np.bool_)
    wanted[shown] = True
    for place in np.nonzero(wanted[codes])[0].tolist():
        together = members[int(codes[place])]
        if len(together) < MOST_TOGETHER:
            together.append(int(positions[place]))
    return OnePage(
        names=tuple(columns.visit_names[code] for code in members),
        members=tuple(tuple(each) for each in members.values()),
        packages=tuple(counts[shown].tolist()),
        total=len(leading),
    )


def _leading(codes: Positions, size: int) -> tuple[Positions, Positions]:
    """Return visits in order, each where the first of its packages stands, and by visit how many it has."""
    places = np.arange(len(codes))
    first = np.zeros(size, dtype=np.int64)
    first[codes[::-1]] = places[::-1]  # of several the last stays, which is the first package
    return codes[first[codes] == places], np.bincount(codes, minlength=size)


def named(
    columns: Columns, facet: str, begin: str, limit: int, without: tuple[str, ...]
) -> tuple[FacetCount, ...]:
    """Return the values of a facet in which a word begins so, of packages outside some branches."""
    column = columns.facet(facet)
    counts = columns.held(facet, without)
    shown = (code for code in columns.names(facet).beginning(begin) if counts[code])
    return tuple(FacetCount(column.values[code], int(counts[code])) for code in islice(shown, limit))
