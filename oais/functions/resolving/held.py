"""The resolver that is always there: targets of what is held, as far as the asker may know of them."""

from __future__ import annotations

from typing import Final

from oais.functions.resolving.resolver import Position
from search_index.index import Index

SOURCE: Final = "the archive's index"


class HeldNames:
    """Knows the targets of packages outside the branches ``without``; needs no network."""

    def __init__(self, index: Index, without: tuple[str, ...]) -> None:
        self._index = index
        self._without = without

    def position(self, name: str) -> Position | None:
        """Return where the first product of the target lies."""
        found = self._index.target_position(name, self._without)
        return Position(*found, SOURCE) if found else None
