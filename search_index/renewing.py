"""What is held in memory of all that the catalogue has: after a change only what changed is read again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from search_index.catalogue.changes import changed_since
from search_index.catalogue.database import CatalogueConnection


class Renewable(Protocol):
    """What can be made of what it was before, and of the packages that changed since."""

    def renewed(self: _R, connection: CatalogueConnection, changed: set[int]) -> _R:
        """Return what reading everything would give; only packages of these row numbers are read."""
        ...


_R = TypeVar("_R", bound=Renewable)
_T = TypeVar("_T")

Reader = Callable[[CatalogueConnection], _T]
"""Reads something of the catalogue."""


class Renewing(Generic[_R]):
    """Something that is read of the catalogue when it is first asked for, and renewed after changes.

    Threads that ask meanwhile wait for the one that reads, and for nothing else: each has a lock of its own.
    """

    def __init__(self, read: Reader[_R]) -> None:
        """``read`` reads everything."""
        self._read = read
        self._held: _R | None = None
        self._generation = -1
        self._lock = threading.Lock()

    def of(self, generation: int, loaded: Callable[[Reader[_R]], _R]) -> _R:
        """Return what the catalogue had in this generation or has in a newer one.

        ``loaded`` gives a reader its connection and returns what it reads; raises as that does.
        """
        with self._lock:
            # A generation never returns: who asks for an older one began before the newest change.
            if self._held is None or self._generation < generation:
                self._held = loaded(lambda connection: self._newer(connection, generation))
                self._generation = generation
            return self._held

    def _newer(self, connection: CatalogueConnection, generation: int) -> _R:
        if self._held is not None:
            changed = changed_since(connection, self._generation, generation)
            if changed is not None:
                return self._held.renewed(connection, changed)
        return self._read(connection)
