"""What finding needs of all packages at once, held in memory as columns until the catalogue changes.

A package stands at one position, in the order of its identifier; filters are masks over positions, and a
facet is counted by one pass over its codes. This makes a search take milliseconds at 20,000 packages
and costs some 200 bytes a package.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Set
from operator import attrgetter
from typing import Final

import numpy as np
from sqlalchemy import Connection

from oais.keeping import remembered
from search_index.answers import Resolved
from search_index.catalogue.column_rows import (
    NO_ENTRIES,
    FacetEntries,
    PackageRow,
    directions_of_some,
    facet_entries,
    package_rows,
    rows_of_some,
    values_of_some,
)
from search_index.catalogue.facets import NO_FACET, FacetColumn, Mask, Positions
from search_index.catalogue.identifiers import Identifiers
from search_index.catalogue.naming import Names
from search_index.catalogue.places import MANY_CONES, Places
from search_index.catalogue.ranks import RANKED, Keys, ranks
from search_index.catalogue.sqlite import directions, near
from search_index.query import Cone
from search_index.sky import Floats, inside_box

_NOWHERE: Final = -1
_MOST_KEPT: Final = 64
_MOST_CONES, _LARGEST_KEPT = 2_000, 100
_MOST_LISTS, _LARGEST_LIST = 8, 200_000
"""Cones that are kept, lists of targets whose answer is, and the packages in one that is kept."""


class Columns:
    """The columns of one generation of the catalogue."""

    def __init__(self, rows: Iterable[PackageRow], facets: Mapping[str, FacetEntries]) -> None:
        self._rows: Final = sorted(rows, key=attrgetter("aip_id"))
        self._entries: Final = facets
        self.size: Final = len(self._rows)
        self.aip_ids: Final = [row.aip_id for row in self._rows]
        self._position_of = _positions([row.no for row in self._rows])
        self._paths, self._path_codes = _coded([row.node for row in self._rows])
        self.visit_names, self.visits = _coded([row.visit for row in self._rows])
        self._facets: Final = {name: self._facet_column(one) for name, one in facets.items()}
        self._names: dict[str, Names] = {}
        self._ranks: dict[str, Keys] = {}
        self._identifiers: Identifiers | None = None
        self._directions: Floats | None = None
        self._places: Places | None = None
        self._visible: dict[tuple[str, ...], Mask] = {}
        self._held: dict[tuple[str, tuple[str, ...]], Positions] = {}
        self._masks: dict[Hashable, Mask] = {}
        self._answers: dict[Hashable, tuple[Resolved, ...]] = {}
        self._cones: dict[Cone, tuple[Positions, Keys]] = {}

    @classmethod
    def read(cls, connection: Connection) -> Columns:
        """Read those of all packages."""
        return cls(package_rows(connection), facet_entries(connection))

    def renewed(self, connection: Connection, changed: Set[int]) -> Columns:
        """Return what ``read`` gives, for which only the packages are read whose row numbers changed."""
        numbers = sorted(changed)
        values = values_of_some(connection, numbers)
        kept = (row for row in self._rows if row.no not in changed)
        facets = {
            name: self._entries.get(name, NO_ENTRIES).renewed(numbers, values.get(name, ()))
            for name in self._entries.keys() | values.keys()
        }
        new = Columns([*kept, *rows_of_some(connection, numbers)], facets)
        for name, names in self._names.items():
            if new.facet(name).values is self.facet(name).values:
                new._names[name] = names
        if self._identifiers is not None:
            new._identifiers = self._identifiers.renewed(connection, changed)
        if self._directions is not None:
            outside = ~np.isin(self._directions[:, 0], numbers)
            found = (self._directions[outside], directions_of_some(connection, numbers))
            new._directions = np.asfortranarray(np.concatenate(found))
        return new

    def warm(self, connection: Connection) -> None:
        """Make now what otherwise is made when it is first asked for."""
        for order in RANKED:
            self.rank(order)
        self.identifiers(connection).natural()
        self._all_directions(connection)

    def positions(self, numbers: Positions) -> Positions:
        """Return the positions of packages by their row numbers; ``-1`` for one that is not here."""
        inside = (numbers >= 0) & (numbers < len(self._position_of))
        found = np.full(len(numbers), _NOWHERE, dtype=np.int64)
        found[inside] = self._position_of[numbers[inside]]
        return found

    def numbers(self, positions: Positions) -> list[int]:
        """Return the row numbers of the packages at some positions."""
        return [self._rows[position].no for position in positions.tolist()]

    def node(self, position: int) -> str:
        """Return where the package at a position rests."""
        return self._rows[position].node

    def mask(self, positions: Positions) -> Mask:
        """Return the mask of the given positions."""
        mask = np.zeros(self.size, dtype=np.bool_)
        mask[positions[positions >= 0]] = True
        return mask

    def below(self, *nodes: str) -> Mask:
        """Return which packages rest in one of the nodes or below it."""
        inside = np.zeros(len(self._paths), dtype=np.bool_)
        for node in nodes:
            inside[bisect_left(self._paths, node) : bisect_right(self._paths, node)] = True
            # What begins with "node/" stands together; "0" is the character that follows "/".
            inside[bisect_left(self._paths, f"{node}/") : bisect_left(self._paths, f"{node}0")] = True
        return np.asarray(inside[self._path_codes], dtype=np.bool_)

    def visible(self, without: tuple[str, ...]) -> Mask:
        """Return which packages rest in none of the branches ``without``; not to be changed."""
        return remembered(self._visible, _MOST_KEPT, without, lambda: ~self.below(*without))

    def kept_mask(self, name: Hashable, make: Callable[[], Mask]) -> Mask:
        """Return a mask by its name, made when it is first asked for; not to be changed."""
        return remembered(self._masks, _MOST_KEPT, name, make)

    def kept_cone(self, cone: Cone, measure: Callable[[], tuple[Positions, Keys]]) -> tuple[Positions, Keys]:
        """Return what is in a cone, kept where it is little; not to be changed."""
        if cone in self._cones:
            return self._cones[cone]
        measured = measure()
        if len(measured[0]) > _LARGEST_KEPT:
            return measured
        return remembered(self._cones, _MOST_CONES, cone, lambda: measured)

    def kept_answers(self, asked: Hashable, make: Callable[[], tuple[Resolved, ...]]) -> tuple[Resolved, ...]:
        """Return what is held of each target of a list, kept where it is not too much."""
        if asked in self._answers:
            return self._answers[asked]
        made = make()
        if sum(len(one.aip_ids) for one in made) > _LARGEST_LIST:
            return made
        return remembered(self._answers, _MOST_LISTS, asked, lambda: made)

    def held(self, facet: str, without: tuple[str, ...]) -> Positions:
        """Return for each value of a facet how many packages outside some branches have it."""
        counted = self.facet(facet).counts
        key = facet, without
        return remembered(self._held, _MOST_KEPT, key, lambda: counted(self.visible(without)))

    def together(self, visit: str) -> Mask:
        """Return which packages are of the visit of exactly this name."""
        code = bisect_left(self.visit_names, visit)
        known = self.visit_names[code : code + 1] == [visit]
        return np.asarray(self.visits == (code if known else _NOWHERE), dtype=np.bool_)

    def facet(self, name: str) -> FacetColumn:
        """Return one facet's column, empty when no package has a value in it."""
        return self._facets.get(name, NO_FACET)

    def holding(
        self, name: str, chosen: Iterable[str], *, whole: bool, without: tuple[str, ...] = ()
    ) -> Mask:
        """Return which packages have any of the chosen values in a facet, told as ``Names`` knows them.

        What only the branches ``without`` have is as what nobody has: it stands in no other value's way.
        """
        column, held, names = self.facet(name), self.held(name, without), self.names(name)
        codes: list[int] = []
        for value in chosen:
            code = column.code(value)
            if code is not None and held[code]:
                codes.append(code)
            else:
                codes += (other for other in names.meant(value, whole=whole, held=held) if held[other])
        return column.holding(codes, self.size)

    def names(self, facet: str) -> Names:
        """Return the values of a facet by their names."""
        if facet not in self._names:
            self._names[facet] = Names(self.facet(facet).values)
        return self._names[facet]

    @property
    def grouped(self) -> Positions | None:
        """The visit of each position, None where each package is a visit of its own."""
        return None if len(self.visit_names) == self.size else self.visits

    def rank(self, order: str) -> Keys:
        """Return a sort key per position; one that is not known is NaN."""
        if order not in self._ranks:
            self._ranks[order] = ranks(order, self._rows)
        return self._ranks[order]

    def identifiers(self, connection: Connection) -> Identifiers:
        """Return the identifiers of all packages."""
        if self._identifiers is None:
            self._identifiers = Identifiers.read(connection)
        return self._identifiers

    def near(self, connection: Connection, cone: Cone) -> Floats:
        """Return as ``sqlite.near`` the products around a cone, and others too."""
        if self._directions is None:
            found = near(connection, cone)
            if found is not None:
                return found
        held = self._all_directions(connection)
        within = inside_box(cone, held[:, 1:4])
        return held if within.all() else held[within]

    def places(self, connection: Connection, asked: Iterable[Cone]) -> Places | None:
        """Return where all products look, if that is held or so many cones are asked that it is worth it."""
        if self._places is None and sum(cone not in self._cones for cone in asked) > MANY_CONES:
            self._places = Places(self._all_directions(connection))
        return self._places

    def _all_directions(self, connection: Connection) -> Floats:
        if self._directions is None:
            self._directions = np.asfortranarray(directions(connection))
        return self._directions

    def _facet_column(self, entries: FacetEntries) -> FacetColumn:
        positions = self.positions(entries.numbers)
        known = positions >= 0
        return FacetColumn(entries.values, entries.codes[known], positions[known], self.grouped)


def _positions(numbers: list[int]) -> Positions:
    found = np.full(max(numbers, default=0) + 1, _NOWHERE, dtype=np.int64)
    found[np.array(numbers, dtype=np.int64)] = np.arange(len(numbers))
    return found


def _coded(values: list[str]) -> tuple[list[str], Positions]:
    names = sorted(set(values))
    codes = {name: code for code, name in enumerate(names)}
    return names, np.array([codes[value] for value in values], dtype=np.int64)
