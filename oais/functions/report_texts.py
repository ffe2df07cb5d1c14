"""Reads the text of the reports in a delivery, where their agreement says what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from oais.information.findings import finding
from oais.information.packages import Inspection, Submission
from oais.information.representation.inspection import Inspector
from policies.report_reading import with_tables
from policies.terms import Agreement, ProductRule


def read_reports(
    agreement: Agreement, submission: Submission, inspections: Mapping[str, Inspection], inspector: Inspector
) -> dict[str, Inspection]:
    """Return the inspections, those of reports with their tables as header units.

    The text is read in a limited process; what stands against it is a finding of the inspection.
    """
    read = dict(inspections)
    for path, inspection in inspections.items():
        found = agreement.rule_for(path)
        if found is not None and found[0].report is not None:
            read[path] = _read(found[0], submission, inspection, inspector)
    return read


def _read(
    rule: ProductRule, submission: Submission, inspection: Inspection, inspector: Inspector
) -> Inspection:
    path = inspection.path
    text = inspector.text(submission.bag / path)
    if text.fault:
        unread = finding("RPT-001", path, f"the text of the report cannot be read: {text.fault}")
        return replace(inspection, findings=(*inspection.findings, unread))
    parts = tuple(finding("RPT-002", path, part) for part in text.parts)
    inspection = replace(inspection, findings=(*inspection.findings, *parts))
    return with_tables(inspection, rule, text.lines)
