"""Products of several packages at once, as a list shows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, select

from search_index.catalogue.database import parts
from search_index.catalogue.schema import AIPS, PRODUCTS
from search_index.entries import ProductRow
from search_index.names import natural_text

_SHOWN: Final = (
    "path",
    "name",
    "kind",
    "level",
    "product_type",
    "size",
    "format_id",
    "dataproduct_type",
    "t_min",
)


def product_rows(connection: Connection, aip_ids: Sequence[str]) -> tuple[ProductRow, ...]:
    """Return the products of the newest versions of packages by name, documents and software after data."""
    found: list[ProductRow] = []
    for part in parts(aip_ids):
        query = (
            select(AIPS.c.aip_id, AIPS.c.version, AIPS.c.node, *(PRODUCTS.c[name] for name in _SHOWN))
            .add_columns(PRODUCTS.c.mission_values)
            .join(PRODUCTS, PRODUCTS.c.aip_no == AIPS.c.no)
            .where(AIPS.c.aip_id.in_(part))
        )
        for row in connection.execute(query).mappings():
            facts = dict(row)
            values = json.loads(facts.pop("mission_values"))
            found.append(ProductRow(**facts, values=values))
    return tuple(sorted(found, key=_place))


def _place(row: ProductRow) -> tuple[bool, str, str, str]:
    return row.kind in {"document", "software"}, natural_text(row.name), row.aip_id, row.path
