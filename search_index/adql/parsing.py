"""One query read whole: SELECT, FROM, WHERE, GROUP BY, HAVING, ORDER BY, OFFSET (ADQL 2.1 §2.1)."""

from __future__ import annotations

from typing import Final, TypeVar

from search_index.adql.expressions import Expressions, height
from search_index.adql.faults import AdqlError, Place
from search_index.adql.reading import ONE_TABLE, RESERVED, Reader
from search_index.adql.tokens import Kind, tokens
from search_index.adql.tree import Expression, Item, Select, Sorting, Star

_T = TypeVar("_T")

TALLEST: Final = 100
"""Operations within each other."""

MOST_ITEMS: Final = 200
"""Columns that one query selects, groups by or sorts by."""


def parse(query: str) -> Select:
    """Return a query as it was read; raises AdqlError with the place of what cannot be."""
    return _Queries(Reader(tokens(query))).read()


class _Queries:
    def __init__(self, reader: Reader) -> None:
        self._reader: Final = reader
        self._expressions: Final = Expressions(reader)

    def read(self) -> Select:
        self._reader.expect("SELECT")
        distinct = self._reader.takes("DISTINCT")
        if not distinct:
            self._reader.takes("ALL")
        top = self._reader.number("a number of rows") if self._reader.takes("TOP") else None
        items = self._items()
        self._reader.expect("FROM")
        table, place = self._table()
        select = Select(
            items=items,
            table=table,
            table_place=place,
            alias=self._alias("a name of the table"),
            distinct=distinct,
            top=top,
            where=self._expression() if self._reader.takes("WHERE") else None,
            groups=self._groups(),
            having=self._expression() if self._reader.takes("HAVING") else None,
            order=self._order(),
            offset=self._reader.number("a number of rows") if self._reader.takes("OFFSET") else 0,
        )
        if self._reader.here.kind is not Kind.END:
            raise self._end()
        return select

    def _end(self) -> AdqlError:
        if self._reader.here.text == ",":
            place = self._reader.here.place
            return AdqlError("found a second table: joins cannot be asked here", place, remedy=ONE_TABLE)
        return self._reader.unexpected("the end of the query")

    def _expression(self) -> Expression:
        found = self._expressions.read()
        if height(found) > TALLEST:
            message = f"an expression has more than {TALLEST} operations within each other"
            raise AdqlError(message, found.place)
        return found

    def _items(self) -> tuple[Item, ...]:
        found = [self._item()]
        while self._reader.takes(","):
            found.append(self._item())
        return _bounded(found, self._reader.here.place)

    def _item(self) -> Item:
        star = self._reader.here
        if self._reader.takes("*"):
            return Item(Star("", star.place))
        expression = self._expression()
        return Item(expression, self._alias("a name of the column"))

    def _alias(self, wanted: str) -> str:
        """Return the name after AS, or one that follows without it; empty where there is none."""
        here = self._reader.here
        named = here.kind is Kind.QUOTED or (here.kind is Kind.NAME and here.word not in RESERVED)
        return self._reader.name(wanted)[0] if self._reader.takes("AS") or named else ""

    def _table(self) -> tuple[str, Place]:
        if self._reader.here.text == "(":
            place = self._reader.here.place
            raise AdqlError("found '(': subqueries cannot be asked here", place, remedy=ONE_TABLE)
        name, token = self._reader.name("a table")
        names = [name]
        while len(names) < 3 and self._reader.takes("."):
            names.append(self._reader.name("a table")[0])
        return ".".join(names), token.place

    def _groups(self) -> tuple[Expression, ...]:
        if not self._reader.takes("GROUP"):
            return ()
        self._reader.expect("BY")
        found = [self._expression()]
        while self._reader.takes(","):
            found.append(self._expression())
        return _bounded(found, self._reader.here.place)

    def _order(self) -> tuple[Sorting, ...]:
        if not self._reader.takes("ORDER"):
            return ()
        self._reader.expect("BY")
        found = [self._sorting()]
        while self._reader.takes(","):
            found.append(self._sorting())
        return _bounded(found, self._reader.here.place)

    def _sorting(self) -> Sorting:
        expression = self._expression()
        falling = self._reader.takes("DESC")
        if not falling:
            self._reader.takes("ASC")
        return Sorting(expression, falling)


def _bounded(found: list[_T], place: Place) -> tuple[_T, ...]:
    if len(found) > MOST_ITEMS:
        raise AdqlError(f"a list of {len(found)} columns; expected up to {MOST_ITEMS}", place)
    return tuple(found)
