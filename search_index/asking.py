"""How questions are put to the index: always to its newest state, and again when a rebuild came between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from search_index.catalogue.database import CatalogueConnection
from search_index.view import View, asked_again, build_of, is_made, require_made

_T = TypeVar("_T")


class Asking:
    """What may be asked of the index below ``root``; threads share it, and it opens what it needs."""

    def __init__(self, root: Path) -> None:
        self.root: Final = root
        self._view: View | None = None
        self._opening = threading.Lock()

    def is_made(self) -> bool:
        """Return whether there is an index; where there is none every question raises StorageError."""
        return is_made(self.root)

    def close(self) -> None:
        """Let go of the files; a further question opens them again."""
        with self._opening:
            if self._view is not None:
                self._view.catalogue.close()
                self._view = None

    def warm(self) -> None:
        """Read beforehand what most questions need, else who asks first waits for it; raises as questions."""
        self.ask(View.warm)

    def ask(self, question: Callable[[View], _T]) -> _T:
        """Put a question to the newest state of the index, again if it was replaced meanwhile."""

        def once() -> _T:
            view = self._current_view()
            view.refresh()
            return question(view)

        return asked_again(once)

    def _read(self, question: Callable[[CatalogueConnection], _T]) -> _T:
        """Ask the catalogue alone."""

        def with_connection(view: View) -> _T:
            with view.catalogue.reading() as connection:
                return question(connection)

        return self.ask(with_connection)

    def _kept(self, name: str, load: Callable[[CatalogueConnection], _T]) -> _T:
        """Ask the catalogue alone, of all that is held; what it says is shared until something changes."""
        return self.ask(lambda view: view.kept(name, load))

    def _current_view(self) -> View:
        with self._opening:
            if self._view is None or self._view.build != build_of(self.root):
                require_made(self.root)
                if self._view is not None:
                    self._view.catalogue.close()
                self._view = View(self.root)
            return self._view
