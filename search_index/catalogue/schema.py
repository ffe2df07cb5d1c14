"""The tables of ``catalogue.sqlite``: packages, versions, products with ObsCore columns, provenance, nodes.

There is no migration here on purpose: the catalogue holds nothing that ``aip/`` does not hold, so a file
of another ``SCHEMA_VERSION`` is rebuilt, which is shorter and surer than changing it in place.
Column types are those that SQLite and PostgreSQL share; what only SQLite knows stands in ``sqlite.py``.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text, or_

from oais.information.description import OBSCORE_FIELDS

SCHEMA_VERSION: Final = "11"

METADATA: Final = MetaData()

OBSCORE_INTEGERS: Final = {"calib_level", "s_xel1", "s_xel2", "t_xel", "em_xel"}
OBSCORE_TEXTS: Final = {
    "dataproduct_type",
    "obs_collection",
    "obs_id",
    "obs_title",
    "target_name",
    "o_ucd",
    "pol_states",
    "facility_name",
    "instrument_name",
    "proposal_id",
}


def _obscore_column(name: str) -> Column[object]:
    if name in OBSCORE_INTEGERS:
        return Column(name, BigInteger)
    return Column(name, Text if name in OBSCORE_TEXTS else Float(53))


def _texts(*names: str) -> tuple[Column[object], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


FACTS: Final = Table(
    "facts", METADATA, Column("name", Text, primary_key=True), Column("value", Text, nullable=False)
)
"""What the file says of itself: its schema, two counters that tell readers when to look, and at what."""

AIPS: Final = Table(
    "aips",
    METADATA,
    Column("no", Integer, primary_key=True),
    Column("aip_id", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    *_texts("object_path", "title", "summary", "mission", "collection", "node", "kind", "level"),
    *_texts("agreement", "provider", "licence", "access_policy", "submission_key", "receipt"),
    *_texts("ingested_at", "created_at", "targets", "instruments", "obs_ids", "mission_values"),
    *_texts("sort_title", "visit"),
    Column("magnitude", Float(53)),
    Column("ra", Float(53)),
    Column("dec", Float(53)),
    Column("t_min", Float(53)),
    Column("t_max", Float(53)),
    Column("products", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
)
Index("aips_by_node", AIPS.c.node, AIPS.c.mission, AIPS.c.level, AIPS.c.products, AIPS.c.size, AIPS.c.aip_id)

VERSIONS: Final = Table(
    "versions",
    METADATA,
    Column("aip_no", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    *_texts("created_at", "message"),
    Column("files", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("added", BigInteger, nullable=False),
    *_texts("node", "kind", "level", "mission_values"),
)
"""``added`` are the bytes that came to lie on the disk with the version; from ``node`` on it is what the
version says of itself, an empty node is of one that says nothing."""

PRODUCTS: Final = Table(
    "products",
    METADATA,
    Column("no", Integer, primary_key=True),
    Column("aip_no", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    *_texts("path", "sip_path", "sha256", "kind", "level", "product_type"),
    *_texts("format_id", "format_name", "media_type", "name", "stem", "mission_values"),
    Column("size", BigInteger, nullable=False),
    Column("valid_from", Float(53)),
    Column("valid_to", Float(53)),
    Column("span_min", Float(53)),
    Column("span_max", Float(53)),
    Column("x", Float(53)),
    Column("y", Float(53)),
    Column("z", Float(53)),
    *(_obscore_column(name) for name in OBSCORE_FIELDS),
)
Index("products_by_aip", PRODUCTS.c.aip_no, PRODUCTS.c.position)
Index("products_by_name", PRODUCTS.c.name, PRODUCTS.c.aip_no, PRODUCTS.c.position)
Index("products_by_stem", PRODUCTS.c.stem)
Index("products_by_start", PRODUCTS.c.t_min, PRODUCTS.c.aip_no)
Index("products_by_ra", PRODUCTS.c.s_ra, PRODUCTS.c.aip_no, PRODUCTS.c.position)
Index("products_by_dec", PRODUCTS.c.s_dec, PRODUCTS.c.aip_no, PRODUCTS.c.position)
Index("products_by_time", PRODUCTS.c.span_min, PRODUCTS.c.span_max, PRODUCTS.c.aip_no)

SHORT: Final = "products_in_short"
IN_SHORT: Final = (
    *("target_name", "product_type", "obs_id", "dataproduct_type", "position"),
    *("s_ra", "s_dec", "t_min", "t_max", "size"),
)
"""An index of what rows are mostly sorted and chosen by: a seventh of what the table has to read."""

Index(SHORT, PRODUCTS.c.aip_no, *(PRODUCTS.c[name] for name in IN_SHORT))

HAS_VALIDITY: Final = or_(PRODUCTS.c.valid_from.is_not(None), PRODUCTS.c.valid_to.is_not(None))
"""Holds for few products: those of reference files."""

Index(
    "products_by_validity",
    PRODUCTS.c.valid_from,
    PRODUCTS.c.valid_to,
    PRODUCTS.c.aip_no,
    sqlite_where=HAS_VALIDITY,
)

SHARED: Final = (
    *("target_name", "obs_id", "product_type", "dataproduct_type", "calib_level", "obs_collection"),
    *("facility_name", "instrument_name", "kind", "level", "format_id", "format_name", "media_type"),
    "s_fov",
)
"""What products of a package mostly have in common."""

TOGETHER: Final = Table(
    "products_together",
    METADATA,
    Column("aip_no", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    *(Column(name, PRODUCTS.c[name].type) for name in SHARED),
    Column("alike", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("first", Float(53)),
    Column("last", Float(53)),
    sqlite_with_rowid=False,
)
"""Products that are alike in all of that, as one row: how many, their size, first start and last stop."""

PROVENANCE: Final = Table(
    "provenance",
    METADATA,
    Column("aip_no", Integer, primary_key=True),
    Column("product", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    *_texts("role", "name", "value", "source", "target"),
)

SOFTWARE: Final = Table(
    "software_named",
    METADATA,
    Column("aip_no", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    *_texts("name", "value", "target"),
    sqlite_with_rowid=False,
)
"""What provenance tells of software, of a package each thing once: its products mostly tell the same."""

FACET_VALUES: Final = Table(
    "facet_values",
    METADATA,
    Column("facet", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("aip_no", Integer, primary_key=True),
)
Index("facet_values_by_aip", FACET_VALUES.c.aip_no)

TOLD_VALUES: Final = Table(
    "told_values",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("text", Text, primary_key=True),
    Column("aip_no", Integer, primary_key=True),
    Column("number", Float(53)),
)
"""Values of missions, steps of processing and some of ObsCore, each of a package once, as conditions ask."""

Index("told_values_by_number", TOLD_VALUES.c.name, TOLD_VALUES.c.number, TOLD_VALUES.c.aip_no)
Index("told_values_by_aip", TOLD_VALUES.c.aip_no)

IDENTIFIERS: Final = Table(
    "identifiers",
    METADATA,
    Column("identifier", Text, primary_key=True),
    Column("aip_no", Integer, primary_key=True),
)
Index("identifiers_by_aip", IDENTIFIERS.c.aip_no)

SUBMISSIONS: Final = Table(
    "submissions",
    METADATA,
    Column("submission_key", Text, primary_key=True),
    Column("aip_no", Integer, primary_key=True),
    Column("version", Integer, primary_key=True),
    *_texts("receipt"),
)
Index("submissions_by_aip", SUBMISSIONS.c.aip_no)

OBSERVATIONS: Final = Table(
    "observations",
    METADATA,
    Column("aip_no", Integer, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    *_texts("request", "visit", "period_after_first", "period_after_last", "completed"),
    *_texts("waived_by", "waived_at"),
)
Index("observations_by_request", OBSERVATIONS.c.request)

NODES: Final = Table(
    "nodes",
    METADATA,
    Column("no", Integer, primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    *_texts("title", "description", "kind", "level", "mission", "theme"),
    Column("position", Integer, nullable=False),
    Column("worded", Boolean, nullable=False),
)
"""``worded`` says that a node's words were written too: they follow in a step of their own."""

OF_AN_AIP: Final = (
    VERSIONS, PRODUCTS, TOGETHER, PROVENANCE, SOFTWARE, FACET_VALUES, TOLD_VALUES, IDENTIFIERS, SUBMISSIONS,
    OBSERVATIONS,
)  # fmt: skip
"""The tables whose rows belong to one package and go with it."""
