"""Expressions and conditions of ADQL (2.1 §2.4, §4), read by the strength of their signs."""

from __future__ import annotations

from typing import Final

from search_index.adql.faults import AdqlError, Place
from search_index.adql.reading import RESERVED, Reader
from search_index.adql.tokens import Kind, Token
from search_index.adql.tree import Call, Column, Expression, Literal, Operation, Star, parts_of

DEEPEST: Final = 50
"""Parentheses and functions within each other."""

MOST_OPERATIONS: Final = 500
"""Signs and calls of one query."""

_OR, _AND, _NOT, _COMPARED, _SUM, _PRODUCT, _SIGNED = range(1, 8)
_STRENGTHS: Final = {
    "OR": _OR, "AND": _AND,
    **dict.fromkeys(("=", "<>", "!=", "<", "<=", ">", ">="), _COMPARED),
    **dict.fromkeys(("BETWEEN", "IN", "LIKE", "ILIKE", "IS", "NOT"), _COMPARED),
    **dict.fromkeys(("+", "-", "||"), _SUM),
    **dict.fromkeys(("*", "/"), _PRODUCT),
}  # fmt: skip
_GATHERED: Final = ("AND", "OR")
_DISTINGUISHED: Final = ("COUNT", "SUM", "AVG", "MIN", "MAX")


class Expressions:
    """Reads expressions; one for each query, since it counts what they are made of."""

    def __init__(self, reader: Reader) -> None:
        self._reader: Final = reader
        self._depth = 0
        self._operations = 0

    def read(self, strength: int = _OR) -> Expression:
        """Return the expression that comes next, as far as signs of at least this strength go."""
        left = self._first(strength)
        while True:
            found = self._reader.here
            binding = _STRENGTHS.get(found.word or (found.text if found.kind is Kind.SIGN else ""), 0)
            if binding < strength:
                return left
            left = self._compared(left) if binding == _COMPARED else self._joined(left, binding)

    def _joined(self, left: Expression, binding: int) -> Expression:
        token = self._reader.take()
        sign = token.word or token.text
        right = self.read(binding + 1)
        if sign in _GATHERED and isinstance(left, Operation) and left.sign == sign:
            self._count(token)
            return Operation(sign, (*left.parts, right), left.place)
        return self._operation(sign, (left, right), token)

    def _compared(self, left: Expression) -> Expression:
        """Return a condition: a comparison, BETWEEN, IN, LIKE or IS NULL."""
        token = self._reader.take()
        sign = token.word or token.text
        if sign == "IS":
            sign = "IS NOT NULL" if self._reader.takes("NOT") else "IS NULL"
            self._reader.expect("NULL")
            return self._operation(sign, (left,), token)
        if sign == "NOT":
            if self._reader.here.word not in ("BETWEEN", "IN", "LIKE", "ILIKE"):
                raise self._reader.unexpected("BETWEEN, IN or LIKE")
            return self._operation("NOT", (self._compared(left),), token)
        if sign == "BETWEEN":
            low = self.read(_SUM)
            self._reader.expect("AND")
            return self._operation(sign, (left, low, self.read(_SUM)), token)
        if sign == "IN":
            self._reader.expect("(")
            return self._operation(sign, (left, *self._listed()), token)
        return self._operation("<>" if sign == "!=" else sign, (left, self.read(_SUM)), token)

    def _first(self, strength: int) -> Expression:
        """Return a value, or what a sign before it makes of it."""
        token = self._reader.here
        if token.word == "NOT":
            if strength > _NOT:
                raise self._reader.unexpected("a value")
            self._reader.take()
            return self._operation("NOT", (self._nested(token.place, _NOT),), token)
        if self._reader.takes("-", "+"):
            operand = self._nested(token.place, _SIGNED)
            return self._operation("negative", (operand,), token) if token.text == "-" else operand
        if self._reader.takes("("):
            inside = self._nested(token.place)
            self._reader.expect(")")
            return inside
        return self._value()

    def _nested(self, place: Place, strength: int = _OR) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise AdqlError(f"the query is nested more than {DEEPEST} deep", place)
        found = self.read(strength)
        self._depth -= 1
        return found

    def _value(self) -> Expression:
        token = self._reader.here
        if token.kind is Kind.NUMBER:
            return Literal(_number(self._reader.take()), token.place)
        if token.kind is Kind.TEXT:
            return Literal(self._reader.take().text, token.place)
        if self._reader.takes("NULL"):
            return Literal(None, token.place)
        if token.kind is Kind.NAME and token.word not in RESERVED and self._reader.next.text == "(":
            return self._call()
        return self._column()

    def _column(self) -> Expression:
        """Return a column, or all of a table, with up to two names before it."""
        name, token = self._reader.name("a value")
        names = [name]
        while len(names) < 3 and self._reader.takes("."):
            if self._reader.takes("*"):
                return Star(".".join(names), token.place)
            names.append(self._reader.name("a column")[0])
        return Column(".".join(names[:-1]), names[-1], token.place)

    def _call(self) -> Expression:
        token = self._reader.take()
        self._count(token)
        self._reader.expect("(")
        if token.word == "COUNT" and self._reader.here.text == "*":
            star = Star("", self._reader.take().place)
            self._reader.expect(")")
            return Call(token.word, (star,), token.place)
        distinct = token.word in _DISTINGUISHED and self._reader.takes("DISTINCT")
        parts = () if self._reader.takes(")") else tuple(self._listed())
        return Call(token.word, parts, token.place, distinct)

    def _listed(self) -> list[Expression]:
        """Return what stands between commas up to a closing parenthesis."""
        found = [self._nested(self._reader.here.place)]
        while self._reader.takes(","):
            found.append(self._nested(self._reader.here.place))
        self._reader.expect(")")
        return found

    def _operation(self, sign: str, parts: tuple[Expression, ...], token: Token) -> Operation:
        self._count(token)
        return Operation(sign, parts, token.place)

    def _count(self, token: Token) -> None:
        self._operations += 1
        if self._operations > MOST_OPERATIONS:
            raise AdqlError(f"the query has more than {MOST_OPERATIONS} signs and functions", token.place)


def _number(token: Token) -> int | float:
    """Return the number of a token; a whole one that a database cannot hold is not whole any more."""
    if token.text.isdecimal() and len(token.text) <= 18:
        return int(token.text)
    number = float(token.text)
    if number in (float("inf"), float("-inf")):
        raise AdqlError(f"{token} is larger than any number", token.place)
    return number


def height(expression: Expression) -> int:
    """Return how many floors an expression has; a value has none."""
    floor, tallest = [expression], 0
    while floor := [part for each in floor for part in parts_of(each)]:
        tallest += 1
    return tallest
