"""What the columns are made of, read from the catalogue: of all packages, or of some that changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, Text, cast, func, select

from search_index.catalogue.database import parts
from search_index.catalogue.facets import Mask, Positions, numbers_in
from search_index.catalogue.schema import AIPS, FACET_VALUES, PRODUCTS
from search_index.sky import Floats


class PackageRow(NamedTuple):
    """What filters and orders ask of one package; lists are JSON."""

    no: int
    aip_id: str
    sort_title: str
    node: str
    t_min: float | None
    t_max: float | None
    size: int
    ra: float | None
    dec: float | None
    magnitude: float | None
    ingested_at: str
    targets: str
    obs_ids: str
    visit: str


_AT_ONCE: Final = 5_000
_ROWS: Final = select(*(AIPS.c[name] for name in PackageRow._fields))
_VALUES: Final = select(FACET_VALUES.c.facet, FACET_VALUES.c.value, FACET_VALUES.c.aip_no)
_DIRECTED: Final = select(
    *(PRODUCTS.c[name] for name in ("aip_no", "x", "y", "z", "span_min", "span_max"))
).where(PRODUCTS.c.x.is_not(None))


@dataclass(frozen=True, slots=True)
class FacetEntries:
    """One facet: its values in order, and for each pair of value and package the code and the row number."""

    values: tuple[str, ...]
    codes: Positions
    numbers: Positions

    def renewed(self, changed: Collection[int], added: Sequence[tuple[str, int]]) -> FacetEntries:
        """Return the same where packages that changed have the values ``added`` and no others.

        As long as there are the same values, ``values`` stays the same object.
        """
        kept = ~np.isin(self.numbers, np.fromiter(changed, dtype=np.int64))
        if not added and kept.all():
            return self
        codes = self.codes[kept]
        used = np.bincount(codes, minlength=len(self.values)).astype(np.bool_)
        values = self._values(used, {value for value, _ in added})
        if values is not self.values:
            place = {value: code for code, value in enumerate(values)}
            codes = np.array([place.get(value, -1) for value in self.values], dtype=np.int64)[codes]
        new = np.array([bisect_left(values, value) for value, _ in added], dtype=np.int64)
        numbers = np.array([number for _, number in added], dtype=np.int64)
        return FacetEntries(
            values, np.concatenate((codes, new)), np.concatenate((self.numbers[kept], numbers))
        )

    def _values(self, used: Mask, added: set[str]) -> tuple[str, ...]:
        """Return the values that are ``used`` and those added, in order."""
        at = ((bisect_left(self.values, value), value) for value in added)
        if used.all() and all(self.values[code : code + 1] == (value,) for code, value in at):
            return self.values
        held = [value for value, use in zip(self.values, used.tolist(), strict=True) if use]
        # What is in order already is sorted in no time; a set would put it into disorder first.
        return tuple(sorted([*held, *added.difference(held)]))


NO_ENTRIES: Final = FacetEntries((), np.empty(0, np.int64), np.empty(0, np.int64))


def package_rows(connection: Connection) -> list[PackageRow]:
    """Return the rows of all packages."""
    return list(map(PackageRow._make, connection.execute(_ROWS)))


def rows_of_some(connection: Connection, numbers: Sequence[int]) -> Iterator[PackageRow]:
    """Yield the rows of those packages that are there."""
    for part in parts(numbers):
        yield from map(PackageRow._make, connection.execute(_ROWS.where(AIPS.c.no.in_(part))))


def facet_entries(connection: Connection) -> dict[str, FacetEntries]:
    """Return all facets by name."""
    numbers = func.aggregate_strings(cast(FACET_VALUES.c.aip_no, Text), ",")
    key = (FACET_VALUES.c.facet, FACET_VALUES.c.value)
    query = select(*key, func.count(), numbers).group_by(*key).order_by(*key)
    # Some at a time, and one facet after another: all rows at once take more room than what is made of them.
    rows = chain.from_iterable(connection.execute(query).partitions(_AT_ONCE))
    return {
        facet: _entries(sorted((value, count, listed) for _, value, count, listed in of_facet))
        for facet, of_facet in groupby(rows, key=itemgetter(0))
    }


def _entries(rows: list[tuple[str, int, str]]) -> FacetEntries:
    values, counts, listed = zip(*rows, strict=True)
    codes = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
    # Joined first: an array for each of many rare values would take most of the time.
    return FacetEntries(values, codes, numbers_in(",".join(listed)))


def values_of_some(connection: Connection, numbers: Sequence[int]) -> dict[str, list[tuple[str, int]]]:
    """Return, by facet, the values of some packages, each with the package's row number."""
    found: dict[str, list[tuple[str, int]]] = {}
    for part in parts(numbers):
        for facet, value, number in connection.execute(_VALUES.where(FACET_VALUES.c.aip_no.in_(part))):
            found.setdefault(facet, []).append((value, number))
    return found


def directions_of_some(connection: Connection, numbers: Sequence[int]) -> Floats:
    """Return, as ``sqlite.directions`` of all, the products of some packages that have a direction."""
    found = [np.zeros((0, 6))]
    for part in parts(numbers):
        rows = connection.execute(_DIRECTED.where(PRODUCTS.c.aip_no.in_(part))).all()
        found.append(np.array([tuple(row) for row in rows], dtype=np.float64).reshape(-1, 6))
    return np.concatenate(found)
