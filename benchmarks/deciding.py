"""Decide: how long one decision of access takes, of the simplest and the longest kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure, Target
from benchmarks.sizes import Sizes
from policies.access import ANONYMOUS, AccessObject, AccessWords, Action, Exemption, decide
from policies.embargo import EmbargoRule, ObservationRequest, Period, Periods, Unit, Visit

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_CALLS = 100
_MICROSECONDS = 1e6


def figures(work: Path, sizes: Sizes) -> list[Figure]:  # noqa: ARG001 - decisions touch no disk
    """Measure the fastest of many short rows of decisions: the others waited for the machine."""
    mission = AccessWords("public", "open", "open")
    rule = EmbargoRule(Periods(Period(12, Unit.MONTHS), Period(18, Unit.MONTHS)))
    exempt = (Exemption("reference files", kinds=("calibration",)),)
    words = AccessWords("public", "embargo", "observers", rule=rule, exemptions=exempt, above=mission)
    visits = tuple(Visit(f"v{number}", _NOW - timedelta(days=number)) for number in range(3))
    request = ObservationRequest("m:1", visits)
    objects = {
        "open data": AccessObject("m/n", mission, "m.1"),
        "an embargo of 3 visits": AccessObject("m/n", words, "m.1", "science", request=request),
    }
    return [
        Figure(f"one decision, {kind}", _fastest(target, sizes.requests), "µs", Target("figure", 20))
        for kind, target in objects.items()
    ]


def _fastest(target: AccessObject, rows: int) -> float:
    """Return the microseconds of one decision in the fastest row."""
    fastest = float("inf")
    for _row in range(rows):
        started = perf_counter()
        for _call in range(_CALLS):
            decide(ANONYMOUS, Action.DOWNLOAD, target, _NOW)
        fastest = min(fastest, perf_counter() - started)
    return fastest / _CALLS * _MICROSECONDS
