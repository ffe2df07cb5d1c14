"""``metadata/submission.yaml``: what headers cannot say, written by the provider into the bag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oais.information.description import KINDS
from policies.schema import Faults, Field, boolean, date, list_of, map_of, one_of, record, text
from policies.yaml import Fault, Scalar, Value, parse_strict_yaml

SUBMISSION_FILE = "metadata/submission.yaml"
"""Where the tag file lies, relative to the bag."""


@dataclass(frozen=True, slots=True)
class SoftwareNote:
    """A pipeline in the bag: ``path`` is its folder in the payload (``data/software/photometry``)."""

    name: str
    version: str
    path: str
    how_to_run: str = ""


@dataclass(frozen=True, slots=True)
class DocumentNote:
    """A document in the bag, and whether it may be kept and handed out (two separate permissions)."""

    path: str
    title: str = ""
    document_type: str = ""
    archive: bool = True
    disseminate: bool = True


@dataclass(frozen=True, slots=True)
class ProductNote:
    """What the provider says of the products whose payload path matches ``path`` (with ``*`` and ``?``).

    ``values`` may name ObsCore columns, in their units, or other names of the mission.
    """

    path: str
    kind: str = ""
    level: str = ""
    product_type: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VisitNote:
    """One visit of an observation request and the day it was declared complete, as written."""

    visit: str
    completed: str = ""


@dataclass(frozen=True, slots=True)
class EmbargoNote:
    """The inputs of a computed release: visits, and a waiver by whom and when."""

    visits: tuple[VisitNote, ...] = ()
    waived_by: str = ""
    waived_at: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionYaml:
    """The whole tag file; an empty text means the provider does not say."""

    title: str = ""
    summary: str = ""
    level: str = ""
    kind: str = ""
    node: str = ""
    observation_request: str = ""
    visit: str = ""
    pi: str = ""
    creators: tuple[str, ...] = ()
    software: tuple[SoftwareNote, ...] = ()
    documents: tuple[DocumentNote, ...] = ()
    products: tuple[ProductNote, ...] = ()
    embargo: EmbargoNote | None = None
    values: Mapping[str, str] = field(default_factory=dict)


def parse_submission(
    data: str | bytes, source: str = SUBMISSION_FILE
) -> tuple[SubmissionYaml | None, list[Fault]]:
    """Read the tag file; return it (None if faulty) and every fault with its line; never raises."""
    table, faults = parse_strict_yaml(data, source)
    if table is None:
        return None, faults
    found = _SUBMISSION(table, Faults(source, faults))
    return (None if faults else found), faults


def _day(value: Value, faults: Faults) -> str | None:
    if date(value, faults) is None:
        return None
    return value.text if isinstance(value, Scalar) else None


_TEXT = text()
_OPTIONAL = Field(_TEXT, default="")
_PATH = text(pattern=r"data/[^\x00-\x1f]+", expected="a path in the payload, beginning with data/")
_KIND = Field(one_of(*KINDS), default="")
_VALUES = Field(
    map_of(_TEXT, keys=r"[a-z][a-z0-9_]{0,40}", expected="a lower-case name such as target_name"), default={}
)
_SOFTWARE = record(
    SoftwareNote,
    {
        "name": Field(_TEXT, required=True),
        "version": Field(_TEXT, required=True),
        "path": Field(_PATH, required=True),
        "how_to_run": _OPTIONAL,
    },
)
_DOCUMENT = record(
    DocumentNote,
    {
        "path": Field(_PATH, required=True),
        "title": _OPTIONAL,
        "document_type": _OPTIONAL,
        "archive": Field(boolean, default=True),
        "disseminate": Field(boolean, default=True),
    },
)
_PRODUCT = record(
    ProductNote,
    {
        "path": Field(_PATH, required=True),
        "kind": _KIND,
        "level": _OPTIONAL,
        "product_type": _OPTIONAL,
        "values": _VALUES,
    },
)
_VISIT = record(VisitNote, {"visit": Field(_TEXT, required=True), "completed": Field(_day, default="")})
_EMBARGO = record(
    EmbargoNote,
    {
        "visits": Field(list_of(_VISIT), default=()),
        "waived_by": _OPTIONAL,
        "waived_at": Field(_day, default=""),
    },
)
_SUBMISSION = record(
    SubmissionYaml,
    {
        "title": _OPTIONAL,
        "summary": _OPTIONAL,
        "level": _OPTIONAL,
        "kind": _KIND,
        "node": _OPTIONAL,
        "observation_request": _OPTIONAL,
        "visit": _OPTIONAL,
        "pi": _OPTIONAL,
        "creators": Field(list_of(_TEXT, or_one=True), default=()),
        "software": Field(list_of(_SOFTWARE), default=()),
        "documents": Field(list_of(_DOCUMENT), default=()),
        "products": Field(list_of(_PRODUCT), default=()),
        "embargo": Field(_EMBARGO),
        "values": _VALUES,
    },
)
