"""What is told of a data set, from the index alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContentRow:
    """What a place holds of one type of product: files, bytes, formats, and the time from first to last."""

    product_type: str
    kind: str
    level: str
    formats: tuple[str, ...]
    files: int
    size: int
    start: str
    stop: str


@dataclass(frozen=True, slots=True)
class Lane:
    """When the files of one type of product were observed; ``pieces`` are MJD (UTC), ``covered`` seconds."""

    product_type: str
    files: int
    start: str
    stop: str
    covered: float
    gaps: int
    pieces: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A time between two observations of which nothing is held; ``seconds`` is how long it lasts."""

    product_type: str
    start: str
    stop: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """A document of the archive: of which kind, about what (a place of the tree), and when it is valid."""

    title: str
    kind: str
    about: str
    version: str
    reference: str
    path: str
    size: int
    valid_from: str
    valid_to: str
    holders: int


@dataclass(frozen=True, slots=True)
class SoftwareNamed:
    """Software that headers name; ``target`` is the AIP that holds it, if one does that may be known."""

    name: str
    value: str
    target: str
    aips: int


@dataclass(frozen=True, slots=True)
class DataSetView:
    """What rests at a place and below, told from the index alone."""

    contents: tuple[ContentRow, ...]
    lanes: tuple[Lane, ...]
    documents: tuple[DocumentCard, ...]
    software: tuple[SoftwareNamed, ...]
