"""What the catalogue writes of one package: a pure function of its record, so that it can be done again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from oais.information.description import OBSCORE_FIELDS, PackageDescription, ProductDescription
from oais.information.packages import AipRecord, VersionRecord
from oais.information.text import printable
from oais.information.version_facts import VersionFacts, package_values
from search_index.catalogue.schema import OBSCORE_INTEGERS, OBSCORE_TEXTS, SHARED
from search_index.catalogue.told_values import told_values
from search_index.catalogue.traits import magnitude, traits, visit_of
from search_index.names import natural_text
from search_index.sky import is_direction, unit_vector

Row = dict[str, Any]

_LARGEST_INTEGER: Final = 2**53
"""Beyond it a number of pixels is a damaged header, and no database column holds it surely."""

_WRAPPINGS: Final = (".gz", ".fz", ".bz2", ".xz", ".zst", ".zip")

_COPIED: Final = (
    "title",
    "summary",
    "mission",
    "collection",
    "node",
    "kind",
    "level",
    "agreement",
    "provider",
    "licence",
    "access_policy",
    "submission_key",
    "receipt",
    "ingested_at",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of one package by table; none of them has row numbers yet.

    Those of products, of which there may be thousands, are made while they are read, once.
    """

    aip: Row
    versions: list[Row]
    products: Iterator[Row]
    products_together: Iterator[Row]
    provenance: Iterator[Row]
    software_named: list[Row]
    facet_values: list[Row]
    told_values: list[Row]
    identifiers: list[Row]
    submissions: list[Row]
    observations: list[Row]


def rows_of(record: AipRecord) -> Rows:
    """Return what the catalogue keeps of a package."""
    description = record.description
    products = description.products
    return Rows(
        aip=_aip_row(record),
        versions=[
            _version_row(version) for version in sorted(record.versions, key=lambda version: version.number)
        ],
        products=(_product_row(position, item) for position, item in enumerate(products)),
        products_together=_together(products),
        provenance=(
            {"product": product, "position": position, **_texts(asdict(link))}
            for product, item in enumerate(products)
            for position, link in enumerate(item.provenance)
        ),
        software_named=_software(products),
        facet_values=[
            {"facet": facet, "value": storable(value)} for facet, value in facet_values(description)
        ],
        told_values=told_values(description),
        identifiers=[{"identifier": storable(name)} for name in _identifiers(record)],
        submissions=_submissions(record),
        observations=[
            {"version": version.number, "position": position, **_texts(asdict(observation))}
            for version in record.versions
            if version.facts is not None
            for position, observation in enumerate(version.facts.observations)
        ],
    )


def facet_values(description: PackageDescription) -> list[tuple[str, str]]:
    """Return facet and value of all that the package or one of its products is, sorted, each once."""
    found = {
        ("mission", description.mission),
        ("level", description.level),
        ("kind", description.kind),
        *traits(description),
    }
    for product in description.products:
        found |= {
            ("level", product.level),
            ("kind", product.kind),
            ("target", product.obscore.target_name or ""),
            ("product_type", product.product_type),
            ("dataproduct_type", product.obscore.dataproduct_type or ""),
        }
    return sorted(pair for pair in found if pair[1])


def file_stem(name: str) -> str:
    """Return a file's name without compression and format endings: headers often leave them out."""
    for ending in _WRAPPINGS:
        name = name.removesuffix(ending)
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and ending.isalpha() else name


def storable(text: str) -> str:
    """Return text that any database takes: what is not UTF-8, and NUL, are shown escaped."""
    if text.isascii() and "\0" not in text:
        return text
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return printable(text, longest=len(text))
    return text


def as_json(value: Any) -> str:
    """Return a value as text that is always the same for the same value."""
    return json.dumps(_sayable(value), sort_keys=True, default=str)


def _sayable(value: Any) -> Any:
    """Return a value without what JSON has no word for: a number that is none becomes null."""
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, Mapping):
        return {str(key): _sayable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(item) for item in value]
    return value


def _texts(row: Mapping[str, Any]) -> Row:
    return {key: storable(value) if isinstance(value, str) else value for key, value in row.items()}


def _known(values: Iterable[Any]) -> list[Any]:
    """Return the values that say something, each once, in their first order."""
    return list(dict.fromkeys(value for value in values if value not in (None, "")))


def _finite(value: float | None) -> float | None:
    """Return the number, or None for what is not one: the database knows no NaN."""
    return value if value is not None and math.isfinite(value) else None


def _aip_row(record: AipRecord) -> Row:
    description = record.description
    cores = [product.obscore for product in description.products]
    starts = _known(_finite(core.t_min) for core in cores)
    stops = _known(_finite(core.t_max) for core in cores)
    where = next((core for core in cores if is_direction(core.s_ra, core.s_dec)), None)
    return {
        "aip_id": record.aip_id,
        "version": description.version,
        "object_path": storable(record.object_path),
        **_texts({name: getattr(description, name) for name in _COPIED}),
        "sort_title": natural_text(storable(description.title)),
        "visit": storable(visit_of(description)),
        "magnitude": magnitude(package_values(description)),
        "created_at": record.versions[-1].created_at if record.versions else "",
        "targets": as_json(_known(core.target_name for core in cores)),
        "instruments": as_json(_known(core.instrument_name for core in cores)),
        "obs_ids": as_json(_known(core.obs_id for core in cores)),
        "mission_values": as_json(package_values(description)),
        "ra": where.s_ra if where else None,
        "dec": where.s_dec if where else None,
        "t_min": min(starts, default=None),
        "t_max": max(stops, default=None),
        "products": description.product_count,
        "files": record.files,
        "size": record.size,
    }


def _version_row(version: VersionRecord) -> Row:
    facts = version.facts or VersionFacts("")
    return {
        "number": version.number,
        "created_at": version.created_at,
        "message": storable(version.message),
        "files": version.files,
        "size": version.size,
        "added": version.added,
        **_texts({"node": facts.node, "kind": facts.kind, "level": facts.level}),
        "mission_values": as_json(facts.values),
    }


def _product_row(position: int, product: ProductDescription) -> Row:
    core = product.obscore
    placed = is_direction(core.s_ra, core.s_dec)
    x, y, z = unit_vector(core.s_ra or 0.0, core.s_dec or 0.0) if placed else (None, None, None)
    start, stop = product.span or (None, None)
    name = product.path.rpartition("/")[2]
    given = ("path", "sip_path", "size", "sha256", "kind", "level", "product_type")
    formats = ("format_id", "format_name", "media_type")
    return {
        "position": position,
        **_texts({field: getattr(product, field) for field in (*given, *formats)}),
        "valid_from": _finite(product.valid_from),
        "valid_to": _finite(product.valid_to),
        "name": storable(name),
        "stem": storable(file_stem(name)),
        "mission_values": as_json(dict(product.values)),
        "span_min": start,
        "span_max": stop,
        "x": x,
        "y": y,
        "z": z,
        **{field: _column(field, getattr(core, field)) for field in OBSCORE_FIELDS},
    }


def _together(products: Iterable[ProductDescription]) -> Iterator[Row]:
    """Yield what products share, each time once, with what those that share it are in all."""
    found: dict[tuple[Any, ...], list[ProductDescription]] = {}
    for product in products:
        found.setdefault(tuple(_shared(product, name) for name in SHARED), []).append(product)
    for position, (values, alike) in enumerate(found.items()):
        yield {
            "position": position,
            **dict(zip(SHARED, values, strict=True)),
            "alike": len(alike),
            "bytes": sum(product.size for product in alike),
            "first": min(_known(_finite(product.obscore.t_min) for product in alike), default=None),
            "last": max(_known(_finite(product.obscore.t_max) for product in alike), default=None),
        }


def _shared(product: ProductDescription, name: str) -> Any:
    """Return a value as the column of this name has it."""
    if name in OBSCORE_FIELDS:
        return _column(name, getattr(product.obscore, name))
    return storable(getattr(product, name))


def _software(products: Iterable[ProductDescription]) -> list[Row]:
    """Return what products tell of the software they were made with, each thing once."""
    links = (link for product in products for link in product.provenance if link.role == "software")
    told = dict.fromkeys((link.name, link.value, link.target) for link in links)
    return [
        {"position": position, **_texts(dict(zip(("name", "value", "target"), each, strict=True)))}
        for position, each in enumerate(told)
    ]


def _column(name: str, value: Any) -> Any:
    """Return an ObsCore value as its column has it, so that what is read back equals what was written."""
    if value is None:
        return None
    if name in OBSCORE_TEXTS:
        return storable(str(value))
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if name in OBSCORE_INTEGERS:
        return int(number) if abs(number) < _LARGEST_INTEGER else None
    return _finite(number)


def _identifiers(record: AipRecord) -> list[str]:
    observed = (product.obscore.obs_id for product in record.description.products)
    return sorted({record.aip_id, *(name for name in observed if name)})


def _submissions(record: AipRecord) -> list[Row]:
    """Return the deliveries that made the versions; an older version's is known if its record says it."""
    newest = record.description
    found = {newest.version: (newest.submission_key, newest.receipt)}
    for version in record.versions:
        if version.submission_key:
            found[version.number] = (version.submission_key, version.receipt)
    return [
        {"submission_key": key, "version": number, "receipt": receipt}
        for number, (key, receipt) in sorted(found.items())
        if key
    ]
