"""PREMIS 3 as values: events, agents and rights in the words of the Library of Congress vocabulary.

Only values live here; ``aip.premis`` writes them as XML and reads them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EVENT_TYPE_VOCABULARY = "http://id.loc.gov/vocabulary/preservation/eventType"


class EventType(StrEnum):
    """The event types the archive records (id.loc.gov/vocabulary/preservation/eventType)."""

    TRANSFER = "transfer"
    ACCESSION = "accession"
    UNPACKING = "unpacking"
    MESSAGE_DIGEST_CALCULATION = "message digest calculation"
    FIXITY_CHECK = "fixity check"
    FORMAT_IDENTIFICATION = "format identification"
    VALIDATION = "validation"
    METADATA_EXTRACTION = "metadata extraction"
    INFORMATION_PACKAGE_CREATION = "information package creation"
    DIGITAL_SIGNATURE_GENERATION = "digital signature generation"
    REPLICATION = "replication"
    INGESTION_END = "ingestion end"
    METADATA_MODIFICATION = "metadata modification"
    MIGRATION = "migration"
    RECOVERY = "recovery"
    POLICY_ASSIGNMENT = "policy assignment"
    DEACCESSION = "deaccession"
    DISSEMINATION = "dissemination"


class Outcome(StrEnum):
    """The outcome of an event (id.loc.gov/vocabulary/preservation/eventOutcome)."""

    SUCCESS = "success"
    WARNING = "warning"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Agent:
    """Who or what did it: ``kind`` is ``software``, ``organization`` or ``person``."""

    identifier: str
    name: str
    kind: str
    version: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What was done, when (UTC, ISO 8601 with Z), by whom, with what outcome.

    ``objects`` names the objects it is about: the AIP identifier, or paths of files. Where it made them of
    others, ``sources`` names those: files of older versions, as ``ID@vN/path``.
    """

    identifier: str
    kind: EventType
    at: str
    detail: str
    outcome: Outcome
    outcome_note: str
    agents: tuple[str, ...]
    objects: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Derivation:
    """From which file of an older version, as ``ID@vN/path``, a file was made, and by which event."""

    source: str
    event: str


@dataclass(frozen=True, slots=True)
class Rights:
    """Which access policy applied when the package was made, and where its licence says so."""

    policy: str
    policy_digest: str
    licence: str = ""
    note: str = ""
