"""Pages of an answer, one hit a package or one a visit, and the names that may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from search_index.catalogue.columns import Columns, Positions
from search_index.entries import FacetCount
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


def one_page(columns: Columns, positions: Positions, query: Query) -> OnePage:
    """Cut a page out of the selected positions, of visits where the query asks for them."""
    cut = slice(query.offset, query.offset + query.limit)
    if not query.visits:
        page = tuple((position,) for position in positions[cut].tolist())
        return OnePage(("",) * len(page), page, (1,) * len(page), len(positions))
    codes = columns.visits[positions]
    found, first, counts = np.unique(codes, return_index=True, return_counts=True)
    # A visit stands where the first of its packages would.
    order = np.argsort(first)[cut]
    members: dict[int, list[int]] = {code: [] for code in found[order].tolist()}
    for place in np.nonzero(np.isin(codes, found[order]))[0].tolist():
        together = members[int(codes[place])]
        if len(together) < MOST_TOGETHER:
            together.append(int(positions[place]))
    return OnePage(
        names=tuple(columns.visit_names[code] for code in members),
        members=tuple(tuple(each) for each in members.values()),
        packages=tuple(counts[order].tolist()),
        total=len(found),
    )


def named(
    columns: Columns, facet: str, begin: str, limit: int, without: tuple[str, ...]
) -> tuple[FacetCount, ...]:
    """Return the values of a facet in which a word begins so, of packages outside some branches."""
    column = columns.facet(facet)
    counts = column.counts(~columns.below(*without))
    shown = (code for code in columns.names(facet).beginning(begin) if counts[code])
    return tuple(FacetCount(column.values[code], int(counts[code])) for code in islice(shown, limit))
