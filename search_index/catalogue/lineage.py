"""What was made from a package: those whose headers name it, or one of its files, as what they came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, or_, select

from oais.information.description import ProvenanceLink
from search_index.catalogue.contents import outside
from search_index.catalogue.rows import file_stem
from search_index.catalogue.schema import AIPS, PROVENANCE

MOST_ROWS: Final = 200
_MADE_FROM: Final = ("input", "reference file")


def made_from(
    connection: Connection, aip_id: str, version: int, names: Sequence[str], without: tuple[str, ...]
) -> tuple[tuple[str, ProvenanceLink], ...]:
    """Return packages, by identifier, with the link by which each names this version or its files.

    ``names`` are those of its files; a header may leave their endings out. Branches ``without`` are left out.
    """
    written = sorted({form for name in names for form in (name, file_stem(name))})[:MOST_ROWS]
    referred = PROVENANCE.c.target.in_((aip_id, f"{aip_id}@v{version}"))
    query = (
        select(AIPS.c.aip_id, *(PROVENANCE.c[name] for name in ("role", "name", "value", "source", "target")))
        .join(AIPS, AIPS.c.no == PROVENANCE.c.aip_no)
        .where(PROVENANCE.c.role.in_(_MADE_FROM), AIPS.c.aip_id != aip_id)
        .where(outside(without))
        .where(or_(referred, PROVENANCE.c.value.in_(written)))
        .distinct()
        .order_by(AIPS.c.aip_id, PROVENANCE.c.role, PROVENANCE.c.name)
        .limit(MOST_ROWS)
    )
    return tuple((holder, ProvenanceLink(*link)) for holder, *link in connection.execute(query))
