"""What a submission agreement may say, field by field, and what is expected of each."""

from __future__ import annotations

import re
from typing import Any

from oais.information.description import DATAPRODUCT_TYPES, KINDS
from policies.expressions import LINK, SOURCE_TEXT, expression, source_list
from policies.report_schema import VALUE_NAME, report
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
from policies.terms import LevelInfo, MappingRule, NodeRule, Party, PlannedDelivery, Requirement
from policies.yaml import Value

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


MAPPING_FIELDS = {
    "obscore": Field(map_of(expression), default={}),
    "values": Field(map_of(expression, keys=VALUE_NAME, expected="a lower-case name"), default={}),
    "provenance": Field(list_of(LINK), default=()),
    "valid_from": Field(expression),
    "valid_to": Field(expression),
}
_MAPPING = record(MappingRule, MAPPING_FIELDS)

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
        "report": Field(report),
        **MAPPING_FIELDS,
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
AGREEMENT = record(dict[str, Any], _AGREEMENT_FIELDS)
