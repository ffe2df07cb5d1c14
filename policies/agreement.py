"""Submission agreements in YAML: the schema, and reading one or all of them.

Every fault of a file is reported at once, with its line, what was found, what was expected and what to
do. References between the parts of a file (levels, mappings, nodes) are checked as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oais.files import read_regular
from oais.information.description import DATAPRODUCT_TYPES, KINDS, OBSCORE_FIELDS
from policies.expressions import LINK, SOURCE_TEXT, expression, source_list
from policies.schema import (
    Faults,
    Field,
    boolean,
    date,
    integer,
    list_of,
    map_of,
    one_of,
    record,
    regex,
    template,
    text,
)
from policies.template import Template
from policies.terms import (
    Agreement,
    LevelInfo,
    MappingRule,
    NodeRule,
    Party,
    PlannedDelivery,
    ProductRule,
    Requirement,
)
from policies.yaml import Fault, Scalar, Table, Value, configuration_error, parse_strict_yaml

__all__ = [
    "Agreement",
    "LevelInfo",
    "MappingRule",
    "NodeRule",
    "Party",
    "ProductRule",
    "Requirement",
    "load_agreement",
    "load_agreements",
    "parse_agreement",
    "read_agreements",
]

_ANY = re.compile(r".*", re.DOTALL)
_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?"
_NAMES = text(pattern=_NAME, expected="a name of lower-case letters, digits, dots and hyphens")
_TEXT = text()
_TEXTS = list_of(text(), or_one=True)
_KIND = one_of(*KINDS)
_NODE_PATH = text(
    pattern=r"[a-z0-9{][a-z0-9._{}:/-]*", expected="slugs joined by '/', such as n1/light-curves"
)

_PLACE = text(
    pattern=r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", expected="slugs joined by '/', such as n1/run-2"
)


def _node_template(value: Value, faults: Faults) -> Template | None:
    return template(value, faults) if _NODE_PATH(value, faults) is not None else None


_MAPPING_FIELDS = {
    "obscore": Field(map_of(expression), default={}),
    "values": Field(
        map_of(expression, keys=r"[a-z][a-z0-9_]{0,40}", expected="a lower-case name"), default={}
    ),
    "provenance": Field(list_of(LINK), default=()),
    "valid_from": Field(expression),
    "valid_to": Field(expression),
}
_MAPPING = record(MappingRule, _MAPPING_FIELDS)

_PRODUCT = record(
    dict[str, Any],
    {
        "name": Field(_TEXT, required=True),
        "file_name": Field(regex, default=_ANY),
        "path": Field(regex, default=_ANY),
        "kind": Field(_KIND),
        "level": Field(_TEXT, required=True),
        "product_type": Field(template),
        "dataproduct_type": Field(one_of(*sorted(DATAPRODUCT_TYPES))),
        "node": Field(_node_template, required=True),
        "identifier": Field(template),
        "formats": Field(list_of(_TEXT, or_one=True), default=()),
        "required": Field(source_list, default=()),
        "expected": Field(map_of(regex), default={}),
        "same": Field(map_of(SOURCE_TEXT), default={}),
        "stale_checksums": Field(one_of("refuse", "accept"), default="refuse"),
        "mapping": Field(list_of(_TEXT, or_one=True), default=()),
        **_MAPPING_FIELDS,
    },
)
_LEVEL = record(
    LevelInfo,
    {
        "calib_level": Field(integer(0, 4)),
        "title": Field(_TEXT, required=True),
        "kind": Field(_KIND),
    },
)
_NODE = record(
    NodeRule,
    {
        "path": Field(_node_template, required=True),
        "title": Field(template, required=True),
        "kind": Field(one_of("branch", "data set"), default="branch"),
        "level": Field(_TEXT, default=""),
        "description": Field(template, default=Template("")),
    },
)
_REQUIREMENT = {
    "title": Field(_TEXT, required=True),
    "path": Field(regex, required=True),
}
_PARTY = record(Party, {name: Field(_TEXT, required=True) for name in ("name", "organization", "contact")})
_PLANNED = record(
    PlannedDelivery,
    {
        "title": Field(_TEXT, required=True),
        "node": Field(_PLACE, default=""),
        "count": Field(integer(1, 10**8), required=True),
        "due": Field(date, required=True),
        "responsible": Field(_TEXT, default=""),
    },
)
_AGREEMENT_FIELDS = {
    "agreement": Field(_NAMES, required=True),
    "title": Field(_TEXT, required=True),
    "mission": Field(_TEXT, required=True),
    "mission_title": Field(_TEXT, default=""),
    "description": Field(_TEXT, default=""),
    "slug": Field(_NAMES, required=True),
    "theme": Field(_TEXT, default=""),
    "discipline": Field(_TEXT, default=""),
    "provider": Field(_PARTY, required=True),
    "submitters": Field(_TEXTS, default=()),
    "bagit_versions": Field(list_of(one_of("1.0", "0.97")), default=("1.0",)),
    "required_tags": Field(_TEXTS, default=()),
    "identifier": Field(regex, required=True),
    "identifier_template": Field(template, required=True),
    "new_versions": Field(boolean, required=True),
    "licence": Field(_TEXT, required=True),
    "credit": Field(_TEXT, required=True),
    "publisher": Field(_TEXT, required=True),
    "creators": Field(_TEXTS, required=True),
    "access_policy": Field(_NAMES, required=True),
    "formats": Field(_TEXTS, default=()),
    "levels": Field(map_of(_LEVEL), required=True),
    "mappings": Field(map_of(_MAPPING), default={}),
    "products": Field(list_of(_PRODUCT), required=True),
    "tree": Field(list_of(_NODE), required=True),
    "documents": Field(
        list_of(record(lambda title, path: Requirement(title, path, "document"), _REQUIREMENT)), default=()
    ),
    "software": Field(
        list_of(record(lambda title, path: Requirement(title, path, "software"), _REQUIREMENT)), default=()
    ),
    "other_files": Field(one_of("refuse", "accept"), default="refuse"),
    "deliveries": Field(list_of(_PLANNED), default=()),
}
_AGREEMENT = record(dict[str, Any], _AGREEMENT_FIELDS)


def load_agreement(path: Path) -> Agreement:
    """Read one agreement; raises ConfigurationError that lists every fault with its line."""
    faults: list[Fault] = []
    agreement = _read(path, faults)
    if agreement is None:
        raise configuration_error(faults)
    return agreement


def load_agreements(directory: Path) -> Mapping[str, Agreement]:
    """Read all ``*.yaml`` of a directory, by name; raises ConfigurationError listing every fault of all."""
    faults: list[Fault] = []
    agreements = read_agreements(directory, faults)
    if faults:
        raise configuration_error(faults)
    return agreements


def read_agreements(directory: Path, faults: list[Fault]) -> dict[str, Agreement]:
    """Read all agreements of a directory, noting every fault; two of one name are a fault."""
    agreements: dict[str, Agreement] = {}
    for path in sorted(directory.glob("*.yaml")):
        agreement = _read(path, faults)
        if agreement is None:
            continue
        if agreement.name in agreements:
            other = agreements[agreement.name].source
            faults.append(Fault(path.name, 1, f"a second agreement {agreement.name!r}", f"only {other}"))
        agreements[agreement.name] = agreement
    if not agreements and not faults:
        faults.append(Fault(directory.name, 0, "no agreement", "at least one *.yaml file"))
    return agreements


def parse_agreement(data: str | bytes, source: str, faults: list[Fault]) -> Agreement | None:
    """Read an agreement from its text, noting every fault; None when there is one."""
    table, found = parse_strict_yaml(data, source)
    faults.extend(found)
    if table is None:
        return None
    notes = Faults(source, faults)
    before = len(faults)
    parts = _AGREEMENT(table, notes)
    _check_references(table, notes)
    if parts is None or found or len(faults) > before:
        return None
    raw = data.encode() if isinstance(data, str) else data
    return _built(parts, source, hashlib.sha256(raw).hexdigest())


def _read(path: Path, faults: list[Fault]) -> Agreement | None:
    try:
        data = read_regular(path)
    except OSError as error:
        faults.append(Fault(path.name, 0, f"{error.strerror}", "a file that can be read"))
        return None
    return parse_agreement(data, path.name, faults)


def _built(parts: dict[str, Any], source: str, digest: str) -> Agreement:
    mappings, formats = parts.pop("mappings"), parts.pop("formats")
    parts["name"] = parts.pop("agreement")
    parts["mission_title"] = parts["mission_title"] or parts["mission"]
    for product in parts["products"]:
        product["formats"] = product["formats"] or formats
        product["kind"] = product["kind"] or parts["levels"][product["level"]].kind or "science"
    parts["products"] = tuple(_rule(product, mappings) for product in parts["products"])
    return Agreement(**parts, source=source, digest=digest)


def _rule(product: dict[str, Any], mappings: Mapping[str, MappingRule]) -> ProductRule:
    """Put the named mappings and the product's own one into one; what comes later wins."""
    own = MappingRule(**{name: product.pop(name) for name in _MAPPING_FIELDS})
    layers = [*(mappings[name] for name in product.pop("mapping")), own]
    product["product_type"] = product["product_type"] or Template(product["name"])
    mapping = MappingRule(
        obscore={key: value for layer in layers for key, value in layer.obscore.items()},
        values={key: value for layer in layers for key, value in layer.values.items()},
        provenance=tuple(link for layer in layers for link in layer.provenance),
        valid_from=next((layer.valid_from for layer in reversed(layers) if layer.valid_from), None),
        valid_to=next((layer.valid_to for layer in reversed(layers) if layer.valid_to), None),
    )
    return ProductRule(**product, mapping=mapping)


def _check_references(table: Table, faults: Faults) -> None:
    """Note every name that stands for another part of the file which is not there."""
    nodes = {_bare(_scalar(node, "path")) for node in _items(table, "tree")}
    for product in _items(table, "products"):
        _check_known(product, "level", _names(table, "levels"), "levels", faults)
        _check_known(product, "mapping", _names(table, "mappings"), "mappings", faults)
        _check_known(product, "node", nodes, "tree", faults)
        _check_columns(product, faults)
    for node in _items(table, "tree"):
        _check_known(node, "level", _names(table, "levels"), "levels", faults)
    mappings = table.entries.get("mappings")
    for mapping in mappings.entries.values() if isinstance(mappings, Table) else ():
        _check_columns(mapping, faults)


def _check_known(value: Value, key: str, known: set[str], where: str, faults: Faults) -> None:
    given = value.entries.get(key) if isinstance(value, Table) else None
    for item in [given] if isinstance(given, Scalar) else getattr(given, "items", []):
        if isinstance(item, Scalar) and _bare(item.text) not in known:
            expected = f"a {key} that '{where}' defines"
            faults.note(item.line, f"{key} {item.text!r}", expected, f"add it to '{where}' or correct it")


def _check_columns(value: Value, faults: Faults) -> None:
    columns = value.entries.get("obscore") if isinstance(value, Table) else None
    for name, line in columns.key_lines.items() if isinstance(columns, Table) else ():
        if name not in OBSCORE_FIELDS:
            faults.note(line, f"the column {name!r}", f"one of ObsCore: {', '.join(OBSCORE_FIELDS)}")


def _bare(text: str) -> str:
    """Return a template without the forms of its fields: ``run-{run:int}`` stands for ``run-{run}``."""
    return re.sub(r":[a-z0-9]+\}", "}", text)


def _names(table: Table, key: str) -> set[str]:
    value = table.entries.get(key)
    return set(value.entries) if isinstance(value, Table) else set()


def _items(table: Table, key: str) -> list[Value]:
    return list(getattr(table.entries.get(key), "items", []))


def _scalar(value: Value, key: str) -> str:
    found = value.entries.get(key) if isinstance(value, Table) else None
    return found.text if isinstance(found, Scalar) else ""
