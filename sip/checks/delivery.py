"""What the checks of content look at: a delivery as plain values, no disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from oais.information.findings import Finding, finding
from oais.information.packages import Inspection
from policies.submission import SUBMISSION_FILE, SubmissionYaml, parse_submission
from policies.terms import Agreement, ProductRule


@dataclass(frozen=True, slots=True)
class Delivery:
    """A bag's tags, the inspection of each payload file by its path (``data/…``), and the provider's notes.

    ``version`` is the BagIt version its declaration names; ``under`` the agreement that the operator
    named for a bag that names none.
    """

    version: str
    tags: Mapping[str, tuple[str, ...]]
    inspections: Mapping[str, Inspection]
    submission: SubmissionYaml | None = None
    under: str = ""

    def tag(self, name: str) -> str:
        """Return the first value of a tag whatever the case of its label, or an empty text."""
        for label, values in self.tags.items():
            if label.casefold() == name.casefold() and values:
                return values[0].strip()
        return ""

    def ruled(self, agreement: Agreement) -> Iterator[tuple[Inspection, ProductRule, dict[str, str]]]:
        """Yield each payload file that falls under a rule, with the rule and the groups of its name."""
        for path in sorted(self.inspections):
            found = agreement.rule_for(path)
            if found is not None:
                yield self.inspections[path], *found


def read_notes(data: bytes | None) -> tuple[SubmissionYaml | None, tuple[Finding, ...]]:
    """Read ``metadata/submission.yaml`` (None when the bag has none); each fault is a finding."""
    if data is None:
        return None, ()
    notes, faults = parse_submission(data, SUBMISSION_FILE)
    return notes, tuple(finding("AGR-013", SUBMISSION_FILE, str(fault)) for fault in faults)
