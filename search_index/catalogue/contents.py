"""What rests at a place of the tree and below it: products by type, their times, documents, software.

Nothing is read but the catalogue. Branches ``without`` are left out, as if nothing rested there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, and_, distinct, false, func, not_, or_, select, true

from search_index.catalogue.branches import is_below
from search_index.catalogue.schema import AIPS, PRODUCTS, SOFTWARE, TOGETHER
from search_index.entries import Content, Covered, DocumentEntry, MadeWith

MOST_ROWS: Final = 200
"""Rows of one list; what there are more of is not told, the most frequent come first."""

Floats: TypeAlias = npt.NDArray[np.float64]

NO_DATA: Final = ("document", "software")
"""Kinds of products that are no data: they cover no time."""

_DAY: Final = 86_400.0


def contents(connection: Connection, path: str, without: tuple[str, ...]) -> tuple[Content, ...]:
    """Return what rests below ``path`` by kind, level, type and format of the products."""
    key = (TOGETHER.c.product_type, TOGETHER.c.kind, TOGETHER.c.level, TOGETHER.c.format_name)
    files = func.sum(TOGETHER.c.alike)
    amounts = (func.count(distinct(TOGETHER.c.aip_no)), files, func.sum(TOGETHER.c.bytes))
    query = (
        select(*key, *amounts, func.min(TOGETHER.c.first), func.max(TOGETHER.c.last))
        .join(AIPS, AIPS.c.no == TOGETHER.c.aip_no)
        .where(_resting(path, without))
        .group_by(*key)
        .order_by(files.desc(), *key)
        .limit(MOST_ROWS)
    )
    return tuple(Content(*row) for row in connection.execute(query))


def coverage(spans: Mapping[str, Floats], within: float = 0.0) -> tuple[Covered, ...]:
    """Return when data were observed, by type: of each the times of its products, (products, 2), MJD.

    Intervals that touch, or follow each other ``within`` so many seconds, are one.
    """
    return tuple(Covered(name, len(of), merged(of, within)) for name, of in sorted(spans.items()))


def merged(spans: npt.ArrayLike, within: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Return intervals (days) without overlaps, in order.

    Those that share a moment become one, and those that ``within`` so many seconds part.
    """
    pairs: Floats = np.asarray(spans, dtype=np.float64).reshape(-1, 2)
    if not len(pairs):
        return ()
    pairs = pairs[np.argsort(pairs[:, 0])]
    ends = np.maximum.accumulate(pairs[:, 1])
    begins = np.concatenate(([True], (pairs[1:, 0] - ends[:-1]) * _DAY > within))
    last = np.append(np.flatnonzero(begins)[1:] - 1, len(pairs) - 1)
    return tuple(zip(pairs[begins, 0].tolist(), ends[last].tolist(), strict=True))


def documents(connection: Connection, path: str, without: tuple[str, ...]) -> tuple[DocumentEntry, ...]:
    """Return the documents that rest below ``path``, of equal bytes and names one for all packages."""
    return _documents(connection, _resting(path, without))


def apart(connection: Connection, mission: str, without: tuple[str, ...]) -> tuple[DocumentEntry, ...]:
    """Return the documents of a mission that are packages of their own, ``mission`` being its path."""
    return _documents(connection, and_(_resting(mission, without), AIPS.c.kind == "document"))


def _documents(connection: Connection, where: ColumnElement[bool]) -> tuple[DocumentEntry, ...]:
    """Return documents by name; of those with the same bytes that which came in last stands for all."""
    holders = select(TOGETHER.c.aip_no).where(TOGETHER.c.kind == "document")  # a fraction of all products
    same = (
        select(func.max(PRODUCTS.c.no).label("no"), func.count(distinct(PRODUCTS.c.aip_no)).label("holders"))
        .join(AIPS, AIPS.c.no == PRODUCTS.c.aip_no)
        .where(where, PRODUCTS.c.kind == "document", PRODUCTS.c.aip_no.in_(holders))
        .group_by(PRODUCTS.c.name, PRODUCTS.c.sha256)
        .subquery()
    )
    query = (
        select(
            *(AIPS.c[name] for name in ("aip_id", "version", "title", "node")),
            *(PRODUCTS.c[name] for name in ("path", "product_type", "size", "valid_from", "valid_to")),
            same.c.holders,
            AIPS.c.mission_values.label("of_all"),
            PRODUCTS.c.mission_values.label("own"),
        )
        .join(same, same.c.no == PRODUCTS.c.no)
        .join(AIPS, AIPS.c.no == PRODUCTS.c.aip_no)
        .order_by(PRODUCTS.c.name, AIPS.c.aip_id)
        .limit(MOST_ROWS)
    )
    return tuple(_document(row) for row in connection.execute(query))


def _document(row: Any) -> DocumentEntry:
    return DocumentEntry(
        aip_id=row.aip_id,
        version=row.version,
        title=row.title,
        node=row.node,
        path=row.path,
        product_type=row.product_type,
        size=row.size,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        holders=row.holders,
        values={**json.loads(row.of_all), **json.loads(row.own)},
    )


def made_with(connection: Connection, path: str, without: tuple[str, ...]) -> tuple[MadeWith, ...]:
    """Return the software that headers below ``path`` name, with the number of packages that name it."""
    key = (SOFTWARE.c.name, SOFTWARE.c.value, SOFTWARE.c.target)
    query = (
        select(*key, func.count())
        .join(AIPS, AIPS.c.no == SOFTWARE.c.aip_no)
        .where(_resting(path, without))
        .group_by(*key)
        .order_by(func.count().desc(), *key)
        .limit(MOST_ROWS)
    )
    return tuple(MadeWith(*row) for row in connection.execute(query))


def _resting(path: str, without: tuple[str, ...]) -> ColumnElement[bool]:
    """Return that a package rests at ``path`` or below it, and in none of the branches ``without``."""
    if is_below(path, frozenset(without)):
        return false()
    return and_(_below(path), outside(tuple(top for top in without if top.startswith(f"{path}/"))))


def outside(without: tuple[str, ...]) -> ColumnElement[bool]:
    """Return that a package rests in none of the branches ``without``."""
    return and_(true(), *(not_(_below(top)) for top in without))


def _below(path: str) -> ColumnElement[bool]:
    # What begins with "path/" stands together; "0" is the character that follows "/".
    return or_(AIPS.c.node == path, and_(AIPS.c.node >= f"{path}/", AIPS.c.node < f"{path}0"))
