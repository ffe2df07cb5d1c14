"""Many targets at once, by name or position: what of each is held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from sqlalchemy import Connection, select

from search_index.answers import Resolved
from search_index.catalogue.columns import Columns
from search_index.catalogue.facets import Mask, Positions
from search_index.catalogue.places import Places
from search_index.catalogue.ranks import Keys
from search_index.catalogue.schema import AIPS, PRODUCTS
from search_index.names import plain_name
from search_index.query import Cone

_TARGET: Final = "target"
_NONE: Final = np.empty(0, dtype=np.int64)
_MOST_ASKED: Final = 100
"""Packages of a target that are looked through for its position."""


def resolved(
    columns: Columns, connection: Connection, asked: Sequence[str | Cone], without: tuple[str, ...]
) -> tuple[Resolved, ...]:
    """Return what is held of each name or in each cone, nearest first, but in the branches ``without``."""
    key = (without, *asked)
    return columns.kept_answers(key, lambda: tuple(_answers(columns, connection, asked, without)))


def _answers(
    columns: Columns, connection: Connection, asked: Sequence[str | Cone], without: tuple[str, ...]
) -> Iterator[Resolved]:
    visible, places = columns.visible(without), _places(columns, connection, asked)
    for one in asked:
        positions, apart = (
            _near(columns, connection, one, places) if isinstance(one, Cone) else _named(columns, one)
        )
        keep = visible[positions]
        positions, apart = positions[keep], apart[keep]
        yield Resolved(
            aip_ids=tuple(columns.aip_ids[position] for position in positions.tolist()),
            visits=len(set(columns.visits[positions].tolist())),
            distance=float(apart[0]) if isinstance(one, Cone) and len(apart) else None,
        )


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
    """Return the packages with a product of any of the targets or in any of the cones; not to be changed."""
    return columns.kept_mask(("targets", *asked), lambda: _of_any(columns, connection, asked))


def _of_any(columns: Columns, connection: Connection, asked: Sequence[str | Cone]) -> Mask:
    column, names, places = (
        columns.facet(_TARGET),
        columns.names(_TARGET),
        _places(columns, connection, asked),
    )
    codes = [code for one in asked if isinstance(one, str) for code in names.meant(one, whole=True)]
    found = [column.positions[np.isin(column.codes, codes)]]
    found += [_near(columns, connection, one, places)[0] for one in asked if isinstance(one, Cone)]
    return columns.mask(np.concatenate(found))


def _named(columns: Columns, name: str) -> tuple[Positions, Keys]:
    column = columns.facet(_TARGET)
    codes = columns.names(_TARGET).meant(name, whole=True)
    held = [column.having(code) for code in codes]
    positions = held[0] if len(held) == 1 else np.unique(np.concatenate([_NONE, *held]))
    return positions, np.zeros(len(positions))


def _places(columns: Columns, connection: Connection, asked: Sequence[str | Cone]) -> Places | None:
    return columns.places(connection, (one for one in asked if isinstance(one, Cone)))


def _near(
    columns: Columns, connection: Connection, cone: Cone, places: Places | None
) -> tuple[Positions, Keys]:
    """Return the packages in a cone, nearest first, and how far they are; that of a small one is kept.

    A list is asked as a whole for its table and line by line for what it lacks, and again for each page.
    """
    return columns.kept_cone(cone, lambda: _measured(columns, connection, cone, places))


def _measured(
    columns: Columns, connection: Connection, cone: Cone, places: Places | None
) -> tuple[Positions, Keys]:
    places = places or Places(columns.near(connection, cone))
    numbers, apart = places.around(cone)
    positions = columns.positions(numbers.astype(np.int64))
    known = positions >= 0
    positions, apart = positions[known], apart[known]
    order = np.lexsort((positions, apart))
    # Of each package the nearest product, which stands first.
    _, first = np.unique(positions[order], return_index=True)
    chosen = order[np.sort(first)]
    return positions[chosen], apart[chosen]
