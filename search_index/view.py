"""One consistent look at the index: columns, branches and words of the same build and generation."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Final, TypeVar, cast

from oais.errors import StorageError
from oais.keeping import remembered
from search_index.catalogue.branches import Branches, is_below
from search_index.catalogue.columns import Columns
from search_index.catalogue.database import Catalogue, CatalogueConnection
from search_index.catalogue.growth import Growth
from search_index.catalogue.moments import Moments
from search_index.catalogue.sqlite import FILE_NAME
from search_index.renewing import Renewing
from search_index.words.store import Numbers, WordReader
from search_index.words.terms import Asked

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
        self._watched: int | None = None
        self._columns = Renewing(Columns.read)
        self._moments = Renewing(Moments.read)
        self._branches: Branches | None = None
        self._growth: Growth | None = None
        self._words: WordReader | None = None
        self._kept: dict[Hashable, object] = {}
        self._lock = threading.RLock()

    def refresh(self) -> None:
        """Forget what is older than the newest generation; raises ReplacedError after a rebuild."""
        # Asked for before the generations: what comes in between is found the next time.
        watched = self.catalogue.watch.number()
        if watched is not None and watched == self._watched:
            return
        generations = self.checked(self.catalogue.generations)
        with self._lock:
            self._watched = watched
            if generations != self.generations:
                self.generations = generations
                self._branches = self._growth = None
                self._kept = {}

    def kept(self, key: Hashable, load: Callable[[CatalogueConnection], _T]) -> _T:
        """Return what ``load`` reads of the catalogue, kept under its key until something changes."""
        with self._lock:
            return cast(_T, remembered(self._kept, _MOST_KEPT, key, lambda: self._loaded(load)))

    def _loaded(self, load: Callable[[CatalogueConnection], _T]) -> _T:
        with self.catalogue.reading() as connection:
            return self.checked(lambda: load(connection))

    @property
    def columns(self) -> Columns:
        """The columns of all packages; of those before the newest change what did not change is kept."""
        return self._columns.of(self.generations[0], self._loaded)

    @property
    def moments(self) -> Moments:
        """The times of all products, kept as the columns are; only who asks for them waits for them."""
        return self._moments.of(self.generations[0], self._loaded)

    def warm(self) -> None:
        """Read what most questions need, one after another, so that other threads come between."""
        columns = self.columns
        with self.catalogue.reading() as connection:
            self.checked(lambda: columns.warm(connection))
        for _ in (self.branches, self.words, self.growth, self.moments):
            pass

    @property
    def branches(self) -> Branches:
        """The tree and its amounts."""
        with self._lock:
            if self._branches is None:
                self._branches = self._loaded(Branches)
            return self._branches

    @property
    def growth(self) -> Growth:
        """What came in by year."""
        with self._lock:
            if self._growth is None:
                self._growth = self._loaded(Growth)
            return self._growth

    @property
    def words(self) -> WordReader:
        """The index of words as of its newest commit."""
        with self._lock:
            if self._words is None or not self.checked(self._words.is_current):
                self._words = self.checked(lambda: WordReader(self.root / WORDS))
            return self._words

    def matching(self, asked: Sequence[Asked], without: tuple[str, ...]) -> tuple[Numbers, Numbers]:
        """Return ``WordReader.matching`` for whoever may not know of the branches ``without``."""
        columns, branches, tops = self.columns, self.branches, frozenset(without)

        def known(numbers: Numbers) -> bool:
            positions = columns.positions(numbers[numbers > 0])
            if columns.visible(without)[positions[positions >= 0]].any():
                return True
            paths = branches.by_numbers((-numbers[numbers < 0]).tolist())
            return any(not is_below(path, tops) for path in paths)

        return self.words.matching(asked, known)

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
