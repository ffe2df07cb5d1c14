"""What was observed at about the same time: of each type of product the one nearest to a moment.

Times of all products are held as arrays, so that a question takes a few passes over them, however many
there are, and what may not be known is taken away before anything is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, or_, select

from search_index.catalogue.branches import is_below
from search_index.catalogue.contents import NO_DATA, Floats
from search_index.catalogue.database import parts
from search_index.catalogue.schema import AIPS, PRODUCTS
from search_index.entries import Nearest, NearestTypes

MOST_TYPES: Final = 200
"""Types of one answer; of more the nearest are told."""

_DAY: Final = 86_400.0
_AT_ONCE: Final = 20_000
_AIP: Final = ("aip_id", "version", "node", "mission")
_PRODUCT: Final = ("path", "name", "kind", "level", "product_type", "format_id", "dataproduct_type")

_COLUMNS: Final = ("no", "aip_no", "position", "product_type", "t_min", "t_max")
_TIMES: Final = select(*(PRODUCTS.c[name] for name in _COLUMNS)).where(
    PRODUCTS.c.kind.not_in(NO_DATA), or_(PRODUCTS.c.t_min.is_not(None), PRODUCTS.c.t_max.is_not(None))
)

_PACKAGES: Final = select(AIPS.c.no, AIPS.c.aip_id, AIPS.c.node, AIPS.c.mission)

_Numbers = npt.NDArray[np.int64]
_Package = tuple[str, str, str]
"""Identifier, node and mission of a package."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of the products, each an array (products,): unknown times are NaN, types are numbers."""

    numbers: _Numbers
    packages: _Numbers
    positions: _Numbers
    types: _Numbers
    first: Floats
    last: Floats

    @classmethod
    def of(cls, rows: Sequence[Any], types: dict[str, int]) -> _Read:
        """Make columns of rows; types that are new get the next numbers."""
        numbers, packages, positions, names, first, last = zip(*rows, strict=True) if rows else ((),) * 6
        return cls(
            numbers=np.array(numbers, dtype=np.int64),
            packages=np.array(packages, dtype=np.int64),
            positions=np.array(positions, dtype=np.int64),
            types=np.array([types.setdefault(name, len(types)) for name in names], dtype=np.int64),
            first=np.array(first, dtype=np.float64),
            last=np.array(last, dtype=np.float64),
        )

    def only(self, kept: npt.NDArray[Any]) -> _Read:
        """Return some products, by a mask or by their places."""
        return _Read(*(getattr(self, one.name)[kept] for one in fields(self)))

    @classmethod
    def joined(cls, pieces: Sequence[_Read]) -> _Read:
        """Return several, one after another."""
        return cls(*(np.concatenate([getattr(piece, one.name) for piece in pieces]) for one in fields(cls)))

    def renewed(self, changed: set[int], fresh: _Read) -> _Read:
        """Return the same with other rows for the packages that changed."""
        return _Read.joined([self.only(~np.isin(self.packages, list(changed))), fresh])


class Moments:
    """When the data of one generation of the catalogue were observed (MJD, UTC), type by type.

    Products of one mission and type stand together, and among themselves in an order that no other package
    changes. An end that is not known is the other one.
    """

    def __init__(self, aips: dict[int, _Package], read: _Read, types: dict[str, int]) -> None:
        self._aips: Final = aips
        self._read: Final = read
        self._types: Final = types
        known = sorted(aips, key=lambda no: aips[no][0])
        nodes, names = _coded(aips[no][1] for no in known)
        missions, _ = _coded(aips[no][2] for no in known)
        ranks = np.full(max((*known, int(read.packages.max(initial=0)))) + 1, -1)
        ranks[known] = np.arange(len(known))
        there = read.only(ranks[read.packages] >= 0)  # a package may have left since its products were read
        rank = ranks[there.packages]
        order = np.lexsort((there.positions, rank, there.types, missions[rank]))
        there, rank = there.only(order), rank[order]
        pairs = np.stack((missions[rank], there.types))
        self._names: Final = tuple(names)
        self._numbers: Final = there.numbers
        self._groups: Final[_Numbers] = np.cumsum(np.any(np.diff(pairs, axis=1, prepend=-1) != 0, axis=0))
        self._nodes: Final[_Numbers] = nodes[rank]
        self._type_of: Final[_Numbers] = there.types
        self._starts: Final[Floats] = np.fmin(there.first, there.last)
        self._stops: Final[Floats] = np.fmax(there.first, there.last)

    @classmethod
    def read(cls, connection: Connection) -> Moments:
        """Read those of all products."""
        types: dict[str, int] = {}
        # Some at a time: all rows at once would take five times the room of what is kept of them.
        rows = connection.execute(_TIMES).partitions(_AT_ONCE)
        pieces = [_Read.of((), types), *(_Read.of(some, types) for some in rows)]
        return cls(_packages(connection.execute(_PACKAGES)), _Read.joined(pieces), types)

    def renewed(self, connection: Connection, changed: set[int]) -> Moments:
        """Return what ``read`` gives, for which only the packages are read whose row numbers changed."""
        types, rows = dict(self._types), list[Any]()
        aips = {no: facts for no, facts in self._aips.items() if no not in changed}
        for part in parts(sorted(changed)):
            rows += connection.execute(_TIMES.where(PRODUCTS.c.aip_no.in_(part)))
            aips |= _packages(connection.execute(_PACKAGES.where(AIPS.c.no.in_(part))))
        return Moments(aips, self._read.renewed(changed, _Read.of(rows, types)), types)

    def spans(self, path: str, without: tuple[str, ...]) -> dict[str, Floats]:
        """Return when the products below ``path`` were observed, by type: start and stop, (products, 2)."""
        places = self._below(path, without)
        types = self._type_of[places]
        order = np.argsort(types, kind="stable")
        codes, begins = np.unique(types[order], return_index=True)
        times = np.column_stack((self._starts, self._stops))[places[order]]
        names = list(self._types)
        pieces = np.split(times, begins[1:])
        return {names[code]: piece for code, piece in zip(codes.tolist(), pieces, strict=False)}

    def nearest(
        self, connection: Connection, moment: float, path: str, without: tuple[str, ...]
    ) -> NearestTypes:
        """Return what is nearest to a ``moment`` (MJD) below ``path``, everywhere when that is empty.

        Of those equally near it is the one that began nearest to the moment, then the first by identifier.
        """
        places = self._below(path, without)
        apart = np.maximum(np.maximum(self._starts[places] - moment, moment - self._stops[places]), 0.0)
        covering = dict(zip(*np.unique(self._groups[places[apart == 0.0]], return_counts=True), strict=True))
        best = self._least(places, apart)
        best = self._least(best, np.abs(self._starts[best] - moment))
        best = best[np.flatnonzero(np.diff(self._groups[best], prepend=-1))]
        offsets = self._offsets(best, moment)
        order = np.argsort(np.abs(offsets), kind="stable")[:MOST_TYPES]
        chosen = [(int(best[n]), float(offsets[n])) for n in order]
        held = {place: int(covering.get(self._groups[place], 0)) for place, _ in chosen}
        return NearestTypes(tuple(self._told(connection, chosen, held)), len(best))

    def _below(self, path: str, without: tuple[str, ...]) -> _Numbers:
        """Return the places of the products below ``path`` and outside some branches."""
        if not len(self._numbers):
            return np.zeros(0, np.int64)
        top, hidden = frozenset((path,)), frozenset(without)
        shown = [is_below(node, top) and not is_below(node, hidden) for node in self._names]
        return np.flatnonzero(np.array(shown, dtype=np.bool_)[self._nodes])

    def _least(self, places: _Numbers, values: Floats) -> _Numbers:
        """Return those of some places that have the least value of their type."""
        if not len(places):
            return places
        begins = np.flatnonzero(np.diff(self._groups[places], prepend=-1))
        least = np.minimum.reduceat(values, begins)
        found: _Numbers = places[values == np.repeat(least, np.diff(begins, append=len(places)))]
        return found

    def _offsets(self, places: _Numbers, moment: float) -> Floats:
        """Return by how many seconds each begins after the moment, or ended before it: less than 0."""
        after, before = self._starts[places] - moment, moment - self._stops[places]
        return np.asarray(np.where(after > 0, after, np.where(before > 0, -before, 0.0)) * _DAY)

    def _told(
        self, connection: Connection, chosen: list[tuple[int, float]], covering: dict[int, int]
    ) -> Iterable[Nearest]:
        wanted = [int(self._numbers[place]) for place, _ in chosen]
        query = (
            select(PRODUCTS.c.no, *(AIPS.c[name] for name in _AIP), *(PRODUCTS.c[name] for name in _PRODUCT))
            .join(AIPS, AIPS.c.no == PRODUCTS.c.aip_no)
            .where(PRODUCTS.c.no.in_(wanted))
        )
        known: dict[int, dict[str, Any]] = {
            row.pop("no"): row for row in map(dict, connection.execute(query).mappings())
        }
        for place, offset in chosen:
            if facts := known.get(int(self._numbers[place])):
                start, stop = float(self._starts[place]), float(self._stops[place])
                yield Nearest(**facts, start=start, stop=stop, offset=offset, covering=covering[place])


def _packages(rows: Iterable[Any]) -> dict[int, _Package]:
    """Return packages by their row numbers."""
    return {no: (aip_id, node, mission) for no, aip_id, node, mission in rows}


def _coded(values: Iterable[Any]) -> tuple[_Numbers, list[Any]]:
    """Return a number for each value, the same for equal ones, and the values by their numbers."""
    known: dict[Any, int] = {}
    codes = np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)
    return codes, list(known)
