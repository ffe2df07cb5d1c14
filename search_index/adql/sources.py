"""From where the rows of a query are taken: products one by one, in short, or those that are alike together.

All begin with the packages that may be known of, so that nothing else is read. Where products are taken
together (``products_together``) there is one row for all of a package that are alike in what is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from search_index.adql.columns import COLUMNS, of_products
from search_index.adql.functions import AGGREGATE
from search_index.adql.tree import Call, Column, Expression, Star, parts_of
from search_index.catalogue.schema import IN_SHORT, SHORT, TOGETHER

NUMBER: Final = "coalesce(sum(p.alike), 0)"
"""Counts the rows of ``TAKEN_TOGETHER``."""

TAKEN_TOGETHER: Final = f"FROM aips a CROSS JOIN {TOGETHER.name} p ON p.aip_no = a.no"

BY_PACKAGES: Final = "FROM aips a CROSS JOIN products p INDEXED BY products_by_aip ON p.aip_no = a.no"
"""The products of one package after another, none of which is read itself."""

_ONE_BY_ONE: Final = "FROM aips a JOIN products p ON p.aip_no = a.no"
_IN_SHORT: Final = f"FROM aips a CROSS JOIN products p INDEXED BY {SHORT} ON p.aip_no = a.no"
_IN_ORDER: Final = "FROM products p INDEXED BY {} CROSS JOIN aips a ON a.no = p.aip_no"
_BY_START: Final = _IN_ORDER.format("products_by_start")
_BY_PLACE: Final = {
    "s_ra": _IN_ORDER.format("products_by_ra"),
    "s_dec": _IN_ORDER.format("products_by_dec"),
}
_BY_NAME: Final = _IN_ORDER.format("products_by_name")
_NAMED: Final = frozenset({"name", "aip_no", "position"})
_FEW: Final = frozenset({"MIN", "MAX"})
"""Sums that are the same however often a value comes."""


def source(asked: Iterable[str], order: Sequence[str] = (), *, few: bool = False) -> str:
    """Return from where rows are taken of which some SQL asks something, and which ``order`` sorts.

    By itself SQLite sometimes reads the whole table, in the order of a smaller index. Starts, positions and
    names have indexes of their own, which are read in their order; that of positions not where the packages
    are ``few``, as in a cone.
    """
    used, first = of_products(asked), of_products(order[:1])
    if first == {"t_min"}:
        return _BY_START
    if len(first) == 1 and not few and (by_place := _BY_PLACE.get(*first)):
        return by_place
    if used and used <= _NAMED and (first == used or not order):
        return _BY_NAME
    return _IN_SHORT if used and used <= set(IN_SHORT) else _ONE_BY_ONE


def in_short(asked: Iterable[str]) -> str:
    """Return which index of the products has all that some SQL asks of them; empty where none has."""
    return f" INDEXED BY {SHORT}" if of_products(asked) <= set(IN_SHORT) else ""


def is_shared(expression: Expression) -> bool:
    """Return whether an expression is the same for products that are alike, however many they are."""
    if isinstance(expression, Column):
        column = COLUMNS.get(expression.name)
        return column is not None and column.shared
    if isinstance(expression, Call) and expression.name in AGGREGATE:
        if isinstance(next(iter(expression.parts), None), Star):
            return True
        if not (expression.distinct or expression.name in _FEW):
            return False
    return not isinstance(expression, Star) and all(map(is_shared, parts_of(expression)))
