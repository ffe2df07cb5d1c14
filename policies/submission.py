"""``metadata/submission.yaml``: what headers cannot say, written by the provider into the bag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    """What the provider says of the products whose payload path matches ``path`` (with ``*`` and ``?``)."""

    path: str
    kind: str = ""
    level: str = ""
    product_type: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VisitNote:
    """One visit of an observation request and when it was declared complete."""

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
