"""Postings gathered until they are written: each term once, with the numbers of the documents that hold it.

Documents come in rising order. What does not fit into memory is laid aside as a sorted run, and all runs
are merged at the end. Whoosh's own pool holds, writes and reads again every posting as a value of its own.
"""

from __future__ import annotations

import heapq
import pickle
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import IO, Final

Posting = tuple[str, bytes, int, float, bytes]
"""As Whoosh passes it on: field, term, document, weight, value."""

_Held = tuple[str, bytes, int, bytes]
"""A term of a field in a run, with the documents as an array's bytes."""

_TERM_BYTES: Final = 300
_NUMBER_BYTES: Final = 8
_TERMS_AT_ONCE: Final = 256
_NUMBERS: Final = "I"


class Gathered:
    """Takes postings and gives them back sorted, with no more than about ``most`` bytes of them in memory.

    Runs are laid aside in ``folder``, in files without a name: whatever ends this process, nothing stays.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most = folder, most
        self._fields: dict[str, dict[bytes, list[int]]] = defaultdict(dict)
        self._size = 0
        self._runs: list[IO[bytes]] = []

    def add(self, posting: Posting) -> None:
        """Take one posting; raises ValueError for a weight or a value, which none of our fields has."""
        field, term, document, weight, value = posting
        if weight != 1 or value:
            raise ValueError(f"posting of {field} with weight {weight} and value {value!r}, expected neither")
        terms = self._fields[field]
        held = terms.get(term)
        if held is None:
            if self._size > self._most:
                self._lay_aside()
                terms = self._fields[field]
            terms[term] = [document]
            self._size += _TERM_BYTES + len(term)
        else:
            held.append(document)
            self._size += _NUMBER_BYTES

    def iter_postings(self) -> Iterator[Posting]:
        """Yield all postings by field, term and document."""
        runs = [*map(_read, self._runs), self._sorted()]
        for field, term, _, documents in heapq.merge(*runs, key=itemgetter(0, 1, 2)):
            for document in array(_NUMBERS, documents):
                yield field, term, document, 1.0, b""

    def cleanup(self) -> None:
        """Let go of everything."""
        self._fields.clear()
        for run in self._runs:
            run.close()

    def _sorted(self) -> Iterator[_Held]:
        number = len(self._runs)
        for field, terms in sorted(self._fields.items()):
            for term in sorted(terms):
                yield field, term, number, array(_NUMBERS, terms[term]).tobytes()

    def _lay_aside(self) -> None:
        run = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed by cleanup
        held = self._sorted()
        while some := list(islice(held, _TERMS_AT_ONCE)):
            pickle.dump(some, run, pickle.HIGHEST_PROTOCOL)
        self._runs.append(run)
        self._fields.clear()
        self._size = 0


def _read(run: IO[bytes]) -> Iterator[_Held]:
    run.seek(0)
    while True:
        try:
            yield from pickle.load(run)  # noqa: S301 - written by this process into a file without a name
        except EOFError:
            return
