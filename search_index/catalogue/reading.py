"""Rows of the catalogue read back as entries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select

from oais.errors import NotFoundError
from oais.information.description import (
    OBSCORE_FIELDS,
    ObsCore,
    ProductDescription,
    ProvenanceLink,
)
from oais.information.observations import Observation
from search_index.catalogue.database import AMONG, parts
from search_index.catalogue.observed import visits_of
from search_index.catalogue.rows import file_stem
from search_index.catalogue.schema import (
    AIPS,
    HAS_VALIDITY,
    OBSERVATIONS,
    PRODUCTS,
    PROVENANCE,
    SUBMISSIONS,
    VERSIONS,
)
from search_index.entries import (
    AipEntry,
    FileHolder,
    ProductEntry,
    SubmissionEntry,
    ToldOf,
    VersionEntry,
)

_LISTS = ("targets", "instruments", "obs_ids")
_DESCRIBED = (
    "path",
    "sip_path",
    "size",
    "sha256",
    "kind",
    "level",
    "product_type",
    "format_id",
    "format_name",
    "media_type",
    "valid_from",
    "valid_to",
)
_TELLING = (
    select(
        AIPS.c.aip_id,
        AIPS.c.version,
        *(VERSIONS.c[name] for name in ("number", "node", "kind", "level", "mission_values")),
        OBSERVATIONS.c.request,
    )
    .join(VERSIONS, AIPS.c.no == VERSIONS.c.aip_no)
    .outerjoin(
        OBSERVATIONS,
        and_(OBSERVATIONS.c.aip_no == VERSIONS.c.aip_no, OBSERVATIONS.c.version == VERSIONS.c.number),
    )
    .distinct()
)
# Statements that are asked at every request are made once: making one costs more than running it.
_TELLING_OF = _TELLING.where(
    AIPS.c.aip_id.in_(AMONG),
    or_(VERSIONS.c.number == AIPS.c.version, VERSIONS.c.number.in_(bindparam("numbers", expanding=True))),
)
_AIPS = select(AIPS).where(AIPS.c.aip_id.in_(AMONG))


def aip_numbers(connection: Connection, aip_ids: Sequence[str]) -> dict[str, int]:
    """Return the row numbers of the packages that are known."""
    found: dict[str, int] = {}
    for part in parts(aip_ids):
        query = select(AIPS.c.aip_id, AIPS.c.no).where(AIPS.c.aip_id.in_(part))
        found.update((row.aip_id, row.no) for row in connection.execute(query))
    return found


def aip_entries(connection: Connection, aip_ids: Sequence[str]) -> dict[str, AipEntry]:
    """Return the packages that are known, by identifier."""
    found = {}
    for part in parts(aip_ids):
        for row in connection.execute(_AIPS, {"among": part}).mappings():
            found[row["aip_id"]] = _aip_entry(dict(row))
    return found


def _aip_entry(row: dict[str, Any]) -> AipEntry:
    del row["no"], row["sort_title"]
    for name in _LISTS:
        row[name] = tuple(json.loads(row[name]))
    return AipEntry(values=json.loads(row.pop("mission_values")), **row)


def reports(connection: Connection, aip_ids: Sequence[str]) -> dict[str, str]:
    """Return the path of the first report among the products of each package that has one, by identifier."""
    found: dict[str, str] = {}
    for part in parts(aip_ids):
        query = (
            select(AIPS.c.aip_id, func.min(PRODUCTS.c.path))
            .join(PRODUCTS, PRODUCTS.c.aip_no == AIPS.c.no)
            .where(AIPS.c.aip_id.in_(part), PRODUCTS.c.kind == "report")
            .group_by(AIPS.c.aip_id)
        )
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def validities(
    connection: Connection, aip_ids: Sequence[str]
) -> dict[str, tuple[float | None, float | None]]:
    """Return from when to when the products of each package hold, as MJD by identifier; None is open.

    What tells no validity is left out. With several products it is from the first to the last.
    """
    begins, ends = PRODUCTS.c.valid_from, PRODUCTS.c.valid_to
    found: dict[str, tuple[float | None, float | None]] = {}
    for part in parts(aip_ids):
        query = (
            select(
                AIPS.c.aip_id,
                func.min(begins),
                func.max(ends),
                func.count() - func.count(begins),
                func.count() - func.count(ends),
            )
            .join(PRODUCTS, PRODUCTS.c.aip_no == AIPS.c.no)
            .where(AIPS.c.aip_id.in_(part), HAS_VALIDITY)
            .group_by(AIPS.c.aip_id)
        )
        for aip_id, first, last, unbegun, endless in connection.execute(query):
            found[aip_id] = (None if unbegun else first, None if endless else last)
    return found


def version_entries(connection: Connection, aip_id: str) -> tuple[VersionEntry, ...]:
    """Return the versions of a package, oldest first."""
    query = (
        select(VERSIONS)
        .join(AIPS, AIPS.c.no == VERSIONS.c.aip_no)
        .where(AIPS.c.aip_id == aip_id)
        .order_by(VERSIONS.c.number)
    )
    return tuple(
        VersionEntry(row.number, row.created_at, row.message, row.files, row.size)
        for row in connection.execute(query)
    )


def product_entries(connection: Connection, aip_id: str, version: int | None) -> tuple[ProductEntry, ...]:
    """Return the products of the newest version, in the description's order.

    Raises NotFoundError for a package that is not known and for an older version, whose products only
    the stored package itself tells.
    """
    row = connection.execute(select(AIPS).where(AIPS.c.aip_id == aip_id)).mappings().first()
    if row is None:
        raise NotFoundError(f"no AIP {aip_id} is in the catalogue")
    if version not in (None, row["version"]):
        raise NotFoundError(
            f"the catalogue lists the products of {aip_id}@v{row['version']}, not of v{version}",
            remedy="read the description of that version from the stored package",
        )
    links = _links(connection, row["no"])
    query = select(PRODUCTS).where(PRODUCTS.c.aip_no == row["no"]).order_by(PRODUCTS.c.position)
    return tuple(
        ProductEntry(
            aip_id, row["version"], row["node"], _product(dict(item), links.get(item["position"], ()))
        )
        for item in connection.execute(query).mappings()
    )


def _product(row: dict[str, Any], links: Sequence[ProvenanceLink]) -> ProductDescription:
    return ProductDescription(
        obscore=ObsCore(**{name: row[name] for name in OBSCORE_FIELDS}),
        values=json.loads(row["mission_values"]),
        provenance=tuple(links),
        **{name: row[name] for name in _DESCRIBED},
    )


def _links(connection: Connection, number: int) -> dict[int, list[ProvenanceLink]]:
    query = (
        select(PROVENANCE)
        .where(PROVENANCE.c.aip_no == number)
        .order_by(PROVENANCE.c.product, PROVENANCE.c.position)
    )
    found: dict[int, list[ProvenanceLink]] = {}
    for row in connection.execute(query):
        link = ProvenanceLink(row.role, row.name, row.value, row.source, row.target)
        found.setdefault(row.product, []).append(link)
    return found


def submission_entry(connection: Connection, key: str) -> SubmissionEntry | None:
    """Return the newest version that a delivery of this key made, or None."""
    query = (
        select(AIPS.c.aip_id, SUBMISSIONS.c.version, SUBMISSIONS.c.receipt)
        .join(AIPS, AIPS.c.no == SUBMISSIONS.c.aip_no)
        .where(SUBMISSIONS.c.submission_key == key)
        .order_by(SUBMISSIONS.c.version.desc(), AIPS.c.aip_id)
    )
    row = connection.execute(query).first()
    return None if row is None else SubmissionEntry(row.aip_id, row.version, row.receipt)


def told_of(
    connection: Connection, versions: Sequence[tuple[str, int]]
) -> tuple[dict[tuple[str, int], ToldOf], list[Observation]]:
    """Return what decisions ask of versions, by identifier and number, and all visits of their requests.

    Number 0 stands for the newest. What is not known, or says nothing of itself, is left out.
    """
    wanted = set(versions)
    numbers = sorted({number for _, number in wanted})
    rows: dict[tuple[str, int], list[Any]] = {}
    for part in parts(sorted({aip_id for aip_id, _ in wanted})):
        for row in connection.execute(_TELLING_OF, {"among": part, "numbers": numbers}):
            keys = {(row.aip_id, row.number)} | ({(row.aip_id, 0)} if row.number == row.version else set())
            for key in keys & wanted:
                rows.setdefault(key, []).append(row)
    told = {key: _told(found) for key, found in rows.items() if found[0].node}
    requests = {request for version in told.values() for request in version.requests}
    return told, visits_of(connection, sorted(requests))


def _told(rows: Sequence[Any]) -> ToldOf:
    requests = tuple(sorted({row.request for row in rows if row.request is not None}))
    first = rows[0]
    return ToldOf(first.node, first.kind, first.level, json.loads(first.mission_values), requests)


def resting_at(connection: Connection, nodes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return, of each node where packages rest, the first and the last of them by identifier."""
    found = {}
    for part in parts(nodes):
        query = select(AIPS.c.node, func.min(AIPS.c.aip_id), func.max(AIPS.c.aip_id))
        rows = connection.execute(query.where(AIPS.c.node.in_(part)).group_by(AIPS.c.node))
        found.update({node: (first, last) for node, first, last in rows})
    return found


def files_named(connection: Connection, name: str) -> tuple[FileHolder, ...]:
    """Return the products whose file has this name; if none has, those that differ in the ending only."""
    name = name.rpartition("/")[2]
    if not name:
        return ()
    exact = _holders(connection, select(PRODUCTS.c.no).where(PRODUCTS.c.name == name))
    if exact:
        return exact
    return _holders(connection, select(PRODUCTS.c.no).where(PRODUCTS.c.stem == file_stem(name)))


def _holders(connection: Connection, products: Select[tuple[Any]]) -> tuple[FileHolder, ...]:
    query = (
        select(AIPS.c.aip_id, AIPS.c.version, PRODUCTS.c.path, PRODUCTS.c.sha256)
        .join(AIPS, AIPS.c.no == PRODUCTS.c.aip_no)
        .where(PRODUCTS.c.no.in_(products))
        .order_by(AIPS.c.aip_id, PRODUCTS.c.path)
    )
    return tuple(
        FileHolder(row.aip_id, row.version, row.path, row.sha256) for row in connection.execute(query)
    )
