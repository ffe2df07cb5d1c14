"""Check the formats of payload files: readable, sound, and allowed by the agreement."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from oais.information.findings import Finding, finding
from oais.information.packages import Inspection
from policies.terms import Agreement
from sip.checks.delivery import Delivery

_FITS = "FIT-"


def check_formats(delivery: Delivery, agreement: Agreement) -> Iterator[Finding]:
    """Yield what reading each file told, FITS apart, and formats that the agreement does not allow."""
    for path in sorted(delivery.inspections):
        findings = delivery.inspections[path].findings
        yield from (found for found in findings if not found.code.startswith(_FITS))
    for inspection, rule, _ in delivery.ruled(agreement):
        if rule.formats and not is_allowed(inspection, rule.formats):
            found = f"{inspection.format.name} ({inspection.format.format_id})"
            message = f"the format is {found}, expected {' or '.join(rule.formats)}"
            yield finding("AGR-011", inspection.path, message)


def is_allowed(inspection: Inspection, formats: tuple[str, ...]) -> bool:
    """Return whether a file's format id or media type matches one of the agreement's (with ``*``)."""
    known = (inspection.format.format_id, inspection.format.media_type)
    return any(fnmatchcase(word, pattern) for word in known for pattern in formats)
