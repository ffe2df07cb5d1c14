"""Check FITS files: what reading them told, and whether checksums that do not agree are accepted."""

from __future__ import annotations

from collections.abc import Iterator

from oais.information.findings import Finding, finding
from policies.terms import Agreement
from sip.checks.delivery import Delivery

STALE = frozenset({"FIT-008", "FIT-009"})
"""CHECKSUM or DATASUM is not that of the HDU: damage, or a producer who did not renew it."""


def check_fits(delivery: Delivery, agreement: Agreement) -> Iterator[Finding]:
    """Yield the FITS findings of all files; stale checksums refuse unless the agreement accepts them."""
    for path in sorted(delivery.inspections):
        findings = [found for found in delivery.inspections[path].findings if found.code.startswith("FIT-")]
        yield from findings
        stale = [found for found in findings if found.code in STALE]
        if stale and not _accepts_stale(agreement, path):
            what = "; ".join(found.message for found in stale[:5])
            yield finding("AGR-012", path, f"checksums do not agree and are not accepted: {what}")


def _accepts_stale(agreement: Agreement, path: str) -> bool:
    found = agreement.rule_for(path)
    return found is not None and found[0].stale_checksums == "accept"
