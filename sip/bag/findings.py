"""Collecting what is found: by profile, and never more than a reader can bear."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from oais.information.findings import Finding, finding, under_intake_profile

Profile = Literal["standard", "intake"]

MOST_PER_CODE = 1_000
"""Findings of one code that are listed one by one; the rest is counted."""


class FindingLog:
    """Findings in the order met, each with the severity that the profile gives it."""

    def __init__(self, profile: Profile = "standard") -> None:
        self.intake = profile == "intake"
        self._findings: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(self, code: str, path: str, message: str) -> None:
        """Add a finding; beyond the cap of its code it is only counted."""
        self._counts[code] += 1
        if self._counts[code] <= MOST_PER_CODE:
            self._findings.append(self._of_profile(finding(code, path, message)))

    def count(self, code: str) -> int:
        """Return how often a code was found, whether listed or only counted."""
        return self._counts[code]

    def listed(self) -> tuple[Finding, ...]:
        """Return all findings, with one more for each code whose rest was only counted."""
        more = (
            self._of_profile(finding(code, "", f"{count - MOST_PER_CODE} more of {code} not listed"))
            for code, count in self._counts.items()
            if count > MOST_PER_CODE
        )
        return (*self._findings, *more)

    def _of_profile(self, found: Finding) -> Finding:
        return under_intake_profile(found) if self.intake else found
