"""The values of a column found by their names as people write them: any case, with or without blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from search_index.names import glob, plain_name

Counts = npt.NDArray[np.int64]

_WORD: Final = re.compile(r"[\s,;]+")


class Names:
    """The values of one column by their names; a value is told by its place in the column."""

    def __init__(self, values: Sequence[str]) -> None:
        self._folded: Final = [value.casefold() for value in values]
        self._plain: Final = [plain_name(value) for value in values]
        self._codes: Final[dict[str, list[int]]] = {}
        for code, name in enumerate(self._plain):
            self._codes.setdefault(name, []).append(code)

    def meant(self, wanted: str, *, whole: bool, held: Counts | None = None) -> list[int]:
        """Return the values of this name, or that a pattern with ``*`` and ``?`` takes in.

        Where none has the name, and it need not be the ``whole`` name: those in which a word begins so. Where
        ``held`` tells how often each is, one that is not there has no name.
        """
        if "*" in wanted or "?" in wanted:
            pattern = glob(plain_name(wanted))
            return [code for code, name in enumerate(self._plain) if pattern.match(name)]
        codes = self._codes.get(plain_name(wanted), [])
        named = codes if held is None else [code for code in codes if held[code]]
        return named or ([] if whole else list(self.beginning(wanted)))

    def beginning(self, wanted: str) -> Iterator[int]:
        """Yield the values that begin so, or in which a word does."""
        begin, word = plain_name(wanted), wanted.strip().casefold()
        for code, name in enumerate(self._plain):
            if (
                not begin
                or name.startswith(begin)
                or (word in (value := self._folded[code]) and _any_begins(value, word))
            ):
                yield code


def _any_begins(value: str, word: str) -> bool:
    return any(part.startswith(word) for part in _WORD.split(value))
