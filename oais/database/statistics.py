"""Downloads counted by month, data set and country; who came is not kept beyond the month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from oais.database.schema import METADATA

_KEYS: Final = ("month", "node", "country")

DOWNLOADS: Final = Table(
    "downloads",
    METADATA,
    *(Column(name, Text, primary_key=True) for name in _KEYS),
    Column("visitors", Integer, nullable=False),
    Column("downloads", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
)
VISITORS: Final = Table(
    "download_visitors",
    METADATA,
    *(Column(name, Text, primary_key=True) for name in (*_KEYS, "visitor")),
)
"""Who came this month, as a keyed digest that changes with the month; emptied when the month is over."""


@dataclass(frozen=True, slots=True)
class Downloads:
    """What was taken from a data set in a month (``2026-11``), and by how many from a country."""

    month: str
    node: str
    country: str
    visitors: int
    downloads: int
    size: int


def count(connection: Connection, month: str, node: str, country: str, visitor: str, size: int) -> None:
    """Count one download of ``size`` bytes; a visitor of a data set is counted once, in his first country."""
    group = {"month": month, "node": node, "country": country}
    connection.execute(delete(VISITORS).where(VISITORS.c.month < month))
    come = (VISITORS.c.month == month) & (VISITORS.c.node == node)
    known = connection.execute(select(VISITORS).where(come & (VISITORS.c.visitor == visitor))).first()
    if known is None:
        connection.execute(insert(VISITORS).values(**group, visitor=visitor))
    there = (DOWNLOADS.c.month == month) & (DOWNLOADS.c.node == node) & (DOWNLOADS.c.country == country)
    more = {
        "visitors": DOWNLOADS.c.visitors + int(known is None),
        "downloads": DOWNLOADS.c.downloads + 1,
        "size": DOWNLOADS.c.size + size,
    }
    if connection.execute(update(DOWNLOADS).where(there).values(more)).rowcount == 0:
        first = Downloads(month, node, country, int(known is None), 1, size)
        connection.execute(insert(DOWNLOADS).values(asdict(first)))


def by_data_set(connection: Connection, first: str, last: str) -> Iterator[tuple[str, str, int, int, int]]:
    """Yield month, node, visitors, downloads and bytes from one month to another, both included, backwards.

    A visitor of a data set counts in the first country he came from in a month, so its countries add up.
    """
    return _grouped(connection, first, last, DOWNLOADS.c.node, func.sum(DOWNLOADS.c.visitors))


def by_country(connection: Connection, first: str, last: str) -> Iterator[tuple[str, str, int, int, int]]:
    """Yield the same by country; its most visited data set tells how many visitors it had at least."""
    return _grouped(connection, first, last, DOWNLOADS.c.country, func.max(DOWNLOADS.c.visitors))


def _grouped(
    connection: Connection, first: str, last: str, by: Column[str], visitors: ColumnElement[int]
) -> Iterator[tuple[str, str, int, int, int]]:
    key = (DOWNLOADS.c.month, by)
    sums = (visitors, func.sum(DOWNLOADS.c.downloads), func.sum(DOWNLOADS.c.size))
    wanted = select(*key, *sums).where(DOWNLOADS.c.month.between(first, last)).group_by(*key)
    for row in connection.execute(wanted.order_by(*(column.desc() for column in key))):
        yield row[0], row[1], int(row[2]), int(row[3]), int(row[4])
