"""Quality assurance of a submission: every check runs, every fault is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from oais.archive import Archive
from oais.functions.description import DescribedFile, describe_files, node_of
from oais.functions.held_visits import held_of
from oais.functions.report_texts import read_reports
from oais.information.findings import Finding, finding, under_intake_profile
from oais.information.identifiers import is_aip_id
from oais.information.packages import (
    UNBOUND,
    FormatIdentification,
    Handover,
    Inspection,
    QualityReport,
    Submission,
)
from oais.information.representation.identification import identify_text
from oais.information.representation.inspection import Inspector
from oais.information.text import printable
from policies.submission import SUBMISSION_FILE, SubmissionYaml
from policies.template import slug
from policies.terms import Agreement
from sip.bag.reading import Bag
from sip.checks.agreement import check_agreement
from sip.checks.bag_structure import check_bag_structure
from sip.checks.coherence import Placed, homes, warn_of_homes
from sip.checks.consistency import check_consistency
from sip.checks.delivery import Delivery, read_notes
from sip.checks.fits import check_fits
from sip.checks.formats import check_formats
from sip.checks.hazards import check_hazards
from sip.checks.reports import check_reports
from sip.containers.extraction import SUFFIXES

_MOST_FINDINGS = 10_000


@dataclass(frozen=True, slots=True)
class Assured:
    """A submission with everything the checks made of it; with an agreement only if one was found."""

    report: QualityReport
    bag: Bag
    aip_id: str
    found_agreement: Agreement | None
    notes: SubmissionYaml | None
    described: tuple[DescribedFile, ...]
    tag_formats: Mapping[str, FormatIdentification]

    @property
    def agreement(self) -> Agreement:
        """The agreement; only a submission that passed is sure to have one."""
        assert self.found_agreement is not None
        return self.found_agreement

    @property
    def has_agreement(self) -> bool:
        """Whether the delivery came under an agreement that the archive knows."""
        return self.found_agreement is not None

    def tag(self, label: str) -> str:
        """Return the first value of a tag of bag-info.txt, or an empty text."""
        return self.bag.tag(label).strip()

    def with_finding(self, found: Finding) -> Assured:
        """Return the same with one more finding."""
        findings = (*self.report.findings, found)
        return replace(self, report=replace(self.report, findings=findings))


def assure_quality(
    archive: Archive, submission: Submission, inspector: Inspector, handover: Handover = UNBOUND
) -> Assured:
    """Run every check that can be run; a fault in the delivery is a finding, never an exception."""
    bag, structure = check_bag_structure(submission)
    agreement, unknown = _choose_agreement(archive, bag, handover)
    notes, noted = read_notes(_notes_bytes(submission))
    inspections = _inspect(submission, inspector)
    if agreement is not None:
        inspections = read_reports(agreement, submission, inspections, inspector)
    delivery = Delivery(bag.version, bag.tags, inspections, notes, under=handover.agreement)
    described = describe_files(agreement, inspections, notes, bag.tags) if agreement is not None else ()
    findings = [*submission.findings, *structure, *check_hazards(submission), *unknown, *noted]
    if agreement is not None:
        findings += _check_content(archive, delivery, agreement, described)
        findings += _check_homes(archive, bag, agreement, described, notes)
    aip_id, derived = _identifier(bag, agreement, submission)
    findings += [*derived, *_check_size(archive, submission)]
    light = {path: without_headers(item) for path, item in inspections.items()}
    report = QualityReport(_judged(findings), bag.tags, light)
    described = tuple(replace(item, inspection=light[item.path]) for item in described)
    tag_formats = _tag_formats(submission, inspector)
    return Assured(report, bag, aip_id, agreement, notes, described, tag_formats)


def without_headers(inspection: Inspection) -> Inspection:
    """Return what is still needed once the headers are mapped; memory need not hold all of them."""
    return replace(inspection, headers=(), structure=(), findings=())


def _judged(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return the findings under our stricter profile, each once, capped."""
    once = dict.fromkeys(under_intake_profile(found) for found in findings)
    return tuple(islice(once, _MOST_FINDINGS))


def _choose_agreement(
    archive: Archive, bag: Bag, handover: Handover
) -> tuple[Agreement | None, tuple[Finding, ...]]:
    if not bag.version:  # there is no bag that could name one, and that is said already
        return None, ()
    in_bag = bag.tag("Submission-Agreement").strip()
    named = in_bag or handover.agreement
    if named and handover.allowed is not None and named not in handover.allowed:
        allowed = ", ".join(sorted(handover.allowed))
        message = f"the sender may not deliver under {printable(named)!r}, but under {allowed}"
        return None, (finding("ING-006", "bag-info.txt", message),)
    agreement = archive.policies.agreements.get(named)
    if agreement is not None:
        return agreement, ()
    known = ", ".join(sorted(handover.allowed or archive.policies.agreements))
    what = f"no agreement {printable(named)!r} is known here" if named else "no Submission-Agreement is named"
    remedy = "correct the tag Submission-Agreement: --agreement is only for a bag that names none"
    found = finding(
        "ING-003", "bag-info.txt", f"{what}; known are {known}", remedy=remedy if in_bag else None
    )
    return None, (found,)


def _notes_bytes(submission: Submission) -> bytes | None:
    held = submission.files.get(SUBMISSION_FILE)
    if held is None or held.problem:
        return None
    with (submission.bag / SUBMISSION_FILE).open("rb") as stream:
        return stream.read((64 << 10) + 1)


def _inspect(submission: Submission, inspector: Inspector) -> dict[str, Inspection]:
    payload = (
        path for path, file in submission.files.items() if path.startswith("data/") and not file.problem
    )
    items: Iterator[tuple[str, Path]] = ((path, submission.bag / path) for path in sorted(payload))
    return {inspection.path: inspection for inspection in inspector.inspect(items)}


def _tag_formats(submission: Submission, inspector: Inspector) -> dict[str, FormatIdentification]:
    """Return the formats of the bag's tag files; what is not plainly text is told in a limited process."""
    tags = [path for path in submission.files if not path.startswith("data/")]
    texts = {path: identify_text(submission.bag / path) for path in tags if path.endswith(".txt")}
    formats = {path: found for path, found in texts.items() if found is not None}
    others = [(path, submission.bag / path) for path in tags if path not in formats]
    return formats | {inspection.path: inspection.format for inspection in inspector.inspect(others)}


def _check_content(
    archive: Archive, delivery: Delivery, agreement: Agreement, described: tuple[DescribedFile, ...]
) -> Iterator[Finding]:
    products = {item.path: item.mapped for item in described}
    yield from check_agreement(delivery, agreement)
    yield from check_formats(delivery, agreement)
    yield from check_fits(delivery, agreement)
    yield from check_consistency(delivery, agreement, products)
    yield from check_reports(delivery, agreement, products, held_of(archive, agreement))


def _check_homes(
    archive: Archive,
    bag: Bag,
    agreement: Agreement,
    described: tuple[DescribedFile, ...],
    notes: SubmissionYaml | None,
) -> Iterator[Finding]:
    if not described:
        return
    placed = (Placed(item.path, item.rule, item.mapped) for item in described)
    resting = node_of(archive, agreement, described, bag.tag("Bag-Group-Identifier").strip(), notes)
    yield from warn_of_homes(homes(agreement, archive.policies.tree, placed), resting.path)


def _identifier(
    bag: Bag, agreement: Agreement | None, submission: Submission
) -> tuple[str, tuple[Finding, ...]]:
    """Return the AIP's identifier: the bag's own, or where it need not have one, made of its name."""
    stated = bag.tag("External-Identifier").strip()
    if stated:
        return (stated if is_aip_id(stated) else ""), ()
    if agreement is None or "External-Identifier" in agreement.required_tags:  # AGR-002 says it then
        return "", ()
    name = submission.source_name
    for suffix in (*SUFFIXES, ".bag"):
        name = name.removesuffix(suffix)
    made = f"{agreement.slug}.{slug(name)}"
    return made, (finding("ING-005", "bag-info.txt", f"no External-Identifier is given; {made} is used"),)


def _check_size(archive: Archive, submission: Submission) -> Iterator[Finding]:
    most = archive.settings.max_aip_files
    if len(submission.files) > most:
        yield finding("ING-004", "", f"the bag has {len(submission.files)} files, expected at most {most}")
