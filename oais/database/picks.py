"""What was picked of the archive, as baskets and orders keep it: a version of an AIP and its files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Integer, Table, Text, delete, insert, select

from oais.database.schema import METADATA, reference


@dataclass(frozen=True, slots=True)
class Pick:
    """A version of an AIP, whole or only the files of these logical paths."""

    aip_id: str
    version: int
    paths: tuple[str, ...] = ()

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
        Column("paths", Text, nullable=False),
    )


def picked(connection: Connection, table: Table, holder: str) -> tuple[Pick, ...]:
    """Return what a holder has, in the order in which it was picked."""
    wanted = select(table).where(table.c.holder == holder).order_by(table.c.position)
    return tuple(
        Pick(row.aip_id, row.version, tuple(json.loads(row.paths))) for row in connection.execute(wanted)
    )


def replace_picks(connection: Connection, table: Table, holder: str, picks: Sequence[Pick]) -> None:
    """Let a holder have these picks and no others."""
    connection.execute(delete(table).where(table.c.holder == holder))
    if picks:
        connection.execute(insert(table), list(_rows(holder, picks)))


def _rows(holder: str, picks: Iterable[Pick]) -> Iterable[dict[str, str | int]]:
    for position, pick in enumerate(picks):
        paths = json.dumps(pick.paths)
        yield {
            "holder": holder,
            "position": position,
            "aip_id": pick.aip_id,
            "version": pick.version,
            "paths": paths,
        }
