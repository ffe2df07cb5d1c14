"""Which formats the archive holds, counted from the products of the newest versions."""

from __future__ import annotations

from sqlalchemy import Connection, distinct, func, select

from search_index.catalogue.schema import AIPS, TOGETHER
from search_index.entries import FormatHolding


def formats(connection: Connection) -> tuple[FormatHolding, ...]:
    """Return what is held of each format, mission by mission; of several names the first by letters."""
    query = (
        select(
            TOGETHER.c.format_id,
            func.min(TOGETHER.c.format_name),
            AIPS.c.mission,
            func.sum(TOGETHER.c.alike),
            func.sum(TOGETHER.c.bytes),
            func.count(distinct(TOGETHER.c.aip_no)),
            func.min(AIPS.c.ingested_at),
            func.max(AIPS.c.ingested_at),
        )
        .join(AIPS, AIPS.c.no == TOGETHER.c.aip_no)
        .group_by(TOGETHER.c.format_id, AIPS.c.mission)
        .order_by(TOGETHER.c.format_id, AIPS.c.mission)
    )
    return tuple(FormatHolding(*row) for row in connection.execute(query))


def of_format(connection: Connection, format_id: str) -> tuple[str, ...]:
    """Return the packages whose newest version has a product of this format, by identifier."""
    query = (
        select(AIPS.c.aip_id)
        .join(TOGETHER, AIPS.c.no == TOGETHER.c.aip_no)
        .where(TOGETHER.c.format_id == format_id)
        .distinct()
        .order_by(AIPS.c.aip_id)
    )
    return tuple(row.aip_id for row in connection.execute(query))
