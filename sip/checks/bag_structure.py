"""The first check of a submission: is it a sound bag under the archive's own stricter profile?"""

from __future__ import annotations

from oais.information.findings import Finding
from oais.information.packages import Submission
from sip.bag.reading import Bag
from sip.bag.validation import validate_bag
from sip.receive import FATAL_AT_RECEIPT


def check_bag_structure(submission: Submission) -> tuple[Bag, tuple[Finding, ...]]:
    """Validate the bag in custody with the digests computed at receipt, so nothing is read twice.

    Returns the bag and what this check found; what receiving met stands in the submission already. Where
    receiving left nothing to judge (a refused container, no bag at the top), the bag comes empty.
    """
    if any(FATAL_AT_RECEIPT.fullmatch(found.code) for found in submission.findings):
        return Bag(submission.bag, version="", encoding=""), ()
    result = validate_bag(submission.bag, profile="intake", files=submission.files)
    return result.bag, result.findings
