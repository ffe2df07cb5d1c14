"""Reading submission agreements in YAML: one of them, or all of an archive.

Every fault of a file is reported at once, with its line, what was found, what was expected and what to
do. References between the parts of a file (levels, mappings, nodes) are checked as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from oais.files import read_regular
from oais.information.description import OBSCORE_FIELDS
from policies.agreement_schema import AGREEMENT, MAPPING_FIELDS
from policies.report_schema import check_reports
from policies.schema import Faults
from policies.template import Template
from policies.terms import (
    Agreement,
    LevelInfo,
    MappingRule,
    NodeRule,
    Party,
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

_REMEMBERED = 64
"""So many texts are parsed only once: a site reads all agreements again when one of them has changed."""


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
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    agreement, found = _parsed(raw, source)
    faults.extend(found)
    return agreement


@lru_cache(maxsize=_REMEMBERED)
def _parsed(data: bytes, source: str) -> tuple[Agreement | None, tuple[Fault, ...]]:
    table, found = parse_strict_yaml(data, source)
    if table is None:
        return None, tuple(found)
    notes = Faults(source, found)
    parts = AGREEMENT(table, notes)
    _check_references(table, notes)
    if parts is None or found:
        return None, tuple(found)
    return _built(parts, source, hashlib.sha256(data).hexdigest()), ()


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
    own = MappingRule(**{name: product.pop(name) for name in MAPPING_FIELDS})
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
    check_reports(table, _items(table, "products"), faults)
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
