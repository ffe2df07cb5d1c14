"""Many targets at once, by name or position: what of each is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from sqlalchemy import Connection

from search_index.catalogue.columns import Columns, Keys, Positions
from search_index.catalogue.sqlite import near
from search_index.entries import Resolved
from search_index.query import Cone
from search_index.sky import distances, inside

_TARGET: Final = "target"


def resolved(
    columns: Columns, connection: Connection, asked: Sequence[str | Cone], without: tuple[str, ...]
) -> tuple[Resolved, ...]:
    """Return what is held of each name or in each cone, nearest first, but in the branches ``without``."""
    visible = ~columns.below(*without)
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


def _named(columns: Columns, name: str) -> tuple[Positions, Keys]:
    column = columns.facet(_TARGET)
    codes = columns.names(_TARGET).meant(name, whole=True)
    positions = np.unique(column.positions[np.isin(column.codes, codes)])
    return positions, np.zeros(len(positions))


def _near(columns: Columns, connection: Connection, cone: Cone) -> tuple[Positions, Keys]:
    found = near(connection, cone)
    apart = distances(cone, found[:, 1:4])
    positions = columns.positions(found[:, 0].astype(np.int64))
    hit = inside(cone, apart) & (positions >= 0)
    positions, apart = positions[hit], apart[hit]
    order = np.argsort(apart, kind="stable")
    # Of each package the nearest product, which stands first.
    _, first = np.unique(positions[order], return_index=True)
    chosen = order[np.sort(first)]
    return positions[chosen], apart[chosen]
