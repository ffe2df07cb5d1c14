"""One consistent look at the index: columns, branches and words of the same build and generation."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Final, TypeVar, cast

from oais.errors import StorageError
from search_index.catalogue.branches import Branches
from search_index.catalogue.columns import Columns
from search_index.catalogue.database import Catalogue, CatalogueConnection
from search_index.catalogue.growth import Growth
from search_index.catalogue.sqlite import FILE_NAME
from search_index.words.store import WordReader

_T = TypeVar("_T")

WORDS: Final = "whoosh"
"""The folder of the index of words, beside the catalogue's file."""

_TRIES: Final = 20
_MOST_KEPT: Final = 64

_NONE: Final = (0, 0)
"""The build of an index that is not there."""


class ReplacedError(Exception):
    """The index was rebuilt while it was being read; the question is put again to the new one."""


class View:
    """What was loaded of one build of the index; each part is loaded when it is first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.build = build_of(root)
        self.catalogue = Catalogue(root)
        self.generations: tuple[int, int] = (-1, -1)
        self._columns: Columns | None = None
        self._branches: Branches | None = None
        self._growth: Growth | None = None
        self._words: WordReader | None = None
        self._kept: dict[Hashable, object] = {}
        self._lock = threading.RLock()

    def refresh(self) -> None:
        """Forget what is older than the newest generation; raises ReplacedError after a rebuild."""
        generations = self.checked(self.catalogue.generations)
        with self._lock:
            if generations != self.generations:
                self.generations = generations
                self._columns = self._branches = self._growth = None
                self._kept = {}

    def kept(self, key: Hashable, load: Callable[[CatalogueConnection], _T]) -> _T:
        """Return what ``load`` reads of the catalogue, kept under its key until something changes."""
        with self._lock:
            if key not in self._kept:
                with self.catalogue.reading() as connection:
                    loaded = self.checked(lambda: load(connection))
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = loaded
            return cast(_T, self._kept[key])

    @property
    def columns(self) -> Columns:
        """The columns of all packages."""
        with self._lock:
            if self._columns is None:
                with self.catalogue.reading() as connection:
                    self._columns = self.checked(lambda: Columns(connection))
            return self._columns

    @property
    def branches(self) -> Branches:
        """The tree and its amounts."""
        with self._lock:
            if self._branches is None:
                with self.catalogue.reading() as connection:
                    self._branches = self.checked(lambda: Branches(connection))
            return self._branches

    @property
    def growth(self) -> Growth:
        """What came in by year."""
        with self._lock:
            if self._growth is None:
                with self.catalogue.reading() as connection:
                    self._growth = self.checked(lambda: Growth(connection))
            return self._growth

    @property
    def words(self) -> WordReader:
        """The index of words as of its newest commit."""
        with self._lock:
            if self._words is None or not self.checked(self._words.is_current):
                self._words = self.checked(lambda: WordReader(self.root / WORDS))
            return self._words

    def checked(self, load: Callable[[], _T]) -> _T:
        """Return what ``load`` gives if the build was the same before and after."""
        try:
            loaded = load()
        except StorageError:
            if build_of(self.root) != self.build:
                raise ReplacedError from None
            raise
        if build_of(self.root) != self.build:
            raise ReplacedError
        return loaded


def build_of(root: Path) -> tuple[int, int]:
    """Return what tells one build of the index from another: the catalogue's file itself."""
    try:
        status = os.stat(root / FILE_NAME)
    except (FileNotFoundError, NotADirectoryError):
        return _NONE
    except OSError as error:
        raise StorageError(
            f"the catalogue {FILE_NAME} cannot be looked at: {error.strerror}",
            remedy="give the archive's user the right to read search_index/",
        ) from error
    return (status.st_dev, status.st_ino)


def is_made(root: Path) -> bool:
    """Return whether there is an index: the catalogue's file appears last, when all else is whole."""
    return build_of(root) != _NONE


def require_made(root: Path) -> None:
    """Raise StorageError when there is no index; it must not look like one of an empty archive."""
    if not is_made(root):
        raise StorageError(
            f"the index is missing: {root.name}/ has no {FILE_NAME}",
            remedy="run `oais index rebuild`; nothing is lost, it is made from the stored packages",
        )


def asked_again(ask: Callable[[], _T]) -> _T:
    """Put a question, and again when a rebuild came between; it ends because rebuilds take long."""
    for _ in range(_TRIES):
        try:
            return ask()
        except ReplacedError:
            continue
    raise StorageError(
        "the index was replaced again and again while it was being read",
        remedy="let the running `oais index rebuild` end, then repeat",
    )
