"""From where the rows of a query are taken: the index in short where it holds all that is asked.

Rows that are to be counted are taken together first where a package has several alike. That looks at columns
alone and reckons nothing; what is asked of rows, and of whom they may be known, follows as for any row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from search_index.adql.columns import COLUMNS
from search_index.adql.functions import AGGREGATE, MEMBERSHIP
from search_index.adql.tree import Call, Column, Expression, Select, Star, parts_of
from search_index.catalogue.schema import ALIKE, IN_SHORT, SHORT

NUMBER: Final = "coalesce(sum(p.alike), 0)"
"""Counts the rows of ``taken_together``."""

_FEW: Final = frozenset({"MIN", "MAX"})
"""Sums that are the same however often a value comes."""

_JOINED: Final = "FROM aips a JOIN products p{} ON p.aip_no = a.no"
_BY_SHORT: Final = f" INDEXED BY {SHORT}"
_TOGETHER: Final = (
    "FROM (SELECT {named}, count(*) AS alike FROM products p{index} GROUP BY {named}) p "
    "CROSS JOIN aips a ON a.no = p.aip_no"
)
_OF_PRODUCT: Final = re.compile(r"\bp\.(\w+)")


def source(asked: Iterable[str], order: Sequence[str] = ()) -> str:
    """Return from where rows are taken of which some SQL asks something, and which ``order`` sorts.

    By itself SQLite sometimes reads the whole table, in the order of a smaller index. What is sorted by the
    start first is left to it: that has an index of its own.
    """
    used = _of_products(asked)
    by_start = _of_products(order[:1]) == {"t_min"}
    return _JOINED.format(_BY_SHORT if used and used <= set(IN_SHORT) and not by_start else "")


def taken_together(select: Select, asked: Sequence[Expression]) -> str:
    """Return the same for a query that asks of rows no more than which there are, and how many of each.

    Empty where rows cannot be taken together, where all are counted as one, and where few packages are looked
    up. ``asked`` is what is selected, sorted by and stands in HAVING.
    """
    where = () if select.where is None else (select.where,)
    every = (*asked, *select.groups, *where)
    alone = not (select.groups or select.distinct or where)
    if alone or not all(map(_is_shared, every)) or any(call.name == MEMBERSHIP for call in _calls(where)):
        return ""
    used = _of_products(COLUMNS[column.name].sql for column in _columns(every))
    shared = ALIKE[: max((ALIKE.index(name) + 1 for name in used), default=0)]
    # In the order of the index, to its last column that is wanted, nothing has to be sorted.
    named = ", ".join(f"p.{name}" for name in ("aip_no", *shared))
    return _TOGETHER.format(named=named, index=_BY_SHORT if shared else "")


def _of_products(texts: Iterable[str]) -> set[str]:
    """Return the columns of the table of products that some SQL names."""
    return {name for text in texts for name in _OF_PRODUCT.findall(text)}


def _is_shared(expression: Expression) -> bool:
    """Return whether an expression is the same for rows that are alike, however many they are."""
    if isinstance(expression, Column):
        column = COLUMNS.get(expression.name)
        return column is not None and _of_products([column.sql]) <= set(ALIKE)
    if isinstance(expression, Call) and expression.name in AGGREGATE:
        if isinstance(next(iter(expression.parts), None), Star):
            return True
        if not (expression.distinct or expression.name in _FEW):
            return False
    return not isinstance(expression, Star) and all(map(_is_shared, parts_of(expression)))


def _parts(expressions: Sequence[Expression]) -> Iterator[Expression]:
    """Yield expressions and all that they are made of."""
    for expression in expressions:
        yield expression
        yield from _parts(parts_of(expression))


def _columns(expressions: Sequence[Expression]) -> Iterator[Column]:
    return (part for part in _parts(expressions) if isinstance(part, Column))


def _calls(expressions: Sequence[Expression]) -> Iterator[Call]:
    return (part for part in _parts(expressions) if isinstance(part, Call))
