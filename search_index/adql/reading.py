"""Tokens read one after the other, with the refusals that are the same wherever they come up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from search_index.adql.faults import AdqlError
from search_index.adql.tokens import Kind, Token

RESERVED: Final = frozenset({
    "ALL", "AND", "AS", "ASC", "BETWEEN", "BY", "CASE", "CAST", "CROSS", "DESC", "DISTINCT", "EXCEPT",
    "EXISTS", "FROM", "FULL", "GROUP", "HAVING", "ILIKE", "IN", "INNER", "INTERSECT", "IS", "JOIN",
    "LEFT", "LIKE", "NATURAL", "NOT", "NULL", "OFFSET", "ON", "OR", "ORDER", "OUTER", "RIGHT", "SELECT",
    "TOP", "UNION", "USING", "WHERE", "WITH",
})  # fmt: skip
"""Words that are no name of anything unless they stand in double quotes."""

_LACKING: Final = {
    "JOIN": "joins", "INNER": "joins", "LEFT": "joins", "RIGHT": "joins", "FULL": "joins",
    "NATURAL": "joins", "CROSS": "joins", "OUTER": "joins",
    "UNION": "UNION", "EXCEPT": "EXCEPT", "INTERSECT": "INTERSECT", "WITH": "WITH",
    "SELECT": "subqueries", "EXISTS": "subqueries", "CASE": "CASE", "CAST": "CAST",
}  # fmt: skip
"""What ADQL has and this archive has not, by the word that tells it."""

ONE_TABLE: Final = "ask with one SELECT over one table"


class Reader:
    """A place in the tokens of a query."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens: Final = tokens
        self._at = 0

    @property
    def here(self) -> Token:
        """The token that is read next."""
        return self._tokens[self._at]

    @property
    def next(self) -> Token:
        """The token behind it."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Return the token that is read next, and go on."""
        found = self.here
        if found.kind is not Kind.END:
            self._at += 1
        return found

    def takes(self, *wanted: str) -> bool:
        """Return whether one of these keywords or signs comes next, which then is read."""
        found = self.here
        if found.word in wanted or (found.kind is Kind.SIGN and found.text in wanted):
            self._at += 1
            return True
        return False

    def expect(self, wanted: str) -> Token:
        """Read a keyword or sign; raises AdqlError where another stands."""
        found = self.here
        if not self.takes(wanted):
            raise self.unexpected(wanted)
        return found

    def name(self, wanted: str) -> tuple[str, Token]:
        """Read a name, in small letters unless it is quoted; raises AdqlError for a word of the language."""
        found = self.here
        if found.kind is Kind.QUOTED:
            return self.take().text, found
        if found.kind is not Kind.NAME or found.word in RESERVED:
            raise self.unexpected(wanted)
        return self.take().text.lower(), found

    def number(self, wanted: str) -> int:
        """Read a whole number that is not negative; raises AdqlError."""
        found = self.here
        if found.kind is not Kind.NUMBER or not found.text.isdecimal() or len(found.text) > 15:
            raise self.unexpected(wanted)
        return int(self.take().text)

    def unexpected(self, wanted: str) -> AdqlError:
        """Return what is wrong with the token that comes next."""
        found = self.here
        if what := _LACKING.get(found.word):
            message = f"found {found.word}: {what} cannot be asked here"
            return AdqlError(message, found.place, remedy=ONE_TABLE)
        if found.text == ";":
            return AdqlError("found ';'; expected one query and no end sign", found.place)
        return AdqlError(f"found {found}; expected {wanted}", found.place)
