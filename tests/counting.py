"""Counts at the end of a test run: tests, what was skipped and why, sweep points, matrix cells.

Counts travel in each report's user properties, so they arrive from worker processes too.
"""

from collections import Counter

import pytest

COUNT = "count"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts above pytest's own last line."""
    outcomes = terminalreporter.stats
    counts = summed_counts(outcomes.get("passed", []) + outcomes.get("failed", []))
    reasons = Counter(skip_reason(report) for report in outcomes.get("skipped", []))
    terminalreporter.section("counts")
    ran = len(outcomes.get("passed", [])) + len(outcomes.get("failed", []))
    terminalreporter.write_line(f"tests run: {ran}")
    for name, number in sorted(counts.items()):
        terminalreporter.write_line(f"{name}: {number}")
    terminalreporter.write_line(f"skipped: {reasons.total()}")
    for reason, number in reasons.most_common():
        terminalreporter.write_line(f"  {number} × {reason}")


def summed_counts(reports: list[pytest.TestReport]) -> Counter[str]:
    """All counts that tests recorded, summed by name."""
    counts: Counter[str] = Counter()
    for report in reports:
        for key, value in report.user_properties:
            if key == COUNT and isinstance(value, tuple | list):
                counts[str(value[0])] += int(value[1])
    return counts


def skip_reason(report: pytest.TestReport) -> str:
    """Why a test was skipped, in the words of the test."""
    where = report.longrepr
    text = str(where[2]) if isinstance(where, tuple) else str(where)
    return text.removeprefix("Skipped: ")
