"""Which rows a query gives: their numbers first, so that none is made but those of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from search_index.adql.sources import BY_PACKAGES, TAKEN_TOGETHER, in_short, source

SEEN: Final = "a.node IN (SELECT value FROM json_each(:seen))"
"""Holds for the packages that whoever asks may know of; ``:seen`` are their nodes."""

PART: Final = "LIMIT :limit OFFSET :offset"
"""What of the rows is wanted."""

_AGAIN: Final = "CROSS JOIN aips a ON a.no = chosen.package CROSS JOIN products p ON p.no = chosen.product"
_OF_FEW: Final = "CROSS JOIN aips a ON a.no = few.package CROSS JOIN products p{} ON p.aip_no = a.no"
_FEW: Final = "LIMIT :limit + :offset"
"""As many packages as rows are wanted are enough: each has one or more."""

_HELD: Final = "EXISTS (SELECT 1 FROM products p WHERE {})"
_NUMBER: Final = f"SELECT count(*) FROM (SELECT 1 {{}} WHERE {{}} {PART})"  # noqa: S608 - texts of ours
_SUM: Final = f"SELECT min(max(coalesce(sum(p.alike), 0) - :offset, 0), :limit) {TAKEN_TOGETHER} WHERE {{}}"
_CANONICAL: Final = ("a.aip_id", "p.position")
"""What breaks ties, always alike."""


class Where(NamedTuple):
    """What rows are asked: the packages that are looked up, conditions on packages, and those on products.

    ``shared`` says that products which are alike fulfil all of it together or not at all.
    """

    packages: tuple[str, ...]
    of_packages: tuple[str, ...]
    of_products: tuple[str, ...]
    shared: bool

    @property
    def sql(self) -> str:
        """The condition on rows; nothing of it is reckoned for a row that may not be known of."""
        return self._seen((*self.of_packages, *self.of_products))

    @property
    def sql_of_packages(self) -> str:
        """The same on packages: that they have such a row."""
        held = _HELD.format(" AND ".join(["p.aip_no = a.no", *self.of_products]))
        return self._seen((*self.of_packages, held))

    def _seen(self, conditions: tuple[str, ...]) -> str:
        # The sight stands alone as well: so packages are passed over before their products are read. Its sign
        # keeps SQLite from taking them by their places, and not in the order that is asked for.
        asked = [f"CASE WHEN {SEEN} THEN {' AND '.join(conditions)} END"] if conditions else []
        return " AND ".join([*self.packages, f"+{SEEN}", *asked])


class Order(NamedTuple):
    """One of the values that rows are sorted by; what has none comes last.

    It is ``of_packages`` where all products of a package have the same, ``shared`` where those alike have.
    """

    text: str
    falling: bool = False
    of_packages: bool = False
    shared: bool = False

    def __str__(self) -> str:
        """Return it as SQL."""
        return f"{self.text} {'DESC' if self.falling else 'ASC'} NULLS LAST"


def by(order: Iterable[object]) -> str:
    """Return the SQL that sorts."""
    return f"ORDER BY {', '.join(map(str, order))}"


def rows(named: str, where: Where, order: Sequence[Order]) -> str:
    """Return the statement of rows as they are: sorted by their numbers, then made, those of a page alone."""
    last = by([*order, *_CANONICAL])
    chosen = f"SELECT a.no AS package, p.no AS product {_numbers(where, order)} {last} {PART}"
    return f"SELECT {named} FROM ({chosen}) AS chosen {_AGAIN} {last}"  # noqa: S608 - texts of ours


def number(where: Where) -> str:
    """Return the statement that counts those rows."""
    if not where.of_products:  # the first packages have as many as are counted
        return _NUMBER.format(BY_PACKAGES, where.sql)
    return _SUM.format(where.sql) if where.shared else _NUMBER.format(source((where.sql,)), where.sql)


def _numbers(where: Where, order: Sequence[Order]) -> str:
    """Return from where rows are taken to be sorted, and the condition on them.

    Where nothing is sorted or looked up, rows are read in their own order.
    """
    together = all(each.of_packages for each in order) and bool(order or where.packages)
    if together and not where.of_products:
        return _of_packages(where, order)
    if where.shared and all(each.shared for each in order) and (order or where.of_products):
        return _of_products_alike(where, order)
    if together:
        return _of_packages(where, order)
    asked = (where.sql, *map(str, order)) if order or where.of_products else ()
    taken = source(asked, [each.text for each in order], few=bool(where.packages))
    return f"{taken} WHERE {where.sql}"


def _of_packages(where: Where, order: Sequence[Order]) -> str:
    """Choose the first packages where all rows of a package stand together."""
    asked = f"FROM aips a WHERE {where.sql_of_packages} {by([*order, _CANONICAL[0]])} {_FEW}"
    left = f"WHERE {' AND '.join(where.of_products)}" if where.of_products else ""
    return f"FROM (SELECT a.no AS package {asked}) AS few {_OF_FEW.format('')} {left}"


def _of_products_alike(where: Where, order: Sequence[Order]) -> str:
    """Choose the first packages with each of the values that their rows are sorted by."""
    keys = [each.text for each in order if not each.of_packages]
    named = ", ".join(["a.no AS package", *(f"{key} AS k{place}" for place, key in enumerate(keys))])
    asked = f"{TAKEN_TOGETHER} WHERE {where.sql} {by([*order, _CANONICAL[0]])} {_FEW}"
    same = (f"{key} IS few.k{place}" for place, key in enumerate(keys))
    left = [*where.of_products, *same]
    taken = _OF_FEW.format(in_short(left))
    return f"FROM (SELECT DISTINCT {named} {asked}) AS few {taken} WHERE {' AND '.join(left)}"
