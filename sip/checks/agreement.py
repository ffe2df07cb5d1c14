"""Check a delivery against its agreement: tags, names, required headers, documents, software."""

from __future__ import annotations

from collections.abc import Iterator

from oais.information.findings import Finding, finding
from oais.information.identifiers import is_aip_id
from oais.information.packages import Inspection
from policies.conversion import plain, to_text
from policies.header import HeaderReader
from policies.mapping import folder_kind
from policies.submission import SUBMISSION_FILE, SubmissionYaml
from policies.terms import Agreement, ProductRule
from sip.checks.delivery import Delivery

_INFO = "bag-info.txt"
REMOVE = "remove it"
"""The remedy for a file that nobody meant to deliver."""

_LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".directory", ".localized"})


def check_agreement(delivery: Delivery, agreement: Agreement) -> Iterator[Finding]:
    """Yield everything in which the delivery breaks its agreement."""
    yield from _check_tags(delivery, agreement)
    yield from _check_names(delivery, agreement)
    for inspection, rule, names in delivery.ruled(agreement):
        yield from _check_headers(delivery, inspection, rule, names)
    yield from _check_requirements(delivery, agreement)
    yield from _check_notes(delivery, agreement)


def _check_tags(delivery: Delivery, agreement: Agreement) -> Iterator[Finding]:
    if delivery.version not in agreement.bagit_versions:
        accepted = " or ".join(agreement.bagit_versions)
        yield finding("AGR-003", "bagit.txt", f"BagIt version is {delivery.version!r}, expected {accepted}")
    named = delivery.tag("Submission-Agreement")
    if named and named != agreement.name:
        yield finding("AGR-001", _INFO, f"Submission-Agreement is {named!r}, expected {agreement.name!r}")
    given = {"submission-agreement"} if delivery.under else set()
    for tag in agreement.required_tags:
        if not delivery.tag(tag) and tag.casefold() not in given:
            yield finding("AGR-002", _INFO, f"the tag {tag} is missing or empty, expected a value")
    identifier = delivery.tag("External-Identifier")
    if identifier and not (is_aip_id(identifier) and agreement.identifier.fullmatch(identifier)):
        expected = agreement.identifier.pattern
        yield finding(
            "AGR-004", _INFO, f"External-Identifier is {identifier!r}, expected to match {expected}"
        )
    organization = delivery.tag("Source-Organization")
    if not agreement.may_deliver(organization):
        known = ", ".join(agreement.submitters)
        yield finding("AGR-005", _INFO, f"Source-Organization is {organization!r}, expected one of {known}")


def _check_names(delivery: Delivery, agreement: Agreement) -> Iterator[Finding]:
    if agreement.other_files == "accept":
        return
    for path in sorted(delivery.inspections):
        if folder_kind(path) == "auxiliary" and agreement.rule_for(path) is None:
            kinds = ", ".join(rule.name for rule in agreement.products)
            message = f"the name {path} is none that the agreement knows: {kinds}"
            yield finding("AGR-006", path, message, remedy=REMOVE if is_litter(path) else None)


def is_litter(path: str) -> bool:
    """Return whether a desktop or an editor left the file behind: nobody meant to deliver it."""
    name = path.rpartition("/")[2].casefold()
    return name in _LITTER or name.startswith(("._", ".~")) or name.endswith("~")


def _check_headers(
    delivery: Delivery, inspection: Inspection, rule: ProductRule, names: dict[str, str]
) -> Iterator[Finding]:
    reader = HeaderReader(inspection, names, delivery.submission, delivery.tags)
    path = inspection.path
    for source in rule.required:
        if reader.first(source) is None:
            yield finding("AGR-009", path, f"{source} has no value, expected one in a {rule.name}")
    for source, pattern in rule.expected.items():
        value = plain(reader.first(source))
        if value is None or not pattern.fullmatch(to_text(value)):
            found = "nothing" if value is None else repr(to_text(value)[:80])
            yield finding("AGR-010", path, f"{source} is {found}, expected {pattern.pattern}")


def _check_requirements(delivery: Delivery, agreement: Agreement) -> Iterator[Finding]:
    inside = [path.removeprefix("data/") for path in delivery.inspections]
    codes = {"document": "AGR-007", "software": "AGR-008"}
    for needed in (*agreement.documents, *agreement.software):
        if not any(needed.path.fullmatch(path) for path in inside):
            what = f"the {needed.kind} {needed.title!r} is missing"
            yield finding(
                codes[needed.kind], "data", f"{what}, expected a file matching {needed.path.pattern}"
            )


def _check_notes(delivery: Delivery, agreement: Agreement) -> Iterator[Finding]:
    notes = delivery.submission
    if notes is None:
        return
    for level in sorted({notes.level, *(note.level for note in notes.products)} - {"", *agreement.levels}):
        known = ", ".join(agreement.levels)
        yield finding("AGR-014", SUBMISSION_FILE, f"level is {level!r}, expected one of {known}")
    paths = delivery.inspections
    for named in (*(note.path for note in notes.documents), *(note.path for note in notes.software)):
        if named not in paths and not any(path.startswith(f"{named.rstrip('/')}/") for path in paths):
            yield finding(
                "AGR-015", SUBMISSION_FILE, f"{named} is named, but there is no such file or folder"
            )
    yield from _check_permissions(notes)


def _check_permissions(notes: SubmissionYaml) -> Iterator[Finding]:
    """Yield what may not be kept, or not be handed out: a package is kept and handed out whole."""
    for document in notes.documents:
        if not document.archive:
            yield finding("AGR-016", document.path, "the provider says it may not be archived")
        if not document.disseminate:
            yield finding("AGR-017", document.path, "the provider says it may not be handed out")
