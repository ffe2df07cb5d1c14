"""The words of packages and nodes in Whoosh: which of them hold all terms that are asked for.

Whoosh keeps terms and documents only. It does not rank (its scores depend on the order in which
documents came, ours may not), it does not count (its document frequencies include what was deleted),
and it never lists or corrects words, which would tell words of packages that the asker may not see.
"""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from oais.disk_faults import storage_errors
from oais.errors import ArchiveError, StorageError, WrongUsageError
from oais.files import sync_directory, sync_tree
from oais.information.text import printable
from oais.keeping import remembered
from search_index.words.documents import Found, WordDocument, number_of
from search_index.words.gathering import Gathered
from search_index.words.terms import Asked

with warnings.catch_warnings():
    # Whoosh 2.7.4 is older than some warnings of the compiler, which a user's first run would show.
    warnings.simplefilter("ignore")
    from whoosh import columns, fields, index
    from whoosh.codec.whoosh3 import W3Codec
    from whoosh.filedb.filestore import FileStorage
    from whoosh.query import Or, Term
    from whoosh.reading import TermNotFound

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MOST_EXPANSIONS: Final = 2_000
"""Terms that one ``*`` may stand for."""

_CACHED_TERMS: Final = 512
_MOST_SEGMENTS: Final = 12
_POOL_BYTES: Final = 16 << 20
"""Postings held in memory before a run is laid aside: keeps a rebuild near 100 MB however large it is."""

_WRITER_WAIT: Final = 60.0
"""Seconds to wait for another writer of the same process; other processes wait at the index's lock."""


class _Codec(W3Codec):  # type: ignore[misc]
    length_stats = False  # our fields keep no lengths: without this each posting asks for one


class _LastingStorage(FileStorage):  # type: ignore[misc]
    """Makes what a commit wrote durable before the rename that makes it count, and then the rename.

    Without it a power cut can leave the name of a commit whose files are empty.
    """

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        sync_tree(Path(self.folder))
        super().rename_file(oldname, newname, safe=safe)
        sync_directory(self.folder)


def _schema() -> Any:
    return fields.Schema(
        key=fields.ID(stored=True, unique=True),
        digest=fields.STORED(),
        number=fields.COLUMN(columns.NumericColumn("i")),
        names=fields.ID(),
        words=fields.ID(),
    )


def create_words(folder: Path) -> None:
    """Make an empty index of words in ``folder``; raises StorageError when the disk refuses."""
    with storage_errors("making the index of words"):
        folder.mkdir(parents=True, exist_ok=True)
        with _whoosh_errors():
            index.create_in(str(folder), _schema())


def left_unfinished(folder: Path) -> list[Path]:
    """Return what Whoosh leaves in the folder when it is stopped in a commit: it never looks at it again.

    While somebody writes it is the commit he is in.
    """
    return sorted(folder.glob("_MAIN_*.toc.*"))


def write_words(
    folder: Path, documents: Iterable[WordDocument], gone: Sequence[str] = (), *, whole: bool = False
) -> None:
    """Replace documents by their keys and drop those ``gone``, in one commit.

    ``whole`` says that the index is being built anew: nothing is replaced, and one segment is left.
    """
    with storage_errors("writing the index of words"):
        with _whoosh_errors():
            # What is built anew is synced when it is whole.
            opened = (FileStorage if whole else _LastingStorage)(str(folder)).open_index()
            writer = opened.writer(timeout=_WRITER_WAIT, codec=_Codec())
            writer.pool = Gathered(folder, _POOL_BYTES)
        try:
            _fill(writer, documents, gone, whole=whole)
            with _whoosh_errors():
                writer.commit(merge=len(writer.segments) > _MOST_SEGMENTS, optimize=whole)
        except BaseException:
            _let_go(writer)
            raise


def _let_go(writer: Any) -> None:
    """End a writer whose commit is not to be, so that the next one need not wait for it in this process."""
    with suppress(Exception):  # what stopped it may stop the closing of its files as well
        writer.cancel()
    with suppress(Exception):  # the rule: it was let go just now
        writer.writelock.release()


def _fill(writer: Any, documents: Iterable[WordDocument], gone: Sequence[str], *, whole: bool) -> None:
    if not whole:
        documents = list(documents)
        _delete(writer, sorted({*gone, *(document.key for document in documents)}))
    with _frozen_garbage():
        for document in documents:
            writer.add_document(
                key=document.key,
                digest=document.digest,
                number=document.number,
                names=sorted(document.names),
                words=sorted(document.words - document.names),
            )


def _delete(writer: Any, keys: list[str]) -> None:
    """Delete by one query for the batch: a delete for each document opens each segment again."""
    with _whoosh_errors():
        if keys:
            writer.delete_by_query(Or([Term("key", key) for key in keys]))


@contextmanager
def _frozen_garbage() -> Iterator[None]:
    """Keep the collector from walking over a growing pool of postings again and again."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _all_known(numbers: Numbers) -> bool:
    return len(numbers) > 0


class WordReader:
    """The index of words as it was at one commit; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        with _whoosh_errors():
            self._index = index.open_dir(str(folder))
            self._reader = self._index.reader()
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Numbers] = {}

    def is_current(self) -> bool:
        """Return whether nothing was committed since this reader was opened."""
        with _whoosh_errors():
            return bool(self._index.latest_generation() == self._reader.generation())

    def matching(
        self, asked: Sequence[Asked], known: Callable[[Numbers], bool] = _all_known
    ) -> tuple[Numbers, Numbers]:
        """Return the numbers of what holds all that is asked, and how many words each has as a name.

        ``known`` says whether any of some numbers may be known of: what nobody may know of has no word that
        keeps another writing of it from being looked for.
        """
        with self._lock, _whoosh_errors():
            held = np.full(len(self._numbers), bool(asked))
            score = np.zeros(len(self._numbers), np.int64)
            for word in asked:
                names, anywhere = self._holding(word, known)
                held &= anywhere
                score += names
            return self._numbers[held], score[held]

    def found(self) -> dict[str, Found]:
        """Return each document by its key as it is found, to compare with what should be there.

        Every list of postings is read: a changed byte in one leads to words that are not its own.
        """
        with self._lock, _whoosh_errors():
            sums = self._sums()
            return {
                stored["key"]: Found(int(self._numbers[place]), stored["digest"], int(sums[place]))
                for place, stored in self._reader.iter_docs()
            }

    def _sums(self) -> npt.NDArray[np.uint64]:
        """Return of each document the sum over all terms that lead to it, modulo 2^64."""
        sums = np.zeros(len(self._numbers), np.uint64)
        for leaf, offset in self._reader.leaf_readers():
            for field in ("names", "words"):
                for term in leaf.lexicon(field):
                    places = np.fromiter(_postings(leaf, field, term), np.int64) + offset
                    sums[places] += np.uint64(number_of(field, term))
        return sums

    def _holding(self, word: Asked, known: Callable[[Numbers], bool]) -> tuple[Mask, Mask]:
        """Return which documents have a word as a name, and which have it anywhere."""
        if word.pattern is not None:
            names = self._mask("names", self._expanded("names", word))
            return names, names | self._mask("words", self._expanded("words", word))
        names = self._mask("names", [word.compact])
        anywhere = names | self._mask("words", [word.compact])
        if len(word.parts) < 2 or known(self._numbers[anywhere]):
            return names, anywhere
        anywhere = ~anywhere
        for part in word.parts:
            anywhere &= self._mask("names", [part]) | self._mask("words", [part])
        return names, anywhere

    def _mask(self, field: str, terms: Iterable[str]) -> Mask:
        """Return which documents have any of the terms."""
        mask = np.zeros(len(self._numbers), np.bool_)
        for term in terms:
            mask[self._documents(field, term)] = True
        return mask

    def _expanded(self, field: str, word: Asked) -> list[str]:
        assert word.pattern is not None
        found = []
        for seen, term in enumerate(self._reader.expand_prefix(field, word.prefix)):
            if seen >= MOST_EXPANSIONS:
                raise WrongUsageError(
                    f"more than {MOST_EXPANSIONS} words begin with {word.prefix!r}",
                    remedy="write more of the beginning of the word",
                )
            text = term.decode()
            if word.pattern.match(text):
                found.append(text)
        return found

    def _documents(self, field: str, term: str) -> Numbers:
        """Return the documents with a term, rising; what was asked lately is remembered."""
        return remembered(self._known, _CACHED_TERMS, (field, term), lambda: self._read(field, term))

    def _read(self, field: str, term: str) -> Numbers:
        found: list[int] = []
        for leaf, offset in self._reader.leaf_readers():
            found += (number + offset for number in _postings(leaf, field, term))
        return np.array(found, dtype=np.int64)

    @cached_property
    def _numbers(self) -> Numbers:
        numbers: list[int] = []
        for leaf, _ in self._reader.leaf_readers():
            if leaf.doc_count_all():
                column = leaf.column_reader("number")
                numbers += (column[document] for document in range(leaf.doc_count_all()))
        return np.array(numbers, dtype=np.int64)


def _postings(leaf: Any, field: str, term: str | bytes) -> Iterable[int]:
    try:
        found: Iterable[int] = leaf.postings(field, term).all_ids()
    except TermNotFound:
        return ()
    return found


@contextmanager
def _whoosh_errors() -> Iterator[None]:
    """Turn what Whoosh raises over a damaged, locked or missing index into one clear fault."""
    try:
        yield
    except ArchiveError:
        raise
    except Exception as error:
        raise StorageError(
            f"the index of words cannot be used: {type(error).__name__}: {printable(str(error))}",
            remedy="run `oais index rebuild`; nothing is lost, it is made from the stored packages",
        ) from error
