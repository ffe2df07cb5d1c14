"""A query as it was read: values, operations, calls, and the one SELECT that they stand in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from search_index.adql.faults import Place


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, or None for NULL."""

    value: str | int | float | None
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is named; ``table`` is empty or the names before it, with dots between.

    What stood in no double quotes is in small letters.
    """

    table: str
    name: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Star:
    """All columns of the table."""

    table: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """A sign or a word with what it stands between: ``+``, ``AND``, ``BETWEEN``, ``IS NULL`` and others."""

    sign: str
    parts: tuple[Expression, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments; its name is in capitals."""

    name: str
    parts: tuple[Expression, ...]
    place: Place = field(compare=False)
    distinct: bool = False


Expression: TypeAlias = Literal | Column | Star | Operation | Call


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is selected, and the name that it gets; empty where none is given."""

    expression: Expression
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sorting:
    """One thing that rows are sorted by: an expression, or the number of a column counted from 1."""

    expression: Expression
    falling: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """One SELECT over one table; ``alias`` is empty where the table has none."""

    items: tuple[Item, ...]
    table: str
    table_place: Place
    alias: str = ""
    distinct: bool = False
    top: int | None = None
    offset: int = 0
    where: Expression | None = None
    groups: tuple[Expression, ...] = ()
    having: Expression | None = None
    order: tuple[Sorting, ...] = ()


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """Return what an expression is made of; a value is made of nothing."""
    return expression.parts if isinstance(expression, Operation | Call) else ()
