"""Many targets at once, by name or position: what of each is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from sqlalchemy import Connection, select

from search_index.answers import Resolved
from search_index.catalogue.columns import Columns, Keys
from search_index.catalogue.facets import Mask, Positions
from search_index.catalogue.schema import AIPS, PRODUCTS
from search_index.names import plain_name
from search_index.query import Cone
from search_index.sky import distances, inside

_TARGET: Final = "target"
_MOST_ASKED: Final = 100
"""Packages of a target that are looked through for its position."""


def resolved(
    columns: Columns, connection: Connection, asked: Sequence[str | Cone], without: tuple[str, ...]
) -> tuple[Resolved, ...]:
    """Return what is held of each name or in each cone, nearest first, but in the branches ``without``."""
    visible = columns.visible(without)
    answers = []
    for one in asked:
        positions, apart = _near(columns, connection, one) if isinstance(one, Cone) else _named(columns, one)
        keep = visible[positions]
        positions, apart = positions[keep], apart[keep]
        answers.append(
            Resolved(
                aip_ids=tuple(columns.aip_ids[position] for position in positions.tolist()),
                visits=len(np.unique(columns.visits[positions])),
                distance=float(apart[0]) if isinstance(one, Cone) and len(apart) else None,
            )
        )
    return tuple(answers)


def target_position(
    columns: Columns, connection: Connection, name: str, without: tuple[str, ...]
) -> tuple[float, float] | None:
    """Return right ascension and declination of the target of a name, in degrees; None when none is known."""
    positions, _ = _named(columns, name)
    visible = positions[columns.visible(without)[positions]]
    aip_ids = [columns.aip_ids[position] for position in visible[:_MOST_ASKED].tolist()]
    query = (
        select(PRODUCTS.c.target_name, PRODUCTS.c.s_ra, PRODUCTS.c.s_dec)
        .join(AIPS, AIPS.c.no == PRODUCTS.c.aip_no)
        .where(AIPS.c.aip_id.in_(aip_ids), PRODUCTS.c.x.is_not(None))
        .order_by(AIPS.c.aip_id, PRODUCTS.c.position)
    )
    for target, ra, dec in connection.execute(query) if aip_ids else ():
        if plain_name(target or "") == plain_name(name):
            return float(ra), float(dec)
    return None


def of_any(columns: Columns, connection: Connection, asked: Sequence[str | Cone]) -> Mask:
    """Return the packages with a product of any of the named targets or in any of the cones."""
    column, names = columns.facet(_TARGET), columns.names(_TARGET)
    codes = [code for one in asked if isinstance(one, str) for code in names.meant(one, whole=True)]
    found = [column.positions[np.isin(column.codes, codes)]]
    found += [_near(columns, connection, one)[0] for one in asked if isinstance(one, Cone)]
    return columns.mask(np.concatenate(found))


def _named(columns: Columns, name: str) -> tuple[Positions, Keys]:
    column = columns.facet(_TARGET)
    codes = columns.names(_TARGET).meant(name, whole=True)
    positions = np.unique(column.positions[np.isin(column.codes, codes)])
    return positions, np.zeros(len(positions))


def _near(columns: Columns, connection: Connection, cone: Cone) -> tuple[Positions, Keys]:
    """Return the packages in a cone, nearest first, and how far they are; that of a small one is kept.

    A list is asked as a whole for its table and line by line for what it lacks, and again for each page.
    """
    return columns.kept_cone(cone, lambda: _measured(columns, connection, cone))


def _measured(columns: Columns, connection: Connection, cone: Cone) -> tuple[Positions, Keys]:
    found = columns.near(connection, cone)
    apart = distances(cone, found[:, 1:4])
    positions = columns.positions(found[:, 0].astype(np.int64))
    hit = inside(cone, apart) & (positions >= 0)
    positions, apart = positions[hit], apart[hit]
    order = np.argsort(apart, kind="stable")
    # Of each package the nearest product, which stands first.
    _, first = np.unique(positions[order], return_index=True)
    chosen = order[np.sort(first)]
    return positions[chosen], apart[chosen]
