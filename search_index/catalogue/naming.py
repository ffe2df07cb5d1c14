"""The values of a column found by their names as people write them: any case, with or without blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from search_index.names import glob

_GAP: Final = re.compile(r"[\s_]+|(?<=[a-z])-(?=\d)")
_WORD: Final = re.compile(r"[\s,;]+")


def plain_name(text: str) -> str:
    """Return a name without case and blanks: ``TIC 123``, ``tic123`` and ``TIC-123`` are one name."""
    return _GAP.sub("", text.casefold())


class Names:
    """The values of one column by their names; a value is told by its place in the column."""

    def __init__(self, values: Sequence[str]) -> None:
        self._folded: Final = [value.casefold() for value in values]
        self._plain: Final = [plain_name(value) for value in values]
        self._codes: Final[dict[str, list[int]]] = {}
        for code, name in enumerate(self._plain):
            self._codes.setdefault(name, []).append(code)

    def meant(self, wanted: str, *, whole: bool) -> list[int]:
        """Return the values of this name, or that a pattern with ``*`` and ``?`` takes in.

        Where none has the name, and it need not be the ``whole`` name: those in which a word begins so.
        """
        if "*" in wanted or "?" in wanted:
            pattern = glob(plain_name(wanted))
            return [code for code, name in enumerate(self._plain) if pattern.match(name)]
        name = plain_name(wanted)
        return self._codes.get(name, []) or ([] if whole else list(self.beginning(wanted)))

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
