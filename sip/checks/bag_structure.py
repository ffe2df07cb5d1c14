"""The first check of a submission: is it a sound bag under the archive's own stricter profile?"""

from __future__ import annotations

from oais.information.findings import Finding
from oais.information.packages import Submission
from sip.bag.reading import Bag


def check_bag_structure(submission: Submission) -> tuple[Bag, tuple[Finding, ...]]:
    """Validate the bag in custody with the digests computed at receipt, so nothing is read twice."""
    raise NotImplementedError(submission)
