"""Identifiers of packages and observations: packages are asked for by one, by a pattern or by a range."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

from sqlalchemy import Connection, select

from search_index.catalogue.database import parts
from search_index.catalogue.schema import IDENTIFIERS
from search_index.names import glob, natural_text

RANGE: Final = ".."
"""Stands between the first and the last identifier of a range; either may be left out."""

_ALL: Final = select(IDENTIFIERS.c.identifier, IDENTIFIERS.c.aip_no)


class Identifiers:
    """Each identifier with the row numbers of its packages, of one generation of the catalogue."""

    def __init__(self, held: dict[str, tuple[int, ...]], natural: Mapping[str, str]) -> None:
        """``natural`` tells of some identifiers, and perhaps others, the form whose order is natural."""
        self._held: Final = held
        self._known: Final = natural
        self._natural: dict[str, str] | None = None

    @classmethod
    def read(cls, connection: Connection) -> Identifiers:
        """Read those of all packages."""
        held: dict[str, tuple[int, ...]] = {}
        for name, number in connection.execute(_ALL):
            held[name] = (*held.get(name, ()), number)
        return cls(held, {})

    def renewed(self, connection: Connection, changed: Set[int]) -> Identifiers:
        """Return what ``read`` gives, for which only the packages are read whose row numbers changed."""
        held = dict(self._held)
        for name, numbers in self._held.items():
            if not changed.isdisjoint(numbers):
                if kept := tuple(number for number in numbers if number not in changed):
                    held[name] = kept
                else:
                    del held[name]
        for part in parts(sorted(changed)):
            for name, number in connection.execute(_ALL.where(IDENTIFIERS.c.aip_no.in_(part))):
                held[name] = (*held.get(name, ()), number)
        return Identifiers(held, self._natural or self._known)

    def named(self, name: str) -> tuple[int, ...]:
        """Return the row numbers of the packages with exactly this identifier."""
        return self._held.get(name, ())

    def matching(self, wanted: str) -> list[int]:
        """Return those that a pattern or a range takes in; a plain identifier takes in none."""
        first, dots, last = wanted.partition(RANGE)
        if dots:
            low, high = natural_text(first), natural_text(last)
            names = self.natural().items()
            taken = [name for name, order in names if low <= order and (not last or order <= high)]
        elif "*" in wanted or "?" in wanted:
            pattern = glob(wanted)
            taken = [name for name in self._held if pattern.match(name)]
        else:
            return []
        return [number for name in taken for number in self._held[name]]

    def natural(self) -> dict[str, str]:
        """Return each identifier with the form whose order is that in which people count."""
        if self._natural is None:
            known = self._known
            self._natural = {name: known.get(name) or natural_text(name) for name in self._held}
        return self._natural
