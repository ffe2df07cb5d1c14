"""One version of an AIP, as it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oais.functions.access.views.files import FileView, ProductCard
from oais.functions.access.views.frame import AccessNote, Crumb, Page
from oais.functions.access.views.places import AipCard


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
class PreservationView:
    """How a package is kept: its last audit, its copies, and who signed the version.

    ``copies`` counts storage roots where this very inventory lies, ``locations`` all that are to hold one.
    ``key`` signed the version's inventory; empty when no trusted key did.
    """

    audit: AuditView | None
    copies: int
    locations: int
    key: str

    @property
    def sound(self) -> bool:
        """Whether nothing speaks against it: signed, copied everywhere, and no audit found damage."""
        audited = self.audit is None or self.audit.intact
        return bool(self.key) and self.copies == self.locations and audited


@dataclass(frozen=True, slots=True)
class Citation:
    """How to cite one version."""

    text: str
    bibtex: str


@dataclass(frozen=True, slots=True)
class AipView:
    """All that is told of one version of an AIP.

    ``preservation`` is None where the list of the locations that are to hold a copy cannot be read.
    """

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
    preservation: PreservationView | None
    citation: Citation
