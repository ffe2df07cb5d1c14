"""The text of a query cut into tokens (ADQL 2.1 §2): names, quoted names, numbers, texts and signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from oais.information.text import printable
from search_index.adql.faults import AdqlError, Place

LONGEST_QUERY: Final = 20_000
"""Characters of a query; a search with a list of many targets is longer and has its own address."""


class Kind(StrEnum):
    """What a token is."""

    NAME = "a name"
    QUOTED = "a name in double quotes"
    NUMBER = "a number"
    TEXT = "a text in quotes"
    SIGN = "a sign"
    END = "the end of the query"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: ``text`` is what it stands for, a text or quoted name without its quotes."""

    kind: Kind
    text: str
    place: Place

    @property
    def word(self) -> str:
        """A plain name in capitals, as keywords are told; empty for all else."""
        return self.text.upper() if self.kind is Kind.NAME else ""

    def __str__(self) -> str:
        """Return how a message names it."""
        return str(self.kind) if self.kind is Kind.END else repr(printable(self.text, 80))


_TOKEN: Final = re.compile(
    r"""(?P<gap>[ \t\r\n\f]+|--[^\n]*)
    |(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z][A-Za-z0-9_]*)
    |(?P<text>'[^']*(?:''[^']*)*')
    |(?P<quoted>"[^"]+(?:""[^"]*)*")
    |(?P<sign><=|>=|<>|!=|\|\||[-+*/=<>(),.;])""",
    re.VERBOSE,
)
_KINDS: Final = {
    "number": Kind.NUMBER, "name": Kind.NAME, "text": Kind.TEXT, "quoted": Kind.QUOTED, "sign": Kind.SIGN
}  # fmt: skip


def tokens(query: str) -> list[Token]:
    """Return the tokens of a query, its end last; raises AdqlError for what is none of them."""
    if len(query) > LONGEST_QUERY:
        raise AdqlError(f"the query has {len(query)} characters; expected up to {LONGEST_QUERY}")
    return list(_tokens(query))


def _tokens(query: str) -> Iterator[Token]:
    at, line, begin = 0, 1, 0
    while at < len(query):
        place = Place(line, at - begin + 1)
        found = _TOKEN.match(query, at)
        if found is None:
            raise _unreadable(query[at], place)
        text, kind = found[0], str(found.lastgroup)
        if kind != "gap":
            yield Token(_KINDS[kind], _plain(text, kind, place), place)
        if breaks := text.count("\n"):
            line, begin = line + breaks, at + text.rindex("\n") + 1
        at = found.end()
    yield Token(Kind.END, "", Place(line, at - begin + 1))


def _plain(text: str, kind: str, place: Place) -> str:
    """Return what a token stands for; a text that no database takes is refused."""
    if kind not in ("text", "quoted"):
        return text
    if "\0" in text or not _is_utf8(text):
        raise AdqlError(f"{printable(text, 80)} holds what is no text", place)
    return text[1:-1].replace(text[0] * 2, text[0])


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unreadable(character: str, place: Place) -> AdqlError:
    if character in "'\"":
        return AdqlError(f"a quote ({character}) opens here and never closes", place)
    return AdqlError(f"found {printable(character)!r}, which means nothing in ADQL", place)
