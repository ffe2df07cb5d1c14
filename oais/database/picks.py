"""What was picked of the archive, as baskets and orders keep it: a version of an AIP and its files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text, delete, insert, select

from oais.database.schema import METADATA, reference, texts


@dataclass(frozen=True, slots=True)
class Pick:
    """A version of an AIP, whole or only the files of these logical paths; ``size`` in bytes.

    A version never changes, so where it lies and how much it is are kept with it, to be shown. Whether it
    may be had is never decided by what is kept here.
    """

    aip_id: str
    version: int
    paths: tuple[str, ...]
    node: str
    title: str
    files: int
    size: int

    @property
    def reference(self) -> str:
        """``ID@vN``."""
        return f"{self.aip_id}@v{self.version}"


def picks_table(name: str, holder: str) -> Table:
    """Make the table of what the rows of another one (``"baskets.identifier"``) hold."""
    return Table(
        name,
        METADATA,
        reference("holder", holder, primary_key=True),
        Column("position", Integer, primary_key=True),
        Column("aip_id", Text, nullable=False),
        Column("version", Integer, nullable=False),
        *texts("paths", "node", "title"),
        Column("files", Integer, nullable=False),
        Column("size", BigInteger, nullable=False),
    )


def picked(connection: Connection, table: Table, holder: str) -> tuple[Pick, ...]:
    """Return what a holder has, in the order in which it was picked."""
    columns = (table.c[item.name] for item in fields(Pick))
    wanted = select(*columns).where(table.c.holder == holder).order_by(table.c.position)
    rows = connection.execute(wanted).mappings()
    return tuple(Pick(**{**row, "paths": tuple(json.loads(row["paths"]))}) for row in rows)


def replace_picks(connection: Connection, table: Table, holder: str, picks: Sequence[Pick]) -> None:
    """Let a holder have these picks and no others."""
    connection.execute(delete(table).where(table.c.holder == holder))
    if picks:
        connection.execute(insert(table), list(_rows(holder, picks)))


def _rows(holder: str, picks: Iterable[Pick]) -> Iterable[dict[str, str | int]]:
    for position, pick in enumerate(picks):
        yield {**asdict(pick), "holder": holder, "position": position, "paths": json.dumps(pick.paths)}
