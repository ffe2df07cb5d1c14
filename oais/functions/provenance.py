"""The PREMIS events of an ingest, in the order they happened, and the agents that did them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from aip.software import swhid_of_directory
from oais.archive import Archive
from oais.information.findings import Severity
from oais.information.packages import QualityReport, Submission
from oais.information.premis import Agent, Event, EventType, Outcome
from oais.information.software import DISTRIBUTION, software_version
from policies.terms import Agreement


@cache
def software_agent() -> Agent:
    """Return this software as an agent, with its version and the SWHID of its six packages' source."""
    root = Path(str(resources.files("oais"))).parent
    packages = [root / name for name in ("oais", "sip", "aip", "dip", "policies", "search_index")]
    swhids = ", ".join(f"{package.name}={swhid_of_directory(package)}" for package in packages)
    return Agent(DISTRIBUTION, "oais archive software", "software", software_version(), swhids)


def ingest_agents(archive: Archive, agreement: Agreement, tools: set[str]) -> tuple[Agent, ...]:
    """Return every agent that the events of an ingest name."""
    provider = agreement.provider
    return (
        software_agent(),
        Agent(f"provider:{agreement.name}", provider.organization, "organization", note=provider.contact),
        Agent("archive", archive.settings.name, "organization", note=archive.settings.contact),
        *(Agent(tool, tool.removeprefix("tool:"), "software") for tool in sorted(tools)),
    )


def ingest_events(
    archive: Archive, submission: Submission, report: QualityReport, agreement: Agreement, aip_id: str
) -> tuple[Event, ...]:
    """Return the package-level events from transfer to the end of ingestion."""
    diary = _Diary(submission.receipt_id, aip_id)
    provider, tools = f"provider:{agreement.name}", identification_tools(report)
    count, size = len(submission.files), submission.size
    at = submission.received_at
    diary.add(EventType.TRANSFER, at, f"received {submission.source_name!r} into custody", provider)
    if submission.container:
        diary.add(EventType.UNPACKING, at, f"unpacked the {submission.container} container")
    diary.add(
        EventType.MESSAGE_DIGEST_CALCULATION,
        at,
        f"sha256, sha512 and BLAKE3 of {count} files, {size} bytes, in one reading",
    )
    now = archive.now()
    diary.add(EventType.FIXITY_CHECK, now, "every file against the provider's manifests")
    diary.add(
        EventType.FORMAT_IDENTIFICATION, now, f"formats of {len(report.inspections)} files", *sorted(tools)
    )
    _add_validation(diary, now, report, agreement)
    diary.add(EventType.METADATA_EXTRACTION, now, "headers to description as the agreement maps them")
    diary.add(EventType.POLICY_ASSIGNMENT, now, f"access policy {agreement.access_policy}", "archive")
    diary.add(EventType.INFORMATION_PACKAGE_CREATION, now, "E-ARK AIP in an OCFL object")
    diary.add(EventType.ACCESSION, now, f"responsibility accepted by {archive.settings.name}", "archive")
    key = archive.signer.key_id
    diary.add(EventType.DIGITAL_SIGNATURE_GENERATION, now, f"Ed25519 over the inventory, key {key}")
    diary.add(EventType.INGESTION_END, now, f"receipt {submission.receipt_id}")
    return tuple(diary.events)


def _add_validation(diary: _Diary, at: str, report: QualityReport, agreement: Agreement) -> None:
    """Record the validation of the package, and of each file whose outcome differs from the others'."""
    warned: dict[str, set[str]] = {}
    for found in report.findings:
        if found.severity is Severity.WARNING:
            warned.setdefault(found.path, set()).add(found.code)
    what = f"against the standards and agreement {agreement.name}"
    outcome = Outcome.WARNING if warned else Outcome.SUCCESS
    codes = ", ".join(sorted(set().union(*warned.values())))
    note = f"warnings: {codes}; report.json has them in full" if warned else "no findings"
    diary.add(EventType.VALIDATION, at, what, outcome=outcome, note=note)
    for path in sorted(set(warned) & set(report.inspections)):
        note = f"warnings: {', '.join(sorted(warned[path]))}"
        diary.add(EventType.VALIDATION, at, what, outcome=Outcome.WARNING, note=note, about=path)


def identification_tools(report: QualityReport) -> set[str]:
    """Return the agents that identified formats, by identifier."""
    return {f"tool:{item.format.tool}" for item in report.inspections.values()}


class _Diary:
    """Numbers events as they are written down."""

    def __init__(self, receipt: str, aip_id: str) -> None:
        self.events: list[Event] = []
        self._receipt = receipt
        self._object = aip_id

    def add(
        self,
        kind: EventType,
        at: str,
        detail: str,
        *agents: str,
        outcome: Outcome = Outcome.SUCCESS,
        note: str = "",
        about: str = "",
    ) -> None:
        """Write one event down; ``about`` is a file's path in the bag, else it is about the package."""
        identifier = f"{self._receipt}-e{len(self.events) + 1:02}"
        who = agents or (DISTRIBUTION,)
        self.events.append(Event(identifier, kind, at, detail, outcome, note, who, (about or self._object,)))
