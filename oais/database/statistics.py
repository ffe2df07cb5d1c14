"""Downloads counted by month, data set and country; who came is not kept beyond the month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text, delete, insert, select, update

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


def counted(connection: Connection, first: str, last: str) -> Iterator[Downloads]:
    """Yield what was counted from one month to another, both included."""
    wanted = select(DOWNLOADS).where(DOWNLOADS.c.month.between(first, last))
    for row in connection.execute(wanted.order_by(*(DOWNLOADS.c[name] for name in _KEYS))).mappings():
        yield Downloads(**row)
