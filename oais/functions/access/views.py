"""What a consumer is shown: frozen values that a template, a terminal or a JSON encoder can take as they are.

Times are ISO 8601 UTC texts, sizes are bytes, angles ICRS degrees; a value that is not known is None or
empty, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class AccessNote:
    """Whether the data may be downloaded by whoever asks, else why not and what can be done."""

    open: bool
    reason: str = ""
    release_at: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way from the top of the tree; ``path`` is a node's path."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A node as a row of the tree: what it is, what lies below it, and whether it is locked.

    ``level`` is the mission's own word (``N0``). ``branches`` is filled as deep as was asked;
    ``branch_count`` counts all children, shown or not.
    """

    path: str
    title: str
    description: str
    kind: str
    level: str
    mission: str
    theme: str
    aips: int
    products: int
    size: int
    locked: bool
    branch_count: int = 0
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class AipCard:
    """An AIP as a row of a list; ``products`` counts neither its documents nor its software."""

    aip_id: str
    title: str
    mission: str
    node: str
    kind: str
    level: str
    version: int
    products: int
    size: int
    target: str = ""
    instrument: str = ""
    start: str = ""
    stop: str = ""
    ingested_at: str = ""
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a longer list is shown: rows ``first`` to ``last`` of ``total``, counted from 1."""

    number: int
    size: int
    total: int

    @property
    def first(self) -> int:
        """Number of the first row shown, 0 when there is none."""
        return 0 if self.number > self.pages else min((self.number - 1) * self.size + 1, self.total)

    @property
    def last(self) -> int:
        """Number of the last row shown, 0 when there is none."""
        return 0 if self.number > self.pages else min(self.number * self.size, self.total)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, math.ceil(self.total / self.size))


@dataclass(frozen=True, slots=True)
class NodeView:
    """A place of the tree with what is directly below it and the AIPs that lie in it."""

    node: Branch
    crumbs: tuple[Crumb, ...]
    access: AccessNote
    aips: tuple[AipCard, ...]
    page: Page
    branch_page: Page


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the holdings under one name (a level, a kind)."""

    name: str
    aips: int
    size: int


@dataclass(frozen=True, slots=True)
class HoldingsView:
    """What the archive holds, in total, by mission and by level, and what came in last."""

    name: str
    aips: int
    products: int
    size: int
    missions: tuple[Branch, ...]
    levels: tuple[Share, ...]
    newest: tuple[AipCard, ...]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value to narrow a search by, and how many AIPs it would leave."""

    value: str
    count: int
    active: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A property that hits can be narrowed by; ``name`` is the name of the form's field."""

    name: str
    title: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class FindView:
    """The answer to a search; ``places`` are nodes whose own words match.

    ``unknown`` repeats each identifier, pattern or range that nothing in the archive answers to.
    """

    hits: tuple[AipCard, ...]
    facets: tuple[Facet, ...]
    page: Page
    unknown: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version of an AIP; all stay addressable."""

    number: int
    created_at: str
    message: str
    files: int
    shown: bool


@dataclass(frozen=True, slots=True)
class EventView:
    """A PREMIS event with its agents by name."""

    kind: str
    at: str
    detail: str
    outcome: str
    note: str
    agents: tuple[str, ...]
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of one version: its logical path, size and digests by algorithm."""

    path: str
    name: str
    size: int
    digests: Mapping[str, str]
    media_type: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class LinkView:
    """A thing named as having made a product; ``target`` is the AIP that holds it, if one does.

    ``value`` is empty where it would only say the name again.
    """

    role: str
    name: str
    value: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product as a row of its AIP: what it is and how to check that it came over whole."""

    path: str
    name: str
    size: int
    digests: Mapping[str, str]
    kind: str
    level: str
    product_type: str
    format_name: str
    format_id: str
    media_type: str


@dataclass(frozen=True, slots=True)
class SoftwareView:
    """Preserved pipeline source; ``swhid`` names its content for ever (ISO/IEC 18670)."""

    name: str
    version: str
    swhid: str
    path: str
    how_to_run: str
    files: tuple[FileView, ...]


@dataclass(frozen=True, slots=True)
class AuditView:
    """The last audit of an AIP: when its bytes were read again and what was found."""

    at: str
    intact: bool
    files: int
    size: int
    findings: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """How to cite one version."""

    text: str
    bibtex: str


@dataclass(frozen=True, slots=True)
class AipView:
    """All that is told of one version of an AIP."""

    card: AipCard
    crumbs: tuple[Crumb, ...]
    access: AccessNote
    reference: str
    version: int
    newest: int
    calib_level: int | None
    summary: str
    credit: str
    facts: Mapping[str, str]
    products: tuple[ProductCard, ...]
    page: Page
    versions: tuple[VersionView, ...]
    events: tuple[EventView, ...]
    documents: tuple[FileView, ...]
    software: tuple[SoftwareView, ...]
    metadata: tuple[FileView, ...]
    provenance: tuple[LinkView, ...]
    audit: AuditView | None
    citation: Citation


@dataclass(frozen=True, slots=True)
class HeaderCard:
    """One keyword of a header, its value as text, and its comment."""

    keyword: str
    value: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class UnitView:
    """One header unit of a file (a FITS HDU, the attributes of a CDF)."""

    index: int
    name: str
    kind: str
    shape: str
    cards: tuple[HeaderCard, ...]


@dataclass(frozen=True, slots=True)
class TableView:
    """The first rows of a table, each cell as text, a missing value empty."""

    unit: int
    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class ProductView:
    """One product: description, headers, the head of its table, and which picture can be drawn.

    ``plot`` is ``light curve``, ``image`` or empty.
    """

    card: AipCard
    crumbs: tuple[Crumb, ...]
    access: AccessNote
    reference: str
    version: int
    product: ProductCard
    facts: Mapping[str, str]
    provenance: tuple[LinkView, ...]
    headers: tuple[UnitView, ...]
    table: TableView | None
    plot: str


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """The right to read one stored file, and where: made by ``Access.open_file`` only.

    ``grant`` is what ``decide`` gave; ``public`` tells whether anybody would have got it, so that a
    cache may keep the answer.
    """

    grant: Any
    disk_path: Path = field(repr=False)
    name: str
    size: int
    digests: Mapping[str, str]
    media_type: str
    public: bool


def as_plain(value: Any) -> Any:
    """Return a view as what JSON can hold; properties of views (``Page.first``) are included."""
    if is_dataclass(value) and not isinstance(value, type):
        plain = {item.name: as_plain(getattr(value, item.name)) for item in fields(value)}
        computed = (key for key, thing in vars(type(value)).items() if isinstance(thing, property))
        return plain | {key: as_plain(getattr(value, key)) for key in computed}
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | set | frozenset):
        return [as_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
