"""The values that travel along the pipeline, from what arrives to where it rests.

``Submission → PackageContents → StagedAip → SealedAip → StoredAip`` and ``AipRecord`` for whoever finds it
again. The last three of the first line are made in ``aip`` only; what is here is plain data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from oais.information.description import PackageDescription
from oais.information.findings import Finding, refuses
from oais.information.fixity import FileFixity
from oais.information.premis import Agent, Derivation, Event, Rights
from oais.information.version_facts import VersionFacts


@dataclass(frozen=True, slots=True)
class Submission:
    """A delivery in our custody: every byte copied and hashed once, nothing judged yet.

    ``bag`` is the bag's directory in custody; ``files`` has every regular file below it by its path
    relative to the bag (``data/x.fits``, ``bag-info.txt``); ``findings`` is what receiving itself met
    (links, devices, unsafe members of a container). ``delivery_digest`` is the sha512 of the container
    as sent, or of the sorted listing ``sha512  path`` of a directory.
    """

    receipt_id: str
    source_name: str
    received_at: str
    custody: Path
    bag: Path
    container: str
    delivery_digest: str
    files: Mapping[str, FileFixity]
    findings: tuple[Finding, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files in the bag."""
        return sum(file.size for file in self.files.values())


@dataclass(frozen=True, slots=True)
class Handover:
    """How a delivery is handed over, where that binds its ingest.

    ``agreement`` counts for a bag that names none. ``allowed`` are the agreements its sender may deliver
    under; None binds nobody, as whoever has the archive's own disk. ``receipt_id`` is the name of the
    receipt where it was promised before, so that an ingest that is repeated gives the same receipt.
    """

    agreement: str = ""
    allowed: frozenset[str] | None = None
    receipt_id: str = ""


UNBOUND: Final = Handover()
"""A delivery of somebody whom nothing binds."""


@dataclass(frozen=True, slots=True)
class FormatIdentification:
    """Which format a file is in: a PRONOM PUID (``fmt/…``, ``x-fmt/…``) or an id of our own (``oais/…``)."""

    format_id: str
    name: str
    version: str
    media_type: str
    tool: str
    basis: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What reading one file told: its format, its headers, and what is wrong with it.

    ``headers`` is a list with one mapping of keyword to value per header unit (FITS HDU, CDF global
    attributes, CEF metadata, PDS4 label elements by dotted name); keywords are as the file spells them.
    ``structure`` describes each unit (name, kind, shape, columns) in plain values.
    """

    path: str
    format: FormatIdentification
    headers: tuple[Mapping[str, Any], ...] = ()
    structure: tuple[Mapping[str, Any], ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The outcome of all checks of a submission; ``passed`` when none of the findings is an error."""

    findings: tuple[Finding, ...]
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inspections: Mapping[str, Inspection] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the submission may become an AIP."""
        return not refuses(self.findings)


@dataclass(frozen=True, slots=True)
class ContentFile:
    """One file of a package in the making: where its bytes lie now and where they will rest.

    ``path`` is relative to the version's content directory (``representations/original/data/x.fits``);
    ``sip_path`` is the provider's path (``data/x.fits``), empty for files that are ours; of a file that was
    made of another, ``derivation`` says of which, and the path is the one that the other came under.
    """

    source: Path
    path: str
    sip_path: str
    fixity: FileFixity
    format: FormatIdentification
    kind: str
    derivation: Derivation | None = None


@dataclass(frozen=True, slots=True)
class SoftwarePackage:
    """A preserved pipeline: its source below ``representations/software/data/<name>`` and its SWHID."""

    name: str
    version: str
    path: str
    swhid: str
    how_to_run: str = ""


@dataclass(frozen=True, slots=True)
class PackageContents:
    """All that ``aip`` needs to build one package version; nothing in it reaches back to the bag.

    ``reason`` and ``author`` say why and by whom a version was made that no provider delivered.
    """

    aip_id: str
    files: tuple[ContentFile, ...]
    events: tuple[Event, ...]
    agents: tuple[Agent, ...]
    rights: Rights
    description: PackageDescription
    software: tuple[SoftwarePackage, ...]
    report: Mapping[str, Any]
    created_at: str
    reason: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider gets: the disposition of one delivery, kept for ever, refusals included.

    ``status`` is ``accepted`` or ``refused``; a delivery that is held already has its first receipt.
    """

    receipt_id: str
    status: str
    source_name: str
    received_at: str
    agreement: str
    provider: str
    delivery_digest: str
    aip_id: str = ""
    version: int = 0
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One version of a stored AIP, as its inventory and its own description tell it.

    ``submission_key`` and ``receipt`` name the delivery that made this version, so that an old delivery
    is known again after the index was rebuilt. ``size`` counts all files of the version, ``added`` the bytes
    that came to lie on the disk with it, so that those of all versions are those of the AIP. Without
    ``facts`` the version is private.
    """

    number: int
    created_at: str
    message: str
    files: int
    size: int
    submission_key: str = ""
    receipt: str = ""
    facts: VersionFacts | None = None
    added: int = 0


@dataclass(frozen=True, slots=True)
class AipRecord:
    """What the catalogue keeps of one stored AIP; made from ``aip/`` alone, so it can be made again.

    ``size`` and ``files`` count what lies on disk over all versions; ``description`` is the newest version's.
    """

    aip_id: str
    object_path: str
    description: PackageDescription
    versions: tuple[VersionRecord, ...]
    size: int
    files: int
