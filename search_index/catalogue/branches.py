"""The tree as the index sees it: planned nodes, what rests in them, and sums up every branch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sqlalchemy import Connection, func, select

from oais.keeping import remembered
from search_index.catalogue.rows import Row
from search_index.catalogue.schema import AIPS, NODES
from search_index.entries import Amount, Holding, NodeEntry
from search_index.names import natural_text

_LAST: Final = 1_000_000
"""Where a node stands among its siblings that no agreement plans, but in which a package rests."""

_KEPT_SUMS: Final = 16


@dataclass(frozen=True, slots=True)
class Resting:
    """What rests in one node of one mission and level."""

    node: str
    mission: str
    level: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class _Sums:
    own: dict[str, Amount]
    total: dict[str, Amount]
    children: dict[str, list[str]]


class Branches:
    """Nodes and amounts of one generation; a node's place is its path alone, so no cycle can be."""

    def __init__(self, connection: Connection) -> None:
        self._nodes: Final[dict[str, Row]] = {
            row["path"]: dict(row) for row in connection.execute(select(NODES)).mappings()
        }
        self._by_number: Final = {row["no"]: path for path, row in self._nodes.items()}
        self._resting: Final = _load_resting(connection)
        self._known: dict[tuple[str, ...], _Sums] = {}
        self._held: dict[tuple[str, ...], tuple[Holding, ...]] = {}

    def entry(self, path: str, without: tuple[str, ...] = ()) -> NodeEntry | None:
        """Return one node with its amounts; None if there is none, or it is left out."""
        sums = self._sums(without)
        return self._entry(path, sums) if path in sums.total and path else None

    def children(self, path: str, without: tuple[str, ...] = ()) -> list[str]:
        """Return the paths directly below ``path``, in the agreements' order."""
        return self._sums(without).children.get(path, [])

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All places there are, planned or made by what rests there, parents before children."""
        return tuple(sorted(self._sums(()).total.keys() - {""}))

    def resting_outside(self, without: tuple[str, ...]) -> tuple[str, ...]:
        """Return the nodes where packages rest, but for those in the branches ``without``."""
        return tuple(self._sums(without).own)

    def by_numbers(self, numbers: Iterable[int]) -> list[str]:
        """Return the paths of nodes by their row numbers, leaving out what is not here."""
        return [self._by_number[number] for number in numbers if number in self._by_number]

    def holdings(self, without: tuple[str, ...] = ()) -> tuple[Holding, ...]:
        """Return what is held of each mission, in all and by level."""
        return remembered(self._held, _KEPT_SUMS, without, lambda: self._holdings(without))

    def _holdings(self, without: tuple[str, ...]) -> tuple[Holding, ...]:
        found: dict[str, dict[str, Amount]] = {}
        tops = frozenset(without)
        for resting in self._resting:
            if not is_below(resting.node, tops):
                levels = found.setdefault(resting.mission, {})
                levels[resting.level] = levels.get(resting.level, Amount()) + resting.amount
        return tuple(
            Holding(mission, sum(levels.values(), Amount()), dict(sorted(levels.items())))
            for mission, levels in sorted(found.items())
        )

    def _entry(self, path: str, sums: _Sums) -> NodeEntry:
        row = self._nodes.get(path)
        own = sums.own.get(path, Amount())
        slug = path.rpartition("/")[2]
        return NodeEntry(
            path=path,
            title=row["title"] if row else slug,
            description=row["description"] if row else "",
            kind=row["kind"] if row else ("data set" if own.aips else "branch"),
            level=row["level"] if row else "",
            mission=row["mission"] if row else "",
            theme=row["theme"] if row else "",
            parent=path.rpartition("/")[0],
            order=row["position"] if row else _LAST,
            children=len(sums.children.get(path, ())),
            total=sums.total[path],
            own=own,
        )

    def _sums(self, without: tuple[str, ...]) -> _Sums:
        return remembered(self._known, _KEPT_SUMS, without, lambda: self._summed(without))

    def _summed(self, without: tuple[str, ...]) -> _Sums:
        own: dict[str, Amount] = {}
        tops = frozenset(without)
        for resting in self._resting:
            if not is_below(resting.node, tops):
                own[resting.node] = own.get(resting.node, Amount()) + resting.amount
        total = {"": Amount()}
        for path in self._nodes:
            if not is_below(path, tops):
                total.update((above, Amount()) for above in _lineage(path) if above not in total)
        for path, amount in own.items():
            for above in _lineage(path):
                total[above] = total.get(above, Amount()) + amount
        return _Sums(own, total, self._children(total))

    def _children(self, paths: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in paths:
            if path:
                found.setdefault(path.rpartition("/")[0], []).append(path)
        for below in found.values():
            below.sort(key=self._place)
        return found

    def _place(self, path: str) -> tuple[int, str, str]:
        row = self._nodes.get(path)
        if row is None:
            return _LAST, natural_text(path.rpartition("/")[2]), path
        return row["position"], natural_text(row["title"]), path


def is_below(path: str, tops: frozenset[str]) -> bool:
    """Return whether a path is one of the tops of branches or lies below one."""
    return not tops.isdisjoint(_lineage(path))


def _lineage(path: str) -> Iterator[str]:
    """Yield the path, all above it, and the root, which is empty."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""


def _load_resting(connection: Connection) -> list[Resting]:
    key = (AIPS.c.node, AIPS.c.mission, AIPS.c.level)
    sums = (func.count(), func.sum(AIPS.c.products), func.sum(AIPS.c.size))
    rows = connection.execute(select(*key, *sums).group_by(*key))
    return [
        Resting(node, mission, level, Amount(int(aips), int(products), int(size)))
        for node, mission, level, aips, products, size in rows
    ]
